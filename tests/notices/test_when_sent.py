"""What is looked at again at the moment a message leaves: much may have changed since it was queued."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from bihuan.core import clock
from bihuan.notices import letters
from tests.conftest import House
from tests.notices.sending import couriers, logged, rows, sent, with_settings
from tests.notices.servers import MailServer, WebServer, mail_server, web_server
from tests.notices.telling import deliveries, settings, told
from tests.tickets.doing import WAYS, Json, do

_MAIL = {"channels": {"email": True}, "email": "ann@bank.example"}
_QUIET = {"from": "22:00", "to": "08:00", "zone": "Asia/Shanghai"}
_PERSON = {
    "external_ref": "C-2026-0001",
    "name": "张示例",
    "mobiles": ["13800138000"],
    "emails": ["zhang@example.com"],
}
_HOUR = timedelta(hours=1)


def _tomorrow_at(hour: int) -> datetime:
    """An hour of tomorrow in Beijing."""
    here = clock.now().astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
    return here.replace(hour=hour, minute=0, second=0, microsecond=0)


async def _mailed_to_ann(house: House) -> Json:
    """A ticket given to somebody who wants mail, whose mail waits."""
    chief, ann = await house.client(), await house.client("agent", login="ann")
    assert (await ann.put("/notices/preferences", json=_MAIL)).status_code == 200
    ticket = await do(chief, await house.ticket(chief, "general"), "assign", assignee="ann")
    with settings(house):
        await told(house)
    return ticket


def _to_ann(house: House, owner: psycopg.Connection) -> Json:
    (row,) = [
        r for r in rows(owner, house) if r["staff_id"] == house.people["ann"] and r["kind"] == "assigned"
    ]
    return row


async def _left(house: House, _ticket: Json) -> None:
    admin = await house.client("admin")
    assert (await admin.post(f"/staff/{house.people['ann']}/leave", json={})).status_code == 204


async def _away(house: House, ticket: Json) -> None:
    await do(await house.client(), ticket, "transfer", team="FRAUD", reason="疑似欺诈")


async def _no_mail(house: House, _ticket: Json) -> None:
    ann = await house.client("agent", login="ann")
    wishes = {**_MAIL, "channels": {"email": False}}
    assert (await ann.put("/notices/preferences", json=wishes)).status_code == 200


async def _not_this(house: House, _ticket: Json) -> None:
    ann = await house.client("agent", login="ann")
    assert (
        await ann.put("/notices/preferences", json={**_MAIL, "kinds": {"assigned": False}})
    ).status_code == 200


@pytest.mark.parametrize("change", [_left, _away, _no_mail, _not_this])
async def test_who_left_or_does_not_see_it_or_want_it_is_not_written_to(
    house: House, owner: psycopg.Connection, change: Any
) -> None:
    ticket = await _mailed_to_ann(house)
    await change(house, ticket)
    with mail_server() as server:
        await sent(house, _post(house, server))
        assert server.mails == []
    row = _to_ann(house, owner)
    assert (row["state"], row["error"]) == ("given_up", "not_wanted")


async def test_a_mail_tried_again_keeps_quiet_hours(house: House, owner: psycopg.Connection) -> None:
    await _mailed_to_ann(house)
    ann = await house.client("agent", login="ann")
    assert (await ann.put("/notices/preferences", json={**_MAIL, "quiet": _QUIET})).status_code == 200
    with mail_server() as server:
        with clock.travel(_tomorrow_at(2)):
            await sent(house, _post(house, server))
            assert server.mails == []
        row = _to_ann(house, owner)
        assert (row["state"], row["attempts"], row["due_at"]) == ("waiting", 0, _tomorrow_at(8))
        with clock.travel(_tomorrow_at(8)):
            await sent(house, _post(house, server))
            assert len(server.mails) == 1


def _post(house: House, server: MailServer) -> Any:
    return couriers(house, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="desk@bank.example")


def _by_phone(house: House, web: WebServer) -> Any:
    return couriers(house, sms_url=web.origin, sms_key="a key of the tests' own")


async def _progress(house: House, **more: Any) -> Json:
    """A ticket whose customer is told by SMS that it has come."""
    ticket = await house.ticket(await house.client(), "general", customer=_PERSON)
    with settings(house, smtp_url=""):
        await told(house)
    return ticket


async def test_no_sms_leaves_in_quiet_hours_whatever_held_it_up(
    house: House, owner: psycopg.Connection
) -> None:
    """It was due in the evening; the worker was away, or the gateway did not answer, until the night."""
    await _progress(house)
    before = house.desk.settings
    house.desk.settings = with_settings(house, quiet_hours="22:00-08:00")
    try:
        with web_server() as web:
            with clock.travel(_tomorrow_at(3)):
                assert await sent(house, _by_phone(house, web)) == 0
                assert web.got == []
            with clock.travel(_tomorrow_at(8)):
                assert await sent(house, _by_phone(house, web)) == 1
                assert len(web.got) == 1
    finally:
        house.desk.settings = before
    assert [r["attempts"] for r in deliveries(owner, house)] == [1]


async def test_a_customer_who_wants_none_by_then_gets_none(house: House, owner: psycopg.Connection) -> None:
    ticket = await _progress(house)
    owner.execute(
        "insert into customer_preference (tenant_id, customer_id, body, changed_at) values (%s, %s, %s, %s)",
        [house.tenant_id, ticket["customer"]["id"], '{"email":true,"sms":false}', clock.now()],
    )
    with web_server() as web, clock.travel(_tomorrow_at(12)):
        await sent(house, _by_phone(house, web))
        assert web.got == []
    (row,) = deliveries(owner, house)
    assert (row["state"], row["error"]) == ("given_up", "not_wanted")


async def test_an_earlier_stage_is_not_told_after_a_later_one(
    house: House, owner: psycopg.Connection
) -> None:
    """The first message could not be sent and waits; the second one goes; the first has nothing to say any more."""
    ticket = await _progress(house)
    with settings(house, smtp_url=""), web_server() as web, clock.travel(_tomorrow_at(12)) as time:
        owner.execute(
            "update delivery set attempts = 1, due_at = due_at + interval '2 days' where tenant_id = %s",
            [house.tenant_id],
        )
        chief = await house.client()
        for verb, command in WAYS["following"]:
            ticket = await do(chief, ticket, verb, **command)
        await told(house)
        time.on(_HOUR)
        assert len(deliveries(owner, house)) == 2
        assert await sent(house, _by_phone(house, web)) == 1
        time.on(timedelta(days=3))
        await sent(house, _by_phone(house, web))
        assert len(web.got) == 1
    assert [(r["state"], r["error"]) for r in deliveries(owner, house)] == [
        ("given_up", "overtaken"),
        ("sent", None),
    ]


async def test_what_leaves_is_logged_without_its_text(house: House) -> None:
    await _mailed_to_ann(house)
    with mail_server() as server, logged() as words:
        await sent(house, _post(house, server))
        assert len(server.mails) == 1
    assert "ann@bank.example" not in words.getvalue()
    assert letters.TRIED


# ------------------------------------------------------------------------------------------------------- many, and together
async def test_after_a_busy_night_there_is_no_storm(house: House, owner: psycopg.Connection) -> None:
    """Each window of the night had room for a few; in the morning they would all come at once."""
    chief, ann = await house.client(), await house.client("agent", login="ann")
    assert (await ann.put("/notices/preferences", json={**_MAIL, "quiet": _QUIET})).status_code == 200
    owner.execute(
        "insert into robot (tenant_id, code, kind, secret, secret_key, host, changed_by, changed_at, kinds)"
        " values (%s, 'all', 'dingtalk', ''::bytea, 'x', 'h', %s, %s, '{queued}')",
        [house.tenant_id, house.tenant_id, clock.now()],
    )
    with clock.travel(_tomorrow_at(1)) as time, settings(house, quiet_hours="22:00-08:00"):
        for _ in range(9):
            ticket = await house.ticket(chief, "general")
            ticket = await do(chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
            await told(house)
            await do(chief, ticket, "assign", assignee="ann")
            await told(house)
            time.on(timedelta(minutes=6))
    waiting = [r for r in deliveries(owner, house) if r["kind"] in ("assigned", "queued")]
    for channel, kind in (("email", "assigned"), ("email", "queued"), ("robot", "queued")):
        mine = [r for r in waiting if (r["channel"], r["kind"]) == (channel, kind)]
        assert len(mine) == 6, (channel, kind)
        assert {r["due_at"] for r in mine} == {_tomorrow_at(8)}


async def test_two_that_cross_do_not_stop_each_other(house: House, owner: psycopg.Connection) -> None:
    """One ticket goes from the first to the second as another goes from the second to the first, many times at once."""
    chief = await house.client()
    for login in ("ann", "ben"):
        await house.client("agent", login=login)
    pairs = [("ann", "ben"), ("ben", "ann")] * 6
    for before, after in pairs:
        ticket = await do(chief, await house.ticket(chief, "general"), "assign", assignee=before)
        await do(chief, ticket, "assign", assignee=after)
    with logged() as words:
        await asyncio.gather(*(told(house) for _ in range(3)))
    assert "batch_failed" not in words.getvalue() and "reaction_failed" not in words.getvalue()
    (left,) = owner.execute("select count(*) from outbox where tenant_id = %s", [house.tenant_id]).fetchall()
    assert left == (0,)


async def test_a_longer_limit_is_told_even_where_we_write_at_once(
    house: House, owner: psycopg.Connection
) -> None:
    """The customer must hear of the extension: what comes within the minute does not take its place."""
    ticket = await _progress(house)
    (row,) = deliveries(owner, house)
    owner.execute("update delivery set kind = 'extended' where id = %s", [row["id"]])
    chief = await house.client()
    with settings(house, smtp_url=""):
        for verb, command in WAYS["following"]:
            ticket = await do(chief, ticket, verb, **command)
        await do(chief, ticket, "reply", body="请稍候。")
        await told(house)
    (row,) = deliveries(owner, house)
    assert (row["kind"], row["data"].get("answered")) == ("extended", True)


_PLANS = {
    "take_delivery": "select id from delivery d where tenant_id = %(t)s and state = 'waiting' and due_at <= %(n)s"
    " and channel = 'sms' and (robot is null or robot = null) order by due_at, id limit 1",
    "robot_with_news": "select 1 from delivery d where tenant_id = %(t)s and robot = 'busy' and state = 'waiting'"
    " and due_at <= %(n)s limit 1",
}


async def test_the_next_is_found_whatever_waits_and_was_sent(house: House, owner: psycopg.Connection) -> None:
    """As the application's role: thousands of mails before it and of robots' messages long sent are passed over."""
    owner.execute(
        "insert into delivery (tenant_id, id, channel, target, robot, kind, language, data, news, state, due_at, created_at)"
        " select %s, gen_random_uuid(), case when g %% 2 = 0 then 'email' else 'robot' end, 'x' || g,"
        " case when g %% 2 = 1 then 'busy' end, 'test', 'zh', '{}', 'n' || g, case when g %% 2 = 0 then 'waiting' else 'sent' end,"
        " %s, %s from generate_series(1, 8000) g",
        [house.tenant_id, clock.now(), clock.now()],
    )
    owner.execute("analyze delivery")
    with psycopg.connect(house.desk.settings.database_url, autocommit=True) as app:
        app.execute("select set_config('app.tenant', %s, false)", [str(house.tenant_id)])
        for name, text in _PLANS.items():
            given = {"t": house.tenant_id, "n": clock.now()}
            explained = app.execute(
                f"explain (analyze, buffers, format json) {text}".encode(), given
            ).fetchone()
            assert explained is not None
            plan = explained[0][0]["Plan"]
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 40, (
                name,
                json.dumps(plan, default=str),
            )
    owner.execute("delete from delivery where tenant_id = %s", [house.tenant_id])
