"""Verbs of the customer alone: rate, and take back. Nobody of the desk does them for the customer."""

from uuid import UUID

import msgspec

from bihuan.core import ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import NotFound, Problem
from bihuan.tickets.close import end
from bihuan.tickets.done import Done, done
from bihuan.tickets.model import Rate, Rating, TakeBack
from bihuan.tickets.state import rating_digest
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Basis, Plan, hold, record_text, write


class AlreadyRated(Problem):
    """This has been rated already; thank you."""

    status = 409
    zh = "您已评价过本次处理，感谢您的反馈。"


class _Score(msgspec.Struct, frozen=True, kw_only=True):
    score: int


async def rate(work: Work, actor: Actor, ticket_id: UUID, command: Rate) -> Done:
    """What the customer thinks of how it was solved; once per solving. Never conflicts.

    Raises AlreadyRated, NotInThisState, TicketClosed.
    """
    _must_be_customer(actor)
    held = await hold(work, actor, ticket_id, Basis(version=None))
    solving = held.ticket.reopenings
    if await rated(work, ticket_id, solving):
        raise AlreadyRated
    comment = held.protector.plain(command.comment) if command.comment else None
    message = record_text(held.protector, None, comment=comment) if comment else None
    nonce, row = ids.new_nonce(), rating_digest(solving, command.score, held.now)
    data: dict[str, object] = {
        "score": command.score,
        "solving": solving,
        "rating": {"rated": nonce.hex(), "row": row},
    }
    ticket = await write(held, Plan(action="rate", message=message, data=data))
    kept = await work.send(
        queries.add_rating,
        _Score,
        ticket_id=ticket_id,
        solving=solving,
        seq=ticket.head_seq,
        score=command.score,
        rated_at=held.now,
        nonce=nonce,
    )
    if await kept.one() is None:
        raise AlreadyRated
    return done(held, ticket)


async def take_back(work: Work, actor: Actor, ticket_id: UUID, command: TakeBack) -> Done:
    """The customer withdraws their ticket, by their own word; all clocks end. Never conflicts.

    Raises NotInThisState, TicketClosed.
    """
    _must_be_customer(actor)
    held = await hold(work, actor, ticket_id, Basis(version=None))
    return done(held, await end(held, "withdraw", reason=command.reason))


async def rating_of(work: Work, ticket_id: UUID) -> Rating | None:
    """The latest rating of a ticket that the caller may see."""
    return await work.one(queries.rating, Rating, ticket_id=ticket_id)


async def rated(work: Work, ticket_id: UUID, solving: int) -> bool:
    """Whether this solving has its rating."""
    found = await rating_of(work, ticket_id)
    return found is not None and found.solving == solving


def _must_be_customer(actor: Actor) -> None:
    if actor.kind != "customer":
        raise NotFound
