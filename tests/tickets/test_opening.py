"""Opening: what is missing or wrong is named all at once, what is right is whole from the first moment."""

from typing import Any

import pytest

from tests.conftest import House, gather
from tests.tickets.doing import clocks


@pytest.mark.parametrize("case_type", ["general", "disputed_bill", "lost_card", "settlement_delay"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_worked_example_of_each_type_opens_as_it_is(
    shared_house: House, case_type: str, language: str
) -> None:
    client = await shared_house.client()
    said = {"accept-language": language}
    example = (await client.get(f"/case-types/{case_type}", headers=said)).json()["example"]
    answer = await client.post("/tickets", json=example, headers=said)
    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    assert (ticket["state"], ticket["version"], ticket["case_type"]) == ("intake", 1, case_type)
    assert set(clocks(ticket)) == {"first_response", "resolution"}
    assert ticket["state_text"] == ("受理" if language == "zh" else "Intake")
    read = await client.get(f"/tickets/{ticket['number'][:5]}-{ticket['number'][5:]}", headers=said)
    shown = {k: v for k, v in read.json().items() if k not in ("clocks", "duplicates", "customer")}
    assert shown == {k: ticket[k] for k in shown}


async def test_everything_wrong_in_one_answer(house: House) -> None:
    client = await house.client()
    body = {
        "case_type": "disputed_bill",
        "title": "",
        "priority": "now",
        "elements": {"occurred_at": "2999-01-01T00:00:00+08:00", "symptom": "短", "nonsense": "x"},
        "fields": {"reason": "duplicate", "card_number": "6222020200112231", "amount": {"amount": "x", "currency": "CNY"}, "cvv": "123"},
        "customer": {"kind": "person", "id_number": "110105194912310021"},
        "tags": ["a,b"],
        "surprise": True,
    }  # fmt: skip
    answer = await client.post("/tickets", json=body)
    assert answer.status_code == 422
    codes = {e["pointer"]: e["code"] for e in answer.json()["errors"]}
    wanted = {
        "/title": "too_short", "/description": "missing", "/priority": "choice", "/tags/0": "pattern", "/surprise": "unknown",
        "/elements/occurred_at": "in_future", "/elements/symptom": "too_short", "/elements/nonsense": "unknown",
        "/fields/card_number": "checksum", "/fields/cvv": "unknown", "/fields/amount": "type",
        "/fields/transaction_on": "missing", "/fields/merchant": "missing", "/fields/other_transaction_on": "missing",
    }  # fmt: skip
    assert wanted.items() <= codes.items(), wanted.items() - codes.items()


async def test_what_the_five_elements_still_need_is_asked_with_the_fields(house: House) -> None:
    client = await house.client()
    example = await house.example()
    del example["elements"]["symptom"], example["fields"]["merchant"], example["fields"]["transaction_on"]
    example["customer"]["id_number"] = "110105194912310021"
    answer = await client.post("/tickets", json=example)
    codes = {e["pointer"]: e["code"] for e in answer.json()["errors"]}
    assert codes == {
        "/elements/symptom": "missing",
        "/fields/merchant": "missing",
        "/fields/transaction_on": "missing",
        "/customer/id_number": "checksum",
    }


async def test_at_a_door_that_cannot_ask_back_it_opens_with_what_is_there(house: House) -> None:
    client = await house.client()
    body = {"case_type": "disputed_bill", "title": "邮件投诉", "description": "有一笔不是我刷的"}
    assert (await client.post("/tickets", json={**body, "channel": "portal"})).status_code == 422
    opened = await client.post("/tickets", json={**body, "channel": "phone"})
    assert opened.status_code == 201, opened.text
    missing = {m["pointer"] for m in opened.json()["missing"]}
    assert {
        "/fields/reason",
        "/fields/card_number",
        "/elements/symptom",
        "/checklist/verify_identity",
    } <= missing
    claimed = await client.post(f"/tickets/{opened.json()['id']}/claim", json={"version": 1})
    assert (claimed.json()["state"], claimed.json()["assignee"]) == ("intake", "supervisor")
    refused = await client.post(f"/tickets/{opened.json()['id']}/process", json={"version": 2})
    assert (refused.status_code, refused.json()["title"]) == (422, "Incomplete")
    assert {e["pointer"] for e in refused.json()["errors"]} == missing


@pytest.mark.parametrize(
    "changes",
    [{"case_type": "nothing"}, {"case_type": "'; --"}, {"channel": "pigeon"}, {"evidence": ["nonsense"]}, {"tags": ["x"] * 21},
     {"title": "x" * 201}, {"description": "x" * 50_001}, {"fields": {"a": {"b": [1, {"c": None}]}}}, {"fields": []},
     {"elements": {"symptom": 1}}, {"elements": {"tried": "x" * 4001}}, {"fields": {"orders_hit": 10**30}},
     {"fields": {"amount": {"amount": "1e999", "currency": "CNY"}}}, {"fields": {"topic": ["enquiry"]}}, {"fields": {"topic": {}}},
     {"customer": []}, {"priority": None, "title": None}],
)  # fmt: skip
async def test_odd_values_are_refused_by_name(shared_house: House, changes: dict[str, Any]) -> None:
    client = await shared_house.client()
    answer = await client.post("/tickets", json={**await shared_house.example("general"), **changes})
    assert (answer.status_code, answer.json()["title"]) == (422, "Invalid"), answer.text
    assert {e["pointer"].split("/")[1] for e in answer.json()["errors"]} <= changes.keys()


async def test_numbers_are_unique_and_sayable_when_many_open_at_once(house: House) -> None:
    client = await house.client()
    body = await house.example("general")
    answers = await gather(
        *(client.post("/tickets", json={**body, "title": f"第 {n} 张"}) for n in range(60))
    )
    assert {a.status_code for a in answers} == {201}
    numbers = {a.json()["number"] for a in answers}
    assert len(numbers) == 60
    assert all(len(n) == 10 and n.isdigit() for n in numbers)
    assert (await client.get("/tickets/count")).json()["count"] == 60


async def test_what_a_ticket_can_do_next_is_told(house: House) -> None:
    ticket = await house.ticket()
    assert "claim" in ticket["actions"] and "archive" not in ticket["actions"]
    assert not {"absorb", "hand_on"} & set(ticket["actions"])
