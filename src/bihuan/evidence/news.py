"""What is new: streams with events since a seal, and the newest events of several streams."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from bihuan.core.db import Work
from bihuan.evidence.append import Recorded, queries, recorded
from bihuan.evidence.chain import StreamKind


class _Seal(msgspec.Struct, frozen=True, kw_only=True):
    no: int
    hash: bytes


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    stream_id: UUID
    seq: int
    body: str


async def last_seal(work: Work) -> int:
    """The newest seal's number; 0 where there is none."""
    row = await work.one(queries.last_seal, _Seal)
    return row.no if row else 0


async def changed_since(work: Work, seal: int, kind: StreamKind, *, most: int) -> list[UUID]:
    """Streams with events that this seal and those before do not cover, `most` at most; some may be told too many.

    Seals are in the order of commits, so nothing is missed, however long a transaction took and whatever clocks said.
    """
    rows = await work.rows(queries.changed_streams, _Id, no=seal, kind=kind, most=most)
    return [row.id for row in rows]


async def last_events(work: Work, streams: Collection[UUID], *, most: int) -> dict[UUID, list[Recorded]]:
    """The newest events of each stream, `most` of each at most, newest first."""
    found: dict[UUID, list[Recorded]] = {}
    for row in await work.rows(queries.last_events, _Event, ids=list(streams), most=most):
        found.setdefault(row.stream_id, []).append(recorded(row.seq, row.body))
    return found
