"""Running clocks reckoned anew after a change of a calendar or a policy, ticket by ticket. The row is the queue.

A clock that was moved keeps the new version, so a pass that was interrupted goes on where it stood, whoever goes on.
What has ended, and every run before, stays as it was.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import sla
from bihuan.core import clock, log
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.sla import Clock
from bihuan.tickets.batch import Taken, hold_many, together_or_alone
from bihuan.tickets.clocks import targets_of, where
from bihuan.tickets.extensions import rule_of
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Held, Plan, plan_held, written

_BATCH = 64
_EVERY_SECONDS = 5.0
#: Tickets that somebody holds are tried again after this.
_AGAIN_SECONDS = 0.1
#: So long another process may still start clocks by the version before, having missed the wake-up.
_SETTLES = timedelta(seconds=15)
_log = log.get("moves")


class _Tenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class OpenChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change whose running clocks are being moved."""

    id: UUID
    what: Literal["calendar", "policy"]
    code: str
    version: int
    scope: Literal["all", "provisional"]
    asked_at: datetime

    def holds(self, c: Clock) -> bool:
        """Whether this clock is to be moved."""
        if c.stopped_at is not None or (self.scope == "provisional" and not c.provisional):
            return False
        if self.what == "calendar":
            return c.calendar == self.code and c.calendar_version < self.version
        return c.policy == self.code and c.policy_version < self.version


async def run(desk: Desk) -> None:
    """Move for ever: when a change was made, and every five seconds in any case."""
    while True:
        pause = _EVERY_SECONDS
        try:
            async with desk.database.across_tenants() as work:
                tenants = await work.rows(queries.tenants_moving, _Tenant)
            for row in tenants:
                if not await move_now(desk, row.tenant_id, settles=_SETTLES):
                    pause = _AGAIN_SECONDS
        except Exception as error:
            _log.error("moving_failed", error=error)
        await desk.wake.wait("sla", pause)


async def move_now(desk: Desk, tenant_id: UUID, *, settles: timedelta = timedelta(0)) -> bool:
    """One pass through all that is to be moved of one tenant; whether nothing is left to be tried again."""
    # What is remembered may be from before the change.
    sla.forget(str(tenant_id))
    async with desk.database.work(tenant_id) as work:
        changes = await work.rows(queries.open_changes, OpenChange, now=clock.now())
    left = [change for change in changes if not await _pass(desk, tenant_id, change, settles)]
    return not left


async def _pass(desk: Desk, tenant_id: UUID, change: OpenChange, settles: timedelta) -> bool:
    after, failures = UUID(int=0), 0

    async def failed(ticket_id: UUID, error: Exception) -> None:
        nonlocal failures
        failures += 1
        _log.error("move_failed", ticket=str(ticket_id), error=error)

    async def do(work: Work, ids: Sequence[UUID]) -> Taken:
        return await _move(work, ids, change)

    while ids := await _next(desk, tenant_id, change, after):
        await together_or_alone(desk.database, tenant_id, ids, do=do, failed=failed)
        after = ids[-1]
    if not await _next(desk, tenant_id, change, UUID(int=0)):
        if clock.now() >= change.asked_at + settles:
            async with desk.database.work(tenant_id) as work:
                await work.run(queries.moved_all, id=change.id, done_at=clock.now())
        return True
    # What failed is tried again at the usual pace; what somebody held at once.
    return failures > 0


async def _next(desk: Desk, tenant_id: UUID, change: OpenChange, after: UUID) -> list[UUID]:
    async with desk.database.work(tenant_id) as work:
        rows = await work.rows(
            queries.to_move,
            _Id,
            what=change.what,
            code=change.code,
            version=change.version,
            scope=change.scope,
            after_id=after,
            most=_BATCH,
        )
    return [row.id for row in rows]


async def _move(work: Work, ids: Sequence[UUID], change: OpenChange) -> Taken:
    held = await hold_many(work, queries.lock_to_move, ids)
    moved = [await _ticket(one, change) for one in held]
    await work.run(queries.count_moved, id=change.id, count=sum(moved))
    return Taken(tickets=len(held), done=sum(moved))


async def _ticket(held: Held, change: OpenChange) -> int:
    """Each clock of a ticket that goes on otherwise, as an event of its own; returns how many are due at another moment."""
    before = {c.kind: c for c in held.clocks}
    moved = 0
    for c in await _reckoned(held, change):
        was = before.get(c.kind)
        if c == was:
            continue
        from_, to = was.due_at if was else None, c.due_at
        data: dict[str, object] = {
            "clock": c.kind,
            "from": from_.isoformat() if from_ else None,
            "to": to.isoformat(),
            "because": {"what": change.what, "code": change.code, "version": change.version},
        }
        clocks = (*(o for o in held.clocks if o.kind != c.kind), c)
        # By what it goes is on record even where it is due when it was; that nothing moved is not told as a move.
        event = "ticket.clock_rebased" if from_ == to else None
        held = await written(held, Plan(action="move_clocks", event=event, clocks=clocks, data=data))
        moved += from_ != to
    return moved


async def _reckoned(held: Held, change: OpenChange) -> tuple[Clock, ...]:
    calendars = held.timing.book.calendars()
    if not any(change.holds(c) for c in held.clocks):
        return ()
    if change.what == "calendar":
        return tuple(
            sla.clock.recalendar(c, calendars, change.version, rule=rule_of(held, c), now=held.now)
            for c in held.clocks
            if change.holds(c)
        )
    targets = targets_of(held.loaded.case_type, held.ticket.priority)
    plan = held.timing.book.pinned(change.code, change.version, targets)
    place = where(held.timing, held.ticket)
    # A clock brought by a merge is of another policy than the ticket's own: each goes by its own.
    own = (await plan_held(held)).policy == change.code

    def keeps(c: Clock) -> bool:
        return c.policy != change.code and (c.stopped_at is None or not own)

    return sla.clock.retarget(held.clocks, plan, calendars, at=held.now, where=place, keeps=keeps, adds=own)
