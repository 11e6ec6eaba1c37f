"""How a customer comes to the portal: by a link that opens once and leaves no trace, or by number and last digits."""

import re

from playwright.async_api import expect

from tests.journeys.bank import Bank
from tests.journeys.browser import PHONE
from tests.journeys.conftest import People

HOME = re.compile("要办什么事")
_TRIES = 5


async def test_a_link_opens_once_and_leaves_no_trace(bank: Bank, people: People) -> None:
    url = await bank.link(customer=bank.customer())
    assert "/portal/#k=" in url
    person, other = await people(PHONE), await people(PHONE)
    page = person.page
    await page.goto(url)
    await expect(page.get_by_role("heading", level=1)).to_have_text(HOME)
    assert page.url == f"{bank.origin}/portal/"
    trace = await page.evaluate(
        "() => [location.href, document.referrer, JSON.stringify(history.state), document.cookie,"
        " JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join()"
    )
    assert url.partition("#k=")[2] not in trace, "the key stays nowhere on the device"
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text(HOME)
    # The way back does not lead to the link either.
    await page.get_by_role("link", name="凭工单号查进度").click()
    await page.go_back()
    assert "#" not in page.url
    other.expects(401, r"/api/v1/portal/session$")
    await other.page.goto(url)
    await expect(other.page.get_by_role("heading", level=1)).to_have_text(re.compile("需要一个新的链接"))
    await expect(other.page.get_by_text("每个链接只能打开一次").first).to_be_visible()
    assert "#" not in other.page.url
    await other.picture("portal-link-spent")


async def test_without_a_link_there_is_a_way_on(bank: Bank, people: People) -> None:
    person = await people(PHONE)
    person.expects(401, r"/api/v1/portal/session$")
    await person.page.goto("/portal/")
    await person.page.get_by_role("link", name="凭工单号查进度").click()
    await expect(person.page.get_by_role("heading", level=1)).to_have_text("查询办理进度")


async def test_progress_by_number_and_last_digits(bank: Bank, people: People) -> None:
    ticket = await bank.ticket(customer=bank.customer("13800138000"))
    person = await people(PHONE)
    page = person.page
    for status in (401, 404, 422, 429):
        person.expects(status, r"/api/v1/portal/(session|progress)$")
    await page.goto("/portal/progress")
    await page.get_by_label("工单号").fill(ticket["number"])
    await page.get_by_label("手机号最后四位").fill("8000")
    await page.get_by_role("button", name="查询").click()
    # Several institutions are at this desk: it asks which, and keeps what was written.
    await page.get_by_label("机构代码").fill(bank.code)
    await page.get_by_role("button", name="查询").click()
    await expect(
        page.get_by_role("heading", level=2, name="已收到").or_(page.locator("#found"))
    ).to_be_visible()
    await expect(page.get_by_role("listitem").first).to_be_visible()
    assert ticket["title"] not in await page.content(), "nothing of what is in it"
    await person.picture("portal-progress")
    await page.get_by_label("手机号最后四位").fill("0001")
    for _ in range(_TRIES):
        async with page.expect_response(lambda r: r.url.endswith("/portal/progress") and r.status == 404):
            await page.get_by_role("button", name="查询").click()
    async with page.expect_response(lambda r: r.status == 429):
        await page.get_by_role("button", name="查询").click()
    await expect(page.get_by_text(re.compile(r"请过 .*(秒|分).*再试")).first).to_be_visible()
    await expect(page.get_by_role("button", name="查询")).to_be_disabled()
    await expect(page.get_by_label("工单号")).to_have_value(ticket["number"])
    await person.picture("portal-progress-throttled")
