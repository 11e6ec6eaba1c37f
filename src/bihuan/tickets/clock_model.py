"""What readers are shown of a ticket's clocks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import sla
from bihuan.sla import ClockState
from bihuan.tickets.extension_model import ExtensionState

StageState = Literal["granted", "asked", "open", "closed"]


class ExtensionView(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a longer limit: who asked and decided (logins), the reason, and the words for the customer."""

    id: UUID
    state: ExtensionState
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    notice: str


class StageView(msgspec.Struct, frozen=True, kw_only=True):
    """A further limit and when it would be due. `open`: it can be asked for now; `approval`: the permission to grant it;
    `extension`: the latest request.
    """

    code: str
    when: str
    due_at: datetime
    state: StageState
    approval: str
    notify_customer: bool
    extension: ExtensionView | None = None


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the ladder, `breach` among them: its moment (`title`: in words), whether it was taken, and what it does
    in words.
    """

    code: str
    title: str
    at: datetime
    done: bool
    does: str


class ClockDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a clock with all it rests on. `left_seconds`: of what it counts; negative: plain seconds late."""

    kind: str
    title: str
    run: int
    state: ClockState
    started_at: datetime
    due_at: datetime
    left_seconds: int
    target_seconds: int
    unit: str
    amount: int
    paused_at: datetime | None
    stopped_at: datetime | None
    policy: str
    policy_version: int
    calendar: str
    calendar_version: int
    stage: str
    stages: list[StageView]
    provisional: bool
    basis: str | None
    source: str
    verified: str
    for_customer: bool
    steps: list[StepView]


class WhyView(msgspec.Struct, frozen=True, kw_only=True):
    """One policy in the order of trial, and what came of it."""

    policy: str
    version: int
    title: str
    matched: bool
    text: str


class TicketClocks(msgspec.Struct, frozen=True, kw_only=True):
    """All clocks of a ticket and the runs before. `policy`: that of its clocks, "" for the case type's own promise;
    `destroyed`: what was taken for good out of the words just written, `notices` the same in words.
    """

    policy: str
    policy_version: int
    why: list[WhyView]
    clocks: list[ClockDetail]
    past: list[ClockDetail]
    destroyed: list[str] = []
    notices: list[str] = []


class ClockLedger(msgspec.Struct, frozen=True, kw_only=True):
    """A run's ledger up to now or its stop, and what is ahead up to the due moment; the counted entries sum exactly."""

    kind: str
    title: str
    run: int
    sentence: str
    entries: list[sla.words.LedgerEntry]
    ahead: list[sla.words.LedgerEntry]
    counted_seconds: int
    paused_seconds: int
    not_counted_seconds: int
    target_seconds: int
    due_at: datetime
    left_seconds: int
