"""Asked again before what is sensitive; the session gets a new secret by it; passwords changed, given, known from leaks."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bihuan.core import clock
from bihuan.core.clock import Traveller
from bihuan.core.desk import Desk
from bihuan.identity import totp
from tests.conftest import House
from tests.identity.people import PASSWORD, browser, sign_in, signed_in, take, title, with_totp, wrongs

NEW = "another long one 2"


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock, so that no window of throttling is shared between tests."""
    with clock.travel(clock.now() + timedelta(days=60)) as traveller:
        yield traveller


@pytest.fixture
async def member(house: House, time: Traveller) -> House:
    """A house with an agent `li` who has a password."""
    await house.token("agent", login="li", password=PASSWORD)
    return house


async def test_what_is_sensitive_asks_again(member: House, time: Traveller) -> None:
    own = await signed_in(member)
    assert (await own.post("/tokens", json={"name": "x"})).status_code == 201, "signing in was proof enough"
    time.on(timedelta(minutes=11))
    for method, path, body in (
        ("POST", "/tokens", {"name": "x"}), ("POST", "/session/authenticator", None),
        ("POST", "/session/recovery-codes", None), ("POST", "/session/passkeys/asked", None),
    ):  # fmt: skip
        assert title(await own.request(method, path, json=body)) == (403, "ConfirmAgain"), path
    assert wrongs(await own.post("/session/confirm", json={})) == [("/password", "missing")]
    assert wrongs(await own.post("/session/confirm", json={"password": "no"})) == [
        ("/password", "password_wrong")
    ]
    before = own.cookies["bihuan_session"]
    assert (await own.post("/session/confirm", json={"password": PASSWORD})).status_code == 204
    assert own.cookies["bihuan_session"] != before
    assert (await own.post("/tokens", json={"name": "x"})).status_code == 201
    old = browser(member)
    seen = await old.get("/session", headers={"cookie": f"bihuan_session={before}"})
    assert seen.status_code == 200, "what was on its way goes through"
    time.on(timedelta(seconds=31))
    seen = await old.get("/session", headers={"cookie": f"bihuan_session={before}"})
    assert seen.status_code == 401, "and then no more"


async def test_a_code_confirms_too_and_guesses_are_few(member: House, time: Traveller) -> None:
    own = await signed_in(member)
    secret, codes = await with_totp(own)
    time.on(timedelta(minutes=11))
    code = totp.code_at(secret, clock.now())
    assert (await own.post("/session/confirm", json={"code": code})).status_code == 204
    assert wrongs(await own.post("/session/confirm", json={"code": code})) == [("/code", "code_wrong")]
    assert (await own.post("/session/confirm", json={"recovery": codes[0]})).status_code == 204
    for _ in range(9):
        assert (await own.post("/session/confirm", json={"password": "guess"})).status_code == 422
    assert title(await own.post("/session/confirm", json={"password": PASSWORD})) == (429, "TooManyTries")


async def test_ones_own_password_is_changed_by_the_old_one(member: House, time: Traveller) -> None:
    own, other = await signed_in(member), await signed_in(member, "10.0.0.9")
    for body, wrong in (
        ({"old": "no", "password": NEW}, ("/old", "password_wrong")),
        ({"old": PASSWORD, "password": "tiny"}, ("/password", "too_short")),
        ({"old": PASSWORD, "password": "password1234"}, ("/password", "guessable")),
        ({"old": PASSWORD, "password": PASSWORD}, ("/password", "same")),
    ):
        answer = await own.put("/session/password", json=body)
        assert wrongs(answer) == [wrong]
        assert body["password"] not in answer.text
    assert (await own.put("/session/password", json={"old": PASSWORD, "password": NEW})).status_code == 204
    assert (await own.get("/session")).status_code == 200
    assert (await other.get("/session")).status_code == 401, "the others end"
    assert (await sign_in(browser(member), member)).status_code == 401
    await signed_in(member, password=NEW)


async def test_a_given_password_opens_only_its_own_change(member: House, time: Traveller) -> None:
    admin, own = await member.client("admin"), await signed_in(member)
    given = (await admin.post(f"/staff/{member.people['li']}/password-given")).json()
    assert (await own.get("/session")).status_code == 401
    at = browser(member)
    step = (await sign_in(at, member, password=given["password"])).json()
    assert (step["step"], step["asks"], step["breached"]) == ("next", "change", False)
    same = await at.post("/session/new-password", json={"key": step["key"], "password": given["password"]})
    assert wrongs(same) == [("/password", "same")]
    take(at, await at.post("/session/new-password", json={"key": step["key"], "password": NEW}))
    assert (await sign_in(browser(member), member, password=given["password"])).status_code == 401
    await signed_in(member, password=NEW)


async def test_a_given_password_lapses(member: House, time: Traveller) -> None:
    admin = await member.client("admin")
    given = (await admin.post(f"/staff/{member.people['li']}/password-given")).json()
    time.on(timedelta(hours=24, seconds=1))
    assert (await sign_in(browser(member), member, password=given["password"])).status_code == 401


async def test_what_a_colleague_sets_is_changed_at_once(member: House, time: Traveller) -> None:
    admin = await member.client("admin")
    new = {"login": "wu", "name": "吴示例", "password": "given by an admin", "roles": ["agent"]}
    made = await admin.post("/staff", json=new)
    assert made.status_code == 201, made.text
    step = (await sign_in(browser(member), member, login="wu", password="given by an admin")).json()
    assert step["asks"] == "change"
    own = f"/staff/{member.people['li']}/password"
    assert (await admin.put(own, json={"password": NEW})).status_code == 204
    assert (await sign_in(browser(member), member, password=NEW)).json()["asks"] == "change"
    named = await admin.post("/staff", json={"login": "x", "name": "x", "password": member.code + "!"})
    assert wrongs(named) == [("/password", "personal")]


Leak = Callable[..., None]


@pytest.fixture
def leak(desk: Desk, tmp_path: Path) -> Iterator[Leak]:
    """A desk with a list of its own, on which from now on these passwords stand and no others."""
    path = tmp_path / "leaked.txt"

    def write(*passwords: str) -> None:
        lines = sorted(f"{hashlib.sha1(p.encode()).hexdigest().upper()}:3\n" for p in passwords)
        path.write_text("".join(lines))

    write()
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, breached_passwords=str(path))
    yield write
    desk.settings = before


async def test_a_password_that_became_known_must_be_changed(
    member: House, time: Traveller, leak: Leak
) -> None:
    await signed_in(member)
    leak(PASSWORD)
    at = browser(member)
    step = (await sign_in(at, member)).json()
    assert (step["asks"], step["breached"]) == ("change", True)
    leak()
    assert (await sign_in(browser(member), member)).json()["asks"] == "change", "it stays so"
    leak(NEW)
    told = {"key": step["key"], "password": NEW}
    assert wrongs(await at.post("/session/new-password", json=told)) == [("/password", "breached")]
    take(at, await at.post("/session/new-password", json={**told, "password": NEW + " 3"}))


async def test_all_other_sessions_end(member: House, time: Traveller) -> None:
    own, other = await signed_in(member), await signed_in(member, "10.0.0.9")
    listed = (await own.get("/sessions")).json()
    assert [(s["current"], s["opened_by"]) for s in listed] == [(True, "password"), (False, "password")]
    assert (await own.delete("/sessions")).status_code == 204
    assert ((await own.get("/session")).status_code, (await other.get("/session")).status_code) == (200, 401)
