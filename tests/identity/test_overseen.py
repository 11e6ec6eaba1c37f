"""Signing in, overseen by who administers it: how everybody signs in, the rules, tries forgiven, and what asks again."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from bihuan.core import clock
from bihuan.core.clock import Traveller
from bihuan.core.desk import Desk
from bihuan.core.http import operations
from tests.conftest import House
from tests.identity.people import PASSWORD, browser, sign_in, signed_in, take, title, with_totp


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock, so that no window of throttling is shared between tests."""
    with clock.travel((clock.now() + timedelta(days=240)).replace(minute=0, second=0)) as traveller:
        yield traveller


@pytest.fixture
async def member(house: House, time: Traveller) -> House:
    """A house with an agent `li` who has a password."""
    await house.token("agent", login="li", password=PASSWORD)
    return house


async def test_how_everybody_signs_in(member: House) -> None:
    admin = await member.client("admin")
    own = await signed_in(member)
    await with_totp(own)
    await sign_in(browser(member, "10.9.0.1"), member, password="guess")
    policy = await admin.put("/sign-in/policy", json={"enrol_roles": ["agent"]})
    assert policy.status_code == 200, policy.text
    told = {one["login"]: one for one in (await admin.get("/sign-in/people")).json()}
    li, boss = told["li"], told["admin"]
    assert (li["has_password"], li["totp"], li["passkeys"], li["recovery"]) == (True, True, 0, 10)
    assert (li["enrols"], li["failures"], li["failed_address"]) == (True, 1, "10.9.0.1")
    assert li["signed_in_at"] is not None
    assert (boss["has_password"], boss["totp"], boss["enrols"], boss["failures"]) == (False, False, False, 0)
    assert not [one for one in told.values() if {"password_hash", "secret"} & one.keys()]


async def test_the_rules_are_the_settings(member: House, desk: Desk) -> None:
    admin = await member.client("admin")
    rules = (await admin.get("/sign-in/rules")).json()
    assert rules["password_length"] == desk.settings.password_length
    assert rules["tries"] == desk.settings.sign_in_tries
    assert (rules["own_breached_list"], rules["window_minutes"]) == (False, 15)


async def test_failed_tries_are_forgiven(member: House, desk: Desk) -> None:
    admin = await member.client("admin")
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, sign_in_tries=2, sign_in_tries_per_login=4)
    try:
        for number in range(4):
            await sign_in(browser(member, f"10.9.1.{number // 2}"), member, password="guess")
        at = browser(member, "10.9.1.1")
        assert title(await sign_in(at, member)) == (429, "TooManyTries")
        answer = await admin.post(f"/staff/{member.people['li']}/sign-in-forgiven")
        assert answer.status_code == 204, answer.text
        welcome = take(at, await sign_in(at, member)).json()
        assert welcome["failures"]["count"] == 4, "they are told all the same"
        first = browser(member, "10.9.1.0")
        assert title(await sign_in(first, member)) == (429, "TooManyTries"), "another address goes on waiting"
    finally:
        desk.settings = before
    assert title(await admin.post(f"/staff/{uuid4()}/sign-in-forgiven")) == (404, "NotFound")
    auditor = await member.client("auditor")
    found = (await auditor.get("/audit/events", params={"kind": "staff.sign_in_forgiven"})).json()["items"]
    assert {one["stream"] for one in found} == {"staff", "config"}


async def test_what_asks_again_does_so_before_it_does_anything(member: House, time: Traveller) -> None:
    await member.token("admin", login="root", password=PASSWORD)
    own = await signed_in(member, login="root")
    time.on(timedelta(minutes=11))
    url = f"/staff/{member.people['li']}/rights"
    body = {"roles": ["lead"], "teams": ["DISPUTE"]}
    assert title(await own.put(url, json=body)) == (403, "ConfirmAgain")
    people = {one["login"]: one["roles"] for one in (await own.get("/staff")).json()}
    assert people["li"] == ["agent"]
    assert (await own.post("/session/confirm", json={"password": PASSWORD})).status_code == 204
    assert (await own.put(url, json=body)).status_code == 204


async def test_what_cannot_be_undone_or_gives_rights_asks_again() -> None:
    found = {one.path for one in operations() if one.confirms}
    assert found >= {
        "/customers/{id}/erase", "/erasures/{id}/approve", "/tickets/{id}/evidence-package", "/staff/{id}/rights",
        "/staff", "/roles", "/staff/{id}/password", "/looks/policy", "/staff/{id}/sign-in-forgiven",
    }  # fmt: skip
