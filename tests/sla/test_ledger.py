"""The ledger, pure: every stretch with its cause, without gap or overlap, summing up to the second."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bihuan.sla import clock
from bihuan.sla.clock import own_plan
from bihuan.sla.ledger import Ledger, ledger, whole_seconds
from bihuan.sla.model import Clock
from tests.sla.clockwork import BOOK, HOUR, PROMISE, Course, at, hours, limit, local, plan, rule

_PAUSES = ("customer", "third_party", "appraisal")


def _course(unit: str, amount: int, begun: datetime) -> Course:
    return Course(plan(rule("any", limit(amount, unit), pauses_for=_PAUSES)), begun)


def _told(course: Course, now: datetime) -> Ledger:
    return _of(course.of("any"), now)


def _of(made: Clock, now: datetime) -> Ledger:
    return ledger(made, clock.calendar_of(made, BOOK), now)


def _lines(told: Ledger, *, ahead: bool = False) -> list[tuple[str, str, str]]:
    return [
        (local(e.start)[5:], local(e.end)[5:], e.detail or e.cause)
        for e in (told.ahead if ahead else told.entries)
    ]


def test_a_week_with_a_holiday_a_pause_and_a_make_up_workday() -> None:
    """By hand: 2 h on the 29th, 8 on the 30th less 3 that stood, 8 on the 8th, 2 on the 9th; 5 more on the 9th are left."""
    course = _course("business_hour", 22, at("2026-09-29 16:00"))
    course.wait(at("2026-09-30 10:00"))
    course.resume(at("2026-09-30 14:00"))
    told = _told(course, at("2026-10-09 11:00"))
    assert _lines(told) == [
        ("09-29 16:00", "09-29 18:00", "working"),
        ("09-29 18:00", "09-30 09:00", "closed_hours"),
        ("09-30 09:00", "09-30 10:00", "working"),
        ("09-30 10:00", "09-30 14:00", "customer"),
        ("09-30 14:00", "09-30 18:00", "working"),
        ("09-30 18:00", "10-01 00:00", "closed_hours"),
        ("10-01 00:00", "10-08 00:00", "国庆节"),
        ("10-08 00:00", "10-08 09:00", "closed_hours"),
        ("10-08 09:00", "10-08 12:00", "working"),
        ("10-08 12:00", "10-08 13:00", "closed_hours"),
        ("10-08 13:00", "10-08 18:00", "working"),
        ("10-08 18:00", "10-09 09:00", "closed_hours"),
        ("10-09 09:00", "10-09 11:00", "working"),
    ]
    assert _lines(told, ahead=True) == [
        ("10-09 11:00", "10-09 12:00", "working"),
        ("10-09 12:00", "10-09 13:00", "closed_hours"),
        ("10-09 13:00", "10-09 17:00", "working"),
    ]
    assert (told.counted_seconds, told.left_seconds, told.target_seconds) == (17 * HOUR, 5 * HOUR, 22 * HOUR)
    assert (told.paused_seconds, local(told.due_at)) == (4 * HOUR, "2026-10-09 17:00")
    assert told.not_counted_seconds == (15 + 6 + 7 * 24 + 9 + 1 + 15) * HOUR


def test_the_make_up_saturday_counts() -> None:
    told = _told(_course("business_hour", 40, at("2026-10-09 17:00")), at("2026-10-12 10:00"))
    assert ("10-10 09:00", "10-10 12:00", "working") in _lines(told)
    assert ("10-11 00:00", "10-12 00:00", "weekend") in _lines(told)
    assert told.counted_seconds == (1 + 8 + 1) * HOUR


def test_around_the_clock_is_one_stretch() -> None:
    course = Course(own_plan(PROMISE), at("2026-10-01 10:00"))
    told = _of(course.of("resolution"), at("2026-10-02 10:00"))
    assert _lines(told) == [("10-01 10:00", "10-02 10:00", "around_the_clock")]
    assert _lines(told, ahead=True) == [("10-02 10:00", "10-03 10:00", "around_the_clock")]


def test_working_days_count_whole() -> None:
    told = _told(_course("working_day", 2, at("2026-09-25 16:00")), at("2026-09-28 09:00"))
    assert _lines(told) == [
        ("09-25 16:00", "09-26 00:00", "working_day"),
        ("09-26 00:00", "09-28 00:00", "weekend"),
        ("09-28 00:00", "09-28 09:00", "working_day"),
    ]
    assert _lines(told, ahead=True) == [("09-28 09:00", "09-30 00:00", "working_day")]


def test_a_clock_that_stands_says_so_and_promises_nothing_ahead() -> None:
    course = _course("business_hour", 8, at("2026-09-29 10:00"))
    course.wait(at("2026-09-29 11:00"), "appraisal")
    assert _told(course, at("2026-09-29 11:30")).ahead == []
    told = _told(course, at("2026-10-20 10:00"))
    assert _lines(told)[-1] == ("09-29 11:00", "10-20 10:00", "appraisal")
    assert (told.ahead, told.counted_seconds, told.left_seconds) == ([], HOUR, 7 * HOUR)


def test_two_reasons_one_after_the_other_are_two_lines() -> None:
    course = _course("hour", 8, at("2026-09-29 10:00"))
    course.wait(at("2026-09-29 11:00"), "customer")
    course.wait(at("2026-09-29 12:00"), "third_party")
    course.resume(at("2026-09-29 14:00"))
    assert [line[2] for line in _lines(_told(course, at("2026-09-29 15:00")))] == [
        "around_the_clock",
        "customer",
        "third_party",
        "around_the_clock",
    ]


def test_a_late_clock_counts_on_and_a_stopped_one_does_not() -> None:
    course = _course("business_hour", 1, at("2026-09-29 10:00"))
    told = _told(course, at("2026-09-29 15:30"))
    assert (told.counted_seconds, told.left_seconds, told.ahead) == (int(4.5 * HOUR), -int(4.5 * HOUR), [])
    course.hear("resolved", at("2026-09-29 16:00"))
    told = _told(course, at("2026-11-29 16:00"))
    assert (told.entries[-1].end, told.left_seconds) == (at("2026-09-29 16:00"), -5 * HOUR)


def test_before_its_start_there_is_nothing() -> None:
    """A clock may be looked at by a host whose time is a little behind."""
    course = _course("business_hour", 1, at("2026-09-29 10:00"))
    told = _told(course, at("2026-09-29 09:59"))
    assert (told.entries, told.counted_seconds, told.left_seconds) == ([], 0, HOUR)
    assert _lines(told, ahead=True) == [("09-29 10:00", "09-29 11:00", "working")]


_UNITS = st.sampled_from(
    ("minute", "hour", "business_minute", "business_hour", "working_day", "calendar_day")
)
_STARTS = st.integers(0, 45 * 86_400 * 10**6).map(
    lambda us: at("2026-08-31 00:00") + timedelta(microseconds=us)
)
_LENGTHS = st.lists(st.integers(0, 5 * 86_400 * 10**6).map(lambda us: timedelta(microseconds=us)), max_size=9)


@given(_UNITS, st.integers(1, 60), _STARTS, _LENGTHS, st.booleans())
def test_it_sums_up_exactly(
    unit: str, amount: int, begun: datetime, lengths: list[timedelta], stop: bool
) -> None:
    course, now = _course(unit, amount, begun), begun
    for number, length in enumerate(lengths):
        now += length
        if number % 2:
            course.resume(now)
        else:
            course.wait(now, _PAUSES[number % 3])
    if stop:
        course.waiting = None
        course.hear("resolved", now)
    made, seen = course.of("any"), now + hours(stop * 100)
    told = _told(course, seen)
    entries = [*told.entries, *told.ahead]
    assert all(a.end == b.start for a, b in pairwise(entries)), "no gap, no overlap"
    assert all(e.start < e.end for e in entries)
    assert all((a.cause, a.detail) != (b.cause, b.detail) for a, b in pairwise(told.entries)), (
        "no stretch in two"
    )
    shown = list(zip(told.entries, whole_seconds(told.entries), strict=True))
    assert sum(n for e, n in shown if e.counted) == told.counted_seconds
    assert sum(n for e, n in shown if e.cause == "paused") == told.paused_seconds
    if told.entries:
        assert (told.entries[0].start, told.entries[-1].end) == (begun, now)
    counted = sum((e.end - e.start for e in told.entries if e.counted), timedelta())
    assert counted == clock.elapsed_of(made, BOOK, seen)
    assert told.counted_seconds == counted // timedelta(seconds=1)
    paused = sum((e.end - e.start for e in told.entries if e.cause == "paused"), timedelta())
    assert paused == sum(((p.ended_at or now) - p.started_at for p in made.pauses), timedelta())
    if told.ahead:
        ahead = sum((e.end - e.start for e in told.ahead if e.counted), timedelta())
        assert told.ahead[-1].end == made.due_at
        assert timedelta() <= timedelta(seconds=made.target_seconds) - counted - ahead < timedelta(seconds=1)


def test_what_is_rounded_adds_up() -> None:
    """Three stretches of 1.6 s each: shown alone 2 s each, which is not the 4 s they are together."""
    course = _course("hour", 1, at("2026-09-29 16:00"))
    for number in range(3):
        course.wait(course.of("any").started_at + timedelta(seconds=1.6 * (2 * number + 1)))
        course.resume(course.of("any").started_at + timedelta(seconds=1.6 * (2 * number + 2)))
    told = _told(course, at("2026-09-29 16:00") + timedelta(seconds=9.6))
    shown = [(e.cause == "paused", n) for e, n in zip(told.entries, whole_seconds(told.entries), strict=True)]
    assert shown == [(False, 1), (True, 1), (False, 2), (True, 2), (False, 1), (True, 1)]
    assert (told.counted_seconds, told.paused_seconds) == (4, 4)
