"""A session ends while somebody is typing: they come back in over the page, and nothing of it is lost."""

from collections.abc import Callable

import psycopg
import pytest
from playwright.async_api import expect

from bihuan.core.settings import Settings
from tests.journeys import agent
from tests.journeys.bank import PASSWORD, Bank
from tests.journeys.browser import PHONE
from tests.journeys.conftest import People

_WORDS = "写到一半的话，不能丢。"


@pytest.fixture
def end_sessions(journey_settings: Settings) -> Callable[[Bank], None]:
    """Ends every session of a tenant's staff and customers, as when they run out."""

    def end(bank: Bank) -> None:
        with psycopg.connect(journey_settings.database_admin_url, autocommit=True) as connection:
            for table in ("session", "customer_session"):
                connection.execute(
                    f"delete from {table} where tenant_id = %s".encode(), (bank.house.tenant_id,)
                )

    return end


async def test_an_agent_loses_nothing(
    bank: Bank, people: People, end_sessions: Callable[[Bank], None]
) -> None:
    await bank.hire("wang")
    ticket = await bank.ticket("general", customer=bank.customer())
    person = await people()
    page = person.page
    person.expects(401, r"/api/v1/")
    await bank.signed_in(person, "wang", f"/console/tickets/{ticket['number']}")
    await page.get_by_label("给客户的答复").fill(_WORDS)
    await expect(page.get_by_text("草稿已保存")).to_be_visible()
    end_sessions(bank)
    # The page notices by itself, at the latest when there is something new to read.
    await bank.do("note", ticket, body="同事的备注")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name="登录已到期")).to_be_visible()
    await expect(page.get_by_label("给客户的答复")).to_have_value(_WORDS)
    await person.picture("console-session-lost")
    await dialog.get_by_label("密码").fill(PASSWORD)
    await dialog.get_by_role("button", name="登录", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_label("给客户的答复")).to_have_value(_WORDS)
    await agent.button(page, "发送答复").click()
    await expect(page.get_by_role("article").filter(has_text=_WORDS)).to_be_visible()


async def test_a_customer_loses_nothing(
    bank: Bank, people: People, end_sessions: Callable[[Bank], None]
) -> None:
    ticket = await bank.ticket("general", customer=bank.customer())
    person = await people(PHONE)
    page = person.page
    person.expects(401, r"/api/v1/portal/")
    await page.goto(await bank.link(ticket=ticket["number"]))
    await page.get_by_label("给我们留言").fill(_WORDS)
    await person.quiet()
    end_sessions(bank)
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_role("heading", name="已自动退出")).to_be_visible()
    await expect(page.get_by_label("给我们留言")).to_have_value(_WORDS)
    await person.picture("portal-session-over")
    # Back in by a new link, at another tab; then this one goes on.
    other = await person.context.new_page()
    await other.goto(await bank.link(ticket=ticket["number"]))
    await expect(other.get_by_role("heading", level=1)).to_be_visible()
    await page.get_by_role("button", name="我已重新进入").click()
    await expect(page.get_by_label("给我们留言")).to_have_value(_WORDS)
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_role("listitem").filter(has_text=_WORDS)).to_be_visible()
