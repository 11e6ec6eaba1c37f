"""Telling colleagues: into their feeds at once, by mail and by robots as they wish."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.core.settings import Settings
from bihuan.evidence import Recorded
from bihuan.notices import deliver, feed, news, preferences, quiet, who
from bihuan.notices.feed import Told
from bihuan.notices.model import KINDS, News, Wishes
from bihuan.notices.queue import Channel, queries, queue
from bihuan.notices.who import People
from bihuan.sla import Clock
from bihuan.tickets import Ticket

#: A robot speaks to many; they are the desk's people, whose first language this is.
_ROBOTS_LANGUAGE: Language = "zh"


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    code: str


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a telling is about: the event, its ticket as it stands, its clock if it is about one, and who works here."""

    event: Recorded
    ticket: Ticket
    clock: Clock | None
    people: People

    @property
    def news(self) -> str:
        """What makes the same news the same."""
        return f"{self.ticket.id}:{self.event.seq:09}"

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


async def tell(work: Work, settings: Settings, about: About, one: News) -> None:
    """Tell one piece of news to whom it is for."""
    meant = who.told(one.to, about.ticket, about.people, by=news.actor_of(about.event))
    wishes = await preferences.wishes_of(work, meant) if meant else {}
    wanting = [id_ for id_ in meant if wishes[id_].wants(one.kind)]
    key = f"{about.news}:{one.kind}"
    told = await feed.put(work, one.kind, about.ticket.id, to=wanting, data=about.data(one), news=key)
    on = deliver.channels_on(settings)
    if "email" in on:
        await _mail(work, about, one, told=told, wishes=wishes)
    if "robot" in on and KINDS[one.kind].robots:
        await _by_robots(work, settings, about, one)


async def _mail(
    work: Work, about: About, one: News, *, told: Sequence[Told], wishes: Mapping[UUID, Wishes]
) -> None:
    now = clock.now()
    for each in told:
        wanted = wishes[each.staff_id]
        if not wanted.channels.email or wanted.email is None:
            continue
        due = preferences.mail_due(wanted, now, urgent=KINDS[one.kind].urgent)
        key, data = f"{about.news}:{one.kind}", about.data(one)
        if each.count is not None:
            # What gathers is told when no more is gathered.
            key, data = feed.gathering(one.kind, now), {"gathered": True, "count": each.count}
            due = max(due, feed.window_of(now) + feed.WINDOW)
        await queue(
            work,
            channel="email",
            target=f"staff:{each.staff_id}",
            kind=one.kind,
            ticket_id=None if each.count is not None else about.ticket.id,
            language=about.people.staff[each.staff_id].language,
            data=data,
            news=key,
            due_at=due,
        )


async def _by_robots(work: Work, settings: Settings, about: About, one: News) -> None:
    """Each robot of the ticket's team; beyond a few of a kind within the window, one message says there are more."""
    team = next((code for code, id_ in about.people.teams.items() if id_ == about.ticket.team_id), "")
    now = clock.now()
    channel: Channel = "robot"
    for row in await work.rows(queries.robots_for, _Code, kind=one.kind, team=team):
        lately = await work.scalar(
            queries.robot_lately,
            robot=row.code,
            kind=one.kind,
            since_at=feed.window_of(now),
            gathering=feed.gathering(one.kind, now),
        )
        full = int(lately) >= feed.MOST_SINGLE
        due = feed.window_of(now) + feed.WINDOW if full else now
        await queue(
            work,
            channel=channel,
            target=f"robot:{row.code}",
            kind=one.kind,
            ticket_id=None if full else about.ticket.id,
            language=_ROBOTS_LANGUAGE,
            data={"gathered": True} if full else about.data(one),
            news=feed.gathering(one.kind, now) if full else f"{about.news}:{one.kind}",
            due_at=quiet.after(due, quiet.parse(settings.quiet_hours)),
        )
