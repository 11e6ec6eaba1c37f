"""Who can write to the database, but has no key, does not get the desk to vouch for what he wrote."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from bihuan import evidence
from tests.conftest import House
from tests.tickets.doing import Json, do, refused
from tests.tickets.packing import exported

Forge = Callable[[psycopg.Connection, UUID], None]


def _hashes_anew(connection: psycopg.Connection, ticket_id: UUID) -> None:
    """Another actor in the second event, every hash after it, and the head, as if none of it had been sealed."""
    rows = connection.execute(
        "select seq, body, hash from event where stream_id = %s order by seq", (ticket_id,)
    ).fetchall()
    before: bytes = rows[0][2]
    for seq, body, _ in rows[1:]:
        text = body.replace('"via":"', '"via":"by ') if seq == 2 else body
        before = hashlib.sha256(before + text.encode()).digest()
        connection.execute(
            "update event set body = %s, hash = %s where stream_id = %s and seq = %s",
            (text, before, ticket_id, seq),
        )
    connection.execute("delete from seal_leaf where stream_id = %s", (ticket_id,))
    connection.execute("update stream set head_hash = %s, sealed_seq = 0 where id = %s", (before, ticket_id))


def _one_more(connection: psycopg.Connection, ticket_id: UUID) -> None:
    """A head that says one more than there are events."""
    connection.execute("update stream set head_seq = head_seq + 1 where id = %s", (ticket_id,))


def _unknown_key(connection: psycopg.Connection, ticket_id: UUID) -> None:
    connection.execute(
        "update stream set mac_key = 'mac-99', sealed_seq = sealed_seq - 1 where id = %s", (ticket_id,)
    )


def _key_of_another_kind(connection: psycopg.Connection, ticket_id: UUID) -> None:
    connection.execute(
        "update stream set mac_key = 'sign-1', sealed_seq = sealed_seq - 1 where id = %s", (ticket_id,)
    )


FORGED = [_hashes_anew, _one_more, _unknown_key, _key_of_another_kind]


async def _worked(house: House) -> Json:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for _ in range(2):
        ticket = await do(client, ticket, "note", body="已致电客户。")
    return ticket


@pytest.fixture
def by_hand(settings: Any, server: Any) -> Any:
    """A superuser's connection on which no trigger fires."""
    name = settings.database_url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(server.url("postgres", name), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


@pytest.mark.parametrize("forge", FORGED)
async def test_nothing_of_ours_stands_behind_it(
    house: House, by_hand: psycopg.Connection, forge: Forge
) -> None:
    ticket, beside = await _worked(house), await _worked(house)
    desk, id_ = house.desk, UUID(ticket["id"])
    await evidence.seal_tenant(desk.database, desk.ring, house.tenant_id)
    forge(by_hand, id_)
    before = by_hand.execute("select head_seq, head_hash from stream where id = %s", (id_,)).fetchone()

    told = await refused(await house.client(), ticket, "note", (409, "RecordBroken"), body="又致电客户。")
    assert f"ticket:{id_}" in told["detail"]
    answer = await exported(house, ticket)
    assert (answer.status_code, answer.json()["title"]) == (409, "RecordBroken"), answer.text

    await do(await house.client(), beside, "note", body="客户回电。")
    sealed = await evidence.seal_tenant(desk.database, desk.ring, house.tenant_id)
    assert sealed >= 1, "what is ours is sealed"
    leaves = by_hand.execute(
        "select count(*) from seal_leaf where stream_id = %s and hash = %s and seq = %s",
        (id_, before[1], before[0]) if before else (),
    ).fetchone()
    # The unknown key leaves the head as it was: that one had been sealed, and is not again.
    assert leaves == (1 if forge in (_unknown_key, _key_of_another_kind) else 0,)
    assert (
        by_hand.execute("select head_seq, head_hash from stream where id = %s", (id_,)).fetchone() == before
    )


async def test_put_back_it_goes_on_as_if_nothing_had_been(house: House, by_hand: psycopg.Connection) -> None:
    """What was changed for a moment leaves nothing signed that would accuse an honest record for ever."""
    ticket = await _worked(house)
    desk, id_ = house.desk, UUID(ticket["id"])
    await evidence.seal_tenant(desk.database, desk.ring, house.tenant_id)
    _one_more(by_hand, id_)
    await evidence.seal_tenant(desk.database, desk.ring, house.tenant_id)
    by_hand.execute("update stream set head_seq = head_seq - 1 where id = %s", (id_,))
    await do(await house.client(), ticket, "note", body="客户回电。")
    answer = await exported(house, ticket)
    assert answer.status_code == 200, answer.text
    findings = evidence.verify(
        desk.settings.database_url, desk.ring, house.tenant_id, roots_log=None, stream_id=id_
    ).findings
    assert list(findings) == []
    assert answer.content[:2] == b"PK"
