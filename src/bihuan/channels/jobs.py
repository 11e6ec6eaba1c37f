"""What channels do by themselves: signatures that are out of time are forgotten."""

from uuid import UUID

from bihuan.channels import inbound_sources
from bihuan.core.desk import Desk


async def sweep_inbound(desk: Desk, tenant_id: UUID) -> None:
    """The hourly sweep of one tenant."""
    async with desk.database.work(tenant_id) as work:
        await inbound_sources.sweep(work)
