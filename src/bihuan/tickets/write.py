"""How every verb but `open` writes: hold the ticket, plan purely, write event and rows in one pipeline.

    held = await hold(work, actor, ticket_id, basis)      # one round trip, the row locked
    plan = Plan(action="claim", set={"assignee_id": actor.id})
    ticket = await write(held, plan)                      # queued; the commit is the edge's

A verb conflicts only with what it is based on: the caller's `version` is compared event by event.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import msgspec

from bihuan import evidence, sla
from bihuan.casetypes import store
from bihuan.casetypes.store import Loaded
from bihuan.core import clock, ids
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.evidence import Head, Recorded
from bihuan.privacy import ProtectedText, Protector, released_numbers
from bihuan.sla import Clock
from bihuan.tickets import guards, late, lifecycle, sealing, side_rows
from bihuan.tickets.clocks import Change, Timing, announce, clocks_after, plan_of, timing
from bihuan.tickets.lifecycle import Action, Transition
from bihuan.tickets.model import StoredTicket, Ticket
from bihuan.tickets.state import digest
from bihuan.tickets.visible import queries, visible_to

#: Columns whose values an event tells; of all others it tells only that they changed.
_TOLD = frozenset({"state", "priority", "team_id", "assignee_id", "case_type", "case_type_version", "waiting_for",
    "waiting_until", "resumes_to", "outcome", "callback_result", "merged_into", "transfers", "reopenings", "tags",
    "checklist", "evidence"})  # fmt: skip
_DERIVED = frozenset({"head_seq", "public_seq", "changed_at", "object_index", "sealed", "gone", "spans"})

MessageKind = Literal["customer", "reply", "note", "record"]
#: Stands in a basis for "what the customer and we have said to one another".
TALK = "talk"


#: What may still be told of a ticket whose words were deleted because their time was over.
_AFTERWARDS: frozenset[Action] = frozenset(
    {"erase", "check_file", "hold", "lift_hold", "merge_customer", "part_customer"}
)


class TicketExpired(Problem):
    """This ticket's time of keeping is over and its words were deleted; open a new one."""

    status = 410
    zh = "该工单保存期已满，内容已删除，不能再操作。请新建工单。"


class StaleWrite(Problem):
    """The ticket has changed since you read it; what changed is listed, and your text is kept as a draft."""

    status = 409
    zh = "工单在您读取后已被改动；变更已列出，您的文字已保存为草稿。"

    def __init__(self, changes: list[dict[str, Any]], version: int) -> None:
        self.changes = changes
        self.version = version
        self.draft_id: UUID | None = None
        self.destroyed: list[str] = []
        self.notices: list[str] = []
        super().__init__()

    @property
    def extra(self) -> dict[str, object]:
        """What changed, the version to read, the draft that keeps the words, and what was destroyed in them."""
        kept = {"draft_id": self.draft_id, "destroyed": self.destroyed, "notices": self.notices}
        return {"changes": self.changes, "version": self.version, **kept}


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb rests on: the version its caller saw, and the names that must not have changed since."""

    version: int | None
    names: frozenset[str] = frozenset()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Words that go with an event. For a `record` the text is canonical JSON of masked values."""

    kind: MessageKind
    text: ProtectedText
    channel: str = "desk"
    original_id: UUID | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Words as they are stored, and what their event tells of them."""

    id: UUID
    message: Message
    sealed: bytes
    told: dict[str, object]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb wants: an action of the lifecycle, columns to set, words, further data of the event.

    `event` where one action tells several: its name instead of the table's. `clocks` where the verb itself changes them;
    what every action does to them (`tickets.clocks`) comes after that. `rows`: digests of rows beside the ticket it writes.
    """

    action: Action
    event: str | None = None
    set: Mapping[str, object] = {}
    clocks: tuple[Clock, ...] | None = None
    message: Message | None = None
    data: Mapping[str, object] = {}
    rows: side_rows.Rows = {}


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket whose row is locked, with all a verb needs to plan."""

    work: Work
    actor: Actor
    ticket: Ticket
    clocks: tuple[Clock, ...]
    head: Head
    loaded: Loaded
    now: datetime
    protector: Protector
    timing: Timing


async def hold(work: Work, actor: Actor, ticket_id: UUID, basis: Basis) -> Held:
    """Lock the ticket and read what planning needs, in one round trip. Raises NotFound, StaleWrite, Invalid."""
    row = await work.send(queries.lock_ticket, StoredTicket, id=ticket_id, **visible_to(actor))
    head_row = await work.send(evidence.HEAD_QUERY, evidence.LockedHead, stream_id=ticket_id)
    clocks = await sla.read(work, ticket_id)
    stored, head = await row.one(), await head_row.one()
    if stored is None or head is None:
        raise NotFound
    ticket, key = (await sealing.opened_with_keys(work, [stored]))[0]
    await _check_version(work, ticket, head, basis)
    now, running = clock.now(), tuple(await clocks.all())
    return Held(
        work=work,
        actor=actor,
        ticket=ticket,
        clocks=running,
        head=head,
        loaded=await store.version(work, ticket.case_type, ticket.case_type_version),
        now=now,
        protector=Protector(
            work,
            ticket.subject_id,
            subject=key,
            known=True,
            released=await released_numbers(work),
            ticket_id=ticket.id,
        ),
        timing=await timing(work, now, running),
    )


async def plan_held(held: Held) -> sla.Plan:
    """The plan the ticket's clocks go on by."""
    return await plan_of(held.timing, held.ticket, held.loaded.case_type, held.clocks)


async def write(held: Held, plan: Plan) -> Ticket:
    """Check lifecycle and guards, then queue event, ticket, words and clocks. Returns the ticket as it will stand."""
    return (await written(held, plan)).ticket


async def written(held: Held, plan: Plan) -> Held:
    """Like `write`, for one who goes on writing in the same transaction: all as it stands after the event."""
    found = lifecycle.transition(held.ticket.state, plan.action)
    if not held.ticket.sealed and plan.action not in _AFTERWARDS:
        raise TicketExpired
    ticket = _after(held, plan, found)
    data = {**plan.data, **_changes(held.ticket, ticket)}
    if held.ticket.assignee_id in held.actor.stands_for:
        data["on_behalf_of"] = str(held.ticket.assignee_id)
    if not sealing.same_words(held.protector, held.ticket, ticket):
        ticket = await sealing.sealed(held.protector, ticket)
    message = None if plan.message is None else await kept(held.protector, plan.message)
    if message is not None:
        data |= message.told
    event = plan.event or found.event
    clocks = await _clocks(held, plan, event, ticket)
    changed = tuple(c for c in clocks if c not in held.clocks)
    if changed:
        data["clocks"] = [sla.summary(c) for c in changed]
    if rows := side_rows.joined(side_rows.of_clocks(changed, before=held.clocks), plan.rows):
        data["rows"] = rows
    await held.protector.flush()
    head = await _append(held, event, data, ticket)
    await put_ticket(held.work, ticket)
    if message is not None:
        await put_message(held.work, ticket.id, ticket.head_seq, message)
    await sla.put(held.work, ticket.id, changed, before=held.clocks)
    announce(held.work, changed, held.now)
    after = msgspec.structs.replace(held, ticket=ticket, head=head, clocks=clocks)
    return await _breaches(after, late.unswept(held.clocks, clocks))


async def _breaches(held: Held, found: tuple[Clock, ...]) -> Held:
    """Each breach that the sweep has not come to, as an event of the desk's own; then the sweep has nothing to add."""
    actor = held.actor
    held = msgspec.structs.replace(held, actor=desk_actor(held.work.tenant_id)) if found else held
    for c in found:
        clocks = tuple(late.marked(one) if one == c else one for one in held.clocks)
        plan = Plan(action="follow_up", event=late.EVENT, clocks=clocks, data=late.told(c))
        held = await written(held, plan)
    return msgspec.structs.replace(held, actor=actor)


def _after(held: Held, plan: Plan, found: Transition) -> Ticket:
    """The ticket as it will stand. Raises the guard's problem."""
    state = lifecycle.target(held.ticket.state, found, held.ticket.resumes_to)
    wanted = _replaced(held.ticket, {**plan.set, "changed_at": held.now})
    if found.moves_if is None or guards.holds(found.moves_if, wanted, held.loaded.case_type):
        wanted = _replaced(wanted, {"state": state})
    guards.check(found, held.ticket, wanted, held.loaded.case_type, held.actor)
    seq = held.head.seq + 1
    talked = plan.message is not None and plan.message.kind in ("customer", "reply")
    return _replaced(wanted, {"head_seq": seq, "public_seq": seq if talked else wanted.public_seq})


async def _clocks(held: Held, plan: Plan, event: str, ticket: Ticket) -> tuple[Clock, ...]:
    """All its clocks as they will stand."""
    change = Change(
        action=plan.action,
        event=event,
        actor=held.actor,
        before=held.ticket,
        after=ticket,
        case_type=held.loaded.case_type,
        clocks=held.clocks if plan.clocks is None else plan.clocks,
        answers=plan.message is not None and plan.message.kind == "reply",
    )
    return await clocks_after(held.timing, change)


async def kept(protector: Protector, message: Message) -> Kept:
    """Words sealed, and what their event tells of them: their kind, and commitments. Raises Shredded, KeyLost."""
    message_id = ids.new_id()
    original = str(message.original_id) if message.original_id else None
    sealed, commitments = await sealing.seal_message(protector, message_id, message.text)
    told: dict[str, object] = {
        "message": message.kind,
        "message_id": str(message_id),
        **commitments,
        "row": evidence.state_digest([str(message_id), message.kind, message.channel, original]),
    }
    if message.text.destroyed:
        told["destroyed"] = sorted(message.text.destroyed)
    return Kept(id=message_id, message=message, sealed=sealed, told=told)


async def put_message(work: Work, ticket_id: UUID, seq: int, kept: Kept) -> None:
    """Queue the words of an event."""
    await work.run(
        queries.add_message,
        ticket_id=ticket_id,
        seq=seq,
        id=kept.id,
        kind=kept.message.kind,
        channel=kept.message.channel,
        sealed=kept.sealed,
        original_id=kept.message.original_id,
    )


async def put_ticket(work: Work, ticket: Ticket) -> None:
    """Queue the row as a whole; who watches is told after the commit."""
    await work.run(queries.put_ticket, **columns(ticket))
    work.touch(f"ticket:{work.tenant_id}/{ticket.id}")


def columns(ticket: Ticket) -> dict[str, object]:
    """A ticket as parameters of its statements."""
    return {name: getattr(ticket, name) for name in StoredTicket.__struct_fields__}


def record_text(protector: Protector, reason: str | None, **before: object) -> Message:
    """The words of an event that is not itself a message: a reason, and what texts were before."""
    told: dict[str, object] = {k: v for k, v in before.items() if v}
    if reason:
        told["reason"] = protector.plain(reason)
    text = ProtectedText(
        text=evidence.canonical(told), spans=[], destroyed=tuple(sorted(protector.destroyed))
    )
    return Message(kind="record", text=text)


async def _append(held: Held, kind: str, data: dict[str, object], ticket: Ticket) -> Head:
    event = evidence.NewEvent(kind=kind, at=held.now, actor=held.actor, data=data, state=digest(ticket))
    stream = evidence.Stream(kind="ticket", id=ticket.id)
    return await evidence.append(held.work, held.work.ring, stream, held.head, event)


def _replaced(ticket: Ticket, values: Mapping[str, object]) -> Ticket:
    return msgspec.structs.replace(ticket, **values)


def _changes(before: Ticket, after: Ticket) -> dict[str, object]:
    """What an event says of the columns: codes with before and after, contents by name alone."""
    told: dict[str, list[object]] = {}
    names: list[str] = []
    for name in Ticket.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if old == new or name in _DERIVED:
            continue
        if name in _TOLD:
            told[name] = [_safe(old), _safe(new)]
        elif name in ("fields", "elements"):
            olds, news = cast("dict[str, object]", old), cast("dict[str, object]", new)
            names += sorted(f"{name}.{k}" for k in olds.keys() | news.keys() if olds.get(k) != news.get(k))
        else:
            names.append(name)
    result: dict[str, object] = {"changes": told} if told else {}
    return {**result, "changed": names} if names else result


def _safe(value: object) -> object:
    return str(value) if isinstance(value, UUID | datetime) else value


async def _check_version(work: Work, ticket: Ticket, head: Head, basis: Basis) -> None:
    if basis.version is None or basis.version == head.seq:
        return
    if basis.version > head.seq:
        problem = FieldProblem(pointer="/version", code="too_big", params={"limit": head.seq})
        raise Invalid(fields=[problem])
    since = await evidence.events(work, ticket.id, after=basis.version, most=head.seq - basis.version)
    against = [event for event in since if _touches(event, basis.names)]
    if against:
        raise StaleWrite([_told(event) for event in against], head.seq)


def _touches(event: Recorded, names: frozenset[str]) -> bool:
    if TALK in names and event.data.get("message") in ("customer", "reply"):
        return True
    changes = msgspec.convert(event.data.get("changes", {}), dict[str, object])
    changed = msgspec.convert(event.data.get("changed", []), list[str])
    return bool(names & changes.keys()) or any(c in names or c.split(".")[0] in names for c in changed)


def _told(event: Recorded) -> dict[str, Any]:
    data = {k: v for k, v in event.data.items() if k in ("changes", "changed", "message")}
    return {"seq": event.seq, "at": event.at, "kind": event.kind, "actor_id": event.actor_id, **data}
