"""Signing in by the institution's own service: against a certified provider that runs here, and against wrong answers."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from bihuan.core.desk import Desk
from tests.conftest import ROOT, House
from tests.identity.people import PASSWORD, browser, signed_in, take, title, wrongs

NODE = shutil.which("node") or str(ROOT / ".venv/bin/node")
_SECRET = "a secret of the desk: %/+ &"
Json = dict[str, Any]


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[str]:
    """The provider's address. It ends with its standard input."""
    process = await asyncio.create_subprocess_exec(
        NODE, str(Path(__file__).with_name("provider.mjs")), "http://desk/console/sign-in",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin and process.stdout
    async with asyncio.timeout(30):
        lines = [await process.stdout.readline()]
        while lines[-1] and not lines[-1].strip().isdigit():
            lines.append(await process.stdout.readline())
    yield f"http://127.0.0.1:{int(lines[-1])}"
    process.stdin.close()
    await process.wait()


@pytest.fixture(autouse=True)
def reachable(desk: Desk) -> Iterator[None]:
    """A desk that may call its own machine."""
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, outbound_allow="127.0.0.0/8")
    yield
    desk.settings = before


@pytest.fixture
async def member(house: House) -> House:
    """A house with an agent `li` who has a password."""
    await house.token("agent", login="li", password=PASSWORD)
    return house


async def set_up(house: House, issuer: str, **changes: Any) -> httpx.AsyncClient:
    admin = await house.client("admin")
    body = {
        "code": "sso", "name_zh": "统一登录", "name_en": "SSO", "issuer": issuer, "client_id": "desk",
        "client_secret": _SECRET, **changes,
    }  # fmt: skip
    answer = await admin.put("/sign-in/services", json=body)
    assert answer.status_code == 200, answer.text
    return admin


async def there_and_back(url: str, account: str) -> Json:
    """What the provider sends the browser back with."""
    async with httpx.AsyncClient(follow_redirects=False) as away:
        at = urlsplit(url)
        await away.get(f"{at.scheme}://{at.netloc}/test/account", params={"id": account})
        for _ in range(10):
            answer = await away.get(url)
            url = str(httpx.URL(url).join(answer.headers["location"]))
            if url.startswith("http://desk/console/sign-in?"):
                return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    raise AssertionError("the provider never sent the browser back")


async def _go(at: httpx.AsyncClient, house: House, account: str) -> Json:
    asked = await at.post("/session/service-asked", json={"tenant": house.code, "provider": "sso"})
    assert asked.status_code == 201, asked.text
    return await there_and_back(asked.json()["url"], account)


async def _come(at: httpx.AsyncClient, house: House, account: str) -> httpx.Response:
    return await at.post("/session/service", json=await _go(at, house, account))


async def test_there_and_back(member: House, issuer: str) -> None:
    admin = await set_up(member, issuer, bind="login")
    ways = (await browser(member).get("/session/ways", params={"tenant": member.code})).json()
    assert ways == {"passkeys": True, "services": [{"code": "sso", "name_zh": "统一登录", "name_en": "SSO"}]}
    at = browser(member)
    take(at, await _come(at, member, "li"))
    me = (await at.get("/session")).json()
    assert me["login"] == "li"
    assert me["sign_out_url"].startswith(f"{issuer}/session/end?client_id=desk&post_logout_redirect_uri=")
    checked = (await admin.post("/sign-in/services/sso/check")).json()
    assert (checked["issuer"], checked["keys"], checked["redirect_uri"]) == (
        issuer,
        1,
        "http://desk/console/sign-in",
    )
    view = (await admin.get("/sign-in/services")).json()[0]
    assert view["has_secret"] and _SECRET not in str(view)


async def test_a_public_client_has_no_secret(member: House, issuer: str) -> None:
    await set_up(member, issuer, bind="login", client_id="public", client_secret=None, public_client=True)
    at = browser(member)
    take(at, await _come(at, member, "li"))


async def test_who_is_known_there_alone_is_joined_to_nobody(member: House, issuer: str) -> None:
    await set_up(member, issuer)
    assert title(await _come(browser(member), member, "li")) == (403, "NotJoined")
    await set_up(member, issuer, bind="email", client_secret=None)
    assert title(await _come(browser(member), member, "unverified")) == (403, "NotJoined")
    assert title(await _come(browser(member), member, "li@example.com")) == (403, "NotJoined"), (
        "no such login"
    )


async def test_bound_by_a_verified_address_once_and_by_the_subject_ever_after(
    house: House, issuer: str
) -> None:
    await house.token("agent", login="li@example.com")
    await set_up(house, issuer, bind="email")
    at = browser(house)
    take(at, await _come(at, house, "li@example.com"))
    await set_up(house, issuer, bind="none", client_secret=None)
    take(at, await _come(at, house, "li@example.com"))
    assert title(await _come(browser(house), house, "li")) == (403, "NotJoined"), "another subject"
    assert [one["provider"] for one in (await at.get("/session/security")).json()["links"]] == ["sso"]


async def test_joined_while_signed_in_and_left(member: House, issuer: str) -> None:
    await set_up(member, issuer)
    own = await signed_in(member)
    asked = (await own.post("/session/services", json={"provider": "sso", "use": "bind"})).json()
    back = await there_and_back(asked["url"], "li")
    other = await signed_in(member, "10.0.0.9")
    assert title(await other.post("/session/services/joined", json=back)) == (410, "StepOver")
    assert (await own.post("/session/services/joined", json=back)).status_code == 204
    at = browser(member)
    take(at, await _come(at, member, "li"))
    asked = (await own.post("/session/services", json={"provider": "sso", "use": "confirm"})).json()
    back = await there_and_back(asked["url"], "li")
    assert (await own.post("/session/confirm/service", json=back)).status_code == 204
    asked = (await own.post("/session/services", json={"provider": "sso", "use": "confirm"})).json()
    back = await there_and_back(asked["url"], "lead")
    assert title(await own.post("/session/confirm/service", json=back)) == (403, "ProviderRefused")
    assert (await own.delete("/session/services/sso")).status_code == 204
    assert (await own.delete("/session/services/sso")).status_code == 404
    assert title(await _come(browser(member), member, "li")) == (403, "NotJoined")


async def test_roles_by_a_claim(member: House, issuer: str) -> None:
    claim = {"claim": "groups", "roles": {"desk-agents": ["agent"], "desk-leads": ["lead"]}}
    await set_up(member, issuer, bind="login", role_claim=claim)
    at = browser(member)
    take(at, await _come(at, member, "lead"))
    assert "ticket.assign" in (await at.get("/session")).json()["permissions"]
    take(at, await _come(at, member, "li"))
    assert "ticket.assign" not in (await at.get("/session")).json()["permissions"]


async def test_only_the_browser_that_went_there_comes_back_and_once(member: House, issuer: str) -> None:
    await set_up(member, issuer, bind="login")
    at, other = browser(member), browser(member)
    back = await _go(at, member, "li")
    assert title(await other.post("/session/service", json=back)) == (410, "StepOver")
    wrong = await at.post("/session/service", json={**back, "iss": "https://id.example.net"})
    assert title(wrong) == (403, "ProviderRefused"), "another service's answer"
    back = await _go(at, member, "li")
    take(at, await at.post("/session/service", json=back))
    at.cookies.set("bihuan_sign_in", back["state"], domain="desk")
    assert title(await at.post("/session/service", json=back)) == (410, "StepOver")


async def test_a_code_that_is_none(member: House, issuer: str) -> None:
    await set_up(member, issuer, bind="login")
    at = browser(member)
    back = await _go(at, member, "li")
    assert title(await at.post("/session/service", json={**back, "code": "x"})) == (403, "ProviderRefused")


async def test_keys_that_changed_are_fetched_anew(
    member: House, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bihuan.identity.oidc._KEYS_AGAIN_SECONDS", 0.0)
    await set_up(member, issuer, bind="login")
    at = browser(member)
    take(at, await _come(at, member, "li"))
    async with httpx.AsyncClient() as away:
        assert (await away.get(f"{issuer}/test/rotate")).text == "rotated"
    take(at, await _come(at, member, "li"))


async def test_a_leaver_does_not_come_in(member: House, issuer: str) -> None:
    admin = await set_up(member, issuer, bind="login")
    assert (await admin.post(f"/staff/{member.people['li']}/leave", json={})).status_code == 204
    assert title(await _come(browser(member), member, "li")) == (403, "NotJoined")


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"issuer": "http://id.example.com"}, "/issuer"), ({"issuer": "https://u:p@id.example.com"}, "/issuer"),
        ({"issuer": "https://id.example.com/?x"}, "/issuer"), ({"issuer": "ftp://localhost"}, "/issuer"),
        ({"scopes": ["profile"]}, "/scopes"), ({"role_claim": {"claim": "g", "roles": {"x": ["king"]}}}, "/role_claim/roles"),
    ],
)  # fmt: skip
async def test_a_service_set_up_wrongly(shared_house: House, changes: Json, at: str) -> None:
    admin = await shared_house.client("admin")
    body = {
        "code": "sso",
        "name_zh": "统",
        "name_en": "S",
        "issuer": "https://id.example.com",
        "client_id": "x",
    }
    assert [
        pointer for pointer, _ in wrongs(await admin.put("/sign-in/services", json={**body, **changes}))
    ] == [at]


async def test_a_service_that_is_not_there(member: House, desk: Desk) -> None:
    admin = await set_up(member, "http://127.0.0.1:9", bind="login")
    assert title(await admin.post("/sign-in/services/sso/check")) == (424, "ProviderTrouble")
    asked = {"tenant": member.code, "provider": "sso"}
    assert title(await browser(member).post("/session/service-asked", json=asked)) == (424, "ProviderTrouble")
    desk.settings = msgspec.structs.replace(desk.settings, outbound_allow="")
    inside = await browser(member).post("/session/service-asked", json=asked)
    assert "address_not_allowed" in inside.text, "no service leads the desk to its own machine"
    for wrong in ({"provider": "nothing", "tenant": member.code}, {"provider": "sso", "tenant": "nowhere"}):
        assert title(await browser(member).post("/session/service-asked", json=wrong)) == (404, "NotFound")
    assert (await admin.delete("/sign-in/services/sso")).status_code == 204
    assert (await admin.delete("/sign-in/services/sso")).status_code == 404
    assert title(await browser(member).post("/session/service-asked", json=asked)) == (404, "NotFound")
