"""An ID token that is not right in one thing signs nobody in: signature, algorithm, issuer, audience, nonce, time."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from bihuan.core import clock
from bihuan.core.outbound import Reply
from bihuan.identity.oidc import Client, ProviderRefused, ProviderTrouble, Services, Trip

ISSUER = "https://id.example.com"
KEY, OTHER = RSAKey.generate_key(2048, {"kid": "one"}), RSAKey.generate_key(2048, {"kid": "one"})
CLIENT = Client(
    issuer=ISSUER, client_id="desk", secret="s", scopes=("openid",), redirect_uri="https://desk.example/x"
)
TRIP = Trip(nonce="this-nonce", verifier="v")
Json = dict[str, Any]


class Provider:
    """A service that answers with this token, in place of calls outward."""

    def __init__(self, token: str, **document: str) -> None:
        self._token = token
        self._document = {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/a", "token_endpoint": f"{ISSUER}/t",
            "jwks_uri": f"{ISSUER}/k", **document,
        }  # fmt: skip

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Its document, or its keys."""
        del headers
        told = self._document if "well-known" in url else KeySet([KEY]).as_dict(private=False)
        return Reply(status=200, body=msgspec.json.encode(told))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The token for any code."""
        del url, body, headers
        return Reply(status=200, body=msgspec.json.encode({"id_token": self._token}))


def _claims(**changes: object) -> Json:
    now = int(clock.now().timestamp())
    told: Json = {"iss": ISSUER, "aud": "desk", "sub": "li", "nonce": TRIP.nonce, "iat": now, "exp": now + 60}
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


def _signed(claims: Json, key: RSAKey = KEY, **header: str) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, key)


def _unsigned(claims: Json) -> str:
    head, body, _ = jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY).split(".")
    del head
    return f"eyJhbGciOiJub25lIn0.{body}."


def _by_the_public_key(claims: Json) -> str:
    """HS256 with the public key as its secret, which everybody has."""
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    said = f"{head}.{_signed(claims).split('.')[1]}"
    made = hmac.digest(KEY.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{urlsafe_b64encode(made).decode().rstrip('=')}"


def _cut(claims: Json) -> str:
    head, body, _ = _signed(claims).split(".")
    return f"{head}.{body}."


def _services(token: str, **document: str) -> Services:
    outward: Any = Provider(token, **document)
    return Services(outward)


async def test_one_that_is_right() -> None:
    claims = await _services(_signed(_claims())).claims(CLIENT, TRIP, "code")
    assert (claims.subject, claims.more["iss"]) == ("li", ISSUER)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example.net"}, {"iss": None}, {"aud": "another"}, {"aud": ["another"]}, {"aud": None},
        {"aud": ["desk", "another"]}, {"aud": ["desk", "another"], "azp": "another"}, {"nonce": "another"}, {"nonce": None},
        {"exp": 1}, {"exp": None}, {"iat": None}, {"iat": 4_000_000_000}, {"nbf": 4_000_000_000}, {"sub": None}, {"sub": ""}, {"sub": 7},
    ],
    ids=str,
)  # fmt: skip
async def test_a_claim_that_is_not_right(changes: Json) -> None:
    with pytest.raises(ProviderRefused):
        await _services(_signed(_claims(**changes))).claims(CLIENT, TRIP, "code")


@pytest.mark.parametrize(
    "made",
    [_unsigned, _by_the_public_key, _cut, lambda c: _signed(c, OTHER), lambda c: "x.y.z", lambda c: ""],
)
async def test_a_signature_that_is_none(made: Callable[[Json], str]) -> None:
    with pytest.raises(ProviderRefused):
        await _services(made(_claims())).claims(CLIENT, TRIP, "code")


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://id.example.net"}, {"token_endpoint": "http://elsewhere.example/t"}, {"jwks_uri": "http://elsewhere.example/k"}],
    ids=str,
)  # fmt: skip
async def test_a_document_that_is_anothers(document: dict[str, str]) -> None:
    with pytest.raises(ProviderTrouble):
        await _services(_signed(_claims()), **document).claims(CLIENT, TRIP, "code")
