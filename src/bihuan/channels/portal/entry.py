"""How customers come in and leave: a link opens once and begins a session."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast
from uuid import UUID

import msgspec

from bihuan import customers, identity, tickets
from bihuan.channels.portal.address import network_of
from bihuan.channels.portal.model import ComeByLink, PortalContact, PortalSession
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.http import Answer, Call, operation
from bihuan.core.problems import NotSignedIn
from bihuan.core.throttle import Limit
from bihuan.customers import CustomerSession, LinkSpent
from bihuan.privacy import masks_only

CUSTOMER_COOKIE = "bihuan_customer"
_NO_TENANT = UUID(int=0)
_WINDOW = timedelta(minutes=15)
_SHOWN_CONTACTS = ("name", "mobile", "email")


@operation(
    "POST", "/portal/session", zh="凭链接进入门户", en="Come to the portal by a link", permission=None, public=True,
    takes=ComeByLink, gives=PortalSession, status=201,
)  # fmt: skip
async def post_session(call: Call) -> Answer:
    """Use the link up; the session's cookie is HttpOnly and SameSite=Strict. A session this browser had before ends."""
    desk, settings = call.desk, call.desk.settings
    credential = customers.parse_link(call.body.link)
    try:
        if credential is None:
            raise LinkSpent
        async with desk.database.work(credential.tenant_id) as work:
            came = await customers.open_session(
                work,
                credential,
                hours=settings.session_hours,
                address=call.address,
                user_agent=call.user_agent,
            )
            shown = await _shown(work, came.actor, came.session)
    except LinkSpent:
        # Counted are wrong ones alone: whoever holds a whole link comes in, whatever others tried from the same address.
        limit = Limit("portal_link", most=settings.sign_in_tries_per_address, window=_WINDOW)
        await limit.take(desk.database, _NO_TENANT, network_of(call.address))
        raise
    await _end_former(call)
    return Answer(body=shown, cookies={CUSTOMER_COOKIE: came.cookie})


async def _end_former(call: Call) -> None:
    """The session whose cookie is about to be overwritten, of whichever tenant; nobody holds it any more."""
    settings = call.desk.settings
    name = f"__Host-{CUSTOMER_COOKIE}" if settings.secure_cookies else CUSTOMER_COOKIE
    former = identity.parse(call.cookies.get(name, ""))
    if former is None or former.prefix != "bhc":
        return
    async with call.desk.database.work(former.tenant_id) as work:
        try:
            asker = await customers.who_asks(work, former, idle_minutes=settings.session_idle_minutes)
        except NotSignedIn:
            return  # it has ended already, or was none
        await customers.end_session(work, asker.actor, former.id)


@operation(
    "GET",
    "/portal/session",
    zh="我的门户会话",
    en="My session",
    permission=None,
    asks="customer",
    gives=PortalSession,
)
async def get_session(call: Call) -> PortalSession:
    """Who I am at the portal, masked."""
    assert call.credential_id is not None
    found = await customers.session(call.work, call.credential_id)
    return await _shown(call.work, call.actor, found)


@operation(
    "DELETE", "/portal/session", zh="离开门户", en="Leave", permission=None, asks="customer", status=204
)
async def delete_session(call: Call) -> Answer:
    """End the session."""
    assert call.credential_id is not None
    await customers.end_session(call.work, call.actor, call.credential_id)
    return Answer(cookies={CUSTOMER_COOKIE: ""})


async def _shown(work: Work, actor: Actor, found: CustomerSession) -> PortalSession:
    contacts = (await customers.customers_of(work, [actor.id]))[actor.id]
    # Somebody known as two customers is reached by the same number twice.
    reached = dict.fromkeys(
        (c.kind, c.mask) for c in contacts if c.contact_no == 0 and c.kind in _SHOWN_CONTACTS
    )
    ticket = None
    if found.ticket_id is not None:
        ticket = (await tickets.find_ticket(work, actor, str(found.ticket_id))).number
    return PortalSession(
        customer=found.customer_id,
        csrf_token=found.csrf,
        expires_at=found.expires_at,
        language=found.language,
        contacts=[PortalContact(kind=kind, mask=mask) for kind, mask in reached],
        basics=shown_basics(found),
        ticket=ticket,
        desk=(await identity.own_tenant(work)).name,
    )


def shown_basics(found: CustomerSession) -> dict[str, str]:
    """What the app told of device and account, masked."""
    basics: Mapping[str, object] = masks_only(found.basics)
    return msgspec.convert(cast("object", basics), dict[str, str])
