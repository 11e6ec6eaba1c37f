"""The only door to PostgreSQL: one transaction per unit of work, every statement named and tied to a tenant.

`Database.work(tenant)` opens a transaction in pipeline mode and sets `app.tenant`, by which the row-level policies
decide. Statements are queued by `work.run` and cost no round trip; the first `rows`/`one` after them waits for all.
The commit happens once, where the `async with` ends; code inside never commits.
"""

import asyncio
import re
import select
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import aiosql
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from bihuan.core import clock, log
from bihuan.core.keyring import KeyRing
from bihuan.core.pipeline import Connection, Parsed, Pending, Pipeline
from bihuan.core.problems import Problem
from bihuan.core.settings import Settings

T = TypeVar("T")

_log = log.get("db")

#: Told of every statement and its parameters, where the house's tests or the bench listen; None in a running desk.
on_statement: Callable[[str, Mapping[str, object]], None] | None = None


#: So long after a connection was lost the others are not trusted without a round trip.
_DOUBT_SECONDS = 1.0
_BEGIN, _COMMIT = Parsed("begin", ()), Parsed("commit", ())
_DISCARD = Parsed("discard plans", ())
_SWEEP = Parsed("set local role bihuan_sweep", ())


def _set_tenant(tenant_id: UUID) -> Parsed:
    """A literal of a UUID object: no text from outside gets here."""
    return Parsed(f"set local app.tenant = '{tenant_id}'", (), prepare=False)


class RowGone(Problem):
    """The row this change is for is no longer there."""

    status = 409
    zh = "要修改的记录已不存在。"


class DatabaseBusy(Problem):
    """The desk is busy; try again in a moment."""

    status = 503
    zh = "系统繁忙，请稍后再试。"


_NAMED = re.compile(r"%\((\w+)\)s|%%")


class Query:
    """One statement of a `queries.sql`: its name `module.statement` and its text with %(name)s parameters.

    `prepare` is off for statements composed at run time: there is no end to them.
    """

    __slots__ = ("name", "parsed", "sql")

    def __init__(self, *, name: str, sql: str, prepare: bool = True) -> None:
        self.name = name
        self.sql = sql
        names: list[str] = []

        def numbered(found: re.Match[str]) -> str:
            if found[1] is None:
                return "%"
            if found[1] not in names:
                names.append(found[1])
            return f"${names.index(found[1]) + 1}"

        self.parsed = Parsed(_NAMED.sub(numbered, sql), tuple(names), prepare=prepare)


class Queries:
    """The statements of one file, as attributes. A name that is not there fails at import, not in production."""

    def __init__(self, file: Path, module: str) -> None:
        loaded: Any = aiosql.from_path(file, "psycopg", mandatory_parameters=False)  # pyright: ignore[reportUnknownMemberType]
        self._queries = {
            name: Query(name=f"{module}.{name}", sql=cast("str", getattr(loaded, name).sql))
            for name in loaded.available_queries
            if not name.endswith("_cursor")
        }

    def __getattr__(self, name: str) -> Query:
        try:
            return self._queries[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())


def load(module_file: str, name: str = "queries.sql") -> Queries:
    """The `queries.sql` beside a module's file: `queries = db.load(__file__)`. A part of a large module has its own
    beside it: `db.load(__file__, "look_queries.sql")`.
    """
    folder = Path(module_file).parent
    return Queries(folder / name, folder.name)


queries = load(__file__)


class Work:
    """One transaction of one tenant. Not to be shared between tasks."""

    def __init__(
        self, pipeline: Pipeline, tenant_id: UUID, ring: KeyRing, touch: Callable[[str], None]
    ) -> None:
        self.tenant_id = tenant_id
        self.ring = ring
        self._pipeline = pipeline
        self._touch = touch
        self._after: list[Callable[[], None]] = []
        self._before: list[Awaitable[None]] = []

    async def run(self, query: Query, **params: object) -> None:
        """Queue a statement whose rows nobody reads. An error surfaces at the next wait, at the latest at commit."""
        self._send(query, params, None)

    async def send(self, query: Query, type_: type[T], **params: object) -> Pending[T]:
        """Queue a statement; its rows, as `type_`, are waited for later."""
        pending = Pending(self._pipeline, type_)
        self._send(query, params, pending)
        return pending

    async def rows(self, query: Query, type_: type[T], **params: object) -> list[T]:
        """All rows as `type_`."""
        return await (await self.send(query, type_, **params)).all()

    async def one(self, query: Query, type_: type[T], **params: object) -> T | None:
        """The only row as `type_`, or None."""
        return await (await self.send(query, type_, **params)).one()

    async def must(self, query: Query, type_: type[T], **params: object) -> T:
        """The only row as `type_`. Raises RowGone where there is none."""
        row = await self.one(query, type_, **params)
        if row is None:
            raise RowGone
        return row

    async def scalar(self, query: Query, **params: object) -> Any:
        """The first column of the only row, or None."""
        row = await self.one(query, dict[str, Any], **params)
        return None if row is None else next(iter(row.values()))

    def _send(self, query: Query, params: Mapping[str, object], pending: Pending[Any] | None) -> None:
        given = {"tenant_id": self.tenant_id, **params}
        if on_statement is not None:
            on_statement(query.sql, given)
        self._pipeline.send(query.parsed, [given[name] for name in query.parsed.names], pending)

    async def end_by_itself(self, milliseconds: int) -> None:
        """Have the server end this transaction after so long, so that a process which is stopped in it holds nobody up.

        The limit for idle transactions is not enough: stopped while it still sends, a process does not count as idle.
        """
        await self.run(queries.end_by_itself, milliseconds=str(milliseconds))

    def before_commit(self, done: Awaitable[None]) -> None:
        """Commit only once this is done (a key is on the disk); if it fails, nothing is committed."""
        self._before.append(done)

    async def ready(self) -> None:
        """Wait for what must be done before the commit. Called by Database alone."""
        for done in self._before:
            await done

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this once the transaction has committed (a wake-up, a cache dropped); never on a rollback."""
        self._after.append(call)

    def touch(self, topic: str) -> None:
        """Once the transaction has committed, wake whoever waits for the topic (`core.wake`)."""
        self.after_commit(lambda: self._touch(topic))

    def committed(self) -> None:
        """Run what waited for the commit. Called by Database alone."""
        for call in self._after:
            call()


class Database:
    """The pool of one process. `role` narrows every transaction to another role of the same connection."""

    def __init__(self, url: str, settings: Settings, ring: KeyRing, *, name: str = "bihuan") -> None:
        options = " ".join(
            f"-c {key}={value}"
            for key, value in {
                "statement_timeout": settings.statement_timeout_ms,
                "lock_timeout": settings.lock_timeout_ms,
                "idle_in_transaction_session_timeout": settings.idle_transaction_timeout_ms,
                "timezone": "UTC",
                "jit": "off",
            }.items()
        )
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            kwargs={
                "autocommit": True,  # BEGIN and COMMIT are statements of ours, pipelined with the rest
                "prepare_threshold": 0,
                "options": options,
                "application_name": name,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
            },
            min_size=min(4, settings.pool),
            max_size=settings.pool,
            timeout=10,
            open=False,
        )
        self._most_dead = settings.pool + 1
        self._lost_at = float("-inf")
        self.url = url
        self.ring = ring
        #: Where `work.touch` goes; the desk sets it.
        self.touch: Callable[[str], None] = lambda _topic: None

    async def open(self) -> None:
        """Open the pool. Raises psycopg.OperationalError where the server is not there."""
        await self._pool.open(wait=True, timeout=15)

    async def close(self) -> None:
        """Close the pool, waiting for nothing."""
        await self._pool.close()

    @asynccontextmanager
    async def work(self, tenant_id: UUID) -> AsyncGenerator[Work]:
        """A transaction of this tenant. Commits at the end; rolls back on any error, which goes on."""
        async with self._transaction(_set_tenant(tenant_id), tenant_id) as work:
            yield work

    @asynccontextmanager
    async def across_tenants(self) -> AsyncGenerator[Work]:
        """A transaction of the sweep role: sees which tenants have work, and nothing else."""
        async with self._transaction(_SWEEP, UUID(int=0)) as work:
            yield work

    @asynccontextmanager
    async def _transaction(self, first: Parsed, tenant_id: UUID) -> AsyncGenerator[Work]:
        connection = await self._living()
        try:
            pipeline = Pipeline(connection)
            work = Work(pipeline, tenant_id, self.ring, self.touch)
            try:
                if on_statement is not None:
                    for told in ("begin", first.sql.decode(), "commit"):
                        on_statement(told, {})
                if pipeline.should_replan():
                    pipeline.send(_DISCARD, [])
                pipeline.send(_BEGIN, [])
                pipeline.send(first, [])
                yield work
                await work.ready()
                pipeline.send(_COMMIT, [])
                await pipeline.finish()
            except BaseException:
                await _roll_back(connection, pipeline)
                if connection.closed:
                    self._lost_at = clock.perf()
                raise
            work.committed()
        finally:
            await self._pool.putconn(connection)

    async def _living(self) -> Connection:
        """A connection whose server is there. Raises DatabaseBusy.

        The pool's own check pauses 1, 2, 4 s … between dead ones; but they all die at once, and a new one takes 10 ms.
        """
        for _ in range(self._most_dead):
            try:
                connection = await self._pool.getconn()
            except PoolTimeout as error:
                raise DatabaseBusy from error
            try:
                await _alive(connection, doubted=clock.perf() - self._lost_at < _DOUBT_SECONDS)
            except psycopg.Error:
                self._lost_at = clock.perf()
                await connection.close()
                await self._pool.putconn(connection)
            except BaseException:
                await self._pool.putconn(connection)
                raise
            else:
                return connection
        raise DatabaseBusy

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A bare connection, for LISTEN and for health; no tenant, so no row."""
        connection = await self._living()
        try:
            yield connection
        finally:
            await self._pool.putconn(connection)


async def _roll_back(connection: Connection, pipeline: Pipeline) -> None:
    """Leave the connection clean, or closed: the pool then replaces it."""
    try:
        # A request that was given up must not hold the connection longer than the server lets a statement run.
        async with asyncio.timeout(5):
            await pipeline.abandon()
    except asyncio.CancelledError:
        await connection.close()
        raise
    except (psycopg.Error, OSError, TimeoutError) as error:
        _log.warning("connection_dropped", error=error)
        await connection.close()


async def _alive(connection: Connection, *, doubted: bool) -> None:
    """Refuse a connection whose server has hung up.

    A living idle connection has nothing to read. Only where something waits (a notice, or the end) is the round trip
    of a full check spent, or where it is `doubted`: another one was just lost, and this may be told to end already.
    """
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    if doubted or poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)
