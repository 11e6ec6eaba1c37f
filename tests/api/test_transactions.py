"""A request is one transaction: refused, broken or cut short, it leaves nothing behind and harms no other request."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest

from bihuan import tickets
from bihuan.core.db import Query
from bihuan.core.desk import Desk
from tests.conftest import House, gather
from tests.tickets.doing import do, in_state, kinds, read, tried


async def test_after_any_number_of_refusals_every_connection_goes_on(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for _ in range(6):
        refused = await gather(*(tried(client, ticket, "process") for _ in range(24)))
        assert {a.status_code for a in refused} == {409}
        fine = await gather(*(client.get(f"/tickets/{ticket['id']}") for _ in range(24)))
        assert {a.status_code for a in fine} == {200}, {a.text for a in fine if a.status_code != 200}


async def test_after_an_error_of_the_database_the_connection_goes_on(desk: Desk, house: House) -> None:
    for _ in range(30):
        with pytest.raises(psycopg.errors.DivisionByZero):
            async with desk.database.work(house.tenant_id) as work:
                await work.run(Query(name="test.broken", sql="select 1 / 0"))
                await work.scalar(Query(name="test.after", sql="select 1"))
        async with desk.database.work(house.tenant_id) as work:
            assert await work.scalar(Query(name="test.fine", sql="select 2")) == 2


async def test_nothing_of_one_tenant_is_left_on_a_connection(desk: Desk, house: House) -> None:
    current = Query(name="test.tenant", sql="select nullif(current_setting('app.tenant', true), '')")
    async with desk.database.work(house.tenant_id) as work:
        assert await work.scalar(current) == str(house.tenant_id)
    for _ in range(desk.settings.pool * 2):
        async with desk.database.connection() as connection:
            row = await (await connection.execute(current.sql)).fetchone()  # pyright: ignore[reportArgumentType]
            assert row == (None,)


async def test_a_verb_that_breaks_half_way_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    from bihuan.tickets import write

    async def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("the process fell over")

    with monkeypatch.context() as patched:
        patched.setattr(write.sla, "put", broken)
        answer = await tried(client, ticket, "note", body="备注 6222020200112230")
    assert (answer.status_code, answer.json()["title"]) == (500, "Broken")
    assert "RuntimeError" not in answer.text and "fell over" not in answer.text
    assert await kinds(client, ticket) == ["opened"]
    assert (await do(client, ticket, "note", body="备注"))["version"] == 2


async def test_a_request_its_sender_gave_up_leaves_all_or_nothing(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for number in range(12):
        task = asyncio.ensure_future(
            client.post(f"/tickets/{ticket['id']}/note", json={"body": f"备注 {number}"})
        )
        for _ in range(number * 2):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    after = await read(client, ticket)
    assert after["version"] == len(await kinds(client, ticket))
    assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]
    assert (await gather(*(client.get("/tickets") for _ in range(20))))[0].status_code == 200


async def test_a_ticket_locked_by_another_answers_busy_and_others_go_on(
    desk: Desk, house: House, owner: psycopg.Connection
) -> None:
    client = await house.client()
    ticket, other = await house.ticket(client, "general"), await house.ticket(client, "general")
    owner.execute("begin")
    try:
        owner.execute("select 1 from ticket where id = %s for update", (ticket["id"],))
        waiting = asyncio.ensure_future(tried(client, ticket, "note", body="备注"))
        assert (await do(client, other, "note", body="别的工单不受影响"))["version"] == 2
        assert not waiting.done()
    finally:
        owner.execute("rollback")
    assert (await waiting).status_code == 200


async def test_every_kind_of_ticket_is_whole_and_verifies(desk: Desk, house: House) -> None:
    client = await house.client()
    states = ("archived", "merged", "withdrawn", "rejected", "waiting", "reopened")
    made = [await in_state(house, client, state) for state in states]
    assert await tickets.symptoms(desk, house.tenant_id) == []
    for ticket in made:
        verified = (await client.get(f"/tickets/{ticket['id']}/verify")).json()
        assert (verified["clean"], verified["findings"]) == (True, []), ticket["state"]


async def test_a_changed_row_is_named(house: House, owner: psycopg.Connection) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    await do(client, ticket, "note", body="原话")
    owner.execute(
        "update message set sealed = sealed || '\\x00'::bytea where ticket_id = %s and seq = 2",
        (ticket["id"],),
    )
    verified = (await client.get(f"/tickets/{ticket['id']}/verify")).json()
    assert (verified["clean"], [f["seq"] for f in verified["findings"]]) == (False, [2])


async def _pages(client: httpx.AsyncClient, url: str, limit: int) -> list[dict[str, Any]]:
    items, after = list[dict[str, Any]](), 0
    while True:
        page = (await client.get(url, params={"after": after, "limit": limit})).json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = page["next"]


async def test_the_timeline_page_by_page(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for number in range(7):
        ticket = await do(client, ticket, "note", body=f"备注 {number}")
    url = f"/tickets/{ticket['number']}/timeline"
    whole = await _pages(client, url, 500)
    assert [i["seq"] for i in whole] == list(range(1, 9))
    assert [i["message"]["body"] for i in whole[1:]] == [f"备注 {n}" for n in range(7)]
    assert {i["actor"] for i in whole} == {"Supervisor"}
    for limit in (1, 3, 8):
        assert await _pages(client, url, limit) == whole
    for wrong in ({"limit": "501"}, {"after": "-1"}, {"after": str(2**60)}):
        assert (await client.get(url, params=wrong)).status_code == 422
    status = (await client.get(f"/tickets/{ticket['id']}/evidence")).json()
    assert status == {"head_seq": 8, "sealed_seq": 0, "seal_no": None}
