"""Events reach those who react: after the commit, at least once, put off when a reaction fails."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import httpx
import psycopg
import pytest
from tests.conftest import House, found

from bihuan import evidence
from bihuan.core import clock, events, outbox
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
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
async def other_house(desk: Desk, http: httpx.ASGITransport) -> House:
    """Another tenant."""
    return await found(desk, http)


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
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    assert [(e.tenant_id, e.stream_id, e.kind) for e in reaction.seen] == [
        (house.tenant_id, house.tenant_id, _KIND)
    ]
    assert _queued(owner, house) == []
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    assert len(reaction.seen) == 1


async def test_what_rolled_back_never_happened(desk: Desk, house: House, reaction: _Reaction) -> None:
    with pytest.raises(RuntimeError):
        async with desk.database.work(house.tenant_id) as work:
            event = evidence.NewEvent(kind=_KIND, at=clock.now(), actor=desk_actor(house.tenant_id), data={})
            await evidence.record(work, work.ring, evidence.Stream(kind="config", id=house.tenant_id), event)
            raise RuntimeError("the verb failed")
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    assert reaction.seen == []


async def test_a_failing_reaction_is_tried_again_later_and_later(
    desk: Desk, house: House, owner: psycopg.Connection, reaction: _Reaction
) -> None:
    reaction.fails = 2
    with clock.travel(clock.now()) as traveller:
        await _happen(desk, house.tenant_id)
        await outbox.deliver_due(desk, tenant_id=house.tenant_id)
        assert (_queued(owner, house), reaction.seen) == ([1], [])
        await outbox.deliver_due(desk, tenant_id=house.tenant_id)
        assert _queued(owner, house) == [1], "not before its time"
        traveller.on(timedelta(seconds=2))
        await outbox.deliver_due(desk, tenant_id=house.tenant_id)
        assert _queued(owner, house) == [2]
        traveller.on(timedelta(seconds=4))
        await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    assert len(reaction.seen) == 1
    assert _queued(owner, house) == []


async def test_one_failing_event_holds_up_no_other(desk: Desk, house: House, reaction: _Reaction) -> None:
    reaction.fails = 1
    await _happen(desk, house.tenant_id)
    await _happen(desk, house.tenant_id)
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    assert len(reaction.seen) == 1


async def test_what_nobody_reacts_to_is_dropped(desk: Desk, house: House, owner: psycopg.Connection) -> None:
    await _happen(desk, house.tenant_id, "test.unheard")
    assert _queued(owner, house, "test.unheard") == [0]
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
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


# --------------------------------------------------------------------------------------------- within the delivery
_WITHIN = "test.within"


class _Member:
    """Reacts within the delivery, by rows alone; events of one tenant are told apart by their place."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.batches: list[list[int]] = []
        self.fails: set[int] = set()

    async def __call__(self, _desk: Desk, _work: Work, delivered: Sequence[Delivered]) -> None:
        seqs = [d.seq for d in delivered if d.tenant_id == self.tenant_id]
        if self.fails & set(seqs):
            raise RuntimeError("not now")
        self.batches.append(seqs)


@pytest.fixture
def member(house: House) -> Iterator[_Member]:
    """Somebody who reacts within the delivery to the tests' own kind of event."""
    made = _Member(house.tenant_id)
    events.reacts_within(_WITHIN)(made)
    yield made
    events._within.pop(_WITHIN)


async def test_many_at_once_and_one_that_fails_alone(
    desk: Desk, house: House, owner: psycopg.Connection, member: _Member
) -> None:
    for _ in range(10):
        await _happen(desk, house.tenant_id, _WITHIN)
    seqs = [
        seq
        for (seq,) in owner.execute(
            "select seq from outbox where tenant_id = %s and kind = %s order by seq",
            [house.tenant_id, _WITHIN],
        )
    ]
    member.fails = {seqs[4]}
    assert await outbox.deliver_due(desk, tenant_id=house.tenant_id) == 10
    assert sorted(seq for batch in member.batches for seq in batch) == [*seqs[:4], *seqs[5:]]
    assert _queued(owner, house, _WITHIN) == [1], "put off"
    member.fails = set()
    with clock.travel(clock.now() + timedelta(minutes=1)):
        await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    assert _queued(owner, house, _WITHIN) == [] and member.batches[-1] == [seqs[4]]


async def test_what_somebody_else_holds_is_not_put_off(
    desk: Desk, house: House, owner: psycopg.Connection, member: _Member
) -> None:
    """A lock that does not come in time says nothing against the event."""
    await _happen(desk, house.tenant_id, _WITHIN)
    before = member.__class__.__call__

    async def waits(*_given: object) -> None:
        raise psycopg.errors.LockNotAvailable

    _Member.__call__ = waits  # pyright: ignore[reportAttributeAccessIssue]
    try:
        assert await outbox.deliver_due(desk, tenant_id=house.tenant_id) == 0
    finally:
        _Member.__call__ = before
    assert _queued(owner, house, _WITHIN) == [0]


async def test_a_tenant_with_much_to_deliver_does_not_keep_the_others_waiting(
    desk: Desk, house: House, other_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_SLICE", 2)
    monkeypatch.setattr(outbox, "_TOGETHER", 2)
    order: list[UUID] = []

    async def note(_desk: Desk, _work: Work, delivered: Sequence[Delivered]) -> None:
        order.extend(d.tenant_id for d in delivered)

    both = [house.tenant_id, other_house.tenant_id]
    for tenant_id in both:
        for _ in range(20):
            await _happen(desk, tenant_id, _WITHIN)

    async def tenants(_desk: Desk) -> list[UUID]:
        return both

    monkeypatch.setattr(outbox, "_tenants", tenants)
    events.reacts_within(_WITHIN)(note)
    try:
        assert await outbox.deliver_due(desk) == 40
    finally:
        events._within.pop(_WITHIN)
    assert order.index(both[1]) < 19, "before the first has had all"
