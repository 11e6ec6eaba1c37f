"""Signing in by cookie: CSRF, sessions seen and ended, throttling that locks nobody else out."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from bihuan.core import clock
from bihuan.core.clock import Traveller
from bihuan.core.desk import Desk
from tests.conftest import House, gather

PASSWORD = "correct horse 电池"


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock, so that no window of throttling is shared between tests."""
    with clock.travel(clock.now() + timedelta(days=7)) as traveller:
        yield traveller


@pytest.fixture
async def member(house: House) -> House:
    """A house with an agent `li` who has a password."""
    await house.token("agent", login="li", password=PASSWORD)
    return house


def _browser(house: House, address: str = "10.0.0.1") -> httpx.AsyncClient:
    """Somebody at this address, without a session yet."""
    transport = httpx.ASGITransport(house.transport.app, raise_app_exceptions=False, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://desk/api/v1")


async def _sign_in(browser: httpx.AsyncClient, house: House, **other: Any) -> httpx.Response:
    body = {"tenant": house.code, "login": "li", "password": PASSWORD, **other}
    return await browser.post("/session", json=body)


async def _signed_in(house: House) -> httpx.AsyncClient:
    browser = _browser(house)
    answer = await _sign_in(browser, house)
    assert answer.status_code == 201, answer.text
    browser.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return browser


async def test_the_cookie_and_who_i_am(member: House) -> None:
    browser = _browser(member)
    answer = await _sign_in(browser, member)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("bihuan_session=bhs_")
    for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert word.lower() in cookie.lower(), cookie
    assert answer.json()["id"] == str(member.people["li"])
    me = (await browser.get("/session")).json()
    assert (me["login"], me["name"], me["csrf_token"]) == ("li", "Li", answer.json()["csrf_token"]), (
        "a page loaded anew can go on"
    )
    assert "ticket.open" in me["permissions"] and "ticket.assign" not in me["permissions"]
    token = await member.client("agent", login="li2")
    assert (await token.get("/session")).json()["csrf_token"] is None


async def test_unsafe_requests_repeat_the_csrf_token(member: House) -> None:
    browser = await _signed_in(member)
    body = await member.example("general")
    for headers in ({"x-csrf-token": ""}, {"x-csrf-token": "wrong"}, {"x-csrf-token": "é".encode()}):
        answer = await browser.post("/tickets", json=body, headers=headers)  # pyright: ignore[reportArgumentType]
        assert (answer.status_code, answer.json()["title"]) == (403, "CsrfMissing")
        assert (await browser.delete("/session", headers=headers)).status_code == 403  # pyright: ignore[reportArgumentType]
    assert (await browser.get("/tickets", headers={"x-csrf-token": ""})).json()["items"] == []
    assert (await browser.post("/tickets", json=body)).status_code == 201


async def test_a_second_session_does_not_know_the_firsts_token(member: House) -> None:
    one, two = await _signed_in(member), await _signed_in(member)
    answer = await one.post("/tickets", json={}, headers={"x-csrf-token": two.headers["x-csrf-token"]})
    assert answer.json()["title"] == "CsrfMissing"


async def test_sessions_are_seen_and_ended(member: House) -> None:
    one, two = await _signed_in(member), await _signed_in(member)
    listed = (await one.get("/sessions")).json()
    assert [s["address"] for s in listed] == ["10.0.0.1", "10.0.0.1"]
    stranger = await member.client("agent", login="stranger")
    assert (await stranger.get("/sessions")).json() == []
    assert (await stranger.delete(f"/sessions/{listed[1]['id']}")).status_code == 404
    assert (await one.delete(f"/sessions/{listed[1]['id']}")).status_code == 204
    assert (await two.get("/session")).status_code == 401
    assert (await one.delete(f"/sessions/{listed[1]['id']}")).status_code == 404
    cookie = one.cookies["bihuan_session"]
    left = await one.delete("/session")
    assert (left.status_code, "Max-Age=0" in left.headers["set-cookie"]) == (204, True)
    again = await one.get("/session", headers={"cookie": f"bihuan_session={cookie}"})
    assert (again.status_code, again.json()["title"]) == (401, "NotSignedIn")


async def test_a_session_ends_when_idle_and_at_its_latest(member: House, time: Traveller) -> None:
    browser = await _signed_in(member)
    for _ in range(11):
        time.on(timedelta(minutes=59))
        assert (await browser.get("/session")).status_code == 200
    time.on(timedelta(minutes=61))
    assert (await browser.get("/session")).status_code == 401, "idle"
    browser = await _signed_in(member)
    for _ in range(12):
        time.on(timedelta(minutes=59))
        assert (await browser.get("/session")).status_code == 200
    time.on(timedelta(minutes=13))
    assert (await browser.get("/session")).status_code == 401, "twelve hours"


@pytest.mark.parametrize(
    "wrong", [{"password": "no"}, {"login": "nobody"}, {"tenant": "nowhere"}, {"password": ""}]
)
async def test_every_wrong_sign_in_is_told_alike(
    member: House, time: Traveller, wrong: dict[str, str]
) -> None:
    answer = await _sign_in(_browser(member), member, **wrong)
    assert (answer.status_code, answer.json()["title"]) == (401, "WrongSignIn")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [{}, {"tenant": 1}, {"tenant": "x" * 41, "login": "a", "password": "b"}])
async def test_a_sign_in_that_is_none(house: House, body: dict[str, Any]) -> None:
    answer = await house.anonymous().post("/session", json=body)
    assert answer.status_code == 422
    assert "password" not in answer.text or "missing" in answer.text


async def test_tries_are_limited_per_login_and_address(member: House, time: Traveller) -> None:
    browser = _browser(member, "10.0.1.1")
    for _ in range(5):
        assert (await _sign_in(browser, member, password="wrong")).status_code == 401
    for password in ("wrong", PASSWORD):
        answer = await _sign_in(browser, member, password=password)
        assert (answer.status_code, answer.json()["title"]) == (429, "TooManyTries")
        assert 0 < int(answer.headers["retry-after"]) <= 901
    assert (await _sign_in(_browser(member, "10.0.1.2"), member)).status_code == 201, "nobody is locked out"
    assert (await _sign_in(_browser(member, "10.0.1.1"), member, login="li2")).status_code == 401
    time.on(timedelta(minutes=16))
    assert (await _sign_in(_browser(member, "10.0.1.1"), member)).status_code == 201


async def test_right_ones_do_not_count(member: House, time: Traveller) -> None:
    browser = _browser(member, "10.0.2.1")
    for _ in range(8):
        assert (await _sign_in(browser, member)).status_code == 201


async def test_guesses_at_once_do_not_slip_by(member: House, time: Traveller) -> None:
    browser = _browser(member, "10.0.3.1")
    answers = await gather(*(_sign_in(browser, member, password=f"guess {n}") for n in range(20)))
    assert sorted(a.status_code for a in answers) == [401] * 5 + [429] * 15


@pytest.fixture
def behind_proxy(desk: Desk) -> Iterator[None]:
    """A desk that believes one proxy, and few failures from one address."""
    before = desk.settings
    desk.settings = msgspec.structs.replace(
        before, trusted_proxies="192.0.2.0/24", sign_in_tries_per_address=6
    )
    yield
    desk.settings = before


async def test_an_address_is_limited_over_all_logins(
    member: House, time: Traveller, behind_proxy: None
) -> None:
    browser = _browser(member, "10.0.4.1")
    statuses = [(await _sign_in(browser, member, login=f"guess{n}")).status_code for n in range(8)]
    assert statuses == [401] * 6 + [429] * 2
    assert (await _sign_in(_browser(member, "10.0.4.2"), member)).status_code == 201


@pytest.mark.parametrize(
    ("peer", "lines", "address"),
    [
        ("192.0.2.7", ["203.0.113.5"], "203.0.113.5"),
        ("192.0.2.7", ["198.51.100.1, 203.0.113.5, 192.0.2.9"], "203.0.113.5"),
        ("192.0.2.7", ["198.51.100.1", "203.0.113.5"], "203.0.113.5"),
        ("192.0.2.7", ["garbage"], "192.0.2.7"),
        ("192.0.2.7", [], "192.0.2.7"),
        ("10.9.9.9", ["203.0.113.5"], "10.9.9.9"),
    ],
)
async def test_only_a_trusted_proxy_is_believed(
    member: House, time: Traveller, behind_proxy: None, peer: str, lines: list[str], address: str
) -> None:
    browser = _browser(member, peer)
    headers = [("x-forwarded-for", line) for line in lines]
    body = {"tenant": member.code, "login": "li", "password": PASSWORD}
    answer = await browser.post("/session", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert (await browser.get("/sessions")).json()[-1]["address"] == address


async def test_over_https_only_the_host_cookie_counts(member: House, desk: Desk) -> None:
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, secure_cookies=1)
    try:
        answer = await _sign_in(_browser(member), member)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-bihuan_session=bhs_")
        assert "secure" in cookie.lower()
        value = cookie.split("=", 1)[1].split(";")[0]
        for name, status in (
            ("__Host-bihuan_session", 200),
            ("bihuan_session", 401),
            ("x__Host-bihuan_session", 401),
        ):
            seen = await _browser(member).get("/session", headers={"cookie": f"{name}={value}"})
            assert seen.status_code == status, name
    finally:
        desk.settings = before


async def test_what_is_stored_opens_nothing(member: House, owner: psycopg.Connection) -> None:
    browser = await _signed_in(member)
    secret = browser.cookies["bihuan_session"].split("_")[-1]
    rows = owner.execute(
        "select session::text from session where tenant_id = %s", (member.tenant_id,)
    ).fetchall()
    hashes = owner.execute(
        "select password_hash from staff where tenant_id = %s", (member.tenant_id,)
    ).fetchall()
    assert not any(secret in text for (text,) in rows)
    assert all(h is None or h.startswith("$argon2id$") for (h,) in hashes)


async def test_sign_ins_are_on_record(member: House, owner: psycopg.Connection, time: Traveller) -> None:
    await _sign_in(_browser(member), member, password="wrong")
    await _sign_in(_browser(member), member)
    bodies = owner.execute(
        "select body from event where tenant_id = %s and stream_id = %s order by seq",
        (member.tenant_id, member.people["li"]),
    ).fetchall()
    kinds = [msgspec.json.decode(body)["kind"] for (body,) in bodies]
    assert kinds[-2:] == ["staff.sign_in_failed", "staff.signed_in"]
    assert not any("wrong" in body or PASSWORD in body for (body,) in bodies)


@pytest.mark.parametrize(
    "sent",
    ["Bearer ", "Bearer x", "Basic bGk6eA==", "bearer bht_a_b_c", "Bearer bhs_aa_aa_aa", "Bearer " + "bht_" + "a" * 400, "é"],
)  # fmt: skip
async def test_a_credential_that_is_none(house: House, sent: str) -> None:
    answer = await house.anonymous().get("/session", headers=[(b"authorization", sent.encode("latin-1"))])  # pyright: ignore[reportArgumentType]
    assert (answer.status_code, answer.json()["title"]) == (401, "NotSignedIn")
