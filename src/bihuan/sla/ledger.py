"""Why it is due then, pure: every stretch since a clock's start with its cause, and those ahead of it.

The stretches follow one another without gap or overlap, and those that count sum up to exactly what was used up.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from bihuan.sla import calendar as time
from bihuan.sla.calendar import Calendar
from bihuan.sla.model import Clock, Interval
from bihuan.sla.reckon import left, listed

_SECOND = timedelta(seconds=1)


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Every stretch from the start to now, or to the stop if it was before; `ahead`: those to come up to the due moment,
    none for a clock that stands, is late or has stopped. Sums are of `entries`, whole seconds, rounded down.
    """

    entries: list[Interval]
    ahead: list[Interval]
    counted_seconds: int
    paused_seconds: int
    not_counted_seconds: int
    target_seconds: int
    due_at: datetime
    left_seconds: int


def ledger(clock: Clock, calendar: Calendar | None, now: datetime) -> Ledger:
    """The ledger of a clock at `now`, by the calendar it is pinned to."""
    clock = listed(clock)
    end = now if clock.stopped_at is None else min(now, clock.stopped_at)
    entries = list(_entries(clock, calendar, end))
    goes_on = clock.stopped_at is None and clock.paused_at is None
    begin = max(end, clock.started_at)
    return Ledger(
        entries=entries,
        ahead=time.intervals(calendar, clock.unit, begin, clock.due_at) if goes_on else [],
        counted_seconds=_seconds(e for e in entries if e.counted),
        paused_seconds=_seconds(e for e in entries if e.cause == "paused"),
        not_counted_seconds=_seconds(e for e in entries if not e.counted and e.cause != "paused"),
        target_seconds=clock.target_seconds,
        due_at=clock.due_at,
        left_seconds=left(clock, calendar, now),
    )


def whole_seconds(entries: Iterable[Interval]) -> list[int]:
    """How long each stretch was, in whole seconds that add up, per kind, to the ledger's sums: what is rounded by itself
    does not.
    """
    told: list[int] = []
    used: dict[str, timedelta] = {}
    for entry in entries:
        kind = "counted" if entry.counted else "paused" if entry.cause == "paused" else "not"
        before = used.get(kind, timedelta())
        used[kind] = before + (entry.end - entry.start)
        told.append(used[kind] // _SECOND - before // _SECOND)
    return told


def _entries(clock: Clock, calendar: Calendar | None, end: datetime) -> Iterator[Interval]:
    at = clock.started_at
    for pause in clock.pauses:
        begin = min(max(pause.started_at, at), end)
        stop = min(end if pause.ended_at is None else max(pause.ended_at, begin), end)
        yield from time.intervals(calendar, clock.unit, at, begin)
        if begin < stop:
            yield Interval(start=begin, end=stop, counted=False, cause="paused", detail=pause.reason)
        at = max(at, stop)
    yield from time.intervals(calendar, clock.unit, at, end)


def _seconds(intervals: Iterable[Interval]) -> int:
    return sum((i.end - i.start for i in intervals), timedelta()) // _SECOND
