"""Requests made to hurt: they are refused, in time, and nothing breaks."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from tests.api.test_every_operation import problem
from tests.conftest import House

_PATHS = (
    "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/console/../../etc/passwd",
    "/console/..%2f..%2fetc%2fpasswd", "/assets/..%5c..%5cwin.ini", "/assets/%00.js", "/console/%00", "//evil.example/x",
    "/console//evil.example/%2e%2e", "/api/v1/tickets/../../session", "/api/v1/tickets/%2e%2e/session", "/api//v1/session",
    "/api/v1/tickets/" + "a" * 5_000, "/api/v1/tickets/%ff%fe", "/api/v1/tickets/%F0%9F%92%A3", "/api/v1/tickets/;x=1",
    "/API/V1/SESSION", "/console/index.html/..", "/portal/%252e%252e%252fetc", "/.git/config", "/.env", "/metrics/../ready",
)  # fmt: skip


@pytest.mark.parametrize("path", _PATHS)
async def test_a_path_leads_nowhere_else(shared_house: House, path: str) -> None:
    client = await shared_house.client()
    base = httpx.AsyncClient(transport=shared_house.transport, base_url="http://desk", headers=client.headers)
    scope: dict[str, Any] = {"raw_path": path.encode()}
    answer = await base.send(base.build_request("GET", httpx.URL("http://desk").copy_with(**scope)))
    assert answer.status_code < 500
    assert "root:" not in answer.text
    assert not (300 <= answer.status_code < 400 and "evil.example" in answer.headers.get("location", ""))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-request-id", "a\r\nset-cookie: x=1"), ("x-request-id", "x" * 5_000), ("x-request-id", "<script>"),
        ("accept-language", "en\r\nx-evil: 1"), ("idempotency-key", "k" * 100_000), ("idempotency-key", ""),
        ("host", "evil.example\r\nx-evil: 1"), ("x-forwarded-for", "127.0.0.1\r\nx-evil: 1"), ("authorization", "Bearer " + "a" * 100_000),
        ("authorization", "Bearer bht_\xff_\xff_\xff"), ("cookie", "bihuan_session=" + ";" * 10_000), ("content-type", "application/json; charset=\xff"),
        ("content-length", "-1"), ("if-none-match", '"' * 10_000), ("accept-encoding", "gzip;q=" + "9" * 10_000),
    ],
)  # fmt: skip
async def test_a_header_says_nothing_of_its_own(shared_house: House, header: str, value: str) -> None:
    client = await shared_house.client()
    raw = [(header.encode(), value.encode("latin-1"))]
    base = httpx.AsyncClient(transport=shared_house.transport, base_url="http://desk")
    own = [] if header == "authorization" else [(b"authorization", client.headers["authorization"].encode())]
    for method, url in (("GET", "/api/v1/session"), ("POST", "/api/v1/views"), ("GET", "/console/")):
        request = httpx.Request(method, f"http://desk{url}", headers=[*own, *raw], content=b"{}")
        answer = await base.send(request)
        assert answer.status_code < 500, answer.text
        assert "x-evil" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert "evil.example" not in answer.text + " ".join(answer.headers.values())


_DEEP = b'{"title":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
_BODIES: tuple[tuple[str, bytes, tuple[int, ...]], ...] = (
    ("deep lists", _DEEP, (400,)),
    ("deep objects", b'{"a":' * 20_000 + b"1" + b"}" * 20_000, (400,)),
    ("deep and unfinished", b"[" * 500_000, (400,)),
    ("many members", json.dumps({f"f{n}": n for n in range(60_000)}).encode(), (422,)),
    ("one member many times", b"{" + b",".join([b'"title":"x"'] * 60_000) + b"}", (422,)),
    ("a long number", b'{"version": 1' + b"0" * 500_000 + b"}", (400, 422)),
    ("a number with an exponent", b'{"version": 1e400000000}', (400, 422)),
    ("many escapes", b'{"title":"' + b"\\u0041" * 100_000 + b'"}', (422,)),
    ("many surrogates", b'{"title":"' + b"\\ud800" * 100_000 + b'"}', (400, 422)),
    ("many fields", json.dumps({"case_type": "general", "fields": {f"f{n}": "x" for n in range(20_000)}}).encode(), (422,)),
    ("many tags", json.dumps({"case_type": "general", "tags": ["x"] * 100_000}).encode(), (422,)),
    ("not text", bytes(range(256)) * 1_000, (400,)),
    ("nothing", b"", (422,)),
    ("too large", b'{"title":"' + b"x" * 2_000_000 + b'"}', (413,)),
    ("prototypes", b'{"__proto__": {"a": 1}, "constructor": 1}', (422,)),
)  # fmt: skip


@pytest.mark.parametrize(("what", "body", "statuses"), _BODIES, ids=[b[0] for b in _BODIES])
async def test_a_body_made_to_hurt(
    shared_house: House, what: str, body: bytes, statuses: tuple[int, ...]
) -> None:
    client = await shared_house.client()
    started = time.perf_counter()
    answer = await client.post("/tickets", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in statuses, answer.text[:300]
    assert problem(answer)
    assert time.perf_counter() - started < 5
    assert len(answer.content) < 10_000_000, "what is wrong is not told at greater length than it was said"


async def test_a_form_made_to_hurt(shared_house: House) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    url = f"/tickets/{ticket['id']}/attach"
    boundary = {"content-type": "multipart/form-data; boundary=x"}
    for body in (
        b"", b"--x", b"--x\r\n\r\n--x--", b"--x\r\n" * 100_000, b"\x00" * 100_000,
        b"--x\r\ncontent-disposition: form-data; name=" + b"a" * 500_000 + b"\r\n\r\nx\r\n--x--",
        b"".join(b'--x\r\ncontent-disposition: form-data; name="f%d"; filename="a.txt"\r\n\r\nx\r\n' % n for n in range(3_000)) + b"--x--",
        b"--x\r\n" + b"x-h: y\r\n" * 50_000 + b"\r\nx\r\n--x--",
    ):  # fmt: skip
        started = time.perf_counter()
        answer = await client.post(url, content=body, headers=boundary)
        assert 400 <= answer.status_code < 500, (body[:40], answer.text[:200])
        assert time.perf_counter() - started < 10
    for kind in ("multipart/form-data", "multipart/form-data; boundary=" + "x" * 5_000, "text/plain", ""):
        answer = await client.post(url, content=b"--x--", headers={"content-type": kind})
        assert 400 <= answer.status_code < 500, kind


async def test_a_query_made_to_hurt(shared_house: House) -> None:
    client = await shared_house.client()
    for query in (
        "filter=" + "(" * 10_000, "filter=" + "%5B" * 5_000, "sort=" + "a," * 10_000, "after=" + "A" * 10_000,
        "&".join(f"x{n}=1" for n in range(5_000)), "limit=" + "9" * 5_000, "limit=%00", "after=%ff", "sort=id;drop table ticket",
        "filter=" + json.dumps({"and": [{"field": "state", "is": "x"}] * 2_000}),
    ):  # fmt: skip
        answer = await client.get(f"/tickets?{query}"[:20_000])
        assert answer.status_code < 500, (query[:60], answer.text[:200])


async def test_the_desk_answers_others_meanwhile(shared_house: House) -> None:
    """What one sends to hurt does not hold the process long enough for another to notice."""
    client, other = await shared_house.client(), await shared_house.client("agent", login="other")
    await other.get("/session")
    hurting = [asyncio.create_task(client.post("/tickets", content=body)) for _, body, _ in _BODIES[:8]]
    started = time.perf_counter()
    assert (await other.get("/session")).status_code == 200
    waited = time.perf_counter() - started
    await asyncio.gather(*hurting)
    assert waited < 5
