"""What leaves by an address somebody set up at run time cannot reach inside, whatever names, redirects and ports say."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from bihuan.core import outbound, settings
from bihuan.core.outbound import Anywhere, Outward, Reply, Unanswered

_REFUSED = Unanswered(code="address_not_allowed", sent=False)
_INSIDE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:a00:1::", "::10.0.0.1",
    "2001:db8::1", "fd00:ec2::254",
)  # fmt: skip


class _Served:
    """A small web server on this machine; `pages`: path → status, headers, body."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.port = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def _serving() -> Iterator[_Served]:
    told = _Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            status, headers, body = told.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _outward(allow: str = "") -> Outward:
    return outbound.anywhere(settings.load({"BIHUAN_OUTBOUND_ALLOW": allow}))


def _resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    asked: list[str] = []

    async def found(host: str, *_: object, **__: object) -> Any:
        asked.append(host)
        return [(2, 1, 6, "", (a, 443)) for a in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)
    return asked


@pytest.mark.parametrize("address", _INSIDE)
async def test_an_address_inside(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    literal = f"[{address}]" if ":" in address else address
    assert not outbound.is_public(address)
    outward = _outward()
    for scheme in ("http", "https"):
        assert await outward.get(f"{scheme}://{literal}/") == _REFUSED
        assert await outward.post(f"{scheme}://{literal}/", b"{}", {}) == _REFUSED
    _resolving(monkeypatch, address)
    assert await outward.get("https://innocent.example/") == _REFUSED


async def test_one_address_inside_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolving(monkeypatch, "47.88.1.1", "127.0.0.1")
    assert await _outward().get("https://innocent.example/") == _REFUSED


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://localhost/",
        "http://[::ffff:127.0.0.1]/", "http://127.0.0.1.:80/", "http://user@47.88.1.1/", "https://47.88.1.1:22/",
        "http://47.88.1.1/", "https://47.88.1.1/#x", "ftp://47.88.1.1/", "file:///etc/passwd", "gopher://127.0.0.1/",
        "https://innocent.example\\@127.0.0.1/", "https:///x", "https://[::1/", "", "//127.0.0.1/", "https://ｌocalhost/",
        "https://innocent.example/\r\nhost: inside", "https://innocent.example:99999/",
    ],
)  # fmt: skip
async def test_an_address_that_is_odd(url: str) -> None:
    answer = await _outward().get(url)
    assert isinstance(answer, Unanswered) and not answer.sent
    assert answer.code in ("address_not_allowed", "unreachable")


async def test_the_name_is_resolved_once_and_that_address_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that says something else the second time is not asked a second time."""
    with _serving() as web:
        web.pages["/"] = (200, {}, b"hello")
        asked = _resolving(monkeypatch, "127.0.0.1")
        answer = await _outward("127.0.0.0/8").get(f"http://innocent.example:{web.port}/")
        assert answer == Reply(status=200, body=b"hello")
        assert asked == ["innocent.example"]


async def test_inside_is_reached_where_the_operator_says_so() -> None:
    with _serving() as web:
        web.pages["/"] = (200, {}, b"hello")
        assert await _outward().get(f"{web.origin}/") == _REFUSED
        assert await _outward("10.0.0.0/8, 192.168.0.0/16").get(f"{web.origin}/") == _REFUSED
        assert await _outward("10.0.0.0/8,127.0.0.1").get(f"{web.origin}/") == Reply(
            status=200, body=b"hello"
        )
        assert web.asked == ["/"]


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:9/x", "http://localhost:{port}/x", "https://127.0.0.1:{port}/x", "//evil.example/x", "file:///etc/passwd", "http://169.254.169.254/"])  # fmt: skip
async def test_no_redirect_leads_elsewhere(elsewhere: str) -> None:
    with _serving() as web:
        web.pages["/"] = (302, {"location": elsewhere.format(port=web.port)}, b"")
        web.pages["/x"] = (200, {}, b"secret")
        answer = await _outward("127.0.0.1").get(f"{web.origin}/")
        assert answer == Unanswered(code="address_not_allowed", sent=True)
        assert web.asked == ["/"]


async def test_a_redirect_within_the_origin_is_followed_and_not_for_ever() -> None:
    with _serving() as web:
        web.pages["/"] = (302, {"location": "/next"}, b"")
        web.pages["/next"] = (200, {}, b"there")
        outward = _outward("127.0.0.1")
        assert await outward.get(f"{web.origin}/") == Reply(status=200, body=b"there")
        web.pages["/next"] = (302, {"location": "/"}, b"")
        assert await outward.get(f"{web.origin}/") == Unanswered(code="address_not_allowed", sent=True)
        assert len(web.asked) == 2 + 3
        posted = await outward.post(f"{web.origin}/", b"{}", {})
        assert isinstance(posted, Reply) and posted.status == 302, "what is posted goes to one place"


async def test_bounds_of_size_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with _serving() as web:
        web.pages["/"] = (200, {}, b"x" * 1_000_000)
        answer = await _outward("127.0.0.1").get(f"{web.origin}/")
        assert isinstance(answer, Reply) and len(answer.body) == 65_536
        # An answer that never ends its headers: the whole of a call is bounded, not each piece of it.
        monkeypatch.setattr(outbound, "_WHOLE_SECONDS", 0.3)
        drip = await asyncio.start_server(_drip, "127.0.0.1", 0)
        port = drip.sockets[0].getsockname()[1]
        assert await _outward("127.0.0.1").get(f"http://127.0.0.1:{port}/") == Unanswered(
            code="no_answer", sent=True
        )
        drip.close()
        await drip.wait_closed()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n")
    try:
        for number in range(1000):
            writer.write(b"x-%d: y\r\n" % number)
            await writer.drain()
            await asyncio.sleep(0.05)
    except OSError:
        pass
    finally:
        writer.close()


def test_networks_are_checked_at_start() -> None:
    assert len(outbound.networks("10.0.0.0/8, 192.168.1.1,fd00::/8")) == 3
    with pytest.raises(settings.BadSetting):
        outbound.networks("inside")
    assert Anywhere().allow("https://a.example/x") and not Anywhere().allow("https://a.example/x y")


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would resolve the name anew, out of our sight."""
    with _serving() as web:
        web.pages["/"] = (200, {}, b"hello")
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert await _outward("127.0.0.1").get(f"{web.origin}/") == Reply(status=200, body=b"hello")
