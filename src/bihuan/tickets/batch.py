"""Tickets held many at a time, for what the desk does by itself: locked, read and written in a few round trips."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
import psycopg

from bihuan import evidence, sla
from bihuan.casetypes import store
from bihuan.core import clock, log
from bihuan.core.actor import desk_actor
from bihuan.core.db import Database, DatabaseBusy, Query, RowGone, Work
from bihuan.privacy import Protector
from bihuan.tickets import sealing
from bihuan.tickets.clocks import timing
from bihuan.tickets.model import StoredTicket
from bihuan.tickets.write import Held

#: A transaction that holds tickets longer than this is ended by the server, whoever hangs.
_HOLD_MILLISECONDS = 4000
_log = log.get("batch")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: tickets that were held, and what was written for them (steps taken, clocks moved)."""

    tickets: int = 0
    done: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(tickets=self.tickets + other.tickets, done=self.done + other.done)


#: Does it for these tickets, in this transaction.
Do = Callable[[Work, Sequence[UUID]], Awaitable[Taken]]
#: Hears which ticket alone could not be done, and why.
Failed = Callable[[UUID, Exception], Awaitable[None]]


async def hold_many(work: Work, lock: Query, ids: Sequence[UUID], **params: object) -> list[Held]:
    """Those of the tickets that `lock` gets, in two round trips. Who holds them can plan without another."""
    await work.end_by_itself(_HOLD_MILLISECONDS)
    stored = await work.rows(lock, StoredTicket, ids=list(ids), **params)
    if not stored:
        return []
    opened = await sealing.opened_with_keys(work, stored)
    tickets = [ticket for ticket, _ in opened]
    heads = [await work.send(evidence.HEAD_QUERY, evidence.LockedHead, stream_id=t.id) for t in tickets]
    # Read after the lock: what a verb has just committed is seen.
    clocks = await sla.clocks_of(work, [t.id for t in tickets])
    now, actor = clock.now(), desk_actor(work.tenant_id)
    when = await timing(work, now, [c for several in clocks.values() for c in several])
    held: list[Held] = []
    for (ticket, key), pending in zip(opened, heads, strict=True):
        head = await pending.one()
        if head is None:
            raise RowGone
        held.append(
            Held(
                work=work,
                actor=actor,
                ticket=ticket,
                clocks=clocks.get(ticket.id, ()),
                head=head,
                loaded=await store.version(work, ticket.case_type, ticket.case_type_version),
                now=now,
                protector=Protector(work, ticket.subject_id, subject=key, known=True, ticket_id=ticket.id),
                timing=when,
            )
        )
    return held


async def together_or_alone(
    database: Database, tenant_id: UUID, ids: Sequence[UUID], *, do: Do, failed: Failed
) -> Taken:
    """These tickets in one transaction; where that fails each in its own, so that one holds nobody back.

    Raises what says that the database itself is away.
    """
    try:
        async with database.work(tenant_id) as work:
            return await do(work, ids)
    except Exception as error:
        _log.warning("batch_failed", tickets=len(ids), error=error)
    taken = Taken()
    for ticket_id in ids:
        try:
            async with database.work(tenant_id) as work:
                taken += await do(work, [ticket_id])
        except Exception as error:
            if _away(error):
                raise
            await failed(ticket_id, error)
    return taken


def _away(error: Exception) -> bool:
    """Whether the database itself is away, rather than one ticket out of order."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return False
    if isinstance(error, psycopg.OperationalError):
        return error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "57")
    return isinstance(error, OSError | DatabaseBusy)
