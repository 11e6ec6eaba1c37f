"""An answer that tells what is not public waits until the customer was verified; its words stay meanwhile."""

from playwright.async_api import expect

from tests.journeys import agent
from tests.journeys.bank import Bank
from tests.journeys.conftest import People

WORDS = "您名下该笔分期尚余三期，下期账单日为每月五日。"


async def test_what_is_not_public_is_told_to_the_verified_alone(bank: Bank, people: People) -> None:
    await bank.hire("wang")
    ticket = await bank.ticket(customer=bank.customer())
    person = await people()
    person.expects(409, r"/reply$")
    page = person.page
    await bank.signed_in(person, "wang", f"/console/tickets/{ticket['number']}")
    tells = page.get_by_label("告知了不公开的信息")
    await page.get_by_label("给客户的答复").fill(WORDS)
    await tells.check()
    await agent.button(page, "发送答复").click()
    await expect(page.get_by_text("核身").filter(has_text="级").first).to_be_visible()
    await expect(page.get_by_label("给客户的答复")).to_have_value(WORDS)
    await person.picture("console-disclosing")
    await bank.verified(ticket["number"], "face")
    await agent.button(page, "发送答复").click()
    await expect(page.get_by_role("article").filter(has_text=WORDS)).to_be_visible()
    await expect(tells).not_to_be_checked()
