"""核身: recorded by method, level and result, never the answers; asked for where the case type says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import clock, ids
from bihuan.core.clock import Traveller
from bihuan.customers import IN_PERSON, METHODS, MOST, Attempt, ever, standing
from tests.conftest import House
from tests.tickets.doing import Json, do, in_state, kinds, refused
from tests.tickets.timed import START

_MINUTE = timedelta(minutes=1)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with clock.travel(START) as traveller:
        yield traveller


async def _tried(client: httpx.AsyncClient, ticket: Json, method: str = "sms", **more: Any) -> httpx.Response:
    body = {"method": method, "passed": True, "channel": "phone", **more}
    return await client.post(f"/tickets/{ticket['id']}/verifications", json=body)


async def _verified(client: httpx.AsyncClient, ticket: Json, method: str = "sms", **more: Any) -> Json:
    answer = await _tried(client, ticket, method, **more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_recorded_with_its_event_and_nothing_said(house: House, owner: psycopg.Connection) -> None:
    client = await house.client("agent", login="li")
    ticket = await house.ticket(client, "disputed_bill")
    before = (await client.get(f"/tickets/{ticket['id']}/verifications")).json()
    assert (before["level"], before["attempts"], before["needs"]) == (
        0,
        [],
        {"disclose": 3, "change": 3, "resolve": 0},
    )
    shown = await _verified(client, ticket, reference="CALL-8f31")
    assert (shown["level"], shown["ever"], shown["in_person_only"]) == (2, 2, False)
    [one] = shown["attempts"]
    assert (one["method"], one["level"], one["passed"], one["attempt"], one["by"]) == (
        "sms",
        2,
        True,
        1,
        "li",
    )
    assert (await kinds(client, ticket))[-1] == "verification_recorded"
    last = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]["data"]
    assert (last["method"], last["level"], last["reference"]) == ("sms", 2, "CALL-8f31")
    columns = owner.execute(
        "select column_name from information_schema.columns where table_name = 'verification'"
    ).fetchall()
    assert not {"answer", "code", "image", "note", "body"} & {name for (name,) in columns}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"reference": "验证码是 482913"}, "/reference"),
        ({"reference": "482913"}, "/reference"),
        ({"reference": "x" * 65}, "/reference"),
        ({"reference": "card:6222020200112230"}, "/reference"),
        ({"reference": "ID:11010519491231002X"}, "/reference"),
        ({"level": 3}, "/level"),
        ({"level": 0}, "/level"),
        ({"level": 4}, "/level"),
        ({"passed": False, "level": 1}, "/level"),
        ({"method": "voice"}, "/method"),
        ({"answer": "妈妈的名字"}, "/answer"),
        ({"channel": "fax"}, "/channel"),
    ],
)
async def test_no_answer_no_code_no_level_beyond_the_method(
    shared_house: House, changes: Json, pointer: str
) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    answer = await _tried(client, ticket, **changes)
    assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (422, [pointer]), (
        answer.text
    )


async def test_after_two_failures_only_counter_or_video(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for number in (1, 2):
        shown = await _verified(client, ticket, "knowledge", passed=False)
        assert (shown["level"], shown["attempts"][0]["attempt"]) == (0, number)
    assert shown["in_person_only"]
    answer = await _tried(client, ticket, "sms")
    assert (answer.status_code, answer.json()["title"]) == (409, "InPersonOnly")
    assert "柜面" in answer.json()["detail"]
    assert (await _verified(client, ticket, "document", channel="counter"))["level"] == 3
    time.on(31 * _MINUTE)
    assert (await _verified(client, ticket, "sms"))["level"] == 2, "another contact"


async def test_holds_for_the_contact_and_the_customer(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    shown = await _verified(client, ticket, "face")
    assert shown["holds_until"] == (START + 30 * _MINUTE).isoformat().replace("+00:00", "Z")
    time.on(29 * _MINUTE)
    url = f"/tickets/{ticket['id']}/verifications"
    assert (await client.get(url)).json()["level"] == 3
    time.on(_MINUTE)
    shown = (await client.get(url)).json()
    assert (shown["level"], shown["ever"], shown["holds_until"]) == (0, 3, None)


async def test_a_solution_asks_for_the_level_of_its_case_type(house: House) -> None:
    """An opening is never refused; a refund is, until the customer was verified once."""
    client = await house.client()
    ticket = await house.ticket(client, "disputed_bill")
    ticket = await do(client, ticket, "claim")
    ticket = await do(client, ticket, "fields", fields={"outcome": "refunded"})
    needs = (await client.get(f"/tickets/{ticket['id']}/verifications")).json()["needs"]
    assert needs["resolve"] == 2
    said = {"resolution": "款项已退回您的账户。"}
    told = await refused(client, ticket, "resolve", (409, "VerificationNeeded"), **said)
    assert (told["need"], told["have"]) == (2, 0)
    assert "核身等级 2" in told["detail"]
    await _verified(client, ticket, "knowledge")
    told = await refused(client, ticket, "resolve", (409, "VerificationNeeded"), **said)
    assert told["have"] == 1
    await _verified(client, ticket, "sms")
    await refused(client, ticket, "resolve", (409, "NotInThisState"), **said)


async def test_what_is_closed_is_verified_no_more(house: House) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "archived")
    answer = await _tried(client, ticket)
    assert (answer.status_code, answer.json()["title"]) == (409, "TicketClosed")
    assert (await client.get(f"/tickets/{ticket['id']}/verifications")).status_code == 200


async def test_who_may_not_and_who_does_not_see_it(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    inspector = await house.client("quality", login="q")
    assert (await _tried(inspector, ticket)).status_code == 403
    elsewhere = await house.client("agent", login="li", team="BILLING")
    assert (await _tried(elsewhere, ticket)).status_code == 404
    assert (await elsewhere.get(f"/tickets/{ticket['id']}/verifications")).status_code == 404


_CUSTOMERS = [ids.new_id(), ids.new_id(), None]
_NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def _attempt(method: Any, passed: bool, ago: int, customer: UUID | None) -> Attempt:
    return Attempt(
        id=ids.new_id(), ticket_id=ids.new_id(), customer_id=customer, method=method, level=MOST[method] if passed else 0,
        passed=passed, attempt=1, channel="phone", reference=None, staff_id=ids.new_id(),
        verified_at=_NOW - timedelta(minutes=ago),
    )  # fmt: skip


_ATTEMPTS = st.lists(
    st.builds(
        _attempt,
        st.sampled_from(METHODS),
        st.booleans(),
        st.integers(0, 60),
        st.sampled_from(_CUSTOMERS),
    ),
    max_size=6,
)


@given(_ATTEMPTS, st.sampled_from(_CUSTOMERS))
def test_the_level_is_what_this_customer_reached_in_this_contact(
    attempts: list[Attempt], customer: UUID | None
) -> None:
    stands = standing(attempts, customer, now=_NOW, minutes=30)
    here = [a for a in attempts if a.customer_id == customer and (_NOW - a.verified_at) < 30 * _MINUTE]
    failures = [a for a in here if not a.passed]
    assert (stands.attempts, stands.failures) == (len(here), len(failures))
    reached = {a.level for a in here if a.passed and (len(failures) < 2 or a.method in IN_PERSON)}
    assert stands.level == max(reached, default=0)
    assert (stands.until is None) == (stands.level == 0)
    assert stands.until is None or _NOW < stands.until <= _NOW + 30 * _MINUTE
    assert stands.level <= ever(attempts, customer) <= 3
