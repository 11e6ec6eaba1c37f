"""Looking over HTTP: values for a reason, who looked, and the rules of both."""

from uuid import UUID

from bihuan.core.http import Call, Query, operation
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.tickets import look_policy, look_views, unmask
from bihuan.tickets.look_model import (
    LOOK_MANAGE,
    LOOK_READ,
    UNMASK,
    Allowance,
    LookAlarm,
    LookPolicyView,
    Looks,
    PutLookPolicy,
    Shown,
    Unmask,
)

_MOST_LOOKS = 100


@operation(
    "POST", "/tickets/{id}/unmask", zh="查看敏感信息明文", en="See protected values", permission=UNMASK, takes=Unmask,
    gives=Shown,
)  # fmt: skip
async def post_unmask(call: Call) -> Shown:
    """Values in clear for a reason, for some minutes. No answer is kept: asked again, it is opened again."""
    return await unmask.unmask(call.work, call.actor, call.path["id"], call.body, settings=call.desk.settings)


@operation(
    "GET",
    "/looks/allowance",
    zh="我的查看额度",
    en="What one may look at",
    permission=UNMASK,
    gives=Allowance,
)
async def get_allowance(call: Call) -> Allowance:
    """How many values one may still see today, for how long, and the reasons to choose from."""
    return await unmask.allowance(call.work, call.actor, call.desk.settings)


@operation(
    "GET", "/tickets/{id}/looks", zh="谁看过", en="Who looked", permission=LOOK_READ, gives=Looks,
    query=(
        Query(name="after", schema={"type": "string", "format": "uuid"}, zh="上一页的 next", en="`next` of the page before"),
        Query(name="limit", schema={"type": "integer", "minimum": 1, "maximum": _MOST_LOOKS}, zh="条数", en="How many"),
    ),
)  # fmt: skip
async def get_looks(call: Call) -> Looks:
    """Views, values shown and files opened, by whom, when and why."""
    most = max(1, call.number("limit", default=50, most=_MOST_LOOKS))
    return await look_views.who_looked(
        call.work, call.actor, call.path["id"], after=after_of(call), most=most
    )


@operation(
    "GET", "/looks/policy", zh="查看额度与异常阈值", en="Rules of looking", permission=LOOK_READ, gives=LookPolicyView
)  # fmt: skip
async def get_policy(call: Call) -> LookPolicyView:
    """How much a person may look, and what is unusual."""
    return await look_policy.shown(call.work)


@operation(
    "PUT", "/looks/policy", zh="设定查看额度与异常阈值", en="Set the rules of looking", permission=LOOK_MANAGE,
    takes=PutLookPolicy, gives=LookPolicyView, confirms=True,
)  # fmt: skip
async def put_policy(call: Call) -> LookPolicyView:
    """New rules, in a version of their own."""
    return await look_policy.put(call.work, call.actor, call.body)


@operation(
    "GET", "/looks/alarms", zh="异常查看提醒", en="Unusual looking", permission=LOOK_READ, gives=list[LookAlarm]
)  # fmt: skip
async def get_alarms(call: Call) -> list[LookAlarm]:
    """Who looked more than is usual, or where they should not; newest first, 100 at most."""
    return await look_views.alarms(call.work, call.actor)


def after_of(call: Call) -> UUID | None:
    """Where the page before ended. Raises Invalid."""
    text = call.query.get("after", "")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        expected: dict[str, str | int] = {"expected": "uuid"}
        raise Invalid(fields=[FieldProblem(pointer="/after", code="type", params=expected)]) from error
