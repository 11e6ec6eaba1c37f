"""What notices do by themselves: when something happens to tickets, those concerned are told."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from bihuan import evidence, sla, tickets
from bihuan.casetypes import store
from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered, reacts_within
from bihuan.evidence import Recorded
from bihuan.notices import news, push, who
from bihuan.notices.feed import sweep
from bihuan.notices.model import News, Progress
from bihuan.notices.tell import About, tell
from bihuan.sla import Clock, Rule, Targets
from bihuan.tickets import Ticket

__all__ = ["sweep", "tell_of"]

#: What happened longer ago is no news, even where nobody was there to tell it in time.
_NEWS_FOR = timedelta(days=2)
#: So many of a ticket's newest events are read at once; what is older is read by itself.
_EVENTS_BACK = 8


class _Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as it stands now."""

    ticket: Ticket
    clocks: Sequence[Clock]


@reacts_within(*news.HEARD)
async def tell_of(desk: Desk, work: Work, delivered: Sequence[Delivered]) -> None:
    """Tell colleagues and customers of events; nothing is sent here. Delivered again, it tells nobody again."""
    happened = await _young(work, delivered)
    if not happened:
        return
    subjects = await _subjects(work, {ticket_id for ticket_id, _ in happened})
    people = await who.people(work)
    told: list[tuple[About, News]] = []
    pushed: list[tuple[Recorded, _Subject, Progress]] = []
    for ticket_id, event in happened:
        subject = subjects[ticket_id]
        ticket = subject.ticket
        its = next((c for c in subject.clocks if c.kind == news.clock_of(event)), None)
        rule = await _rule(work, ticket, its)
        about = About(event=event, ticket=ticket, clock=its, people=people)
        told += [(about, one) for one in news.for_colleagues(event, ticket, rule)]
        progress = news.for_customer(event, ticket, rule)
        if progress is not None:
            pushed.append((event, subject, progress))
    await tell(work, desk.settings, told, beside=[push.lock_of(s.ticket.id) for _, s, _ in pushed])
    for event, subject, progress in pushed:
        await push.push(work, desk.settings, event, subject.ticket, told=progress, clocks=subject.clocks)


async def _young(work: Work, delivered: Sequence[Delivered]) -> list[tuple[UUID, Recorded]]:
    """What has happened that is news still, each ticket's in its order."""
    newest = await evidence.last_events(work, {d.stream_id for d in delivered}, most=_EVENTS_BACK)
    since = clock.now() - _NEWS_FOR
    found: list[tuple[UUID, Recorded]] = []
    for one in delivered:
        event = next((e for e in newest.get(one.stream_id, ()) if e.seq == one.seq), None)
        if event is None:
            older = await evidence.events(work, one.stream_id, after=one.seq - 1, most=1)
            event = older[0] if older and older[0].seq == one.seq else None
        if event is not None and event.at > since:
            found.append((one.stream_id, event))
    return sorted(found, key=lambda f: (f[1].at, f[1].seq))


async def _subjects(work: Work, ticket_ids: set[UUID]) -> dict[UUID, _Subject]:
    found = await tickets.tickets_by_id(work, ticket_ids)
    clocks = await sla.clocks_of(work, sorted(ticket_ids))
    return {t.id: _Subject(ticket=t, clocks=clocks.get(t.id, ())) for t in found}


async def _rule(work: Work, ticket: Ticket, its: Clock | None) -> Rule | None:
    """The rule of a clock, in the version of the policy it goes by."""
    if its is None:
        return None
    case_type = (await store.version(work, ticket.case_type, ticket.case_type_version)).case_type
    target = getattr(case_type.sla, ticket.priority)
    targets = Targets(first_response=target.first_response_seconds, resolution=target.resolution_seconds)
    return (await sla.book(work)).pinned(its.policy, its.policy_version, targets).rule(its.kind)
