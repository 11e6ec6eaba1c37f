"""What notices do by themselves: when something happens to a ticket, those concerned are told."""

from datetime import timedelta
from uuid import UUID

from bihuan import evidence, sla, tickets
from bihuan.casetypes import store
from bihuan.core import clock
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered, reacts_to
from bihuan.evidence import Recorded
from bihuan.notices import news, push, who
from bihuan.notices.feed import sweep
from bihuan.notices.tell import About, tell
from bihuan.sla import Clock, Rule, Targets
from bihuan.tickets import Ticket

__all__ = ["sweep", "tell_of"]

#: What happened longer ago is no news, even where nobody was there to tell it in time.
_NEWS_FOR = timedelta(days=2)


async def tell_of(desk: Desk, event: Delivered) -> None:
    """Tell colleagues and the customer of an event; nothing is sent here. Delivered again, it tells nobody again."""
    async with desk.database.work(event.tenant_id) as work:
        happened = await evidence.events(work, event.stream_id, after=event.seq - 1, most=1)
        if happened and clock.now() - happened[0].at < _NEWS_FOR:
            await _tell(desk, work, event.stream_id, happened[0])


for _kind in news.HEARD:
    reacts_to(_kind)(tell_of)


async def _tell(desk: Desk, work: Work, ticket_id: UUID, event: Recorded) -> None:
    ticket = await tickets.find_ticket(work, desk_actor(work.tenant_id), str(ticket_id))
    clocks = await push.clocks_of(work, ticket_id)
    its = next((c for c in clocks if c.kind == news.clock_of(event)), None)
    rule = await _rule(work, ticket, its)
    for_them = news.for_colleagues(event, ticket, rule)
    if for_them:
        about = About(event=event, ticket=ticket, clock=its, people=await who.people(work))
        for one in for_them:
            await tell(work, desk.settings, about, one)
    progress = news.for_customer(event, ticket, rule)
    if progress is not None:
        await push.push(work, desk.settings, event, ticket, told=progress, clocks=clocks)


async def _rule(work: Work, ticket: Ticket, its: Clock | None) -> Rule | None:
    """The rule of a clock, in the version of the policy it goes by."""
    if its is None:
        return None
    case_type = (await store.version(work, ticket.case_type, ticket.case_type_version)).case_type
    target = getattr(case_type.sla, ticket.priority)
    targets = Targets(first_response=target.first_response_seconds, resolution=target.resolution_seconds)
    return (await sla.book(work)).pinned(its.policy, its.policy_version, targets).rule(its.kind)
