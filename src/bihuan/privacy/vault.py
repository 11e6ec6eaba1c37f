"""The vault: one key per subject, wrapped by the ring; values encrypted by it and found by a keyed blind index.

AES-256-GCM everywhere. A value's ciphertext is bound to tenant, subject, id and kind, so that a row copied elsewhere
does not open. Keys stand outside the database (`subject_keys`); destroying a subject's key ends every value, word and
file of theirs.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from typing import Literal
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bihuan.core import clock, db
from bihuan.core.db import Work
from bihuan.core.keyring import Key, KeyRing
from bihuan.core.problems import Problem
from bihuan.privacy.mask import mask_value
from bihuan.privacy.subject_key_store import store_of
from bihuan.privacy.subject_keys import SubjectKey

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


class KeyLost(Problem):
    """The key of this person's data is not in the file of subjects' keys; restore that from a backup (`bihuan doctor`)."""

    status = 503
    zh = "数据主体密钥文件中缺少此人的密钥，请从备份恢复（运行 `bihuan doctor`）。"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whose data: id of a customer, or of a ticket whose customer is not known, with the 32-byte key in clear."""

    id: UUID
    key: bytes
    new: bool = False


#: Subjects a transaction has added: their keys may still be on their way to the disk when it asks for them.
_added: WeakKeyDictionary[Work, dict[UUID, Subject]] = WeakKeyDictionary()

#: Why there is no key: its person was erased, or it is not there though it should be.
NoKey = Literal["shredded", "missing"]


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A value in clear."""

    kind: str
    value: str


class Ciphertext(msgspec.Struct, frozen=True, kw_only=True):
    """A value's row."""

    id: UUID
    subject_id: UUID
    kind: str
    ciphertext: bytes


def new_subject(subject_id: UUID) -> Subject:
    """A subject with a fresh key, not yet written."""
    return Subject(id=subject_id, key=secrets.token_bytes(32), new=True)


async def find_subjects(work: Work, ids: Collection[UUID]) -> dict[UUID, Subject | NoKey]:
    """Every one of these subjects with its key, or why there is none."""
    added = _added.get(work, {})
    found = await subjects_of(work.ring, work.tenant_id, [id_ for id_ in ids if id_ not in added])
    return {**found, **{id_: added[id_] for id_ in ids if id_ in added}}


async def subjects_of(ring: KeyRing, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, Subject | NoKey]:
    """`find_subjects` where there is no transaction: keys stand outside the database."""
    found = await store_of(ring).find(tenant_id, ids)
    return {id_: _unwrapped(ring, tenant_id, found.get(id_)) for id_ in ids}


async def find_subject(work: Work, subject_id: UUID) -> Subject | None:
    """A subject; None where no key is known of it. Raises Shredded."""
    found = (await find_subjects(work, [subject_id]))[subject_id]
    if found == "shredded":
        raise Shredded
    return found if isinstance(found, Subject) else None


async def must_subject(work: Work, subject_id: UUID) -> Subject:
    """A subject that must have a key. Raises Shredded, KeyLost."""
    found = await find_subject(work, subject_id)
    if found is None:
        raise KeyLost
    return found


async def add_subject(work: Work, subject: Subject) -> None:
    """Queue a new subject; its key is on the disk before the transaction commits."""
    key, now = work.ring.active("wrap"), clock.now()
    wrapped = seal(key.secret, subject.key, _bound(work.tenant_id, subject.id))
    stored = SubjectKey(subject_id=subject.id, wrapped=wrapped, wrap_key=key.tag, created_at=now)
    work.before_commit(store_of(work.ring).add(work.tenant_id, stored))
    _added.setdefault(work, {})[subject.id] = msgspec.structs.replace(subject, new=False)
    await work.run(queries.add_subject, id=subject.id, created_at=now)


async def open_value(work: Work, value_id: UUID) -> Opened | None:
    """A value in clear, or None where there is none. Whoever calls has checked the right and recorded the look.

    Raises Shredded, KeyLost, NotOpened.
    """
    row = await work.one(queries.value, Ciphertext, id=value_id)
    return None if row is None else opened(work.tenant_id, await must_subject(work, row.subject_id), row)


def opened(tenant_id: UUID, subject: Subject, row: Ciphertext) -> Opened:
    """A value in clear from its row, with the key at hand. Raises NotOpened."""
    bound = _bound(tenant_id, subject.id, row.id.bytes + row.kind.encode())
    return Opened(kind=row.kind, value=unseal(subject.key, row.ciphertext, bound).decode())


async def masks(work: Work, rows: Sequence[Ciphertext]) -> dict[UUID, str]:
    """What everybody sees of values, by id: made anew from the value, for a mask is of the person too. None of an
    erased one.
    """
    found = await find_subjects(work, {row.subject_id for row in rows})
    shown: dict[UUID, str] = {}
    for row in rows:
        subject = found[row.subject_id]
        if isinstance(subject, Subject):
            shown[row.id] = mask_value(row.kind, opened(work.tenant_id, subject, row).value)
    return shown


def encrypt_value(tenant_id: UUID, subject: Subject, value_id: UUID, kind: str, value: str) -> bytes:
    """The ciphertext of a value: nonce, ciphertext, tag."""
    return seal(subject.key, value.encode(), _bound(tenant_id, subject.id, value_id.bytes + kind.encode()))


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
    return seal(key.secret, secret, b"secret-1" + bound), key.tag


def open_secret(ring: KeyRing, bound: bytes, sealed: bytes, tag: str) -> bytes:
    """A secret of the desk's own, in clear. Raises UnknownKey, NotOpened."""
    return unseal(ring.by_tag(tag).secret, sealed, b"secret-1" + bound)


def file_key(subject: Subject, file_id: UUID) -> bytes:
    """The key of one file: derived from its subject's, so that it ends with it."""
    return hmac.digest(subject.key, b"file-1" + file_id.bytes, hashlib.sha256)


def _unwrapped(ring: KeyRing, tenant_id: UUID, stored: SubjectKey | None) -> Subject | NoKey:
    if stored is None:
        return "missing"
    if stored.wrapped is None:
        return "shredded"
    bound = _bound(tenant_id, stored.subject_id)
    key = unseal(ring.by_tag(stored.wrap_key).secret, stored.wrapped, bound)
    return Subject(id=stored.subject_id, key=key)


def _bound(tenant_id: UUID, subject_id: UUID, rest: bytes = b"") -> bytes:
    return b"vault-1" + tenant_id.bytes + subject_id.bytes + rest


def seal(key: bytes, plain: bytes, bound: bytes) -> bytes:
    """AES-256-GCM: nonce, ciphertext, tag."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def unseal(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """What `seal` sealed. Raises NotOpened."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError) as error:
        raise NotOpened from error
