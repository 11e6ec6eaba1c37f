"""What must be followed up on a clock, and when, pure: the steps of its rule's ladder, and its breach.

A step is asked once its moment has come and until it was followed up. A moment that becomes future again, because the
limit was extended or the clock began anew, is asked again. A clock that stands asks only what it owed when it came to
stand; one that has stopped asks nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from bihuan.sla.calendar import Calendar
from bihuan.sla.model import Clock, Deed, Rule, Step
from bihuan.sla.plan import Calendars
from bihuan.sla.reckon import budget, calendar_of, when

BREACH = "breach"
#: At its due moment a clock is met; the next moment there is, it is late.
_NEXT_MOMENT = timedelta(microseconds=1)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something to follow up: a step of the ladder, or `breach`; `at`: its moment; `do`: its deeds."""

    code: str
    at: datetime
    do: tuple[Deed, ...] = ()


class _Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A step with the moment it stands for, and the first one at which it may be asked."""

    due: Due
    asked_at: datetime


def step_moments(clock: Clock, rule: Rule, calendars: Calendars) -> list[Due]:
    """Every step the clock comes to and its breach, in order of moment, followed up or not. Raises Endless."""
    return [m.due for m in _moments(clock, rule, calendar_of(clock, calendars))]


def due_steps(clock: Clock, rule: Rule, calendars: Calendars, now: datetime) -> list[Due]:
    """What must be followed up at `now` and has not been, in order of moment."""
    if clock.stopped_at is not None:
        return []
    until = now if clock.paused_at is None else min(now, clock.paused_at)
    moments = _moments(clock, rule, calendar_of(clock, calendars))
    return [m.due for m in moments if m.asked_at <= until and m.due.code not in clock.followed]


def followed(clock: Clock, rule: Rule, calendars: Calendars, *, codes: Iterable[str], now: datetime) -> Clock:
    """The clock with these steps followed up, and when it must be looked at next."""
    codes = tuple(dict.fromkeys((*clock.followed, *codes)))
    return settled(
        msgspec.structs.replace(clock, followed=codes), rule, calendar_of(clock, calendars), now=now
    )


def settled(clock: Clock, rule: Rule, calendar: Calendar | None, *, now: datetime) -> Clock:
    """`followed` without what is not due any more at `now`, and `next_at` by what is left to follow up."""
    codes = clock.followed
    if codes:
        asked = {m.due.code for m in _moments(clock, rule, calendar) if m.asked_at <= now}
        codes = tuple(c for c in codes if c in asked)
    clock = msgspec.structs.replace(clock, followed=codes)
    return msgspec.structs.replace(clock, next_at=next_at(clock, rule, calendar))


def next_at(clock: Clock, rule: Rule, calendar: Calendar | None) -> datetime | None:
    """The moment of the first thing not yet followed up; None: nothing, or nothing before the clock goes on."""
    if clock.stopped_at is not None:
        return None
    todo = [s for s in rule.ladder if s.code not in clock.followed]
    moments = [clock.due_at + late + _NEXT_MOMENT for s in todo if (late := _after(s)) is not None]
    if BREACH not in clock.followed:
        moments.append(clock.due_at + _NEXT_MOMENT)
    # One of them is the earliest whatever the calendar: it needs the least time to be used up.
    amounts = [a for s in todo if (a := _amount(s, budget(clock, calendar))) is not None]
    if amounts:
        moments.append(when(clock, calendar, min(amounts)))
    first = min(moments, default=None)
    if first is None or (clock.paused_at is not None and first > clock.paused_at):
        return None
    return first


def _moments(clock: Clock, rule: Rule, calendar: Calendar | None) -> list[_Moment]:
    """In order; of what falls on one moment the warnings go first, then the breach, then what follows it."""
    return sorted(_each(clock, rule, calendar), key=lambda m: m.asked_at)


def _each(clock: Clock, rule: Rule, calendar: Calendar | None) -> Iterator[_Moment]:
    whole = budget(clock, calendar)
    for step in rule.ladder:
        if (amount := _amount(step, whole)) is not None:
            at = when(clock, calendar, amount)
            yield _Moment(due=Due(code=step.code, at=at, do=step.do), asked_at=at)
    breach = Due(code=BREACH, at=clock.due_at)
    yield _Moment(due=breach, asked_at=clock.due_at + _NEXT_MOMENT)
    for step in rule.ladder:
        if (late := _after(step)) is not None:
            at = clock.due_at + late
            yield _Moment(due=Due(code=step.code, at=at, do=step.do), asked_at=at + _NEXT_MOMENT)


def _amount(step: Step, whole: timedelta) -> timedelta | None:
    """The counted time used up when a step before the due moment comes; None: it comes after, or never: a limit shorter
    than what shall be left has no such moment.
    """
    if step.share is not None:
        return whole * step.share // 100
    if step.left_seconds is None:
        return None
    amount = whole - timedelta(seconds=step.left_seconds)
    return amount if amount >= timedelta() else None


def _after(step: Step) -> timedelta | None:
    if step.share is not None or step.left_seconds is not None or step.after_seconds is None:
        return None
    return timedelta(seconds=step.after_seconds)
