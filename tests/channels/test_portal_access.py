"""Who is let in, by whom, and how that ends: no phone decides it, few may make links, and what went wrong is ended."""

from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from tests.api.streams import listening
from tests.channels.portal import HOST, MOBILE, come, customer, link, person, sent
from tests.conftest import House

_LIVE = "/api/v1/portal/live"


def _elsewhere(house: House, address: str) -> httpx.AsyncClient:
    """Nobody the desk knows, at this address."""
    transport = httpx.ASGITransport(house.transport.app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://desk/api/v1")


def _recorded(house: House, owner: psycopg.Connection, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Events of a kind: whose stream, and their data."""
    rows = owner.execute(
        "select s.kind, e.body::json->'data' from event e join stream s on s.tenant_id = e.tenant_id and s.id = e.stream_id"
        " where e.tenant_id = %s and e.body::json->>'kind' = %s",
        [house.tenant_id, kind],
    )
    return rows.fetchall()


@pytest.mark.parametrize("told", [{"mobiles": [MOBILE]}, {"emails": ["shili@example.com"]}])
async def test_a_phone_or_mail_alone_puts_no_ticket_into_somebodys_portal(
    house: House, told: dict[str, Any]
) -> None:
    known = {**person("C-A"), "emails": ["shili@example.com"]}
    browser = await come(house, await link(house, customer=known))
    mine = await sent(house, browser)
    agent = await house.client("agent", team="CS_L1")
    other = await house.ticket(agent, "general", customer=told)
    assert [t["id"] for t in (await browser.get("/portal/tickets")).json()["items"]] == [mine["id"]]
    for name in (other["id"], other["number"]):
        assert (await browser.get(f"/portal/tickets/{name}")).status_code == 404
    again = await house.ticket(agent, "general", customer=told)
    assert again["customer"]["id"] == other["customer"]["id"], (
        "known by weak values alone: the same as before"
    )
    named = await house.ticket(agent, "general", customer={"external_ref": "C-A", **told})
    assert (await browser.get(f"/portal/tickets/{named['id']}")).status_code == 200


async def test_who_is_known_by_more_stays_so_when_it_ends(house: House) -> None:
    desk = await house.client()
    known = {"name": "张示例", "id_number": "11010519491231002X", "mobiles": [MOBILE]}
    one = (await desk.post("/customers", json=known)).json()["customer"]
    strong = next(c for c in one["contacts"] if c["kind"] == "id_number")
    source = await house.client("integration", login="core-system")
    assert (await source.delete(f"/customers/{one['id']}/contacts/{strong['id']}")).status_code == 204
    other = (await desk.post("/customers", json={"mobiles": [MOBILE]})).json()
    assert (other["new"], other["customer"]["id"] != one["id"]) == (True, True)


async def test_who_may_be_the_same_is_proposed_to_colleagues(house: House) -> None:
    first = await house.ticket(customer=person("C-A"))
    second = await house.ticket(customer={"mobiles": [MOBILE]})
    assert second["customer"]["id"] != first["customer"]["id"]
    assert [d["number"] for d in second["duplicates"]] == [first["number"]]
    outside = await house.client("agent", team="FRAUD")
    assert (await house.ticket(outside, customer={"mobiles": [MOBILE]}))["duplicates"] == []


@pytest.mark.parametrize(
    ("role", "status"),
    [("agent", 403), ("lead", 403), ("admin", 403), ("integration", 403), ("supervisor", 201), ("host_app", 201)],
)  # fmt: skip
async def test_few_roles_make_links(house: House, role: str, status: int) -> None:
    client = await house.client(role)
    answer = await client.post("/portal/links", json={"customer": person()}, headers=HOST)
    assert answer.status_code == status, answer.text


async def test_who_makes_links_must_be_allowed_to_see_customers_and_the_ticket(house: House) -> None:
    admin = await house.client("admin")
    for code, permissions in {"blind": ["portal.link"], "seeing": ["portal.link", "customer.read"]}.items():
        role = {"code": code, "name_zh": code, "name_en": code, "permissions": permissions}
        assert (await admin.put("/roles", json=role)).status_code == 204, code
    ticket = await house.ticket(customer=person("C-A"))
    wish = {"customer_id": ticket["customer"]["id"]}
    blind = await house.client("blind", team="FRAUD")
    seeing = await house.client("seeing", team="FRAUD")
    assert (await blind.post("/portal/links", json=wish, headers=HOST)).status_code == 403
    assert (await seeing.post("/portal/links", json=wish, headers=HOST)).status_code == 201
    refused = await seeing.post("/portal/links", json={"ticket": ticket["number"]}, headers=HOST)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/ticket")


async def test_what_went_to_the_wrong_person_is_ended(house: House, owner: psycopg.Connection) -> None:
    browser, other = await customer(house), await customer(house, "C-2")
    unused, elses = await link(house), await link(house, customer=person("C-2"))
    ticket = await sent(house, browser)
    path = f"/customers/{(await house.ticket(customer={'external_ref': 'C-1'}))['customer']['id']}/portal"
    assert (await (await house.client("lead")).delete(path)).status_code == 403
    assert (await browser.get(f"/portal/tickets/{ticket['id']}")).status_code == 200
    async with listening(browser, _LIVE) as open_one, listening(other, _LIVE) as still:
        assert (open_one.status, still.status) == (200, 200)
        assert (await (await house.client()).delete(path)).status_code == 204
        await open_one.until(lambda: open_one.ended)
        assert not still.ended
    assert (await browser.get("/portal/tickets")).status_code == 401
    spent = await house.anonymous().post("/portal/session", json={"link": unused})
    assert (spent.status_code, spent.json()["title"]) == (401, "LinkSpent")
    assert (await other.get("/portal/tickets")).status_code == 200
    assert (await come(house, elses)).cookies
    (stream, data), *more = _recorded(house, owner, "portal.ended")
    assert (stream, len(data["links"]), len(data["sessions"]), more) == ("staff", 1, 1, [])
    again = await customer(house)
    assert (await again.get(f"/portal/tickets/{ticket['id']}")).status_code == 200


async def test_coming_anew_ends_the_session_this_browser_had(house: House, owner: psycopg.Connection) -> None:
    browser = await customer(house)
    former = browser.cookies["bihuan_customer"]
    answer = await browser.post("/portal/session", json={"link": "x"})
    assert (answer.status_code, (await browser.get("/portal/tickets")).status_code) == (401, 200)
    url = await link(house, customer=person("C-2", "13900139001"))
    assert (await browser.post("/portal/session", json={"link": url})).status_code == 201
    assert browser.cookies["bihuan_customer"] != former
    async with house.anonymous() as kept:
        kept.cookies.set("bihuan_customer", former)
        assert (await kept.get("/portal/tickets")).status_code == 401
    assert [stream for stream, _ in _recorded(house, owner, "customer.signed_out")] == ["customer"]
    async with house.anonymous() as odd:
        odd.cookies.set("bihuan_customer", former[:-4] + "aaaa")
        assert (await odd.post("/portal/session", json={"link": await link(house)})).status_code == 201
    assert (await browser.get("/portal/tickets")).status_code == 200


async def test_nobodys_portal_cannot_be_ended(house: House) -> None:
    desk = await house.client()
    for name in ("019aa000-0000-7000-8000-000000000000", "x"):
        assert (await desk.delete(f"/customers/{name}/portal")).status_code == 404


async def test_a_good_link_opens_whatever_others_tried_from_there(house: House) -> None:
    desk, url = house.desk, await link(house)
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, sign_in_tries_per_address=2)
    try:
        async with _elsewhere(house, "203.0.113.77") as client:
            wrong = [(await client.post("/portal/session", json={"link": "x"})).status_code for _ in range(4)]
            good = await client.post("/portal/session", json={"link": url})
            spent = await client.post("/portal/session", json={"link": url})
        networks = [
            (await _elsewhere(house, f"2001:db8:7:{n}::{i}").post("/portal/session", json={"link": "x"}))
            for n in (1, 2)
            for i in (1, 2, 3)
        ]
    finally:
        desk.settings = before
    assert wrong == [401, 401, 429, 429]
    assert (good.status_code, spent.status_code) == (201, 429)
    assert int(spent.headers["retry-after"]) > 0
    assert [a.status_code for a in networks] == [401, 401, 429] * 2
