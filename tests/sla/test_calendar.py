"""Calendars: what goes before what, why a day is off, what is provisional, what is wrong with one, and how fast it reckons."""

import time
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from bihuan.sla import calendar as business
from bihuan.sla.calendar import Endless
from bihuan.sla.model import UNITS, CalendarBody, Day, Difference, Limit, Segment, Unit, Words
from tests.conftest import figure
from tests.sla.oracle import Oracle

MORNING, NOON = (Segment(start=540, end=720),), (Segment(start=540, end=720), Segment(start=810, end=1080))
LATE, WHOLE_DAY = (Segment(start=1200, end=1320),), (Segment(start=0, end=1440),)
OFFICE = CalendarBody(
    code="office",
    title=Words(zh="营业时间", en="Office hours"),
    week=(NOON,) * 5 + ((),) * 2,
    days=(
        Day(on=date(2026, 10, 1), kind="holiday", name="国庆节"),
        Day(on=date(2026, 10, 10), kind="makeup", name="国庆节", segments=NOON),
        Day(on=date(2026, 11, 24), kind="override", name="系统切换"),
        Day(on=date(2026, 11, 25), kind="override", name="半天", segments=MORNING),
    ),
    statutory="CN",
    years=(2026,),
    queues=(
        Difference(
            queue="FRAUD",
            week=(LATE,) * 7,
            days=(Day(on=date(2026, 11, 24), kind="override", name="值守", segments=WHOLE_DAY),),
        ),
        Difference(queue="CS_L1", days=(Day(on=date(2026, 11, 26), kind="override", name="培训"),)),
    ),
)
office = business.compile(OFFICE, 3)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_it_knows_what_it_was_made_of() -> None:
    assert (office.code, office.version, office.zone.key, office.body) == (
        "office",
        3,
        "Asia/Shanghai",
        OFFICE,
    )
    assert business.compile(OFFICE, 3) is business.compile(OFFICE, 3)
    assert business.compile(OFFICE, 4) is not office


def test_the_queues_day_goes_before_the_calendars_day_before_the_queues_week() -> None:
    fraud, first = business.compile(OFFICE, queue="FRAUD"), business.compile(OFFICE, queue="CS_L1")
    assert fraud.segments(date(2026, 11, 24)) == WHOLE_DAY, "its own day"
    assert fraud.segments(date(2026, 10, 1)) == (), "the calendar's holiday"
    assert fraud.segments(date(2026, 10, 10)) == NOON, "the calendar's make-up day"
    assert fraud.segments(date(2026, 11, 22)) == LATE, "its own week"
    assert office.segments(date(2026, 11, 22)) == (), "the calendar's week"
    assert (first.segments(date(2026, 11, 26)), first.segments(date(2026, 11, 27))) == ((), NOON)
    assert business.compile(OFFICE, queue="OTHER").segments(date(2026, 11, 26)) == NOON


@pytest.mark.parametrize(
    ("on", "cause"),
    [
        ("2026-10-01", ("holiday", "国庆节")),
        ("2026-10-03", ("weekend", "")),
        ("2026-11-24", ("day_off", "系统切换")),
        ("2026-11-23", ("closed_hours", "")),
    ],
)
def test_a_day_off_has_its_cause(on: str, cause: tuple[str, str]) -> None:
    assert office.cause_off(date.fromisoformat(on)) == cause


def test_a_weekday_off_every_week_is_a_day_off() -> None:
    body = msgspec.structs.replace(OFFICE, week=((), *(NOON,) * 6))
    assert business.compile(body).cause_off(date(2026, 11, 23)) == ("day_off", "")


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ("2026-01-01T00:00", "2026-12-25T00:00", ()),
        ("2026-01-01T00:00", "2026-12-25T00:01", (2027,)),
        ("2026-12-29T10:00", "2026-12-30T10:00", (2027,)),
        ("2026-12-31T10:00", "2027-01-01T00:00", (2027,)),
        ("2026-12-31T10:00", "2027-01-01T00:01", (2027,)),
        ("2025-12-31T10:00", "2028-01-02T00:00", (2025, 2027, 2028)),
        ("2027-01-01T00:00", "2027-01-01T00:00", (2027,)),
    ],
)
def test_years_without_a_notice_are_provisional_by_local_date(
    start: str, end: str, years: tuple[int, ...]
) -> None:
    assert office.provisional_years(at(start), at(end)) == years
    free = msgspec.structs.replace(OFFICE, statutory="")
    assert business.compile(free).provisional_years(at(start), at(end)) == ()


def test_intervals_say_why() -> None:
    found = business.intervals(office, "business_hour", at("2026-09-30T17:00"), at("2026-10-02T09:30"))
    assert [(i.start, i.counted, i.cause, i.detail) for i in found] == [
        (at("2026-09-30T17:00"), True, "working", ""),
        (at("2026-09-30T18:00"), False, "closed_hours", ""),
        (at("2026-10-01T00:00"), False, "holiday", "国庆节"),
        (at("2026-10-02T00:00"), False, "closed_hours", ""),
        (at("2026-10-02T09:00"), True, "working", ""),
    ]
    days = business.intervals(office, "working_day", at("2026-09-30T17:00"), at("2026-10-05T09:30"))
    assert [(i.start, i.counted, i.cause) for i in days] == [
        (at("2026-09-30T17:00"), True, "working_day"),
        (at("2026-10-01T00:00"), False, "holiday"),
        (at("2026-10-02T00:00"), True, "working_day"),
        (at("2026-10-03T00:00"), False, "weekend"),
        (at("2026-10-05T00:00"), True, "working_day"),
    ]
    assert business.intervals(office, "hour", at("2026-09-30T17:00"), at("2026-09-30T17:00")) == []


@pytest.mark.parametrize("unit", UNITS)
def test_without_a_calendar_every_instant_counts(unit: Unit) -> None:
    start, end = at("2026-10-01T23:59:59.999999"), at("2026-10-04T00:00")
    causes = {"working_day": "working_day", "calendar_day": "calendar_day"}
    (only,) = business.intervals(None, unit, start, end)
    assert (only.start, only.end, only.counted, only.cause) == (
        start,
        end,
        True,
        causes.get(unit, "around_the_clock"),
    )
    assert business.elapsed(None, unit, start, end) == end - start
    assert business.after(None, unit, start, end - start) == end
    seconds, due = business.target(None, Limit(amount=2, unit=unit), start)
    if unit in causes:
        assert due == end and seconds == 48 * 3600 + 1, (
            "24:00 of the second day in the desk's zone, rounded up"
        )
    else:
        assert due == start + timedelta(seconds=seconds)


def test_moments_in_any_zone_are_the_moments_they_are() -> None:
    body = msgspec.structs.replace(OFFICE, zone="America/New_York")
    calendar = business.compile(body)
    before = datetime(2026, 10, 31, 12, tzinfo=calendar.zone)
    after = datetime(2026, 11, 1, 12, tzinfo=calendar.zone)
    assert business.elapsed(calendar, "hour", before, after) == timedelta(hours=25)
    assert business.after(calendar, "hour", before, timedelta(hours=25)) == after.astimezone(UTC)
    assert business.after(None, "hour", before, timedelta()).tzinfo is UTC


def test_a_limit_that_never_ends_is_refused() -> None:
    never = business.compile(msgspec.structs.replace(OFFICE, week=((),) * 7))
    start = at("2026-11-26T00:00")
    for unit in ("business_minute", "working_day"):
        with pytest.raises(Endless, match="office"):
            business.target(never, Limit(amount=1, unit=unit), start)
    with pytest.raises(Endless, match="50 years"):
        business.target(never, Limit(amount=1, unit="calendar_day", last_day="next_working_day"), start)
    with pytest.raises(Endless):
        business.target(office, Limit(amount=100_000, unit="calendar_day"), start)
    with pytest.raises(Endless):
        business.after(None, "hour", start, timedelta(days=3_000_000))
    assert business.target(office, Limit(amount=12_000, unit="working_day"), start)[1].year == 2072


def test_at_the_edges_of_time_nothing_breaks() -> None:
    first, last = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
    for start, end in ((first, first + timedelta(days=2_500)), (last - timedelta(days=2_500), last)):
        assert timedelta() < business.elapsed(office, "business_hour", start, end) < end - start
    for unit in UNITS:
        with pytest.raises(Endless):
            business.target(office, Limit(amount=5_000, unit=unit), last)


@pytest.mark.parametrize(
    ("zone", "day", "ends"),
    [
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00"),  # 00:00 is skipped
        ("America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00"),  # 23:00 to 24:00 comes twice
        ("America/St_Johns", "2010-11-06", "2010-11-07T02:30"),  # 00:00 comes, and at 00:01 it is 23:01 again
        ("Asia/Beirut", "2026-03-28", "2026-03-28T22:00"),
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00"),  # the 30th was left out
        ("Asia/Kathmandu", "2026-11-22", "2026-11-22T18:15"),
    ],
)
def test_a_day_ends_when_the_next_begins(zone: str, day: str, ends: str) -> None:
    calendar = business.compile(msgspec.structs.replace(OFFICE, zone=zone))
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=calendar.zone)
    limit = Limit(amount=1, unit="calendar_day")
    _, due = business.target(calendar, limit, noon - timedelta(days=1))
    assert due == datetime.fromisoformat(f"{ends}+00:00")


@pytest.mark.parametrize("zone", ["America/St_Johns", "Pacific/Apia", "America/Sao_Paulo", "Asia/Gaza"])
def test_odd_days_count_as_the_oracle_says(zone: str) -> None:
    first = date(2010, 10, 25) if zone == "America/St_Johns" else date(2011, 10, 1)
    body = msgspec.structs.replace(
        OFFICE, zone=zone, week=(WHOLE_DAY, LATE, (), LATE, NOON, (), LATE), days=()
    )
    calendar, by_minutes = business.compile(body), Oracle(msgspec.to_builtins(body), first, 120)
    for hours in range(0, 119 * 24, 7):
        end = by_minutes.first + timedelta(hours=hours)
        for unit in UNITS:
            counted = business.elapsed(calendar, unit, by_minutes.first, end)
            assert counted == timedelta(minutes=by_minutes.elapsed(unit, by_minutes.first, end)), (unit, end)


def _pointers(body: CalendarBody) -> list[tuple[str, str]]:
    return [(p.pointer, p.code) for p in business.problems(body)]


def test_everything_wrong_with_a_calendar_is_said_at_once() -> None:
    holiday = Day(on=date(2026, 1, 1), kind="holiday", name="元旦")
    makeup = Day(on=date(2026, 1, 4), kind="makeup", name="元旦")
    body = CalendarBody(
        code="bad",
        title=Words(zh="错误", en="Wrong"),
        zone="Asia/Nowhere",
        week=(
            (Segment(start=600, end=600),),
            (Segment(start=540, end=720), Segment(start=700, end=800)),
            (Segment(start=810, end=1080), Segment(start=540, end=720)),
            *((),) * 4,
        ),
        days=(holiday, makeup, holiday),
        years=(2026, 2026),
        queues=(Difference(queue="A", week=((),) * 7, days=(makeup, makeup)), Difference(queue="A")),
    )
    assert _pointers(body) == [
        ("/week/0/0/end", "too_small"),
        ("/week/1/1/start", "too_small"),
        ("/week/2/1/start", "too_small"),
        ("/days/2/on", "duplicate"),
        ("/days/1/segments", "missing"),
        ("/years/1", "duplicate"),
        ("/queues/1/queue", "duplicate"),
        ("/queues/0/days/1/on", "duplicate"),
        ("/queues/0/days/0/segments", "missing"),
        ("/queues/0/days/1/segments", "missing"),
        ("/queues/0/week", "missing"),
        ("/zone", "not_found"),
    ]
    assert all(p.text("zh") and p.text("en") for p in business.problems(body))
    assert _pointers(OFFICE) == []
    touching = msgspec.structs.replace(
        OFFICE, week=((Segment(start=0, end=60), Segment(start=60, end=1440)),) * 7
    )
    assert _pointers(touching) == []


@pytest.mark.parametrize("zone", ["", "../etc/passwd", "Asia", "/etc/localtime", "x\x00y", "z" * 64])
def test_no_zone_but_a_real_one_is_taken(zone: str) -> None:
    assert ("/zone", "not_found") in _pointers(msgspec.structs.replace(OFFICE, zone=zone))


@pytest.mark.parametrize(
    "limit",
    [
        Limit(amount=120, unit="business_hour"),
        Limit(amount=60, unit="working_day"),
        Limit(amount=60, unit="calendar_day", last_day="next_working_day"),
    ],
    ids=lambda limit: f"{limit.amount} {limit.unit}",
)
def test_reckoning_is_quick_once_warm(limit: Limit) -> None:
    start = at("2026-11-22T11:04:05.678")
    seconds, _ = business.target(office, limit, start)
    amount = timedelta(seconds=seconds)
    after = min(_microseconds(lambda: business.after(office, limit.unit, start, amount)) for _ in range(5))
    target = min(_microseconds(lambda: business.target(office, limit, start)) for _ in range(5))
    figure(f"{limit.amount} {limit.unit}: after {after:.1f} µs, target {target:.1f} µs")
    assert after < 50
    assert target < 250


def _microseconds(work: object) -> float:
    assert callable(work)
    began = time.perf_counter()
    for _ in range(200):
        work()
    return (time.perf_counter() - began) / 200 * 1e6


def test_what_is_remembered_is_bounded() -> None:
    body = msgspec.structs.replace(OFFICE, code="bounded")
    calendar = business.compile(body)
    start = datetime(1990, 1, 1, tzinfo=UTC)
    whole = business.elapsed(calendar, "business_hour", start, start + timedelta(days=30_000))
    half = business.elapsed(calendar, "business_hour", start, start + timedelta(days=15_000))
    rest = business.elapsed(
        calendar, "business_hour", start + timedelta(days=15_000), start + timedelta(days=30_000)
    )
    assert half + rest == whole
    assert len(calendar.hours._blocks) <= 96
