"""Systems of the institution that send to the webhook: set up, listed, taken away; their secrets are shown once."""

import secrets
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.casetypes import store
from bihuan.channels.inbound import TOLERANCE, Envelope, SentAgain, WrongSignature, check
from bihuan.core import clock, db
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import NotFound

queries = db.load(__file__)

Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


class SourceWish(msgspec.Struct, frozen=True, kw_only=True):
    """A source to be set up or changed; `new_secret` gives one that is there another secret."""

    code: Code
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    case_type: Code | None = None
    active: bool = True
    new_secret: bool = False


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A source. `secret`: only in the answer that made it."""

    code: str
    name: str
    case_type: str | None
    active: bool
    changed_by: UUID
    changed_at: datetime
    secret: str | None = None


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    secret: bytes
    secret_key: str
    case_type: str | None
    active: bool


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    source: str


async def sources(work: Work) -> list[SourceView]:
    """The sources, by code."""
    return await work.rows(queries.inbound_sources, SourceView)


async def put_source(work: Work, actor: Actor, wish: SourceWish) -> SourceView:
    """Set up or change one. Raises Invalid where the case type is not known."""
    privacy.keep_out(wish)
    if wish.case_type is not None:
        await store.find(work, wish.case_type)
    row = await work.one(queries.inbound_source, _Source, code=wish.code)
    secret = secrets.token_urlsafe(32) if row is None or wish.new_secret else None
    sealed = (row.secret, row.secret_key) if row is not None else (b"", "")
    if secret is not None:
        sealed = privacy.seal_secret(work.ring, _bound(work, wish.code), secret.encode())
    now = clock.now()
    await work.run(
        queries.put_inbound_source,
        code=wish.code,
        name=wish.name,
        secret=sealed[0],
        secret_key=sealed[1],
        case_type=wish.case_type,
        active=wish.active,
        changed_by=actor.id,
        changed_at=now,
    )
    told: dict[str, object] = {"source": wish.code, "active": wish.active, "new_secret": secret is not None}
    await _tell(work, actor, "inbound_source.set", told)
    plain = {name: getattr(wish, name) for name in ("code", "name", "case_type", "active")}
    return SourceView(**plain, changed_by=actor.id, changed_at=now, secret=secret)


async def drop_source(work: Work, actor: Actor, code: str) -> None:
    """Take one away. Raises NotFound."""
    if await work.one(queries.drop_inbound_source, dict[str, object], code=code) is None:
        raise NotFound
    await _tell(work, actor, "inbound_source.dropped", {"source": code})


async def admit(work: Work, envelope: Envelope) -> str | None:
    """That a delivery is its source's, fresh, and the first of its kind; the case type of what names none.

    Raises WrongSignature (also where there is no such source), OutOfTime, SentAgain.
    """
    row = await work.one(queries.inbound_source, _Source, code=envelope.source)
    if row is None or not row.active:
        raise WrongSignature
    bound = _bound(work, envelope.source)
    check(envelope, privacy.open_secret(work.ring, bound, row.secret, row.secret_key).decode(), clock.now())
    signature = bytes.fromhex(envelope.signature)
    seen = await work.one(
        queries.see_inbound, _Seen, source=envelope.source, signature=signature, seen_at=clock.now()
    )
    if seen is None:
        raise SentAgain
    return row.case_type


async def sweep(work: Work) -> None:
    """Forget signatures whose time is over: they are refused by their moment."""
    await work.run(queries.drop_inbound_seen, before=clock.now() - 3 * TOLERANCE)


def _bound(work: Work, code: str) -> bytes:
    return b"inbound" + work.tenant_id.bytes + code.encode()


async def _tell(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)
