"""A ticket's files as they are shown and given out: to everybody the copy; the original for a reason, as a look."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.core.problems import Language, NotFound, Problem
from bihuan.privacy import file_key, file_path, read_file
from bihuan.tickets import sealing
from bihuan.tickets.file_model import (
    AttachmentView,
    FileChecking,
    FileGone,
    FileInfected,
    FileQuarantined,
    FileState,
    FileUnreadable,
    OriginalGone,
    Store,
)
from bihuan.tickets.file_types import copy_name
from bihuan.tickets.sealing import SealedRow
from bihuan.tickets.visible import file_queries, queries, visible_to
from bihuan.tickets.write import TicketExpired

ORIGINAL = declare(
    "file.original", zh="说明理由后查看附件原件", en="See the original of an attachment for a reason"
)

#: Why a file is given to nobody yet, or never.
_WITHHELD: Mapping[FileState, type[Problem]] = MappingProxyType(
    {"checking": FileChecking, "quarantined": FileQuarantined, "infected": FileInfected}
)


class _Row(SealedRow, frozen=True, kw_only=True):
    seq: int
    content_type: str
    size_bytes: int
    hidden: bool
    state: FileState
    reason: str | None
    signature: str | None
    findings: str
    left_out: int
    copy_id: UUID | None
    copy_type: str | None
    copy_bytes: int | None
    gone: bool


async def attachments(
    work: Work, ticket_id: UUID, *, language: Language = "zh", raw: bool = False
) -> list[AttachmentView]:
    """The files of a ticket the caller may see; with `raw` also originals of messages."""
    return [view for view, _ in await _read(work, ticket_id, language) if raw or not view.raw]


async def content(
    work: Work, actor: Actor, ticket_id: UUID, attachment_id: UUID, store: Store
) -> tuple[AttachmentView, bytes]:
    """The bytes of a file's copy, named and typed as the copy is.

    Raises NotFound, FileChecking, FileQuarantined, FileInfected, FileUnreadable, NotOpened, Shredded, FileGone.
    """
    view, row = await _one(work, actor, ticket_id, attachment_id)
    if view.raw and not actor.may(ORIGINAL):
        raise NotFound
    if row.copy_id is None or row.copy_type is None:
        raise FileUnreadable(name=view.name)
    shown = msgspec.structs.replace(
        view, name=copy_name(view.name, row.copy_type), content_type=row.copy_type
    )
    return shown, await _bytes(work, row, row.copy_id, store, view.name)


async def original(
    work: Work, actor: Actor, ticket_id: UUID, attachment_id: UUID, store: Store
) -> tuple[AttachmentView, bytes]:
    """The bytes as they came. Whoever calls records the look and its reason in the same transaction.

    Raises NotFound, FileChecking, FileQuarantined, FileInfected, OriginalGone, NotOpened, Shredded, FileGone.
    """
    actor.must(ORIGINAL)
    view, row = await _one(work, actor, ticket_id, attachment_id)
    if row.gone:
        raise OriginalGone(name=view.name)
    return view, await _bytes(work, row, row.id, store, view.name)


async def _one(work: Work, actor: Actor, ticket_id: UUID, attachment_id: UUID) -> tuple[AttachmentView, _Row]:
    """A file that may be given out. Raises NotFound, and what withholds it."""
    if await work.one(queries.ticket, dict[str, Any], id=ticket_id, **visible_to(actor)) is None:
        raise NotFound
    found = await _read(work, ticket_id, actor.language)
    one = next(((view, row) for view, row in found if row.id == attachment_id), None)
    if one is None:
        raise NotFound
    if not one[1].sealed:
        raise TicketExpired
    withheld = _WITHHELD.get(one[1].state)
    if withheld is not None:
        raise withheld(name=one[0].name)
    return one


async def _bytes(work: Work, row: _Row, file_id: UUID, store: Store, name: str) -> bytes:
    subject = await privacy.must_subject(work, row.subject_id)
    path = file_path(store.folder, work.tenant_id, file_id)
    try:
        return read_file(path, file_key(subject, file_id))
    except FileNotFoundError as error:
        raise FileGone(name=name) from error


async def _read(work: Work, ticket_id: UUID, language: Language) -> list[tuple[AttachmentView, _Row]]:
    rows = await work.rows(file_queries.attachments, _Row, ticket_id=ticket_id)
    names = await sealing.names(work, rows, language)
    return [(_view(row, name), row) for row, name in zip(rows, names, strict=True)]


def _view(row: _Row, name: str) -> AttachmentView:
    return AttachmentView(
        id=row.id,
        seq=row.seq,
        name=name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        state=row.state,
        reason=row.reason,
        signature=row.signature,
        findings=msgspec.json.decode(row.findings, type=dict[str, int]),
        left_out=row.left_out,
        copy_type=row.copy_type,
        copy_bytes=row.copy_bytes,
        original=not row.gone,
        raw=row.hidden,
    )
