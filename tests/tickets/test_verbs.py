"""Every verb over HTTP: what the table holds works and leaves its event, all else is refused and changes nothing."""

from typing import Any

import httpx
import pytest

from bihuan.tickets.lifecycle import CLOSED_STATES, STATES, TABLE
from tests.conftest import House
from tests.tickets.doing import do, in_state, kinds, read, refused, tried

#: Verb → the action of the table it asks for, and a body it takes. `merge` and `link` need another ticket.
_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "receive": ("receive", {"body": "客户来电催办"}),
    "reply": ("reply", {"body": "您好,正在处理。"}),
    "note": ("note", {"body": "内部备注"}),
    "claim": ("claim", {}),
    "assign": ("assign", {"assignee": "supervisor", "reason": "熟悉此业务"}),
    "transfer": ("transfer", {"team": "BILLING", "reason": "属账务问题"}),
    "reclassify": ("reclassify", {"case_type": "lost_card", "reason": "实为挂失"}),
    "priority": ("edit", {"priority": "urgent", "reason": "客户着急"}),
    "fields": ("edit", {"title": "改后的标题", "fields": {"device_model": "示例手机 10"}}),
    "check": ("edit", {"checklist": ["educate"], "evidence": ["screenshot"]}),
    "tag": ("edit", {"add": ["重点"]}),
    "process": ("process", {}),
    "wait": ("wait", {"waiting_for": "third_party", "reason": "等待清算机构"}),
    "resume": ("resume", {"reason": "已收到"}),
    "resolve": ("resolve", {"resolution": "已处理。"}),
    "call_back": ("call_back_satisfied", {"result": "satisfied"}),
    "archive": ("archive", {}),
    "reopen": ("reopen", {"reason": "客户补充情况"}),
    "withdraw": ("withdraw", {"proof": "客户短信:撤回。"}),
    "reject": ("reject", {"reason": "不属于受理范围"}),
    "merge": ("merge", {"reason": "同一件事"}),
    "link": ("link", {}),
    "nudge": ("nudge", {"words": "请尽快"}),
    "new-facts": ("new_facts", {"reason": "客户补充了新证据"}),
}
#: Free of versions: they take no `version` in their body.
_FREE = {"receive", "tag", "note", "link", "nudge"}


async def _send(house: House, client: httpx.AsyncClient, ticket: dict[str, Any], verb: str) -> httpx.Response:
    _, body = _BODIES[verb]
    if verb in ("merge", "link"):
        other = await house.ticket(client, "general")
        body = {**body, ("into" if verb == "merge" else "other"): other["number"]}
    if verb == "nudge":
        # Nobody urges themselves.
        client = await house.client(login="another")
    if verb in _FREE:
        return await client.post(f"/tickets/{ticket['id']}/{verb}", json=body)
    return await tried(client, ticket, verb, **body)


@pytest.mark.parametrize("state", STATES)
async def test_every_verb_in_this_state(shared_house: House, state: str) -> None:
    house = shared_house
    client = await house.client()
    for verb, (action, _) in _BODIES.items():
        cell = TABLE.get((state, action))  # pyright: ignore[reportArgumentType]
        ticket = await in_state(house, client, state)
        answer = await _send(house, client, ticket, verb)
        happened = await kinds(client, ticket)
        if cell is None:
            wanted = "TicketClosed" if state in CLOSED_STATES else "NotInThisState"
            assert (answer.status_code, answer.json()["title"]) == (409, wanted), (verb, answer.text)
            assert len(happened) == ticket["version"], verb
            after = await read(client, ticket)
            same = ("version", "state", "changed_at", "assignee", "team", "fields", "tags")
            assert {k: after[k] for k in same} == {k: ticket[k] for k in same}, verb
        elif answer.status_code == 200:
            assert happened[-1] == cell.event.removeprefix("ticket."), verb
            assert answer.json()["version"] == len(happened)
        else:
            # A guard: nobody holds it, or it is not complete; the table alone does not decide.
            assert state == "intake" and verb == "process", (verb, answer.text)
            assert answer.json()["title"] in ("NobodyHolds", "Incomplete")


async def test_the_table_of_this_file_is_whole() -> None:
    from bihuan.tickets import BY_NAME

    assert _BODIES.keys() == BY_NAME.keys()


async def test_resolve_needs_what_the_case_needs(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    ticket = await do(client, ticket, "check", checklist=["classify"])
    await refused(client, ticket, "process", (409, "NobodyHolds"))
    ticket = await do(client, ticket, "claim")
    assert ticket["state"] == "following"
    problem = await refused(client, ticket, "resolve", (422, "Incomplete"), resolution="已处理。")
    lacking = {e["pointer"] for e in problem["errors"]}
    assert lacking == {m["pointer"] for m in ticket["missing"]}
    assert {"/fields/finding", "/fields/outcome", "/checklist/answer_question", "/stages/answer"} <= lacking


async def test_a_stage_closes_by_itself_once_it_has_what_it_needs(house: House) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "following")
    assert ticket["missing"] == []
    ticket = await do(client, ticket, "fields", fields={"finding": None})
    assert {m["pointer"] for m in ticket["missing"]} == {"/fields/finding", "/stages/answer"}


async def test_claim_of_what_a_colleague_holds(house: House) -> None:
    client, other = await house.client(), await house.client("agent", login="other", team="CS_L1")
    ticket = await in_state(house, client, "following")
    await refused(other, ticket, "claim", (409, "HeldByAnother"))
    ticket = await do(client, ticket, "assign", assignee=None)
    assert (ticket["assignee"], ticket["state"]) == (None, "following")
    ticket = await do(other, ticket, "claim")
    assert ticket["assignee"] == "other"


async def test_assign_and_transfer_name_people_and_teams_there_are(house: House) -> None:
    client = await house.client()
    await house.client("agent", login="colleague", team="BILLING")
    ticket = await in_state(house, client, "following")
    answer = await tried(client, ticket, "assign", assignee="nobody")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/assignee", "not_found")]
    ticket = await do(client, ticket, "assign", assignee="colleague", reason="由其跟进")
    assert ticket["assignee"] == "colleague"
    for team, code in (("NOWHERE", "not_found"), ("CS_L1", "duplicate")):
        answer = await tried(client, ticket, "transfer", team=team, reason="转派原因")
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/team", code)]
    ticket = await do(client, ticket, "transfer", team="BILLING", reason="属账务问题")
    assert (ticket["team"], ticket["assignee"], ticket["state"], ticket["transfers"]) == ("BILLING", None, "assigned", 1)  # fmt: skip


async def test_withdraw_with_its_proof_attached(house: House) -> None:
    client = await house.client()
    ticket, other = await house.ticket(client, "general"), await house.ticket(client, "general")
    files = {"files": ("撤回申请.txt", "本人申请撤回。".encode())}
    proof = (await client.post(f"/tickets/{ticket['id']}/attach", files=files)).json()[0]
    foreign = (await client.post(f"/tickets/{other['id']}/attach", files=files)).json()[0]
    ticket = await read(client, ticket)
    answer = await tried(client, ticket, "withdraw", proof="见附件", attachment_id=foreign["id"])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/attachment_id")
    ticket = await do(client, ticket, "withdraw", proof="见附件", attachment_id=proof["id"])
    assert (ticket["state"], ticket["closed_at"] is not None) == ("withdrawn", True)
    last = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]
    assert last["data"]["proof_attachment"] == proof["id"]
    assert last["message"]["reason"] == "见附件"


async def test_a_reopened_ticket_forgets_how_it_ended(house: House) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "called_back")
    ticket = await do(client, ticket, "receive", body="问题又出现了")
    assert ticket["state"] == "reopened"
    assert ticket["reopenings"] == 1
    assert [ticket.get(k) for k in ("outcome", "callback_result", "resolved_at", "closed_at")] == [None] * 4


@pytest.mark.parametrize(
    ("result", "state"),
    [("satisfied", "called_back"), ("basically_satisfied", "called_back"), ("dissatisfied", "reopened"), ("unreachable", "resolved")],
)  # fmt: skip
async def test_what_the_call_back_found(house: House, result: str, state: str) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "resolved")
    ticket = await do(client, ticket, "call_back", result=result, note="已通话")
    assert (ticket["state"], ticket["callback_result"]) == (state, result)
    assert (ticket["reopenings"], "resolved_at" in ticket and ticket["resolved_at"] is None) == (
        (1, True) if state == "reopened" else (0, False)
    )


@pytest.mark.parametrize(
    ("until", "code"),
    [("2020-01-01T00:00:00Z", "too_small"), ("9999-12-31T23:59:59-14:00", "too_far"), ("2026-11-30T10:00:00", "no_zone"), ("soon", "bad_date")],
)  # fmt: skip
async def test_wait_until_when(house: House, until: str, code: str) -> None:
    client = await house.client()
    ticket = await in_state(house, client, "following")
    answer = await tried(client, ticket, "wait", waiting_for="customer", reason="等待截图", until=until)
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/until", code)], answer.text
    assert (await read(client, ticket))["state"] == "following"


async def test_bad_bodies_of_every_verb(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for verb in _BODIES:
        url = f"/tickets/{ticket['id']}/{verb}"
        answer = await client.post(url, json={"version": 0, "nonsense": 1})
        assert (answer.status_code, answer.json()["title"]) == (422, "Invalid"), verb
        codes = {e["pointer"]: e["code"] for e in answer.json()["errors"]}
        assert codes["/nonsense"] == "unknown", verb
        assert verb in ("receive", "nudge") or codes["/version"] == "too_small", verb
        answer = await client.post(url, json={**_BODIES[verb][1], "version": 99})
        assert answer.status_code == 422 or verb in _FREE, verb
    assert (await read(client, ticket))["version"] == len(await kinds(client, ticket))
