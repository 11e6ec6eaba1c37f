"""Proposals of policies over HTTP: made by one person, decided by another."""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan.core.http import Call, operation
from bihuan.sla import proposals, store, views
from bihuan.sla.match import Changed
from bihuan.sla.model import PolicyBody
from bihuan.sla.permissions import SLA_APPROVE, SLA_MANAGE, SLA_READ
from bihuan.sla.proposals import Proposal, ProposalState, ProposePolicy, RefuseProposal
from bihuan.sla.store import Book


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal: `changes` from the version it is based on, `lengthens`: limits set from outside it makes longer (titles),
    `version`: what it became.
    """

    id: UUID
    code: str
    title: str
    based_on: int
    retires: bool
    effective_from: datetime | None
    move_running: bool
    note: str
    state: ProposalState
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    version: int | None
    changes: list[Changed]
    lengthens: list[str]
    body: PolicyBody


@operation(
    "GET", "/sla/policy-proposals", zh="待复核的政策变更", en="Proposed policies", permission=SLA_READ,
    gives=list[ProposalView],
)  # fmt: skip
async def get_proposals(call: Call) -> list[ProposalView]:
    """What was proposed, newest first, 200 at most."""
    book = await store.book(call.work, fresh=True)
    return [_view(call, book, one) for one in await proposals.proposals(call.work)]


@operation(
    "POST", "/sla/policy-proposals", zh="提出政策变更", en="Propose a policy", permission=SLA_MANAGE,
    takes=ProposePolicy, gives=ProposalView, status=201, sends=True,
)  # fmt: skip
async def post_proposal(call: Call) -> ProposalView:
    """For a second person to approve."""
    made = await proposals.propose(call.work, call.actor, call.body)
    return _view(call, await store.book(call.work, fresh=True), made)


@operation(
    "POST", "/sla/policy-proposals/{id}/approve", zh="复核通过政策变更", en="Approve a policy",
    permission=SLA_APPROVE, gives=ProposalView, sends=True,
)  # fmt: skip
async def post_approve_policy(call: Call) -> ProposalView:
    """It becomes the policy's next version. Never by the one who proposed it."""
    done = await proposals.approve(call.work, call.actor, call.id())
    return _view(call, await store.book(call.work, fresh=True), done)


@operation(
    "POST", "/sla/policy-proposals/{id}/refuse", zh="复核不通过政策变更", en="Refuse a policy",
    permission=SLA_APPROVE, takes=RefuseProposal, gives=ProposalView, sends=True,
)  # fmt: skip
async def post_refuse_policy(call: Call) -> ProposalView:
    """It will not hold. Never by the one who proposed it."""
    done = await proposals.refuse(call.work, call.actor, call.id(), call.body)
    return _view(call, await store.book(call.work, fresh=True), done)


def _view(call: Call, book: Book, one: Proposal) -> ProposalView:
    plain = {n: getattr(one, n) for n in ProposalView.__struct_fields__ if n in Proposal.__struct_fields__}
    before = book.policy_body(one.code, one.based_on) if one.based_on else None
    return ProposalView(
        title=one.body.title.of(call.language),
        changes=views.between(before, one.body) if before is not None and not one.retires else [],
        lengthens=views.lengthened(book, before, None if one.retires else one.body, call.language),
        **plain,
    )
