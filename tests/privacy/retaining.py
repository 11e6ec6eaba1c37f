"""Tickets that were closed long ago, rules as colleagues set them, and runs from proposal to end."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from bihuan import evidence, tickets
from bihuan.core import clock
from bihuan.core.desk import Desk
from tests.conftest import House
from tests.identity.behind import holder
from tests.tickets.doing import Json, do

MANAGES = (
    "retention.manage",
    "person.hold",
    "person.erase",
    "ticket.read",
    "ticket.read_all",
    "customer.read",
)


def ago(years: int, **more: float) -> datetime:
    """A moment so long ago."""
    now = clock.now()
    return now.replace(year=now.year - years, day=min(now.day, 28)) - timedelta(**more)


async def closed_at(
    house: House, client: httpx.AsyncClient, at: datetime, case_type: str = "general", **changes: Any
) -> Json:
    """A ticket opened and closed at a moment; with words of every kind."""
    # The worked example tells of days that were still to come then.
    example = json.loads(re.sub(r"\b202\d-", "2010-", json.dumps(await house.example(case_type))))
    with clock.travel(at.astimezone(UTC)):
        ticket = await house.ticket(client, **{**example, **changes, "case_type": case_type})
        ticket = await do(client, ticket, "note", body="灯塔边的备注")
        files = {"files": ("鲸鱼.txt", "鲸鱼正文".encode())}
        assert (await client.post(f"/tickets/{ticket['id']}/attach", files=files)).status_code == 201
        ticket = dict((await client.get(f"/tickets/{ticket['id']}")).json())
        return await do(client, ticket, "withdraw", proof="客户来电撤回")


async def two(house: House) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """Two colleagues who may do what is needed here."""
    return await holder(house, "first", MANAGES), await holder(house, "second", MANAGES)


async def run_through(house: House, desk: Desk) -> Json:
    """Propose, approve, work off; the run as it ended."""
    first, second = await two(house)
    proposed = await first.post("/retention/runs")
    assert proposed.status_code == 201, proposed.text
    approved = await second.post(f"/retention/runs/{proposed.json()['id']}/approve")
    assert approved.status_code == 200, approved.text
    await tickets.retention_work.work_off(desk, house.tenant_id)
    return dict((await first.get("/retention/runs")).json()[0])


def verified(desk: Desk, tenant_id: UUID) -> list[evidence.Finding]:
    """What verification finds over everything of a tenant."""
    run = evidence.verify(
        desk.settings.database_url,
        desk.ring,
        tenant_id,
        roots_log=None,
        rows=(tickets.ROW_CHECK,),
        payloads=tickets.PAYLOAD_CHECKS,
        latest=tickets.LATEST_CHECKS,
    )
    return list(run.findings)
