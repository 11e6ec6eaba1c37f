"""Tickets among one another: likely duplicates, merging, linking; and another case type."""

from typing import Any

import pytest

from tests.conftest import House, gather
from tests.tickets.doing import Json, do, in_state, kinds, read, refused, tried


async def test_the_same_object_of_the_same_customer_is_proposed(house: House) -> None:
    client = await house.client()
    first = await house.ticket(client)
    assert first["duplicates"] == []
    second = await house.ticket(client, title="又来一次")
    assert [(d["id"], d["number"]) for d in second["duplicates"]] == [(first["id"], first["number"])]
    example = await house.example()
    other_amount = {**example["fields"], "amount": {"amount": "99.00", "currency": "CNY"}}
    assert (await house.ticket(client, fields=other_amount))["duplicates"] == []
    stranger = {"kind": "person", "name": "李示例", "mobiles": ["13900139000"]}
    assert (await house.ticket(client, customer=stranger))["duplicates"] == []
    await do(client, first, "withdraw", proof="客户撤回")
    await do(client, second, "withdraw", proof="客户撤回")
    assert (await house.ticket(client))["duplicates"] == [], "what is closed is no duplicate"


async def test_a_merge_keeps_both_histories_and_names_each_in_the_other(house: House) -> None:
    client = await house.client()
    survivor, merged = await house.ticket(client), await house.ticket(client)
    ended = await do(client, merged, "merge", into=survivor["number"], reason="同一笔交易")
    assert (ended["state"], ended["merged_into"]) == ("merged", survivor["id"])
    assert await kinds(client, merged) == ["opened", "merged"]
    assert await kinds(client, survivor) == ["opened", "absorbed"]
    items = (await client.get(f"/tickets/{survivor['id']}/timeline")).json()["items"]
    assert items[-1]["data"]["merged_from"] == merged["number"]
    for ticket in (survivor, merged):
        assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]
    await refused(client, ended, "reopen", (409, "TicketClosed"), reason="再开")


async def test_what_cannot_be_merged(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client)
    stranger = {"kind": "person", "name": "李示例", "mobiles": ["13900139000"]}
    other = await house.ticket(client, customer=stranger)
    closed = await in_state(house, client, "withdrawn")
    why = {"reason": "同一件事"}
    await refused(client, ticket, "merge", (409, "NotIntoItself"), into=ticket["number"], **why)
    await refused(client, ticket, "merge", (409, "OtherCustomer"), into=other["number"], **why)
    unknown = await house.ticket(client, "general", customer=None)
    await refused(client, unknown, "merge", (409, "TicketClosed"), into=closed["number"], **why)
    for number in ("2000000000", "x", ticket["id"]):
        problem = await refused(client, other, "merge", (422, "Invalid"), into=number, **why)
        assert [e["pointer"] for e in problem["errors"]] == ["/into"]
    assert await kinds(client, ticket) == ["opened"]
    lead = await house.client("lead", team="FRAUD")
    answer = await tried(lead, {"id": ticket["id"], "version": 1}, "merge", into=other["number"], **why)
    assert answer.status_code in (404, 422), "neither is this lead's"


async def test_two_merges_that_cross_never_wait_for_one_another(house: House) -> None:
    client = await house.client()
    one, two = await house.ticket(client), await house.ticket(client)
    answers = await gather(
        tried(client, one, "merge", into=two["number"], reason="并入另一张"),
        tried(client, two, "merge", into=one["number"], reason="并入另一张"),
    )
    assert sorted(a.status_code for a in answers) == [200, 409], [a.text for a in answers]
    states = [(await read(client, t))["state"] for t in (one, two)]
    assert sorted(states) == ["intake", "merged"]


async def test_a_link_is_seen_from_both_sides(house: House, owner: Any) -> None:
    client = await house.client()
    parent, child = await house.ticket(client, "general"), await house.ticket(client, "general")
    for _ in range(2):
        parent = await do(client, parent, "link", other=child["number"], kind="child")
    rows = owner.execute(
        "select ticket_id::text, other_id::text, kind from link where tenant_id = %s", (house.tenant_id,)
    ).fetchall()
    assert sorted(rows) == sorted(
        [(parent["id"], child["id"], "child"), (child["id"], parent["id"], "parent")]
    )
    await refused(client, parent, "link", (409, "NotIntoItself"), other=parent["number"])
    problem = await refused(client, parent, "link", (422, "Invalid"), other="9999999999")
    assert problem["errors"][0]["pointer"] == "/other"


async def test_another_case_type_maps_what_it_can_and_lists_what_it_drops(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client)
    ticket = await do(
        client, ticket, "fields", fields={"transaction_ref": "RRN202611180001", "funds_frozen": True}
    )
    assert ticket["priority"] == "urgent"
    general = await do(client, ticket, "reclassify", case_type="general", reason="实为一般咨询")
    assert (general["case_type"], general["team"], general["priority"]) == ("general", "CS_L1", "urgent")
    assert general["fields"]["related_no"] == "RRN202611180001", "by the pack's same_as"
    assert general["fields"]["funds_frozen"] is True
    assert set(general["dropped"]) == {
        "card_number", "merchant", "other_transaction_on", "reason", "transaction_on", "transactions_hit",
    }  # fmt: skip
    last = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]
    assert set(last["message"]["dropped"]) == set(general["dropped"])
    assert last["message"]["dropped"]["card_number"] == "622202******2230"
    assert last["message"]["reason"] == "实为一般咨询"
    assert [c["started_at"] for c in general["clocks"]] == [c["started_at"] for c in ticket["clocks"]]
    assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]


async def test_reclassify_names_types_and_fields_there_are(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for command, pointer in (
        ({"case_type": "nothing"}, "/case_type"),
        ({"case_type": "disputed_bill", "fields": {"nonsense": 1}}, "/fields/nonsense"),
        (
            {"case_type": "disputed_bill", "fields": {"card_number": "6222020200112231"}},
            "/fields/card_number",
        ),
    ):
        problem = await refused(
            client, ticket, "reclassify", (422, "Invalid"), reason="另一种业务", **command
        )
        assert [e["pointer"] for e in problem["errors"]] == [pointer]
    fields = {"card_number": "4111111111111111", "reason": "duplicate"}
    disputed = await do(
        client, ticket, "reclassify", case_type="disputed_bill", reason="账单争议", fields=fields
    )
    assert disputed["fields"]["card_number"] == "411111******1111"
    assert "/fields/transaction_on" in {m["pointer"] for m in disputed["missing"]}


async def _bulk(client: Any, tickets: list[Json], verb: str, **command: Any) -> Json:
    items = [{"id": t["id"], "version": t["version"]} for t in tickets]
    answer = await client.post("/tickets/bulk", json={"verb": verb, "items": items, "command": command})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_bulk_does_each_by_itself_and_reports(house: House) -> None:
    client = await house.client()
    tickets = [await house.ticket(client, "general") for _ in range(4)]
    await do(client, tickets[1], "transfer", team="FRAUD", reason="疑似欺诈")
    await do(client, tickets[2], "withdraw", proof="客户撤回")
    gone = {"id": "0190f3a0-0000-7000-8000-000000000001", "version": 1}
    report = await _bulk(client, [*tickets, gone], "transfer", team="BILLING", reason="集中转派")
    assert (report["done"], report["refused"]) == (2, 3)
    assert [i["status"] for i in report["items"]] == [200, 409, 409, 200, 404]
    kinds_ = [(i.get("problem") or {}).get("type") for i in report["items"]]
    assert kinds_ == [None, "StaleWrite", "TicketClosed", None, "NotFound"]
    assert (await read(client, tickets[0]))["team"] == "BILLING"
    assert (await read(client, tickets[1]))["team"] == "FRAUD"
    report = await _bulk(client, tickets[:1], "tag", add=["批量"])
    assert report["done"] == 1


async def test_bulk_refuses_as_a_whole_what_nobody_may_or_can(house: House) -> None:
    lead, agent = await house.client("lead"), await house.client("agent")
    one = {"id": "0190f3a0-0000-7000-8000-000000000001", "version": 1}
    for client, body, status in (
        (lead, {"verb": "nothing", "items": [one]}, 422),
        (lead, {"verb": "receive", "items": [one], "command": {"body": "x"}}, 403),
        (agent, {"verb": "tag", "items": [one]}, 403),
        (lead, {"verb": "tag", "items": []}, 422),
        (lead, {"verb": "tag", "items": [one] * 201}, 422),
        (house.anonymous(), {"verb": "tag", "items": [one]}, 401),
    ):
        answer = await client.post("/tickets/bulk", json=body)
        assert answer.status_code == status, answer.text
    answer = await lead.post("/tickets/bulk", json={"verb": "transfer", "items": [one], "command": {"x": 1}})
    assert answer.json()["items"][0]["status"] == 422


async def test_more_bulk_changes_at_once_than_there_are_connections(house: House) -> None:
    client = await house.client()
    many = house.desk.settings.pool * 2
    tickets = [await house.ticket(client, "general") for _ in range(4)]
    reports = await gather(*(_bulk(client, tickets, "tag", add=[f"批{n}"]) for n in range(many)))
    assert [r["done"] for r in reports] == [4] * many
    assert len((await read(client, tickets[0]))["tags"]) == many


@pytest.mark.parametrize("size", [200])
async def test_bulk_of_the_most_there_may_be(house: House, size: int) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    items = [{"id": ticket["id"], "version": 1}] * size
    body = {"verb": "note", "items": items, "command": {"body": "批量备注"}}
    headers = {"idempotency-key": "bulk"}
    answer = await client.post("/tickets/bulk", json=body, headers=headers)
    assert answer.json()["done"] == size
    again = await client.post("/tickets/bulk", json=body, headers=headers)
    assert again.content == answer.content
    assert (await read(client, ticket))["version"] == size + 1
