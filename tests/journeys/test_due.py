"""A clock falls due under everybody's eyes: on the board before, late after, and the bell rings without a reload."""

import asyncio
import re
from datetime import timedelta

from playwright.async_api import Locator, Page, expect

from tests.journeys import hours
from tests.journeys.bank import Bank, Json
from tests.journeys.browser import PHONE, Person, View
from tests.journeys.conftest import People

#: What a `general` ticket of ordinary priority promises for the first word, and how long before its end we look.
_PROMISE = timedelta(hours=4)
_BEFORE = timedelta(seconds=8)
_MARK = "() => { window.mark = 'the same page' }"


async def test_a_clock_falls_due(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    await bank.hire("qian", "agent", team="CS_L1")
    await bank.hire("wang")
    for minutes in (8, 21, 47):
        await hours.came(bank, _PROMISE - timedelta(minutes=minutes), "general", priority="normal")
    board, desk = await people(View(height=600)), await people()
    await bank.signed_in(board, "wang", "/console/board")
    await board.page.get_by_label("有变动时自动显示").check()
    await bank.signed_in(desk, "qian")
    await desk.page.evaluate(_MARK)
    await expect(_bell(desk.page)).to_be_visible()
    ticket = await _falls_due(bank)
    line = board.page.get_by_role("listitem").filter(has_text=ticket["number"]).filter(has_text="首次响应")
    await expect(line).to_contain_text("还剩")
    await board.picture("console-board")
    await expect(line).to_contain_text("超时")
    await expect(board.page.get_by_role("link", name=re.compile("个计时已超时"))).to_contain_text("1")
    await _rung(bank, desk, ticket)
    told = await hours.clock_of(bank, ticket, "first_response")
    assert (told["state"], [step["done"] for step in told["steps"]]) == (
        "breached",
        [True] * len(told["steps"]),
    )


async def _falls_due(bank: Bank) -> Json:
    """A ticket of the agent's, whose first word is due in a moment."""
    with hours.ago(_PROMISE - _BEFORE):
        ticket = await bank.ticket("general", priority="normal", customer=bank.customer())
        return await bank.do("assign", ticket, assignee="qian")


async def _rung(bank: Bank, person: Person, ticket: Json) -> None:
    """The bell of whom it concerns says that it is late; the page was not loaded again."""
    page, unread = person.page, await _told(bank, "breached")
    await expect(_bell(page)).to_have_accessible_name(f"通知，{unread} 条未读")
    await _bell(page).click()
    sheet = page.get_by_role("region", name="通知")
    await expect(sheet.get_by_role("link", name=f"工单 {ticket['number']} 已超时")).to_be_visible()
    await person.picture("console-bell")
    assert await page.evaluate("() => window.mark") == "the same page"


async def _told(bank: Bank, kind: str) -> int:
    """Wait until the agent has been told news of this kind; how many are unread."""
    client = await bank.house.client("agent", login="qian", team="CS_L1")
    async with asyncio.timeout(10):
        while True:
            told = (await client.get("/notices")).json()
            if any(one["kind"] == kind for one in told["items"]):
                return int(told["unread"])
            await asyncio.sleep(0.1)


def _bell(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^通知"))


async def test_a_customer_urges_and_is_heard(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    await bank.hire("qian", "agent", team="CS_L1")
    ticket = await hours.came(bank, timedelta(hours=1), customer=bank.customer())
    ticket = await bank.do("assign", ticket, assignee="qian")
    phone, desk = await people(PHONE), await people()
    await bank.signed_in(desk, "qian", "/console/notices")
    await desk.page.evaluate(_MARK)
    await phone.page.goto(await bank.link(ticket=ticket["number"]))
    await phone.page.get_by_role("button", name="催办").click()
    await expect(phone.page.get_by_text("已催办，我们会尽快处理。")).to_be_visible()
    await phone.picture("portal-nudge")
    # Once is heard; until it may be done again it is not offered.
    await expect(phone.page.get_by_role("button", name="催办")).to_have_count(0)
    await desk.page.get_by_role("button", name="有新通知").click()
    urged = desk.page.get_by_role("listitem").filter(has_text=f"工单 {ticket['number']} 被催办")
    await expect(urged).to_contain_text("由客户催办")
    await desk.picture("console-notices")
    assert await desk.page.evaluate("() => window.mark") == "the same page"
