"""协办: tasks that an escalation opened, listed on the ticket and finished with a note."""

from collections.abc import Iterator

import httpx
import pytest

from bihuan.core import clock as core_clock
from bihuan.core import ids
from bihuan.core.clock import Traveller
from bihuan.sla import OpenTask, Step, Words
from tests.conftest import House, gather
from tests.tickets.doing import Json, kinds
from tests.tickets.timed import HOUR, START, events, policy, rule, swept

_TITLE = Words(zh="协助查账", en="Check the books")
_LADDER = (Step(code="late", after_seconds=0, do=(OpenTask(team="FRAUD", title=_TITLE),)),)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


@pytest.fixture
async def ticket(house: House, time: Traveller) -> Json:
    """A ticket on which a task was opened."""
    await policy(house, rule(ladder=_LADDER))
    opened = await house.ticket(case_type="general")
    time.on(11 * HOUR)
    assert await swept(house) > 0
    return opened


async def _tasks(house: House, ticket: Json, language: str = "zh") -> list[Json]:
    answer = await (await house.client()).get(
        f"/tickets/{ticket['id']}/tasks", headers={"accept-language": language}
    )
    assert answer.status_code == 200
    return list(answer.json())


async def _theirs(house: House) -> httpx.AsyncClient:
    """A supervisor of the team whose task it is."""
    return await house.client("supervisor", login="fang", team="FRAUD")


async def test_only_its_team_finishes_it(house: House, ticket: Json) -> None:
    boss, [task] = await house.client(), await _tasks(house, ticket)
    answer = await boss.post(f"/tickets/{ticket['id']}/tasks/{task['id']}/done", json={})
    assert (answer.status_code, answer.json()["title"]) == (403, "NotOfTheTeam")
    assert (await _tasks(house, ticket))[0]["done_at"] is None


async def test_listed_and_done_with_a_note(house: House, ticket: Json, time: Traveller) -> None:
    client = await _theirs(house)
    [task] = await _tasks(house, ticket)
    assert (task["team"], task["title"], task["cause"]) == ("FRAUD", "协助查账", "resolution/late")
    assert (task["done_at"], task["done_by"]) == (None, None)
    assert (await _tasks(house, ticket, "en"))[0]["title"] == "Check the books"
    time.on(HOUR)
    url = f"/tickets/{ticket['id']}/tasks/{task['id']}/done"
    answer = await client.post(url, json={"note": "账务无误"})
    assert answer.status_code == 200, answer.text
    done = answer.json()[0]
    assert (done["done_by"], done["done_at"]) == (
        "fang",
        (START + 12 * HOUR).isoformat().replace("+00:00", "Z"),
    )
    told = (await events(house, ticket))[-1]
    assert (told.kind, told.data["task"]) == ("ticket.task_done", task["id"])
    said = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]["message"]["reason"]
    assert said == "账务无误"
    again = await client.post(url, json={})
    assert (again.status_code, again.json()["title"]) == (409, "TaskDone")
    assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]


async def test_what_is_not_there_and_whom_it_is_not_for(house: House, ticket: Json) -> None:
    client, elsewhere = await _theirs(house), await house.client("agent", login="li", team="BILLING")
    [task] = await _tasks(house, ticket)
    other = await house.ticket(client, "general")
    for of, task_id in ((ticket["id"], ids.new_id()), (other["id"], task["id"]), (ticket["id"], "x")):
        answer = await client.post(f"/tickets/{of}/tasks/{task_id}/done", json={})
        assert (answer.status_code, answer.json()["title"]) == (404, "NotFound")
    url = f"/tickets/{ticket['id']}/tasks"
    assert (await elsewhere.get(url)).status_code == 404
    assert (await elsewhere.post(f"{url}/{task['id']}/done", json={})).status_code == 404
    assert (await client.post(f"{url}/{task['id']}/done", json={"note": "x"})).status_code == 422
    assert await _tasks(house, other) == []


async def test_done_by_many_at_once_is_done_once(house: House, ticket: Json) -> None:
    [task] = await _tasks(house, ticket)
    url = f"/tickets/{ticket['id']}/tasks/{task['id']}/done"
    clients = [await house.client("supervisor", login=f"s{i}", team="FRAUD") for i in range(4)]
    answers = await gather(*(c.post(url, json={"note": "已核"}) for c in clients))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    assert (await kinds(clients[0], ticket)).count("task_done") == 1


async def test_replayed_by_its_key(house: House, ticket: Json) -> None:
    client, [task] = await _theirs(house), await _tasks(house, ticket)
    url, key = f"/tickets/{ticket['id']}/tasks/{task['id']}/done", {"idempotency-key": "t"}
    one, two = [await client.post(url, json={}, headers=key) for _ in range(2)]
    assert (one.status_code, two.text, two.headers["idempotency-replayed"]) == (200, one.text, "true")
