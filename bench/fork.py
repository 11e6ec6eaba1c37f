"""Eight writers on one ticket, each as fast as it can: no fork, no gap, and every event verifies.

Eight processes' worth of clients write to one ticket over HTTP at once, ten thousand events each; then places are
counted behind the desk's back and the evidence is verified.

    python bench/fork.py [--writers 8] [--events 10000] [--check]

Figures last: events per second on the one ticket, refusals, and what `verify` names (nothing).
"""

import argparse
import asyncio
import subprocess
import sys
import time

import httpx
import psycopg

from desk import BIN, Desk, desk


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with desk() as made:
        made.serve(workers=2)
        started = time.perf_counter()
        number, written, refused = asyncio.run(_write(made, options.writers, options.events))
        seconds = time.perf_counter() - started
        events, last, hashes = _counted(made)
        clean = _verified(made, number)
    whole = events == last == hashes == written + 1
    print(f"writers {options.writers}")
    print(f"events {events}")
    print(f"events_per_second {written / seconds:.0f}")
    print(f"refused {refused}")
    print(f"gaps_or_forks {0 if whole else 1}")
    print(f"verify_clean {int(clean)}")
    return 0 if (whole and clean) or not options.check else 1


async def _write(made: Desk, writers: int, events: int) -> tuple[str, int, int]:
    """The ticket's number, how much was written, and how much refused."""
    async with made.client() as client:
        example = (await client.get("/api/v1/case-types/general")).json()["example"]
        ticket = (await client.post("/api/v1/tickets", json=example)).json()
        start = asyncio.Event()
        tasks = [asyncio.create_task(_one(client, ticket["id"], n, events, start)) for n in range(writers)]
        start.set()
        counts = await asyncio.gather(*tasks)
    return ticket["number"], sum(w for w, _ in counts), sum(r for _, r in counts)


async def _one(
    client: httpx.AsyncClient, ticket: str, name: int, events: int, start: asyncio.Event
) -> tuple[int, int]:
    """One writer: messages, which never conflict, until all of its events are there."""
    await start.wait()
    written = refused = 0
    while written < events:
        body = {"body": f"{name} {written}"}
        answer = await client.post(f"/api/v1/tickets/{ticket}/receive", json=body)
        if answer.status_code == 200:
            written += 1
        elif answer.status_code in (409, 503):
            refused += 1
        else:
            raise SystemExit(f"{answer.status_code} {answer.text}")
    return written, refused


def _counted(made: Desk) -> tuple[int, int, int]:
    """Events, the last place, and how many different hashes."""
    with psycopg.connect(made.server.owner_url) as connection:
        row = connection.execute(
            "select count(*), max(seq), count(distinct hash) from event e"
            " where exists (select from ticket t where t.tenant_id = e.tenant_id and t.id = e.stream_id)"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def _verified(made: Desk, number: str) -> bool:
    environ = {
        "BIHUAN_DATA": str(made.folder),
        "BIHUAN_DATABASE_URL": made.server.app_url,
        "PATH": "/usr/bin:/bin",
    }
    command = [BIN / "bihuan", "evidence", "verify", "--ticket", number]
    return subprocess.run(command, env=environ, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
