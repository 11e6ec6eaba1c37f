"""A bank that keeps time: the shipped calendars and policies, tickets that came long ago, and a notice made up here.

The server runs by the real clock. What shall be due in a moment came as long ago as its limit is: it is opened by this
process, whose clock travels back for that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from bihuan import identity, sla
from bihuan.core import clock
from bihuan.core.actor import desk_actor
from bihuan.identity import NewRole, NewTeam
from tests.journeys.bank import Bank, Json

ZONE = ZoneInfo("Asia/Shanghai")
#: Longer ago than any ticket of the journeys.
_KEPT_DAYS = 120
#: The name of a day off that no notice ever named.
DAY_OFF = "示例行庆日"
_LOOKED_AT_DAYS = 20


@contextmanager
def ago(length: timedelta) -> Iterator[datetime]:
    """For this process it is so long ago; gives the moment."""
    then = datetime.now(UTC) - length
    with clock.travel(then):
        yield then


async def keep_time(bank: Bank) -> None:
    """Load what is shipped, as of long ago, and the team that complaints go to. Again does nothing."""
    tenant_id = bank.house.tenant_id
    with ago(timedelta(days=_KEPT_DAYS)):
        async with bank.house.desk.database.work(tenant_id) as work:
            actor = desk_actor(tenant_id)
            changes = await sla.load_shipped(work, actor)
            if any(change.change == "added" for change in changes):
                team = NewTeam(code="CP", name_zh="消费者权益保护", name_en="Consumer protection")
                await identity.add_team(work, actor, team)


async def hire_planner(bank: Bank, login: str) -> httpx.AsyncClient:
    """Somebody who may both propose a calendar and approve what others propose, and sees the tickets."""
    wanted = [
        "ticket.read",
        "ticket.read_all",
        "case_type.read",
        "people.read",
        "sla.read",
        "sla.manage",
        "sla.approve",
    ]
    role = NewRole(code="planner", name_zh="时限管理", name_en="Planner", permissions=wanted)
    async with bank.house.desk.database.work(bank.house.tenant_id) as work:
        await identity.put_role(work, desk_actor(bank.house.tenant_id), role)
    return await bank.hire(login, "planner")


async def clock_of(bank: Bank, ticket: Json, kind: str) -> Json:
    """A clock of a ticket, as the API tells it."""
    client = await bank.house.client("supervisor")
    answer = await client.get(f"/tickets/{ticket['id']}/clocks")
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json()["clocks"] if one["kind"] == kind)


async def ledger_of(bank: Bank, ticket: Json, kind: str) -> Json:
    """Its ledger; the stretches that counted must sum to what the desk says was counted, to the second."""
    client = await bank.house.client("supervisor")
    answer = await client.get(f"/tickets/{ticket['id']}/clocks/{kind}/ledger")
    assert answer.status_code == 200, answer.text
    told = dict(answer.json())
    counted = sum((_length(one) for one in told["entries"] if one["counted"]), timedelta())
    assert abs(counted.total_seconds() - told["counted_seconds"]) < 1, told
    ahead = sum((_length(one) for one in told["ahead"] if one["counted"]), timedelta())
    if ahead:
        assert abs((counted + ahead).total_seconds() - told["target_seconds"]) < 1, told
    return told


def _length(entry: Json) -> timedelta:
    return datetime.fromisoformat(entry["end"]) - datetime.fromisoformat(entry["start"])


def next_working_day(calendar: Json, today: date) -> date:
    """The first day after today on which the calendar's body counts anything."""
    dated = {one["on"]: one for one in calendar["days"]}
    for step in range(1, _LOOKED_AT_DAYS):
        on = today + timedelta(days=step)
        day = dated.get(on.isoformat())
        if day.get("segments") if day else calendar["week"][on.weekday()]:
            return on
    raise AssertionError("no working day is near")


def notice_with(calendar: Json, on: date) -> str:
    """A notice as CSV: what the calendar has of that year, and one day more that is off."""
    year = _notice_year(on)
    kept = [one for one in calendar["days"] if _notice_year(date.fromisoformat(one["on"])) == year]
    rows = [f"{one['on']},{one['name']},{'否' if one['kind'] == 'makeup' else '是'}" for one in kept]
    return "\n".join(["日期,名称,放假", *rows, f"{on},{DAY_OFF},是"])


def _notice_year(on: date) -> int:
    return on.year + (on.month == 12)


def spoken(moment: str) -> str:
    """A due moment as the pages write it in full: date and time of Shanghai, midnight as the end of the day before."""
    at = datetime.fromisoformat(moment).astimezone(ZONE)
    if (at.hour, at.minute) == (0, 0):
        return (at - timedelta(minutes=1)).strftime("%Y-%m-%d 24:00")
    return at.strftime("%Y-%m-%d %H:%M")


async def came(bank: Bank, length: timedelta, case_type: str = "general", **about: Any) -> Json:
    """A ticket that came so long ago."""
    with ago(length):
        return await bank.ticket(case_type, **about)
