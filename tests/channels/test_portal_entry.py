"""Coming to the portal: links open once, end, lead where the desk is; sessions end; who made and used them is on record."""

from datetime import timedelta

import httpx
import msgspec
import psycopg
import pytest

from bihuan.app import sweep
from bihuan.channels.portal.address import NoPublicAddress, link_url
from bihuan.core import clock
from bihuan.core.settings import BadSetting, Settings, load
from tests.channels.portal import HOST, come, customer, link, person
from tests.conftest import House, found, gather


async def test_of_twenty_at_once_one_comes_in(house: House) -> None:
    url = await link(house)
    browsers = [house.anonymous() for _ in range(20)]
    answers = await gather(*(b.post("/portal/session", json={"link": url}) for b in browsers))
    assert sorted(a.status_code for a in answers) == [201] + [401] * 19
    assert {a.json()["title"] for a in answers if a.status_code == 401} == {"LinkSpent"}
    assert [bool(b.cookies.get("bihuan_customer")) for b in browsers].count(True) == 1


@pytest.mark.parametrize(("use", "minutes"), [("message", 72 * 60), ("app", 2)])
async def test_a_link_ends(house: House, use: str, minutes: int) -> None:
    url = await link(house, customer=person(), use=use)
    with clock.travel(clock.now() + timedelta(minutes=minutes, seconds=1)):
        late = await house.anonymous().post("/portal/session", json={"link": url})
    assert (late.status_code, late.json()["title"]) == (401, "LinkSpent")
    assert "客服" in late.json()["detail"]
    assert (await come(house, url)).cookies


async def test_what_is_no_link_opens_nothing(house: House) -> None:
    url = await link(house)
    other = await found(house.desk, house.transport)
    foreign = url.split("_")
    for odd in (
        "x",
        "bhl_a_b_c",
        url[:-4] + "aaaa",
        "_".join([*foreign[:-1], "a" * 52]),
        url.replace("bhl_", "bhc_"),
    ):
        answer = await house.anonymous().post("/portal/session", json={"link": odd})
        assert (answer.status_code, answer.json()["title"]) == (401, "LinkSpent"), odd
    assert other.code
    assert (await come(house, url.split("#k=")[1])).cookies


async def test_guessing_links_is_throttled(house: House) -> None:
    desk = house.desk
    tight = msgspec.structs.replace(desk.settings, sign_in_tries_per_address=3)
    before, desk.settings = desk.settings, tight
    try:
        transport = httpx.ASGITransport(house.transport.app, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk/api/v1") as client:
            seen = [(await client.post("/portal/session", json={"link": "x"})).status_code for _ in range(5)]
    finally:
        desk.settings = before
    assert seen == [401, 401, 401, 429, 429]


async def test_the_session_ends_when_left_when_idle_and_in_the_end(house: House) -> None:
    left, idle = await customer(house), await customer(house)
    assert (await left.delete("/portal/session")).status_code == 204
    assert (await left.get("/portal/tickets")).status_code == 401
    with clock.travel(clock.now() + timedelta(minutes=house.desk.settings.session_idle_minutes + 1)):
        assert (await idle.get("/portal/tickets")).status_code == 401
    with clock.travel(clock.now() + timedelta(hours=house.desk.settings.session_hours, seconds=1)):
        assert (await idle.get("/portal/tickets")).status_code == 401


async def test_the_session_shows_masks_alone(house: House) -> None:
    browser = await customer(house)
    answer = await browser.get("/portal/session")
    told = answer.json()
    assert {(c["kind"], c["mask"]) for c in told["contacts"]} == {("name", "张**"), ("mobile", "138****8000")}
    assert (told["desk"], told["language"], told["ticket"]) == ("测试", "zh", None)
    assert "张示例" not in answer.text


async def test_secrets_are_nowhere(house: House, owner: psycopg.Connection) -> None:
    url = await link(house)
    browser = await come(house, url)
    for secret in (url.rsplit("_", 1)[1], browser.cookies["bihuan_customer"].rsplit("_", 1)[1]):
        for table in ("customer_link", "customer_session", "event", "idempotency"):
            rows = owner.execute(
                f"select count(*) from {table} t where t::text like %s".encode(), [f"%{secret}%"]
            )
            assert rows.fetchone() == (0,), table


async def test_who_made_a_link_and_who_came_is_on_record(house: House, owner: psycopg.Connection) -> None:
    await customer(house)
    rows = owner.execute(
        "select s.kind, e.body::json->>'kind' from event e join stream s on s.tenant_id = e.tenant_id and s.id = e.stream_id"
        " where e.tenant_id = %s and e.body::json->>'kind' in ('portal.link_made', 'customer.signed_in')",
        [house.tenant_id],
    ).fetchall()
    assert sorted(rows) == [("customer", "customer.signed_in"), ("staff", "portal.link_made")]


async def test_who_a_link_is_for_must_be_told_and_known(house: House) -> None:
    client = await house.client()
    seen = await house.ticket(client, "general")
    nobody = "019aa000-0000-7000-8000-000000000000"
    for body, pointer in (
        ({}, "/customer_id"),
        ({"customer_id": nobody}, "/customer_id"),
        ({"customer_id": nobody, "customer": person()}, "/customer"),
        ({"ticket": "1234567890"}, "/ticket"),
        ({"ticket": seen["number"], "customer_id": nobody}, "/ticket"),
        ({"customer": person(), "minutes": 14 * 24 * 60 + 1}, "/minutes"),
        ({"customer": person(), "use": "app", "minutes": 16}, "/minutes"),
        ({"customer": {**person(), "mobiles": ["x"]}}, "/customer/mobiles/0"),
        ({"customer": {"mobiles": ["13800138000"]}}, "/customer/external_ref"),
    ):
        answer = await client.post("/portal/links", json=body, headers=HOST)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


def test_a_link_leads_where_the_desk_says_not_where_a_request_says(settings: Settings) -> None:
    public = msgspec.structs.replace(settings, public_url="https://help.example.com/")
    told = link_url(public, "bhl_k", host="evil.example", address="203.0.113.1")
    assert told == "https://help.example.com/portal/#k=bhl_k"
    here = link_url(settings, "bhl_k", host="localhost:8080", address="127.0.0.1")
    assert here == "http://localhost:8080/portal/#k=bhl_k"
    secure = msgspec.structs.replace(settings, secure_cookies=1)
    for given, host, address in (
        (settings, "evil.example", "127.0.0.1"),
        (settings, "localhost:8080", "203.0.113.1"),
        (settings, "localhost.evil.example", "127.0.0.1"),
        (settings, "localhost@evil.example", "127.0.0.1"),
        (settings, "", "127.0.0.1"),
        (secure, "localhost:8080", "127.0.0.1"),
    ):
        with pytest.raises(NoPublicAddress):
            link_url(given, "bhl_k", host=host, address=address)


@pytest.mark.parametrize(
    "wrong", ["help.example.com", "https://a.example/x", "https://u@a.example", "ftp://a", "https://a?b"]
)
def test_a_public_address_is_an_origin(wrong: str) -> None:
    with pytest.raises(BadSetting, match="BIHUAN_PUBLIC_URL"):
        load({"BIHUAN_PUBLIC_URL": wrong})


async def test_a_strange_host_gets_no_link(house: House) -> None:
    client = await house.client()
    answer = await client.post("/portal/links", json={"customer": person()}, headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["title"]) == (409, "NoPublicAddress")


async def test_ended_links_and_sessions_are_swept(house: House, owner: psycopg.Connection) -> None:
    await customer(house)
    query = "select (select count(*) from customer_link where tenant_id = %s), (select count(*) from customer_session where tenant_id = %s)"
    at = [house.tenant_id, house.tenant_id]
    with clock.travel(clock.now() + timedelta(days=5)):
        await sweep(house.desk, house.tenant_id)
        assert owner.execute(query, at).fetchone() == (1, 1)
    with clock.travel(clock.now() + timedelta(days=11)):
        await sweep(house.desk, house.tenant_id)
        assert owner.execute(query, at).fetchone() == (0, 0)
