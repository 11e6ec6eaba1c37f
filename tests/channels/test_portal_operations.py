"""Every operation of the portal: nobody, the desk's people, another customer, no CSRF token, a wrong body, twice."""

import re
from typing import Any

import httpx
import pytest

from bihuan.channels.portal.forms import is_vague
from bihuan.core import ids
from bihuan.core.http import Operation, operations
from tests.api.test_every_operation import name, problem
from tests.channels.portal import customer, sent
from tests.conftest import House, found
from tests.tickets.doing import Json

OWN = [o for o in operations() if o.asks == "customer" and "/live" not in o.path]
ON_TICKETS = [o for o in OWN if "{id}" in o.path]
UNSAFE = [o for o in OWN if o.method != "GET"]
_BODIES: dict[str, Json] = {
    "/portal/preferences": {"email": True, "sms": False},
    "/portal/check": {"case_type": "general"},
    "/portal/tickets": {"case_type": "general"},
    "/portal/tickets/{id}/messages": {"body": "补充说明"},
    "/portal/tickets/{id}/withdraw": {"reason": "不用处理了"},
    "/portal/tickets/{id}/rate": {"score": 5},
}


async def send(client: httpx.AsyncClient, one: Operation, told: Json, **more: Any) -> httpx.Response:
    """The operation on this ticket."""
    path = re.sub(r"{(\w+)}", lambda m: told.get(m[1], told["id"]), one.path)
    if one.form:
        return await client.request(one.method, path, files={"files": ("a.txt", b"text")}, **more)
    body = {"json": _BODIES[one.path]} if one.takes else {}
    return await client.request(one.method, path, **body, **more)


@pytest.fixture(scope="module")
async def told(shared_house: House) -> Json:
    """A ticket of somebody, with a file."""
    browser = await customer(shared_house, "owner")
    ticket = await sent(shared_house, browser)
    files = {"files": ("a.txt", b"text")}
    ticket = (await browser.post(f"/portal/tickets/{ticket['id']}/attach", files=files)).json()
    return {
        "id": ticket["id"],
        "number": ticket["number"],
        "file": ticket["attachments"][0]["id"],
        "code": "general",
    }


@pytest.mark.parametrize("one", OWN, ids=name)
async def test_nobody(shared_house: House, told: Json, one: Operation) -> None:
    answer = await send(shared_house.anonymous(), one, told)
    assert (answer.status_code, problem(answer)) == (401, "NotSignedIn")


@pytest.mark.parametrize("one", OWN, ids=name)
async def test_the_desks_people_are_nobody_here(shared_house: House, told: Json, one: Operation) -> None:
    by_token = await send(await shared_house.client(), one, told)
    assert (by_token.status_code, problem(by_token)) == (401, "NotSignedIn")
    browser = await _colleague(shared_house)
    for renamed in (False, True):
        if renamed:  # their secret in the customers' cookie is of the wrong kind still
            browser.cookies.set("bihuan_customer", browser.cookies["bihuan_session"])
        answer = await send(browser, one, told)
        assert (answer.status_code, problem(answer)) == (401, "NotSignedIn")


async def test_a_customer_is_nobody_at_the_desk(shared_house: House, told: Json) -> None:
    browser = await customer(shared_house, "owner")
    cookie = browser.cookies["bihuan_customer"]
    for path in ("/session", "/tickets", f"/tickets/{told['id']}", "/staff", "/customers/" + told["id"]):
        assert (await browser.get(path)).status_code == 401
        with_more = await browser.get(
            path, headers={"authorization": f"Bearer {cookie}", "cookie": f"bihuan_session={cookie}"}
        )
        assert with_more.status_code == 401


@pytest.mark.parametrize("one", ON_TICKETS, ids=name)
async def test_another_customer(shared_house: House, told: Json, one: Operation) -> None:
    other = await customer(shared_house, "other")
    for who in (other, await customer(await found(shared_house.desk, shared_house.transport), "owner")):
        for id_ in (told["id"], told["number"]):
            answer = await send(who, one, {**told, "id": id_})
            assert (answer.status_code, problem(answer)) == (404, "NotFound"), answer.text
            assert "general" not in answer.text


@pytest.mark.parametrize("one", ON_TICKETS, ids=name)
async def test_a_ticket_that_is_not_there(shared_house: House, told: Json, one: Operation) -> None:
    owner = await customer(shared_house, "owner")
    answer = await send(owner, one, {**told, "id": str(ids.new_id())})
    assert (answer.status_code, problem(answer)) == (404, "NotFound")


@pytest.mark.parametrize("one", UNSAFE, ids=name)
async def test_without_the_csrf_token(shared_house: House, told: Json, one: Operation) -> None:
    owner = await customer(shared_house, "owner")
    for token in ("", "x" * 32):
        answer = await send(owner, one, told, headers={"x-csrf-token": token})
        assert (answer.status_code, problem(answer)) == (403, "CsrfMissing")


@pytest.mark.parametrize("one", [o for o in OWN if o.takes and not o.partial], ids=name)
async def test_a_body_that_is_not_right(shared_house: House, told: Json, one: Operation) -> None:
    owner = await customer(shared_house, "owner")
    path = one.path.replace("{id}", told["id"])
    for raw, status in (
        (b"{", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"nonsense": "a\\u0000"}', 422),
        (b'{"body": 7, "reason": "x", "score": 6}', 422),
    ):
        answer = await owner.request(one.method, path, content=raw)
        assert (answer.status_code, problem(answer)) == (status, "NotJson" if status == 400 else "Invalid")


async def test_sent_twice_is_done_once(shared_house: House) -> None:
    browser = await customer(shared_house, "twice")
    form = (await browser.get("/portal/case-types/general")).json()["example"]
    key = {"idempotency-key": "k1"}
    one = await browser.post("/portal/tickets", json=form, headers=key)
    two = await browser.post("/portal/tickets", json=form, headers=key)
    assert (one.status_code, two.status_code, one.json()) == (201, 201, two.json())
    assert two.headers["idempotency-replayed"] == "true"
    at = f"/portal/tickets/{one.json()['id']}"
    for path, body in (
        (f"{at}/messages", {"json": {"body": "再说一句"}}),
        (f"{at}/attach", {"files": {"f": ("a.txt", b"x")}}),
    ):
        first = await browser.post(path, **body, headers=key)
        second = await browser.post(path, **body, headers=key)
        assert (first.status_code, first.text, second.headers["idempotency-replayed"]) == (
            201,
            second.text,
            "true",
        )
    shown = (await browser.get(at)).json()
    assert (len(shown["messages"]), len(shown["attachments"])) == (2, 1)
    # Somebody else's key of the same name is another key.
    other = await (await customer(shared_house, "thrice")).post("/portal/tickets", json=form, headers=key)
    assert "idempotency-replayed" not in other.headers


async def test_everything_wrong_is_named_at_once_and_beforehand(shared_house: House) -> None:
    browser = await customer(shared_house, "careful")
    draft: Json = {
        "case_type": "disputed_bill",
        "elements": {"symptom": "我的信用卡有问题,用不了,帮我看一下!", "occurred_at": "2026-01-02"},
        "fields": {
            "card_number": "4111111111111112",
            "finding": "客户不能填",
            "amount": {"amount": "-1", "currency": "CNY"},
        },
        "evidence": ["nonsense", "stmt"],
    }
    refused = await browser.post("/portal/tickets", json=draft)
    assert (refused.status_code, problem(refused)) == (422, "Invalid")
    judged = await browser.post("/portal/check", json=draft)
    assert judged.status_code == 200
    by_check = {(p["pointer"], p["code"]) for p in judged.json()["problems"]}
    assert by_check == {(e["pointer"], e["code"]) for e in refused.json()["errors"]}
    pointers = {pointer for pointer, _ in by_check}
    assert {
        "/fields/card_number",
        "/fields/finding",
        "/fields/amount",
        "/evidence/nonsense",
        "/evidence/stmt",
    } <= pointers
    labels = {p["pointer"]: p["label"] for p in judged.json()["problems"]}
    assert labels["/fields/card_number"] == "卡号"
    advised = {a["pointer"] for a in judged.json()["advice"]}
    assert {"/elements/symptom", "/elements/occurred_at"} <= advised
    assert judged.json()["priority"] in ("urgent", "normal", "low")
    assert (await browser.get("/portal/tickets")).json()["items"] == []
    for odd in ({"case_type": "nonsense"}, {}, {"case_type": "general", "title": "x" * 201, "nonsense": 1}):
        told = await browser.post("/portal/check", json=odd)
        sending = await browser.post("/portal/tickets", json=odd)
        assert (told.status_code, sending.status_code) == (200, 422)
        wanted = {(e["pointer"], e["code"]) for e in sending.json()["errors"]}
        assert {(p["pointer"], p["code"]) for p in told.json()["problems"]} == wanted, odd
    assert (await browser.post("/portal/check", content=b"{")).status_code == 400


@pytest.mark.parametrize("code", ["general", "disputed_bill", "lost_card", "settlement_delay"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_each_worked_example_is_taken(shared_house: House, code: str, language: str) -> None:
    browser = await customer(shared_house, "reader")
    headers = {"accept-language": language}
    form = (await browser.get(f"/portal/case-types/{code}", headers=headers)).json()
    assert all(spec["x-by"] == "customer" for spec in form["schema"]["fields"]["properties"].values())
    judged = (await browser.post("/portal/check", json=form["example"], headers=headers)).json()
    assert judged["problems"] == []
    answer = await browser.post("/portal/tickets", json=form["example"], headers=headers)
    assert answer.status_code == 201, answer.text
    assert all(label["label"] and label["value"] for label in answer.json()["labels"])


async def test_a_title_is_made_where_there_is_none(shared_house: House) -> None:
    browser = await customer(shared_house, "short")
    form = (await browser.get("/portal/case-types/general")).json()["example"]
    for name_ in ("title", "description"):
        form.pop(name_, None)
    form["elements"] = {**form["elements"], "symptom": "点击确认后页面显示“系统繁忙”。刷新也没用"}
    ticket = (await browser.post("/portal/tickets", json=form)).json()
    assert ticket["title"] == "点击确认后页面显示“系统繁忙”"
    assert ticket["messages"][0]["body"].startswith("点击确认后")


@pytest.mark.parametrize(
    ("text", "vague"),
    [
        ("支付出问题了", True),
        ("我的银行卡用不了,怎么回事?", True),
        ("It doesn't work.", True),
        ("My payment has a problem!", True),
        ("扫码支付显示“商户不存在”,错误码 -102", False),
        ("账单上同一笔扣了两次,一共 200 元", False),
        ("The page says error -102 after I confirm", False),
        ("", False),
    ],
)
def test_words_that_say_nothing(text: str, vague: bool) -> None:
    assert is_vague(text) is vague


async def _colleague(house: House) -> httpx.AsyncClient:
    if "li" not in house.people:
        await house.token("supervisor", login="li", password="long enough 1")
    browser = house.anonymous()
    told = {"tenant": house.code, "login": "li", "password": "long enough 1"}
    answer = await browser.post("/session", json=told)
    browser.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return browser
