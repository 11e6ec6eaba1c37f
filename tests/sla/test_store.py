"""Clocks in the database as they were put, past runs kept, and a tenant's time remembered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bihuan import sla
from bihuan.core import clock, db
from bihuan.core.actor import desk_actor
from bihuan.core.problems import Problem
from bihuan.sla import Clock, Facts, Pause, Targets
from bihuan.sla.policies import MakePolicy, make
from bihuan.sla.store import NoSuchCalendar, NoSuchPolicy
from tests.conftest import House

AT = datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC)
TARGETS = Targets(first_response=4 * 3600, resolution=48 * 3600)
FACTS = Facts(case_type="disputed_bill", kind="dispute", priority="normal", channel="portal")
FULL = Clock(
    kind="CN_CARD_QUERY",
    run=3,
    policy="dispute",
    policy_version=2,
    unit="working_day",
    amount=30,
    calendar="cn_working",
    calendar_version=4,
    queue="DISPUTE",
    last_day="next_working_day",
    stage="complex",
    target_seconds=2_592_000,
    started_at=AT,
    due_at=AT + timedelta(days=44),
    paused_at=AT + timedelta(days=2),
    paused_seconds=3600,
    pauses=(
        Pause(started_at=AT, ended_at=AT + timedelta(hours=1), reason="appraisal"),
        Pause(started_at=AT + timedelta(days=2), reason="third_party"),
    ),
    next_at=AT + timedelta(days=3),
    followed=("five_days", "breach"),
    provisional=True,
)
PLAIN = Clock(kind="resolution", target_seconds=60, started_at=AT, due_at=AT + timedelta(seconds=60))
STOPPED = Clock(
    kind="first_response",
    target_seconds=60,
    started_at=AT,
    due_at=AT + timedelta(seconds=60),
    stopped_at=AT + timedelta(seconds=3),
    stopped_by="ticket.replied",
)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement sent while the test runs."""
    sent: list[str] = []
    monkeypatch.setattr(db, "on_statement", lambda told, _params: sent.append(told))
    yield sent


def _of_sla(statements: list[str]) -> list[str]:
    return [s for s in statements if "sla_" in s or "from calendar" in s]


async def _ticket(house: House) -> UUID:
    return UUID((await house.ticket(case_type="general"))["id"])


async def _shipped(house: House) -> None:
    async with house.desk.database.work(house.tenant_id) as work:
        await sla.load_shipped(work, desk_actor(house.tenant_id))


async def test_clocks_are_read_as_they_were_put(house: House) -> None:
    ticket_id = await _ticket(house)
    async with house.desk.database.work(house.tenant_id) as work:
        await sla.put(work, ticket_id, (FULL, PLAIN, STOPPED))
    async with house.desk.database.work(house.tenant_id) as work:
        found = {c.kind: c for c in await (await sla.read(work, ticket_id)).all()}
        paged = await sla.clocks_of(work, [ticket_id, house.tenant_id])
    for put in (FULL, PLAIN, STOPPED):
        assert found[put.kind] == put
        assert type(found[put.kind]) is Clock
    assert set(paged) == {ticket_id}
    assert {c.kind: c for c in paged[ticket_id]} == found


async def test_the_live_rows_are_one_statement(house: House, statements: list[str]) -> None:
    ticket_id = await _ticket(house)
    async with house.desk.database.work(house.tenant_id) as work:
        statements.clear()
        await sla.put(work, ticket_id, (FULL, PLAIN, STOPPED), before=(PLAIN, STOPPED))
        await sla.put(work, ticket_id, ())
    assert len(_of_sla(statements)) == 1


async def test_a_run_that_gave_way_is_kept_as_it_ended(house: House, statements: list[str]) -> None:
    ticket_id = await _ticket(house)
    later = AT + timedelta(days=1)
    second = Clock(
        kind="resolution", run=2, target_seconds=60, started_at=later, due_at=later + timedelta(seconds=60)
    )
    async with house.desk.database.work(house.tenant_id) as work:
        await sla.put(work, ticket_id, (PLAIN, STOPPED))
        statements.clear()
        await sla.put(work, ticket_id, (second, STOPPED), before=(PLAIN, STOPPED))
        assert len(_of_sla(statements)) == 2
        # Said again, it stays as it was kept.
        await sla.put(work, ticket_id, (second, STOPPED), before=(PLAIN, STOPPED))
    async with house.desk.database.work(house.tenant_id) as work:
        found = await sla.past_runs(work, ticket_id)
        live = {c.kind: c for c in await (await sla.read(work, ticket_id)).all()}
    assert [(c.kind, c.run, c.started_at) for c in found] == [("resolution", 1, AT)]
    assert (found[0].state(later), found[0].stopped_at) == ("breached", later)
    assert live["resolution"] == second


async def test_without_policies_the_case_types_promise_holds(house: House) -> None:
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
    plan = book.plan(FACTS, TARGETS, clock.now())
    assert (plan.policy, {r.code for r in plan.rules}) == ("", {"first_response", "resolution"})
    assert book.pinned("", 0, TARGETS) == plan
    assert book.calendars()("", None, "") is None
    assert book.why(FACTS, clock.now()) == []


async def test_the_first_policy_that_matches_holds_and_is_pinned(house: House) -> None:
    await _shipped(house)
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
    now = clock.now()
    kinds: dict[str, dict[str, Any]] = {
        "complaint": {"kind": "complaint", "priority": "urgent"},
        "dispute": {"kind": "dispute", "priority": "urgent"},
        "urgent": {"kind": "request", "priority": "urgent"},
        "standard": {"kind": "request", "priority": "low"},
    }
    for policy, facts in kinds.items():
        plan = book.plan(Facts(case_type="x", channel="api", **facts), TARGETS, now)
        assert (plan.policy, plan.version) == (policy, 1)
        assert book.pinned(policy, 1, TARGETS) == plan
    assert [r.policy for r in book.why(FACTS, now)] == ["complaint", "dispute", "urgent", "standard"]
    assert [r.policy for r in book.why(FACTS, now) if r.matched] == ["dispute"]
    # Before they were loaded, nothing was in effect.
    assert book.plan(FACTS, TARGETS, now - timedelta(days=1)).policy == ""


async def test_what_is_not_there_is_said(house: House) -> None:
    await _shipped(house)
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
    with pytest.raises(NoSuchPolicy):
        book.pinned("standard", 9, TARGETS)
    with pytest.raises(NoSuchCalendar):
        book.calendars()("nowhere", None, "")
    assert issubclass(NoSuchCalendar, Problem)


async def test_a_warm_book_costs_no_statement(house: House, statements: list[str]) -> None:
    await _shipped(house)
    async with house.desk.database.work(house.tenant_id) as work:
        await sla.book(work)
        statements.clear()
        first = (await sla.book(work)).calendars()("cn_working", None, "")
        second = (await sla.book(work)).calendars()("cn_working", 1, "BILLING")
    assert statements == ["commit"] or _of_sla(statements) == []
    assert first is second, "queues without differences share one calendar, with what it has reckoned"


async def test_a_new_version_is_seen_at_once_and_the_old_one_stays(house: House) -> None:
    await _shipped(house)
    actor = desk_actor(house.tenant_id)
    async with house.desk.database.work(house.tenant_id) as work:
        body = (await sla.book(work)).policy_body("standard", 1)
        made = await make(work, actor, MakePolicy(body=body, note="又一版"))
    async with house.desk.database.work(house.tenant_id) as work:
        book = await sla.book(work)
    plan = book.plan(
        Facts(case_type="x", kind="request", priority="low", channel="api"), TARGETS, clock.now()
    )
    assert (made.version, plan.version) == (2, 2)
    assert book.pinned("standard", 1, TARGETS).version == 1


async def test_what_was_rolled_back_is_not_remembered(house: House) -> None:
    await _shipped(house)

    async def undone() -> None:
        async with house.desk.database.work(house.tenant_id) as work:
            body = (await sla.book(work, fresh=True)).policy_body("standard", 1)
            await make(work, desk_actor(house.tenant_id), MakePolicy(body=body, note="不算数"))
            assert len((await sla.book(work, fresh=True)).policy_heads("standard")) == 2
            raise LookupError

    with pytest.raises(LookupError):
        await undone()
    async with house.desk.database.work(house.tenant_id) as work:
        assert len((await sla.book(work)).policy_heads("standard")) == 1


async def test_one_tenant_knows_nothing_of_anothers_time(house: House, shared_house: House) -> None:
    await _shipped(house)
    async with shared_house.desk.database.work(shared_house.tenant_id) as work:
        book = await sla.book(work, fresh=True)
    assert book.calendar_heads() == []
    assert book.policy_heads() == []
