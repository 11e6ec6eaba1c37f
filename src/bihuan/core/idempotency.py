"""A request sent twice is done once: answers kept for 24 hours under (tenant, actor, route, key).

An answer repeats words of a person, so it is sealed by a key that derives from the ring's and the sender's own
Idempotency-Key, of which the row holds only a keyed hash: from a dump nobody opens it, not even with the ring.

The answer is a row of the same transaction as what it answers, so both are there or neither. While one request with a
key is at work, another with the same key hears 409 at once instead of waiting.
"""

import hashlib
import hmac
import os
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.keyring import Key
from bihuan.core.outbox import queries
from bihuan.core.problems import Problem

MOST_KEY_LENGTH = 200


class KeyReused(Problem):
    """This Idempotency-Key was already used with another body or query."""

    status = 422
    zh = "该 Idempotency-Key 已用于不同的请求内容。"


class KeyInFlight(Problem):
    """A request with this Idempotency-Key is being worked on; ask again in a moment."""

    status = 409
    zh = "使用该 Idempotency-Key 的请求正在处理，请稍后再试。"


class BadKey(Problem):
    """An Idempotency-Key has 1 to 200 printable ASCII characters."""

    status = 400
    zh = "Idempotency-Key 须为 1 至 200 个可打印的 ASCII 字符。"


class AnswerDamaged(Problem):
    """The answer kept under this Idempotency-Key was changed in the database; look at what was done, then use another key."""

    status = 500
    zh = "该 Idempotency-Key 保存的应答已被改动，请先核对处理结果，再换用新的键。"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: HTTP status and JSON body."""

    status: int
    response: str


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a key is unique within, and what it came with (body and query)."""

    actor_id: UUID
    route: str
    key: str
    body_sha256: bytes


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    free: bool
    body_index: bytes | None
    status: int | None
    sealed: bytes | None
    seal_key: str | None


def scope(actor_id: UUID, route: str, key: str, body: bytes) -> Scope:
    """The scope of a request's key. Raises BadKey."""
    if not 0 < len(key) <= MOST_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise BadKey
    return Scope(actor_id=actor_id, route=route, key=key, body_sha256=hashlib.sha256(body).digest())


async def answer_for(work: Work, scope_: Scope) -> Answer | None:
    """The answer already given, or None: then the key is held until the transaction ends.

    Raises KeyReused, KeyInFlight.
    """
    # Under every key that was ever active: a request sent again just after the keys rotated is still the same.
    secrets = {key.tag: _secret(work, scope_, key) for key in work.ring.all("index")}
    indexes = [_derived(secret, b"key") for secret in secrets.values()]
    row = await work.must(
        queries.answer_for,
        _Row,
        actor_id=scope_.actor_id,
        route=scope_.route,
        key_indexes=indexes,
        held=indexes[0].hex(),
    )
    if row.seal_key is not None and row.status is not None and row.sealed is not None:
        secret = secrets[row.seal_key]
        if row.body_index != _derived(secret, b"body" + scope_.body_sha256):
            raise KeyReused
        return Answer(status=row.status, response=_open(secret, row.sealed))
    if not row.free:
        raise KeyInFlight
    return None


async def keep(work: Work, scope_: Scope, answer: Answer) -> None:
    """Queue the answer to be kept."""
    key = work.ring.active("index")
    secret = _secret(work, scope_, key)
    await work.run(
        queries.keep_answer,
        actor_id=scope_.actor_id,
        route=scope_.route,
        key_index=_derived(secret, b"key"),
        body_index=_derived(secret, b"body" + scope_.body_sha256),
        status=answer.status,
        sealed=_seal(secret, answer.response),
        seal_key=key.tag,
        created_at=clock.now(),
    )


def _secret(work: Work, scope_: Scope, key: Key) -> bytes:
    """What only who knows the sender's key and holds the ring can derive: 32 bytes."""
    place = f"answer-1/{work.tenant_id}/{scope_.actor_id}/{scope_.route}/{scope_.key}"
    return hmac.digest(key.secret, place.encode(), "sha256")


def _derived(secret: bytes, use: bytes) -> bytes:
    return hmac.digest(secret, use, "sha256")


def _seal(secret: bytes, text: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(_derived(secret, b"seal")).encrypt(nonce, text.encode(), None)


def _open(secret: bytes, sealed: bytes) -> str:
    try:
        return AESGCM(_derived(secret, b"seal")).decrypt(sealed[:12], sealed[12:], None).decode()
    except (InvalidTag, ValueError) as error:
        raise AnswerDamaged from error
