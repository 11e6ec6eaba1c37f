"""Migrations: numbered plain `.sql`, one transaction each, checksummed, in order, by the owner's role.

Expand, then contract: a release runs against its own schema and the one before, so processes are replaced one by one.
A file's name says which side it is on: `NNNN_name.sql` expands, `NNNN_name.contract.sql` takes away what the former
release needed and is run once no process of it is left (`bihuan db migrate --contract`).
"""

import hashlib
import re
from pathlib import Path

import msgspec
import psycopg

from bihuan.core import clock
from bihuan.core.problems import Problem

#: What this release can run on: from LEAST (the last contract it needs) to the newest file it ships.
LEAST = 1
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+(\.contract)?\.sql")
_LOCK = 0x62696875616E  # "bihuan"

_LEDGER = """
create table if not exists schema_migration (
  number integer primary key,
  name text not null,
  sha256 text not null,
  applied_at timestamptz not null
);
comment on table schema_migration is 'Migrations applied to this database.';
comment on column schema_migration.number is 'Number of the file.';
comment on column schema_migration.name is 'Name of the file.';
comment on column schema_migration.sha256 is 'Checksum of the file as applied.';
comment on column schema_migration.applied_at is 'When.';
grant select on schema_migration to bihuan_app;
"""


class MigrationChanged(Problem):
    """Migration {name} was changed after it had been applied; restore the file and add a new one."""

    zh = "迁移文件 {name} 在执行后被改动；请恢复原文件并新增迁移。"


class SchemaTooOld(Problem):
    """The database's schema is at {found}, this release needs {needed}: run `bihuan db migrate`."""

    status = 503
    zh = "数据库结构版本为 {found}，本版本需要 {needed}：请执行 `bihuan db migrate`。"


class SchemaTooNew(Problem):
    """The database's schema is at {found}, this release knows up to {known}: start a newer release."""

    status = 503
    zh = "数据库结构版本为 {found}，本版本只认识到 {known}：请使用更新的版本。"


class OwnerNeeded(Problem):
    """This role may not change the schema: give the owner's address as BIHUAN_DATABASE_ADMIN_URL."""

    status = 503
    zh = "此角色无权修改数据库结构：请在 BIHUAN_DATABASE_ADMIN_URL 中提供属主角色的连接串。"


class MigrationLocked(Problem):
    """Another process is migrating this database; try again when it has ended."""

    status = 503
    zh = "另一个进程正在迁移此数据库，请待其结束后重试。"


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    number: int
    name: str
    sql: str
    contract: bool

    @property
    def sha256(self) -> str:
        """Checksum of its text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Where a database stands: highest number applied (0: none), the highest that contracted, and what is pending."""

    applied: int
    contracted: int
    pending: tuple[Migration, ...]


def folder() -> Path:
    """The migrations of this release: beside the source, or inside the wheel."""
    inside = Path(__file__).parent.parent / "_data" / "migrations"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "migrations"


def files(path: Path | None = None) -> list[Migration]:
    """All migrations in order. Raises ValueError for a name or number out of order."""
    found: list[Migration] = []
    for file in sorted((path or folder()).glob("*.sql")):
        name = _NAME.fullmatch(file.name)
        if name is None or int(name[1]) != len(found) + 1:
            raise ValueError(f"{file.name}: migrations are numbered 0001, 0002 … without gaps")
        sql = file.read_text(encoding="utf-8")
        found.append(Migration(number=int(name[1]), name=file.name, sql=sql, contract=bool(name[2])))
    return found


def migrate(owner_url: str, *, contract: bool = False, path: Path | None = None) -> list[Migration]:
    """Apply what is pending, each file in a transaction of its own; returns what was applied.

    Contracting files wait (and all after them) unless `contract`. Raises MigrationChanged, MigrationLocked, OwnerNeeded.
    """
    applied: list[Migration] = []
    with psycopg.connect(owner_url, autocommit=True, options="-c lock_timeout=5000") as connection:
        while (next_ := _next(connection, files(path), contract=contract)) is not None:
            applied.append(next_)
    return applied


def status(url: str) -> Status:
    """Where the database stands. Raises MigrationChanged."""
    with psycopg.connect(url, autocommit=True) as connection:
        applied = _applied(connection)
    known = files()
    _check_unchanged(applied, known)
    # What does not name itself as expanding is taken for contracting: the careful reading.
    contracted = [n for n, (_, name) in applied.items() if (m := _NAME.fullmatch(name)) is None or m[2]]
    return Status(
        applied=max(applied, default=0),
        contracted=max(contracted, default=0),
        pending=tuple(m for m in known if m.number not in applied),
    )


def check(url: str) -> None:
    """Refuse a schema this release cannot run on. Raises SchemaTooOld, SchemaTooNew, MigrationChanged.

    A newer release's expanding migrations leave this one able to run: its processes are replaced one by one. A newer
    contracting one has taken away what this release needs.
    """
    found = status(url)
    expanding = [m.number for m in files() if not m.contract]
    needed = max(LEAST, max(expanding, default=0))
    if found.applied < needed:
        raise SchemaTooOld(found=found.applied, needed=needed)
    if found.contracted > len(files()):
        raise SchemaTooNew(found=found.applied, known=len(files()))


def _next(connection: psycopg.Connection, known: list[Migration], *, contract: bool) -> Migration | None:
    with connection.transaction():
        try:
            connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        except psycopg.errors.LockNotAvailable as error:
            raise MigrationLocked from error
        try:
            connection.execute(_LEDGER)
        except psycopg.errors.InsufficientPrivilege as error:
            raise OwnerNeeded from error
        applied = _applied(connection)
        _check_unchanged(applied, known)
        pending = [m for m in known if m.number not in applied]
        if not pending or (pending[0].contract and not contract):
            return None
        connection.execute(pending[0].sql.encode())
        connection.execute(
            "insert into schema_migration values (%s, %s, %s, %s)",
            (pending[0].number, pending[0].name, pending[0].sha256, clock.now()),
        )
        return pending[0]


def _applied(connection: psycopg.Connection) -> dict[int, tuple[str, str]]:
    """Number → checksum and name, as applied."""
    if connection.execute("select to_regclass('schema_migration')").fetchone() == (None,):
        return {}
    rows = connection.execute("select number, sha256, name from schema_migration").fetchall()
    return {number: (sha256, name) for number, sha256, name in rows}


def _check_unchanged(applied: dict[int, tuple[str, str]], known: list[Migration]) -> None:
    for migration in known:
        if migration.number in applied and applied[migration.number][0] != migration.sha256:
            raise MigrationChanged(name=migration.name)
