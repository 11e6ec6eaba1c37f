"""A worker killed between batches: every event still reaches its reactions, and what they did is done once."""

import random
import sys
import time
from typing import Any
from uuid import UUID

import psutil
import psycopg
import pytest

from bihuan import identity
from bihuan.core.actor import desk_actor
from tests.cli.command import clean_environment, until
from tests.conftest import House, figure

_LEAVERS, _EACH = 12, 3
pytestmark = pytest.mark.xdist_group("processes")


def _worker(house: House) -> psutil.Popen:
    settings = house.desk.settings
    env = clean_environment(
        BIHUAN_DATA=settings.data, BIHUAN_DATABASE_URL=settings.database_url, BIHUAN_LOG_LEVEL="error"
    )
    return psutil.Popen([sys.executable, "-m", "bihuan.cli.main", "serve", "--role", "worker"], env=env)


async def _leavers(house: House) -> list[UUID]:
    """People who hold tickets and leave; the ids of the tickets."""
    await house.client("agent", login="heir")
    held: list[UUID] = []
    for number in range(_LEAVERS):
        client = await house.client("agent", login=f"leaver{number}", team="CS_L1")
        held += [UUID((await house.accepted(client))["id"]) for _ in range(_EACH)]
    for number in range(_LEAVERS):
        async with house.desk.database.work(house.tenant_id) as work:
            await identity.mark_left(
                work, desk_actor(house.tenant_id), house.people[f"leaver{number}"], hand_to="heir"
            )
    return held


def _handed(superuser: psycopg.Connection) -> dict[UUID, int]:
    """How often each ticket was handed on."""
    rows: list[tuple[Any, ...]] = superuser.execute(
        "select stream_id, count(*) from event where body::json ->> 'kind' = 'ticket.handed_on' group by 1"
    ).fetchall()
    return dict(rows)


def _waiting(superuser: psycopg.Connection) -> int:
    row = superuser.execute("select count(*) from outbox").fetchone()
    return int(row[0]) if row else 0


async def test_delivered_to_the_end_and_done_once(own_house: House, superuser: psycopg.Connection) -> None:
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    held = await _leavers(own_house)
    marks = sorted(moments.sample(range(1, len(held) - 3), 3))
    for mark in marks:
        worker = _worker(own_house)
        deadline = time.monotonic() + 60
        while len(_handed(superuser)) < mark:
            assert time.monotonic() < deadline and worker.poll() is None, f"seed {seed}"
        worker.kill()
        worker.wait(10)
    between = len(_handed(superuser))
    last = _worker(own_house)
    until(
        lambda: _waiting(superuser) == 0 and len(_handed(superuser)) == len(held),
        60,
        f"seed {seed}: all delivered",
    )
    last.terminate()
    assert last.wait(30) == 0
    figure(f"\nworker killed at {marks} of {len(held)} (seed {seed}); {between} done before the last start")
    assert _handed(superuser) == dict.fromkeys(held, 1)
    row = superuser.execute(
        "select count(*) from ticket where assignee_id = %s", [own_house.people["heir"]]
    ).fetchone()
    assert row == (len(held),)
