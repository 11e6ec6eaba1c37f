"""The statements the running desk really sends: recorded at the connection, held to the same rule as those in files."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import psycopg
import pytest
from psycopg import AsyncConnection, sql

from bihuan import app, evidence, tickets
from bihuan.core import db, outbox
from bihuan.evidence.copy import Snapshot
from bihuan.tickets import file_check
from bihuan.tickets.reads import FILTERS, Sort
from tests.channels.portal import customer, led, sent
from tests.conftest import House
from tests.house.sources import SRC
from tests.house.statements import untied

_FRAME = re.compile(r"(begin|commit|rollback|set local|listen|select pg_notify|discard|$)\b", re.IGNORECASE)
_VALUES = {"text": "x", "time": "2026-11-21T00:00:00Z", "integer": 3, "boolean": True}


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Every statement sent by this process until the test ends."""
    sent: set[str] = set()
    execute, copy, rows = psycopg.AsyncCursor.execute, Snapshot.copy, Snapshot.rows

    async def recording(self: psycopg.AsyncCursor[Any], query: Any, *rest: Any, **more: Any) -> Any:
        sent.add(_text(query))
        return await execute(self, query, *rest, **more)

    def copied(self: Snapshot, statement: sql.Composed) -> Any:
        sent.add(statement.as_string(None))
        return copy(self, statement)

    def read(self: Snapshot, statement: sql.Composed) -> Any:
        sent.add(statement.as_string(None))
        return rows(self, statement)

    monkeypatch.setattr(db, "on_statement", lambda told, _params: sent.add(told))
    monkeypatch.setattr(psycopg.AsyncCursor, "execute", recording)  # whoever goes past core.db
    monkeypatch.setattr(Snapshot, "copy", copied)
    monkeypatch.setattr(Snapshot, "rows", read)
    yield sent


def _text(query: str | bytes | sql.Composable) -> str:
    if isinstance(query, sql.Composable):
        return query.as_string(None)
    return query.decode() if isinstance(query, bytes) else query


async def test_what_the_desk_sends_is_tied(
    house: House, recorded: set[str], tenant_keys: dict[str, str]
) -> None:
    await _work_day(house)
    await _lists(house)
    await _people(house)
    await _portal(house)
    await _behind_the_scenes(house)
    across = {q.sql for file in SRC.rglob("*queries.sql") for q in db.Queries(file, file.parent.name)
        if untied(q.sql, tenant_keys)}  # fmt: skip
    judged = sorted(text for text in recorded - across if not _FRAME.match(text.strip()))
    assert len(judged) > 80, "the day was too short to say much"
    found = {
        text: said for text in judged if (said := untied(text, tenant_keys, tenant=str(house.tenant_id)))
    }
    assert found == {}
    assert [
        text for text in judged if re.search(r"\bnow\s*\(|current_(time|date)", text, re.IGNORECASE)
    ] == []


async def _ok(client: httpx.AsyncClient, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = await client.request(method, path, json=body, **more)
    assert answer.status_code < 300, (method, path, answer.text)
    return answer.json() if answer.content else None


async def _work_day(house: House) -> None:
    """A ticket with everything on it, seen from every side."""
    client = await house.client()
    key = {"idempotency-key": "once"}
    body = await house.example()
    ticket = await _ok(client, "POST", "/tickets", body, headers=key)
    await _ok(client, "POST", "/tickets", body, headers=key)
    other = await house.ticket(client, "general")
    at = f"/tickets/{ticket['id']}"
    await _ok(client, "POST", f"{at}/claim", {"version": ticket["version"]})
    said = await _ok(client, "POST", f"{at}/note", {"body": "已核对 4111111111111111"})
    await _ok(client, "POST", f"{at}/link", {"other": other["number"]})
    late = {"version": ticket["version"], "assignee": None, "reason": "交回队列"}
    assert (await client.post(f"{at}/assign", json=late)).json()["title"] == "StaleWrite"
    drafts = await _ok(client, "POST", f"{at}/drafts", {"body": "草稿"})
    await _ok(client, "DELETE", f"/drafts/{drafts[0]['id']}")
    files = {"files": ("a.txt", b"hello", "text/plain")}
    await _ok(client, "POST", f"{at}/attach", files=files)
    for path in ("", "/timeline", "/evidence", "/verify", "/attachments"):
        await _ok(client, "GET", f"{at}{path}")
    await file_check.check_now(house.desk, house.tenant_id)
    file = (await _ok(client, "GET", f"{at}/attachments"))[0]["id"]
    assert (await client.get(f"{at}/attachments/{file}")).content == b"hello"
    await _ok(client, "POST", "/tickets/search", {"kind": "card_number", "value": "4111111111111111"})
    items = [{"id": ticket["id"], "version": said["version"]}]
    await _ok(client, "POST", "/tickets/bulk", {"verb": "note", "items": items, "command": {"body": "批量"}})
    agent = await house.client("agent")
    assert (await agent.get(f"/tickets/{ticket['number']}")).status_code == 200


async def _lists(house: House) -> None:
    """Every field and operator of a filter, every order, and the page after."""
    supervisor = await house.client()
    await house.ticket(supervisor)
    for client in (supervisor, await house.client("agent")):
        for sort in get_args(Sort):
            page = await _ok(client, "GET", f"/tickets?sort={sort}&limit=1")
            assert page["next"]
            await _ok(client, "GET", f"/tickets?sort={sort}&limit=1&after={page['next']}")
        leaves = [
            leaf
            for field in FILTERS
            for leaf in _leaves(field.name, field.type, next(iter(field.values), None))
        ]
        trees = [*leaves, {"any": leaves[:20]}, {"not": {"all": leaves[-5:]}}]
        for tree in trees:
            params = {"filter": json.dumps(tree)}
            await _ok(client, "GET", "/tickets", params=params)
            await _ok(client, "GET", "/tickets/count", params=params)


def _leaves(name: str, type_: str, choice: str | None) -> Iterator[dict[str, Any]]:
    value = choice or _VALUES.get(type_, "019aa000-0000-7000-8000-000000000000")
    words = {"text": ("is", "not"), "uuid": ("is", "not"), "time": ("before", "after"), "integer": ("below", "above"),
        "boolean": ("is",)}[type_]  # fmt: skip
    yield from ({"field": name, word: value} for word in words)
    if type_ != "boolean":
        yield {"field": name, "set": True}
    if type_ in ("text", "uuid", "integer"):
        yield {"field": name, "in": [value]}


async def _people(house: House) -> None:
    """Signing in and out, tokens, staff, a leaver; views and drafts of one's own."""
    admin, client = await house.client("admin"), await house.client()
    password = "correct horse battery 9"
    new = {"login": "li", "name": "Li", "password": password, "roles": ["agent"], "teams": ["BILLING"]}
    made = await _ok(admin, "POST", "/staff", new)
    async with house.anonymous() as browser:
        wrong = {"tenant": house.code, "login": "li", "password": "no no no no no"}
        assert (await browser.post("/session", json=wrong)).status_code == 401
        given = await _ok(browser, "POST", "/session", {**wrong, "password": password})
        own = {"key": given["key"], "password": "a password of their own 7"}
        welcome = await _ok(browser, "POST", "/session/new-password", own)
        await _ok(browser, "GET", "/session")
        csrf = {"x-csrf-token": welcome["csrf_token"]}
        token = await _ok(browser, "POST", "/tokens", {"name": "t", "days": 3}, headers=csrf)
        await _ok(browser, "GET", "/tokens")
        await _ok(browser, "DELETE", f"/tokens/{token['id']}", headers=csrf)
        sessions = await _ok(browser, "GET", "/sessions")
        await _ok(browser, "DELETE", f"/sessions/{sessions[0]['id']}", headers=csrf)
    await _ok(
        admin, "PUT", f"/staff/{made['id']}/rights", {"roles": ["lead"], "teams": ["FRAUD"], "skills": ["en"]}
    )
    await _ok(admin, "PUT", f"/staff/{made['id']}/password", {"password": "another horse battery 8"})
    await _ok(admin, "POST", f"/staff/{made['id']}/leave", {})
    await _ok(admin, "POST", "/teams", {"code": "NIGHT", "name_zh": "夜班", "name_en": "Night"})
    await _ok(
        admin,
        "PUT",
        "/roles",
        {"code": "r", "name_zh": "角色", "name_en": "R", "permissions": ["ticket.read"]},
    )
    view = await _ok(
        client, "POST", "/views", {"name": "紧急", "filter": {"field": "priority", "is": "urgent"}}
    )
    for path in (
        "/staff",
        "/roles",
        "/permissions",
        "/teams",
        "/case-types",
        "/case-types/general",
        "/views",
        "/drafts",
    ):
        await _ok(admin if path in ("/staff", "/roles", "/permissions") else client, "GET", path)
    await _ok(client, "DELETE", f"/views/{view['id']}")


async def _portal(house: House) -> None:
    """A customer from the link to the rating."""
    browser = await customer(house, basics={"account_id": "U20260000123"})
    ticket = await sent(house, browser)
    at = f"/portal/tickets/{ticket['id']}"
    await _ok(browser, "POST", f"{at}/messages", {"body": "补充"})
    shown = await _ok(browser, "POST", f"{at}/attach", files={"files": ("a.txt", b"hello", "text/plain")})
    await file_check.check_now(house.desk, house.tenant_id)
    assert (await browser.get(f"{at}/attachments/{shown['attachments'][0]['id']}")).content == b"hello"
    await led(house, ticket, "resolved")
    await _ok(browser, "POST", f"{at}/rate", {"score": 4, "comment": "还可以"})
    for path in ("/portal/tickets", at, "/portal/session", "/portal/case-types"):
        await _ok(browser, "GET", path)
    other = await sent(house, browser)
    await _ok(browser, "POST", f"/portal/tickets/{other['id']}/withdraw", {"reason": "不用了"})
    asked = {"tenant": house.code, "number": ticket["number"], "last4": "8000"}
    await _ok(house.anonymous(), "POST", "/portal/progress", asked)
    await _ok(browser, "DELETE", "/portal/session")


async def _behind_the_scenes(house: House) -> None:
    """What worker and command line do."""
    desk = house.desk
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    for tenant_id in await evidence.tenants_to_seal(desk.database):
        await evidence.seal_tenant(desk.database, desk.ring, tenant_id)
    await evidence.RootsLog(desk.settings.data_folder / "roots.log").catch_up(desk.database, house.tenant_id)
    await app.sweep(desk, house.tenant_id)
    assert await tickets.symptoms(desk, house.tenant_id) == []
    checks = {
        "rows": (tickets.ROW_CHECK,),
        "payloads": tickets.PAYLOAD_CHECKS,
        "latest": tickets.LATEST_CHECKS,
    }
    verification = evidence.verify(
        desk.settings.database_url, desk.ring, house.tenant_id, roots_log=None, **checks
    )
    assert list(verification.findings) == []
    async with desk.database.connection() as connection:
        assert isinstance(connection, AsyncConnection)
