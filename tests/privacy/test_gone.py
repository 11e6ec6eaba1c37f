"""What is left of an erased person in dumps, data files, logs and the key file, and in an older database put back."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from bihuan import app, evidence, tickets
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.core.embedded import EmbeddedServer
from bihuan.privacy import key_sweep
from tests.conftest import House
from tests.privacy.test_erase import CARD, MOBILE, NAME, WORDS, closed_ticket, erased

# ruff: noqa: ASYNC221 - dumps and data files are what is looked through here

#: Words alone name nobody else's tickets: other tests say the card, the mobile and the name too.
_CLEAR = (*WORDS.values(), "海豚收据正文")


def _dump(server: EmbeddedServer, database: str, target: Path, *more: str) -> bytes:
    url = server.url("postgres", database)
    subprocess.run([server.bin("pg_dump"), "-d", url, "-f", target, *more], check=True, capture_output=True)
    return target.read_bytes()


def _stands_in(files: Iterator[Path]) -> set[str]:
    """Words that stand in files, as UTF-8 or as a text's bytes in hex."""
    found: set[str] = set()
    for file in files:
        if file.is_file():
            content = file.read_bytes()
            found |= {w for w in _CLEAR if w.encode() in content or w.encode().hex().encode() in content}
    return found


def _verified(desk: Desk, tenant_id: UUID) -> list[evidence.Finding]:
    run = evidence.verify(
        desk.settings.database_url,
        desk.ring,
        tenant_id,
        roots_log=None,
        rows=(tickets.ROW_CHECK,),
        payloads=tickets.PAYLOAD_CHECKS,
        latest=tickets.LATEST_CHECKS,
    )
    return list(run.findings)


@pytest.fixture
def restored(server: EmbeddedServer, worker_id: str) -> Iterator[str]:
    """An empty database."""
    name = f"bihuan_restored_{worker_id}"
    server.create_database(name)
    yield name
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


async def test_nowhere_not_even_in_an_older_database_put_back(
    house: House, desk: Desk, server: EmbeddedServer, database: str, restored: str, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    client = await house.client()
    ticket = await closed_ticket(house, client)
    other = await house.ticket(client, "general", title="另一人的雪松", customer={"mobiles": ["13900139000"]})
    assert _verified(desk, house.tenant_id) == []
    before = tmp_path / "before.dump"
    _dump(server, database, before, "-Fc")
    assert (await erased(house, desk, ticket["customer"]["id"]))["state"] == "done"
    assert _verified(desk, house.tenant_id) == []

    # Rows, indexes, WAL, the key file and its log, attachments, what was logged.
    plain = _dump(server, database, tmp_path / "after.sql")
    assert not [w for w in _CLEAR if w.encode() in plain or w.encode().hex().encode() in plain]
    with psycopg.connect(server.url("postgres", database), autocommit=True) as connection:
        connection.execute("checkpoint")
    assert _stands_in(server.cluster.rglob("*")) == set()
    assert _stands_in(desk.settings.data_folder.rglob("*")) == set()
    logged = "".join(capfd.readouterr())
    assert "request" in logged
    assert not [w for w in (*_CLEAR, NAME, MOBILE, CARD) if w in logged]

    # The database of before the erasure, beside the key file of today.
    run = [server.bin("pg_restore"), "--exit-on-error", "--no-comments",
        "-d", server.url("postgres", restored), before]  # fmt: skip
    subprocess.run(run, check=True, capture_output=True)
    old = app.make_desk(
        msgspec.structs.replace(desk.settings, database_url=server.url("bihuan_app", restored)),
        name="restored",
    )
    await old.start()
    try:
        async with old.database.work(house.tenant_id) as work:
            actor = desk_actor(house.tenant_id)
            gone = await tickets.find_ticket(work, actor, ticket["id"])
            kept = await tickets.find_ticket(work, actor, other["id"])
            said = await tickets.timeline(work, UUID(ticket["id"]), language="zh")
        assert (gone.gone, gone.elements, gone.fields, gone.resolution) == ("erased", {}, {}, None)
        assert kept.title == "另一人的雪松"
        assert {entry.message["gone"] for entry in said if entry.message} == {"erased"}
        assert _verified(old, house.tenant_id) == []
        await key_sweep.sweep(old, house.tenant_id)
        async with old.database.work(house.tenant_id) as work:
            told = await tickets.timeline(work, UUID(ticket["id"]))
        assert told[-1].kind == "person.erased", "the older database was told of it again"
        assert _verified(old, house.tenant_id) == []
        assert re.fullmatch(r"\d{10}", gone.number)
    finally:
        await old.stop()
