"""The sweep: what follows when a clock's step falls due, or a ticket has waited long enough. The row is the queue.

Any number of workers take due tickets in batches, most urgent first, and lock the tickets' rows as verbs do. A step, its
event and its mark are one transaction, so each is taken exactly once; a worker that dies leaves its batch to the next.
A ticket whose step fails holds nobody back: it is tried alone, and again later. A clock *is* breached when its due moment
passes, whether anybody swept or not; here is only what follows.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan import sla
from bihuan.core import clock, log
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.tickets import ladder, waits
from bihuan.tickets.batch import Do, Failed, Taken, hold_many, together_or_alone
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Held

_BATCH = 64
#: Of one tenant before the next one's turn.
_SLICE = 512
_LONGEST_SLEEP = 1.0
#: Tickets that somebody holds are tried again after this.
_AGAIN_SECONDS = 0.05
_LONGEST_PUT_OFF = 300
#: More than any ladder has; beyond it a step does not let itself be marked as taken.
_MOST_STEPS = 200
_log = log.get("due")


class NeverDone(RuntimeError):
    """A step was taken and is still due."""


class _Next(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID
    next_at: datetime


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def run(desk: Desk) -> None:
    """Follow up for ever: at the next due moment of any tenant, when woken, and every second in any case."""
    sweep = Sweep(desk)
    while True:
        pause = _LONGEST_SLEEP
        try:
            pause = await sweep.look()
        except Exception as error:
            _log.error("follow_up_failed", error=error)
        await desk.wake.wait("time", pause)


async def follow_up_now(desk: Desk, tenant_id: UUID) -> int:
    """Do all that is due of one tenant now; returns how many steps were taken."""
    sweep, steps = Sweep(desk), 0
    while done := (await sweep.turn(tenant_id)).done:
        steps += done
    return steps


async def soonest(desk: Desk, tenant_id: UUID) -> datetime | None:
    """When a clock of the tenant must be followed up next; None where none must."""
    async with desk.database.work(tenant_id) as work:
        return await work.scalar(queries.soonest)


class Sweep:
    """One worker's sweep; it remembers only which tickets have failed it, how often, and until when not to take them up."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._failures: dict[UUID, int] = {}
        self._later: dict[UUID, datetime] = {}

    async def look(self) -> float:
        """One turn for each tenant with something due; returns the seconds until there may be more."""
        timed, taken = await self._timed(), Taken()
        due = dict.fromkeys(one.tenant_id for one in timed if one.next_at <= clock.now())
        for tenant_id in due:
            taken += await self.turn(tenant_id)
        if due:
            timed = await self._timed()
        soonest = min((one.next_at for one in timed), default=None)
        if soonest is None:
            return _LONGEST_SLEEP
        left = (soonest - clock.now()).total_seconds()
        if left > 0:
            return min(left, _LONGEST_SLEEP)
        if taken.done:
            return 0.0
        return _LONGEST_SLEEP if self._later else _AGAIN_SECONDS

    async def turn(self, tenant_id: UUID) -> Taken:
        """The most urgent of what is due of one tenant, and what has waited long enough."""
        now = clock.now()
        self._later = {ticket_id: until for ticket_id, until in self._later.items() if until > now}
        async with self._desk.database.work(tenant_id) as work:
            waited = await work.send(
                queries.waited_tickets, _Id, now=now, without=list(self._later), most=_SLICE
            )
            due = await work.rows(queries.due_tickets, _Id, now=now, most=_SLICE)
            over = await waited.all()

        async def put_off(ticket_id: UUID, error: Exception) -> None:
            await self._put_off(tenant_id, ticket_id, error)

        async def later(ticket_id: UUID, error: Exception) -> None:
            self._later[ticket_id] = self._failed(ticket_id, error)

        taken = await self._each(tenant_id, due, do=self._follow_up, failed=put_off)
        return taken + await self._each(tenant_id, over, do=self._take_up, failed=later)

    async def _each(self, tenant_id: UUID, rows: Sequence[_Id], *, do: Do, failed: Failed) -> Taken:
        taken = Taken()
        for start in range(0, len(rows), _BATCH):
            ids = [row.id for row in rows[start : start + _BATCH]]
            taken += await together_or_alone(self._desk.database, tenant_id, ids, do=do, failed=failed)
        return taken

    async def _timed(self) -> list[_Next]:
        async with self._desk.database.across_tenants() as work:
            waiting = await work.send(queries.tenants_waiting, _Next)
            return await work.rows(queries.tenants_timed, _Next) + await waiting.all()

    async def _take_up(self, work: Work, ids: Sequence[UUID]) -> Taken:
        taken = await waits.take_up(work, ids)
        for ticket_id in ids:
            self._failures.pop(ticket_id, None)
        return taken

    async def _follow_up(self, work: Work, ids: Sequence[UUID]) -> Taken:
        held = await hold_many(work, queries.lock_due, ids, now=clock.now())
        steps = [await _steps(one) for one in held]
        for one in held:
            self._failures.pop(one.ticket.id, None)
        return Taken(tickets=len(held), done=sum(steps))

    async def _put_off(self, tenant_id: UUID, ticket_id: UUID, error: Exception) -> None:
        """Again later; it stays due and is never given up."""
        now, until = clock.now(), self._failed(ticket_id, error)
        async with self._desk.database.work(tenant_id) as work:
            await work.run(queries.put_off_clocks, ticket_id=ticket_id, until_at=until, now=now)

    def _failed(self, ticket_id: UUID, error: Exception) -> datetime:
        """When to try it again: later each time."""
        times = self._failures[ticket_id] = self._failures.get(ticket_id, 0) + 1
        seconds = min(_LONGEST_PUT_OFF, 2 ** min(times, 16))
        _log.error("step_failed", ticket=str(ticket_id), times=times, again_in=seconds, error=error)
        return clock.now() + timedelta(seconds=seconds)


async def _steps(held: Held) -> int:
    """Every step of one ticket that is due, in the order of their moments."""
    count = 0
    while (fallen := ladder.next_due(held)) is not None:
        held = await ladder.take(held, fallen)
        count += 1
        if count > _MOST_STEPS:
            raise NeverDone(fallen.due.code)
    # A clock may have been put off, or its step taken back by a longer limit: no event, only the right moment.
    await sla.put(held.work, held.ticket.id, ladder.refreshed(held))
    return count
