"""Policies over HTTP: tried in order, made in versions with their differences, previewed, retired; and why one holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bihuan.core import clock
from bihuan.sla import Limit
from tests.conftest import House, gather
from tests.sla.timed import (
    Json,
    body_of,
    clocks_by,
    differing,
    events_of,
    ok,
    refused,
    shipped,
    ticket_with,
)

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
POLICIES = "/sla/policies"
FACTS = {"case_type": "general", "kind": "enquiry", "priority": "normal", "channel": "api"}


@pytest.fixture
async def timed(house: House) -> House:
    return await shipped(house)


def _limited(body: Json, code: str, amount: int) -> Json:
    """The policy with another amount for one of its clocks."""
    rules = [
        {**r, "limit": {**r["limit"], "amount": amount}} if r["code"] == code else r for r in body["clocks"]
    ]
    return {**body, "clocks": rules}


async def _standard(timed: House, **more: Any) -> Json:
    body = _limited(await body_of(await timed.client(), "policies", "standard"), "next_response", 4)
    return {"body": body, "note": "四小时内再答复", **more}


async def test_the_list_is_in_the_order_of_trial(timed: House) -> None:
    rows = await ok(await timed.client("agent"), "GET", POLICIES)
    assert [(r["code"], r["rank"], r["version"], r["layer"]) for r in rows] == [
        ("complaint", 10, 1, "shipped"), ("dispute", 20, 1, "shipped"), ("urgent", 30, 1, "shipped"),
        ("standard", 100, 1, "shipped"),
    ]  # fmt: skip
    assert all(r["match"] and r["clocks"] and not r["retired"] and r["coming"] is None for r in rows)


async def test_a_new_version_and_its_history(timed: House) -> None:
    client = await timed.client()
    made = await ok(client, "POST", POLICIES, await _standard(timed))
    assert (made["version"], made["layer"], made["retired"]) == (2, "own", False)
    [changed] = made["differences"]
    assert (changed["before"], changed["after"]) == ("8", "4")
    assert "next_response" in changed["path"]
    assert changed["path"].endswith("amount")
    view = await ok(client, "GET", f"{POLICIES}/standard")
    assert (view["version"], view["holds"], [v["version"] for v in view["versions"]]) == (2, 2, [2, 1])
    assert view["versions"][0]["differences"] == made["differences"]
    assert view["versions"][1]["differences"] == []
    first = await ok(client, "GET", f"{POLICIES}/standard?version=1")
    assert first["body"] != view["body"]
    [event] = (await events_of(timed, ("policy.made",)))[4:]
    assert (event.data["code"], event.data["version"], event.data["move_running"]) == ("standard", 2, False)
    for path in (f"{POLICIES}/standard?version=9", f"{POLICIES}/nothing"):
        assert (await client.get(path)).status_code == 404


async def test_a_version_for_later_holds_later(timed: House) -> None:
    client = await timed.client()
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    await ok(client, "POST", POLICIES, await _standard(timed, effective_from=later.isoformat()))
    row = (await ok(client, "GET", POLICIES))[-1]
    assert (row["code"], row["version"], row["coming"]) == ("standard", 1, 2)
    with clock.travel(later):
        row = (await ok(client, "GET", POLICIES))[-1]
        assert (row["version"], row["coming"]) == (2, None)
        why = await ok(client, "POST", "/sla/why", FACTS)
    assert (why["policy"], why["version"]) == ("standard", 2)
    assert (await ok(client, "POST", "/sla/why", FACTS))["version"] == 1


async def test_when_it_holds_from_is_not_in_the_past(timed: House) -> None:
    client = await timed.client()
    past = (clock.now() - timedelta(minutes=1)).isoformat()
    soon = (clock.now() + timedelta(days=1)).isoformat()
    cases = [
        ({"effective_from": past}, ["/effective_from"]),
        ({"effective_from": "2027-01-01T00:00:00"}, ["/effective_from"]),
        # What holds only later cannot move what runs now.
        ({"effective_from": soon, "move_running": True}, ["/move_running"]),
    ]
    for more, pointers in cases:
        assert await refused(client, POLICIES, await _standard(timed, **more), 422, "Invalid") == pointers
    retire = {"note": "停用", "effective_from": past}
    assert await refused(client, f"{POLICIES}/standard/retire", retire, 422, "Invalid") == ["/effective_from"]


@pytest.mark.parametrize("moving", [True, False])
async def test_whether_running_clocks_move_is_asked(timed: House, moving: bool) -> None:
    client = await timed.client()
    await ok(client, "POST", POLICIES, await _standard(timed, move_running=moving))
    changes = await ok(client, "GET", "/sla/changes")
    assert [(c["what"], c["code"], c["version"], c["scope"]) for c in changes] == (
        [("policy", "standard", 2, "all")] if moving else []
    )


async def test_a_first_version_moves_nothing(timed: House) -> None:
    client = await timed.client()
    command = await _standard(timed, move_running=True)
    command["body"] = {
        **command["body"],
        "code": "vip",
        "rank": 5,
        "match": {"kinds": ["enquiry"], "tiers": ["gold"]},
    }
    made = await ok(client, "POST", POLICIES, command)
    assert (made["version"], made["differences"]) == (1, [])
    assert await ok(client, "GET", "/sla/changes") == []
    why = await ok(client, "POST", "/sla/why", {**FACTS, "tier": "gold"})
    assert (why["policy"], why["reasons"][0]["matched"]) == ("vip", True)
    why = await ok(client, "POST", "/sla/why", FACTS)
    assert why["policy"] == "standard"
    assert [(r["policy"], r["matched"]) for r in why["reasons"]] == [
        ("vip", False), ("complaint", False), ("dispute", False), ("urgent", False), ("standard", True),
    ]  # fmt: skip
    assert all(r["on"] for r in why["reasons"])


async def test_a_preview_tells_which_clocks_move(timed: House) -> None:
    client = await timed.client()
    limit = Limit(amount=8, unit="business_hour", calendar="service_hours")
    [one] = await clocks_by(timed, "service_hours", limit, NOW)
    next_response = differing(one, kind="next_response")
    moved = await ticket_with(timed, next_response, differing(one, kind="gone"))
    await ticket_with(timed, differing(next_response, policy="urgent"))
    await ticket_with(timed, differing(next_response, stopped_at=NOW, stopped_by="ticket.replied"))
    body = (await _standard(timed))["body"]
    with clock.travel(NOW):
        told = await ok(client, "POST", f"{POLICIES}/preview", {"body": body})
    assert [c["after"] for c in told["changes"]] == ["4"]
    assert told["clocks"] == {
        "open": 2, "moved": 1, "earlier": 1, "later": 0, "provisional": 0, "breached_by_it": 0, "ended": 1,
        "unknown": 0,
    }  # fmt: skip
    # 16:00 in Shanghai: eight service hours end at 10:00 the next morning, four at 20:00.
    assert told["moves"] == [
        {
            "ticket_id": str(moved), "kind": "next_response", "title": "后续响应",
            "due_before": "2026-11-26T02:00:00Z",
            "due_after": "2026-11-25T12:00:00Z", "seconds": -14 * 3600,
        }
    ]  # fmt: skip
    assert (await ok(client, "GET", f"{POLICIES}/standard"))["version"] == 1


async def test_a_preview_of_what_the_case_type_promises(timed: House) -> None:
    """A clock that would go by the case type's promise, which stands in no policy, is counted apart."""
    client = await timed.client()
    [one] = await clocks_by(
        timed, "service_hours", Limit(amount=8, unit="business_hour", calendar="service_hours"), NOW
    )
    await ticket_with(timed, differing(one, kind="resolution"))
    body = await body_of(client, "policies", "standard")
    with clock.travel(NOW):
        told = await ok(client, "POST", f"{POLICIES}/preview", {"body": body})
    assert (told["clocks"]["open"], told["clocks"]["unknown"], told["moves"]) == (1, 1, [])


async def test_a_teams_part_is_previewed_where_it_runs(timed: House) -> None:
    client = await timed.client()
    limit = Limit(amount=1, unit="working_day", calendar="cn_working")
    [one] = await clocks_by(timed, "cn_working", limit, NOW)
    await ticket_with(timed, differing(one, kind="ola_billing", queue="BILLING"))
    body = _limited(await body_of(client, "policies", "standard"), "ola_billing", 2)
    with clock.travel(NOW):
        told = await ok(client, "POST", f"{POLICIES}/preview", {"body": body})
    assert (told["clocks"]["later"], told["clocks"]["ended"], told["moves"][0]["seconds"]) == (1, 0, 86400)


async def test_a_retired_policy_matches_nothing(timed: House) -> None:
    client = await timed.client()
    told = await ok(client, "POST", f"{POLICIES}/standard/retire", {"note": "改用新政策"})
    assert (told["version"], told["retired"], told["differences"]) == (2, True, [])
    assert (await ok(client, "POST", "/sla/why", FACTS))["policy"] is None
    rows = await ok(client, "GET", POLICIES)
    assert (rows[-1]["code"], rows[-1]["retired"]) == ("standard", True)
    assert (await ok(client, "GET", f"{POLICIES}/standard"))["holds"] is None
    assert await refused(client, f"{POLICIES}/standard/retire", {"note": "再停"}, 409, "PolicyRetired") == []
    assert await refused(client, f"{POLICIES}/nothing/retire", {"note": "没有"}, 404, "NotFound") == []
    assert [e.data["version"] for e in await events_of(timed, ("policy.retired",))] == [2]
    # Taken up again by its next version.
    again = await ok(client, "POST", POLICIES, await _standard(timed))
    assert again["version"] == 3
    assert (await ok(client, "POST", "/sla/why", FACTS))["policy"] == "standard"


async def test_everything_wrong_is_named(timed: House) -> None:
    client = await timed.client()
    body = await body_of(client, "policies", "standard")
    words = {"zh": "时限 13800138000", "en": "Limit"}
    step = {"code": "breach", "share": 50, "left_seconds": 60, "do": [{"do": "tell", "to": "role:nobody"}]}
    wrong = {
        "code": "own", "title": words, "starts_on": ["opened"], "stops_on": ["opened"], "team": "NOWHERE",
        "limit": {"amount": 5000, "unit": "working_day", "calendar": "nowhere"},
        "stages": [
            {"code": "a", "limit": {"amount": 3, "unit": "calendar_day"}, "when": words, "approval": "x.y"},
            {"code": "a", "limit": {"amount": 2, "unit": "calendar_day", "last_day": "next_working_day"}, "when": words},
        ],
        "ladder": [step, {"code": "b", "do": [{"do": "move", "team": "NOWHERE"}]}],
    }  # fmt: skip
    unlimited = {"code": "own", "title": {"zh": "时限", "en": "Limit"}, "starts_on": [], "stops_on": []}
    business = {**unlimited, "code": "hours", "starts_on": ["opened"], "stops_on": ["resolved"],
        "limit": {"amount": 3, "unit": "business_hour", "last_day": "next_working_day"}}  # fmt: skip
    command = {"body": {**body, "clocks": [wrong, unlimited, business]}, "note": "全错"}
    pointers = await refused(client, POLICIES, command, 422, "Invalid")
    at = "/body/clocks"
    assert set(pointers) == {
        f"{at}/0/title/zh", f"{at}/0/stages/0/when/zh", f"{at}/0/stages/1/when/zh", f"{at}/0/limit/calendar",
        f"{at}/0/limit/amount", f"{at}/0/stops_on/0", f"{at}/0/team", f"{at}/0/stages/0/approval",
        f"{at}/0/stages/1/code", f"{at}/0/stages/1/limit/amount", f"{at}/0/stages/1/limit/calendar",
        f"{at}/0/ladder/0/code", f"{at}/0/ladder/0/left_seconds", f"{at}/0/ladder/0/do/0/to",
        f"{at}/0/ladder/1/share", f"{at}/0/ladder/1/do/0/team", f"{at}/1/code", f"{at}/1/limit",
        f"{at}/1/starts_on", f"{at}/1/stops_on", f"{at}/2/limit/calendar", f"{at}/2/limit/last_day",
    }  # fmt: skip
    assert pointers == await refused(client, f"{POLICIES}/preview", {"body": command["body"]}, 422, "Invalid")
    assert (await ok(client, "GET", f"{POLICIES}/standard"))["version"] == 1


async def test_what_cannot_be_read_is_named(timed: House) -> None:
    client = await timed.client()
    body = await body_of(client, "policies", "standard")
    wrong = {**body, "rank": -1, "clocks": [], "matches": {}}
    pointers = await refused(client, POLICIES, {"body": wrong, "note": "x"}, 422, "Invalid")
    assert set(pointers) == {"/body/rank", "/body/clocks", "/body/matches", "/note"}
    pointers = await refused(client, "/sla/why", {"case_type": "general"}, 422, "Invalid")
    assert set(pointers) == {"/kind", "/priority", "/channel"}


async def test_a_policy_sent_twice_is_one_version(timed: House) -> None:
    client = await timed.client()
    command, key = await _standard(timed), {"idempotency-key": "once"}
    first = await ok(client, "POST", POLICIES, command, headers=key)
    assert await ok(client, "POST", POLICIES, command, headers=key) == first
    assert len((await ok(client, "GET", f"{POLICIES}/standard"))["versions"]) == 2


async def test_two_versions_at_once_are_two(timed: House) -> None:
    from tests.conftest import gather

    client = await timed.client()
    command = await _standard(timed)
    answers = await gather(*(client.post(POLICIES, json=command) for _ in range(2)))
    assert sorted(a.json()["version"] for a in answers) == [2, 3], [a.text for a in answers]


@pytest.mark.parametrize("when", ["after_seconds", "left_seconds"])
async def test_a_step_that_no_calendar_holds_is_refused(timed: House, when: str) -> None:
    """Tickets would no longer open by such a policy."""
    wish = await _standard(timed)
    step = {"code": "far", when: 10**12, "do": [{"do": "tell", "to": "lead"}]}
    wish["body"]["clocks"][0]["ladder"] = [step]
    client = await timed.client()
    answer = await client.post(POLICIES, json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_big"), answer.text


async def test_versions_made_at_once_each_get_a_number(timed: House) -> None:
    client = await timed.client()
    wishes = [await _standard(timed) for _ in range(6)]
    answers = await gather(*(client.post(POLICIES, json=wish) for wish in wishes))
    assert sorted(a.json().get("version") for a in answers) == [2, 3, 4, 5, 6, 7], [a.text for a in answers]
    body = await body_of(client, "calendars", "cn_working")
    note: Json = {"body": body, "note": "同时提出", "move_running": False}
    url = "/sla/calendars/cn_working/versions"
    answers = await gather(*(client.post(url, json=note) for _ in range(6)))
    assert [a.status_code for a in answers] == [201] * 6, [a.text for a in answers]
    versions = [a.json()["version"] for a in answers]
    assert len(set(versions)) == 6


@pytest.mark.parametrize(
    ("moment", "code"), [("9999-12-31T23:00:00-12:00", "too_far"), ("2999-01-01T00:00:00Z", "too_big")]
)
async def test_nothing_holds_from_the_end_of_time(timed: House, moment: str, code: str) -> None:
    client = await timed.client()
    wish = await _standard(timed, effective_from=moment)
    retire = {"note": "停用", "effective_from": moment}
    for answer in (
        await client.post(POLICIES, json=wish),
        await client.post(f"{POLICIES}/standard/retire", json=retire),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code), answer.text
