"""The second factor: asked for after the password, each code once, few guesses, ten codes on paper, and no way round."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from bihuan.core import clock
from bihuan.core.clock import Traveller
from bihuan.identity import totp
from tests.conftest import House, gather
from tests.identity.people import PASSWORD, browser, sign_in, signed_in, take, title, with_totp, wrongs


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock: no window of throttling or code is shared between tests."""
    with clock.travel(clock.now() + timedelta(days=30)) as traveller:
        yield traveller


@pytest.fixture
async def member(house: House, time: Traveller) -> House:
    """A house with an agent `li` who has a password."""
    await house.token("agent", login="li", password=PASSWORD)
    return house


async def _next(house: House, address: str = "10.0.0.2") -> tuple[Any, dict[str, Any]]:
    at = browser(house, address)
    answer = await sign_in(at, house)
    assert answer.status_code == 201, answer.text
    assert "set-cookie" not in answer.headers
    return at, answer.json()


async def test_a_code_is_asked_for_after_the_password(member: House, time: Traveller) -> None:
    first = await signed_in(member)
    secret, codes = await with_totp(first)
    assert len(codes) == len(set(codes)) == 10
    assert (await first.get("/session/security")).json()["totp"] is True
    time.on(timedelta(minutes=1))
    at, step = await _next(member)
    assert (step["step"], step["asks"], step["ways"]) == ("next", "second", ["totp", "recovery"])
    assert title(await at.get("/session")) == (401, "NotSignedIn")
    told = {"key": step["key"], "code": totp.code_at(secret, clock.now())}
    take(at, await at.post("/session/second", json=told))
    assert (await at.get("/session")).json()["login"] == "li"
    assert title(await at.post("/session/second", json=told)) == (410, "StepOver"), "a key leads on once"


async def test_no_code_is_taken_twice(member: House, time: Traveller) -> None:
    secret, _ = await with_totp(await signed_in(member))
    at, step = await _next(member)
    code = totp.code_at(secret, clock.now())
    refused = await at.post("/session/second", json={"key": step["key"], "code": code})
    assert wrongs(refused) == [("/code", "code_wrong")], "it set the authenticator up"
    time.on(timedelta(seconds=30))
    code = totp.code_at(secret, clock.now())
    steps = [(await _next(member))[1] for _ in range(4)]
    answers = await gather(*(at.post("/session/second", json={"key": s["key"], "code": code}) for s in steps))
    assert sorted(a.status_code for a in answers) == [201, 422, 422, 422], "of four at once one"


async def test_five_wrong_codes_end_the_sign_in_and_twenty_the_guessing(
    member: House, time: Traveller
) -> None:
    secret, _ = await with_totp(await signed_in(member))
    time.on(timedelta(minutes=1))
    for _ in range(4):
        at, step = await _next(member)
        for _ in range(5):
            answer = await at.post("/session/second", json={"key": step["key"], "code": "000000"})
            assert wrongs(answer) == [("/code", "code_wrong")]
        told = {"key": step["key"], "code": totp.code_at(secret, clock.now())}
        assert title(await at.post("/session/second", json=told)) == (410, "StepOver")
    at, step = await _next(member)
    told = {"key": step["key"], "code": totp.code_at(secret, clock.now())}
    assert title(await at.post("/session/second", json=told)) == (429, "TooManyTries")


async def test_guessing_elsewhere_does_not_keep_the_owners_browser_out(
    member: House, time: Traveller
) -> None:
    own = await signed_in(member)
    secret, _ = await with_totp(own)
    for _ in range(4):
        at, step = await _next(member)
        for _ in range(5):
            await at.post("/session/second", json={"key": step["key"], "code": "000000"})
    time.on(timedelta(minutes=1))
    step = (await sign_in(own, member)).json()
    told = {"key": step["key"], "code": totp.code_at(secret, clock.now())}
    take(own, await own.post("/session/second", json=told))


async def test_a_recovery_code_opens_once_however_it_is_typed(member: House, time: Traveller) -> None:
    own = await signed_in(member)
    _, codes = await with_totp(own)
    typed = codes[3].upper().replace("-", " ").replace("0", "O").replace("1", "I")
    at, step = await _next(member)
    take(at, await at.post("/session/second", json={"key": step["key"], "recovery": typed}))
    assert (await at.get("/session/security")).json()["recovery_left"] == 9
    at, step = await _next(member)
    again = await at.post("/session/second", json={"key": step["key"], "recovery": codes[3]})
    assert wrongs(again) == [("/recovery", "code_wrong")]
    fresh = (await own.post("/session/recovery-codes")).json()["codes"]
    at, step = await _next(member)
    old = await at.post("/session/second", json={"key": step["key"], "recovery": codes[4]})
    assert wrongs(old) == [("/recovery", "code_wrong")], "former ones are gone"
    take(at, await at.post("/session/second", json={"key": step["key"], "recovery": fresh[4]}))


async def test_a_key_of_another_use_tenant_or_age_leads_nowhere(
    member: House, house: House, time: Traveller
) -> None:
    secret, _ = await with_totp(await signed_in(member))
    time.on(timedelta(minutes=1))
    at, step = await _next(member)
    code = totp.code_at(secret, clock.now())
    other = step["key"][:-4] + ("bbbb" if step["key"].endswith("aaaa") else "aaaa")
    for key in ("", "x", other, step["key"].replace("bhp", "bhs"), "bhp_aa_bb_cc"):
        assert title(await at.post("/session/second", json={"key": key, "code": code})) == (410, "StepOver")
    for path, more in (("enrol", {}), ("new-password", {"password": "another one 2"})):
        refused = await at.post(f"/session/{path}", json={"key": step["key"], **more})
        assert title(refused) == (410, "StepOver"), "the second factor comes first"
    time.on(timedelta(minutes=15))
    late = {"key": step["key"], "code": totp.code_at(secret, clock.now())}
    assert title(await at.post("/session/second", json=late)) == (410, "StepOver")


async def test_who_must_have_one_sets_it_up_before_there_is_a_session(member: House, time: Traveller) -> None:
    admin = await member.client("admin")
    assert (await admin.put("/sign-in/policy", json={"enrol_roles": ["agent"]})).status_code == 200
    wrong = await admin.put("/sign-in/policy", json={"enrol_roles": ["agent", "king"]})
    assert wrongs(wrong) == [("/enrol_roles/1", "not_found")]
    at, step = await _next(member)
    assert (step["asks"], step["ways"]) == ("enrol", [])
    made = (await at.post("/session/enrol", json={"key": step["key"]})).json()
    body = {"key": step["key"], "id": made["id"], "code": "000000"}
    assert wrongs(await at.post("/session/enrolled", json=body)) == [("/code", "code_wrong")]
    body["code"] = totp.code_at(made["secret"], clock.now())
    answer = take(at, await at.post("/session/enrolled", json=body))
    assert len(answer.json()["recovery_codes"]) == 10
    assert (await _next(member))[1]["asks"] == "second"
    assert (await admin.get("/sign-in/policy")).json() == {"enrol_roles": ["agent"]}


async def test_it_is_taken_away_and_reset(member: House, time: Traveller) -> None:
    admin = await member.client("admin")
    own = await signed_in(member)
    await with_totp(own)
    assert (await own.delete("/session/authenticator")).status_code == 204
    assert (await own.delete("/session/authenticator")).status_code == 404
    await signed_in(member)
    await with_totp(own)
    url = f"/staff/{member.people['li']}/factors-reset"
    assert (await admin.post(url)).status_code == 204
    assert (await own.get("/session")).status_code == 401
    after = await signed_in(member)
    told = (await after.get("/session/security")).json()
    assert (told["totp"], told["recovery_left"], told["passkeys"]) == (False, 0, [])


async def test_what_is_stored_opens_nothing(member: House, owner: psycopg.Connection) -> None:
    secret, codes = await with_totp(await signed_in(member))
    tables = ("authenticator", "recovery_code", "sign_in_step", "session", "event", "staff", "idempotency")
    for table in tables:
        rows = owner.execute(
            f"select t::text from {table} t where tenant_id = %s", (member.tenant_id,)
        ).fetchall()  # pyright: ignore[reportArgumentType,reportCallIssue]
        for word in (secret, *codes, *(c.replace("-", "") for c in codes)):
            assert not any(word in text for (text,) in rows), table


async def test_a_token_changes_no_factor(member: House) -> None:
    machine = await member.client("agent", login="machine")
    for method, path in (
        ("POST", "/session/authenticator"), ("DELETE", "/session/authenticator"), ("POST", "/session/recovery-codes"),
        ("POST", "/session/passkeys/asked"), ("DELETE", "/sessions"), ("POST", "/session/confirm/passkey-asked"),
    ):  # fmt: skip
        assert title(await machine.request(method, path)) == (403, "SessionNeeded"), path
