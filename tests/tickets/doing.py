"""Acting on tickets over HTTP, as people do, and bringing one to any state."""

from typing import Any

import httpx

from tests.conftest import House

Json = dict[str, Any]


async def tried(client: httpx.AsyncClient, ticket: Json, verb: str, **command: Any) -> httpx.Response:
    """A verb with the version last seen, whatever comes of it."""
    return await client.post(
        f"/tickets/{ticket['id']}/{verb}", json={"version": ticket["version"], **command}
    )


async def do(client: httpx.AsyncClient, ticket: Json, verb: str, **command: Any) -> Json:
    """A verb that must succeed; the ticket after it."""
    if verb == "receive":
        answer = await client.post(f"/tickets/{ticket['id']}/receive", json=command)
    else:
        answer = await tried(client, ticket, verb, **command)
    assert answer.status_code == 200, (verb, answer.text)
    return dict(answer.json())


async def refused(
    client: httpx.AsyncClient, ticket: Json, verb: str, wanted: tuple[int, str], **command: Any
) -> Json:
    """A verb that must be refused with this status and title; the problem."""
    answer = await tried(client, ticket, verb, **command)
    assert (answer.status_code, answer.json().get("title")) == wanted, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())


async def read(client: httpx.AsyncClient, ticket: Json) -> Json:
    """The ticket as it stands."""
    answer = await client.get(f"/tickets/{ticket['id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def kinds(client: httpx.AsyncClient, ticket: Json) -> list[str]:
    """The kinds of its events, in order, without `ticket.`."""
    items = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    return [str(item["kind"]).removeprefix("ticket.") for item in items]


def clocks(ticket: Json) -> dict[str, str]:
    """Kind of clock → state."""
    return {c["kind"]: c["state"] for c in ticket["clocks"]}


def clock(ticket: Json, kind: str = "resolution") -> Json:
    """One clock."""
    return next(c for c in ticket["clocks"] if c["kind"] == kind)


#: What a `general` ticket needs to be resolved: its checklist, finding and outcome.
READY: tuple[tuple[str, Json], ...] = (
    ("check", {"checklist": ["classify", "answer_question"]}),
    ("fields", {"fields": {"finding": "已转产品部门。", "outcome": "passed_on"}}),
)
_RESOLVE = ("resolve", {"resolution": "已登记您的建议。", "outcome": "explained"})
#: State → the verbs that lead there from the opening of a `general` ticket.
WAYS: dict[str, tuple[tuple[str, Json], ...]] = {
    "intake": (),
    "assigned": (*READY, ("assign", {"assignee": "supervisor"})),
    "following": (*READY, ("claim", {})),
    "processing": (*READY, ("claim", {}), ("process", {})),
    "waiting": (*READY, ("claim", {}), ("wait", {"waiting_for": "customer", "reason": "等待截图"})),
    "resolved": (*READY, ("claim", {}), _RESOLVE),
    "called_back": (*READY, ("claim", {}), _RESOLVE, ("call_back", {"result": "satisfied"})),
    "archived": (*READY, ("claim", {}), _RESOLVE, ("archive", {})),
    "reopened": (*READY, ("claim", {}), _RESOLVE, ("reopen", {"reason": "还有疑问"})),
    "withdrawn": (("withdraw", {"proof": "客户来电:不用处理了。"}),),
    "rejected": (("reject", {"reason": "不属于本机构业务"}),),
}


async def in_state(house: House, client: httpx.AsyncClient, state: str) -> Json:
    """A fresh `general` ticket in this state, held (where somebody holds it) by the supervisor."""
    ticket = await house.ticket(client, "general")
    if state == "merged":
        other = await house.ticket(client, "general")
        ticket = await do(client, ticket, "merge", into=other["number"], reason="同一件事")
    for verb, command in WAYS.get(state, ()):
        ticket = await do(client, ticket, verb, **command)
    assert ticket["state"] == state, ticket["missing"]
    return ticket
