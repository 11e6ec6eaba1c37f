"""The webhook over HTTP: messages of the institution's other systems become tickets by the door every message takes."""

from uuid import UUID

import msgspec

from bihuan import tickets
from bihuan.channels import inbound, inbound_sources
from bihuan.channels.accept import accept
from bihuan.channels.contract import note_text
from bihuan.channels.inbound import Envelope
from bihuan.channels.inbound_sources import SourceView, SourceWish
from bihuan.core.http import Call, operation
from bihuan.core.permissions import declare

SEND = declare("inbound.send", zh="通过 Webhook 送入消息", en="Send messages to the webhook")
MANAGE = declare("inbound.manage", zh="管理 Webhook 来源", en="Manage the webhook's sources")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery. `destroyed`: kinds of secrets that were in it and are gone; `notices` say so in words."""

    outcome: str
    ticket_id: UUID
    number: str
    notes: list[str]
    destroyed: list[str]
    notices: list[str]


@operation(
    "POST", "/channels/inbound", zh="Webhook 收件", en="The webhook", permission=SEND, takes=Envelope, gives=Taken,
    apart=True,
)  # fmt: skip
async def post_inbound(call: Call) -> Taken:
    """A signed message. Refused if it is old or was taken before; the same id is one ticket, however often it is sent."""
    envelope: Envelope = call.body
    async with call.desk.database.work(call.actor.tenant_id) as work:
        case_type = await inbound_sources.admit(work, envelope)
    message, destroyed = inbound.read(envelope, case_type)
    accepted = await accept(call.desk, call.actor, message)
    kinds = sorted({*destroyed, *accepted.destroyed})
    return Taken(
        outcome=accepted.outcome,
        ticket_id=accepted.ticket_id,
        number=accepted.number,
        notes=[note_text(one, call.language) for one in accepted.notes],
        destroyed=kinds,
        notices=tickets.notices(kinds, call.language),
    )


@operation(
    "GET", "/channels/inbound/sources", zh="Webhook 来源", en="The webhook's sources", permission=MANAGE,
    gives=list[SourceView],
)  # fmt: skip
async def get_sources(call: Call) -> list[SourceView]:
    """The sources, without their secrets."""
    return await inbound_sources.sources(call.work)


@operation(
    "PUT", "/channels/inbound/sources", zh="设置 Webhook 来源", en="Set up a source", permission=MANAGE,
    takes=SourceWish, gives=SourceView,
)  # fmt: skip
async def put_source(call: Call) -> SourceView:
    """Set up or change a source; a new secret is in this answer and never again."""
    return await inbound_sources.put_source(call.work, call.actor, call.body)


@operation(
    "DELETE", "/channels/inbound/sources/{code}", zh="移除 Webhook 来源", en="Take a source away",
    permission=MANAGE, status=204,
)  # fmt: skip
async def delete_source(call: Call) -> None:
    """Take a source away; what it sent stays."""
    await inbound_sources.drop_source(call.work, call.actor, call.path["code"])
