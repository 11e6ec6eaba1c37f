"""Erasures over HTTP: asked for, listed, approved or refused by a second person."""

from bihuan.core.http import Call, operation
from bihuan.privacy import erase, erasure_state
from bihuan.privacy.erase import PERSON_ERASE, Erase, Erasure
from bihuan.privacy.erasure_state import ErasureState


@operation(
    "POST", "/customers/{id}/erase", zh="申请删除个人信息", en="Ask for a person's erasure", permission=PERSON_ERASE,
    takes=Erase, gives=Erasure, status=201, sends=True, confirms=True,
)  # fmt: skip
async def post_erase(call: Call) -> Erasure:
    """Ask for a customer's erasure; a second person approves it."""
    return await erase.ask(call.work, call.actor, call.id(), call.body)


@operation(
    "GET", "/customers/{id}/erasure", zh="一位客户的删除情况", en="How it stands with a person's erasure",
    permission=PERSON_ERASE, gives=ErasureState,
)  # fmt: skip
async def get_erasure(call: Call) -> ErasureState:
    """What was asked for last, and why their data must be kept, if it must."""
    return await erasure_state.state_of(call.work, call.actor, call.id())


@operation("GET", "/erasures", zh="删除申请", en="Erasures", permission=PERSON_ERASE, gives=list[Erasure])
async def get_erasures(call: Call) -> list[Erasure]:
    """What was asked for, newest first, 200 at most. `done` once keys and files' bytes are destroyed."""
    return await erase.erasures(call.work)


@operation(
    "POST",
    "/erasures/{id}/approve",
    zh="复核同意删除",
    en="Approve an erasure",
    permission=PERSON_ERASE,
    gives=Erasure,
    confirms=True,
)
async def post_approve(call: Call) -> Erasure:
    """Approve what another asked for. It cannot be undone: the person's keys are destroyed right after."""
    return await erase.approve(call.work, call.actor, call.id())


@operation(
    "POST",
    "/erasures/{id}/refuse",
    zh="驳回删除申请",
    en="Refuse an erasure",
    permission=PERSON_ERASE,
    gives=Erasure,
)
async def post_refuse(call: Call) -> Erasure:
    """Refuse what another asked for."""
    return await erase.refuse(call.work, call.actor, call.id())
