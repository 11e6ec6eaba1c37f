"""One value of one field: its normal form, or what is wrong with it. Normalising twice changes nothing.

Normal forms are JSON-safe: dates `YYYY-MM-DD`, moments ISO 8601 in UTC, money `{"amount": "1280.50",
"currency": "CNY"}` with the currency's own decimals, mobiles E.164, card and ID numbers bare.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

from bihuan.casetypes.condition import is_present
from bihuan.casetypes.currencies import DECIMALS
from bihuan.casetypes.identifiers import (
    WrongValueError,
    account,
    card_number,
    clean,
    coded,
    email,
    id_number,
    mobile,
    uscc,
)
from bihuan.casetypes.model import Field, FieldType
from bihuan.core.problems import FieldProblem

#: The largest whole number every JSON reader keeps exactly (2^53 − 1).
LARGEST = 9_007_199_254_740_991
DEFAULT_LENGTHS: dict[FieldType, int] = {
    "text": 200,
    "long_text": 4000,
    "reference": 64,
    "person_name": 100,
    "address": 300,
    "email": 254,
}
#: A calendar day that has begun somewhere on earth is not in the future (the easternmost zone is UTC+14).
_AHEAD = timedelta(hours=14)
_MONEY = '{"amount": "128.50", "currency": "CNY"}'
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def normalise(field: Field, value: object, *, now: datetime) -> tuple[object, FieldProblem | None]:
    """The value's normal form and no problem, or None and the problem. An empty value is None without a
    problem.
    """
    try:
        if not is_present(value):
            return None, None
        normal = _PARSERS[field.type](field, value)
        if not is_present(normal):
            return None, None
        _check_limits(field, normal, now)
    except WrongValueError as wrong:
        return None, FieldProblem(pointer=pointer("fields", field.code), code=wrong.code, params=wrong.params)
    return normal, None


def element_moment(value: object, *, now: datetime) -> tuple[str | None, FieldProblem | None]:
    """The element 时间: a day (`YYYY-MM-DD`) when no more is known, else a moment with its zone; never in the
    future.
    """
    try:
        text = coded(value, "2026-11-21T15:30:00+08:00")
        normal = _day(text) if len(text) == len("2026-11-21") else _moment(text)
        _check_past(normal, now)
    except WrongValueError as wrong:
        return None, FieldProblem(pointer="/elements/occurred_at", code=wrong.code, params=wrong.params)
    return normal, None


def element_text(code: str, value: object, min_length: int | None) -> tuple[str | None, FieldProblem | None]:
    """Any other element: text of several lines, at most 4000 characters."""
    try:
        text = _lines(value)
        _check_length(text, min_length, DEFAULT_LENGTHS["long_text"])
    except WrongValueError as wrong:
        return None, FieldProblem(pointer=pointer("elements", code), code=wrong.code, params=wrong.params)
    return text, None


def pointer(*parts: str) -> str:
    """A JSON pointer (RFC 6901); what cannot be written as UTF-8 in a key is replaced."""
    safe = (part.encode(errors="replace").decode().replace("\0", "?") for part in parts)
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in safe)


def _line(value: object) -> str:
    return " ".join(clean(value).split())


def _lines(value: object) -> str:
    return "\n".join(line.rstrip() for line in clean(value).strip().splitlines())


def _day(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise WrongValueError("pattern", expected="2026-11-21")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise WrongValueError("pattern", expected="2026-11-21") from None


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise WrongValueError("pattern", expected="2026-11-21T15:30:00+08:00")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise WrongValueError("no_zone")
        return moment.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise WrongValueError("pattern", expected="2026-11-21T15:30:00+08:00") from None


def _choice(field: Field, value: object) -> str:
    codes = [choice.code for choice in field.choices]
    if not isinstance(value, str) or value not in codes:
        raise WrongValueError("choice", choices=", ".join(codes))
    return value


def _choices(field: Field, value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        raise WrongValueError("type", expected="list")
    chosen = {_choice(field, item) for item in cast("list[object]", value)}
    return [choice.code for choice in field.choices if choice.code in chosen]


def _integer(_field: Field, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValueError("type", expected="integer")
    _check_reach(value)
    return value


def _number(_field: Field, value: object) -> int | float:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?", value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValueError("type", expected="number")
    if isinstance(value, float) and not math.isfinite(value):
        raise WrongValueError("type", expected="number")
    _check_reach(value)
    return value


def _check_reach(value: float) -> None:
    if value > LARGEST:
        raise WrongValueError("too_big", limit=LARGEST)
    if value < -LARGEST:
        raise WrongValueError("too_small", limit=-LARGEST)


def _money(_field: Field, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or set(cast("Mapping[object, object]", value)) != {
        "amount",
        "currency",
    }:
        raise WrongValueError("type", expected=_MONEY)
    money = cast("Mapping[str, object]", value)
    currency, amount = money["currency"], money["amount"]
    if not isinstance(currency, str) or currency not in DECIMALS:
        raise WrongValueError("choice", choices="CNY, USD, HKD, EUR, … (ISO 4217)")
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise WrongValueError("type", expected=_MONEY)
    return {"amount": _amount(str(amount).strip(), DECIMALS[currency]), "currency": currency}


def _amount(text: str, decimals: int) -> str:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", text):
        raise WrongValueError("type", expected=_MONEY)
    exact = Decimal(text)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals))
    if rounded != exact:
        raise WrongValueError("pattern", expected="128" + ("." + "0" * decimals if decimals else ""))
    return str(rounded or abs(rounded))


def _boolean(_field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValueError("type", expected="true / false")
    return value


def _reference(_field: Field, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST:
        value = str(value)
    return " ".join(coded(value, "text").split())


_PARSERS: dict[FieldType, Callable[[Field, object], object]] = {
    "text": lambda _, value: _line(value),
    "long_text": lambda _, value: _lines(value),
    "choice": _choice,
    "choices": _choices,
    "integer": _integer,
    "number": _number,
    "money": _money,
    "date": lambda _, value: _day(coded(value, "2026-11-21")),
    "datetime": lambda _, value: _moment(coded(value, "2026-11-21T15:30:00+08:00")),
    "boolean": _boolean,
    "uscc": lambda _, value: uscc(value),
    "reference": _reference,
    "card_number": lambda _, value: card_number(value),
    "id_number": lambda _, value: id_number(value),
    "mobile": lambda _, value: mobile(value),
    "account": lambda _, value: account(value),
    "email": lambda _, value: email(value),
    "person_name": lambda _, value: _line(value),
    "address": lambda _, value: _line(value),
}


def _check_limits(field: Field, normal: object, now: datetime) -> None:
    if isinstance(normal, str) and field.type in DEFAULT_LENGTHS:
        _check_length(normal, field.min_length, field.max_length or DEFAULT_LENGTHS[field.type])
    if isinstance(normal, str) and field.pattern and not re.fullmatch(field.pattern, normal):
        raise WrongValueError("pattern", expected=field.looks_like or field.pattern)
    if field.past and isinstance(normal, str):
        _check_past(normal, now)
    if isinstance(normal, int | float) and not isinstance(normal, bool):
        _check_range(field, Decimal(str(normal)))
    if field.type == "money":
        _check_range(field, Decimal(cast("dict[str, str]", normal)["amount"]), default_min="0")


def _check_length(text: str, shortest: int | None, longest: int) -> None:
    if len(text) > longest:
        raise WrongValueError("too_long", limit=longest)
    if shortest is not None and len(text) < shortest:
        raise WrongValueError("too_short", limit=shortest)


def _check_range(field: Field, amount: Decimal, default_min: str | None = None) -> None:
    least = field.min or default_min
    if field.max is not None and amount > Decimal(field.max):
        raise WrongValueError("too_big", limit=field.max)
    if least is not None and amount < Decimal(least):
        raise WrongValueError("too_small", limit=least)


def _check_past(normal: str, now: datetime) -> None:
    if len(normal) == len("2026-11-21"):
        ahead = date.fromisoformat(normal) > (now.astimezone(UTC) + _AHEAD).date()
    else:
        ahead = datetime.fromisoformat(normal) > now
    if ahead:
        raise WrongValueError("in_future")
