"""Customers for the tests: somebody who came to the portal by a link, as HTTP has them."""

from typing import Any

import httpx

from tests.conftest import House
from tests.tickets.doing import WAYS, Json, do

#: Where the tests' desk is reached; links are made for this machine alone while no public address is set.
HOST = {"host": "localhost:8080"}
MOBILE = "13800138000"


async def link(house: House, staff: httpx.AsyncClient | None = None, **wish: Any) -> str:
    """A fresh link of a customer; `wish` as POST /portal/links takes it."""
    client = staff or await house.client()
    answer = await client.post("/portal/links", json=wish or {"customer": person()}, headers=HOST)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


async def come(house: House, url: str) -> httpx.AsyncClient:
    """A browser that has come by the link: its cookie, and the token that unsafe requests repeat."""
    browser = house.anonymous()
    answer = await browser.post("/portal/session", json={"link": url})
    assert answer.status_code == 201, answer.text
    browser.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return browser


async def customer(house: House, ref: str = "C-1", **more: Any) -> httpx.AsyncClient:
    """A customer at the portal."""
    return await come(house, await link(house, customer=person(ref), **more))


def person(ref: str = "C-1", mobile: str = MOBILE) -> Json:
    """Somebody made up."""
    return {"external_ref": ref, "name": "张示例", "mobiles": [mobile]}


async def sent(house: House, browser: httpx.AsyncClient, case_type: str = "general", **changes: Any) -> Json:
    """A ticket that the customer sent, from the worked example of their form."""
    form = (await browser.get(f"/portal/case-types/{case_type}")).json()
    answer = await browser.post("/portal/tickets", json={**form["example"], **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def inside(house: House, ticket: Json) -> Json:
    """The same ticket as the desk sees it."""
    return dict((await (await house.client()).get(f"/tickets/{ticket['id']}")).json())


async def led(house: House, ticket: Json, state: str) -> Json:
    """A customer's fresh `general` ticket, brought to this state by the supervisor; as the desk sees it."""
    desk, seen = await house.client(), await inside(house, ticket)
    for verb, command in WAYS[state]:
        seen = await do(desk, seen, verb, **command)
    assert seen["state"] == state, seen["missing"]
    return seen
