"""Running clocks reckoned anew after a change: all or the provisional ones, each on record; what has ended never."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bihuan.core import clock as core_clock
from bihuan.core.actor import desk_actor
from bihuan.core.clock import Traveller
from bihuan.core.db import Query
from bihuan.sla import Limit
from bihuan.sla.model import Day
from bihuan.tickets import moves
from bihuan.tickets.visible import queries, visible_to
from tests.conftest import House, gather
from tests.tickets.doing import Json, do, in_state, kinds, read
from tests.tickets.timed import HOUR, START, calendar, clocks_of, events, moved, policy, rule, working_hours

_NINE_HOURS = Limit(amount=9, unit="business_hour", calendar="office")
_THURSDAY_OFF = Day(on=date(2026, 3, 5), kind="override", name="停业")
#: Opened on Wednesday at 10:00, eight hours that day, the ninth on Thursday: 10:00; on Friday if Thursday is off.
_THURSDAY, _FRIDAY = (datetime(2026, 3, day, 2, 0, tzinfo=UTC) for day in (5, 6))


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def _changes(house: House) -> list[tuple[str, int, bool]]:
    """What was asked, how many clocks moved, whether it is done."""
    text = "select what, moved, done_at is not null as done from sla_change where tenant_id = %(tenant_id)s order by id"
    async with house.desk.database.work(house.tenant_id) as work:
        rows = await work.rows(Query(name="test", sql=text, prepare=False), dict)
    return [(r["what"], r["moved"], r["done"]) for r in rows]


async def _opened(house: House) -> Json:
    await calendar(house, working_hours())
    await policy(house, rule(hours=_NINE_HOURS, pauses_for=("customer",)))
    return await house.ticket(None, "general")


async def _moves(house: House, ticket: Json) -> list[Any]:
    return [e.data for e in await events(house, ticket) if e.kind == "ticket.clock_moved"]


async def test_a_day_off_moves_what_runs_and_says_why(house: House, time: Traveller) -> None:
    ticket = await _opened(house)
    before = (await clocks_of(house, ticket))["resolution"]
    assert before.due_at == _THURSDAY
    version = await calendar(house, working_hours(days=(_THURSDAY_OFF,)), move_running=True)
    time.on(HOUR)
    assert await moved(house)
    after = (await clocks_of(house, ticket))["resolution"]
    assert (after.due_at, after.calendar_version, after.started_at) == (_FRIDAY, version, before.started_at)
    (told,) = await _moves(house, ticket)
    assert (told["clock"], told["from"], told["to"]) == (
        "resolution", _THURSDAY.isoformat(), _FRIDAY.isoformat(),
    )  # fmt: skip
    assert told["because"] == {"what": "calendar", "code": "office", "version": version}
    assert await _changes(house) == [("calendar", 1, True)]
    assert await moved(house)
    assert len(await _moves(house, ticket)) == 1


async def test_unless_asked_what_runs_goes_on(house: House, time: Traveller) -> None:
    ticket = await _opened(house)
    await calendar(house, working_hours(days=(_THURSDAY_OFF,)))
    assert await moved(house)
    assert (await clocks_of(house, ticket))["resolution"].due_at == _THURSDAY
    other = await house.ticket(None, "general")
    assert (await clocks_of(house, other))["resolution"].due_at == _FRIDAY, "what is opened now"
    assert await _changes(house) == [("calendar", 0, True)]


async def test_a_pause_that_ended_stays_taken_away_and_one_that_lasts_goes_on(
    house: House, time: Traveller
) -> None:
    await calendar(house, working_hours())
    await policy(house, rule(hours=_NINE_HOURS, pauses_for=("customer",)))
    client = await house.client()
    ticket = await in_state(house, client, "following")
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="等截图")
    time.on(HOUR)
    ticket = await do(client, ticket, "resume")
    assert (await clocks_of(house, ticket))["resolution"].due_at == _THURSDAY + HOUR
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="再等")
    await calendar(house, working_hours(days=(_THURSDAY_OFF,)), move_running=True)
    assert await moved(house)
    c = (await clocks_of(house, ticket))["resolution"]
    assert (c.due_at, c.paused_at) == (_FRIDAY + HOUR, START + HOUR)
    time.on(HOUR)
    ticket = await do(client, await read(client, ticket), "resume")
    assert (await clocks_of(house, ticket))["resolution"].due_at == _FRIDAY + 2 * HOUR


async def test_only_the_provisional_ones(house: House, time: Traveller) -> None:
    """A year's notice is out: what was computed without it is computed again, whoever asks."""
    body = working_hours(statutory="CN", years=(2026,))
    await calendar(house, body)
    await policy(house, rule(hours=_NINE_HOURS), code="a", priorities=("urgent",))
    long = Limit(amount=300, unit="working_day", calendar="office")
    await policy(house, rule(hours=long), code="b")
    short = await house.ticket(None, "general", priority="urgent")
    ticket = await house.ticket(None, "general", priority="low")
    before = (await clocks_of(house, ticket))["resolution"]
    assert before.provisional and not (await clocks_of(house, short))["resolution"].provisional
    notice = Day(on=date(2027, 1, 4), kind="holiday", name="元旦")
    version = await calendar(
        house, working_hours(statutory="CN", years=(2026, 2027), days=(_THURSDAY_OFF, notice))
    )
    assert await moved(house)
    after = (await clocks_of(house, ticket))["resolution"]
    assert (after.provisional, after.calendar_version) == (False, version)
    assert after.due_at > before.due_at
    assert (await clocks_of(house, short))["resolution"].due_at == _THURSDAY
    assert await _changes(house) == [("calendar", 1, True)]


async def test_a_policy_edited_moves_what_it_started_if_asked(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=10))
    ticket, other = [await house.ticket(None, "general") for _ in range(2)]
    client = await house.client()
    await do(client, other, "withdraw", proof="不用了")
    ended = (await clocks_of(house, other))["resolution"]
    await policy(house, rule(hours=20))
    assert await moved(house)
    assert (await clocks_of(house, ticket))["resolution"].due_at == START + 10 * HOUR
    version = await policy(house, rule(hours=30), rule("update", hours=4), move_running=True)
    assert await moved(house)
    clocks = await clocks_of(house, ticket)
    assert {k: (c.due_at, c.policy_version) for k, c in clocks.items()} == {
        "resolution": (START + 30 * HOUR, version),
        "update": (START + 4 * HOUR, version),
    }
    assert (await clocks_of(house, other))["resolution"] == ended
    assert [(m["clock"], m["from"] is None) for m in await _moves(house, ticket)] == [
        ("resolution", False), ("update", True),
    ]  # fmt: skip
    assert (await kinds(client, other))[-1] == "withdrawn"


async def test_any_number_of_movers_move_each_once(house: House, time: Traveller) -> None:
    await calendar(house, working_hours())
    await policy(house, rule(hours=_NINE_HOURS))
    opened = [await house.ticket(None, "general") for _ in range(30)]
    await calendar(house, working_hours(days=(_THURSDAY_OFF,)), move_running=True)
    await gather(*(moved(house) for _ in range(3)))
    assert [len(await _moves(house, ticket)) for ticket in opened] == [1] * 30
    assert await _changes(house) == [("calendar", 30, True)]


async def test_one_that_somebody_holds_is_moved_later_and_the_change_stays_open(
    house: House, time: Traveller
) -> None:
    first = await _opened(house)
    second = await house.ticket(None, "general")
    await calendar(house, working_hours(days=(_THURSDAY_OFF,)), move_running=True)
    async with house.desk.database.work(house.tenant_id) as work:
        params = visible_to(desk_actor(house.tenant_id))
        assert await work.one(queries.lock_ticket, dict, id=UUID(first["id"]), **params)
        assert not await moved(house), "to be tried again soon"
    assert await _changes(house) == [("calendar", 1, False)]
    assert await moved(house)
    assert await _changes(house) == [("calendar", 2, True)]
    assert [len(await _moves(house, t)) for t in (first, second)] == [1, 1]


async def test_a_change_stays_open_while_others_may_not_know_of_it(house: House, time: Traveller) -> None:
    ticket = await _opened(house)
    await calendar(house, working_hours(days=(_THURSDAY_OFF,)), move_running=True)
    settles = timedelta(seconds=15)
    await moves.move_now(house.desk, house.tenant_id, settles=settles)
    assert (len(await _moves(house, ticket)), await _changes(house)) == (1, [("calendar", 1, False)])
    time.on(settles)
    await moves.move_now(house.desk, house.tenant_id, settles=settles)
    assert await _changes(house) == [("calendar", 1, True)]


async def test_one_that_fails_holds_nobody_back_and_is_not_forgotten(
    house: House, time: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await _opened(house)
    good = [await house.ticket(None, "general") for _ in range(3)]
    await calendar(house, working_hours(days=(_THURSDAY_OFF,)), move_running=True)
    broken = UUID(bad["id"])
    written = moves.written

    async def fail(held: Any, plan: Any) -> Any:
        if held.ticket.id == broken:
            raise ValueError("out of order")
        return await written(held, plan)

    monkeypatch.setattr(moves, "written", fail)
    await moved(house)
    assert [len(await _moves(house, t)) for t in (bad, *good)] == [0, 1, 1, 1]
    assert await _changes(house) == [("calendar", 3, False)]
    monkeypatch.undo()
    await moved(house)
    assert await _changes(house) == [("calendar", 4, True)]


async def test_what_is_due_when_it_was_is_not_told_as_moved(house: House, time: Traveller) -> None:
    ticket = await _opened(house)
    later = Day(on=date(2026, 6, 1), kind="override", name="停业")
    version = await calendar(house, working_hours(days=(later,)), move_running=True)
    assert await moved(house)
    after = (await clocks_of(house, ticket))["resolution"]
    assert (after.due_at, after.calendar_version) == (_THURSDAY, version)
    assert await _moves(house, ticket) == []
    assert (await kinds(await house.client(), ticket))[-1] == "clock_rebased"
    assert (await (await house.client()).get(f"/tickets/{ticket['id']}/verify")).json()["clean"]
