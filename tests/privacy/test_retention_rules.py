"""Rules over HTTP: what is shipped, longer at once, shorter by two, never below the law."""

from datetime import timedelta

from bihuan import app
from bihuan.core import clock
from bihuan.core.desk import Desk
from tests.conftest import House, found
from tests.privacy.retaining import ago, closed_at, two
from tests.tickets.doing import Json


def _of(rules: list[Json], code: str) -> Json:
    return next(one for one in rules if one["record_class"] == code)


async def test_what_is_shipped(house: House) -> None:
    first, _ = await two(house)
    rules = (await first.get("/retention/rules")).json()
    complaint = _of(rules, "complaint_file")
    assert (complaint["current"], complaint["verified"]) == ({"amount": 3, "unit": "year"}, True)
    assert "第四十四条" in complaint["source"] and complaint["versions"] == []
    english = (await first.get("/retention/rules", headers={"accept-language": "en"})).json()
    assert _of(english, "audit")["current_text"] == "Never deleted"
    assert _of(english, "ticket")["current_text"] == "3 years"


async def test_a_longer_time_holds_at_once_and_a_shorter_one_waits_for_a_second_person(house: House) -> None:
    first, second = await two(house)
    url = "/retention/rules/ticket"
    longer = await first.put(url, json={"amount": 60, "unit": "month", "note": "行内制度"})
    assert longer.json()["current"] == {"amount": 60, "unit": "month"}
    shorter = await first.put(url, json={"amount": 2, "unit": "year", "note": "缩短，卡号 6222020200112230"})
    view = shorter.json()
    assert view["current"] == {"amount": 60, "unit": "month"}
    assert (view["proposed"]["version"], view["proposed"]["own"]) == (2, True)
    assert "6222020200112230" not in shorter.text
    again = await second.put(url, json={"amount": 9, "unit": "year", "note": "另一变更"})
    assert (again.status_code, again.json()["title"]) == (409, "RuleProposed")
    own = await first.post(f"{url}/approve")
    assert (own.status_code, own.json()["title"]) == (409, "OwnProposal")
    approved = (await second.post(f"{url}/approve")).json()
    assert approved["current"] == {"amount": 2, "unit": "year"}
    assert [v["state"] for v in approved["versions"]] == ["approved", "approved"]
    assert approved["versions"][0]["decided_by"] == "Second"
    late = await second.post(f"{url}/approve")
    assert (late.status_code, late.json()["title"]) == (409, "RuleDecided")


async def test_a_refused_one_changes_nothing(house: House) -> None:
    first, second = await two(house)
    url = "/retention/rules/draft"
    await first.put(url, json={"amount": 7, "unit": "day", "note": "太久了"})
    refused = (await second.post(f"{url}/refuse")).json()
    assert (refused["current"], refused["proposed"]) == ({"amount": 90, "unit": "day"}, None)


async def test_never_below_the_law_unless_nobody_could_verify_it_and_the_note_says_why(house: House) -> None:
    first, _ = await two(house)
    low = await first.put(
        "/retention/rules/complaint_file", json={"amount": 35, "unit": "month", "note": "缩短"}
    )
    assert (low.status_code, low.json()["title"]) == (422, "BelowShortest")
    assert "第四十四条" in low.json()["detail"]
    url = "/retention/rules/dispute_file"
    word = await first.put(url, json={"amount": 4, "unit": "year", "note": "缩短"})
    assert word.json()["errors"][0]["pointer"] == "/note"
    said = await first.put(
        url, json={"amount": 4, "unit": "year", "note": "法务确认该指引不适用于本机构的预付卡"}
    )
    assert said.json()["proposed"]["amount"] == 4
    fixed = await first.put("/retention/rules/audit", json={"amount": 4, "unit": "year", "note": "更改"})
    assert (fixed.status_code, fixed.json()["title"]) == (409, "ClassIsFixed")
    nothing = await first.put("/retention/rules/nonsense", json={"amount": 4, "unit": "year", "note": "更改"})
    assert nothing.status_code == 404


async def test_one_for_later_holds_later_and_none_for_the_past(house: House) -> None:
    first, _ = await two(house)
    begins = clock.now() + timedelta(days=30)
    body = {"amount": 8, "unit": "year", "note": "明年起", "effective_from": begins.isoformat()}
    view = (await first.put("/retention/rules/ticket", json=body)).json()
    assert view["current"]["amount"] == 3
    shorter = (
        await first.put("/retention/rules/ticket", json={"amount": 5, "unit": "year", "note": "折中"})
    ).json()
    assert shorter["proposed"]["amount"] == 5, "it shortens what will hold"
    with clock.travel(begins + timedelta(days=1)):
        rules = (await first.get("/retention/rules")).json()
    assert _of(rules, "ticket")["current"]["amount"] == 8
    past = {**body, "effective_from": (begins - timedelta(days=400)).isoformat()}
    await first.post("/retention/rules/ticket/refuse")
    refused = await first.put("/retention/rules/draft", json={**past, "unit": "year"})
    assert refused.json()["errors"][0]["pointer"] == "/effective_from"


async def test_the_plan_counts_and_writes_nothing_and_knows_one_tenant(
    house: House, desk: Desk, http: object
) -> None:
    client = await house.client()
    first, _ = await two(house)
    await closed_at(house, client, ago(4))
    await closed_at(house, client, ago(1))
    other = await found(desk, house.transport)
    foreign, _ = await two(other)
    plan = (await first.get("/retention/plan")).json()
    assert [(one["record_class"], one["count"], one["held"]) for one in plan["due"]] == [("ticket", 1, 0)]
    assert sorted(one["count"] for one in plan["months"]) == [1, 1]
    assert (await foreign.get("/retention/plan")).json() == {"due": [], "months": []}


async def test_small_rows_go_by_their_rules(house: House, desk: Desk) -> None:
    client = await house.client()
    first, second = await two(house)
    ticket = await house.ticket(client, "general")
    with clock.travel(clock.now() - timedelta(days=40)):
        url = f"/tickets/{ticket['id']}/drafts"
        assert (await client.post(url, json={"body": "旧草稿"})).status_code == 201
    assert (await client.post(url, json={"body": "新草稿"})).status_code == 201
    await app.sweep(desk, house.tenant_id)
    assert len((await client.get("/drafts")).json()) == 2
    await first.put("/retention/rules/draft", json={"amount": 30, "unit": "day", "note": "月底清理"})
    await second.post("/retention/rules/draft/approve")
    await app.sweep(desk, house.tenant_id)
    assert [one["body"] for one in (await client.get("/drafts")).json()] == ["新草稿"]
