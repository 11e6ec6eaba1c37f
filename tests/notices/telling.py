"""Somebody does something, and whoever is concerned is told: the desk's reactions, feeds, and what waits to be sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import psycopg
from psycopg.rows import dict_row

from bihuan.core import outbox
from bihuan.core.settings import Settings
from tests.conftest import House
from tests.tickets.doing import Json

#: A desk that can send by every way there is; nothing is sent by these tests.
ALL_ON: dict[str, str] = {
    "smtp_url": "smtp://localhost:25",
    "mail_from": "desk@bank.example",
    "sms_url": "https://sms.bank.example/send",
    "sms_key": "a key of the tests' own",
    "robot_hosts": "oapi.dingtalk.com",
    "quiet_hours": "",
}


async def told(house: House) -> int:
    """Let the desk react to all that has happened in this tenant; returns to how many events."""
    return await outbox.deliver_due(house.desk, tenant_id=house.tenant_id)


async def feed(client: httpx.AsyncClient, **query: Any) -> list[Json]:
    """A feed, newest first."""
    answer = await client.get("/notices", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def kinds(client: httpx.AsyncClient) -> list[str]:
    """The kinds in a feed, oldest first."""
    return [line["kind"] for line in reversed(await feed(client))]


async def forgotten(house: House, *clients: httpx.AsyncClient) -> None:
    """What has happened so far is told and read."""
    await told(house)
    for client in clients:
        assert (await client.post("/notices/read", json={"all": True})).json() == {"unread": 0}


async def news(client: httpx.AsyncClient) -> list[str]:
    """The kinds of what is unread, in order of the alphabet."""
    return sorted(line["kind"] for line in await feed(client, unread="true"))


@contextmanager
def settings(house: House, **changes: Any) -> Iterator[Settings]:
    """The desk with other settings for a while."""
    before = house.desk.settings
    house.desk.settings = msgspec.structs.replace(before, **{**ALL_ON, **changes})
    try:
        yield house.desk.settings
    finally:
        house.desk.settings = before


def deliveries(owner: psycopg.Connection, house: House, ticket: Json | None = None) -> list[Json]:
    """What waits to be sent, or was, of the tenant or one ticket, in the order of being told."""
    with owner.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select * from delivery where tenant_id = %s and (%s::uuid is null or ticket_id = %s) order by id",
            [house.tenant_id, ticket and ticket["id"], ticket and ticket["id"]],
        ).fetchall()
    return [{**row, "data": msgspec.json.decode(row["data"])} for row in rows]
