"""Problems: each said in both languages, one shape on the wire, in the reader's language."""

import string
from collections.abc import Iterator

import httpx
import pytest

from bihuan import app
from bihuan.api import web
from bihuan.core.problems import Problem
from tests.api.test_every_operation import problem
from tests.conftest import House

assert app.make_desk and web.create, "importing them declares every problem"


def _all(of: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for one in of.__subclasses__():
        yield one
        yield from _all(one)


PROBLEMS = sorted({p for p in _all() if p.__module__.startswith("bihuan.")}, key=lambda p: p.__name__)


def _named(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("one", PROBLEMS, ids=lambda p: p.__name__)
def test_each_is_said_in_both_languages_with_the_same_words_to_fill_in(one: type[Problem]) -> None:
    assert "__doc__" in vars(one) and one.__doc__, "its English message is its docstring"
    assert "zh" in vars(one), "its Chinese message"
    english = one.__doc__.strip()
    assert _named(english) == _named(one.zh)
    assert any("\u4e00" <= c <= "\u9fff" for c in one.zh)
    assert not any("\u4e00" <= c <= "\u9fff" for c in english)
    assert 400 <= one.status < 600
    filled = dict.fromkeys(_named(english), "x")
    assert "{" not in english.format(**filled) and "{" not in one.zh.format(**filled)


def test_names_are_codes_and_come_once() -> None:
    names = [p.__name__ for p in PROBLEMS]
    assert len(names) == len(set(names)), sorted({n for n in names if names.count(n) > 1})
    assert len(names) > 50


async def _provoked(house: House, client: httpx.AsyncClient, language: str) -> dict[int, httpx.Response]:
    said = {"accept-language": language}
    ticket = await house.ticket(client, "general")
    url = f"/tickets/{ticket['id']}"
    agent = await house.client("agent")
    sign_in = {"tenant": house.code, "login": language, "password": "x"}
    for _ in range(6):
        tries = await house.anonymous().post("/session", json=sign_in, headers=said)
    return {
        400: await client.post("/tickets", content=b"{", headers=said),
        401: await house.anonymous().get("/tickets", headers=said),
        403: await agent.post(f"{url}/assign", json={}, headers=said),
        404: await client.get("/tickets/nothing", headers=said),
        405: await client.put("/tickets", headers=said),
        409: await client.post(f"{url}/process", json={"version": 1}, headers=said),
        413: await client.post("/tickets", content=b" " * 1_048_577, headers=said),
        415: await client.post(f"{url}/attach", files={"f": ("x", b"MZ\x00\x01")}, headers=said),
        422: await client.post("/tickets", json={}, headers=said),
        429: tries,
    }


@pytest.mark.parametrize(("language", "chinese"), [("zh-CN,zh;q=0.9", True), ("en-US,en", False), ("fr, en", False), ("fr", True), ("", True)])  # fmt: skip
async def test_one_shape_in_the_readers_language(house: House, language: str, chinese: bool) -> None:
    client = await house.client()
    for status, answer in (await _provoked(house, client, language)).items():
        title = problem(answer)
        assert answer.status_code == status, (title, answer.text)
        detail = answer.json()["detail"]
        assert any("\u4e00" <= c <= "\u9fff" for c in detail) == chinese, (title, detail)
        for error in answer.json().get("errors", []):
            assert error.keys() == {"pointer", "code", "detail"}
        assert ("retry-after" in answer.headers) == (status == 429)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "errors" in (await client.post("/tickets", json={})).json()


async def test_a_body_over_the_limit_however_it_is_sent(house: House) -> None:
    client = await house.client()

    async def pieces() -> object:
        for _ in range(20):
            yield b" " * 65_536

    for content in (b'{"title": "' + b"x" * 1_048_576 + b'"}', pieces()):
        answer = await client.post("/tickets", content=content)  # pyright: ignore[reportArgumentType]
        assert (answer.status_code, problem(answer)) == (413, "BodyTooLarge")
        assert "1 MB" in answer.json()["detail"]
    answer = await client.post("/tickets", content=b"{" + b" " * 1_048_570 + b"}")
    assert answer.status_code == 422, "just within it"


@pytest.mark.parametrize(
    "path",
    ["/tickets/%00", "/tickets/..%2f..%2fetc%2fpasswd", "/tickets/" + "9" * 4000, "/tickets/%ff%fe", "/tickets/{id}",
     "/tickets/48210%E2%80%9493657", "/tickets/%F0%9F%98%80", "/tickets/1/2/3/4", "//tickets", "/tickets//", "/%2e%2e/",
     "/tickets/urn:uuid:0190f3a0-0000-7000-8000-000000000001", "/tickets/0190f3a0-0000-7000-8000-000000000001/attachments/%00",
     "/case-types/%00", "/case-types/..", "/tickets/count/", "/staff/%00/rights", "/drafts/x", "/tickets/١٢٣٤٥٦٧٨٩٠"],
)  # fmt: skip
async def test_odd_addresses_are_not_found(shared_house: House, path: str) -> None:
    client = await shared_house.client()
    for method in ("GET", "POST", "DELETE", "PUT"):
        answer = await client.request(method, path)
        assert answer.status_code in (200, 401, 403, 404, 405, 422), (method, answer.text)
        if answer.status_code != 200:
            problem(answer)


@pytest.mark.parametrize("type_", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=utf-16", "", "x"])  # fmt: skip
async def test_odd_content_types(shared_house: House, type_: str) -> None:
    client = await shared_house.client()
    for content in (b"a=1&b=2", b"<x/>", '{"title": "题"}'.encode("utf-16"), b""):
        answer = await client.post("/tickets", content=content, headers={"content-type": type_})
        assert answer.status_code in (400, 422), answer.text
        problem(answer)


async def test_a_tame_request_id_is_taken_and_no_other(house: House) -> None:
    client = await house.client()
    for given, taken in (("0123456789abcdef", True), ("0a2028d57a87bf2af5ee0e3e2c1b4f6d", True), ("01a20282-1012-73b4-9d4d-78e0eeb07bbd", True), ("13800138000", False), ("4111111111111111", False), ("ID11010519491231002X", False), ("a" * 65, False), ("short", False), ("bad id\twith", False), ("<script>x</script>", False)):  # fmt: skip
        answer = await client.get("/session", headers={"x-request-id": given})
        assert (answer.headers["x-request-id"] == given) == taken


async def test_health_metrics_and_the_document(house: House) -> None:
    import openapi_spec_validator

    outside = httpx.AsyncClient(transport=house.transport, base_url="http://desk")
    assert (await outside.get("/health")).json() == {"status": "alive"}
    ready = await outside.get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready"), ready.text
    await house.ticket()
    metrics = (await outside.get("/metrics")).text
    assert 'bihuan_http_requests_total{operation="POST /tickets",status="201"}' in metrics
    document = (await outside.get("/api/openapi.json")).json()
    openapi_spec_validator.validate(document)
    assert document["paths"]["/api/v1/tickets"]["post"]["x-permission"] == "ticket.open"
    page = await outside.get("/api")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
