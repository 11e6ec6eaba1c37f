"""催办: by colleagues who may note, on others' tickets; how often a customer may is counted from the ticket itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import clock as core_clock
from bihuan.core.clock import Traveller
from bihuan.tickets import NudgeLimit
from bihuan.tickets.nudge import again_at
from tests.conftest import House
from tests.tickets.doing import clocks, in_state, kinds, read
from tests.tickets.timed import HOUR, START, events

_LIMIT = NudgeLimit(hours=4, per_day=3)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def test_a_colleague_urges_and_it_is_on_record(house: House, time: Traveller) -> None:
    holder, other = await house.client(), await house.client("agent", login="li", team="CS_L1")
    ticket = await in_state(house, holder, "following")
    before = clocks(await read(holder, ticket))
    url = f"/tickets/{ticket['id']}/nudge"
    answer = await other.post(url, json={"words": "客户 13800138000 又来电了"})
    assert answer.status_code == 200, answer.text
    assert clocks(answer.json()) == before, "no clock moves"
    told = (await events(house, ticket))[-1]
    assert (told.kind, told.data["by"], told.data["clock"]) == ("ticket.nudged", "staff", "first_response")
    said = (await holder.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]["message"]["reason"]
    assert "又来电了" in said and "13800138000" not in said
    own = await holder.post(url, json={})
    assert (own.status_code, own.json()["title"]) == (409, "OwnTicket")
    assert (await other.post(url, json={})).status_code == 200, "colleagues urge as often as they must"
    nowhere = await (await house.client("agent", login="wang", team="FRAUD")).post(url, json={})
    assert nowhere.status_code == 404
    auditor = await house.client("auditor")
    assert (await auditor.post(url, json={})).status_code == 403


@pytest.mark.parametrize("state", ["resolved", "archived", "withdrawn"])
async def test_there_is_nothing_to_urge_on(house: House, state: str) -> None:
    client, other = await house.client(), await house.client("supervisor", login="other")
    ticket = await in_state(house, client, state)
    answer = await other.post(f"/tickets/{ticket['id']}/nudge", json={})
    assert answer.status_code == 409
    assert answer.json()["title"] in ("TicketClosed", "NotInThisState")


async def test_it_never_conflicts_is_replayed_by_its_key_and_goes_in_bulk(house: House) -> None:
    client, other = await house.client(), await house.client("supervisor", login="other")
    ticket = await in_state(house, client, "following")
    url, key = f"/tickets/{ticket['id']}/nudge", {"idempotency-key": "n1"}
    one, two = [await other.post(url, json={}, headers=key) for _ in range(2)]
    assert (one.status_code, two.text, two.headers["idempotency-replayed"]) == (200, one.text, "true")
    assert (await kinds(client, ticket)).count("nudged") == 1
    items = [{"id": ticket["id"], "version": 1}]
    report = await other.post(
        "/tickets/bulk", json={"verb": "nudge", "items": items, "command": {"words": "请尽快"}}
    )
    assert (report.status_code, report.json()["done"]) == (200, 1), report.text
    assert (await kinds(client, ticket)).count("nudged") == 2


def test_when_it_may_be_done_again() -> None:
    assert again_at([], _LIMIT, START) is None
    assert again_at([START], _LIMIT, START + HOUR) == START + 4 * HOUR
    assert again_at([START], _LIMIT, START + 4 * HOUR) is None
    three = [START, START + 4 * HOUR, START + 8 * HOUR]
    assert again_at(three, _LIMIT, START + 13 * HOUR) == START + 24 * HOUR
    assert again_at(three, _LIMIT, START + 24 * HOUR) is None


@given(
    waits=st.lists(st.integers(min_value=0, max_value=40 * 60), max_size=30),
    hours=st.integers(min_value=1, max_value=30),
    per_day=st.integers(min_value=1, max_value=5),
)
def test_whoever_obeys_stays_within_the_limit(waits: list[int], hours: int, per_day: int) -> None:
    limit, now = NudgeLimit(hours=hours, per_day=per_day), START
    done: list[datetime] = []
    for minutes in waits:
        now += timedelta(minutes=minutes)
        again = again_at(done, limit, now)
        if again is not None:
            assert again > now
            now = again
            assert again_at(done, limit, now) is None, "what was said holds"
        done.append(now)
    assert all(b - a >= timedelta(hours=hours) for a, b in pairwise(done))
    assert all(sum(t - timedelta(days=1) < other <= t for other in done) <= per_day for t in done)
