"""A ticket that has waited as long as it was to: the desk goes on with it, once, with the cause on record."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bihuan.core import clock as core_clock
from bihuan.core.clock import Traveller
from bihuan.tickets import due, waits
from tests.conftest import House, gather
from tests.tickets.doing import Json, do, in_state, kinds, read
from tests.tickets.timed import HOUR, START, clocks_of, events, policy, rule, swept

_UNTIL = START + 3 * HOUR
_MOMENT = timedelta(microseconds=1)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def _waiting(house: House, **more: Any) -> Json:
    """A ticket that waits for its customer until a moment."""
    await policy(house, rule(pauses_for=("customer",)))
    client = await house.client()
    ticket = await in_state(house, client, "processing")
    wish = {"waiting_for": "customer", "reason": "等截图", "until": _UNTIL.isoformat(), **more}
    return await do(client, ticket, "wait", **wish)


async def test_the_desk_goes_on_once_the_moment_has_come(house: House, time: Traveller) -> None:
    ticket, client = await _waiting(house), await house.client()
    time.to(_UNTIL - _MOMENT)
    assert await swept(house) == 0
    time.to(_UNTIL)
    assert await swept(house) == 1
    assert await swept(house) == 0, "once"
    shown = await read(client, ticket)
    assert (shown["state"], shown["waiting_for"], shown["waiting_until"]) == ("processing", None, None)
    assert shown["assignee"] == ticket["assignee"]
    resumed = (await events(house, ticket))[-1]
    assert (resumed.kind, resumed.actor_kind) == ("ticket.resumed", "system")
    assert (resumed.data["by"], resumed.data["waited_until"]) == ("desk", _UNTIL.isoformat())
    of_kind = (await clocks_of(house, ticket))["resolution"]
    assert (of_kind.paused_at, of_kind.due_at) == (None, START + 13 * HOUR), "what was left is left"
    assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]


async def test_without_a_moment_or_gone_on_before_nothing_follows(house: House, time: Traveller) -> None:
    ticket, client = await _waiting(house, until=None), await house.client()
    gone = await do(client, await _waiting(house), "resume")
    time.to(_UNTIL + HOUR)
    assert await swept(house) == 0
    assert (await read(client, ticket))["state"] == "waiting"
    assert (await kinds(client, gone)).count("resumed") == 1


async def test_many_sweeps_go_on_with_each_once(house: House, time: Traveller) -> None:
    opened = [await _waiting(house) for _ in range(8)]
    time.to(_UNTIL)
    assert sum(await gather(*(swept(house) for _ in range(4)))) == len(opened)
    client = await house.client()
    assert [(await kinds(client, t)).count("resumed") for t in opened] == [1] * len(opened)


async def test_the_sweep_knows_of_it_by_itself(house: House, time: Traveller) -> None:
    ticket = await _waiting(house)
    sweep = due.Sweep(house.desk)
    time.to(_UNTIL - timedelta(milliseconds=300))
    assert 0 < await sweep.look() <= 0.3
    time.to(_UNTIL)
    await sweep.look()
    assert (await read(await house.client(), ticket))["state"] == "processing"


async def test_one_that_fails_is_tried_again_later(
    house: House, time: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await _waiting(house), await _waiting(house)
    written = waits.written

    async def fail(held: Any, plan: Any) -> Any:
        if str(held.ticket.id) == bad["id"]:
            raise ValueError("out of order")
        return await written(held, plan)

    monkeypatch.setattr(waits, "written", fail)
    time.to(_UNTIL)
    sweep, client = due.Sweep(house.desk), await house.client()
    assert (await sweep.turn(house.tenant_id)).done == 1
    assert (await read(client, good))["state"] == "processing"
    monkeypatch.undo()
    assert (await sweep.turn(house.tenant_id)).done == 0, "not at once"
    time.on(timedelta(seconds=3))
    assert (await sweep.turn(house.tenant_id)).done == 1
    assert (await read(client, bad))["state"] == "processing"
