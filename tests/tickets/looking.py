"""People at a screen, who may be shown values in clear; tokens may not."""

from typing import Any

import httpx
import psycopg

from tests.conftest import House

Json = dict[str, Any]
CARD = "6222020200112230"
MOBILE = "13800138000"
_PASSWORD = "a long pass phrase of nobody 7"
WHY: Json = {"code": "handle", "text": "核对争议交易的卡号"}


async def at_screen(
    house: House, role: str = "agent", *, login: str | None = None, team: str = "DISPUTE"
) -> httpx.AsyncClient:
    """Somebody of a role, signed in by password."""
    login = login or f"{role}-at-screen".replace("_", "-")
    await house.token(role, login=login, team=team, password=_PASSWORD)
    return await signed_in(house, login)


async def signed_in(house: House, login: str) -> httpx.AsyncClient:
    """Somebody made by `at_screen`, signed in (again)."""
    browser = house.anonymous()
    body = {"tenant": house.code, "login": login, "password": _PASSWORD}
    answer = await browser.post("/session", json=body)
    assert answer.status_code == 201, answer.text
    browser.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return browser


async def ticket_with_card(house: House, **changes: Any) -> Json:
    """A ticket whose field, words and customer hold protected values."""
    description = f"我的卡号 {CARD}，手机 {MOBILE}，有一笔交易不是我做的。"
    return await house.ticket(None, "disputed_bill", description=description, **changes)


async def spans(client: httpx.AsyncClient, ticket: Json) -> list[list[Any]]:
    """Where masks stand in the ticket's words: [start, end, kind, value_id]."""
    items = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    return [span for item in items if item["message"] for span in item["message"].get("spans") or ()]


async def unmasked(client: httpx.AsyncClient, ticket: Json, **asked: Any) -> httpx.Response:
    """An unmask, whatever comes of it."""
    return await client.post(f"/tickets/{ticket['id']}/unmask", json={"reason": WHY, **asked})


def bodies(owner: psycopg.Connection, house: House, kind: str) -> list[Json]:
    """The events of a kind as they are stored, oldest first."""
    rows = owner.execute(
        "select e.body::json from audit_entry a join event e on e.tenant_id = a.tenant_id"
        " and e.stream_id = a.stream_id and e.seq = a.seq where a.tenant_id = %s and a.kind = %s order by a.id",
        (house.tenant_id, kind),
    ).fetchall()
    return [body for (body,) in rows]
