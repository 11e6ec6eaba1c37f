"""What is not public is told to a verified customer alone: by an answer, or by reading a value out to them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bihuan.core import clock
from bihuan.core.clock import Traveller
from tests.conftest import House
from tests.tickets.doing import Json, do, kinds, read, refused
from tests.tickets.looking import CARD, WHY, at_screen, spans, ticket_with_card, unmasked


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with clock.travel(clock.now()) as traveller:
        yield traveller


async def _verify(client: httpx.AsyncClient, ticket: Json, method: str, **more: Any) -> Json:
    body = {"method": method, "passed": True, "channel": "phone", **more}
    answer = await client.post(f"/tickets/{ticket['id']}/verifications", json=body)
    assert answer.status_code == 201, answer.text
    return await read(client, ticket)


async def test_an_answer_that_discloses_needs_the_level_once(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "disputed_bill")
    plain = {"body": "您好，已收到您的来电，我们会尽快核查。"}
    ticket = await do(client, ticket, "reply", **plain)
    facts = {"body": "您的本期账单为 8,300 元。", "discloses": True}
    told = await refused(client, ticket, "reply", (409, "VerificationNeeded"), **facts)
    assert (told["need"], told["have"]) == (3, 0)
    number = {"body": f"卡号 {CARD} 已停用。"}
    await refused(client, ticket, "reply", (409, "VerificationNeeded"), **number)
    ticket = await _verify(client, ticket, "sms")
    told = await refused(client, ticket, "reply", (409, "VerificationNeeded"), **facts)
    assert told["have"] == 2
    ticket = await _verify(client, ticket, "face")
    time.on(timedelta(days=1))
    ticket = await do(client, ticket, "reply", **facts)
    ticket = await do(client, ticket, "reply", **number)
    assert (await kinds(client, ticket)).count("replied") == 3


async def test_the_lowest_level_is_enough_where_the_case_type_asks_for_it_alone(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    await refused(
        client, ticket, "reply", (409, "VerificationNeeded"), body="您的余额为 20 元。", discloses=True
    )
    ticket = await _verify(client, ticket, "knowledge")
    ticket = await do(client, ticket, "reply", body="您的余额为 20 元。", discloses=True)
    assert (await kinds(client, ticket)).count("replied") == 1


async def test_a_value_is_read_out_in_a_verified_contact_alone(house: House, time: Traveller) -> None:
    agent = await at_screen(house)
    ticket = await ticket_with_card(house)
    value_id = (await spans(agent, ticket))[0][3]
    asked = {"value_ids": [value_id], "reason": {"code": "tell", "text": "客户来电询问登记的卡号"}}
    answer = await unmasked(agent, ticket, **asked)
    assert (answer.status_code, answer.json()["title"]) == (409, "VerificationNeeded"), answer.text
    assert (answer.json()["need"], answer.json()["have"]) == (3, 0)
    # To verify somebody one must see what they should know.
    ticket = await _verify(await house.client(), ticket, "video")
    assert (await unmasked(agent, ticket, **asked)).status_code == 200
    time.on(timedelta(minutes=31))
    answer = await unmasked(agent, ticket, **asked)
    assert answer.json()["title"] == "VerificationNeeded", "another contact"
    assert (await unmasked(agent, ticket, value_ids=[value_id], reason=WHY)).status_code == 200
    codes = [one["code"] for one in (await agent.get("/looks/allowance")).json()["reasons"]]
    assert "tell" in codes


async def test_a_recorded_verification_ticks_its_step(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "disputed_bill", evidence=[])
    assert "verify_identity" not in ticket["checklist"]
    ticket = await _verify(client, ticket, "sms")
    assert "verify_log" in ticket["evidence"]
    assert "verify_identity" not in ticket["checklist"], "level 2 of 3"
    ticket = await _verify(client, ticket, "face", passed=False)
    assert "verify_identity" not in ticket["checklist"]
    ticket = await _verify(client, ticket, "face")
    assert "verify_identity" in ticket["checklist"]
    last = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]
    assert last["data"]["changes"]["checklist"][1] == ticket["checklist"]
    missing = {m["pointer"] for m in ticket["missing"]}
    assert not {"/checklist/verify_identity", "/evidence/verify_log"} & missing
    ticket = await do(client, ticket, "check", checklist=["verify_identity"], undo=True)
    assert "verify_identity" not in ticket["checklist"]
    assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]
