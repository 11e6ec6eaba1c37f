"""Clocks, pure: first response and resolution, around the clock (24×7), with pauses.

    due = started + target + pauses
A clock is breached when its due moment passes; that is derived at each reading, never stored.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

ClockKind = Literal["first_response", "resolution"]
ClockState = Literal["running", "paused", "met", "breached", "cancelled"]


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """What a priority promises, seconds."""

    first_response: int
    resolution: int


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of a ticket. Times are aware UTC; `due_at` includes the pauses that have ended."""

    kind: ClockKind
    target_seconds: int
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None = None
    paused_seconds: int = 0
    stopped_at: datetime | None = None
    stopped_by: str | None = None

    def state(self, now: datetime) -> ClockState:
        """How it stands at `now`."""
        if self.stopped_at is not None:
            if self.stopped_by in CANCELLING:
                return "cancelled"
            return "met" if self.stopped_at <= self.due_at else "breached"
        if self.paused_at is not None:
            return "breached" if self.paused_at > self.due_at else "paused"
        return "running" if now <= self.due_at else "breached"

    def left_seconds(self, now: datetime) -> int:
        """Seconds left at `now`, negative when late; a paused or stopped clock stands."""
        return int((self.due_at - (self.stopped_at or self.paused_at or now)).total_seconds())


#: Events that end a clock without judging it: there was nothing left to do.
CANCELLING = frozenset({"ticket.withdrawn", "ticket.rejected", "ticket.merged"})


def start(targets: Targets, at: datetime) -> tuple[Clock, Clock]:
    """Both clocks of a new ticket."""
    return _started("first_response", targets.first_response, at), _started(
        "resolution", targets.resolution, at
    )


def restart(clocks: tuple[Clock, ...], targets: Targets, at: datetime) -> tuple[Clock, ...]:
    """A reopened ticket: its resolution is owed anew; a first response given stays given, one called off does not."""

    def anew(c: Clock) -> Clock:
        if c.kind == "resolution":
            return _started(c.kind, targets.resolution, at)
        return _started(c.kind, targets.first_response, at) if c.stopped_by in CANCELLING else c

    return tuple(anew(c) for c in clocks)


def stop(clocks: tuple[Clock, ...], kind: ClockKind, at: datetime, by: str) -> tuple[Clock, ...]:
    """Stop a running clock; a paused one is taken up first, one that stands stays."""

    def stopped(c: Clock) -> Clock:
        return msgspec.structs.replace(_taken_up(c, at), stopped_at=at, stopped_by=by)

    return tuple(stopped(c) if c.kind == kind and c.stopped_at is None else c for c in clocks)


def stop_all(clocks: tuple[Clock, ...], at: datetime, by: str) -> tuple[Clock, ...]:
    """Stop whatever runs."""
    return stop(stop(clocks, "first_response", at, by), "resolution", at, by)


def pause(clocks: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """Waiting for the customer does not count towards the resolution."""
    return tuple(
        msgspec.structs.replace(c, paused_at=at)
        if c.kind == "resolution" and c.stopped_at is None and c.paused_at is None
        else c
        for c in clocks
    )


def resume(clocks: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """Time counts again; what is left is what was left."""
    return tuple(_taken_up(c, at) for c in clocks)


def retarget(clocks: tuple[Clock, ...], targets: Targets) -> tuple[Clock, ...]:
    """Another priority: running clocks are due by its targets, from the same start and with the same pauses."""

    def moved(c: Clock) -> Clock:
        if c.stopped_at is not None:
            return c
        seconds = targets.first_response if c.kind == "first_response" else targets.resolution
        due_at = c.started_at + timedelta(seconds=seconds + c.paused_seconds)
        return msgspec.structs.replace(c, target_seconds=seconds, due_at=due_at)

    return tuple(moved(c) for c in clocks)


def merge(survivor: tuple[Clock, ...], merged: tuple[Clock, ...], at: datetime) -> tuple[Clock, ...]:
    """The surviving ticket owes what was owed earliest: of each running pair the one due first, pauses up to `at` counted.

    Whether it stands or runs from now on is the survivor's.
    """
    running = {m.kind: _taken_up(m, at) for m in merged if m.stopped_at is None}

    def earlier(c: Clock) -> Clock:
        other = running.get(c.kind)
        if other is None or c.stopped_at is not None or other.due_at >= _taken_up(c, at).due_at:
            return c
        return msgspec.structs.replace(other, paused_at=None if c.paused_at is None else at)

    return tuple(earlier(c) for c in survivor)


def _started(kind: ClockKind, seconds: int, at: datetime) -> Clock:
    return Clock(kind=kind, target_seconds=seconds, started_at=at, due_at=at + timedelta(seconds=seconds))


def _taken_up(c: Clock, at: datetime) -> Clock:
    if c.paused_at is None or c.stopped_at is not None:
        return c
    length = max(0, int((at - c.paused_at).total_seconds()))
    return msgspec.structs.replace(
        c,
        paused_at=None,
        paused_seconds=c.paused_seconds + length,
        due_at=c.due_at + timedelta(seconds=length),
    )
