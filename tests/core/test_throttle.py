"""Throttling counts over all processes, also when all come at once, and names nobody."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.conftest import House, gather

from bihuan.core import clock, ids, outbox
from bihuan.core.desk import Desk
from bihuan.core.problems import NotFound
from bihuan.core.throttle import Limit, TooManyTries

_MINUTES = timedelta(minutes=15)
_START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


async def _takes(desk: Desk, house: House, limit: Limit, who: str, times: int) -> int:
    """How many of so many tries at once are let through."""

    async def one() -> bool:
        try:
            await limit.take(desk.database, house.tenant_id, who)
        except TooManyTries:
            return False
        return True

    return sum(await gather(*(one() for _ in range(times))))


async def test_of_many_at_once_no_more_than_the_limit(desk: Desk, house: House) -> None:
    limit = Limit("test", most=5, window=_MINUTES)
    assert await _takes(desk, house, limit, "somebody", 30) == 5
    assert await _takes(desk, house, limit, "somebody else", 3) == 3


async def test_what_is_spent_counts_once_it_is_done_also_when_all_come_at_once(
    desk: Desk, house: House
) -> None:
    limit = Limit("test", most=5, window=_MINUTES)

    async def one(many: int, *, broken: bool = False) -> bool:
        try:
            async with desk.database.work(house.tenant_id) as work:
                await limit.spend(work, "who", many=many)
                if broken:
                    raise NotFound
        except (TooManyTries, NotFound):
            return False
        return True

    assert not any(await gather(*(one(1, broken=True) for _ in range(8))))
    assert sum(await gather(*(one(2) for _ in range(8)))) == 2
    assert not await one(2)
    assert await one(1)


async def test_what_is_given_back_does_not_count(desk: Desk, house: House) -> None:
    limit = Limit("test", most=2, window=_MINUTES)
    for _ in range(10):
        await limit.take(desk.database, house.tenant_id, "who")
        await limit.give_back(desk.database, house.tenant_id, "who")
    assert await _takes(desk, house, limit, "who", 5) == 2


async def test_the_window_ends_and_says_when(desk: Desk, house: House) -> None:
    limit = Limit("test", most=1, window=_MINUTES)
    with clock.travel(_START + timedelta(minutes=5)) as traveller:
        await limit.check(desk.database, house.tenant_id, "who")
        await limit.count(desk.database, house.tenant_id, "who")
        with pytest.raises(TooManyTries) as caught:
            await limit.check(desk.database, house.tenant_id, "who")
        assert caught.value.params == {"seconds": 601}
        traveller.on(timedelta(seconds=600))
        await limit.check(desk.database, house.tenant_id, "who")


async def test_the_sweep_forgets_and_rows_name_nobody(
    desk: Desk, house: House, owner: psycopg.Connection
) -> None:
    limit, nobody = Limit("test", most=9, window=_MINUTES), ids.UUID(int=0)
    with clock.travel(_START) as traveller:
        for tenant_id in (house.tenant_id, nobody):
            await limit.count(desk.database, tenant_id, "zhang.shili")
        rows = owner.execute("select bucket from rate_limit where window_at = %s", (_START,)).fetchall()
        assert len(rows) >= 2
        assert not any("zhang" in bucket for (bucket,) in rows)
        traveller.on(timedelta(hours=25))
        await outbox.sweep_old(desk, house.tenant_id)
    left = owner.execute(
        "select count(*) from rate_limit where window_at = %s and tenant_id = any(%s)",
        (_START, [house.tenant_id, nobody]),
    ).fetchone()
    assert left == (0,)
