"""What of tickets goes with an erased person, and what stays: the ticket, its course and its chain; not one word.

The words are sealed by the person's key and need no deleting; events commit to them as they stand.
"""

from collections.abc import Collection
from uuid import UUID

import msgspec

from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.privacy import Keep, Leaving, file_path, forgets, keeps, reaches, removes
from bihuan.tickets.file_model import store_of
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Basis, Plan, hold, write


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _Open(msgspec.Struct, frozen=True, kw_only=True):
    number: str


@keeps
async def while_open(work: Work, subject_id: UUID) -> Keep | None:
    """Nobody is erased while a ticket of theirs is worked on."""
    found = await work.one(queries.open_of_subject, _Open, subject_id=subject_id)
    if found is None:
        return None
    return Keep(zh=f"工单 {found.number} 尚未结案", en=f"ticket {found.number} is not closed")


@reaches
async def subjects_of(work: Work, subject_id: UUID) -> Collection[UUID]:
    """Tickets from before their customer was known have keys of their own."""
    rows = await work.rows(queries.ticket_subjects, _Id, subject_id=subject_id)
    return [row.id for row in rows]


@forgets
async def forget(leaving: Leaving) -> None:
    """Tell it on each of the person's tickets, take away what they could be found by, and drafts about them."""
    work = leaving.work
    tickets = await work.rows(queries.tickets_of_subjects, _Id, subject_ids=list(leaving.subjects))
    # The desk's own hand: who approves an erasure need not see the tickets.
    actor = desk_actor(work.tenant_id)
    for row in tickets:
        held = await hold(work, actor, row.id, Basis(version=None))
        data: dict[str, object] = {"erasure": str(leaving.erasure_id), "approved_by": str(leaving.actor.id)}
        await write(held, Plan(action="erase", set={"object_index": None}, data=data))
    await work.run(queries.drop_drafts_of, ticket_ids=[row.id for row in tickets])


@removes
async def remove_files(desk: Desk, tenant_id: UUID, subject_ids: Collection[UUID]) -> None:
    """Delete the encrypted bytes; without their key they say nothing, but nobody need trust that."""
    async with desk.database.work(tenant_id) as work:
        rows = await work.rows(queries.files_of_subjects, _Id, subject_ids=list(subject_ids))
    folder = store_of(desk.settings).folder
    for row in rows:
        file_path(folder, tenant_id, row.id).unlink(missing_ok=True)
