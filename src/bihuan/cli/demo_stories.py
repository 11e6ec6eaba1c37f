"""How a ticket of the demo comes to each state of the lifecycle. Minutes are drawn, so that some answers come late."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from bihuan.cli.demo_case import Case
from bihuan.tickets import State

_HOUR = 60.0
_TAGS = {
    "zh": ("加急", "重复来电", "大额", "需回访"),
    "en": ("urgent-call", "called-twice", "large", "call-back"),
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One story: the case, when it opens, the state it ends in; `late` answers late, `twin` is merged into that one."""

    case: Case
    opens_at: datetime
    ends_in: State
    late: bool = False
    twin: Case | None = None


async def opened(plan: Plan) -> Case:
    """受理: the ticket is there."""
    await plan.case.open()
    return plan.case


async def intake(plan: Plan) -> None:
    """Untouched, or looked at and not yet complete."""
    case = await opened(plan)
    if case.chance(0.35):
        await case.later(5, 40)
        await case.taken_over()
        await case.do("note", body=case.one_of(case.talk.note))


async def assigned(plan: Plan) -> None:
    """分配: by the lead, or passed on to another department."""
    case = await opened(plan)
    await case.later(5, 50)
    await case.fill("accept")
    if case.chance(0.3):
        await case.taken_over()
        if await case.passed_on():
            return
    await case.do("assign", case.lead, assignee=case.anybody())


async def following(plan: Plan) -> Case:
    """跟进: claimed, and the customer has been answered."""
    case = await opened(plan)
    await case.later(*((5 * _HOUR, 8 * _HOUR) if plan.late else (3, 12)))
    await case.fill("accept")
    await case.taken_over()
    await case.do("reply", body=case.one_of(case.talk.acknowledge))
    await case.later(10, 60)
    await _aside(case)
    return case


async def _aside(case: Case) -> None:
    """What happens on the way in some cases."""
    if case.chance(0.5):
        await case.do("note", body=case.one_of(case.talk.note))
    if case.chance(0.25):
        await case.do("tag", add=[case.one_of(_TAGS[case.language])])
    if case.chance(0.15):
        await case.says(case.one_of(case.talk.chase))
    if case.chance(0.1) and case.ticket.priority != "urgent":
        await case.do("priority", priority="urgent", reason=case.talk.urgent)


async def processing(plan: Plan) -> Case:
    """处理: somebody works on it; some turn out to be something else, some change hands."""
    case = await following(plan)
    await case.later(20, 3 * _HOUR)
    await case.do("process")
    if case.becomes is not None and case.chance(0.9):
        await case.turns_into(case.becomes)
    elif case.chance(0.15) and await case.passed_on():
        await case.later(10, 2 * _HOUR)
        await case.taken_over()
        await case.do("process")
    if case.chance(0.5):
        await case.later(10, 60)
        await case.do("reply", body=case.one_of(case.talk.progress))
    return case


async def waiting(plan: Plan) -> Case:
    """Waiting for the customer, or for somebody else."""
    case = await processing(plan)
    await case.later(5, 60)
    if case.chance(0.65):
        await case.do("reply", body=case.one_of(case.talk.ask))
        await case.do("wait", waiting_for="customer", reason=case.talk.customer)
    else:
        await case.do(
            "wait", waiting_for="third_party", reason=case.talk.third_party, until=case.in_hours(48)
        )
    return case


async def resolved(plan: Plan) -> Case:
    """Solved; every third has waited before, some take far too long."""
    case = plan.case
    if case.chance(0.35):
        await waiting(plan)
        await case.later(_HOUR, 10 * _HOUR)
        await _goes_on(case)
    else:
        await processing(plan)
    await case.later(_HOUR, 6 * _HOUR)
    if plan.late and case.chance(0.6):
        await case.later(40 * _HOUR, 60 * _HOUR)
    await _solve(case)
    return case


async def _goes_on(case: Case) -> None:
    if case.ticket.waiting_for == "customer" and case.chance(0.8):
        await case.says(case.one_of(case.talk.answer))
        await case.attach()
    else:
        await case.do("resume", reason=case.talk.resume)


async def _solve(case: Case) -> None:
    await case.fill("resolve")
    await case.verified()
    await case.do(
        "resolve", resolution=case.resolution, outcome=case.one_of(("solved", "explained", "compensated"))
    )


async def called_back(plan: Plan) -> Case:
    """回访: satisfied, or reopened and solved once more."""
    case = await resolved(plan)
    await case.later(_HOUR, 16 * _HOUR)
    if case.chance(0.15):
        await _dissatisfied(case)
        await case.later(_HOUR, 8 * _HOUR)
        await case.do("process")
        await case.later(_HOUR, 6 * _HOUR)
        await _solve(case)
        await case.later(_HOUR, 12 * _HOUR)
    result = case.one_of(("satisfied", "satisfied", "satisfied", "basically_satisfied"))
    await case.do("call_back", result=result, note=case.talk.satisfied)
    return case


async def archived(plan: Plan) -> Case:
    """归档; some customers could not be reached."""
    case = plan.case
    if case.chance(0.1):
        await resolved(plan)
        await case.later(_HOUR, 16 * _HOUR)
        await case.do("call_back", result="unreachable", note=case.talk.unreachable)
    else:
        await called_back(plan)
    await case.fill("archive")
    await case.later(30, 8 * _HOUR)
    await case.do("archive", case.lead)
    return case


async def reopened(plan: Plan) -> None:
    """Not done after all: by the call-back, by the customer's word, or after it was closed."""
    case, way = plan.case, plan.case.rng.random()
    if way < 0.25:
        await archived(plan)
        await case.later(2 * _HOUR, 12 * _HOUR)
        await case.do("reopen", case.lead, reason=case.talk.reopen)
        return
    await resolved(plan)
    await case.later(_HOUR, 10 * _HOUR)
    if way < 0.8:
        await _dissatisfied(case)
    else:
        await case.says(case.talk.reopen)


async def _dissatisfied(case: Case) -> None:
    await case.do("call_back", result="dissatisfied", note=case.talk.dissatisfied)


async def withdrawn(plan: Plan) -> None:
    """The customer takes it back."""
    case = await following(plan)
    await case.later(_HOUR, 10 * _HOUR)
    await case.do("withdraw", proof=case.talk.withdraw)


async def rejected(plan: Plan) -> None:
    """Not ours."""
    case = await opened(plan)
    await case.later(10, 5 * _HOUR)
    await case.do("reject", case.lead, reason=case.talk.reject)


async def merged(plan: Plan) -> None:
    """The same customer's second ticket about the same thing."""
    case = await opened(plan)
    await case.later(5, 40)
    if plan.twin is None:
        raise ValueError("twin")
    await case.do("merge", case.lead, into=plan.twin.ticket.number, reason=case.talk.merge)


STORIES: dict[State, Callable[[Plan], Awaitable[object]]] = {
    "intake": intake,
    "assigned": assigned,
    "following": following,
    "processing": processing,
    "waiting": waiting,
    "resolved": resolved,
    "called_back": called_back,
    "archived": archived,
    "reopened": reopened,
    "withdrawn": withdrawn,
    "rejected": rejected,
    "merged": merged,
}
#: Hours within which a story is over for certain; what stays open began at most the second number of hours before that.
SPANS: dict[State, tuple[float, float]] = {
    "intake": (0.8, 12),
    "assigned": (4, 16),
    "following": (10, 14),
    "processing": (17, 16),
    "waiting": (18, 24),
    "resolved": (96, 90),
    "called_back": (150, 120),
    "archived": (170, 0),
    "reopened": (190, 160),
    "withdrawn": (20, 0),
    "rejected": (6, 0),
    "merged": (2, 24),
}
