"""What every answer tells browsers: of each operation, page, file and refusal."""

import httpx
import pytest

from bihuan.api import web_files
from bihuan.core.http import Operation, operations
from bihuan.core.settings import Settings
from tests.api.test_every_operation import name
from tests.conftest import House
from tests.trust.desks import another

_WANTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_PLACES = ("/", "/api", "/api/openapi.json", "/health", "/ready", "/metrics", "/nowhere", "/console", "/console/", "/portal/", "/assets/none.js")  # fmt: skip


def _must_be_guarded(answer: httpx.Response) -> None:
    for header, value in _WANTED.items():
        assert answer.headers.get_list(header) == [value], header
    policies = answer.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "frame-ancestors 'none'" in policies[0]
    assert "unsafe-eval" not in policies[0]
    assert "'unsafe-inline'" not in policies[0].replace("style-src 'unsafe-inline'", "")
    assert "camera=()" in answer.headers["permissions-policy"]
    assert len(answer.headers.get_list("x-request-id")) == 1
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("one", operations(), ids=name)
async def test_every_operation(shared_house: House, one: Operation) -> None:
    path = one.path.replace("{", "").replace("}", "")
    answer = await shared_house.anonymous().request(one.method, path, json={})
    assert answer.status_code < 500, answer.text
    _must_be_guarded(answer)
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_given_to_somebody_is_stored_nowhere(shared_house: House) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    for path in (
        "/tickets",
        f"/tickets/{ticket['id']}",
        "/session",
        "/staff",
        f"/customers/{ticket['customer']['id']}",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200
        _must_be_guarded(answer)
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", _PLACES)
async def test_every_place(shared_house: House, path: str) -> None:
    browser = httpx.AsyncClient(transport=shared_house.transport, base_url="http://desk")
    _must_be_guarded(await browser.get(path))


async def test_every_file_of_the_web_app(shared_house: House) -> None:
    browser = httpx.AsyncClient(transport=shared_house.transport, base_url="http://desk")
    top = web_files.folder()
    files = [f for f in top.rglob("*") if f.is_file() and f.suffix not in (".br", ".gz")]
    served = 0
    for file in files:
        answer = await browser.get(f"/{file.relative_to(top).as_posix()}")
        if answer.status_code == 200:
            served += 1
            _must_be_guarded(answer)
    assert served >= min(len(files), 3)


async def test_https_is_asked_for_where_the_desk_is_reached_by_it(
    shared_house: House, settings: Settings
) -> None:
    assert "strict-transport-security" not in (await shared_house.anonymous().get("/session")).headers
    async with another(settings, secure_cookies=1) as (_, transport):
        browser = httpx.AsyncClient(transport=transport, base_url="https://desk")
        for path in ("/", "/health", "/api/v1/session", "/console/"):
            told = (await browser.get(path)).headers["strict-transport-security"]
            assert told == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.html", b"<html><script>alert(1)</script>"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("a.txt", b"<html><script>alert(1)</script>"),
        ("a.png", b"<html><script>alert(1)</script>"),
        ("a.js", b"alert(1)"),
        ("a.xml", b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><x/>'),
        ("a.pdf", b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
        ('a"; filename=b.html\r\nx-evil: 1.txt', b"text"),
        ("..%2f..%2fa.txt", b"text"),
    ],
)
async def test_an_upload_runs_nowhere(shared_house: House, file_name: str, content: bytes) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    sent = await client.post(f"/tickets/{ticket['id']}/attach", files={"f": (file_name, content)})
    if sent.status_code == 415:
        return  # not taken at all
    assert sent.status_code == 201, sent.text
    answer = await client.get(f"/tickets/{ticket['id']}/attachments/{sent.json()[0]['id']}")
    if answer.status_code != 200:
        assert answer.status_code in (404, 409, 423), "not given out before it was looked at"
        return
    _must_be_guarded(answer)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "x-evil" not in answer.headers
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type not in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml", "text/javascript", "application/javascript")  # fmt: skip
