"""The words of tickets' rows: sealed on the way in, opened on the way out; here and nowhere else in this module.

Words that cannot be read (their person was erased) never fail a read: `gone` says why, and a text stands in their place.
"""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.privacy import Gone, ProtectedText, Protector, Sealed, SpanRow, Subject, gone_words
from bihuan.tickets.model import StoredTicket, Ticket

T = TypeVar("T")
#: Where masks stand, by the place of their text ("title", "elements.symptom", "fields.note", "resolution").
Spans = dict[str, list[SpanRow]]
_TICKET, _MESSAGE, _ATTACHMENT, _DRAFT = "ticket", "message", "attachment", "draft"


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a ticket."""

    title: str
    elements: dict[str, str]
    fields: dict[str, Any]
    resolution: str | None = None
    spans: Spans = {}


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a message or draft: masked text, and where its masks stand. `gone`: why there is none."""

    text: str
    spans: list[list[int | str]] = []
    gone: Gone | None = None


class _Name(msgspec.Struct, frozen=True, kw_only=True):
    name: str


class SealedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row with sealed words: its id, whose key, and the bytes. Rows of statements derive from it."""

    id: UUID
    subject_id: UUID
    sealed: bytes


class KeptName(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment's name as it is kept, and the nonce its content is committed to with."""

    sealed: bytes
    nonce: bytes


# ------------------------------------------------------------------------------------------------------------- tickets
async def opened(work: Work, rows: Sequence[StoredTicket]) -> list[Ticket]:
    """Tickets with their words, in their order, by one look for all keys."""
    return [ticket for ticket, _ in await opened_with_keys(work, rows)]


async def opened_one(work: Work, row: StoredTicket) -> Ticket:
    """A ticket with its words."""
    return (await opened(work, [row]))[0]


async def opened_with_keys(work: Work, rows: Sequence[StoredTicket]) -> list[tuple[Ticket, Subject | None]]:
    """Tickets with their words, each with the key they were opened by, if there is one."""
    keys = await privacy.find_subjects(work, {row.subject_id for row in rows})
    found = privacy.texts.open_with_keys(work.tenant_id, keys, _sealed(_TICKET, rows), Words)
    return [
        (_with_words(row, words), key if isinstance(key := keys[row.subject_id], Subject) else None)
        for row, words in zip(rows, found, strict=True)
    ]


async def sealed(protector: Protector, ticket: Ticket) -> Ticket:
    """A ticket whose words changed, with them sealed. Raises Shredded, KeyLost."""
    ticket = msgspec.structs.replace(ticket, spans=_spans(protector, ticket))
    words = Words(
        title=ticket.title,
        elements=ticket.elements,
        fields=ticket.fields,
        resolution=ticket.resolution,
        spans=ticket.spans,
    )
    return msgspec.structs.replace(ticket, sealed=await protector.seal(_TICKET, ticket.id, words))


def same_words(protector: Protector, one: Ticket, other: Ticket) -> bool:
    """Whether nothing has to be sealed anew. Two numbers may look the same once masked."""
    return not any(protector.places.values()) and (one.title, one.elements, one.fields, one.resolution) == (
        other.title, other.elements, other.fields, other.resolution,
    )  # fmt: skip


async def titles(work: Work, rows: Sequence[SealedRow], language: Language | None) -> list[str]:
    """The titles of tickets, in their order, or what stands in their place."""
    found = await privacy.texts.open_many(work, _sealed(_TICKET, rows), Words)
    return [words.title if isinstance(words, Words) else gone_words(words, language) for words in found]


def title_of(ticket: Ticket, language: Language) -> str:
    """A ticket's title, or what stands in its place."""
    return ticket.title if ticket.gone is None else gone_words(ticket.gone, language)


def _spans(protector: Protector, ticket: Ticket) -> Spans:
    """Where masks stand: as they were, but for what was just written, and for texts that are no more."""
    texts = {"title": ticket.title, "resolution": ticket.resolution or ""}
    texts |= {f"elements.{code}": text for code, text in ticket.elements.items()}
    texts |= {f"fields.{code}": text for code, text in ticket.fields.items() if isinstance(text, str)}
    spans = {**ticket.spans, **protector.places}
    return {place: spans[place] for place, text in texts.items() if text and spans.get(place)}


def _with_words(row: StoredTicket, words: Words | Gone) -> Ticket:
    plain = {name: getattr(row, name) for name in StoredTicket.__struct_fields__}
    if isinstance(words, Words):
        return Ticket(
            title=words.title,
            elements=words.elements,
            fields=words.fields,
            resolution=words.resolution,
            spans=words.spans,
            **plain,
        )
    return Ticket(title=gone_words(words, None), elements={}, fields={}, gone=words, **plain)


# ------------------------------------------------------------------------------------------- messages, drafts, names
async def seal_message(
    protector: Protector, message_id: UUID, text: ProtectedText
) -> tuple[bytes, dict[str, object]]:
    """A message's words sealed, and what its event tells of them: commitments to the text and to the bytes.

    Raises Shredded, KeyLost.
    """
    content = await protector.seal(_MESSAGE, message_id, Said(text=text.text, spans=text.spans))
    nonce = privacy.texts.nonce(await protector.subject(), _MESSAGE, message_id)
    commit = evidence.commitment(nonce, text.text.encode())
    return content, {"commit": commit, "sealed": privacy.texts.digest(content)}


def message_nonce(subject: Subject, message_id: UUID) -> bytes:
    """The nonce a message's text is committed to with: for whom both are given, to check it."""
    return privacy.texts.nonce(subject, _MESSAGE, message_id)


async def seal_draft(protector: Protector, draft_id: UUID, text: ProtectedText) -> bytes:
    """A draft's words sealed. Raises Shredded, KeyLost."""
    return await protector.seal(_DRAFT, draft_id, Said(text=text.text, spans=text.spans))


async def said(work: Work, rows: Sequence[SealedRow], language: Language | None) -> list[Said]:
    """The words of messages, in their order, or what stands in their place."""
    return await _said(work, _MESSAGE, rows, language)


async def drafted(work: Work, rows: Sequence[SealedRow], language: Language | None) -> list[Said]:
    """The words of drafts, in their order, or what stands in their place."""
    return await _said(work, _DRAFT, rows, language)


def seal_name(tenant_id: UUID, subject: Subject, file_id: UUID, name: str) -> KeptName:
    """An attachment's name sealed, and the nonce of its content's commitment, which derives from the key."""
    return KeptName(
        sealed=privacy.texts.seal(tenant_id, subject, _ATTACHMENT, file_id, _Name(name=name)),
        nonce=privacy.texts.nonce(subject, _ATTACHMENT, file_id),
    )


def file_nonce(subject: Subject, file_id: UUID) -> bytes:
    """The nonce an attachment's bytes are committed to with: for whom both are given, to check it."""
    return privacy.texts.nonce(subject, _ATTACHMENT, file_id)


async def names(work: Work, rows: Sequence[SealedRow], language: Language | None) -> list[str]:
    """The names of attachments, in their order, or what stands in their place."""
    found = await privacy.texts.open_many(work, _sealed(_ATTACHMENT, rows), _Name)
    return [one.name if isinstance(one, _Name) else gone_words(one, language) for one in found]


async def _said(work: Work, table: str, rows: Sequence[SealedRow], language: Language | None) -> list[Said]:
    found = await privacy.texts.open_many(work, _sealed(table, rows), Said)
    return [one if isinstance(one, Said) else Said(text=gone_words(one, language), gone=one) for one in found]


def _sealed(table: str, rows: Collection[SealedRow] | Collection[StoredTicket]) -> list[Sealed]:
    return [Sealed(subject_id=r.subject_id, table=table, row=r.id, content=r.sealed) for r in rows]
