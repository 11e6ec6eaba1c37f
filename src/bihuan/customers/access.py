"""A person's wish to be told what we hold of them (PIPL article 45): asked for, and decided by a second person.

The file is made by the worker after the release (`access_making`), and fetched (`access_giving`).
"""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock, db, ids
from bihuan.core.actor import Actor, ActorKind
from bihuan.core.db import Work
from bihuan.core.problems import NotFound
from bihuan.customers.access_model import (
    AccessAsked,
    AccessDecided,
    AccessRequest,
    AccessState,
    AnotherDecides,
    Refusal,
)
from bihuan.customers.family import family
from bihuan.privacy import Shredded

queries = db.load(__file__, "access_queries.sql")

_STREAMS: dict[ActorKind, Literal["staff", "customer", "config"]] = {
    "staff": "staff",
    "customer": "customer",
    "system": "config",
}


class Stored(AccessRequest, frozen=True, kw_only=True):
    """A request with where its file is."""

    subject_id: UUID | None = None
    file_id: UUID | None = None
    file_sha256: bytes | None = None


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    erased: bool


async def ask(work: Work, actor: Actor, customer_id: UUID) -> AccessRequest:
    """Ask for a person's data: a colleague on their behalf, or they themselves. Raises NotFound, Shredded, AccessAsked."""
    everybody = await family(work, customer_id)
    # Of two who ask at once one waits here, and is told.
    known = await work.one(queries.lock_person, _Known, id=everybody[0])
    if known is None:
        raise NotFound
    if known.erased:
        raise Shredded
    if await work.scalar(queries.access_pending, customer_ids=list(everybody)):
        raise AccessAsked
    asked_as: Literal["staff", "customer"] = "customer" if actor.kind == "customer" else "staff"
    found = AccessRequest(
        id=ids.new_id(),
        customer_id=everybody[0],
        asked_as=asked_as,
        asked_by=actor.id,
        asked_at=clock.now(),
        state="asked",
    )
    await work.run(
        queries.add_access,
        id=found.id,
        customer_id=found.customer_id,
        asked_as=asked_as,
        asked_by=actor.id,
        at=found.asked_at,
    )
    await tell(work, actor, "person.access_asked", found)
    return found


async def release(work: Work, actor: Actor, request_id: UUID) -> AccessRequest:
    """Let the file be made. Raises NotFound, AccessDecided, AnotherDecides."""
    return await _decide(work, actor, request_id, state="released", refusal=None)


async def refuse(work: Work, actor: Actor, request_id: UUID, reason: Refusal) -> AccessRequest:
    """Refuse it; the person is told why. Raises NotFound, AccessDecided, AnotherDecides."""
    return await _decide(work, actor, request_id, state="refused", refusal=reason)


async def requests(work: Work, *, state: AccessState | None = None, most: int = 200) -> list[AccessRequest]:
    """Requests, newest first."""
    rows = await work.rows(queries.access_requests, AccessRequest, state=state, most=most)
    return [as_it_is(row) for row in rows]


async def requests_of(work: Work, customer_ids: Collection[UUID], *, most: int = 50) -> list[AccessRequest]:
    """Requests of these customers, newest first."""
    rows = await work.rows(queries.access_of, AccessRequest, customer_ids=list(customer_ids), most=most)
    return [as_it_is(row) for row in rows]


async def _decide(
    work: Work, actor: Actor, request_id: UUID, *, state: AccessState, refusal: Refusal | None
) -> AccessRequest:
    found = await work.one(queries.lock_access, Stored, id=request_id)
    if found is None:
        raise NotFound
    if found.state != "asked":
        raise AccessDecided
    if actor.speaks_as(found.asked_by):
        raise AnotherDecides
    now = clock.now()
    await work.run(
        queries.decide_access, id=found.id, state=state, refusal=refusal, decided_by=actor.id, at=now
    )
    decided = msgspec.structs.replace(
        _plain(found), state=state, refusal=refusal, decided_by=actor.id, decided_at=now
    )
    await tell(work, actor, f"person.access_{state}", decided, **({"reason": refusal} if refusal else {}))
    return decided


def _plain(row: Stored) -> AccessRequest:
    return AccessRequest(**{name: getattr(row, name) for name in AccessRequest.__struct_fields__})


def as_it_is(found: AccessRequest) -> AccessRequest:
    """A file whose time is over has expired, whether or not it was swept yet."""
    if found.state == "ready" and found.expires_at is not None and found.expires_at <= clock.now():
        return msgspec.structs.replace(found, state="expired")
    return found


async def tell(work: Work, actor: Actor, kind: str, found: AccessRequest, **more: object) -> None:
    """In the stream of who did it; what the desk does stands among what was configured, as nobody's alone."""
    data: dict[str, object] = {"request": str(found.id), "customer": str(found.customer_id), **more}
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind=_STREAMS[actor.kind], id=actor.id), event)
