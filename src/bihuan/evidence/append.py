"""Appending to a stream: one event, its head, its outbox row, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core import db
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.keyring import KeyRing
from bihuan.evidence import chain
from bihuan.evidence.chain import Head, LockedHead, StreamKind
from bihuan.evidence.own_heads import must_be_ours
from bihuan.evidence.register import REGISTERED, Place, register

queries = db.load(__file__)
#: For a caller who locks a stream in a round trip with other statements; rows are `LockedHead`s, parameter `stream_id`.
HEAD_QUERY = queries.lock_head
#: Head, sealed number and last seal of a stream; parameter `stream_id`.
STATUS_QUERY = queries.head_and_seal


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event to be written. `data` is JSON-safe and free of personal payloads: those enter as commitments.

    `state` is the digest of the row the stream is about, as it stands after the event (hex), so that a row changed
    behind the chain's back is found; empty where a stream is about no row.
    """

    kind: str
    at: datetime
    actor: Actor
    data: dict[str, object]
    state: str = ""


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """Which stream: a ticket's, a colleague's, a customer's, or the tenant's configuration (id = tenant)."""

    kind: StreamKind
    id: UUID


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is read back. `kind` is its past-tense name, `data` what it says."""

    seq: int
    at: datetime
    kind: str
    actor_kind: Literal["staff", "customer", "system"]
    actor_id: UUID
    data: dict[str, object]


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    actor: dict[str, str]
    kind: str
    data: dict[str, object]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    body: str


async def lock_head(work: Work, stream: Stream) -> LockedHead | None:
    """Wait for the stream's lock and read where it stands; None where it has no event yet."""
    return await work.one(queries.lock_head, LockedHead, stream_id=stream.id)


async def append(work: Work, ring: KeyRing, stream: Stream, head: Head | None, event: NewEvent) -> Head:
    """Queue the event behind `head` (None: the first). The caller holds the stream's lock. Returns the new head.

    A fork is impossible: (tenant, stream, seq) is the events' primary key. Raises RecordBroken where the head is not
    one that we wrote: an event behind it would vouch for what somebody else put there.
    """
    if isinstance(head, LockedHead):
        must_be_ours(ring, stream.id, head)
    seq = head.seq + 1 if head else 1
    before = head.hash if head else chain.genesis(work.tenant_id, stream.kind, stream.id)
    body = _body(work.tenant_id, stream, seq, event)
    now = Head(seq=seq, hash=chain.event_hash(before, body.encode()))
    key = ring.active("mac")
    at = {"stream_id": stream.id, "seq": seq, "hash": now.hash, "mac_key": key.tag}
    await work.run(queries.add_event, body=body, mac=chain.mac(key.secret, now.hash), **at)
    head_mac = chain.head_mac(key.secret, stream.kind, stream.id, now)
    if head:
        await work.run(queries.move_head, mac=head_mac, **at)
    else:
        await work.run(queries.add_stream, kind=stream.kind, mac=head_mac, **at)
    await work.run(queries.add_outbox, stream_id=stream.id, seq=seq, kind=event.kind, due_at=event.at)
    if stream.kind in REGISTERED:
        at_ = Place(stream=stream.kind, stream_id=stream.id, seq=seq, actor_id=event.actor.id)
        await register(work, queries.add_entry, at_, event)
    work.touch("outbox")
    return now


async def record(work: Work, ring: KeyRing, stream: Stream, event: NewEvent) -> Head:
    """Lock the stream and append: for streams that are about no row (staff, config)."""
    return await append(work, ring, stream, await lock_head(work, stream), event)


async def events(work: Work, stream_id: UUID, *, after: int = 0, most: int = 1000) -> list[Recorded]:
    """Events of a stream after number `after`, oldest first."""
    rows = await work.rows(queries.events, _Row, stream_id=stream_id, after=after, most=most)
    return [recorded(row.seq, row.body) for row in rows]


async def events_at(work: Work, stream_id: UUID, seqs: Sequence[int], *, mark: str) -> list[Recorded]:
    """A stream's first event, those of these numbers, and those whose canonical body holds `mark`, oldest first.

    The mark is found by reading through the stream where it lies: few rows come back, however long the stream is.
    """
    rows = await work.rows(queries.events_at, _Row, stream_id=stream_id, seqs=list(seqs), mark=mark)
    return [recorded(row.seq, row.body) for row in rows]


def recorded(seq: int, body: str) -> Recorded:
    """An event from its stored body."""
    told = msgspec.json.decode(body, type=_Body)
    actor_kind = msgspec.convert(told.actor["kind"], Literal["staff", "customer", "system"])
    return Recorded(
        seq=seq,
        at=told.at,
        kind=told.kind,
        actor_kind=actor_kind,
        actor_id=UUID(told.actor["id"]),
        data=told.data,
    )


def _body(tenant_id: UUID, stream: Stream, seq: int, event: NewEvent) -> str:
    return chain.canonical(
        {
            "at": event.at,
            "actor": {"id": str(event.actor.id), "kind": event.actor.kind, "via": event.actor.via},
            "data": event.data,
            "kind": event.kind,
            "seq": seq,
            "state": event.state,
            "stream": f"{stream.kind}:{stream.id}",
            "tenant": str(tenant_id),
            "v": 1,
        }
    )
