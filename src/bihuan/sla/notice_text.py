"""A yearly notice as it is written, JSON or CSV: read with everything that is wrong at once. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Annotated, Literal

import msgspec

from bihuan.core.problems import FieldProblem, Problem
from bihuan.sla.model import Day, Segments
from bihuan.sla.notice_rows import BAD_TEXT, Row, is_year, read_csv, read_json, too_far

Form = Literal["json", "csv"]
_MOST_NAME = 100
_DECEMBER = 12
_DATE = re.compile(r"^(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)$")
#: What an unreadable byte became on its way.
_UNREADABLE = "\ufffd"
_OFF = {
    **dict.fromkeys(("true", "1", "yes", "y", "off", "是", "休", "休息", "放假"), True),
    **dict.fromkeys(("false", "0", "no", "n", "work", "否", "班", "上班", "调休", "补班"), False),
}


class BadNotice(Problem):
    """The notice cannot be taken as it is. Problems found: {count}, each named with its row."""

    status = 422
    zh = "通知内容有 {count} 处问题，已按行列出。"


class NoticeNotUtf8(Problem):
    """Some characters of the notice could not be read: it is not in UTF-8. Save the file as UTF-8 and try again."""

    status = 422
    zh = "通知中有无法识别的字符：文件编码不是 UTF-8。请另存为 UTF-8 后再试。"


class NoticeYearUnclear(Problem):
    """All its days lie in December {year}: the notice may be that of {year} or of {next}. Give all of its days, or give it as JSON, which names the year."""

    status = 422
    zh = "所有日期都在 {year} 年 12 月，无法判断是 {year} 年还是 {next} 年的通知。请提供完整的通知，或改用写明年份（year）的 JSON。"


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


def parse(text: str, form: Form) -> Notice:
    """A notice as JSON (`{year, papers, days: [{name, date, isOffDay}]}`) or CSV (`date,name,off`, heads zh or en; also
    separated by tabs or semicolons). A CSV's year is the one all its days can belong to.

    Raises BadNotice with everything that is wrong: `/days/3/date` counts from 0 as JSON does, `/rows/5/date` is line 5.
    Raises NoticeNotUtf8, NoticeNotJson, NoticeNotCsv where there is nothing to be read row by row, NoticeYearUnclear.
    """
    if _UNREADABLE in text:
        raise NoticeNotUtf8
    found: list[FieldProblem] = []
    text = text.lstrip("\ufeff")
    year, papers, rows = read_json(text, found) if form == "json" else (None, (), read_csv(text, found))
    days = _days(rows, found)
    if found:
        raise BadNotice(fields=found, count=len(found))
    year = year or _year_of([day.on for _, day in days])
    if outside := [p for at, day in days if (p := _outside(at, day.on, year))]:
        raise BadNotice(fields=outside, count=len(outside))
    return Notice(year=year, days=tuple(sorted((d for _, d in days), key=lambda d: d.on)), papers=papers)


def _year_of(days: Sequence[date]) -> int:
    """Days before December decide: one in December may be of its year's notice or the next one's.

    Raises NoticeYearUnclear where there are none.
    """
    deciding = Counter(on.year for on in days if on.month != _DECEMBER)
    if deciding:
        return deciding.most_common(1)[0][0]
    years = {on.year for on in days}
    if len(years) > 1:
        # Two Decembers: only the notice between them can hold days of both.
        return max(years)
    raise NoticeYearUnclear(year=days[0].year, next=days[0].year + 1)


# ------------------------------------------------------------------------------------------------------------- each day
def _days(rows: Sequence[Row], found: list[FieldProblem]) -> list[tuple[str, NoticeDay]]:
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


def _date_problems(row: Row, on: date | None, seen: set[date]) -> Iterator[FieldProblem]:
    at = f"{row.at}/date"
    if _empty(row.date):
        yield FieldProblem(pointer=at, code="missing")
    elif on is None:
        yield FieldProblem(pointer=at, code="pattern", params={"expected": "2027-10-01"})
    elif not is_year(on.year):
        yield too_far(at)
    elif on in seen:
        yield FieldProblem(pointer=at, code="duplicate")


def _name_problems(row: Row) -> Iterator[FieldProblem]:
    at = f"{row.at}/name"
    if not isinstance(row.name, str) or not row.name.strip():
        yield FieldProblem(pointer=at, code="missing")
    elif BAD_TEXT.search(row.name.strip()):
        yield FieldProblem(pointer=at, code="bad_text")
    elif len(row.name.strip()) > _MOST_NAME:
        yield FieldProblem(pointer=at, code="too_long", params={"limit": _MOST_NAME})


def _off_problems(row: Row, off: bool | None) -> Iterator[FieldProblem]:
    at = f"{row.at}/{'isOffDay' if row.at.startswith('/days') else 'off'}"
    if _empty(row.off):
        yield FieldProblem(pointer=at, code="missing")
    elif off is None:
        yield FieldProblem(pointer=at, code="choice", params={"choices": "true, false, 是, 否, 休, 班"})


def _empty(written: object) -> bool:
    return written is None or (isinstance(written, str) and not written.strip())


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
