"""A customer's session at the portal: begun by a link, found on each request, ended."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan import evidence, identity, privacy
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import Language, NotSignedIn
from bihuan.customers.family import family
from bihuan.customers.links import queries, tell_of_maker, use_link
from bihuan.identity import Asker, Credential
from bihuan.privacy import Protector, Sealed

_TABLE = "customer_session"


class CustomerSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is alive. `basics` hold protected values as {mask, value_id}."""

    id: UUID
    customer_id: UUID
    ticket_id: UUID | None
    csrf: str
    language: Language
    basics: dict[str, object]
    expires_at: datetime


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """A session just begun, and the cookie that is shown this once."""

    session: CustomerSession
    cookie: str
    actor: Actor


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    customer_id: UUID
    ticket_id: UUID | None
    csrf: str
    language: Language
    sealed: bytes
    expires_at: datetime
    secret_sha256: bytes
    last_used_at: datetime
    ended_at: datetime | None
    selves: list[UUID]


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    basics: dict[str, object]
    address: str
    user_agent: str


async def open_session(
    work: Work, credential: Credential, *, hours: int, address: str, user_agent: str
) -> Came:
    """Begin a session by a link, which is used up. Raises LinkSpent."""
    link, now = await use_link(work, credential), clock.now()
    session = CustomerSession(
        id=ids.new_id(),
        customer_id=link.customer_id,
        ticket_id=link.ticket_id,
        csrf=secrets.token_urlsafe(24),
        language=link.language,
        basics=link.basics,
        expires_at=now + timedelta(hours=hours),
    )
    cookie, secret_sha256 = identity.new_credential("bhc", work.tenant_id, session.id)
    told = {name: getattr(session, name) for name in CustomerSession.__struct_fields__}
    browser = user_agent[:200].replace("\x00", "")
    words = _Sealed(basics=session.basics, address=address, user_agent=browser)
    protector = Protector(work, session.customer_id, known=True)
    await work.run(
        queries.add_session,
        **told,
        sealed=await protector.seal(_TABLE, session.id, words),
        link_id=link.id,
        secret_sha256=secret_sha256,
        at=now,
    )
    actor = _actor(work, session, (await family(work, session.customer_id)))
    await _tell(work, actor, "customer.signed_in", {"session": str(session.id), "link": str(link.id)})
    return Came(session=session, cookie=cookie, actor=actor)


async def who_asks(work: Work, credential: Credential, *, idle_minutes: int) -> Asker:
    """The customer of a session. Raises NotSignedIn."""
    now = clock.now()
    row = await work.one(queries.session, _Row, id=credential.id)
    if row is None or not identity.same_secret(row.secret_sha256, credential.secret_sha256):
        raise NotSignedIn
    if not _alive(row, now, idle_minutes):
        raise NotSignedIn
    if now - row.last_used_at > timedelta(minutes=1):
        await work.run(queries.session_used, id=row.id, at=now)
    return Asker(actor=_actor(work, row, row.selves), csrf=row.csrf, credential_id=row.id)


async def who_stays(work: Work, askers: Mapping[UUID, Actor], *, idle_minutes: int) -> dict[UUID, Actor]:
    """Of those who hold something open, by session: who may still, and as whom. Not a use of the session."""
    rows = await work.rows(queries.sessions_of, _Row, ids=list(askers))
    alive = [row for row in rows if _alive(row, clock.now(), idle_minutes)]
    return {row.id: msgspec.structs.replace(askers[row.id], selves=_selves(row, row.selves)) for row in alive}


async def session(work: Work, session_id: UUID) -> CustomerSession:
    """The session of a request that was let in. Raises Shredded, KeyLost."""
    row = await work.must(queries.session, _Row, id=session_id)
    sealed = Sealed(subject_id=row.customer_id, table=_TABLE, row=row.id, content=row.sealed)
    return CustomerSession(
        id=row.id,
        customer_id=row.customer_id,
        ticket_id=row.ticket_id,
        csrf=row.csrf,
        language=row.language,
        basics=(await privacy.texts.open_one(work, sealed, _Sealed)).basics,
        expires_at=row.expires_at,
    )


async def end_session(work: Work, actor: Actor, session_id: UUID) -> None:
    """The customer leaves."""
    if (
        await work.one(queries.end_session, dict, customer_id=actor.id, id=session_id, at=clock.now())
        is not None
    ):
        work.touch(f"credentials:{work.tenant_id}")
        await _tell(work, actor, "customer.signed_out", {"session": str(session_id)})


async def end_portal(work: Work, actor: Actor, customer_id: UUID) -> None:
    """End what came of links that went to the wrong person: links nobody has used yet, sessions, streams that are open.

    The caller has checked that there is such a customer. What of theirs came by another customer they are ends too.
    """
    now, everybody = clock.now(), list(await family(work, customer_id))
    # Links first: whoever comes by one at this moment is waited for, and their session is found.
    links = await work.rows(queries.use_up_links, _Id, customer_ids=everybody, at=now)
    sessions = await work.rows(queries.end_sessions, _Id, customer_ids=everybody, at=now)
    work.touch(f"credentials:{work.tenant_id}")
    told: dict[str, object] = {
        "customer": str(customer_id),
        "links": [str(each.id) for each in links],
        "sessions": [str(each.id) for each in sessions],
    }
    await tell_of_maker(work, actor, "portal.ended", told)


async def sweep_sessions(desk: Desk, tenant_id: UUID) -> None:
    """Drop links and sessions that ended long ago: kept so long for whoever must look into one."""
    async with desk.database.work(tenant_id) as work:
        before = await privacy.retention.before(work, "portal_session")
        await work.run(queries.drop_old_links, before=before)
        await work.run(queries.drop_old_sessions, before=before)


def _alive(row: _Row, now: datetime, idle_minutes: int) -> bool:
    unused = now - row.last_used_at
    return row.ended_at is None and row.expires_at > now and unused <= timedelta(minutes=idle_minutes)


def _selves(found: CustomerSession | _Row, family: Collection[UUID]) -> frozenset[UUID]:
    return frozenset(family) - {found.customer_id}


def _actor(work: Work, found: CustomerSession | _Row, family: Collection[UUID]) -> Actor:
    return Actor(
        tenant_id=work.tenant_id,
        id=found.customer_id,
        kind="customer",
        name="客户",
        permissions=frozenset(),
        language=found.language,
        via="session",
        selves=_selves(found, family),
    )


async def _tell(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="customer", id=actor.id), event)
