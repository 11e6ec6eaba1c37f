"""What verbs do to a ticket's clocks: which plan holds, what the clocks hear, and where the ticket stands for them.

A running ticket goes on by the policy version its clocks keep; another priority or another case type is matched anew.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec

from bihuan import customers, identity, sla
from bihuan.casetypes import CaseType, store
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.identity import Directory
from bihuan.sla import Book, Clock, Facts, Plan, Signal, Targets, Where
from bihuan.tickets.lifecycle import CLOSED_STATES, Action
from bihuan.tickets.model import Ticket

#: A clock that must be followed up sooner than this wakes the sweep, which may be asleep until later.
_SOON = timedelta(seconds=2)
#: What an action is to clocks. What is not here they do not hear.
_HEARD: Mapping[Action, Signal] = MappingProxyType(
    {
        "receive": "received",
        "claim": "claimed",
        "assign": "assigned",
        "transfer": "transferred",
        "process": "processing",
        "wait": "waiting",
        "resume": "resumed",
        "resolve": "resolved",
        "call_back_satisfied": "called_back",
        "call_back_dissatisfied": "called_back",
        "archive": "archived",
        "reopen": "reopened",
        "new_facts": "new_facts",
    }
)


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's calendars and policies, and whose queue is whose, as one transaction sees them at `at`."""

    work: Work
    book: Book
    people: Directory
    at: datetime


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket before and after an action, with the event it becomes, and the clocks as the action left them itself.

    `answers`: it says something to the customer.
    """

    action: Action
    event: str
    actor: Actor
    before: Ticket
    after: Ticket
    case_type: CaseType
    clocks: tuple[Clock, ...]
    answers: bool = False


async def timing(work: Work, at: datetime, clocks: Iterable[Clock] = ()) -> Timing:
    """What clocks are reckoned by; no statement where this process remembers it, with all that these clocks keep."""
    book = await sla.book(work)
    if not _has(book, clocks):
        # Another process has just made a version and started a clock by it.
        book = await sla.book(work, fresh=True)
    return Timing(work=work, book=book, people=await identity.directory(work), at=at)


def _has(book: Book, clocks: Iterable[Clock]) -> bool:
    policies = {(p.code, p.version) for p in book.policy_heads()}
    calendars = {(c.code, c.version) for c in book.calendar_heads()}
    return all(
        (not c.policy or (c.policy, c.policy_version) in policies)
        and (not c.calendar or (c.calendar, c.calendar_version) in calendars)
        for c in clocks
    )


def where(timing: Timing, ticket: Ticket) -> Where:
    """Where a ticket stands for its clocks."""
    team = timing.people.teams.get(ticket.team_id) if ticket.team_id else None
    return Where(queue=team.code if team else "", waiting_for=ticket.waiting_for, opened_at=ticket.opened_at)


def targets_of(case_type: CaseType, priority: str) -> Targets:
    """What the case type's SLA promises at this priority."""
    target = getattr(case_type.sla, priority)
    return Targets(first_response=target.first_response_seconds, resolution=target.resolution_seconds)


def facts_of(ticket: Ticket, case_type: CaseType, tier: str | None) -> Facts:
    """What a policy is matched by."""
    return Facts(
        case_type=ticket.case_type,
        kind=case_type.kind,
        priority=ticket.priority,
        channel=ticket.channel,
        tier=tier,
    )


async def matched(timing: Timing, ticket: Ticket, case_type: CaseType) -> Plan:
    """The plan that holds by the policies in effect now."""
    tier = await customers.tier_of(timing.work, ticket.customer_id) if ticket.customer_id else None
    return timing.book.plan(
        facts_of(ticket, case_type, tier), targets_of(case_type, ticket.priority), timing.at
    )


async def plan_of(timing: Timing, ticket: Ticket, case_type: CaseType, clocks: tuple[Clock, ...]) -> Plan:
    """The plan a ticket goes on by: of the policy most of its open clocks keep, else of the one started last.

    Clocks taken over in a merge may keep another; a ticket whose policy has started no clock yet is matched.
    """
    if not clocks:
        return await matched(timing, ticket, case_type)
    among = [c for c in clocks if c.stopped_at is None] or [max(clocks, key=lambda c: c.started_at)]
    kept = [(c.policy, c.policy_version) for c in among]
    policy, version = max(sorted(set(kept)), key=kept.count)
    return timing.book.pinned(policy, version, targets_of(case_type, ticket.priority))


async def clocks_after(timing: Timing, change: Change) -> tuple[Clock, ...]:
    """The clocks after an action: retargeted, told what happened, called off where the ticket has ended."""
    before, after, clocks = change.before, change.after, change.clocks
    case_type, place, calendars = change.case_type, where(timing, after), timing.book.calendars()
    plan: Plan | None = None
    if (after.priority, after.case_type) != (before.priority, before.case_type):
        if after.case_type != before.case_type:
            loaded = await store.version(timing.work, after.case_type, after.case_type_version)
            case_type = loaded.case_type
        plan = await matched(timing, after, case_type)
        brought = await _brought(timing, change)
        clocks = sla.clock.retarget(
            clocks, plan, calendars, at=timing.at, where=place, keeps=_unless_known(brought, plan)
        )
    for signal in signals(change):
        plan = plan or await plan_of(timing, after, case_type, clocks)
        clocks = sla.clock.advance(clocks, plan, calendars, signal=signal, at=timing.at, where=place)
    if after.state in CLOSED_STATES and before.state not in CLOSED_STATES:
        clocks = sla.clock.close(clocks, timing.at, change.event)
    return clocks


async def _brought(timing: Timing, change: Change) -> frozenset[str]:
    """Running clocks another ticket brought with it in a merge, such as a regulator's: no policy of this ticket's own,
    now or when it was opened, has them. They are owed whatever becomes of its priority.
    """
    opened = msgspec.structs.replace(timing, at=change.before.opened_at)
    own = [await matched(when, change.before, change.case_type) for when in (timing, opened)]
    return frozenset(
        c.kind
        for c in change.clocks
        if c.stopped_at is None and all(c.policy != one.policy and not one.knows(c.kind) for one in own)
    )


def _unless_known(brought: frozenset[str], plan: Plan) -> Callable[[Clock], bool]:
    return lambda c: c.kind in brought and not plan.knows(c.kind)


def signals(change: Change) -> tuple[Signal, ...]:
    """What the clocks hear of an action, in order."""
    before, after = change.before, change.after
    heard = _HEARD.get(change.action)
    told: list[Signal] = []
    if heard is not None:
        told.append(heard)
    # Only an answer of ours is a first response; the notice of a longer limit is one too: a colleague has approved it
    # having read the customer's latest words.
    if change.answers and change.actor.kind == "staff":
        told.append("replied")
    if before.team_id != after.team_id and heard != "transferred":
        told.append("transferred")
    was_done = before.state in ("resolved", "called_back")
    if was_done and after.state == "reopened" and heard != "reopened":
        told.append("reopened")
    return tuple(told)


def announce(work: Work, clocks: tuple[Clock, ...], at: datetime) -> None:
    """Wake the sweep for clocks to be followed up sooner than it may look by itself."""
    if any(c.next_at is not None and c.next_at < at + _SOON for c in clocks):
        work.touch("time")
