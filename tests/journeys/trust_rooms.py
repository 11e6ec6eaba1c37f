"""The rooms of what protects people and of who may sign in, for the walk: what is in them, and who comes to each."""

from playwright.async_api import expect

from bihuan.core.db import Query
from tests.journeys import walk
from tests.journeys.bank import Bank, Json
from tests.journeys.browser import Person
from tests.journeys.walk import Stop

_ORDER = "6222020200112230"
_SERVICE: Json = {
    "code": "sso", "name_zh": "统一登录", "name_en": "Single sign-on", "issuer": "https://id.example.com",
    "client_id": "desk", "client_secret": "only-for-the-journeys",
}  # fmt: skip
#: Login → role. Nobody holds what watches and what is watched at once.
PEOPLE = {"wang": "supervisor", "he": "compliance", "root": "admin", "zheng": "auditor"}


async def filled(bank: Bank) -> Json:
    """Erasures that wait, are refused and done; a released number, a service, looks, and somebody who stands in."""
    for login, role in PEOPLE.items():
        await bank.hire(login, role)
    ticket = await walk.filled(bank)
    masked = await bank.ticket("general", title="卡号在文字里", description="卡号 4111111111111111 被盗刷。")
    wang = await bank.hire("wang")
    if not (await wang.get("/erasures")).json():
        await _once(bank)
    others = [
        *ticket["others"],
        await bank.read(ticket["solved"]),
        await bank.read(masked),
        "王**",
        masked["title"],
        "商户订单号，非卡号",
        *_SERVICE.values(),
        *_WORDS,
    ]
    return {**ticket, "masked": masked["number"], "others": [*others, *(one.title() for one in PEOPLE)]}


async def _once(bank: Bank) -> None:
    wang, root = await bank.hire("wang"), await bank.hire("root", "admin")
    hit = await bank.ticket("general", title="订单未到账", description=f"订单 {_ORDER} 未到账。")
    said = (await wang.get(f"/tickets/{hit['id']}/timeline")).json()["items"]
    (span,) = next(one["message"]["spans"] for one in said if one["message"] and one["message"]["spans"])
    reason = {"reason": "商户订单号，非卡号"}
    released = await wang.post(f"/tickets/{hit['id']}/hits/{span[3]}/release", json=reason)
    assert released.status_code == 200, released.text
    for mobile, end in (("13500135000", ""), ("13500135001", "refuse"), ("13500135002", "approve")):
        await _erasure(bank, mobile, end)
    assert (await root.put("/sign-in/policy", json={"enrol_roles": ["trainer"]})).status_code == 200
    assert (await root.put("/sign-in/services", json=_SERVICE)).status_code == 200
    await _alarm(bank)


async def _erasure(bank: Bank, mobile: str, end: str) -> None:
    """One that a colleague asked for; what the other made of it."""
    ticket = await bank.ticket("general", customer=bank.customer(mobile))
    ticket = await bank.do("withdraw", ticket, proof="客户来电撤回")
    he, wang = await bank.hire("he", "compliance"), await bank.hire("wang")
    body = {"ground": "consent_withdrawn"}
    asked = await he.post(f"/customers/{ticket['customer']['id']}/erase", json=body)
    assert asked.status_code == 201, asked.text
    if end:
        assert (await wang.post(f"/erasures/{asked.json()['id']}/{end}")).status_code == 200


async def _alarm(bank: Bank) -> None:
    """Somebody was refused more often than is usual, and failed to sign in."""
    wang = await bank.hire("wang")
    for _ in range(6):
        await wang.get("/audit/events")
    async with bank.house.desk.database.work(bank.house.tenant_id) as work:
        sql = (
            "insert into sign_in_tally (tenant_id, staff_id, failures, failed_at, failed_address)"
            " select tenant_id, id, 3, password_set_at, '203.0.113.7' from staff"
            " where tenant_id = %(tenant_id)s and login = 'he'"
        )
        await work.run(Query(name="test", sql=sql, prepare=False))


async def _deciding(person: Person, _: Json) -> None:
    await person.page.locator(".way button").first.click()
    await expect(person.page.get_by_role("dialog").locator(".number").first).to_be_visible()


async def _editing(person: Person, _: Json) -> None:
    await person.page.locator("header .end button").click()
    await expect(person.page.locator("fieldset").first).to_be_visible()


async def _adding(person: Person, _: Json) -> None:
    await person.page.locator("section .foot button").last.click()
    dialog = person.page.get_by_role("dialog")
    await dialog.locator("select").select_option("login")
    await dialog.locator("button[type=submit]").click()
    await expect(dialog.get_by_role("alert").first).to_be_visible()


async def _acting(person: Person, _: Json) -> None:
    await person.page.locator(".colleague .line button").last.click()
    await expect(person.page.locator(".asked")).to_be_visible()


async def _detail(person: Person, _: Json) -> None:
    await person.page.locator(".rows button").first.click()
    await expect(person.page.get_by_role("dialog").locator("dl")).to_be_visible()


async def _rights(person: Person, _: Json) -> None:
    await person.page.locator(".person-row .ways button").first.click()
    dialog = person.page.get_by_role("dialog")
    await dialog.locator("summary").first.click()
    await expect(dialog.locator("input[type=checkbox]").first).to_be_visible()


async def _unmasking(person: Person, _: Json) -> None:
    await person.page.locator("article button.mask").first.click()
    await expect(person.page.get_by_role("dialog").locator("select").first).to_be_visible()


async def _releasing(person: Person, _: Json) -> None:
    await _unmasking(person, {})
    await person.page.get_by_role("dialog").locator(".foot button").last.click()
    await expect(person.page.get_by_role("dialog").locator("textarea")).to_be_visible()


async def _erasing(person: Person, _: Json) -> None:
    folded = person.page.locator("aside.facts details:has(.erasure)")
    await expect(folded.first).to_be_attached()
    await folded.evaluate_all("(all) => all.forEach((one) => { one.open = true })")
    await person.page.locator(".erasure").first.scroll_into_view_if_needed()


#: Of what the audit says of an event, the names are codes.
_WORDS = ["OpenID Connect", "PKCE", "issuer", "scopes", "claim", "openid profile email", "Asia/Shanghai", "vip", "VIP", "员工",
    "OPEN", "id", "卡号", "被盗刷。"]  # fmt: skip
STOPS = {
    "wang": (
        Stop(name="erasures", path="/console/privacy/erasures", closely="zh"),
        Stop(name="erasure-decide", path="/console/privacy/erasures", then=_deciding, closely="en"),
        Stop(name="access", path="/console/privacy/access", closely="zh"),
        Stop(name="hits", path="/console/privacy/hits", closely="en"),
        Stop(name="people", path="/console/people", closely="zh"),
        Stop(name="ticket-erasure", path="/console/tickets/{solved}", then=_erasing, closely="en", anew=True),
        Stop(name="unmask", path="/console/tickets/{masked}", then=_unmasking, closely="zh"),
        Stop(name="release", path="/console/tickets/{masked}", then=_releasing, closely="en"),
    ),
    "he": (
        Stop(name="looks", path="/console/privacy/looks", closely="zh"),
        Stop(name="looks-form", path="/console/privacy/looks", then=_editing, closely="en"),
    ),
    "root": (
        Stop(name="rights", path="/console/people", then=_rights, closely="en"),
        Stop(name="sign-in-admin", path="/console/people/sign-in", closely="zh"),
        Stop(name="sign-in-act", path="/console/people/sign-in", then=_acting, closely="en"),
        Stop(name="sign-in-service", path="/console/people/sign-in", then=_adding, closely="zh"),
    ),
    "zheng": (
        Stop(name="audit", path="/console/audit", closely="en"),
        Stop(
            name="audit-detail", path="/console/audit?kind=person.erasure_asked", then=_detail, closely="zh"
        ),
    ),
}
