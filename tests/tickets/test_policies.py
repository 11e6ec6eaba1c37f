"""Which policy a ticket goes by, what it keeps, and that no later edit changes a result."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from bihuan import sla
from bihuan.core import clock as core_clock
from bihuan.core import db
from bihuan.core.clock import Traveller
from bihuan.sla import Limit, Step, Tell
from bihuan.sla.model import Day, Stage
from tests.conftest import House
from tests.tickets.doing import WAYS, Json, clocks, do, in_state
from tests.tickets.timed import (
    HOUR,
    START,
    calendar,
    clocks_of,
    moved,
    policy,
    rule,
    swept,
    words,
    working_hours,
)

_DAY = timedelta(days=1)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def _held(house: House, ticket: Json) -> dict[str, tuple[str, int]]:
    """Clock → policy and version it keeps."""
    return {k: (c.policy, c.policy_version) for k, c in (await clocks_of(house, ticket)).items()}


async def test_a_customers_tier_is_promised_more(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=2), code="gold", tiers=("gold",))
    await policy(house, rule(hours=20), code="z")
    client = await house.client()
    known = {"external_ref": "C-7", "tier": "gold"}
    first = await house.ticket(client, "general", customer=known)
    again = await house.ticket(client, "general", customer={"external_ref": "C-7"})
    other = await house.ticket(client, "general", customer={"external_ref": "C-8"})
    assert [(await _held(house, t))["resolution"][0] for t in (first, again, other)] == ["gold", "gold", "z"]
    customer = f"/customers/{other['customer']['id']}"
    assert (await client.put(f"{customer}/tier", json={"tier": "gold"})).json()["tier"] == "gold"
    assert (await _held(house, other))["resolution"][0] == "z", "what is open goes on as it was promised"
    moved_on = await do(client, other, "priority", priority="urgent", reason="升级")
    assert (await _held(house, moved_on))["resolution"][0] == "gold", "matched anew"
    assert (await client.put(f"{customer}/tier", json={"tier": None})).json()["tier"] is None
    assert (await client.get(customer)).json()["tier"] is None
    assert (await client.put(f"{customer}/tier", json={"tier": "no spaces"})).status_code == 422


async def test_what_runs_keeps_its_version_until_it_is_matched_anew(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=10, pauses_for=("customer",)))
    client = await house.client()
    ticket = await in_state(house, client, "following")
    await policy(house, rule(hours=5))
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="等截图")
    time.on(HOUR)
    ticket = await do(client, ticket, "resume")
    kept = (await clocks_of(house, ticket))["resolution"]
    assert (kept.policy_version, kept.due_at) == (1, START + 11 * HOUR), (
        "its own rule pauses; the new one does not"
    )
    new = await house.ticket(client, "general")
    assert (await _held(house, new))["resolution"] == ("own", 2)
    ticket = await do(client, ticket, "priority", priority="urgent", reason="升级")
    anew = (await clocks_of(house, ticket))["resolution"]
    assert (anew.policy_version, anew.due_at, anew.started_at) == (2, START + 6 * HOUR, START)


async def test_without_a_policy_the_case_types_promise_holds(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=3), case_types=("disputed_bill",))
    ticket = await house.ticket(None, "general")
    assert await _held(house, ticket) == {"first_response": ("", 0), "resolution": ("", 0)}
    client = await house.client()
    ticket = await do(client, ticket, "reclassify", case_type="disputed_bill", reason="实为账单争议")
    assert (await _held(house, ticket))["resolution"] == ("own", 1)
    assert clocks(ticket) == {"first_response": "cancelled", "resolution": "running"}


async def test_a_departments_part_runs_while_it_has_the_ticket(house: House, time: Traveller) -> None:
    ola = rule("billing", hours=8, team="BILLING", starts_on=("transferred",))
    await policy(house, rule(hours=100), ola)
    client = await house.client()
    ticket = await house.ticket(client, "general")
    assert set(clocks(ticket)) == {"resolution"}
    time.on(HOUR)
    ticket = await do(client, ticket, "transfer", team="BILLING", reason="属账务")
    assert (await clocks_of(house, ticket))["billing"].due_at == START + 9 * HOUR
    time.on(HOUR)
    ticket = await do(client, ticket, "transfer", team="FRAUD", reason="疑似欺诈")
    assert (await clocks_of(house, ticket))["billing"].stopped_at == START + 2 * HOUR


async def test_archiving_leaves_no_clock_running(house: House, time: Traveller) -> None:
    await policy(house, rule("call", hours=5, starts_on=("resolved",), stops_on=("called_back",)), rule())
    client = await house.client()
    ticket = await in_state(house, client, "resolved")
    assert clocks(ticket)["call"] == "running"
    ticket = await do(client, ticket, "archive")
    assert all(c.stopped_at for c in (await clocks_of(house, ticket)).values())


async def test_opening_by_a_policy_asks_nothing_more(
    house: House, time: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.client()
    told: list[str] = []

    async def counted() -> int:
        body = {"case_type": "general", "title": "t", "description": "d", "customer": {"external_ref": "C-1"}}
        assert (await client.post("/tickets", json=body)).status_code == 201
        told.clear()
        assert (await client.post("/tickets", json=body)).status_code == 201
        return len(told)

    monkeypatch.setattr(db, "on_statement", lambda sql, _params: told.append(sql))
    without = await counted()
    await calendar(house, working_hours())
    await policy(house, rule(), rule("update", hours=Limit(amount=3, unit="working_day", calendar="office")))
    assert await counted() == without


async def test_sorting_by_what_is_left_and_filtering_what_is_late(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=10, pauses_for=("customer",)))
    client = await house.client()
    paused = await in_state(house, client, "following")
    time.on(HOUR)
    early = await house.ticket(client, "general")
    time.on(HOUR)
    late = await house.ticket(client, "general")
    rows = (await client.get("/tickets?sort=due")).json()["items"]
    assert [r["id"] for r in rows] == [paused["id"], early["id"], late["id"]]
    await do(client, paused, "wait", waiting_for="customer", reason="等截图")
    rows = (await client.get("/tickets?sort=due")).json()["items"]
    assert [(r["id"], r["clock_state"]) for r in rows] == [
        (early["id"], "running"), (late["id"], "running"), (paused["id"], "paused"),
    ]  # fmt: skip
    paged: list[str] = []
    after = ""
    while len(paged) < 4:
        page = (await client.get("/tickets", params={"sort": "due", "limit": 1, "after": after})).json()
        paged += [r["id"] for r in page["items"]]
        if not (after := page["next"]):
            break
    assert paged == [early["id"], late["id"], paused["id"]], "page by page the same, to the end"
    time.to(START + 11 * HOUR + timedelta(seconds=1))
    for filter_, found in (
        ('{"field": "breached", "is": true}', {early["id"]}),
        ('{"field": "breached", "is": false}', {late["id"], paused["id"]}),
        ('{"field": "waiting_for", "is": "customer"}', {paused["id"]}),
        ('{"field": "due_at", "before": "2026-03-04T13:00:01Z"}', {early["id"]}),
    ):
        answer = await client.get("/tickets", params={"filter": filter_})
        assert {r["id"] for r in answer.json()["items"]} == found, filter_
        count = await client.get("/tickets/count", params={"filter": filter_})
        assert count.json()["count"] == len(found), filter_


# ------------------------------------------------------------------------------------------- a year, and what came later
_LADDER = (Step(code="half", share=50, do=(Tell(to="lead"),)),)
_ENDS = ("archive", "withdraw", "reject", "reopened", "merge")


def _rules(hours: int, days: int) -> tuple[Any, ...]:
    """Business hours, working days with a stage, calendar days, a department's part."""
    more = Stage(
        code="thirty", limit=Limit(amount=days * 2, unit="working_day", calendar="office"), when=words()
    )
    return (
        rule("first_response", Limit(amount=hours, unit="business_hour", calendar="office"), stops_on=("replied", "resolved")),
        rule(
            "resolution", Limit(amount=days, unit="working_day", calendar="office"), _LADDER, restarts_on=("reopened",),
            pauses_for=("customer",), stages=(more,),
        ),
        rule("regulator", Limit(amount=15, unit="calendar_day", calendar="office", last_day="next_working_day")),
        rule("billing", Limit(amount=4, unit="business_hour", calendar="office"), team="BILLING", starts_on=("transferred",)),
    )  # fmt: skip


async def _lived(
    client: httpx.AsyncClient, body: Json, time: Traveller, rng: random.Random, *, end: str
) -> Json:
    """One ticket from its opening to its end, at odd moments."""

    def later() -> None:
        time.on(timedelta(seconds=rng.randrange(60, 3 * 86_400), microseconds=rng.randrange(1_000_000)))

    ticket = await _following(client, body)
    later()
    if end == "reject":
        return await do(client, ticket, "reject", reason="不属于业务范围")
    if rng.random() < 0.5:
        ticket = await do(client, ticket, "transfer", team="BILLING", reason="属账务")
        later()
        ticket = await do(client, ticket, "claim")
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="等截图")
    later()
    ticket = await do(client, ticket, "receive", body="已补充")
    later()
    if end == "withdraw":
        return await do(client, ticket, "withdraw", proof="不用了")
    if end == "merge":
        return await do(
            client, ticket, "merge", into=(await _following(client, body))["number"], reason="同一件事"
        )
    ticket = await do(client, ticket, "resolve", resolution="已处理。")
    if end == "reopened":
        later()
        ticket = await do(client, ticket, "reopen", reason="还有疑问")
        later()
        ticket = await do(client, ticket, "resolve", resolution="再次处理。")
    later()
    return await do(client, ticket, "archive")


async def _following(client: httpx.AsyncClient, body: Json) -> Json:
    """A ticket just opened and claimed, with all it needs to be resolved."""
    ticket: Json = (await client.post("/tickets", json=body)).json()
    for verb, command in WAYS["following"]:
        ticket = await do(client, ticket, verb, **command)
    return ticket


async def _results(house: House, *, pinned: bool = True) -> bytes:
    """Every clock and every run before, whole, each with its ledger by what it keeps; of all tickets that have ended.

    Not `pinned`: by the calendars in force, as it must not be done.
    """
    query = db.Query(
        name="test", prepare=False,
        sql="select id from ticket where tenant_id = %(tenant_id)s and closed_at is not null order by id",
    )  # fmt: skip
    async with house.desk.database.work(house.tenant_id) as work:
        ids = [UUID(str(row["id"])) for row in await work.rows(query, dict)]
        book = await sla.book(work, fresh=True)
        found = await sla.clocks_of(work, ids)
        past = {id_: await sla.past_runs(work, id_) for id_ in ids}
    told: list[Any] = []
    for id_ in ids:
        for c in (*past[id_], *found[id_]):
            by = book.calendars()(c.calendar, c.calendar_version if pinned else None, c.queue)
            now = core_clock.now()
            told.append((id_, c, c.state(now), sla.ledger.ledger(c, by, now)))
    assert len(told) > 3 * len(ids) > 60
    return msgspec.json.encode(told)


async def test_nothing_later_changes_a_result(house: House, time: Traveller) -> None:
    """A year of tickets has ended; then a policy is edited and holidays added, with all that runs moved."""
    rng = random.Random(20_260_304)
    await calendar(house, working_hours())
    await policy(house, *_rules(4, 5))
    start, body, number = core_clock.now(), await house.example("general"), 0
    while core_clock.now() < start + 365 * _DAY:
        # Tokens end, so somebody new comes for each ticket.
        client = await house.client(login=f"colleague{number}")
        await _lived(client, body, time, rng, end=_ENDS[number % len(_ENDS)])
        await swept(house)
        number += 1
    time.to(core_clock.now() + 40 * _DAY)
    await swept(house)
    client = await house.client(login="last")
    running = await _following(client, body)
    was = (await clocks_of(house, running))["resolution"]
    before = await _results(house)
    off = tuple(Day(on=start.date() + n * _DAY, kind="holiday", name="节假日") for n in range(3, 500, 7))
    soon = Day(on=(core_clock.now() + _DAY).date(), kind="override", name="停业")
    days = {d.on: d for d in (*off, soon)}
    await calendar(house, working_hours(days=tuple(days[on] for on in sorted(days))), move_running=True)
    await policy(house, *_rules(9, 3), move_running=True)
    assert await moved(house)
    assert (await clocks_of(house, running))["resolution"].due_at != was.due_at, (
        "what runs goes on by the new ones"
    )
    assert await _results(house) == before
    assert await _results(house, pinned=False) != before, "or it would prove nothing"
