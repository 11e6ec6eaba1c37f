"""Time promised to customers: calendars, policies, clocks, and what they say.

Owns calendars and policies in versions, and the clocks of tickets. Promises that a clock's state is derived from its
moments alone, and that a result keeps the versions it was reckoned by. Refuses to judge a clock that ended because there
was nothing left to do.
"""

import msgspec

from bihuan.sla import (
    calendar,
    calendars,
    clock,
    ledger,
    match,
    model,
    notice,
    policies,
    preview,
    views,
    words,
)
from bihuan.sla.calendar import Calendar
from bihuan.sla.clock import Calendars, Due, Plan, Where
from bihuan.sla.match import Effective, Reason
from bihuan.sla.model import (
    CalendarBody,
    Clock,
    ClockState,
    Deed,
    Facts,
    Interval,
    Limit,
    Move,
    Nudge,
    OpenTask,
    Pause,
    PauseReason,
    PolicyBody,
    RaisePriority,
    Rule,
    Segment,
    Signal,
    Stage,
    Step,
    Targets,
    Tell,
    Words,
)
from bihuan.sla.permissions import SLA_APPROVE, SLA_EXTEND, SLA_MANAGE, SLA_READ
from bihuan.sla.rows import clocks_of, past_runs, put, read
from bihuan.sla.shipped import diff as diff_shipped
from bihuan.sla.shipped import load_shipped
from bihuan.sla.shipped import read_time as read_shipped
from bihuan.sla.store import Book, book, digest_of, forget

__all__ = [
    "SLA_APPROVE",
    "SLA_EXTEND",
    "SLA_MANAGE",
    "SLA_READ",
    "Book",
    "Calendar",
    "CalendarBody",
    "Calendars",
    "Clock",
    "ClockState",
    "Deed",
    "Due",
    "Effective",
    "Facts",
    "Interval",
    "Limit",
    "Move",
    "Nudge",
    "OpenTask",
    "Pause",
    "PauseReason",
    "Plan",
    "PolicyBody",
    "RaisePriority",
    "Reason",
    "Rule",
    "Segment",
    "Signal",
    "Stage",
    "Step",
    "Targets",
    "Tell",
    "Where",
    "Words",
    "book",
    "calendar",
    "calendars",
    "clock",
    "clocks_of",
    "diff_shipped",
    "digest_of",
    "forget",
    "ledger",
    "load_shipped",
    "match",
    "model",
    "notice",
    "past_runs",
    "policies",
    "preview",
    "put",
    "read",
    "read_shipped",
    "summary",
    "views",
    "words",
]


def summary(c: Clock) -> dict[str, object]:
    """A clock as an event tells it."""
    return {k: v for k, v in msgspec.to_builtins(c).items() if v is not None}
