"""Clocks, pure: what is due when, over any course of pauses, priorities, merges and reopenings."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bihuan.sla import clock
from bihuan.sla.clock import CANCELLING, Clock, Targets

_START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
_HOUR = 3600
URGENT = Targets(first_response=2 * _HOUR, resolution=24 * _HOUR)
NORMAL = Targets(first_response=4 * _HOUR, resolution=48 * _HOUR)
LOW = Targets(first_response=24 * _HOUR, resolution=120 * _HOUR)
_TARGETS = (URGENT, NORMAL, LOW)


def _at(hours: float) -> datetime:
    return _START + timedelta(hours=hours)


def _of(clocks: tuple[Clock, ...], kind: str = "resolution") -> Clock:
    return next(c for c in clocks if c.kind == kind)


def test_both_start_at_once() -> None:
    clocks = clock.start(NORMAL, _START)
    assert [(c.kind, c.due_at) for c in clocks] == [("first_response", _at(4)), ("resolution", _at(48))]
    assert {c.state(_START) for c in clocks} == {"running"}
    assert [c.left_seconds(_at(1)) for c in clocks] == [3 * _HOUR, 47 * _HOUR]


def test_due_to_the_second() -> None:
    first = _of(clock.start(URGENT, _START), "first_response")
    assert (first.state(_at(2)), first.state(_at(2) + timedelta(microseconds=1))) == ("running", "breached")
    late = _of(clock.stop((first,), "first_response", _at(2), "ticket.replied"), "first_response")
    assert late.state(_at(99)) == "met"
    late = _of(clock.stop((first,), "first_response", _at(2.1), "ticket.replied"), "first_response")
    assert late.state(_at(99)) == "breached"
    assert late.left_seconds(_at(99)) == -360


def test_a_pause_moves_only_the_resolution() -> None:
    clocks = clock.pause(clock.start(NORMAL, _START), _at(1))
    assert _of(clocks, "first_response").paused_at is None
    assert (_of(clocks).state(_at(500)), _of(clocks).left_seconds(_at(500))) == ("paused", 47 * _HOUR)
    assert clock.pause(clocks, _at(9)) == clocks, "pausing twice is pausing once"
    clocks = clock.resume(clocks, _at(11))
    assert (_of(clocks).due_at, _of(clocks).paused_seconds) == (_at(58), 10 * _HOUR)
    assert clock.resume(clocks, _at(12)) == clocks


def test_a_pause_after_the_due_moment_heals_nothing() -> None:
    clocks = clock.pause(clock.start(URGENT, _START), _at(25))
    assert _of(clocks).state(_at(26)) == "breached"
    assert _of(clock.resume(clocks, _at(30))).state(_at(30)) == "breached"


def test_stopping_a_paused_clock_takes_it_up_first() -> None:
    clocks = clock.pause(clock.start(URGENT, _START), _at(23))
    stopped = _of(clock.stop_all(clocks, _at(30), "ticket.resolved"))
    assert (stopped.state(_at(31)), stopped.paused_at, stopped.due_at) == ("met", None, _at(31))


@pytest.mark.parametrize("by", sorted(CANCELLING))
def test_called_off_is_not_judged(by: str) -> None:
    clocks = clock.stop_all(clock.start(URGENT, _START), _at(90), by)
    assert {c.state(_at(99)) for c in clocks} == {"cancelled"}
    again = clock.restart(clocks, NORMAL, _at(100))
    assert [(c.kind, c.due_at, c.stopped_at) for c in again] == [
        ("first_response", _at(104), None),
        ("resolution", _at(148), None),
    ], "nobody was answered: both are owed anew"


def test_restart_keeps_an_answer_that_was_given() -> None:
    clocks = clock.stop(clock.start(NORMAL, _START), "first_response", _at(1), "ticket.replied")
    clocks = clock.stop_all(clocks, _at(20), "ticket.resolved")
    again = clock.restart(clocks, NORMAL, _at(30))
    assert _of(again, "first_response") == _of(clocks, "first_response")
    assert (_of(again).started_at, _of(again).due_at, _of(again).paused_seconds) == (_at(30), _at(78), 0)


def test_retarget_keeps_start_and_pauses_and_leaves_what_stopped() -> None:
    clocks = clock.stop(clock.start(LOW, _START), "first_response", _at(1), "ticket.replied")
    clocks = clock.resume(clock.pause(clocks, _at(2)), _at(5))
    moved = clock.retarget(clocks, URGENT)
    assert _of(moved).due_at == _at(24 + 3)
    assert _of(moved, "first_response") == _of(clocks, "first_response")
    assert clock.retarget(moved, LOW) == clocks


def test_merge_owes_what_was_owed_earliest() -> None:
    late, early = clock.start(LOW, _at(0)), clock.start(URGENT, _at(3))
    assert [c.due_at for c in clock.merge(late, early, _at(4))] == [_at(5), _at(27)]
    assert clock.merge(early, late, _at(4)) == early
    answered = clock.stop(late, "first_response", _at(1), "ticket.replied")
    kept = clock.merge(answered, early, _at(4))
    assert _of(kept, "first_response") == _of(answered, "first_response"), "an answer given is not owed again"
    assert _of(kept).due_at == _at(27)


def test_merge_counts_each_ones_own_pause_and_goes_on_as_the_survivor() -> None:
    late, early = clock.start(LOW, _at(0)), clock.pause(clock.start(URGENT, _at(0)), _at(10))
    kept = _of(clock.merge(late, early, _at(14)))
    assert (kept.due_at, kept.paused_at) == (_at(28), None), "the four hours waited are not lost"
    kept = _of(clock.merge(clock.pause(late, _at(1)), clock.start(URGENT, _at(0)), _at(14)))
    assert (kept.due_at, kept.paused_at) == (_at(24), _at(14)), "it stands from the merge on, not before"
    assert kept.left_seconds(_at(50)) == 10 * _HOUR


_STEPS = st.integers(0, 40 * _HOUR)


class Course(RuleBasedStateMachine):
    """One ticket's clocks over any course, against a plain reckoning of the seconds that count."""

    @initialize(promised=st.sampled_from(_TARGETS))
    def begin(self, promised: Targets) -> None:
        self.now = _START
        self.targets = promised
        self.clocks: tuple[Clock, ...] = clock.start(promised, _START)
        self.counted = 0
        self.answered = False
        self.paused = self.ended = False

    def _stopped(self) -> bool:
        return self.ended

    @rule(seconds=_STEPS)
    def time_goes_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        if not self.paused and not self.ended:
            self.counted += seconds

    @precondition(lambda self: not self._stopped())
    @rule()
    def pauses(self) -> None:
        self.clocks, self.paused = clock.pause(self.clocks, self.now), True

    @precondition(lambda self: not self._stopped())
    @rule()
    def goes_on(self) -> None:
        self.clocks, self.paused = clock.resume(self.clocks, self.now), False

    @rule(promised=st.sampled_from(_TARGETS))
    def retargets(self, promised: Targets) -> None:
        self.clocks = clock.retarget(self.clocks, promised)
        if not self.ended:
            self.targets = promised

    @rule()
    def answers(self) -> None:
        self.clocks = clock.stop(self.clocks, "first_response", self.now, "ticket.replied")
        self.answered = True

    @precondition(lambda self: not self._stopped())
    @rule()
    def resolves(self) -> None:
        self.clocks = clock.stop_all(self.clocks, self.now, "ticket.resolved")
        self.ended = self.answered = True
        self.paused = False

    @precondition(lambda self: self._stopped())
    @rule()
    def reopens(self) -> None:
        self.clocks = clock.restart(self.clocks, self.targets, self.now)
        self.ended = self.paused = False
        self.counted = 0

    @invariant()
    def the_resolution_is_late_when_more_was_spent_than_allowed(self) -> None:
        resolution = _of(self.clocks)
        assert resolution.left_seconds(self.now) == self.targets.resolution - self.counted
        late = self.counted > self.targets.resolution
        assert (resolution.state(self.now) == "breached") == late
        if not late:
            assert resolution.state(self.now) == (
                "met" if self.ended else "paused" if self.paused else "running"
            )

    @invariant()
    def an_answer_stops_for_good(self) -> None:
        assert (_of(self.clocks, "first_response").stopped_at is not None) == self.answered


TestCourse = Course.TestCase


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=6), st.sampled_from(_TARGETS))
def test_a_pause_gives_back_exactly_its_length(lengths: list[int], target: Targets) -> None:
    clocks, now = clock.start(target, _START), _START
    for length in lengths:
        clocks = clock.resume(clock.pause(clocks, now), now + timedelta(seconds=length))
        now += timedelta(seconds=length)
    assert _of(clocks).left_seconds(now) == target.resolution
