"""A request sent twice is done once: over HTTP, for a day, by actor, route and key."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.conftest import House, gather

from bihuan.core import clock, idempotency, outbox
from bihuan.core.desk import Desk
from bihuan.core.idempotency import KeyInFlight

_MOMENT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


async def _open(client: httpx.AsyncClient, body: dict[str, Any], key: str) -> httpx.Response:
    return await client.post("/tickets", json=body, headers={"idempotency-key": key})


async def _count(client: httpx.AsyncClient) -> int:
    return int((await client.get("/tickets/count")).json()["count"])


async def test_the_same_again_is_the_same_answer_and_one_ticket(house: House) -> None:
    client, body = await house.client(), await house.example()
    first = await _open(client, body, "key-1")
    second = await _open(client, body, "key-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await _count(client) == 1
    other = await _open(client, {**body, "title": "别的事"}, "key-1")
    assert (other.status_code, other.json()["title"]) == (422, "KeyReused")
    assert await _count(client) == 1


async def test_a_refusal_keeps_no_answer(house: House) -> None:
    client, body = await house.client(), await house.example()
    assert (await _open(client, {**body, "fields": {}}, "key-1")).status_code == 422
    assert (await _open(client, body, "key-1")).status_code == 201


async def test_a_key_is_of_its_actor_and_route(house: House) -> None:
    supervisor, agent = await house.client(), await house.client("agent")
    body = await house.example()
    mine, theirs = await _open(supervisor, body, "same"), await _open(agent, body, "same")
    assert mine.json()["id"] != theirs.json()["id"]
    for ticket in (mine.json(), theirs.json()):
        url = f"/tickets/{ticket['id']}/note"
        said = await supervisor.post(url, json={"body": "备注"}, headers={"idempotency-key": "same"})
        assert (said.status_code, said.headers.get("idempotency-replayed")) == (200, None)


async def test_creates_at_once_under_one_key_make_one_ticket(house: House) -> None:
    client, body = await house.client(), await house.example()
    answers = await gather(*(_open(client, body, "key-1") for _ in range(12)))
    made = {a.json()["id"] for a in answers if a.status_code == 201}
    refused = {a.json()["title"] for a in answers if a.status_code != 201}
    assert len(made) == 1
    assert refused <= {"KeyInFlight"}
    assert {a.status_code for a in answers} <= {201, 409}
    assert (await _open(client, body, "key-1")).json()["id"] in made
    assert await _count(client) == 1


async def test_while_one_is_at_work_another_hears_so_at_once(desk: Desk, house: House) -> None:
    client = await house.client()
    held = idempotency.scope(house.people["supervisor"], "POST /tickets", "key-1", b"")
    async with desk.database.work(house.tenant_id) as work:
        assert await idempotency.answer_for(work, held) is None
        async with asyncio.timeout(5):
            answer = await _open(client, await house.example(), "key-1")
        assert (answer.status_code, answer.json()["title"]) == (409, "KeyInFlight")
        with pytest.raises(KeyInFlight):
            async with desk.database.work(house.tenant_id) as other:
                await idempotency.answer_for(other, held)
    assert (await _open(client, await house.example(), "key-1")).status_code == 201


async def test_after_a_day_the_key_is_free_again(desk: Desk, house: House) -> None:
    client, body = await house.client(), await house.example("general")
    with clock.travel(clock.now()) as traveller:
        first = await _open(client, body, "key-1")
        traveller.on(timedelta(hours=23, minutes=59))
        await outbox.sweep_old(desk, house.tenant_id)
        assert (await _open(client, body, "key-1")).content == first.content
        traveller.on(timedelta(minutes=2))
        await outbox.sweep_old(desk, house.tenant_id)
        again = await _open(client, {**body, "title": "过了一天"}, "key-1")
    assert again.status_code == 201, again.text
    assert again.json()["id"] != first.json()["id"]


async def test_replies_at_once_under_one_key_are_said_once(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client)
    url, body = f"/tickets/{ticket['id']}/reply", {"version": 1, "body": "您好,已受理。"}
    headers = {"idempotency-key": "once"}
    answers = await gather(*(client.post(url, json=body, headers=headers) for _ in range(10)))
    assert {a.status_code for a in answers} <= {200, 409}
    again = await client.post(url, json=body, headers=headers)
    assert (again.status_code, again.headers.get("idempotency-replayed")) == (200, "true")
    said = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    assert [e["kind"] for e in said] == ["ticket.opened", "ticket.replied"]


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "é"])
async def test_a_key_is_printable_ascii(house: House, key: str) -> None:
    client, body = await house.client(), await house.example()
    sent = httpx.Headers([(b"idempotency-key", key.encode("latin-1"))])
    answer = await client.post("/tickets", json=body, headers=sent)
    assert (answer.status_code, answer.json()["title"]) == (400, "BadKey")
    assert await _count(client) == 0


async def test_neither_words_nor_key_are_kept_in_clear(house: House, owner: Any) -> None:
    client, body = await house.client(), await house.example()
    await _open(client, body, "order-4711")
    kept = owner.execute(
        "select i::text as row, sealed from idempotency i where tenant_id = %s", (house.tenant_id,)
    ).fetchone()
    assert kept is not None
    for clear in (body["title"], "6222020200112230", "622202******2230", "order-4711"):
        assert clear not in kept[0]
        assert clear.encode() not in bytes(kept[1])


async def test_an_answer_changed_in_the_database_is_refused(house: House, owner: Any) -> None:
    client, body = await house.client(), await house.example()
    await _open(client, body, "key-1")
    owner.execute(
        "update idempotency set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where tenant_id = %s",
        (house.tenant_id,),
    )
    again = await _open(client, body, "key-1")
    assert (again.status_code, again.json()["title"]) == (500, "AnswerDamaged")
