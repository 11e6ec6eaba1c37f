"""Migrations: in order, checksummed, each whole or not at all, one process at a time."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bihuan.core import migrate
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.ids import new_id
from bihuan.core.migrate import MigrationChanged, SchemaTooNew, SchemaTooOld


@pytest.fixture
def url(server: EmbeddedServer) -> Iterator[str]:
    """An empty database, as its owner."""
    name = f"migrate_{new_id().hex[-8:]}"
    server.create_database(name)
    yield server.url("bihuan_owner", name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small migrations, the last of which takes away."""
    (tmp_path / "0001_one.sql").write_text("create table one (id integer);")
    (tmp_path / "0002_two.sql").write_text("create table two (id integer); insert into one values (1);")
    (tmp_path / "0003_less.contract.sql").write_text("drop table two;")
    return tmp_path


def _tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {name for (name,) in rows}


def test_in_order_and_what_takes_away_waits(url: str, folder: Path) -> None:
    assert [m.name for m in migrate.migrate(url, path=folder)] == ["0001_one.sql", "0002_two.sql"]
    assert _tables(url) == {"one", "two", "schema_migration"}
    assert migrate.migrate(url, path=folder) == []
    assert [m.number for m in migrate.migrate(url, path=folder, contract=True)] == [3]
    assert _tables(url) == {"one", "schema_migration"}


def test_a_failing_file_leaves_nothing_of_itself(url: str, folder: Path) -> None:
    (folder / "0002_two.sql").write_text("create table two (id integer); select 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate.migrate(url, path=folder)
    assert _tables(url) == {"one", "schema_migration"}
    (folder / "0002_two.sql").write_text("create table two (id integer);")
    assert [m.number for m in migrate.migrate(url, path=folder)] == [2]


def test_a_file_changed_afterwards_is_refused(url: str, folder: Path) -> None:
    migrate.migrate(url, path=folder)
    (folder / "0001_one.sql").write_text("create table one (id bigint);")
    with pytest.raises(MigrationChanged) as caught:
        migrate.migrate(url, path=folder)
    assert caught.value.params == {"name": "0001_one.sql"}


def test_several_at_once_apply_each_once(url: str, folder: Path) -> None:
    applied: list[int] = []

    def run() -> None:
        applied.extend(m.number for m in migrate.migrate(url, path=folder))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [1, 2]


@pytest.mark.parametrize("name", ["0005_gap.sql", "four.sql", "0004-dash.sql", "0004_UPPER.sql"])
def test_names_are_numbered_without_gaps(folder: Path, name: str) -> None:
    (folder / name).write_text("select 1;")
    with pytest.raises(ValueError, match="without gaps"):
        migrate.files(folder)


def test_our_own_migrations_apply_from_nothing(url: str) -> None:
    with pytest.raises(SchemaTooOld):
        migrate.check(url)
    assert [m.number for m in migrate.migrate(url)] == [m.number for m in migrate.files() if not m.contract]
    migrate.check(url)
    assert migrate.status(url).pending == ()
    with psycopg.connect(url) as connection:
        connection.execute("insert into schema_migration values (9998, '9998_more.sql', '', '2026-11-21Z')")
    migrate.check(url)
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into schema_migration values (9999, '9999_less.contract.sql', '', '2026-11-21Z')"
        )
    with pytest.raises(SchemaTooNew):
        migrate.check(url)


def test_every_table_and_column_is_explained(url: str) -> None:
    migrate.migrate(url)
    with psycopg.connect(url) as connection:
        bare = connection.execute(
            "select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " join pg_attribute a on a.attrelid = c.oid where n.nspname = 'public' and c.relkind = 'r'"
            " and a.attnum > 0 and not a.attisdropped and col_description(c.oid, a.attnum) is null"
        ).fetchall()
    assert bare == []
