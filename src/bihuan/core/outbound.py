"""The one place that calls outward by HTTP: bounded in time and size, to where it is allowed alone.

The name is resolved here, judged, and that very address is called, so that no answer of a name server can lead a call
inside (DNS rebinding). A host is reached by https at a public address; inside one's own networks only where the operator
names them (BIHUAN_OUTBOUND_ALLOW); a relay named by its whole origin is taken at their word. What is called is never
logged: a robot's address is a secret. No proxy of the environment is used: it would resolve names anew.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx
import msgspec

from bihuan.core.settings import BadSetting, Settings

_ANSWER_BYTES = 64 * 1024
_ADDRESSES = 3
_LIMITS = httpx.Timeout(10.0, connect=5.0)
#: All of a call: resolving, connecting, headers that drip in, the body.
_WHOLE_SECONDS = 20.0
_HTTPS = 443
_MOST_HOPS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
#: IPv6 networks whose addresses carry one of IPv4 in their last four bytes (RFC 6052, 4291).
_CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
Unreached = Literal["address_not_allowed", "unreachable", "tls_failed", "no_answer"]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side said; of a body longer than 64 KB the beginning."""

    status: int
    body: bytes
    after: int = 0


class Unanswered(msgspec.Struct, frozen=True, kw_only=True):
    """No answer. `sent`: the request had begun to leave, so the other side may have acted on it."""

    code: Unreached
    sent: bool


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """Where calls may go: hosts at public addresses by https, and origins as they are."""

    names: frozenset[str]
    origins: frozenset[str]

    def allow(self, url: str) -> bool:
        """Whether this address is whole and leads where calls may go."""
        parts = _whole(url)
        if parts is None:
            return False
        if _origin(parts) in self.origins:
            return True
        return parts.scheme == "https" and parts.port in (None, _HTTPS) and _host(parts) in self.names


class Anywhere(msgspec.Struct, frozen=True, kw_only=True):
    """Any host, as an administrator sets it up at run time: the address it resolves to decides."""

    origins: frozenset[str] = frozenset()

    def allow(self, url: str) -> bool:
        """Whether this address is whole."""
        parts = _whole(url)
        return parts is not None and parts.scheme in ("http", "https")


def hosts(text: str) -> Hosts:
    """The allow-list from its setting."""
    told = [part.strip().rstrip("/").lower() for part in text.split(",") if part.strip()]
    return Hosts(
        names=frozenset(t for t in told if "://" not in t), origins=frozenset(t for t in told if "://" in t)
    )


def networks(text: str) -> Networks:
    """Networks from a setting, comma separated. Raises BadSetting."""
    try:
        return tuple(ipaddress.ip_network(p.strip(), strict=False) for p in text.split(",") if p.strip())
    except ValueError as error:
        raise BadSetting(
            name="BIHUAN_OUTBOUND_ALLOW", reason="must be networks such as 10.20.0.0/16, comma separated"
        ) from error


def tls(settings: Settings) -> ssl.SSLContext:
    """The system's authorities, and the institution's own where it has some. Raises BadSetting."""
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise BadSetting(name="BIHUAN_CA_FILE", reason="cannot be read as PEM certificates") from error
    return context


def anywhere(settings: Settings) -> "Outward":
    """Calls to what an administrator sets up at run time (sign-in providers, webhooks). Raises BadSetting."""
    return Outward(tls(settings), Anywhere(), inside=networks(settings.outbound_allow))


def is_tls(error: BaseException | None) -> bool:
    """Whether it is about encryption that something failed."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


class Outward:
    """Calls. `allowed` None: to addresses the operator set in the environment, as they are.

    `inside`: networks of one's own where calls may go too, at any port, by http as well.
    """

    def __init__(
        self, context: ssl.SSLContext, allowed: Hosts | Anywhere | None, *, inside: Networks = ()
    ) -> None:
        self._context = context
        self._allowed = allowed
        self._inside = inside

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply | Unanswered:
        """Post a body, JSON unless a header says otherwise. Nothing is raised: what went wrong is the answer.

        No redirect is followed: what was posted goes to one place.
        """
        given = {"content-type": "application/json", **headers}
        reply, _ = await self._bounded("POST", url, body, given)
        return reply

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply | Unanswered:
        """Get a document. A redirect is followed within the same origin alone, each hop judged anew."""
        origin = _whole(url)
        for _ in range(_MOST_HOPS):
            reply, to = await self._bounded("GET", url, b"", headers or {})
            if not isinstance(reply, Reply) or reply.status not in _MOVED or not to:
                return reply
            url = urljoin(url, to)
            parts = _whole(url)
            if parts is None or origin is None or _origin(parts) != _origin(origin):
                return Unanswered(code="address_not_allowed", sent=True)
        return Unanswered(code="address_not_allowed", sent=True)

    async def _bounded(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[Reply | Unanswered, str]:
        begun = _Begun()
        # As it was given, and again as it is called: whoever builds the request may read the address differently.
        if not self._allows(url):
            return Unanswered(code="address_not_allowed", sent=False), ""
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                return await self._judged(httpx.Request(method, url, content=body, headers=headers), begun)
        except TimeoutError:
            return Unanswered(code="no_answer" if begun.yes else "unreachable", sent=begun.yes), ""
        except (httpx.InvalidURL, ValueError):
            return Unanswered(code="address_not_allowed", sent=False), ""

    async def _judged(self, request: httpx.Request, begun: "_Begun") -> tuple[Reply | Unanswered, str]:
        parts = _whole(str(request.url))
        if parts is None or not self._allows(str(request.url)):
            return Unanswered(code="address_not_allowed", sent=False), ""
        if self._allowed is None or _origin(parts) in self._allowed.origins:
            return await self._call(request, None, begun)
        try:
            addresses = await _resolved(_host(parts))
        except (OSError, UnicodeError):
            return Unanswered(code="unreachable", sent=False), ""
        if not addresses or not all(self._may(parts, a) for a in addresses):
            return Unanswered(code="address_not_allowed", sent=False), ""
        answer: tuple[Reply | Unanswered, str] = (Unanswered(code="unreachable", sent=False), "")
        for address in addresses[:_ADDRESSES]:
            answer = await self._call(request, address, begun)
            if isinstance(answer[0], Reply) or answer[0].sent:
                break
        return answer

    def _allows(self, url: str) -> bool:
        return self._allowed.allow(url) if self._allowed is not None else _whole(url) is not None

    def _may(self, parts: SplitResult, address: str) -> bool:
        if any(one in network for one in _meant(address) for network in self._inside):
            return True
        return parts.scheme == "https" and parts.port in (None, _HTTPS) and is_public(address)

    async def _call(
        self, request: httpx.Request, address: str | None, begun: "_Begun"
    ) -> tuple[Reply | Unanswered, str]:
        told, given = request.url, dict(request.headers)
        extensions: dict[str, object] = {"trace": begun.trace}
        if address is not None:
            extensions["sni_hostname"] = told.host
            given["host"] = told.netloc.decode()
            told = told.copy_with(host=address)
        given["accept-encoding"] = "identity"
        try:
            async with httpx.AsyncClient(
                verify=self._context, timeout=_LIMITS, trust_env=False, follow_redirects=False
            ) as client:
                made = client.build_request(
                    request.method, told, content=request.content, headers=given, extensions=extensions
                )
                return await _read(await client.send(made, stream=True))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            code = "no_answer" if begun.yes else "tls_failed" if is_tls(error) else "unreachable"
            return Unanswered(code=code, sent=begun.yes), ""


class _Begun:
    """Whether a request has begun to leave."""

    yes = False

    async def trace(self, event: str, _info: object) -> None:
        """Told by the client of each step."""
        self.yes = self.yes or event.endswith("send_request_headers.started")


async def _read(response: httpx.Response) -> tuple[Reply, str]:
    body = b""
    try:
        async with asyncio.timeout(_LIMITS.read):
            async for piece in response.aiter_raw():
                body += piece
                if len(body) >= _ANSWER_BYTES:
                    break
    finally:
        await response.aclose()
    after = response.headers.get("retry-after", "")
    reply = Reply(
        status=response.status_code,
        body=body[:_ANSWER_BYTES],
        after=min(int(after), 86_400) if after.isascii() and after.isdigit() and len(after) < 8 else 0,
    )
    return reply, response.headers.get("location", "")


async def _resolved(host: str) -> list[str]:
    """The host's addresses. Raises OSError where there is no such host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, _HTTPS, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _whole(url: str) -> SplitResult | None:
    """The parts of an address that is whole and means one thing to every reader; None of any other."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>')
    if not plain or parts.username is not None or parts.fragment or not parts.hostname:
        return None
    return parts


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}".lower()


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").lower()


def _meant(address: str) -> tuple[Address, ...]:
    """An address and what it hides: one of IPv4 inside one of IPv6."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv4Address):
        return (one,)
    inner = one.ipv4_mapped or one.sixtofour
    if inner is None and any(one in carrier for carrier in _CARRIERS):
        inner = ipaddress.IPv4Address(one.packed[-4:])
    return (one,) if inner is None else (inner,)


def is_public(address: str) -> bool:
    """Whether an address is one of the internet at large; what hides one of IPv4 in IPv6 is judged by it."""
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _meant(address))
