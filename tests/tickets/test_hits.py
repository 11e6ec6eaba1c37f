"""False hits: a number that only looks personal is shown in clear once somebody who may says so; what is personal is not."""

import httpx
import psycopg
import pytest

from bihuan.core.desk import Desk
from tests.conftest import House
from tests.tickets.doing import Json

#: Passes Luhn and begins like a card; an order number all the same.
ORDER, MASK = "6222020200112230", "622202******2230"
REASON = {"reason": "商户订单号，非卡号"}


async def said(client: httpx.AsyncClient, ticket: Json) -> list[Json]:
    """The messages of a ticket."""
    items = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    return [item["message"] for item in items if item["message"] and item["message"]["kind"] != "record"]


async def value_of(client: httpx.AsyncClient, ticket: Json) -> str:
    """The first masked value of the first message."""
    return str((await said(client, ticket))[0]["spans"][0][3])


async def test_released_it_is_shown_here_and_hereafter_and_withdrawn_it_is_not(
    house: House, owner: psycopg.Connection
) -> None:
    client = await house.client()
    text = f"订单 {ORDER} 与卡 4111111111111111 不符"
    ticket = await house.ticket(client, "general", description=text)
    other = await house.ticket(client, "general", description=f"又是 {ORDER}")
    url = f"/tickets/{ticket['id']}/hits/{await value_of(client, ticket)}/release"
    first = await client.post(url, json=REASON)
    assert first.status_code == 200, first.text
    assert (first.json()["kind"], first.json()["mask"]) == ("card_number", MASK)
    assert (await client.post(url, json=REASON)).json()["id"] == first.json()["id"], "once"
    (shown,) = await said(client, ticket)
    assert shown["body"] == f"订单 {ORDER} 与卡 411111******1111 不符"
    ((start, end, kind, _),) = shown["spans"]
    assert (shown["body"][start:end], kind) == ("411111******1111", "card_number")
    assert ORDER in (await said(client, other))[0]["body"]
    later = await house.ticket(
        client, "general", title=f"订单 {ORDER}", description=f"订单 {ORDER}，卡 4111111111111111"
    )
    assert ORDER in later["title"] and "411111******1111" in (await said(client, later))[0]["body"]
    event = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]
    assert (event["kind"], event["message"]["reason"]) == ("ticket.hit_released", REASON["reason"])
    assert ORDER not in str(event["data"])
    rows = owner.execute("select * from released_hit where tenant_id = %s", (house.tenant_id,)).fetchall()
    assert ORDER not in str(rows)
    (listed,) = (await client.get("/hits")).json()
    assert (listed["mask"], listed["id"]) == (MASK, first.json()["id"])
    assert (await client.post(f"/hits/{listed['id']}/withdraw")).status_code == 200
    assert ORDER not in (await said(client, ticket))[0]["body"]
    assert (await client.get("/hits")).json() == []
    assert (await client.post(f"/hits/{listed['id']}/withdraw")).json()["title"] == "NotFound"


@pytest.mark.parametrize(
    ("text", "title"),
    [("证件 11010519491231002X", "NeverReleased"), ("电话 13800138000", "HitIsContact")],
)
async def test_what_is_personal_stays_masked(house: House, text: str, title: str) -> None:
    client = await house.client()
    customer = {"name": "某某", "mobiles": ["13800138000"]}
    ticket = await house.ticket(client, "general", description=text, customer=customer)
    url = f"/tickets/{ticket['id']}/hits/{await value_of(client, ticket)}/release"
    answer = await client.post(url, json=REASON)
    assert (answer.status_code, answer.json()["title"]) == (409, title)


async def test_who_may_and_where(house: House, desk: Desk) -> None:
    client, agent = await house.client(), await house.client("agent")
    ticket = await house.ticket(client, "general", description=f"订单 {ORDER}")
    other = await house.ticket(client, "general", description="无")
    value = await value_of(client, ticket)
    assert (await agent.post(f"/tickets/{ticket['id']}/hits/{value}/release", json=REASON)).status_code == 403
    assert (await agent.get("/hits")).status_code == 403
    assert (await client.post(f"/tickets/{other['id']}/hits/{value}/release", json=REASON)).status_code == 404
    assert (
        await client.post(f"/tickets/{ticket['id']}/hits/{other['id']}/release", json=REASON)
    ).status_code == 404
    assert (await client.post(f"/tickets/{ticket['id']}/hits/{value}/release", json={})).status_code == 422
    # Another tenant's number of the same digits stays masked: indexes are each tenant's own.
    from tests.conftest import found

    stranger = await found(desk, house.transport)
    assert (
        await client.post(f"/tickets/{ticket['id']}/hits/{value}/release", json=REASON)
    ).status_code == 200
    theirs = await stranger.client()
    one = await stranger.ticket(theirs, "general", description=f"订单 {ORDER}")
    assert ORDER not in (await said(theirs, one))[0]["body"]
