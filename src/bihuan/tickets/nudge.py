"""催办: a ticket that stands still is urged, by a colleague or by its customer. It moves no clock and never conflicts."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from bihuan import evidence
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Problem
from bihuan.tickets import lifecycle
from bihuan.tickets.done import Done, done
from bihuan.tickets.model import Reason
from bihuan.tickets.write import Basis, Held, Plan, hold, record_text, write

#: How the event stands in a canonical body; what only looks like one is read and does no harm.
_NUDGED = "ticket.nudged"
_MARK = f'"kind":"{_NUDGED}"'
_DAY = timedelta(days=1)
_ZONE = ZoneInfo("Asia/Shanghai")


class NudgedAlready(Problem):
    """You have asked us to hurry not long ago; you can do so again after {at} (Beijing time)."""

    status = 429
    zh = "您刚刚催办过，可在北京时间 {at} 之后再次催办。"

    def __init__(self, *, again_at: datetime, now: datetime) -> None:
        self.again_at = again_at
        seconds = max(1, int((again_at - now).total_seconds()) + 1)
        super().__init__(seconds=seconds, at=f"{again_at.astimezone(_ZONE):%Y-%m-%d %H:%M}")

    @property
    def extra(self) -> dict[str, object]:
        """From when on it may be done again."""
        return {"again_at": self.again_at.isoformat()}


class WaitingForYou(Problem):
    """We are waiting for you: once you answer, we go on."""

    status = 409
    zh = "我们正在等您补充，您回复后马上继续。"


class OwnTicket(Problem):
    """You have this ticket yourself."""

    status = 409
    zh = "这张工单由您本人受理。"


class NudgeTicket(msgspec.Struct, frozen=True, kw_only=True):
    """Urge whoever has it; words for them, if any."""

    words: Reason | None = None


class NudgeLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How often a customer may urge one ticket: hours between two times, and times within 24 hours."""

    hours: int
    per_day: int


async def nudge(
    work: Work, actor: Actor, ticket_id: UUID, command: NudgeTicket, *, limit: NudgeLimit | None = None
) -> Done:
    """Urge whoever has the ticket. `limit`: for customers, counted from the ticket's own events.

    Raises NudgedAlready, WaitingForYou, OwnTicket, NotInThisState, TicketClosed.
    """
    held = await hold(work, actor, ticket_id, Basis(version=None))
    lifecycle.transition(held.ticket.state, "nudge")
    if actor.kind == "customer" and held.ticket.waiting_for == "customer":
        raise WaitingForYou
    if actor.id == held.ticket.assignee_id:
        raise OwnTicket
    if limit is not None:
        await _within(held, limit)
    message = record_text(held.protector, command.words) if command.words else None
    data: dict[str, object] = {"by": actor.kind}
    running = [c for c in held.clocks if c.stopped_at is None and c.paused_at is None]
    if running:
        data["clock"] = min(running, key=lambda c: c.due_at).kind
    return done(held, await write(held, Plan(action="nudge", message=message, data=data)))


def again_at(times: list[datetime], limit: NudgeLimit, now: datetime) -> datetime | None:
    """When it may be done again, after it was done at `times` (in order); None: at once. Pure."""
    moments: list[datetime] = []
    if times:
        moments.append(times[-1] + timedelta(hours=limit.hours))
    of_late = [t for t in times if t > now - _DAY]
    if len(of_late) >= limit.per_day:
        moments.append(of_late[-limit.per_day] + _DAY)
    last = max(moments, default=now)
    return last if last > now else None


async def _within(held: Held, limit: NudgeLimit) -> None:
    """Raise NudgedAlready where the customer has used the limit up."""
    found = await evidence.events_at(held.work, held.ticket.id, (), mark=_MARK)
    times = [e.at for e in found if e.kind == _NUDGED and e.actor_kind == "customer"]
    if (again := again_at(times, limit, held.now)) is not None:
        raise NudgedAlready(again_at=again, now=held.now)
