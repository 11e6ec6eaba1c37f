"""Every statement in the tree: parsed, explained, prepared as the role that runs it, and tied to its tenant."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pglast import parse_sql
from psycopg import sql

from bihuan.core import db
from bihuan.core.db import Query
from bihuan.core.embedded import EmbeddedServer
from bihuan.tickets.visible import CONDITION
from tests.house.sources import SRC
from tests.house.statements import numbered, untied

_ACROSS = re.compile(r"^-- across tenants: \S.{10,}", re.MULTILINE)
_HEAD = re.compile(r"-- name: (\w+)!?\n(-- .+(?:\n-- .+)?\.)\n(?!--)")
#: Reads of tickets for the desk itself or for one who already sees the ticket: they take no actor.
_NO_ACTOR = {
    "ticket_of_door",
    "held_by",
    "drafts",
    "half_made",
    "words_packed",
    "rows_of",
    "tickets_by_id",
    "customer_size",
    "messages_sealed",
    "due_tickets",
    "lock_due",
    "lock_to_move",
    "tenants_waiting",
    "waited_tickets",
    "lock_waited",
    "messages",
    "messages_at",
    "words_at",
    "subject_of_ticket",
    "open_of_subject",
    "ticket_subjects",
    "tickets_of_subjects",
    "case_type_kinds",
    "closed_by_day",
    "due",
    "next_due",
    "lock_expired",
    "kept_of",
    "closed_of",
    "persons_over",
    "numbers_of",
    "tickets_of_customers",
}

GOOD = (
    "select a from ticket where tenant_id = %(tenant_id)s and (a = 1 or b = 2)",
    "select t.a from ticket t join message m on m.tenant_id = t.tenant_id where t.tenant_id = %(tenant_id)s::uuid",
    "select t.a from ticket t left join message m on m.tenant_id = %(tenant_id)s where t.tenant_id = %(tenant_id)s",
    "select name from tenant t where t.id = %(tenant_id)s",
    (
        "select 1 from ticket t where t.tenant_id = %(tenant_id)s and exists (select 1 from message m"
        " where m.tenant_id = t.tenant_id)"
    ),
    (
        "select c.n from ticket t left join lateral (select count(*) as n from message m where m.tenant_id = t.tenant_id)"
        " c on true where %(tenant_id)s = t.tenant_id"
    ),
    "insert into ticket (id, tenant_id) values (%(id)s, %(tenant_id)s)",
    "insert into ticket (tenant_id, id) select t.tenant_id, t.id from message t where t.tenant_id = %(tenant_id)s",
    "insert into ticket (tenant_id, id) values (%(tenant_id)s, 1) on conflict (tenant_id, id) do update set a = 1",
    "with gone as (delete from message where tenant_id = %(tenant_id)s returning id) select id from gone",
    "update ticket t set a = m.a from message m where t.tenant_id = %(tenant_id)s and m.tenant_id = t.tenant_id",
    "delete from ticket using gone where ticket.tenant_id = %(tenant_id)s",
    "select 1 from pg_roles",
)
BAD = (
    "select a from ticket where id = %(id)s",
    "select a from ticket where tenant_id = %(other_id)s",
    "select a from ticket where tenant_id = tenant_id",
    "select a from ticket where tenant_id <> %(tenant_id)s",
    "select a from ticket where not (tenant_id = %(tenant_id)s)",
    "select a from ticket where tenant_id = %(tenant_id)s or id = %(id)s",
    "select name from tenant where tenant_id = %(tenant_id)s",
    "select t.a from ticket t join message m on m.ticket_id = t.id where t.tenant_id = %(tenant_id)s",
    "select t.a from ticket t join message m on m.tenant_id = t.tenant_id",
    "select t.a from ticket t left join message m on t.tenant_id = m.tenant_id and t.tenant_id = %(tenant_id)s",
    "select t.a from ticket t full join message m on m.tenant_id = %(tenant_id)s where t.tenant_id = %(tenant_id)s",
    "select 1 from ticket where tenant_id = %(tenant_id)s and exists (select 1 from message m where m.id = 1)",
    "select (select max(seq) from message) from ticket where tenant_id = %(tenant_id)s",
    "select a from ticket where tenant_id = %(tenant_id)s union all select a from message",
    "insert into ticket (id) values (%(id)s)",
    "insert into ticket (tenant_id, id) values (%(id)s, %(tenant_id)s)",
    "insert into ticket (tenant_id, id) values (%(tenant_id)s, 1), (%(id)s, 2)",
    "insert into ticket (tenant_id, id) select tenant_id, id from message",
    "insert into ticket (tenant_id, id) values (%(tenant_id)s, 1) on conflict (id) do nothing",
    (
        "insert into ticket (tenant_id, id) values (%(tenant_id)s, 1) on conflict (tenant_id, id) do update"
        " set tenant_id = excluded.tenant_id"
    ),
    "with gone as (delete from message where id = 1 returning id) select id from gone",
    "update ticket set a = 1 where id = %(id)s",
    "update ticket set tenant_id = %(id)s where tenant_id = %(tenant_id)s",
    "update ticket t set a = m.a from message m where t.tenant_id = %(tenant_id)s",
    "delete from ticket",
    "truncate ticket",
)


@pytest.mark.parametrize("text", GOOD)
def test_rule_lets_tied_statements_pass(text: str) -> None:
    assert untied(text, _SAMPLE) == []


@pytest.mark.parametrize("text", BAD)
def test_rule_finds_what_is_not_tied(text: str) -> None:
    assert untied(text, _SAMPLE) != []


_SAMPLE = {"ticket": "tenant_id", "message": "tenant_id", "tenant": "id"}


def _files() -> list[Path]:
    return sorted(SRC.rglob("*queries.sql"))


def _statements() -> Iterator[tuple[Query, str]]:
    """Every statement with its comment."""
    for file in _files():
        heads = dict(_HEAD.findall(file.read_text(encoding="utf-8")))
        for query in db.Queries(file, file.parent.name):
            yield query, heads.get(query.name.rpartition(".")[2], "")


def test_every_statement_has_a_line_or_two_of_comment() -> None:
    assert len(list(_statements())) > 90
    assert [query.name for query, comment in _statements() if not comment] == []


def test_every_statement_is_tied_to_its_tenant(tenant_keys: dict[str, str]) -> None:
    found = {
        query.name: untied(query.sql, tenant_keys)
        for query, comment in _statements()
        if not _ACROSS.match(comment)
    }
    assert {name: said for name, said in found.items() if said} == {}


def test_across_tenants_is_said_only_where_it_is_so(tenant_keys: dict[str, str]) -> None:
    said = {
        query.name: untied(query.sql, tenant_keys)
        for query, comment in _statements()
        if _ACROSS.match(comment)
    }
    assert said and all(said.values()), said


def test_every_statement_is_one_statement() -> None:
    counts = {query.name: len(parse_sql(numbered(query.sql)[0])) for query, _ in _statements()}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_every_statement_runs_as_the_role_that_runs_it(server: EmbeddedServer, database: str) -> None:
    """Prepared and planned: tables, columns, types and grants are right, with no superuser's help."""
    with psycopg.connect(server.url("bihuan_app", database), autocommit=True) as connection:
        for query, comment in _statements():
            across = bool(_ACROSS.match(comment)) or query.name in ("core.ping", "core.own_role")
            with connection.transaction(force_rollback=True):
                if across:
                    connection.execute("set local role bihuan_sweep")
                _plan(connection, query)


def _plan(connection: psycopg.Connection, query: Query) -> None:
    told, names = numbered(query.sql)
    types = ", ".join(_type(name) for name in names)
    try:
        connection.execute(f"prepare one{f' ({types})' if names else ''} as {told}".encode())
        values = sql.SQL(", ").join([sql.NULL] * len(names))
        connection.execute(
            sql.SQL("explain execute one{}").format(sql.SQL("({})").format(values) if names else sql.SQL(""))
        )
    except psycopg.Error as error:
        raise AssertionError(f"{query.name}: {error}") from error
    connection.execute("deallocate one")


def _type(name: str) -> str:
    """The type psycopg sends for a parameter: what a name says, else what the statement makes of it."""
    if name == "external_id":
        return "unknown"
    if name == "id" or name.endswith("_id"):
        return "uuid"
    return "timestamptz" if name in ("at", "now", "before") or name.endswith("_at") else "unknown"


def test_reads_of_tickets_for_somebody_carry_the_condition() -> None:
    """Who may see a ticket is said in `tickets.visible` and nowhere else in other words."""
    seen: set[str] = set()
    for query in (
        q for file in _files() if file.parent.name == "tickets" for q in db.Queries(file, "tickets")
    ):
        name = query.name.rpartition(".")[2]
        if not re.search(r"\b(from|join) ticket\b", query.sql):
            continue
        asks = any(f"%({p})s" in query.sql for p in ("sees_all", "teams", "holders", "asker_ids"))
        assert asks != (name in _NO_ACTOR), f"{name} takes an actor, or stands in _NO_ACTOR, not both"
        if asks:
            seen.add(name)
            told = re.sub(r"\s+", " ", re.sub(r"%\((\w+)\)s", r":\1", query.sql).replace("t.", ""))
            assert CONDITION in told, name
    assert {"lock_ticket", "ticket", "id_of_number", "tickets_of_values"} <= seen
