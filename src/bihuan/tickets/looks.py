"""Who looked at what: in the looker's own stream, locking no ticket."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from bihuan import evidence
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.settings import Settings
from bihuan.tickets import look_alarms, look_policy, reads
from bihuan.tickets.look_model import SearchLimit
from bihuan.tickets.look_policy import queries
from bihuan.tickets.model import ValueSearch

_AGAIN_SECONDS = 60.0
_MOST_REMEMBERED = 50_000
_seen: dict[tuple[UUID, UUID], float] = {}


class _Count(msgspec.Struct, frozen=True, kw_only=True):
    count: int


def stream_of(actor: Actor) -> evidence.Stream:
    """The looker's own stream."""
    return evidence.Stream(kind="customer" if actor.kind == "customer" else "staff", id=actor.id)


async def at_ticket(work: Work, actor: Actor, ticket_id: UUID, *, customer_id: UUID | None = None) -> None:
    """Record that a ticket was read; a page that reads it again within a minute adds nothing."""
    at = (actor.id, ticket_id)
    before = _seen.get(at)
    if before is not None and clock.perf() - before < _AGAIN_SECONDS:
        return
    if len(_seen) >= _MOST_REMEMBERED:
        _seen.clear()
    work.after_commit(lambda: _seen.update({at: clock.perf()}))
    whose = {"customer": str(customer_id)} if customer_id is not None and actor.kind != "customer" else {}
    await record(work, actor, "ticket.viewed", {"ticket": str(ticket_id), **whose})


async def record(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> evidence.Head:
    """Record a look of another kind."""
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    return await evidence.record(work, work.ring, stream_of(actor), event)


async def search(work: Work, actor: Actor, wanted: ValueSearch, *, settings: Settings) -> list[UUID]:
    """Tickets in which a whole number stands. Whoever searches by one learns whether we know it: that is a look.

    Raises SearchLimit.
    """
    stream = stream_of(actor)
    head = await evidence.lock_head(work, stream)
    policy = await look_policy.current(work)
    most = await look_policy.searches_a_day(work, actor, policy, settings)
    if await spent(work, actor, "search", policy.zone) >= most:
        raise SearchLimit(most=most)
    found = await reads.search_value(work, actor, wanted)
    now = clock.now()
    data: dict[str, object] = {"value_kind": wanted.kind, "found": len(found)}
    event = evidence.NewEvent(kind="tickets.searched", at=now, actor=actor, data=data)
    head = await evidence.append(work, work.ring, stream, head, event)
    await work.run(
        queries.add_look,
        staff_id=actor.id,
        seq=head.seq,
        kind="search",
        ticket_id=None,
        subject_id=None,
        value_id=None,
        at=now,
        until_at=now,
    )
    await look_alarms.watch(work, actor, None)
    return found


async def spent(work: Work, actor: Actor, kind: Literal["unmask", "search"], zone: str) -> int:
    """How many looks of a kind somebody has had today, by the clock on the wall of the zone."""
    since = day_began(clock.now(), zone)
    row = await work.must(queries.looks_since, _Count, staff_id=actor.id, kind=kind, since_at=since)
    return row.count


def day_began(at: datetime, zone: str) -> datetime:
    """When the local day of a moment began."""
    local = at.astimezone(ZoneInfo(zone))
    begun = local.replace(hour=0, minute=0, second=0, microsecond=0)
    # A night in which clocks change makes no day begin in the future.
    return begun if begun <= local else begun - timedelta(days=1)
