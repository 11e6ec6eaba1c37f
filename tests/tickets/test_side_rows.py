"""Clocks, former runs, requests and tasks: an edit of any business column behind the desk's back is named, nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
import psycopg
import pytest

from bihuan import evidence, tickets
from bihuan.core import clock as core_clock
from bihuan.core import ids
from bihuan.core.clock import Traveller
from bihuan.evidence import Finding
from bihuan.sla import Limit, OpenTask, Stage, Step, Words
from tests.conftest import House, figure
from tests.tickets.doing import Json
from tests.tickets.timed import HOUR, START, policy, rule, swept, words

TABLES = ("sla_clock", "sla_clock_past", "sla_extension", "task")
#: The sweep's own marks, as ADR 0019 says.
_MARKS = {("sla_clock", "next_at"), ("sla_clock", "followed")}
#: Where a constraint leaves few choices.
_OTHER = {
    "unit": "case unit when 'hour' then 'minute' else 'hour' end",
    "last_day": "case last_day when 'strict' then 'next_working_day' else 'strict' end",
    "state": "case state when 'granted' then 'refused' else 'granted' end",
    "kind": "kind || 'x'",
}
_BY_TYPE = {
    "text": "coalesce({0}, '') || 'x'",
    "uuid": "'00000000-0000-4000-8000-000000000000'::uuid",
    "boolean": "not {0}",
    "timestamp with time zone": "coalesce({0}, '2026-01-01Z') + interval '1 microsecond'",
    "integer": "{0} + 1",
    "smallint": "{0} + 1",
    "bigint": "{0} + 1",
}
_STAGES = (Stage(code="complex", limit=Limit(amount=20, unit="hour"), when=words("情况复杂")),)
_LATE = (
    Step(code="late", after_seconds=0, do=(OpenTask(team="DISPUTE", title=Words(zh="查账", en="Books")),)),
)


@pytest.fixture
def time() -> Iterator[Traveller]:
    with core_clock.travel(START) as traveller:
        yield traveller


@pytest.fixture
async def ticket(house: House, time: Traveller) -> Json:
    """A ticket with a clock that began anew, a longer limit granted, and a task done."""
    await policy(
        house, rule(stages=_STAGES, restarts_on=("new_facts",), ladder=_LATE), rule("first_response", hours=2)
    )
    boss, asker = await house.client(), await house.client("agent", team="CS_L1")
    opened = await house.ticket(boss, "general")
    url = f"/tickets/{opened['id']}"
    time.on(HOUR)
    await _done(boss, f"{url}/new-facts", {"reason": "新的事实", "version": opened["version"]})
    wish = {"stage": "complex", "reason": "须调单核实", "notice": "我们最迟明日答复您。"}
    asked = await asker.post(f"{url}/clocks/resolution/extensions", json=wish)
    assert asked.status_code == 201, asked.text
    (stage,) = next(c for c in asked.json()["clocks"] if c["kind"] == "resolution")["stages"]
    version = (await boss.get(url)).json()["version"]
    await _done(boss, f"{url}/extensions/{stage['extension']['id']}/grant", {"version": version})
    time.on(30 * HOUR)
    assert await swept(house) > 0
    (task,) = (await boss.get(f"{url}/tasks")).json()
    await _done(boss, f"{url}/tasks/{task['id']}/done", {"note": "账务无误"})
    await evidence.seal_tenant(house.desk.database, house.desk.ring, house.tenant_id)
    return opened


async def _done(client: httpx.AsyncClient, url: str, body: Json) -> None:
    answer = await client.post(url, json=body)
    assert answer.status_code == 200, answer.text


def found(house: House, ticket: Json | None = None) -> list[Finding]:
    run = evidence.verify(
        house.desk.settings.database_url,
        house.desk.ring,
        house.tenant_id,
        roots_log=None,
        stream_id=UUID(ticket["id"]) if ticket else None,
        rows=(tickets.ROW_CHECK,),
        payloads=tickets.PAYLOAD_CHECKS,
        latest=tickets.LATEST_CHECKS,
    )
    return list(run.findings)


@contextmanager
def kept(owner: psycopg.Connection, table: str, ticket: Json) -> Iterator[None]:
    """The rows as they are, put back at the end."""
    at = {"t": ticket["id"]}
    owner.execute(f"create temp table kept as select * from {table} where ticket_id = %(t)s".encode(), at)
    try:
        yield
    finally:
        owner.execute(f"delete from {table} where ticket_id = %(t)s".encode(), at)
        owner.execute(f"insert into {table} select * from kept".encode())
        owner.execute("drop table kept")


def _columns(owner: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    rows = owner.execute(
        "select column_name, data_type from information_schema.columns where table_name = %s and table_schema = 'public'",
        (table,),
    ).fetchall()
    return [
        (name, kind)
        for name, kind in rows
        if name not in ("tenant_id", "ticket_id") and (table, name) not in _MARKS
    ]


async def test_every_column_edited_is_named(house: House, ticket: Json, owner: psycopg.Connection) -> None:
    assert found(house) == []
    stream, wrong, count = f"ticket:{ticket['id']}", list[str](), 0
    for table in TABLES:
        for name, kind in _columns(owner, table):
            value = _OTHER.get(name, _BY_TYPE.get(kind, "")).format(name)
            with kept(owner, table, ticket):
                edit = f"update {table} set {name} = {value} where ticket_id = %s"
                owner.execute(edit.encode(), (ticket["id"],))
                # All streams, and this one alone, in turn.
                named = found(house, ticket if count % 2 else None)
            if {f.stream for f in named} != {stream}:
                wrong.append(f"{table}.{name}: {[str(f) for f in named]}")
            count += 1
    assert wrong == []
    figure(f"rows beside the chain: {count} columns edited, {len(wrong)} not named")
    assert count > 35
    assert found(house) == []


@pytest.mark.parametrize("table", ["sla_extension", "task", "sla_clock_past"])
async def test_a_row_moved_to_another_ticket_is_named_on_both(
    house: House, ticket: Json, owner: psycopg.Connection, table: str
) -> None:
    other = await house.ticket(await house.client(), "general")
    with kept(owner, table, ticket):
        move = f"update {table} set ticket_id = %s where ticket_id = %s"
        owner.execute(move.encode(), (other["id"], ticket["id"]))
        assert {f.stream for f in found(house)} == {f"ticket:{ticket['id']}", f"ticket:{other['id']}"}
        owner.execute(f"delete from {table} where ticket_id = %s".encode(), (other["id"],))
    assert found(house) == []


@pytest.mark.parametrize("table", TABLES)
async def test_a_row_taken_out_or_put_in_is_named(
    house: House, ticket: Json, owner: psycopg.Connection, table: str
) -> None:
    at = {"t": ticket["id"], "new": ids.new_id()}
    with kept(owner, table, ticket):
        owner.execute(f"delete from {table} where ticket_id = %(t)s".encode(), at)
        assert {f.kind for f in found(house)} == {"missing"}
    key = {"sla_clock": "kind = kind || '2'", "sla_clock_past": "run = run + 7"}.get(table, "id = %(new)s")
    with kept(owner, table, ticket):
        owner.execute(
            f"create temp table more as select * from {table} where ticket_id = %(t)s limit 1".encode(), at
        )
        owner.execute(f"update more set {key}".encode(), at)
        if table == "sla_extension":
            owner.execute("update more set state = 'refused'")
        owner.execute(f"insert into {table} select * from more".encode())
        owner.execute("drop table more")
        assert [f.kind for f in found(house)] == ["inserted"] == [f.kind for f in found(house, ticket)]
    assert found(house) == []


async def test_what_an_event_said_is_named_by_its_number(
    house: House, ticket: Json, owner: psycopg.Connection
) -> None:
    at = {"t": ticket["id"]}
    with kept(owner, "sla_extension", ticket):
        owner.execute(
            b"update sla_extension set asked_at = asked_at - interval '1 day' where ticket_id = %(t)s", at
        )
        (finding,) = found(house)
    async with house.desk.database.work(house.tenant_id) as work:
        told = await evidence.events(work, UUID(ticket["id"]))
    granted = next(event.seq for event in told if event.kind == "ticket.extension_granted")
    assert (finding.seq, finding.kind) == (granted, "edited")


async def test_the_sweeps_own_marks_are_no_evidence(
    house: House, ticket: Json, owner: psycopg.Connection
) -> None:
    with kept(owner, "sla_clock", ticket):
        owner.execute(
            "update sla_clock set next_at = null, followed = '{}' where ticket_id = %s", (ticket["id"],)
        )
        assert found(house) == []
