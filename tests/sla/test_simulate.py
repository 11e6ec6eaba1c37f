"""When would this be due: worked examples over HTTP, each reckoned by hand."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.conftest import House, found
from tests.sla.timed import Json, body_of, ok, refused, shipped

SIMULATE = "/sla/simulate"


@pytest.fixture(scope="module")
async def client(desk: Any, http: httpx.ASGITransport) -> httpx.AsyncClient:
    """An agent of a tenant with the shipped time."""
    house: House = await shipped(await found(desk, http))
    return await house.client("agent")


def _rule(amount: int, unit: str, calendar: str = "", **more: str) -> Json:
    return {"amount": amount, "unit": unit, "calendar": calendar, **more}


#: Limit, start, due: in Shanghai (UTC+8) there is no daylight saving.
CASES = (
    # Around the clock.
    (_rule(2, "hour"), "2026-10-01T23:30:00+08:00", "2026-10-01T17:30:00Z"),
    (_rule(90, "minute"), "2026-10-01T23:30:00+08:00", "2026-10-01T17:00:00Z"),
    # Four business hours from Friday 16:30: 18:00 has used one and a half, Monday 9:00 to 11:30 the rest.
    (_rule(4, "business_hour", "cn_working"), "2026-11-20T16:30:00+08:00", "2026-11-23T03:30:00Z"),
    # Over lunch: 11:30 and one hour is 13:30.
    (_rule(1, "business_hour", "cn_working"), "2026-11-23T11:30:00+08:00", "2026-11-23T05:30:00Z"),
    # Saturday 10 October 2026 is worked, for the days off before it.
    (_rule(1, "working_day", "cn_working"), "2026-10-09T10:00:00+08:00", "2026-10-10T16:00:00Z"),
    # The week of the national holiday does not count: 30 September, then 8 October.
    (_rule(1, "working_day", "cn_working"), "2026-09-30T10:00:00+08:00", "2026-10-08T16:00:00Z"),
    # Fifteen calendar days: the first is not counted, the last ends at 24:00.
    (_rule(15, "calendar_day", "cn_working"), "2026-11-01T10:00:00+08:00", "2026-11-16T16:00:00Z"),
    # The last day, Saturday 21 November, moves to the Monday after.
    (
        _rule(20, "calendar_day", "cn_working", last_day="next_working_day"),
        "2026-11-01T10:00:00+08:00", "2026-11-23T16:00:00Z",
    ),
    # Service hours: 21:00 and two hours is 9:00 the next morning.
    (_rule(2, "business_hour", "service_hours"), "2026-10-01T21:00:00+08:00", "2026-10-02T01:00:00Z"),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "start", "due_at"), CASES)
async def test_a_bare_limit(client: httpx.AsyncClient, rule: Json, start: str, due_at: str) -> None:
    told = await ok(client, "POST", SIMULATE, {"rule": rule, "start": start, "at": start})
    assert told["due_at"] == due_at
    assert (told["counted_seconds"], told["left_seconds"]) == (0, told["target_seconds"])
    assert told["provisional"] is False
    assert told["sentence"]
    _adds_up(told, start)


def _adds_up(told: Json, start: str) -> None:
    """The ledger goes from the start to the due moment without a gap, and counts exactly the limit."""
    entries = told["ledger"]
    assert datetime.fromisoformat(entries[0]["start"]) == datetime.fromisoformat(start)
    assert entries[-1]["end"] == told["due_at"]
    for one, following in pairwise(entries):
        assert one["end"] == following["start"]
    counted = sum((_length(e) for e in entries if e["counted"]), timedelta())
    assert counted.total_seconds() == told["target_seconds"]
    assert all(e["text"] and e["cause"] for e in entries)


def _length(entry: Json) -> timedelta:
    return datetime.fromisoformat(entry["end"]) - datetime.fromisoformat(entry["start"])


async def test_pauses_take_away_what_they_cover(client: httpx.AsyncClient) -> None:
    start = "2026-11-23T09:00:00+08:00"
    pauses = [
        # An hour of lunch in it does not count, so two hours are lost.
        {"started_at": "2026-11-23T11:00:00+08:00", "ended_at": "2026-11-23T14:00:00+08:00", "reason": "customer"},
        # All of it out of hours: nothing is lost.
        {"started_at": "2026-11-23T19:00:00+08:00", "ended_at": "2026-11-24T08:00:00+08:00", "reason": "appraisal"},
    ]  # fmt: skip
    rule = _rule(8, "business_hour", "cn_working")
    told = await ok(client, "POST", SIMULATE, {"rule": rule, "start": start, "pauses": pauses, "at": start})
    # 9–11 and 14–18 are six hours; two more on Tuesday.
    assert told["due_at"] == "2026-11-24T03:00:00Z"
    causes = {e["cause"] for e in told["ledger"]}
    assert {"working", "paused"} <= causes
    _adds_up(told, start)


async def test_a_pause_that_lasts(client: httpx.AsyncClient) -> None:
    start = "2026-11-23T09:00:00+08:00"
    command = {
        "rule": _rule(4, "hour"), "start": start, "at": "2026-11-25T09:00:00+08:00",
        "pauses": [{"started_at": "2026-11-23T10:00:00+08:00"}],
    }  # fmt: skip
    told = await ok(client, "POST", SIMULATE, command)
    assert (told["counted_seconds"], told["left_seconds"]) == (3600, 3 * 3600)
    assert told["paused_seconds"] == 47 * 3600


async def test_a_regulators_limit_with_its_stages_and_ladder(client: httpx.AsyncClient) -> None:
    start = "2026-11-02T10:00:00+08:00"
    command: Json = {"policy": "complaint", "clock": "CN_NFRA_COMPLAINT", "start": start, "at": start}
    told = await ok(client, "POST", SIMULATE, command)
    assert told["due_at"] == "2026-11-17T16:00:00Z"
    assert told["stages"] == [
        {"code": "complex", "at": "2026-12-02T16:00:00Z"}, {"code": "extended", "at": "2027-01-01T16:00:00Z"},
    ]  # fmt: skip
    assert told["steps"] == [
        {"code": "five_days", "at": "2026-11-12T16:00:00Z"},
        {"code": "two_days", "at": "2026-11-15T16:00:00Z"},
        {"code": "breach", "at": "2026-11-17T16:00:00Z"},
        {"code": "late", "at": "2026-11-17T16:00:00Z"},
    ]
    customer = {
        "started_at": "2026-11-03T00:00:00Z",
        "ended_at": "2026-11-05T00:00:00Z",
        "reason": "customer",
    }
    same = await ok(client, "POST", SIMULATE, {**command, "pauses": [customer]})
    assert same["due_at"] == told["due_at"], "waiting for the customer does not stop a regulator's limit"
    later = await ok(client, "POST", SIMULATE, {**command, "pauses": [{**customer, "reason": "appraisal"}]})
    assert later["due_at"] == "2026-11-19T16:00:00Z"


async def test_what_the_case_type_promises(client: httpx.AsyncClient) -> None:
    start = "2026-11-23T09:00:00+08:00"
    command: Json = {"policy": "urgent", "clock": "resolution", "start": start, "at": start}
    assert await refused(client, SIMULATE, command, 422, "Invalid") == ["/promise_seconds"]
    told = await ok(client, "POST", SIMULATE, {**command, "promise_seconds": 24 * 3600})
    assert told["due_at"] == "2026-11-24T01:00:00Z"
    assert [s["at"] for s in told["steps"][:2]] == ["2026-11-23T13:00:00Z", "2026-11-23T19:00:00Z"]


async def test_a_teams_part_and_a_clock_that_waits_for_words(client: httpx.AsyncClient) -> None:
    start = "2026-11-23T09:00:00+08:00"
    for policy, code, due_at in (
        ("standard", "ola_billing", "2026-11-24T16:00:00Z"),
        ("standard", "next_response", "2026-11-23T09:00:00Z"),
        ("urgent", "update", "2026-11-23T09:00:00Z"),
    ):
        told = await ok(
            client, "POST", SIMULATE, {"policy": policy, "clock": code, "start": start, "at": start}
        )
        assert told["due_at"] == due_at, code


async def test_a_year_whose_notice_is_not_out_is_provisional(client: httpx.AsyncClient) -> None:
    start = "2026-12-28T09:00:00+08:00"
    command = {"rule": _rule(5, "working_day", "cn_working"), "start": start, "at": start}
    told = await ok(client, "POST", SIMULATE, command)
    # 29, 30, 31 December; Friday 1 January is off by law; 4 and 5 January.
    assert (told["provisional"], told["due_at"]) == (True, "2027-01-05T16:00:00Z")
    plain = {**command, "rule": _rule(5, "calendar_day")}
    assert (await ok(client, "POST", SIMULATE, plain))["provisional"] is False


async def test_in_both_languages(client: httpx.AsyncClient) -> None:
    body = {
        "rule": _rule(4, "business_hour", "cn_working"),
        "start": "2026-11-20T16:30:00+08:00",
        "at": "2026-11-20T16:30:00+08:00",
    }
    zh = await ok(client, "POST", SIMULATE, body, headers={"accept-language": "zh"})
    en = await ok(client, "POST", SIMULATE, body, headers={"accept-language": "en"})
    assert "周末" in "".join(e["text"] for e in zh["ledger"])
    texts = en["sentence"] + "".join(e["text"] for e in en["ledger"])
    assert not any("一" <= c <= "鿿" for c in texts), texts


WRONG: tuple[tuple[Json, set[str]], ...] = (
    ({}, {"/policy", "/clock"}),
    ({"policy": "standard"}, {"/clock"}),
    ({"policy": "nothing", "clock": "resolution"}, {"/policy"}),
    ({"policy": "standard", "clock": "nothing"}, {"/clock"}),
    ({"policy": "standard", "clock": "update", "version": 9}, {"/version"}),
    ({"rule": _rule(1, "hour"), "policy": "standard", "clock": "update"}, {"/policy", "/clock"}),
    ({"rule": _rule(1, "business_hour")}, {"/rule/calendar"}),
    ({"rule": _rule(1, "working_day", "nowhere")}, {"/rule/calendar"}),
    ({"rule": _rule(9999, "calendar_day")}, {"/rule/amount"}),
    ({"rule": _rule(30_001, "business_hour", "cn_working")}, {"/rule/amount"}),
    ({"rule": _rule(1, "fortnight")}, {"/rule/unit"}),
    ({"rule": {}, "start": "2026-11-20T16:30:00"}, {"/rule/amount", "/rule/unit", "/start"}),
    (
        {
            "rule": _rule(1, "hour"),
            "pauses": [
                {"started_at": "2026-11-19T00:00:00Z", "ended_at": "2026-11-18T00:00:00Z"},
                {"started_at": "2026-11-24T00:00:00Z"},
                {"started_at": "2026-11-25T00:00:00Z"},
            ],
        },
        {"/pauses/0/started_at", "/pauses/0/ended_at", "/pauses/2/started_at"},
    ),
)


@pytest.mark.parametrize(("more", "pointers"), WRONG)
async def test_everything_wrong_is_named(client: httpx.AsyncClient, more: Json, pointers: set[str]) -> None:
    command = {"start": "2026-11-20T16:30:00+08:00", **more}
    assert set(await refused(client, SIMULATE, command, 422, "Invalid")) == pointers


async def test_what_never_ends_is_said(house: House) -> None:
    agent, body = await house.client("agent"), await _rare(await shipped(house))
    command = {"rule": _rule(30_000, "business_hour", body["code"]), "start": "2026-01-01T00:00:00Z"}
    assert await refused(agent, SIMULATE, command, 422, "Endless") == []


async def _rare(house: House) -> Json:
    """A calendar with one minute a week."""
    admin, client = await house.client("admin"), await house.client()
    body = await body_of(client, "calendars", "service_hours")
    rare = {**body, "code": "rare", "week": [[{"start": 0, "end": 1}], *[[]] * 6]}
    await ok(client, "POST", "/sla/calendars/rare/versions", {"body": rare, "note": "很少开门"})
    await ok(admin, "POST", "/sla/calendars/rare/versions/1/approve", {})
    return rare


async def test_a_long_ledger_is_cut(client: httpx.AsyncClient) -> None:
    start = "2026-01-01T00:00:00+08:00"
    command = {"rule": _rule(20_000, "business_hour", "cn_working"), "start": start, "at": start}
    told = await ok(client, "POST", SIMULATE, command)
    assert len(told["ledger"]) == 2000
    assert told["due_at"] > "2035"


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "0010-01-01T00:00:00Z", "9990-12-31T23:00:00Z", "9999-12-31T23:00:00-12:00"]
)  # fmt: skip
async def test_centuries_are_not_reckoned(client: httpx.AsyncClient, moment: str) -> None:
    """A ledger of centuries would keep a processor for minutes; a moment no calendar holds would break."""
    near = "2026-01-01T00:00:00Z"
    wish: Json = {"rule": _rule(1, "business_hour", "cn_working"), "start": near, "at": near}
    pause = {"started_at": near, "ended_at": moment, "reason": "customer"}
    for asked, pointer in (
        ({**wish, "start": moment}, "/start"),
        ({**wish, "at": moment}, "/at"),
        ({**wish, "pauses": [pause]}, "/pauses/0/ended_at"),
    ):
        answer = await client.post(SIMULATE, json=asked)
        assert answer.status_code == 422, answer.text
        assert pointer in [e["pointer"] for e in answer.json()["errors"]]
