"""Somebody with a password, at a browser of their own."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bihuan.core import clock
from bihuan.identity import totp
from tests.conftest import House

PASSWORD = "correct horse 电池"


def browser(house: House, address: str = "10.0.0.1") -> httpx.AsyncClient:
    """Somebody at this address, without a session yet."""
    transport = httpx.ASGITransport(house.transport.app, raise_app_exceptions=False, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://desk/api/v1")


async def sign_in(at: httpx.AsyncClient, house: House, **other: Any) -> httpx.Response:
    """One try."""
    body = {"tenant": house.code, "login": "li", "password": PASSWORD, **other}
    return await at.post("/session", json=body)


def take(at: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    """Go on with the session that an answer opened."""
    assert answer.status_code == 201, answer.text
    assert answer.json()["step"] == "in", answer.text
    at.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return answer


async def signed_in(house: House, address: str = "10.0.0.1", **other: Any) -> httpx.AsyncClient:
    """A browser with a session."""
    at = browser(house, address)
    take(at, await sign_in(at, house, **other))
    return at


async def with_totp(at: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Set up an authenticator: its secret and the recovery codes."""
    made = (await at.post("/session/authenticator")).json()
    assert parse_qs(urlsplit(made["uri"]).query)["secret"] == [made["secret"]]
    body = {"id": made["id"], "code": totp.code_at(made["secret"], clock.now())}
    answer = await at.post("/session/authenticator/confirm", json=body)
    assert answer.status_code == 201, answer.text
    return made["secret"], answer.json()["codes"]


def title(answer: httpx.Response) -> tuple[int, str]:
    """Status and title of a refusal."""
    return answer.status_code, answer.json()["title"]


def wrongs(answer: httpx.Response) -> list[tuple[str, str]]:
    """Field and code of what is wrong."""
    assert answer.status_code == 422, answer.text
    return [(e["pointer"], e["code"]) for e in answer.json()["errors"]]
