"""Time promised to customers: clocks and what they say.

Owns the clocks of tickets. Promises that a clock's state is derived from its moments alone. Refuses to judge a clock
that ended because there was nothing left to do.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bihuan.core import db
from bihuan.core.db import Pending, Work
from bihuan.sla import clock
from bihuan.sla.clock import Clock, ClockKind, ClockState, Targets

__all__ = ["Clock", "ClockKind", "ClockState", "Targets", "clock", "clocks_of", "put", "read", "summary"]

queries = db.load(__file__)


class _OfTicket(Clock, frozen=True, kw_only=True):
    ticket_id: UUID


async def read(work: Work, ticket_id: UUID) -> Pending[Clock]:
    """The clocks of a ticket, on their way."""
    return await work.send(queries.clocks, Clock, ticket_id=ticket_id)


async def clocks_of(work: Work, ticket_ids: Sequence[UUID]) -> dict[UUID, tuple[Clock, ...]]:
    """The clocks of several tickets."""
    found: dict[UUID, tuple[Clock, ...]] = {}
    for row in await work.rows(queries.clocks_of, _OfTicket, ticket_ids=list(ticket_ids)):
        plain = Clock(**{f: getattr(row, f) for f in Clock.__struct_fields__})
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), plain)
    return found


async def put(work: Work, ticket_id: UUID, clocks: Sequence[Clock]) -> None:
    """Queue clocks to be written as given."""
    if not clocks:
        return
    await work.run(
        queries.put_clocks,
        ticket_id=ticket_id,
        kinds=[c.kind for c in clocks],
        targets=[c.target_seconds for c in clocks],
        started=[c.started_at for c in clocks],
        due=[c.due_at for c in clocks],
        paused=[c.paused_at for c in clocks],
        paused_seconds=[c.paused_seconds for c in clocks],
        stopped=[c.stopped_at for c in clocks],
        stopped_by=[c.stopped_by for c in clocks],
    )


def summary(c: Clock) -> dict[str, object]:
    """A clock as an event tells it."""
    return {k: v for k, v in msgspec.to_builtins(c).items() if v is not None}
