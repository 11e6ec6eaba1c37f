"""Passkeys: several each, found by the device, the holder verified, and every wrong answer refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bihuan.core import clock
from bihuan.core.clock import Traveller
from tests.conftest import House
from tests.identity.device import Device
from tests.identity.people import PASSWORD, browser, sign_in, signed_in, take, title, with_totp


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock, so that no window of throttling is shared between tests."""
    with clock.travel(clock.now() + timedelta(days=90)) as traveller:
        yield traveller


@pytest.fixture
async def member(house: House, time: Traveller) -> House:
    """A house with an agent `li` who has a password."""
    await house.token("agent", login="li", password=PASSWORD)
    return house


async def _asked(at: httpx.AsyncClient, house: House) -> dict[str, Any]:
    return (await at.post("/session/passkey-asked", json={"tenant": house.code})).json()


async def _add(own: httpx.AsyncClient, device: Device, name: str = "电脑") -> list[str]:
    asked = (await own.post("/session/passkeys/asked")).json()
    body = {"key": asked["key"], "credential": device.make(asked["options"]), "name": name}
    answer = await own.post("/session/passkeys", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["codes"]


async def test_signing_in_without_a_password(member: House) -> None:
    own, device = await signed_in(member), Device()
    asked = (await own.post("/session/passkeys/asked")).json()
    chosen = asked["options"]["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    body = {"key": asked["key"], "credential": device.make(asked["options"]), "name": "电脑"}
    assert len((await own.post("/session/passkeys", json=body)).json()["codes"]) == 10
    assert title(await own.post("/session/passkeys", json=body)) == (410, "StepOver"), "once"
    assert await _add(own, Device(counts=False), "钥匙") == [], "there are recovery codes already"
    at = browser(member)
    asked = await _asked(at, member)
    assert "allowCredentials" not in asked["options"] or asked["options"]["allowCredentials"] == []
    answer = {"key": asked["key"], "credential": device.sign(asked["options"])}
    take(at, await at.post("/session/passkey", json=answer))
    assert (await at.get("/session")).json()["login"] == "li"
    assert title(await at.post("/session/passkey", json=answer)) == (410, "StepOver"), "replayed"
    listed = (await own.get("/session/security")).json()["passkeys"]
    assert [(p["name"], p["last_used_at"] is not None) for p in listed] == [("电脑", True), ("钥匙", False)]
    assert "passkey" in [s["opened_by"] for s in (await at.get("/sessions")).json()]


async def test_it_is_a_second_factor_too(member: House) -> None:
    device = Device()
    await _add(await signed_in(member), device)
    at = browser(member)
    step = (await sign_in(at, member)).json()
    assert (step["asks"], step["ways"]) == ("second", ["passkey", "recovery"])
    asked = (await at.post("/session/passkey-asked", json={"key": step["key"]})).json()
    assert len(asked["options"]["allowCredentials"]) == 1
    body = {"key": asked["key"], "credential": device.sign(asked["options"])}
    take(at, await at.post("/session/passkey", json=body))


async def test_somebody_elses_is_no_second_factor_of_mine(member: House) -> None:
    device = Device()
    await with_totp(await signed_in(member))
    await member.token("agent", login="wu", password=PASSWORD)
    await _add(await signed_in(member, "10.0.0.3", login="wu"), device)
    at = browser(member)
    step = (await sign_in(at, member)).json()
    asked = (await at.post("/session/passkey-asked", json={"key": step["key"]})).json()
    body = {"key": asked["key"], "credential": device.sign(asked["options"])}
    assert title(await at.post("/session/passkey", json=body)) == (422, "PasskeyRefused")


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://desk.example.net"}, {"rp_id": "example.net"}, {"verified": False},
        {"challenge": "AAAA"}, {"key": ec.generate_private_key(ec.SECP256R1())}, {"handle": b"somebody else"},
    ],
)  # fmt: skip
async def test_what_is_signed_wrongly_opens_nothing(member: House, wrong: dict[str, Any]) -> None:
    device = Device()
    await _add(await signed_in(member), device)
    at = browser(member)
    asked = await _asked(at, member)
    body = {"key": asked["key"], "credential": device.sign(asked["options"], **wrong)}
    assert title(await at.post("/session/passkey", json=body)) == (422, "PasskeyRefused")


async def test_a_copy_is_told_by_its_count(member: House) -> None:
    device = Device()
    await _add(await signed_in(member), device)
    at = browser(member)
    for count, status in ((5, 201), (5, 422), (6, 201), (2, 422)):
        asked = await _asked(at, member)
        device.count = count - 1
        body = {"key": asked["key"], "credential": device.sign(asked["options"])}
        assert (await at.post("/session/passkey", json=body)).status_code == status, count


@pytest.mark.parametrize(
    "credential",
    [{}, {"id": "!"}, {"id": "AAAA", "response": {}}, {"id": "AAAA", "response": {"userHandle": 1}}],
)
async def test_nonsense_is_refused(member: House, credential: dict[str, Any]) -> None:
    at = browser(member)
    asked = await _asked(at, member)
    answer = await at.post("/session/passkey", json={"key": asked["key"], "credential": credential})
    assert title(answer) == (422, "PasskeyRefused")


async def test_one_made_wrongly_is_not_taken(member: House) -> None:
    own = await signed_in(member)
    for wrong in ({"origin": "https://desk.example.net"}, {"verified": False}):
        asked = (await own.post("/session/passkeys/asked")).json()
        credential = Device().make(asked["options"], **wrong)  # pyright: ignore[reportArgumentType]
        body = {"key": asked["key"], "credential": credential, "name": "x"}
        assert title(await own.post("/session/passkeys", json=body)) == (422, "PasskeyRefused")
    device = Device()
    await _add(own, device)
    await member.token("agent", login="wu", password=PASSWORD)
    other = await signed_in(member, "10.0.0.3", login="wu")
    asked = (await other.post("/session/passkeys/asked")).json()
    body = {"key": asked["key"], "credential": device.make(asked["options"]), "name": "x"}
    assert title(await other.post("/session/passkeys", json=body)) == (422, "PasskeyRefused"), (
        "it is somebody's"
    )
    asked = (await own.post("/session/passkeys/asked")).json()
    body = {"key": asked["key"], "credential": Device().make(asked["options"]), "name": "x"}
    assert title(await other.post("/session/passkeys", json=body)) == (422, "PasskeyRefused"), (
        "asked of another"
    )


async def test_it_confirms_who_one_is(member: House, time: Traveller) -> None:
    own, device = await signed_in(member), Device()
    await _add(own, device)
    time.on(timedelta(minutes=11))
    assert title(await own.post("/session/passkeys/asked")) == (403, "ConfirmAgain")
    asked = (await own.post("/session/confirm/passkey-asked")).json()
    body = {"key": asked["key"], "credential": device.sign(asked["options"])}
    assert (await own.post("/session/confirm/passkey", json=body)).status_code == 204
    assert (await own.post("/session/passkeys/asked")).status_code == 201


async def test_named_and_removed_by_its_owner_alone(member: House) -> None:
    own, device = await signed_in(member), Device()
    await _add(own, device)
    passkey = (await own.get("/session/security")).json()["passkeys"][0]
    url = f"/session/passkeys/{passkey['id']}"
    await member.token("agent", login="wu", password=PASSWORD)
    other = await signed_in(member, "10.0.0.3", login="wu")
    assert (await other.put(url, json={"name": "mine"})).status_code == 404
    assert (await other.delete(url)).status_code == 404
    assert [p["name"] for p in (await own.put(url, json={"name": "新电脑"})).json()] == ["新电脑"]
    assert (await own.delete(url)).status_code == 204
    at = browser(member)
    asked = await _asked(at, member)
    body = {"key": asked["key"], "credential": device.sign(asked["options"])}
    assert title(await at.post("/session/passkey", json=body)) == (422, "PasskeyRefused")


async def test_a_leavers_opens_nothing(member: House) -> None:
    device = Device()
    await _add(await signed_in(member), device)
    admin = await member.client("admin")
    assert (await admin.post(f"/staff/{member.people['li']}/leave", json={})).status_code == 204
    at = browser(member)
    asked = await _asked(at, member)
    body = {"key": asked["key"], "credential": device.sign(asked["options"])}
    assert title(await at.post("/session/passkey", json=body)) == (422, "PasskeyRefused")


async def test_of_a_tenant_that_is_none_nothing_is_told(member: House) -> None:
    device, at = Device(), browser(member)
    await _add(await signed_in(member), device)
    asked = (await at.post("/session/passkey-asked", json={"tenant": "nowhere"})).json()
    body = {"key": asked["key"], "credential": device.sign(asked["options"])}
    assert title(await at.post("/session/passkey", json=body)) == (422, "PasskeyRefused")
