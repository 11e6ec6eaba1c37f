"""What holds for every pack and every value."""

import json
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_samples import NOW, TYPES

from bihuan.casetypes import (
    CaseType,
    check,
    form_schema,
    holds,
    map_values,
    missing,
    object_key,
    priority_of,
    protected_fields,
    stage_missing,
)
from bihuan.casetypes.answers import Checked
from bihuan.casetypes.model import PRIORITIES, STEPS, Field, Priority, Step

each_type = pytest.mark.parametrize("code", TYPES)
texts = st.text(st.characters(), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
_SAMPLES: dict[str, st.SearchStrategy[object]] = {
    "boolean": st.booleans(),
    "integer": st.integers(1, 500),
    "number": st.floats(0, 100),
    "money": st.fixed_dictionaries(
        {
            "amount": st.integers(1, 10**7).map(lambda n: f"{n}.5"),
            "currency": st.sampled_from(["CNY", "USD", "KWD"]),
        }
    ),
    "date": st.sampled_from(["2026-11-01", "2026-11-18", "2024-02-29"]),
    "datetime": st.sampled_from(["2026-11-20T15:05:00+08:00", "2026-11-20T01:00:00Z"]),
    "card_number": st.sampled_from(["6222 0202 0011 2230", "4111111111111111", "6200000000000005"]),
    "mobile": st.sampled_from(["13800138000", "+86 138 0013 8000"]),
    "uscc": st.just("91110000600037341L"),
}


def likely(field: Field) -> st.SearchStrategy[object]:
    """Values a person might really give."""
    if field.choices:
        codes = st.sampled_from([choice.code for choice in field.choices])
        return st.lists(codes, max_size=3) if field.type == "choices" else codes
    if field.looks_like:
        return st.just(field.looks_like)
    return _SAMPLES.get(field.type, st.sampled_from(["示例 一", "ORD-1", "say é"]))


def fields_of(case_type: CaseType) -> st.SearchStrategy[dict[str, object]]:
    """Fields partly likely, partly anything, with unknown ones among them."""
    known = st.fixed_dictionaries(
        {}, optional={field.code: likely(field) | json_values for field in case_type.fields}
    )
    return st.tuples(known, st.dictionaries(texts, json_values, max_size=2)).map(
        lambda pair: pair[1] | pair[0]
    )


def likely_of(case_type: CaseType) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional={field.code: likely(field) for field in case_type.fields})


def checked(case_type: CaseType, values: dict[str, object], step: Step | None = None) -> Checked:
    return check(case_type, values, step=step, now=NOW)


@each_type
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_check_never_raises_and_says_where(code: str, data: st.DataObject) -> None:
    case_type = TYPES[code]
    values = data.draw(fields_of(case_type))
    elements = data.draw(
        st.dictionaries(
            st.sampled_from(["occurred_at", "symptom", "scope", "x/~"]) | texts, json_values, max_size=4
        )
    )
    step = data.draw(st.sampled_from(STEPS))
    result = check(case_type, values, step=step, now=NOW, elements=elements)
    json.dumps(result.values, allow_nan=False).encode()
    assert all(problem.pointer.startswith(("/fields/", "/elements/")) for problem in result.problems)
    assert all(
        problem.pointer.encode() and problem.text("zh") and problem.text("en") for problem in result.problems
    )
    named = {problem.pointer for problem in result.problems}
    assert not named & {each.pointer for each in result.missing}, "a value that is wrong is not also missing"


@each_type
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_normal_forms_stay(code: str, data: st.DataObject) -> None:
    case_type = TYPES[code]
    values = data.draw(fields_of(case_type))
    once = checked(case_type, values, "archive")
    twice = checked(case_type, once.values, "archive")
    assert all(once.values[code] == value for code, value in twice.values.items())
    if not once.problems:
        assert (twice.values, twice.problems, twice.missing) == (once.values, [], once.missing)
        assert missing(case_type, once.values, step="archive") == once.missing


@each_type
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_one_step_lacks_the_next_lacks_too(code: str, data: st.DataObject) -> None:
    case_type = TYPES[code]
    values = checked(case_type, data.draw(likely_of(case_type))).values
    lacking = [set(missing(case_type, values, step=step)) for step in STEPS]
    assert all(earlier <= later for earlier, later in pairwise(lacking))
    for stage in case_type.stages:
        assert {
            each.code for each in stage_missing(case_type, stage.code, values) if each.kind == "field"
        } <= set(stage.fields)


@each_type
@given(data=st.data(), asked=st.sampled_from([None, *PRIORITIES]))
@settings(max_examples=60, deadline=None)
def test_priority_is_never_below_what_was_asked(
    code: str, data: st.DataObject, asked: Priority | None
) -> None:
    case_type = TYPES[code]
    values = data.draw(fields_of(case_type))
    decision = priority_of(case_type, values, asked)
    assert asked is None or PRIORITIES.index(decision.priority) <= PRIORITIES.index(asked)
    assert priority_of(case_type, values | {"funds_frozen": True}, asked).priority == "urgent"
    if decision.rule_index is not None:
        assert holds(case_type.priority_rules[decision.rule_index].when, values)


@given(data=st.data(), source=st.sampled_from(list(TYPES)), target=st.sampled_from(list(TYPES)))
@settings(max_examples=200, deadline=None)
def test_mapping_loses_nothing_silently(data: st.DataObject, source: str, target: str) -> None:
    old, new = TYPES[source], TYPES[target]
    values = checked(old, data.draw(likely_of(old))).values
    mapped = map_values(old, new, values)
    assert len(mapped.values) + len(mapped.dropped) == len(values)
    assert mapped.dropped.items() <= values.items() if _plain(values) else set(mapped.dropped) <= set(values)
    assert checked(new, mapped.values).problems == []
    assert checked(new, mapped.values).values == mapped.values
    if old == new:
        assert (mapped.values, mapped.dropped) == (values, {})


@given(data=st.data(), source=st.sampled_from(list(TYPES)), target=st.sampled_from(list(TYPES)))
@settings(max_examples=200, deadline=None)
def test_protected_values_stay_protected(data: st.DataObject, source: str, target: str) -> None:
    old, new = TYPES[source], TYPES[target]
    values = checked(old, data.draw(likely_of(old))).values
    mapped = map_values(old, new, values)
    secret = {json.dumps(values[code]) for code in protected_fields(old) if code in values}
    open_now = {
        json.dumps(value) for code, value in mapped.values.items() if code not in protected_fields(new)
    }
    plain = {json.dumps(value) for code, value in values.items() if code not in protected_fields(old)}
    assert not (secret - plain) & open_now


@each_type
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_held_values_are_not_asked_again(code: str, data: st.DataObject) -> None:
    case_type = TYPES[code]
    values = checked(case_type, data.draw(likely_of(case_type))).values
    held = [code for code in protected_fields(case_type) if code in values]
    rest = {code: value for code, value in values.items() if code not in held}
    assert missing(case_type, rest, step="archive", held=held) == missing(case_type, values, step="archive")


@each_type
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_object_is_found_in_any_spelling(code: str, data: st.DataObject) -> None:
    case_type = TYPES[code]
    values = data.draw(likely_of(case_type))
    assert object_key(case_type, values) == object_key(case_type, checked_all(case_type, values))
    assert object_key(case_type, cast("dict[str, object]", {})) is None


def checked_all(case_type: CaseType, values: dict[str, object]) -> dict[str, object]:
    """Normal forms, those of questions not asked in this case too."""
    normal = checked(case_type, values).values
    return values | normal


@given(
    code=st.sampled_from(list(TYPES)),
    language=st.sampled_from(["zh", "en"]),
    by=st.sampled_from(["staff", "customer"]),
)
@settings(max_examples=16, deadline=None)
def test_forms_are_json(code: str, language: str, by: str) -> None:
    case_type = TYPES[code]
    form = form_schema(
        case_type, "zh" if language == "zh" else "en", by="staff" if by == "staff" else "customer"
    )
    assert json.loads(json.dumps(form)) == form


def _plain(values: dict[str, object]) -> bool:
    return not any(isinstance(value, dict | list) for value in values.values())
