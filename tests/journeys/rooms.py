"""The rooms in which time is kept and notices are read, for the walk: what is in them, and how one comes to each."""

from datetime import timedelta
from typing import Any

from playwright.async_api import expect

from bihuan.core import clock
from bihuan.core.db import Query
from bihuan.notices import queue
from tests.journeys import hours, walk
from tests.journeys.bank import Bank, Json
from tests.journeys.browser import Person
from tests.journeys.walk import Stop

_NOTE = "示例：进展更新放宽为三个工作日。"
_WHY = "须向两家机构调阅录音。"
_NOTICE = "您好，我们还在调阅录音，最迟 30 日内答复您。"
#: Nobody's: it is set up and stays silent.
_ROBOT = {
    "code": "team_group", "kind": "wecom", "active": False, "teams": ["DISPUTE"],
    "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000000",
}  # fmt: skip


async def filled(bank: Bank) -> Json:
    """What `walk.filled` makes, at a bank that keeps time: clocks of every kind, a change, a proposal, notices, messages."""
    await hours.keep_time(bank)
    ticket = await walk.filled(bank)
    boss = await bank.house.client("supervisor")
    soon = await hours.came(bank, timedelta(hours=3, minutes=50), "general", customer=bank.customer())
    await bank.do("assign", soon, assignee="wang")
    with hours.ago(timedelta(days=10)):
        complaint = await bank.ticket("service_complaint", customer=bank.customer())
        wish = {"stage": "complex", "reason": _WHY, "notice": _NOTICE}
        path = f"/tickets/{complaint['id']}/clocks/CN_NFRA_COMPLAINT/extensions"
        assert (await boss.post(path, json=wish)).status_code == 201
    await _changed(bank)
    names = await _proposed(bank)
    await _messages(bank, soon)
    assert (await boss.put("/notices/robots", json=_ROBOT)).status_code == 200
    others = [
        complaint["title"],
        (await bank.house.example("service_complaint"))["description"],
        complaint["fields"],
        complaint["elements"],
        soon["title"],
        _NOTE,
        _WHY,
        _NOTICE,
    ]
    return {**ticket, "complaint": complaint["number"], "others": [*ticket["others"], *others, *names]}


async def _changed(bank: Bank) -> None:
    """A new version of a policy, by which running clocks go too."""
    boss = await bank.house.client("supervisor")
    view = (await boss.get("/sla/policies/standard")).json()
    update = next(rule for rule in view["body"]["clocks"] if rule["code"] == "update")
    update["limit"]["amount"] = 3
    wish = {"body": view["body"], "note": _NOTE, "move_running": True}
    answer = await boss.post("/sla/policies", json=wish)
    assert answer.status_code == 201, answer.text


async def _proposed(bank: Bank) -> list[str]:
    """A calendar that waits to be approved; what the days of both are called, as their notices call them."""
    boss = await bank.house.client("supervisor")
    body = (await boss.get("/sla/calendars/cn_working")).json()["body"]
    off = hours.next_working_day(body, clock.now().astimezone(hours.ZONE).date())
    text = {"text": hours.notice_with(body, off), "format": "csv"}
    noticed = (await boss.post("/sla/calendars/cn_working/notice", json=text)).json()
    wish = {"body": noticed["body"], "note": _NOTE, "move_running": True, "from_notice": True}
    answer = await boss.post("/sla/calendars/cn_working/versions", json=wish)
    assert answer.status_code == 201, answer.text
    return sorted({day["name"] for day in noticed["body"]["days"]})


async def _messages(bank: Bank, ticket: Json) -> None:
    """Two messages nobody could send: of one it is known, of the other not."""
    house = bank.house
    data = {"number": ticket["number"]}
    async with house.desk.database.work(house.tenant_id) as work:
        about: dict[str, Any] = {"kind": "nudged", "language": "zh", "data": data, "due_at": clock.now()}
        for news in ("one", "two"):
            await queue.queue(
                work, channel="robot", target=f"robot:{news}", news=news, ticket_id=None, **about
            )
        sql = (
            "update delivery set state = case when robot = 'one' then 'unknown' else 'dead' end, error = 'recipient_refused'"
            " where tenant_id = %(tenant_id)s"
        )
        await work.run(Query(name="test", sql=sql, prepare=False))


async def _ledger(person: Person, _: Json) -> None:
    """Why the complaint's own limit is when it is."""
    page = person.page
    if await page.get_by_role("dialog").is_visible():
        return
    # Where there is little room the clocks are folded away; folding and unfolding takes an open dialog along.
    await expect(page.locator("li.clock .ways button").first).to_be_attached()
    await page.locator("details:has(li.clock)").evaluate_all(
        "(all) => all.forEach((one) => { one.open = true })"
    )
    await page.locator("li.clock .ways button").first.click()
    await expect(page.get_by_role("dialog").locator(".sum").first).to_be_visible()


async def _form(person: Person, _: Json) -> None:
    """The policy being edited, a clock of it open."""
    await person.page.locator("header .end button").first.click()
    await person.page.locator("details.rule").nth(1).locator("summary").first.click()
    await expect(person.page.locator("details.rule").nth(1).locator("input").first).to_be_visible()


async def _edited(person: Person, _: Json) -> None:
    """The calendar being edited."""
    await person.page.locator("header .end button").last.click()
    await expect(person.page.locator("fieldset input").first).to_be_visible()


async def _reckoned(person: Person, _: Json) -> None:
    """A trial, and why."""
    await person.page.locator("form button[type=submit]").click()
    await expect(person.page.locator(".ledger .sum").first).to_be_visible()


async def _all_of_them(person: Person, _: Json) -> None:
    """Messages in any state."""
    await person.page.locator("select").first.select_option("")
    await expect(person.page.locator(".rows li")).not_to_have_count(0)


async def _bell(person: Person, _: Json) -> None:
    await person.page.locator(".bell").click()
    await expect(person.page.locator(".feed li").first).to_be_visible()


ROOMS = (
    Stop(name="board", path="/console/board?within=1440", closely="zh"),
    Stop(name="ledger", path="/console/tickets/{complaint}", then=_ledger, closely="en", anew=True),
    Stop(name="calendars", path="/console/time/calendars", closely="en"),
    Stop(name="calendar", path="/console/time/calendars/cn_working", closely="zh"),
    Stop(name="calendar-form", path="/console/time/calendars/service_hours", then=_edited, closely="en"),
    Stop(name="policies", path="/console/time/policies", closely="zh"),
    Stop(name="policy", path="/console/time/policies/standard", closely="en"),
    Stop(name="policy-form", path="/console/time/policies/complaint", then=_form, closely="en"),
    Stop(name="simulate", path="/console/time/simulate", then=_reckoned, closely="en"),
    Stop(name="changes", path="/console/time/changes", closely="zh"),
    Stop(name="feed", path="/console/notices", closely="zh"),
    Stop(name="bell", path="/console/notices", then=_bell, closely="en"),
    Stop(name="preferences", path="/console/notices/preferences", closely="en"),
    Stop(name="deliveries", path="/console/notices/deliveries", then=_all_of_them, closely="zh"),
    Stop(name="robots", path="/console/notices/robots", closely="zh"),
)
