"""A yearly notice comes: what it changes is seen before anybody decides, a second person decides, and it can be undone."""

import re
from datetime import datetime

from playwright.async_api import Locator, Page, expect

from tests.journeys import agent, hours
from tests.journeys.bank import Bank, Json
from tests.journeys.browser import Person
from tests.journeys.conftest import People

_CALENDAR = "cn_working"
_PAGE = f"/console/time/calendars/{_CALENDAR}"
_API = f"/sla/calendars/{_CALENDAR}"
#: Three working days, which the shipped policy promises.
_UPDATE = "update"
_TITLE = "进展更新"
_NOTE = "本行行庆放假一天，依据内部通知。"


async def test_a_notice_moves_due_moments_and_is_undone(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    for login in ("wu", "zheng"):
        await hours.hire_planner(bank, login)
    ticket = await bank.ticket("service_complaint", customer=bank.customer())
    due = (await hours.clock_of(bank, ticket, _UPDATE))["due_at"]
    wu, zheng = await people(), await people()
    await _proposed(bank, wu, ticket)
    later = await _approved(bank, zheng, ticket, due)
    await _explained(zheng, ticket, later)
    await _undone(bank, wu, zheng, ticket, due)
    assert (await (await bank.house.client("supervisor")).get(f"/tickets/{ticket['id']}/verify")).json()[
        "clean"
    ]


async def _proposed(bank: Bank, person: Person, ticket: Json) -> None:
    """The notice is read, its days and the clocks it moves are shown, and it is put before a second person."""
    await bank.signed_in(person, "wu", _PAGE)
    page = person.page
    body = (await (await bank.house.client("supervisor")).get(_API)).json()["body"]
    off = hours.next_working_day(body, datetime.now(hours.ZONE).date())
    await agent.button(page, "导入放假通知").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("通知内容").fill(hours.notice_with(body, off))
    await agent.button(dialog, "看看有哪些变化").click()
    await expect(dialog.get_by_role("heading", name="1 个日期有变化")).to_be_visible()
    await expect(dialog.get_by_text(hours.DAY_OFF)).to_be_visible()
    await agent.button(dialog, "放进草稿并预览").click()
    moved = dialog.get_by_role("row").filter(has_text=ticket["number"]).filter(has_text=_TITLE)
    await expect(moved.get_by_text(re.compile("推迟"))).to_be_visible()
    await dialog.get_by_label("正在走的计时也按新日历重算").check()
    await dialog.get_by_label("说明").fill(_NOTE)
    await person.picture("console-calendar-preview")
    await agent.button(dialog, "提交审批").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("这是您提出的，须由另一位同事审批")).to_be_visible()
    await expect(agent.button(page, "批准生效")).to_have_count(0)
    client = await bank.house.client("planner", login="wu")
    refused = await client.post(f"{_API}/versions/2/approve", json={})
    assert (refused.status_code, refused.json()["title"]) == (409, "SamePerson")


async def _approved(bank: Bank, person: Person, ticket: Json, due: str) -> str:
    """Approved by another; the new due moment."""
    await bank.signed_in(person, "zheng", _PAGE)
    page = person.page
    await expect(page.get_by_role("row").filter(has_text=ticket["number"])).not_to_have_count(0)
    await expect(page.get_by_text(_NOTE).first).to_be_visible()
    await expect(page.get_by_label("正在走的计时也按新日历重算")).to_be_checked()
    await person.picture("time/calendar-proposal", whole=True)
    await agent.button(page, "批准生效").click()
    await expect(page.get_by_text("第 2 版已生效")).to_be_visible()
    await page.goto(f"/console/tickets/{ticket['number']}")
    # The clocks that run are moved by the worker; the page hears of it.
    await expect(_clock(page).locator("time").first).to_be_visible()
    await expect(_clock(page).locator(f'time[title="{hours.spoken(due)}"]')).to_have_count(0)
    moved = (await hours.clock_of(bank, ticket, _UPDATE))["due_at"]
    assert datetime.fromisoformat(moved) > datetime.fromisoformat(due)
    await expect(_clock(page).locator(f'time[title="{hours.spoken(moved)}"]').first).to_be_visible()
    return moved


async def _explained(person: Person, ticket: Json, due: str) -> None:
    """The ledger names the day off; the ticket's story says what moved it."""
    page = person.page
    await agent.button(_clock(page), "为什么是这个时间").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("之后会怎么计").click()
    await expect(dialog.get_by_text(re.compile(hours.DAY_OFF)).first).to_be_visible()
    await person.picture("console-ledger")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text(re.compile(f"“{_TITLE}”的到期时间从 .* 改为"))).to_be_visible()


async def _undone(bank: Bank, one: Person, other: Person, ticket: Json, due: str) -> None:
    """Rolled back by a proposal too: every clock is due when it was due before."""
    page = one.page
    await page.goto(_PAGE)
    await agent.button(page, "退回到这一版").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("说明").fill("通知有误，恢复原来的安排。")
    await agent.button(dialog, "提交审批").click()
    await expect(page.get_by_role("heading", name="第 3 版等待审批")).to_be_visible()
    page = other.page
    await page.goto(_PAGE)
    await page.get_by_label("正在走的计时也按新日历重算").check()
    await agent.button(page, "批准生效").click()
    await expect(page.get_by_text("第 3 版已生效")).to_be_visible()
    await page.goto(f"/console/tickets/{ticket['number']}")
    await expect(_clock(page).locator(f'time[title="{hours.spoken(due)}"]').first).to_be_visible()
    assert (await hours.clock_of(bank, ticket, _UPDATE))["due_at"] == due
    await page.goto("/console/time/changes")
    await expect(page.get_by_role("listitem").filter(has_text="已调整 1 个")).to_have_count(2)


def _clock(page: Page) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_text(_TITLE, exact=True)).first
