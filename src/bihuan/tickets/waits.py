"""What was waited for has not come by the moment it was expected: the desk itself takes the ticket up again.

The ticket's row is the queue: it waits, and until when. Going on, its event and its clocks are one transaction, so each is
taken up exactly once, whoever takes it; whoever has the ticket hears of it by the event.
"""

from collections.abc import Sequence
from uuid import UUID

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.tickets.batch import Taken, hold_many
from bihuan.tickets.talk import waited
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Held, Plan, written


async def take_up(work: Work, ids: Sequence[UUID]) -> Taken:
    """Those of the tickets that still wait, no longer should, and that nobody holds just now."""
    held = await hold_many(work, queries.lock_waited, ids, now=clock.now())
    for one in held:
        await written(one, _plan(one))
    return Taken(tickets=len(held), done=len(held))


def _plan(held: Held) -> Plan:
    until = held.ticket.waiting_until
    data: dict[str, object] = {"by": "desk", "waited_until": until.isoformat() if until else None}
    return Plan(action="resume", set=waited(), data=data)
