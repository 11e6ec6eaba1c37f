"""What had to be destroyed in a text is told to whoever wrote it, at every door alike, and stands nowhere."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from bihuan.core import clock as core_clock
from bihuan.core.clock import Traveller
from bihuan.sla import Limit, OpenTask, Stage, Step
from tests.conftest import House
from tests.tickets.doing import Json, do, in_state, tried
from tests.tickets.test_nothing_clear import found_in
from tests.tickets.timed import HOUR, START, policy, rule, swept, words

CARD = "6222020200112230"
SAID = f"客户念了卡号 {CARD}，CVV 739，验证码 482913"
_KINDS = ["cvv", "one_time_code"]
_LADDER = (Step(code="late", after_seconds=0, do=(OpenTask(team="DISPUTE", title=words("查账")),)),)
_STAGES = (Stage(code="complex", limit=Limit(amount=20, unit="hour"), when=words("情况复杂")),)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


@pytest.fixture
async def client(house: House, time: Traveller) -> httpx.AsyncClient:
    """Somebody of a house whose limits have a stage and open a task."""
    await policy(house, rule(ladder=_LADDER, stages=_STAGES))
    return await house.client()


def _told(answer: Json) -> None:
    assert answer["destroyed"] == _KINDS
    assert [text[:3] for text in answer["notices"]] == ["安全码", "验证码"]


def _nowhere(owner: psycopg.Connection, house: House, *texts: Any) -> None:
    for secret in ("739", "482913", CARD):
        # By itself: three digits stand in many an id.
        alone = re.compile(rf"(?<![0-9A-Za-z-]){secret}(?![0-9A-Za-z-])")
        assert not [text for text in texts if alone.search(str(text))], secret
    for secret in ("482913", CARD):
        assert found_in(owner, house, secret) == []


async def test_a_message_as_it_was(
    client: httpx.AsyncClient, house: House, owner: psycopg.Connection
) -> None:
    ticket = await house.ticket(client, "general")
    answer = await do(client, ticket, "note", body=SAID)
    _told(answer)
    _nowhere(owner, house, answer)


async def test_a_longer_limit_asked_and_refused(
    client: httpx.AsyncClient, house: House, owner: psycopg.Connection
) -> None:
    ticket = await house.ticket(client, "general")
    wish = {"stage": "complex", "reason": SAID, "notice": "还需要几天，请谅解。"}
    asked = await client.post(f"/tickets/{ticket['id']}/clocks/resolution/extensions", json=wish)
    assert asked.status_code == 201, asked.text
    _told(asked.json())
    [stage] = next(c for c in asked.json()["clocks"] if c["kind"] == "resolution")["stages"]
    assert "622202******2230" in stage["extension"]["reason"]
    second = await house.client("supervisor", login="second")
    url = f"/tickets/{ticket['id']}/extensions/{stage['extension']['id']}/refuse"
    refused = await second.post(url, json={"reason": SAID})
    assert refused.status_code == 200, refused.text
    _told(refused.json())
    _nowhere(owner, house, asked.json(), refused.json())
    shown = (await client.get(f"/tickets/{ticket['id']}/clocks")).json()
    assert (shown["destroyed"], shown["notices"]) == ([], [])


async def test_a_task_that_is_done(
    client: httpx.AsyncClient, house: House, time: Traveller, owner: psycopg.Connection
) -> None:
    ticket = await house.ticket(client, "general")
    time.on(11 * HOUR)
    await swept(house)
    [task] = (await client.get(f"/tickets/{ticket['id']}/tasks")).json()
    done = await client.post(f"/tickets/{ticket['id']}/tasks/{task['id']}/done", json={"note": SAID})
    assert done.status_code == 200, done.text
    _told(done.json()[0])
    _nowhere(owner, house, done.json(), (await client.get(f"/tickets/{ticket['id']}/timeline")).text)


async def test_a_draft_that_is_kept(
    client: httpx.AsyncClient, house: House, owner: psycopg.Connection
) -> None:
    ticket = await house.ticket(client, "general")
    kept = await client.post(f"/tickets/{ticket['id']}/drafts", json={"body": SAID})
    assert kept.status_code == 201, kept.text
    _told(kept.json()[0])
    assert "622202******2230" in kept.json()[0]["body"]
    (again,) = (await client.get("/drafts")).json()
    assert again["destroyed"] == []
    _nowhere(owner, house, kept.json(), again)


async def test_words_of_a_stale_write(
    client: httpx.AsyncClient, house: House, owner: psycopg.Connection
) -> None:
    ticket = await in_state(house, client, "following")
    await client.post(f"/tickets/{ticket['id']}/receive", json={"body": "再补充一句"})
    answer = await tried(client, ticket, "reply", body=SAID)
    assert (answer.status_code, answer.json()["title"]) == (409, "StaleWrite"), answer.text
    _told(answer.json())
    _nowhere(owner, house, answer.json(), (await client.get("/drafts")).text)
