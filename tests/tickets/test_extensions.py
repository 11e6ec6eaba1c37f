"""Longer limits: asked by one, granted by another in time, told to the customer in the same transaction."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bihuan import tickets
from bihuan.core import clock as core_clock
from bihuan.core import ids
from bihuan.core.clock import Traveller
from bihuan.sla import Limit, Stage
from tests.channels.portal import customer, inside, sent
from tests.conftest import House, gather
from tests.tickets.doing import Json, do, in_state, kinds, read
from tests.tickets.timed import HOUR, START, clocks_of, events, policy, rule, swept, words

_NOTICE = "情况复杂，我们最迟明日答复您，请致电 13800138000 联系我们。"
_STAGES = (
    Stage(code="complex", limit=Limit(amount=20, unit="hour"), when=words("情况复杂")),
    Stage(code="extended", limit=Limit(amount=40, unit="hour"), when=words("特别复杂")),
)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


@pytest.fixture
async def staged(house: House, time: Traveller) -> House:
    """A house whose resolution has two further stages and begins anew with new facts."""
    await policy(
        house,
        rule(stages=_STAGES, restarts_on=("new_facts",), pauses_for=("customer",)),
        rule("plain", hours=30),
    )
    return house


async def _asked(
    client: httpx.AsyncClient, ticket: Json, stage: str = "complex", **more: Any
) -> httpx.Response:
    wish = {"stage": stage, "reason": "须向商户调单核实", "notice": _NOTICE, **more}
    return await client.post(f"/tickets/{ticket['id']}/clocks/resolution/extensions", json=wish)


async def _grant(client: httpx.AsyncClient, ticket: Json, extension: str) -> httpx.Response:
    now = await read(client, ticket)
    return await client.post(
        f"/tickets/{ticket['id']}/extensions/{extension}/grant", json={"version": now["version"]}
    )


def _stages(shown: Json) -> dict[str, Json]:
    of_kind = next(c for c in shown["clocks"] if c["kind"] == "resolution")
    return {s["code"]: s for s in of_kind["stages"]}


def _states(shown: Json) -> dict[str, str]:
    return {code: s["state"] for code, s in _stages(shown).items()}


def _title(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json().get("title"))


async def _shown(client: httpx.AsyncClient, ticket: Json) -> Json:
    return dict((await client.get(f"/tickets/{ticket['id']}/clocks")).json())


async def _id_of(client: httpx.AsyncClient, ticket: Json, stage: str = "complex") -> str:
    return str(_stages(await _shown(client, ticket))[stage]["extension"]["id"])


async def test_asked_granted_told_and_on_record(staged: House, time: Traveller) -> None:
    asker, boss = await staged.client("agent", team="CS_L1"), await staged.client()
    browser = await customer(staged)
    ticket = await inside(staged, await sent(staged, browser))
    assert _states(await _shown(boss, ticket)) == {"complex": "open", "extended": "closed"}
    time.on(HOUR)
    answer = await _asked(asker, ticket)
    assert answer.status_code == 201, answer.text
    asked = _stages(answer.json())["complex"]
    assert asked["state"] == "asked"
    assert (asked["extension"]["asked_by"], asked["extension"]["state"]) == ("agent", "asked")
    assert asked["extension"]["reason"] == "须向商户调单核实"
    assert "13800138000" not in answer.text, "what is personal is masked"
    assert asked["due_at"] == (START + 20 * HOUR).isoformat().replace("+00:00", "Z")
    assert len((await browser.get(f"/portal/tickets/{ticket['id']}")).json()["messages"]) == 1
    time.on(HOUR)
    granted = await _grant(boss, ticket, asked["extension"]["id"])
    assert granted.status_code == 200, granted.text
    assert _states(granted.json()) == {"complex": "granted", "extended": "open"}
    assert _stages(granted.json())["complex"]["extension"]["decided_by"] == "supervisor"
    of_kind = (await clocks_of(staged, ticket))["resolution"]
    assert (of_kind.stage, of_kind.due_at, of_kind.started_at) == ("complex", START + 20 * HOUR, START)
    said = (await browser.get(f"/portal/tickets/{ticket['id']}")).json()["messages"][-1]
    assert (said["from"], said["body"][:6]) == ("desk", "情况复杂，我")
    assert (await kinds(boss, ticket))[-2:] == ["extension_asked", "extension_granted"]
    told = (await events(staged, ticket))[-1].data
    assert told["due_at"] == (START + 20 * HOUR).isoformat()
    assert told["from"] == (START + 10 * HOUR).isoformat()
    assert (told["stage"], told["message"]) == ("complex", "reply")
    assert told["asked_by"] == str(staged.people["agent"])
    verified = (await boss.get(f"/tickets/{ticket['id']}/verify")).json()
    assert verified["clean"], verified
    time.to(START + 15 * HOUR)
    await swept(staged)
    assert "clock_breached" not in await kinds(boss, ticket), "the longer limit is swept by"
    time.to(START + 21 * HOUR)
    await swept(staged)
    assert "clock_breached" in await kinds(boss, ticket)


async def test_four_eyes_order_and_rights(staged: House) -> None:
    agent, boss, lead = (
        await staged.client("agent", team="CS_L1"),
        await staged.client(),
        await staged.client("lead", team="CS_L1"),
    )
    ticket = await staged.ticket(boss, "general")
    assert _title(await _asked(boss, ticket, "extended")) == (409, "NotTheNextStage")
    wrong = await _asked(boss, ticket, "nonsense")
    assert (_title(wrong), wrong.json()["errors"][0]["pointer"]) == ((422, "Invalid"), "/stage")
    silent = await _asked(boss, ticket, notice=None)
    assert (_title(silent), silent.json()["errors"][0]["pointer"]) == ((422, "Invalid"), "/notice")
    bare = await boss.post(
        f"/tickets/{ticket['id']}/clocks/plain/extensions", json={"stage": "complex", "reason": "原因"}
    )
    assert _title(bare) == (409, "NoFurtherStage")
    none = await boss.post(
        f"/tickets/{ticket['id']}/clocks/nothing/extensions", json={"stage": "complex", "reason": "原因"}
    )
    assert _title(none) == (404, "NotFound")
    assert (await _asked(boss, ticket)).status_code == 201
    assert _title(await _asked(agent, ticket)) == (409, "AlreadyAsked")
    extension = await _id_of(boss, ticket)
    assert _title(await _grant(boss, ticket, extension)) == (409, "SamePerson")
    assert _title(await _grant(lead, ticket, extension)) == (403, "NotAllowed")
    other = await staged.client("supervisor", login="other")
    assert _title(await _grant(other, ticket, str(ids.new_id()))) == (404, "NotFound")
    assert (await _grant(other, ticket, extension)).status_code == 200
    assert _title(await _grant(other, ticket, extension)) == (409, "ExtensionDecided")
    assert (await _asked(boss, ticket, "extended")).status_code == 201
    second = await _id_of(boss, ticket, "extended")
    assert (await _grant(other, ticket, second)).status_code == 200
    assert _title(await _asked(boss, ticket, "extended")) == (409, "NoFurtherStage")


async def test_another_permission_where_the_stage_says_so(house: House, time: Traveller) -> None:
    special = Stage(
        code="complex", limit=Limit(amount=20, unit="hour"), when=words(), approval="sla.approve", notify_customer=False
    )  # fmt: skip
    await policy(house, rule(stages=(special,)))
    agent, boss = await house.client("agent", team="CS_L1"), await house.client()
    ticket = await house.ticket(agent, "general")
    assert (await _asked(agent, ticket, notice=None)).status_code == 201
    answer = await _grant(boss, ticket, await _id_of(boss, ticket))
    assert _title(answer) == (403, "NotAllowed")
    assert "sla.approve" in answer.json()["detail"]


async def test_nothing_is_told_where_the_stage_does_not_ask_for_it(house: House, time: Traveller) -> None:
    quiet = Stage(code="complex", limit=Limit(amount=20, unit="hour"), when=words(), notify_customer=False)
    await policy(house, rule(stages=(quiet,)))
    agent, boss = await house.client("agent", team="CS_L1"), await house.client()
    ticket = await house.ticket(agent, "general")
    assert (await _asked(agent, ticket, notice=None)).status_code == 201
    assert (await _grant(boss, ticket, await _id_of(boss, ticket))).status_code == 200
    assert "message" not in (await events(house, ticket))[-1].data
    assert (await clocks_of(house, ticket))["resolution"].due_at == START + 20 * HOUR


async def test_after_the_limit_it_lapses_and_that_is_recorded(staged: House, time: Traveller) -> None:
    agent, boss = await staged.client("agent", team="CS_L1"), await staged.client()
    ticket = await staged.ticket(agent, "general")
    await _asked(agent, ticket)
    extension = await _id_of(boss, ticket)
    time.to(START + 10 * HOUR)
    assert _states(await _shown(boss, ticket))["complex"] == "asked", (
        "at the due moment it can still be granted"
    )
    time.on(HOUR / 3600)
    shown = _stages(await _shown(boss, ticket))["complex"]
    assert (shown["state"], shown["extension"]["state"]) == ("closed", "lapsed"), "derived at once"
    before = await kinds(boss, ticket)
    assert _title(await _grant(boss, ticket, extension)) == (409, "ExtensionLapsed")
    assert (await kinds(boss, ticket)) == [*before, "extension_lapsed"]
    lapsed = (await events(staged, ticket))[-1]
    assert (lapsed.actor_kind, lapsed.data["extension"]) == ("system", extension)
    assert _title(await _grant(boss, ticket, extension)) == (409, "ExtensionLapsed")
    refuse = await boss.post(
        f"/tickets/{ticket['id']}/extensions/{extension}/refuse", json={"reason": "已过期"}
    )
    assert _title(refuse) == (409, "ExtensionLapsed")
    assert (await kinds(boss, ticket)) == [*before, "extension_lapsed"], "recorded once"
    assert (await clocks_of(staged, ticket))["resolution"].stage == ""
    assert _title(await _asked(agent, ticket)) == (409, "LimitOver")


async def test_refused_with_a_reason_and_asked_anew(staged: House, time: Traveller) -> None:
    agent, boss = await staged.client("agent", team="CS_L1"), await staged.client()
    ticket = await staged.ticket(agent, "general")
    await _asked(agent, ticket)
    extension, url = await _id_of(boss, ticket), f"/tickets/{ticket['id']}/extensions"
    assert (await boss.post(f"{url}/{extension}/refuse", json={})).status_code == 422
    answer = await boss.post(f"{url}/{extension}/refuse", json={"reason": "材料已齐，不必延期"})
    assert (answer.status_code, _states(answer.json())["complex"]) == (200, "open")
    assert _title(await _grant(boss, ticket, extension)) == (409, "ExtensionDecided")
    assert (await kinds(boss, ticket))[-1] == "extension_refused"
    timeline = (await boss.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    assert timeline[-1]["message"]["reason"] == "材料已齐，不必延期"
    assert (await _asked(agent, ticket)).status_code == 201
    assert (await clocks_of(staged, ticket))["resolution"].due_at == START + 10 * HOUR


async def test_a_clock_that_stops_or_begins_anew_takes_its_request_along(
    staged: House, time: Traveller
) -> None:
    client, boss = await staged.client("supervisor", login="worker"), await staged.client()
    ticket = await in_state(staged, client, "processing")
    await _asked(client, ticket)
    ticket = await do(client, await read(client, ticket), "resolve", resolution="已办理", outcome="solved")
    assert _stages(await _shown(boss, ticket))["complex"]["extension"]["state"] == "lapsed"
    facts = await in_state(staged, client, "following")
    await _asked(client, facts)
    time.on(HOUR)
    facts = await do(client, await read(client, facts), "new-facts", reason="客户补交了新证据")
    shown = await _shown(boss, facts)
    assert [(c["kind"], c["run"]) for c in shown["past"]] == [("resolution", 1)]
    assert shown["past"][0]["stages"][0]["extension"]["state"] == "lapsed"
    of_kind = (await clocks_of(staged, facts))["resolution"]
    assert (of_kind.run, of_kind.started_at, of_kind.due_at) == (2, START + HOUR, START + 11 * HOUR)
    assert (await clocks_of(staged, facts))["plain"].run == 1
    assert (await kinds(boss, facts))[-2:] == ["new_facts", "extension_lapsed"]
    assert (await _asked(client, facts)).status_code == 201, "of the new run"


async def test_two_who_record_the_same_news_do_not_restart_twice(staged: House, time: Traveller) -> None:
    one, two = await staged.client(), await staged.client("supervisor", login="other")
    ticket = await in_state(staged, one, "following")
    time.on(HOUR)
    first = await one.post(
        f"/tickets/{ticket['id']}/new-facts", json={"version": ticket["version"], "reason": "新证据"}
    )
    assert first.status_code == 200, first.text
    time.on(HOUR)
    second = await two.post(
        f"/tickets/{ticket['id']}/new-facts", json={"version": ticket["version"], "reason": "新证据"}
    )
    assert _title(second) == (409, "StaleWrite")
    assert second.json()["draft_id"], "the words are kept"
    noted = await do(one, first.json(), "note", body="备注")
    assert (await clocks_of(staged, noted))["resolution"].run == 2
    ended = await in_state(staged, one, "withdrawn")
    refused = await one.post(
        f"/tickets/{ended['id']}/new-facts", json={"version": ended["version"], "reason": "新证据"}
    )
    assert _title(refused) == (409, "TicketClosed")


async def test_a_newer_word_of_the_customer_comes_first(staged: House, time: Traveller) -> None:
    agent, boss = await staged.client("agent", team="CS_L1"), await staged.client()
    ticket = await staged.ticket(agent, "general")
    await _asked(agent, ticket)
    extension, seen = await _id_of(boss, ticket), await read(boss, ticket)
    await do(boss, seen, "receive", body="我已找到凭证", channel="phone")
    answer = await boss.post(
        f"/tickets/{ticket['id']}/extensions/{extension}/grant", json={"version": seen["version"]}
    )
    assert _title(answer) == (409, "StaleWrite")
    assert (await clocks_of(staged, ticket))["resolution"].stage == ""


async def test_granted_by_many_at_once_is_granted_and_told_once(staged: House, time: Traveller) -> None:
    agent = await staged.client("agent", team="CS_L1")
    ticket = await staged.ticket(agent, "general")
    await _asked(agent, ticket)
    extension, seen = await _id_of(agent, ticket), await read(agent, ticket)
    bosses = [await staged.client("supervisor", login=f"boss{i}") for i in range(4)]
    url = f"/tickets/{ticket['id']}/extensions/{extension}/grant"
    answers = await gather(*(b.post(url, json={"version": seen["version"]}) for b in bosses))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]
    assert (await kinds(agent, ticket)).count("extension_granted") == 1


async def test_replayed_by_its_key(staged: House, time: Traveller) -> None:
    agent, boss = await staged.client("agent", team="CS_L1"), await staged.client()
    ticket = await staged.ticket(agent, "general")
    key = {"idempotency-key": "e1"}
    wish = {"stage": "complex", "reason": "须调单", "notice": _NOTICE}
    url = f"/tickets/{ticket['id']}/clocks/resolution/extensions"
    one, two = [await agent.post(url, json=wish, headers=key) for _ in range(2)]
    assert (one.status_code, two.text, two.headers["idempotency-replayed"]) == (201, one.text, "true")
    extension, seen = await _id_of(boss, ticket), await read(boss, ticket)
    grant = f"/tickets/{ticket['id']}/extensions/{extension}/grant"
    one, two = [await boss.post(grant, json={"version": seen["version"]}, headers=key) for _ in range(2)]
    assert (one.status_code, two.text, two.headers["idempotency-replayed"]) == (200, one.text, "true")
    assert (await kinds(boss, ticket)).count("extension_granted") == 1


async def test_a_standing_clock_is_extended_and_what_stood_stays_out(staged: House, time: Traveller) -> None:
    client, boss = await staged.client("supervisor", login="worker"), await staged.client()
    ticket = await in_state(staged, client, "waiting")
    time.on(100 * HOUR)
    assert (await _asked(client, ticket)).status_code == 201
    assert (await _grant(boss, ticket, await _id_of(boss, ticket))).status_code == 200
    await do(client, await read(client, ticket), "resume")
    of_kind = (await clocks_of(staged, ticket))["resolution"]
    assert of_kind.due_at == START + 120 * HOUR


async def test_the_sweep_records_what_lapsed(staged: House, time: Traveller) -> None:
    agent = await staged.client("agent", team="CS_L1")
    late, stopped = await staged.ticket(agent, "general"), await staged.ticket(agent, "general")
    for ticket in (late, stopped):
        await _asked(agent, ticket)
    boss = await staged.client()
    await do(boss, await read(boss, stopped), "reject", reason="不属于受理范围")
    assert await tickets.extensions.sweep_lapsed(staged.desk, staged.tenant_id) in (0, 1)
    assert (await kinds(boss, stopped)).count("extension_lapsed") == 1
    time.to(START + 11 * HOUR)
    assert await tickets.extensions.sweep_lapsed(staged.desk, staged.tenant_id) == 1
    assert (await kinds(boss, late)).count("extension_lapsed") == 1
    assert await tickets.extensions.sweep_lapsed(staged.desk, staged.tenant_id) == 0


async def test_what_was_asked_lapses_on_record_with_the_end(staged: House, time: Traveller) -> None:
    """The end, then the lapse, in one transaction: no reader sees a request of a ticket that has ended."""
    client, agent = await staged.client(), await staged.client("agent", team="CS_L1")
    solved = await in_state(staged, client, "processing")
    away, other = await staged.ticket(agent, "general"), await staged.ticket(agent, "general")
    for ticket in (solved, away, other):
        assert (await _asked(agent, ticket)).status_code == 201
    solved = await do(client, await read(client, solved), "resolve", resolution="已办理", outcome="solved")
    away = await do(client, await read(client, away), "withdraw", proof="客户来电撤回")
    into = await staged.ticket(agent, "general")
    other = await do(client, await read(client, other), "merge", into=into["number"], reason="同一件事")
    for ticket, end in ((solved, "resolved"), (away, "withdrawn"), (other, "merged")):
        assert (await kinds(client, ticket))[-2:] == [end, "extension_lapsed"]
        assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]
        assert ticket["version"] == len(await kinds(client, ticket))
    assert await tickets.extensions.sweep_lapsed(staged.desk, staged.tenant_id) == 0


async def test_the_notice_of_a_longer_limit_is_an_answer(house: House, time: Traveller) -> None:
    """The customer has heard of us: what is owed next counts from then, and only where they were told."""
    update = rule("update", hours=8, restarts_on=("replied",))
    answer = rule("answer", hours=4, starts_on=("received",), stops_on=("replied",))
    await policy(house, rule(stages=_STAGES), update, answer)
    agent, boss = await house.client("agent", team="CS_L1"), await house.client()
    ticket = await house.ticket(agent, "general")
    await do(boss, ticket, "receive", body="请问办得如何", channel="phone")
    await _asked(agent, ticket)
    assert (await clocks_of(house, ticket))["answer"].stopped_at is None, "asking tells the customer nothing"
    time.on(HOUR)
    assert (await _grant(boss, ticket, await _id_of(boss, ticket))).status_code == 200
    of_kind = await clocks_of(house, ticket)
    assert (of_kind["answer"].stopped_at, of_kind["answer"].stopped_by) == (START + HOUR, "ticket.replied")
    assert (of_kind["update"].run, of_kind["update"].due_at) == (2, START + 9 * HOUR)
    assert of_kind["resolution"].due_at == START + 20 * HOUR
