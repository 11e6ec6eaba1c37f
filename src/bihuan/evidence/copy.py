"""Reading a database as it stood at one moment: binary COPYs over several connections that share one snapshot.

Rows come as the bytes PostgreSQL sends, one at a time, so that memory does not grow with the table. A row is
int16 columns, then per column int32 length (-1: NULL) and its bytes, all big-endian (COPY, "Binary Format").
"""

from collections.abc import Sequence
from contextlib import ExitStack
from struct import Struct, unpack_from
from types import TracebackType
from typing import Any, LiteralString, Self, cast
from uuid import UUID

import psycopg
from psycopg import pq, sql
from psycopg.rows import tuple_row

Statement = sql.SQL | sql.Composed

#: Verification takes as long as it takes, beside a living desk: no time-out, no parallel workers, indexes preferred.
_OPTIONS = " ".join(
    f"-c {key}={value}"
    for key, value in {
        "statement_timeout": 0,
        "idle_in_transaction_session_timeout": 0,
        "max_parallel_workers_per_gather": 0,
        "random_page_cost": 1.1,
        "jit": "off",
        "timezone": "UTC",
    }.items()
)
_SIGNATURE = b"PGCOPY\n\xff\r\n\x00"
_size = Struct(">i").unpack_from
_TRAILER = b"\xff\xff"
END = b""


class CopyRows:
    """The rows of one COPY. `row` is the present one, END after the last; `step` goes on."""

    def __init__(self, connection: psycopg.Connection[Any], statement: Statement) -> None:
        self._connection = connection
        self.read = connection.pgconn.get_copy_data
        command = sql.SQL("copy ({}) to stdout (format binary)").format(statement)
        _expect(
            connection.pgconn.exec_(command.as_bytes(connection)),
            pq.ExecStatus.COPY_OUT,
            connection,
        )
        self.row = self._first()

    def step(self) -> bytes:
        """The next row, which becomes the present one. Raises psycopg.OperationalError where the COPY breaks off."""
        self.row = self.taken(*self.read(0))
        return self.row

    def taken(self, size: int, data: memoryview) -> bytes:
        """One answer of `read` as a row, or END."""
        if size < 0:
            raise psycopg.OperationalError("COPY ended without its trailer")
        row = data.tobytes()
        if row != _TRAILER:
            return row
        self._finish()
        return END

    def _first(self) -> bytes:
        """The header comes alone or before the first row, whichever the server likes."""
        size, data = self.read(0)
        content = data.tobytes() if size > 0 else b""
        if not content.startswith(_SIGNATURE):
            raise psycopg.OperationalError("COPY did not begin with its header")
        rest = content[19 + int.from_bytes(content[15:19], "big") :]
        return self.taken(len(rest), memoryview(rest)) if rest else self.taken(*self.read(0))

    def _finish(self) -> None:
        if self.read(0)[0] != -1:
            raise psycopg.OperationalError("COPY went on after its trailer")
        _expect(
            self._connection.pgconn.get_result(),
            pq.ExecStatus.COMMAND_OK,
            self._connection,
        )
        while self._connection.pgconn.get_result() is not None:
            pass


class Snapshot:
    """One moment of one tenant's data, as the application's role sees it."""

    def __init__(self, url: str, tenant_id: UUID) -> None:
        self._url = url
        self._tenant_id = tenant_id
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._main = self._connected()
            row = self._main.execute("select pg_export_snapshot()").fetchone()
            self._id = cast("tuple[str]", row)[0]
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def copy(self, statement: Statement) -> CopyRows:
        """Start reading a statement's rows on a connection of its own."""
        return CopyRows(self._connected(self._id), statement)

    def rows(self, statement: Statement) -> list[tuple[Any, ...]]:
        """All rows at once: of one stream, never of a table."""
        return self._main.cursor(binary=True).execute(statement).fetchall()

    def _connected(self, snapshot: str | None = None) -> psycopg.Connection[tuple[Any, ...]]:
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            options=_OPTIONS,
            application_name="bihuan-verify",
            row_factory=tuple_row,
        )
        self._open.callback(connection.close)
        connection.execute("begin isolation level repeatable read read only")
        if snapshot is not None:
            connection.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
        connection.execute(sql.SQL("set local app.tenant = {}").format(sql.Literal(str(self._tenant_id))))
        return connection


def columns(row: bytes) -> list[bytes | None]:
    """The columns of a row, None for NULL."""
    found: list[bytes | None] = []
    at = 2
    for _ in range(unpack_from(">h", row)[0]):
        size: int = _size(row, at)[0]
        at += 4
        found.append(None if size < 0 else row[at : at + size])
        at += max(size, 0)
    return found


def number(column: bytes | None) -> int:
    """A bigint column."""
    return int.from_bytes(column or b"", "big", signed=True)


def expression(text: str) -> sql.SQL:
    """A SQL expression that our own code declares (a check's column), as a part of a statement."""
    return sql.SQL(cast("LiteralString", text))


def listed(texts: Sequence[str]) -> sql.Composed:
    """Expressions for a select list."""
    return sql.SQL(", ").join([expression(text) for text in texts])


def _expect(
    result: pq.abc.PGresult | None,
    wanted: pq.ExecStatus,
    connection: psycopg.Connection[Any],
) -> None:
    if result is None or result.status != wanted:
        raise psycopg.OperationalError(connection.pgconn.error_message.decode(errors="replace"))
