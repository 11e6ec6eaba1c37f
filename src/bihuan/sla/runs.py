"""What one clock does, pure: begin, stand, be taken up, stop, end, get another limit. `sla.clock` says when."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from bihuan.sla import calendar as time
from bihuan.sla.ladder import next_at, settled
from bihuan.sla.model import CANCELLING, Clock, Limit, Pause, PauseReason, Rule, Signal
from bihuan.sla.plan import Calendars, Plan, Where, limit_of, promised
from bihuan.sla.reckon import calendar_of, provisional, reckoned


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What is happening: by which plan and calendars, when, where the ticket is after it, and the signal if it is one."""

    plan: Plan
    calendars: Calendars
    at: datetime
    where: Where
    signal: Signal | None = None


def begun(turn: Turn, rule: Rule, *, run: int, at: datetime) -> Clock:
    """A new run from `at` on."""
    plan, limit, calendar = turn.plan, rule.limit, None
    seconds = promised(plan.targets, rule.code)
    clock = Clock(
        kind=rule.code, run=run, policy=plan.policy, policy_version=plan.version, target_seconds=seconds,
        started_at=at, due_at=at + timedelta(seconds=seconds),
    )  # fmt: skip
    if limit is not None:
        clock = calendared(clock, limit, turn.calendars, turn.where.queue)
        calendar = calendar_of(clock, turn.calendars)
        seconds, due_at = time.target(calendar, limit, at)
        clock = replace(
            clock, target_seconds=seconds, due_at=due_at, provisional=provisional(clock, calendar, due_at)
        )
    queue = rule.team or clock.queue
    return standing(turn, rule, replace(clock, queue=queue, next_at=next_at(clock, rule, calendar)))


def standing(turn: Turn, rule: Rule, clock: Clock) -> Clock:
    """An open clock, standing or running as its rule wants it where the ticket is."""
    reason = turn.where.waiting_for if turn.where.waiting_for in rule.pauses_for else None
    if reason is None:
        return clock if clock.paused_at is None else resettled(turn, rule, taken_up(clock, turn.at))
    if clock.paused_at is None:
        return paused(clock, turn.at, reason)
    if clock.pauses[-1].reason == reason:
        return clock
    return paused(resettled(turn, rule, taken_up(clock, turn.at)), turn.at, reason)


def paused(clock: Clock, at: datetime, reason: PauseReason) -> Clock:
    """The clock standing from `at` on; its due moment as if it went on then. What it owed by then is still to follow up."""
    at = max(at, clock.started_at, *(p.ended_at for p in clock.pauses[-1:] if p.ended_at is not None))
    owed = clock.next_at if clock.next_at is not None and clock.next_at <= at else None
    pauses = (*clock.pauses, Pause(started_at=at, reason=reason))
    return replace(clock, paused_at=at, pauses=pauses, next_at=owed)


def taken_up(clock: Clock, at: datetime) -> Clock:
    """The clock running again from `at` on, its due moment not yet reckoned. A pause of no length leaves no trace."""
    *others, last = clock.pauses
    ended_at = max(at, last.started_at)
    ended = [] if ended_at == last.started_at else [replace(last, ended_at=ended_at)]
    pauses = (*others, *ended)
    lengths = (p.ended_at - p.started_at for p in pauses if p.ended_at is not None)
    seconds = int(sum(lengths, timedelta()).total_seconds())
    return replace(clock, paused_at=None, paused_seconds=seconds, pauses=pauses)


def resumed(turn: Turn, clock: Clock) -> Clock:
    """The clock running from now on, whatever its rule."""
    if clock.paused_at is None:
        return clock
    return resettled(turn, turn.plan.rule(clock.kind), taken_up(clock, turn.at))


def stopped(turn: Turn, rule: Rule, clock: Clock, by: str) -> Clock:
    """A clock that is done; one that stands is taken up first."""
    if clock.paused_at is not None:
        clock = resettled(turn, rule, taken_up(clock, turn.at))
    return replace(clock, stopped_at=max(turn.at, clock.started_at), stopped_by=by, next_at=None)


def ended(clock: Clock, at: datetime, by: str) -> Clock:
    """A clock that ends without a calendar at hand. One that is judged and stood ended when it came to stand."""
    ended_at = max(at, clock.started_at)
    if clock.paused_at is not None:
        ended_at = ended_at if by in CANCELLING else clock.paused_at
        clock = taken_up(clock, ended_at)
    return replace(clock, stopped_at=ended_at, stopped_by=by, next_at=None)


def resettled(turn: Turn, rule: Rule, clock: Clock) -> Clock:
    """Due moment and what must be followed up, reckoned anew."""
    calendar = calendar_of(clock, turn.calendars)
    return settled(reckoned(clock, calendar), rule, calendar, now=turn.at)


def by_rule(turn: Turn, rule: Rule, clock: Clock) -> Clock:
    """The clock by the limit its rule sets now."""
    limit = limit_of(rule, clock.stage)
    if limit is None:
        seconds = promised(turn.plan.targets, rule.code)
        clock = replace(
            clock, target_seconds=seconds, unit="hour", amount=0, last_day="strict", calendar="", calendar_version=0,
            queue=rule.team,
        )  # fmt: skip
        return settled(reckoned(clock, None), rule, None, now=turn.at)
    clock = calendared(clock, limit, turn.calendars, turn.where.queue)
    clock = replace(clock, queue=rule.team or clock.queue)
    return limited(clock, limit, turn.calendars, rule=rule, now=turn.at)


def calendared(clock: Clock, limit: Limit, calendars: Calendars, queue: str) -> Clock:
    """The clock with a limit pinned: it keeps the version of a calendar it has already, else takes the one in force."""
    version = clock.calendar_version
    if not limit.calendar:
        version, queue = 0, ""
    elif limit.calendar == clock.calendar:
        queue = clock.queue
    else:
        found = calendars(limit.calendar, None, queue)
        version = found.version if found else 0
    return replace(
        clock, unit=limit.unit, amount=limit.amount, last_day=limit.last_day, calendar=limit.calendar,
        calendar_version=version, queue=queue,
    )  # fmt: skip


def limited(clock: Clock, limit: Limit, calendars: Calendars, *, rule: Rule, now: datetime) -> Clock:
    """The clock by the limit pinned on it, from the same start and with the same pauses."""
    calendar = calendar_of(clock, calendars)
    seconds, _ = time.target(calendar, limit, clock.started_at)
    return settled(reckoned(replace(clock, target_seconds=seconds), calendar), rule, calendar, now=now)
