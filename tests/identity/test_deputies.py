"""Deputies: who stands in sees and does what is the absent one's, by the clock, and nothing decides for itself."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bihuan import identity
from bihuan.core import clock, outbox
from bihuan.core.clock import Traveller
from tests.conftest import House
from tests.tickets.doing import Json, do
from tests.tickets.timed import HOUR, START


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with clock.travel(START) as traveller:
        yield traveller


async def _named(
    client: httpx.AsyncClient, *, hours: tuple[float, float] = (0, 8), **wanted: Any
) -> httpx.Response:
    span = {"from_at": START + hours[0] * HOUR, "until_at": START + hours[1] * HOUR}
    return await client.post("/deputies", json={**{k: v.isoformat() for k, v in span.items()}, **wanted})


async def _held(house: House, client: httpx.AsyncClient) -> Json:
    """A ticket that somebody of BILLING holds."""
    boss = await house.client()
    ticket = await do(boss, await house.ticket(boss, "general"), "transfer", team="BILLING", reason="查账")
    return await do(client, ticket, "claim")


async def test_sees_and_works_on_what_the_absent_one_holds_and_it_ends_by_itself(
    house: House, time: Traveller
) -> None:
    li = await house.client("agent", login="li", team="BILLING")
    wang = await house.client("agent", login="wang", team="FRAUD")
    ticket = await _held(house, li)
    url = f"/tickets/{ticket['id']}"
    assert (await wang.get(url)).status_code == 404
    assert (await _named(li, deputy="wang", hours=(1, 8))).status_code == 201
    assert (await wang.get(url)).status_code == 404, "not yet"
    time.to(START + HOUR)
    shown = (await wang.get(url)).json()
    assert (shown["assignee"], shown["deputies"]) == ("li", ["wang"])
    assert ticket["id"] in {t["id"] for t in (await wang.get("/tickets")).json()["items"]}
    noted = await do(wang, shown, "note", body="已代为跟进")
    last = (await (await house.client()).get(f"{url}/timeline")).json()["items"][-1]
    assert last["data"]["on_behalf_of"] == str(house.people["li"])
    time.to(START + 8 * HOUR)
    assert (await wang.get(url)).status_code == 404, "it is over"
    assert (await li.get(url)).json()["deputies"] == []
    assert noted["id"] == ticket["id"]


async def test_acts_with_permissions_of_ones_own(house: House, time: Traveller) -> None:
    boss = await house.client("supervisor", login="boss", team="BILLING")
    reader = await house.client("quality", login="reader", team="FRAUD")
    narrow = {
        "code": "narrow",
        "name_zh": "窄",
        "name_en": "Narrow",
        "permissions": ["ticket.read", "people.read"],
    }
    admin = await house.client("admin")
    assert (await admin.put("/roles", json=narrow)).status_code == 204
    rights = {"roles": ["narrow"], "teams": ["FRAUD"]}
    assert (await admin.put(f"/staff/{house.people['reader']}/rights", json=rights)).status_code == 204
    ticket = await _held(house, boss)
    assert (await _named(boss, deputy="reader")).status_code == 201
    assert (await reader.get(f"/tickets/{ticket['id']}")).status_code == 200
    answer = await reader.post(f"/tickets/{ticket['id']}/note", json={"body": "x", "version": 1})
    assert (answer.status_code, answer.json()["title"]) == (403, "NotAllowed")


async def test_by_oneself_or_by_a_lead_of_the_team(house: House, time: Traveller) -> None:
    li = await house.client("agent", login="li", team="BILLING")
    wang = await house.client("agent", login="wang", team="BILLING")
    lead = await house.client("lead", login="zhou", team="BILLING")
    other = await house.client("lead", login="qian", team="FRAUD")
    for client in (wang, other):
        answer = await _named(client, staff="li", deputy="wang")
        assert (answer.status_code, answer.json()["title"]) == (403, "NotAllowed"), answer.text
    made = await _named(lead, staff="li", deputy="wang")
    assert made.status_code == 201
    [shown] = (await li.get("/deputies")).json()
    assert (shown["staff"], shown["deputy"], shown["made_by"], shown["now"]) == ("li", "wang", "zhou", True)
    assert (await other.delete(f"/deputies/{shown['id']}")).status_code == 403
    assert (await li.delete(f"/deputies/{shown['id']}")).status_code == 204
    assert (await li.delete(f"/deputies/{shown['id']}")).status_code == 404
    assert (await li.get("/deputies")).json() == []


async def test_one_at_a_time_and_not_in_a_row(house: House, time: Traveller) -> None:
    li = await house.client("agent", login="li")
    wang = await house.client("agent", login="wang")
    await house.client("agent", login="zhao")
    assert (await _named(li, deputy="wang", hours=(1, 5))).status_code == 201
    for client, login, hours, title in (
        (li, "zhao", (4, 6), "HasDeputy"),
        (wang, "zhao", (0, 2), "DeputyAway"),
    ):
        answer = await _named(client, deputy=login, hours=hours)
        assert (answer.status_code, answer.json()["title"]) == (409, title), answer.text
    assert (await _named(li, deputy="zhao", hours=(5, 6))).status_code == 201, "one after the other"


async def test_what_is_wrong_is_named(house: House, time: Traveller) -> None:
    li = await house.client("agent", login="li")
    await house.client("agent", login="wang")
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"deputy": "li"}, "/deputy"),
        ({"deputy": "nobody"}, "/deputy"),
        ({"deputy": "wang", "until_at": START.isoformat()}, "/until_at"),
        ({"deputy": "wang", "until_at": (START + timedelta(days=400)).isoformat()}, "/until_at"),
    )
    for changes, pointer in wrong:
        answer = await _named(li, **changes)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


async def test_a_leaver_stands_in_for_nobody(house: House, time: Traveller) -> None:
    li = await house.client("agent", login="li")
    await house.client("agent", login="wang")
    assert (await _named(li, deputy="wang")).status_code == 201
    admin = await house.client("admin")
    assert (await admin.post(f"/staff/{house.people['wang']}/leave", json={})).status_code == 204
    assert (await li.get("/deputies")).json() == []


async def test_notices_for_the_absent_one_reach_the_deputy(house: House, time: Traveller) -> None:
    li = await house.client("agent", login="li", team="BILLING")
    wang = await house.client("agent", login="wang", team="FRAUD")
    ticket = await _held(house, li)
    assert (await _named(li, deputy="wang")).status_code == 201
    identity.forget_names("")
    boss = await house.client()
    await boss.post(f"/tickets/{ticket['id']}/nudge", json={"words": "客户又来电"})
    await outbox.deliver_due(house.desk, tenant_id=house.tenant_id)
    told = {
        login: len((await client.get("/notices")).json()["items"])
        for login, client in (("li", li), ("wang", wang))
    }
    assert told["wang"] == 1 and told["li"] >= 1
