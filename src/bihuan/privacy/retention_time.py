"""How long a record is kept, reckoned in days of the calendar. Pure.

A time counts from the day a record was closed, in the desk's own zone; the day it ends on still belongs to it. Months and
years end on the same day of the month, or on its last where there is none.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

ZONE = ZoneInfo("Asia/Shanghai")
Unit = Literal["day", "month", "year"]
#: A leap year's cycle: two times that are equally long from each day of it are equally long.
_CYCLE = [date(2023, 1, 1) + timedelta(days=n) for n in range(1461)]
_NAMES: dict[Unit, tuple[str, str]] = {
    "day": ("天", "day"),
    "month": ("个月", "month"),
    "year": ("年", "year"),
}


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """So many days, months or years of the calendar."""

    amount: Annotated[int, msgspec.Meta(ge=1, le=36_500)]
    unit: Unit

    def words(self, language: str) -> str:
        """As people say it."""
        zh, en = _NAMES[self.unit]
        if language == "zh":
            return f"{self.amount} {zh}"
        return f"{self.amount} {en}{'' if self.amount == 1 else 's'}"


def last_day(term: Term, closed: date) -> date:
    """The last day on which a record closed on this day is kept."""
    if term.unit == "day":
        return closed + timedelta(days=term.amount)
    months = closed.month - 1 + term.amount * (12 if term.unit == "year" else 1)
    year, month = closed.year + months // 12, months % 12 + 1
    return date(year, month, min(closed.day, monthrange(year, month)[1]))


def cutoff(term: Term, today: date) -> date:
    """What was closed before this day is over its time today, and nothing else is."""
    if term.unit == "day":
        return today - timedelta(days=term.amount)
    months = today.year * 12 + today.month - 1 - term.amount * (12 if term.unit == "year" else 1)
    # From the month before on: the first day whose time is not over.
    year, month = (months - 1) // 12, (months - 1) % 12 + 1
    found = date(year, month, 1)
    while last_day(term, found) < today:
        found += timedelta(days=1)
    return found


def shorter(one: Term, other: Term) -> bool:
    """Whether a record may be kept less long by `one` than by `other`, whatever day it was closed on."""
    return any(last_day(one, day) < last_day(other, day) for day in _CYCLE)


def day_of(moment: datetime) -> date:
    """The day of a moment, in the desk's own zone."""
    return moment.astimezone(ZONE).date()


def begin_of(day: date) -> datetime:
    """The first moment of a day of the desk's own zone."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)
