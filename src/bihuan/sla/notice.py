"""The yearly notice of days off and make-up workdays (调休): applied to a calendar, and what it changes. Pure.

A notice's days may lie in the December before its year: a day belongs to the notice of its year, one in December to the
next year's. It is read by `sla.notice_text`.
"""

from collections.abc import Iterator
from datetime import date

import msgspec

from bihuan.core.problems import Problem
from bihuan.sla.calendar import Calendar
from bihuan.sla.model import CalendarBody, Segments
from bihuan.sla.notice_text import BadNotice, Form, Notice, NoticeDay, parse

__all__ = [
    "BadNotice", "DayChange", "Form", "Notice", "NoticeDay", "NoticeNotObserved", "apply", "difference", "notice_year",
    "parse",
]  # fmt: skip


class NoticeNotObserved(Problem):
    """The calendar {calendar} observes no public holidays: a notice would take its hours away. If it shall, set the country it follows (statutory) first."""

    status = 422
    zh = "日历 {calendar} 不随放假安排变动，导入通知会使节假日不再计时。确需按放假安排计时的，请先把它设为遵循法定节假日（statutory）。"


class DayChange(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which something else counts. `before`, `after`: hours as `09:00–12:00 13:30–18:00`, empty where the day is off.
    `queue`: whose day, empty for all without a difference of their own.
    """

    on: date
    before: str
    after: str
    name: str
    queue: str = ""


def notice_year(on: date) -> int:
    """Whose year's notice a day belongs to."""
    return on.year + (on.month == 12)


def apply(body: CalendarBody, notice: Notice, makeup: Segments | None = None) -> CalendarBody:
    """The calendar with the notice's days instead of those of its year. What the desk decided for a day (override) stays.

    `makeup`: what counts on make-up workdays; as on a Monday unless given. Raises NoticeNotObserved.
    """
    if not body.statutory:
        raise NoticeNotObserved(calendar=body.code)
    worked = makeup or next(segments for segments in body.week if segments)
    decided = {d.on for d in body.days if d.kind == "override"}
    told = {d.on: d.as_day(worked) for d in notice.days if d.on not in decided}
    kept = [
        d
        for d in body.days
        if d.kind == "override" or (notice_year(d.on) != notice.year and d.on not in told)
    ]
    return msgspec.structs.replace(
        body,
        days=tuple(sorted((*kept, *told.values()), key=lambda d: d.on)),
        years=tuple(sorted({*body.years, notice.year})),
    )


def difference(before: CalendarBody, after: CalendarBody) -> list[DayChange]:
    """Every dated day on which something else counts, in order; then those of queues that change otherwise."""
    dated = {d.on for d in (*before.days, *after.days)}
    found = list(_changes(before, after, dated, ""))
    everyone = {change.on: (change.before, change.after) for change in found}
    for queue in sorted({q.queue for q in (*before.queues, *after.queues)}):
        own = {d.on for q in (*before.queues, *after.queues) if q.queue == queue for d in q.days}
        theirs = _changes(before, after, own | everyone.keys(), queue)
        found += [c for c in theirs if everyone.get(c.on) != (c.before, c.after)]
    return found


def _changes(before: CalendarBody, after: CalendarBody, days: set[date], queue: str) -> Iterator[DayChange]:
    was, is_ = Calendar(before, 0, queue), Calendar(after, 0, queue)
    for on in sorted(days):
        old, new = _hours(was.segments(on)), _hours(is_.segments(on))
        if old != new:
            name = is_.name(on) or was.name(on)
            yield DayChange(on=on, before=old, after=new, name=name, queue=queue)


def _hours(segments: Segments) -> str:
    return " ".join(f"{_clock(s.start)}–{_clock(s.end)}" for s in segments)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
