"""Who lets customers in: links are made for them, and what came of links is ended."""

from uuid import UUID

from bihuan import customers, tickets
from bihuan.channels.portal.address import link_url
from bihuan.channels.portal.model import NewPortalLink, PortalLink
from bihuan.core.http import Call, operation
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.customers import CUSTOMER_EDIT, CUSTOMER_READ, PORTAL_LINK, LinkWish
from bihuan.privacy import Protector


@operation(
    "POST", "/portal/links", zh="生成客户门户链接", en="Make a link to the portal", permission=PORTAL_LINK,
    takes=NewPortalLink, gives=PortalLink, status=201,
)  # fmt: skip
async def post_link(call: Call) -> PortalLink:
    """A link that opens once: `message` to be sent (72 hours), `app` to be opened at once by the institution's app."""
    given: NewPortalLink = call.body
    # Refused before anything is written.
    link_url(call.desk.settings, "", host=call.host, address=call.address)
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
    """Customer and ticket of a link. Raises Invalid where they are not told, or do not belong together.

    A link shows what its customer sees: who makes one must be allowed to see customers, and the ticket it opens at.
    """
    call.actor.must(CUSTOMER_READ)
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
        both = (customer_id, ticket.customer_id)
        if ticket.customer_id is None or not await customers.same_person(call.work, both):
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
    "DELETE", "/customers/{id}/portal", zh="结束客户的门户访问", en="End a customer's access to the portal",
    permission=PORTAL_LINK, status=204,
)  # fmt: skip
async def delete_portal(call: Call) -> None:
    """For a link or session that went to the wrong person: sessions end at once, links nobody has used open nothing."""
    if await customers.find(call.work, call.id()) is None:
        raise NotFound
    await customers.end_portal(call.work, call.actor, call.id())
