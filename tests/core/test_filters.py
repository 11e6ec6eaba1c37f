"""Filters people build: bounded, only declared fields, values never in the SQL, and a sentence in two languages."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import filters
from bihuan.core.filters import FilterField
from bihuan.core.problems import Invalid

_STATES = {"intake": ("受理", "intake"), "archived": ("已归档", "archived")}
FIELDS = (
    FilterField(name="state", column="t.state", type="text", zh="状态", en="state", values=_STATES),
    FilterField(name="code", column="t.code", type="text", zh="编号", en="code"),
    FilterField(name="team", column="t.team_id", type="uuid", zh="团队", en="team"),
    FilterField(name="opened", column="t.opened_at", type="time", zh="受理时间", en="opened"),
    FilterField(name="count", column="t.count", type="integer", zh="次数", en="count"),
    FilterField(name="flag", column="t.flag", type="boolean", zh="标记", en="flag"),
)
_ID = "0190f3a0-0000-7000-8000-000000000001"


def _parse(tree: object) -> filters.Filter:
    return filters.parse(json.dumps(tree).encode(), FIELDS)


def _codes(tree: object) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        _parse(tree)
    for problem in caught.value.fields:
        assert problem.text("zh") and problem.text("en")
    return {p.pointer: p.code for p in caught.value.fields}


def _sql(found: filters.Filter) -> str:
    return " ".join(found.condition.as_string(None).split())


def test_nothing_is_everything() -> None:
    assert (_sql(filters.parse(b"", FIELDS)), filters.parse("", FIELDS).zh) == ("true", "全部")


def test_a_tree_is_sql_with_parameters_and_a_sentence() -> None:
    tree = {
        "all": [
            {"field": "state", "in": ["intake", "archived"]},
            {"any": [{"field": "count", "above": 3}, {"field": "team", "set": False}]},
            {"not": {"field": "code", "is": "x'; drop table ticket; --"}},
        ]
    }
    found = _parse(tree)
    assert _sql(found) == (
        "(t.state = any(%(f0)s)) and ((t.count > %(f1)s) or (t.team_id is null)) and (not (t.code = %(f2)s))"
    )
    assert found.params == {"f0": ["intake", "archived"], "f1": 3, "f2": "x'; drop table ticket; --"}
    assert found.sentence("zh").startswith("状态是受理、已归档之一 且 ")
    assert found.sentence("en").startswith("state is one of intake, archived and ")


@pytest.mark.parametrize(
    ("leaf", "sql"),
    [
        ({"field": "state", "is": "intake"}, "t.state = %(f0)s"),
        ({"field": "state", "not": "intake"}, "t.state is distinct from %(f0)s"),
        ({"field": "opened", "before": "2026-11-21T00:00:00+08:00"}, "t.opened_at < %(f0)s"),
        ({"field": "opened", "after": "2026-11-21T00:00:00Z"}, "t.opened_at > %(f0)s"),
        ({"field": "count", "below": 5}, "t.count < %(f0)s"),
        ({"field": "team", "is": _ID}, "t.team_id = %(f0)s"),
        ({"field": "team", "set": True}, "t.team_id is not null"),
        ({"field": "flag", "is": True}, "t.flag = %(f0)s"),
    ],
)
def test_each_operator(leaf: dict[str, Any], sql: str) -> None:
    assert _sql(_parse(leaf)) == sql


@pytest.mark.parametrize(
    ("tree", "wrong"),
    [
        ([], {"/filter": "type"}),
        ("x", {"/filter": "type"}),
        ({}, {"/filter/field": "choice"}),
        ({"all": []}, {"/filter/all": "type"}),
        ({"all": "x"}, {"/filter/all": "type"}),
        ({"all": [{"field": "state", "is": "intake"}], "any": []}, {"/filter/all": "type"}),
        ({"field": "t.id; drop", "is": 1}, {"/filter/field": "choice"}),
        ({"field": ["state"], "is": 1}, {"/filter/field": "choice"}),
        ({"field": "state"}, {"/filter": "choice"}),
        ({"field": "state", "is": "intake", "not": "intake"}, {"/filter": "choice"}),
        ({"field": "state", "above": "intake"}, {"/filter": "choice"}),
        ({"field": "state", "is": "nowhere"}, {"/filter/is": "choice"}),
        ({"field": "state", "is": ["intake"]}, {"/filter/is": "choice"}),
        ({"field": "state", "is": {"a": 1}}, {"/filter/is": "choice"}),
        ({"field": "state", "in": ["intake", "x", 3]}, {"/filter/in/1": "choice", "/filter/in/2": "choice"}),
        ({"field": "state", "in": []}, {"/filter/in": "type"}),
        ({"field": "state", "in": "intake"}, {"/filter/in": "type"}),
        ({"field": "count", "is": "3"}, {"/filter/is": "type"}),
        ({"field": "count", "is": True}, {"/filter/is": "type"}),
        ({"field": "team", "is": "x"}, {"/filter/is": "type"}),
        ({"field": "opened", "before": "2026-11-21T00:00:00"}, {"/filter/before": "no_zone"}),
        ({"field": "opened", "before": "yesterday"}, {"/filter/before": "type"}),
        ({"field": "code", "is": "x" * 201}, {"/filter/is": "bad_text"}),
        ({"field": "code", "is": "a\x00b"}, {"/filter/is": "bad_text"}),
        ({"field": "team", "set": "yes"}, {"/filter/set": "type"}),
        ({"not": 1}, {"/filter/not": "type"}),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(tree: object, wrong: dict[str, str]) -> None:
    assert _codes(tree) == wrong


_LEAF = {"field": "state", "is": "intake"}


def test_the_bounds() -> None:
    assert _parse({"all": [{"any": [_LEAF]}]}).zh == "状态是受理"
    assert "type" in _codes({"all": [{"any": [{"all": [_LEAF]}]}]}).values(), "deeper than three"
    assert _parse({"all": [_LEAF] * 50}).params
    assert _codes({"all": [_LEAF] * 51}) == {"/filter/all": "too_many"}
    spread = {"all": [{"any": [_LEAF] * 10} for _ in range(6)]}
    assert set(_codes(spread).values()) == {"too_many"}, "sixty conditions in groups of ten"
    assert set(_codes({"all": [{"any": [_LEAF]} for _ in range(10)]}).values()) == {"too_many"}
    assert _codes({"field": "count", "in": list(range(101))}) == {"/filter/in": "too_many"}


def test_what_is_no_json() -> None:
    for raw in (b"{", b"\xff", b'{"field": "code", "is": "\\ud800"}', b"[" * 100_000):
        with pytest.raises(Invalid) as caught:
            filters.parse(raw, FIELDS)
        assert caught.value.fields[0].pointer == "/filter"


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["state", "count", "intake", _ID]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["all", "any", "not", "field", "is", "in", "set", "before", "above", "x"]), inner, max_size=4
    ),
    max_leaves=25,
)  # fmt: skip


@given(_ANY)
def test_any_tree_is_parsed_or_refused(tree: object) -> None:
    try:
        raw = msgspec.json.encode(tree)
    except (OverflowError, UnicodeEncodeError):
        return
    try:
        found = filters.parse(raw, FIELDS)
    except Invalid as invalid:
        assert all(p.text("zh") and p.text("en") for p in invalid.fields)
        return
    assert set(found.params) == {f"f{i}" for i in range(len(found.params))}
    assert _sql(found).count("%(f") == len(found.params)
    assert found.zh and found.en
