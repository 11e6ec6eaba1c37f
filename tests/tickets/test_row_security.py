"""The second lock: as the application's role the database itself shows one tenant only and keeps the evidence."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from bihuan.core import ids
from bihuan.core.settings import Settings
from tests.conftest import House


@pytest.fixture
def app(settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection as the application's role, without a tenant."""
    with psycopg.connect(settings.database_url) as connection:
        yield connection
        connection.rollback()


def _as(app: psycopg.Connection, tenant_id: UUID) -> None:
    app.rollback()
    app.execute(sql.SQL("set local app.tenant = {}").format(str(tenant_id)))


def _tables(owner: psycopg.Connection) -> list[str]:
    rows = owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return sorted(name for (name,) in rows if name != "schema_migration")


def _count(app: psycopg.Connection, table: str) -> int:
    row = app.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


async def test_no_tenant_or_another_one_no_row(
    house: House, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    await house.ticket()
    tables = _tables(owner)
    assert len(tables) > 25
    for table in tables:
        assert _count(app, table) == 0, f"{table} without a tenant"
    _as(app, ids.new_id())
    for table in tables:
        assert _count(app, table) == 0, f"{table} as another tenant"
    _as(app, house.tenant_id)
    assert {t: _count(app, t) for t in ("ticket", "event", "tenant")}["ticket"] == 1
    assert _count(app, "tenant") == 1


async def test_every_table_is_under_a_policy_and_leads_with_its_tenant(owner: psycopg.Connection) -> None:
    bare = owner.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        " and not relrowsecurity and relname <> 'schema_migration'"
    ).fetchall()
    assert bare == []
    leading = owner.execute(
        "select c.relname, a.attname from pg_index i join pg_class c on c.oid = i.indrelid"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]"
        " where c.relnamespace = 'public'::regnamespace and a.attname <> 'tenant_id'"
    ).fetchall()
    assert {table for table, _ in leading} <= {"tenant", "schema_migration"}


async def test_another_tenants_row_cannot_be_written(house: House, app: psycopg.Connection) -> None:
    ticket = await house.ticket()
    _as(app, ids.new_id())
    changed = app.execute("update ticket set priority = 'low', head_seq = 9 where id = %s", (ticket["id"],))
    assert changed.rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(
            "insert into outbox (tenant_id, stream_id, seq, kind, due_at) values (%s, %s, 9, 'x', '2026-11-21Z')",
            (house.tenant_id, ticket["id"]),
        )


@pytest.mark.parametrize("table", ["event", "seal", "seal_leaf", "attachment", "link"])
@pytest.mark.parametrize("act", ["update {} set tenant_id = tenant_id", "delete from {}", "truncate {}"])
async def test_evidence_is_never_changed(house: House, app: psycopg.Connection, table: str, act: str) -> None:
    _as(app, house.tenant_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(sql.SQL(act).format(sql.Identifier(table)))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("act", ["update vault_value set tenant_id = tenant_id", "truncate vault_value"])
async def test_a_protected_value_goes_with_its_person_and_never_changes(
    house: House, app: psycopg.Connection, act: str
) -> None:
    _as(app, house.tenant_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(act)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("table", ["ticket", "message", "stream", "staff", "tenant", "sla_clock", "customer"])
async def test_nothing_of_a_ticket_is_deleted(house: House, app: psycopg.Connection, table: str) -> None:
    _as(app, house.tenant_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))


async def test_a_ticket_changes_only_with_an_event(house: House, app: psycopg.Connection) -> None:
    ticket = await house.ticket()
    _as(app, house.tenant_id)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as caught:
        app.execute("update ticket set priority = 'low' where id = %s", (ticket["id"],))
    assert caught.value.diag.constraint_name == "ticket_needs_event"


async def test_a_head_without_its_event_does_not_commit(house: House, app: psycopg.Connection) -> None:
    ticket = await house.ticket()
    _as(app, house.tenant_id)
    app.execute("update ticket set priority = 'low', head_seq = 2 where id = %s", (ticket["id"],))
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        app.commit()
    shown = await (await house.client()).get(f"/tickets/{ticket['id']}")
    assert (shown.json()["title"], shown.json()["version"]) == (ticket["title"], 1)


async def test_the_sweep_role_sees_which_tenants_and_nothing_else(
    house: House, app: psycopg.Connection
) -> None:
    await house.ticket()
    app.rollback()
    app.execute("set local role bihuan_sweep")
    assert _count(app, "tenant") >= 1
    row = app.execute("select count(due_at) from outbox").fetchone()
    assert row is not None and row[0] >= 1
    for query in (
        "select * from outbox",
        "select * from ticket",
        "select body from event",
        "select login from staff",
    ):
        app.rollback()
        app.execute("set local role bihuan_sweep")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(query)  # pyright: ignore[reportArgumentType]
