"""Sealed words: what a person said or what is said of them, as it stands in rows.

Canonical JSON under the key of its subject (AES-256-GCM), bound to tenant, subject, table and row, so that a row copied
elsewhere does not open. Events commit to what is sealed twice: `digest` of the sealed bytes as they stand, which
verification compares without any key, and `commitment` of the words with a nonce that derives from the subject's key,
by which somebody outside who is given words and nonce can check them. Once the key is shredded neither opens nor tells.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar, get_args
from uuid import UUID

import msgspec

from bihuan.core import log
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.privacy import vault
from bihuan.privacy.vault import NotOpened, Subject

T = TypeVar("T")

#: Why words cannot be read: their person was erased; their time was over and they were deleted; the key is not in the
#: file; they were changed or lie elsewhere.
Gone = Literal["erased", "expired", "lost", "damaged"]
_GONE: frozenset[str] = frozenset(get_args(Gone))
_WORDS: dict[Gone, dict[Language, str]] = {
    "erased": {"zh": "〔已删除〕", "en": "[erased]"},
    "expired": {"zh": "〔保存期满，已删除〕", "en": "[time of keeping over, deleted]"},
    "lost": {"zh": "〔密钥缺失，无法读取〕", "en": "[key lost, cannot be read]"},
    "damaged": {"zh": "〔内容被改动，无法读取〕", "en": "[changed, cannot be read]"},
}
_encoder = msgspec.json.Encoder(order="deterministic")
_log = log.get("texts")


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """Sealed words of one row: whose key, which table and row, and the bytes."""

    subject_id: UUID
    table: str
    row: UUID
    content: bytes


def seal(tenant_id: UUID, subject: Subject, table: str, row: UUID, words: object) -> bytes:
    """Seal JSON-able words for the row `row` of `table`. Returns nonce, ciphertext, tag."""
    return vault.seal(subject.key, _encoder.encode(words), _bound(tenant_id, subject.id, table, row))


def open_with(tenant_id: UUID, subject: Subject, sealed: Sealed, type_: type[T]) -> T:
    """Words in clear, with the key at hand. Raises NotOpened."""
    bound = _bound(tenant_id, subject.id, sealed.table, sealed.row)
    return msgspec.json.decode(vault.unseal(subject.key, sealed.content, bound), type=type_)


async def open_one(work: Work, sealed: Sealed, type_: type[T]) -> T:
    """Words in clear. Raises Shredded, KeyLost, NotOpened."""
    return open_with(work.tenant_id, await vault.must_subject(work, sealed.subject_id), sealed, type_)


async def open_many(work: Work, items: Sequence[Sealed], type_: type[T]) -> list[T | Gone]:
    """Words in clear, in their order, by one look for all keys; where they cannot be read, why: reading never fails."""
    keys = await vault.find_subjects(work, {item.subject_id for item in items})
    return open_with_keys(work.tenant_id, keys, items, type_)


def open_with_keys(
    tenant_id: UUID, keys: Mapping[UUID, Subject | vault.NoKey], items: Sequence[Sealed], type_: type[T]
) -> list[T | Gone]:
    """`open_many` with the keys at hand."""
    return [_opened(tenant_id, keys[item.subject_id], item, type_) for item in items]


def is_gone(words: object) -> bool:
    """Whether an item of `open_many` is the reason why there are no words."""
    return isinstance(words, str) and words in _GONE


def gone_words(gone: Gone, language: Language | None) -> str:
    """What stands in the place of words that cannot be read; in both languages where one text is for all who watch."""
    said = _WORDS[gone]
    return f"{said['zh']} {said['en']}" if language is None else said[language]


def digest(sealed: bytes) -> str:
    """What an event says of sealed bytes: SHA-256, hex; `sha256(sealed)` of the row."""
    return hashlib.sha256(sealed).hexdigest()


def nonce(subject: Subject, table: str, row: UUID) -> bytes:
    """The nonce of a row's commitment, 32 bytes: derived from the subject's key, so that it ends with it."""
    return hmac.digest(subject.key, b"nonce-1" + table.encode() + row.bytes, "sha256")


def _opened(tenant_id: UUID, subject: Subject | vault.NoKey, item: Sealed, type_: type[T]) -> T | Gone:
    if not item.content:
        return "expired"
    if not isinstance(subject, Subject):
        return "erased" if subject == "shredded" else _told("lost", item)
    try:
        return open_with(tenant_id, subject, item, type_)
    except NotOpened:
        return _told("damaged", item)


def _told(gone: Gone, item: Sealed) -> Gone:
    _log.error("words_unreadable", why=gone, table=item.table, row=str(item.row))
    return gone


def _bound(tenant_id: UUID, subject_id: UUID, table: str, row: UUID) -> bytes:
    return b"text-1" + tenant_id.bytes + subject_id.bytes + row.bytes + table.encode()
