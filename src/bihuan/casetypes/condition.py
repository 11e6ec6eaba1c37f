"""Conditions of a pack: a bounded tree over a case's own fields, evaluated without I/O.

A value that is absent makes every comparison false (so `not` of it is true); values are the normalised
ones.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias, cast

import msgspec

#: How deep, how large a condition may be; both far above what a readable rule needs.
MAX_DEPTH = 4
MAX_NODES = 40

Op = Literal["is", "in", "has", "present", "gt", "gte", "lt", "lte"]
OPS: tuple[Op, ...] = ("is", "in", "has", "present", "gt", "gte", "lt", "lte")


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount as a decimal string ("1280.50") in an ISO 4217 currency."""

    amount: str
    currency: str


#: What a comparison may compare with: `tuple` for `in`, `Money`, ISO 8601 text for dates and moments.
Operand: TypeAlias = str | bool | int | float | Money | tuple[str, ...]


class AllOf(msgspec.Struct, frozen=True, kw_only=True, tag="all"):
    """True when every part is."""

    of: tuple["Condition", ...]


class AnyOf(msgspec.Struct, frozen=True, kw_only=True, tag="any"):
    """True when at least one part is."""

    of: tuple["Condition", ...]


class NotOf(msgspec.Struct, frozen=True, kw_only=True, tag="not"):
    """True when the part is not."""

    of: "Condition"


class Compare(msgspec.Struct, frozen=True, kw_only=True, tag="compare"):
    """One field against one operand; `has` looks into a `choices` field, `present` takes true or false."""

    field: str
    op: Op
    value: Operand


Condition: TypeAlias = AllOf | AnyOf | NotOf | Compare


def holds(condition: Condition | None, values: Mapping[str, object]) -> bool:
    """Whether the condition is true of these values; no condition is always true."""
    match condition:
        case None:
            return True
        case AllOf():
            return all(holds(part, values) for part in condition.of)
        case AnyOf():
            return any(holds(part, values) for part in condition.of)
        case NotOf():
            return not holds(condition.of, values)
        case Compare():
            return _compare(condition, values.get(condition.field))


def fields_in(condition: Condition | None) -> Iterator[str]:
    """The codes of the fields the condition looks at."""
    match condition:
        case None:
            return
        case AllOf() | AnyOf():
            for part in condition.of:
                yield from fields_in(part)
        case NotOf():
            yield from fields_in(condition.of)
        case Compare():
            yield condition.field


def is_present(value: object) -> bool:
    """A value is absent when it is null, empty text or an empty list; false and 0 are answers."""
    return value is not None and value != "" and value != [] and value != ()


def _compare(test: Compare, value: object) -> bool:
    if test.op == "present":
        return is_present(value) is test.value
    if not is_present(value):
        return False
    if test.op == "in":
        return isinstance(test.value, tuple) and value in test.value
    if test.op == "has":
        return isinstance(value, list | tuple) and test.value in value
    if test.op == "is":
        return _equal(value, test.value)
    return _ordered(test.op, value, test.value)


def _equal(value: object, operand: Operand) -> bool:
    if isinstance(operand, Money):
        pair = _pair(value, operand)
        return pair is not None and pair[0] == pair[1]
    return isinstance(value, bool) is isinstance(operand, bool) and value == operand


def _ordered(op: Op, value: object, operand: Operand) -> bool:
    pair = _pair(value, operand)
    if pair is None:
        return False
    left, right = pair
    order = (left > right) - (left < right)
    return {"gt": order > 0, "gte": order >= 0, "lt": order < 0, "lte": order <= 0}[op]


def _pair(value: object, operand: Operand) -> tuple[Decimal, Decimal] | None:
    """Both sides as numbers of one scale: numbers, amounts of one currency, days, or moments; else None."""
    if isinstance(operand, Money):
        amount = _amount(value, operand.currency)
        return None if amount is None else (amount, Decimal(operand.amount))
    if isinstance(operand, str):
        left, right = (_moment(value), _moment(operand)) if isinstance(value, str) else (None, None)
        return None if left is None or right is None else (left, right)
    if isinstance(operand, tuple | bool) or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(value), Decimal(operand)


def _amount(value: object, currency: str) -> Decimal | None:
    if not isinstance(value, Mapping):
        return None
    money = cast("Mapping[str, object]", value)
    amount = money.get("amount")
    if money.get("currency") != currency or not isinstance(amount, str):
        return None
    try:
        return Decimal(amount)
    except InvalidOperation:
        return None


def _moment(text: object) -> Decimal | None:
    """Days since year 1 for a date, seconds since 1970 for a moment with a zone."""
    if not isinstance(text, str):
        return None
    try:
        if len(text) == len("2026-11-21"):
            return Decimal(date.fromisoformat(text).toordinal())
        moment = datetime.fromisoformat(text)
        return Decimal(str(moment.timestamp())) if moment.tzinfo else None
    except ValueError:
        return None
