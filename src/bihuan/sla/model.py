"""Types of time: calendars, policies, clocks. Pure; what is stored is their canonical JSON.

A moment is an aware UTC datetime. An amount of time is kept in whole seconds of the clock's *counted* time: the time
its unit counts (around the clock, within business hours, on working days), less its pauses.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Minute = Annotated[int, msgspec.Meta(ge=0, le=1440)]
Note = Annotated[str, msgspec.Meta(min_length=2, max_length=2000)]

#: minute, hour: around the clock. business_*: within the calendar's segments. working_day, calendar_day: the day of the
#: start is not counted, the limit ends at 24:00 of the last day, in the calendar's zone.
Unit = Literal["minute", "hour", "business_minute", "business_hour", "working_day", "calendar_day"]
UNITS: tuple[Unit, ...] = (
    "minute",
    "hour",
    "business_minute",
    "business_hour",
    "working_day",
    "calendar_day",
)

#: What happens to a ticket, as clocks hear it.
Signal = Literal[
    "opened",
    "received",
    "replied",
    "claimed",
    "assigned",
    "transferred",
    "processing",
    "waiting",
    "resumed",
    "resolved",
    "called_back",
    "reopened",
    "archived",
    "new_facts",
]
#: Why a clock may stand: waiting for the customer, for a third party, for an appraisal by an outside expert.
PauseReason = Literal["customer", "third_party", "appraisal"]
Verified = Literal["yes", "partly", "no", "own"]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """A text in both languages."""

    zh: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    en: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]

    def of(self, language: str) -> str:
        """In the reader's language."""
        return self.zh if language == "zh" else self.en


# ---------------------------------------------------------------------------------------------------------- calendars
class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a local day that counts, minutes after midnight, `start` < `end`; a shift over midnight is two."""

    start: Minute
    end: Minute


Segments = Annotated[tuple[Segment, ...], msgspec.Meta(max_length=24)]
Week = Annotated[tuple[Segments, ...], msgspec.Meta(min_length=7, max_length=7)]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A dated exception: what counts on that day instead of its weekday. No segments: the day is off."""

    on: date
    kind: Literal["holiday", "makeup", "override"]
    name: Annotated[str, msgspec.Meta(max_length=100)]
    segments: Segments = ()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one queue (team code) differs from its calendar; what is None or not dated here is the calendar's."""

    queue: Code
    week: Week | None = None
    days: tuple[Day, ...] = ()


class CalendarBody(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar as stored: versions never change.

    `week` begins on Monday. `statutory` names the country whose yearly notice is waited for ("": none, as for 24×7);
    `years` are those whose notice is in `days`. Any other year is *provisional* where `statutory` is set, and the last days
    of December are until the next year's notice is in.
    """

    code: Code
    title: Words
    zone: Annotated[str, msgspec.Meta(max_length=64)] = "Asia/Shanghai"
    week: Week
    days: Annotated[tuple[Day, ...], msgspec.Meta(max_length=20_000)] = ()
    statutory: Literal["", "CN"] = ""
    years: tuple[int, ...] = ()
    queues: Annotated[tuple[Difference, ...], msgspec.Meta(max_length=200)] = ()


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time with why it counts or not. Causes: `working`, `around_the_clock`, `working_day`, `calendar_day`
    (counted); `closed_hours`, `weekend`, `holiday`, `day_off`, `paused` (not). `detail`: the holiday's name or the
    pause's reason.
    """

    start: datetime
    end: datetime
    counted: bool
    cause: str
    detail: str = ""


# ----------------------------------------------------------------------------------------------------------- policies
class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How long. `calendar` is needed by business units and working days, and gives the zone of calendar days.

    `last_day` (day units): where the last day is no working day, `strict` ends on it, `next_working_day` after it.
    """

    amount: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    unit: Unit
    calendar: str = ""
    last_day: Literal["strict", "next_working_day"] = "strict"


class Tell(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="tell"):
    """Tell somebody: `assignee`, `team`, `lead` (leads of the ticket's team), `customer`, or `role:<code>`."""

    to: Annotated[
        str, msgspec.Meta(pattern=r"^(assignee|team|lead|customer|role:[A-Za-z][A-Za-z0-9_-]{0,63})$")
    ]


class RaisePriority(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="raise_priority"):
    """Raise the priority; never lowers it."""

    to: Literal["urgent", "normal"]


class Move(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="move"):
    """Into another team's queue."""

    team: Code


class OpenTask(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="task"):
    """A task for a team beside the ticket."""

    team: Code
    title: Words


class Nudge(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="nudge"):
    """催办: whoever has the ticket is urged, on record."""


Deed = Tell | RaisePriority | Move | OpenTask | Nudge


#: Ten years: what lies further off than that is a slip of the hand, and would have no moment.
_MOST_SECONDS = 315_360_000


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One rung of a ladder. Exactly one of `share` (per cent of the limit used up), `left_seconds` (counted time left) and
    `after_seconds` (plain time after due; 0: at the breach) says when.
    """

    code: Code
    share: Annotated[int, msgspec.Meta(ge=1, le=99)] | None = None
    left_seconds: Annotated[int, msgspec.Meta(ge=1, le=_MOST_SECONDS)] | None = None
    after_seconds: Annotated[int, msgspec.Meta(ge=0, le=_MOST_SECONDS)] | None = None
    do: Annotated[tuple[Deed, ...], msgspec.Meta(min_length=1, max_length=10)]


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A further limit, counted from the same start, that holds only once approved and told before the one before ends.

    `approval` is the permission the approver must hold; never the one who asked.
    """

    code: Code
    limit: Limit
    when: Words
    approval: str = "sla.extend"
    notify_customer: bool = True


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of a policy. `limit` None: what the case type promises at the ticket's priority (first_response and
    resolution alone). `team`: runs only while the ticket is in that queue (an OLA).
    """

    code: Code
    title: Words
    limit: Limit | None = None
    starts_on: tuple[Signal, ...] = ("opened",)
    stops_on: tuple[Signal, ...] = ("resolved",)
    restarts_on: tuple[Signal, ...] = ()
    pauses_for: tuple[PauseReason, ...] = ()
    team: str = ""
    stages: Annotated[tuple[Stage, ...], msgspec.Meta(max_length=5)] = ()
    ladder: Annotated[tuple[Step, ...], msgspec.Meta(max_length=20)] = ()
    basis: Words | None = None
    source: str = ""
    verified: Verified = "own"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Which tickets; an empty list means any."""

    case_types: tuple[str, ...] = ()
    kinds: tuple[Literal["enquiry", "request", "dispute", "complaint", "risk_event"], ...] = ()
    priorities: tuple[Literal["urgent", "normal", "low"], ...] = ()
    channels: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()


class PolicyBody(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as stored: versions never change. Policies are tried by `rank`, lowest first, then by code; the first
    that matches holds.
    """

    code: Code
    title: Words
    rank: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 100
    match: Match = Match()
    clocks: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1, max_length=30)]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy is matched by."""

    case_type: str
    kind: str
    priority: str
    channel: str
    tier: str | None = None


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """What a case type promises at one priority, seconds around the clock."""

    first_response: int
    resolution: int


# ------------------------------------------------------------------------------------------------------------- clocks
ClockState = Literal["running", "paused", "met", "breached", "cancelled"]
#: What ends a clock without judging it: there was nothing left to do, or it was not owed after all.
CANCELLING = frozenset({"ticket.withdrawn", "ticket.rejected", "ticket.merged", "sla.retargeted"})


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which a clock stands; `ended_at` None: still."""

    started_at: datetime
    ended_at: datetime | None = None
    reason: PauseReason


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one clock of a ticket, with all its result rests on pinned.

    kind: the rule's code. target_seconds: the limit in counted seconds. due_at: includes the pauses that have ended; of a
    standing clock, as if it went on at the moment it stood. policy "": the case type's own promise. calendar "": around
    the clock in the desk's zone. next_at: when the sweep must follow up next; None: nothing more to follow. followed: codes
    of ladder steps done, and "breach". provisional: reaches into days that a notice not yet in may change.
    """

    kind: str
    run: int = 1
    policy: str = ""
    policy_version: int = 0
    unit: Unit = "hour"
    amount: int = 0
    calendar: str = ""
    calendar_version: int = 0
    queue: str = ""
    last_day: Literal["strict", "next_working_day"] = "strict"
    stage: str = ""
    target_seconds: int
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None = None
    paused_seconds: int = 0
    pauses: tuple[Pause, ...] = ()
    stopped_at: datetime | None = None
    stopped_by: str | None = None
    next_at: datetime | None = None
    followed: tuple[str, ...] = ()
    provisional: bool = False

    def state(self, now: datetime) -> ClockState:
        """How it stands at `now`. A run that new facts ended in time was not met either: its work was not done."""
        if self.stopped_at is not None:
            if self.stopped_by in CANCELLING:
                return "cancelled"
            late = self.stopped_at > self.due_at
            return "breached" if late else "cancelled" if self.stopped_by == "ticket.new_facts" else "met"
        if self.paused_at is not None:
            return "breached" if self.paused_at > self.due_at else "paused"
        return "running" if now <= self.due_at else "breached"

    def left_seconds(self, now: datetime) -> int:
        """Plain seconds to the due moment, negative when late; a paused or stopped clock stands. Those left in counted
        time are `reckon.left_seconds`.
        """
        return int((self.due_at - (self.stopped_at or self.paused_at or now)).total_seconds())
