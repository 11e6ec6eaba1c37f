"""How often one may ask, and that nobody can use it against somebody else."""

import asyncio
import copy
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.api import limits
from bihuan.api.limits import Bucket, Limits
from bihuan.core import clock
from bihuan.core.desk import Desk
from bihuan.core.settings import Settings
from tests.api.test_every_operation import problem
from tests.conftest import House
from tests.trust.desks import another, from_address


@given(st.integers(1, 10_000), st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=200))
def test_never_more_than_a_minutes_worth_ahead(most: int, steps: list[tuple[float, bool]]) -> None:
    """Over any window the bucket lets through its capacity and what has flowed in, and says when the next may come."""
    at, came = 0.0, 0
    bucket = Bucket(most, at)
    for wait, _ in steps:
        at += wait
        waiting = bucket.refuses(at)
        if waiting:
            assert not copy.copy(bucket).refuses(at + waiting + 1e-6)
            continue
        bucket.spend(at)
        came += 1
    assert came <= most + at * most / 60 + 1


def _client(house: House, transport: httpx.ASGITransport, token: str) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://desk/api/v1", headers=headers)


async def _answers(client: httpx.AsyncClient, count: int, path: str = "/session", **more: Any) -> list[int]:
    return [(await client.get(path, **more)).status_code for _ in range(count)]


async def test_one_person_has_so_many_and_another_is_not_touched(house: House, settings: Settings) -> None:
    li, wang = await house.token("agent", login="li"), await house.token("agent", login="wang")
    async with another(settings, requests_per_minute=5) as (_, transport):
        one, two = _client(house, transport, li), _client(house, transport, wang)
        assert await _answers(one, 7) == [200] * 5 + [429] * 2
        told = await one.get("/session")
        assert problem(told) == "TooManyRequests"
        assert 1 <= int(told.headers["retry-after"]) <= 13
        assert await _answers(two, 5) == [200] * 5


async def test_all_processes_together_have_so_many(house: House, settings: Settings) -> None:
    token = await house.token("agent", login="li")
    with clock.travel(clock.now().replace(second=1, microsecond=0)):
        async with another(settings, requests_per_minute=12) as (_, first):
            async with another(settings, requests_per_minute=12) as (_, second):
                # Eight at one process, eight at the other: neither sees twelve, the rows do.
                taken = await _answers(_client(house, first, token), 8)
                taken += await _answers(_client(house, second, token), 8)
                assert taken.count(200) == 13, (
                    "one more is answered before its process hears that it was the last"
                )
                assert taken[-1] == 429


async def test_nobody_at_an_address_cannot_throttle_somebody_there(house: House, settings: Settings) -> None:
    """A flood from a branch's shared address, of nobody and of made-up tokens: who is at work there goes on."""
    token = await house.token("agent", login="li")
    async with another(settings, anonymous_requests_per_minute=5) as (_, transport):
        at = from_address(transport, "203.0.113.7")
        li = _client(house, at, token)
        assert await _answers(li, 1) == [200]
        flood = httpx.AsyncClient(transport=at, base_url="http://desk/api/v1")
        assert await _answers(flood, 7) == [401] * 5 + [429] * 2
        fake = {"authorization": "Bearer " + token[:-4] + "aaaa"}
        assert await _answers(flood, 2, headers=fake) == [429] * 2
        assert await _answers(li, 10) == [200] * 10
        elsewhere = httpx.AsyncClient(
            transport=from_address(transport, "203.0.113.8"), base_url="http://desk/api/v1"
        )
        assert await _answers(elsewhere, 2) == [401] * 2


async def test_a_made_up_address_is_nobodys(house: House, settings: Settings) -> None:
    """X-Forwarded-For of who is no proxy of ours changes nothing: neither to escape nor to throttle another."""
    async with another(settings, anonymous_requests_per_minute=3, trusted_proxies="10.0.0.0/8") as (
        _,
        transport,
    ):
        attacker = httpx.AsyncClient(
            transport=from_address(transport, "198.51.100.1"), base_url="http://desk/api/v1"
        )
        seen = [
            (await attacker.get("/session", headers={"x-forwarded-for": f"203.0.113.{n}"})).status_code
            for n in range(5)
        ]
        assert seen == [401] * 3 + [429] * 2
        proxy = httpx.AsyncClient(
            transport=from_address(transport, "10.0.0.1"), base_url="http://desk/api/v1"
        )
        for n in range(5):  # behind the proxy each has their own
            told = await proxy.get("/session", headers={"x-forwarded-for": f"198.51.100.1, 203.0.113.{n}"})
            assert told.status_code == 401
        spoofed = [
            (
                await proxy.get("/session", headers={"x-forwarded-for": f"192.0.2.{n}, 203.0.113.99"})
            ).status_code
            for n in range(5)
        ]
        assert spoofed == [401] * 3 + [429] * 2, "what the client itself claims stands further left"


async def test_a_customer_of_ipv6_is_one_however_many_addresses_they_take(
    desk: Desk, settings: Settings
) -> None:
    async with another(settings, anonymous_requests_per_minute=3) as (_, transport):
        seen = []
        for n in range(5):
            at = from_address(transport, f"2001:db8:1:2::{n:x}")
            seen += await _answers(httpx.AsyncClient(transport=at, base_url="http://desk/api/v1"), 1)
        assert seen == [401] * 3 + [429] * 2


def test_memory_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_BUCKETS", 10)
    one = Limits(_with(desk, anonymous=5), now=lambda: 0.0)
    for n in range(100):
        one.came_to_nothing(f"203.0.113.{n}")
    assert len(one._addresses) == 10


def _with(desk: Desk, *, anonymous: int) -> Desk:
    import msgspec

    changed = msgspec.structs.replace(desk.settings, anonymous_requests_per_minute=anonymous)
    return Desk(changed, desk.database, desk.ring, desk.wake)


async def test_a_database_that_is_away_does_not_change_an_answer(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await house.token("agent", login="li")
    async with another(settings, requests_per_minute=12) as (desk, transport):

        async def broken(*_: object, **__: object) -> None:
            raise OSError

        monkeypatch.setattr(limits.of(desk)._shared, "spend", broken)
        assert await _answers(_client(house, transport, token), 3) == [200] * 3


async def test_a_body_that_drips_is_ended(house: House, settings: Settings) -> None:
    token = await house.token("agent", login="li")

    async def dripping() -> Any:
        yield b'{"title": "'
        await asyncio.sleep(3600)
        yield b'x"}'

    async with another(settings) as (desk, transport):
        object.__setattr__(desk, "settings", _slow(desk.settings))
        client = _client(house, transport, token)
        answer = await client.post("/tickets", content=dripping())
        assert (answer.status_code, problem(answer)) == (408, "BodyTooSlow")


def _slow(settings: Settings) -> Settings:
    import msgspec

    return msgspec.structs.replace(settings, body_seconds=0.05)  # pyright: ignore[reportArgumentType]


def test_the_window_is_a_minute() -> None:
    assert timedelta(minutes=1) == limits._MINUTE
