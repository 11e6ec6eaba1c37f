"""Guessing one login from everywhere slows strangers down, never the owner's own browser; the owner is told."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from bihuan.core import clock, db
from bihuan.core.clock import Traveller
from bihuan.core.desk import Desk
from bihuan.identity import devices
from tests.conftest import House, gather
from tests.identity.people import PASSWORD, browser, sign_in, signed_in, take, title


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock, so that no window of throttling is shared between tests."""
    with clock.travel((clock.now() + timedelta(days=120)).replace(minute=0, second=0)) as traveller:
        yield traveller


@pytest.fixture
async def member(house: House, time: Traveller) -> House:
    """A house with an agent `li` who has a password."""
    await house.token("agent", login="li", password=PASSWORD)
    return house


@pytest.fixture(autouse=True)
def few(desk: Desk) -> Iterator[None]:
    """A desk that slows strangers down soon."""
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, sign_in_tries_per_login=8)
    yield
    desk.settings = before


async def _attack(house: House, tries: int, *, start: int = 0, login: str = "li") -> list[int]:
    """One wrong password each from so many addresses."""
    answers = [
        await sign_in(browser(house, f"10.7.{n // 250}.{n % 250}"), house, login=login, password="guess")
        for n in range(start, start + tries)
    ]
    return [a.status_code for a in answers]


async def test_strangers_are_slowed_down_and_the_owner_is_not(member: House, time: Traveller) -> None:
    own = await signed_in(member)
    assert await _attack(member, 8) == [401] * 8
    time.on(timedelta(seconds=10))
    assert await _attack(member, 6, start=100) == [401, 429, 429, 429, 429, 429], "one in five seconds"
    for _ in range(3):
        take(own, await sign_in(own, member))
    time.on(timedelta(seconds=10))
    take(at := browser(member, "10.8.0.1"), await sign_in(at, member))
    time.on(timedelta(minutes=16))
    assert await _attack(member, 8, start=200) == [401] * 8, "and it is forgotten"


async def test_an_address_that_failed_then_has_no_second_try(member: House, time: Traveller) -> None:
    await _attack(member, 8)
    time.on(timedelta(seconds=10))
    assert title(await sign_in(browser(member, "10.7.0.1"), member)) == (429, "TooManyTries")
    take(at := browser(member, "10.8.0.1"), await sign_in(at, member))


async def test_the_pace_gets_slower(member: House, time: Traveller) -> None:
    let = 0
    for n in range(120):
        time.on(timedelta(seconds=5))
        let += (await _attack(member, 1, start=n))[0] == 401
    assert 8 + 8 + 8 <= let <= 8 + 8 + 8 + 8 + 8 + 3, let


async def test_a_login_that_is_nobodys_is_slowed_down_alike(member: House, time: Traveller) -> None:
    statuses = [await _attack(member, 12, login=login) for login in ("li", "nobody")]
    assert statuses[0] == statuses[1]


async def test_guesses_at_the_owners_browser_are_few_too(member: House, time: Traveller) -> None:
    own = await signed_in(member)
    answers = await gather(*(sign_in(own, member, password=f"guess {n}") for n in range(12)))
    assert sorted(a.status_code for a in answers) == [401] * 5 + [429] * 7


async def test_a_browser_is_known_for_its_owner_alone_and_until_the_password_changes(
    member: House, time: Traveller
) -> None:
    own = await signed_in(member)
    cookie = own.cookies["bihuan_device"]
    ring, tenant, li = member.desk.ring, member.tenant_id, member.people["li"]
    now = clock.now()
    assert devices.known(ring, cookie, tenant, li, since=now) is not None
    assert devices.known(ring, cookie, tenant, tenant, since=now) is None
    assert devices.known(ring, cookie, li, li, since=now) is None
    assert devices.known(ring, cookie, tenant, li, since=now + timedelta(seconds=2)) is None
    flipped = ("B" if cookie[5] != "B" else "C").join([cookie[:5], cookie[6:]])
    for wrong in ("", "x", "~", "é~x", cookie[:-3], flipped, cookie.replace("mac-1", "wrap-1")):
        assert devices.known(ring, wrong, tenant, li, since=now) is None, wrong
    several = devices.remembered(ring, cookie, tenant, tenant)
    for _ in range(6):
        several = devices.remembered(ring, several, tenant, tenant)
    assert devices.known(ring, several, tenant, li, since=now) is not None, "another person here drops nobody"
    time.on(timedelta(days=181))
    assert devices.known(ring, cookie, tenant, li, since=now) is None


async def test_the_owner_is_told_of_failures(member: House, time: Traveller) -> None:
    await _attack(member, 3)
    at = browser(member)
    told = take(at, await sign_in(at, member)).json()["failures"]
    assert (told["count"], told["address"]) == (3, "10.7.0.2")
    assert take(at, await sign_in(at, member)).json()["failures"] is None


async def test_tries_of_a_login_nobody_has_are_on_record(member: House, time: Traveller) -> None:
    auditor = await member.client("auditor")
    for address in ("10.7.0.1", "10.7.0.2", "203.0.113.9"):
        answer = await sign_in(
            browser(member, address), member, login="zhangsan13800138000", password="guess"
        )
        assert title(answer) == (401, "WrongSignIn")
    await sign_in(browser(member), member, login="root", password="guess")
    found = (await auditor.get("/audit/events", params={"kind": "sign_in.failed"})).json()["items"]
    assert [one["data"]["login"] for one in found] == ["r•••", "z•••", "z•••", "z•••"]
    assert [one["data"]["address_class"] for one in found[1:]] == ["private"] * 3, (
        "203.0.113.0/24 is for documents"
    )
    assert len({one["data"]["login_hash"] for one in found}) == 2
    assert len({one["data"]["network"] for one in found[1:]}) == 2
    assert not any(told in str(found) for told in ("hangsan", "13800138000", "guess", "10.7", "203.0"))
    assert {(one["whom"], one["who"]["login"]) for one in found} == {(None, None)}


async def test_a_made_up_login_takes_the_statements_of_a_real_one(
    member: House, time: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(db, "on_statement", lambda told, _params: sent.append(told.split("(")[0][:40]))
    seen: list[list[str]] = []
    for login in ("li", "nobody"):
        await _attack(member, 1, login=login, start=1)
        sent.clear()
        await _attack(member, 1, login=login, start=2)
        seen.append([*sent])
    assert len(seen[0]) == len(seen[1]) > 8
