"""Every connection ended at once, again and again: requests fail once at most, wake-ups work again, nothing hangs."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx
import psycopg

from bihuan.core.wake import AGAIN, Wake
from tests.conftest import House, figure

_TIMES = 5


def end_all(superuser: psycopg.Connection) -> int:
    """End every other connection to this database; how many."""
    rows = superuser.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    ).fetchall()
    return len(rows)


async def _until(answer: Callable[[], bool], what: str, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not answer():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the server's processes end in their own time
    assert answer(), what


async def test_wake_ups_work_again(own_house: House, superuser: psycopg.Connection) -> None:
    """A wake-up sent into the gap arrives, or the listener is told to read again: never neither."""
    other = Wake(own_house.desk.settings.database_url)
    heard: list[str] = []
    other.on("test", heard.append)
    await other.start()
    try:
        await _until(lambda: heard == [AGAIN], "listening")
        for number in range(_TIMES):
            own_house.desk.wake.touch(f"test:before-{number}")
            await _until(lambda told=f"before-{number}": told in heard, "heard before")
            heard.clear()
            assert end_all(superuser) >= 3
            own_house.desk.wake.touch(f"test:in-the-gap-{number}")
            await _until(lambda: AGAIN in heard, "told to read again")
            await _until(lambda told=f"in-the-gap-{number}": told in heard or heard.count(AGAIN) > 0, "woken")
            own_house.desk.wake.touch(f"test:after-{number}")
            await _until(lambda told=f"after-{number}": told in heard, "heard after")
    finally:
        await other.stop()


async def test_waiting_is_woken_across_the_gap(own_house: House, superuser: psycopg.Connection) -> None:
    """Who waits for a topic in another process is woken long before their own time-out."""
    other = Wake(own_house.desk.settings.database_url)
    await other.start()
    try:
        for _ in range(_TIMES):
            waiting = asyncio.create_task(other.wait("outbox", 60))
            await asyncio.sleep(0)
            end_all(superuser)
            own_house.desk.wake.touch("outbox")
            await asyncio.wait_for(waiting, 10)
    finally:
        await other.stop()


async def test_requests_fail_once_at_most(own_house: House, superuser: psycopg.Connection) -> None:
    client = await own_house.client()
    numbers = count(1)
    stop = asyncio.Event()
    done: list[str] = []
    failures: list[str] = []

    async def ask(path: str, body: dict[str, Any] | None) -> httpx.Response:
        headers = {"idempotency-key": f"key-{next(numbers)}"}
        tries = 2 if not stop.is_set() else 1
        for left in reversed(range(tries)):
            async with asyncio.timeout(15):
                answer = await client.request("POST" if body else "GET", path, json=body, headers=headers)
            if answer.status_code < 300:
                break
            failures.append(f"{answer.status_code} {answer.json()['title']}")
            assert left, f"the retry failed too: {failures[-2:]}"
        return answer

    async def work() -> None:
        while not stop.is_set():
            body = {"case_type": "general", "title": "t", "description": "d"}
            ticket = (await ask("/tickets", body)).json()
            await ask(f"/tickets/{ticket['id']}", None)
            await ask("/tickets?limit=5", None)
            done.append(ticket["id"])

    async def more(what: str) -> None:
        wanted = len(done) + 12
        await _until(lambda: len(done) >= wanted, what, 60)

    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(work())
        for number in range(_TIMES):
            await more(f"work after {number}")
            assert end_all(superuser) > 0
        await more("work after the last")
        stop.set()
    assert {f.split()[0] for f in failures} <= {"503"}, failures
    tickets = superuser.execute("select count(*) from ticket").fetchone()
    assert tickets == (len(done),), "the same key, asked twice, is one ticket"
    figure(f"\nconnections ended {_TIMES} times: {len(done)} rounds of work, {len(failures)} failed once")
