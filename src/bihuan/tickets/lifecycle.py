"""The lifecycle of a ticket, pure: one table, state × action → state, guards, event.

受理 intake → 分配 assigned → 跟进 following → 处理 processing → 回访 resolved, called_back → 归档 archived,
with waiting, reopened, withdrawn, rejected and merged. What is not in the table is refused.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, get_args

import msgspec

from bihuan.core.problems import Problem

State = Literal[
    "intake",
    "assigned",
    "following",
    "processing",
    "waiting",
    "resolved",
    "called_back",
    "archived",
    "reopened",
    "withdrawn",
    "rejected",
    "merged",
]
Action = Literal[
    "receive",
    "reply",
    "note",
    "claim",
    "assign",
    "transfer",
    "reclassify",
    "edit",
    "process",
    "wait",
    "resume",
    "resolve",
    "call_back_satisfied",
    "call_back_dissatisfied",
    "call_back_unreachable",
    "archive",
    "reopen",
    "withdraw",
    "reject",
    "merge",
    "absorb",
    "link",
    "attach",
    "hand_on",
    "rate",
    "follow_up",
    "move_clocks",
    "nudge",
    "new_facts",
    "ask_extension",
    "grant_extension",
    "refuse_extension",
    "open_task",
    "finish_task",
    "verify",
    "check_file",
    "erase",
    "release_hit",
    "merge_customer",
    "part_customer",
    "hold",
    "lift_hold",
    "retain_out",
]
#: What must hold for an action; `held`: somebody has the ticket; `free`: nobody else has it.
Guard = Literal["accept_complete", "resolve_complete", "archive_complete", "call_back_done", "held", "free"]

STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)

STATE_TEXTS: dict[State, tuple[str, str]] = {
    "intake": ("受理", "Intake"),
    "assigned": ("已分配", "Assigned"),
    "following": ("跟进中", "Following up"),
    "processing": ("处理中", "Processing"),
    "waiting": ("等待中", "Waiting"),
    "resolved": ("已解决，待回访", "Resolved, to be called back"),
    "called_back": ("已回访", "Called back"),
    "archived": ("已归档", "Archived"),
    "reopened": ("重新打开", "Reopened"),
    "withdrawn": ("已撤回", "Withdrawn"),
    "rejected": ("不予受理", "Rejected"),
    "merged": ("已合并", "Merged"),
}
#: Words of the six stages, for customers.
STAGES: dict[State, Literal["intake", "assign", "follow", "process", "call_back", "archive"]] = {
    "intake": "intake",
    "assigned": "assign",
    "following": "follow",
    "reopened": "follow",
    "processing": "process",
    "waiting": "process",
    "resolved": "call_back",
    "called_back": "call_back",
    "archived": "archive",
    "withdrawn": "archive",
    "rejected": "archive",
    "merged": "archive",
}

_AT_WORK: tuple[State, ...] = ("assigned", "following", "processing", "reopened")
_OPEN: tuple[State, ...] = ("intake", *_AT_WORK, "waiting")
_DONE: tuple[State, ...] = ("resolved", "called_back")
_CLOSED: tuple[State, ...] = ("archived", "withdrawn", "rejected", "merged")
OPEN_STATES: tuple[State, ...] = _OPEN
CLOSED_STATES: tuple[State, ...] = _CLOSED

#: Target of a transition: a state, `same`, or `back` to where a waiting ticket came from.
Target = State | Literal["same", "back"]


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the table. Where `moves_if` does not hold, the action is done and the state stays."""

    to: Target
    event: str
    guards: tuple[Guard, ...] = ()
    moves_if: Guard | None = None


class TicketClosed(Problem):
    """The ticket is {state}; it takes no more of this. Reopen it, or open a new one."""

    status = 409
    zh = "工单处于“{state}”，不能再做此操作。请重新打开，或新建工单。"


class NotInThisState(Problem):
    """A ticket that is {state} cannot do this."""

    status = 409
    zh = "工单处于“{state}”，此时不能做此操作。"


def _rows(
    action: Action,
    froms: Iterable[State],
    to: Target,
    event: str,
    *guards: Guard,
    moves_if: Guard | None = None,
) -> dict[tuple[State, Action], Transition]:
    cell = Transition(to=to, event=event, guards=guards, moves_if=moves_if)
    return {(state, action): cell for state in froms}


_TABLE: dict[tuple[State, Action], Transition] = {
    # The customer speaks. A solved ticket comes back; a closed one does not move by itself.
    **_rows("receive", ("intake", *_AT_WORK), "same", "ticket.received"),
    **_rows("receive", ("waiting",), "back", "ticket.received"),
    **_rows("receive", _DONE, "reopened", "ticket.received"),
    # We speak.
    **_rows(
        "reply",
        ("intake", "following", "processing", "waiting", "reopened", *_DONE),
        "same",
        "ticket.replied",
    ),
    **_rows("reply", ("assigned",), "following", "ticket.replied"),
    **_rows("note", STATES, "same", "ticket.noted"),
    # Who has it. 受理 is left only once what the case needs is there; until then somebody may hold it and ask.
    **_rows("claim", ("intake",), "following", "ticket.claimed", "free", moves_if="accept_complete"),
    **_rows("claim", ("assigned", "reopened"), "following", "ticket.claimed", "free"),
    **_rows("claim", ("following", "processing", "waiting"), "same", "ticket.claimed", "free"),
    **_rows("assign", ("intake",), "assigned", "ticket.assigned", moves_if="accept_complete"),
    **_rows("assign", (*_AT_WORK, "waiting", *_DONE), "same", "ticket.assigned"),
    **_rows("transfer", ("intake",), "same", "ticket.transferred"),
    **_rows("transfer", (*_AT_WORK, "waiting"), "assigned", "ticket.transferred"),
    # What it is.
    **_rows("reclassify", _OPEN, "same", "ticket.reclassified"),
    **_rows("edit", (*_OPEN, *_DONE), "same", "ticket.edited"),
    # Work.
    **_rows("process", ("intake",), "processing", "ticket.processing_started", "held", "accept_complete"),
    **_rows(
        "process", ("assigned", "following", "reopened"), "processing", "ticket.processing_started", "held"
    ),
    **_rows("wait", _AT_WORK, "waiting", "ticket.waiting", "held"),
    **_rows("resume", ("waiting",), "back", "ticket.resumed"),
    **_rows("resolve", (*_AT_WORK, "waiting"), "resolved", "ticket.resolved", "held", "resolve_complete"),
    # 回访 and 归档.
    **_rows("call_back_satisfied", ("resolved",), "called_back", "ticket.called_back"),
    **_rows("call_back_dissatisfied", ("resolved",), "reopened", "ticket.called_back"),
    **_rows("call_back_unreachable", ("resolved",), "resolved", "ticket.called_back"),
    **_rows("archive", _DONE, "archived", "ticket.archived", "call_back_done", "archive_complete"),
    **_rows("reopen", (*_DONE, "archived", "withdrawn", "rejected"), "reopened", "ticket.reopened"),
    # Other ends.
    **_rows("withdraw", (*_OPEN, "resolved"), "withdrawn", "ticket.withdrawn"),
    **_rows("reject", ("intake", "assigned", "following", "reopened"), "rejected", "ticket.rejected"),
    **_rows("merge", _OPEN, "merged", "ticket.merged"),
    **_rows("absorb", _OPEN, "same", "ticket.absorbed"),
    # Always.
    **_rows("link", STATES, "same", "ticket.linked"),
    **_rows("attach", (*_OPEN, *_DONE), "same", "ticket.attached"),
    # The customer judges, once it is solved.
    **_rows("rate", (*_DONE, "archived"), "same", "ticket.rated"),
    # The desk's own doing: somebody left; a clock's step fell due, for which its plan names the event; time was changed.
    **_rows("hand_on", (*_OPEN, *_DONE), "same", "ticket.handed_on"),
    # The end of a ticket stops clocks too, and one of them may have been late.
    **_rows("follow_up", STATES, "same", "ticket.clock_warned"),
    **_rows("move_clocks", (*_OPEN, *_DONE), "same", "ticket.clock_moved"),
    # Time: somebody urges, new facts restart a limit, a longer limit is asked for and decided, a department has a part.
    **_rows("nudge", _OPEN, "same", "ticket.nudged"),
    **_rows("new_facts", _OPEN, "same", "ticket.new_facts"),
    **_rows("ask_extension", _OPEN, "same", "ticket.extension_asked"),
    **_rows("grant_extension", _OPEN, "same", "ticket.extension_granted"),
    **_rows("refuse_extension", STATES, "same", "ticket.extension_refused"),
    **_rows("open_task", (*_OPEN, *_DONE), "same", "ticket.task_opened"),
    **_rows("finish_task", STATES, "same", "ticket.task_done"),
    # A file was checked; whatever has become of the ticket meanwhile.
    **_rows("check_file", STATES, "same", "ticket.file_checked"),
    **_rows("release_hit", STATES, "same", "ticket.hit_released"),
    # The person was erased: asked for where all is closed, but in an older database that was put back it may be open.
    **_rows("erase", STATES, "same", "person.erased"),
    # Its customer was found to be the same person as another, or that was taken back.
    **_rows("merge_customer", STATES, "same", "ticket.customer_merged"),
    **_rows("part_customer", STATES, "same", "ticket.customer_parted"),
    # A legal hold on the ticket; and what follows once its time is over.
    **_rows("hold", STATES, "same", "ticket.held"),
    **_rows("lift_hold", STATES, "same", "ticket.hold_lifted"),
    **_rows("retain_out", _CLOSED, "same", "ticket.retained_out"),
    # The customer is who they say, or is not known to be.
    **_rows("verify", (*_OPEN, *_DONE), "same", "ticket.verification_recorded"),
}
TABLE: Mapping[tuple[State, Action], Transition] = MappingProxyType(_TABLE)


def transition(state: State, action: Action) -> Transition:
    """What follows. Raises TicketClosed, NotInThisState."""
    found = TABLE.get((state, action))
    if found is None:
        raise (TicketClosed if state in _CLOSED else NotInThisState)(state=STATE_TEXTS[state][0])
    return found


def target(state: State, found: Transition, resumes_to: State | None) -> State:
    """The state a transition leads to."""
    if found.to == "same":
        return state
    if found.to == "back":
        return resumes_to or "following"
    return found.to


#: The desk's own side of another action, what is the customer's alone, and what hangs on a clock, an extension or a
#: task of the ticket rather than on its state: nobody is offered these by the state alone.
_OWN: frozenset[Action] = frozenset(
    {
        "absorb",
        "hand_on",
        "rate",
        "follow_up",
        "move_clocks",
        "ask_extension",
        "grant_extension",
        "refuse_extension",
        "open_task",
        "check_file",
        "release_hit",
        "finish_task",
        "verify",
        "erase",
        "merge_customer",
        "part_customer",
        "hold",
        "lift_hold",
        "retain_out",
    }
)


def possible(state: State) -> list[Action]:
    """The actions a state allows, before guards and permissions."""
    return [action for action in ACTIONS if (state, action) in TABLE and action not in _OWN]


def allows(state: State, action: Action) -> bool:
    """Whether a state allows an action, before guards and permissions."""
    return (state, action) in TABLE
