"""The portal from a customer's first click to their rating, and what they never see."""

import json
from datetime import timedelta

import psycopg

from bihuan import tickets
from bihuan.core import clock
from tests.channels.portal import HOST, come, customer, inside, led, link, person, sent
from tests.conftest import House
from tests.tickets.doing import do, kinds, read


async def test_from_sending_to_rating_twice(house: House, owner: psycopg.Connection) -> None:
    browser, desk = await customer(house), await house.client()
    ticket = await sent(house, browser)
    at = f"/portal/tickets/{ticket['id']}"
    assert (ticket["stage"], ticket["open"], ticket["can"]) == (
        "intake",
        True,
        ["message", "attach", "withdraw", "nudge"],
    )
    assert ticket["promised_at"] and ticket["explanation"] and ticket["steps"][0]["now"]
    seen = await inside(house, ticket)
    assert (seen["channel"], len(seen["customer"]["contacts"])) == ("portal", 3)
    seen = await led(house, ticket, "waiting")
    await do(desk, seen, "reply", body="您好,请上传截图")
    row = (await browser.get("/portal/tickets")).json()["items"][0]
    assert (row["number"], row["needs_you"], row["state_text"]) == (ticket["number"], True, "等您补充")
    told = await browser.post(f"{at}/messages", json={"body": "已上传"})
    assert told.status_code == 201
    said = [(m["from"], m["body"]) for m in told.json()["messages"]][1:]
    assert said == [("desk", "您好,请上传截图"), ("you", "已上传")]
    assert "等待截图" not in told.text
    seen = await read(desk, ticket)
    assert seen["state"] == "following"
    await do(desk, seen, "resolve", resolution="已为您恢复")
    shown = (await browser.get(f"/portal/tickets/{ticket['number']}")).json()
    assert (shown["resolution"], shown["outcome_text"], shown["open"]) == ("已为您恢复", "已解决", False)
    assert shown["can"] == ["message", "attach", "withdraw", "rate"]
    assert [s["done"] for s in shown["steps"]] == [True, True, True, True, False, False]
    rated = await browser.post(f"{at}/rate", json={"score": 2, "comment": "还是不行"})
    assert (rated.status_code, rated.json()["rating"]["score"]) == (200, 2)
    assert "rate" not in rated.json()["can"]
    again = await browser.post(f"{at}/rate", json={"score": 5})
    assert (again.status_code, again.json()["title"]) == (409, "AlreadyRated")
    back = (await browser.post(f"{at}/messages", json={"body": "又出现了"})).json()
    assert (back["open"], back["rating"], back["resolution"], back["stage"]) == (True, None, None, "follow")
    refused = await browser.post(f"{at}/rate", json={"score": 5})
    assert (refused.status_code, refused.json()["title"]) == (409, "NotInThisState")
    await do(desk, await read(desk, ticket), "resolve", resolution="这次好了")
    rated = await browser.post(f"{at}/rate", json={"score": 5})
    assert (rated.status_code, rated.json()["rating"]["score"]) == (200, 5)
    seen = await read(desk, ticket)
    assert (seen["rating"]["score"], seen["rating"]["solving"]) == (5, 1)
    assert (await kinds(desk, ticket)).count("rated") == 2
    url = f"/tickets/{ticket['id']}/verify"
    assert (await desk.get(url)).json()["clean"]
    owner.execute("update rating set score = 5 where ticket_id = %s", [ticket["id"]])
    assert [f["kind"] for f in (await desk.get(url)).json()["findings"]] == ["edited"]


async def test_nothing_of_the_desks_inside_is_shown(house: House) -> None:
    browser, desk = await customer(house), await house.client()
    ticket = await sent(house, browser)
    seen = await do(desk, await inside(house, ticket), "claim")
    at = f"/tickets/{ticket['id']}"
    seen = await do(desk, seen, "note", body="备注:疑似欺诈,勿告知")
    seen = await do(desk, seen, "tag", add=["黑名单"])
    await do(desk, seen, "transfer", team="FRAUD", reason="转反欺诈组核查")
    await desk.post(f"{at}/attach", files={"f": ("内部报告.txt", "不给客户看".encode())})
    await desk.post(
        f"{at}/attach", params={"for_customer": "yes"}, files={"f": ("答复函.txt", "给客户".encode())}
    )
    answers = [
        await browser.get(f"/portal/tickets/{ticket['id']}"),
        await browser.get("/portal/tickets"),
        await browser.get("/portal/session"),
    ]
    said = "".join(a.text for a in answers)
    people = [str(i) for i in house.people.values()] + [
        "supervisor",
        "Supervisor",
        "FRAUD",
        "DISPUTE",
        "CS_L1",
    ]
    for secret in (*people, "疑似欺诈", "黑名单", "转反欺诈", "内部报告", "13800138000", "张示例"):
        assert secret not in said, secret
    files = answers[0].json()["attachments"]
    assert [(f["name"], f["from"]) for f in files] == [("答复函.txt", "desk")]
    assert (files[0]["open"], bool(files[0]["note"])) == (False, True), (
        "it is checked first, and that is said"
    )
    await tickets.file_check.check_now(house.desk, house.tenant_id)
    got = await browser.get(f"/portal/tickets/{ticket['id']}/attachments/{files[0]['id']}")
    assert (got.status_code, got.content.decode()) == (200, "给客户")
    assert got.headers["content-disposition"].startswith("attachment")
    hidden = next(f for f in (await desk.get(f"{at}/attachments")).json() if f["name"] == "内部报告.txt")
    refused = await browser.get(f"/portal/tickets/{ticket['id']}/attachments/{hidden['id']}")
    assert refused.status_code == 404


async def test_what_a_customer_writes_is_protected(house: House) -> None:
    browser = await customer(house)
    ticket = await sent(house, browser, title=None, description="我的卡 4111111111111111,验证码 123456,请查")
    assert "4111111111111111" not in json.dumps(ticket) and "123456" not in json.dumps(ticket)
    assert ticket["notices"]
    told = await browser.post(f"/portal/tickets/{ticket['id']}/messages", json={"body": "手机 13800138000"})
    assert "13800138000" not in told.text and "138****8000" in told.text


async def test_the_apps_basics_are_filled_in_and_masked(house: House) -> None:
    basics = {"device_model": "Example Phone 3", "os": "Example OS 9", "account_id": "U20260000123"}
    browser = await customer(house, basics=basics, use="app")
    session = (await browser.get("/portal/session")).json()
    assert session["basics"] == {
        "device_model": "Example Phone 3",
        "os": "Example OS 9",
        "account_id": "****0123",
    }
    form = (await browser.get("/portal/case-types/general")).json()["example"]
    form["fields"].pop("device_model", None)
    ticket = (await browser.post("/portal/tickets", json=form)).json()
    assert ticket["fields"]["device_model"] == "Example Phone 3"
    assert "系统：Example OS 9" in ticket["messages"][0]["body"]
    assert "U20260000123" not in json.dumps(ticket)


async def test_taking_it_back(house: House) -> None:
    browser = await customer(house)
    ticket = await sent(house, browser)
    at = f"/portal/tickets/{ticket['id']}"
    gone = await browser.post(f"{at}/withdraw", json={"reason": "已自行解决"})
    assert (gone.status_code, gone.json()["state_text"], gone.json()["can"]) == (200, "您已撤回", [])
    assert [s["done"] for s in gone.json()["steps"]] == [True, False, False, False, False, True]
    again = await browser.post(f"{at}/withdraw", json={"reason": "再撤一次"})
    assert (again.status_code, again.json()["title"]) == (409, "TicketClosed")
    late = await browser.post(f"{at}/messages", json={"body": "等等"})
    assert (late.status_code, late.json()["title"]) == (409, "TicketClosed")


async def test_a_file_is_checked_off_as_the_evidence_it_is(house: House) -> None:
    browser = await customer(house)
    ticket = await sent(house, browser, "disputed_bill", evidence=[])
    wanted = [m for m in ticket["missing"] if m["pointer"].startswith("/evidence/")]
    at = f"/portal/tickets/{ticket['id']}/attach"
    assert wanted, ticket["missing"]
    code = wanted[0]["pointer"].split("/")[-1]
    told = await browser.post(at, params={"evidence": code}, files={"f": ("小票.txt", "小票".encode())})
    assert told.status_code == 201, told.text
    assert code not in [m["pointer"].split("/")[-1] for m in told.json()["missing"]]
    assert [(f["from"], f["name"]) for f in told.json()["attachments"]] == [("you", "小票.txt")]
    odd = await browser.post(at, params={"evidence": "stmt"}, files={"f": ("a.txt", b"x")})
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "/evidence")
    none = await browser.post(at, data={"x": "y"})
    assert none.status_code in (400, 422)
    bad = await browser.post(at, files={"f": ("a.exe", b"MZ\x90")})
    assert bad.status_code == 415


async def test_the_reason_of_a_rejection_is_told(house: House) -> None:
    browser, desk = await customer(house), await house.client()
    ticket = await sent(house, browser)
    await do(desk, await inside(house, ticket), "reject", reason="不属于本机构业务")
    shown = (await browser.get(f"/portal/tickets/{ticket['id']}")).json()
    assert (shown["resolution"], shown["state_text"], shown["open"]) == (
        "不属于本机构业务",
        "不予受理",
        False,
    )


async def test_a_merged_ticket_leads_to_the_one_that_goes_on(house: House) -> None:
    browser, desk = await customer(house), await house.client()
    one, other = await sent(house, browser), await sent(house, browser)
    await do(desk, await inside(house, one), "merge", into=other["number"], reason="重复提交")
    shown = (await browser.get(f"/portal/tickets/{one['id']}")).json()
    assert shown["open"] is False and other["number"] in shown["explanation"]


async def test_pages_of_ones_own_tickets(house: House) -> None:
    browser = await customer(house)
    numbers = [(await sent(house, browser))["number"] for _ in range(3)]
    await sent(house, await customer(house, "C-2"))
    first = (await browser.get("/portal/tickets", params={"limit": 2})).json()
    rest = (await browser.get("/portal/tickets", params={"limit": 2, "after": first["next"]})).json()
    assert [t["number"] for t in first["items"] + rest["items"]] == numbers[::-1]
    assert rest["next"] is None
    assert (await browser.get("/portal/tickets", params={"after": "x"})).status_code == 422


async def test_a_late_promise_is_owned_up_to(house: House) -> None:
    browser = await customer(house)
    ticket = await sent(house, browser)
    with clock.travel(clock.now() + timedelta(days=9)):
        late = await customer(house)
        shown = (await late.get(f"/portal/tickets/{ticket['id']}")).json()
    assert "抱歉" in shown["explanation"]
    english = (await browser.get(f"/portal/tickets/{ticket['id']}", headers={"accept-language": "en"})).json()
    assert "You will hear from us by" in english["explanation"]


async def test_a_link_opens_at_its_ticket_and_customers_come_back_to_theirs(house: House) -> None:
    desk = await house.client()
    seen = await house.ticket(desk, "general")
    url = await link(house, ticket=seen["number"])
    browser = await come(house, url)
    assert (await browser.get("/portal/session")).json()["ticket"] == seen["number"]
    shown = await browser.get(f"/portal/tickets/{seen['number']}")
    assert shown.status_code == 200
    other = await desk.post(
        "/portal/links", json={"ticket": seen["number"], "customer": person("X")}, headers=HOST
    )
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/ticket")
