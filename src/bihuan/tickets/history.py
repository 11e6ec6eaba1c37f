"""What happened on a ticket: the timeline, and the part of it that its customer is told."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from bihuan import evidence, identity
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.evidence import Recorded
from bihuan.identity import Directory
from bihuan.privacy import released_values
from bihuan.tickets import sealing
from bihuan.tickets.model import Entry
from bihuan.tickets.sealing import Said
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


class _MessageRow(sealing.SealedRow, frozen=True, kw_only=True):
    seq: int
    kind: str
    channel: str


async def timeline(
    work: Work, ticket_id: UUID, *, after: int = 0, most: int = 200, language: Language | None = None
) -> list[Entry]:
    """What happened on a ticket that the caller may see, in order, with the words that go with it."""
    happened = await evidence.events(work, ticket_id, after=after, most=most)
    last = happened[-1].seq if happened else after
    rows = await work.rows(queries.messages, _MessageRow, ticket_id=ticket_id, after=after, most=most)
    words = await _words(work, [row for row in rows if row.seq <= last], language)
    people = await identity.directory(work)
    return [_entry(event, words.get(event.seq), people) for event in happened]


async def newest_talk(work: Work, ticket_id: UUID, *, most: int) -> Talk:
    """Where customer and desk spoke to each other last on a ticket that the caller may see."""
    rows = await work.rows(queries.newest_said, _Spoken, ticket_id=ticket_id, most=most)
    return Talk(seqs=[row.seq for row in rows], earlier=rows[0].in_all - len(rows) if rows else 0)


async def turns(
    work: Work, ticket_id: UUID, *, also: Sequence[int] = (), language: Language | None = None
) -> list[Entry]:
    """How a ticket that the caller may see was opened and changed its state, and these events beside; in order."""
    happened = await evidence.events_at(work, ticket_id, also, mark=_TURN)
    seqs = [event.seq for event in happened]
    rows = await work.rows(queries.messages_at, _MessageRow, ticket_id=ticket_id, seqs=seqs)
    words = await _words(work, rows, language)
    people = await identity.directory(work)
    return [_entry(event, words.get(event.seq), people) for event in happened]


async def _words(
    work: Work, rows: Sequence[_MessageRow], language: Language | None
) -> dict[int, dict[str, Any]]:
    """What was said, by event, as it is shown."""
    found = await _with_released(work, await sealing.said(work, rows, language))
    return {row.seq: _message(row, said) for row, said in zip(rows, found, strict=True)}


async def _with_released(work: Work, found: list[Said]) -> list[Said]:
    """The same with numbers in clear that only looked personal; the places of the other masks move along."""
    masked = {UUID(str(span[3])) for said in found for span in said.spans}
    clear = await released_values(work, masked)
    return [_unmasked(said, clear) for said in found] if clear else found


def _unmasked(said: Said, clear: Mapping[UUID, str]) -> Said:
    text, spans, shift = said.text, list[list[int | str]](), 0
    for span in said.spans:
        start, end = int(span[0]) + shift, int(span[1]) + shift
        value = clear.get(UUID(str(span[3])))
        if value is None:
            spans.append([start, end, *span[2:]])
        else:
            text = text[:start] + value + text[end:]
            shift += len(value) - (end - start)
    return msgspec.structs.replace(said, text=text, spans=spans)


def _message(row: _MessageRow, said: Said) -> dict[str, Any]:
    told: dict[str, Any] = {"id": str(row.id), "kind": row.kind}
    if said.gone is not None:
        told["gone"] = said.gone
    if row.kind == "record":
        return {**told, **({"reason": said.text} if said.gone else msgspec.json.decode(said.text))}
    return {**told, "channel": row.channel, "body": said.text, "spans": said.spans}


def _entry(event: Recorded, message: dict[str, Any] | None, people: Directory) -> Entry:
    hidden = {"commit", "sealed", "row", "rows", "message_id", "rating"}
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
