"""Two customers who are one person: read together from the merge on, and put back exactly as they were."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from bihuan import evidence, privacy
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.privacy import erase
from tests.channels.portal import come, link, sent
from tests.conftest import House, found
from tests.privacy.test_erase import GROUND
from tests.tickets.doing import Json, do

ID = "11010519491231002X"
A = {"name": "张示例", "external_ref": "CIF-1", "id_number": ID, "mobiles": ["13800138000"]}
B = {"name": "张示例", "external_ref": "CIF-2", "mobiles": ["13800138000", "13900139000"], "language": "en"}
WHY = "客户来行出示证件，两个号码均为本人"


async def two(house: House, a: Json = A, b: Json = B) -> tuple[Json, Json]:
    """A ticket of each of two customers."""
    client = await house.client()
    return (
        await house.ticket(client, "general", customer=a),
        await house.ticket(client, "general", customer=b),
    )


def who(ticket: Json) -> str:
    """Whose a ticket is shown to be."""
    return str(ticket["customer"]["id"])


async def merged(house: House, b: str, into: str, client: httpx.AsyncClient | None = None) -> Json:
    """What a merge answers."""
    client = client or await house.client()
    answer = await client.post(f"/customers/{b}/merge", json={"into": into, "reason": WHY})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def shown(house: House, path: str, client: httpx.AsyncClient | None = None) -> Any:
    """What a path answers."""
    answer = await (client or await house.client()).get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def state(house: House, ids: list[str], tickets: list[str]) -> Json:
    """All that is shown of customers and tickets, but for what only grows."""
    told: Json = {id_: await shown(house, f"/customers/{id_}") for id_ in ids}
    for name in tickets:
        ticket = await shown(house, f"/tickets/{name}")
        told[name] = {k: v for k, v in ticket.items() if k not in ("version", "changed_at")}
    for id_ in ids:
        page = await shown(house, f'/tickets?filter={{"field":"customer","is":"{id_}"}}')
        told[f"list {id_}"] = [row["number"] for row in page["items"]]
    return told


async def test_every_read_shows_one_person_and_unmerging_puts_all_back(house: House) -> None:
    ta, tb = await two(house)
    a, b = who(ta), who(tb)
    assert a != b
    before = await state(house, [a, b], [ta["id"], tb["id"]])
    answer = await merged(house, b, a)
    assert {c["code"] for c in answer["conflicts"]} == {"language"}
    assert (answer["customer"]["id"], answer["customer"]["others"]) == (a, [b])
    for id_ in (a, b):
        person = await shown(house, f"/customers/{id_}")
        assert person["id"] == a
        assert [c["mask"] for c in person["contacts"] if c["kind"] == "mobile"] == [
            "138****8000", "138****8000", "139****9000",
        ]  # fmt: skip
        assert {c["customer_id"] for c in person["contacts"]} == {a, b}
        page = await shown(house, f'/tickets?filter={{"field":"customer","is":"{id_}"}}')
        assert {row["id"] for row in page["items"]} == {ta["id"], tb["id"]}
        none = await shown(house, f'/tickets?filter={{"field":"customer","not":"{id_}"}}')
        assert none["items"] == []
    of_b = (await shown(house, f"/tickets/{tb['id']}"))["customer"]
    assert (of_b["id"], of_b["origin"]) == (a, b)
    client = await house.client()
    by_id = await client.post("/tickets/search", json={"kind": "id_number", "value": ID})
    assert set(by_id.json()["ids"]) == {ta["id"], tb["id"]}, (
        "B's ticket is the person's who has this document"
    )
    answer = await client.post(f"/customers/{b}/unmerge")
    assert (answer.status_code, answer.json()["id"], answer.json()["others"]) == (200, b, [])
    assert await state(house, [a, b], [ta["id"], tb["id"]]) == before


async def test_it_is_told_in_every_chain_it_concerns(house: House, desk: Desk) -> None:
    ta, tb = await two(house)
    a, b = who(ta), who(tb)
    await merged(house, b, a)
    [told] = await shown(house, f"/customers/{a}/merges")
    assert (told["customer_id"], told["into"], told["reason"]) == (b, a, WHY)
    assert told["merged_by"] == str(house.people["supervisor"])
    timeline = (await shown(house, f"/tickets/{tb['id']}/timeline"))["items"]
    assert timeline[-1]["kind"] == "ticket.customer_merged"
    assert timeline[-1]["data"] == {
        "merge": told["id"], "customer": b, "into": a, "by": str(house.people["supervisor"]),
    }  # fmt: skip
    assert (await shown(house, f"/tickets/{ta['id']}/timeline"))["items"][-1]["kind"] == "ticket.opened"
    async with desk.database.work(house.tenant_id) as work:
        streams = [await evidence.events(work, UUID(id_), after=0, most=10) for id_ in (a, b)]
        assert [[e.kind for e in events] for events in streams] == [["customer.merged"]] * 2
        assert WHY not in str(streams)
    assert (await (await house.client()).post(f"/customers/{b}/unmerge")).status_code == 200
    assert await shown(house, f"/customers/{a}/merges") == []
    assert (await shown(house, f"/tickets/{tb['id']}/timeline"))["items"][-1][
        "kind"
    ] == "ticket.customer_parted"
    for ticket in (ta, tb):
        assert (await shown(house, f"/tickets/{ticket['id']}/verify"))["clean"]


async def test_what_is_refused(house: House, desk: Desk, http: Any) -> None:
    client = await house.client()
    ta, tb = await two(house)
    a, b = who(ta), who(tb)
    c = who(await house.ticket(client, "general", customer={"external_ref": "CIF-3", "name": "李示例"}))
    shop = who(await house.ticket(client, "general", customer={"kind": "organisation", "name": "示例商贸"}))

    async def refused(one: str, into: str, who_: httpx.AsyncClient = client) -> tuple[int, str]:
        answer = await who_.post(f"/customers/{one}/merge", json={"into": into, "reason": WHY})
        return answer.status_code, answer.json()["title"]

    assert await refused(a, a) == (409, "MergeRing")
    assert await refused(a, shop) == (409, "NotTheSameKind")
    assert await refused(a, ta["id"]) == (404, "NotFound")
    assert await refused(a, b, await house.client("agent")) == (403, "NotAllowed")
    other = await found(desk, http)
    assert await refused(a, b, await other.client()) == (404, "NotFound")
    assert (await (await other.client()).get(f"/customers/{a}/duplicates")).status_code == 404
    await merged(house, b, a)
    assert await refused(b, c) == (409, "AlreadyMerged")
    assert await refused(a, b) == (409, "MergeRing")
    await merged(house, a, c)
    assert await refused(c, b) == (409, "MergeRing"), "not over a chain either"
    assert (await shown(house, f"/customers/{b}"))["id"] == c
    answer = await client.post(f"/customers/{c}/unmerge")
    assert (answer.status_code, answer.json()["title"]) == (409, "NotMerged")
    wrong = await client.post(f"/customers/{shop}/merge", json={"into": c, "reason": ""})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/reason")


async def test_chains_come_apart_in_any_order(house: House) -> None:
    client = await house.client()
    made = [
        who(await house.ticket(client, "general", customer={"external_ref": f"C-{n}", "name": "张示例"}))
        for n in range(4)
    ]
    a, b, c, d = made
    before = await state(house, made, [])
    await merged(house, a, b)
    await merged(house, b, c)
    await merged(house, d, a)
    assert {(await shown(house, f"/customers/{id_}"))["id"] for id_ in made} == {c}
    assert (await client.post(f"/customers/{b}/unmerge")).status_code == 200
    assert [(await shown(house, f"/customers/{id_}"))["id"] for id_ in made] == [b, b, c, b]
    assert (await client.post(f"/customers/{a}/unmerge")).status_code == 200
    assert [(await shown(house, f"/customers/{id_}"))["id"] for id_ in made] == [a, b, c, a]
    assert (await client.post(f"/customers/{d}/unmerge")).status_code == 200
    assert await state(house, made, []) == before


async def test_at_the_portal_each_sees_the_tickets_of_both_until_they_are_parted(house: House) -> None:
    client = await house.client()
    ta, tb = await two(house)
    a, b = who(ta), who(tb)
    of_a = await come(house, await link(house, customer_id=a))
    of_b = await come(house, await link(house, customer_id=b))
    stranger = await come(house, await link(house, customer={"external_ref": "CIF-9", "name": "王示例"}))
    assert {c["code"] for c in (await merged(house, b, a))["conflicts"]} == {"language", "portal"}
    for browser in (of_a, of_b):
        rows = (await browser.get("/portal/tickets")).json()["items"]
        assert {row["id"] for row in rows} == {ta["id"], tb["id"]}
        assert (await browser.get(f"/portal/tickets/{ta['id']}")).status_code == 200
        masks = [c["mask"] for c in (await browser.get("/portal/session")).json()["contacts"]]
        assert masks == ["张**", "138****8000", "139****9000"], "a number they have twice is shown once"
    assert (await stranger.get(f"/portal/tickets/{ta['id']}")).status_code == 404
    more = await sent(house, of_b)
    inside = await shown(house, f"/tickets/{more['id']}")
    assert (inside["customer"]["id"], inside["customer"]["origin"]) == (a, b)
    wishes = {"email": False, "sms": False}
    assert (await of_b.put("/portal/preferences", json=wishes)).status_code == 200
    assert (await of_a.get("/portal/preferences")).json()["sms"] is False
    assert (await client.post(f"/customers/{b}/unmerge")).status_code == 200
    rows = (await of_b.get("/portal/tickets")).json()["items"]
    assert {row["id"] for row in rows} == {tb["id"], more["id"]}, (
        "what came meanwhile stays with whom it came for"
    )
    assert (await of_b.get(f"/portal/tickets/{ta['id']}")).status_code == 404
    rows = (await of_a.get("/portal/tickets")).json()["items"]
    assert {row["id"] for row in rows} == {ta["id"]}
    assert (await client.delete(f"/customers/{a}/portal")).status_code == 204
    assert (await of_b.get("/portal/tickets")).status_code == 200


async def test_tier_wishes_and_verification_go_by_the_rules_told(house: House) -> None:
    client = await house.client()
    ta, tb = await two(house)
    a, b = who(ta), who(tb)
    assert (await client.put(f"/customers/{b}/tier", json={"tier": "vip"})).status_code == 200
    assert {c["code"] for c in (await merged(house, b, a))["conflicts"]} == {"language", "tier"}
    assert (await shown(house, f"/customers/{b}"))["tier"] is None
    assert (await client.put(f"/customers/{b}/tier", json={"tier": "gold"})).json()["tier"] == "gold"
    person = await shown(house, f"/customers/{a}")
    of_b = next(c for c in person["contacts"] if c["mask"] == "139****9000")
    of_a = next(c for c in person["contacts"] if c["kind"] == "mobile" and c["customer_id"] == a)
    tried = {"method": "sms", "passed": True, "channel": "phone"}
    assert (await client.post(f"/tickets/{tb['id']}/verifications", json=tried)).status_code == 201
    # Verified as B: good for what B is known by, not for what A is known by.
    refused = await client.delete(f"/customers/{a}/contacts/{of_a['id']}")
    assert (refused.status_code, refused.json()["title"]) == (409, "VerificationNeeded")
    assert (await client.delete(f"/customers/{a}/contacts/{of_b['id']}")).status_code == 204
    assert (await client.post(f"/customers/{b}/unmerge")).status_code == 200
    assert (await shown(house, f"/customers/{b}"))["tier"] == "vip"
    assert (await shown(house, f"/customers/{a}"))["tier"] == "gold"


async def test_a_shared_phone_says_no_more_after_a_merge_than_before(house: House) -> None:
    client = await house.client()
    ta = await house.ticket(client, "general", customer=A)
    reached = {"name": "张示例", "mobiles": ["13700137000"]}
    tb = await house.ticket(client, "general", customer=reached)
    assert who(await house.ticket(client, "general", customer=reached)) == who(tb)
    await merged(house, who(tb), who(ta))
    again = who(await house.ticket(client, "general", customer=reached))
    assert again not in (who(ta), who(tb)), "by a phone alone nobody is taken for one who is known by more"


async def test_tickets_of_one_person_may_be_merged(house: House) -> None:
    client = await house.client()
    ta, tb = await two(house)
    body = {"version": tb["version"], "into": ta["number"], "reason": "同一事"}
    refused = await client.post(f"/tickets/{tb['id']}/merge", json=body)
    assert refused.json()["title"] == "OtherCustomer"
    await merged(house, who(tb), who(ta))
    tb = await shown(house, f"/tickets/{tb['id']}")
    answer = await client.post(f"/tickets/{tb['id']}/merge", json={**body, "version": tb["version"]})
    assert (answer.status_code, answer.json()["state"]) == (200, "merged"), answer.text


async def test_duplicates_are_told_masked_and_only_to_those_who_merge(house: House) -> None:
    client = await house.client()
    ta, tb = await two(house)
    await house.ticket(client, "general", customer={"name": "李示例", "mobiles": ["13600136000"]})
    path = f"/customers/{who(ta)}/duplicates"
    assert (await (await house.client("agent")).get(path)).status_code == 403
    [one] = await shown(house, path)
    assert (one["id"], one["shared"]) == (who(tb), [{"kind": "mobile", "mask": "138****8000"}])
    assert "13800138000" not in str(one)
    await merged(house, who(tb), who(ta))
    assert await shown(house, path) == []


async def closed(house: House, ticket: Json) -> None:
    client = await house.client()
    ticket = await shown(house, f"/tickets/{ticket['id']}")
    await do(client, ticket, "withdraw", proof="客户来电撤回")


async def test_an_erased_person_goes_whole_and_is_kept_whole(house: House, desk: Desk) -> None:
    boss, compliance = await house.client(), await house.client("compliance")
    ta, tb = await two(house)
    a, b = who(ta), who(tb)
    await merged(house, b, a)
    await closed(house, ta)
    refused = await compliance.post(f"/customers/{a}/erase", json=GROUND)
    assert (refused.status_code, refused.json()["title"]) == (409, "MustBeKept"), "B's ticket is open"
    await closed(house, tb)
    asked = (await compliance.post(f"/customers/{a}/erase", json=GROUND)).json()
    assert (await boss.post(f"/erasures/{asked['id']}/approve")).status_code == 200
    await erase.finish(desk, house.tenant_id, UUID(asked["id"]))
    for ticket in (ta, tb):
        assert (await shown(house, f"/tickets/{ticket['id']}"))["title"] == "〔已删除〕"
        assert (await shown(house, f"/tickets/{ticket['id']}/verify"))["clean"]
    assert (await shown(house, f"/customers/{b}"))["contacts"] == []
    assert (await boss.post(f"/customers/{b}/unmerge")).status_code == 410
    async with desk.database.work(house.tenant_id) as work:
        keys = await privacy.find_subjects(work, [UUID(a), UUID(b)])
    assert set(keys.values()) == {"shredded"}


async def test_two_merges_that_cross_make_no_ring(house: House, owner: psycopg.Connection) -> None:
    ta, tb = await two(house)
    client = await house.client()
    from tests.conftest import gather

    answers = await gather(
        *(
            client.post(f"/customers/{one}/merge", json={"into": other, "reason": WHY})
            for one, other in ((who(ta), who(tb)), (who(tb), who(ta)))
        )
    )
    assert sorted(a.status_code for a in answers) == [200, 409], [a.text for a in answers]
    rows = owner.execute(
        "select count(*) from customer where tenant_id = %s and merged_into is not null", (house.tenant_id,)
    ).fetchone()
    assert rows == (1,)


@pytest.mark.parametrize("kind", ["customer.merged", "customer.unmerged"])
async def test_the_audit_finds_it(house: House, kind: str) -> None:
    ta, tb = await two(house)
    await merged(house, who(tb), who(ta))
    assert (await (await house.client()).post(f"/customers/{who(tb)}/unmerge")).status_code == 200
    page = await shown(house, f"/audit/events?kind={kind}&whom={who(tb)}", await house.client("auditor"))
    assert [item["kind"] for item in page["items"]] == [kind]
    assert desk_actor(house.tenant_id).id == house.tenant_id
