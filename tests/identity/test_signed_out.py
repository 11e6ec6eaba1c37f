"""Back-channel logout: who signs out at the institution's service is signed out here; only by its own word, heard once."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from bihuan.core import clock, ids
from bihuan.core.db import Query
from bihuan.core.desk import Desk
from bihuan.identity import providers
from bihuan.identity.rights import queries
from bihuan.identity.signed_out import EVENT
from tests.conftest import House
from tests.identity.people import PASSWORD, browser, signed_in, take, title
from tests.identity.test_oidc import NODE, set_up

Json = dict[str, Any]
_MARK = Query(
    name="test",
    sql="update session set provider = %(provider)s, provider_session = %(provider_session)s"
    " where tenant_id = %(tenant_id)s and provider is null and ended_at is null",
    prepare=False,
)
_FORM = {"content-type": "application/x-www-form-urlencoded"}


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


@asynccontextmanager
async def _listening(
    answers: dict[str, bytes], heard: "asyncio.Queue[str] | None" = None
) -> AsyncIterator[str]:
    """A little web server on loopback: what it answers by path; what is posted to it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = (await reader.readexactly(int(length[1]))).decode() if length else ""
        if heard is not None and head.startswith("POST"):
            heard.put_nowait(body)
        content = answers.get(head.split(" ")[1].partition("?")[0], b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n" % len(content) + content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _is_in(at: httpx.AsyncClient) -> bool:
    return (await at.get("/session")).status_code == 200


async def _tell(house: House, token: str, code: str = "sso") -> httpx.Response:
    return await browser(house, "10.9.9.9").post(
        f"/session/service-ended/{house.code}/{code}", content=f"logout_token={token}&more=1", headers=_FORM
    )


async def test_who_signs_out_there_is_signed_out_here(member: House) -> None:
    """Against a certified provider: sign in by it, sign out at it, and what it posts ends that one session."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with _listening({}, heard) as listener:
        process = await asyncio.create_subprocess_exec(
            NODE, str(Path(__file__).with_name("provider.mjs")), "http://desk/console/sign-in", f"{listener}/out",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin and process.stdout
        async with asyncio.timeout(60):
            line = b""
            while not line.strip().isdigit():
                line = await process.stdout.readline()
        issuer = f"http://127.0.0.1:{int(line)}"
        admin = await set_up(member, issuer, bind="login")
        checked = (await admin.post("/sign-in/services/sso/check")).json()
        assert checked["sign_out_uri"] == f"http://desk/api/v1/session/service-ended/{member.code}/sso"
        async with httpx.AsyncClient() as here, httpx.AsyncClient() as elsewhere:
            one = await _come(member, issuer, here)
            other = await _come(member, issuer, elsewhere)
            by_password = await signed_in(member)
            await _sign_out(here, issuer)
            async with asyncio.timeout(30):
                posted = parse_qs(await heard.get())
            token = posted["logout_token"][0]
            assert (await _tell(member, token)).status_code == 204
            assert (await _is_in(one), await _is_in(other), await _is_in(by_password)) == (False, True, True)
            assert title(await _tell(member, token)) == (400, "SignOutRefused"), "heard once"
        process.stdin.close()
        await process.wait()


async def _come(house: House, issuer: str, away: httpx.AsyncClient) -> httpx.AsyncClient:
    """Signed in by the provider, whose own session the browser `away` keeps."""
    at = browser(house)
    asked = await at.post("/session/service-asked", json={"tenant": house.code, "provider": "sso"})
    url = asked.json()["url"]
    await away.get(f"{issuer}/test/account", params={"id": "li"})
    for _ in range(10):
        answer = await away.get(url)
        url = str(httpx.URL(url).join(answer.headers["location"]))
        if url.startswith("http://desk/console/sign-in?"):
            break
    back = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    take(at, await at.post("/session/service", json=back))
    return at


async def _sign_out(away: httpx.AsyncClient, issuer: str) -> None:
    page = await away.get(f"{issuer}/session/end", params={"client_id": "desk"})
    xsrf = re.search(r'name="xsrf" value="([^"]+)"', page.text)
    assert xsrf, page.text
    done = await away.post(f"{issuer}/session/end/confirm", data={"xsrf": xsrf[1], "logout": "yes"})
    assert done.status_code in (200, 302, 303), done.text


# ------------------------------------------------------------------------------------------- tokens made by hand
class _Service:
    """A sign-in service of our own making, which signs whatever it is told."""

    def __init__(self, house: House, issuer: str, key: RSAKey) -> None:
        self.house, self.issuer, self.key = house, issuer, key

    def token(self, *, key: RSAKey | None = None, typ: str = "logout+jwt", **changes: Any) -> str:
        """A logout token; a change to None takes a claim away."""
        now = int(clock.now().timestamp())
        claims: Json = {
            "iss": self.issuer, "aud": "desk", "iat": now, "exp": now + 120, "jti": ids.new_id().hex,
            "sub": "li-there", "sid": "s-1", "events": {EVENT: {}}, **changes,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "k", "typ": typ}, claims, key or self.key)

    async def session(self, sid: str | None) -> httpx.AsyncClient:
        """Somebody signed in; that the service opened it is written into the row."""
        at = await signed_in(self.house)
        hashed = providers.subject_sha256(self.issuer, sid).hex() if sid else None
        async with self.house.desk.database.work(self.house.tenant_id) as work:
            await work.run(_MARK, provider="sso", provider_session=hashed)
        return at


@pytest.fixture
async def service(member: House) -> AsyncIterator[_Service]:
    key = RSAKey.generate_key(2048, {"kid": "k", "use": "sig", "alg": "RS256"})
    answers: dict[str, bytes] = {}
    async with _listening(answers) as issuer:
        document = {
            "issuer": issuer, "authorization_endpoint": f"{issuer}/a", "token_endpoint": f"{issuer}/t",
            "jwks_uri": f"{issuer}/jwks",
        }  # fmt: skip
        answers["/.well-known/openid-configuration"] = msgspec.json.encode(document)
        answers["/jwks"] = msgspec.json.encode({"keys": [key.as_dict(private=False)]})
        await set_up(member, issuer)
        yield _Service(member, issuer, key)


async def _join(service: _Service) -> None:
    """`li` is somebody at the service."""
    house = service.house
    async with house.desk.database.work(house.tenant_id) as work:
        await work.one(
            queries.add_link,
            dict[str, Any],
            provider="sso",
            issuer=service.issuer,
            subject_sha256=providers.subject_sha256(service.issuer, "li-there"),
            staff_id=house.people["li"],
            at=clock.now(),
        )


async def test_one_session_by_its_number_all_by_the_person(service: _Service) -> None:
    await _join(service)
    house = service.house
    first, second, third = [await service.session(sid) for sid in ("s-1", "s-2", None)]
    assert (await _tell(house, service.token(sub=None))).status_code == 204
    assert [await _is_in(at) for at in (first, second, third)] == [False, True, True]
    assert (await _tell(house, service.token(sid=None))).status_code == 204
    assert [await _is_in(at) for at in (second, third)] == [False, False]
    found = await house.client("auditor")
    told = (await found.get("/audit/events", params={"kind": "session.ended"})).json()["items"]
    assert [one["data"]["provider"] for one in told] == ["sso"] * 3
    nobody = service.token(sid=None, sub="nobody")
    assert (await _tell(house, nobody)).status_code == 204, "nothing is told apart"


async def test_a_session_by_password_is_not_the_services_to_end(service: _Service) -> None:
    await _join(service)
    at = await signed_in(service.house)
    assert (await _tell(service.house, service.token(sid=None))).status_code == 204
    assert await _is_in(at)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://id.example.net"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": None}, "aud"),
        ({"iat": None}, "iat"),
        ({"iat": 1_000_000_000}, "iat"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"iat": True}, "iat"),
        ({"exp": 1_000_000_000}, "exp"),
        ({"events": None}, "events"),
        ({"events": {"http://schemas.openid.net/event/other": {}}}, "events"),
        ({"events": {EVENT: "yes"}}, "events"),
        ({"nonce": "n"}, "nonce"),
        ({"sub": None, "sid": None}, "sub"),
        ({"sid": 7}, "sid"),
        ({"jti": None}, "jti"),
        ({"typ": "at+jwt"}, "typ"),
    ],
)
async def test_whatever_is_not_right_is_refused(service: _Service, changes: Json, reason: str) -> None:
    at = await service.session("s-1")
    answer = await _tell(service.house, service.token(**changes))
    assert (answer.status_code, answer.json()["title"]) == (400, "SignOutRefused"), answer.text
    assert answer.json()["detail"].endswith(f"：{reason}")
    assert await _is_in(at)


def _part(told: Json) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(told)).decode().rstrip("=")


async def test_a_token_of_others_or_none_and_a_service_of_nobodys(
    service: _Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bihuan.identity.oidc._KEYS_AGAIN_SECONDS", 0.0)
    house, at = service.house, await service.session("s-1")
    forged = service.token(key=RSAKey.generate_key(2048, {"kid": "k"}))
    unsigned = f"{_part({'alg': 'none'})}.{_part({'iss': service.issuer, 'sid': 's-1'})}."
    for token in (forged, unsigned, "x", "a.b.c"):
        assert title(await _tell(house, token)) == (400, "SignOutRefused"), token
    good = service.token()
    assert (await _tell(house, good, "nothing")).status_code == 404
    away = await browser(house).post(
        "/session/service-ended/nowhere/sso", content=f"logout_token={good}", headers=_FORM
    )
    assert away.status_code == 404
    nothing = await browser(house).post(
        f"/session/service-ended/{house.code}/sso", content="x=1", headers=_FORM
    )
    assert nothing.status_code == 422
    plain = await browser(house).post(
        f"/session/service-ended/{house.code}/sso", content=f"logout_token={good}", headers={"content-type": "text/plain"}
    )  # fmt: skip
    assert plain.json()["title"] == "JsonOnly"
    assert await _is_in(at)
    assert (await _tell(house, good)).status_code == 204
    assert not await _is_in(at)
