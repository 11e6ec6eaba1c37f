"""What happens to a ticket, and who hears of it: colleagues in their feeds, customers by mail and SMS, groups by robots."""

import string
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import clock
from bihuan.evidence import Recorded
from bihuan.notices import feed as feeds
from bihuan.notices import news as told_of
from bihuan.notices import push, texts, words
from bihuan.notices.model import KINDS
from bihuan.sla import Nudge, OpenTask, Step, Tell
from bihuan.tickets import STATES
from tests.channels.portal import customer, inside, sent
from tests.conftest import House
from tests.notices.telling import deliveries, feed, forgotten, news, settings, told
from tests.tickets.doing import WAYS, Json, do, read
from tests.tickets.timed import HOUR, START, policy, rule, swept
from tests.tickets.timed import words as title

_READY = WAYS["processing"][:2]


class _People:
    """A supervisor who does things; of DISPUTE an agent who holds the ticket, another, and a lead; somebody elsewhere."""

    def __init__(self, house: House, **clients: httpx.AsyncClient) -> None:
        self.house = house
        self.chief = clients["chief"]
        self.clients = clients

    async def heard(self) -> dict[str, list[str]]:
        """What each is told of what has happened since the last time."""
        await told(self.house)
        found = {name: await news(client) for name, client in self.clients.items()}
        await forgotten(self.house, *self.clients.values())
        return {name: said for name, said in found.items() if said}


async def _people(house: House) -> _People:
    return _People(
        house,
        chief=await house.client(),
        ann=await house.client("agent", login="ann"),
        ben=await house.client("agent", login="ben"),
        lea=await house.client("lead", login="lea"),
        far=await house.client("lead", login="far", team="FRAUD"),
    )


async def _held(people: _People, **changes: Any) -> Json:
    """A ticket in DISPUTE with all it needs, held by ann; of what led there everybody has heard."""
    ticket = await people.house.ticket(people.chief, "general", **changes)
    for verb, command in _READY:
        ticket = await do(people.chief, ticket, verb, **command)
    ticket = await do(people.chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
    ticket = await do(people.chief, ticket, "assign", assignee="ann")
    await people.heard()
    return ticket


async def test_hands(house: House) -> None:
    people = await _people(house)
    ticket = await house.ticket(people.chief, "general", priority="normal")
    await people.heard()
    ticket = await do(people.chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
    assert await people.heard() == {"ann": ["queued"], "ben": ["queued"], "lea": ["queued"]}
    ticket = await do(people.chief, ticket, "assign", assignee="ann")
    assert await people.heard() == {"ann": ["assigned"]}
    ticket = await do(people.chief, ticket, "assign", assignee="ben")
    assert await people.heard() == {"ann": ["taken"], "ben": ["assigned"]}
    ticket = await do(people.chief, ticket, "assign", assignee=None)
    assert await people.heard() == {"ann": ["queued"], "ben": ["queued", "taken"], "lea": ["queued"]}
    ticket = await do(people.clients["ann"], ticket, "claim")
    assert await people.heard() == {}
    # Two changes before anybody was told: only who has it in the end is told that they have.
    ticket = await do(people.chief, ticket, "assign", assignee="ben")
    await do(people.chief, ticket, "assign", assignee="ann")
    assert (await people.heard()).get("ann") != ["taken"]


async def test_an_urgent_ticket_is_told_to_its_team(house: House) -> None:
    people = await _people(house)
    ticket = await house.ticket(people.chief, "disputed_bill", priority="urgent")
    heard = await people.heard()
    team = ticket["team"]
    assert team == "DISPUTE" and heard == {"ann": ["urgent"], "ben": ["urgent"], "lea": ["urgent"]}
    # Others only for who asked for it.
    wishes = {"kinds": {"opened": True}}
    assert (await people.clients["ben"].put("/notices/preferences", json=wishes)).status_code == 200
    await house.ticket(people.chief, "disputed_bill", priority="normal")
    heard = await people.heard()
    assert heard in ({"ben": ["opened"]}, {"ann": ["urgent"], "ben": ["urgent"], "lea": ["urgent"]})
    assert (await house.ticket(people.chief, "general", channel="import"))["state"] == "intake"
    assert await people.heard() == {}


async def test_talk(house: House) -> None:
    people = await _people(house)
    ticket = await _held(people)
    said = {"body": "请问有进展吗？", "channel": "phone"}
    await people.chief.post(f"/tickets/{ticket['id']}/receive", json=said)
    assert await people.heard() == {"ann": ["received"]}
    ticket = await read(people.chief, ticket)
    ticket = await do(people.chief, ticket, "reply", body="正在核实，请稍候。")
    assert await people.heard() == {"ann": ["replied"]}
    await do(people.clients["ann"], ticket, "reply", body="已核实。")
    assert await people.heard() == {}
    # A note is for whoever reads the ticket.
    await people.chief.post(f"/tickets/{ticket['id']}/note", json={"body": "备注"})
    assert await people.heard() == {}


async def test_the_course_of_a_ticket(house: House) -> None:
    people = await _people(house)
    ann = people.clients["ann"]
    ticket = await _held(people)
    ticket = await do(people.chief, ticket, "process")
    assert await people.heard() == {"ann": ["moved_on"]}
    ticket = await do(ann, ticket, "wait", waiting_for="customer", reason="等待截图")
    ticket = await do(people.chief, ticket, "resume")
    assert await people.heard() == {"ann": ["moved_on"]}
    ticket = await do(people.chief, ticket, "resolve", resolution="已登记。", outcome="explained")
    assert await people.heard() == {"ann": ["moved_on"]}
    ticket = await do(people.chief, ticket, "call_back", result="dissatisfied")
    assert await people.heard() == {"ann": ["reopened"], "lea": ["reopened"]}
    ticket = await do(ann, ticket, "resolve", resolution="已登记。", outcome="explained")
    ticket = await do(people.chief, ticket, "reopen", reason="还有疑问")
    assert await people.heard() == {"ann": ["reopened"]}
    ticket = await do(people.chief, ticket, "withdraw", proof="客户来电：不用处理了。")
    assert await people.heard() == {"ann": ["withdrawn"]}


async def test_a_merge(house: House) -> None:
    people = await _people(house)
    first, second = await _held(people), await _held(people)
    await do(people.chief, first, "merge", into=second["number"], reason="同一件事")
    assert await people.heard() == {"ann": ["absorbed", "moved_on"]}
    line = next(i for i in await feed(people.clients["ann"]) if i["kind"] == "absorbed")
    assert line["title"] == f"工单 {first['number']} 已并入 {second['number']}"


async def test_an_unread_team_is_told_when_nobody_holds_it(house: House) -> None:
    people = await _people(house)
    ticket = await house.ticket(people.chief, "general")
    ticket = await do(people.chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
    await people.heard()
    said = {"body": "请问有进展吗？", "channel": "phone"}
    await people.chief.post(f"/tickets/{ticket['id']}/receive", json=said)
    heard = await people.heard()
    assert heard == {name: ["received"] for name in ("ann", "ben", "lea")}


async def test_the_rungs_of_a_ladder(house: House) -> None:
    ladder = (
        Step(code="half", share=50, do=(Tell(to="assignee"), Tell(to="lead"))),
        Step(code="late", after_seconds=0, do=(Tell(to="role:supervisor"), Tell(to="customer"))),
        Step(
            code="very_late", after_seconds=7200, do=(Nudge(), OpenTask(team="DISPUTE", title=title("查账")))
        ),
    )
    with clock.travel(START) as time:
        await policy(house, rule(ladder=ladder))
        people = await _people(house)
        ticket = await _held(people)
        time.on(5 * HOUR)
        await swept(house)
        assert await people.heard() == {"ann": ["warned"], "lea": ["warned"]}
        line = next(i for i in await feed(people.clients["ann"]) if i["kind"] == "warned")
        assert line["title"] == f"工单 {ticket['number']} 即将超时"
        assert "“承诺”须在 3 月 4 日 20:00 前完成" in line["body"]
        time.on(5 * HOUR + timedelta(seconds=1))
        await swept(house)
        assert await people.heard() == {"ann": ["breached"], "lea": ["breached"], "chief": ["escalated"]}
        time.on(2 * HOUR)
        await swept(house)
        heard = await people.heard()
        assert heard == {
            "ann": ["escalated", "nudged", "task_opened"],
            "ben": ["task_opened"],
            "lea": ["escalated", "task_opened"],
            "chief": ["task_opened"],
        }
        # Followed up again: nothing is told twice.
        await swept(house)
        assert await people.heard() == {}


async def test_a_breach_is_told_once(house: House, owner: psycopg.Connection) -> None:
    """The rung that stands at the due moment is the breach itself: nobody, and no group, hears of it twice."""
    late = Step(code="late", after_seconds=0, do=(Nudge(), Tell(to="lead"), Tell(to="role:supervisor")))
    _add_robot(owner, house, "all")
    _add_robot(owner, house, "escalations", kinds=["escalated"])
    with clock.travel(START) as time, settings(house):
        await policy(house, rule(ladder=(late,)))
        people = await _people(house)
        await _held(people)
        await people.heard()
        time.on(10 * HOUR + timedelta(seconds=1))
        await swept(house)
        assert await people.heard() == {"ann": ["breached"], "lea": ["breached"], "chief": ["escalated"]}
        lately = [r for r in deliveries(owner, house) if r["created_at"] >= clock.now()]
        said = sorted((r["robot"], r["kind"]) for r in lately if r["robot"])
        assert said == [("all", "breached"), ("escalations", "escalated")]
        # Who wants no breaches wants to hear of the escalation all the same.
        refused = {"kinds": {"breached": False}}
        assert (await people.clients["lea"].put("/notices/preferences", json=refused)).status_code == 200
        await _held(people)
        await people.heard()
        time.on(10 * HOUR + timedelta(seconds=1))
        await swept(house)
        assert (await people.heard())["lea"] == ["escalated"]


# -------------------------------------------------------------------------------------------------------------- events
_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def _event(kind: str, **data: object) -> Recorded:
    return Recorded(
        seq=5, at=_AT, kind=f"ticket.{kind}", actor_kind="system", actor_id=UUID(int=1), data=data
    )


async def _ticket_of(house: House) -> Any:
    from bihuan import tickets
    from bihuan.core.actor import desk_actor

    made = await house.ticket(await house.client(), "general")
    async with house.desk.database.work(house.tenant_id) as work:
        return await tickets.find_ticket(work, desk_actor(house.tenant_id), made["id"])


async def test_what_clocks_say(shared_house: House) -> None:
    ticket = await _ticket_of(shared_house)
    due = {"clock": "resolution", "due_at": _AT.isoformat()}
    step = {"did": [{"do": "tell", "to": "role:supervisor"}, {"do": "tell", "to": "customer"}]}
    (warned,) = told_of.for_colleagues(_event("clock_warned", **due, step="half"), ticket)
    assert (warned.kind, warned.to) == ("warned", ("holder",))
    (breached,) = told_of.for_colleagues(_event("clock_breached", **due), ticket)
    assert (breached.kind, breached.to) == ("breached", ("holder", "lead"))
    (escalated,) = told_of.for_colleagues(_event("escalated", **due, **step), ticket)
    assert (escalated.kind, escalated.to) == ("escalated", ("role:supervisor",))
    assert told_of.for_customer(_event("escalated", **due, **step), ticket) is not None
    assert told_of.for_customer(_event("escalated", **due), ticket) is None
    (asked,) = told_of.for_colleagues(_event("extension_asked", **due), ticket)
    assert asked.to == ("may:sla.extend",)
    (granted,) = told_of.for_colleagues(_event("extension_granted", **due, asked_by=str(UUID(int=3))), ticket)
    assert granted.to == ("assignee", str(UUID(int=3)))
    assert told_of.for_customer(_event("extension_granted", **due), ticket) is not None
    assert told_of.for_customer(_event("extension_refused", **due), ticket) is None
    (task,) = told_of.for_colleagues(_event("task_opened", team_id=str(UUID(int=4))), ticket)
    assert task.to == (f"team:{UUID(int=4)}", "holder")


@given(st.integers(-72, 72), st.integers(-72, 72))
def test_a_clock_that_moved_is_news_only_where_it_got_tighter(before: int, after: int) -> None:
    was, now = _AT + timedelta(hours=before), _AT + timedelta(hours=after)
    event = _event("clock_moved", clock="resolution", **{"from": was.isoformat(), "to": now.isoformat()})
    found = told_of.for_colleagues(event, None)  # pyright: ignore[reportArgumentType] - of the clock alone
    assert bool(found) == (now != was and (now < was or now <= _AT))


def test_every_kind_of_news_is_said_in_both_languages() -> None:
    assert words.STAFF.keys() == KINDS.keys()
    for kind, template in words.STAFF.items():
        for zh, en in (template.title, template.body, template.many):
            assert _gaps(zh) == _gaps(en), zh
            assert zh and en and _is_chinese(zh) and not _is_chinese(en)
        assert _gaps(template.many[0]) == (
            {"count"} if kind in ("delivery_unsettled", "look_unusual") else {"tickets"}
        )
    both = [b for name, b in vars(words).items() if isinstance(b, tuple) and len(b) == 2 and name.isupper()]
    assert len(both) > 10
    for zh, en in [*both, *words.STATES.values(), *words.ACTORS.values()]:
        assert _gaps(zh) == _gaps(en) and _is_chinese(zh) and not _is_chinese(en), zh
        assert "," not in zh and ":" not in zh and ";" not in zh
    assert words.STATES.keys() == {*STATES, "waiting_for_you", "unreachable"}
    assert all(_is_chinese(k.zh) and not _is_chinese(k.en) for k in KINDS.values())


def _gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


# ----------------------------------------------------------------------------------------------------------- customers
def _kind_and_state(rows: list[Json]) -> list[tuple[str, str]]:
    return [(row["kind"], row["data"]["state"]) for row in rows]


@pytest.fixture
async def their_ticket(house: House) -> Json:
    """A ticket a customer with a mobile and a mail address sent by the portal, as the desk sees it."""
    person = {
        "external_ref": "C-9",
        "name": "张示例",
        "mobiles": ["13800138000"],
        "emails": ["zhang@example.com"],
    }
    return await house.ticket(await house.client(), "general", customer=person)


async def _text(house: House, row: Json, public_url: str = "https://help.bank.example") -> Any:
    async with house.desk.database.work(house.tenant_id) as work:
        return await texts.render(work, row["kind"], row["data"], row["language"], public_url=public_url)


async def test_a_customer_is_told_of_each_stage(
    house: House, owner: psycopg.Connection, their_ticket: Json
) -> None:
    chief, ticket = await house.client(), their_ticket
    stages: list[str] = []
    with settings(house):
        for verb, command in (None, {}), *WAYS["called_back"], ("archive", {}):
            if verb is not None:
                ticket = await do(chief, ticket, verb, **command)
            await told(house)
            waiting = [r for r in deliveries(owner, house, ticket) if r["state"] == "waiting"]
            for row in waiting:
                stages.append(row["data"]["state"])
                assert (row["channel"], row["language"], row["kind"]) == ("email", "zh", "progress")
                assert row["target"] == f"customer:{ticket['customer']['id']}"
                assert timedelta(0) < row["due_at"] - row["created_at"] <= push.GATHERS + timedelta(seconds=1)
                owner.execute("update delivery set state = 'sent' where id = %s", [row["id"]])
    assert stages == ["intake", "following", "resolved", "called_back", "archived"]
    first = deliveries(owner, house, ticket)[0]
    text = await _text(house, first)
    assert text.title == f"您的工单 {ticket['number']}：已收到，等待受理"
    assert "我们会在" in text.body and text.body.endswith("测试")
    assert text.link == "https://help.bank.example/portal/progress"
    assert text.short.startswith(text.title) and text.short.endswith(text.link)
    everything = "".join([(await _text(house, r)).body for r in deliveries(owner, house, ticket)])
    assert (
        "Supervisor" not in everything and "DISPUTE" not in everything and ticket["title"] not in everything
    )


async def test_stages_in_quick_succession_are_one_message(
    house: House, owner: psycopg.Connection, their_ticket: Json
) -> None:
    chief, ticket = await house.client(), their_ticket
    with settings(house):
        for verb, command in WAYS["processing"]:
            ticket = await do(chief, ticket, verb, **command)
            await told(house)
        (row,) = deliveries(owner, house, ticket)
        assert _kind_and_state([row]) == [("progress", "processing")]
        # What we wrote to them is not lost with the stage it came with.
        ticket = await do(chief, ticket, "reply", body="请补充截图。")
        await told(house)
        assert _kind_and_state(deliveries(owner, house, ticket)) == [("answered", "processing")]
        ticket = await do(chief, ticket, "wait", waiting_for="customer", reason="等待截图")
        await told(house)
        (row,) = deliveries(owner, house, ticket)
        text = await _text(house, row)
        assert text.title.endswith("等您补充") and "还在工单中给您留了言" in text.body
        # Once it is on its way it is as it is, and the next stage is another message.
        owner.execute("update delivery set state = 'sending', attempts = 1 where id = %s", [row["id"]])
        ticket = await do(chief, ticket, "resolve", resolution="已登记您的建议。", outcome="explained")
        await told(house)
        assert _kind_and_state(deliveries(owner, house, ticket)) == [
            ("progress", "waiting"),
            ("progress", "resolved"),
        ]


async def test_events_out_of_turn_and_again_tell_a_customer_nothing_old(
    house: House, owner: psycopg.Connection, their_ticket: Json
) -> None:
    chief, ticket = await house.client(), their_ticket
    for verb, command in WAYS["processing"]:
        ticket = await do(chief, ticket, verb, **command)
    events = owner.execute(
        "select * from outbox where tenant_id = %s order by seq desc", [house.tenant_id]
    ).fetchall()
    marks = ", ".join(["%s"] * len(events[0]))
    with settings(house):
        for row in events:
            owner.execute("delete from outbox where tenant_id = %s", [house.tenant_id])
            owner.execute(f"insert into outbox values ({marks})".encode(), row)
            await told(house)
        assert _kind_and_state(deliveries(owner, house, ticket)) == [("progress", "processing")]


async def test_what_a_customer_did_they_are_not_told(house: House, owner: psycopg.Connection) -> None:
    browser = await customer(house)
    with settings(house):
        ticket = await sent(house, browser)
        await told(house)
        (row,) = deliveries(owner, house, ticket)
        # They are known by a mobile alone.
        assert (row["channel"], row["kind"]) == ("sms", "progress")
        owner.execute("update delivery set state = 'sent' where id = %s", [row["id"]])
        said = await browser.post(f"/portal/tickets/{ticket['id']}/messages", json={"body": "补充一点。"})
        assert said.status_code == 201, said.text
        taken = await browser.post(f"/portal/tickets/{ticket['id']}/withdraw", json={"reason": "已自行解决"})
        assert taken.status_code == 200, taken.text
        await told(house)
        assert len(deliveries(owner, house, ticket)) == 1
    assert (await inside(house, ticket))["state"] == "withdrawn"


async def test_an_sms_waits_for_the_morning(house: House, owner: psycopg.Connection) -> None:
    ticket = await sent(house, await customer(house))
    # A night to come, whatever the hour is now.
    night = clock.now().replace(hour=15, minute=30) + timedelta(days=1)
    with settings(house, quiet_hours="22:00-08:00"), clock.travel(night):
        await told(house)
    (row,) = deliveries(owner, house, ticket)
    # 08:00 in Beijing; a mail would not wait.
    assert row["due_at"] == (night + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


async def test_nothing_waits_where_nothing_is_set_up(
    house: House, owner: psycopg.Connection, their_ticket: Json
) -> None:
    with settings(house, smtp_url="", sms_url="", robot_hosts=""):
        await told(house)
    assert deliveries(owner, house) == [] and their_ticket


# -------------------------------------------------------------------------------------------------------------- robots
def _add_robot(owner: psycopg.Connection, house: House, code: str, **more: Any) -> None:
    given = {"teams": [], "kinds": [], "active": True, **more}
    owner.execute(
        "insert into robot (tenant_id, code, kind, secret, secret_key, host, teams, kinds, active, changed_by, changed_at)"
        " values (%s, %s, 'dingtalk', ''::bytea, 'x', 'h', %s, %s, %s, %s, %s)",
        [
            house.tenant_id,
            code,
            given["teams"],
            given["kinds"],
            given["active"],
            house.tenant_id,
            clock.now(),
        ],
    )


async def test_robots_tell_their_teams_news(house: House, owner: psycopg.Connection) -> None:
    chief = await house.client()
    for code, more in (
        ("all", {}),
        ("dispute", {"teams": ["DISPUTE"]}),
        ("fraud", {"teams": ["FRAUD"]}),
        ("breaches", {"kinds": ["breached"]}),
        ("silent", {"active": False}),
    ):
        _add_robot(owner, house, code, **more)
    ticket = await house.ticket(chief, "general")
    with settings(house):
        await do(chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
        await told(house)
        rows = [row for row in deliveries(owner, house, ticket) if row["kind"] == "queued"]
        assert sorted(row["target"] for row in rows) == ["robot:all", "robot:dispute"]
        assert {row["channel"] for row in rows} == {"robot"}
        text = await _text(house, rows[0], "")
        assert text.title == f"工单 {ticket['number']} 转入DISPUTE" and text.link == ""
        assert ticket["title"] not in text.body


async def test_robots_do_not_storm(house: House, owner: psycopg.Connection) -> None:
    chief = await house.client()
    _add_robot(owner, house, "all", kinds=["queued"])
    later = feeds.window_of(clock.now()) + timedelta(hours=1, minutes=1)
    with clock.travel(later), settings(house):
        for _ in range(9):
            ticket = await house.ticket(chief, "general")
            await do(chief, ticket, "transfer", team="DISPUTE", reason="归口处理")
        await told(house)
        rows = [row for row in deliveries(owner, house) if row["channel"] == "robot"]
        assert len(rows) == feeds.MOST_SINGLE + 1
        (last,) = [row for row in rows if row["ticket_id"] is None]
        assert last["due_at"] == feeds.window_of(later) + feeds.WINDOW
        assert (await _text(house, last)).title == "另有多张工单转入您的团队"
