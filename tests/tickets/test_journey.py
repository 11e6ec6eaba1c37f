"""One disputed bill, from opening to archive, over HTTP; its record verifies."""

from typing import Any

import httpx

from tests.conftest import House, gather
from tests.tickets.doing import do, read


async def _fill(client: httpx.AsyncClient, ticket: dict[str, Any]) -> dict[str, Any]:
    """Do and bring whatever the next step still needs, as an agent would: from the list of what is missing."""
    for _ in range(6):
        lacking = [m["pointer"].split("/")[1:] for m in ticket["missing"]]
        for kind in ("checklist", "evidence"):
            if codes := [code for place, code in lacking if place == kind]:
                ticket = await do(client, ticket, "check", **{kind: codes})
        if fields := {code: _VALUES[code] for place, code in lacking if place == "fields"}:
            ticket = await do(client, ticket, "fields", fields=fields)
        if not ticket["missing"]:
            return ticket
    raise AssertionError(ticket["missing"])


#: What an agent finds out about the worked example: one breakfast, booked twice.
_VALUES: dict[str, Any] = {
    "card_scheme": "unionpay",
    "network_deadline_on": "2027-05-17",
    "transaction_ref": "RRN202611180001",
    "finding": "商户重复提交同一笔交易,清算文件核实为重复入账。",
    "outcome": "partly_refunded",
    "refund_total": {"amount": "20.00", "currency": "CNY"},
}


async def test_whole_way(house: House) -> None:
    client = await house.client("supervisor")
    ticket = await house.ticket(client)
    assert (ticket["state"], ticket["team"], ticket["version"]) == ("intake", "DISPUTE", 1)
    ticket = await do(client, ticket, "claim")
    assert (ticket["state"], ticket["assignee"]) == ("intake", "supervisor"), (
        "受理 is left only when complete"
    )
    ticket = await _fill(client, ticket)
    ticket = await do(client, ticket, "process")
    assert ticket["state"] == "processing"
    ticket = await do(client, ticket, "reply", body="您好,已受理,正在核实两笔入账。")
    clocks = {c["kind"]: c["state"] for c in ticket["clocks"]}
    assert clocks == {"first_response": "met", "resolution": "running"}
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="等待签购单")
    assert {c["kind"]: c["state"] for c in ticket["clocks"]}["resolution"] == "paused"
    answer = await client.post(f"/tickets/{ticket['id']}/receive", json={"body": "签购单已上传"})
    ticket = answer.json()
    assert ticket["state"] == "processing", "the customer's word takes a waiting ticket up again"
    ticket = await _fill(client, ticket)
    tried = {"method": "sms", "passed": True, "channel": "phone"}
    assert (await client.post(f"/tickets/{ticket['id']}/verifications", json=tried)).status_code == 201
    ticket = await read(client, ticket)
    ticket = await do(
        client,
        ticket,
        "resolve",
        resolution="重复入账 28.50 元,商户已退 20.00 元,余 8.50 元下期账单冲正。",
        outcome="compensated",
    )
    assert {c["kind"]: c["state"] for c in ticket["clocks"]} == {"first_response": "met", "resolution": "met"}
    refused = await client.post(f"/tickets/{ticket['id']}/archive", json={"version": ticket["version"]})
    assert (refused.status_code, refused.json()["title"]) == (409, "CallBackFirst")
    ticket = await do(client, ticket, "call_back", result="satisfied", note="客户表示满意")
    ticket = await _fill(client, ticket)
    ticket = await do(client, ticket, "archive")
    assert (ticket["state"], ticket["stage"], ticket["missing"]) == ("archived", "archive", [])
    timeline = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    assert [e["seq"] for e in timeline] == list(range(1, ticket["version"] + 1))
    verified = (await client.get(f"/tickets/{ticket['id']}/verify")).json()
    assert verified == {"clean": True, "events": ticket["version"], "seals": 0, "findings": []}


async def test_three_errors_in_one_answer(house: House) -> None:
    client = await house.client()
    body = await house.example()
    del body["fields"]["reason"], body["fields"]["transaction_on"]
    body["fields"]["amount"] = "a lot"
    answer = await client.post("/tickets", json=body)
    assert answer.status_code == 422
    pointers = {e["pointer"]: e["code"] for e in answer.json()["errors"]}
    assert {"/fields/reason", "/fields/transaction_on", "/fields/amount"} <= pointers.keys()
    assert pointers["/fields/reason"] == pointers["/fields/transaction_on"] == "missing"


async def test_fifty_claims_one_wins(house: House) -> None:
    await house.client()
    ticket = await house.ticket()
    clients = [await house.client("agent", login=f"agent{i}") for i in range(10)]
    url = f"/tickets/{ticket['id']}/claim"
    answers = await gather(*(clients[i % 10].post(url, json={"version": 1}) for i in range(50)))
    statuses = sorted(a.status_code for a in answers)
    assert statuses == [200] + [409] * 49, {a.status_code: a.text for a in answers}
