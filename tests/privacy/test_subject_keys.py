"""Subjects' keys outside the database: durable, grouped, shredded for good, apart per tenant, read by many processes."""

# ruff: noqa: ASYNC220, ASYNC240 - files and processes are what is tried here

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from bihuan.core import ids
from bihuan.privacy.subject_keys import KeysTaken, SubjectKey
from bihuan.privacy.subject_keys_sqlite import KeyFileUnreadable, KeyFileUnsafe, SqliteKeys

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TENANT, OTHER = UUID(int=1), UUID(int=2)


def _key(wrapped: bytes | None = None) -> SubjectKey:
    return SubjectKey(
        subject_id=ids.new_id(),
        wrapped=wrapped or os.urandom(60),
        wrap_key="aes-256-gcm:wrap-1",
        created_at=NOW,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the keys are."""
    return tmp_path / "keys" / "subject-keys.db"


async def test_what_was_added_is_found_by_every_store_on_the_file(file: Path) -> None:
    keys = [_key() for _ in range(700)]
    store = SqliteKeys(file)
    await asyncio.gather(*(store.add(TENANT, key) for key in keys))
    for reader in (store, SqliteKeys(file)):
        assert await reader.find(TENANT, [k.subject_id for k in keys]) == {k.subject_id: k for k in keys}
        assert await reader.find(OTHER, [keys[0].subject_id]) == {}
        assert await reader.find(TENANT, [ids.new_id()]) == {}
    assert await store.find(TENANT, []) == {}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_one_that_is_there_stays_and_nobody_else_of_the_group_suffers(file: Path) -> None:
    store, first = SqliteKeys(file), _key()
    await store.add(TENANT, first)
    second = SubjectKey(subject_id=first.subject_id, wrapped=b"other", wrap_key="x", created_at=NOW)
    friend = _key()
    taken, kept = await asyncio.gather(
        store.add(TENANT, second), store.add(TENANT, friend), return_exceptions=True
    )
    assert isinstance(taken, KeysTaken) and kept is None
    assert await store.find(TENANT, [first.subject_id]) == {first.subject_id: first}


async def test_who_gives_up_takes_nobody_with_them(file: Path) -> None:
    store, mine, others = SqliteKeys(file), _key(), _key()
    waiting = asyncio.ensure_future(store.add(TENANT, mine))
    other = store.add(TENANT, others)
    await asyncio.sleep(0)
    waiting.cancel()
    await other
    assert set(await store.find(TENANT, [mine.subject_id, others.subject_id])) == {
        mine.subject_id,
        others.subject_id,
    }


async def test_a_shredded_key_is_in_no_file_and_leaves_a_tombstone(file: Path) -> None:
    store, secret = SqliteKeys(file), b"WRAPPED-KEY-OF-ONE-PERSON-0123456789"
    gone, stays = _key(secret), _key()
    await asyncio.gather(*(store.add(TENANT, key) for key in (gone, stays, *(_key() for _ in range(50)))))
    assert any(secret in each.read_bytes() for each in file.parent.iterdir())
    at = NOW + timedelta(days=1)
    assert await store.shred(TENANT, [gone.subject_id, ids.new_id()], at=at, by="staff:x/7") == 1
    assert not any(secret in each.read_bytes() for each in file.parent.iterdir())
    assert sum(each.stat().st_size for each in file.parent.glob("*-wal")) == 0
    found = await SqliteKeys(file).find(TENANT, [gone.subject_id, stays.subject_id])
    tombstone = found[gone.subject_id]
    assert (tombstone.wrapped, tombstone.shredded_at, tombstone.shredded_by) == (None, at, "staff:x/7")
    assert found[stays.subject_id] == stays
    assert await store.shred(TENANT, [gone.subject_id], at=at, by="again") == 0
    assert (await store.find(TENANT, [gone.subject_id]))[gone.subject_id].shredded_by == "staff:x/7"
    assert len(await store.tombstones(TENANT, after=UUID(int=0), most=10)) == 2
    await store.drop(TENANT, [gone.subject_id, stays.subject_id])
    assert set(await store.find(TENANT, [gone.subject_id, stays.subject_id])) == {gone.subject_id}


async def test_a_copy_is_whole_and_apart(file: Path, tmp_path: Path) -> None:
    store, key = SqliteKeys(file), _key()
    await store.add(TENANT, key)
    target = tmp_path / "copy.db"
    await store.copy(target)
    await store.shred(TENANT, [key.subject_id], at=NOW, by="x")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert await SqliteKeys(target).find(TENANT, [key.subject_id]) == {key.subject_id: key}


async def test_a_file_that_was_put_back_is_read_at_once(file: Path, tmp_path: Path) -> None:
    store, key = SqliteKeys(file), _key()
    await store.add(TENANT, key)
    await store.copy(tmp_path / "copy.db")
    for each in file.parent.iterdir():
        each.unlink()
    assert await store.find(TENANT, [key.subject_id]) == {}
    for each in file.parent.iterdir():
        each.unlink()
    (tmp_path / "copy.db").rename(file)
    assert await store.find(TENANT, [key.subject_id]) == {key.subject_id: key}


_WRITER = """
import asyncio, sys, uuid, datetime
from pathlib import Path
from bihuan.privacy.subject_keys import SubjectKey
from bihuan.privacy.subject_keys_sqlite import SqliteKeys
async def main():
    store, at = SqliteKeys(Path(sys.argv[1])), datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    while True:
        ids = [uuid.uuid4() for _ in range(5)]
        await asyncio.gather(*(store.add(uuid.UUID(int=1), SubjectKey(
            subject_id=i, wrapped=b"k" * 60, wrap_key="w", created_at=at)) for i in ids))
        print(*ids, flush=True)
asyncio.run(main())
"""


async def test_what_was_promised_survives_kill_9_of_several_writers(file: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(file)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    promised: list[UUID] = []
    for writer in writers:
        assert writer.stdout is not None
        promised += [UUID(word) for _ in range(5) for word in writer.stdout.readline().split()]
    for writer in writers:
        writer.kill()
        rest, _ = writer.communicate()
        promised += [
            UUID(word)
            for line in rest.splitlines(keepends=True)
            if line.endswith("\n")
            for word in line.split()
        ]
    found = await SqliteKeys(file).find(TENANT, promised)
    assert len(promised) >= 75 and set(found) == set(promised)
    with sqlite3.connect(file) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


async def test_a_file_others_can_read_or_that_is_none_is_refused(file: Path) -> None:
    await SqliteKeys(file).add(TENANT, _key())
    file.chmod(0o640)
    with pytest.raises(KeyFileUnsafe):
        await SqliteKeys(file).find(TENANT, [ids.new_id()])
    file.chmod(0o600)
    for each in file.parent.iterdir():
        each.unlink()
    file.touch(0o600)
    file.write_bytes(b"something else entirely" * 100)
    with pytest.raises(KeyFileUnreadable):
        await SqliteKeys(file).find(TENANT, [ids.new_id()])


async def test_a_slow_disk_holds_up_nobody_but_who_reads(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads are made by threads of their own: while one waits for the disk, the event loop goes on."""
    store, key = SqliteKeys(file), _key()
    await store.add(TENANT, key)
    slow, began = threading.Event(), asyncio.Event()
    loop, select = asyncio.get_running_loop(), SqliteKeys._select  # pyright: ignore[reportPrivateUsage]

    def waiting(self: SqliteKeys, tenant_id: UUID, wanted: list[bytes]) -> list[object]:
        loop.call_soon_threadsafe(began.set)
        assert slow.wait(30)
        return select(self, tenant_id, wanted)

    monkeypatch.setattr(SqliteKeys, "_select", waiting)
    reading = asyncio.create_task(store.find(TENANT, [key.subject_id]))
    await asyncio.wait_for(began.wait(), 30)
    assert not reading.done()
    slow.set()
    assert await reading == {key.subject_id: key}
