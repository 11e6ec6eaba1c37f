"""SIGKILL at seeded moments to web processes and to every process of the database, under load.

Nothing that was acknowledged is lost, nothing is there twice, nothing half-made; the evidence verifies.
"""

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from bihuan.core.embedded import EmbeddedServer
from tests.cli.command import Serving, alive, bihuan, clean_environment, done, free_port, open_folder, until
from tests.conftest import figure
from tests.faults.load import Acknowledged, Load

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
pytestmark = [
    pytest.mark.long,
    pytest.mark.xdist_group("processes"),
    pytest.mark.timeout(1500 if WHOLE else 600),
]
ROUNDS = 20 if WHOLE else 2
#: Who dies in a round, in this order. The first three are what the sampled run has.
_DECK = (("web",), ("main", "database"), ("database",), ("web", "database"), ("main",), ("database", "web"))


class Desk:
    """A desk of its own, all in one command, which is started again where it does not come back by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = clean_environment(
            BIHUAN_DATA=str(folder / "data"), BIHUAN_WORKERS="1", BIHUAN_LOG_LEVEL="warning"
        )
        self.server = EmbeddedServer(folder / "data")
        self.port = free_port()
        self.starts = 0
        self.serving: Serving

    def found(self) -> str:
        """Found the desk; a token of a supervisor."""
        done("keys", "init", env=self.env)
        self.start()
        done("tenant", "add", "demo", "--name", "示范", env=self.env)
        done("packs", "load", "--tenant", "demo", env=self.env)
        done("user", "add", "--tenant", "demo", "--login", "li", "--role", "supervisor", env=self.env)
        return done("token", "add", "--tenant", "demo", "--user", "li", env=self.env).strip()

    def start(self) -> None:
        """Start it on its port."""
        self.serving = Serving(self.folder, self.env, port=self.port)
        self.serving.wait_ready()
        self.starts += 1

    def kill(self, who: str) -> None:
        """End processes at once and without a word."""
        if who == "database":
            self._kill_database()
        elif who == "main":
            self.serving.process.kill()
            self.serving.process.wait(10)
        else:
            for one in self.serving.web():
                with suppress(psutil.NoSuchProcess):
                    one.kill()

    def _kill_database(self) -> None:
        processes = [psutil.Process(pid) for pid in self.server.pids if psutil.pid_exists(pid)]
        for one in processes:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        until(lambda: not any(alive(p) for p in processes), 20, "the database's processes gone")

    def come_back(self) -> None:
        """Wait until it is ready; where its main process has gone, do what an operator's supervisor does."""
        until(lambda: self.serving.ready or self.serving.process.poll() is not None, 90, "back")
        if self.serving.process.poll() is not None:
            self.start()


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk(open_folder())
    try:
        yield made
    finally:
        with suppress(AttributeError):
            made.serving.end()
        made.server.stop()
        shutil.rmtree(made.folder, ignore_errors=True)


def test_nothing_acknowledged_is_lost(desk: Desk) -> None:
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    load = Load(f"http://127.0.0.1:{desk.port}", desk.found(), desk.folder / "acknowledged")
    load.start()
    for number in range(ROUNDS):
        wanted = load.count + moments.randrange(5, 80)
        until(lambda wanted=wanted: load.count >= wanted, 90, f"seed {seed} round {number}: {wanted} writes")
        for who in _DECK[number % len(_DECK)]:
            desk.kill(who)
        desk.come_back()
    until(
        lambda wanted=load.count + 20: load.count >= wanted, 90, f"seed {seed}: writes after the last round"
    )
    load.stop()
    kept = load.kept()
    figure(f"\nkilled: seed {seed}, {ROUNDS} rounds, {len(kept)} acknowledged, {load.refusals} asked again,"
        f" {desk.starts} starts")  # fmt: skip
    assert load.odd == []
    _all_there(desk, kept)
    done("evidence", "seal", env=desk.env)
    verified = bihuan("evidence", "verify", env=desk.env)
    assert (verified.returncode, verified.stdout) == (0, ""), f"seed {seed}"
    examined = bihuan("doctor", env=desk.env)
    assert (examined.returncode, examined.stdout) == (0, ""), f"seed {seed}"
    assert desk.serving.stop() == 0
    assert not desk.server.running


def _all_there(desk: Desk, kept: list[Acknowledged]) -> None:
    """Every acknowledged ticket and reply is there, with its event, and once: the key held through the kills."""
    with psycopg.connect(desk.server.superuser_url) as connection:
        events = set(connection.execute("select stream_id::text, seq from event").fetchall())
        messages = set(connection.execute("select ticket_id::text, seq from message").fetchall())
        tickets = dict(connection.execute("select id::text, number from ticket").fetchall())
        heads = dict(connection.execute("select id::text, head_seq from ticket").fetchall())
    for one in kept:
        assert tickets.get(one.ticket) == one.number, one
        assert (one.ticket, one.version) in events & messages, one
    assert len(kept) > 20 * ROUNDS // 4
    assert set(tickets) == {one.ticket for one in kept}, "a ticket nobody was told of"
    assert {heads[one.ticket] for one in kept} == {2}, "one opening and one reply each"
