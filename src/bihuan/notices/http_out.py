"""The one place that calls outward by HTTP: bounded in time and size, no redirects, to where it is allowed alone.

A vendor's host is reached by https at a public address: the name is resolved here, judged, and that very address is
called, so that no answer of a name server can lead a call inside. A relay the operator names by its whole origin is
taken at their word. What is called is never logged: a robot's address is a secret.
"""

import asyncio
import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

import httpx
import msgspec

from bihuan.core.settings import BadSetting, Settings

_ANSWER_BYTES = 64 * 1024
_ADDRESSES = 3
_LIMITS = httpx.Timeout(10.0, connect=5.0)
_HTTPS = 443


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side said; of a long body the beginning."""

    status: int
    body: bytes
    after: int = 0


class Unanswered(msgspec.Struct, frozen=True, kw_only=True):
    """No answer. `sent`: the request had begun to leave, so the other side may have acted on it."""

    code: str
    sent: bool


class Hosts(msgspec.Struct, frozen=True, kw_only=True):
    """Where calls may go: hosts at public addresses by https, and origins as they are."""

    names: frozenset[str]
    origins: frozenset[str]

    def allow(self, url: str) -> bool:
        """Whether this address is whole and leads where calls may go."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        plain = url.isascii() and url.isprintable() and not set(url) & set(' \\"<>')
        if not plain or parts.username is not None or parts.fragment or not parts.hostname:
            return False
        if f"{parts.scheme}://{parts.netloc}".lower() in self.origins:
            return True
        return parts.scheme == "https" and port in (None, _HTTPS) and parts.hostname.lower() in self.names


def hosts(text: str) -> Hosts:
    """The allow-list from its setting."""
    told = [part.strip().rstrip("/").lower() for part in text.split(",") if part.strip()]
    return Hosts(
        names=frozenset(t for t in told if "://" not in t), origins=frozenset(t for t in told if "://" in t)
    )


def tls(settings: Settings) -> ssl.SSLContext:
    """The system's authorities, and the institution's own where it has some. Raises BadSetting."""
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise BadSetting(name="BIHUAN_CA_FILE", reason="cannot be read as PEM certificates") from error
    return context


def is_tls(error: BaseException | None) -> bool:
    """Whether it is about encryption that something failed."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


class Outward:
    """Posts JSON. `hosts` None: to addresses an operator set, as they are."""

    def __init__(self, context: ssl.SSLContext, hosts: Hosts | None) -> None:
        self._context = context
        self._hosts = hosts

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply | Unanswered:
        """Post a JSON body. Nothing is raised: what went wrong is the answer."""
        if self._hosts is not None and not self._hosts.allow(url):
            return Unanswered(code="address_not_allowed", sent=False)
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self._hosts is None or f"{parts.scheme}://{parts.netloc}".lower() in self._hosts.origins:
            return await self._call(url, None, body, headers)
        try:
            addresses = await _public(host)
        except (OSError, UnicodeError):
            return Unanswered(code="unreachable", sent=False)
        if not addresses:
            return Unanswered(code="address_not_allowed", sent=False)
        answer: Reply | Unanswered = Unanswered(code="unreachable", sent=False)
        for address in addresses:
            answer = await self._call(url, address, body, headers)
            if isinstance(answer, Reply) or answer.sent:
                break
        return answer

    async def _call(
        self, url: str, address: str | None, body: bytes, headers: dict[str, str]
    ) -> Reply | Unanswered:
        begun = False

        async def trace(event: str, _info: object) -> None:
            nonlocal begun
            begun = begun or event.endswith("send_request_headers.started")

        told = httpx.URL(url)
        extensions: dict[str, object] = {"trace": trace}
        given = {"content-type": "application/json", "accept-encoding": "identity", **headers}
        if address is not None:
            extensions["sni_hostname"] = told.host
            given["host"] = told.netloc.decode()
            told = told.copy_with(host=address)
        try:
            async with httpx.AsyncClient(
                verify=self._context, timeout=_LIMITS, trust_env=False, follow_redirects=False
            ) as client:
                request = client.build_request(
                    "POST", told, content=body, headers=given, extensions=extensions
                )
                return await _read(await client.send(request, stream=True))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            code = "no_answer" if begun else "tls_failed" if is_tls(error) else "unreachable"
            return Unanswered(code=code, sent=begun)


async def _read(response: httpx.Response) -> Reply:
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
    return Reply(
        status=response.status_code,
        body=body[:_ANSWER_BYTES],
        after=min(int(after), 86_400) if after.isascii() and after.isdigit() and len(after) < 8 else 0,
    )


async def _public(host: str) -> list[str]:
    """The host's addresses; none where any of them is not a public one. Raises OSError where there is no such host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, _HTTPS, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    return addresses[:_ADDRESSES] if all(is_public(a) for a in addresses) else []


def is_public(address: str) -> bool:
    """Whether an address is one of the internet at large; what hides one of IPv4 in IPv6 is judged by it."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour
        if inner is not None:
            one = inner
    return one.is_global and not one.is_multicast and not one.is_reserved
