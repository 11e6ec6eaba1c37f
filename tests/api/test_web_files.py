"""The web app's files: what is given, how it is kept, and that nothing else can be reached."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.api import web
from bihuan.api.accept import best_encoding, is_listed
from bihuan.core.desk import Desk

_SECRET = "not for anybody"
_SCRIPT = "console.log(1)\n" * 50


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A small build, with things around and in it that are nobody's business."""
    dist = tmp_path / "dist"
    for name, text in {
        "console/index.html": "<!doctype html><title>console</title>",
        "portal/index.html": "<!doctype html><title>portal</title>",
        "assets/app-1a2b.js": _SCRIPT,
        "assets/mark-3c.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "assets/odd-4d.exe": "MZ",
        "assets/app-1a2b.js.map": "{}",
        "secret.json": _SECRET,
    }.items():
        file = dist / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (dist / "assets/app-1a2b.js.gz").write_bytes(gzip.compress(_SCRIPT.encode(), mtime=0))
    (dist / "assets/app-1a2b.js.br").write_bytes(b"as if brotli")
    (tmp_path / "outside.js").write_text(_SECRET)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/in.js").write_text(_SECRET)
    (dist / "assets/out-5e.js").symlink_to(tmp_path / "outside.js")
    (dist / "assets/more").symlink_to(tmp_path / "elsewhere")
    (dist / "assets/mark-3c.svg.gz").symlink_to(tmp_path / "outside.js")
    return dist


@pytest.fixture
async def browser(desk: Desk, build: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody, at a desk with this build."""
    transport = httpx.ASGITransport(web.create(desk, stopping=lambda: False, files=build))
    headers = {"accept-encoding": "identity"}
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
        yield client


@pytest.mark.parametrize("app", ["console", "portal"])
async def test_a_page_of_an_app_is_its_index(browser: httpx.AsyncClient, app: str) -> None:
    for path in ("", "index.html", "tickets/0192", "a/b/c/", "票据"):
        answer = await browser.get(f"/{app}/{path}")
        assert (answer.status_code, answer.text) == (200, f"<!doctype html><title>{app}</title>"), path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache" and answer.headers["etag"]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';") and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "require-trusted-types-for 'script'" in policy
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-request-id"]
    bare = await browser.get(f"/{app}")
    assert (bare.status_code, bare.headers["location"]) == (308, f"/{app}/")


async def test_an_asset_is_kept_for_a_year(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/assets/app-1a2b.js")
    assert (answer.status_code, answer.text) == (200, _SCRIPT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser.get("/assets/mark-3c.svg")).headers["content-type"] == "image/svg+xml"


async def test_the_smallest_that_is_taken(browser: httpx.AsyncClient, build: Path) -> None:
    tags: set[str] = set()
    for accept, encoding in (
        ("gzip, deflate, br", "br"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("zstd", None),
    ):
        request = browser.build_request("GET", "/assets/app-1a2b.js", headers={"accept-encoding": accept})
        answer = await browser.send(request, stream=True)
        raw = b"".join([piece async for piece in answer.aiter_raw()])
        name = {"br": "app-1a2b.js.br", "gzip": "app-1a2b.js.gz", None: "app-1a2b.js"}[encoding]
        assert raw == (build / "assets" / name).read_bytes()
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["vary"] == "accept-encoding" and answer.headers["content-length"] == str(
            len(raw)
        )
        tags.add(answer.headers["etag"])
    assert len(tags) == 3, "each encoding has a tag of its own"
    linked = await browser.get("/assets/mark-3c.svg", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in linked.headers, "a link is no file of the build"


async def test_what_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    tag = (await browser.get("/console/")).headers["etag"]
    for given_ in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await browser.get("/console/tickets", headers={"if-none-match": given_})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in answer.headers and answer.headers["cache-control"] == "no-cache"
    assert (await browser.get("/console/", headers={"if-none-match": '"x"'})).status_code == 200


async def test_head_and_other_methods(browser: httpx.AsyncClient) -> None:
    whole, head = await browser.get("/assets/app-1a2b.js"), await browser.head("/assets/app-1a2b.js")
    assert head.content == b"" and head.status_code == 200
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == whole.headers[name]
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = await browser.request(method, "/console/")
        assert (answer.status_code, answer.json()["title"]) == (405, "MethodNotAllowed")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret.json", "/assets/%2e%2e/secret.json", "/assets/..%2fsecret.json", "/assets/..\\secret.json",
        "/assets/%5c..%5csecret.json", "/assets/app-1a2b.js%00", "/assets/%00", "/assets//app-1a2b.js", "/assets/",
        "/assets", "/assets/out-5e.js", "/assets/more/in.js", "/assets/odd-4d.exe", "/assets/app-1a2b.js.map",
        "/assets/app-1a2b.js.gz", "/assets/app-1A2B.js", "/console/../secret.json", "/console/%2e%2e/secret.json",
        "/console/..%5csecret", "/console/a%00b", "/console/x.js", "/console/%252e%252e", "/portal/%c3%28.x",
        "/console/%0d%0aset-cookie:x",
    ],
)  # fmt: skip
async def test_nothing_else_is_reached(browser: httpx.AsyncClient, path: str) -> None:
    url = httpx.URL("http://desk").copy_with(raw_path=path.encode())
    answer = await browser.get(url, headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["title"]) == (404, "NotFound"), answer.text
    assert answer.headers["content-type"] == "application/problem+json" and answer.json()["request_id"]
    assert _SECRET not in answer.text


async def test_without_a_build(desk: Desk, tmp_path: Path) -> None:
    """A clear page, and the API as ever."""
    transport = httpx.ASGITransport(web.create(desk, stopping=lambda: False, files=tmp_path / "none"))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        for path in ("/console/", "/portal", "/portal/progress"):
            answer = await client.get(path)
            assert answer.status_code == 503 and answer.headers["content-type"].startswith("text/html")
            assert "make setup" in answer.text and "尚未构建" in answer.text and "not built" in answer.text
        assert (await client.get("/assets/a.js")).status_code == 404
        assert (await client.get("/api/openapi.json")).status_code == 200


async def test_where_everybody_starts(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/")
    assert answer.status_code == 200 and "<script" not in answer.text
    for link in ("/console/", "/portal/", "/api"):
        assert f'href="{link}"' in answer.text
        assert (await browser.get(link)).status_code == 200


@pytest.mark.parametrize(
    ("header", "best"),
    [
        ("", "identity"), ("br", "br"), ("gzip", "gzip"), ("gzip;q=1.0, br;q=0.5", "gzip"), ("*", "br"), ("*;q=0", "identity"),
        ("gzip;q=0, *", "br"), ("identity;q=0.9, br;q=0.1", "identity"), ("X-GZIP", "gzip"), ("br;q=abc", "identity"),
        ("br;q=0.000", "identity"), ("identity;q=0", "identity"), ("br ; q=0.3 , gzip ; q=0.4", "gzip"), (",,;q=1", "identity"),
    ],
)  # fmt: skip
def test_the_best_encoding(header: str, best: str) -> None:
    assert best_encoding(header, ["br", "gzip", "identity"]) == best


@given(st.text(st.sampled_from("brgzip*;q=0.15, identy-²"), max_size=40))
def test_whatever_is_sent_something_is_given(header: str) -> None:
    assert best_encoding(header, ["gzip", "identity"]) in ("gzip", "identity")
    assert best_encoding(header, ["identity"]) == "identity"
    assert is_listed('"x"', f'{header},"x"')
