"""The board: what falls due within the hour, by least time left, over what one sees and no more; cheaply."""

import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from bihuan.core import clock as core_clock
from bihuan.core import db, ids
from bihuan.core.actor import Actor
from bihuan.core.clock import Traveller
from bihuan.core.settings import Settings
from bihuan.sla import Limit
from bihuan.tickets.visible import queries, visible_to
from tests.conftest import House, figure
from tests.house.statements import numbered
from tests.tickets.doing import Json, do, in_state, read
from tests.tickets.timed import HOUR, START, calendar, policy, rule, working_hours

_CLOCKS = 100_000 if os.environ.get("BIHUAN_TEST_LONG") == "1" else 20_000


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def _board(client: httpx.AsyncClient, **query: Any) -> Json:
    answer = await client.get("/sla/board", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _rows(shown: Json) -> list[tuple[str, str, int]]:
    return [(i["ticket"]["number"], i["kind"], i["left_seconds"]) for i in shown["items"]]


async def test_by_least_time_left_and_paused_ones_are_not_on_it(house: House, time: Traveller) -> None:
    await policy(house, rule("resolution", hours=3, pauses_for=("customer",)), rule("reply", hours=2))
    client = await house.client()
    one = await house.ticket(client, "general")
    time.on(HOUR / 2)
    two = await house.ticket(client, "general")
    waiting = await in_state(house, client, "waiting")
    assert (await _board(client))["items"] == []
    time.to(START + HOUR * 5 / 4)
    shown = await _board(client)
    assert _rows(shown) == [(one["number"], "reply", 2700)]
    assert shown["counts"] == {"breached": 0, "within": 1, "capped": False}
    time.to(START + HOUR * 9 / 4)
    shown = await _board(client)
    both = {(two["number"], "reply", 900), (waiting["number"], "reply", 900)}
    assert set(_rows(shown)[:2]) == both
    assert _rows(shown)[2:] == [(one["number"], "resolution", 2700)]
    assert shown["counts"] == {"breached": 1, "within": 3, "capped": False}
    assert shown["items"][2]["ticket"]["team"] == "CS_L1"
    assert len(_rows(await _board(client, within=120))) == 4
    await do(client, await read(client, one), "reject", reason="不属于本机构业务")
    assert (await _board(client))["counts"] == {"breached": 0, "within": 2, "capped": False}


async def test_time_left_is_of_what_the_clock_counts(house: House, time: Traveller) -> None:
    await calendar(house, working_hours())
    hours = Limit(amount=8, unit="business_hour", calendar="office")
    await policy(house, rule("resolution", hours, stages=()))
    client = await house.client()
    await house.ticket(client, "general")
    # Opened at 10:00, it is due at 18:00; at 17:30 half an hour is left.
    time.to(START + HOUR * 15 / 2)
    [item] = (await _board(client))["items"]
    assert (item["left_seconds"], item["title"], item["stage"]) == (1800, "承诺", "")


async def test_of_one_team_and_of_what_one_sees(house: House, time: Traveller) -> None:
    await policy(house, rule("resolution", hours=1))
    boss, billing = await house.client(), await house.client("agent", login="li", team="BILLING")
    general = await house.ticket(boss, "general")
    own = await do(boss, await house.ticket(boss, "general"), "transfer", team="BILLING", reason="查账")
    time.on(HOUR / 2)
    assert {r[0] for r in _rows(await _board(boss))} == {general["number"], own["number"]}
    assert [r[0] for r in _rows(await _board(boss, team="BILLING"))] == [own["number"]]
    assert (await _board(boss, team="BILLING"))["counts"]["within"] == 1
    seen = await _board(billing)
    assert [r[0] for r in _rows(seen)] == [own["number"]]
    assert seen["counts"] == {"breached": 0, "within": 1, "capped": False}
    time.on(HOUR)
    assert (await _board(billing))["counts"] == {"breached": 1, "within": 0, "capped": False}
    for wrong in ({"team": "NOBODY"}, {"within": "x"}, {"within": "99999"}):
        answer = await boss.get("/sla/board", params=wrong)
        assert (answer.status_code, answer.json()["title"]) == (422, "Invalid")


_FILL = (
    """insert into event (tenant_id, stream_id, seq, body, hash, mac, mac_key)
    select %(tenant)s, gen_random_uuid(), 1, '{}', '', '', '' from generate_series(1, %(many)s)""",
    """insert into ticket (tenant_id, id, number, case_type, case_type_version, state, priority, subject_id, sealed, channel, tags,
      checklist, evidence, opened_at, changed_at, transfers, reopenings, head_seq, public_seq)
    select tenant_id, stream_id, %(mark)s || row_number() over (), 'general', 1, 'intake', 'normal', stream_id, '', 'api', '{}',
      '{}', '{}', %(now)s, %(now)s, 0, 0, 1, 1 from event where tenant_id = %(tenant)s and mac_key = ''""",
    """insert into sla_clock (tenant_id, ticket_id, kind, target_seconds, started_at, due_at)
    select t.tenant_id, t.id, k.kind, 3600, %(now)s, %(now)s + random() * interval '33 days' - interval '3 days'
    from ticket t cross join (values ('resolution'), ('first_response')) as k (kind) where t.tenant_id = %(tenant)s""",
)
_EMPTY = (
    "delete from sla_clock where tenant_id = %(tenant)s",
    "delete from ticket where tenant_id = %(tenant)s",
    "delete from event where tenant_id = %(tenant)s and mac_key = ''",
)


@contextmanager
def _filled(owner: psycopg.Connection, house: House, now: datetime) -> Generator[None]:
    """Tickets by the thousand, as bare rows: two clocks each, due over the next month, a tenth of them late."""
    params = {"tenant": house.tenant_id, "mark": house.tenant_id.hex[-6:], "now": now, "many": _CLOCKS // 2}
    with owner.transaction():
        for statement in _FILL:
            owner.execute(statement, params)
    for table in (b"ticket", b"sla_clock"):
        owner.execute(b"analyze " + table)
    yield
    with owner.transaction():
        for statement in _EMPTY:
            owner.execute(statement, params)


def _planned(settings: Settings, query: db.Query, params: dict[str, object], tenant: object) -> Json:
    """The plan of a statement as the application's role runs it, with its time."""
    told, names = numbered(query.sql)
    values = [params[name] for name in names]
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("select set_config('app.tenant', %s, true)", [str(tenant)])
        cursor = psycopg.RawCursor(connection)
        cursor.execute(f"explain (analyze, format json) {told}".encode(), values)
        row = cursor.fetchone()
    assert row is not None
    return dict(row[0][0]) if not isinstance(row[0], str) else dict(json.loads(row[0])[0])


def _indexes(plan: Json) -> set[str]:
    found = {str(plan["Index Name"])} if "Index Name" in plan else set()
    return found.union(*(_indexes(p) for p in plan.get("Plans", [])))


async def test_a_hundred_thousand_clocks(house: House, owner: psycopg.Connection, settings: Settings) -> None:
    client, agent = await house.client(), await house.client("agent", login="li", team="BILLING")
    now, took = core_clock.now(), list[float]()
    with _filled(owner, house, now):
        who = {**visible_to(_nobody(house)), "tenant_id": house.tenant_id, "team_id": None}
        soon = {"from_at": now, "until_at": now + HOUR, "most": 200}
        plan = _planned(settings, queries.board, {**who, **soon}, house.tenant_id)
        late = {"from_at": now - timedelta(days=3000), "until_at": now, "most": 1001}
        counted = _planned(settings, queries.count_due, {**who, **late}, house.tenant_id)
        for one in (client, agent):
            before = core_clock.perf()
            shown = await _board(one)
            took.append(core_clock.perf() - before)
            assert shown["counts"]["capped"] and shown["counts"]["breached"] == 1000
            lefts = [i["left_seconds"] for i in shown["items"]]
            assert lefts == sorted(lefts) and _CLOCKS // 2000 < len(lefts) <= 200
    figure(
        f"board over {_CLOCKS} clocks: {max(took) * 1000:.0f} ms; its statement {plan['Execution Time']:.1f} ms,"
        f" late ones counted to 1,000 in {counted['Execution Time']:.1f} ms"
    )
    assert "sla_clock_due" in _indexes(plan["Plan"]), plan
    assert plan["Execution Time"] < 200 and counted["Execution Time"] < 500
    assert max(took) < 2


def _nobody(house: House) -> Actor:
    return Actor(tenant_id=house.tenant_id, id=ids.new_id(), kind="staff", name="x", permissions=frozenset())
