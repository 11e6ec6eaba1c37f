"""Every operation there is, made from the declarations: nobody, another tenant, a role without the right."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from bihuan import app
from bihuan.core import ids
from bihuan.core.http import Operation, operations
from bihuan.core.permissions import all_codes
from tests.api.streams import answered
from tests.conftest import House, found
from tests.identity.behind import holder
from tests.tickets.doing import Json

assert app.make_desk, "importing it declares every operation"
#: What customers are asked for is tried in tests/channels/test_portal_operations.py.
OPERATIONS = [o for o in operations() if o.asks == "staff"]
GUARDED = [o for o in OPERATIONS if not o.public]
ON_IDS = [o for o in GUARDED if "{" in o.path and not o.path.startswith("/case-types")]


def name(one: Operation) -> str:
    """How pytest calls it."""
    return f"{one.method} {one.path}"


_WORDS = {"zh": "时限", "en": "Limit"}
_CALENDAR: Json = {"code": "c", "title": _WORDS, "week": [[{"start": 540, "end": 1080}]] * 7}
_POLICY: Json = {"code": "p", "title": _WORDS, "clocks": [{"code": "resolution", "title": _WORDS}]}
#: A body each operation takes. An operation without one here, and none that its type makes up, fails the test.
_TEXTS: dict[str, Json] = {
    "/tickets/bulk": {
        "verb": "tag",
        "items": [{"id": str(ids.new_id()), "version": 1}],
        "command": {"add": ["x"]},
    },
    "/tickets/search": {"kind": "mobile", "value": "13800138000"},
    "/views": {"name": "视图", "filter": {}},
    "/tokens": {"name": "令牌"},
    "/roles": {"code": "odd", "name_zh": "怪", "name_en": "Odd", "permissions": []},
    "/teams/{code}/sees": {"teams": []},
    "/deputies": {
        "deputy": "somebody",
        "from_at": "2026-11-21T00:00:00Z",
        "until_at": "2026-11-22T00:00:00Z",
    },
    "/tickets/{id}/verifications": {"method": "sms", "passed": True, "channel": "phone"},
    "/teams": {"code": "ODD", "name_zh": "怪", "name_en": "Odd"},
    "/staff": {"login": "somebody", "name": "某人"},
    "/customers/{id}/erase": {"ground": "consent_withdrawn"},
    "/customers/{id}/holds": {"ground": "lawsuit", "note": "案号"},
    "/tickets/{id}/holds": {"ground": "lawsuit", "note": "案号"},
    "/retention/rules/{class}": {"amount": 3, "unit": "year", "note": "说明"},
    "/retention/runs/{id}/refuse": {"note": "说明"},
    "/customers/{id}/merge": {"into": str(ids.new_id()), "reason": "同一人"},
    "/access-requests/{id}/refuse": {"reason": "given_lately"},
    "/portal/links": {"customer": {"external_ref": "C-1"}},
    "/staff/{id}/rights": {"roles": [], "teams": []},
    "/staff/{id}/password": {"password": "long enough 2"},
    "/session/confirm": {"password": "long enough 1"},
    "/session/password": {"old": "long enough 1", "password": "another one 2"},
    "/session/confirm/passkey": {"key": "x", "credential": {}},
    "/session/services": {"provider": "x", "use": "bind"},
    "/session/services/joined": {"code": "x", "state": "x"},
    "/session/confirm/service": {"code": "x", "state": "x"},
    "/session/authenticator/confirm": {"id": str(ids.new_id()), "code": "000000"},
    "/session/passkeys": {"key": "x", "credential": {}, "name": "钥匙"},
    "/session/passkeys/{id}": {"name": "钥匙"},
    "/sign-in/policy": {"enrol_roles": []},
    "/sign-in/services": {
        "code": "sso",
        "name_zh": "统一登录",
        "name_en": "SSO",
        "issuer": "https://id.example.com",
        "client_id": "desk",
    },
    "/tickets/{id}/drafts": {"body": "草稿"},
    "/sla/calendars/{code}/notice": {"text": "x"},
    "/sla/calendars/{code}/preview": {"body": _CALENDAR},
    "/sla/calendars/{code}/versions": {"body": _CALENDAR, "note": "说明"},
    "/sla/calendars/{code}/versions/{version}/refuse": {"note": "说明"},
    "/sla/calendars/{code}/roll-back": {"to_version": 1, "note": "说明"},
    "/sla/policies/preview": {"body": _POLICY},
    "/sla/policies": {"body": _POLICY, "note": "说明"},
    "/sla/policies/{code}/retire": {"note": "说明"},
    "/sla/policy-proposals": {"body": _POLICY, "note": "说明"},
    "/sla/policy-proposals/{id}/refuse": {"note": "说明"},
    "/sla/why": {"case_type": "general", "kind": "enquiry", "priority": "normal", "channel": "api"},
    "/sla/simulate": {"start": "2026-11-21T00:00:00Z", "rule": {"amount": 1, "unit": "hour"}},
    "/customers/{id}/tier": {"tier": "vip"},
    "/notices/deliveries/{id}/settle": {"as": "sent", "note": "已核实"},
    "/notices/deliveries/{id}/again": {"note": "再发一次"},
    "/notices/robots": {"code": "r", "kind": "feishu"},
    "/tickets/{id}/clocks/{kind}/extensions": {"stage": "complex", "reason": "原因"},
    "/tickets/{id}/unmask": {
        "value_ids": [str(ids.new_id())],
        "reason": {"code": "handle", "text": "核对交易卡号"},
    },
    "/looks/policy": {"version": 0, "policy": {}},
    "/tickets/{id}/attachments/{file}/original": {"reason": {"code": "handle", "text": "核对原件内容"}},
    "/channels/inbound": {"source": "core", "sent_at": 0, "signature": "0" * 64, "message": '{"id": "1"}'},
    "/channels/inbound/sources": {"code": "core", "name": "核心系统"},
}
_MEMBERS: Json = {
    "version": 1, "body": "正文内容", "reason": "原因", "resolution": "处理结果", "proof": "撤回凭证", "team": "BILLING",
    "assignee": None, "case_type": "general", "priority": "urgent", "waiting_for": "customer", "result": "satisfied",
    "into": "2000000000", "other": "2000000000", "title": "标题", "description": "描述",
}  # fmt: skip


def body_of(one: Operation) -> Json:
    """A body that decodes."""
    if one.takes is None:
        return {}
    body = _TEXTS.get(one.path) or {
        f.encode_name: _MEMBERS[f.encode_name] for f in msgspec.structs.fields(one.takes) if f.required
    }
    msgspec.convert(body, one.takes)
    return body


def path_of(one: Operation, names: dict[str, str]) -> str:
    """Its path with these parameters."""
    return re.sub(r"{(\w+)}", lambda m: names.get(m[1], names["id"]), one.path)


async def send(client: httpx.AsyncClient, one: Operation, names: dict[str, str]) -> httpx.Response:
    """The operation with these path parameters."""
    path = path_of(one, names)
    if one.events:
        return await answered(client, f"/api/v1{path}")
    if one.form:
        return await client.request(one.method, path, files={"files": ("a.txt", b"text")})
    return await client.request(one.method, path, json=body_of(one) if one.takes else None)


def problem(answer: httpx.Response) -> str:
    """The title of a problem of the right shape."""
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "request_id"} <= told.keys()
    assert (told["status"], told["type"]) == (answer.status_code, f"/problems/{told['title']}")
    assert answer.headers["x-request-id"] == told["request_id"]
    assert told["detail"]
    return str(told["title"])


def _row_free(answer: httpx.Response, house: House, ticket: Json) -> bool:
    return not any(word in answer.text for word in (ticket["number"], ticket["title"], str(house.tenant_id)))


@pytest.fixture(scope="module")
async def other_house(desk: Any, http: Any) -> House:
    """Another tenant."""
    return await found(desk, http)


@pytest.fixture(scope="module")
async def names(shared_house: House) -> dict[str, str]:
    """Ids of things of this tenant: a ticket, a file, a draft, a view, a token, a session's, a person."""
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    url = f"/tickets/{ticket['id']}"
    file = (await client.post(f"{url}/attach", files={"f": ("a.txt", b"text")})).json()[0]
    draft = (await client.post(f"{url}/drafts", json={"body": "草稿"})).json()[0]
    view = (await client.post("/views", json={"name": "视图", "filter": {}, "shared": True})).json()
    token = (await client.get("/tokens")).json()[0]
    customer = (await client.get(f"/customers/{ticket['customer']['id']}")).json()
    assert await shared_house.token("agent", login="li", password="long enough 1")
    browser = shared_house.anonymous()
    await browser.post(
        "/session", json={"tenant": shared_house.code, "login": "li", "password": "long enough 1"}
    )
    session = (await browser.get("/sessions")).json()[0]
    return {
        "id": ticket["id"], "file": file["id"], "draft": draft["id"], "view": view["id"], "token": token["id"],
        "session": session["id"], "staff": str(shared_house.people["li"]), "number": ticket["number"],
        "title": ticket["title"], "customer": customer["id"], "contact": customer["contacts"][0]["id"],
    }  # fmt: skip


def _of(one: Operation, names: dict[str, str]) -> dict[str, str]:
    """The ids this operation is about."""
    kinds = {
        "/drafts/": "draft",
        "/views/": "view",
        "/tokens/": "token",
        "/sessions/": "session",
        "/staff/": "staff",
    }
    kinds |= {"/customers/": "customer"}
    kind = next((k for start, k in kinds.items() if one.path.startswith(start)), "id")
    return {"id": names[kind], "file": names["file"], "contact": names["contact"]}


@pytest.mark.parametrize("one", GUARDED, ids=name)
async def test_nobody(shared_house: House, names: dict[str, str], one: Operation) -> None:
    answer = await send(shared_house.anonymous(), one, _of(one, names))
    assert (answer.status_code, problem(answer)) == (401, "NotSignedIn")


@pytest.mark.parametrize("one", ON_IDS, ids=name)
async def test_somebody_of_another_tenant_who_may_do_everything(
    shared_house: House, other_house: House, names: dict[str, str], one: Operation
) -> None:
    almighty = await _holder(other_house, "almighty", all_codes())
    answer = await send(almighty, one, _of(one, names))
    assert (answer.status_code, problem(answer)) == (404, "NotFound"), answer.text
    assert _row_free(answer, shared_house, {"number": names["number"], "title": names["title"]})


@pytest.mark.parametrize("one", [o for o in GUARDED if o.permission], ids=name)
async def test_everything_but_the_one_permission_is_not_enough(
    shared_house: House, names: dict[str, str], one: Operation
) -> None:
    assert one.permission is not None
    assert one.permission in all_codes()
    client = await _holder(shared_house, f"without-{one.permission}", all_codes() - {one.permission})
    answer = await send(client, one, _of(one, names))
    assert (answer.status_code, problem(answer)) == (403, "NotAllowed"), answer.text
    assert one.permission in answer.json()["detail"]


@pytest.mark.parametrize("one", [o for o in GUARDED if o.permission], ids=name)
async def test_the_one_permission_is_enough(
    shared_house: House, names: dict[str, str], one: Operation
) -> None:
    extra = {"ticket.read_all"} | ({"ticket.edit"} if one.path.endswith("/bulk") else set[str]())
    client = await _holder(shared_house, f"only-{one.permission}", frozenset({str(one.permission), *extra}))
    answer = await send(client, one, {**_of(one, names), "id": str(ids.new_id())})
    assert answer.status_code not in (401, 403), answer.text
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("one", [o for o in GUARDED if o.path.startswith("/tickets/{id}")], ids=name)
async def test_a_ticket_of_a_team_not_ones_own(
    shared_house: House, names: dict[str, str], one: Operation
) -> None:
    permissions = all_codes() - {"ticket.read_all"}
    client = await _holder(shared_house, "elsewhere", permissions, team="FRAUD")
    answer = await send(client, one, _of(one, names))
    assert (answer.status_code, problem(answer)) == (404, "NotFound"), answer.text


@pytest.mark.parametrize("one", [o for o in GUARDED if o.takes], ids=name)
async def test_a_body_that_is_not_right(shared_house: House, names: dict[str, str], one: Operation) -> None:
    client = await _holder(shared_house, "almighty", all_codes())
    path = path_of(one, _of(one, names))
    for raw, status in (
        (b"{", 400), (b"[]", 422), (b"\xff\xfe", 400), (b'{"nonsense": "\\ud800"}', 422), (b'{"nonsense": "a\\u0000"}', 422),
        (b'{"x": ' + b"[" * 2000 + b"]" * 2000 + b"}", 400), (b'{"version": 1' + b"0" * 5000 + b"}", 400),
        (b'{"nonsense": 1}', 422), (b"null", 422), (b'{"version": 1, "version": "x", "nonsense": 2}', 422),
    ):  # fmt: skip
        answer = await client.request(one.method, path, content=raw)
        assert answer.status_code in (status, 422), (raw[:40], answer.text)
        assert problem(answer) in ("NotJson", "Invalid")


@pytest.mark.parametrize("one", OPERATIONS, ids=name)
async def test_a_method_it_does_not_take(shared_house: House, names: dict[str, str], one: Operation) -> None:
    client = await shared_house.client()
    path = path_of(one, _of(one, names))
    answer = await client.patch(path, json={})
    assert (answer.status_code, problem(answer)) == (405, "MethodNotAllowed")


#: About oneself alone: each asks for one of two permissions by itself (see tests/notices/test_unsettled.py).
_OWN = {"/notices", "/notices/read", "/notices/preferences"}


def test_every_operation_is_said_in_both_languages() -> None:
    for one in OPERATIONS:
        assert one.zh and one.en and one.run is not None, name(one)
        assert one.public or one.permission or one.path.startswith("/session") or one.path in _OWN, name(one)


_clients: dict[tuple[str, str], httpx.AsyncClient] = {}


async def _holder(
    house: House, login: str, permissions: frozenset[str], team: str = "CS_L1"
) -> httpx.AsyncClient:
    """Somebody who holds exactly these permissions, also what the desk would not grant together."""
    login = login.replace("_", "-")
    if (house.code, login) not in _clients:
        _clients[house.code, login] = await holder(house, login, permissions, team=team)
    return _clients[house.code, login]
