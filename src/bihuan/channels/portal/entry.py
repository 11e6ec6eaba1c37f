"""How customers come in and leave: a link is made for them, opens once, and begins a session."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast
from uuid import UUID

import msgspec

from bihuan import customers, identity, tickets
from bihuan.channels.portal.address import link_url
from bihuan.channels.portal.model import (
    ComeByLink,
    NewPortalLink,
    PortalContact,
    PortalLink,
    PortalSession,
)
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.http import Answer, Call, operation
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.core.throttle import Limit
from bihuan.customers import CUSTOMER_EDIT, PORTAL_LINK, CustomerSession, LinkSpent, LinkWish
from bihuan.privacy import Protector, masks_only

CUSTOMER_COOKIE = "bihuan_customer"
_NO_TENANT = UUID(int=0)
_WINDOW = timedelta(minutes=15)
_SHOWN_CONTACTS = ("name", "mobile", "email")


@operation(
    "POST", "/portal/links", zh="生成客户门户链接", en="Make a link to the portal", permission=PORTAL_LINK,
    takes=NewPortalLink, gives=PortalLink, status=201,
)  # fmt: skip
async def post_link(call: Call) -> PortalLink:
    """A link that opens once: `message` to be sent (72 hours), `app` to be opened at once by the institution's app."""
    given: NewPortalLink = call.body
    link_url(
        call.desk.settings, "", host=call.host, address=call.address
    )  # refused before anything is written
    customer_id, ticket_id = await _whom(call, given)
    found = await customers.find(call.work, customer_id)
    if found is None:
        raise Invalid(fields=[FieldProblem(pointer="/customer_id", code="not_found")])
    wish = LinkWish(
        customer_id=customer_id,
        ticket_id=ticket_id,
        use=given.use,
        minutes=given.minutes,
        basics=given.basics,
        language=given.language or found.language,
    )
    link = await customers.make_link(call.work, call.actor, wish)
    url = link_url(call.desk.settings, link.key, host=call.host, address=call.address)
    return PortalLink(url=url, expires_at=link.expires_at)


async def _whom(call: Call, given: NewPortalLink) -> tuple[UUID, UUID | None]:
    """Customer and ticket of a link. Raises Invalid where they are not told, or do not belong together."""
    customer_id, ticket_id = given.customer_id, None
    if customer_id is not None and given.customer is not None:
        raise Invalid(fields=[FieldProblem(pointer="/customer", code="not_applicable")])
    if given.customer is not None:
        customer_id = await _registered(call, given)
    if given.ticket is not None:
        try:
            ticket = await tickets.find_ticket(call.work, call.actor, given.ticket)
        except NotFound as error:
            raise Invalid(fields=[FieldProblem(pointer="/ticket", code="not_found")]) from error
        if ticket.customer_id is None or customer_id not in (None, ticket.customer_id):
            raise Invalid(fields=[FieldProblem(pointer="/ticket", code="not_applicable")])
        customer_id, ticket_id = ticket.customer_id, ticket.id
    if customer_id is None:
        raise Invalid(fields=[FieldProblem(pointer="/customer_id", code="missing")])
    return customer_id, ticket_id


async def _registered(call: Call, given: NewPortalLink) -> UUID:
    """The customer as a door tells of them, found or added."""
    assert given.customer is not None
    call.actor.must(CUSTOMER_EDIT)
    if wrong := customers.problems(given.customer):
        raise Invalid(fields=wrong)
    if given.customer.external_ref is None and given.customer.uscc is None:
        # Two people may have one phone: what lets somebody in must be the institution's own word for who it is.
        raise Invalid(fields=[FieldProblem(pointer="/customer/external_ref", code="missing")])
    match = await (await customers.look_up(call.work, given.customer)).match()
    await customers.put(
        call.work, Protector(call.work, match.id, subject=match.subject), given.customer, match
    )
    return match.id


@operation(
    "POST", "/portal/session", zh="凭链接进入门户", en="Come to the portal by a link", permission=None, public=True,
    takes=ComeByLink, gives=PortalSession, status=201,
)  # fmt: skip
async def post_session(call: Call) -> Answer:
    """Use the link up; the session's cookie is HttpOnly and SameSite=Strict."""
    desk, settings = call.desk, call.desk.settings
    limit = Limit("portal_link", most=settings.sign_in_tries_per_address, window=_WINDOW)
    await limit.check(desk.database, _NO_TENANT, call.address)
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
        await limit.count(desk.database, _NO_TENANT, call.address)
        raise
    return Answer(body=shown, cookies={CUSTOMER_COOKIE: came.cookie})


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
    ticket = None
    if found.ticket_id is not None:
        ticket = (await tickets.find_ticket(work, actor, str(found.ticket_id))).number
    return PortalSession(
        csrf_token=found.csrf,
        expires_at=found.expires_at,
        language=found.language,
        contacts=[
            PortalContact(kind=c.kind, mask=c.mask)
            for c in contacts
            if c.contact_no == 0 and c.kind in _SHOWN_CONTACTS
        ],
        basics=shown_basics(found),
        ticket=ticket,
        desk=(await identity.own_tenant(work)).name,
    )


def shown_basics(found: CustomerSession) -> dict[str, str]:
    """What the app told of device and account, masked."""
    basics: Mapping[str, object] = masks_only(found.basics)
    return msgspec.convert(cast("object", basics), dict[str, str])
