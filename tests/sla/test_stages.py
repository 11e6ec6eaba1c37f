"""Many clocks in parallel, pure: stages, teams' parts, answers owed again and again, other plans and other calendars."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.sla import clock
from bihuan.sla.calendar import Endless
from bihuan.sla.clock import Clock, own_plan
from bihuan.sla.model import Day, Rule, Signal, Stage, Targets
from bihuan.sla.reckon import budget
from tests.sla.clockwork import (
    BOOK,
    CN,
    PROMISE,
    Course,
    at,
    calendars,
    hours,
    limit,
    local,
    one,
    plan,
    rule,
    step,
    words,
)

_MONDAY = at("2026-09-21 10:00")
_COMPLAINT = rule(
    "regulator",
    limit(15, "calendar_day"),
    restarts_on=("new_facts",),
    pauses_for=("appraisal",),
    stages=(
        Stage(code="complex", limit=limit(30, "calendar_day"), when=words("情况复杂")),
        Stage(code="extended", limit=limit(60, "calendar_day"), when=words("情况特别复杂")),
    ),
    ladder=(step("five_days", left_seconds=5 * 86_400),),
)
_FIRST = rule("first_response", stops_on=("replied", "resolved"))
_RESOLUTION = rule("resolution", restarts_on=("reopened",), pauses_for=("customer",))
_NEXT = rule(
    "next_response", limit(8, "business_hour"), starts_on=("received",), stops_on=("replied", "resolved")
)
_UPDATE = rule(
    "update",
    limit(3, "working_day"),
    restarts_on=("replied", "claimed", "processing"),
    pauses_for=("customer",),
)
_PART = rule("part", limit(4, "business_hour"), team="DISPUTE")


# ----------------------------------------------------------------------------------------------------------------- stages
def test_fifteen_thirty_sixty_days_from_one_start() -> None:
    course, now = Course(plan(_COMPLAINT), _MONDAY), at("2026-10-01 09:00")
    first = course.of("regulator")
    assert (local(first.due_at), first.stage, first.amount) == ("2026-10-07 00:00", "", 15)
    assert first.next_at == at("2026-10-02 00:00")
    complex_ = clock.extend(first, _COMPLAINT, "complex", BOOK, now=now)
    assert (local(complex_.due_at), complex_.stage, complex_.amount) == ("2026-10-22 00:00", "complex", 30)
    assert complex_.next_at == at("2026-10-17 00:00")
    extended = clock.extend(complex_, _COMPLAINT, "extended", BOOK, now=now)
    assert local(extended.due_at) == "2026-11-21 00:00"
    assert {c.started_at for c in (first, complex_, extended)} == {_MONDAY}


def test_a_stage_keeps_the_pauses() -> None:
    course = Course(plan(_COMPLAINT), _MONDAY)
    course.wait(at("2026-09-22 10:00"), "appraisal")
    course.resume(at("2026-09-25 16:00"))
    assert local(course.of("regulator").due_at) == "2026-10-10 06:00"
    longer = clock.extend(course.of("regulator"), _COMPLAINT, "complex", BOOK, now=at("2026-09-28 10:00"))
    assert local(longer.due_at) == "2026-10-25 06:00"
    assert longer.pauses == course.of("regulator").pauses


def test_a_stage_granted_while_it_stands_goes_on_standing() -> None:
    course = Course(plan(_COMPLAINT), _MONDAY)
    course.wait(at("2026-09-22 10:00"), "appraisal")
    course.clocks = (
        clock.extend(course.of("regulator"), _COMPLAINT, "complex", BOOK, now=at("2026-09-25 16:00")),
    )
    assert (course.of("regulator").paused_at, course.of("regulator").next_at) == (
        at("2026-09-22 10:00"),
        None,
    )
    course.resume(at("2026-09-25 16:00"))
    assert local(course.of("regulator").due_at) == "2026-10-25 06:00"


def test_a_finished_clock_is_not_extended_and_an_unknown_stage_is_refused() -> None:
    course = Course(plan(_COMPLAINT), _MONDAY)
    with pytest.raises(KeyError):
        clock.extend(course.of("regulator"), _COMPLAINT, "sooner", BOOK, now=_MONDAY)
    course.hear("resolved", at("2026-09-30 10:00"))
    done = course.of("regulator")
    assert clock.extend(done, _COMPLAINT, "complex", BOOK, now=at("2026-09-30 11:00")) == done


# -------------------------------------------------------------------------------------------------------------- new facts
def test_new_facts_begin_the_limit_anew_and_keep_the_run_before() -> None:
    course = Course(plan(_COMPLAINT), _MONDAY)
    course.clocks = (clock.extend(course.of("regulator"), _COMPLAINT, "complex", BOOK, now=_MONDAY),)
    course.hear("new_facts", at("2026-10-12 09:00"))
    anew = course.of("regulator")
    assert (anew.run, anew.stage, local(anew.due_at)) == (2, "", "2026-10-28 00:00")
    before = course.past[0]
    assert (before.run, before.stopped_by, before.stopped_at) == (
        1,
        "ticket.new_facts",
        at("2026-10-12 09:00"),
    )
    assert before.state(at("2026-11-30 09:00")) == "cancelled", "in time, and not done either"


def test_new_facts_do_not_heal_a_breach() -> None:
    course = Course(plan(_COMPLAINT), _MONDAY)
    course.hear("new_facts", at("2026-10-12 09:00"))
    assert course.past[0].state(at("2026-11-30 09:00")) == "breached"


def test_a_run_that_stood_ended_when_it_came_to_stand() -> None:
    course = Course(plan(_COMPLAINT), _MONDAY)
    course.wait(at("2026-10-06 10:00"), "appraisal")
    course.hear("new_facts", at("2026-10-12 09:00"))
    before = course.past[0]
    assert (before.stopped_at, before.state(at("2026-11-30 09:00"))) == (at("2026-10-06 10:00"), "cancelled")
    assert course.of("regulator").paused_at == at("2026-10-12 09:00"), "it waits for the appraisal still"


# --------------------------------------------------------------------------------------------------- answers and updates
def test_every_question_is_owed_an_answer() -> None:
    course = Course(plan(_FIRST, _NEXT), _MONDAY)
    assert [c.kind for c in course.clocks] == ["first_response"], "nobody has asked yet"
    course.hear("received", at("2026-09-21 11:00"))
    course.hear("received", at("2026-09-21 13:00"))
    assert local(course.of("next_response").due_at) == "2026-09-22 11:00", "the first question counts"
    course.hear("replied", at("2026-09-21 13:30"))
    assert {c.state(_MONDAY) for c in course.clocks} == {"met"}
    course.hear("received", at("2026-09-22 10:00"))
    assert (course.of("next_response").run, local(course.of("next_response").due_at)) == (
        2,
        "2026-09-23 10:00",
    )
    assert [(c.run, c.stopped_by) for c in course.past] == [(1, "ticket.replied")]


def test_a_question_that_reopens_the_ticket_begins_one_run() -> None:
    again = msgspec.structs.replace(_NEXT, restarts_on=("reopened",))
    course = Course(plan(_RESOLUTION, again), _MONDAY)
    course.hear("resolved", at("2026-09-21 11:00"))
    course.hear("received", at("2026-09-21 14:00"))
    course.hear("reopened", at("2026-09-21 14:00"))
    assert (course.of("next_response").run, course.of("resolution").run) == (1, 2)


@pytest.mark.parametrize("signal", ["replied", "claimed", "processing"])
def test_the_status_is_kept_fresh(signal: Signal) -> None:
    course = Course(plan(_UPDATE), _MONDAY)
    assert local(course.of("update").due_at) == "2026-09-25 00:00"
    course.hear(signal, at("2026-09-23 16:00"))
    assert (course.of("update").run, local(course.of("update").due_at)) == (2, "2026-09-29 00:00")
    assert course.past[0].state(_MONDAY) == "met"
    course.wait(at("2026-09-24 16:00"))
    assert course.of("update").state(_MONDAY) == "paused"
    course.hear("replied", at("2026-09-24 17:00"))
    assert course.of("update").paused_at == at("2026-09-24 17:00"), "a fresh run stands too while we wait"
    course.waiting = None
    course.hear("resolved", at("2026-09-25 10:00"))
    done = course.of("update")
    course.hear("replied", at("2026-09-26 10:00"))
    assert course.of("update") == done, "a solved ticket owes no news"


# ----------------------------------------------------------------------------------------------------------- teams' parts
def test_a_teams_part_runs_only_in_its_queue() -> None:
    course = Course(plan(_FIRST, _PART), _MONDAY, queue="CS_L1")
    assert [c.kind for c in course.clocks] == ["first_response"]
    course.hear("claimed", at("2026-09-21 10:30"))
    course.move("DISPUTE", at("2026-09-21 11:00"))
    assert (local(course.of("part").due_at), course.of("part").queue) == ("2026-09-21 16:00", "DISPUTE")
    course.hear("claimed", at("2026-09-21 11:30"))
    course.move("CS_L1", at("2026-09-21 14:00"))
    assert (course.of("part").stopped_by, course.of("part").state(_MONDAY)) == ("left", "met")
    course.hear("replied", at("2026-09-21 15:00"))
    assert course.of("part").stopped_by == "left"
    course.move("DISPUTE", at("2026-09-21 17:00"))
    assert (course.of("part").run, local(course.of("part").due_at)) == (2, "2026-09-22 12:00")
    course.hear("resolved", at("2026-09-22 13:30"))
    assert course.of("part").state(_MONDAY) == "breached"
    assert [(c.run, c.stopped_by) for c in course.past] == [(1, "left")]


def test_a_part_that_was_done_is_owed_again_when_the_ticket_comes_back() -> None:
    course = Course(
        plan(msgspec.structs.replace(_PART, stops_on=("replied", "resolved"))), _MONDAY, queue="DISPUTE"
    )
    course.hear("replied", at("2026-09-21 11:00"))
    course.hear("claimed", at("2026-09-21 11:30"))
    course.move("CS_L1", at("2026-09-21 14:00"))
    assert (course.of("part").run, course.of("part").stopped_by) == (1, "ticket.replied")
    course.move("DISPUTE", at("2026-09-21 15:00"))
    assert (course.of("part").run, course.of("part").started_at) == (2, at("2026-09-21 15:00"))


def test_a_ticket_opened_in_a_teams_queue_is_its_part_at_once() -> None:
    course = Course(plan(_PART), _MONDAY, queue="DISPUTE")
    assert course.of("part").started_at == _MONDAY
    course.move("CS_L1", at("2026-09-22 10:00"))
    assert course.of("part").state(_MONDAY) == "breached"


# ---------------------------------------------------------------------------------------------------------- another plan
def test_another_plan_goes_on_calls_off_and_adds() -> None:
    course = Course(plan(_FIRST, _RESOLUTION, _UPDATE), _MONDAY)
    course.hear("replied", at("2026-09-21 11:00"))
    course.wait(at("2026-09-21 12:00"))
    course.resume(at("2026-09-21 14:00"))
    answered = course.of("first_response")
    now = at("2026-09-22 10:00")
    course.retarget(
        plan(
            _FIRST, msgspec.structs.replace(_RESOLUTION, limit=limit(5, "working_day")), _COMPLAINT, version=2
        ),
        now,
    )
    assert course.of("first_response") == answered, "what is finished never changes"
    moved = course.of("resolution")
    assert (moved.started_at, moved.policy_version, moved.unit) == (_MONDAY, 2, "working_day")
    assert local(moved.due_at) == "2026-09-29 02:00", (
        "five working days after the Monday, and the two hours it stood"
    )
    assert (course.of("update").stopped_by, course.of("update").state(now)) == ("sla.retargeted", "cancelled")
    assert course.of("regulator").started_at == _MONDAY, "owed from the opening on"
    course.retarget(plan(_FIRST, _RESOLUTION, _UPDATE, version=3), now)
    assert (course.of("update").stopped_at, local(course.of("update").due_at)) == (None, "2026-09-25 02:00")
    assert course.of("regulator").stopped_by == "sla.retargeted"


def test_a_plan_for_a_resolved_ticket_begins_nothing() -> None:
    course = Course(plan(_RESOLUTION), _MONDAY)
    course.hear("resolved", at("2026-09-21 11:00"))
    before = course.clocks
    course.retarget(plan(_RESOLUTION, _COMPLAINT, version=2), at("2026-09-21 12:00"))
    assert course.clocks == before


def test_a_plan_keeps_a_stage_it_knows() -> None:
    course = Course(plan(_COMPLAINT), _MONDAY)
    course.clocks = (clock.extend(course.of("regulator"), _COMPLAINT, "complex", BOOK, now=_MONDAY),)
    course.retarget(plan(_COMPLAINT, version=2), at("2026-09-22 10:00"))
    assert (course.of("regulator").stage, course.of("regulator").amount) == ("complex", 30)
    course.retarget(plan(msgspec.structs.replace(_COMPLAINT, stages=()), version=3), at("2026-09-22 10:00"))
    assert (course.of("regulator").stage, course.of("regulator").amount) == ("", 15)


def test_a_plan_that_waits_for_others_lets_the_clock_stand_or_run() -> None:
    course = Course(plan(_RESOLUTION), _MONDAY)
    course.wait(at("2026-09-21 12:00"))
    course.retarget(
        plan(msgspec.structs.replace(_RESOLUTION, pauses_for=()), version=2), at("2026-09-21 13:00")
    )
    assert (course.of("resolution").paused_at, local(course.of("resolution").due_at)) == (
        None,
        "2026-09-23 11:00",
    )
    course.retarget(plan(_RESOLUTION, version=3), at("2026-09-21 14:00"))
    assert course.of("resolution").paused_at == at("2026-09-21 14:00")


def test_a_plan_that_does_not_want_a_team_any_more() -> None:
    course = Course(plan(_PART), _MONDAY, queue="DISPUTE")
    course.queue = "CS_L1"
    course.retarget(plan(_PART, _UPDATE, version=2), at("2026-09-21 11:00"))
    assert course.of("part").stopped_by == "left"
    course.retarget(plan(_UPDATE, version=3), at("2026-09-21 12:00"))
    course.queue = "DISPUTE"
    course.retarget(plan(_PART, _UPDATE, version=4), at("2026-09-21 13:00"))
    course.hear("transferred", at("2026-09-21 13:00"))
    assert (course.of("part").run, course.of("part").started_at) == (2, at("2026-09-21 13:00"))


def test_from_the_case_types_promise_to_a_policy_and_back() -> None:
    course = Course(own_plan(PROMISE), _MONDAY)
    before = course.clocks
    course.retarget(
        plan(_FIRST, msgspec.structs.replace(_RESOLUTION, limit=limit(8, "business_hour"))), _MONDAY
    )
    assert (course.of("resolution").calendar_version, local(course.of("resolution").due_at)) == (
        1,
        "2026-09-22 10:00",
    )
    course.retarget(own_plan(PROMISE), _MONDAY)
    assert course.clocks == before


# ------------------------------------------------------------------------------------------------------ another calendar
def _with_days(*days: Day, years: tuple[int, ...] = (2026,)) -> "clock.Calendars":
    return calendars(CN, msgspec.structs.replace(CN, days=(*CN.days, *days), years=years))


def test_another_version_of_a_calendar_moves_what_runs() -> None:
    course = Course(plan(_UPDATE), _MONDAY)
    book = _with_days(Day(on=date(2026, 9, 24), kind="holiday", name="停业"))
    moved = clock.recalendar(course.of("update"), book, 2, rule=_UPDATE, now=_MONDAY)
    assert (local(moved.due_at), moved.calendar_version) == ("2026-09-26 00:00", 2)
    assert clock.recalendar(moved, book, 1, rule=_UPDATE, now=_MONDAY) == course.of("update"), "and back"
    course.hear("resolved", at("2026-09-22 10:00"))
    assert clock.recalendar(course.of("update"), book, 2, rule=_UPDATE, now=_MONDAY) == course.of("update")


def test_a_running_clock_keeps_its_version_and_a_new_run_takes_the_one_in_force() -> None:
    course = Course(plan(_UPDATE), _MONDAY)
    course.book = _with_days(Day(on=date(2026, 9, 24), kind="holiday", name="停业"))
    course.wait(at("2026-09-22 10:00"))
    course.resume(at("2026-09-22 12:00"))
    assert (course.of("update").calendar_version, local(course.of("update").due_at)) == (
        1,
        "2026-09-25 02:00",
    )
    course.retarget(plan(_UPDATE, version=2), at("2026-09-22 12:00"))
    assert course.of("update").calendar_version == 1, "whether it moves is asked, previewed and recorded"
    course.hear("replied", at("2026-09-22 13:00"))
    assert (course.of("update").calendar_version, local(course.of("update").due_at)) == (
        2,
        "2026-09-29 00:00",
    )


def test_a_year_without_its_notice_is_provisional_until_it_is_out() -> None:
    of = rule("late_in_year", limit(5, "working_day"), pauses_for=("customer",))
    course = Course(plan(of), at("2026-12-28 10:00"))
    made = course.of("late_in_year")
    assert (made.provisional, local(made.due_at)) == (True, "2027-01-05 00:00")
    book = _with_days(Day(on=date(2027, 1, 1), kind="holiday", name="元旦"), years=(2026, 2027))
    moved = clock.recalendar(made, book, 2, rule=of, now=at("2026-12-28 11:00"))
    assert (moved.provisional, local(moved.due_at)) == (False, "2027-01-06 00:00")


def test_a_pause_into_the_next_year_makes_it_provisional() -> None:
    of = rule("any", limit(2, "working_day"), pauses_for=("customer",))
    course = Course(plan(of), at("2026-12-21 10:00"))
    assert not course.of("any").provisional
    course.wait(at("2026-12-22 10:00"))
    course.resume(at("2026-12-31 10:00"))
    assert course.of("any").provisional


def test_plain_days_are_never_provisional() -> None:
    course = Course(plan(_COMPLAINT), at("2026-12-28 10:00"))
    assert not course.of("regulator").provisional, "fifteen days are fifteen days whatever the notice says"
    moved_on = msgspec.structs.replace(
        _COMPLAINT, limit=limit(15, "calendar_day", last_day="next_working_day")
    )
    assert Course(plan(moved_on), at("2026-12-28 10:00")).of("regulator").provisional


def test_a_calendar_that_never_works_is_refused() -> None:
    never = msgspec.structs.replace(CN, week=((),) * 7, days=())
    with pytest.raises(Endless):
        Course(plan(_UPDATE), _MONDAY, book=calendars(never))


# ------------------------------------------------------------------------------------------------------------------ merge
def test_a_merge_takes_a_regulators_limit_along_but_no_teams_part() -> None:
    survivor = Course(plan(_RESOLUTION), _MONDAY)
    merged = Course(
        plan(_RESOLUTION, _COMPLAINT, _PART, policy="complaint"), at("2026-09-22 10:00"), queue="DISPUTE"
    )
    now = at("2026-09-22 11:00")
    alone = clock.merge(survivor.clocks, merged.clocks, BOOK, plan=survivor.plan, at=now)
    assert [c.kind for c in alone] == ["resolution"]
    both = clock.merge(survivor.clocks, merged.clocks, BOOK, plan=survivor.plan, at=now, theirs=merged.plan)
    assert [c.kind for c in both] == ["resolution", "regulator"]
    taken = one(both, "regulator")
    assert taken == merged.of("regulator"), "by its own policy, from its own start"
    survivor.clocks = both
    survivor.wait(at("2026-09-23 10:00"))
    assert survivor.of("regulator").paused_at is None
    survivor.clocks = clock.close(survivor.clocks, at("2026-09-24 10:00"), "ticket.withdrawn")
    survivor.waiting = None
    survivor.hear("reopened", at("2026-09-25 10:00"))
    back = survivor.of("regulator")
    assert (back.run, back.due_at, back.stopped_at, back.policy) == (1, taken.due_at, None, "complaint")
    assert back.next_at == at("2026-09-25 10:00"), "looked at at once, by its own rule"
    own = merged.plan.rule("regulator")
    looked = clock.followed(back, own, BOOK, codes=(), now=at("2026-09-25 10:00"))
    assert looked == taken, "its limit goes on where the ticket does"
    survivor.clocks = (survivor.of("resolution"), looked)
    survivor.hear("resolved", at("2026-09-28 10:00"))
    assert survivor.of("regulator").state(now) == "met"


def test_a_limit_taken_along_while_it_stood_keeps_what_was_followed() -> None:
    survivor, merged = (
        Course(plan(_RESOLUTION), _MONDAY),
        Course(plan(_COMPLAINT, policy="complaint"), _MONDAY),
    )
    warned = clock.followed(
        merged.of("regulator"), _COMPLAINT, BOOK, codes=("five_days",), now=at("2026-10-02 09:00")
    )
    merged.clocks = (warned,)
    merged.wait(at("2026-10-02 10:00"), "appraisal")
    now = at("2026-10-05 10:00")
    kept = clock.merge(survivor.clocks, merged.clocks, BOOK, plan=survivor.plan, at=now, theirs=merged.plan)
    taken = one(kept, "regulator")
    assert (taken.followed, taken.paused_at, local(taken.due_at)) == (
        ("five_days",),
        None,
        "2026-10-10 00:00",
    )


# ------------------------------------------------------------------------------------------------------------- properties
_UNITS = st.sampled_from(
    ("minute", "hour", "business_minute", "business_hour", "working_day", "calendar_day")
)
_RULES = st.builds(
    lambda unit, amount: rule("any", limit(amount, unit), pauses_for=("customer",)),
    _UNITS,
    st.integers(1, 30),
)
#: Moments to the microsecond, from the end of August to the middle of October.
_STARTS = st.integers(0, 45 * 86_400 * 10**6).map(
    lambda us: at("2026-08-31 00:00") + timedelta(microseconds=us)
)
_LENGTHS = st.lists(st.integers(0, 5 * 86_400 * 10**6).map(lambda us: timedelta(microseconds=us)), max_size=9)


def _played(of: Rule, begun: datetime, lengths: list[timedelta]) -> tuple[Course, datetime]:
    """Running and standing by turns."""
    course, now = Course(plan(of), begun), begun
    for number, length in enumerate(lengths):
        now += length
        if number % 2:
            course.resume(now)
        else:
            course.wait(now)
    return course, now


@given(_RULES, _STARTS, _LENGTHS)
def test_what_is_left_at_a_pause_is_left_at_its_end(
    of: Rule, begun: datetime, lengths: list[timedelta]
) -> None:
    course, now = Course(plan(of), begun), begun
    for run, stand in zip(lengths[::2], lengths[1::2], strict=False):
        now += run
        used, due = clock.elapsed_of(course.of("any"), BOOK, now), course.of("any").due_at
        course.wait(now)
        assert clock.elapsed_of(course.of("any"), BOOK, now + hours(999)) == used
        now += stand
        course.resume(now)
        assert clock.elapsed_of(course.of("any"), BOOK, now) == used
        assert course.of("any").due_at >= due, "a pause never shortens"
        if due <= now - stand:
            assert course.of("any").due_at == due, "nor does it heal"


@given(_RULES, _STARTS, _LENGTHS, st.lists(_STARTS, min_size=2, max_size=5))
def test_time_is_monotonic_and_additive(
    of: Rule, begun: datetime, lengths: list[timedelta], moments: list[datetime]
) -> None:
    course, _ = _played(of, begun, lengths)
    made = course.of("any")
    moments = sorted(begun + (m - at("2026-08-31 00:00")) for m in moments)
    used = [clock.elapsed_of(made, BOOK, m) for m in moments]
    assert used == sorted(used)
    assert all(b - a <= y - x for (a, b), (x, y) in zip(pairwise(used), pairwise(moments), strict=True))
    whole = budget(made, BOOK("cn", 1, ""))
    for moment, spent in zip(moments, used, strict=True):
        if made.paused_at is None:
            assert (moment >= made.due_at) == (spent >= whole), (
                "due is the first moment at which all is used up"
            )
            assert (clock.left_seconds(made, BOOK, moment) < 0) <= (moment > made.due_at)


@given(_RULES, _STARTS, _LENGTHS, _UNITS, st.integers(1, 40))
def test_another_limit_keeps_start_and_pauses(
    of: Rule, begun: datetime, lengths: list[timedelta], unit: str, amount: int
) -> None:
    course, now = _played(of, begun, lengths)
    before = course.of("any")
    stage = Stage(code="longer", limit=limit(amount, unit), when=words("复杂"))
    staged = msgspec.structs.replace(of, stages=(stage,))
    extended = clock.extend(before, staged, "longer", BOOK, now=now)
    course.retarget(plan(msgspec.structs.replace(of, limit=limit(amount, unit))), now)
    for after in (extended, course.of("any")):
        assert (after.started_at, after.pauses, after.paused_at) == (
            before.started_at,
            before.pauses,
            before.paused_at,
        )
    assert extended.due_at == course.of("any").due_at
    back = clock.retarget(course.clocks, plan(of), BOOK, at=now, where=course.where)
    assert back == (before,), "and the way back is whole"
    moved = clock.recalendar(before, _with_days(), 2, rule=of, now=now)
    assert msgspec.structs.replace(moved, calendar_version=1) == before, "the same days, the same moments"


@given(_RULES, _STARTS, _LENGTHS)
def test_finished_clocks_never_change(of: Rule, begun: datetime, lengths: list[timedelta]) -> None:
    course, now = _played(of, begun, lengths)
    course.waiting = None
    course.hear("resolved", now)
    done: Clock = course.of("any")
    book = _with_days(Day(on=date(2026, 9, 24), kind="holiday", name="停业"))
    stage = Stage(code="longer", limit=limit(40, "working_day"), when=words("复杂"))
    assert clock.recalendar(done, book, 2, rule=of, now=now) == done
    assert clock.extend(done, msgspec.structs.replace(of, stages=(stage,)), "longer", book, now=now) == done
    other = plan(rule("any", limit(1, "minute", "")), targets=Targets(first_response=1, resolution=1))
    assert clock.retarget((done,), other, book, at=now, where=course.where) == (done,)
    assert clock.close((done,), now + hours(1), "ticket.withdrawn") == (done,)
