"""Policies over HTTP: read, previewed, made in versions, retired."""

import msgspec

from bihuan.core.http import Call, operation
from bihuan.core.problems import Invalid
from bihuan.sla import policies, preview, store, views
from bihuan.sla.asked import VERSION, asked_version
from bihuan.sla.model import PolicyBody
from bihuan.sla.permissions import SLA_MANAGE, SLA_READ
from bihuan.sla.policies import MakePolicy, RetirePolicy
from bihuan.sla.views import PolicyPreview, PolicyRow, PolicyVersion, PolicyView


class PreviewPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it might be."""

    body: PolicyBody


@operation(
    "GET", "/sla/policies", zh="SLA 政策", en="SLA policies", permission=SLA_READ, gives=list[PolicyRow]
)
async def get_policies(call: Call) -> list[PolicyRow]:
    """Every policy, in the order of trial."""
    return views.policy_rows(await store.book(call.work, fresh=True), call.language)


@operation(
    "GET",
    "/sla/policies/{code}",
    zh="SLA 政策详情",
    en="An SLA policy",
    permission=SLA_READ,
    gives=PolicyView,
    query=(VERSION,),
)
async def get_policy(call: Call) -> PolicyView:
    """One policy with its history and what each version changed."""
    return views.policy_view(await store.book(call.work, fresh=True), call.path["code"], asked_version(call))


@operation(
    "POST",
    "/sla/policies/preview",
    zh="预览 SLA 政策变更",
    en="Preview an SLA policy",
    permission=SLA_MANAGE,
    takes=PreviewPolicy,
    gives=PolicyPreview,
)
async def post_policy_preview(call: Call) -> PolicyPreview:
    """What it would change, and running clocks it would move; nothing is written."""
    book, body = await store.book(call.work, fresh=True), call.body.body
    if wrong := await policies.problems(call.work, book, body):
        raise Invalid(fields=wrong)
    found = await preview.moves(call.work, preview.of_policy(book, body, call.language))
    return PolicyPreview(
        changes=views.policy_differences(book, body),
        clocks=found.clocks,
        moves=found.moves,
        capped=found.capped,
        lengthens=views.lengthened(book, policies.latest(book, body.code), body, call.language),
    )


@operation(
    "POST",
    "/sla/policies",
    zh="保存 SLA 政策的新版本",
    en="Make an SLA policy's next version",
    permission=SLA_MANAGE,
    takes=MakePolicy,
    gives=PolicyVersion,
    status=201,
    sends=True,
)
async def post_policy(call: Call) -> PolicyVersion:
    """The first version of a code, or its next."""
    head = await policies.make(call.work, call.actor, call.body)
    return views.policy_version(await store.book(call.work, fresh=True), head)


@operation(
    "POST",
    "/sla/policies/{code}/retire",
    zh="停用 SLA 政策",
    en="Retire an SLA policy",
    permission=SLA_MANAGE,
    takes=RetirePolicy,
    gives=PolicyVersion,
    status=201,
    sends=True,
)
async def post_retire(call: Call) -> PolicyVersion:
    """It matches nothing any more; what it started goes on by it."""
    head = await policies.retire(call.work, call.actor, call.path["code"], call.body)
    return views.policy_version(await store.book(call.work, fresh=True), head)
