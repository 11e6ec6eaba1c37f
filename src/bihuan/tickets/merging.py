"""What a merge of two customers tells on tickets: each one's chain says whose person changed, by whom and by which merge."""

from uuid import UUID

import msgspec

from bihuan import customers
from bihuan.core.actor import desk_actor
from bihuan.customers import Moving
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Basis, Plan, hold, write


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


@customers.merge.moves
async def tell(moving: Moving) -> None:
    """On each ticket of those whose person changes; whoever merges need not see the tickets, so the desk writes it."""
    rows = await moving.work.rows(queries.tickets_of_customers, _Id, customer_ids=list(moving.moved))
    actor = desk_actor(moving.work.tenant_id)
    data: dict[str, object] = {
        "merge": str(moving.merge_id),
        "customer": str(moving.customer_id),
        "into": str(moving.into_id),
        "by": str(moving.actor.id),
    }
    for row in rows:
        held = await hold(moving.work, actor, row.id, Basis(version=None))
        await write(held, Plan(action="part_customer" if moving.parting else "merge_customer", data=data))
