"""From the first word on a phone to the last star: customer and agent, each at their own screen."""

import re

from playwright.async_api import Page, expect

from tests.journeys import agent, customer
from tests.journeys.bank import Bank
from tests.journeys.browser import PHONE, Person
from tests.journeys.conftest import People

_ANSWER = "您好，我们已调取签购单核对，确有一笔重复入账。"
_RESOLUTION = "重复的一笔 28.50 元已退回原卡，预计三个工作日内到账。"


async def test_from_submission_to_rating(bank: Bank, people: People) -> None:
    await bank.hire("wang")
    phone, desk = await people(PHONE), await people()
    await bank.signed_in(desk, "wang")
    number = await _submit(bank, phone)
    await bank.verified(number)
    await agent.open_ticket(desk.page, number)
    await desk.picture("console-ticket-new")
    # The customer keeps the ticket open: what the agent does comes to the phone by itself.
    await phone.page.get_by_role("link", name="查看办理进度").click()
    await expect(phone.page.get_by_role("heading", level=2, name="办理进度")).to_be_visible()
    await _work(desk, phone.page)
    await _rate(phone)
    await expect(desk.page.get_by_text("5 分").first).to_be_visible()
    await agent.check_off(desk.page, "邀请客户评价")
    await agent.do(desk.page, "归档", "已归档", confirm="yes")
    await agent.button(desk.page, "校验").click()
    await expect(desk.page.get_by_text(re.compile("校验通过"))).to_be_visible()
    await desk.picture("console-ticket-archived")
    ended = await bank.read(number)
    assert (ended["state"], ended["rating"]["score"]) == ("archived", 5)


async def _submit(bank: Bank, phone: Person) -> str:
    """The number of the ticket."""
    page = phone.page
    await page.goto(await bank.link(customer=bank.customer(), basics={"device_model": "示例手机 9"}))
    await expect(page.get_by_role("link", name=re.compile("账单争议"))).to_be_visible()
    await phone.picture("portal-home")
    await customer.fill_in(page)
    await phone.picture("portal-form")
    slip = customer.file("slip.png", "image/png", await page.screenshot())
    await customer.pick(page, "签购单", slip)
    await page.get_by_role("button", name="提交前核对").click()
    await expect(page.get_by_text("可以提交了")).to_be_visible()
    await phone.picture("portal-review")
    await page.get_by_role("button", name="提交", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("这是您的工单号"))
    await expect(page.get_by_text("已收到", exact=True)).to_be_visible()
    await phone.picture("portal-sent")
    return page.url.rpartition("/")[2]


async def _work(desk: Person, phone: Page) -> None:
    """The agent's part, until it is resolved and the customer was called back."""
    page = desk.page
    await agent.check_off(page, "听完后用自己的话复述", "核实客户身份", "核身记录")
    await agent.fill_fields(page, {"涉及笔数": "2", "卡组织": ("pick", "银联")})
    await agent.do(page, "认领", "跟进中")
    await agent.say(page, _ANSWER)
    await expect(phone.get_by_text(_ANSWER)).to_be_visible()
    await agent.say(page, "签购单与流水已核对，见附件。", note=True)
    await agent.do(page, "开始处理", "处理中")
    await agent.fill_fields(page, {
        "交易参考号": "123456789012", "卡组织截止日": "2026-12-20", "核查结论": "两笔流水参考号不同，第二笔为重复入账。",
        "处理结果": ("choose", "全额退还"), "退还合计": ("money", "28.50"),
    })  # fmt: skip
    ticket_done = (
        "逐项比对",
        "找出对账差异",
        "说明可选办法",
        "记录核查经过",
        "与商户退款",
        "告知结果",
        "交易流水",
        "对应期账单",
    )
    await agent.check_off(page, *ticket_done)
    await desk.picture("console-ticket")
    await agent.do(page, "解决", "待回访", lines=_RESOLUTION)
    await expect(phone.get_by_text(_RESOLUTION).first).to_be_visible()
    await agent.do(page, "登记回访", "已回访", pick="满意")


async def _rate(phone: Person) -> None:
    page = phone.page
    assert "签购单与流水已核对" not in await page.content(), "a note is for colleagues"
    await phone.picture("portal-result")
    await page.get_by_label("很满意", exact=True).check(force=True)
    await page.get_by_label("想说的话").fill("处理得很快，谢谢。")
    await page.get_by_role("button", name="提交评价").click()
    await expect(page.get_by_text("感谢您的评价")).to_be_visible()
    await phone.picture("portal-rated")
