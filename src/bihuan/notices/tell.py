"""Telling colleagues: into their feeds at once, by mail and by robots as they wish; many pieces of news at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.settings import Settings
from bihuan.evidence import Recorded
from bihuan.notices import channels, feed, groups, news, preferences, queue, who
from bihuan.notices.feed import Line, Told
from bihuan.notices.model import KINDS, News, Wishes
from bihuan.notices.queue import Waiting
from bihuan.notices.who import People
from bihuan.sla import Clock
from bihuan.tickets import Ticket


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a telling is about: the event, its ticket as it stands, its clock if it is about one, and who works here."""

    event: Recorded
    ticket: Ticket
    clock: Clock | None
    people: People

    def news(self, kind: str) -> str:
        """What makes the same news the same."""
        return f"{self.ticket.id}:{self.event.seq:09}:{kind}"

    def meant(self, one: News) -> list[UUID]:
        """Whom it is for, in order of id."""
        team: Any = self.event.data.get("team_id") if one.kind == "task_opened" else None
        tasks = frozenset({UUID(team)}) if team else frozenset[UUID]()
        return who.told(one.to, self.ticket, self.people, by=news.actor_of(self.event), tasks=tasks)

    def data(self, one: News) -> dict[str, Any]:
        """Codes the texts need."""
        event, ticket = self.event, self.ticket
        told: dict[str, Any] = {
            "number": ticket.number,
            "case_type": ticket.case_type,
            "case_version": ticket.case_type_version,
            "actor": str(event.actor_id) if event.actor_kind == "staff" else event.actor_kind,
            **one.data,
        }
        if "team" not in told and ticket.team_id is not None:
            told["team"] = str(ticket.team_id)
        if self.clock is not None and told.get("clock") == self.clock.kind:
            told |= {"policy": self.clock.policy, "policy_version": self.clock.policy_version}
        return told


async def tell(
    work: Work, settings: Settings, told: Sequence[tuple[About, News]], *, beside: Sequence[str] = ()
) -> None:
    """Tell several pieces of news to those they are for. `beside`: locks the caller needs too, taken in one order."""
    on = channels.channels_on(settings)
    robots = await groups.robots(work) if "robot" in on and told else []
    meant = [about.meant(one) for about, one in told]
    everybody = sorted(set[UUID]().union(*meant))
    locks = [*beside, *(f"feed/{id_}" for id_ in everybody), *(f"robot/{r.code}" for r in robots)]
    await queue.hold(work, locks)
    wishes = await preferences.wishes_of(work, everybody) if everybody else {}
    lines = [_line(about, one, to, wishes) for (about, one), to in zip(told, meant, strict=True)]
    found = await feed.put(work, lines)
    if "email" in on:
        await _mail(work, told, found, wishes)
    if robots:
        await groups.tell(work, settings, robots, [_said(about, one) for about, one in told])


def _line(about: About, one: News, to: Sequence[UUID], wishes: Mapping[UUID, Wishes]) -> Line:
    also: list[UUID] = []
    if one.said is not None:
        # Of one moment nobody is told twice.
        also = [id_ for id_ in about.meant(one.said) if id_ in to and wishes[id_].wants(one.said.kind)]
    return Line(
        kind=one.kind,
        ticket_id=about.ticket.id,
        to=tuple(id_ for id_ in to if wishes[id_].wants(one.kind) and id_ not in also),
        data=about.data(one),
        news=about.news(one.kind),
    )


def _said(about: About, one: News) -> groups.Said:
    team = next((code for code, id_ in about.people.teams.items() if id_ == about.ticket.team_id), "")
    return groups.Said(
        kind=one.kind,
        before=one.said.kind if one.said else "",
        team=team,
        ticket_id=about.ticket.id,
        data=about.data(one),
        news=about.news(one.kind),
    )


async def _mail(
    work: Work,
    told: Sequence[tuple[About, News]],
    found: Sequence[Told],
    wishes: Mapping[UUID, Wishes],
) -> None:
    now = clock.now()
    wanting = [each for each in found if wishes[each.staff_id].channels.email and wishes[each.staff_id].email]
    dues = {id(each): _due(each, told, wishes, now) for each in wanting}
    late = {f"staff:{each.staff_id}": dues[id(each)] for each in wanting if dues[id(each)] > now}
    waiting = await queue.waiting(work, "email", late)
    for each in wanting:
        about, one = told[each.line]
        due, target = dues[id(each)], f"staff:{each.staff_id}"
        key, data = about.news(one.kind), about.data(one)
        if due > now and (each.count is not None or not waiting.room(Waiting.Slot(target, one.kind, due))):
            # After a quiet night there is one mail of a kind, not one for each window.
            key, data = queue.gathering(one.kind, due), {"gathered": True}
        elif each.count is not None:
            # What gathers is told when no more is gathered.
            key, data = feed.gathering(one.kind, now), {"gathered": True, "count": each.count}
            due = feed.window_of(now) + feed.WINDOW
        await queue.queue(
            work,
            channel="email",
            target=target,
            kind=one.kind,
            ticket_id=None if "gathered" in data else about.ticket.id,
            language=about.people.staff[each.staff_id].language,
            data=data,
            news=key,
            due_at=due,
        )


def _due(
    each: Told, told: Sequence[tuple[About, News]], wishes: Mapping[UUID, Wishes], now: datetime
) -> datetime:
    return preferences.mail_due(wishes[each.staff_id], now, urgent=KINDS[told[each.line][1].kind].urgent)
