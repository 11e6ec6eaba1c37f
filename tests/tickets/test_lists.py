"""Lists: filtered, as a sentence, in every order page by page without loss, counted, and kept as views."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bihuan.core import clock
from tests.conftest import House, found
from tests.tickets.doing import Json, do

_SORTS = ("-id", "id", "due", "-changed", "changed")
_START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


class Full:
    """A house with 30 tickets of several kinds, and who reads them."""

    def __init__(self, house: House, client: httpx.AsyncClient, tickets: list[Json]) -> None:
        self.house, self.client, self.tickets = house, client, tickets


@pytest.fixture(scope="module")
async def full(desk: Any, http: Any) -> AsyncIterator[Full]:
    """Thirty tickets, a minute apart, in groups of three that were opened at the same moment."""
    house = await found(desk, http)
    client = await house.client()
    tickets: list[Json] = []
    with clock.travel(_START) as traveller:
        for number in range(30):
            priority = ("urgent", "normal", "low")[number % 3]
            tickets.append(await house.ticket(client, "general", title=f"第 {number} 张", priority=priority))
            if number % 3 == 2:
                traveller.on(timedelta(minutes=1))
        for ticket in tickets[::4]:
            await do(client, ticket, "claim")
    yield Full(house, client, tickets)


async def _page(client: httpx.AsyncClient, **query: Any) -> Json:
    answer = await client.get("/tickets", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _all(client: httpx.AsyncClient, **query: Any) -> list[Json]:
    rows, after = list[Json](), ""
    for _ in range(100):
        page = await _page(client, **query, **({"after": after} if after else {}))
        rows += page["items"]
        if page["next"] is None:
            return rows
        after = page["next"]
    raise AssertionError("the pages do not end")


def _filter(tree: object) -> str:
    return json.dumps(tree)


@pytest.mark.parametrize("sort", _SORTS)
@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_every_order_gives_each_once(full: Full, sort: str, limit: int) -> None:
    rows = await _all(full.client, sort=sort, limit=limit)
    assert [r["id"] for r in rows] == [r["id"] for r in await _all(full.client, sort=sort, limit=100)]
    assert {r["id"] for r in rows} == {t["id"] for t in full.tickets}
    assert len(rows) == len(full.tickets)
    keys = {"-id": "id", "id": "id", "due": "due_at", "-changed": "changed_at", "changed": "changed_at"}
    values = [r[keys[sort]] for r in rows]
    assert values == sorted(values, reverse=sort.startswith("-"))


@pytest.mark.parametrize("sort", _SORTS)
async def test_pages_hold_while_new_ones_arrive(house: House, sort: str) -> None:
    client = await house.client()
    before = [await house.ticket(client, "general", priority="low") for _ in range(9)]
    rows, after = list[Json](), ""
    while True:
        page = await _page(client, sort=sort, limit=2, **({"after": after} if after else {}))
        rows += page["items"]
        if page["next"] is None or len(rows) > 100:
            break
        after = page["next"]
        if len(rows) < 12:
            await house.ticket(client, "general", priority="urgent")
    ids = [r["id"] for r in rows]
    assert len(ids) == len(set(ids))
    assert {t["id"] for t in before} <= set(ids)


async def test_a_cursor_is_of_its_order_and_not_made_up(full: Full) -> None:
    after = (await _page(full.client, sort="due", limit=2))["next"]
    for query in (
        {"sort": "id", "after": after},
        {"after": "x"}, {"after": "e30"}, {"after": "é"}, {"after": "WyItaWQiLDEsMl0"}, {"after": "W" * 300},
        {"sort": "title"}, {"sort": "id; drop table ticket"},
        {"limit": "101"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "9" * 30}, {"limit": "١"},
    ):  # fmt: skip
        answer = await full.client.get("/tickets", params=query)
        assert (answer.status_code, answer.json()["title"]) == (422, "Invalid"), (query, answer.text)


async def _titles(full: Full, tree: object) -> list[int]:
    rows = await _all(full.client, filter=_filter(tree), sort="id")
    return [int(r["title"].split()[1]) for r in rows]


async def test_each_field_filters(full: Full) -> None:
    tickets = full.tickets
    staff = {s["login"]: s["id"] for s in (await full.client.get("/staff")).json()}
    teams = {t["code"]: t["id"] for t in (await full.client.get("/teams")).json()}
    everything, claimed = list(range(30)), list(range(0, 30, 4))
    wanted: list[tuple[object, list[int]]] = [
        ({"field": "priority", "is": "urgent"}, everything[::3]),
        ({"field": "priority", "in": ["urgent", "low"]}, [n for n in everything if n % 3 != 1]),
        ({"field": "state", "is": "intake"}, everything),
        ({"field": "state", "not": "intake"}, []),
        ({"field": "assignee", "is": staff["supervisor"]}, claimed),
        ({"field": "assignee", "set": False}, [n for n in everything if n % 4]),
        ({"field": "team", "is": teams["CS_L1"]}, everything),
        ({"field": "team", "in": [teams["BILLING"]]}, []),
        ({"field": "number", "is": tickets[5]["number"]}, [5]),
        ({"field": "case_type", "is": "general"}, everything),
        ({"field": "channel", "is": "api"}, everything),
        ({"field": "opened_at", "before": "2026-11-21T02:01:00Z"}, [0, 1, 2]),
        ({"field": "opened_at", "after": "2026-11-21T10:08:30+08:00"}, [27, 28, 29]),
        ({"field": "due_at", "before": "2026-11-21T04:00:30Z"}, [0]),
        ({"field": "transfers", "above": 0}, []),
        ({"field": "reopenings", "below": 1}, everything),
        ({"field": "reopenings", "in": [0, 10**30]}, everything),
        ({"field": "transfers", "is": -(10**18)}, []),
        ({"field": "customer", "set": True}, everything),
        ({"not": {"field": "priority", "is": "urgent"}}, [n for n in everything if n % 3]),
        ({"all": [{"field": "priority", "is": "urgent"}, {"field": "assignee", "set": True}]}, [0, 12, 24]),
        ({"any": [{"field": "number", "is": tickets[1]["number"]}, {"field": "number", "is": tickets[2]["number"]}]}, [1, 2]),
    ]  # fmt: skip
    for tree, numbers in wanted:
        assert await _titles(full, tree) == numbers, tree
        count = (await full.client.get("/tickets/count", params={"filter": _filter(tree)})).json()
        assert (count["count"], count["capped"]) == (len(numbers), False), tree


async def test_the_filter_is_a_sentence_in_the_readers_language(full: Full) -> None:
    tree = _filter(
        {"all": [{"field": "state", "in": ["intake", "waiting"]}, {"field": "assignee", "set": False}]}
    )
    zh = await full.client.get("/tickets", params={"filter": tree})
    en = await full.client.get("/tickets", params={"filter": tree}, headers={"accept-language": "en-GB"})
    assert zh.json()["sentence"] == "状态是受理、等待中之一 且 没有受理人"
    assert en.json()["sentence"] == "state is one of Intake, Waiting and assignee is not set"
    assert (await full.client.get("/tickets/count")).json()["sentence"] == "全部"


async def test_people_and_teams_have_their_names_in_the_sentence(full: Full) -> None:
    me = (await full.client.get("/session")).json()
    team = me["teams"][0]
    tree = _filter({"all": [{"field": "assignee", "is": me["id"]}, {"field": "team", "is": team}]})
    teams = {row["id"]: row for row in (await full.client.get("/teams")).json()}
    said = (await full.client.get("/tickets/count", params={"filter": tree})).json()["sentence"]
    assert said == f"受理人是{me['name']} 且 团队是{teams[team]['name_zh']}"


@pytest.mark.parametrize(
    "raw",
    ["{", "[]", "1", '"x"', '{"field": "secret", "is": 1}', '{"field": "state", "is": ["intake"]}', '{"all": []}',
     '{"field": "number", "is": "a\\u0000b"}', '{"field": "number", "is": "\\ud800"}', "[" * 5000,
     '{"field": "opened_at", "before": "2026-11-21"}', '{"field": "transfers", "is": 1e999}',
     '{"field": "transfers", "is": 1' + "0" * 4500 + "}"],
)  # fmt: skip
async def test_a_wrong_filter_is_refused_by_list_count_and_view(full: Full, raw: str) -> None:
    for path in ("/tickets", "/tickets/count"):
        answer = await full.client.get(path, params={"filter": raw})
        assert (answer.status_code, answer.json()["title"]) == (422, "Invalid"), answer.text
        assert all(e["pointer"].startswith("/filter") for e in answer.json()["errors"])
    body = f'{{"name": "x", "filter": {raw}}}'
    answer = await full.client.post("/views", content=body.encode())
    assert answer.status_code in (400, 422), answer.text


async def test_only_what_one_may_see_is_listed_and_counted(house: House) -> None:
    client = await house.client()
    own = await house.client("agent", login="cs", team="CS_L1")
    stranger = await house.client("agent", login="fraud", team="FRAUD")
    tickets = [await house.ticket(client, "general") for _ in range(3)]
    assert len(await _all(own)) == 3
    assert await _all(stranger) == []
    assert (await stranger.get("/tickets/count")).json()["count"] == 0
    assert (await stranger.get(f"/tickets/{tickets[0]['id']}")).status_code == 404
    await do(client, await do(client, tickets[0], "claim"), "assign", assignee="fraud")
    assert [r["id"] for r in await _all(stranger)] == [tickets[0]["id"]], "one's own, whatever its team"


async def test_views_are_ones_own_or_shared(house: House) -> None:
    mine, theirs = await house.client(), await house.client("agent")
    tree = {"field": "priority", "is": "urgent"}
    saved = (await mine.post("/views", json={"name": "紧急", "filter": tree, "sort": "due"})).json()
    assert (saved["filter"], saved["sort"], saved["shared"]) == (tree, "due", False)
    assert (await theirs.get("/views")).json() == []
    again = (await mine.post("/views", json={"name": "紧急", "filter": {}, "shared": True})).json()
    assert (again["id"], again["sort"]) == (saved["id"], "-id"), "the same name again changes it"
    assert [v["name"] for v in (await theirs.get("/views")).json()] == ["紧急"]
    refused = await theirs.post("/views", json={"name": "共享", "filter": {}, "shared": True})
    assert (refused.status_code, refused.json()["title"]) == (403, "NotAllowed")
    assert (await theirs.delete(f"/views/{saved['id']}")).status_code == 404
    for body, pointer in (
        ({"name": "", "filter": {}}, "/name"),
        ({"name": "x", "filter": {}, "sort": "no"}, "/sort"),
        ({"name": "x", "filter": {"field": "number", "is": "6222020200112230"}}, "/filter"),
    ):
        wrong = await mine.post("/views", json=body)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await mine.delete(f"/views/{saved['id']}")).status_code == 204
    assert (await mine.get("/views")).json() == []
