"""Attachments: typed by content, safely named, counted against quotas, encrypted, synced before their row commits.

Nobody has a file's bytes before it was checked (`file_check`); who has them then has the copy (`file_views`).
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core import ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import size
from bihuan.privacy import CIPHER, Subject, file_key, write_file
from bihuan.tickets import sealing, side_rows
from bihuan.tickets.done import Done, done
from bihuan.tickets.file_model import (
    CustomerFull,
    EmptyFile,
    FileTooLarge,
    NoRoomForFiles,
    Store,
    TenantFull,
    TicketFull,
    TooManyFiles,
    TypeNotAllowed,
    Upload,
)
from bihuan.tickets.file_types import UNKNOWN, content_type_of, download_name, safe_name
from bihuan.tickets.visible import file_queries
from bihuan.tickets.write import Basis, Held, Plan, hold, write

MOST_FILES = 20
#: Wakes the workers that check files.
TOPIC = "files"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    sealed: bytes
    content_type: str
    size_bytes: int
    sha256: bytes


async def attach(
    work: Work, actor: Actor, ticket_id: UUID, uploads: Sequence[Upload], store: Store, *, lose_nothing: bool = False,
    hidden: bool = False, for_customer: bool = False,
) -> Done:  # fmt: skip
    """Keep files. Never conflicts. With `lose_nothing` (mail, import) odd types are kept as plain bytes.
    `for_customer`: what a colleague brings is for the customer to see; else it is for colleagues.

    Raises FileTooLarge, TooManyFiles, TicketFull, CustomerFull, TenantFull, TypeNotAllowed, EmptyFile.
    """
    _check(uploads, store, lose_nothing=lose_nothing)
    held = await hold(work, actor, ticket_id, Basis(version=None))
    await _check_quotas(held, actor, sum(len(u.content) for u in uploads), store)
    subject = await held.protector.subject()
    kept = [_keep(held, subject, upload, store) for upload in uploads]
    told = [{"id": str(k.id), "sha256": k.sha256.hex(), "row": _row_digest(k, subject, hidden)} for k in kept]
    said = {"for_customer": True} if for_customer else {}
    rows = side_rows.of_files([k.id for k in kept])
    ticket = await write(held, Plan(action="attach", data={"attachments": told, **said}, rows=rows))
    for k in kept:
        values = {name: getattr(k, name) for name in _Kept.__struct_fields__}
        await work.run(
            file_queries.add_attachment,
            ticket_id=ticket_id,
            seq=ticket.head_seq,
            subject_id=subject.id,
            cipher=CIPHER,
            hidden=hidden,
            **values,
        )
        await work.run(file_queries.add_file_check, attachment_id=k.id, ticket_id=ticket_id, due_at=held.now)
    work.touch(TOPIC)
    return done(held, ticket)


def _check(uploads: Sequence[Upload], store: Store, *, lose_nothing: bool) -> None:
    if len(uploads) > MOST_FILES and not lose_nothing:
        raise TooManyFiles(limit=MOST_FILES)
    for upload in uploads:
        shown = safe_name(upload.name)
        if len(upload.content) > store.each:
            raise FileTooLarge(name=shown, limit=size(store.each))
        if not upload.content and not lose_nothing:
            raise EmptyFile(name=shown)
        if content_type_of(upload.content) is None and not lose_nothing:
            raise TypeNotAllowed(name=shown)


async def _check_quotas(held: Held, actor: Actor, more: int, store: Store) -> None:
    work = held.work
    of_ticket = await work.scalar(file_queries.attachment_sizes, ticket_id=held.ticket.id)
    if of_ticket + more > store.ticket:
        raise TicketFull(limit=size(store.ticket))
    of_tenant = await work.scalar(file_queries.tenant_size)
    if actor.kind == "customer":
        of_customer = await work.scalar(file_queries.customer_size, customer_ids=[actor.id, *actor.selves])
        if of_customer + more > store.customer:
            raise CustomerFull(limit=size(store.customer))
        if of_tenant + more > store.tenant_for_customers:
            raise NoRoomForFiles
    if of_tenant + more > store.tenant:
        raise TenantFull(limit=size(store.tenant))


def _keep(held: Held, subject: Subject, upload: Upload, store: Store) -> _Kept:
    file_id, tenant_id = ids.new_id(), held.work.tenant_id
    content_type = content_type_of(upload.content) or UNKNOWN
    name = download_name(safe_name(upload.name, held.protector), content_type)
    kept = sealing.seal_name(tenant_id, subject, file_id, name)
    write_file(
        store.folder,
        tenant_id,
        file_id,
        key=file_key(subject, file_id),
        content=upload.content,
    )
    return _Kept(
        id=file_id,
        sealed=kept.sealed,
        content_type=content_type,
        size_bytes=len(upload.content),
        sha256=hashlib.sha256(kept.nonce + upload.content).digest(),
    )


def _row_digest(kept: _Kept, subject: Subject, hidden: bool) -> str:
    return evidence.state_digest(
        [
            privacy.texts.digest(kept.sealed),
            kept.content_type,
            str(kept.size_bytes),
            str(subject.id),
            "true" if hidden else "false",
        ]
    )
