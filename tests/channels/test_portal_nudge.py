"""Customers ask the desk to hurry: so often and no more, and are told when again."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from bihuan.core import clock as core_clock
from bihuan.core.clock import Traveller
from bihuan.core.desk import Desk
from tests.channels.portal import customer, inside, led, sent
from tests.conftest import House
from tests.tickets.doing import do, kinds
from tests.tickets.timed import HOUR, START, events, policy, rule, words


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def test_so_often_and_no_more(house: House, time: Traveller) -> None:
    browser = await customer(house)
    ticket = await sent(house, browser)
    at = f"/portal/tickets/{ticket['id']}/nudge"
    assert "nudge" in ticket["can"]
    first = await browser.post(at, json={})
    assert (first.status_code, len(first.json()["messages"])) == (200, 1), first.text
    told = (await events(house, ticket))[-1]
    assert (told.kind, told.data["by"], told.actor_kind) == ("ticket.nudged", "customer", "customer")
    time.on(HOUR)
    again = await browser.post(at, json={})
    assert (again.status_code, again.json()["title"]) == (429, "NudgedAlready")
    assert again.json()["again_at"] == (START + 4 * HOUR).isoformat()
    assert again.headers["retry-after"] == str(3 * 3600 + 1)
    assert "2026-03-04 14:00" in again.json()["detail"]
    english = await browser.post(at, json={}, headers={"accept-language": "en"})
    assert "2026-03-04 14:00" in english.json()["detail"] and "hurry" in english.json()["detail"]
    for hours in (4, 8):
        time.to(START + hours * HOUR)
        assert (await (await customer(house)).post(at)).status_code == 200
    time.to(START + 13 * HOUR)
    fourth = await (await customer(house)).post(at)
    assert fourth.json()["again_at"] == (START + 24 * HOUR).isoformat()
    time.to(START + 24 * HOUR)
    assert (await (await customer(house)).post(at)).status_code == 200
    assert (await kinds(await house.client(), ticket)).count("nudged") == 4


async def test_each_ticket_for_itself_and_colleagues_apart(house: House, time: Traveller) -> None:
    browser, desk = await customer(house), await house.client()
    one, two = await sent(house, browser), await sent(house, browser)
    assert (await desk.post(f"/tickets/{one['id']}/nudge", json={})).status_code == 200
    for ticket in (one, two):
        assert (await browser.post(f"/portal/tickets/{ticket['id']}/nudge")).status_code == 200


async def test_a_key_that_comes_again_counts_once(house: House, time: Traveller) -> None:
    browser = await customer(house)
    ticket = await sent(house, browser)
    at, key = f"/portal/tickets/{ticket['id']}/nudge", {"idempotency-key": "k"}
    one = await browser.post(at, headers=key)
    two = await browser.post(at, headers=key)
    assert (one.status_code, two.status_code, two.headers["idempotency-replayed"]) == (200, 200, "true")
    assert (await kinds(await house.client(), ticket)).count("nudged") == 1


async def test_not_while_we_wait_for_them_nor_when_it_is_done(house: House, time: Traveller) -> None:
    browser = await customer(house)
    waiting = await led(house, await sent(house, browser), "waiting")
    at = f"/portal/tickets/{waiting['id']}"
    assert "nudge" not in (await browser.get(at)).json()["can"]
    answer = await browser.post(f"{at}/nudge")
    assert (answer.status_code, answer.json()["title"]) == (409, "WaitingForYou")
    await browser.post(f"{at}/messages", json={"body": "截图已补"})
    assert (await browser.post(f"{at}/nudge")).status_code == 200
    done = await led(house, await sent(house, browser), "archived")
    closed = await browser.post(f"/portal/tickets/{done['id']}/nudge")
    assert (closed.status_code, closed.json()["title"]) == (409, "TicketClosed")


async def test_the_limit_is_a_setting(desk: Desk, house: House, time: Traveller) -> None:
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, nudge_hours=1, nudge_per_day=1)
    try:
        browser = await customer(house)
        ticket = await sent(house, browser)
        at = f"/portal/tickets/{ticket['id']}/nudge"
        assert (await browser.post(at)).status_code == 200
        time.on(2 * HOUR)
        again = await (await customer(house)).post(at)
        assert again.json()["again_at"] == (START + 24 * HOUR).isoformat()
    finally:
        desk.settings = before


async def test_what_is_promised_is_never_a_departments_own_part(house: House, time: Traveller) -> None:
    await policy(
        house,
        rule("ola", hours=2, team="CS_L1"),
        rule("first_response", hours=1),
        rule("resolution", hours=30),
        rule("CN_LIMIT", hours=20, basis=words("规定")),
    )
    browser, desk = await customer(house), await house.client()
    ticket = await sent(house, browser)
    seen = await inside(house, ticket)
    assert {c["kind"] for c in seen["clocks"]} == {"ola", "first_response", "resolution", "CN_LIMIT"}
    told = (await browser.get(f"/portal/tickets/{ticket['id']}")).json()["promised_at"]
    assert told == (START + 20 * HOUR).isoformat().replace("+00:00", "Z")
    shown = (await desk.get(f"/tickets/{ticket['id']}/clocks")).json()["clocks"]
    assert {c["kind"] for c in shown if c["for_customer"]} == {"resolution", "CN_LIMIT"}
    await do(desk, seen, "claim")
    time.on(timedelta(hours=3))
    late = (await (await customer(house)).get(f"/portal/tickets/{ticket['id']}")).json()
    assert "非常抱歉" not in late["explanation"], "a department's part is late, not what was promised"
