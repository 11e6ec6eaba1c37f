"""How people want to be told, and that they are told so."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import clock
from bihuan.notices import feed as feeds
from bihuan.notices import quiet, texts
from bihuan.notices.model import KINDS, Quiet
from tests.channels.portal import customer, sent
from tests.conftest import House
from tests.notices.telling import deliveries, kinds, settings, told
from tests.tickets.doing import do

_MAIL = "ann@bank.example"


async def test_the_defaults(house: House) -> None:
    ann = await house.client("agent", login="ann")
    shown = (await ann.get("/notices/preferences")).json()
    assert shown["channels"] == {"in_app": True, "email": False}
    assert (shown["email"], shown["quiet"], shown["urgent_anyway"], shown["kinds"]) == (None, None, False, {})
    wanted = {kind["code"]: kind["wanted"] for kind in shown["all_kinds"]}
    assert wanted.keys() == KINDS.keys() and not wanted["opened"] and wanted["assigned"]
    assert shown["mail_is_sent"] is False
    with settings(house):
        assert (await ann.get("/notices/preferences")).json()["mail_is_sent"] is True


async def test_what_is_put_is_read_back(house: House) -> None:
    ann = await house.client("agent", login="ann")
    wishes = {
        "channels": {"in_app": True, "email": True},
        "email": _MAIL,
        "quiet": {"from": "21:30", "to": "07:00", "zone": "Asia/Shanghai"},
        "urgent_anyway": True,
        "kinds": {"moved_on": False, "opened": True},
    }
    put = await ann.put("/notices/preferences", json=wishes)
    assert put.status_code == 200, put.text
    shown = (await ann.get("/notices/preferences")).json()
    assert shown == put.json() and {name: shown[name] for name in wishes} == wishes
    # Replaced as a whole.
    shown = (await ann.put("/notices/preferences", json={})).json()
    assert (shown["email"], shown["kinds"], shown["quiet"]) == (None, {}, None)


@pytest.mark.parametrize(
    ("wishes", "pointer"),
    [
        ({"channels": {"email": True}}, "/email"),
        ({"email": "nobody"}, "/email"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "/email"),
        ({"kinds": {"nonsense": True}}, "/kinds/nonsense"),
        ({"quiet": {"from": "22:00", "to": "22:00"}}, "/quiet/to"),
        ({"quiet": {"from": "22:00", "to": "08:00", "zone": "Mars/Olympus"}}, "/quiet/zone"),
        ({"quiet": {"from": "24:00", "to": "08:00"}}, "/quiet/from"),
        ({"channels": {"in_app": False}}, "/channels/in_app"),
    ],
)
async def test_wishes_that_cannot_be(shared_house: House, wishes: dict[str, Any], pointer: str) -> None:
    ann = await shared_house.client("agent", login="ann")
    answer = await ann.put("/notices/preferences", json=wishes)
    assert answer.status_code == 422, answer.text
    assert pointer in {problem["pointer"] for problem in answer.json()["errors"]}


async def test_a_kind_nobody_wants_is_not_told(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    await ann.put("/notices/preferences", json={"kinds": {"assigned": False}})
    ticket = await house.ticket(chief, "general")
    ticket = await do(chief, ticket, "assign", assignee="ann")
    await chief.post(f"/tickets/{ticket['id']}/receive", json={"body": "有进展吗？", "channel": "phone"})
    await told(house)
    assert await kinds(ann) == ["received"]


async def test_mail_as_wished(house: House, owner: psycopg.Connection) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    await house.client("agent", login="ben")
    await ann.put("/notices/preferences", json={"channels": {"email": True}, "email": _MAIL})
    with settings(house):
        ticket = await do(chief, await house.ticket(chief, "general"), "assign", assignee="ben")
        ticket = await do(chief, ticket, "assign", assignee="ann")
        await told(house)
        rows = [row for row in deliveries(owner, house, ticket) if row["staff_id"] is not None]
    (row,) = rows
    assert row["target"] == f"staff:{house.people['ann']}" and row["kind"] == "assigned"
    assert (row["channel"], row["state"]) == ("email", "waiting") and row["due_at"] <= row["created_at"]
    # Codes alone: the address is looked up when it is sent.
    assert _MAIL not in str(row) and ticket["title"] not in str(row)
    async with house.desk.database.work(house.tenant_id) as work:
        text = await texts.render(
            work, row["kind"], row["data"], "en", public_url="https://desk.bank.example/"
        )
    assert text.title == f"Ticket {ticket['number']} is yours now"
    assert text.link == f"https://desk.bank.example/console/tickets/{ticket['number']}"


async def test_many_mails_become_one(house: House, owner: psycopg.Connection) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    await ann.put("/notices/preferences", json={"channels": {"email": True}, "email": _MAIL})
    later = feeds.window_of(clock.now()) + timedelta(hours=1, minutes=1)
    with clock.travel(later), settings(house):
        for _ in range(9):
            await do(chief, await house.ticket(chief, "general"), "assign", assignee="ann")
            await told(house)
        rows = [row for row in deliveries(owner, house) if row["kind"] == "assigned"]
        assert len(rows) == feeds.MOST_SINGLE + 1
        (last,) = [row for row in rows if row["ticket_id"] is None]
        assert last["data"] == {"gathered": True, "count": 4}
        assert last["due_at"] == feeds.window_of(later) + feeds.WINDOW
        async with house.desk.database.work(house.tenant_id) as work:
            text = await texts.render(work, "assigned", last["data"], "en")
        assert text.title == "4 more tickets given to you"


@pytest.mark.parametrize("anyway", [False, True])
async def test_quiet_hours(house: House, owner: psycopg.Connection, anyway: bool) -> None:
    """At night nothing is mailed but, for who wants that, what is urgent."""
    chief, ann = await house.client(), await house.client("agent", login="ann")
    wishes = {
        "channels": {"email": True},
        "email": _MAIL,
        "quiet": {"from": "22:00", "to": "08:00", "zone": "Asia/Shanghai"},
        "urgent_anyway": anyway,
    }
    assert (await ann.put("/notices/preferences", json=wishes)).status_code == 200
    night = (clock.now() + timedelta(days=1)).replace(hour=15, minute=30)
    morning = (night + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    with clock.travel(night), settings(house):
        urgent = await house.ticket(chief, "disputed_bill", priority="urgent")
        await do(chief, await house.ticket(chief, "general"), "assign", assignee="ann")
        await told(house)
        rows = {row["kind"]: row for row in deliveries(owner, house) if row["staff_id"] is not None}
    assert rows.keys() == {"urgent", "assigned"} and urgent["priority"] == "urgent"
    assert rows["assigned"]["due_at"] == morning
    assert rows["urgent"]["due_at"] == (night if anyway else morning)


_ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe")
_MINUTES = st.integers(0, 1439).map(lambda m: f"{m // 60:02}:{m % 60:02}")


@given(
    st.integers(0, 366 * 24 * 60).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m)),
    _MINUTES, _MINUTES, st.sampled_from(_ZONES),
)  # fmt: skip
def test_quiet_hours_end_at_their_end(at: datetime, start: str, end: str, zone: str) -> None:
    if start == end:
        assert quiet.parse(f"{start}-{end}") is None
        return
    hours = Quiet(from_=start, to=end, zone=zone)
    due = quiet.after(at, hours)
    assert due >= at and quiet.after(at, None) == at
    wall = f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
    is_quiet = (start <= wall < end) if start < end else (wall >= start or wall < end)
    if not is_quiet:
        assert due == at
    elif due != at:
        # A wall clock may skip or repeat an hour.
        assert due - at <= timedelta(hours=25)
        skipped = f"{due.astimezone(ZoneInfo(zone)):%H:%M}" != end
        assert not skipped or zone not in ("Asia/Shanghai", "UTC")


def test_the_setting_is_read() -> None:
    assert quiet.parse("22:00-08:00") == Quiet(from_="22:00", to="08:00", zone="Asia/Shanghai")
    assert quiet.parse("") is None


async def test_a_customers_wishes(house: House, owner: psycopg.Connection) -> None:
    browser = await customer(house)
    shown = (await browser.get("/portal/preferences")).json()
    assert shown == {"email": True, "sms": True, "email_to": None, "sms_to": None}
    with settings(house):
        shown = (await browser.get("/portal/preferences")).json()
        assert shown["email_to"] is None and shown["sms_to"].endswith("8000") and "*" in shown["sms_to"]
        answer = await browser.put("/portal/preferences", json={"email": True, "sms": False})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["email"], answer.json()["sms"]) == (True, False)
        assert (await browser.get("/portal/preferences")).json() == answer.json()
        first = await sent(house, browser)
        await told(house)
        assert deliveries(owner, house, first) == []
        await browser.put("/portal/preferences", json={"email": True, "sms": True})
        second = await sent(house, browser, title="另一个问题")
        await told(house)
        assert len(deliveries(owner, house, second)) == 1


async def test_a_colleague_has_no_business_with_a_customers_wishes(house: House) -> None:
    ann = await house.client("agent", login="ann")
    assert (await ann.get("/portal/preferences")).status_code == 401
    assert (await ann.put("/portal/preferences", json={"email": True, "sms": False})).status_code == 401
    # Nor a customer with a colleague's.
    browser = await customer(house)
    assert (await browser.get("/notices/preferences")).status_code == 401
    assert (await browser.get("/notices")).status_code == 401
