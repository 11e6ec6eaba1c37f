"""Live updates for a customer: which of their tickets changed, and nothing of what changed."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bihuan import customers, tickets
from bihuan.core.http import Answer, Call, operation
from bihuan.tickets import TicketRow


class PortalChange(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket of the customer's that changed: to be read anew."""

    id: UUID
    number: str
    version: int


def _changed(rows: Sequence[TicketRow], _gone: Sequence[UUID]) -> bytes:
    return b"".join(
        tickets.live_stream.event("ticket", PortalChange(id=r.id, number=r.number, version=r.version))
        for r in rows
    )


_CUSTOMERS = tickets.live_stream.Audience(recheck=customers.who_stays, rows=_changed)


@operation(
    "GET", "/portal/live", zh="我的工单实时更新", en="Live updates of my tickets", permission=None, asks="customer",
    apart=True, events={"hello": tickets.live_stream.Hello, "ticket": PortalChange, "again": tickets.live_stream.Again},
)  # fmt: skip
async def get_live(call: Call) -> Answer:
    """Server-sent events: which of the customer's tickets changed. The stream ends with the session."""
    assert call.credential_id is not None
    stream = tickets.live.hub(call.desk).open(_CUSTOMERS, call.actor, call.credential_id)
    return Answer(stream=stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
