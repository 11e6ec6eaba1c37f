"""Clocks of tickets in the database: read as they are, written as given; a run that gives way to the next is kept."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import db
from bihuan.core.db import Pending, Work
from bihuan.sla import clock
from bihuan.sla.model import Clock, Pause

queries = db.load(__file__)

_pauses = msgspec.json.Decoder(tuple[Pause, ...])
_clock = msgspec.json.Decoder(Clock)


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A clock with the ticket it belongs to."""

    ticket_id: UUID
    clock: Clock


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    body: str


def clock_of(*, pauses: str, followed: Sequence[str], **columns: object) -> Clock:
    """A clock from the columns of its row."""
    made = () if pauses == "[]" else _pauses.decode(pauses)
    return Clock(pauses=made, followed=tuple(followed), **columns)  # pyright: ignore[reportArgumentType]


def running_of(*, ticket_id: UUID, pauses: str, followed: Sequence[str], **columns: object) -> Running:
    """A clock with its ticket, from the columns of its row."""
    return Running(ticket_id=ticket_id, clock=clock_of(pauses=pauses, followed=followed, **columns))


#: Rows are made by keyword, so whatever takes the columns may stand where a type is asked for.
CLOCK = cast("type[Clock]", clock_of)
RUNNING = cast("type[Running]", running_of)


async def read(work: Work, ticket_id: UUID) -> Pending[Clock]:
    """The clocks of a ticket, the current run of each, by kind; on their way."""
    return await work.send(queries.clocks, CLOCK, ticket_id=ticket_id)


async def clocks_of(work: Work, ticket_ids: Sequence[UUID]) -> dict[UUID, tuple[Clock, ...]]:
    """The clocks of several tickets; a ticket without any is not among them."""
    found: dict[UUID, list[Clock]] = {}
    for row in await work.rows(queries.clocks_of, RUNNING, ticket_ids=list(ticket_ids)):
        found.setdefault(row.ticket_id, []).append(row.clock)
    return {ticket_id: tuple(clocks) for ticket_id, clocks in found.items()}


async def past_runs(work: Work, ticket_id: UUID) -> tuple[Clock, ...]:
    """Runs that gave way to the next, as they ended, oldest first."""
    rows = await work.rows(queries.past_runs, _Body, ticket_id=ticket_id)
    return tuple(_clock.decode(row.body) for row in rows)


async def put(
    work: Work,
    ticket_id: UUID,
    clocks: Sequence[Clock],
    *,
    before: Sequence[Clock] = (),
    by: str = clock.RESTARTED,
) -> None:
    """Queue clocks to be written as given: one statement, and another where a run of `before` gave way to the next, begun
    by the event `by`.
    """
    if not clocks:
        return
    await work.run(
        queries.put_clocks,
        ticket_id=ticket_id,
        clocks=evidence.canonical([_columns(c) for c in clocks]),
    )
    await _put_past(work, ticket_id, clocks, before, by)


def _columns(c: Clock) -> dict[str, object]:
    plain = {name: getattr(c, name) for name in c.__struct_fields__}
    return {**plain, "pauses": evidence.canonical(c.pauses), "followed": ",".join(c.followed)}


async def _put_past(
    work: Work, ticket_id: UUID, clocks: Sequence[Clock], before: Sequence[Clock], by: str
) -> None:
    past = clock.past(before, clocks, by)
    if past:
        began = {c.kind: c.started_at for c in clocks}
        await work.run(
            queries.put_past,
            ticket_id=ticket_id,
            kinds=[c.kind for c in past],
            runs=[c.run for c in past],
            bodies=[evidence.canonical(c) for c in past],
            ended=[began[c.kind] for c in past],
        )
