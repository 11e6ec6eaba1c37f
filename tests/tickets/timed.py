"""Policies and calendars of a test's house, and what the sweep wrote."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bihuan import evidence, sla, tickets
from bihuan.core import ids
from bihuan.core.actor import Actor, desk_actor
from bihuan.evidence import Recorded
from bihuan.sla import CalendarBody, Clock, Limit, PolicyBody, Rule, Step, Words
from bihuan.sla.calendars import ApproveCalendar, ProposeCalendar, approve, propose
from bihuan.sla.model import Match, Segment
from bihuan.sla.policies import MakePolicy, make
from tests.conftest import House
from tests.tickets.doing import Json

#: A Wednesday, 10:00 in Shanghai.
START = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_NINE_TO_SIX = (Segment(start=540, end=1080),)
_WEEK = ((_NINE_TO_SIX,) * 5) + ((), ())


def words(text: str = "承诺") -> Words:
    """A title."""
    return Words(zh=text, en=text)


def rule(code: str = "resolution", hours: int | Limit = 10, ladder: Sequence[Step] = (), **more: Any) -> Rule:
    """A clock; hours around the clock unless a limit is given."""
    limit = Limit(amount=hours, unit="hour") if isinstance(hours, int) else hours
    return Rule(code=code, title=words(), limit=limit, ladder=tuple(ladder), **more)


def working_hours(**more: Any) -> CalendarBody:
    """Monday to Friday, nine to six."""
    return CalendarBody(code="office", title=words("工作时间"), week=_WEEK, **more)


async def policy(
    house: House, *rules: Rule, code: str = "own", move_running: bool = False, **match: Any
) -> int:
    """A policy's next version, in effect at once; its number."""
    body = PolicyBody(code=code, title=words(), match=Match(**match), clocks=rules)
    async with house.desk.database.work(house.tenant_id) as work:
        made = await make(
            work, desk_actor(house.tenant_id), MakePolicy(body=body, note="测试", move_running=move_running)
        )
    return made.version


def _somebody(house: House) -> Actor:
    return Actor(tenant_id=house.tenant_id, id=ids.new_id(), kind="staff", name="x", permissions=frozenset())


async def calendar(house: House, body: CalendarBody, *, move_running: bool = False) -> int:
    """A calendar's next version, proposed by one and approved by another; its number."""
    async with house.desk.database.work(house.tenant_id) as work:
        wish = ProposeCalendar(body=body, note="测试", move_running=move_running)
        head = await propose(work, _somebody(house), body.code, wish)
    async with house.desk.database.work(house.tenant_id) as work:
        await approve(work, _somebody(house), body.code, head.version, ApproveCalendar())
    return head.version


async def swept(house: House) -> int:
    """Everything due followed up; how many steps."""
    return await tickets.due.follow_up_now(house.desk, house.tenant_id)


async def moved(house: House) -> bool:
    """One pass of what is to be moved; whether nothing is left."""
    return await tickets.moves.move_now(house.desk, house.tenant_id)


async def events(house: House, ticket: Json) -> list[Recorded]:
    """All events of a ticket."""
    async with house.desk.database.work(house.tenant_id) as work:
        return await evidence.events(work, UUID(ticket["id"]))


async def by_desk(house: House, ticket: Json) -> list[tuple[str, str]]:
    """What the desk itself did on a ticket: kind of event and step, in order."""
    told = [e for e in await events(house, ticket) if e.actor_kind == "system"]
    return [(e.kind.removeprefix("ticket."), str(e.data.get("step", ""))) for e in told]


async def clocks_of(house: House, ticket: Json) -> dict[str, Clock]:
    """Its clocks as they are stored."""
    async with house.desk.database.work(house.tenant_id) as work:
        found = await sla.clocks_of(work, [UUID(ticket["id"])])
    return {c.kind: c for c in found.get(UUID(ticket["id"]), ())}
