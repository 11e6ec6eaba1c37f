"""Clocks, pure: any number in parallel on a ticket, each by a rule of its plan.

    due = the first moment at which the counted time used up, less the pauses, equals the limit
What a clock hears is a signal and where the ticket is after it: that starts, stops, restarts it or lets it stand. Whether
a clock is breached is derived from its moments at each reading, never stored. What is left at a pause is left at its end.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from bihuan.sla import runs
from bihuan.sla.ladder import Due, due_steps, followed, step_moments
from bihuan.sla.model import CANCELLING, Clock, Pause, Rule, Signal, Targets
from bihuan.sla.plan import Calendars, Plan, Where, event_of, own_plan
from bihuan.sla.reckon import calendar_of, elapsed_of, left_seconds, limit_of_clock, listed, reckoned

__all__ = [
    "CANCELLING", "Calendars", "Clock", "Due", "Pause", "Plan", "Targets", "Where", "advance", "calendar_of", "close",
    "due_steps", "elapsed_of", "extend", "followed", "left_seconds", "merge", "own_plan", "past", "recalendar",
    "retarget", "start", "step_moments",
]  # fmt: skip

Clocks = tuple[Clock, ...]

LEFT = "left"
RESTARTED = "sla.restarted"
RETARGETED = "sla.retargeted"
#: After these nothing is owed that was not owed before.
_ENDS = frozenset[Signal]({"resolved", "called_back", "archived"})


# --------------------------------------------------------------------------------------------------------------- signals
def start(plan: Plan, calendars: Calendars, at: datetime, where: Where) -> Clocks:
    """The clocks of a ticket that is opened. Raises Endless."""
    turn = runs.Turn(plan=plan, calendars=calendars, at=at, where=where, signal="opened")
    return tuple(runs.begun(turn, rule, run=1, at=at) for rule in plan.rules if _begins(turn, rule))


def advance(
    clocks: Sequence[Clock], plan: Plan, calendars: Calendars, *, signal: Signal, at: datetime, where: Where
) -> Clocks:
    """The clocks after a signal. A run that gave way to the next is `past`. Raises Endless."""
    turn = runs.Turn(plan=plan, calendars=calendars, at=at, where=where, signal=signal)
    known = {c.kind for c in clocks}
    heard = [_heard(turn, plan.rule(c.kind), listed(c)) for c in clocks]
    new = [r for r in plan.rules if r.code not in known and _begins(turn, r)]
    return (*heard, *(runs.begun(turn, r, run=1, at=at) for r in new))


def close(clocks: Sequence[Clock], at: datetime, by: str) -> Clocks:
    """The ticket has ended; `by` is the event. What still runs is stopped, and judged unless there was nothing to do."""
    return tuple(c if c.stopped_at is not None else runs.ended(listed(c), at, by) for c in clocks)


def past(before: Sequence[Clock], after: Sequence[Clock], by: str = RESTARTED) -> Clocks:
    """The runs of `before` that gave way in `after`, as they ended; `by`: the event that began the next.

    One that stood ended when it came to stand: nothing counted after.
    """
    anew = {c.kind: c for c in after}
    given = [(c, anew[c.kind]) for c in before if c.kind in anew and anew[c.kind].run > c.run]
    return tuple(c if c.stopped_at is not None else runs.ended(listed(c), n.started_at, by) for c, n in given)


# ------------------------------------------------------------------------------------------------------------ other rules
def retarget(
    clocks: Sequence[Clock], plan: Plan, calendars: Calendars, *, at: datetime, where: Where,
    keeps: Callable[[Clock], bool] = lambda _clock: False, adds: bool = True,
) -> Clocks:  # fmt: skip
    """The clocks by another plan: what runs goes on by the new rule, from the same start and with the same pauses.

    What the new plan lacks is called off; what it adds runs from the ticket's opening, unless the ticket is resolved.
    What has finished never changes; only what an earlier plan called off comes back. `keeps`: clocks this is not about,
    such as those another ticket brought with it; `adds`: whether the plan is the ticket's own. Raises Endless.
    """
    turn = runs.Turn(plan=plan, calendars=calendars, at=at, where=where)
    resolved, known = _resolved(clocks), {c.kind for c in clocks}
    found = [c if keeps(c) else _retargeted(turn, listed(c), resolved=resolved) for c in clocks]
    if adds and not resolved:
        for rule in plan.rules:
            if rule.code not in known and _owed_from_opening(turn, rule):
                opened_at = at if rule.team else where.opened_at or at
                found.append(runs.begun(turn, rule, run=1, at=opened_at))
    return tuple(found)


def merge(
    survivor: Sequence[Clock], merged: Sequence[Clock], calendars: Calendars, *, plan: Plan, at: datetime,
    theirs: Plan | None = None,
) -> Clocks:  # fmt: skip
    """The surviving ticket owes what was owed earliest: of each running pair the one due first, pauses up to `at` counted.

    Whether it stands or runs from now on is the survivor's. Where `theirs`, the merged ticket's plan, is given, running
    clocks of it the survivor has no clock of are owed too, such as a regulator's; a team's part is not. Raises Endless.
    """
    turn = runs.Turn(plan=plan, calendars=calendars, at=at, where=Where())
    other = turn if theirs is None else replace(turn, plan=theirs)
    open_ones = {m.kind: runs.resumed(other, listed(m)) for m in merged if m.stopped_at is None}
    found = [_earlier(turn, listed(c), open_ones.get(c.kind)) for c in survivor]
    known = {c.kind for c in survivor}
    rules = {} if theirs is None else {r.code: r for r in theirs.rules}
    found += [
        m for kind, m in open_ones.items() if kind not in known and kind in rules and not rules[kind].team
    ]
    return tuple(found)


def extend(clock: Clock, rule: Rule, stage: str, calendars: Calendars, *, now: datetime) -> Clock:
    """An open clock with a further stage of its rule granted: that limit, counted from the same start.

    Raises Endless; KeyError for a stage the rule does not have.
    """
    limit = {s.code: s.limit for s in rule.stages}[stage]
    if clock.stopped_at is not None:
        return clock
    staged = replace(runs.calendared(listed(clock), limit, calendars, clock.queue), stage=stage)
    return runs.limited(staged, limit, calendars, rule=rule, now=now)


def recalendar(clock: Clock, calendars: Calendars, version: int, *, rule: Rule, now: datetime) -> Clock:
    """An open clock reckoned anew by another version of its calendar; one that has stopped stays. Raises Endless."""
    limit = limit_of_clock(clock)
    if clock.stopped_at is not None or not clock.calendar or limit is None:
        return clock
    return runs.limited(
        replace(listed(clock), calendar_version=version), limit, calendars, rule=rule, now=now
    )


# ------------------------------------------------------------------------------------------------- what one clock does
def _heard(turn: runs.Turn, rule: Rule, clock: Clock) -> Clock:
    """One clock after a signal."""
    if clock.stopped_at is not None:
        return _again(turn, rule, clock)
    if _away(rule, turn.where):
        return runs.stopped(turn, rule, clock, LEFT)
    # Several signals of one moment begin one run.
    if turn.signal in rule.restarts_on and clock.started_at != turn.at:
        return runs.begun(turn, rule, run=clock.run + 1, at=turn.at)
    if turn.signal is not None and turn.signal in rule.stops_on:
        return runs.stopped(turn, rule, clock, event_of(turn.signal))
    return runs.standing(turn, rule, clock)


def _again(turn: runs.Turn, rule: Rule, clock: Clock) -> Clock:
    """A clock that has stopped, after a signal: as it is, or begun anew."""
    called_off = clock.stopped_by in CANCELLING and clock.stopped_by != RETARGETED
    if turn.signal == "reopened" and called_off and not turn.plan.knows(clock.kind):
        # It came from another ticket by a merge: its limit is its own, and its ladder is looked at by its own rule.
        back = replace(clock, stopped_at=None, stopped_by=None, next_at=turn.at)
        return reckoned(back, calendar_of(back, turn.calendars))
    revived = called_off and turn.signal == "reopened"
    owed = turn.signal in rule.restarts_on and turn.signal in ("reopened", "new_facts")
    came = _arrives(turn, rule) and (clock.stopped_by == LEFT or turn.signal == "transferred")
    begins = turn.signal in rule.starts_on and not called_off
    if _away(rule, turn.where) or not (revived or owed or came or begins):
        return clock
    return runs.begun(turn, rule, run=clock.run + 1, at=turn.at)


def _begins(turn: runs.Turn, rule: Rule) -> bool:
    """Whether a rule without a clock starts one at this signal."""
    return not _away(rule, turn.where) and (turn.signal in rule.starts_on or _arrives(turn, rule))


def _arrives(turn: runs.Turn, rule: Rule) -> bool:
    """Whether a team's part starts by the ticket's being in its queue; rules may wait for something else there."""
    at_arrival = not rule.starts_on or bool({"opened", "transferred"} & set(rule.starts_on))
    ends = turn.signal in _ENDS or turn.signal in rule.stops_on
    return bool(rule.team) and turn.where.queue == rule.team and at_arrival and not ends


def _away(rule: Rule, where: Where) -> bool:
    return bool(rule.team) and where.queue != rule.team


def _owed_from_opening(turn: runs.Turn, rule: Rule) -> bool:
    return _arrives(turn, rule) if rule.team else "opened" in rule.starts_on


def _resolved(clocks: Sequence[Clock]) -> bool:
    """Whether the ticket is: its resolution has stopped, or, without one, every clock."""
    judged = [c for c in clocks if c.kind == "resolution"] or clocks
    return bool(judged) and all(c.stopped_at is not None and c.stopped_by != RETARGETED for c in judged)


# -------------------------------------------------------------------------------------------------------- another limit
def _retargeted(turn: runs.Turn, clock: Clock, *, resolved: bool) -> Clock:
    """One clock by another plan."""
    rule, knows = turn.plan.rule(clock.kind), turn.plan.knows(clock.kind)
    goes_on = knows and not _away(rule, turn.where)
    if clock.stopped_at is not None:
        if clock.stopped_by != RETARGETED or resolved or not goes_on:
            return clock
        clock = replace(clock, stopped_at=None, stopped_by=None)
    if not goes_on:
        return runs.stopped(turn, rule, clock, LEFT if knows else RETARGETED)
    stage = clock.stage if any(s.code == clock.stage for s in rule.stages) else ""
    clock = replace(clock, policy=turn.plan.policy, policy_version=turn.plan.version, stage=stage)
    return runs.standing(turn, rule, runs.by_rule(turn, rule, clock))


def _earlier(turn: runs.Turn, clock: Clock, other: Clock | None) -> Clock:
    """Of a survivor's clock and the merged ticket's one of its kind what is owed, standing as the survivor's does."""
    if other is None or clock.stopped_at is not None or other.due_at >= runs.resumed(turn, clock).due_at:
        return clock
    taken = replace(other, run=clock.run)
    return taken if clock.paused_at is None else runs.paused(taken, turn.at, clock.pauses[-1].reason)
