"""Conditions: each comparison, and what absence means."""

import pytest

from bihuan.casetypes import AllOf, AnyOf, Compare, Condition, Money, NotOf, holds

VALUES: dict[str, object] = {
    "reason": "duplicate",
    "tags": ["a", "b"],
    "count": 20,
    "flag": False,
    "paid": {"amount": "1000.00", "currency": "CNY"},
    "day": "2026-11-21",
    "at": "2026-11-21T07:30:00+00:00",
    "empty": "",
}
TRUE: list[Condition] = [
    Compare(field="reason", op="is", value="duplicate"),
    Compare(field="reason", op="in", value=("duplicate", "other")),
    Compare(field="tags", op="has", value="b"),
    Compare(field="flag", op="present", value=True),
    Compare(field="flag", op="is", value=False),
    Compare(field="empty", op="present", value=False),
    Compare(field="none", op="present", value=False),
    Compare(field="count", op="gte", value=20),
    Compare(field="count", op="lt", value=20.5),
    Compare(field="paid", op="gte", value=Money(amount="1000", currency="CNY")),
    Compare(field="paid", op="is", value=Money(amount="1000", currency="CNY")),
    Compare(field="day", op="gt", value="2026-11-20"),
    Compare(field="at", op="lte", value="2026-11-21T15:30:00+08:00"),
    AllOf(
        of=(Compare(field="count", op="gt", value=1), NotOf(of=Compare(field="flag", op="is", value=True)))
    ),
    AnyOf(of=(Compare(field="count", op="gt", value=99), Compare(field="tags", op="has", value="a"))),
    NotOf(of=Compare(field="none", op="is", value="x")),
]
FALSE: list[Condition] = [
    Compare(field="none", op="is", value="x"),
    Compare(field="none", op="lt", value=5),
    Compare(field="count", op="is", value=True),
    Compare(field="paid", op="gt", value=Money(amount="1", currency="USD")),
    Compare(field="reason", op="gt", value=1),
    Compare(field="day", op="gt", value="2026-11-21"),
    Compare(field="day", op="gt", value="not a day"),
    AnyOf(of=()),
]


@pytest.mark.parametrize("condition", TRUE)
def test_true(condition: Condition) -> None:
    assert holds(condition, VALUES)


@pytest.mark.parametrize("condition", FALSE)
def test_false(condition: Condition) -> None:
    assert not holds(condition, VALUES)


def test_no_condition_is_true() -> None:
    assert holds(None, {})


def test_an_amount_that_is_no_number_is_no_error() -> None:
    broken = {"paid": {"amount": "masked", "currency": "CNY"}}
    assert not holds(Compare(field="paid", op="gt", value=Money(amount="1", currency="CNY")), broken)
