"""Who looked is known; unusual looking is told, once an hour and rule, to those whom it concerns."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan import sla
from bihuan.core import clock, outbox
from bihuan.sla import CalendarBody, Segment, Words
from bihuan.tickets import unusual
from bihuan.tickets.look_model import LookPolicy
from bihuan.tickets.unusual import Seen
from tests.conftest import House
from tests.tickets.looking import CARD, WHY, at_screen, bodies, spans, ticket_with_card, unmasked

_NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # Tuesday noon in Beijing
_NIGHT = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


async def _policy(house: House, **rules: Any) -> None:
    compliance = await house.client("compliance")
    version = (await compliance.get("/looks/policy")).json()["version"]
    answer = await compliance.put("/looks/policy", json={"version": version, "policy": rules})
    assert answer.status_code == 200, answer.text


async def _look(client: httpx.AsyncClient, house: House, *, number: int = 0) -> None:
    """One value more."""
    ticket = await ticket_with_card(house, customer={"external_ref": f"C-{number}"})
    value_id = (await spans(client, ticket))[0][3]
    answer = await unmasked(client, ticket, value_ids=[value_id])
    assert answer.status_code == 200, answer.text


def _alarms(owner: psycopg.Connection, house: House) -> list[tuple[str, int]]:
    return [(b["data"]["rule"], b["data"]["count"]) for b in bodies(owner, house, "look.unusual")]


async def test_who_viewed_whom_and_why_is_known(house: House) -> None:
    agent = await at_screen(house)
    lead = await house.client("lead")
    ticket = await ticket_with_card(house)
    await agent.get(f"/tickets/{ticket['id']}")
    value_id = (await spans(agent, ticket))[0][3]
    await unmasked(agent, ticket, value_ids=[value_id])
    looks = (await lead.get(f"/tickets/{ticket['number']}/looks")).json()
    assert [(one["kind"], one["who"]["login"]) for one in looks["items"]] == [
        ("value.unmasked", "agent-at-screen"),
        ("ticket.viewed", "agent-at-screen"),
    ]
    first = looks["items"][0]
    assert (first["reason"], first["note"], first["value_kind"]) == (
        "办理业务需要",
        WHY["text"],
        "card_number",
    )
    again = (await lead.get(f"/tickets/{ticket['id']}/looks?limit=2")).json()
    assert again["items"][0]["kind"] == "looks.read", "to ask who looked is a look too"
    rest = (await lead.get(f"/tickets/{ticket['id']}/looks?after={again['next']}")).json()
    assert [one["kind"] for one in rest["items"]] == ["ticket.viewed"]
    assert CARD not in str(looks)


async def test_who_may_not_know_does_not(house: House) -> None:
    ticket = await ticket_with_card(house)
    assert (await (await house.client("agent")).get(f"/tickets/{ticket['id']}/looks")).status_code == 403
    stranger = await house.client("lead", login="stranger", team="FRAUD")
    assert (await stranger.get(f"/tickets/{ticket['id']}/looks")).status_code == 404


async def test_too_many_in_an_hour_are_told_once_and_to_whom_it_concerns(
    house: House, owner: psycopg.Connection
) -> None:
    compliance = await house.client("compliance")
    lead = await at_screen(house, "lead")
    with clock.travel(_NOON):
        await _policy(house, hour=3, customers=100)
        lead = await at_screen(house, "lead", login="busy")
        for number in range(6):
            await _look(lead, house, number=number)
        assert _alarms(owner, house) == [("hour", 4)]
        await outbox.deliver_due(house.desk, tenant_id=house.tenant_id)
        told = (await compliance.get("/notices")).json()["items"]
        assert [(one["kind"], one["title"]) for one in told] == [
            ("look_unusual", "Busy查看敏感信息异常：一小时内查看过多，且远超本人平时")
        ]
        assert (await lead.get("/notices")).json()["items"] == [], "never the one who looked"
        (alarm,) = (await compliance.get("/looks/alarms", headers={"accept-language": "en"})).json()
        assert (alarm["who"]["login"], alarm["count"], alarm["limit"]) == ("busy", 4, 3)
        assert alarm["rule"] == "far more in an hour than set and than usual"
        assert (await lead.get("/looks/alarms")).json() == []


async def test_each_rule_is_found(house: House, owner: psycopg.Connection) -> None:
    await _policy(house, customers=2, calendar="", tiers=["vip"], tags=["员工"])
    with clock.travel(_NOON):
        agent = await at_screen(house)
        for number in range(3):
            await _look(agent, house, number=number)
        assert _alarms(owner, house) == [("customers", 3)]
        vip = await ticket_with_card(house, customer={"external_ref": "C-VIP", "tier": "vip"})
        await unmasked(agent, vip, value_ids=[(await spans(agent, vip))[0][3]])
        assert _alarms(owner, house)[-1] == ("protected", 1)


async def test_refusals_leave_a_trace_and_many_are_an_alarm(house: House, owner: psycopg.Connection) -> None:
    agent = await house.client("agent")
    for _ in range(25):
        assert (await agent.get("/audit/events")).status_code == 403
    assert len(bodies(owner, house, "access.refused")) == 20
    assert _alarms(owner, house) == [("refused", 5)]
    (first, *_) = bodies(owner, house, "access.refused")
    assert first["data"] == {"path": "/audit/events", "problem": "NotAllowed"}


def _seen(**what: Any) -> Seen:
    return Seen(**{"hour": 0, "customers": 0, "usual": (), "off": False, "protected": False, **what})


@given(st.integers(0, 500), st.lists(st.integers(1, 500), max_size=40), st.integers(1, 100))
def test_an_hour_is_unusual_only_beyond_what_is_set_and_beyond_ones_own_usual(
    hour: int, usual: list[int], limit: int
) -> None:
    policy = LookPolicy(hour=limit)
    found = {one.rule for one in unusual.unusual(_seen(hour=hour, usual=usual), policy)}
    far = hour > limit and hour > int(policy.times_usual * unusual.usual(usual))
    assert ("hour" in found) == far


def test_usual_is_the_median() -> None:
    assert [unusual.usual(hours) for hours in ([], [4], [1, 9], [2, 3, 90])] == [0, 4, 5, 3]


@pytest.mark.parametrize(("at", "is_off"), [(_NOON, False), (_NIGHT, True)])
def test_hours_are_those_of_the_calendar(at: datetime, is_off: bool) -> None:
    week = tuple((Segment(start=8 * 60, end=22 * 60),) for _ in range(7))
    body = CalendarBody(code="service_hours", title=Words(zh="服务时间", en="Service hours"), week=week)
    assert unusual.off(sla.calendar.compile(body), at) is is_off
    assert unusual.off(None, at) is False
    assert unusual.off(sla.calendar.compile(body), at + timedelta(days=7)) is is_off


def test_protection_is_by_tier_or_tag() -> None:
    policy = LookPolicy(tiers=("vip",), tags=("Staff",))
    assert unusual.protected(policy, "vip", ())
    assert unusual.protected(policy, None, ("staff",))
    assert not unusual.protected(policy, "gold", ("staffing",))
