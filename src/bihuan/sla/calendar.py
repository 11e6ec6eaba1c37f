"""Business time, pure: what counts, how much of it lies between two moments, and when an amount of it is used up.

An instant counts in business hours iff its local wall time lies in a segment of its local date, and in working days iff
that date has a segment: an hour that is repeated counts twice, one that is skipped never. Moments lie between the years 4
and 9994; beyond, nothing counts.
"""

from collections.abc import Hashable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bihuan.core.problems import FieldProblem, Problem
from bihuan.sla import timeline
from bihuan.sla.model import CalendarBody, Day, Interval, Limit, Segment, Segments, Unit, Week, Words
from bihuan.sla.timeline import Line, Stretches, microseconds, moment

_MICROSECOND = timedelta(microseconds=1)
#: 50 years of days; the last day that is reckoned with.
_MOST_DAYS = 18_263
_LAST_DAY = date(9998, 12, 31).toordinal()
#: From this day of a year on the next year's notice may change its days. None since 2007 went back beyond 29 December
#: (those of 2008 and 2019 did so far); a make-up workday may lie on the weekend before.
NEXT_NOTICE_FROM = (12, 25)

_SECONDS = {"minute": 60, "hour": 3600, "business_minute": 60, "business_hour": 3600}
#: Units that count every instant, whatever the calendar.
_PLAIN = frozenset({"minute", "hour", "calendar_day"})
_DAY_CAUSES = {"calendar_day": "calendar_day", "working_day": "working_day"}
_COUNTED = frozenset({"working", "working_day"})
_WHOLE: Stretches = ((0, timeline.DAY),)


class Endless(Problem):
    """By the calendar {calendar} this limit does not end within 50 years."""

    status = 422
    zh = "按日历 {calendar}，这个时限 50 年内不会到期。"


class Calendar:
    """A calendar ready to reckon by, as one queue has it. Never changes; made by `compile`."""

    def __init__(self, body: CalendarBody, version: int, queue: str) -> None:
        self.code = body.code
        self.version = version
        self.body = body
        self.zone = ZoneInfo(body.zone)
        own = next((q for q in body.queues if q.queue == queue), None)
        self._week = body.week if own is None or own.week is None else own.week
        self._dated = {d.on.toordinal(): d for d in (*body.days, *(own.days if own else ()))}
        week = [_stretches(segments) for segments in self._week]
        dated = {day: _stretches(d.segments) for day, d in self._dated.items()}
        self.hours = Line(self.zone, lambda day: dated[day] if day in dated else week[(day - 1) % 7])
        self.days = Line(self.zone, lambda day: _WHOLE if self.hours.of(day) else ())

    def segments(self, on: date) -> tuple[Segment, ...]:
        """What counts on a day: the queue's day goes before the calendar's, a dated day before the week."""
        dated = self._dated.get(on.toordinal())
        return self._week[on.weekday()] if dated is None else dated.segments

    def is_working(self, on: date) -> bool:
        """Whether anything counts on that day."""
        return bool(self.hours.of(on.toordinal()))

    def name(self, on: date) -> str:
        """The name of a dated day; empty for a plain one."""
        dated = self._dated.get(on.toordinal())
        return "" if dated is None else dated.name

    def cause_off(self, on: date) -> tuple[str, str]:
        """Why nothing counts on a day off, or outside the hours of a working day: cause and the day's name, as in Interval."""
        if self.is_working(on):
            return "closed_hours", ""
        if dated := self._dated.get(on.toordinal()):
            return "holiday" if dated.kind == "holiday" else "day_off", dated.name
        return "weekend" if on.weekday() >= 5 else "day_off", ""

    def provisional_years(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """Years whose notice is not in and may change a local day in [start, end): its own year's, and of the last days of
        December the next year's too.
        """
        if not self.body.statutory:
            return ()
        last = max(start, end - _MICROSECOND).astimezone(self.zone)
        latest = last.year + ((last.month, last.day) >= NEXT_NOTICE_FROM)
        years = range(start.astimezone(self.zone).year, latest + 1)
        return tuple(year for year in years if year not in self.body.years)


def compile(body: CalendarBody, version: int = 0, queue: str = "") -> Calendar:  # noqa: A001 - as in re.compile
    """A valid body (`problems` finds none) ready to reckon by; the same arguments give the same object while remembered."""
    return _compiled(body, version, queue)


@lru_cache(maxsize=128)
def _compiled(body: CalendarBody, version: int, queue: str) -> Calendar:
    return Calendar(body, version, queue)


# ------------------------------------------------------------------------------------------------------------- reckoning
def elapsed(calendar: Calendar | None, unit: Unit, start: datetime, end: datetime) -> timedelta:
    """Counted time between two moments, exact; negative where `end` lies before `start`."""
    line, begin, stop = _line(calendar, unit), microseconds(start), microseconds(end)
    return timedelta(microseconds=stop - begin if line is None else line.between(begin, stop))


def after(calendar: Calendar | None, unit: Unit, start: datetime, amount: timedelta) -> datetime:
    """The first moment by which `amount` was counted since `start`; `start` itself where it is not positive.

    Raises Endless.
    """
    us = max(0, amount // _MICROSECOND)
    line = _line(calendar, unit)
    found = microseconds(start) + us if line is None else line.after(microseconds(start), us)
    if found is None:
        raise _endless(calendar)
    try:
        return moment(found)
    except OverflowError:
        raise _endless(calendar) from None


def target(calendar: Calendar | None, limit: Limit, start: datetime) -> tuple[int, datetime]:
    """A limit as counted seconds, and the moment it is due if nothing pauses. Raises Endless.

    A limit in days ends at 24:00 of its last day, exactly; its seconds are rounded up where `start` has a fraction. So a
    pause moves the due moment by `after(…, due, counted time paused)`: reckoned again from `start` with the rounded
    seconds, a due moment at the end of a Friday would fall on the Monday.
    """
    if limit.unit in _SECONDS:
        seconds = limit.amount * _SECONDS[limit.unit]
        return seconds, after(calendar, limit.unit, start, timedelta(seconds=seconds))
    found = calendar or _AROUND
    due = moment(timeline.end_of_day(found.zone, _last_day(found, limit, start)))
    return -(-(elapsed(calendar, limit.unit, start, due) // _MICROSECOND) // timeline.SECOND), due


def intervals(calendar: Calendar | None, unit: Unit, start: datetime, end: datetime) -> list[Interval]:
    """What of [start, end) counts and what does not, each with its cause: in order, without a gap, neighbours differ."""
    begin, stop = microseconds(start), microseconds(end)
    if begin >= stop:
        return []
    line = _line(calendar, unit)
    if calendar is None or line is None:
        cause = _DAY_CAUSES.get(unit, "around_the_clock")
        return [Interval(start=moment(begin), end=moment(stop), counted=True, cause=cause)]
    found: list[tuple[int, int, str, str]] = []
    for stretch in _told(calendar, line, begin, stop):
        if found and found[-1][2:] == stretch[2:]:
            stretch = (found.pop()[0], *stretch[1:])
        found.append(stretch)
    return [
        Interval(start=moment(s), end=moment(e), counted=cause in _COUNTED, cause=cause, detail=detail)
        for s, e, cause, detail in found
    ]


def _told(calendar: Calendar, line: Line, begin: int, stop: int) -> Iterator[tuple[int, int, str, str]]:
    """Every stretch, day by day: start, end, cause, detail."""
    counted = "working" if line is calendar.hours else "working_day"
    for start, end, day, midnight in timeline.days(line.zone, begin, stop):
        off, at = calendar.cause_off(date.fromordinal(day)), start
        for s, e in line.clipped(day, midnight, start, end):
            if at < s:
                yield at, s, *off
            yield s, e, counted, ""
            at = e
        if at < end:
            yield at, end, *off


def _last_day(calendar: Calendar, limit: Limit, start: datetime) -> int:
    """The day (ordinal) at whose end a limit in days is due: its first day is the one after the start's."""
    first = start.astimezone(calendar.zone).toordinal()
    days = range(first + 1, min(first + _MOST_DAYS, _LAST_DAY))
    working = calendar.hours.of
    if limit.unit == "working_day":
        left = limit.amount
        for day in days:
            if working(day):
                left -= 1
                if not left:
                    return day
    else:
        for day in days[limit.amount - 1 :]:
            if limit.last_day == "strict" or working(day):
                return day
    raise _endless(calendar)


def _endless(calendar: Calendar | None) -> Endless:
    return Endless(calendar=(calendar or _AROUND).code)


def _stretches(segments: Segments) -> Stretches:
    return tuple((s.start * timeline.MINUTE, s.end * timeline.MINUTE) for s in segments)


def _line(calendar: Calendar | None, unit: Unit) -> Line | None:
    """What a unit counts by; None: every instant."""
    if calendar is None or unit in _PLAIN:
        return None
    return calendar.days if unit == "working_day" else calendar.hours


# --------------------------------------------------------------------------------------------------------- what is wrong
def problems(body: CalendarBody) -> list[FieldProblem]:
    """Everything that is wrong with a calendar, by JSON pointer: `compile` takes what has none."""
    found = list(_week_problems(body.week, "/week"))
    found += _day_problems(body.days, "")
    found += _twice((f"/years/{i}", year) for i, year in enumerate(body.years))
    found += _twice((f"/queues/{i}/queue", own.queue) for i, own in enumerate(body.queues))
    for i, own in enumerate(body.queues):
        found += _day_problems(own.days, f"/queues/{i}")
        if own.week is not None:
            found += _week_problems(own.week, f"/queues/{i}/week")
    try:
        ZoneInfo(body.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found.append(FieldProblem(pointer="/zone", code="not_found"))
    return found


def _week_problems(week: Week, at: str) -> Iterator[FieldProblem]:
    """A week without working time would let no limit end."""
    if not any(week):
        yield FieldProblem(pointer=at, code="missing")
    for i, segments in enumerate(week):
        yield from _segment_problems(segments, f"{at}/{i}")


def _day_problems(days: tuple[Day, ...], at: str) -> Iterator[FieldProblem]:
    yield from _twice((f"{at}/days/{i}/on", day.on) for i, day in enumerate(days))
    for i, day in enumerate(days):
        if day.kind == "makeup" and not day.segments:
            yield FieldProblem(pointer=f"{at}/days/{i}/segments", code="missing")
        yield from _segment_problems(day.segments, f"{at}/days/{i}/segments")


def _segment_problems(segments: Segments, at: str) -> Iterator[FieldProblem]:
    """In order, none into another, none empty."""
    last = 0
    for i, segment in enumerate(segments):
        if segment.start < last:
            yield FieldProblem(pointer=f"{at}/{i}/start", code="too_small", params={"limit": last})
        if segment.end <= segment.start:
            yield FieldProblem(pointer=f"{at}/{i}/end", code="too_small", params={"limit": segment.start + 1})
        last = max(last, segment.end)


def _twice(said: Iterable[tuple[str, Hashable]]) -> Iterator[FieldProblem]:
    seen: set[Hashable] = set()
    for pointer, value in said:
        if value in seen:
            yield FieldProblem(pointer=pointer, code="duplicate")
        seen.add(value)


#: What "no calendar" means: every instant, by the days of the desk's zone.
_AROUND = compile(
    CalendarBody(
        code="around_the_clock",
        title=Words(zh="全天候", en="Around the clock"),
        week=((Segment(start=0, end=1440),),) * 7,
    )
)
