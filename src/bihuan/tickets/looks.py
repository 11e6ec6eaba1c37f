"""Who looked at what: in the looker's own stream, locking no ticket."""

from uuid import UUID

from bihuan import evidence
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work

_AGAIN_SECONDS = 60.0
_MOST_REMEMBERED = 50_000
_seen: dict[tuple[UUID, UUID], float] = {}


async def at_ticket(work: Work, actor: Actor, ticket_id: UUID) -> None:
    """Record that a ticket was read; a page that reads it again within a minute adds nothing."""
    at = (actor.id, ticket_id)
    before = _seen.get(at)
    if before is not None and clock.perf() - before < _AGAIN_SECONDS:
        return
    if len(_seen) >= _MOST_REMEMBERED:
        _seen.clear()
    work.after_commit(lambda: _seen.update({at: clock.perf()}))
    await record(work, actor, "ticket.viewed", {"ticket": str(ticket_id)})


async def record(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    """Record a look of another kind."""
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    stream_kind = "customer" if actor.kind == "customer" else "staff"
    await evidence.record(work, work.ring, evidence.Stream(kind=stream_kind, id=actor.id), event)
