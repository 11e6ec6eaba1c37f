"""The yearly notice of days off and make-up workdays (调休): read, applied to a calendar, and what it changes. Pure.

A notice's days may lie in the December before its year: a day belongs to the notice of its year, one in December to the
next year's.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Annotated, Literal, cast

import msgspec

from bihuan.core.problems import FieldProblem, Problem
from bihuan.sla.calendar import Calendar
from bihuan.sla.model import CalendarBody, Day, Segments

Form = Literal["json", "csv"]
_MOST_DAYS = 400
_MOST_NAME = 100
_YEARS = range(1950, 2101)
_DATE = re.compile(r"^(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)$")
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_HEADERS = {
    "date": ("date", "日期"),
    "name": ("name", "名称", "节日", "节假日"),
    "off": ("off", "isoffday", "is_off_day", "是否休息", "休息", "是否放假", "放假"),
}
_OFF = {
    **dict.fromkeys(("true", "1", "yes", "y", "off", "是", "休", "休息", "放假"), True),
    **dict.fromkeys(("false", "0", "no", "n", "work", "否", "班", "上班", "调休", "补班"), False),
}


class BadNotice(Problem):
    """The notice cannot be taken as it is: {count} problems, each named with its row."""

    status = 422
    zh = "通知内容有 {count} 处问题，已按行列出。"


class NoticeDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a notice: off, or worked instead of another."""

    on: date
    name: str
    off: bool

    def as_day(self, worked: Segments) -> Day:
        """As a calendar keeps it; `worked` counts on a make-up workday."""
        if self.off:
            return Day(on=self.on, kind="holiday", name=self.name)
        return Day(on=self.on, kind="makeup", name=self.name, segments=worked)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What was announced for a year; `papers` are the addresses of the announcements."""

    year: int
    days: Annotated[tuple[NoticeDay, ...], msgspec.Meta(min_length=1)]
    papers: tuple[str, ...] = ()


class DayChange(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which something else counts. `before`, `after`: hours as `09:00–12:00 13:30–18:00`, empty where the day is off.
    `queue`: whose day, empty for all without a difference of their own.
    """

    on: date
    before: str
    after: str
    name: str
    queue: str = ""


def parse(text: str, form: Form) -> Notice:
    """A notice as JSON (`{year, papers, days: [{name, date, isOffDay}]}`) or CSV (`date,name,off`, heads zh or en).

    Raises BadNotice with everything that is wrong: `/days/3/date` counts from 0 as JSON does, `/rows/5/date` is line 5.
    """
    found: list[FieldProblem] = []
    text = text.removeprefix("\ufeff")
    year, papers, rows = _read_json(text, found) if form == "json" else (None, (), _read_csv(text, found))
    days = _days(rows, found)
    if year is None and days:
        year = Counter(day.on.year for _, day in days).most_common(1)[0][0]
    if not found:
        found += [p for at, day in days if (p := _outside(at, day.on, year or 0))]
    if found or year is None:
        raise BadNotice(fields=found, count=len(found))
    return Notice(year=year, days=tuple(sorted((d for _, d in days), key=lambda d: d.on)), papers=papers)


def notice_year(on: date) -> int:
    """Whose year's notice a day belongs to."""
    return on.year + (on.month == 12)


def apply(body: CalendarBody, notice: Notice, makeup: Segments | None = None) -> CalendarBody:
    """The calendar with the notice's days instead of those of its year. What the desk decided for a day (override) stays.

    `makeup`: what counts on make-up workdays; as on a Monday unless given.
    """
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


# --------------------------------------------------------------------------------------------------------------- reading
class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A day as written, and where."""

    at: str
    date: object
    name: object
    off: object


def _read_json(text: str, found: list[FieldProblem]) -> tuple[int | None, tuple[str, ...], list[_Row]]:
    try:
        raw: object = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raw = None
    if not isinstance(raw, dict):
        found.append(FieldProblem(pointer="", code="type", params={"expected": "object"}))
        return None, (), []
    file = cast("dict[str, object]", raw)
    year, papers, days = file.get("year"), file.get("papers", []), file.get("days")
    if not isinstance(year, int) or isinstance(year, bool) or year not in _YEARS:
        found.append(FieldProblem(pointer="/year", code="pattern", params={"expected": "2027"}))
        year = None
    if not isinstance(days, list):
        found.append(FieldProblem(pointer="/days", code="type", params={"expected": "array"}))
        days = None
    listed = cast("list[object]", days or [])
    if days is not None:
        _count(len(listed), "/days", found)
    rows = [_json_row(f"/days/{i}", day) for i, day in enumerate(listed[:_MOST_DAYS])]
    return year, _papers(papers, found), rows


def _json_row(at: str, day: object) -> _Row:
    members = cast("dict[str, object]", day) if isinstance(day, dict) else {}
    return _Row(at=at, date=members.get("date"), name=members.get("name"), off=members.get("isOffDay"))


def _papers(papers: object, found: list[FieldProblem]) -> tuple[str, ...]:
    listed: Sequence[object] = cast("list[object]", papers) if isinstance(papers, list) else (None,)
    texts = tuple(paper for paper in listed if isinstance(paper, str) and not _BAD_TEXT.search(paper))
    if len(texts) != len(listed):
        found.append(FieldProblem(pointer="/papers", code="type", params={"expected": "array of strings"}))
    return texts


def _read_csv(text: str, found: list[FieldProblem]) -> list[_Row]:
    reader = csv.reader(io.StringIO(text.replace("\x00", "\ufffd"), newline=""))
    try:
        lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except csv.Error:
        lines = []
    if not lines:
        found.append(FieldProblem(pointer="", code="missing"))
        return []
    (_, head), *body = lines
    at = {key: _column(head, key, found) for key in _HEADERS}
    _count(len(body), "/rows", found)
    if any(index is None for index in at.values()):
        return []

    def cell(line: list[str], key: str) -> str:
        index = at[key] or 0
        return line[index].strip() if index < len(line) else ""

    return [
        _Row(at=f"/rows/{number}", date=cell(line, "date"), name=cell(line, "name"), off=cell(line, "off"))
        for number, line in body[:_MOST_DAYS]
    ]


def _column(head: list[str], key: str, found: list[FieldProblem]) -> int | None:
    index = next((i for i, cell in enumerate(head) if cell.strip().lower() in _HEADERS[key]), None)
    if index is None:
        found.append(FieldProblem(pointer=f"/head/{key}", code="missing"))
    return index


def _count(count: int, at: str, found: list[FieldProblem]) -> None:
    """A notice without a day is none: the year is not announced."""
    if count == 0:
        found.append(FieldProblem(pointer=at, code="too_few", params={"limit": 1}))
    if count > _MOST_DAYS:
        found.append(FieldProblem(pointer=at, code="too_many", params={"limit": _MOST_DAYS}))


def _days(rows: Sequence[_Row], found: list[FieldProblem]) -> list[tuple[str, NoticeDay]]:
    """The rows that are right, with where; what is wrong goes into `found`."""
    seen: set[date] = set()
    days: list[tuple[str, NoticeDay]] = []
    for row in rows:
        on, off = _date(row.date), _off(row.off)
        wrong = list(chain(_date_problems(row, on, seen), _name_problems(row), _off_problems(row, off)))
        found += wrong
        if on is not None:
            seen.add(on)
        if not wrong and on is not None and off is not None:
            days.append((row.at, NoticeDay(on=on, name=str(row.name).strip(), off=off)))
    return days


def _date_problems(row: _Row, on: date | None, seen: set[date]) -> Iterator[FieldProblem]:
    if on is None:
        yield FieldProblem(pointer=f"{row.at}/date", code="pattern", params={"expected": "2027-10-01"})
    elif on in seen:
        yield FieldProblem(pointer=f"{row.at}/date", code="duplicate")


def _name_problems(row: _Row) -> Iterator[FieldProblem]:
    at = f"{row.at}/name"
    if not isinstance(row.name, str) or not row.name.strip():
        yield FieldProblem(pointer=at, code="missing")
    elif _BAD_TEXT.search(row.name):
        yield FieldProblem(pointer=at, code="bad_text")
    elif len(row.name.strip()) > _MOST_NAME:
        yield FieldProblem(pointer=at, code="too_long", params={"limit": _MOST_NAME})


def _off_problems(row: _Row, off: bool | None) -> Iterator[FieldProblem]:
    if off is None:
        column = "isOffDay" if row.at.startswith("/days") else "off"
        choices = "true, false, 是, 否, 休, 班"
        yield FieldProblem(pointer=f"{row.at}/{column}", code="choice", params={"choices": choices})


def _date(written: object) -> date | None:
    if not isinstance(written, str) or not (said := _DATE.match(written.strip())):
        return None
    year, month, day = (int(group) for group in said.groups() if group)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _off(written: object) -> bool | None:
    if isinstance(written, bool):
        return written
    return _OFF.get(written.strip().lower()) if isinstance(written, str) else None


def _outside(at: str, on: date, year: int) -> FieldProblem | None:
    first, last = date(year - 1, 12, 1), date(year, 12, 31)
    if on < first:
        return FieldProblem(pointer=f"{at}/date", code="too_small", params={"limit": first.isoformat()})
    if on > last:
        return FieldProblem(pointer=f"{at}/date", code="too_big", params={"limit": last.isoformat()})
    return None
