"""Gathering all of a ticket for its evidence package: in one transaction, with the ticket held, up to its sealed head."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import evidence, identity, privacy
from bihuan.casetypes import store
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Language, NotFound
from bihuan.privacy import Subject
from bihuan.tickets import clock_views, file_types, history, reads, sealing, side_rows
from bihuan.tickets.clock_views import Looked
from bihuan.tickets.file_model import FileState
from bihuan.tickets.model import Entry, StoredTicket, Ticket
from bihuan.tickets.package_model import (
    MOST_EVENTS,
    Content,
    ExportEvidence,
    FileRow,
    Gathered,
    PackageTooLarge,
    RatingRow,
    SaidRow,
    Told,
)
from bihuan.tickets.sealing import SealedRow
from bihuan.tickets.side_rows import Texts
from bihuan.tickets.state import micros, row_texts
from bihuan.tickets.visible import queries, visible_to

_LANGUAGES: tuple[Language, ...] = ("zh", "en")


class _Said(SealedRow, frozen=True, kw_only=True):
    seq: int
    kind: str
    channel: str
    original_id: UUID | None


class _File(SealedRow, frozen=True, kw_only=True):
    seq: int
    content_type: str
    size_bytes: int
    hidden: bool
    sha256: bytes
    sealed_sha256: bytes | None
    state: FileState
    copy_id: UUID | None
    copy_type: str | None
    gone: bool


class _Rating(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    solving: int
    score: int
    rated_at: datetime
    nonce: bytes


async def gather(work: Work, actor: Actor, ticket_id: UUID, command: ExportEvidence) -> Gathered | None:
    """All of a ticket that the actor sees; None where its last event is not sealed yet.

    Raises NotFound, PackageTooLarge, RecordBroken.
    """
    stored = await work.one(queries.lock_ticket, StoredTicket, id=ticket_id, **visible_to(actor))
    if stored is None:
        raise NotFound
    standing = await evidence.lock_head(work, evidence.Stream(kind="ticket", id=ticket_id))
    if standing is None:
        raise NotFound
    # What is signed below would make a change good that somebody without our keys made in the database.
    evidence.must_be_ours(work.ring, ticket_id, standing)
    head, sealed = await evidence.sealed_until(work, ticket_id)
    if head != sealed:
        return None
    if head > MOST_EVENTS:
        raise PackageTooLarge(events=head, limit=MOST_EVENTS)
    ticket = await sealing.opened_one(work, stored)
    looked = await clock_views.look(work, actor, str(ticket_id))
    files, contents = await _files(work, ticket, command)
    return Gathered(
        ticket=ticket,
        columns=row_texts(ticket),
        case_type=(await store.version(work, ticket.case_type, ticket.case_type_version)).case_type,
        customer=(await reads.view(work, actor, ticket, looked.case_type, looked.running)).customer,
        events=await evidence.whole_events(work, ticket_id, until=head),
        entries=await _entries(work, ticket_id, head),
        messages=await _messages(work, ticket),
        files=files,
        contents=contents,
        ratings=[
            _rating(row) for row in await work.rows(queries.ratings_packed, _Rating, ticket_id=ticket_id)
        ],
        rows=await evidence.latest_rows(work, side_rows.LATEST_CHECKS, ticket_id),
        clocks=[*looked.running, *looked.past],
        told={language: _told(looked, ticket, language) for language in _LANGUAGES},
        proof=await evidence.proof_of(work, work.ring, ticket_id),
        people=await identity.directory(work),
        desk=await work.scalar(queries.tenant_named) or "",
        at=clock.now(),
    )


async def _entries(work: Work, ticket_id: UUID, head: int) -> list[Entry]:
    found: list[Entry] = []
    while len(found) < head:
        page = await history.timeline(work, ticket_id, after=found[-1].seq if found else 0, most=1000)
        if not page:
            break
        found += page
    return found


async def _messages(work: Work, ticket: Ticket) -> list[SaidRow]:
    rows = await work.rows(queries.words_packed, _Said, ticket_id=ticket.id)
    said = await sealing.said(work, rows, None)
    keys = await privacy.find_subjects(work, {row.subject_id for row in rows})

    def line(row: _Said, one: sealing.Said) -> SaidRow:
        key = keys[row.subject_id]
        has = one.gone is None and isinstance(key, Subject)
        return SaidRow(
            seq=row.seq,
            id=row.id,
            kind=row.kind,
            channel=row.channel,
            original_id=row.original_id,
            body=one.text if has else None,
            nonce=sealing.message_nonce(key, row.id).hex() if has and isinstance(key, Subject) else None,
            erased=not has,
            gone=one.gone,
        )

    return [line(row, one) for row, one in zip(rows, said, strict=True)]


async def _files(
    work: Work, ticket: Ticket, command: ExportEvidence
) -> tuple[list[FileRow], dict[str, Content]]:
    """The files, and where the bytes lie that the package will hold."""
    rows = await work.rows(queries.files_packed, _File, ticket_id=ticket.id)
    names = await sealing.names(work, rows, None)
    keys = await privacy.find_subjects(work, {row.subject_id for row in rows})
    found: list[FileRow] = []
    contents: dict[str, Content] = {}
    for number, (row, name) in enumerate(zip(rows, names, strict=True), 1):
        key = keys[row.subject_id]
        line = _file(
            row, name, number, key if isinstance(key, Subject) else None, originals=command.originals
        )
        found.append(line)
        if line.file is not None and isinstance(key, Subject):
            file_id = row.id if line.what == "original" else row.copy_id
            contents[line.file] = Content(file_id=file_id or row.id, subject=key)
    return found, contents


def _file(row: _File, name: str, number: int, key: Subject | None, *, originals: bool) -> FileRow:
    what, why = _given(row, key, originals=originals)
    given = f"attachments/{number:03}-{name if what == 'original' else _copy_name(row, name)}"
    return FileRow(
        seq=row.seq,
        id=row.id,
        name=name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        subject_id=row.subject_id,
        hidden=row.hidden,
        sealed=row.sealed_sha256.hex() if row.sealed_sha256 else privacy.texts.digest(row.sealed),
        sha256=row.sha256.hex(),
        what=what,
        file=None if what == "none" else given,
        nonce=sealing.file_nonce(key, row.id).hex() if what == "original" and key else None,
        why=why,
    )


def _given(
    row: _File, key: Subject | None, *, originals: bool
) -> tuple[Literal["copy", "original", "none"], str | None]:
    """Which bytes a package holds, and why none. Malware and what was not checked yet is in no package."""
    if key is None or not row.sealed:
        return "none", "erased" if row.sealed else "expired"
    if row.state in ("checking", "quarantined", "infected"):
        return "none", row.state
    if originals and not row.gone:
        return "original", None
    if row.hidden or row.copy_id is None:
        return "none", "original_only"
    return "copy", None


def _copy_name(row: _File, name: str) -> str:
    return file_types.copy_name(name, row.copy_type) if row.copy_type else name


def _rating(row: _Rating) -> RatingRow:
    columns: Texts = [
        ("solving", str(row.solving)),
        ("score", str(row.score)),
        ("rated_at", micros(row.rated_at)),
    ]
    return RatingRow(seq=row.seq, nonce=row.nonce.hex(), columns=columns)


def _told(looked: Looked, ticket: Ticket, language: Language) -> Told:
    read = msgspec.structs.replace(looked, language=language)
    return Told(
        ledgers=[clock_views.clock_ledger(read, c.kind, c.run) for c in (*read.running, *read.past)],
        state=reads.state_text(ticket.state, language),
        case_type=looked.case_type.title.of(language),
    )
