"""Two real workers sweep; one is stopped in the middle of a batch, or killed: nothing is held back, nothing done twice."""

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import psutil
import psycopg
import pytest

from bihuan import tickets
from bihuan.core import clock as core_clock
from bihuan.core.actor import desk_actor
from bihuan.evidence import seal
from bihuan.sla import OpenTask, RaisePriority, Step, Tell
from bihuan.tickets import OpenTicket
from tests.cli.command import clean_environment
from tests.conftest import House, figure
from tests.tickets.timed import policy, rule, words

pytestmark = pytest.mark.xdist_group("processes")
_TICKETS = 600
#: A stopped worker's transaction ends within these seconds, and what it held is taken by the other.
_HELD_BACK = 5.0
_LADDER = (
    Step(code="half", share=50, do=(Tell(to="lead"),)),
    Step(
        code="late", after_seconds=0, do=(RaisePriority(to="urgent"), OpenTask(team="FRAUD", title=words()))
    ),
)
_EACH = Counter(["clock_warned", "clock_breached", "escalated", "task_opened"])


class _Worker:
    """A worker of its own process, and the database's processes that serve it."""

    def __init__(self, house: House, superuser: psycopg.Connection) -> None:
        settings = house.desk.settings
        before = _servants(superuser)
        env = clean_environment(
            BIHUAN_DATA=settings.data, BIHUAN_DATABASE_URL=settings.database_url, BIHUAN_LOG_LEVEL="error"
        )
        command = [sys.executable, "-m", "bihuan.cli.main", "serve", "--role", "worker"]
        self.process = psutil.Popen(command, env=env)
        _until(lambda: len(_servants(superuser) - before) >= 2, 30, "a worker is there")
        self._superuser = superuser
        self._others = before

    def holds(self) -> set[int]:
        """The database's processes of this worker that hold tickets' rows."""
        rows = self._superuser.execute(
            "select distinct a.pid from pg_stat_activity a join pg_locks l on l.pid = a.pid"
            " where a.application_name = 'bihuan-worker' and l.relation = 'ticket'::regclass"
            " and l.mode = 'RowShareLock' and l.granted and a.datname = current_database()"
        ).fetchall()
        return {int(row[0]) for row in rows} - self._others


def _servants(superuser: psycopg.Connection) -> set[int]:
    rows = superuser.execute(
        "select pid from pg_stat_activity where application_name = 'bihuan-worker' and datname = current_database()"
    ).fetchall()
    return {int(row[0]) for row in rows}


def _until(done: Callable[[], bool], seconds: float, what: str) -> float:
    started = time.monotonic()
    while not done():
        assert time.monotonic() - started < seconds, what
        time.sleep(0.005)  # real processes, in their own time
    return time.monotonic() - started


def _did(superuser: psycopg.Connection) -> dict[str, Counter[str]]:
    """What the desk did by itself, ticket by ticket."""
    rows = superuser.execute(
        "select stream_id::text, body::json ->> 'kind' from event where body::json -> 'actor' ->> 'kind' = 'system'"
        " and body::json ->> 'kind' like 'ticket.%' and seq > 1"
    ).fetchall()
    found: dict[str, Counter[str]] = {}
    for stream, kind in rows:
        found.setdefault(stream, Counter())[kind.removeprefix("ticket.")] += 1
    return found


def _left(superuser: psycopg.Connection) -> int:
    """Clocks still to be followed up."""
    row = superuser.execute("select count(*) from sla_clock where next_at is not null").fetchone()
    return int(row[0]) if row else 0


@pytest.fixture
async def overdue(own_house: House) -> list[str]:
    """Tickets opened two hours ago with an hour's limit, which nobody has followed up."""
    house, actor = own_house, desk_actor(own_house.tenant_id)
    opened: list[str] = []
    with core_clock.travel(core_clock.now() - timedelta(hours=2)):
        await policy(house, rule(hours=1, ladder=_LADDER))
        for start in range(0, _TICKETS, 50):
            async with house.desk.database.work(house.tenant_id) as work:
                for number in range(start, start + 50):
                    command = OpenTicket(
                        case_type="general", title="t", description=f"{number}", priority="low"
                    )
                    opened.append(str((await tickets.open_ticket(work, actor, command)).ticket.id))
    return opened


@pytest.fixture
def workers(own_house: House, superuser: psycopg.Connection) -> Iterator[Callable[[], _Worker]]:
    """Makes workers, and ends them."""
    made: list[_Worker] = []

    def make() -> _Worker:
        made.append(_Worker(own_house, superuser))
        return made[-1]

    yield make
    for one in made:
        if one.process.is_running():
            one.process.send_signal(signal.SIGCONT)
            one.process.kill()
        one.process.wait(10)


def _caught(one: _Worker, superuser: psycopg.Connection) -> set[int]:
    """Stop a worker while it holds tickets; the database's processes that wait for it in vain."""
    while True:
        assert _left(superuser) > 50, "it was done before it could be stopped"
        one.process.send_signal(signal.SIGSTOP)
        held = one.holds()
        # What the server has in hand it still finishes; what it then holds, it waits with.
        time.sleep(0.05)
        if held := held & one.holds():
            return held
        one.process.send_signal(signal.SIGCONT)
        time.sleep(random.SystemRandom().uniform(0.001, 0.02))


def _all_once(superuser: psycopg.Connection, opened: list[str]) -> None:
    did = _did(superuser)
    assert set(did) == set(opened)
    wrong = {stream: found for stream, found in did.items() if found != _EACH}
    assert not wrong, list(wrong.items())[:3]
    tasks = superuser.execute("select count(*), count(distinct ticket_id) from task").fetchone()
    assert tasks == (len(opened), len(opened))


async def test_a_stopped_worker_holds_nothing_back(
    own_house: House, superuser: psycopg.Connection, overdue: list[str], workers: Callable[[], _Worker]
) -> None:
    first = workers()
    stuck = _caught(first, superuser)
    stopped = time.monotonic()
    workers()
    _until(lambda: not (stuck & first.holds()), 15, "what it held is free")
    freed = time.monotonic() - stopped
    _until(lambda: _left(superuser) == 0, 60, "the other one does it all")
    first.process.send_signal(signal.SIGCONT)
    _all_once(superuser, overdue)
    figure(f"\nsweep: a worker stopped in a batch; its tickets were free after {freed:.2f} s")
    assert freed < _HELD_BACK
    assert await tickets.symptoms(own_house.desk, own_house.tenant_id) == []


async def test_a_killed_worker_loses_nothing(
    own_house: House, superuser: psycopg.Connection, overdue: list[str], workers: Callable[[], _Worker]
) -> None:
    first = workers()
    _caught(first, superuser)
    first.process.kill()
    first.process.wait(10)
    killed = time.monotonic()
    workers()
    _until(lambda: not first.holds(), _HELD_BACK, "what it held is free")
    _until(lambda: _left(superuser) == 0, 60, "the other one does it all")
    _all_once(superuser, overdue)
    figure(
        f"\nsweep: a worker killed in a batch; all {len(overdue)} done {time.monotonic() - killed:.1f} s later"
    )
    assert await tickets.symptoms(own_house.desk, own_house.tenant_id) == []


async def test_a_sealer_that_goes_on_for_ever_holds_no_head(
    own_house: House, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends it though it is not idle; the next one seals all."""
    desk, tenant = own_house.desk, own_house.tenant_id
    await own_house.ticket(await own_house.client())
    monkeypatch.setattr(seal, "_HOLD_MILLISECONDS", 300)
    with superuser.transaction():
        superuser.execute("lock table seal in access exclusive mode")
        with pytest.raises(psycopg.errors.TransactionTimeout):
            await seal.seal_tenant(desk.database, desk.ring, tenant)
        free = superuser.execute("select id from stream where sealed_seq < head_seq for update nowait")
        behind = len(free.fetchall())
    assert behind >= 1
    assert await seal.seal_tenant(desk.database, desk.ring, tenant) == behind
