"""OpenID Connect as a client: discovery, the way there, the code's exchange, the ID token's check. Knows no tables.

Code flow with PKCE (RFC 7636), state and nonce. Of an ID token everything is checked: signature by the service's keys
(fetched anew where a key is unknown), issuer, audience, authorised party, nonce, times with a minute of leeway, at_hash.
"""

import base64
import hashlib
import secrets
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bihuan.core import clock, log, outbound
from bihuan.core.outbound import Outward, Reply
from bihuan.core.problems import Problem
from bihuan.core.settings import Settings

T = TypeVar("T")
_log = log.get("oidc")

_ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
]
_LEEWAY = 60
_FRESH_SECONDS = 600.0
#: A token signed by an unknown key fetches the keys anew, but not oftener: anybody can make up a key's name.
_KEYS_AGAIN_SECONDS = 10.0
_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


class ProviderTrouble(Problem):
    """The sign-in service does not answer as it should: {reason}. Sign in by password, or try again later."""

    status = 424
    zh = "统一登录服务未正常应答（{reason}）。请改用密码登录，或稍后再试。"


class ProviderRefused(Problem):
    """The sign-in service did not let you in: {reason}"""

    status = 403
    zh = "统一登录服务未通过：{reason}"


class Discovered(msgspec.Struct, frozen=True, kw_only=True):
    """A service's discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = ()


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """What this desk is at a service."""

    issuer: str
    client_id: str
    secret: str | None
    scopes: tuple[str, ...]
    redirect_uri: str


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a way there until it comes back. Never shown to the browser."""

    nonce: str
    verifier: str


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a service says of somebody; `more` all its claims."""

    subject: str
    session: str | None
    auth_time: int | None
    more: dict[str, Any]


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class _Refusal(msgspec.Struct, frozen=True):
    error: str = "odd_answer"


def new_trip() -> Trip:
    """Fresh secrets for one way there."""
    return Trip(nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48))


class Services:
    """Sign-in services as this process knows them: documents and keys, remembered for a while."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self._documents: dict[str, tuple[float, Discovered]] = {}
        self._keys: dict[str, tuple[float, KeySet]] = {}

    async def discover(self, issuer: str, *, fresh: bool = False) -> Discovered:
        """The discovery document. Raises ProviderTrouble."""
        found = self._documents.get(issuer)
        if found is not None and not fresh and clock.perf() - found[0] < _FRESH_SECONDS:
            return found[1]
        raw = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        document = _decoded(raw, Discovered)
        if document.issuer != issuer:
            raise ProviderTrouble(reason="issuer")
        for url in (document.authorization_endpoint, document.token_endpoint, document.jwks_uri):
            if urlsplit(url).scheme != "https" and urlsplit(url).netloc != urlsplit(issuer).netloc:
                raise ProviderTrouble(reason="https")
        self._documents[issuer] = (clock.perf(), document)
        return document

    async def way_there(self, client: Client, trip: Trip, *, state: str, again: bool = False) -> str:
        """Where the browser goes. `again`: they prove anew who they are. Raises ProviderTrouble."""
        document = await self.discover(client.issuer)
        told = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "scope": " ".join(client.scopes),
            "state": state,
            "nonce": trip.nonce,
            "code_challenge": _challenge(trip.verifier),
            "code_challenge_method": "S256",
            **({"max_age": "0", "prompt": "login"} if again else {}),
        }
        joint = "&" if urlsplit(document.authorization_endpoint).query else "?"
        return f"{document.authorization_endpoint}{joint}{urlencode(told)}"

    async def claims(self, client: Client, trip: Trip, code: str) -> Claims:
        """Who came back with a code. Raises ProviderTrouble, ProviderRefused."""
        document = await self.discover(client.issuer)
        tokens = await self._exchange(client, document, trip, code)
        told = await self._checked(client, document, tokens, trip.nonce)
        more: dict[str, Any] = {**await self._user_info(document, tokens, str(told["sub"])), **told}
        return Claims(
            subject=str(told["sub"]),
            session=str(told["sid"]) if told.get("sid") else None,
            auth_time=told.get("auth_time"),
            more=more,
        )

    async def signed_by(self, issuer: str, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a token that this service signed; what they say is not checked yet.

        Raises ProviderTrouble, ProviderRefused.
        """
        token = await self._verified(await self.discover(issuer), text)
        return dict(token.header), dict(token.claims)

    def sign_out_url(self, document: Discovered, client: Client, back_to: str) -> str | None:
        """Where the browser goes so that the service ends its session too (RP-initiated logout)."""
        if document.end_session_endpoint is None:
            return None
        told = {"client_id": client.client_id, "post_logout_redirect_uri": back_to}
        joint = "&" if urlsplit(document.end_session_endpoint).query else "?"
        return f"{document.end_session_endpoint}{joint}{urlencode(told)}"

    async def keys(self, document: Discovered, *, fresh: bool = False) -> KeySet:
        """The service's keys. Raises ProviderTrouble."""
        found = self._keys.get(document.jwks_uri)
        age = clock.perf() - found[0] if found else float("inf")
        if found is not None and age < (_KEYS_AGAIN_SECONDS if fresh else _FRESH_SECONDS):
            return found[1]
        try:
            made = KeySet.import_key_set(msgspec.json.decode(await self._get(document.jwks_uri)))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderTrouble(reason="jwks") from error
        self._keys[document.jwks_uri] = (clock.perf(), made)
        return made

    async def _exchange(self, client: Client, document: Discovered, trip: Trip, code: str) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": trip.verifier,
        }
        headers = dict(_FORM)
        if client.secret is None:
            form["client_id"] = client.client_id
        elif "client_secret_basic" in document.token_endpoint_auth_methods_supported:
            pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client.client_id, "client_secret": client.secret}
        answer = await self._outward.post(document.token_endpoint, urlencode(form).encode(), headers)
        if not isinstance(answer, Reply):
            raise ProviderTrouble(reason=answer.code)
        if answer.status != 200:
            raise ProviderRefused(reason=_word(_decoded(answer.body, _Refusal).error))
        return _decoded(answer.body, _Tokens)

    async def _checked(
        self, client: Client, document: Discovered, tokens: _Tokens, nonce: str
    ) -> dict[str, Any]:
        token = await self._verified(document, tokens.id_token)
        claims: Any = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": client.issuer},
                "aud": {"essential": True, "value": client.client_id},
            },
            {"nonce": nonce, "client_id": client.client_id, "access_token": tokens.access_token or None},
        )
        try:
            claims.validate(now=int(clock.now().timestamp()), leeway=_LEEWAY)
        except JoseError as error:
            _log.warning("id_token_refused", reason=str(getattr(error, "claim", None) or error.error))
            raise ProviderRefused(reason="id_token") from error
        if not isinstance(token.claims.get("sub"), str) or not token.claims["sub"]:
            raise ProviderRefused(reason="sub")
        return token.claims

    async def _verified(self, document: Discovered, text: str) -> jwt.Token:
        """The token, signed by one of the service's keys as they are now, or, where its key is unknown, after another look."""
        for fresh in (False, True):
            keys = await self.keys(document, fresh=fresh)
            try:
                return jwt.decode(text, keys, algorithms=_ALGORITHMS)
            except (JoseError, ValueError) as error:
                if fresh:
                    raise ProviderRefused(reason="signature") from error
        raise ProviderRefused(reason="signature")

    async def _user_info(self, document: Discovered, tokens: _Tokens, subject: str) -> dict[str, Any]:
        """What the service says beside the ID token; of somebody else it counts for nothing."""
        if document.userinfo_endpoint is None or not tokens.access_token:
            return {}
        answer = await self._outward.get(
            document.userinfo_endpoint, {"authorization": f"Bearer {tokens.access_token}"}
        )
        if not isinstance(answer, Reply) or answer.status != 200:
            return {}
        told = _decoded(answer.body, dict[str, Any])
        return told if told.get("sub") == subject else {}

    async def _get(self, url: str) -> bytes:
        answer = await self._outward.get(url, {"accept": "application/json"})
        if not isinstance(answer, Reply):
            raise ProviderTrouble(reason=answer.code)
        if answer.status != 200:
            raise ProviderTrouble(reason=f"HTTP {answer.status}")
        return answer.body


@lru_cache(maxsize=8)
def services(settings: Settings) -> Services:
    """The services of a desk with these settings."""
    return Services(outbound.anywhere(settings))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _decoded(raw: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderTrouble(reason="odd_answer") from error


def _word(text: str) -> str:
    """A service's error code, as far as it is one."""
    return text if text.isascii() and text.replace("_", "").isalnum() and len(text) < 60 else "odd_answer"
