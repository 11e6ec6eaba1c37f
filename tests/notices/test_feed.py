"""Feeds: whoever is concerned is told once, in their language, at once, and never of what they may not see."""

from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from bihuan import app, identity
from bihuan.core import clock
from bihuan.core.wake import AGAIN
from bihuan.notices import feed as feeds
from tests.api.streams import listening
from tests.conftest import House
from tests.notices.telling import feed, forgotten, kinds, news, told
from tests.tickets.doing import Json, do


async def _given(house: House, chief: httpx.AsyncClient, to: str = "ann", **changes: Any) -> Json:
    """A ticket of DISPUTE that the supervisor gave to somebody."""
    ticket = await house.ticket(chief, "general", **changes)
    ticket = await do(chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
    return await do(chief, ticket, "assign", assignee=to)


async def test_who_is_given_a_ticket_is_told_and_who_gave_it_is_not(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    ticket = await _given(house, chief)
    assert await told(house) > 0
    line = (await feed(ann))[0]
    assert line["kind"] == "assigned" and line["number"] == ticket["number"]
    assert line["title"] == f"工单 {ticket['number']} 已分配给您"
    assert line["body"] == f"工单“{ticket['title']}”：通用工单，由Supervisor分配。"
    assert (line["ticket_id"], line["count"], line["read_at"]) == (ticket["id"], 1, None)
    assert "assigned" not in await kinds(chief)


async def test_in_the_readers_language(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    ticket = await _given(house, chief)
    await told(house)
    await _speaks(house, "ann", "en")
    line = (await feed(ann))[0]
    assert line["title"] == f"Ticket {ticket['number']} is yours now"
    assert line["body"].endswith("given to you by Supervisor.")


async def _speaks(house: House, login: str, language: str) -> None:
    from bihuan.core.db import Query

    change = Query(
        name="test.language",
        sql="update staff set language = %(language)s where tenant_id = %(tenant_id)s and login = %(login)s",
        prepare=False,
    )
    async with house.desk.database.work(house.tenant_id) as work:
        await work.run(change, language=language, login=login)
    identity.forget_names("")


async def test_an_event_delivered_again_tells_nobody_again(house: House, owner: psycopg.Connection) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    await _given(house, chief)
    events = owner.execute("select * from outbox where tenant_id = %s", [house.tenant_id]).fetchall()
    await told(house)
    before = await feed(ann)
    assert before
    marks = ", ".join(["%s"] * len(events[0]))
    for row in events:
        owner.execute(f"insert into outbox values ({marks})".encode(), row)
    assert await told(house) > 0
    assert await feed(ann) == before


async def test_read_and_unread(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    for _ in range(3):
        await _given(house, chief)
    await told(house)
    lines = [line for line in await feed(ann) if line["kind"] == "assigned"]
    assert len(lines) == 3
    unread = (await ann.get("/notices")).json()["unread"]
    answer = await ann.post("/notices/read", json={"ids": [lines[1]["id"]]})
    assert answer.json() == {"unread": unread - 1}
    assert lines[1]["id"] not in {line["id"] for line in await feed(ann, unread="true")}
    read = next(line for line in await feed(ann) if line["id"] == lines[1]["id"])
    assert read["read_at"] is not None
    # Nobody reads for another.
    ben = await house.client("agent", login="ben", team="FRAUD")
    await ben.post("/notices/read", json={"ids": [lines[0]["id"]]})
    assert lines[0]["id"] in {line["id"] for line in await feed(ann, unread="true")}
    assert (await ann.post("/notices/read", json={"all": True})).json() == {"unread": 0}
    assert await feed(ann, unread="true") == []


async def test_page_by_page(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    for _ in range(4):
        await _given(house, chief)
    await told(house)
    whole, pages, after = [line["id"] for line in await feed(ann)], [], {}
    while True:
        page = (await ann.get("/notices", params={"limit": 2, **after})).json()
        pages += [line["id"] for line in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert pages == whole and len(whole) >= 4
    assert whole == sorted(whole, reverse=True)


@pytest.mark.parametrize("query", [{"after": "x"}, {"unread": "maybe"}, {"limit": "101"}, {"limit": "x"}])
async def test_a_query_that_is_not_right(house: House, query: dict[str, str]) -> None:
    answer = await (await house.client("agent", login="ann")).get("/notices", params=query)
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid")


async def test_what_is_out_of_sight_says_nothing(house: House) -> None:
    """A ticket that went to another team: the line stays, without title, number or way to it."""
    chief, ann = await house.client(), await house.client("agent", login="ann")
    ticket = await _given(house, chief)
    await told(house)
    assert (await feed(ann))[0]["ticket_id"] == ticket["id"]
    await do(chief, ticket, "transfer", team="FRAUD", reason="疑似欺诈")
    await told(house)
    line = next(line for line in await feed(ann) if line["kind"] == "assigned")
    assert (line["ticket_id"], line["number"]) == (None, None)
    assert ticket["title"] not in line["body"] and line["body"] == "您已不能查看这张工单。"
    # She does not see it any more, so she is not told where it went.
    assert "taken" not in await kinds(ann)


async def test_many_of_a_kind_become_one(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    later = feeds.window_of(clock.now()) + timedelta(hours=1, minutes=1)
    given = [await _given(house, chief) for _ in range(12)]
    await forgotten(house)
    with clock.travel(later) as traveller:
        await _again(house, chief, given, "supervisor")
        await told(house)
        await forgotten(house, ann)
        traveller.on(feeds.WINDOW)
        await _again(house, chief, given, "ann")
        await told(house)
        lines = [line for line in await feed(ann, unread="true") if line["kind"] == "assigned"]
        assert [line["count"] for line in lines].count(1) == feeds.MOST_SINGLE
        (gathered,) = [line for line in lines if line["ticket_id"] is None]
        assert gathered["count"] == 7
        assert gathered["title"] == "另有 7 张工单已分配给您"
        assert (await ann.get("/notices")).json()["unread"] == feeds.MOST_SINGLE + 1
        # Read, and one more comes: it is unread again, and counts on.
        await ann.post("/notices/read", json={"all": True})
        await _given(house, chief)
        await told(house)
        (line,) = await feed(ann, unread="true")
        assert (line["id"], line["count"]) == (gathered["id"], 8)
        # In the next window the next one stands for itself.
        traveller.on(feeds.WINDOW)
        await _given(house, chief)
        await told(house)
        assert sorted(line["count"] for line in await feed(ann, unread="true")) == [1, 8]


async def _again(house: House, chief: httpx.AsyncClient, given: list[Json], to: str) -> None:
    """All of them to one person in one bulk change."""
    seen = [(await chief.get(f"/tickets/{t['id']}")).json() for t in given]
    body = {
        "verb": "assign",
        "items": [{"id": t["id"], "version": t["version"]} for t in seen],
        "command": {"assignee": to},
    }
    answer = await chief.post("/tickets/bulk", json=body)
    assert answer.status_code == 200, answer.text


async def test_who_has_left_is_told_nothing(house: House, owner: psycopg.Connection) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    ticket = await _given(house, chief)
    await forgotten(house, ann)
    identity.forget_names("")
    owner.execute("update staff set status = 'left' where id = %s", [house.people["ann"]])
    await chief.post(f"/tickets/{ticket['id']}/receive", json={"body": "有进展吗？", "channel": "phone"})
    ben = await house.client("agent", login="ben")
    await told(house)
    count = owner.execute(
        "select count(*) from notice where staff_id = %s and read_at is null", [house.people["ann"]]
    ).fetchone()
    assert count == (0,)
    # Nobody holds it who works here, so the team is told.
    assert "received" in await news(ben)


async def test_old_news_are_swept(house: House, owner: psycopg.Connection) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    await _given(house, chief)
    await told(house)
    first = (await feed(ann))[0]
    await ann.post("/notices/read", json={"ids": [first["id"]]})
    await _given(house, chief)
    await told(house)
    kept = [line["id"] for line in await feed(ann) if line["id"] != first["id"]]
    with clock.travel(clock.now() + timedelta(days=89)):
        await app.sweep(house.desk, house.tenant_id)
    assert first["id"] in [line["id"] for line in await feed(ann)]
    with clock.travel(clock.now() + timedelta(days=91)):
        await app.sweep(house.desk, house.tenant_id)
    assert [line["id"] for line in await feed(ann)] == kept
    with clock.travel(clock.now() + timedelta(days=366)):
        await app.sweep(house.desk, house.tenant_id)
    assert await feed(ann) == []


async def test_news_come_live_to_the_one_they_are_for(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    ben = await house.client("agent", login="ben")
    ticket = await house.ticket(chief, "general")
    ticket = await do(chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
    await forgotten(house, ann, ben)
    async with listening(ann) as hers, listening(ben) as his:
        await do(chief, ticket, "assign", assignee="ann")
        await told(house)
        came = await hers.told("notice")
        assert came == {"id": (await feed(ann))[0]["id"], "unread": 1}
        # Another page of hers hears that it was read.
        place = len(hers.heard)
        await ann.post("/notices/read", json={"all": True})
        assert (await hers.told("notice", after=place))["unread"] == 0
        # What both see ends the wait for certain.
        await chief.post(f"/tickets/{ticket['id']}/note", json={"body": "核实中"})
        await his.until(lambda: ticket["id"] in his.rows)
        assert "notice" not in {name for name, _ in his.heard}


async def test_after_a_gap_they_are_told_anew(house: House) -> None:
    chief, ann = await house.client(), await house.client("agent", login="ann")
    await _given(house, chief)
    await told(house)
    async with listening(ann) as hers:
        house.desk.wake.touch(f"ticket:{AGAIN}")
        came = await hers.told("notice")
        assert came["id"] == (await feed(ann))[0]["id"] and came["unread"] >= 1
