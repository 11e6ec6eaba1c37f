"""Drafts: words that are not yet said, or could not be. Nobody but their writer sees them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import NotFound
from bihuan.privacy import Protector, released_numbers
from bihuan.tickets import sealing
from bihuan.tickets.visible import queries


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, as its writer sees it. `destroyed`: what was taken for good out of the text just kept, `notices` the same in
    words.
    """

    id: UUID
    ticket_id: UUID
    number: str
    verb: str
    body: str
    reason: Literal["saved", "stale"]
    created_at: datetime
    destroyed: list[str] = []
    notices: list[str] = []


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A draft just kept, and what was destroyed in it."""

    id: UUID
    destroyed: tuple[str, ...]


class _Row(sealing.SealedRow, frozen=True, kw_only=True):
    ticket_id: UUID
    number: str
    verb: str
    reason: Literal["saved", "stale"]
    created_at: datetime


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def keep(
    work: Work, actor: Actor, ticket_id: UUID, *, verb: str, body: str, reason: Literal["saved", "stale"]
) -> Kept:
    """Keep a text, masked as it would have been."""
    subject_id = await work.scalar(queries.subject_of_ticket, id=ticket_id)
    protector = Protector(
        work, subject_id, known=True, released=await released_numbers(work), ticket_id=ticket_id
    )
    text = protector.text(body)
    await protector.flush()
    draft_id = ids.new_id()
    await work.run(
        queries.add_draft,
        id=draft_id,
        ticket_id=ticket_id,
        staff_id=actor.id,
        verb=verb,
        sealed=await sealing.seal_draft(protector, draft_id, text),
        reason=reason,
        created_at=clock.now(),
    )
    return Kept(id=draft_id, destroyed=tuple(sorted(protector.destroyed)))


async def my_drafts(work: Work, actor: Actor, ticket_id: UUID | None = None) -> list[Draft]:
    """One's own drafts, newest first."""
    rows = await work.rows(queries.drafts, _Row, staff_id=actor.id, ticket_id=ticket_id)
    words = await sealing.drafted(work, rows, actor.language)
    return [
        Draft(
            id=row.id,
            ticket_id=row.ticket_id,
            number=row.number,
            verb=row.verb,
            body=said.text,
            reason=row.reason,
            created_at=row.created_at,
        )
        for row, said in zip(rows, words, strict=True)
    ]


async def drop(work: Work, actor: Actor, draft_id: UUID) -> None:
    """Throw one's own draft away. Raises NotFound."""
    if await work.one(queries.drop_draft, _Id, staff_id=actor.id, id=draft_id) is None:
        raise NotFound
