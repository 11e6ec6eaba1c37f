"""The sweep: each step of a ladder once, in order, with its cause; nobody held back by somebody else's trouble."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bihuan import sla, tickets
from bihuan.core import clock as core_clock
from bihuan.core.actor import desk_actor
from bihuan.core.clock import Traveller
from bihuan.core.db import Query
from bihuan.sla import Move, Nudge, OpenTask, RaisePriority, Step, Tell
from bihuan.tickets import due, ladder
from bihuan.tickets.visible import queries, visible_to
from tests.conftest import House, gather
from tests.tickets.doing import Json, clock, clocks, do, in_state, kinds, read
from tests.tickets.timed import HOUR, START, by_desk, clocks_of, events, policy, rule, swept, words

_SECOND = timedelta(seconds=1)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def _tasks(house: House) -> list[Json]:
    async with house.desk.database.work(house.tenant_id) as work:
        query = "select team_id, title_zh, cause, done_at from task where tenant_id = %(tenant_id)s"
        return await work.rows(_query(query), dict)


def _query(text: str) -> Query:
    return Query(name="test", sql=text, prepare=False)


_LADDER = (
    Step(code="half", share=50, do=(Tell(to="assignee"), Tell(to="lead"))),
    Step(code="last_hour", left_seconds=3600, do=(RaisePriority(to="urgent"),)),
    Step(code="late", after_seconds=0, do=(Tell(to="role:supervisor"), Move(team="BILLING"))),
    Step(code="very_late", after_seconds=7200, do=(OpenTask(team="FRAUD", title=words("查账")), Nudge())),
)


async def test_each_step_once_in_order_with_its_cause(house: House, time: Traveller) -> None:
    await policy(house, rule(ladder=_LADDER))
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="normal")
    assert await swept(house) == 0
    seen: list[tuple[float, str, str]] = []
    for quarter in range(13 * 4):
        time.on(HOUR / 4)
        before = len(await by_desk(house, ticket))
        await swept(house)
        assert await swept(house) == 0, "once"
        seen += [((quarter + 1) / 4, *step) for step in (await by_desk(house, ticket))[before:]]
    assert seen == [
        (5, "clock_warned", "half"),
        (9, "escalated", "last_hour"),
        (10.25, "clock_breached", ""),
        (10.25, "escalated", "late"),
        (12.25, "escalated", "very_late"),
        (12.25, "task_opened", "very_late"),
        (12.25, "nudged", "very_late"),
    ]
    shown = await read(client, ticket)
    assert (shown["priority"], shown["team"], shown["assignee"]) == ("urgent", "BILLING", None)
    assert [t["title_zh"] for t in await _tasks(house)] == ["查账"]
    told = {
        e.data.get("step", e.kind): e.data for e in await events(house, ticket) if e.actor_kind == "system"
    }
    due_at = clock(shown)["due_at"]
    assert told["half"]["did"] == [{"do": "tell", "to": "assignee"}, {"do": "tell", "to": "lead"}]
    assert {d["clock"] for d in told.values()} == {"resolution"}
    assert told["half"]["due_at"] == due_at.replace("Z", "+00:00")
    assert told["half"]["step_at"] == (START + 5 * HOUR).isoformat()


async def test_what_was_missed_is_made_up_at_once_in_order(house: House, time: Traveller) -> None:
    await policy(house, rule(ladder=_LADDER))
    ticket = await house.ticket(None, "general", priority="normal")
    time.on(100 * HOUR)
    assert await swept(house) == 5
    steps = [step or kind for kind, step in await by_desk(house, ticket)]
    assert steps == ["half", "last_hour", "clock_breached", "late", *["very_late"] * 3]
    assert (await clocks_of(house, ticket))["resolution"].next_at is None


async def test_the_case_types_own_promise_only_breaches(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="urgent")
    time.on(2 * HOUR)
    assert await swept(house) == 0, "at its due moment a clock is still met"
    time.on(_SECOND)
    assert await swept(house) == 1
    await do(client, ticket, "note", body="备注")
    time.on(30 * HOUR)
    assert await swept(house) == 1
    told = [e for e in await events(house, ticket) if e.kind == "ticket.clock_breached"]
    assert [e.data["clock"] for e in told] == ["first_response", "resolution"]


async def test_what_stands_or_has_stopped_is_left_alone(house: House, time: Traveller) -> None:
    await policy(house, rule(ladder=_LADDER, pauses_for=("customer",)))
    client = await house.client()
    waiting = await in_state(house, client, "following")
    waiting = await do(client, waiting, "wait", waiting_for="customer", reason="等截图")
    gone = await house.ticket(client, "general")
    gone = await do(client, gone, "withdraw", proof="不用了")
    time.on(100 * HOUR)
    assert await swept(house) == 0
    await do(client, waiting, "receive", body="给您")
    time.on(5 * HOUR)
    assert await swept(house) == 1, "what is left is what was left"


async def test_a_longer_limit_takes_a_step_back_and_asks_it_again(house: House, time: Traveller) -> None:
    await policy(house, rule(ladder=_LADDER[:1]), code="a", priorities=("urgent",))
    await policy(house, rule(hours=100, ladder=_LADDER[:1]), code="b")
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="urgent")
    time.on(6 * HOUR)
    assert await swept(house) == 1
    ticket = await read(client, ticket)
    await do(client, ticket, "priority", priority="normal", reason="已缓解")
    assert (await clocks_of(house, ticket))["resolution"].policy == "b"
    assert await swept(house) == 0
    time.on(45 * HOUR)
    assert await swept(house) == 1
    assert await by_desk(house, ticket) == [("clock_warned", "half")] * 2


async def test_raising_the_priority_matches_the_policy_anew(house: House, time: Traveller) -> None:
    early = Step(code="early", share=10, do=(RaisePriority(to="urgent"),))
    await policy(house, rule(hours=2), code="a", priorities=("urgent",))
    await policy(house, rule(hours=100, ladder=[early]), code="b")
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="low")
    time.on(10 * HOUR)
    assert await swept(house) == 2, "raised, and by the new limit breached at once"
    assert await by_desk(house, ticket) == [("escalated", "early"), ("clock_breached", "")]
    shown = await read(client, ticket)
    assert (shown["priority"], clocks(shown)["resolution"]) == ("urgent", "breached")
    assert clock(shown)["due_at"] == (START + 2 * HOUR).isoformat().replace("+00:00", "Z")


async def test_what_cannot_be_done_is_said_and_the_rest_done(house: House, time: Traveller) -> None:
    step = Step(code="all", share=50, do=(RaisePriority(to="normal"), Move(team="BILLING"), Tell(to="team")))
    await policy(house, rule(ladder=[step]))
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="urgent")
    await do(client, ticket, "transfer", team="BILLING", reason="属账务")
    time.on(5 * HOUR)
    assert await swept(house) == 1
    did: Any = (await events(house, ticket))[-1].data["did"]
    assert [d.get("done", True) for d in did] == [False, False, True]
    shown = await read(client, ticket)
    assert (shown["priority"], shown["transfers"]) == ("urgent", 1), (
        "never lowered, never moved to where it is"
    )


async def test_many_sweeps_at_once_take_each_step_once(house: House, time: Traveller) -> None:
    await policy(house, rule(ladder=_LADDER))
    opened = [await house.ticket(None, "general", priority="normal") for _ in range(40)]
    time.on(11 * HOUR)
    taken = await gather(*(swept(house) for _ in range(4)))
    assert sum(taken) == 4 * len(opened)
    for ticket in opened:
        assert [step or kind for kind, step in await by_desk(house, ticket)] == [
            "half", "last_hour", "clock_breached", "late",
        ]  # fmt: skip
    problems = await tickets.symptoms(house.desk, house.tenant_id)
    assert problems == []


async def test_most_urgent_first(house: House, time: Traveller) -> None:
    await policy(house, rule())
    by_priority: dict[str, list[str]] = {"low": [], "normal": [], "urgent": []}
    for priority in ("low", "urgent", "normal", "low", "urgent"):
        by_priority[priority].append((await house.ticket(None, "general", priority=priority))["id"])
        time.on(_SECOND)
    time.on(11 * HOUR)
    async with house.desk.database.work(house.tenant_id) as work:
        rows = await work.rows(queries.due_tickets, dict, now=core_clock.now(), most=10)
    assert [str(row["id"]) for row in rows] == [
        *by_priority["urgent"],
        *by_priority["normal"],
        *by_priority["low"],
    ]


async def test_a_ticket_somebody_holds_is_passed_over_and_tried_again(house: House, time: Traveller) -> None:
    await policy(house, rule())
    first, second = [await house.ticket(None, "general") for _ in range(2)]
    time.on(11 * HOUR)
    sweep = due.Sweep(house.desk)
    async with house.desk.database.work(house.tenant_id) as work:
        params = visible_to(desk_actor(house.tenant_id))
        assert await work.one(queries.lock_ticket, dict, id=UUID(first["id"]), **params)
        assert await swept(house) == 1
        assert (await by_desk(house, first), len(await by_desk(house, second))) == ([], 1)
        assert await sweep.look() <= 0.1
    assert await swept(house) == 1
    assert len(await by_desk(house, first)) == 1


async def test_one_that_fails_holds_nobody_back(
    house: House, time: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await policy(house, rule())
    bad, *good = [await house.ticket(None, "general") for _ in range(5)]
    take = ladder.take

    async def fail(held: Any, fallen: Any) -> Any:
        if str(held.ticket.id) == bad["id"]:
            raise ValueError("out of order")
        return await take(held, fallen)

    time.on(11 * HOUR)
    monkeypatch.setattr(ladder, "take", fail)
    sweep = due.Sweep(house.desk)
    waits: list[float] = []
    for _ in range(4):
        await sweep.turn(house.tenant_id)
        until = (await clocks_of(house, bad))["resolution"].next_at
        assert until is not None
        waits.append((until - core_clock.now()).total_seconds())
        time.to(until)
    assert waits == [2, 4, 8, 16]
    assert [len(await by_desk(house, ticket)) for ticket in good] == [1] * 4
    assert await by_desk(house, bad) == []
    monkeypatch.undo()
    assert (await sweep.turn(house.tenant_id)).done == 1
    assert len(await by_desk(house, bad)) == 1


async def test_a_verb_that_leaves_little_time_wakes_the_sweep(house: House, time: Traveller) -> None:
    soon = Step(code="soon", left_seconds=35_999, do=(Tell(to="team"),))
    await policy(house, rule(ladder=[soon]))
    heard: list[str] = []
    house.desk.wake.on("time", heard.append)
    await house.ticket(None, "general")
    assert heard, "its first step is a second away"


async def test_its_reads_say_breached_whether_swept_or_not(house: House, time: Traveller) -> None:
    await policy(house, rule())
    client = await house.client()
    ticket = await house.ticket(client, "general")
    time.on(10 * HOUR + _SECOND)
    before = await read(client, ticket)
    await swept(house)
    after = await read(client, ticket)
    assert clocks(before) == clocks(after) == {"resolution": "breached"}
    async with house.desk.database.work(house.tenant_id) as work:
        stored = (await sla.clocks_of(work, [UUID(ticket["id"])]))[UUID(ticket["id"])]
    assert [c.followed for c in stored] == [("breach",)]


async def test_a_clock_stopped_late_before_the_sweep_came_is_on_record_as_breached(
    house: House, time: Traveller
) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "following")
    time.on(1000 * HOUR)
    answered = await do(client, ticket, "reply", body="您好，正在核查。")
    assert clocks(answered)["first_response"] == "breached"
    assert (await kinds(client, ticket))[-2:] == ["replied", "clock_breached"]
    solved = await do(client, answered, "resolve", resolution="已登记您的建议。", outcome="explained")
    told = [e for e in await events(house, ticket) if e.kind == "ticket.clock_breached"]
    assert [(e.data["clock"], e.actor_kind) for e in told] == [
        ("first_response", "system"),
        ("resolution", "system"),
    ]
    assert told[1].data["stopped_at"] == core_clock.now().isoformat()
    assert await swept(house) == 0, "the sweep has nothing to add"
    assert solved["version"] == told[1].seq, "the caller goes on from what stands"
    reopened = await do(client, solved, "reopen", reason="还有疑问")
    assert await swept(house) == 0
    assert (await client.get(f"/tickets/{reopened['id']}/verify")).json()["clean"]


async def test_a_clock_stopped_in_time_or_swept_before_is_told_once(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "following")
    ticket = await do(client, ticket, "reply", body="您好，正在核查。")
    time.on(1000 * HOUR)
    assert await swept(house) == 1
    ticket = await read(client, ticket)
    await do(client, ticket, "resolve", resolution="已登记您的建议。", outcome="explained")
    assert (await kinds(client, ticket)).count("clock_breached") == 1
