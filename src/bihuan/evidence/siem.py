"""Telling the SIEM: every event of staff and configuration streams, at least once, in the order of seals.

The cursor is a place among the sealed events: seals are in the order of commits, so nothing is passed over, however long
a transaction took. It moves only when a batch was taken; a receiver that is away holds nobody up and loses nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core import clock, ids, log
from bihuan.core.db import Database, Work
from bihuan.core.desk import Desk
from bihuan.core.settings import Settings
from bihuan.evidence import siem_wire
from bihuan.evidence.append import queries
from bihuan.evidence.news import last_seal
from bihuan.evidence.seal import all_tenants
from bihuan.evidence.siem_wire import NotTaken, Wire
from bihuan.evidence.syslog import Line, in_order, line

#: Events in one batch, and seals looked through for one.
_BATCH, _SEALS = 500, 500
#: Longer than a batch can take; a worker that was killed is replaced after it.
LEASE = timedelta(seconds=60)
_MOST_PAUSE_SECONDS = 60.0
_LAST = UUID(int=2**128 - 1)
_log = log.get("siem")

#: Who is who, for people who read the SIEM: id → login.
Logins = Callable[[Work], Awaitable[Mapping[UUID, str]]]


class SiemState(msgspec.Struct, frozen=True, kw_only=True):
    """How far the SIEM has been told. `behind`: seals it lacks; `error`: a code."""

    target: str
    behind: int
    sent_at: datetime | None
    failing_since: datetime | None
    error: str | None


class _Cursor(msgspec.Struct, frozen=True, kw_only=True):
    seal_no: int
    stream_id: UUID
    seq: int


class _State(msgspec.Struct, frozen=True, kw_only=True):
    seal_no: int
    stream_id: UUID
    sent_at: datetime | None
    failing_since: datetime | None
    error: str | None
    last_seal: int | None


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    seal_no: int
    stream: Literal["staff", "config"]
    stream_id: UUID
    seq: int
    body: str
    hash: bytes


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    lines: list[Line]
    then: _Cursor


def wire_of(settings: Settings) -> Wire | None:
    """Where the SIEM listens; None where there is none."""
    return siem_wire.parse(settings.siem_url, ca_file=settings.ca_file) if settings.siem_url else None


async def run(desk: Desk, logins: Logins) -> None:
    """Tell for ever: every second, and less often while it is away."""
    wire = wire_of(desk.settings)
    if wire is None:
        return
    pause = 1.0
    while True:
        try:
            for tenant_id in await all_tenants(desk.database):
                await tell(desk.database, wire, tenant_id, logins)
            pause = 1.0
        except NotTaken as error:
            _log.warning("siem_away", code=str(error), target=wire.target)
            pause = min(_MOST_PAUSE_SECONDS, pause * 2)
        except Exception as error:
            _log.error("siem_failed", error=error)
        await asyncio.sleep(pause)


async def tell(database: Database, wire: Wire, tenant_id: UUID, logins: Logins) -> int:
    """Tell what one tenant has new; returns how many events were taken. Raises NotTaken; the next time begins there."""
    told = 0
    while (taken := await _tell_batch(database, wire, tenant_id, logins)) is not None:
        told += taken
    return told


async def state(work: Work, wire: Wire) -> SiemState:
    """How far this tenant's events have been told."""
    row = await work.one(queries.siem_state, _State, target=wire.target)
    if row is None:
        behind = await last_seal(work)
        return SiemState(target=wire.target, behind=behind, sent_at=None, failing_since=None, error=None)
    return SiemState(
        target=wire.target,
        behind=max(0, (row.last_seal or 0) - row.seal_no),
        sent_at=row.sent_at,
        failing_since=row.failing_since,
        error=row.error,
    )


async def _tell_batch(database: Database, wire: Wire, tenant_id: UUID, logins: Logins) -> int | None:
    """One batch: how many it held; None where there is nothing (more), or another worker is at it."""
    lease_id = ids.new_id()
    async with database.work(tenant_id) as work:
        if await _up_to_date(work, wire):
            return None
        now = clock.now()
        cursor = await work.one(
            queries.siem_lease,
            _Cursor,
            target=wire.target,
            stream_id=UUID(int=0),
            until_at=now + LEASE,
            lease_id=lease_id,
            now=now,
        )
        if cursor is None:
            return None
        batch = await _batch(work, cursor, logins)
    at = {"target": wire.target, "lease_id": lease_id}
    try:
        if batch.lines:
            host = socket.gethostname()
            await asyncio.to_thread(wire.send, [line(one, host=host) for one in batch.lines])
    except NotTaken as error:
        async with database.work(tenant_id) as work:
            await work.run(queries.siem_refused, at=clock.now(), error=str(error), **at)
        raise
    async with database.work(tenant_id) as work:
        moved = msgspec.structs.asdict(batch.then)
        sent_at = clock.now() if batch.lines else None
        # Where the lease was overrun another worker has it, and tells these again.
        await work.run(queries.siem_took, sent_at=sent_at, **moved, **at)
    return len(batch.lines)


async def _up_to_date(work: Work, wire: Wire) -> bool:
    row = await work.one(queries.siem_state, _State, target=wire.target)
    if row is None:
        return await last_seal(work) == 0
    # A batch may have ended in the middle of a seal.
    return row.seal_no >= (row.last_seal or 0) and row.stream_id == _LAST


async def _batch(work: Work, cursor: _Cursor, logins: Logins) -> _Batch:
    last = min(await last_seal(work), cursor.seal_no + _SEALS)
    rows = await work.rows(
        queries.siem_next,
        _Event,
        first=cursor.seal_no,
        last=last,
        stream_id=cursor.stream_id,
        seq=cursor.seq,
        most=_BATCH,
    )
    tenant, names = str(await work.scalar(queries.tenant_code)), await logins(work)
    lines = [_line(row, tenant, names) for row in rows]
    then = _Cursor(seal_no=last, stream_id=_LAST, seq=0)
    if len(rows) == _BATCH:
        then = _Cursor(seal_no=rows[-1].seal_no, stream_id=rows[-1].stream_id, seq=rows[-1].seq)
    return _Batch(lines=in_order(lines), then=then)


def _line(row: _Event, tenant: str, names: Mapping[UUID, str]) -> Line:
    actor_id = UUID(msgspec.json.decode(row.body, type=_Body).actor["id"])
    return Line(
        tenant=tenant,
        stream=row.stream,
        stream_id=row.stream_id,
        seq=row.seq,
        body=row.body,
        hash=row.hash,
        seal_no=row.seal_no,
        login=names.get(actor_id),
    )


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    actor: dict[str, str]
