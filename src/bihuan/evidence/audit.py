"""Searching the register: who changed what, who saw whom; and whether an event still is what was written."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

import msgspec
from psycopg import sql

from bihuan.core.db import Query, Work
from bihuan.core.problems import NotFound
from bihuan.evidence import chain
from bihuan.evidence.append import Recorded, queries, recorded
from bihuan.evidence.register import Place, id_in, whom

MOST_ENTRIES = 100
#: What is asked → its condition. Ids are in the order of time, so a time is a place among the ids.
_CONDITIONS: tuple[tuple[str, LiteralString], ...] = (
    ("who", "a.actor_id = %(who)s"),
    ("kind", "a.kind = %(kind)s"),
    ("ticket", "a.ticket_id = %(ticket)s"),
    ("whom", "a.whom_id = %(whom)s"),
    ("since", "a.id >= %(first_id)s"),
    ("until", "a.id < %(end_id)s"),
    ("after", "a.id < %(after)s"),
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for: who did it, what, on which ticket, about whom, in [since, until), after which row."""

    who: UUID | None = None
    kind: str | None = None
    ticket: UUID | None = None
    whom: UUID | None = None
    stream: Literal["staff", "config"] | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: UUID | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the register with its event. `registered_as`: the kind it is found by."""

    id: UUID
    stream: Literal["staff", "config"]
    stream_id: UUID
    ticket_id: UUID | None
    whom_id: UUID | None
    registered_as: str
    event: Recorded


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an event is what was written. `intact`: its hash and MAC fit its text and the event before it, and the
    register says of it what it says; `seal_no`: the first seal that covers it, None while it waits for one.
    """

    event: Recorded
    body: str
    hash: str
    intact: bool
    seal_no: int | None


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    kind: str


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    stream_id: UUID
    seq: int
    stream: Literal["staff", "config"]
    kind: str
    at: datetime
    actor_id: UUID
    ticket_id: UUID | None
    whom_id: UUID | None
    body: str


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    body: str
    hash: bytes
    mac: bytes
    mac_key: str
    before_hash: bytes | None
    seal_no: int | None


async def entries(work: Work, asked: Asked, *, most: int) -> list[Entry]:
    """What was asked for, newest first, `most` at most."""
    params = {name: getattr(asked, name) for name, _ in _CONDITIONS}
    if asked.since is not None:
        params["first_id"] = _edge(asked.since)
    if asked.until is not None:
        params["end_id"] = _edge(asked.until)
    found = await work.rows(_query(asked), _Id, most=most, **params)
    return await entries_of(work, [row.id for row in found])


async def entries_of(work: Work, entry_ids: Sequence[UUID]) -> list[Entry]:
    """These rows with their events, newest first. The event tells what happened, never the row."""
    rows = await work.rows(queries.entries_with_events, _Row, ids=list(entry_ids)) if entry_ids else []
    return [_entry(row) for row in rows]


async def kinds(work: Work) -> list[str]:
    """Every kind the register has, by code."""
    return [row.kind for row in await work.rows(queries.entry_kinds, _Kind)]


async def entry(work: Work, entry_id: UUID) -> tuple[Entry, Proof]:
    """One row with its event, checked now against the hash before it, the ring and the seals. Raises NotFound."""
    pending = await work.send(queries.entry_proof, _Stored, id=entry_id)
    found = await entries_of(work, [entry_id])
    stored = await pending.one()
    if not found or stored is None:
        raise NotFound
    return found[0], _proof(work, found[0], stored)


def _query(asked: Asked) -> Query:
    """Composed of what is asked alone: a condition that may be absent would keep an index from being used."""
    given = [sql.SQL(text) for name, text in _CONDITIONS if getattr(asked, name) is not None]
    if asked.stream is not None:
        # Spelled out, for the index of the few that are about configuration.
        given.append(sql.SQL("a.stream = 'config'" if asked.stream == "config" else "a.stream = 'staff'"))
    told = sql.SQL("select a.id from audit_entry a where {} order by a.id desc limit %(most)s").format(
        sql.SQL(" and ").join([sql.SQL("a.tenant_id = %(tenant_id)s"), *given])
    )
    return Query(name="evidence.audit", sql=told.as_string(None), prepare=False)


def _edge(at: datetime) -> UUID:
    """The least id of that millisecond or later."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


def _entry(row: _Row) -> Entry:
    return Entry(
        id=row.id,
        stream=row.stream,
        stream_id=row.stream_id,
        ticket_id=row.ticket_id,
        whom_id=row.whom_id,
        registered_as=row.kind,
        event=recorded(row.seq, row.body),
    )


def _proof(work: Work, found: Entry, stored: _Stored) -> Proof:
    event = found.event
    first = chain.genesis(work.tenant_id, found.stream, found.stream_id)
    before = first if event.seq == 1 else (stored.before_hash or b"")
    unbroken = chain.event_hash(before, stored.body.encode()) == stored.hash
    ours = hmac.compare_digest(chain.mac(work.ring.by_tag(stored.mac_key).secret, stored.hash), stored.mac)
    place = Place(stream=found.stream, stream_id=found.stream_id, seq=event.seq, actor_id=event.actor_id)
    told = (event.kind, id_in(event.data, "ticket"), whom(place, event.data))
    return Proof(
        event=event,
        body=stored.body,
        hash=stored.hash.hex(),
        intact=unbroken and ours and told == (found.registered_as, found.ticket_id, found.whom_id),
        seal_no=stored.seal_no,
    )
