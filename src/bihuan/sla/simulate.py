"""When would this be due? For a clock of a policy or a bare limit; nothing is written."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from bihuan.core import clock as time
from bihuan.core.problems import FieldProblem, Invalid, Language
from bihuan.sla import clock, words
from bihuan.sla.clock import Calendars, Plan, Where
from bihuan.sla.ladder import step_moments
from bihuan.sla.ledger import ledger
from bihuan.sla.model import Clock, Limit, PauseReason, Rule, Targets, Words
from bihuan.sla.policies import Moment
from bihuan.sla.policy_check import limit_problems
from bihuan.sla.reckon import calendar_of
from bihuan.sla.store import Book

_BARE = "simulated"
#: A ledger by days of working hours is a few lines a day.
_MOST_ENTRIES = 2000
#: Of any moment from the present: some twenty years.
_FARTHEST = timedelta(days=7305)


class SimulatedPause(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which the ticket waits; without an end it waits still."""

    started_at: Moment
    ended_at: Moment | None = None
    reason: PauseReason = "customer"


class Simulate(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: a policy's clock (in `version`, else as it holds at `start`), or a bare limit as `rule`.

    `promise_seconds`: what the case type promises, for a clock without a limit of its own. `queue`: a team's code. `at`:
    as of which moment; None: the present.
    """

    start: Moment
    policy: str | None = None
    version: int | None = None
    clock: str | None = None
    rule: Limit | None = None
    promise_seconds: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] | None = None
    pauses: Annotated[tuple[SimulatedPause, ...], msgspec.Meta(max_length=100)] = ()
    queue: Annotated[str, msgspec.Meta(max_length=64)] = ""
    at: Moment | None = None


class SimulatedMoment(msgspec.Struct, frozen=True, kw_only=True):
    """A stage and when it would be due, or a step of the ladder and when it would be taken."""

    code: str
    at: datetime


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """When it would be due and why. `ledger` goes from the start to the due moment, or further where it is late at
    `at`; of a clock that stands to `at`. Its first 2,000 stretches."""

    due_at: datetime
    target_seconds: int
    counted_seconds: int
    paused_seconds: int
    left_seconds: int
    provisional: bool
    stages: list[SimulatedMoment]
    steps: list[SimulatedMoment]
    ledger: list[words.LedgerEntry]
    sentence: str


def simulate(book: Book, command: Simulate, language: Language) -> Simulated:
    """Reckon it. Raises Invalid naming everything that is wrong, Endless."""
    now = time.now()
    if far := _far(command, now):
        raise Invalid(fields=far)
    command = _in_utc(command)
    calendars = book.calendars()
    rule, wrong = _rule(book, command)
    wrong += _pause_problems(command.start, command.pauses)
    if rule is None or wrong:
        raise Invalid(fields=wrong)
    now = command.at or now
    made = _led(_plan(command, rule), calendars, command, rule)
    own = calendar_of(made, calendars)
    told = ledger(made, own, now)
    # All of it, as it will be told at the end: pauses that are still to come stand in it too.
    end = now if made.paused_at is not None else max(now, made.due_at)
    stretches = ledger(made, own, end).entries[:_MOST_ENTRIES]
    return Simulated(
        due_at=told.due_at,
        target_seconds=told.target_seconds,
        counted_seconds=told.counted_seconds,
        paused_seconds=told.paused_seconds,
        left_seconds=told.left_seconds,
        provisional=made.provisional,
        stages=_stages(made, rule, calendars, now),
        steps=[SimulatedMoment(code=due.code, at=due.at) for due in step_moments(made, rule, calendars)],
        ledger=words.entries(stretches, own, language),
        sentence=words.summary(made, told, own, language=language, now=now),
    )


def _far(command: Simulate, now: datetime) -> list[FieldProblem]:
    """Moments too far off: a ledger of centuries would be reckoned for minutes."""
    told = {"/start": command.start, "/at": command.at}
    for i, pause in enumerate(command.pauses):
        told |= {f"/pauses/{i}/started_at": pause.started_at, f"/pauses/{i}/ended_at": pause.ended_at}
    least, most = now - _FARTHEST, now + _FARTHEST
    found: list[FieldProblem] = []
    for pointer, moment in told.items():
        if moment is not None and not least <= moment <= most:
            code, limit = ("too_small", least) if moment < least else ("too_big", most)
            params: dict[str, str | int] = {"limit": limit.isoformat(timespec="seconds")}
            found.append(FieldProblem(pointer=pointer, code=code, params=params))
    return found


def _in_utc(command: Simulate) -> Simulate:
    pauses = tuple(
        msgspec.structs.replace(
            p,
            started_at=p.started_at.astimezone(UTC),
            ended_at=p.ended_at.astimezone(UTC) if p.ended_at else None,
        )
        for p in command.pauses
    )
    at = command.at.astimezone(UTC) if command.at else None
    return msgspec.structs.replace(command, start=command.start.astimezone(UTC), pauses=pauses, at=at)


def _rule(book: Book, command: Simulate) -> tuple[Rule | None, list[FieldProblem]]:
    """The rule asked for, or what is wrong with the asking."""
    if command.rule is not None:
        given = {"/policy": command.policy, "/clock": command.clock}
        wrong = [FieldProblem(pointer=p, code="not_applicable") for p, v in given.items() if v is not None]
        wrong += limit_problems(command.rule, book.current_calendars(), "/rule")
        return _bare(command.rule), wrong
    if command.policy is None or command.clock is None:
        asked = {"/policy": command.policy, "/clock": command.clock}
        return None, [FieldProblem(pointer=p, code="missing") for p, v in asked.items() if v is None]
    return _of_policy(book, command, command.policy)


def _of_policy(book: Book, command: Simulate, policy: str) -> tuple[Rule | None, list[FieldProblem]]:
    heads = book.policy_heads(policy)
    holding = book.holding(policy, command.start) or (heads[0] if heads else None)
    version = command.version if command.version is not None or holding is None else holding.version
    if version not in [head.version for head in heads]:
        pointer = "/policy" if not heads else "/version"
        return None, [FieldProblem(pointer=pointer, code="not_found")]
    rules = {rule.code: rule for rule in book.policy_body(policy, version).clocks}
    rule = rules.get(command.clock or "")
    if rule is None:
        return None, [
            FieldProblem(pointer="/clock", code="choice", params={"choices": ", ".join(sorted(rules))})
        ]
    if rule.limit is None and command.promise_seconds is None:
        return None, [FieldProblem(pointer="/promise_seconds", code="missing")]
    return rule, []


def _pause_problems(start: datetime, pauses: Sequence[SimulatedPause]) -> list[FieldProblem]:
    """Pauses come in order, after the start, none into another; only the last may last on."""
    found: list[FieldProblem] = []
    least: datetime | None = start
    for i, pause in enumerate(pauses):
        at = f"/pauses/{i}"
        if least is None or pause.started_at < least:
            limit = (least or pause.started_at).isoformat()
            found.append(FieldProblem(pointer=f"{at}/started_at", code="too_small", params={"limit": limit}))
        if pause.ended_at is not None and pause.ended_at <= pause.started_at:
            limit = pause.started_at.isoformat()
            found.append(FieldProblem(pointer=f"{at}/ended_at", code="too_small", params={"limit": limit}))
        least = pause.ended_at
    return found


def _plan(command: Simulate, rule: Rule) -> Plan:
    """A plan of this clock alone, which starts at once whatever it would wait for."""
    promise = command.promise_seconds or 0
    started = msgspec.structs.replace(rule, starts_on=("opened",), restarts_on=())
    return Plan(
        policy=command.policy or "", version=command.version or 0, rules=(started,),
        targets=Targets(first_response=promise, resolution=promise),
    )  # fmt: skip


def _led(plan: Plan, calendars: Calendars, command: Simulate, rule: Rule) -> Clock:
    """The clock after all its pauses. Raises Endless."""
    queue = command.queue or rule.team
    clocks = clock.start(plan, calendars, command.start, Where(queue=queue, opened_at=command.start))
    for pause in command.pauses:
        waiting = Where(queue=queue, waiting_for=pause.reason, opened_at=command.start)
        clocks = clock.advance(clocks, plan, calendars, signal="waiting", at=pause.started_at, where=waiting)
        if pause.ended_at is not None:
            resumed = Where(queue=queue, opened_at=command.start)
            clocks = clock.advance(
                clocks, plan, calendars, signal="resumed", at=pause.ended_at, where=resumed
            )
    return clocks[0]


def _stages(made: Clock, rule: Rule, calendars: Calendars, now: datetime) -> list[SimulatedMoment]:
    return [
        SimulatedMoment(code=stage.code, at=clock.extend(made, rule, stage.code, calendars, now=now).due_at)
        for stage in rule.stages
    ]


def _bare(limit: Limit) -> Rule:
    return Rule(
        code=_BARE,
        title=Words(zh="模拟", en="Simulated"),
        limit=limit,
        pauses_for=("customer", "third_party", "appraisal"),
    )
