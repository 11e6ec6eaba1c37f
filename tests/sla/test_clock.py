"""Clocks, pure: what is due when, over any course of pauses, priorities, merges and reopenings."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bihuan.sla import clock
from bihuan.sla.clock import CANCELLING, Clock, Targets, own_plan
from tests.sla.clockwork import BOOK, HOUR, Course, one

_START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
URGENT = Targets(first_response=2 * HOUR, resolution=24 * HOUR)
NORMAL = Targets(first_response=4 * HOUR, resolution=48 * HOUR)
LOW = Targets(first_response=24 * HOUR, resolution=120 * HOUR)
_TARGETS = (URGENT, NORMAL, LOW)


def _at(hours: float) -> datetime:
    return _START + timedelta(hours=hours)


def _opened(targets: Targets, hours: float = 0) -> Course:
    """A ticket by its case type's own promise."""
    return Course(own_plan(targets), _at(hours))


def _closed(course: Course, by: str, hours: float) -> None:
    course.waiting = None
    course.clocks = clock.close(course.clocks, _at(hours), by)


def _merged(survivor: Course, merged: Course, hours: float) -> tuple[Clock, ...]:
    return clock.merge(survivor.clocks, merged.clocks, BOOK, plan=survivor.plan, at=_at(hours))


def test_both_start_at_once() -> None:
    clocks = _opened(NORMAL).clocks
    assert [(c.kind, c.due_at) for c in clocks] == [("first_response", _at(4)), ("resolution", _at(48))]
    assert {c.state(_START) for c in clocks} == {"running"}
    assert [c.left_seconds(_at(1)) for c in clocks] == [3 * HOUR, 47 * HOUR]
    assert {(c.policy, c.calendar, c.unit, c.amount, c.run) for c in clocks} == {("", "", "hour", 0, 1)}


def test_due_to_the_second() -> None:
    course = _opened(URGENT)
    first = course.of("first_response")
    assert (first.state(_at(2)), first.state(_at(2) + timedelta(microseconds=1))) == ("running", "breached")
    assert first.next_at == _at(2) + timedelta(microseconds=1), "the first moment at which it is late"
    course.hear("replied", _at(2))
    assert (course.of("first_response").state(_at(99)), course.of("first_response").next_at) == ("met", None)
    course = _opened(URGENT)
    course.hear("replied", _at(2.1))
    late = course.of("first_response")
    assert (late.state(_at(99)), late.stopped_by) == ("breached", "ticket.replied")
    assert late.left_seconds(_at(99)) == clock.left_seconds(late, BOOK, _at(99)) == -360


def test_a_pause_moves_only_the_resolution() -> None:
    course = _opened(NORMAL)
    course.wait(_at(1))
    resolution = course.of("resolution")
    assert course.of("first_response").paused_at is None
    assert (resolution.state(_at(500)), resolution.left_seconds(_at(500))) == ("paused", 47 * HOUR)
    assert resolution.next_at is None, "nothing can fall due"
    before = course.clocks
    course.wait(_at(9))
    assert course.clocks == before, "pausing twice is pausing once"
    course.resume(_at(11))
    assert (course.of("resolution").due_at, course.of("resolution").paused_seconds) == (_at(58), 10 * HOUR)
    before = course.clocks
    course.resume(_at(12))
    assert course.clocks == before


@pytest.mark.parametrize("signal", ["received", "assigned", "transferred", "processing"])
def test_whatever_ends_the_waiting_ends_the_pause(signal: str) -> None:
    course = _opened(NORMAL)
    course.wait(_at(1))
    course.waiting = None
    course.hear(signal, _at(3))  # type: ignore[arg-type]
    assert (course.of("resolution").state(_at(3)), course.of("resolution").due_at) == ("running", _at(50))


def test_only_the_reason_a_rule_allows_pauses() -> None:
    course = _opened(NORMAL)
    course.wait(_at(1), "third_party")
    assert course.of("resolution").paused_at is None
    course.wait(_at(2))
    course.wait(_at(5), "third_party")
    assert course.of("resolution").due_at == _at(51), "waiting for somebody else counts again"


def test_a_pause_after_the_due_moment_heals_nothing() -> None:
    course = _opened(URGENT)
    course.wait(_at(25))
    assert course.of("resolution").state(_at(26)) == "breached"
    course.resume(_at(30))
    assert (course.of("resolution").state(_at(30)), course.of("resolution").due_at) == ("breached", _at(24))


def test_a_pause_that_begins_at_the_due_moment_moves_nothing() -> None:
    course = _opened(URGENT)
    course.wait(_at(24))
    assert course.of("resolution").state(_at(30)) == "paused", "at its due moment it is not late"
    course.resume(_at(30))
    assert course.of("resolution").due_at == _at(24), "the first moment at which all was used up"
    course.wait(_at(31))
    course.resume(_at(33))
    assert course.of("resolution").due_at == _at(24)


def test_a_pause_without_length_leaves_no_trace() -> None:
    course = _opened(NORMAL)
    before = course.clocks
    course.wait(_at(1))
    course.resume(_at(1))
    assert course.clocks == before


def test_a_fraction_of_a_second_is_not_lost() -> None:
    course, part = _opened(NORMAL), timedelta(milliseconds=700)
    for hours in range(1, 11):
        course.wait(_at(hours))
        course.resume(_at(hours) + part)
    assert course.of("resolution").due_at == _at(48) + 10 * part
    assert course.of("resolution").paused_seconds == 7


def test_stopping_a_paused_clock_takes_it_up_first() -> None:
    course = _opened(URGENT)
    course.wait(_at(23))
    course.waiting = None
    course.hear("resolved", _at(30))
    stopped = course.of("resolution")
    assert (stopped.state(_at(31)), stopped.paused_at, stopped.due_at) == ("met", None, _at(31))
    assert {c.stopped_by for c in course.clocks} == {"ticket.resolved"}, "a solution is an answer too"


@pytest.mark.parametrize("by", sorted(CANCELLING - {"sla.retargeted"}))
def test_called_off_is_not_judged(by: str) -> None:
    course = _opened(URGENT)
    _closed(course, by, 90)
    assert {c.state(_at(99)) for c in course.clocks} == {"cancelled"}
    course.plan = own_plan(NORMAL)
    course.hear("reopened", _at(100))
    assert [(c.kind, c.due_at, c.stopped_at, c.run) for c in course.clocks] == [
        ("first_response", _at(104), None, 2),
        ("resolution", _at(148), None, 2),
    ], "nobody was answered: both are owed anew"
    assert [(c.run, c.stopped_by) for c in course.past] == [(1, by), (1, by)]


def test_called_off_while_it_stood() -> None:
    course = _opened(URGENT)
    course.wait(_at(2))
    _closed(course, "ticket.withdrawn", 30)
    ended = course.of("resolution")
    assert (ended.state(_at(31)), ended.stopped_at, ended.paused_seconds) == ("cancelled", _at(30), 28 * HOUR)


def test_archived_ends_and_judges_what_still_ran() -> None:
    course = _opened(URGENT)
    _closed(course, "ticket.archived", 3)
    assert [c.state(_at(9)) for c in course.clocks] == ["breached", "met"]


def test_restart_keeps_an_answer_that_was_given() -> None:
    course = _opened(NORMAL)
    course.hear("replied", _at(1))
    course.hear("resolved", _at(20))
    given = course.of("first_response")
    course.hear("called_back", _at(30))
    course.hear("reopened", _at(30))
    again = course.of("resolution")
    assert course.of("first_response") == given
    assert (again.started_at, again.due_at, again.paused_seconds, again.run) == (_at(30), _at(78), 0, 2)
    assert [(c.kind, c.state(_at(30))) for c in course.past] == [("resolution", "met")]


def test_retarget_keeps_start_and_pauses_and_leaves_what_stopped() -> None:
    course = _opened(LOW)
    course.hear("replied", _at(1))
    course.wait(_at(2))
    course.resume(_at(5))
    before = course.clocks
    course.retarget(own_plan(URGENT), _at(6))
    assert course.of("resolution").due_at == _at(24 + 3)
    assert course.of("first_response") == one(before, "first_response")
    course.retarget(own_plan(LOW), _at(7))
    assert course.clocks == before


def test_merge_owes_what_was_owed_earliest() -> None:
    late, early = _opened(LOW), _opened(URGENT, 3)
    assert [c.due_at for c in _merged(late, early, 4)] == [_at(5), _at(27)]
    assert _merged(early, late, 4) == early.clocks
    late.hear("replied", _at(1))
    kept = _merged(late, early, 4)
    assert one(kept, "first_response") == late.of("first_response"), "an answer given is not owed again"
    assert one(kept, "resolution").due_at == _at(27)


def test_merge_counts_each_ones_own_pause_and_goes_on_as_the_survivor() -> None:
    late, early = _opened(LOW), _opened(URGENT)
    early.wait(_at(10))
    kept = one(_merged(late, early, 14), "resolution")
    assert (kept.due_at, kept.paused_at) == (_at(28), None), "the four hours waited are not lost"
    late.wait(_at(1))
    kept = one(_merged(late, _opened(URGENT), 14), "resolution")
    assert (kept.due_at, kept.paused_at) == (_at(24), _at(14)), "it stands from the merge on, not before"
    assert kept.left_seconds(_at(50)) == 10 * HOUR


def test_a_clock_from_before_its_pauses_were_listed() -> None:
    """Such a row has the sum of its pauses alone."""
    old = Clock(
        kind="resolution", target_seconds=48 * HOUR, started_at=_START, due_at=_at(58), paused_seconds=10 * HOUR,
        paused_at=_at(20),
    )  # fmt: skip
    course = _opened(NORMAL)
    course.clocks = (old,)
    course.resume(_at(25))
    assert (course.of("resolution").due_at, course.of("resolution").paused_seconds) == (_at(63), 15 * HOUR)
    assert clock.left_seconds(course.of("resolution"), BOOK, _at(30)) == 33 * HOUR
    course.clocks, course.waiting = (old,), "customer"
    course.retarget(own_plan(URGENT), _at(21))
    assert (course.of("resolution").due_at, course.of("resolution").paused_at) == (_at(34), _at(20))


def test_merge_compares_a_survivor_that_stands_as_if_it_went_on() -> None:
    survivor = _opened(URGENT)
    survivor.wait(_at(1))
    kept = one(_merged(survivor, _opened(URGENT, 2), 14), "resolution")
    assert (kept.started_at, kept.paused_at) == (_at(2), _at(14)), (
        "23 hours are left of the one, 12 of the other"
    )
    assert kept.left_seconds(_at(99)) == 12 * HOUR


_STEPS = st.integers(0, 40 * HOUR)


class Ticket(RuleBasedStateMachine):
    """One ticket's clocks over any course, against a plain reckoning of the seconds that count."""

    @initialize(promised=st.sampled_from(_TARGETS))
    def begin(self, promised: Targets) -> None:
        self.now = _START
        self.targets = promised
        self.course = _opened(promised)
        self.counted = 0
        self.answered = self.ended = False

    @property
    def paused(self) -> bool:
        return self.course.waiting is not None

    def _stopped(self) -> bool:
        return self.ended

    @rule(seconds=_STEPS)
    def time_goes_by(self, seconds: int) -> None:
        if not self.paused and not self.ended:
            self.counted += seconds
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: not self._stopped())
    @rule()
    def pauses(self) -> None:
        self.course.wait(self.now)

    @precondition(lambda self: not self._stopped())
    @rule()
    def goes_on(self) -> None:
        self.course.resume(self.now)

    @rule(promised=st.sampled_from(_TARGETS))
    def retargets(self, promised: Targets) -> None:
        self.course.retarget(own_plan(promised), self.now)
        if not self.ended:
            self.targets = promised

    @rule()
    def answers(self) -> None:
        self.course.hear("replied", self.now)
        self.answered = True

    @precondition(lambda self: not self._stopped())
    @rule()
    def resolves(self) -> None:
        self.course.waiting = None
        self.course.hear("resolved", self.now)
        self.ended = self.answered = True

    @precondition(lambda self: self._stopped())
    @rule()
    def reopens(self) -> None:
        self.course.hear("reopened", self.now)
        self.targets = self.course.plan.targets
        self.ended = False
        self.counted = 0

    @invariant()
    def the_resolution_is_late_when_more_was_spent_than_allowed(self) -> None:
        resolution = self.course.of("resolution")
        assert clock.elapsed_of(resolution, BOOK, self.now) == timedelta(seconds=self.counted)
        late = self.counted > self.targets.resolution
        assert (resolution.state(self.now) == "breached") == late
        if not late:
            assert clock.left_seconds(resolution, BOOK, self.now) == self.targets.resolution - self.counted
            assert resolution.left_seconds(self.now) == self.targets.resolution - self.counted
            assert resolution.state(self.now) == (
                "met" if self.ended else "paused" if self.paused else "running"
            )

    @invariant()
    def an_answer_stops_for_good(self) -> None:
        assert (self.course.of("first_response").stopped_at is not None) == self.answered

    @invariant()
    def what_is_to_follow_is_known(self) -> None:
        for c in self.course.clocks:
            stands = c.stopped_at is not None or (c.paused_at is not None and c.paused_at <= c.due_at)
            assert c.next_at == (None if stands else c.due_at + timedelta(microseconds=1))


TestTicket = Ticket.TestCase


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=6), st.sampled_from(_TARGETS))
def test_a_pause_gives_back_exactly_its_length(lengths: list[int], target: Targets) -> None:
    course, now = _opened(target), _START
    for length in lengths:
        course.wait(now)
        now += timedelta(seconds=length)
        course.resume(now)
    assert course.of("resolution").left_seconds(now) == target.resolution
