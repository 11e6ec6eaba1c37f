"""A policy is changed with its effect seen beforehand; its history tells what changed; a trial says when and why."""

import re
from datetime import timedelta

from playwright.async_api import Locator, expect

from tests.journeys import agent, hours
from tests.journeys.bank import Bank
from tests.journeys.conftest import People

_PAGE = "/console/time/policies/standard"
_NOTE = "进展更新放宽为六个工作日，试行一个季度。"


async def test_a_policy_is_changed_and_tried(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    await bank.hire("wang")
    ticket = await hours.came(bank, timedelta(hours=1), "general", customer=bank.customer())
    before = await hours.clock_of(bank, ticket, "update")
    person = await people()
    page = person.page
    await bank.signed_in(person, "wang", _PAGE)
    await agent.button(page, "编辑").click()
    rule = page.locator("details.rule").filter(has=page.get_by_role("heading", name="进展更新"))
    await rule.locator("summary").first.click()
    amount = rule.get_by_label("数量").first
    await expect(amount).to_have_value("2")
    await amount.fill("6")
    await person.picture("console-policy")
    await agent.button(page, "预览并保存").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name="1 处不同")).to_be_visible()
    await expect(dialog.get_by_role("row").filter(has_text=ticket["number"])).to_contain_text("推迟")
    await dialog.get_by_label("说明").fill(_NOTE)
    await person.picture("console-policy-preview")
    await agent.button(dialog, "保存为新版本").click()
    await expect(page.get_by_text("已保存为第 2 版")).to_be_visible()
    newest = page.get_by_role("listitem").filter(has_text=_NOTE)
    await newest.get_by_text("1 处不同").click()
    await expect(newest.get_by_text("进展更新").first).to_be_visible()
    await expect(_changed(newest, "2")).to_be_visible()
    await expect(_changed(newest, "6")).to_be_visible()
    await person.picture("time/policy-history", whole=True)
    # What was started keeps its version: nobody asked for running clocks to move.
    after = await hours.clock_of(bank, ticket, "update")
    assert (after["due_at"], after["policy_version"]) == (before["due_at"], 1)
    await page.get_by_role("link", name="试算到期时间").last.click()
    await _tried(page.get_by_role("main"))
    await person.picture("console-simulate")


async def _tried(page: Locator) -> None:
    await page.get_by_label("计时", exact=True).select_option(label="进展更新")
    await page.get_by_label("开始时间").fill("2035-03-02T10:00")
    await agent.button(page, "试算").click()
    # Friday's rest, six working days, a weekend between: the sixth ends on Monday at midnight.
    await expect(page.get_by_role("heading", name=re.compile("2035年3月12日 24:00 到期"))).to_be_visible()
    await expect(page.get_by_text(re.compile("周末，不计时")).first).to_be_visible()
    await expect(page.get_by_text("合计已计")).to_be_visible()


def _changed(within: Locator, value: str) -> Locator:
    return within.get_by_text(value, exact=True)


async def test_a_longer_limit_of_the_regulator_is_decided_by_two(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    wang = await bank.hire("wang")
    await bank.hire("root", "admin")
    body = (await wang.get("/sla/policies/complaint")).json()["body"]
    body = {**body, "clocks": [{**rule, "ladder": []} for rule in body["clocks"]]}
    made = await wang.post("/sla/policies", json={"body": body, "note": "梯级另定"})
    assert made.status_code == 201, made.text
    person = await people()
    page = person.page
    await bank.signed_in(person, "wang", "/console/time/policies/complaint")
    await agent.button(page, "编辑").click()
    rule = page.locator("details.rule").filter(has=page.get_by_role("heading", name="消费投诉处理时限"))
    await rule.locator("summary").first.click()
    await rule.get_by_label("数量").first.fill("20")
    await agent.button(page, "预览并保存").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("须由另一位同事审批后生效")).to_be_visible()
    await dialog.get_by_label("说明").fill("本季度情况普遍复杂")
    await person.picture("time/policy-second", whole=True)
    await agent.button(dialog, "提交审批").click()
    await expect(page.get_by_role("heading", name="“消费投诉”的变更等待审批")).to_be_visible()
    await expect(page.get_by_text("这是您提出的，须由另一位同事审批。")).to_be_visible()
    assert (await wang.get("/sla/policies/complaint")).json()["version"] == 2
    second = await people()
    await bank.signed_in(second, "root", "/console/time/policies")
    waiting = second.page.locator("section.waits")
    await expect(waiting.get_by_text("放宽的时限：消费投诉处理时限")).to_be_visible()
    await second.picture("time/policy-waits", whole=True)
    await agent.button(waiting, "批准生效").click()
    await expect(second.page.get_by_text("的变更已批准。")).to_be_visible()
    assert (await wang.get("/sla/policies/complaint")).json()["version"] == 3


async def test_a_policy_is_retired(bank: Bank, people: People) -> None:
    """It matches no new tickets; what it started goes on by it."""
    await hours.keep_time(bank)
    wang = await bank.hire("wang")
    body = (await wang.get("/sla/policies/standard")).json()["body"]
    own = {
        **body,
        "code": "branch",
        "title": {"zh": "分行试行", "en": "A branch's trial"},
        "rank": 1,
        "match": {"kinds": ["enquiry"]},
    }
    made = await wang.post("/sla/policies", json={"body": own, "note": "分行试行"})
    assert made.status_code == 201, made.text
    ticket = await bank.ticket("general", priority="normal", customer=bank.customer())
    assert (await hours.clock_of(bank, ticket, "first_response"))["policy"] == "branch"
    person = await people()
    page = person.page
    await bank.signed_in(person, "wang", "/console/time/policies/branch")
    await agent.button(page, "停用").click()
    dialog = page.get_by_role("dialog")
    await agent.button(dialog, "停用").click()
    await expect(dialog.get_by_role("textbox", name="说明")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("说明").fill("试行结束")
    await agent.button(dialog, "停用").click()
    await expect(page.get_by_text("已停用").first).to_be_visible()
    await person.picture("time/policy-retired")
    later = await bank.ticket("general", priority="normal", customer=bank.customer())
    assert (await hours.clock_of(bank, later, "first_response"))["policy"] == "standard"
    assert (await hours.clock_of(bank, ticket, "first_response"))["policy"] == "branch"
