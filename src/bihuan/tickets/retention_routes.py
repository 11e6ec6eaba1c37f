"""How long records are kept, over HTTP: rules and their history, the plan, and runs that delete what is over its time."""

from bihuan import privacy
from bihuan.core import clock
from bihuan.core.http import Call, operation
from bihuan.privacy import RETENTION_MANAGE, SetRule, day_of
from bihuan.tickets import retention as of_tickets
from bihuan.tickets import retention_runs, retention_views
from bihuan.tickets.retention_runs import RefuseRun, Run
from bihuan.tickets.retention_views import PlanView, RuleView, RunView


@operation(
    "GET", "/retention/rules", zh="保存期限", en="Retention rules", permission=RETENTION_MANAGE, gives=list[RuleView]
)  # fmt: skip
async def get_rules(call: Call) -> list[RuleView]:
    """Every class of records: how long it is kept, on what that rests, and its history."""
    return await retention_views.rules(call.work, call.actor.id, call.language)


@operation(
    "PUT", "/retention/rules/{class}", zh="修改保存期限", en="Change how long a class is kept",
    permission=RETENTION_MANAGE, takes=SetRule, gives=RuleView,
)  # fmt: skip
async def put_rule(call: Call) -> RuleView:
    """A class's next version. A shorter time waits for a second person; a longer one holds from when it says."""
    await privacy.retention.put(call.work, call.actor, call.path["class"], call.body)
    return await _rule(call)


@operation(
    "POST", "/retention/rules/{class}/approve", zh="复核同意缩短保存期限", en="Approve a shorter time",
    permission=RETENTION_MANAGE, gives=RuleView, confirms=True,
)  # fmt: skip
async def post_rule_approve(call: Call) -> RuleView:
    """Let what another proposed hold."""
    await privacy.retention.approve(call.work, call.actor, call.path["class"])
    return await _rule(call)


@operation(
    "POST", "/retention/rules/{class}/refuse", zh="驳回缩短保存期限", en="Refuse a shorter time",
    permission=RETENTION_MANAGE, gives=RuleView,
)  # fmt: skip
async def post_rule_refuse(call: Call) -> RuleView:
    """Leave it as it is."""
    await privacy.retention.refuse(call.work, call.actor, call.path["class"])
    return await _rule(call)


@operation(
    "GET", "/retention/plan", zh="到期计划", en="What will be over its time, and when", permission=RETENTION_MANAGE,
    gives=PlanView,
)  # fmt: skip
async def get_plan(call: Call) -> PlanView:
    """Counts per class and month, by the rules of today; nothing is written."""
    days = of_tickets.cutoffs(await privacy.retention.terms(call.work), day_of(clock.now()))
    return PlanView(due=await of_tickets.due(call.work, days), months=await of_tickets.plan(call.work))


@operation(
    "GET", "/retention/runs", zh="到期删除记录", en="Runs", permission=RETENTION_MANAGE, gives=list[RunView]
)  # fmt: skip
async def get_runs(call: Call) -> list[RunView]:
    """Runs, newest first, 200 at most."""
    return await retention_views.runs(call.work, call.actor.id, await retention_runs.runs(call.work))


@operation(
    "POST", "/retention/runs", zh="提出到期删除", en="Propose a run", permission=RETENTION_MANAGE, gives=RunView,
    status=201, sends=True,
)  # fmt: skip
async def post_run(call: Call) -> RunView:
    """Propose to delete what is over its time today; a second person approves it."""
    return await _run(call, await retention_runs.propose(call.work, call.actor))


@operation(
    "POST", "/retention/runs/{id}/approve", zh="复核同意到期删除", en="Approve a run", permission=RETENTION_MANAGE,
    gives=RunView, confirms=True,
)  # fmt: skip
async def post_run_approve(call: Call) -> RunView:
    """Approve what another proposed. It cannot be undone: the worker begins at once."""
    return await _run(call, await retention_runs.approve(call.work, call.actor, call.id()))


@operation(
    "POST", "/retention/runs/{id}/refuse", zh="驳回到期删除", en="Refuse a run", permission=RETENTION_MANAGE,
    takes=RefuseRun, gives=RunView,
)  # fmt: skip
async def post_run_refuse(call: Call) -> RunView:
    """Delete nothing."""
    return await _run(call, await retention_runs.refuse(call.work, call.actor, call.id(), call.body))


async def _rule(call: Call) -> RuleView:
    return await retention_views.rule(call.work, call.actor.id, call.language, call.path["class"])


async def _run(call: Call, run: Run) -> RunView:
    return (await retention_views.runs(call.work, call.actor.id, [run]))[0]
