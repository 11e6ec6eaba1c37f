"""An agent sees a masked number for a reason, for a minute, in its place; then it is masked again, and the lead knows who looked."""

import re

from playwright.async_api import expect

from tests.journeys import agent
from tests.journeys.bank import Bank
from tests.journeys.conftest import People

CARD = "6222020200112230"
WORDS = f"我的卡号 {CARD} 被盗刷，请尽快处理。"


async def test_a_number_is_seen_for_a_reason_and_masked_again(bank: Bank, people: People) -> None:
    await bank.hire("wang", "agent")
    await bank.hire("li", "lead")
    ticket = await bank.ticket(description=WORDS, customer=bank.customer())
    person = await people()
    page = person.page
    await bank.signed_in(person, "wang", f"/console/tickets/{ticket['number']}")
    assert CARD not in await page.content()
    masked = page.get_by_role("article").get_by_role("button", name=re.compile("卡号.*按此查看明文"))
    await masked.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading")).to_have_text("查看卡号明文")
    await expect(dialog.get_by_text("今日还可查看 100 条")).to_be_visible()
    await dialog.get_by_label("查看理由").select_option(label="办理业务需要")
    await dialog.get_by_label("具体说明").fill("看看")
    await agent.button(dialog, "查看").click()
    await expect(dialog.get_by_text("请至少写 5 个字")).to_be_visible()
    await dialog.get_by_label("具体说明").fill("核对被盗刷的卡号")
    await agent.button(dialog, "查看").click()
    await expect(dialog).to_have_count(0)
    article = page.get_by_role("article").filter(has_text=CARD)
    await expect(article).to_be_visible()
    await person.picture("console-unmask")
    kept = await page.evaluate(
        "() => [location.href, JSON.stringify(history.state), JSON.stringify(localStorage),"
        " JSON.stringify(sessionStorage)].join()"
    )
    assert CARD not in kept
    await page.get_by_role("button", name="重新打码").click()
    await expect(page.get_by_text(CARD)).to_have_count(0)
    await expect(
        page.get_by_role("article").get_by_role("button", name=re.compile("按此查看明文")).first
    ).to_be_visible()
    await _again(page)
    await page.goto("/console/board")
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(ticket["number"])
    await expect(page.get_by_text(CARD)).to_have_count(0)


async def _again(page: agent.Page) -> None:
    """Ask once more."""
    masked = page.get_by_role("article").get_by_role("button", name=re.compile("卡号.*按此查看明文"))
    await masked.first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("具体说明").fill("再核对一次卡号")
    await agent.button(dialog, "查看").click()
    await expect(page.get_by_text(CARD)).to_be_visible()


async def test_the_lead_and_the_auditor_know_who_looked(bank: Bank, people: People) -> None:
    await bank.hire("li", "lead")
    await bank.hire("audit", "auditor")
    ticket = await bank.ticket(customer=bank.customer())
    await bank.read(ticket)
    lead = await people()
    await bank.signed_in(lead, "li", f"/console/tickets/{ticket['number']}")
    await lead.page.get_by_role("button", name="查看记录").click()
    await expect(lead.page.get_by_text("打开了工单").first).to_be_visible()
    auditor = await people()
    await bank.signed_in(auditor, "audit", "/console/audit")
    await expect(auditor.page.get_by_role("heading", level=1)).to_have_text("审计")
    await auditor.page.get_by_label("工单号").fill(ticket["number"])
    await auditor.page.get_by_role("button", name="检索", exact=True).click()
    found = auditor.page.get_by_role("listitem").filter(has_text="查看了“谁看过”")
    await expect(found.first).to_be_visible()
    await auditor.picture("console-audit")
    await auditor.page.get_by_role("button", name="详情").first.click()
    await expect(auditor.page.get_by_role("dialog").get_by_text("内容与写入时一致。")).to_be_visible()
