"""A limit a regulator or a card scheme sets gets longer by two people alone; shorter or equal by one."""

from datetime import timedelta
from typing import Any

import pytest

from bihuan.core import clock
from bihuan.sla.lengthens import longer
from bihuan.sla.model import Limit, Match, PolicyBody, Rule, Stage, Words
from tests.conftest import House, gather
from tests.sla.timed import Json, body_of, events_of, ok, refused, shipped

POLICIES, PROPOSALS = "/sla/policies", "/sla/policy-proposals"
_NAME = Words(zh="时限", en="Limit")


@pytest.fixture
async def timed(house: House) -> House:
    return await shipped(house)


def _changed(body: Json, code: str, **changes: Any) -> Json:
    rules = [{**rule, **changes} if rule["code"] == code else rule for rule in body["clocks"]]
    return {**body, "clocks": rules}


async def _shipped(timed: House, code: str) -> Json:
    """A policy without its ladders, which name teams this house has not."""
    body = await body_of(await timed.client(), "policies", code)
    return {**body, "clocks": [{**rule, "ladder": []} for rule in body["clocks"]]}


async def _complaint(timed: House, amount: int) -> Json:
    body = await _shipped(timed, "complaint")
    limit = {"amount": amount, "unit": "calendar_day", "calendar": "cn_working"}
    return _changed(body, "CN_NFRA_COMPLAINT", limit=limit)


async def test_longer_needs_a_second_person(timed: House) -> None:
    maker = await timed.client("admin")
    command = {"body": await _complaint(timed, 20), "note": "情况普遍复杂"}
    answer = await maker.post(POLICIES, json=command)
    assert (answer.status_code, answer.json()["title"]) == (409, "ApprovalNeeded")
    assert "消费投诉处理时限" in answer.json()["detail"]
    preview = await ok(maker, "POST", f"{POLICIES}/preview", {"body": command["body"]})
    assert preview["lengthens"] == ["消费投诉处理时限"]
    proposed = await ok(maker, "POST", PROPOSALS, command)
    assert (proposed["state"], proposed["based_on"], proposed["lengthens"]) == (
        "proposed", 1, ["消费投诉处理时限"],
    )  # fmt: skip
    assert ("15", "20") in [(c["before"], c["after"]) for c in proposed["changes"]]
    assert (await ok(maker, "GET", f"{POLICIES}/complaint"))["version"] == 1, "it does not hold yet"
    url = f"{PROPOSALS}/{proposed['id']}/approve"
    answer = await maker.post(url)
    assert (answer.status_code, answer.json()["title"]) == (409, "SamePerson")
    second = await timed.client("admin", login="second")
    both = await gather(second.post(url), second.post(url))
    assert sorted(a.status_code for a in both) == [200, 409]
    assert (await ok(maker, "GET", f"{POLICIES}/complaint"))["version"] == 2
    [listed] = await ok(maker, "GET", PROPOSALS)
    assert (listed["state"], listed["version"], listed["decided_by"]) == (
        "approved", 2, str(timed.people["second"]),
    )  # fmt: skip
    kinds = [e.kind for e in await events_of(timed, ("policy.proposed", "policy.made", "policy.approved"))]
    assert kinds[-3:] == ["policy.proposed", "policy.made", "policy.approved"]


async def test_shorter_and_equal_need_none(timed: House) -> None:
    maker = await timed.client("admin")
    shorter = await ok(maker, "POST", POLICIES, {"body": await _complaint(timed, 10), "note": "加快办理"})
    assert shorter["version"] == 2
    again = await ok(maker, "POST", POLICIES, {"body": await _complaint(timed, 10), "note": "不变"})
    assert again["version"] == 3
    # What was shortened is the house's own promise now, and yet set from outside: back to 15 needs the second person too.
    answer = await maker.post(POLICIES, json={"body": await _complaint(timed, 15), "note": "恢复"})
    assert answer.json()["title"] == "ApprovalNeeded"


async def test_ways_round_it_need_one_too(timed: House) -> None:
    maker = await timed.client("admin")
    retired = await maker.post(f"{POLICIES}/complaint/retire", json={"note": "停用"})
    assert (retired.status_code, retired.json()["title"]) == (409, "ApprovalNeeded")
    body, standard = await _shipped(timed, "complaint"), await _shipped(timed, "standard")
    ways: list[Json] = [
        {**body, "clocks": [r for r in body["clocks"] if r["code"] != "CN_NFRA_COMPLAINT"]},
        _changed(body, "CN_NFRA_COMPLAINT", basis=None, verified="own"),
        _changed(body, "CN_NFRA_COMPLAINT", pauses_for=["appraisal", "customer"]),
        {**body, "match": {**body["match"], "tiers": ["gold"]}},
        {**body, "rank": 500},
        {**standard, "code": "first", "rank": 1, "match": {}},
    ]
    for way in ways:
        answer = await maker.post(POLICIES, json={"body": way, "note": "绕开"})
        assert (answer.status_code, answer.json()["title"]) == (409, "ApprovalNeeded"), answer.text


async def test_a_retirement_by_two_and_a_refusal(timed: House) -> None:
    maker, second = await timed.client("admin"), await timed.client("admin", login="second")
    asked = await ok(maker, "POST", PROPOSALS, {"retire": "complaint", "note": "由新政策取代"})
    refusal = {"note": "先建新政策"}
    done = await ok(second, "POST", f"{PROPOSALS}/{asked['id']}/refuse", refusal)
    assert (done["state"], done["version"], done["retires"]) == ("refused", None, True)
    answer = await second.post(f"{PROPOSALS}/{asked['id']}/approve")
    assert answer.json()["title"] == "ProposalDecided"
    asked = await ok(maker, "POST", PROPOSALS, {"retire": "complaint", "note": "由新政策取代"})
    await ok(second, "POST", f"{PROPOSALS}/{asked['id']}/approve")
    rows = {row["code"]: row["retired"] for row in await ok(maker, "GET", POLICIES)}
    assert rows["complaint"] is True
    answer = await maker.post(PROPOSALS, json={"retire": "complaint", "note": "再停一次"})
    assert answer.json()["title"] == "PolicyRetired"


async def test_a_proposal_overtaken_or_wrong_is_refused(timed: House) -> None:
    maker, second = await timed.client("admin"), await timed.client("admin", login="second")
    body = await _complaint(timed, 20)
    asked = await ok(maker, "POST", PROPOSALS, {"body": body, "note": "放宽"})
    await ok(maker, "POST", POLICIES, {"body": await _complaint(timed, 12), "note": "先收紧"})
    answer = await second.post(f"{PROPOSALS}/{asked['id']}/approve")
    assert (answer.status_code, answer.json()["title"]) == (409, "PolicyMovedOn")
    soon = (clock.now() + timedelta(days=1)).isoformat()
    for command, pointers in (
        ({"note": "什么也没有"}, ["/body"]),
        ({"note": "两样", "body": body, "retire": "complaint"}, ["/body"]),
        ({"note": "不对", "body": {**body, "clocks": [body["clocks"][0]] * 2}}, ["/body/clocks/1/code"]),
        ({"note": "以后", "body": body, "effective_from": soon, "move_running": True}, ["/move_running"]),
    ):
        assert await refused(maker, PROPOSALS, command, 422, "Invalid") == pointers
    assert (await maker.post(PROPOSALS, json={"note": "没有", "retire": "nothing"})).status_code == 404
    assert (
        await (await timed.client("agent")).post(PROPOSALS, json={"note": "x", "body": body})
    ).status_code in (403, 422)


def _rule(amount: int = 15, **more: Any) -> Rule:
    limit = Limit(amount=amount, unit="calendar_day", calendar="cn")
    return Rule(code="a", title=_NAME, limit=limit, **{"basis": _NAME, **more})


def _body(rule: Rule, **more: Any) -> PolicyBody:
    return PolicyBody(code="p", title=_NAME, clocks=(rule,), **more)


_STAGE = Stage(code="s", limit=Limit(amount=30, unit="calendar_day", calendar="cn"), when=_NAME)


@pytest.mark.parametrize(
    ("after", "is_longer"),
    [
        (_rule(15), False),
        (_rule(14), False),
        (_rule(16), True),
        (_rule(stages=()), False),
        (_rule(stages=(_STAGE, Stage(code="t", limit=_STAGE.limit, when=_NAME))), True),
        (_rule(stages=(Stage(code="s", limit=_STAGE.limit, when=_NAME, notify_customer=False),)), True),
        (_rule(stops_on=("resolved", "replied")), True),
        (_rule(starts_on=("claimed",)), True),
        (_rule(starts_on=("opened", "received")), False),
        (_rule(restarts_on=("replied",)), True),
        (_rule(team="CP"), True),
        (Rule(code="a", title=_NAME, basis=_NAME, limit=Limit(amount=10, unit="working_day", calendar="cn")), True),
        (Rule(code="a", title=_NAME, basis=_NAME), True),
    ],
)  # fmt: skip
def test_what_is_longer(after: Rule, is_longer: bool) -> None:
    before = _body(_rule(stages=(_STAGE,)))
    assert bool(longer(before, _body(after), ())) == is_longer


def test_the_houses_own_limits_are_its_own() -> None:
    own = _body(_rule(basis=None, verified="own"))
    assert longer(own, _body(_rule(99, basis=None)), ()) == []
    assert longer(own, None, ()) == []
    wider = _body(_rule(), match=Match(kinds=("complaint",)))
    assert longer(wider, _body(_rule()), ()) == [], "for more tickets than before"
    assert longer(_body(_rule()), wider, ()) == [_rule()]
