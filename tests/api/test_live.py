"""Live updates: who may see a change is told it at once, nobody else, at the cost of one reading for all."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from bihuan import app, channels, identity, tickets
from bihuan.api import web
from bihuan.casetypes import read_packs, store
from bihuan.channels.contract import Inbound
from bihuan.core import clock, db, ids, outbox
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Query
from bihuan.evidence import Recorded
from bihuan.tickets import reads
from bihuan.tickets.live import places_before
from bihuan.tickets.live_routes import ChangedTickets
from bihuan.tickets.live_stream import Again, Audience, Stream, event
from bihuan.tickets.model import TicketRow
from bihuan.tickets.visible import CONDITION, Place, sees, visible_to
from tests.api.streams import listening
from tests.conftest import ROOT, House, figure


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every statement sent at the connection."""
    sent: list[str] = []

    def told(statement: str, _params: Mapping[str, object]) -> None:
        sent.append(statement)

    monkeypatch.setattr(db, "on_statement", told)
    yield sent


async def _tag(client: httpx.AsyncClient, ticket: dict[str, Any], *tags: str) -> dict[str, Any]:
    answer = await client.post(
        f"/tickets/{ticket['id']}/tag", json={"version": ticket["version"], "add": list(tags)}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_change_by_one_is_seen_by_the_other(house: House) -> None:
    ann, ben = await house.client(login="ann"), await house.client(login="ben")
    async with listening(ann) as hers, listening(ben) as his:
        assert hers.status == 200 and hers.headers["content-type"].startswith("text/event-stream")
        assert hers.headers["cache-control"] == "no-store" and "content-length" not in hers.headers
        assert UUID(hers.heard[0][1]["stream"]) != UUID(his.heard[0][1]["stream"])
        ticket = await house.ticket(ann, "general")
        ticket = await _tag(ann, ticket, "vip")
        for one in (hers, his):
            await one.until(lambda one=one: one.rows.get(ticket["id"], {}).get("tags") == ["vip"])
        listed = (await ben.get("/tickets")).json()["items"]
        assert his.rows[ticket["id"]] == next(row for row in listed if row["id"] == ticket["id"])


async def test_what_one_does_not_see_is_never_told(house: House) -> None:
    """A ticket of another team is not told; one that goes there is gone, and only for those who saw it."""
    chief = await house.client()
    inside = await house.client("agent", login="inside", team="DISPUTE")
    outside = await house.client("agent", login="outside", team="FRAUD")
    ticket = await house.ticket(chief)
    other = await house.ticket(chief, "general")
    async with listening(inside) as sees_it, listening(outside) as does_not:
        ticket = await _tag(chief, ticket, "first")
        await sees_it.until(lambda: ticket["id"] in sees_it.rows)
        moved = await chief.post(
            f"/tickets/{ticket['id']}/transfer",
            json={"version": ticket["version"], "team": "CARD_OPS", "reason": "转办"},
        )
        assert moved.status_code == 200, moved.text
        await sees_it.until(lambda: ticket["id"] in sees_it.gone)
        # `general` is nobody's team's or another's: a change that both or neither see ends the wait for certain.
        back = await chief.post(
            f"/tickets/{other['id']}/transfer",
            json={"version": other["version"], "team": "FRAUD", "reason": "转办"},
        )
        assert back.status_code == 200, back.text
        await does_not.until(lambda: other["id"] in does_not.rows)
        assert ticket["id"] not in {*does_not.rows, *does_not.gone}
        assert ticket["id"] not in str(does_not.heard)


async def test_python_says_what_sql_says(house: House) -> None:
    """`sees` equals the condition on every kind of row, for every kind of asker."""
    rows = await _rows_of_every_kind(house)
    people = [*house.people.values(), ids.new_id()]
    teams = sorted({p.team_id for p in rows.values() if p.team_id})
    customers = sorted({p.customer_id for p in rows.values() if p.customer_id})
    ask = f"select id from ticket where tenant_id = :tenant_id and {CONDITION}"
    named = Query(name="test.seen", sql=_percent(ask), prepare=False)
    count = 0
    for kind, all_, some, who in product(
        ("staff", "system", "customer"), (False, True), _subsets(teams), [*people, *customers]
    ):
        permissions = frozenset({"ticket.read_all"}) if all_ else frozenset[str]()
        actor = Actor(
            tenant_id=house.tenant_id, id=who, kind=kind, name="x", permissions=permissions, teams=some
        )
        async with house.desk.database.work(house.tenant_id) as work:
            found = {row["id"] for row in await work.rows(named, dict[str, Any], **visible_to(actor))}
        assert found == {id_ for id_, place in rows.items() if sees(actor, place)}, actor
        count += 1
    assert count > 100
    assert (
        {p.team_id is None for p in rows.values()}
        == {p.assignee_id is None for p in rows.values()}
        == {True, False}
    )


def _subsets(teams: list[UUID]) -> list[frozenset[UUID]]:
    return [frozenset(), frozenset(teams[:1]), frozenset(teams[1:]), frozenset(teams)]


def _percent(statement: str) -> str:
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", statement)


async def _rows_of_every_kind(house: House) -> dict[UUID, Place]:
    """Tickets with and without team, holder and customer."""
    chief = await house.client()
    ann = await house.client("agent", login="ann")
    made = [await house.ticket(chief), *[await house.ticket(chief, "general") for _ in range(2)]]
    made.append(await house.ticket(chief, customer={"name": "王五", "mobiles": ["13900139001"]}))
    for client, ticket in ((ann, made[0]), (chief, made[2])):
        body = {"version": ticket["version"]}
        assert (await client.post(f"/tickets/{ticket['id']}/claim", json=body)).status_code == 200
    general = next(
        r.case_type for r in read_packs(ROOT / "packs") if r.case_type and r.case_type.code == "general"
    )
    nowhere = msgspec.structs.replace(general, department="NOWHERE")
    async with house.desk.database.work(house.tenant_id) as work:
        await store.load(work, desk_actor(house.tenant_id), [nowhere], "own")
    made += [await house.ticket(chief, "general"), await house.accepted(ann)]
    door = Inbound(channel="email", external_id="m", title="无客户", body="正文", source="test")
    taken = await channels.accept(house.desk, desk_actor(house.tenant_id), door)
    async with house.desk.database.work(house.tenant_id) as work:
        shown = await reads.rows_of(work, [*(UUID(t["id"]) for t in made), taken.ticket_id])
    return {row.id: place for place, row in shown}


async def test_one_reading_whoever_watches(house: House, statements: list[str]) -> None:
    """2,000 streams in one process cost the database what one costs."""
    ticket = await house.ticket(await house.client(), "general")
    counts: list[int] = []
    for watching in (1, 2000):
        hub = tickets.live.Hub(house.desk)
        streams = [hub.open(_EVERYBODY, _somebody(house), ids.new_id()) for _ in range(watching)]
        for stream in streams:
            assert b"event: hello" in await stream.next()
        await _touched(house, ticket, streams)  # with it the first look at rights and position is over
        statements.clear()
        told = await _touched(house, ticket, streams)
        own = ["begin", f"set local app.tenant = '{house.tenant_id}'", "commit"]
        assert statements[:3] == own, "the toucher's"
        counts.append(len(statements) - 3)
        assert all(ticket["id"].encode() in text for text in told)
        assert len(set(told)) == 1, "and one text for all"
        assert not any(" limit " in s and "from ticket t" in s for s in statements), "the list is not read"
        for stream in streams:
            stream.close()
        assert hub.streams == 0
    assert counts[0] == counts[1] <= 8, counts
    figure(f"live updates: a change costs {counts[0]} statements with 1 stream, {counts[1]} with 2,000")


async def _touched(house: House, ticket: dict[str, Any], streams: list[Stream]) -> list[bytes]:
    async with house.desk.database.work(house.tenant_id) as work:
        work.touch(f"ticket:{house.tenant_id}/{ticket['id']}")
    async with asyncio.timeout(20):
        return await asyncio.gather(*(s.next() for s in streams))


async def _all_stay(
    _work: db.Work, askers: Mapping[UUID, Actor], *, idle_minutes: int
) -> Mapping[UUID, Actor]:
    assert idle_minutes
    return askers


def _tell(rows: Sequence[TicketRow], gone: Sequence[UUID]) -> bytes:
    return event("tickets", ChangedTickets(rows=rows, gone=gone))


_EVERYBODY = Audience(recheck=_all_stay, rows=_tell)


def _somebody(house: House) -> Actor:
    return Actor(
        tenant_id=house.tenant_id, id=ids.new_id(), kind="staff", name="x", permissions=frozenset({"ticket.read_all"})
    )  # fmt: skip


async def test_a_slow_listener_is_told_to_read_again(house: House) -> None:
    """What waits for it is bounded; after that one event says it all, and then it goes on."""
    closed: list[Stream] = []
    stream = Stream(_EVERYBODY, _somebody(house), ids.new_id(), closed.append)
    await stream.next()
    piece = b"x" * 10_000
    for _ in range(1000):
        stream.tell(piece, else_within_ms=1234)
    assert await stream.next() == event("again", Again(within_ms=1234))
    stream.tell(piece, else_within_ms=1234)
    assert await stream.next() == piece
    for _ in range(26):
        stream.tell(piece, else_within_ms=1234)
    assert await stream.next() == piece * 26
    stream.close()
    assert await stream.next() == b"" and closed == [stream]


async def test_more_than_can_be_told(house: House) -> None:
    """An import of thousands does not become thousands of rows for everybody."""
    async with listening(await house.client()) as one:
        async with house.desk.database.work(house.tenant_id) as work:
            for _ in range(501):
                work.touch(f"ticket:{house.tenant_id}/{ids.new_id()}")
        assert (await one.told("again"))["within_ms"] >= 1000


async def test_so_many_streams_and_no_more(house: House) -> None:
    client, most = await house.client(), house.desk.settings.live_streams
    streams = [tickets.live.hub(house.desk)]
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(listening(client)) for _ in range(most)]
        async with listening(client) as refused:
            assert refused.status == 429 and b"TooManyStreams" in refused.raw
        async with listening(await house.client(login="other")) as other:
            assert other.status == 200
        await opened[0].leave()
        async with listening(client) as again:
            assert again.status == 200
    assert streams[0].streams == 0


async def test_it_ends_with_the_session(house: House) -> None:
    """Signed out, revoked, left, without the right: each ends the stream, and others go on."""
    chief = await house.client("admin", login="chief")
    browser, other = await _signed_in(house, "li"), await _signed_in(house, "wu")
    async with listening(other) as stays:
        async with listening(browser) as ends:
            session = (await browser.get("/session")).json()
            assert (
                await browser.delete("/session", headers={"x-csrf-token": session["csrf_token"]})
            ).status_code == 204
            await ends.until(lambda: ends.ended)
        token = await house.client("agent", login="zhao")
        async with listening(token) as ends:
            own = (await token.get("/tokens")).json()[0]["id"]
            assert (await token.delete(f"/tokens/{own}")).status_code == 204
            await ends.until(lambda: ends.ended)
        async with listening(await house.client("agent", login="sun")) as ends:
            url = f"/staff/{house.people['sun']}/rights"
            assert (await chief.put(url, json={"roles": [], "teams": []})).status_code == 204
            await ends.until(lambda: ends.ended)
        async with listening(await house.client("agent", login="qian")) as ends:
            assert (await chief.post(f"/staff/{house.people['qian']}/leave", json={})).status_code == 204
            await ends.until(lambda: ends.ended)
        await stays.told("people")
        ticket = await house.ticket(await house.client(), "general")
        await stays.until(lambda: ticket["id"] in stays.rows)
        assert not stays.ended


async def _signed_in(house: House, login: str) -> httpx.AsyncClient:
    await house.token("agent", login=login, password="long enough 1", team="CS_L1")
    browser = house.anonymous()
    body = {"tenant": house.code, "login": login, "password": "long enough 1"}
    assert (await browser.post("/session", json=body)).status_code == 201
    return browser


async def test_an_open_stream_keeps_nobody_signed_in(house: House) -> None:
    """The look at a session is no use of it; one unused too long ends, and its stream with it."""
    browser = await _signed_in(house, "li")
    async with listening(browser) as one, house.desk.database.work(house.tenant_id) as work:
        permissions = frozenset({"ticket.read"})
        actor = Actor(
            tenant_id=house.tenant_id, id=house.people["li"], kind="staff", name="Li", permissions=permissions, via="session"
        )  # fmt: skip
        credential = UUID((await browser.get("/sessions")).json()[0]["id"])
        later = clock.now() + timedelta(minutes=house.desk.settings.session_idle_minutes + 1)
        stay = await identity.who_stays(work, {credential: actor}, idle_minutes=60)
        assert stay[credential].permissions > permissions and stay[credential].teams and not one.ended
        with clock.travel(later):
            assert await identity.who_stays(work, {credential: actor}, idle_minutes=60) == {}


async def test_case_types_and_people(house: House) -> None:
    chief = await house.client("admin", login="chief")
    async with listening(await house.client()) as one:
        assert (
            await chief.post("/teams", json={"code": "NEW", "name_zh": "新", "name_en": "New"})
        ).status_code == 201
        assert await one.told("people") == {}
        packs = [r.case_type for r in read_packs(ROOT / "packs") if r.case_type]
        async with house.desk.database.work(house.tenant_id) as work:
            assert await store.load(work, desk_actor(house.tenant_id), packs, "own")
        assert await one.told("case_types") == {}


async def test_every_door_and_job_tells(house: House) -> None:
    """Not only what came by HTTP: an import, and what the worker does by itself."""
    chief = await house.client("admin", login="chief")
    agent = await house.client("agent", login="zhou", team="CS_L1")
    ticket = await house.accepted(agent)
    async with listening(await house.client()) as one:
        door = Inbound(channel="email", external_id="m1", title="邮件", body="正文", source="test")
        taken = await channels.accept(house.desk, desk_actor(house.tenant_id), door)
        await one.until(lambda: str(taken.ticket_id) in one.rows)
        assert (await chief.post(f"/staff/{house.people['zhou']}/leave", json={})).status_code == 204
        await outbox.deliver_due(house.desk, tenant_id=house.tenant_id)
        await one.until(lambda: one.rows.get(ticket["id"], {"assignee": "zhou"})["assignee"] is None)


async def test_the_server_stops(house: House) -> None:
    """Every stream ends at once, and none begins."""
    stopping: list[bool] = []
    desk = app.make_desk(house.desk.settings, name="bihuan-test-stop")
    made = web.create(desk, stopping=lambda: bool(stopping))
    async with made.lifespan():
        token = await house.token("supervisor", login="stopper")
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(made), base_url="http://desk/api/v1", headers={"authorization": f"Bearer {token}"}
        )  # fmt: skip
        async with listening(client) as one, listening(client) as two:
            stopping.append(True)
            await asyncio.gather(one.until(lambda: one.ended), two.until(lambda: two.ended))
        async with listening(client) as refused:
            assert refused.status == 503


def test_where_a_ticket_was_before() -> None:
    here, there, person = ids.new_id(), ids.new_id(), ids.new_id()
    at = clock.now()

    def moved(seq: int, **changes: object) -> Recorded:
        data: dict[str, object] = {"changes": changes}
        return Recorded(seq=seq, at=at, kind="ticket.x", actor_kind="staff", actor_id=person, data=data)

    now = Place(team_id=here, assignee_id=None, customer_id=None)
    newest_first = [
        moved(5, assignee_id=[str(person), None]),
        moved(4, priority=["normal", "urgent"]),
        moved(3, team_id=[None, str(here)], assignee_id=[None, str(person)]),
        Recorded(seq=2, at=at, kind="ticket.noted", actor_kind="staff", actor_id=there, data={}),
    ]
    assert places_before(now, newest_first) == (
        Place(team_id=here, assignee_id=person, customer_id=None),
        Place(team_id=None, assignee_id=None, customer_id=None),
    )
