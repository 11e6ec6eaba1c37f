"""Migrations: applied twice they change nothing, a changed file is refused, and the schema keeps the house's rules."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bihuan.core import migrate
from bihuan.core.embedded import EmbeddedServer
from tests.house.sources import ROOT

_EVIDENCE = ("event", "seal", "seal_leaf")


@pytest.fixture
def fresh(server: EmbeddedServer, worker_id: str) -> Iterator[str]:
    """The name of an empty database, dropped afterwards."""
    name = f"bihuan_migrations_{worker_id}"
    server.create_database(name)
    yield name
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


def _schema(server: EmbeddedServer, name: str) -> str:
    command = [str(server.bin("pg_dump")), "--schema-only", server.url("postgres", name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # \restrict and \unrestrict carry a random word of their own.
    return "\n".join(line for line in done.stdout.splitlines() if not re.match(r"\\(un)?restrict ", line))


def test_applied_twice_they_change_nothing(server: EmbeddedServer, fresh: str) -> None:
    owner = server.url("bihuan_owner", fresh)
    assert [m.name for m in migrate.migrate(owner, contract=True)] == [m.name for m in migrate.files()]
    once = _schema(server, fresh)
    assert "CREATE TABLE public.ticket" in once
    assert migrate.migrate(owner, contract=True) == []
    assert _schema(server, fresh) == once
    assert migrate.status(server.url("bihuan_app", fresh)).pending == ()


def test_roles_applied_again_change_nothing(server: EmbeddedServer, fresh: str) -> None:
    migrate.migrate(server.url("bihuan_owner", fresh))
    once = _schema(server, fresh)
    server.create_database(fresh)
    assert _schema(server, fresh) == once


def test_files_are_numbered_without_gaps(tmp_path: Path) -> None:
    assert [m.number for m in migrate.files()] == list(range(1, len(migrate.files()) + 1))
    for name in ("0002_a.sql", "1_a.sql", "0001-a.sql", "0001_A.sql"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text("select 1;")
        with pytest.raises(ValueError, match=re.escape(name)):
            migrate.files(folder)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The migrations, to be tampered with."""
    return Path(shutil.copytree(ROOT / "migrations", tmp_path / "migrations"))


def test_a_changed_file_is_refused(server: EmbeddedServer, fresh: str, copy: Path) -> None:
    owner = server.url("bihuan_owner", fresh)
    migrate.migrate(owner, path=copy)
    first = min(copy.iterdir())
    first.write_text(first.read_text() + "-- a word more\n")
    with pytest.raises(migrate.MigrationChanged, match=re.escape(first.name)):
        migrate.migrate(owner, path=copy)


def test_a_failing_file_leaves_nothing_and_contracts_wait(
    server: EmbeddedServer, fresh: str, copy: Path
) -> None:
    owner, number = server.url("bihuan_owner", fresh), len(migrate.files()) + 1
    failing = copy / f"{number:04}_fails.sql"
    failing.write_text("create table half (id integer); select 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate.migrate(owner, path=copy)
    failing.rename(copy / f"{number:04}_later.contract.sql").write_text("create table half (id integer);")
    assert migrate.migrate(owner, path=copy) == []
    assert [m.number for m in migrate.migrate(owner, path=copy, contract=True)] == [number]


def test_a_database_before_or_behind_this_release_is_refused(server: EmbeddedServer, fresh: str) -> None:
    app, owner = server.url("bihuan_app", fresh), server.url("bihuan_owner", fresh)
    with pytest.raises(migrate.SchemaTooOld, match="bihuan db migrate"):
        migrate.check(app)
    migrate.migrate(owner, contract=True)
    migrate.check(app)
    with psycopg.connect(owner) as connection:
        connection.execute("insert into schema_migration values (9999, 'x', 'x', '2026-01-01T00:00:00Z')")
    with pytest.raises(migrate.SchemaTooNew, match="newer release"):
        migrate.check(app)


def test_every_table_and_column_has_a_comment(owner: psycopg.Connection) -> None:
    bare = owner.execute(
        "select c.relname || coalesce('.' || a.attname, '') from pg_class c"
        " left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')"
        " and (obj_description(c.oid) is null or col_description(c.oid, a.attnum) is null)"
    ).fetchall()
    assert bare == []


def test_every_tenant_table_is_under_row_level_security(
    owner: psycopg.Connection, tenant_keys: dict[str, str]
) -> None:
    rows = owner.execute(
        "select c.relname, c.relrowsecurity, array_agg(pg_get_expr(p.polqual, p.polrelid) order by p.polname)"
        " from pg_class c left join pg_policy p on p.polrelid = c.oid and 'bihuan_app'::regrole = any(p.polroles)"
        " where c.relname = any(%s) and c.relnamespace = 'public'::regnamespace group by 1, 2",
        [list(tenant_keys)],
    ).fetchall()
    assert {name for name, _, _ in rows} == tenant_keys.keys()
    for name, enabled, policies in rows:
        told = f"({tenant_keys[name]} = ( SELECT (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid"
        assert enabled and len(policies) == 1 and policies[0].startswith(told), (name, policies)


def test_no_table_is_outside_the_tenants(owner: psycopg.Connection, tenant_keys: dict[str, str]) -> None:
    rows = owner.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
    )
    assert {name for (name,) in rows} - tenant_keys.keys() == {"schema_migration"}


def test_every_key_of_a_tenant_table_begins_with_its_tenant(
    owner: psycopg.Connection, tenant_keys: dict[str, str]
) -> None:
    rows = owner.execute(
        "select c.relname, i.indexrelid::regclass::text, a.attname from pg_index i join pg_class c on c.oid = i.indrelid"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]"
        " where c.relname = any(%s) and c.relname <> 'tenant'",
        [list(tenant_keys)],
    ).fetchall()
    assert len(rows) > 40
    assert [(index, first) for _, index, first in rows if first != "tenant_id"] == []
    foreign = owner.execute(
        "select conname, (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1])"
        " from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace"
    ).fetchall()
    assert [(name, first) for name, first in foreign if first != "tenant_id"] == []


def test_the_application_owns_nothing_and_cannot_touch_evidence(owner: psycopg.Connection) -> None:
    owned = owner.execute(
        "select relname from pg_class where relowner in ('bihuan_app'::regrole, 'bihuan_sweep'::regrole)"
    ).fetchall()
    assert owned == []
    held = owner.execute(
        "select t, p from unnest(%s::text[]) t, unnest(array['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) p,"
        " unnest(array['bihuan_app', 'bihuan_sweep']) r where has_table_privilege(r, t, p)"
        " or has_any_column_privilege(r, t, case when p in ('UPDATE', 'REFERENCES') then p else 'UPDATE' end)",
        [list(_EVIDENCE)],
    ).fetchall()
    assert held == []
    truncates = owner.execute(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        " and has_table_privilege('bihuan_app', oid, 'TRUNCATE, TRIGGER')"
    ).fetchall()
    assert truncates == []


@pytest.mark.parametrize("table", _EVIDENCE)
@pytest.mark.parametrize(
    "act",
    ["update {} set hash = ''", "delete from {}", "truncate {}", "alter table {} disable row level security"],
)
def test_the_application_is_refused(server: EmbeddedServer, database: str, table: str, act: str) -> None:
    with psycopg.connect(server.url("bihuan_app", database), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(act.format(table).encode())


def test_without_a_tenant_no_row_is_seen(
    server: EmbeddedServer, database: str, tenant_keys: dict[str, str]
) -> None:
    with psycopg.connect(server.url("bihuan_app", database), autocommit=True) as connection:
        for table in tenant_keys:
            assert connection.execute(f"select count(*) from {table}".encode()).fetchone() == (0,), table
