"""A longer limit for a clock: asked by one person, granted by another before the limit ends, and told to the customer.

    await ask_extension(work, actor, ticket_id, ExtensionOf(...))   # the next stage of the rule, in order
    await grant_extension(...)   # the notice to the customer, the longer limit and the decision are one transaction
What is asked and not decided in time lapses: that is derived at each reading; the record follows at the next attempt, or
in the hourly sweep.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bihuan import sla
from bihuan.core import clock, ids
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.sla import Clock, Rule, Stage
from bihuan.tickets import sealing, side_rows
from bihuan.tickets.clocks import targets_of
from bihuan.tickets.done import Done, done
from bihuan.tickets.extension_model import (
    AlreadyAsked,
    AskExtension,
    Extension,
    ExtensionDecided,
    ExtensionLapsed,
    ExtensionState,
    GrantExtension,
    LimitOver,
    NoFurtherStage,
    NothingToTell,
    NotTheNextStage,
    RefuseExtension,
    Told,
)
from bihuan.tickets.visible import queries
from bihuan.tickets.write import TALK, Basis, Held, Message, Plan, hold, record_text, write, written

_MOST_LAPSED = 500


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _Words(sealing.SealedRow, frozen=True, kw_only=True):
    seq: int


async def ask_extension(
    work: Work, actor: Actor, ticket_id: UUID, command: AskExtension, *, kind: str
) -> Done:
    """Ask for the next stage of a clock, with the reason and the words for the customer. Never conflicts.

    Raises NotFound, Invalid, NoFurtherStage, NotTheNextStage, LimitOver, AlreadyAsked.
    """
    held = await lapse(await hold(work, actor, ticket_id, Basis(version=None)))
    of_kind = next((c for c in held.clocks if c.kind == kind), None)
    if of_kind is None:
        raise NotFound
    rule = rule_of(held, of_kind)
    stage = _next_stage(rule, of_kind, command.stage)
    if not _open(of_kind, held.now):
        raise LimitOver
    if stage.notify_customer and command.notice is None:
        raise Invalid(fields=[FieldProblem(pointer="/notice", code="missing")])
    if any(e.state == "asked" and e.kind == kind for e in await extensions_of(work, ticket_id)):
        raise AlreadyAsked
    extension_id = ids.new_id()
    longer = sla.clock.extend(of_kind, rule, stage.code, held.timing.book.calendars(), now=held.now)
    data = _told(of_kind, stage, extension_id, longer.due_at) | {"approval": stage.approval}
    words = record_text(
        held.protector,
        command.reason,
        notice=held.protector.plain(command.notice) if command.notice else None,
    )
    asked = _asked(held, of_kind, stage, extension_id)
    rows = side_rows.of_extension(asked)
    ticket = await write(held, Plan(action="ask_extension", message=words, data=data, rows=rows))
    await work.run(
        queries.add_extension,
        id=extension_id,
        ticket_id=ticket_id,
        kind=kind,
        run=of_kind.run,
        stage=stage.code,
        asked_by_id=actor.id,
        asked_at=held.now,
        seq=asked.seq,
    )
    return done(held, ticket)


async def grant_extension(
    work: Work, actor: Actor, ticket_id: UUID, command: GrantExtension, *, extension_id: UUID
) -> Done:
    """Grant what another has asked for: the customer is told by a public message, and the longer limit holds.

    Raises NotFound, StaleWrite, ExtensionDecided, ExtensionLapsed, NotAllowed, SamePerson, NothingToTell.
    """
    basis = Basis(version=command.version, names=frozenset({"state", TALK}))
    held = await hold(work, actor, ticket_id, basis)
    asked, of_kind = await _undecided(held, extension_id)
    rule = rule_of(held, of_kind)
    stage = next(s for s in rule.stages if s.code == asked.stage)
    actor.must(stage.approval)
    if actor.speaks_as(asked.asked_by):
        raise sla.calendars.SamePerson
    notice = await _notice(held, asked) if stage.notify_customer else None
    longer = sla.clock.extend(of_kind, rule, stage.code, held.timing.book.calendars(), now=held.now)
    plan = Plan(
        action="grant_extension",
        clocks=tuple(longer if c.kind == longer.kind else c for c in held.clocks),
        message=notice,
        data=_told(of_kind, stage, asked.id, longer.due_at)
        | _asker(asked)
        | {"from": _moment(of_kind.due_at)},
        rows=side_rows.of_extension(_decided(held, asked, "granted")),
    )
    ticket = await write(held, plan)
    await _decide(held, asked, "granted")
    return done(held, ticket)


async def refuse_extension(
    work: Work, actor: Actor, ticket_id: UUID, command: RefuseExtension, *, extension_id: UUID
) -> Done:
    """Refuse what another has asked for, with the reason; the limit stays. Never conflicts.

    Raises NotFound, ExtensionDecided, ExtensionLapsed, NotAllowed, SamePerson.
    """
    held = await hold(work, actor, ticket_id, Basis(version=None))
    asked, of_kind = await _undecided(held, extension_id)
    stage = next(s for s in rule_of(held, of_kind).stages if s.code == asked.stage)
    actor.must(stage.approval)
    if actor.speaks_as(asked.asked_by):
        raise sla.calendars.SamePerson
    message = record_text(held.protector, command.reason)
    data = _told(of_kind, stage, asked.id, of_kind.due_at) | _asker(asked)
    rows = side_rows.of_extension(_decided(held, asked, "refused"))
    ticket = await write(held, Plan(action="refuse_extension", message=message, data=data, rows=rows))
    await _decide(held, asked, "refused")
    return done(held, ticket)


async def extensions_of(work: Work, ticket_id: UUID) -> list[Extension]:
    """What was asked for a ticket that the caller may see, oldest first."""
    return await work.rows(queries.extensions, Extension, ticket_id=ticket_id)


async def words_of(work: Work, ticket_id: UUID, asked: Sequence[Extension]) -> dict[UUID, Told]:
    """Reason and notice of each request."""
    seqs = [e.seq for e in asked]
    rows = await work.rows(queries.words_at, _Words, ticket_id=ticket_id, seqs=seqs) if seqs else []
    said = await sealing.said(work, rows, None)
    told = {row.seq: one.text for row, one in zip(rows, said, strict=True) if one.gone is None}
    return {e.id: msgspec.json.decode(told.get(e.seq, "{}"), type=Told) for e in asked}


def has_lapsed(asked: Extension, c: Clock, rule: Rule, now: datetime) -> bool:
    """Whether an undecided request can no longer be granted: the limit ended, the clock stopped or began anew, or goes
    by another rule. `c`: the clock of its kind.
    """
    if asked.state != "asked":
        return False
    stage = next_stage(rule, c)
    return c.run != asked.run or not _open(c, now) or stage is None or stage.code != asked.stage


async def lapse(held: Held) -> Held:
    """Record each undecided request of a held ticket that can no longer be granted; an event each.

    Nothing is asked of the database where no clock of it has stages.
    """
    if not any(rule_of(held, c).stages for c in held.clocks):
        return held
    for asked in await extensions_of(held.work, held.ticket.id):
        of_kind = _clock_of(held, asked)
        if has_lapsed(asked, of_kind, rule_of(held, of_kind), held.now):
            data: dict[str, object] = {
                "extension": str(asked.id), "clock": asked.kind, "run": asked.run, "stage": asked.stage, **_asker(asked),
            }  # fmt: skip
            rows = side_rows.of_extension(_decided(held, asked, "lapsed"))
            plan = Plan(action="refuse_extension", event="ticket.extension_lapsed", data=data, rows=rows)
            held = await written(held, plan)
            await _decide(held, asked, "lapsed")
    return held


async def lapse_of(desk: Desk, tenant_id: UUID, ticket_id: UUID) -> None:
    """Record, in a transaction of its own, what has lapsed on a ticket: a refusal must leave that behind."""
    async with desk.database.work(tenant_id) as work:
        await lapse(await hold(work, desk_actor(tenant_id), ticket_id, Basis(version=None)))


async def sweep_lapsed(desk: Desk, tenant_id: UUID) -> int:
    """Record what has lapsed on any ticket of a tenant; returns on how many."""
    async with desk.database.work(tenant_id) as work:
        found = await work.rows(queries.tickets_lapsed, _Id, now=clock.now(), most=_MOST_LAPSED)
    for row in found:
        await lapse_of(desk, tenant_id, row.id)
    return len(found)


def rule_of(held: Held, c: Clock) -> Rule:
    """The rule a clock was started by."""
    targets = targets_of(held.loaded.case_type, held.ticket.priority)
    return held.timing.book.pinned(c.policy, c.policy_version, targets).rule(c.kind)


def next_stage(rule: Rule, c: Clock) -> Stage | None:
    """The stage after the one a clock is at; None: there is none."""
    codes = ["", *(s.code for s in rule.stages)]
    at = codes.index(c.stage) if c.stage in codes else 0
    return rule.stages[at] if at < len(rule.stages) else None


def _next_stage(rule: Rule, c: Clock, code: str) -> Stage:
    """Raises Invalid, NoFurtherStage, NotTheNextStage."""
    if rule.stages and code not in (codes := [s.code for s in rule.stages]):
        choices = ", ".join(codes)
        raise Invalid(fields=[FieldProblem(pointer="/stage", code="choice", params={"choices": choices})])
    stage = next_stage(rule, c)
    if stage is None:
        raise NoFurtherStage
    if stage.code != code:
        raise NotTheNextStage(next=stage.code)
    return stage


def _open(c: Clock, now: datetime) -> bool:
    return c.state(now) in ("running", "paused")


async def _undecided(held: Held, extension_id: UUID) -> tuple[Extension, Clock]:
    """The request, and its clock. Raises NotFound, ExtensionDecided, ExtensionLapsed."""
    found = await extensions_of(held.work, held.ticket.id)
    asked = next((e for e in found if e.id == extension_id), None)
    if asked is None:
        raise NotFound
    of_kind = _clock_of(held, asked)
    if asked.state == "lapsed" or has_lapsed(asked, of_kind, rule_of(held, of_kind), held.now):
        raise ExtensionLapsed
    if asked.state != "asked":
        raise ExtensionDecided
    return asked, of_kind


def _clock_of(held: Held, asked: Extension) -> Clock:
    """The clock it was asked for: clocks are never taken away."""
    return next(c for c in held.clocks if c.kind == asked.kind)


async def _notice(held: Held, asked: Extension) -> Message:
    """The words for the customer, as they will read them. Raises NothingToTell."""
    words = (await words_of(held.work, held.ticket.id, [asked]))[asked.id]
    if not words.notice:
        raise NothingToTell
    return Message(kind="reply", text=held.protector.text(words.notice), channel=held.ticket.channel)


def _asked(held: Held, c: Clock, stage: Stage, extension_id: UUID) -> Extension:
    """A request as its row will say."""
    return Extension(
        id=extension_id,
        ticket_id=held.ticket.id,
        kind=c.kind,
        run=c.run,
        stage=stage.code,
        state="asked",
        asked_by=held.actor.id,
        asked_at=held.now,
        decided_by=None,
        decided_at=None,
        seq=held.head.seq + 1,
    )


def _decided(held: Held, asked: Extension, state: ExtensionState) -> Extension:
    """A request as its row will say after the decision."""
    return msgspec.structs.replace(asked, state=state, decided_by=held.actor.id, decided_at=held.now)


async def _decide(held: Held, asked: Extension, state: ExtensionState) -> None:
    """Queue the decision; the ticket's lock is held, so the row is there and undecided."""
    await held.work.run(
        queries.decide_extension,
        id=asked.id,
        state=state,
        decided_by_id=held.actor.id,
        decided_at=held.now,
    )


def _told(c: Clock, stage: Stage, extension_id: UUID, due_at: datetime) -> dict[str, object]:
    return {
        "extension": str(extension_id),
        "clock": c.kind,
        "run": c.run,
        "stage": stage.code,
        "due_at": _moment(due_at),
    }


def _asker(asked: Extension) -> dict[str, object]:
    return {"asked_by": str(asked.asked_by)}


def _moment(at: datetime) -> str:
    return at.isoformat()
