"""A request sent twice is done once: answers kept for 24 hours under (tenant, actor, route, key).

The answer is a row of the same transaction as what it answers, so both are there or neither. While one request with a
key is at work, another with the same key hears 409 at once instead of waiting.
"""

import hashlib
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.db import Work
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
    body_sha256: bytes | None
    status: int | None
    response: str | None


def scope(actor_id: UUID, route: str, key: str, body: bytes) -> Scope:
    """The scope of a request's key. Raises BadKey."""
    if not 0 < len(key) <= MOST_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise BadKey
    return Scope(actor_id=actor_id, route=route, key=key, body_sha256=hashlib.sha256(body).digest())


async def answer_for(work: Work, scope_: Scope) -> Answer | None:
    """The answer already given, or None: then the key is held until the transaction ends.

    Raises KeyReused, KeyInFlight.
    """
    row = await work.must(
        queries.answer_for, _Row, actor_id=scope_.actor_id, route=scope_.route, key=scope_.key
    )
    if row.body_sha256 is not None and row.status is not None and row.response is not None:
        if row.body_sha256 != scope_.body_sha256:
            raise KeyReused
        return Answer(status=row.status, response=row.response)
    if not row.free:
        raise KeyInFlight
    return None


async def keep(work: Work, scope_: Scope, answer: Answer) -> None:
    """Queue the answer to be kept."""
    await work.run(
        queries.keep_answer,
        actor_id=scope_.actor_id,
        route=scope_.route,
        key=scope_.key,
        body_sha256=scope_.body_sha256,
        status=answer.status,
        response=answer.response,
        created_at=clock.now(),
    )
