"""Tenants whose time is the shipped one, bodies to send, and clocks put on tickets."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec

from bihuan import evidence, sla
from bihuan.core import clock
from bihuan.core.actor import desk_actor
from bihuan.sla import Clock
from tests.conftest import House

Json = dict[str, Any]


async def shipped(house: House) -> House:
    """A tenant with the shipped calendars and policies."""
    async with house.desk.database.work(house.tenant_id) as work:
        await sla.load_shipped(work, desk_actor(house.tenant_id))
    return house


async def ok(client: httpx.AsyncClient, method: str, path: str, body: Any = None, **more: Any) -> Any:
    """The answer's body; it must have gone well."""
    answer = await client.request(method, path, json=body, **more)
    assert answer.status_code < 300, (method, path, answer.text)
    return answer.json()


async def refused(client: httpx.AsyncClient, path: str, body: Any, status: int, title: str) -> list[str]:
    """The pointers of a POST that must be refused."""
    answer = await client.post(path, json=body)
    assert (answer.status_code, answer.json()["title"]) == (status, title), answer.text
    return [one["pointer"] for one in answer.json().get("errors", [])]


async def body_of(client: httpx.AsyncClient, what: str, code: str) -> Json:
    """The body that holds."""
    return dict((await ok(client, "GET", f"/sla/{what}/{code}"))["body"])


async def ticket_with(house: House, *clocks: Clock) -> UUID:
    """A ticket that has these clocks, beside the two its case type promises: it came before any policy was in effect."""
    client = await house.client()
    with clock.travel(_BEFORE):
        ticket_id = UUID((await house.ticket(client, "general"))["id"])
    async with house.desk.database.work(house.tenant_id) as work:
        await sla.put(work, ticket_id, clocks)
    return ticket_id


async def clocks_by(house: House, calendar: str, limit: sla.Limit, *starts: datetime) -> list[Clock]:
    """Running clocks by a limit of a calendar as it holds, one for each start."""
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
    rule = sla.Rule(code="limit", title=sla.Words(zh="时限", en="Limit"), limit=limit)
    plan = sla.Plan(policy="standard", version=1, rules=(rule,), targets=_NO_TARGETS)
    made = [sla.clock.start(plan, book.calendars(), at, sla.Where())[0] for at in starts]
    assert {c.calendar for c in made} == {calendar}
    return made


def differing(clock: Clock, **changes: Any) -> Clock:
    """The clock with these changes."""
    return msgspec.structs.replace(clock, **changes)


async def events_of(house: House, kinds: Sequence[str]) -> list[evidence.Recorded]:
    """The config stream's events of these kinds, oldest first."""
    async with house.desk.database.work(house.tenant_id) as work:
        found = await evidence.events(work, house.tenant_id)
    return [one for one in found if one.kind in kinds]


_BEFORE = datetime(2026, 1, 5, 2, tzinfo=UTC)
_NO_TARGETS = sla.Targets(first_response=3600, resolution=7200)
