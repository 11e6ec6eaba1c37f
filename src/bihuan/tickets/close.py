"""Verbs of the end: call back, archive, reopen, withdraw, reject, merge, link."""

from uuid import UUID

import msgspec

from bihuan import customers, sla
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.ids import clean_number
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.tickets import extensions, file_views
from bihuan.tickets.done import Done, done
from bihuan.tickets.lifecycle import Action
from bihuan.tickets.model import (
    Archive,
    CallBack,
    CallBackResult,
    Link,
    Merge,
    Reject,
    Reopen,
    Ticket,
    Withdraw,
)
from bihuan.tickets.talk import reopened, waited
from bihuan.tickets.visible import queries, visible_to
from bihuan.tickets.write import TALK, Basis, Held, Plan, hold, plan_held, record_text, write, written

_STATE = frozenset({"state"})
_CALLS: dict[CallBackResult, Action] = {
    "satisfied": "call_back_satisfied",
    "basically_satisfied": "call_back_satisfied",
    "dissatisfied": "call_back_dissatisfied",
    "unreachable": "call_back_unreachable",
}
#: What a bond is from the other side.
_OTHER_SIDE = {
    "related": "related",
    "duplicate": "duplicate",
    "parent": "child",
    "child": "parent",
    "merged_into": "merged_from",
}


class NotIntoItself(Problem):
    """A ticket cannot be merged into or linked to itself."""

    status = 409
    zh = "工单不能合并到自身或与自身关联。"


class OtherCustomer(Problem):
    """The two tickets are of different customers."""

    status = 409
    zh = "两张工单属于不同客户，不能合并。"


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def call_back(work: Work, actor: Actor, ticket_id: UUID, command: CallBack) -> Done:
    """What the call-back found. A dissatisfied customer's ticket is reopened, with its resolution owed anew.

    Raises StaleWrite.
    """
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_STATE))
    changes: dict[str, object] = {"callback_result": command.result}
    if command.result == "dissatisfied":
        changes = {**reopened(held), **changes}
    message = record_text(held.protector, command.note) if command.note else None
    plan = Plan(action=_CALLS[command.result], set=changes, message=message)
    return done(held, await write(held, plan))


async def archive(work: Work, actor: Actor, ticket_id: UUID, command: Archive) -> Done:
    """Closed and kept. Raises StaleWrite, CallBackFirst, Incomplete."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_STATE | {TALK}))
    after = await written(held, Plan(action="archive", set={"closed_at": held.now}))
    return done(held, (await extensions.lapse(after)).ticket)


async def reopen(work: Work, actor: Actor, ticket_id: UUID, command: Reopen) -> Done:
    """Not done after all; the resolution is owed anew. Raises StaleWrite."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_STATE))
    message = record_text(held.protector, command.reason)
    return done(held, await write(held, Plan(action="reopen", set=reopened(held), message=message)))


async def withdraw(work: Work, actor: Actor, ticket_id: UUID, command: Withdraw) -> Done:
    """The customer takes it back, with their proof; all clocks end the same day. Raises StaleWrite, Invalid."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_STATE))
    data: dict[str, object] = {}
    if command.attachment_id is not None:
        await _must_have(held, command.attachment_id)
        data["proof_attachment"] = str(command.attachment_id)
    return done(held, await end(held, "withdraw", reason=command.proof, data=data))


async def reject(work: Work, actor: Actor, ticket_id: UUID, command: Reject) -> Done:
    """Not ours to handle; the reason is for the customer. Raises StaleWrite."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_STATE))
    return done(held, await end(held, "reject", reason=command.reason))


async def merge(work: Work, actor: Actor, ticket_id: UUID, command: Merge) -> Done:
    """Into another open ticket. Both chains stay whole and name one another; the survivor owes what was owed earliest.

    Raises StaleWrite, Invalid, NotIntoItself, OtherCustomer, TicketClosed.
    """
    other_id = await _numbered(work, actor, ticket_id, command.into, "/into")
    if other_id == ticket_id:
        raise NotIntoItself
    # Always in the same order, so that two merges that cross cannot wait for one another.
    basis = Basis(version=command.version, names=_STATE | {TALK})
    first_is_other = other_id < ticket_id
    survivor = await hold(work, actor, other_id, Basis(version=None)) if first_is_other else None
    merged = await hold(work, actor, ticket_id, basis)
    survivor = survivor or await hold(work, actor, other_id, Basis(version=None))
    if not await customers.same_person(work, (merged.ticket.customer_id, survivor.ticket.customer_id)):
        raise OtherCustomer
    calendars, plan, theirs = (
        survivor.timing.book.calendars(),
        await plan_held(survivor),
        await plan_held(merged),
    )
    clocks = sla.clock.merge(
        survivor.clocks, merged.clocks, calendars, plan=plan, at=survivor.now, theirs=theirs
    )
    absorbed = Plan(
        action="absorb",
        # A survivor whose customer was not known learns them from the ticket it takes in.
        set={"customer_id": survivor.ticket.customer_id or merged.ticket.customer_id},
        clocks=clocks,
        data={"merged_from": merged.ticket.number, "merged_id": str(ticket_id)},
    )
    kept = await write(survivor, absorbed)
    data: dict[str, object] = {"into": kept.number}
    ended = await end(merged, "merge", reason=command.reason, data=data, changes={"merged_into": other_id})
    await _bond(
        work, ended.id, other_id, kind="merged_into", seq=merged.head.seq + 1, other_seq=kept.head_seq
    )
    return done(merged, ended)


async def link(work: Work, actor: Actor, ticket_id: UUID, command: Link) -> Done:
    """A bond to another ticket, seen from both. Never conflicts. Raises Invalid, NotIntoItself."""
    other_id = await _numbered(work, actor, ticket_id, command.other, "/other")
    if other_id == ticket_id:
        raise NotIntoItself
    held = await hold(work, actor, ticket_id, Basis(version=None))
    data: dict[str, object] = {"other_id": str(other_id), "link": command.kind}
    ticket = await write(held, Plan(action="link", data=data))
    await _bond(work, ticket_id, other_id, kind=command.kind, seq=ticket.head_seq, other_seq=0)
    return done(held, ticket)


async def end(
    held: Held,
    action: Action,
    *,
    reason: str,
    data: dict[str, object] | None = None,
    changes: dict[str, object] | None = None,
) -> Ticket:
    """Another end than the archive: columns, and the reason on record; the clocks are called off, and with them what was
    asked for them. The end's own event is the first.
    """
    columns = {"closed_at": held.now, **waited(), **(changes or {})}
    message = record_text(held.protector, reason)
    after = await written(held, Plan(action=action, set=columns, message=message, data=data or {}))
    return (await extensions.lapse(after)).ticket


async def _bond(work: Work, ticket_id: UUID, other_id: UUID, *, kind: str, seq: int, other_seq: int) -> None:
    await work.run(queries.add_link, ticket_id=ticket_id, other_id=other_id, kind=kind, seq=seq)
    await work.run(
        queries.add_link, ticket_id=other_id, other_id=ticket_id, kind=_OTHER_SIDE[kind], seq=other_seq
    )


async def _numbered(work: Work, actor: Actor, ticket_id: UUID, number: str, pointer: str) -> UUID:
    """The other ticket, by its number. Raises NotFound where the ticket itself is not the actor's to see, Invalid."""
    if await work.one(queries.ticket, dict, id=ticket_id, **visible_to(actor)) is None:
        raise NotFound
    row = await work.one(queries.id_of_number, _Id, number=clean_number(number), **visible_to(actor))
    if row is None:
        raise Invalid(fields=[FieldProblem(pointer=pointer, code="not_found")])
    return row.id


async def _must_have(held: Held, attachment_id: UUID) -> None:
    known = await file_views.attachments(held.work, held.ticket.id)
    if attachment_id not in {row.id for row in known}:
        raise Invalid(fields=[FieldProblem(pointer="/attachment_id", code="not_found")])
