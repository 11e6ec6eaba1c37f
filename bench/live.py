"""How soon a change is told to those who watch, against a bare NOTIFY from the same commits.

A desk serves; 500 streams of `GET /live` are open, half of them watching one web process each where there are two. Ticket
after ticket is changed over HTTP; the moment the answer arrives is the commit's, as the client knows it, and each stream's
line is stamped as it comes. Beside it, one bare LISTEN hears a NOTIFY sent right after the same answer: the least that
PostgreSQL takes on this machine at that moment.

    python bench/live.py [--check] [--streams 500] [--changes 60] [--workers 2]

Figures last: milliseconds from commit to told (p50, p99, over all streams and changes), of the bare NOTIFY, their ratio.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from typing import Any

import psycopg

from desk import PORT, Desk, desk

#: A change is with everybody within a second, whoever watches.
GOAL_MS = 1000.0


def main() -> int:
    options = _options()
    os.environ["BIHUAN_LIVE_STREAMS"] = str(options.streams)  # all of them are one person's here
    with desk() as made:
        made.serve(workers=options.workers)
        figures = asyncio.run(_measure(options, made))
    for name, value in figures.items():
        print(f"{name} {value}")
    return _judge(figures) if options.check else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--changes", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def _judge(figures: dict[str, Any]) -> int:
    met = figures["told_p99_ms"] < GOAL_MS and figures["never_told"] == 0
    print(f"{'MET' if met else 'MISSED'} p99 {figures['told_p99_ms']} ms < {GOAL_MS} ms, never told 0")
    return 0 if met else 1


class _Watcher:
    """One stream on a plain socket, and when it was told of which ticket's version."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, int], float] = {}

    async def open(self, token: str) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", PORT)
        head = f"GET /api/v1/live HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\n\r\n"
        self._writer.write(head.encode())
        await self._reader.readuntil(b"event: hello\n")
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while line := await self._reader.readline():
            if line.startswith(b'data: {"rows":'):
                at = time.perf_counter()
                for row in json.loads(line[6:])["rows"]:
                    self.told.setdefault((row["id"], row["version"]), at)

    async def close(self) -> None:
        self._task.cancel()
        self._writer.close()


async def _measure(options: argparse.Namespace, made: Desk) -> dict[str, Any]:
    watchers = [_Watcher() for _ in range(options.streams)]
    await asyncio.gather(*(w.open(made.token) for w in watchers))
    committed: dict[tuple[str, int], float] = {}
    bare: list[float] = []
    body = {"case_type": "general", "title": "live", "description": "changed again and again"}
    async with made.client() as client:
        url = made.server.app_url
        listener = await psycopg.AsyncConnection.connect(url, autocommit=True)
        sender = await psycopg.AsyncConnection.connect(url, autocommit=True)
        await listener.execute("listen bench_live")
        opened = await client.post("/api/v1/tickets", json=body)
        assert opened.status_code == 201, opened.text
        ticket = opened.json()
        for number in range(options.changes):
            change = {"version": ticket["version"], "add": [f"t{number}"], "remove": [f"t{number - 1}"]}
            answer = await client.post(f"/api/v1/tickets/{ticket['id']}/tag", json=change)
            at = time.perf_counter()
            assert answer.status_code == 200, answer.text
            ticket = answer.json()
            committed[ticket["id"], ticket["version"]] = at
            bare.append(await _bare(listener, sender))
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        await listener.close()
        await sender.close()
    delays = sorted(w.told[key] - at for w in watchers for key, at in committed.items() if key in w.told)
    for watcher in watchers:
        await watcher.close()
    p50, p99 = delays[len(delays) // 2] * 1000, delays[int(len(delays) * 0.99)] * 1000
    least = statistics.median(bare) * 1000
    return {
        "streams": options.streams,
        "changes": len(committed),
        "told": len(delays),
        "never_told": len(watchers) * len(committed) - len(delays),
        "told_p50_ms": round(p50, 1),
        "told_p99_ms": round(p99, 1),
        "bare_notify_p50_ms": round(least, 2),
        "ratio_p50": round(p50 / least, 1),
    }


async def _bare(listener: psycopg.AsyncConnection, sender: psycopg.AsyncConnection) -> float:
    """Seconds from sending one NOTIFY to hearing it."""
    started = time.perf_counter()
    hearing = asyncio.create_task(_heard(listener))
    await sender.execute("notify bench_live")
    await hearing
    return time.perf_counter() - started


async def _heard(listener: psycopg.AsyncConnection) -> None:
    async for _ in listener.notifies(stop_after=1):
        pass


if __name__ == "__main__":
    sys.exit(main())
