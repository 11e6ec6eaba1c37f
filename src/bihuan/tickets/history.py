"""What happened on a ticket: the timeline, and the part of it that its customer is told."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bihuan import evidence, identity
from bihuan.core.db import Work
from bihuan.evidence import Recorded
from bihuan.identity import Directory
from bihuan.tickets.model import Entry
from bihuan.tickets.visible import queries

#: How a change of state stands in an event's canonical body; what only looks like one is read and does no harm.
_TURN = '"state":["'


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """Events in which customer and desk spoke to each other last, newest first; how many such there are before them."""

    seqs: list[int]
    earlier: int


class _Spoken(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    in_all: int


class _MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    id: UUID
    kind: str
    channel: str
    body: str | None
    spans: list[list[int | str]] | None


async def timeline(work: Work, ticket_id: UUID, *, after: int = 0, most: int = 200) -> list[Entry]:
    """What happened on a ticket that the caller may see, in order, with the words that go with it."""
    happened = await evidence.events(work, ticket_id, after=after, most=most)
    last = happened[-1].seq if happened else after
    rows = await work.rows(queries.messages, _MessageRow, ticket_id=ticket_id, after=after, most=most)
    words = {row.seq: row for row in rows if row.seq <= last}
    people = await identity.directory(work)
    return [_entry(event, words.get(event.seq), people) for event in happened]


async def newest_talk(work: Work, ticket_id: UUID, *, most: int) -> Talk:
    """Where customer and desk spoke to each other last on a ticket that the caller may see."""
    rows = await work.rows(queries.newest_said, _Spoken, ticket_id=ticket_id, most=most)
    return Talk(seqs=[row.seq for row in rows], earlier=rows[0].in_all - len(rows) if rows else 0)


async def turns(work: Work, ticket_id: UUID, *, also: Sequence[int] = ()) -> list[Entry]:
    """How a ticket that the caller may see was opened and changed its state, and these events beside; in order."""
    happened = await evidence.events_at(work, ticket_id, also, mark=_TURN)
    seqs = [event.seq for event in happened]
    rows = await work.rows(queries.messages_at, _MessageRow, ticket_id=ticket_id, seqs=seqs)
    words = {row.seq: row for row in rows}
    people = await identity.directory(work)
    return [_entry(event, words.get(event.seq), people) for event in happened]


def _entry(event: Recorded, row: _MessageRow | None, people: Directory) -> Entry:
    hidden = {"commit", "row", "message_id", "rating"}
    message = None
    if row is not None:
        message = {
            "id": str(row.id),
            "kind": row.kind,
            "channel": row.channel,
            "body": row.body,
            "spans": row.spans,
        }
        if row.kind == "record" and row.body is not None:
            message = {"id": str(row.id), "kind": "record", **msgspec.json.decode(row.body)}
    person = people.staff.get(event.actor_id)
    return Entry(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        actor=person.name if person else event.actor_kind,
        actor_kind=event.actor_kind,
        data={k: v for k, v in event.data.items() if k not in hidden},
        message=message,
    )
