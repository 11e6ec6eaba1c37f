"""Wake-ups: here at once, elsewhere through the database, coalesced, and told to read again after a gap."""

import asyncio

import psycopg
import pytest

from bihuan.core.desk import Desk
from bihuan.core.settings import Settings
from bihuan.core.wake import AGAIN, Wake


class _Heard:
    def __init__(self, wake: Wake, word: str) -> None:
        self.details: list[str] = []
        self.event = asyncio.Event()
        wake.on(word, self._hear)

    def _hear(self, detail: str) -> None:
        self.details.append(detail)
        self.event.set()

    async def until(self, detail: str) -> None:
        async with asyncio.timeout(10):
            while detail not in self.details:
                self.event.clear()
                await self.event.wait()


async def test_here_at_once(settings: Settings) -> None:
    wake = Wake(settings.database_url)
    heard = _Heard(wake, "word")
    wake.touch("word:detail")
    assert heard.details == ["detail"]
    async with asyncio.timeout(5):
        await wake.wait("word", 60)


async def test_elsewhere_through_the_database(desk: Desk, settings: Settings) -> None:
    other = Wake(settings.database_url)
    heard = _Heard(other, "elsewhere")
    await other.start()
    try:
        await heard.until(AGAIN)
        for number in range(50):
            desk.wake.touch(f"elsewhere:{number}")
        for number in range(50):
            await heard.until(str(number))
        assert len(heard.details) == 51, "each once"
    finally:
        await other.stop()


async def test_a_lost_connection_comes_back_and_says_read_again(
    desk: Desk, settings: Settings, owner: psycopg.Connection
) -> None:
    other = Wake(settings.database_url)
    heard = _Heard(other, "again")
    await other.start()
    try:
        await heard.until(AGAIN)
        heard.details.clear()
        with psycopg.connect(settings.database_url, autocommit=True) as same_role:
            ended = same_role.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                " where application_name = 'bihuan-wake' and datname = current_database() and pid <> pg_backend_pid()"
            ).fetchone()
        assert ended is not None and ended[0] >= 1
        await heard.until(AGAIN)
        desk.wake.touch("again:after")
        await heard.until("after")
    finally:
        await other.stop()


async def test_waiting_ends_by_itself(settings: Settings) -> None:
    wake = Wake(settings.database_url)
    async with asyncio.timeout(5):
        await wake.wait("silence", 0.01)


@pytest.mark.parametrize("turns", range(4))
async def test_who_is_stopped_as_it_wakes_stops(settings: Settings, turns: int) -> None:
    """However many turns of the loop lie between the wake-up and the stop."""
    wake = Wake(settings.database_url)

    async def for_ever() -> None:
        while True:
            await wake.wait("word", 60)

    running = asyncio.create_task(for_ever())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    wake.touch("word")
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=5)
    assert done == {running} and running.cancelled()
