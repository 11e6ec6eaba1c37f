"""The ladder, pure: each step once, in order of moment, and asked again when its moment becomes future again."""

from datetime import date, datetime, timedelta

import msgspec
import pytest

from bihuan.sla import clock
from bihuan.sla.clock import Clock
from bihuan.sla.model import Day, Limit, OpenTask, Rule, Stage, Step, Tell
from tests.sla.clockwork import BOOK, CN, Course, at, calendars, hours, limit, local, plan, rule, step, words

_MICROSECOND = timedelta(microseconds=1)
_EVERY = (
    step("late_2h", after_seconds=7200),
    step("most", share=75),
    step("half", share=50),
    step("last_hour", left_seconds=3600),
    step("late", after_seconds=0),
)
#: Eight business hours, opened on a Monday at ten: due on Tuesday at ten.
_RULE = rule("reply", limit(8, "business_hour"), pauses_for=("customer",), ladder=_EVERY)
_MONDAY = at("2026-09-21 10:00")


def _course(*rules: Rule, begun: datetime = _MONDAY) -> Course:
    return Course(plan(*(rules or (_RULE,))), begun)


def _asked(course: Course, now: datetime, of: Rule = _RULE) -> list[str]:
    return [due.code for due in clock.due_steps(course.of(of.code), of, BOOK, now)]


def _follow(course: Course, now: datetime, of: Rule = _RULE) -> list[str]:
    """What the sweep does at a moment: everything that is asked, once."""
    codes = _asked(course, now, of)
    after = clock.followed(course.of(of.code), of, BOOK, codes=codes, now=now)
    course.clocks = tuple(after if c.kind == of.code else c for c in course.clocks)
    return codes


def test_every_step_at_its_moment() -> None:
    moments = clock.step_moments(_course().of("reply"), _RULE, BOOK)
    assert [(due.code, local(due.at)) for due in moments] == [
        ("half", "2026-09-21 15:00"),
        ("most", "2026-09-21 17:00"),
        ("last_hour", "2026-09-21 18:00"),
        ("breach", "2026-09-22 10:00"),
        ("late", "2026-09-22 10:00"),
        ("late_2h", "2026-09-22 12:00"),
    ], "the hour that is left begins when seven are used up; what comes after due is plain time"
    assert moments[0].do == (Tell(to="assignee"),)
    assert [due.do for due in moments if due.code == "breach"] == [()]


def test_each_is_asked_once_when_its_moment_has_come() -> None:
    course = _course()
    assert course.of("reply").next_at == at("2026-09-21 15:00")
    assert _follow(course, at("2026-09-21 14:59")) == []
    assert _follow(course, at("2026-09-21 15:00")) == ["half"]
    assert (_asked(course, at("2026-09-21 15:00")), course.of("reply").followed) == ([], ("half",))
    assert course.of("reply").next_at == at("2026-09-21 17:00")
    assert _follow(course, at("2026-09-22 09:00")) == ["most", "last_hour"], "a sweep that slept takes all"
    due = at("2026-09-22 10:00")
    assert course.of("reply").next_at == due + _MICROSECOND
    assert _follow(course, due) == [], "at its due moment a clock is not late"
    assert _follow(course, due + _MICROSECOND) == ["breach", "late"]
    assert course.of("reply").next_at == due + hours(2) + _MICROSECOND
    assert _follow(course, due + hours(3)) == ["late_2h"]
    assert course.of("reply").next_at is None, "nothing more to follow"


def test_a_sweep_that_wakes_exactly_when_asked_finds_something() -> None:
    course, rounds = _course(), 0
    while (now := course.of("reply").next_at) is not None:
        assert _follow(course, now), now
        rounds += 1
    assert rounds == 5, "breach and what is due at it come together"


def test_the_next_moment_is_the_first_not_followed() -> None:
    course = _course()
    moments = clock.step_moments(course.of("reply"), _RULE, BOOK)
    for number, due in enumerate(moments):
        done = [d.code for d in moments[:number]]
        made = clock.followed(course.of("reply"), _RULE, BOOK, codes=done, now=moments[-1].at + hours(1))
        late = due.code in ("breach", "late", "late_2h")
        assert made.next_at == due.at + (_MICROSECOND if late else timedelta())


def test_a_clock_that_stands_asks_only_what_it_owed_before() -> None:
    course = _course()
    course.wait(at("2026-09-21 16:00"))
    assert course.of("reply").next_at == at("2026-09-21 15:00"), "the sweep had not come by yet"
    assert _follow(course, at("2026-09-25 10:00")) == ["half"]
    assert course.of("reply").next_at is None
    course.resume(at("2026-09-25 10:00"))
    assert course.of("reply").next_at == at("2026-09-25 11:00"), "six of eight hours"
    assert course.of("reply").followed == ("half",), "a pause makes nothing future that was past"
    assert _follow(course, at("2026-09-25 11:00")) == ["most"]


def test_a_pause_at_the_moment_of_a_step_does_not_swallow_it() -> None:
    course = _course()
    course.wait(at("2026-09-21 15:00"))
    assert _follow(course, at("2026-09-21 14:59")) == [], "a sweep whose time is a little behind"
    assert course.of("reply").next_at == at("2026-09-21 15:00")
    assert _follow(course, at("2026-09-21 15:00")) == ["half"]


def test_a_late_clock_that_stands_goes_on_where_it_was() -> None:
    course = _course()
    due = at("2026-09-22 10:00")
    course.wait(due + hours(0.5))
    assert _follow(course, due + hours(5)) == ["half", "most", "last_hour", "breach", "late"]
    assert course.of("reply").next_at is None
    course.resume(due + hours(5))
    assert _follow(course, due + hours(5)) == ["late_2h"]


def test_a_stopped_clock_asks_nothing() -> None:
    course = _course()
    course.hear("resolved", at("2026-09-30 10:00"))
    assert (_asked(course, at("2026-09-30 11:00")), course.of("reply").next_at) == ([], None)


def test_a_new_run_asks_everything_again() -> None:
    of = rule("update", limit(8, "business_hour"), restarts_on=("replied",), ladder=_EVERY)
    course = _course(of)
    assert _follow(course, at("2026-09-21 17:30"), of) == ["half", "most"]
    course.hear("replied", at("2026-09-21 17:30"))
    assert (course.of("update").followed, course.of("update").run) == ((), 2)
    assert _follow(course, at("2026-09-22 13:30"), of) == ["half"]


def test_an_extension_asks_again_what_is_future_again() -> None:
    longer = Stage(
        code="longer", limit=Limit(amount=16, unit="business_hour", calendar="cn"), when=words("复杂")
    )
    of = rule("reply", limit(8, "business_hour"), stages=(longer,), ladder=_EVERY)
    course = _course(of)
    now = at("2026-09-21 18:00")
    assert _follow(course, now, of) == ["half", "most", "last_hour"]
    course.clocks = (clock.extend(course.of("reply"), of, "longer", BOOK, now=now),)
    assert course.of("reply").followed == ()
    assert course.of("reply").next_at == at("2026-09-22 10:00"), "half of sixteen hours"
    assert _follow(course, at("2026-09-22 10:00"), of) == ["half"]


def test_a_breach_undone_by_another_calendar_is_asked_again() -> None:
    course = _course()
    now = at("2026-09-22 10:30")
    assert _follow(course, now)[-2:] == ["breach", "late"]
    off = Day(on=date(2026, 9, 21), kind="holiday", name="停业")
    book = calendars(CN, msgspec.structs.replace(CN, days=(off,)))
    moved = clock.recalendar(course.of("reply"), book, 2, rule=_RULE, now=now)
    assert (local(moved.due_at), moved.followed) == ("2026-09-22 18:00", ())
    assert moved.next_at == at("2026-09-22 14:00")
    assert clock.due_steps(moved, _RULE, book, moved.due_at + _MICROSECOND)[-2].code == "breach"


def test_a_step_its_limit_is_too_short_for_never_comes() -> None:
    of = rule(
        "reply",
        limit(30, "minute", ""),
        ladder=(step("hour", left_seconds=3600), step("start", left_seconds=1800)),
    )
    course = _course(of)
    assert [due.code for due in clock.step_moments(course.of("reply"), of, BOOK)] == ["start", "breach"]
    assert _follow(course, _MONDAY, of) == ["start"], "half an hour is left from the first moment on"


def test_a_step_taken_out_of_the_ladder_is_forgotten() -> None:
    course = _course()
    assert _follow(course, at("2026-09-21 17:00")) == ["half", "most"]
    fewer = rule("reply", limit(8, "business_hour"), ladder=(step("most", share=75),))
    course.retarget(plan(fewer, version=2), at("2026-09-21 17:30"))
    assert course.of("reply").followed == ("most",)
    assert course.of("reply").next_at == at("2026-09-22 10:00") + _MICROSECOND


@pytest.mark.parametrize("unit", ["hour", "business_hour", "working_day", "calendar_day"])
def test_shares_are_of_counted_time(unit: str) -> None:
    of = rule("any", limit(4, unit), ladder=(step("half", share=50), step("all_but", share=99)))
    made = _course(of).of("any")
    half, all_but, breach = (due.at for due in clock.step_moments(made, of, BOOK))
    whole = clock.elapsed_of(made, BOOK, breach)
    assert clock.elapsed_of(made, BOOK, half) == whole / 2
    assert abs(clock.elapsed_of(made, BOOK, all_but) - whole * 99 / 100) <= _MICROSECOND


def test_deeds_come_with_the_step() -> None:
    deeds = (Tell(to="role:supervisor"), OpenTask(team="CP", title=words("介入")))
    of = rule("any", limit(4, "hour", ""), ladder=(Step(code="late", after_seconds=0, do=deeds),))
    found = clock.due_steps(_course(of).of("any"), of, BOOK, _MONDAY + hours(5))
    assert [(due.code, due.at, due.do) for due in found] == [
        ("breach", _MONDAY + hours(4), ()),
        ("late", _MONDAY + hours(4), deeds),
    ]


def test_a_clock_without_a_ladder_is_followed_at_its_breach_alone() -> None:
    of = rule("any", limit(4, "hour", ""))
    made: Clock = _course(of).of("any")
    assert made.next_at == _MONDAY + hours(4) + _MICROSECOND
    assert [due.code for due in clock.due_steps(made, of, BOOK, _MONDAY + hours(9))] == ["breach"]
