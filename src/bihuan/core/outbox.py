"""Delivering events to their reactions. The row is the queue: taken with SKIP LOCKED, deleted when done.

Reactions that only read and write rows take part in the delivery's own transaction, many events at a time; where that
fails each is tried alone, so that one holds up no other. Other reactions run in transactions of their own while the row
stays locked; if the process dies the row is free again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import psycopg

from bihuan.core import clock, db, events, log
from bihuan.core.db import DatabaseBusy, Work
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered

Deliver = Callable[[Desk, UUID], Awaitable[int]]
queries = db.queries
_BATCH = 1000
#: Events of one tenant on their way to their reactions at once, in one process: each waits mostly for the database.
_LANES = 4
#: Events in one transaction; who is told of them waits for it, so it must be short.
_TOGETHER = 32
#: Events a lane delivers of one tenant before the next one's turn.
_SLICE = 256
_EVERY_SECONDS = 5.0
#: After a wake-up more gathers for so long: a burst of events is one batch, not a transaction each.
_GATHER_SECONDS = 0.02
_log = log.get("outbox")


class _Tenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID


class _Seq(msgspec.Struct, frozen=True, kw_only=True):
    seq: int


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    kind: str


async def run(desk: Desk) -> None:
    """Deliver for ever: when woken, and every five seconds in any case."""
    while True:
        try:
            await deliver_due(desk)
        except Exception as error:
            _log.error("delivery_failed", error=error)
        await desk.wake.wait("outbox", _EVERY_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)


async def deliver_due(desk: Desk, *, tenant_id: UUID | None = None) -> int:
    """Deliver what is due, of all tenants in turn or of one alone; returns how many events reached their reactions."""
    delivered = 0
    tenants = await _tenants(desk) if tenant_id is None else [tenant_id]
    while tenants:
        more: list[UUID] = []
        for one in tenants:
            done = await _turn(desk, one)
            delivered += done
            more += [one] if done else []
        tenants = more
    return delivered


async def _tenants(desk: Desk) -> list[UUID]:
    async with desk.database.across_tenants() as work:
        return [row.tenant_id for row in await work.rows(queries.tenants_due, _Tenant, now=clock.now())]


async def _turn(desk: Desk, tenant_id: UUID) -> int:
    """Some of what is due of one tenant; how many events reached their reactions."""
    kinds = await _kinds_due(desk, tenant_id)
    if not kinds <= set(events.kinds()):
        await _drop_unheard(desk, tenant_id)
    delivered = 0
    for deliver, of, full in (
        (_deliver_one, events.kinds_apart(), 1),
        (_deliver_many, events.kinds_within(), _TOGETHER),
    ):
        if kinds.isdisjoint(of):
            continue
        delivered += (first := await deliver(desk, tenant_id))
        # One lane looks first: an event that comes alone costs one look. Where it found its hands full, all go.
        if first >= full:
            delivered += await _all_lanes(desk, tenant_id, deliver)
    return delivered


async def _kinds_due(desk: Desk, tenant_id: UUID) -> set[str]:
    async with desk.database.work(tenant_id) as work:
        return {row.kind for row in await work.rows(queries.kinds_due, _Kind, now=clock.now())}


async def _all_lanes(desk: Desk, tenant_id: UUID, deliver: Deliver) -> int:
    async with asyncio.TaskGroup() as group:
        lanes = [group.create_task(_lane(desk, tenant_id, deliver, _SLICE)) for _ in range(_most_lanes(desk))]
    return sum(lane.result() for lane in lanes)


def _most_lanes(desk: Desk) -> int:
    """A lane holds one connection for the row and its reactions take a second; others need some too."""
    return max(1, min(_LANES, desk.settings.pool // 3))


async def _lane(desk: Desk, tenant_id: UUID, deliver: Deliver, most: int) -> int:
    """One after the other until nothing is due or enough is done; the rows tell the lanes apart."""
    delivered = 0
    while delivered < most and (done := await deliver(desk, tenant_id)):
        delivered += done
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


# --------------------------------------------------------------------------------------------- within the delivery's own
async def _deliver_many(desk: Desk, tenant_id: UUID) -> int:
    """A batch in one transaction; how many were taken, whether they were delivered or put off."""
    taken: list[Delivered] = []
    try:
        async with desk.database.work(tenant_id) as work:
            taken = await work.rows(
                queries.take_due, Delivered, now=clock.now(), kinds=events.kinds_within(), most=_TOGETHER
            )
            if taken:
                await _react(desk, work, taken)
        return len(taken)
    except Exception as error:
        if _somebody_else_is_at_it(error):
            return 0
        _log.warning("batch_failed", events=len(taken), error=error)
        if not taken:
            raise
    return sum([await _alone(desk, event) for event in taken])


async def _alone(desk: Desk, event: Delivered) -> int:
    """One event in a transaction of its own; put off where that fails. 1, or 0 where somebody else has it."""
    at = {"stream_id": event.stream_id, "seq": event.seq}
    try:
        async with desk.database.work(event.tenant_id) as work:
            taken = await work.rows(queries.take_one, Delivered, **at)
            if taken:
                await _react(desk, work, taken)
        return len(taken)
    except Exception as error:
        if _somebody_else_is_at_it(error):
            return 0
        _log.error("reaction_failed", kind=event.kind, error=error)
        async with desk.database.work(event.tenant_id) as work:
            await work.run(queries.put_off, now=clock.now(), **at)
    return 1


async def _react(desk: Desk, work: Work, taken: Sequence[Delivered]) -> None:
    by_reaction: dict[events.Within, list[Delivered]] = {}
    for event in taken:
        reaction = events.within(event.kind)
        if reaction is not None:
            by_reaction.setdefault(reaction, []).append(event)
    async with asyncio.timeout(_most_seconds(desk)):
        for reaction, several in by_reaction.items():
            await reaction(desk, work, several)
    await work.run(queries.delivered, stream_ids=[e.stream_id for e in taken], seqs=[e.seq for e in taken])


def _somebody_else_is_at_it(error: Exception) -> bool:
    """Whether a lock did not come in time. Raises what says that the database itself is away."""
    if isinstance(error, psycopg.errors.LockNotAvailable):
        _log.info("delivery_waits")
        return True
    if isinstance(error, DatabaseBusy) or (
        isinstance(error, psycopg.OperationalError)
        and (error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "57"))
        and not isinstance(error, psycopg.errors.QueryCanceled)
    ):
        raise error
    return False


def _most_seconds(desk: Desk) -> float:
    """The row's transaction must not stand idle longer than the server allows."""
    return desk.settings.idle_transaction_timeout_ms / 1000 * 0.9


# ----------------------------------------------------------------------------------------------------- apart from it
async def _deliver_one(desk: Desk, tenant_id: UUID) -> int:
    """One event to reactions that are slow or write in transactions of their own; 1, or 0 where there is none."""
    async with desk.database.work(tenant_id) as work:
        event = await work.one(
            queries.take_due, Delivered, now=clock.now(), kinds=events.kinds_apart(), most=1
        )
        if event is None:
            return 0
        try:
            async with asyncio.timeout(_most_seconds(desk)):
                for reaction in events.reactions(event.kind):
                    await reaction(desk, event)
        except Exception as error:
            _log.error("reaction_failed", kind=event.kind, error=error)
            await work.run(queries.put_off, now=clock.now(), stream_id=event.stream_id, seq=event.seq)
        else:
            reaction = events.within(event.kind)
            if reaction is not None:
                await reaction(desk, work, [event])
            await work.run(queries.delivered, stream_ids=[event.stream_id], seqs=[event.seq])
    return 1
