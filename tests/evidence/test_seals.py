"""Seals, leaves and roots.log: what is done to them is named, and no ticket is accused for it."""

import fcntl
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bihuan.evidence.seal import RootsLog
from bihuan.evidence.verify import verify
from conftest import FILES, MESSAGES, ROWS, Desk, Tenant, attacker, restore

Lines = list[dict[str, object]]


def told(desk: Desk, tenant: Tenant, log: Path | None) -> set[str]:
    """Findings as "seal 1 edited" or "roots.log 1 edited"."""
    run = verify(desk.app_url, desk.ring, tenant.id, roots_log=log, rows=[ROWS], payloads=[MESSAGES, FILES])
    return {str(finding).replace(f"seal:{tenant.id}", "seal") for finding in run.findings}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("update seal set body = body || ' ' where no = 1", {"seal 1 edited"}),
        ("update seal set hash = '\\x00' where no = 2", {"seal 2 edited"}),
        ("update seal set signature = '\\x00' where no = 2", {"seal 2 edited"}),
        ("update seal set sign_key = 'x' where no = 1", {"seal 1 edited"}),
        ("delete from seal where no = 1", {"seal 1 missing"}),
        ("delete from seal where no = 2", {"seal 2 missing"}),
        ("delete from seal", {"seal 1 missing", "seal 2 missing"}),
        ("update seal set no = 7 where no = 2", {"seal 2 missing", "seal 7 inserted"}),
        ("delete from seal_leaf where seal_no = 2", {"seal 2 edited"}),
        ("update seal_leaf set hash = sha256(hash) where seal_no = 1", {"seal 1 edited"}),
        ("update seal_leaf set hash = '\\x01' where seal_no = 1", {"seal 1 edited"}),
        ("update seal_leaf set seal_no = 1", {"seal 1 edited", "seal 2 edited"}),
        ("update seal_leaf set seq = seq + 100 where seal_no = 2", {"seal 2 edited"}),
        ("insert into seal_leaf select tenant_id, id, 99, 2, '' from stream limit 1", {"seal 2 edited"}),
        ("insert into seal_leaf select tenant_id, id, 99, 9, '' from stream limit 1", {"seal 9 missing"}),
    ],
)
def test_seals_and_leaves(desk: Desk, sealed: Tenant, statement: str, expected: set[str]) -> None:
    with attacker(desk) as connection:
        connection.execute(_of(statement, sealed))
        found = told(desk, sealed, sealed.log)
        restore(connection, sealed.id)
    assert found == expected


def test_last_seals_gone_without_a_log(desk: Desk, sealed: Tenant) -> None:
    with attacker(desk) as connection:
        _delete_last(connection, sealed)
        found, with_log = told(desk, sealed, None), told(desk, sealed, sealed.log)
        restore(connection, sealed.id)
    assert found == {"seal 2 missing"}
    assert with_log == {"seal 2 missing"}


@pytest.mark.parametrize("kind", ["edited", "missing", "inserted", "cut", "torn", "garbage", "stranger"])
def test_roots_log(desk: Desk, sealed: Tenant, tmp_path: Path, kind: str) -> None:
    changes: dict[str, tuple[Callable[[Lines], Lines], set[str]]] = {
        "edited": (lambda lines: [lines[0] | {"body": "{}"}, lines[1]], {"roots.log 1 edited"}),
        "missing": (lambda lines: lines[1:], {"roots.log 1 missing"}),
        "inserted": (lambda lines: [*lines, lines[0]], {"roots.log 1 inserted"}),
        "cut": (lambda lines: lines[:1], set()),
        "torn": (lambda lines: lines, set()),
        "garbage": (lambda lines: [*lines, {"what": 1}], {"roots.log 3 edited"}),
        "stranger": (
            lambda lines: [lines[0], lines[1] | {"no": 3}],
            {"roots.log 2 missing", "roots.log 3 edited"},
        ),
    }
    change, expected = changes[kind]
    lines = change([json.loads(line) for line in sealed.log.read_text().splitlines()])
    log = tmp_path / "roots.log"
    log.write_text(
        "".join(json.dumps(line) + "\n" for line in lines) + ('{"tenant"' if kind == "torn" else "")
    )
    assert told(desk, sealed, log) == expected


def test_a_former_database_against_the_log(desk: Desk, sealed: Tenant) -> None:
    """All rows of all tables put back at once: only the file outside knows better."""
    with attacker(desk) as connection:
        for table in (
            "event",
            "stream",
            "seal",
            "seal_leaf",
            "sample_ticket",
            "sample_message",
            "sample_file",
        ):
            connection.execute(f"delete from {table} where tenant_id = '{sealed.id}'".encode())
            connection.execute(
                f"insert into {table} select * from old_{table} where tenant_id = '{sealed.id}'".encode()
            )
        found = told(desk, sealed, sealed.log)
        restore(connection, sealed.id)
    assert found == {"seal 2 missing"}


def _of(statement: str, tenant: Tenant) -> bytes:
    """The statement for this tenant alone."""
    scope = f"tenant_id = '{tenant.id}'"
    if " limit " in statement:
        return statement.replace(" limit ", f" where {scope} limit ").encode()
    return (statement + (f" and {scope}" if " where " in statement else f" where {scope}")).encode()


def _delete_last(connection: psycopg.Connection, tenant: Tenant) -> None:
    for table, column in (("seal_leaf", "seal_no"), ("seal", "no")):
        connection.execute(f"delete from {table} where tenant_id = '{tenant.id}' and {column} = 2".encode())


async def test_a_log_that_another_process_holds_stops_nobody(
    desk: Desk, sealed: Tenant, tmp_path: Path
) -> None:
    """A worker may be stopped while it appends: the other's loop goes on, and the next second appends."""
    log = tmp_path / "roots.log"
    database, roots = desk.database(), RootsLog(log)
    await database.open()
    try:
        with log.open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            # It would let go only after this; nobody may wait for that.
            let_go = threading.Timer(5, fcntl.flock, (other, fcntl.LOCK_UN))
            let_go.start()
            started = time.monotonic()
            assert await roots.catch_up(database, sealed.id) == 0
            assert time.monotonic() - started < 3
            let_go.cancel()
        assert await roots.catch_up(database, sealed.id) == 2
    finally:
        await database.close()
    assert told(desk, sealed, log) == set()
