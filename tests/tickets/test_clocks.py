"""The clocks of a ticket over HTTP, by travelled time: what each priority promises, and what each verb does to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bihuan.core import clock as core_clock
from bihuan.core.clock import Traveller
from tests.conftest import House
from tests.tickets.doing import Json, clock, clocks, do, in_state, read, refused

_START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock at a fixed moment."""
    with core_clock.travel(_START) as traveller:
        yield traveller


def _due(ticket: Json, kind: str = "resolution") -> float:
    """Hours from the start to the due moment."""
    return (datetime.fromisoformat(clock(ticket, kind)["due_at"]) - _START) / _HOUR


@pytest.mark.parametrize(
    ("priority", "first", "whole"), [("urgent", 2, 24), ("normal", 4, 48), ("low", 24, 120)]
)
async def test_what_each_priority_promises(
    house: House, time: Traveller, priority: str, first: int, whole: int
) -> None:
    ticket = await house.ticket(case_type="general", priority=priority)
    assert (_due(ticket, "first_response"), _due(ticket)) == (first, whole)
    time.on(first * _HOUR)
    assert clocks(await read(await house.client(), ticket)) == {
        "first_response": "running",
        "resolution": "running",
    }
    time.on(timedelta(seconds=1))
    shown = await read(await house.client(), ticket)
    assert clocks(shown) == {"first_response": "breached", "resolution": "running"}
    assert clock(shown, "first_response")["left_seconds"] == -1


async def test_frozen_funds_are_urgent_at_once_and_when_they_become_known(
    house: House, time: Traveller
) -> None:
    client = await house.client()
    for case_type in ("general", "disputed_bill", "settlement_delay"):
        example = await house.example(case_type)
        if "funds_frozen" not in str(example):
            example["fields"]["funds_frozen"] = False
        frozen = {"funds_frozen": True} | (
            {"freeze_notice": "bank"} if case_type == "settlement_delay" else {}
        )
        ticket = await house.ticket(client, case_type, priority="low", fields={**example["fields"], **frozen})
        assert ticket["priority"] == "urgent", case_type
        assert _due(ticket) == 24, case_type
    late = await house.ticket(client, "general", priority="low")
    time.on(_HOUR)
    late = await do(client, late, "fields", fields={"funds_frozen": True})
    assert (late["priority"], _due(late)) == ("urgent", 24), "from the same start"
    problem = await refused(client, late, "priority", (409, "PriorityTooLow"), priority="low", reason="不急")
    assert "urgent" in problem["detail"]


async def test_the_first_response_stops_at_the_reply(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="urgent")
    time.on(_HOUR)
    ticket = await do(client, ticket, "note", body="内部备注不算答复")
    assert clocks(ticket)["first_response"] == "running"
    time.on(_HOUR)
    ticket = await do(client, ticket, "reply", body="您好,已受理。")
    assert clocks(ticket) == {"first_response": "met", "resolution": "running"}
    stopped = clock(ticket, "first_response")["stopped_at"]
    time.on(9 * _HOUR)
    ticket = await do(client, ticket, "reply", body="仍在处理。")
    assert clock(ticket, "first_response")["stopped_at"] == stopped


async def test_the_resolution_stops_at_resolve_and_is_owed_anew_when_reopened(
    house: House, time: Traveller
) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "processing")
    time.on(121 * _HOUR)
    ticket = await do(client, ticket, "resolve", resolution="已登记。")
    assert clocks(ticket) == {"first_response": "breached", "resolution": "breached"}, "low: 120 h"
    time.on(_HOUR)
    ticket = await do(client, ticket, "reopen", reason="仍未解决")
    assert clocks(ticket) == {"first_response": "breached", "resolution": "running"}
    assert _due(ticket) == 122 + 120


async def test_only_waiting_for_the_customer_stands(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "following")
    ticket = await do(client, ticket, "wait", waiting_for="third_party", reason="等清算机构")
    time.on(10 * _HOUR)
    assert clocks(ticket)["resolution"] == "running"
    ticket = await do(client, ticket, "resume")
    assert _due(ticket) == 120
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="等客户补充")
    time.on(1000 * _HOUR)
    shown = await read(client, ticket)
    assert (clocks(shown)["resolution"], clock(shown)["left_seconds"]) == ("paused", 110 * 3600)
    assert clocks(shown)["first_response"] == "breached", "a first answer is owed all the same"
    ticket = await do(client, ticket, "receive", body="已补充")
    assert (clocks(ticket)["resolution"], _due(ticket)) == ("running", 1120)


async def test_handing_on_never_resets_a_clock(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "following")
    before = ticket["clocks"]
    for verb, command in (
        ("transfer", {"team": "BILLING", "reason": "属账务问题"}),
        ("claim", {}),
        ("assign", {"assignee": None}),
    ):
        ticket = await do(client, ticket, verb, **command)
    assert ticket["clocks"] == before
    ticket = await do(client, ticket, "claim")
    time.on(_HOUR)
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="等客户")
    time.on(_HOUR)
    ticket = await do(client, ticket, "transfer", team="CS_L1", reason="退回一线")
    assert ticket["state"] == "assigned"
    assert clocks(ticket)["resolution"] == "running", "nobody waits for the customer any more"
    assert _due(ticket) == 121


async def test_another_priority_moves_what_runs(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="low")
    time.on(3 * _HOUR)
    ticket = await do(client, ticket, "priority", priority="urgent", reason="资金受影响")
    assert clocks(ticket) == {"first_response": "breached", "resolution": "running"}
    assert (_due(ticket, "first_response"), _due(ticket)) == (2, 24)
    ticket = await do(client, ticket, "priority", priority="normal", reason="已缓解")
    assert (clocks(ticket)["first_response"], _due(ticket)) == ("running", 48)


@pytest.mark.parametrize("verb", ["withdraw", "reject"])
async def test_what_ends_without_a_solution_is_not_judged(house: House, time: Traveller, verb: str) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="urgent")
    time.on(100 * _HOUR)
    said = {"proof": "客户撤回"} if verb == "withdraw" else {"reason": "不属于业务范围"}
    ticket = await do(client, ticket, verb, **said)
    assert clocks(ticket) == {"first_response": "cancelled", "resolution": "cancelled"}
    ticket = await do(client, ticket, "reopen", reason="客户又来")
    assert clocks(ticket) == {"first_response": "running", "resolution": "running"}
    assert (_due(ticket, "first_response"), _due(ticket)) == (102, 124)


async def test_a_merge_takes_the_earlier_due_moment(house: House, time: Traveller) -> None:
    client = await house.client()
    survivor = await house.ticket(client, "general", priority="low")
    time.on(_HOUR)
    merged = await house.ticket(client, "general", priority="urgent")
    ended = await do(client, merged, "merge", into=survivor["number"], reason="同一件事")
    assert clocks(ended) == {"first_response": "cancelled", "resolution": "cancelled"}
    shown = await read(client, survivor)
    assert (_due(shown, "first_response"), _due(shown)) == (3, 25)


async def test_a_list_shows_the_clock_that_ends_first(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="normal")
    time.on(5 * _HOUR)
    row = (await client.get("/tickets")).json()["items"][0]
    assert (row["clock_state"], row["due_at"]) == ("breached", clock(ticket, "first_response")["due_at"])
    await do(client, ticket, "reply", body="您好。")
    row = (await client.get("/tickets")).json()["items"][0]
    assert (row["clock_state"], row["due_at"]) == ("running", clock(ticket)["due_at"])


async def test_a_list_shows_that_all_that_is_owed_stands(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "waiting")
    await do(client, ticket, "reply", body="请补充截图。")
    row = (await client.get("/tickets")).json()["items"][0]
    assert (row["clock_state"], row["due_at"]) == ("paused", None)
    await house.ticket(client, "general")
    ended = await in_state(house, client, "withdrawn")
    rows = {r["id"]: r["clock_state"] for r in (await client.get("/tickets")).json()["items"]}
    assert rows[ended["id"]] is None
