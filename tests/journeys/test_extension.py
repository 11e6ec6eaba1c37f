"""A complaint needs longer: asked by the agent, granted by the supervisor in time, read by the customer as it is granted."""

import re
from datetime import datetime, timedelta

from playwright.async_api import Locator, Page, expect

from tests.journeys import agent, hours
from tests.journeys.bank import Bank, Json
from tests.journeys.browser import PHONE, Person
from tests.journeys.conftest import People

_KIND, _TITLE = "CN_NFRA_COMPLAINT", "消费投诉处理时限"
_WHY = "须向两家机构调阅录音，短期内难以取齐。"
_NOTICE = "您好，您的投诉情况较复杂，我们还在调阅录音，最迟 30 日内答复您。"
_AGO = timedelta(days=10)


async def test_a_longer_limit_is_asked_granted_and_told(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    await bank.hire("sun", "agent", team="CP")
    await bank.hire("wang")
    ticket = await hours.came(bank, _AGO, "service_complaint", customer=bank.customer())
    due = (await hours.clock_of(bank, ticket, _KIND))["due_at"]
    phone, sun, wang = await people(PHONE), await people(), await people()
    await phone.page.goto(await bank.link(ticket=ticket["number"]))
    await expect(phone.page.get_by_role("heading", level=1)).to_have_text(ticket["title"])
    await _asked(bank, sun, ticket)
    assert _NOTICE not in await phone.page.content(), "what is asked is not told yet"
    await bank.signed_in(wang, "wang", f"/console/tickets/{ticket['number']}")
    await _granted(wang)
    await expect(phone.page.get_by_text(_NOTICE)).to_be_visible()
    await phone.page.get_by_text(_NOTICE).scroll_into_view_if_needed()
    await phone.picture("portal-extension")
    longer = await hours.clock_of(bank, ticket, _KIND)
    assert (longer["stage"], datetime.fromisoformat(longer["due_at"]) - datetime.fromisoformat(due)) == (
        "complex", timedelta(days=15),
    )  # fmt: skip
    # The agent's page has it by itself, and offers the stage after it.
    await expect(
        _clock(sun.page).locator(f'time[title="{hours.spoken(longer["due_at"])}"]').first
    ).to_be_visible()
    await expect(_clock(sun.page).get_by_text("已延长")).to_be_visible()
    await expect(agent.button(_clock(sun.page), "申请延长")).to_be_visible()
    await _summed(bank, sun, ticket)


async def test_after_the_limit_nothing_can_be_granted(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    asker = await bank.hire("sun", "agent", team="CP")
    await bank.hire("wang")
    with hours.ago(timedelta(days=17)):
        ticket = await bank.ticket("service_complaint", customer=bank.customer())
        wish = {"stage": "complex", "reason": _WHY, "notice": _NOTICE}
        answer = await asker.post(f"/tickets/{ticket['id']}/clocks/{_KIND}/extensions", json=wish)
        assert answer.status_code == 201, answer.text
    [asked] = [
        s["extension"] for s in (await hours.clock_of(bank, ticket, _KIND))["stages"] if s["extension"]
    ]
    person = await people()
    await bank.signed_in(person, "wang", f"/console/tickets/{ticket['number']}")
    page = person.page
    await expect(_clock(page).get_by_text(re.compile("已超")).first).to_be_visible()
    for name in ("审批延长", "申请延长"):
        await expect(agent.button(_clock(page), name)).to_have_count(0)
    dialog = await _why(page)
    await expect(dialog.get_by_text(re.compile(f"已失效.*{_WHY}"))).to_be_visible()
    boss = await bank.house.client("supervisor")
    now = await bank.read(ticket)
    refused = await boss.post(
        f"/tickets/{ticket['id']}/extensions/{asked['id']}/grant", json={"version": now["version"]}
    )
    assert (refused.status_code, refused.json()["title"]) == (409, "ExtensionLapsed")
    assert (await hours.clock_of(bank, ticket, _KIND))["stage"] == ""


async def _asked(bank: Bank, person: Person, ticket: Json) -> None:
    """By the agent, with the words for the customer; who asks does not decide."""
    await bank.signed_in(person, "sun", f"/console/tickets/{ticket['number']}")
    page = person.page
    await agent.button(_clock(page), "申请延长").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("申请理由").fill(_WHY)
    await dialog.get_by_label("告诉客户的话").fill(_NOTICE)
    await person.picture("console-extension")
    await agent.button(dialog, "提交申请").click()
    await expect(dialog).to_have_count(0)
    await expect(_clock(page).get_by_text("延长待审批")).to_be_visible()
    await expect(agent.button(page, "审批延长")).to_have_count(0)


async def _granted(person: Person) -> None:
    page = person.page
    await agent.button(_clock(page), "审批延长").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text(_WHY)).to_be_visible()
    await expect(dialog.get_by_text(_NOTICE)).to_be_visible()
    await agent.button(dialog, "同意延长").click()
    await expect(dialog).to_have_count(0)
    await expect(_clock(page).get_by_text("已延长")).to_be_visible()


async def _summed(bank: Bank, person: Person, ticket: Json) -> None:
    """The ledger's stretches make up what it says was counted, on the page as by the API."""
    told = await hours.ledger_of(bank, ticket, _KIND)
    assert timedelta(seconds=told["counted_seconds"]) >= _AGO
    dialog = await _why(person.page)
    await expect(dialog.get_by_text(told["sentence"][:12])).to_be_visible()
    await expect(dialog.get_by_text("合计已计")).to_be_visible()
    await person.picture("time/ledger-extended")


async def _why(page: Page) -> Locator:
    await agent.button(_clock(page), "为什么是这个时间").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("合计已计")).to_be_visible()
    return dialog


def _clock(page: Page) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_text(_TITLE, exact=True)).first


async def test_what_is_refused_is_told_to_colleagues_alone(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    await bank.hire("sun", "agent", team="CP")
    await bank.hire("wang")
    ticket = await hours.came(bank, _AGO, "service_complaint", customer=bank.customer())
    due = (await hours.clock_of(bank, ticket, _KIND))["due_at"]
    phone, sun, wang = await people(PHONE), await people(), await people()
    await _asked(bank, sun, ticket)
    await bank.signed_in(wang, "wang", f"/console/tickets/{ticket['number']}")
    page = wang.page
    await agent.button(_clock(page), "审批延长").click()
    dialog = page.get_by_role("dialog")
    await agent.button(dialog, "不同意").click()
    await agent.button(dialog, "不同意").click()
    await expect(dialog.get_by_role("textbox", name="不同意的理由")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("不同意的理由").fill("录音已调齐，无须延长。")
    await agent.button(dialog, "不同意").click()
    await expect(dialog).to_have_count(0)
    await expect(agent.button(_clock(sun.page), "申请延长")).to_be_visible()
    why = await _why(sun.page)
    await expect(why.get_by_text(re.compile("未同意"))).to_be_visible()
    await sun.picture("time/extension-refused")
    assert (await hours.clock_of(bank, ticket, _KIND))["due_at"] == due
    await phone.page.goto(await bank.link(ticket=ticket["number"]))
    await expect(phone.page.get_by_role("heading", level=1)).to_have_text(ticket["title"])
    assert _NOTICE not in await phone.page.content()
