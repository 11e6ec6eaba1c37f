"""Access requests over HTTP, for colleagues: asked on a person's behalf, decided by a second person, fetched once."""

from typing import Any, get_args

from bihuan import customers
from bihuan.core.http import Answer, Call, Query, operation
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.customers import access, access_giving
from bihuan.customers.access_model import PERSON_ACCESS, AccessRequest, AccessState, RefuseAccess

_STATE = Query(
    name="state", schema={"type": "string", "enum": list(get_args(AccessState))}, zh="只看该状态", en="Of this state alone"
)  # fmt: skip


@operation(
    "POST", "/customers/{id}/access-requests", zh="代客户申请查阅个人信息", en="Ask for a person's data on their behalf",
    permission=PERSON_ACCESS, gives=AccessRequest, status=201, sends=True,
)  # fmt: skip
async def post_request(call: Call) -> AccessRequest:
    """Ask for all we hold of a customer; a second person decides."""
    return await access.ask(call.work, call.actor, call.id())


@operation(
    "GET", "/customers/{id}/access-requests", zh="客户的查阅申请", en="Access requests of a customer",
    permission=PERSON_ACCESS, gives=list[AccessRequest],
)  # fmt: skip
async def get_requests_of(call: Call) -> list[AccessRequest]:
    """What was asked for a customer, newest first, 50 at most."""
    found = await customers.find(call.work, call.id())
    if found is None:
        raise NotFound
    return await access.requests_of(call.work, [found.id, *found.others])


@operation(
    "GET", "/access-requests", zh="个人信息查阅申请", en="Access requests", permission=PERSON_ACCESS,
    gives=list[AccessRequest], query=(_STATE,),
)  # fmt: skip
async def get_requests(call: Call) -> list[AccessRequest]:
    """What was asked for, newest first, 200 at most."""
    state: Any = call.query.get("state")
    if state is not None and state not in get_args(AccessState):
        choices = ", ".join(get_args(AccessState))
        raise Invalid(fields=[FieldProblem(pointer="/state", code="choice", params={"choices": choices})])
    return await access.requests(call.work, state=state)


@operation(
    "POST", "/access-requests/{id}/release", zh="同意提供个人信息", en="Grant an access request",
    permission=PERSON_ACCESS, gives=AccessRequest,
)  # fmt: skip
async def post_release(call: Call) -> AccessRequest:
    """Grant what another asked for; the file is made right after."""
    return await access.release(call.work, call.actor, call.id())


@operation(
    "POST", "/access-requests/{id}/refuse", zh="不予提供个人信息", en="Refuse an access request",
    permission=PERSON_ACCESS, takes=RefuseAccess, gives=AccessRequest,
)  # fmt: skip
async def post_refuse(call: Call) -> AccessRequest:
    """Refuse what another asked for; the person reads the reason at the portal."""
    return await access.refuse(call.work, call.actor, call.id(), call.body.reason)


@operation(
    "POST", "/access-requests/{id}/fetch", zh="代客户下载个人信息文件", en="Fetch a person's file for them",
    permission=PERSON_ACCESS, gives=bytes,
)  # fmt: skip
async def post_fetch(call: Call) -> Answer:
    """The file as a ZIP, to be handed to its person: once, by somebody who may see values in clear; a look on record."""
    fetched = await access_giving.fetch_for_them(call.desk, call.work, call.actor, call.id())
    return access_giving.download(fetched)
