"""What only a person can decide: new facts that restart a clock, and a message that may or may not have arrived."""

from datetime import datetime, timedelta

import psycopg
from playwright.async_api import expect

from bihuan.core import clock
from bihuan.core.settings import Settings
from bihuan.notices import queue
from tests.journeys import agent, hours
from tests.journeys.bank import Bank
from tests.journeys.conftest import People

_KIND = "CN_NFRA_COMPLAINT"
_FACTS = "客户补充了第二笔交易的凭证。"
_NOTE = "已向运营商核实，短信未送达。"


async def test_new_facts_begin_a_clock_anew(bank: Bank, people: People) -> None:
    await hours.keep_time(bank)
    await bank.hire("wang")
    ticket = await hours.came(bank, timedelta(days=3), "service_complaint", customer=bank.customer())
    before = (await hours.clock_of(bank, ticket, _KIND))["started_at"]
    person = await people()
    page = person.page
    await bank.signed_in(person, "wang", f"/console/tickets/{ticket['number']}")
    await agent.button(page, "登记新事实").click()
    dialog = page.get_by_role("dialog")
    await agent.button(dialog, "登记新事实").click()
    await expect(dialog.get_by_role("textbox").first).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_role("textbox").first.fill(_FACTS)
    await person.picture("time/new-facts")
    await agent.button(dialog, "登记新事实").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("登记了新事实").first).to_be_visible()
    after = (await hours.clock_of(bank, ticket, _KIND))["started_at"]
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) > timedelta(days=2)


async def test_a_message_that_may_have_arrived_is_decided(
    bank: Bank, people: People, journey_settings: Settings
) -> None:
    """It is shown, is not repeated by itself, and what was decided of it stays with the reason."""
    await bank.hire("wang")
    person = await people()
    page = person.page
    house = bank.house
    async with house.desk.database.work(house.tenant_id) as work:
        customer = (await bank.ticket(customer=bank.customer()))["customer"]["id"]
        await queue.queue(
            work, channel="sms", target=f"customer:{customer}", kind="progress", ticket_id=None, language="zh",
            data={"number": "2000000001"}, news="decided by a person", due_at=clock.now() + timedelta(days=30),
        )  # fmt: skip
    with psycopg.connect(journey_settings.database_admin_url, autocommit=True) as owner:
        # As a worker leaves it that ended between the gateway's hearing of it and its answer.
        done = owner.execute(
            "update delivery set state = 'unknown', attempts = 1, error = 'interrupted' where channel = 'sms' and state = 'waiting'"
        )
        assert done.rowcount == 1
    await bank.signed_in(person, "wang", "/console/notices/deliveries")
    line = page.get_by_role("listitem").filter(has_text="短信")
    await agent.button(line, "放弃").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("依据").fill(_NOTE)
    await person.picture("time/delivery-decided")
    await agent.button(dialog, "放弃").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("status").filter(has_text="放弃")).to_be_visible()
