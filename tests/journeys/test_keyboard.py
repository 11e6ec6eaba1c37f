"""An agent's whole ticket by the keyboard alone, from signing in to the archive: no pointer is ever touched."""

import re

from playwright.async_api import expect

from tests.journeys.agent import Keys, state
from tests.journeys.bank import PASSWORD, Bank
from tests.journeys.conftest import People

_NO_POINTER = """addEventListener('pointerdown', () => { window.pointed = true }, true)
addEventListener('click', (event) => { if (event.detail > 0) window.pointed = true }, true)"""
_FINDING = "已转产品部门评估。"


async def test_a_whole_ticket_by_keys(bank: Bank, people: People) -> None:
    await bank.hire("wang", team="CS_L1")
    ticket = await bank.ticket("general", customer=bank.customer())
    person = await people()
    page, keys = person.page, Keys(person.page)
    person.expects(401, r"/api/v1/session$")
    await page.add_init_script(_NO_POINTER)
    await page.goto("/console/")
    for name, words in (("机构代码", bank.code), ("账号", "wang"), ("密码", PASSWORD)):
        await keys.write(name, words)
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("登录工单台")
    # The number leads there from anywhere.
    await keys.press("/")
    await page.keyboard.type(ticket["number"])
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(ticket["title"])
    await keys.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("快捷键")
    await person.picture("console-keys")
    await keys.press("Escape")
    await keys.press("k")
    await keys.tick("判断事项")
    await keys.press("Control+Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.press("c")
    await expect(page.get_by_text("由您负责").first).to_be_visible()
    await keys.press("r")
    await expect(page.get_by_label("给客户的答复")).to_be_focused()
    await page.keyboard.insert_text("您好，您的建议已经收到，我们正在评估。")
    await keys.press("Control+Enter")
    await expect(page.get_by_role("article").filter(has_text="我们正在评估")).to_be_visible()
    await expect(page.get_by_label("给客户的答复")).to_have_value("")
    await person.quiet()
    await keys.press("Escape", "k")
    await keys.tick("依据知识库答复")
    await keys.press("Control+Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.press("e")
    await keys.write("答复内容", _FINDING)
    await keys.choose("处理结果", "已转相关部门")
    await keys.press("Control+Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.press("d")
    await keys.write("告诉客户的结论", "已登记您的建议，并转产品部门。")
    await keys.press("Control+Enter")
    await expect(state(page, "待回访")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.press("b")
    await keys.choose("回访结果", "满意")
    await keys.press("Control+Enter")
    await expect(state(page, "已回访")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.press("z", "Control+Enter")
    await expect(state(page, "已归档")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await keys.press("Shift+V")
    await expect(page.get_by_text(re.compile("校验通过"))).to_be_visible()
    await person.picture("console-archived-by-keys")
    assert not await page.evaluate("() => Boolean(window.pointed)")
    assert (await bank.read(ticket))["state"] == "archived"
