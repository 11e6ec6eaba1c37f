"""What follows when a step of a clock's ladder falls due, planned purely from the ticket as it is held.

A deed that cannot be done any more (the team is gone, the ticket is solved) is recorded as not done; the others are done.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import msgspec

from bihuan import casetypes, sla
from bihuan.casetypes import Priority
from bihuan.core import ids
from bihuan.sla import Clock, Move, Nudge, OpenTask, RaisePriority, Rule, Tell
from bihuan.tickets import extensions, late, lifecycle, side_rows
from bihuan.tickets.extensions import rule_of
from bihuan.tickets.guards import split
from bihuan.tickets.hands import handed_over
from bihuan.tickets.lifecycle import Action
from bihuan.tickets.task_model import Task
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Held, Plan, written

_OPENED = ("id", "team_id", "title_zh", "title_en", "cause", "opened_at")
_RANK: Mapping[Priority, int] = MappingProxyType({"low": 0, "normal": 1, "urgent": 2})


class Fallen(msgspec.Struct, frozen=True, kw_only=True):
    """A step that has fallen due, of which clock, by which rule."""

    clock: Clock
    rule: Rule
    due: sla.clock.Due


class _Doing:
    """What the deeds of one step come to."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self.action: Action = "follow_up"
        self.set: dict[str, object] = {}
        self.did: list[dict[str, object]] = []
        self.tasks: list[tuple[UUID, UUID, OpenTask]] = []
        self.nudges = False

    def do(self, deed: sla.Deed) -> None:
        """One deed."""
        told: dict[str, object] = msgspec.to_builtins(deed)
        match deed:
            case Tell():
                # Whoever is to be told hears of it by the event itself.
                done = True
            case RaisePriority():
                done = self._raise_priority(deed)
            case Move():
                done = self._move(deed)
            case OpenTask():
                done = self._open_task(deed)
            case Nudge():
                done = self.nudges = lifecycle.allows(self.held.ticket.state, "nudge")
        self.did.append(told if done else {**told, "done": False})

    def _raise_priority(self, deed: RaisePriority) -> bool:
        ticket, case_type = self.held.ticket, self.held.loaded.case_type
        wanted = casetypes.priority_of(case_type, split(ticket.fields)[0], deed.to).priority
        if _RANK[wanted] <= _RANK[ticket.priority] or not lifecycle.allows(ticket.state, "edit"):
            return False
        self.set["priority"] = wanted
        return True

    def _move(self, deed: Move) -> bool:
        ticket = self.held.ticket
        team = self.held.timing.people.team_named(deed.team)
        if team is None or team.id == ticket.team_id or not lifecycle.allows(ticket.state, "transfer"):
            return False
        self.action = "transfer"
        self.set |= handed_over(ticket, team.id)
        return True

    def _open_task(self, deed: OpenTask) -> bool:
        team = self.held.timing.people.team_named(deed.team)
        if team is None:
            return False
        self.tasks.append((ids.new_id(), team.id, deed))
        return True


def next_due(held: Held) -> Fallen | None:
    """The step that fell due first and has not been taken, of all the ticket's clocks."""
    fallen = [
        Fallen(clock=c, rule=rule, due=due)
        for c in held.clocks
        if c.next_at is not None and c.next_at <= held.now
        for rule in (rule_of(held, c),)
        for due in sla.clock.due_steps(c, rule, held.timing.book.calendars(), held.now)
    ]
    return min(fallen, key=lambda f: (f.due.at, f.clock.kind), default=None)


async def take(held: Held, fallen: Fallen) -> Held:
    """Take one step: an event with its cause, the deeds, and the mark that it was taken. Returns all as it then stands."""
    doing = _Doing(held)
    for deed in fallen.due.do:
        doing.do(deed)
    plan = Plan(
        action=doing.action,
        event=_event(fallen),
        set=doing.set,
        clocks=_marked(held, fallen),
        data=_cause(fallen) | ({"did": doing.did} if doing.did else {}),
    )
    after = await written(held, plan)
    for task_id, team_id, deed in doing.tasks:
        after = await _open(after, fallen, (task_id, team_id, deed))
    if fallen.due.code == "breach" and fallen.rule.stages:
        # Nobody has granted in time the longer limit that was asked for.
        after = await extensions.lapse(after)
    if doing.nudges:
        by = {"by": "desk", "clock": fallen.clock.kind, "step": fallen.due.code}
        after = await written(after, Plan(action="nudge", data=by))
    return after


def refreshed(held: Held) -> tuple[Clock, ...]:
    """The clocks that were to be followed up and have nothing to follow, with the moment they next have."""
    calendars = held.timing.book.calendars()
    looked = [
        (c, sla.clock.followed(c, rule_of(held, c), calendars, codes=(), now=held.now))
        for c in held.clocks
        if c.next_at is not None and c.next_at <= held.now
    ]
    return tuple(after for before, after in looked if after != before)


async def _open(held: Held, fallen: Fallen, task: tuple[UUID, UUID, OpenTask]) -> Held:
    task_id, team_id, deed = task
    data = {"task": str(task_id), "team_id": str(team_id), **_cause(fallen)}
    opened = Task(
        id=task_id,
        team_id=team_id,
        title_zh=deed.title.zh,
        title_en=deed.title.en,
        cause=f"{fallen.clock.kind}/{fallen.due.code}",
        opened_at=held.now,
    )
    after = await written(held, Plan(action="open_task", data=data, rows=side_rows.of_task(opened)))
    columns = {name: getattr(opened, name) for name in _OPENED}
    await held.work.run(queries.add_task, ticket_id=held.ticket.id, **columns)
    return after


def _marked(held: Held, fallen: Fallen) -> tuple[Clock, ...]:
    calendars = held.timing.book.calendars()
    codes = (fallen.due.code,)
    marked = sla.clock.followed(fallen.clock, fallen.rule, calendars, codes=codes, now=held.now)
    return tuple(marked if c.kind == marked.kind else c for c in held.clocks)


def _event(fallen: Fallen) -> str:
    if fallen.due.code == "breach":
        return late.EVENT
    # To tell somebody in time is a warning; whatever does more, or comes too late, is an escalation.
    tells = all(isinstance(deed, Tell) for deed in fallen.due.do)
    return "ticket.clock_warned" if tells and fallen.due.at < fallen.clock.due_at else "ticket.escalated"


def _cause(fallen: Fallen) -> dict[str, object]:
    cause: dict[str, object] = {
        "clock": fallen.clock.kind,
        "run": fallen.clock.run,
        "due_at": _told(fallen.clock.due_at),
    }
    if fallen.due.code != "breach":
        cause |= {"step": fallen.due.code, "step_at": _told(fallen.due.at)}
    return cause


def _told(moment: datetime) -> str:
    return moment.isoformat()
