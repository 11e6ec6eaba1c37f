"""Two agents answer at the same moment: both texts stand on the screen, and none is lost."""

import re

from playwright.async_api import expect

from tests.journeys import agent
from tests.journeys.bank import Bank
from tests.journeys.conftest import People

_FIRST = "您好，卡片已为您冻结。"
_SECOND = "您好，请问最近一次使用是什么时候？"


async def test_two_agents_answer_at_once(bank: Bank, people: People) -> None:
    for login in ("wang", "zhao"):
        await bank.hire(login)
    ticket = await bank.ticket("general", customer=bank.customer())
    wang, zhao = await people(), await people()
    for person, login in ((wang, "wang"), (zhao, "zhao")):
        await bank.signed_in(person, login, f"/console/tickets/{ticket['number']}")
    wang.expects(409, r"/reply$")
    box = wang.page.get_by_label("给客户的答复")
    await box.fill(_SECOND)
    await agent.say(zhao.page, _FIRST)
    # The newer words come to the other's screen, and leave alone what is being typed there.
    await expect(wang.page.get_by_text(_FIRST)).to_be_visible()
    await expect(box).to_have_value(_SECOND)
    await agent.button(wang.page, "发送答复").click()
    conflict = wang.page.get_by_role("region", name="工单刚有变动")
    await expect(conflict.get_by_text(_FIRST)).to_be_visible()
    await expect(conflict.get_by_text(_SECOND)).to_be_visible()
    await wang.picture("console-collision")
    await agent.button(wang.page, "看过了").click()
    for person in (wang, zhao):
        await expect(person.page.get_by_role("article").filter(has_text=_SECOND)).to_be_visible()
    told = [m["body"] for m in (await bank.read(ticket))["messages"]] if "messages" in ticket else None
    assert told is None or {_FIRST, _SECOND} <= set(told)


async def test_words_put_aside_are_offered_again(bank: Bank, people: People) -> None:
    """Kept as a draft, they are there at the next visit, at another computer too."""
    await bank.hire("wang")
    ticket = await bank.ticket("general", customer=bank.customer())
    here, there = await people(), await people()
    await bank.signed_in(here, "wang", f"/console/tickets/{ticket['number']}")
    await here.page.get_by_label("给客户的答复").fill(_SECOND)
    await expect(here.page.get_by_text("草稿已保存")).to_be_visible()
    await bank.signed_in(there, "wang", f"/console/tickets/{ticket['number']}")
    await expect(there.page.get_by_text(re.compile("未发送的草稿"))).to_be_visible()
    await agent.button(there.page, "继续写").click()
    await expect(there.page.get_by_label("给客户的答复")).to_have_value(_SECOND)
