"""Who sees a ticket: teams, whose queue a team may see, intake, tasks, and who stands in, in SQL as in Python."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import clock as core_clock
from bihuan.core import filters, ids
from bihuan.core.actor import Actor
from bihuan.core.clock import Traveller
from bihuan.core.db import Query
from bihuan.core.settings import Settings
from bihuan.sla import OpenTask, Step, Words
from bihuan.tickets import reads
from bihuan.tickets.listing import FILTERS, _list_query, _parts  # pyright: ignore[reportPrivateUsage]
from bihuan.tickets.visible import CONDITION, Place, queries, sees, visible_to
from tests.conftest import House, figure
from tests.house.statements import numbered
from tests.tickets.doing import Json, do
from tests.tickets.timed import HOUR, START, policy, rule, swept

_TASK = Step(code="late", after_seconds=0, do=(OpenTask(team="FRAUD", title=Words(zh="协查", en="Look")),))
_IDS = [ids.new_id() for _ in range(4)]
_ID = st.sampled_from(_IDS)
_SETS = st.frozensets(_ID, max_size=2)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def _sees(client: httpx.AsyncClient, ticket: Json) -> bool:
    one = (await client.get(f"/tickets/{ticket['id']}")).status_code == 200
    listed = ticket["id"] in {row["id"] for row in (await client.get("/tickets")).json()["items"]}
    counted = (await client.get("/tickets/count")).json()["count"] == len(
        (await client.get("/tickets")).json()["items"]
    )
    assert one == listed and counted
    return one


async def test_a_team_with_an_open_task_sees_the_ticket_until_it_is_done(
    house: House, time: Traveller
) -> None:
    await policy(house, rule(ladder=(_TASK,)))
    ticket = await house.ticket(case_type="general")
    theirs = await house.client("agent", login="fang", team="FRAUD")
    others = await house.client("agent", login="li", team="BILLING")
    assert not await _sees(theirs, ticket)
    time.on(11 * HOUR)
    await swept(house)
    assert await _sees(theirs, ticket) and not await _sees(others, ticket)
    [task] = (await theirs.get(f"/tickets/{ticket['id']}/tasks")).json()
    done = await theirs.post(f"/tickets/{ticket['id']}/tasks/{task['id']}/done", json={"note": "无异常"})
    assert done.status_code == 200, done.text
    assert not await _sees(theirs, ticket), "what they came for is done"


async def test_a_deputy_does_the_tasks_of_the_absent_ones_team(house: House, time: Traveller) -> None:
    await policy(house, rule(ladder=(_TASK,)))
    ticket = await house.ticket(case_type="general")
    fang = await house.client("agent", login="fang", team="FRAUD")
    li = await house.client("agent", login="li", team="BILLING")
    time.on(11 * HOUR)
    await swept(house)
    until = (core_clock.now() + HOUR).isoformat()
    span = {"deputy": "li", "from_at": core_clock.now().isoformat(), "until_at": until}
    assert (await fang.post("/deputies", json=span)).status_code == 201
    assert await _sees(li, ticket)
    [task] = (await li.get(f"/tickets/{ticket['id']}/tasks")).json()
    assert (await li.post(f"/tickets/{ticket['id']}/tasks/{task['id']}/done", json={})).status_code == 200
    last = (await (await house.client()).get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]
    assert (last["kind"], last["data"]["as_deputy"]) == ("ticket.task_done", True)


async def test_a_team_sees_the_queues_it_may_see(house: House) -> None:
    admin, boss = await house.client("admin"), await house.client()
    theirs = await house.client("agent", login="fang", team="FRAUD")
    ticket = await do(boss, await house.ticket(boss, "general"), "transfer", team="BILLING", reason="查账")
    assert not await _sees(theirs, ticket)
    teams = (await admin.put("/teams/FRAUD/sees", json={"teams": ["BILLING"]})).json()
    assert {t["code"]: t["sees"] for t in teams}["FRAUD"] == ["BILLING"]
    assert await _sees(theirs, ticket), "from the next request on"
    mine = await house.client("agent", login="li", team="BILLING")
    other = await do(boss, await house.ticket(boss, "general"), "transfer", team="FRAUD", reason="风控")
    assert not await _sees(mine, other), "it is not mutual"
    assert (await admin.put("/teams/FRAUD/sees", json={"teams": []})).status_code == 200
    assert not await _sees(theirs, ticket)
    for wrong, pointer in ((["FRAUD"], "/teams/0"), (["BILLING", "NOWHERE"], "/teams/1")):
        answer = await admin.put("/teams/FRAUD/sees", json={"teams": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await admin.put("/teams/NOWHERE/sees", json={"teams": []})).status_code == 404


async def test_what_no_team_has_is_for_those_who_may(house: House) -> None:
    place = Place(team_id=None, assignee_id=None, customer_id=None)
    with_, without = (
        _actor(permissions=frozenset(codes))
        for codes in (("ticket.read", "ticket.read_intake"), ("ticket.read",))
    )
    assert sees(with_, place) and not sees(without, place)
    shown = {r["code"]: r["permissions"] for r in (await (await house.client("admin")).get("/roles")).json()}
    assert {c for c, p in shown.items() if "ticket.read_intake" in p} == {
        "agent",
        "senior_agent",
        "lead",
        "supervisor",
    }


def _actor(**more: Any) -> Actor:
    told: dict[str, Any] = {"permissions": frozenset[str](), **more}
    return Actor(
        tenant_id=_IDS[0], id=told.pop("id", _IDS[0]), kind=told.pop("kind", "staff"), name="x", **told
    )


_ACTORS = st.builds(
    _actor,
    id=_ID,
    kind=st.sampled_from(["staff", "customer", "system"]),
    permissions=st.frozensets(st.sampled_from(["ticket.read_all", "ticket.read_intake"])),
    teams=_SETS,
    sees_teams=_SETS,
    stands_for=_SETS,
    task_teams=_SETS,
    selves=_SETS,
)
_PLACES = st.builds(
    Place,
    team_id=st.none() | _ID,
    assignee_id=st.none() | _ID,
    customer_id=st.none() | _ID,
    task_teams=_SETS,
)


@given(_ACTORS, _PLACES)
def test_python_follows_the_parameters(actor: Actor, place: Place) -> None:
    """What the statement would say of this row, by its parameters."""
    p: Any = visible_to(actor)
    said = (
        p["sees_all"]
        or place.customer_id in p["asker_ids"]
        or place.team_id in p["teams"]
        or place.assignee_id in p["holders"]
        or (p["sees_teamless"] and place.team_id is None)
        or bool(place.task_teams & set(p["task_teams"]))
    )
    assert sees(actor, place) == said


async def test_sql_says_the_same_with_tasks_and_deputies(house: House, time: Traveller) -> None:
    await policy(house, rule(ladder=(_TASK,)))
    boss, _ = await house.client(), await house.client("agent", login="li")
    made = [await house.ticket(boss, "general") for _ in range(3)]
    await do(boss, made[0], "assign", assignee="li")
    time.on(11 * HOUR)
    await swept(house)
    async with house.desk.database.work(house.tenant_id) as work:
        rows = {row.id: place for place, row in await reads.rows_of(work, [UUID(t["id"]) for t in made])}
        fraud = next(iter(next(iter(rows.values())).task_teams))
        named = Query(
            name="test.seen",
            sql=re.sub(
                r"(?<!:):(\w+)",
                r"%(\1)s",
                f"select id from ticket where tenant_id = :tenant_id and {CONDITION}",
            ),
            prepare=False,
        )
        for more in (
            {},
            {"teams": {fraud}},
            {"task_teams": {fraud}},
            {"stands_for": {house.people["li"]}},
            {"sees_teams": {fraud}},
        ):
            actor = _actor(id=ids.new_id(), **{name: frozenset(found) for name, found in more.items()})
            found = {row["id"] for row in await work.rows(named, dict[str, Any], **visible_to(actor))}
            assert found == {id_ for id_, place in rows.items() if sees(actor, place)}, more
            assert bool(found) == (more.keys() <= {"teams", "task_teams", "stands_for"} and bool(more))


_MANY = 20_000
_FILL = (
    """insert into event (tenant_id, stream_id, seq, body, hash, mac, mac_key)
    select %(tenant)s, gen_random_uuid(), 1, '{}', '', '', '' from generate_series(1, %(many)s)""",
    """insert into ticket (tenant_id, id, number, case_type, case_type_version, state, priority, channel, subject_id, sealed,
      tags, checklist, evidence, opened_at, changed_at, transfers, reopenings, head_seq, public_seq, team_id)
    select tenant_id, stream_id, %(mark)s || row_number() over (), 'general', 1, 'intake', 'normal', 'api', stream_id, '',
      '{}', '{}', '{}', %(now)s, %(now)s, 0, 0, 1, 1, (%(teams)s::uuid[])[1 + row_number() over () %% 4]
    from event where tenant_id = %(tenant)s and mac_key = ''""",
    """insert into task (tenant_id, id, ticket_id, team_id, title_zh, title_en, cause, opened_at, done_at)
    select tenant_id, gen_random_uuid(), id, (%(teams)s::uuid[])[4], 'x', 'x', 'x', %(now)s,
      case when row_number() over () %% 50 = 0 then null else %(now)s::timestamptz end
    from ticket where tenant_id = %(tenant)s and team_id = (%(teams)s::uuid[])[1]""",
    "analyze ticket, task",
)
_EMPTY = (
    "delete from task where tenant_id = %(tenant)s",
    "delete from ticket where tenant_id = %(tenant)s",
    "delete from event where tenant_id = %(tenant)s and mac_key = ''",
)


async def test_plans_at_twenty_thousand_tickets(
    house: House, owner: psycopg.Connection, settings: Settings
) -> None:
    """As the application's role: one ticket by its key, a page in the order of its index, tasks once by theirs."""
    teams = [ids.new_id() for _ in range(4)]
    params = {
        "tenant": house.tenant_id, "mark": house.tenant_id.hex[-6:], "now": core_clock.now(), "many": _MANY, "teams": teams,
    }  # fmt: skip
    actor = _actor(
        teams=frozenset({teams[3]}), task_teams=frozenset({teams[3]}), stands_for=frozenset({_IDS[1]})
    )
    who = {**visible_to(actor), "tenant_id": house.tenant_id}
    page = _list_query(filters.parse("", FILTERS), "-id", "", part=_parts("-id", {})[0])
    with owner.transaction():
        for statement in _FILL:
            owner.execute(statement, params)
    try:
        some = owner.execute(
            "select id from ticket where tenant_id = %s limit 1", (house.tenant_id,)
        ).fetchone()
        assert some is not None
        one = _planned(settings, queries.ticket.sql, {**who, "id": some[0]}, house.tenant_id)
        many = _planned(settings, page.sql, {**who, "now": core_clock.now(), "limit": 51}, house.tenant_id)
    finally:
        with owner.transaction():
            for statement in _EMPTY:
                owner.execute(statement, params)
    used = _indexes(many["Plan"])
    figure(
        f"visibility over {_MANY} tickets: one {one['Execution Time']:.2f} ms, a page of 50 {many['Execution Time']:.1f} ms"
    )
    assert "ticket_pkey" in _indexes(one["Plan"]) and "ticket_pkey" in used, used
    assert used & {"task_open", "task_team"}, used
    assert one["Execution Time"] < 20 and many["Execution Time"] < 100


def _planned(settings: Settings, statement: str, params: dict[str, Any], tenant: object) -> Json:
    told, names = numbered(statement)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("select set_config('app.tenant', %s, true)", [str(tenant)])
        cursor = psycopg.RawCursor(connection)
        cursor.execute(f"explain (analyze, format json) {told}".encode(), [params[n] for n in names])
        row = cursor.fetchone()
    assert row is not None
    return dict(row[0][0])


def _indexes(plan: Json) -> set[str]:
    found = {str(plan["Index Name"])} if "Index Name" in plan else set[str]()
    return found.union(*(_indexes(p) for p in plan.get("Plans", [])))
