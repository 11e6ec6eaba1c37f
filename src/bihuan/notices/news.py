"""What an event of a ticket is to those concerned: news for colleagues, progress for the customer. Pure.

An event may be read late or out of turn, so what has been overtaken since is no news: somebody is told of a ticket that
was given to them only while they have it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from bihuan import sla
from bihuan.evidence import Recorded
from bihuan.notices.model import News, Progress
from bihuan.sla import Rule
from bihuan.tickets import Ticket

#: Who is told where a ladder's step does not say.
_BY_DEFAULT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"warned": ("holder",), "breached": ("holder", "lead"), "escalated": ("holder", "lead")}
)
#: Events that change a ticket's state and are no news to its customer: it goes on as before, or in other hands.
_INSIDE = frozenset({"ticket.resumed", "ticket.transferred", "ticket.escalated"})
_Of = Callable[[Recorded, Ticket], list[News]]


def changed(event: Recorded, name: str) -> tuple[Any, Any] | None:
    """What a column was and became by an event; None where it stayed."""
    changes = cast("Mapping[str, list[Any]]", event.data.get("changes") or {})
    return (changes[name][0], changes[name][1]) if name in changes else None


def for_colleagues(event: Recorded, ticket: Ticket, rule: Rule | None = None) -> list[News]:
    """What colleagues are told of an event. `rule`: of the clock it is about, if it is about one."""
    kind = event.kind.removeprefix("ticket.")
    if kind in ("clock_warned", "clock_breached", "escalated"):
        return [*_clock(event, rule), *_hands(event, ticket)]
    if kind == "nudged":
        return [_nudged(event, rule)]
    of_kind = _OF_KIND.get(kind)
    return [*(of_kind(event, ticket) if of_kind else ()), *_hands(event, ticket)]


def for_customer(event: Recorded, ticket: Ticket, rule: Rule | None = None) -> Progress | None:
    """What the ticket's customer is told of an event."""
    kind = event.kind.removeprefix("ticket.")
    if kind == "opened":
        # What was brought in from elsewhere is an old story.
        return None if ticket.channel == "import" else Progress(kind="progress", data={"state": "intake"})
    if event.actor_kind == "customer":
        # They know what they did; but that a solved ticket is taken up again is our doing.
        return _stage(event) if kind == "received" else None
    if kind == "replied":
        return Progress(kind="answered", data={"state": ticket.state})
    if kind == "extension_granted":
        stage = next((s for s in rule.stages if s.code == event.data.get("stage")), None) if rule else None
        told = stage is None or stage.notify_customer
        return Progress(kind="extended", data={"state": ticket.state}) if told else None
    if kind in ("clock_warned", "clock_breached", "escalated") and "customer" in _tells(event, rule):
        return Progress(kind="progress", data={"state": ticket.state, "waiting_for": ticket.waiting_for})
    return _stage(event)


def _stage(event: Recorded) -> Progress | None:
    if event.kind == "ticket.called_back" and _missed(event):
        return Progress(kind="progress", data={"state": "resolved", "unreachable": True})
    state = changed(event, "state")
    if state is None or event.kind in _INSIDE:
        return None
    if event.kind == "ticket.received" and state[1] != "reopened":
        return None
    waiting_for = changed(event, "waiting_for")
    return Progress(
        kind="progress", data={"state": state[1], "waiting_for": waiting_for[1] if waiting_for else None}
    )


def _missed(event: Recorded) -> bool:
    result = changed(event, "callback_result")
    return result is not None and result[1] == "unreachable"


# ---------------------------------------------------------------------------------------------------------- colleagues
def _hands(event: Recorded, ticket: Ticket) -> list[News]:
    """Whoever has got a ticket, or has it no more; a team into whose queue it came."""
    found: list[News] = []
    assignee, team = changed(event, "assignee_id"), changed(event, "team_id")
    if assignee is not None and event.kind != "ticket.claimed":
        before, after = assignee
        if after is not None and str(ticket.assignee_id) == after:
            found.append(News(kind="assigned", to=(after,)))
        if before is not None and str(ticket.assignee_id) != before:
            found.append(News(kind="taken", to=(before,)))
    back = assignee is not None and assignee[1] is None and event.kind != "ticket.transferred"
    came = team is not None and team[0] is not None
    if (came or back) and ticket.assignee_id is None:
        found.append(News(kind="queued", to=("team",)))
    return found


def _opened(_event: Recorded, ticket: Ticket) -> list[News]:
    if ticket.channel == "import" or ticket.assignee_id is not None:
        return []
    return [News(kind="urgent" if ticket.priority == "urgent" else "opened", to=("team",))]


def _received(event: Recorded, _ticket: Ticket) -> list[News]:
    state = changed(event, "state")
    again = state is not None and state[1] == "reopened"
    return [News(kind="reopened" if again else "received", to=("holder",))]


def _replied(event: Recorded, _ticket: Ticket) -> list[News]:
    return [News(kind="replied", to=("assignee",))] if event.actor_kind == "staff" else []


def _moved_on(event: Recorded, _ticket: Ticket) -> list[News]:
    state = changed(event, "state")
    return [] if state is None else [News(kind="moved_on", to=("assignee",), data={"state": state[1]})]


def _called_back(event: Recorded, ticket: Ticket) -> list[News]:
    state = changed(event, "state")
    if state is not None and state[1] == "reopened":
        return [News(kind="reopened", to=("holder", "lead"))]
    return _moved_on(event, ticket)


def _absorbed(event: Recorded, _ticket: Ticket) -> list[News]:
    return [News(kind="absorbed", to=("assignee",), data={"other": event.data.get("merged_from")})]


def _extension(event: Recorded, _ticket: Ticket) -> list[News]:
    kind = event.kind.removeprefix("ticket.")
    data = {"clock": event.data.get("clock"), "due_at": event.data.get("due_at")}
    if kind == "extension_asked":
        permission = str(event.data.get("approval") or sla.SLA_EXTEND)
        return [News(kind=kind, to=(f"may:{permission}",), data=data)]
    asked_by = event.data.get("asked_by")
    to = ("assignee", str(asked_by)) if isinstance(asked_by, str) else ("assignee",)
    return [News(kind=kind, to=to, data=data)]


def _task_opened(event: Recorded, _ticket: Ticket) -> list[News]:
    team = str(event.data.get("team_id") or event.data.get("team") or "")
    return [News(kind="task_opened", to=(f"team:{team}", "holder"), data={"team": team})]


def _clock_moved(event: Recorded, _ticket: Ticket) -> list[News]:
    """Only what comes earlier, or is too late already, is news."""
    before, after = event.data.get("from"), event.data.get("to")
    if not before or not after or before == after:
        return []
    if _moment(after) > _moment(before) and _moment(after) > event.at:
        return []
    return [News(kind="clock_moved", to=("holder",), data={"clock": clock_of(event), "due_at": after})]


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _clock(event: Recorded, rule: Rule | None) -> list[News]:
    kind = event.kind.removeprefix("ticket.").removeprefix("clock_")
    # Of a ticket nobody holds yet its team is told.
    meant = ("holder" if one == "assignee" else one for one in _tells(event, rule))
    to = tuple(one for one in meant if one != "customer") or _BY_DEFAULT[kind]
    data = {"clock": event.data.get("clock"), "due_at": event.data.get("due_at")}
    return [News(kind=kind, to=to, data=data, said=_breach(event, rule) if kind == "escalated" else None)]


def _nudged(event: Recorded, rule: Rule | None) -> News:
    return News(kind="nudged", to=("holder",), said=_breach(event, rule))


def _breach(event: Recorded, rule: Rule | None) -> News | None:
    """The news of the breach, where a rung stands at that very moment: it is one thing that has happened, told once."""
    step = next((s for s in rule.ladder if s.code == event.data.get("step")), None) if rule else None
    at_breach = step is not None and step.after_seconds == 0
    return News(kind="breached", to=_BY_DEFAULT["breached"]) if at_breach else None


def _tells(event: Recorded, rule: Rule | None) -> tuple[str, ...]:
    """Whom a ladder's step tells, as the event says, else as its rule does."""
    did = event.data.get("did")
    if isinstance(did, list):
        deeds = cast("list[Mapping[str, Any]]", did)
        return tuple(str(deed["to"]) for deed in deeds if deed.get("do") == "tell")
    step = next((s for s in rule.ladder if s.code == event.data.get("step")), None) if rule else None
    return tuple(deed.to for deed in step.do if isinstance(deed, sla.Tell)) if step else ()


def _file_checked(event: Recorded, _ticket: Ticket) -> list[News]:
    """Only malware is news: to who works on the ticket, and to those who decide of such files."""
    if event.data.get("file_state") != "infected":
        return []
    return [News(kind="file_infected", to=("holder", "lead", "may:file.release"))]


def _told(kind: str, *to: str) -> _Of:
    return lambda _event, _ticket: [News(kind=kind, to=to)]


_OF_KIND: Mapping[str, _Of] = MappingProxyType(
    {
        "opened": _opened,
        "received": _received,
        "replied": _replied,
        "processing_started": _moved_on,
        "waiting": _moved_on,
        "resumed": _moved_on,
        "resolved": _moved_on,
        "called_back": _called_back,
        "archived": _moved_on,
        "reopened": _told("reopened", "holder"),
        "withdrawn": _told("withdrawn", "assignee"),
        "rejected": _moved_on,
        "merged": _moved_on,
        "absorbed": _absorbed,
        "extension_asked": _extension,
        "extension_granted": _extension,
        "extension_refused": _extension,
        "task_opened": _task_opened,
        "task_done": _told("task_done", "assignee"),
        "clock_moved": _clock_moved,
        "file_checked": _file_checked,
    }
)
#: Events somebody may be told of.
HEARD: tuple[str, ...] = tuple(
    f"ticket.{kind}"
    for kind in (
        *_OF_KIND,
        "nudged",
        "claimed",
        "assigned",
        "transferred",
        "handed_on",
        "clock_warned",
        "clock_breached",
        "escalated",
    )
)


def clock_of(event: Recorded) -> str | None:
    """The clock an event is about."""
    clock = event.data.get("clock")
    return clock if isinstance(clock, str) else None


def actor_of(event: Recorded) -> UUID | None:
    """The colleague who did it; None where the desk or the customer did."""
    return event.actor_id if event.actor_kind == "staff" else None
