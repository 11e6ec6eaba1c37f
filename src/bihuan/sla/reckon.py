"""How much of a clock's time was used and when it is due, pure. Exact to the microsecond; pauses take away what counts."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from bihuan.sla import calendar as time
from bihuan.sla.calendar import Calendar
from bihuan.sla.model import Clock, Limit, Pause
from bihuan.sla.plan import Calendars

_DAYS = frozenset({"working_day", "calendar_day"})
_BY_CALENDAR = frozenset({"business_minute", "business_hour", "working_day"})


def calendar_of(clock: Clock, calendars: Calendars) -> Calendar | None:
    """The calendar a clock is pinned to; None: around the clock."""
    if not clock.calendar:
        return None
    return calendars(clock.calendar, clock.calendar_version, clock.queue)


def elapsed_of(clock: Clock, calendars: Calendars, now: datetime) -> timedelta:
    """Counted time used up at `now`; a paused or stopped clock stands."""
    return used(clock, calendar_of(clock, calendars), now)


def left_seconds(clock: Clock, calendars: Calendars, now: datetime) -> int:
    """Counted seconds left at `now`; negative: plain seconds past due. A paused or stopped clock stands."""
    return left(clock, calendar_of(clock, calendars), now)


def left(clock: Clock, calendar: Calendar | None, now: datetime) -> int:
    """As `left_seconds`, the calendar at hand."""
    stands = min(t for t in (clock.stopped_at, clock.paused_at, now) if t is not None)
    if stands > clock.due_at:
        return -int((stands - clock.due_at).total_seconds())
    return int((budget(clock, calendar) - used(clock, calendar, now)).total_seconds())


def used(clock: Clock, calendar: Calendar | None, now: datetime) -> timedelta:
    """Counted time used up at `now`, the calendar at hand."""
    total = timedelta()
    for begin, end in running(clock, now):
        total += time.elapsed(calendar, clock.unit, begin, end)
    return total


def running(clock: Clock, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of [start, now) in which the clock did not stand, in order, none empty."""
    until = now if clock.stopped_at is None else min(now, clock.stopped_at)
    at = clock.started_at
    for pause in listed(clock).pauses:
        if at < (end := min(pause.started_at, until)):
            yield at, end
        at = max(at, until if pause.ended_at is None else pause.ended_at)
    if at < until:
        yield at, until


def when(clock: Clock, calendar: Calendar | None, amount: timedelta) -> datetime:
    """The first moment at which `amount` of counted time is used up. A standing clock as if it went on. Raises Endless."""
    at = clock.started_at
    for pause in listed(clock).pauses:
        if pause.ended_at is None:
            break
        spent = time.elapsed(calendar, clock.unit, at, pause.started_at)
        if spent >= amount:
            break
        amount, at = amount - spent, pause.ended_at
    return time.after(calendar, clock.unit, at, amount)


def budget(clock: Clock, calendar: Calendar | None) -> timedelta:
    """The counted time a clock has, exactly.

    `target_seconds` of a limit in days are rounded up where the start has a fraction of a second; by them a limit that
    ends with Friday would end on Monday. So the part of its second that had gone by at the start is taken away again.
    """
    whole = timedelta(seconds=clock.target_seconds)
    if clock.unit not in _DAYS or not clock.started_at.microsecond:
        return whole
    second = clock.started_at.replace(microsecond=0)
    return whole - time.elapsed(calendar, clock.unit, second, clock.started_at)


def limit_of_clock(clock: Clock) -> Limit | None:
    """The limit it is pinned to; None: what the case type promised, `target_seconds` around the clock."""
    if not clock.amount:
        return None
    return Limit(amount=clock.amount, unit=clock.unit, calendar=clock.calendar, last_day=clock.last_day)


def reckoned(clock: Clock, calendar: Calendar | None) -> Clock:
    """The clock with its due moment reckoned from its start and pauses. Raises Endless."""
    due_at = when(clock, calendar, budget(clock, calendar))
    return msgspec.structs.replace(clock, due_at=due_at, provisional=provisional(clock, calendar, due_at))


def provisional(clock: Clock, calendar: Calendar | None, due_at: datetime) -> bool:
    """Whether the due moment rests on days of a year whose notice is not out."""
    if calendar is None or not (clock.unit in _BY_CALENDAR or clock.last_day != "strict"):
        return False
    return bool(calendar.provisional_years(clock.started_at, due_at))


def listed(clock: Clock) -> Clock:
    """A clock from before pauses were kept one by one: its pauses as such. Where they lay does not matter to it, for it
    ran around the clock; they are put at its start.
    """
    if clock.pauses or not (clock.paused_at or clock.paused_seconds):
        return clock
    start, pauses = clock.started_at, list[Pause]()
    if clock.paused_seconds:
        end = start + timedelta(seconds=clock.paused_seconds)
        pauses.append(Pause(started_at=start, ended_at=end, reason="customer"))
    if clock.paused_at is not None:
        pauses.append(Pause(started_at=clock.paused_at, reason="customer"))
    return msgspec.structs.replace(clock, pauses=tuple(pauses))
