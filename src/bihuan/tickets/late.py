"""Clocks that were late when they stopped, and that the sweep had not come to by then, pure.

A clock that is breached says so in the ticket's history, whoever comes first: the sweep, or the verb that stops it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bihuan import sla
from bihuan.sla import Clock

EVENT = "ticket.clock_breached"
_MARK = "breach"


def unswept(before: Sequence[Clock], after: Sequence[Clock]) -> tuple[Clock, ...]:
    """Runs that were open before, ended late, and whose breach is not told yet; in the order of their due moments."""
    were_open = {(c.kind, c.run) for c in before if c.stopped_at is None}
    ended = [c for c in (*after, *sla.clock.past(before, after)) if (c.kind, c.run) in were_open]
    return tuple(sorted((c for c in ended if _is_late(c)), key=lambda c: (c.due_at, c.kind)))


def marked(clock: Clock) -> Clock:
    """The clock with its breach told."""
    return msgspec.structs.replace(clock, followed=(*clock.followed, _MARK))


def told(clock: Clock) -> dict[str, object]:
    """What the event says: which clock, when it was due, when it stopped."""
    stopped: datetime | None = clock.stopped_at
    return {
        "clock": clock.kind,
        "run": clock.run,
        "due_at": clock.due_at.isoformat(),
        "stopped_at": stopped.isoformat() if stopped else None,
    }


def _is_late(clock: Clock) -> bool:
    if clock.stopped_at is None or _MARK in clock.followed:
        return False
    return clock.state(clock.stopped_at) == "breached"
