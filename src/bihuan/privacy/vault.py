"""The vault: one key per subject, wrapped by the ring; values encrypted by it and found by a keyed blind index.

AES-256-GCM everywhere. A value's ciphertext is bound to tenant, subject, id and kind, so that a row copied elsewhere
does not open. Destroying a subject's key ends every value, text mask and file of theirs.
"""

import hashlib
import hmac
import secrets
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bihuan.core import clock, db
from bihuan.core.db import Work
from bihuan.core.keyring import Key, KeyRing
from bihuan.core.problems import Problem

queries = db.load(__file__)

CIPHER = "aes-256-gcm"
_NONCE = 12


class Shredded(Problem):
    """This person's data has been erased."""

    status = 410
    zh = "此人的数据已被删除。"


class NotOpened(Problem):
    """A protected value cannot be opened: it was changed, or belongs elsewhere."""

    status = 500
    zh = "受保护的值无法打开：内容被改动或不属于此处。"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whose data: id of a customer, or of a ticket whose customer is not known, with the 32-byte key in clear."""

    id: UUID
    key: bytes
    new: bool = False


class _SubjectRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    wrapped_key: bytes | None
    wrap_key: str


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A value in clear."""

    kind: str
    value: str


class _ValueRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    subject_id: UUID
    kind: str
    mask: str
    ciphertext: bytes
    wrapped_key: bytes | None
    wrap_key: str


def new_subject(subject_id: UUID) -> Subject:
    """A subject with a fresh key, not yet written."""
    return Subject(id=subject_id, key=secrets.token_bytes(32), new=True)


async def find_subject(work: Work, subject_id: UUID) -> Subject | None:
    """A subject that exists. Raises Shredded."""
    row = await work.one(queries.subject_key, _SubjectRow, subject_id=subject_id)
    return (
        None if row is None else unwrapped(work.ring, work.tenant_id, row.id, row.wrapped_key, row.wrap_key)
    )


async def add_subject(work: Work, subject: Subject) -> None:
    """Queue a new subject."""
    key = work.ring.active("wrap")
    await work.run(
        queries.add_subject,
        id=subject.id,
        wrapped_key=_seal(key.secret, subject.key, _bound(work.tenant_id, subject.id)),
        wrap_key=key.tag,
        created_at=clock.now(),
    )


async def open_value(work: Work, value_id: UUID) -> Opened | None:
    """A value in clear, or None where there is none. Whoever calls has checked the right and recorded the look.

    Raises Shredded, NotOpened.
    """
    row = await work.one(queries.value, _ValueRow, id=value_id)
    if row is None:
        return None
    subject = unwrapped(work.ring, work.tenant_id, row.subject_id, row.wrapped_key, row.wrap_key)
    bound = _bound(work.tenant_id, subject.id, row.id.bytes + row.kind.encode())
    return Opened(kind=row.kind, value=_open(subject.key, row.ciphertext, bound).decode())


def encrypt_value(tenant_id: UUID, subject: Subject, value_id: UUID, kind: str, value: str) -> bytes:
    """The ciphertext of a value: nonce, ciphertext, tag."""
    return _seal(subject.key, value.encode(), _bound(tenant_id, subject.id, value_id.bytes + kind.encode()))


def blind_index(key: Key, tenant_id: UUID, kind: str, value: str) -> bytes:
    """What a value is found by: 32 bytes, keyed, apart per tenant and kind."""
    return hmac.digest(
        key.secret, b"blind-1" + tenant_id.bytes + kind.encode() + b"\x00" + value.encode(), "sha256"
    )


def blind_indexes(ring: KeyRing, tenant_id: UUID, kind: str, value: str) -> list[bytes]:
    """The index of a value under every key that was ever active: rows are not written anew when keys rotate."""
    return [blind_index(key, tenant_id, kind, value) for key in ring.all("index")]


def seal_secret(ring: KeyRing, bound: bytes, secret: bytes) -> tuple[bytes, str]:
    """A secret of the desk's own (a robot's address): ciphertext bound to its place, and the key's tag."""
    key = ring.active("wrap")
    return _seal(key.secret, secret, b"secret-1" + bound), key.tag


def open_secret(ring: KeyRing, bound: bytes, sealed: bytes, tag: str) -> bytes:
    """A secret of the desk's own, in clear. Raises UnknownKey, NotOpened."""
    return _open(ring.by_tag(tag).secret, sealed, b"secret-1" + bound)


def file_key(subject: Subject, file_id: UUID) -> bytes:
    """The key of one file: derived from its subject's, so that it ends with it."""
    return hmac.digest(subject.key, b"file-1" + file_id.bytes, hashlib.sha256)


def unwrapped(ring: KeyRing, tenant_id: UUID, subject_id: UUID, wrapped: bytes | None, tag: str) -> Subject:
    """A subject from its row. Raises Shredded, NotOpened."""
    if wrapped is None:
        raise Shredded
    return Subject(id=subject_id, key=_open(ring.by_tag(tag).secret, wrapped, _bound(tenant_id, subject_id)))


def _bound(tenant_id: UUID, subject_id: UUID, rest: bytes = b"") -> bytes:
    return b"vault-1" + tenant_id.bytes + subject_id.bytes + rest


def _seal(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _open(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except InvalidTag as error:
        raise NotOpened from error
