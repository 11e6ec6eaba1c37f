"""Values in clear: for a reason, for minutes, within the day's limit, on record first, and nowhere else."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import psycopg
import pytest

from bihuan.core import clock, ids
from bihuan.privacy.subject_key_store import store_of
from tests.conftest import House
from tests.tickets.doing import READY, do
from tests.tickets.looking import (
    CARD,
    MOBILE,
    WHY,
    at_screen,
    bodies,
    signed_in,
    spans,
    ticket_with_card,
    unmasked,
)

_NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # Tuesday noon in Beijing


async def test_a_value_in_a_text_is_shown_for_minutes_and_is_a_look_first(
    house: House, owner: psycopg.Connection
) -> None:
    agent = await at_screen(house)
    ticket = await ticket_with_card(house)
    by_kind = {span[2]: span[3] for span in await spans(agent, ticket)}
    answer = await unmasked(agent, ticket, value_ids=[by_kind["card_number"], by_kind["mobile"]], minutes=2)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    shown = {one["kind"]: one for one in answer.json()["values"]}
    assert (shown["card_number"]["value"], shown["mobile"]["value"]) == (CARD, MOBILE)
    assert answer.json()["left"] == 98
    left = datetime.fromisoformat(shown["card_number"]["until"]) - clock.now()
    assert timedelta(seconds=90) < left <= timedelta(minutes=2)
    looks = bodies(owner, house, "value.unmasked")
    assert {look["data"]["value_kind"]: look["data"]["value"] for look in looks} == by_kind
    (one,) = {(look["data"]["ticket"], look["data"]["reason"], look["data"]["note"]) for look in looks}
    assert one == (ticket["id"], "handle", WHY["text"])
    assert (
        CARD not in msgspec.json.encode(looks).decode() and MOBILE not in msgspec.json.encode(looks).decode()
    )


async def test_a_field_is_asked_for_by_its_code_and_a_contact_by_its_value(house: House) -> None:
    agent = await at_screen(house)
    ticket = await ticket_with_card(house)
    protected = next(code for code, value in ticket["fields"].items() if "*" in str(value))
    contact = ticket["customer"]["contacts"][0]
    answer = await unmasked(agent, ticket, fields=[protected], value_ids=[contact["value_id"]])
    assert answer.status_code == 200, answer.text
    shown = answer.json()["values"]
    assert len(shown) == 2 and {one["field"] for one in shown} == {protected, None}
    assert not any("*" in one["value"] for one in shown)


async def test_what_is_asked_again_within_its_minutes_is_no_new_look(
    house: House, owner: psycopg.Connection
) -> None:
    with clock.travel(_NOON) as time:
        agent = await at_screen(house)
        ticket = await ticket_with_card(house)
        value_id = (await spans(agent, ticket))[0][3]
        first = (await unmasked(agent, ticket, value_ids=[value_id])).json()
        time.on(timedelta(minutes=4))
        again = (await unmasked(agent, ticket, value_ids=[value_id])).json()
        assert again == first
        assert len(bodies(owner, house, "value.unmasked")) == 1
        time.on(timedelta(minutes=2))
        later = (await unmasked(agent, ticket, value_ids=[value_id])).json()
        assert later["left"] == first["left"] - 1
        assert len(bodies(owner, house, "value.unmasked")) == 2


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "/value_ids"),
        ({"value_ids": ["x"]}, "/value_ids/0"),
        ({"value_ids": [str(ids.new_id()) for _ in range(101)]}, "/value_ids"),
        ({"fields": ["no_such_field"]}, "/fields/0"),
        ({"value_ids": [str(ids.new_id())], "minutes": 6}, "/minutes"),
        ({"value_ids": [str(ids.new_id())], "minutes": 0}, "/minutes"),
        ({"value_ids": [str(ids.new_id())], "reason": {"code": "handle", "text": "看看"}}, "/reason/text"),
        (
            {"value_ids": [str(ids.new_id())], "reason": {"code": "curious", "text": "只是想看看"}},
            "/reason/code",
        ),
    ],
)
async def test_what_is_not_right_is_named(
    shared_house: House, asked: dict[str, object], pointer: str
) -> None:
    agent = await at_screen(shared_house, login=f"agent-{ids.new_id().hex[-8:]}")
    ticket = await ticket_with_card(shared_house)
    answer = await unmasked(agent, ticket, **asked)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


async def test_a_value_of_another_ticket_and_a_ticket_of_another_team_are_not_there(
    house: House, owner: psycopg.Connection
) -> None:
    agent = await at_screen(house)
    stranger = await at_screen(house, login="stranger", team="FRAUD")
    ticket = await ticket_with_card(house)
    other = await ticket_with_card(house, customer={"kind": "person", "external_ref": "C-9"})
    assert other["customer"]["id"] != ticket["customer"]["id"]
    assert (await agent.get(f"/tickets/{other['id']}")).status_code == 200
    value_id = (await spans(agent, ticket))[0][3]
    for client, at in ((agent, other), (stranger, ticket)):
        answer = await unmasked(client, at, value_ids=[value_id])
        assert (answer.status_code, answer.json()["title"]) == (404, "NotFound")
    assert bodies(owner, house, "value.unmasked") == []
    assert [body["data"]["problem"] for body in bodies(owner, house, "access.refused")] == ["NotFound"] * 2


async def test_a_token_and_who_may_not_see_nothing(house: House, owner: psycopg.Connection) -> None:
    ticket = await ticket_with_card(house)
    value_id = (await spans(await house.client(), ticket))[0][3]
    for client, title in (
        (await house.client("supervisor"), "SessionNeeded"),
        (await house.client("quality"), "NotAllowed"),
    ):
        answer = await unmasked(client, ticket, value_ids=[value_id])
        assert (answer.status_code, answer.json()["title"]) == (403, title)
    assert bodies(owner, house, "value.unmasked") == []


async def test_the_days_limit_holds_for_many_at_once(house: House) -> None:
    compliance = await house.client("compliance")
    policy = (await compliance.get("/looks/policy")).json()
    policy["policy"]["values_a_day"] = 3
    put = await compliance.put(
        "/looks/policy", json={"version": policy["version"], "policy": policy["policy"]}
    )
    assert put.status_code == 200, put.text
    with clock.travel(_NOON) as time:
        agent = await at_screen(house)
        tickets = [await ticket_with_card(house) for _ in range(6)]
        found = [(await spans(agent, ticket))[0][3] for ticket in tickets]
        answers = await asyncio.gather(
            *(unmasked(agent, t, value_ids=[v]) for t, v in zip(tickets, found, strict=True))
        )
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 3
        refusal = next(answer.json() for answer in answers if answer.status_code == 429)
        assert (refusal["title"], refusal["most"], refusal["left"]) == ("LookLimit", 3, 0)
        assert (await agent.get("/looks/allowance")).json()["left"] == 0
        time.on(timedelta(days=1))
        agent = await signed_in(house, "agent-at-screen")
        told = (await agent.get("/looks/allowance")).json()
        assert (told["most"], told["left"], told["minutes"]) == (3, 3, 5)
        assert told["reasons"][0] == {"code": "verify", "title": "核对客户身份"}


async def test_a_role_may_have_a_limit_of_its_own(house: House) -> None:
    compliance = await house.client("compliance")
    policy = {"values_a_day": 0, "roles": {"agent": {"values": 7}}}
    assert (await compliance.put("/looks/policy", json={"version": 0, "policy": policy})).status_code == 200
    for role, most in (("agent", 7), ("lead", 0)):
        person = await at_screen(house, role)
        assert (await person.get("/looks/allowance")).json()["most"] == most
    stale = await compliance.put("/looks/policy", json={"version": 0, "policy": policy})
    assert (stale.status_code, stale.json()["title"]) == (409, "PolicyChanged")
    wrong = {"version": 1, "policy": {"calendar": "no_such", "zone": "Mars/Base"}}
    answer = await compliance.put("/looks/policy", json=wrong)
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/policy/zone", "/policy/calendar"}


async def test_no_answer_in_clear_is_kept_anywhere(
    house: House, owner: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    agent = await at_screen(house)
    ticket = await ticket_with_card(house)
    values = [span[3] for span in await spans(agent, ticket)]
    agent.headers["idempotency-key"] = "once"
    for _ in range(2):
        assert CARD in (await unmasked(agent, ticket, value_ids=values)).text
    dumped = owner.execute(
        "select string_agg(i::text, '') from idempotency i where i.tenant_id = %s", (house.tenant_id,)
    ).fetchone()
    assert dumped is not None and CARD not in (dumped[0] or "")
    for table in ("event", "look", "audit_entry", "outbox", "message", "ticket"):
        row = owner.execute(
            f"select string_agg(t::text, '') from {table} t where t.tenant_id = %s".encode(),
            (house.tenant_id,),
        ).fetchone()
        assert row is not None and CARD not in row[0] and MOBILE not in row[0], table
    assert CARD not in caplog.text and MOBILE not in caplog.text


async def test_lists_and_reports_stay_masked_for_who_is_being_shown(house: House) -> None:
    person = await at_screen(house, "supervisor")
    ticket = await ticket_with_card(house, title=f"卡 {CARD} 的争议")
    values = [span[3] for span in await spans(person, ticket)]
    assert CARD in (await unmasked(person, ticket, value_ids=values)).text
    for path in (
        "/tickets",
        f"/tickets/{ticket['id']}",
        f"/tickets/{ticket['id']}/timeline",
        "/audit/events",
    ):
        text = (await person.get(path)).text
        assert CARD not in text and MOBILE not in text, path
    command = {
        "verb": "tag",
        "items": [{"id": ticket["id"], "version": ticket["version"]}],
        "command": {"add": ["x"]},
    }
    assert CARD not in (await person.post("/tickets/bulk", json=command)).text


async def test_words_of_a_reason_are_masked_like_any(house: House, owner: psycopg.Connection) -> None:
    agent = await at_screen(house)
    ticket = await ticket_with_card(house)
    value_id = (await spans(agent, ticket))[0][3]
    reason = {"code": "contact", "text": f"要拨打 {MOBILE} 联系客户"}
    assert (await unmasked(agent, ticket, value_ids=[value_id], reason=reason)).status_code == 200
    (look,) = bodies(owner, house, "value.unmasked")
    assert MOBILE not in look["data"]["note"] and "138****8000" in look["data"]["note"]


async def test_who_has_been_erased_is_gone(house: House, owner: psycopg.Connection) -> None:
    agent = await at_screen(house)
    ticket = await ticket_with_card(house)
    value_id = (await spans(agent, ticket))[0][3]
    await erased(house, UUID(ticket["customer"]["id"]))
    answer = await unmasked(agent, ticket, value_ids=[value_id])
    assert (answer.status_code, answer.json()["title"]) == (410, "Shredded"), answer.text
    assert bodies(owner, house, "value.unmasked") == []


async def erased(house: House, customer_id: UUID) -> None:
    """Destroy a customer's key."""
    await store_of(house.desk.ring).shred(house.tenant_id, [customer_id], at=clock.now(), by="test")


async def test_a_search_by_a_whole_number_is_a_look_and_limited(
    house: House, owner: psycopg.Connection
) -> None:
    compliance = await house.client("compliance")
    policy = {"searches_a_day": 2}
    assert (await compliance.put("/looks/policy", json={"version": 0, "policy": policy})).status_code == 200
    ticket = await ticket_with_card(house)
    agent = await house.client("agent")
    body = {"kind": "card_number", "value": CARD}
    assert (await agent.post("/tickets/search", json=body)).json()["ids"] == [ticket["id"]]
    assert (await agent.post("/tickets/search", json={**body, "value": "4111111111111111"})).json()[
        "ids"
    ] == []
    refusal = await agent.post("/tickets/search", json=body)
    assert (refusal.status_code, refusal.json()["title"]) == (429, "SearchLimit")
    told = [body["data"] for body in bodies(owner, house, "tickets.searched")]
    assert told == [{"found": 1, "value_kind": "card_number"}, {"found": 0, "value_kind": "card_number"}]


async def test_where_the_desk_asks_again_who_it_is_an_old_proof_is_not_enough(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        house.desk, "settings", msgspec.structs.replace(house.desk.settings, unmask_confirm=1)
    )
    with clock.travel(_NOON) as time:
        agent = await at_screen(house)
        ticket = await ticket_with_card(house)
        value_id = (await spans(agent, ticket))[0][3]
        assert (await unmasked(agent, ticket, value_ids=[value_id])).status_code == 200
        time.on(timedelta(minutes=16))
        answer = await unmasked(agent, ticket, value_ids=[value_id])
        assert (answer.status_code, answer.json()["title"]) == (403, "ConfirmAgain"), answer.text


async def test_masks_in_title_elements_and_resolution_are_shown_for_a_reason(
    house: House, owner: psycopg.Connection
) -> None:
    agent = await at_screen(house, team="CS_L1")
    ticket = await house.ticket(
        agent,
        "general",
        title=f"卡 {CARD} 被扣",
        elements={"symptom": f"短信发到 {MOBILE}", "tried": "没有"},
        customer={"mobiles": ["13900139000"]},
    )
    assert ticket["title"] == "卡 622202******2230 被扣"
    assert set(ticket["spans"]) == {"title", "elements.symptom"}
    [[start, end, kind, value_id]] = ticket["spans"]["title"]
    assert (ticket["title"][start:end], kind) == ("622202******2230", "card_number")
    shown = (await unmasked(agent, ticket, value_ids=[value_id])).json()["values"]
    assert [(one["value_id"], one["value"]) for one in shown] == [(value_id, CARD)]
    [[*_, mobile]] = ticket["spans"]["elements.symptom"]
    assert (await unmasked(agent, ticket, value_ids=[mobile])).json()["values"][0]["value"] == MOBILE
    # Another number that looks the same once masked is another value.
    other = "13811118000"
    ticket = await do(agent, ticket, "fields", elements={"symptom": f"短信发到 {other}"})
    [[*_, changed]] = ticket["spans"]["elements.symptom"]
    assert changed != mobile and set(ticket["spans"]) == {"title", "elements.symptom"}
    assert (await unmasked(agent, ticket, value_ids=[changed])).json()["values"][0]["value"] == other
    ticket = await do(agent, ticket, "fields", title="卡被扣")
    assert set(ticket["spans"]) == {"elements.symptom"}
    for verb, command in (*READY, ("claim", {})):
        ticket = await do(agent, ticket, verb, **command)
    ticket = await do(agent, ticket, "resolve", resolution=f"已退回到 {CARD}", outcome="explained")
    [[*_, told]] = ticket["spans"]["resolution"]
    assert (await unmasked(agent, ticket, value_ids=[told])).json()["values"][0]["value"] == CARD
    looks = [body["data"]["value"] for body in bodies(owner, house, "value.unmasked")]
    assert looks == [value_id, mobile, changed, told]
    assert (await (await house.client()).get(f"/tickets/{ticket['id']}/verify")).json()["clean"]
