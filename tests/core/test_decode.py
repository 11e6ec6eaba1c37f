"""Bodies into structs: what is right comes through as it is, what is wrong is named all at once."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core.decode import NotJson, decode, decode_all
from bihuan.core.problems import FIELD_TEXTS, Invalid


class _Inner(msgspec.Struct, frozen=True, kw_only=True):
    code: Annotated[str, msgspec.Meta(pattern="^[a-z]+$")]
    count: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=5)]
    kind: Literal["a", "b"] = "a"
    inner: _Inner | None = None
    several: Annotated[list[_Inner], msgspec.Meta(max_length=2)] = []
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    free: dict[str, Any] = {}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
_BODIES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(max_size=8) | _JSON,
        "kind": st.sampled_from(["a", "b", "c"]) | _JSON,
        "inner": st.fixed_dictionaries({}, optional={"code": st.text(max_size=3), "count": st.integers(-1, 11)}) | _JSON,
        "several": _JSON,
        "at": _JSON,
        "free": _JSON,
        "odd": _JSON,
    },
)  # fmt: skip


@given(_BODIES)
def test_right_where_msgspec_says_so_and_every_problem_can_be_said(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    try:
        wanted = msgspec.json.decode(raw, type=_Body)
    except msgspec.ValidationError:
        wanted = None
    decoded = decode_all(raw, _Body)
    clean = "\x00" not in json.dumps(body, ensure_ascii=False) and "\\u0000" not in raw.decode()
    if wanted is not None and clean and "odd" not in body:
        assert decoded.value == wanted
        assert decoded.problems == ()
    if decoded.value is None:
        assert decoded.problems
        assert all(p.text(language) for p in decoded.problems for language in ("zh", "en"))


def test_every_error_in_one_answer() -> None:
    body = {
        "kind": "c",
        "inner": {"code": "A1", "count": 0, "more": 1},
        "several": [{"code": "a"}, {"count": 10}],
        "at": "2026-11-21T10:00:00",
        "odd/~name": 1,
    }
    with pytest.raises(Invalid) as caught:
        decode(json.dumps(body).encode(), _Body)
    assert {p.pointer: p.code for p in caught.value.fields} == {
        "/title": "missing",
        "/kind": "choice",
        "/inner/code": "pattern",
        "/inner/count": "too_small",
        "/inner/more": "unknown",
        "/several/1/code": "missing",
        "/several/1/count": "too_big",
        "/at": "no_zone",
        "/odd~1~0name": "unknown",
    }


@pytest.mark.parametrize("at", ["2026-02-30T10:00:00+08:00", "0000-01-01T00:00:00Z", "gestern"])
def test_what_is_no_moment(at: str) -> None:
    problems = decode_all(json.dumps({"title": "t", "at": at}).encode(), _Body).problems
    assert [p.code for p in problems if p.pointer == "/at"] == ["bad_date"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "too_short"), ("123456", "too_long"), ("a\x00b", "bad_text"), (7, "type"), (None, "type")],
)
def test_a_title(text: object, code: str) -> None:
    problems = decode_all(json.dumps({"title": text}).encode(), _Body).problems
    assert [(p.pointer, p.code) for p in problems] == [("/title", code)]


def test_too_many_items() -> None:
    body = {"title": "t", "several": [{"code": "a"}] * 3}
    assert [(p.pointer, p.code) for p in decode_all(json.dumps(body).encode(), _Body).problems] == [
        ("/several", "too_many")
    ]


@pytest.mark.parametrize("escaped", ['"\\ud800"', '"\\udfffx"', '{"\\ud801": 1}', '["ok", "\\udc00"]'])
def test_a_lone_surrogate_is_named_where_it_stands(escaped: str) -> None:
    decoded = decode_all(f'{{"title": "t", "free": {{"x": {escaped}}}}}'.encode(), _Body)
    assert decoded.value is None
    assert {p.code for p in decoded.problems} == {"bad_text"}
    assert all(p.pointer.startswith("/free/x") for p in decoded.problems)
    assert msgspec.json.encode([p.pointer for p in decoded.problems])


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[1,2", b"\xff\xfe", b'{"title": tru}', b'{"a": 1,}', b"nul", b'"\\ud800', b"{" * 100_000, b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_json_says_why_without_quoting(raw: bytes) -> None:
    with pytest.raises(NotJson) as caught:
        decode_all(raw, _Body)
    assert len(str(caught.value.params["reason"])) < 200


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"x"', b"null", b"true"])
def test_what_is_json_but_no_object(raw: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        decode_all(raw, _Body)
    assert [(p.pointer, p.code) for p in caught.value.fields] == [("", "type")]


@pytest.mark.parametrize("depth", [10, 40, 200, 400, 900, 5000, 100_000])
@pytest.mark.parametrize("leaf", ["1", '"\\u00e9"', '"\\ud800"'])
@pytest.mark.parametrize("shape", [("[", "]"), ('{"a":', "}")])
def test_depth_is_answered_never_a_crash(depth: int, leaf: str, shape: tuple[str, str]) -> None:
    opening, closing = shape
    raw = f'{{"title": "t", "free": {{"x": {opening * depth}{leaf}{closing * depth}}}}}'.encode()
    try:
        decoded = decode_all(raw, _Body)
    except NotJson:
        assert depth > 30
        return
    assert depth <= 30
    assert (decoded.value is None) == ("d800" in leaf)


@pytest.mark.parametrize("number", ["1" + "0" * 30, "1" + "0" * 5000, "-1" + "0" * 400, "1e400", "-0", "1.5"])
def test_odd_numbers(number: str) -> None:
    try:
        decoded = decode_all(f'{{"title": "t", "inner": {{"code": "a", "count": {number}}}}}'.encode(), _Body)
    except NotJson:
        return
    assert decoded.value is None
    assert {p.pointer for p in decoded.problems} == {"/inner/count"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": "t", "knid": "b"}, "/knid"),
        ({"title": "t", "inner": {"code": "a", "cuont": 2}}, "/inner/cuont"),
        ({"title": "t", "several": [{"code": "a"}, {"code": "a", "": 1}]}, "/several/1/"),
    ],
)
def test_a_misspelt_member_is_not_lost_in_silence(body: dict[str, Any], pointer: str) -> None:
    problems = decode_all(json.dumps(body).encode(), _Body).problems
    assert [(p.pointer, p.code) for p in problems] == [(pointer, "unknown")]


def test_the_last_of_two_members_of_one_name_counts_and_nothing_breaks() -> None:
    assert decode(b'{"title": "a", "title": "b"}', _Body).title == "b"


def test_every_code_has_a_sentence_in_both_languages() -> None:
    for code, (zh, en) in FIELD_TEXTS.items():
        assert zh and en, code
        named = {p.split("}")[0] for p in zh.split("{")[1:]}
        assert named == {p.split("}")[0] for p in en.split("{")[1:]}, code
