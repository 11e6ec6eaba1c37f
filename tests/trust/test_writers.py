"""Eight writers on one ticket at once: its chain never forks, misses no place, and verifies."""

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from bihuan import evidence, tickets
from bihuan.evidence.verify import verify
from tests.conftest import House, figure

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
WRITERS = 8
EACH = 200 if WHOLE else 25


class Writer:
    """One of them: notes, replies of customers and other verbs, in a turn of its own."""

    def __init__(
        self, client: httpx.AsyncClient, ticket_id: str, barrier: asyncio.Barrier, name: int
    ) -> None:
        self._client = client
        self._url = f"/tickets/{ticket_id}"
        self._barrier = barrier
        self._name = name
        self.written = 0
        self.refused = 0

    async def write(self) -> None:
        """All of it; at each step the eight start at the same moment."""
        for step in range(EACH):
            await self._barrier.wait()
            answer = await self._one(step)
            assert answer.status_code in (200, 409), answer.text
            self.written += answer.status_code == 200
            self.refused += answer.status_code == 409

    async def _one(self, step: int) -> httpx.Response:
        turn = (step + self._name) % 4
        if turn == 0:
            return await self._client.post(f"{self._url}/receive", json={"body": f"来信 {self._name}-{step}"})
        version = (await self._client.get(self._url)).json()["version"]
        told: dict[str, Any] = {"version": version}
        if turn == 1:  # based on a field: all but one of those at once are stale
            urgency = ("low", "normal", "urgent")[step % 3]
            return await self._client.post(
                f"{self._url}/priority",
                json={**told, "priority": urgency, "reason": f"原因 {self._name}-{step}"},
            )
        verb = ("note", "tag")[turn % 2]
        body: dict[str, Any] = (
            {"body": f"备注 {self._name}-{step}"}
            if verb == "note"
            else {"add": [f"t{self._name}-{step % 5}"]}
        )
        return await self._client.post(f"{self._url}/{verb}", json={**told, **body})


@pytest.mark.long
async def test_eight_at_once_never_fork(house: House, owner: psycopg.Connection, tmp_path: Path) -> None:
    clients = [await house.client("supervisor", login=f"writer-{n}") for n in range(WRITERS)]
    ticket = await house.ticket(clients[0], "general")
    barrier = asyncio.Barrier(WRITERS)
    writers = [Writer(client, ticket["id"], barrier, n) for n, client in enumerate(clients)]
    await asyncio.gather(*(w.write() for w in writers))
    written = sum(w.written for w in writers)
    figure(f"8 writers x {EACH}: {written} written, {sum(w.refused for w in writers)} refused as stale")
    assert written >= WRITERS * EACH // 2
    places = owner.execute(
        "select seq, encode(hash, 'hex') from event where tenant_id = %s and stream_id = %s order by seq",
        (house.tenant_id, ticket["id"]),
    ).fetchall()
    assert [seq for seq, _ in places] == list(range(1, len(places) + 1)), (
        "no place is missing and none taken twice"
    )
    assert len({hash_ for _, hash_ in places}) == len(places)
    # A tag that was there already is no event; every other success is exactly one.
    assert written - EACH * 2 - 1 <= len(places) <= written + 1 + EACH
    await _must_verify(house, tmp_path)


async def _must_verify(house: House, tmp_path: Path) -> None:
    desk = house.desk
    while await evidence.seal_tenant(desk.database, desk.ring, house.tenant_id):
        pass
    log = tmp_path / "roots.log"
    await evidence.RootsLog(log).catch_up(desk.database, house.tenant_id)
    run = verify(
        desk.settings.database_url,
        desk.ring,
        house.tenant_id,
        roots_log=log,
        rows=(tickets.ROW_CHECK,),
        payloads=tickets.PAYLOAD_CHECKS,
        latest=tickets.LATEST_CHECKS,
    )
    assert [str(f) for f in run.findings] == []
