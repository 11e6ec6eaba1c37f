"""Legal holds: on a person and on a ticket, what they stop, how they are shown, and that two people lift them."""

from datetime import timedelta

from bihuan import tickets
from bihuan.core import clock
from bihuan.core.desk import Desk
from tests.conftest import House, found
from tests.privacy.retaining import ago, closed_at, run_through, two, verified
from tests.tickets.doing import Json, do, kinds

THEM = {"kind": "person", "name": "张示例某", "mobiles": ["13800138000"]}
HOLD: Json = {"ground": "lawsuit", "note": "（2026）沪某民初案号，联系人 13900139000"}
GROUND = {"ground": "consent_withdrawn"}


async def test_a_held_ticket_is_not_deleted_and_says_so(house: House, desk: Desk) -> None:
    client = await house.client()
    first, second = await two(house)
    held = await closed_at(house, client, ago(4))
    free = await closed_at(house, client, ago(4))
    placed = await first.post(f"/tickets/{held['id']}/holds", json=HOLD)
    assert placed.status_code == 201, placed.text
    assert (placed.json()["ticket_number"], placed.json()["stands"]) == (held["number"], True)
    assert "13900139000" not in placed.text
    shown = (await client.get(f"/tickets/{held['id']}")).json()["held"]
    assert [(one["of"], one["ground"], one["lift_asked"]) for one in shown] == [("ticket", "lawsuit", False)]
    assert (await kinds(client, held))[-1] == "held"
    plan = (await first.get("/retention/plan")).json()
    assert [(one["count"], one["held"]) for one in plan["due"]] == [(1, 1)]
    assert (await run_through(house, desk))["tickets"] == 1
    assert (await client.get(f"/tickets/{held['id']}")).json()["gone"] is None
    assert (await client.get(f"/tickets/{free['id']}")).json()["gone"] == "expired"
    gone = await first.post(f"/tickets/{free['id']}/holds", json=HOLD)
    assert (gone.status_code, gone.json()["title"]) == (410, "TicketExpired")
    await first.post(f"/holds/{placed.json()['id']}/lift")
    lifted = await second.post(f"/holds/{placed.json()['id']}/lift/approve")
    assert (lifted.status_code, lifted.json()["stands"]) == (200, False)
    assert (await kinds(client, held))[-1] == "hold_lifted"
    assert (await run_through(house, desk))["tickets"] == 1
    assert verified(desk, house.tenant_id) == []


async def test_a_held_person_keeps_all_of_their_tickets_and_is_not_erased(house: House, desk: Desk) -> None:
    client = await house.client()
    first, _ = await two(house)
    ticket = await closed_at(house, client, ago(4), customer=THEM)
    url = f"/customers/{ticket['customer']['id']}"
    placed = (await first.post(f"{url}/holds", json=HOLD)).json()
    assert placed["customer_id"] == ticket["customer"]["id"]
    assert [one["of"] for one in (await client.get(url)).json()["held"]] == ["person"]
    assert [one["of"] for one in (await client.get(f"/tickets/{ticket['id']}")).json()["held"]] == ["person"]
    kept = await first.post(f"{url}/erase", json=GROUND)
    assert (kept.status_code, kept.json()["title"]) == (409, "MustBeKept")
    assert "法律保全" in kept.json()["detail"]
    refused = await first.post("/retention/runs")
    assert (refused.status_code, refused.json()["title"]) == (409, "NothingDue")


async def test_a_hold_placed_after_the_proposal_still_holds(house: House, desk: Desk) -> None:
    client = await house.client()
    first, second = await two(house)
    ticket = await closed_at(house, client, ago(4), customer=THEM)
    run = (await first.post("/retention/runs")).json()
    await second.post(f"/retention/runs/{run['id']}/approve")
    await first.post(f"/customers/{ticket['customer']['id']}/holds", json=HOLD)
    assert await tickets.retention_work.work_off(desk, house.tenant_id) == 0
    assert (await client.get(f"/tickets/{ticket['id']}")).json()["gone"] is None


async def test_an_approval_of_an_erasure_finds_a_hold_on_a_ticket(house: House) -> None:
    client = await house.client()
    first, second = await two(house)
    ticket = await closed_at(house, client, ago(1), customer=THEM)
    asked = (await first.post(f"/customers/{ticket['customer']['id']}/erase", json=GROUND)).json()
    await first.post(f"/tickets/{ticket['number']}/holds", json=HOLD)
    late = await second.post(f"/erasures/{asked['id']}/approve")
    assert (late.status_code, late.json()["title"]) == (409, "MustBeKept")


async def test_lifting_needs_a_second_person_and_may_be_refused(house: House) -> None:
    client = await house.client()
    first, second = await two(house)
    ticket = await house.ticket(client, "general")
    placed = (await first.post(f"/tickets/{ticket['id']}/holds", json=HOLD)).json()
    url = f"/holds/{placed['id']}"
    early = await second.post(f"{url}/lift/approve")
    assert (early.status_code, early.json()["title"]) == (409, "LiftNotAsked")
    assert (await first.post(f"{url}/lift")).json()["lift_asked_by"] == "First"
    again = await second.post(f"{url}/lift")
    assert (again.status_code, again.json()["title"]) == (409, "LiftAsked")
    own = await first.post(f"{url}/lift/approve")
    assert (own.status_code, own.json()["title"]) == (409, "OwnLift")
    assert (await second.post(f"{url}/lift/refuse")).json()["lift_asked_by"] is None
    await second.post(f"{url}/lift")
    assert (await first.post(f"{url}/lift/approve")).json()["lifted_by"] == "First"
    over = await second.post(f"{url}/lift")
    assert (over.status_code, over.json()["title"]) == (409, "HoldOver")
    assert (await first.get("/holds")).json() == []
    assert len((await first.get("/holds?which=all")).json()) == 1


async def test_one_with_an_end_ends_by_itself(house: House) -> None:
    client = await house.client()
    first, _ = await two(house)
    ticket = await house.ticket(client, "general")
    until = clock.now() + timedelta(days=30)
    url = f"/tickets/{ticket['id']}/holds"
    past = await first.post(url, json={**HOLD, "until_at": (clock.now() - timedelta(days=1)).isoformat()})
    assert past.json()["errors"][0]["pointer"] == "/until_at"
    await first.post(url, json={**HOLD, "until_at": until.isoformat()})
    assert len((await client.get(f"/tickets/{ticket['id']}")).json()["held"]) == 1
    with clock.travel(until + timedelta(seconds=1)):
        assert (await client.get(f"/tickets/{ticket['id']}")).json()["held"] == []
        assert (await first.get("/holds")).json() == []


async def test_a_ticket_that_went_on_in_a_held_one_is_held_too(house: House, desk: Desk) -> None:
    client = await house.client()
    first, _ = await two(house)
    with clock.travel(ago(4)):
        survivor = await house.ticket(client, "general", customer=THEM)
        merged = await house.ticket(client, "general", customer=THEM)
        merged = await do(client, merged, "merge", into=survivor["number"], reason="同一件事")
        survivor = dict((await client.get(f"/tickets/{survivor['id']}")).json())
    refused = await first.post("/retention/runs")
    assert refused.json()["title"] == "NothingDue", "the one that goes on is open"
    with clock.travel(ago(4)):
        await do(client, survivor, "withdraw", proof="客户撤回")
    await first.post(f"/tickets/{survivor['id']}/holds", json=HOLD)
    assert (await first.post("/retention/runs")).json()["title"] == "NothingDue"
    assert len((await client.get(f"/tickets/{merged['id']}")).json()["held"]) == 1


async def test_another_tenant_holds_nothing_here(house: House, desk: Desk) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", customer=THEM)
    other = await found(desk, house.transport)
    foreign, _ = await two(other)
    for path in (f"/tickets/{ticket['id']}/holds", f"/customers/{ticket['customer']['id']}/holds"):
        answer = await foreign.post(path, json=HOLD)
        assert (answer.status_code, answer.json()["title"]) == (404, "NotFound")
    assert (await client.get(f"/tickets/{ticket['id']}")).json()["held"] == []
