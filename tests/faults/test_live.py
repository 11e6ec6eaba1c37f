"""Live updates across a gap of the wake-ups: what changed meanwhile is told, without a reading of the list by anybody."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg

from bihuan import app, evidence, tickets
from bihuan.core import db
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.tickets import Note
from tests.api.streams import Listener, listening
from tests.conftest import House
from tests.faults.test_connections import end_all

_TIMES = 3


async def test_a_gap_is_bridged(own_house: House, superuser: psycopg.Connection) -> None:
    """A change whose wake-up was lost with the line, and one made right after all connections ended: both are told."""
    client = await own_house.client()
    mute = await _mute(own_house)
    try:
        async with listening(client) as one:
            await _certain(own_house, one)
            for _ in range(_TIMES):
                ticket = await own_house.ticket(client, "general")
                await one.until(lambda ticket=ticket: ticket["id"] in one.rows)
                changed = await _changed(mute, own_house.tenant_id, ticket)
                assert end_all(superuser) >= 2
                await _told(one, changed)
                assert end_all(superuser) >= 2
                await _told(one, await _changed(own_house.desk, own_house.tenant_id, ticket))
            assert [name for name, _ in one.heard].count("hello") == 1, "it is still the same stream"
            assert "again" not in [name for name, _ in one.heard], "nobody was asked to read again"
    finally:
        await mute.stop()


async def test_what_a_seal_covers_by_now_is_told_too(own_house: House) -> None:
    """Between the change and the look a seal was made: it is found under the seal."""
    client, ring = await own_house.client(), own_house.desk.ring
    old, new = await own_house.ticket(client, "general"), await own_house.ticket(client, "general")
    await evidence.seal_tenant(own_house.desk.database, ring, own_house.tenant_id)
    assert await _since(own_house, 0) >= {old["id"], new["id"]}
    before = await _seal(own_house)
    assert await _since(own_house, before) == set()
    new = await _tagged(own_house, new)
    assert await _since(own_house, before) == {new["id"]}, "not sealed yet"
    await evidence.seal_tenant(own_house.desk.database, ring, own_house.tenant_id)
    assert await _since(own_house, before) == {new["id"]}, "sealed meanwhile"
    assert await _since(own_house, await _seal(own_house)) == set()


async def _told(one: Listener, changed: dict[str, Any]) -> None:
    await one.until(lambda: one.rows[changed["id"]]["version"] == changed["version"])


async def _mute(house: House) -> Desk:
    """Another process's desk whose wake-ups reach nobody: its changes are found by looking alone."""
    desk = app.make_desk(house.desk.settings, name="bihuan-mute")
    desk.database.touch = lambda _topic: None
    await desk.start()
    return desk


async def _certain(house: House, one: Listener) -> None:
    """Until the stream's first look is over: a change has been told."""
    ticket = await house.ticket(await house.client(), "general")
    await one.until(lambda: ticket["id"] in one.rows)


async def _changed(desk: Desk, tenant_id: UUID, ticket: dict[str, Any]) -> dict[str, Any]:
    """A note by that desk. Its connections may just have been ended with all the others."""
    async with asyncio.timeout(20):
        while True:
            try:
                async with desk.database.work(tenant_id) as work:
                    note = Note(body="备注")
                    done = await tickets.note(work, desk_actor(tenant_id), UUID(ticket["id"]), note)
            except (psycopg.OperationalError, db.DatabaseBusy):
                continue
            return {"id": ticket["id"], "version": done.ticket.head_seq}


async def _tagged(house: House, ticket: dict[str, Any]) -> dict[str, Any]:
    body = {"version": ticket["version"], "add": ["x"]}
    answer = await (await house.client()).post(f"/tickets/{ticket['id']}/tag", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _seal(house: House) -> int:
    async with house.desk.database.work(house.tenant_id) as work:
        return await evidence.last_seal(work)


async def _since(house: House, seal: int) -> set[str]:
    async with house.desk.database.work(house.tenant_id) as work:
        found = await evidence.changed_since(work, seal, "ticket", most=100)
        assert await evidence.changed_since(work, seal, "ticket", most=1) == found[:1]
    return {str(id_) for id_ in found}
