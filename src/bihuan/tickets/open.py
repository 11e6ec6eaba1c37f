"""Opening a ticket: the one verb that makes one."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bihuan import casetypes, customers, evidence, identity, sla
from bihuan.casetypes import By, CaseType, Checked, PriorityDecision, store
from bihuan.casetypes.store import Loaded
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.customers import Lookup, Match
from bihuan.privacy import Protector, Subject, blind_index, blind_indexes, new_subject, released_numbers
from bihuan.sla import Clock
from bihuan.tickets import protection, side_rows
from bihuan.tickets.clocks import Timing, announce, facts_of, targets_of, where
from bihuan.tickets.lifecycle import State
from bihuan.tickets.model import OpenTicket, Similar, Ticket
from bihuan.tickets.numbers import next_number
from bihuan.tickets.sealing import SealedRow, sealed, titles
from bihuan.tickets.state import digest
from bihuan.tickets.visible import queries, visible_to
from bihuan.tickets.write import Kept, Message, columns, kept, put_message

#: Doors that can ask back at once refuse what is incomplete; at the others a ticket opens with what is there.
_ASKS_BACK = frozenset({"api", "portal"})


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket just opened, with what its opener must hear."""

    ticket: Ticket
    clocks: tuple[Clock, ...]
    case_type: CaseType
    destroyed: tuple[str, ...]
    duplicates: list[Similar]
    priority_reason: str


class _Similar(SealedRow, frozen=True, kw_only=True):
    number: str
    state: State
    opened_at: datetime


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """How it came in: which delivery, and when the customer spoke if that was not now."""

    external_id: str | None = None
    received_at: datetime | None = None
    original_id: UUID | None = None


async def open_ticket(work: Work, actor: Actor, command: OpenTicket, door: Door | None = None) -> Opened:
    """Open a ticket. Raises Invalid naming everything that is wrong or, at a door that asks back, missing."""
    door, now = door or Door(), clock.now()
    loaded = await store.find(work, command.case_type)
    checked = check(command, loaded.case_type, now, by=_by(actor))
    lookup = await customers.look_up(work, command.customer) if command.customer else None
    number = await next_number(work)
    people, book = await identity.directory(work), await sla.book(work)
    match = await lookup.match() if lookup else await _asker(work, actor)
    ticket_id = ids.new_id()
    subject = match.subject if match else new_subject(ticket_id)
    protector = await _protector(work, subject, ticket_id)
    key = casetypes.object_key(loaded.case_type, checked.values)
    duplicates = await _similar(work, actor, match, key)
    decided = casetypes.priority_of(loaded.case_type, checked.values, command.priority)
    text = protector.text(command.description)
    team = people.team_named(loaded.case_type.department)
    ticket = Ticket(
        id=ticket_id,
        number=number,
        customer_id=match.id if match else None,
        subject_id=subject.id,
        sealed=b"",
        case_type=command.case_type,
        case_type_version=loaded.version,
        state="intake",
        priority=decided.priority,
        title=protector.plain(command.title, at="title"),
        team_id=team.id if team else None,
        assignee_id=None,
        channel=command.channel,
        external_id=door.external_id,
        elements=protection.elements(protector, checked.elements),
        fields=protection.fields(protector, loaded.case_type, checked.values),
        tags=sorted({protector.plain(t) for t in command.tags}),
        checklist=[],
        evidence=sorted(set(command.evidence)),
        object_index=_object_index(work, key),
        opened_at=now,
        changed_at=now,
    )
    timing = Timing(work=work, book=book, people=people, at=now)
    clocks = _started(timing, ticket, loaded.case_type, match.tier if match else None)
    if command.customer and match:
        await customers.put(work, protector, command.customer, match)
    ticket = await sealed(protector, ticket)
    await protector.flush()
    message = Message(kind="customer", text=text, channel=command.channel, original_id=door.original_id)
    await _put(
        work, actor, ticket, await kept(protector, message), clocks, _told(ticket, loaded, decided, door)
    )
    destroyed = tuple(sorted(protector.destroyed))
    return Opened(
        ticket=ticket,
        clocks=clocks,
        case_type=loaded.case_type,
        destroyed=destroyed,
        duplicates=duplicates,
        priority_reason=decided.reason.of(actor.language),
    )


async def _protector(work: Work, subject: Subject, ticket_id: UUID) -> Protector:
    released = await released_numbers(work)
    return Protector(work, subject.id, subject=subject, released=released, ticket_id=ticket_id)


def _by(actor: Actor) -> By:
    """A customer fills in no field of staff's."""
    return "customer" if actor.kind == "customer" else "staff"


async def _asker(work: Work, actor: Actor) -> Match | None:
    """The customer who opens it themselves."""
    return await customers.known(work, actor.id) if actor.kind == "customer" else None


def check(command: OpenTicket, case_type: CaseType, now: datetime, *, by: By = "staff") -> Checked:
    """The command against its case type. Raises Invalid with every problem at once."""
    checked, problems = problems_of(command, case_type, now, by=by)
    if problems:
        raise Invalid(fields=problems)
    return checked


def problems_of(
    command: OpenTicket, case_type: CaseType, now: datetime, *, by: By = "staff"
) -> tuple[Checked, list[FieldProblem]]:
    """All that is wrong with the command, and at a door that asks back all that is missing."""
    asks_back = command.channel in _ASKS_BACK
    checked = casetypes.check(
        case_type,
        command.fields,
        step="submit" if asks_back else None,
        now=now,
        elements=command.elements,
        evidence=command.evidence,
        by=by,
    )
    problems = list(checked.problems) + protection.misplaced(case_type, checked.values)
    # Evidence is brought by attaching it, which needs the ticket; it is listed as missing, not demanded here.
    problems += [m.problem() for m in checked.missing if m.kind in ("field", "element")]
    if command.customer:
        problems += customers.problems(command.customer)
    return checked, problems


def _started(timing: Timing, ticket: Ticket, case_type: CaseType, tier: str | None) -> tuple[Clock, ...]:
    """The clocks of a new ticket, by the policy that matches it."""
    targets = targets_of(case_type, ticket.priority)
    plan = timing.book.plan(facts_of(ticket, case_type, tier), targets, timing.at)
    return sla.clock.start(plan, timing.book.calendars(), timing.at, where(timing, ticket))


async def _similar(work: Work, actor: Actor, match: Match | None, key: str | None) -> list[Similar]:
    """Open tickets about the same object, of this customer and of those who may be the same person."""
    if match is None or key is None:
        return []
    indexes = blind_indexes(work.ring, work.tenant_id, "object", key)
    rows = await work.rows(
        queries.same_object,
        _Similar,
        customer_ids=[*await customers.family(work, match.id), *match.perhaps],
        indexes=indexes,
        **visible_to(actor),
    )
    shown = await titles(work, rows, actor.language)
    return [
        Similar(id=row.id, number=row.number, title=title, state=row.state, opened_at=row.opened_at)
        for row, title in zip(rows, shown, strict=True)
    ]


def _object_index(work: Work, key: str | None) -> bytes | None:
    return None if key is None else blind_index(work.ring.active("index"), work.tenant_id, "object", key)


def _told(ticket: Ticket, loaded: Loaded, decided: PriorityDecision, door: Door) -> dict[str, object]:
    """What the first event says: codes only; words are committed to."""
    told: dict[str, Any] = {
        "number": ticket.number,
        "case_type": ticket.case_type,
        "case_type_version": loaded.version,
        "digest": loaded.digest,
        "priority": ticket.priority,
        "priority_reason": decided.reason_key,
        "channel": ticket.channel,
    }
    optional: dict[str, object] = {
        "team_id": ticket.team_id,
        "customer_id": ticket.customer_id,
        "external_id": ticket.external_id,
        "received_at": door.received_at,
    }
    shown = {
        k: v.isoformat() if isinstance(v, datetime) else str(v) for k, v in optional.items() if v is not None
    }
    return {**told, **shown}


async def _put(
    work: Work,
    actor: Actor,
    ticket: Ticket,
    message: Kept,
    clocks: tuple[Clock, ...],
    told: dict[str, object],
) -> None:
    """Queue all rows of a new ticket."""
    data = {
        **told,
        **message.told,
        "clocks": [sla.summary(c) for c in clocks],
        "rows": side_rows.of_clocks(clocks),
    }
    event = evidence.NewEvent(
        kind="ticket.opened", at=ticket.opened_at, actor=actor, data=data, state=digest(ticket)
    )
    await evidence.append(work, work.ring, evidence.Stream(kind="ticket", id=ticket.id), None, event)
    row = columns(ticket)
    await work.run(queries.add_ticket, **{k: row[k] for k in _INSERTED})
    work.touch(f"ticket:{work.tenant_id}/{ticket.id}")
    await put_message(work, ticket.id, 1, message)
    await sla.put(work, ticket.id, clocks)
    announce(work, clocks, ticket.opened_at)


_INSERTED = ("id", "number", "customer_id", "subject_id", "sealed", "case_type", "case_type_version", "state",
    "priority", "team_id", "assignee_id", "channel", "external_id", "tags", "checklist", "evidence", "object_index",
    "opened_at", "changed_at", "head_seq", "public_seq")  # fmt: skip

__all__ = ["Door", "Lookup", "Opened", "check", "open_ticket", "problems_of"]
