"""What tickets do by themselves: a leaver's tickets are handed on, files without a row are swept."""

import time
from pathlib import Path
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import log
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered, reacts_to
from bihuan.privacy import file_path
from bihuan.tickets.file_model import store_of
from bihuan.tickets.lifecycle import CLOSED_STATES
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Basis, Plan, hold, write

#: A file younger than this may belong to a transaction that has not committed yet.
_ORPHAN_SECONDS = 3600
_log = log.get("tickets")


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _File(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    ticket_id: UUID
    hidden: bool


@reacts_to("staff.left")
async def hand_on(desk: Desk, event: Delivered) -> None:
    """Give a leaver's tickets to whom the event names, else back to their queues; one transaction each."""
    async with desk.database.work(event.tenant_id) as work:
        told = await evidence.events(work, event.stream_id, after=event.seq - 1, most=1)
        # The event stands in the leaver's own stream and, for audit, in the config stream, where there is nothing to do.
        held = await work.rows(queries.held_by, _Id, staff_id=event.stream_id)
    heir = told[0].data.get("hand_to") if told else None
    to = UUID(heir) if isinstance(heir, str) else None
    for row in held:
        await _hand_on(desk, event.tenant_id, row.id, leaver=event.stream_id, to=to)


async def _hand_on(desk: Desk, tenant_id: UUID, ticket_id: UUID, *, leaver: UUID, to: UUID | None) -> None:
    actor = desk_actor(tenant_id)
    async with desk.database.work(tenant_id) as work:
        held = await hold(work, actor, ticket_id, Basis(version=None))
        # Delivered again, or someone was faster: nothing to do.
        if held.ticket.assignee_id != leaver or held.ticket.state in CLOSED_STATES:
            return
        plan = Plan(
            action="hand_on", set={"assignee_id": to}, data={"cause": "staff.left", "leaver": str(leaver)}
        )
        await write(held, plan)


async def sweep_files(desk: Desk, tenant_id: UUID) -> int:
    """Delete encrypted files whose row never committed; returns how many."""
    folder = store_of(desk.settings).folder / tenant_id.hex
    gone = 0
    for shelf in sorted(folder.iterdir()) if folder.is_dir() else ():
        old = [f for f in shelf.iterdir() if time.time() - f.stat().st_mtime > _ORPHAN_SECONDS]
        async with desk.database.work(tenant_id) as work:
            names = [UUID(f.name) for f in old if f.suffix == ""]
            known = {row.id for row in await work.rows(queries.attachments_known, _Id, ids=names)}
        gone += _drop([f for f in old if f.suffix == ".part" or UUID(f.name) not in known])
    return gone


def _drop(orphans: list[Path]) -> int:
    for file in orphans:
        file.unlink(missing_ok=True)
        _log.info("orphan_file_swept", file=file.name)
    return len(orphans)


async def missing_files(desk: Desk, tenant_id: UUID) -> list[UUID]:
    """Attachments whose file is not on disk: for `doctor`."""
    folder = store_of(desk.settings).folder
    lost: list[UUID] = []
    after = UUID(int=0)
    while True:
        async with desk.database.work(tenant_id) as work:
            rows = await work.rows(queries.attachments_after, _File, after=after, most=1000)
        lost += [row.id for row in rows if not file_path(folder, tenant_id, row.id).is_file()]
        if len(rows) < 1000:
            return lost
        after = rows[-1].id
