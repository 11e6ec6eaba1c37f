"""Delivering events to their reactions. The row is the queue: taken with SKIP LOCKED, deleted when done.

A reaction runs in transactions of its own while the row stays locked; if the process dies the row is free again.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock, db, events, log
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered

queries = db.load(__file__)
_BATCH = 1000
#: Events of one tenant on their way to their reactions at once, in one process: each waits mostly for the database.
_LANES = 4
_EVERY_SECONDS = 5.0
_log = log.get("outbox")


class _Tenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID


class _Seq(msgspec.Struct, frozen=True, kw_only=True):
    seq: int


async def run(desk: Desk) -> None:
    """Deliver for ever: when woken, and every five seconds in any case."""
    while True:
        try:
            await deliver_due(desk)
        except Exception as error:
            _log.error("delivery_failed", error=error)
        await desk.wake.wait("outbox", _EVERY_SECONDS)


async def deliver_due(desk: Desk, *, tenant_id: UUID | None = None) -> int:
    """Deliver what is due, tenant by tenant or of one alone; returns how many events reached their reactions."""
    async with desk.database.across_tenants() as work:
        tenants = await work.rows(queries.tenants_due, _Tenant, now=clock.now())
    delivered = 0
    for row in tenants:
        if tenant_id not in (None, row.tenant_id):
            continue
        await _drop_unheard(desk, row.tenant_id)
        async with asyncio.TaskGroup() as group:
            lanes = [group.create_task(_lane(desk, row.tenant_id)) for _ in range(_most_lanes(desk))]
        delivered += sum(lane.result() for lane in lanes)
    return delivered


def _most_lanes(desk: Desk) -> int:
    """A lane holds one connection for the row and its reactions take a second; others need some too."""
    return max(1, min(_LANES, desk.settings.pool // 3))


async def _lane(desk: Desk, tenant_id: UUID) -> int:
    """One after the other until nothing is due; the rows tell the lanes apart."""
    delivered = 0
    while await _deliver_one(desk, tenant_id):
        delivered += 1
    return delivered


async def sweep_old(desk: Desk, tenant_id: UUID) -> None:
    """Forget answers and tries of past days, and with them the tries made before a tenant was known."""
    before = clock.now() - timedelta(hours=24)
    async with desk.database.work(tenant_id) as work:
        await work.run(queries.drop_old_answers, before=before)
        await work.run(queries.drop_old_tries, before=before)
    async with desk.database.work(UUID(int=0)) as work:
        await work.run(queries.drop_old_tries, before=before)


async def _drop_unheard(desk: Desk, tenant_id: UUID) -> None:
    while True:
        async with desk.database.work(tenant_id) as work:
            gone = await work.rows(
                queries.drop_unheard, _Seq, now=clock.now(), kinds=events.kinds(), most=_BATCH
            )
        if len(gone) < _BATCH:
            return


async def _deliver_one(desk: Desk, tenant_id: UUID) -> bool:
    async with desk.database.work(tenant_id) as work:
        event = await work.one(queries.take_due, Delivered, now=clock.now())
        if event is None:
            return False
        at = {"stream_id": event.stream_id, "seq": event.seq}
        try:
            # Reactions may be slow; the row's transaction must not stand idle longer than the server allows.
            async with asyncio.timeout(desk.settings.idle_transaction_timeout_ms / 1000 * 0.9):
                for reaction in events.reactions(event.kind):
                    await reaction(desk, event)
        except Exception as error:
            _log.error("reaction_failed", kind=event.kind, error=error)
            await work.run(queries.put_off, now=clock.now(), **at)
        else:
            await work.run(queries.delivered, **at)
    return True
