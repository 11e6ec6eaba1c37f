"""Subjects' keys in a SQLite file: for all processes of one host. Not for a network file system, whose locks lie.

WAL: readers never wait. FULL: a commit is on the disk. secure_delete: what is overwritten is zeroed. Keys of one process
are written in groups: while one group is being synced, the next gathers; never on the event loop.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from bihuan.core import log
from bihuan.core.problems import Problem
from bihuan.privacy.subject_keys import KeysTaken, SubjectKey

T = TypeVar("T")
Row = tuple[bytes, bytes, bytes | None, str, int, int | None, str | None]

_SCHEMA = """
create table if not exists subject_key (
  tenant_id blob not null,
  subject_id blob not null,
  wrapped blob,
  wrap_key text not null,
  created_at integer not null,
  shredded_at integer,
  shredded_by text,
  primary key (tenant_id, subject_id),
  check ((wrapped is null) = (shredded_at is not null))
) without rowid
"""
_INDEX = """
create index if not exists subject_key_shredded on subject_key (tenant_id, subject_id) where shredded_at is not null
"""
_ADD = "insert into subject_key values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
_COLUMNS = "subject_id, wrapped, wrap_key, created_at, shredded_at, shredded_by"
_SHRED = """
update subject_key set wrapped = null, shredded_at = ?, shredded_by = ?
where tenant_id = ? and subject_id = ? and wrapped is not null
"""
_TOMBSTONE = "insert into subject_key values (?, ?, null, '', ?, ?, ?) on conflict do nothing"
_DROP = "delete from subject_key where tenant_id = ? and subject_id = ? and wrapped is not null"
_PAGE = (
    f"select {_COLUMNS} from subject_key where tenant_id = ? and subject_id > ? order by subject_id limit ?"
)
_TOMBSTONES = f"""
select {_COLUMNS} from subject_key
where tenant_id = ? and subject_id > ? and shredded_at is not null order by subject_id limit ?
"""
_MOST = 256
_READERS = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: How often a log that a reader holds is tried to be emptied again, 10 ms apart.
_TRIES = 300
_log = log.get("subject_keys")


class KeyFileUnsafe(Problem):
    """The file of subjects' keys {path} can be read by others; set its mode to 0600."""

    status = 503
    zh = "数据主体密钥文件 {path} 可被他人读取，请将权限设为 0600。"


class KeyFileUnreadable(Problem):
    """The file of subjects' keys {path} cannot be read or written; restore it from a backup, or see to the disk."""

    status = 503
    zh = "数据主体密钥文件 {path} 无法读写，请从备份恢复或检查磁盘。"


class SqliteKeys:
    """The keys in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="subject-keys")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="subject-keys-read")
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = WeakKeyDictionary()

    async def find(self, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, SubjectKey]:
        """The keys and tombstones of these subjects, by id. Nothing is remembered: who was erased is gone with the next
        read. A page that is not in memory is read from the disk, so no read is made on the event loop.
        """
        wanted = [id_.bytes for id_ in ids]
        if not wanted:
            return {}
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._find, tenant_id, wanted)

    def add(self, tenant_id: UUID, key: SubjectKey) -> Awaitable[None]:
        """Write a new key with the next group."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue(loop, self._writer, self._add)
        return _Written(queue.put(_row(tenant_id, key)), key.subject_id)

    async def shred(self, tenant_id: UUID, ids: Collection[UUID], *, at: datetime, by: str) -> int:
        """Destroy keys and empty the log."""
        return await self._run(lambda: self._shred(tenant_id, [i.bytes for i in ids], _micros(at), by))

    async def drop(self, tenant_id: UUID, ids: Collection[UUID]) -> None:
        """Take away keys that no row was ever sealed by."""
        await self._run(lambda: self._many(_DROP, [(tenant_id.bytes, i.bytes) for i in ids]))

    async def page(self, tenant_id: UUID, *, after: UUID, most: int) -> Sequence[SubjectKey]:
        """Keys and tombstones in the order of their ids."""
        rows = await self._run(
            lambda: self._connection().execute(_PAGE, (tenant_id.bytes, after.bytes, most)).fetchall()
        )
        return [_key(row) for row in rows]

    async def tombstones(self, tenant_id: UUID, *, after: UUID, most: int) -> Sequence[SubjectKey]:
        """Shredded ones alone, in the order of their ids."""
        rows = await self._run(
            lambda: self._connection().execute(_TOMBSTONES, (tenant_id.bytes, after.bytes, most)).fetchall()
        )
        return [_key(row) for row in rows]

    async def copy(self, target: Path) -> None:
        """A whole copy, by SQLite's own backup."""
        await self._run(lambda: self._copy(target))

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, call)

    def _find(self, tenant_id: UUID, wanted: list[bytes]) -> dict[UUID, SubjectKey]:
        found: dict[UUID, SubjectKey] = {}
        for start in range(0, len(wanted), _MOST):
            for row in self._select(tenant_id, wanted[start : start + _MOST]):
                key = _key(row)
                found[key.subject_id] = key
        return found

    def _select(self, tenant_id: UUID, ids: list[bytes]) -> list[Any]:
        # A few lengths, so that the statements stay prepared.
        length = 1 << (len(ids) - 1).bit_length()
        filled = ids + ids[-1:] * (length - len(ids))
        marks = ",".join("?" * length)
        statement = f"select {_COLUMNS} from subject_key where tenant_id = ? and subject_id in ({marks})"
        return self._connection().execute(statement, (tenant_id.bytes, *filled)).fetchall()

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection; a new one where another file was put in its place.

        Raises KeyFileUnsafe, KeyFileUnreadable.
        """
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is None or held[0] != _inode(self._path):
            connection = _connect(self._path)
            held = self._local.held = (_inode(self._path), connection)
        return held[1]

    def _add(self, rows: list[Row]) -> frozenset[bytes]:
        """Write a group; returns the subjects that had a key already."""
        connection = self._connection()
        with connection:
            connection.execute("begin immediate")
            return frozenset(row[1] for row in rows if not connection.execute(_ADD, row).rowcount)

    def _shred(self, tenant_id: UUID, ids: list[bytes], at: int, by: str) -> int:
        connection = self._connection()
        with connection:
            connection.execute("begin immediate")
            shredded = sum(connection.execute(_SHRED, (at, by, tenant_id.bytes, i)).rowcount for i in ids)
            # Where there is no key (an older copy of the file was put back) none must ever be taken for lost.
            connection.executemany(_TOMBSTONE, [(tenant_id.bytes, i, at, at, by) for i in ids])
        self._empty_log(connection)
        return shredded

    def _many(self, statement: str, rows: list[tuple[bytes, bytes]]) -> None:
        connection = self._connection()
        with connection:
            connection.execute("begin immediate")
            connection.executemany(statement, rows)

    def _empty_log(self, connection: sqlite3.Connection) -> None:
        """Bring the log's pages into the file and cut the log off: old pages in it still hold the keys."""
        for _ in range(_TRIES):
            busy, *_ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
            if not busy:
                return
            threading.Event().wait(0.01)
        _log.warning("key_log_not_emptied")

    def _copy(self, target: Path) -> None:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(target)) as copied:
            self._connection().backup(copied)
            copied.execute("pragma journal_mode = delete")
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _Queue:
    """What one event loop has to write: one group under way, the next gathering."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        writer: ThreadPoolExecutor,
        write: Callable[[list[Row]], frozenset[bytes]],
    ) -> None:
        self._loop = loop
        self._writer = writer
        self._write = write
        self._rows: list[Row] = []
        self._next: asyncio.Future[frozenset[bytes]] | None = None
        self._task: asyncio.Task[None] | None = None

    def put(self, row: Row) -> asyncio.Future[frozenset[bytes]]:
        """Add a row; the result of its group is which subjects had a key already."""
        if self._next is None:
            self._next = self._loop.create_future()
            # A transaction that is rolled back waits for nothing: the error is nobody's then.
            self._next.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        self._rows.append(row)
        if self._task is None:
            self._task = self._loop.create_task(self._run())
        return self._next

    async def _run(self) -> None:
        while self._next is not None:
            rows, done = self._rows, self._next
            self._rows, self._next = [], None
            try:
                taken = await self._loop.run_in_executor(self._writer, self._write, rows)
            except Exception as error:
                done.set_exception(error)
            else:
                done.set_result(taken)
        self._task = None


class _Written:
    """A key on its way. Who rolls back need not wait for it."""

    def __init__(self, group: "asyncio.Future[frozenset[bytes]]", subject_id: UUID) -> None:
        self._group = group
        self._subject_id = subject_id

    def __await__(self) -> Generator[Any, None, None]:
        return self._wait().__await__()

    async def _wait(self) -> None:
        # Shielded: one who gives up must not take the group with them.
        if self._subject_id.bytes in await asyncio.shield(self._group):
            raise KeysTaken


def _inode(path: Path) -> int:
    """0 where there is no file."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _connect(path: Path) -> sqlite3.Connection:
    """Raises KeyFileUnsafe, KeyFileUnreadable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        mode = os.fstat(descriptor).st_mode
        os.close(descriptor)
        if mode & 0o077:
            raise KeyFileUnsafe(path=str(path))
        # No statement begins a transaction by itself: each group begins its own.
        connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        for pragma in ("journal_mode = wal", "synchronous = full", "secure_delete = on"):
            connection.execute(f"pragma {pragma}")
        connection.execute(_SCHEMA)
        connection.execute(_INDEX)
    except (OSError, sqlite3.DatabaseError) as error:
        raise KeyFileUnreadable(path=str(path)) from error
    return connection


def _row(tenant_id: UUID, key: SubjectKey) -> Row:
    return (
        tenant_id.bytes,
        key.subject_id.bytes,
        key.wrapped,
        key.wrap_key,
        _micros(key.created_at),
        None,
        None,
    )


def _key(row: Sequence[Any]) -> SubjectKey:
    subject_id, wrapped, wrap_key, created_at, shredded_at, by = row
    return SubjectKey(
        subject_id=UUID(bytes=subject_id),
        wrapped=wrapped,
        wrap_key=wrap_key,
        created_at=_EPOCH + timedelta(microseconds=created_at),
        shredded_at=None if shredded_at is None else _EPOCH + timedelta(microseconds=shredded_at),
        shredded_by=by,
    )


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
