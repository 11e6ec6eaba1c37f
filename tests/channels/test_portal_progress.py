"""Progress by number: one answer for every wrong one, throttled before it looks, nothing of what is inside."""

from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from bihuan import identity
from bihuan.channels.portal.address import network_of
from bihuan.core import clock, db
from tests.channels.portal import MOBILE, customer, led, sent
from tests.conftest import House
from tests.tickets.doing import Json

_addresses = iter(range(1, 250))


@pytest.fixture
def asker(house: House) -> httpx.AsyncClient:
    """Somebody at an address of their own."""
    return somebody(house)


def somebody(house: House, address: str | None = None) -> httpx.AsyncClient:
    """Nobody the desk knows, at this or a fresh address."""
    address = address or f"198.51.100.{next(_addresses)}"
    transport = httpx.ASGITransport(house.transport.app, raise_app_exceptions=False, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://desk/api/v1")


async def ask(
    client: httpx.AsyncClient, house: House, number: str, last4: str = MOBILE[-4:]
) -> httpx.Response:
    """How far is it?"""
    told = {"tenant": house.code, "number": number, "last4": last4}
    return await client.post("/portal/progress", json=told)


async def test_who_knows_number_and_digits_sees_how_far_it_is(house: House, asker: httpx.AsyncClient) -> None:
    ticket = await sent(house, await customer(house))
    await led(house, ticket, "processing")
    spaced = f"{ticket['number'][:5]} {ticket['number'][5:]}"
    answer = await ask(asker, house, spaced)
    told = answer.json()
    assert (answer.status_code, told["number"], told["stage"]) == (200, ticket["number"], "process")
    assert [s["done"] for s in told["steps"]] == [True, True, True, False, False, False]
    assert told.keys() == {"number", "stage", "state_text", "explanation", "steps", "changed_at"}
    assert ticket["title"] not in answer.text and "supervisor" not in answer.text.lower()


async def test_wrong_number_and_wrong_digits_are_one_answer(house: House) -> None:
    ticket = await sent(house, await customer(house))
    told: list[Json] = []
    statements: list[int] = []
    for number, last4 in (
        (ticket["number"], "0001"),
        ("2000000000", "8000"),
        ("x", "8000"),
        (ticket["id"], "8000"),
    ):
        count: list[str] = []
        before, db.on_statement = db.on_statement, lambda text, _params, count=count: count.append(text)
        try:
            answer = await ask(somebody(house), house, number, last4)
        finally:
            db.on_statement = before
        statements.append(len(count))
        assert answer.status_code == 404
        told.append({k: v for k, v in answer.json().items() if k != "request_id"})
    assert all(each == told[0] for each in told)
    assert len(set(statements)) == 1, "one takes more statements, and so longer, than the other"
    unknown = await somebody(house).post(
        "/portal/progress", json={"tenant": "nobody", "number": "1", "last4": "1234"}
    )
    assert (unknown.status_code, unknown.json()["title"]) == (404, "NoSuchProgress")


async def test_tries_are_counted_before_anything_is_looked_up(house: House, asker: httpx.AsyncClient) -> None:
    ticket = await sent(house, await customer(house))
    # The window begins anew with the clock's quarter hour: stand at its start.
    start = clock.now().replace(minute=0, second=1) + timedelta(hours=1)
    with clock.travel(start):
        wrong = [(await ask(asker, house, ticket["number"], f"000{i}")).status_code for i in range(7)]
        right = await ask(asker, house, ticket["number"])
        elsewhere = await ask(somebody(house), house, ticket["number"])
    assert wrong == [404] * 5 + [429] * 2
    assert (right.status_code, right.json()["title"]) == (429, "TooManyTries")
    assert int(right.headers["retry-after"]) > 0
    assert elsewhere.status_code == 200
    with clock.travel(start + timedelta(minutes=16)):
        assert (await ask(asker, house, ticket["number"])).status_code == 200


async def test_right_answers_use_nothing_up(house: House, asker: httpx.AsyncClient) -> None:
    ticket = await sent(house, await customer(house))
    assert [(await ask(asker, house, ticket["number"])).status_code for _ in range(12)] == [200] * 12


async def test_a_number_is_not_open_to_many_addresses_for_ever(house: House) -> None:
    ticket = await sent(house, await customer(house))
    start = clock.now().replace(hour=0, minute=0, second=1) + timedelta(days=1)
    seen: list[int] = []
    with clock.travel(start):
        for _ in range(9):
            client = somebody(house)
            seen += [(await ask(client, house, ticket["number"], "0001")).status_code for _ in range(5)]
    assert seen[:40] == [404] * 40 and seen[40:] == [429] * 5


async def test_one_address_cannot_walk_through_numbers(house: House, asker: httpx.AsyncClient) -> None:
    start = clock.now().replace(minute=0, second=1) + timedelta(hours=2)
    with clock.travel(start):
        seen = [(await ask(asker, house, f"{2_000_000_000 + i}", "0001")).status_code for i in range(63)]
    assert seen == [404] * 60 + [429] * 3


async def test_a_shut_address_leaves_nothing_behind(
    house: House, asker: httpx.AsyncClient, owner: psycopg.Connection
) -> None:
    counted = "select count(*) from rate_limit where bucket like 'progress%'"
    with clock.travel(clock.now().replace(minute=0, second=1) + timedelta(hours=3)):
        for i in range(60):
            await ask(asker, house, f"{2_000_000_100 + i}", "0001")
        before = owner.execute(counted).fetchone()
        seen = [(await ask(asker, house, f"{2_000_000_200 + i}", "0001")).status_code for i in range(5)]
    assert seen == [429] * 5
    assert owner.execute(counted).fetchone() == before


async def test_a_subscribers_many_addresses_are_one(house: House) -> None:
    ticket = await sent(house, await customer(house))
    with clock.travel(clock.now().replace(minute=0, second=1) + timedelta(hours=4)):
        seen = [
            (
                await ask(somebody(house, f"2001:db8:0:{net}::{i}"), house, ticket["number"], "0001")
            ).status_code
            for net in (1, 2)
            for i in range(1, 8)
        ]
    assert seen == ([404] * 5 + [429] * 2) * 2


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("", ""),
        ("x", "x"),
    ],
)
def test_by_what_an_address_is_counted(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_number_is_one_with_its_tenant_or_without(
    house: House, asker: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await sent(house, await customer(house))
    only = await identity.find_tenant(house.desk, house.code)

    async def the_only(_desk: object) -> object:
        return only

    # The tests' desk has many tenants; on a desk of one it need not be told.
    monkeypatch.setattr(identity, "find_only_tenant", the_only)
    seen: list[int] = []
    with clock.travel(clock.now().replace(minute=0, second=1) + timedelta(hours=5)):
        for told in ({}, {"tenant": house.code}) * 3:
            body = {**told, "number": ticket["number"], "last4": "0001"}
            seen.append((await asker.post("/portal/progress", json=body)).status_code)
    assert seen == [404] * 5 + [429]


async def test_it_takes_as_long_for_nobody(house: House) -> None:
    ticket = await sent(house, await customer(house))
    took: dict[str, list[float]] = {ticket["number"]: [], "2000000000": []}
    for _ in range(12):
        for number, times in took.items():
            client, before = somebody(house), clock.perf()
            await ask(client, house, number, "0001")
            times.append(clock.perf() - before)
    # The least of each: whatever else the machine does only adds.
    known, nobody = (min(times) for times in took.values())
    assert 0.4 < known / nobody < 2.5


async def test_bodies_that_are_not_right(house: House, asker: httpx.AsyncClient) -> None:
    for body in (
        {},
        {"number": "1"},
        {"number": "1", "last4": "12a4"},
        {"number": "1", "last4": "12345"},
        {"number": "", "last4": "1234"},
    ):
        answer = await asker.post("/portal/progress", json=body)
        assert (answer.status_code, answer.json()["title"]) == (422, "Invalid")


async def test_asking_which_institution_uses_nothing_up(
    house: House, asker: httpx.AsyncClient, http: Any
) -> None:
    from tests.conftest import found

    await found(house.desk, http)
    told = {"number": "8349788116", "last4": "0001"}
    for _ in range(6):
        assert (await asker.post("/portal/progress", json=told)).status_code == 422
    for _ in range(5):
        answer = await asker.post("/portal/progress", json={**told, "tenant": house.code})
        assert answer.status_code == 404
    assert (await asker.post("/portal/progress", json={**told, "tenant": house.code})).status_code == 429


async def test_the_tenant_must_be_told_where_there_are_several(
    house: House, asker: httpx.AsyncClient, http: Any
) -> None:
    from tests.conftest import found

    await found(house.desk, http)
    answer = await asker.post("/portal/progress", json={"number": "1", "last4": "1234"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/tenant")
    sign_in = await asker.post("/session", json={"login": "a", "password": "b"})
    assert (sign_in.status_code, sign_in.json()["errors"][0]["pointer"]) == (422, "/tenant")
