"""A ticket's clocks in full, their ledgers, and `sla explain`: every clock, why this policy, what counted and what not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from bihuan import tickets
from bihuan.core import clock as core_clock
from bihuan.core.actor import desk_actor
from bihuan.core.clock import Traveller
from bihuan.core.problems import Language, NotFound
from bihuan.sla import Limit, Move, Nudge, OpenTask, RaisePriority, Step, Tell, Words
from tests.conftest import House
from tests.tickets.doing import Json, do, in_state, read
from tests.tickets.timed import HOUR, START, calendar, policy, rule, swept, words, working_hours

_LADDER = (
    Step(code="half", share=50, do=(Tell(to="assignee"), Tell(to="role:supervisor"))),
    Step(code="last", left_seconds=3600, do=(RaisePriority(to="urgent"), Nudge())),
    Step(
        code="late", after_seconds=60, do=(Move(team="FRAUD"), OpenTask(team="BILLING", title=words("查账")))
    ),
)
_OFFICE = Limit(amount=8, unit="business_hour", calendar="office")


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(START) as traveller:
        yield traveller


async def _clocks(client: httpx.AsyncClient, ticket: Json, language: str = "zh") -> Json:
    answer = await client.get(f"/tickets/{ticket['id']}/clocks", headers={"accept-language": language})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _ledger(client: httpx.AsyncClient, ticket: Json, kind: str = "resolution", **query: Any) -> Json:
    answer = await client.get(f"/tickets/{ticket['id']}/clocks/{kind}/ledger", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _explained(house: House, ticket: Json, language: Language = "zh") -> list[str]:
    async with house.desk.database.work(house.tenant_id) as work:
        actor = desk_actor(house.tenant_id)
        return await tickets.clock_views.explain(work, actor, ticket["number"], language)


def _of(shown: Json, kind: str = "resolution") -> Json:
    return next(c for c in shown["clocks"] if c["kind"] == kind)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_the_case_types_own_promise_where_no_policy_is(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", priority="normal")
    shown = await _clocks(client, ticket)
    assert (shown["policy"], shown["why"], shown["past"]) == ("", [], [])
    assert {c["kind"]: c["title"] for c in shown["clocks"]} == {
        "first_response": "首次响应",
        "resolution": "解决",
    }
    english = await _clocks(client, ticket, "en")
    assert {c["title"] for c in english["clocks"]} == {"First response", "Resolution"}
    lines = await _explained(house, ticket)
    assert lines[0].startswith(f"工单 {ticket['number']}（")
    assert "没有政策适用，按业务类型自己的承诺计时。" in lines
    assert "No policy applies: the clocks go by what the case type promises." in await _explained(
        house, ticket, "en"
    )


async def test_by_which_policy_and_why(house: House, time: Traveller) -> None:
    await policy(house, rule(), code="b_general", case_types=("general",))
    await policy(house, rule(), code="a_disputes", kinds=("dispute",))
    await policy(house, rule(), code="c_all")
    client = await house.client()
    ticket = await house.ticket(client, "general")
    shown = await _clocks(client, ticket)
    assert (shown["policy"], shown["policy_version"]) == ("b_general", 1)
    assert [(w["policy"], w["matched"]) for w in shown["why"]] == [
        ("a_disputes", False),
        ("b_general", True),
        ("c_all", False),
    ]
    texts = [w["text"] for w in shown["why"]]
    assert texts == [
        "“承诺”不适用：只用于类别为争议的工单。",
        "“承诺”第 1 版适用（业务类型为general）。",
        "“承诺”不适用：排在前面的政策已适用。",
    ]
    english = [w["text"] for w in (await _clocks(client, ticket, "en"))["why"]]
    assert english[0] == "“承诺” does not apply: it is only for tickets with kind: dispute."
    assert english[1] == "“承诺”, version 1, applies (case type: general)."
    assert set(texts) <= set(await _explained(house, ticket))


async def test_a_later_version_explains_no_earlier_clock(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=10))
    client = await house.client()
    ticket = await house.ticket(client, "general")
    time.on(HOUR)
    await policy(house, rule(hours=2))
    shown = await _clocks(client, ticket)
    assert (shown["policy_version"], _of(shown)["policy_version"], _of(shown)["left_seconds"]) == (
        1,
        1,
        9 * 3600,
    )
    assert [(w["version"], w["matched"]) for w in shown["why"]] == [(1, True)]


async def test_steps_with_their_moments_and_whether_taken(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=10, ladder=_LADDER))
    client = await house.client()
    ticket = await house.ticket(client, "general")
    steps = _of(await _clocks(client, ticket))["steps"]
    assert [(s["code"], (_at(s["at"]) - START) / HOUR, s["done"]) for s in steps] == [
        ("half", 5, False),
        ("last", 9, False),
        ("breach", 10, False),
        ("late", 10 + 1 / 60, False),
    ]
    assert [s["does"] for s in steps] == [
        "提醒受理人；提醒角色“主管”",
        "优先级升为紧急；催办",
        "记为超时",
        "转到FRAUD；请BILLING协办：查账",
    ]
    assert [s["title"] for s in steps] == ["用时 50%", "剩余 1 小时", "到期", "超时 1 分钟"]
    time.on(6 * HOUR)
    await swept(house)
    english = _of(await _clocks(client, ticket, "en"))["steps"]
    assert [s["title"] for s in english] == ["50% used up", "1 hour left", "due", "1 minute late"]
    assert [s["done"] for s in english] == [True, False, False, False]
    assert english[0]["does"] == "tell whoever has it; tell the role “Supervisor”"
    assert english[3]["does"] == "move it to FRAUD; a task for BILLING: 查账"


async def test_the_ledger_over_closed_hours_pauses_and_a_weekend(house: House, time: Traveller) -> None:
    await calendar(house, working_hours())
    await policy(
        house, rule("resolution", _OFFICE, pauses_for=("customer",), basis=Words(zh="规定", en="The rule"))
    )
    client = await house.client()
    ticket = await in_state(house, client, "following")
    time.on(2 * HOUR)
    ticket = await do(client, ticket, "wait", waiting_for="customer", reason="等待截图")
    time.on(HOUR)
    ticket = await do(client, ticket, "resume")
    time.on(HOUR)
    told = await _ledger(client, ticket)
    assert (told["target_seconds"], told["counted_seconds"], told["paused_seconds"]) == (28_800, 10_800, 3600)
    assert told["left_seconds"] == 18_000
    # 18:00 leaves one hour of the eight, which is the next morning's.
    assert _at(told["due_at"]) == START + 24 * HOUR
    entries = told["entries"]
    assert sum((_at(e["end"]) - _at(e["start"]) for e in entries if e["counted"]), timedelta()) == 3 * HOUR
    assert [e["cause"] for e in entries] == ["working", "paused", "working"]
    assert (_at(entries[0]["start"]), _at(entries[-1]["end"])) == (START, START + 4 * HOUR)
    assert entries[1]["text"].endswith("等待您补充材料，不计时")
    assert [e["cause"] for e in told["ahead"]] == ["working", "closed_hours", "working"]
    assert _at(told["ahead"][-1]["end"]) == _at(told["due_at"])
    shown = _of(await _clocks(client, ticket))
    assert (shown["unit"], shown["amount"], shown["calendar"], shown["calendar_version"]) == (
        "business_hour",
        8,
        "office",
        1,
    )
    assert (shown["basis"], shown["provisional"], shown["for_customer"]) == ("规定", False, True)
    lines = await _explained(house, ticket)
    assert told["sentence"].strip() in "\n".join(lines)
    assert any(line.startswith("  － ") and "非营业时间，不计时" in line for line in lines)
    english = await _explained(house, ticket, "en")
    assert any("outside business hours, not counted" in line for line in english)
    assert not any("\u4e00" <= c <= "\u9fff" for line in english[3:] for c in line.replace("承诺", ""))


async def test_runs_before_have_their_ledger_too(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=10, restarts_on=("reopened", "new_facts")))
    client = await house.client()
    ticket = await in_state(house, client, "following")
    time.on(2 * HOUR)
    ticket = await do(client, ticket, "new-facts", reason="客户补交了新证据")
    time.on(HOUR)
    shown = await _clocks(client, ticket)
    assert (_of(shown)["run"], [(c["run"], c["kind"]) for c in shown["past"]]) == (2, [(1, "resolution")])
    now, first = await _ledger(client, ticket), await _ledger(client, ticket, run=1)
    assert (now["run"], now["counted_seconds"], first["run"], first["counted_seconds"]) == (2, 3600, 1, 7200)
    assert first["ahead"] == []
    lines = await _explained(house, ticket)
    assert "承诺（第 2 次计时）" in lines and "承诺" in lines
    for wrong in ("resolution/ledger?run=3", "nothing/ledger"):
        answer = await client.get(f"/tickets/{ticket['id']}/clocks/{wrong}")
        assert (answer.status_code, answer.json()["title"]) == (404, "NotFound")
    nonsense = await client.get(f"/tickets/{ticket['id']}/clocks/resolution/ledger?run=x")
    assert nonsense.status_code == 422


async def test_whose_ticket_it_is_not(house: House, time: Traveller) -> None:
    client, elsewhere = await house.client(), await house.client("agent", login="li", team="FRAUD")
    ticket = await house.ticket(client, "general")
    for path in ("clocks", "clocks/resolution/ledger"):
        assert (await elsewhere.get(f"/tickets/{ticket['id']}/{path}")).status_code == 404
    assert (await client.get(f"/tickets/{ticket['number']}/clocks")).status_code == 200, "by its number too"
    async with house.desk.database.work(house.tenant_id) as work:
        with pytest.raises(NotFound):
            await tickets.clock_views.explain(work, desk_actor(house.tenant_id), "2000000000", "zh")


async def test_finished_clocks_stay_as_they_ended(house: House, time: Traveller) -> None:
    await policy(house, rule(hours=10))
    client = await house.client()
    ticket = await in_state(house, client, "resolved")
    before, told = _of(await _clocks(client, ticket)), await _ledger(client, ticket)
    time.on(100 * HOUR)
    await policy(house, rule(hours=1), move_running=True)
    assert _of(await _clocks(client, await read(client, ticket))) == before
    assert await _ledger(client, ticket) == told
    assert before["state"] == "met"
