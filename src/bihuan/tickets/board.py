"""The board: what breaches next, over all tickets one sees, by least time left."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan import identity, sla
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.sla import Clock, Targets
from bihuan.tickets import reads
from bihuan.tickets.clocks import Timing, timing
from bihuan.tickets.model import TicketRow
from bihuan.tickets.visible import queries, visible_to

MOST_MINUTES = 10_080
_MOST_ROWS = 200
_MOST_COUNTED = 1000
_EVER = timedelta(days=3660)
#: Titles of clocks need no limits.
_ANY = Targets(first_response=0, resolution=0)


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that falls due soon, with its ticket. `left_seconds`: of what the clock counts; `stage`: the longer limit
    granted, if one was.
    """

    ticket: TicketRow
    kind: str
    title: str
    due_at: datetime
    left_seconds: int
    stage: str


class BoardCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Running clocks past their limit, and those that fall due within the stretch; `capped` at 1,000 each."""

    breached: int
    within: int
    capped: bool


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The clocks that fall due first, 200 at most."""

    at: datetime
    items: list[BoardRow]
    counts: BoardCounts


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    ticket_id: UUID
    kind: str


async def board(work: Work, actor: Actor, *, minutes: int, team: str | None = None) -> Board:
    """What falls due within so many minutes, in the tickets of one team (code) or all that one sees. Raises Invalid."""
    now = clock.now()
    where = {**visible_to(actor), "team_id": await _team_id(work, team)}
    soon = {"from_at": now, "until_at": now + timedelta(minutes=minutes), **where}
    late = {"from_at": now - _EVER, "until_at": now - timedelta(microseconds=1), **where}
    due = await work.send(queries.board, _Due, **soon, most=_MOST_ROWS)
    breached = await work.scalar(queries.count_due, **late, most=_MOST_COUNTED + 1)
    within = await work.scalar(queries.count_due, **soon, most=_MOST_COUNTED + 1)
    counts = BoardCounts(
        breached=min(breached, _MOST_COUNTED),
        within=min(within, _MOST_COUNTED),
        capped=max(breached, within) > _MOST_COUNTED,
    )
    return Board(at=now, items=await _rows(work, actor, await due.all(), now), counts=counts)


async def _rows(work: Work, actor: Actor, due: list[_Due], now: datetime) -> list[BoardRow]:
    if not due:
        return []
    ids = list(dict.fromkeys(one.ticket_id for one in due))
    shown = {row.id: row for _, row in await reads.rows_of(work, ids)}
    clocks = await sla.clocks_of(work, ids)
    when = await timing(work, now, [c for several in clocks.values() for c in several])
    # What has stopped since the first statement is not shown.
    running = {(i, c.kind): c for i, several in clocks.items() for c in several if c.stopped_at is None}
    found = [(one.ticket_id, running.get((one.ticket_id, one.kind))) for one in due]
    return [_row(when, actor, shown[ticket_id], c) for ticket_id, c in found if c is not None]


def _row(when: Timing, actor: Actor, ticket: TicketRow, c: Clock) -> BoardRow:
    rule = when.book.pinned(c.policy, c.policy_version, _ANY).rule(c.kind)
    return BoardRow(
        ticket=ticket,
        kind=c.kind,
        title=rule.title.of(actor.language),
        due_at=c.due_at,
        left_seconds=sla.clock.left_seconds(c, when.book.calendars(), when.at),
        stage=c.stage,
    )


async def _team_id(work: Work, code: str | None) -> UUID | None:
    """Raises Invalid."""
    if not code:
        return None
    team = (await identity.directory(work)).team_named(code)
    if team is None:
        raise Invalid(fields=[FieldProblem(pointer="/team", code="not_found")])
    return team.id
