"""China's days off: equal to the notices of 2007–2026 on every day, and by law alone where none is out."""

import json
import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from bihuan.sla import calendar as business
from bihuan.sla import china, clock, notice
from bihuan.sla.model import CalendarBody, Limit, Segment, Words
from bihuan.tickets.moves import OpenChange
from tests.sla.clockwork import Course, at, local, plan, rule

DATA = Path(__file__).parents[3] / "shared" / "data" / "holiday_cn"
_YEARS = range(2007, 2027)
OFFICE_HOURS = (Segment(start=540, end=720), Segment(start=810, end=1080))
PLAIN = CalendarBody(
    code="cn_working",
    title=Words(zh="工作日", en="Working days"),
    week=(OFFICE_HOURS,) * 5 + ((),) * 2,
    statutory="CN",
)
#: What the notice of 2026 says (2025-11-04), as runs of days off.
_OFF_2026 = {
    "元旦": ("01-01", "01-03"),
    "春节": ("02-15", "02-23"),
    "清明节": ("04-04", "04-06"),
    "劳动节": ("05-01", "05-05"),
    "端午节": ("06-19", "06-21"),
    "中秋节": ("09-25", "09-27"),
    "国庆节": ("10-01", "10-07"),
}
_MAKEUP_2026 = {"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"}


def _announced(years: range) -> CalendarBody:
    body = PLAIN
    for year in years:
        told = china.published(year)
        assert told is not None, year
        body = notice.apply(body, told)
    return body


@pytest.mark.skipif(not DATA.is_dir(), reason="shared/data/holiday_cn is not here")
def test_china_equals_the_notices_on_every_day() -> None:
    """A notice's days may lie in the year before it, so all files are read together."""
    said: dict[date, bool] = {}
    for year in _YEARS:
        file: dict[str, Any] = json.loads((DATA / f"{year}.json").read_text(encoding="utf-8"))
        said |= {date.fromisoformat(d["date"]): not d["isOffDay"] for d in file["days"]}
    assert len(said) > 600
    calendar = business.compile(_announced(_YEARS))
    days = [
        date(2007, 1, 1) + timedelta(days=i) for i in range((date(2026, 12, 31) - date(2006, 12, 31)).days)
    ]
    assert days[-1] == date(2026, 12, 31)
    wrong = [on for on in days if calendar.is_working(on) != said.get(on, on.weekday() < 5)]
    assert wrong == []


@pytest.mark.skipif(not DATA.is_dir(), reason="shared/data/holiday_cn is not here")
@pytest.mark.parametrize("year", _YEARS)
def test_a_notice_imported_is_the_one_holidays_knows(year: int) -> None:
    """Day by day; weekends that one of them leaves out are off in both."""
    read = notice.parse((DATA / f"{year}.json").read_text(encoding="utf-8"), "json")
    assert read.year == year and all(paper.startswith("http") for paper in read.papers)
    told = china.published(year)
    assert told is not None
    assert notice.difference(notice.apply(PLAIN, read), notice.apply(PLAIN, told)) == []


@pytest.mark.skipif(not DATA.is_dir(), reason="shared/data/holiday_cn is not here")
def test_the_empty_file_of_a_year_to_come_is_no_notice() -> None:
    with pytest.raises(notice.BadNotice) as refused:
        notice.parse((DATA / "2027.json").read_text(encoding="utf-8"), "json")
    assert [(p.pointer, p.code) for p in refused.value.fields] == [("/days", "too_few")]


def test_the_notice_of_2026() -> None:
    told = china.published(2026)
    assert told is not None
    off: dict[str, list[str]] = {}
    for day in told.days:
        if day.off:
            off.setdefault(day.name, []).append(f"{day.on:%m-%d}")
    assert {name: (days[0], days[-1]) for name, days in off.items()} == _OFF_2026
    assert sum(len(days) for days in off.values()) == 33
    assert {f"{day.on:%m-%d}" for day in told.days if not day.off} == _MAKEUP_2026
    names = {f"{day.on:%m-%d}": day.name for day in told.days if not day.off}
    assert names["02-14"] == "春节" and names["09-20"] == names["10-10"] == "国庆节"


@pytest.mark.parametrize("year", [2025, 2026])
def test_there_are_248_working_days(year: int) -> None:
    calendar = business.compile(_announced(range(2025, 2027)))
    days = [date(year, 1, 1) + timedelta(days=i) for i in range(365)]
    assert sum(calendar.is_working(on) for on in days) == 248


def test_a_notices_days_lie_in_the_december_before() -> None:
    told = china.published(2019)
    assert told is not None
    assert [(d.on, d.off) for d in told.days[:3]] == [
        (date(2018, 12, 29), False),
        (date(2018, 12, 30), True),
        (date(2018, 12, 31), True),
    ]


def test_no_notice_reaches_back_beyond_the_days_that_wait_for_it() -> None:
    back = [
        day.on
        for year in _YEARS
        if (told := china.published(year))
        for day in told.days
        if day.on.year < year
    ]
    assert {2006, 2007, 2011, 2018, 2022} <= {on.year for on in back}
    first = min((on.month, on.day) for on in back)
    assert first >= business.NEXT_NOTICE_FROM
    assert first == (12, 29)


def _dues(body: CalendarBody, start: datetime) -> list[tuple[datetime, bool]]:
    """By several limits: when it is due, and whether that is marked provisional."""
    calendar = business.compile(body)
    limits = [Limit(amount=n, unit="working_day", calendar="cn_working") for n in (1, 2, 5, 20)]
    limits.append(Limit(amount=12, unit="business_hour", calendar="cn_working"))
    limits.append(Limit(amount=15, unit="calendar_day", calendar="cn_working", last_day="next_working_day"))
    dues = [business.target(calendar, limit, start)[1] for limit in limits]
    return [(due, bool(calendar.provisional_years(start, due))) for due in dues]


def test_what_is_not_provisional_no_later_notice_changes() -> None:
    before, moved = PLAIN, 0
    for year in _YEARS[:-1]:
        told, next_ = china.published(year), china.published(year + 1)
        assert told is not None and next_ is not None
        before = notice.apply(before, told)
        after = notice.apply(before, next_)
        for days in range(75):
            start = datetime(year, 10, 18, 2, tzinfo=UTC) + timedelta(days=days)
            for (due, provisional), (due_after, _) in zip(
                _dues(before, start), _dues(after, start), strict=True
            ):
                assert provisional or due == due_after, start
                moved += due != due_after
    assert moved > 100


def test_a_clock_in_late_december_is_reckoned_anew_when_the_notice_is_in() -> None:
    bodies = (_announced(range(2016, 2019)), _announced(range(2016, 2020)))

    def book(_code: str, version: int | None, queue: str, /) -> business.Calendar:
        return business.compile(bodies[(version or 1) - 1], version or 1, queue)

    of = rule("any", Limit(amount=2, unit="working_day", calendar="cn_working"))
    course = Course(plan(of), at("2018-12-27 10:00"), book=book)
    made = course.of("any")
    assert (local(made.due_at), made.provisional) == ("2019-01-01 00:00", True)
    change = OpenChange(
        id=UUID(int=1),
        what="calendar",
        code="cn_working",
        version=2,
        scope="provisional",
        asked_at=made.started_at,
    )
    assert change.holds(made), "an approval that moves provisional clocks alone moves it"
    moved = clock.recalendar(made, book, 2, rule=of, now=at("2018-12-27 11:00"))
    # Saturday 29 December is worked, 30 and 31 are off.
    assert (local(moved.due_at), moved.provisional) == ("2018-12-30 00:00", False)


def test_2027_is_provisional_on_statutory_days_and_weekdays() -> None:
    days = china.statutory_days(2027)
    assert " ".join(f"{d.on:%m-%d}" for d in days) == (
        "01-01 02-05 02-06 02-07 02-08 04-05 05-01 05-02 06-09 09-15 10-01 10-02 10-03"
    )
    assert {d.kind for d in days} == {"holiday"} and not any(d.segments for d in days)
    assert {d.name for d in days} == {"元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"}
    assert china.published(2027) is None and not china.is_announced(2027)
    assert china.notice_days(2027, OFFICE_HOURS) == ()
    body = msgspec.structs.replace(_announced(range(2026, 2027)), days=days, years=(2026,))
    calendar = business.compile(body)
    assert calendar.cause_off(date(2027, 6, 9)) == ("holiday", "端午节")
    assert calendar.is_working(date(2027, 2, 9)), "no bridge day is guessed"


@pytest.mark.parametrize(
    ("year", "count"), [(2007, 10), (2008, 11), (2024, 11), (2025, 13), (2030, 13), (2045, 13)]
)
def test_the_days_by_law_are_as_many_as_the_law_says(year: int, count: int) -> None:
    assert len(china.statutory_days(year)) in {count, count - 1}, "two festivals may fall on one day"


def test_years_before_the_notices_are_not_announced() -> None:
    assert china.published(2006) is None


def test_make_up_days_have_the_hours_given() -> None:
    days = {d.on: d for d in china.notice_days(2026, OFFICE_HOURS)}
    assert days[date(2026, 2, 14)].segments == OFFICE_HOURS and days[date(2026, 2, 14)].kind == "makeup"
    assert days[date(2026, 2, 16)].segments == () and days[date(2026, 2, 16)].kind == "holiday"


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(china.statutory_days(year) for year in range(2026, 2040))
