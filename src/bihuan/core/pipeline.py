"""Statements in one pipeline, by libpq itself: queued without a round trip, waited for together.

psycopg's own cursors talk to the socket at every statement, which costs more than the statement. Here a statement only
goes into libpq's buffer; the buffer is flushed when somebody waits, and all results are read in their order. Parameters
and rows are converted by psycopg. Statements are prepared once per connection and set of parameter types.
"""

import asyncio
from collections import deque
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection, pq
from psycopg.adapt import PyFormat, Transformer

T = TypeVar("T")
Connection = AsyncConnection[tuple[Any, ...]]
_Expected = "Pending[Any] | bytes | None"


class Parsed:
    """One statement: its text with $1 … and the names of its parameters in that order."""

    __slots__ = ("formats", "names", "prepare", "sql")

    def __init__(self, sql: str, names: tuple[str, ...], *, prepare: bool = True) -> None:
        self.sql = sql.encode()
        self.names = names
        self.formats = [PyFormat.AUTO] * len(names)
        self.prepare = prepare


class Pending(Generic[T]):
    """The rows of one statement, on their way."""

    __slots__ = ("_make", "_pipeline", "result")

    def __init__(self, pipeline: "Pipeline", make: type[T]) -> None:
        self._pipeline = pipeline
        self._make = make
        self.result: pq.abc.PGresult | None = None

    async def all(self) -> list[T]:
        """All rows."""
        return self._pipeline.load(await self._pipeline.wait_for(self), self._make)

    async def one(self) -> T | None:
        """The first row, or None."""
        rows = await self.all()
        return rows[0] if rows else None


class _Memory:
    """What a connection remembers: its converter, and the statements it has prepared."""

    def __init__(self, connection: Connection) -> None:
        self.transformer = Transformer(connection)
        self.prepared: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self.confirmed: set[bytes] = set()
        self.count = 0
        #: Transactions begun.
        self.begun = 0


_memories: WeakKeyDictionary[Connection, _Memory] = WeakKeyDictionary()


class Pipeline:
    """The pipeline of one transaction on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._memory = _memories.setdefault(connection, _Memory(connection))
        self._expected: deque[Pending[Any] | bytes | None] = deque()
        self._error: Exception | None = None
        #: Syncs sent whose answer has not been read.
        self._syncs = 0
        self._part: list[pq.abc.PGresult] = []
        self._pgconn.enter_pipeline_mode()

    def send(self, parsed: Parsed, values: list[object], pending: Pending[Any] | None = None) -> None:
        """Queue a statement. Nothing is sent before somebody waits, or the buffer is full."""
        transformer = self._memory.transformer
        if not values:
            self._post(parsed, None, (), None, pending)
            return
        dumped = transformer.dump_sequence(values, parsed.formats)
        self._post(parsed, dumped, tuple(transformer.types or ()), list(transformer.formats or ()), pending)

    def _post(
        self,
        parsed: Parsed,
        dumped: Any,
        types: tuple[int, ...],
        formats: list[pq.Format] | None,
        pending: Pending[Any] | None,
    ) -> None:  # fmt: skip
        if parsed.prepare:
            name = self._prepared(parsed.sql, types)
            self._pgconn.send_query_prepared(name, dumped, param_formats=formats)
        else:
            self._pgconn.send_query_params(
                parsed.sql, dumped, param_types=types or None, param_formats=formats
            )
        self._expected.append(pending)

    def _prepared(self, sql: bytes, types: tuple[int, ...]) -> bytes:
        memory = self._memory
        name = memory.prepared.get((sql, types))
        if name is None:
            memory.count += 1
            name = b"b%d" % memory.count
            memory.prepared[sql, types] = name
            self._pgconn.send_prepare(name, sql, param_types=types or None)
            self._expected.append(name)
        return name

    def should_replan(self) -> bool:
        """Whether the server should plan anew what this connection keeps: at its 2nd, 4th, 8th, 16th … transaction.

        A plan made while a table was all but empty reads an index from end to end, and is kept until somebody analyses
        the table: the checks of foreign keys, which the server plans for itself, read every ticket of a tenant that way.
        """
        self._memory.begun += 1
        return self._memory.begun >= 2 and self._memory.begun & (self._memory.begun - 1) == 0

    async def wait_for(self, pending: Pending[Any]) -> pq.abc.PGresult:
        """Send what is queued and read until this statement's result is there. Raises the first error met.

        A Sync, not a Flush: only by it the server knows that it waits for us, and ends a process that hangs
        (`idle_in_transaction_session_timeout`). Within BEGIN … COMMIT it ends nothing.
        """
        if pending.result is None:
            self._sync()
            await self._read(lambda: pending.result is not None)
        assert pending.result is not None
        return pending.result

    async def finish(self) -> None:
        """Sync: everything queued is done or one error is raised. The pipeline is over."""
        self._sync()
        await self._read(lambda: not self._syncs)
        self._pgconn.exit_pipeline_mode()

    def _sync(self) -> None:
        self._pgconn.pipeline_sync()
        self._syncs += 1

    async def abandon(self) -> None:
        """After an error: read to the end, roll back, leave the connection clean. Raises where it cannot be."""
        self._sync()
        await self._drain()
        self._pgconn.send_query_params(b"rollback", None)
        self._sync()
        await self._drain()
        self._pgconn.exit_pipeline_mode()
        # What was never confirmed may not be there: it is prepared again.
        memory = self._memory
        memory.prepared = {k: n for k, n in memory.prepared.items() if n in memory.confirmed}

    def load(self, result: pq.abc.PGresult, make: type[T]) -> list[T]:
        """The rows of a result as `make`, by keyword: its columns are the struct's fields."""
        transformer = self._memory.transformer
        names = [(result.fname(i) or b"").decode() for i in range(result.nfields)]
        transformer.set_pgresult(result)

        def row(values: Any) -> T:
            return make(**dict(zip(names, values, strict=True)))

        return transformer.load_rows(0, result.ntuples, row)

    async def _drain(self) -> None:
        while self._syncs:
            try:
                await self._read(lambda: not self._syncs)
            except psycopg.Error:
                if self._pgconn.status != pq.ConnStatus.OK:
                    raise
                # The error itself is already on its way to the caller.

    async def _read(self, done: Any) -> None:
        await self._flush()
        while not done():
            await self._ready(write=False)
            self._pgconn.consume_input()
            self._take()
            if self._error is not None:
                error, self._error = self._error, None
                raise error

    def _take(self) -> None:
        """Results that have come, to those who wait for them, in order."""
        while not self._pgconn.is_busy():
            result = self._pgconn.get_result()
            if result is None:
                if not self._part:
                    return
                self._give(self._part[-1])
                self._part = []
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                self._syncs -= 1
            else:
                self._part.append(result)

    def _give(self, result: pq.abc.PGresult) -> None:
        to = self._expected.popleft() if self._expected else None
        if result.status == pq.ExecStatus.FATAL_ERROR:
            self._error = self._error or psycopg.errors.error_from_result(result, encoding="utf-8")
        elif result.status != pq.ExecStatus.PIPELINE_ABORTED:
            if isinstance(to, Pending):
                to.result = result
            elif to is not None:
                self._memory.confirmed.add(to)

    async def _flush(self) -> None:
        while self._pgconn.flush():
            await self._ready(write=True)
            self._pgconn.consume_input()

    async def _ready(self, *, write: bool) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        fd = self._pgconn.socket
        add, remove = (
            (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
        )
        add(fd, _wake, future)
        try:
            await future
        finally:
            remove(fd)


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
