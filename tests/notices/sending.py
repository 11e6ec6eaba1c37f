"""Deliveries of a test's tenant: queued, sent by couriers of chosen settings, and looked at behind the desk."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psycopg
import pytest
import structlog
from psycopg.rows import dict_row

from bihuan import identity
from bihuan.core import clock, log
from bihuan.core.actor import desk_actor
from bihuan.core.settings import Settings
from bihuan.identity import NewRole
from bihuan.notices import deliver, delivery_routes, letters, queue, robot_routes
from bihuan.notices.letters import Couriers
from bihuan.notices.texts import Rendered
from tests.conftest import House

MAIL_FROM = "闭环 <desk@bank.example>"
assert delivery_routes.NOTICE_MANAGE and robot_routes.RobotWish, "importing them declares their operations"


def said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are what the row's data say: these tests are about the way, not the words."""

    async def render(
        _work: object, _kind: str, data: Mapping[str, object], _language: str, *, public_url: str = ""
    ) -> Rendered:
        body = str(data.get("body", "正文"))
        return Rendered(title=str(data["title"]), body=body, short=body, link=public_url)

    monkeypatch.setattr(letters.texts, "render", render)


def with_settings(house: House, **changes: Any) -> Settings:
    """The desk's settings with some changed."""
    return msgspec.structs.replace(house.desk.settings, **changes)


def couriers(house: House, **changes: Any) -> Couriers:
    """What messages go out by under these settings."""
    return deliver.couriers(with_settings(house, **changes))


async def sent(house: House, by: Couriers) -> int:
    """Deliver what is due of this tenant."""
    return await deliver.deliver_due(house.desk, tenant_id=house.tenant_id, by=by)


async def queued(
    house: House, channel: Any, target: str, *, title: str = "标题", body: str = "正文", news: str = ""
) -> None:
    """Queue a message."""
    async with house.desk.database.work(house.tenant_id) as work:
        await queue.queue(
            work,
            channel=channel,
            target=target,
            kind="test",
            ticket_id=None,
            language="zh",
            data={"title": title, "body": body},
            news=news or f"{title}/{body}",
            due_at=clock.now(),
        )


def rows(owner: psycopg.Connection, house: House) -> list[dict[str, Any]]:
    """The tenant's deliveries, oldest first."""
    with owner.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from delivery where tenant_id = %s order by id", [house.tenant_id]
        ).fetchall()


def row(owner: psycopg.Connection, house: House) -> dict[str, Any]:
    """The tenant's only delivery."""
    (only,) = rows(owner, house)
    return only


async def colleague(house: House, owner: psycopg.Connection, email: str = "li@bank.example") -> str:
    """A colleague with an address at work; as a target."""
    await house.client("agent", login="li")
    owner.execute(
        "insert into notice_preference (tenant_id, staff_id, email, body, changed_at) values (%s, %s, %s, %s, %s)",
        [house.tenant_id, house.people["li"], email, '{"channels":{"email":true}}', clock.now()],
    )
    return f"staff:{house.people['li']}"


async def customer(house: House, **given: Any) -> str:
    """A customer of the desk; as a target."""
    client = await house.client()
    answer = await client.post("/customers", json={"external_ref": "C-1", **given})
    assert answer.status_code == 201, answer.text
    return f"customer:{UUID(answer.json()['customer']['id'])}"


async def manager(house: House) -> httpx.AsyncClient:
    """Somebody who looks after deliveries and robots, and may do nothing else."""
    role = NewRole(code="postmaster", name_zh="通知管理", name_en="Postmaster", permissions=["notice.manage"])
    async with house.desk.database.work(house.tenant_id) as work:
        await identity.put_role(work, desk_actor(house.tenant_id), role)
    return await house.client("postmaster", login="postmaster")


@contextmanager
def logged() -> Iterator[StringIO]:
    """What the desk and its libraries log meanwhile, at its most talkative."""
    before, root = structlog.get_config(), (logging.root.handlers[:], logging.root.level)
    words = StringIO()
    log.configure("debug", stream=words)
    try:
        yield words
    finally:
        structlog.configure(**before)
        logging.root.handlers[:], logging.root.level = root


async def robot(house: House, url: str, *, kind: str = "dingtalk", **more: Any) -> httpx.Response:
    """Set a robot `ops` up, where its address's origin is one the operator named."""
    allowed = house.desk.settings
    house.desk.settings = with_settings(house, robot_hosts="/".join(url.split("/")[:3]))
    try:
        client = await manager(house)
        return await client.put("/notices/robots", json={"code": "ops", "kind": kind, "url": url, **more})
    finally:
        house.desk.settings = allowed
