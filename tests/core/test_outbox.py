"""Events reach those who react: after the commit, at least once, put off when a reaction fails."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from tests.conftest import House

from bihuan import evidence
from bihuan.core import clock, events, outbox
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered, reacts_to

_KIND = "test.happened"


class _Reaction:
    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.seen: list[Delivered] = []
        self.fails = 0

    async def __call__(self, _desk: Desk, event: Delivered) -> None:
        if event.tenant_id != self.tenant_id:
            return  # what another test has put off
        if self.fails > 0:
            self.fails -= 1
            raise RuntimeError("not now")
        self.seen.append(event)


@pytest.fixture
def reaction(house: House) -> Iterator[_Reaction]:
    """Somebody who reacts to the tests' own kind of event."""
    made = _Reaction(house.tenant_id)
    reacts_to(_KIND)(made)
    yield made
    events._reactions.pop(_KIND)


async def _happen(desk: Desk, tenant_id: UUID, kind: str = _KIND) -> None:
    async with desk.database.work(tenant_id) as work:
        event = evidence.NewEvent(kind=kind, at=clock.now(), actor=desk_actor(tenant_id), data={})
        await evidence.record(work, work.ring, evidence.Stream(kind="config", id=tenant_id), event)


def _queued(owner: psycopg.Connection, house: House, kind: str = _KIND) -> list[int]:
    rows = owner.execute(
        "select attempts from outbox where tenant_id = %s and kind = %s", (house.tenant_id, kind)
    ).fetchall()
    return [attempts for (attempts,) in rows]


async def test_delivered_once_and_gone(
    desk: Desk, house: House, owner: psycopg.Connection, reaction: _Reaction
) -> None:
    await _happen(desk, house.tenant_id)
    assert _queued(owner, house) == [0]
    await outbox.deliver_due(desk)
    assert [(e.tenant_id, e.stream_id, e.kind) for e in reaction.seen] == [
        (house.tenant_id, house.tenant_id, _KIND)
    ]
    assert _queued(owner, house) == []
    await outbox.deliver_due(desk)
    assert len(reaction.seen) == 1


async def test_what_rolled_back_never_happened(desk: Desk, house: House, reaction: _Reaction) -> None:
    with pytest.raises(RuntimeError):
        async with desk.database.work(house.tenant_id) as work:
            event = evidence.NewEvent(kind=_KIND, at=clock.now(), actor=desk_actor(house.tenant_id), data={})
            await evidence.record(work, work.ring, evidence.Stream(kind="config", id=house.tenant_id), event)
            raise RuntimeError("the verb failed")
    await outbox.deliver_due(desk)
    assert reaction.seen == []


async def test_a_failing_reaction_is_tried_again_later_and_later(
    desk: Desk, house: House, owner: psycopg.Connection, reaction: _Reaction
) -> None:
    reaction.fails = 2
    with clock.travel(clock.now()) as traveller:
        await _happen(desk, house.tenant_id)
        await outbox.deliver_due(desk)
        assert (_queued(owner, house), reaction.seen) == ([1], [])
        await outbox.deliver_due(desk)
        assert _queued(owner, house) == [1], "not before its time"
        traveller.on(timedelta(seconds=2))
        await outbox.deliver_due(desk)
        assert _queued(owner, house) == [2]
        traveller.on(timedelta(seconds=4))
        await outbox.deliver_due(desk)
    assert len(reaction.seen) == 1
    assert _queued(owner, house) == []


async def test_one_failing_event_holds_up_no_other(desk: Desk, house: House, reaction: _Reaction) -> None:
    reaction.fails = 1
    await _happen(desk, house.tenant_id)
    await _happen(desk, house.tenant_id)
    await outbox.deliver_due(desk)
    assert len(reaction.seen) == 1


async def test_what_nobody_reacts_to_is_dropped(desk: Desk, house: House, owner: psycopg.Connection) -> None:
    await _happen(desk, house.tenant_id, "test.unheard")
    assert _queued(owner, house, "test.unheard") == [0]
    await outbox.deliver_due(desk)
    assert _queued(owner, house, "test.unheard") == []


async def test_two_workers_at_once_deliver_each_event_once(
    desk: Desk, house: House, reaction: _Reaction
) -> None:
    from tests.conftest import gather

    for _ in range(10):
        await _happen(desk, house.tenant_id)
    await gather(*(outbox.deliver_due(desk) for _ in range(3)))
    assert sorted(e.seq for e in reaction.seen) == sorted({e.seq for e in reaction.seen})
    assert len(reaction.seen) == 10
