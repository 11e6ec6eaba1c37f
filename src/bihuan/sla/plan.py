"""What a ticket's clocks go by: its plan (the rules in force for it), where the ticket is, and the calendars."""

from datetime import datetime
from typing import Protocol

import msgspec

from bihuan.sla.calendar import Calendar
from bihuan.sla.model import Limit, PauseReason, Rule, Signal, Targets, Words

_RULES = (
    Rule(
        code="first_response",
        title=Words(zh="首次响应", en="First response"),
        starts_on=("opened",),
        stops_on=("replied", "resolved"),
    ),
    Rule(
        code="resolution",
        title=Words(zh="解决", en="Resolution"),
        starts_on=("opened",),
        stops_on=("resolved",),
        restarts_on=("reopened",),
        pauses_for=("customer",),
    ),
)
#: Signals whose event is not named like them.
_EVENTS: dict[Signal, str] = {"processing": "ticket.processing_started"}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The rules a ticket's clocks go by: one version of a policy. `targets`: what the case type promises, for rules
    without a limit of their own. policy "": that promise alone.
    """

    policy: str
    version: int
    rules: tuple[Rule, ...]
    targets: Targets

    def rule(self, kind: str) -> Rule:
        """The rule of a clock. One this plan does not know (it came by a merge) runs until the ticket is resolved."""
        return next((r for r in self.rules if r.code == kind), None) or _foreign(kind)

    def knows(self, kind: str) -> bool:
        """Whether it has a rule for this clock."""
        return any(r.code == kind for r in self.rules)


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ticket is once the signal has been followed: its queue (team code) and for whom it waits, if it does."""

    queue: str = ""
    waiting_for: PauseReason | None = None
    opened_at: datetime | None = None


class Calendars(Protocol):
    """Looks a calendar up as one queue has it. version None: the one in force. None for code "": around the clock."""

    def __call__(self, code: str, version: int | None, queue: str, /) -> Calendar | None: ...


def own_plan(targets: Targets) -> Plan:
    """What holds where no policy matches: the case type's promise, around the clock. Waiting for the customer pauses the
    resolution; a reopened ticket owes it anew.
    """
    return Plan(policy="", version=0, rules=_RULES, targets=targets)


def limit_of(rule: Rule, stage: str) -> Limit | None:
    """The limit at a stage; "" is the first. None: what the case type promises."""
    return next((s.limit for s in rule.stages if s.code == stage), rule.limit)


def promised(targets: Targets, kind: str) -> int:
    """Seconds the case type promises: a first response, or else the resolution."""
    return targets.first_response if kind == "first_response" else targets.resolution


def event_of(signal: Signal) -> str:
    """The event that stops a clock, as its `stopped_by` names it."""
    return _EVENTS.get(signal, f"ticket.{signal}")


def _foreign(kind: str) -> Rule:
    return Rule(code=kind, title=Words(zh=kind, en=kind))
