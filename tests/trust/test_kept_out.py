"""What is kept clear holds nobody's number: names of teams, roles, tokens, services; what an auditor searches for; browsers."""

import httpx
import pytest

from tests.conftest import House
from tests.tickets.doing import Json

CARD, MOBILE = "6222020200112230", "13800138000"
_NAMES = {"name_zh": "组", "name_en": "Team"}
_SERVICE = {"code": "sso", "issuer": "https://id.example.com", "client_id": "desk", **_NAMES}


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "at"),
    [
        ("admin", "POST", "/teams", {"code": "ODD", **_NAMES, "name_en": f"Team of {CARD}"}, "/name_en"),
        ("admin", "PUT", "/roles", {"code": "odd", **_NAMES, "name_zh": f"CVV 739 {CARD}", "permissions": []}, "/name_zh"),
        ("admin", "POST", "/staff", {"login": "wu", "name": f"吴 {CARD}"}, "/name"),
        ("admin", "POST", "/staff", {"login": CARD, "name": "吴"}, "/login"),
        ("admin", "POST", "/tokens", {"name": f"给 {MOBILE} 用"}, "/name"),
        ("admin", "PUT", "/sign-in/services", {**_SERVICE, "name_zh": f"服务 {MOBILE}"}, "/name_zh"),
        ("admin", "PUT", "/channels/inbound/sources", {"code": "core", "name": f"核心 {CARD}"}, "/name"),
        ("supervisor", "POST", "/views", {"name": "卡", "filter": {"field": "number", "is": CARD}}, "/filter"),
    ],
)  # fmt: skip
async def test_a_name(shared_house: House, role: str, method: str, path: str, body: Json, at: str) -> None:
    client = await shared_house.client(role)
    answer = await client.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(at, "personal_data")]
    assert CARD not in answer.text and MOBILE not in answer.text


async def test_a_colleagues_own_mobile_may_be_their_login(house: House) -> None:
    answer = await (await house.client("admin")).post("/staff", json={"login": MOBILE, "name": "吴"})
    assert answer.status_code == 201, answer.text


async def test_what_an_auditor_searches_for(house: House) -> None:
    """It stays in their stream for ever."""
    auditor = await house.client("auditor")
    for kind in (CARD, f"staff.signed_in {CARD}", "a\x00"):
        assert (await auditor.get("/audit/events", params={"kind": kind})).status_code == 422
    assert (await auditor.get("/audit/events", params={"kind": "audit.searched"})).status_code == 200
    said = [one["data"] for one in (await auditor.get("/audit/events")).json()["items"]]
    assert said and CARD not in str(said)


async def test_a_tier(house: House) -> None:
    client, ticket = await house.client(), await house.ticket()
    url = f"/customers/{ticket['customer']['id']}/tier"
    answer = await client.put(url, json={"tier": "E12345678"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "personal_data")
    assert (await client.put(url, json={"tier": "vip"})).status_code == 200


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"Mozilla/5.0 ({CARD}) Chrome/130.0", "Chrome/130"),
        ("Mozilla/5.0 (0357997864629930047) Chrome/130", "Chrome/130"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0", "Windows Chrome/130 Safari/537 Edg/130"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0", "iPhone Mac OS X MicroMessenger/8"),
        ("Chrome/6222 Chrome/0200 h7245559085", ""),
        ("Chrome/622 Chrome/202 Chrome/020", "Chrome/020"),
    ],
)  # fmt: skip
async def test_what_a_browser_says_of_itself(house: House, said: str, kept: str) -> None:
    """Nobody can tell what stands there: only the names one knows are kept."""
    await house.token("agent", login="li", password="long enough 1")
    at = house.anonymous()
    told = {"tenant": house.code, "login": "li", "password": "long enough 1"}
    answer = await at.post("/session", json=told, headers={"user-agent": said})
    assert answer.status_code == 201, answer.text
    (shown,) = (await at.get("/sessions")).json()
    assert shown["user_agent"] == kept


async def test_nul_in_an_address(house: House) -> None:
    client = await house.client("admin")
    root = httpx.URL("http://desk/api/v1/notices/robots/%00")
    assert (await client.delete(root)).status_code == 404
    assert (await house.anonymous().delete(root)).status_code == 401
    answer = await house.anonymous().get("/session/ways?tenant=%00")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "bad_text")
