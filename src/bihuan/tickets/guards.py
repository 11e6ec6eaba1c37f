"""What must hold for a transition, pure."""

from collections.abc import Mapping
from typing import Any

from bihuan import casetypes
from bihuan.casetypes import STEPS, CaseType, Missing, Step
from bihuan.core.actor import Actor
from bihuan.core.problems import Problem
from bihuan.tickets.lifecycle import Guard, Transition
from bihuan.tickets.model import Ticket


class Incomplete(Problem):
    """The case needs more before this step; what is missing is listed."""

    status = 422
    zh = "此步骤所需内容不齐，缺少的项目已列出。"


class HeldByAnother(Problem):
    """A colleague has this ticket."""

    status = 409
    zh = "工单已由同事认领。"


class NobodyHolds(Problem):
    """Somebody must claim the ticket first."""

    status = 409
    zh = "请先认领工单。"


class CallBackFirst(Problem):
    """The customer must be called back before the ticket is archived."""

    status = 409
    zh = "归档前须先回访客户。"


_STEPS: dict[Guard, Step] = {
    "accept_complete": "accept",
    "resolve_complete": "resolve",
    "archive_complete": "archive",
}


def check(found: Transition, before: Ticket, after: Ticket, case_type: CaseType, actor: Actor) -> None:
    """Raise the problem of the first guard that does not hold.

    Raises Incomplete, HeldByAnother, NobodyHolds, CallBackFirst.
    """
    for guard in found.guards:
        if guard in _STEPS:
            _complete(after, case_type, _STEPS[guard])
        elif guard == "free" and before.assignee_id not in (None, actor.id):
            raise HeldByAnother
        elif guard == "held" and after.assignee_id is None:
            raise NobodyHolds
        elif guard == "call_back_done" and not _called_back(before, case_type):
            raise CallBackFirst


def holds(guard: Guard, ticket: Ticket, case_type: CaseType) -> bool:
    """Whether a guard of completeness holds."""
    return not missing(ticket, case_type, _STEPS[guard])


def missing(ticket: Ticket, case_type: CaseType, step: Step) -> tuple[Missing, ...]:
    """What the ticket still needs for the step."""
    values, held = split(ticket.fields)
    return casetypes.missing(
        case_type,
        values,
        step=step,
        elements=ticket.elements,
        evidence=ticket.evidence,
        done=[*ticket.checklist, *closed_stages(ticket, case_type, step)],
        held=held,
    )


def closed_stages(ticket: Ticket, case_type: CaseType, step: Step) -> list[str]:
    """Stages the step asks for that have all they need to be closed: derived, so nobody need say so."""
    values, held = split(ticket.fields)
    reached = STEPS[: STEPS.index(step) + 1]
    return [
        stage.code
        for stage in case_type.stages
        if any(required.step in reached for required in stage.required_for)
        and not casetypes.stage_missing(
            case_type, stage.code, values, evidence=ticket.evidence, done=ticket.checklist, held=held
        )
    ]


def split(fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Stored fields as plain values, and the codes of those that are in the vault."""
    held = [code for code, value in fields.items() if isinstance(value, dict) and "value_id" in value]
    return {code: value for code, value in fields.items() if code not in held}, held


def _complete(ticket: Ticket, case_type: CaseType, step: Step) -> None:
    if lacking := missing(ticket, case_type, step):
        raise Incomplete(fields=[item.problem() for item in lacking])


def _called_back(ticket: Ticket, case_type: CaseType) -> bool:
    # Somebody who was called and not reached has been called: who may archive decides when it was often enough.
    if ticket.state == "called_back" or ticket.callback_result == "unreachable":
        return True
    return not casetypes.call_back_needed(case_type, split(ticket.fields)[0])
