"""Finding out on each request who asks, and which tenant somebody signs in to.

One statement finds session or token, owner and the tenant's people version. Rights are remembered per process as long
as that version stands, so a change of roles or a leaver takes effect with the very next request, everywhere.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import FieldProblem, Invalid, Language, NotSignedIn
from bihuan.identity import credentials
from bihuan.identity.credentials import Credential
from bihuan.identity.model import NoSuchTenant
from bihuan.identity.rights import queries, rights_of


class TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant, as found by its code."""

    id: UUID
    code: str
    name: str


class _Owner(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
    secret_sha256: bytes
    last_used_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None
    name: str
    language: Language
    status: str
    people_version: int
    csrf: str = ""
    scope: list[str] | None = None
    former_sha256: bytes | None = None
    former_until: datetime | None = None
    confirmed_at: datetime | None = None


class _OwnerOf(_Owner, frozen=True, kw_only=True):
    credential_id: UUID


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: the actor, and for a session its CSRF token and id."""

    actor: Actor
    csrf: str
    credential_id: UUID


async def find_tenant(desk: Desk, code: str) -> TenantRow:
    """A tenant by its code. Raises NoSuchTenant."""
    async with desk.database.across_tenants() as work:
        row = await work.one(queries.tenant_by_code, TenantRow, code=code)
    if row is None:
        raise NoSuchTenant(code=code)
    return row


async def find_only_tenant(desk: Desk) -> TenantRow:
    """The desk's tenant where it has one only. Raises Invalid naming the member that must be given."""
    async with desk.database.across_tenants() as work:
        rows = await work.rows(queries.first_tenants, TenantRow)
    if len(rows) != 1:
        raise Invalid(fields=[FieldProblem(pointer="/tenant", code="missing")])
    return rows[0]


async def own_tenant(work: Work) -> TenantRow:
    """The tenant of this transaction."""
    return await work.must(queries.own_tenant, TenantRow)


async def who_asks(work: Work, credential: Credential, *, idle_minutes: int) -> Asker:
    """The owner of a session or token. Raises NotSignedIn."""
    now = clock.now()
    session = credential.prefix == "bhs"
    query = queries.session_owner if session else queries.token_owner
    owner = await work.one(query, _Owner, id=credential.id)
    if owner is None or not _opens(owner, credential, now) or not _alive(owner, now):
        raise NotSignedIn
    last = owner.last_used_at
    if session and last is not None and now - last > timedelta(minutes=idle_minutes):
        raise NotSignedIn
    if last is None or now - last > timedelta(minutes=1):
        await work.run(queries.session_used if session else queries.token_used, id=credential.id, at=now)
    rights = await rights_of(work, owner.staff_id, owner.people_version)
    actor = Actor(
        tenant_id=work.tenant_id,
        id=owner.staff_id,
        kind="staff",
        name=owner.name,
        permissions=frozenset(),
        language=owner.language,
        via="session" if session else "token",
        confirmed_at=owner.confirmed_at,
    )
    actor = rights.given_to(actor, now, owner.scope)
    return Asker(actor=actor, csrf=owner.csrf, credential_id=credential.id)


async def who_stays(work: Work, askers: Mapping[UUID, Actor], *, idle_minutes: int) -> dict[UUID, Actor]:
    """Of those who hold something open, by credential: who may still, with the rights they have now.

    Not a use of the session: an open stream alone keeps nobody signed in.
    """
    by_session = [id_ for id_, actor in askers.items() if actor.via == "session"]
    by_token = [id_ for id_, actor in askers.items() if actor.via == "token"]
    sessions = await work.send(queries.session_owners, _OwnerOf, ids=by_session)
    tokens = await work.send(queries.token_owners, _OwnerOf, ids=by_token)
    now, idle = clock.now(), timedelta(minutes=idle_minutes)
    active = [o for o in await sessions.all() if o.last_used_at is None or now - o.last_used_at <= idle]
    found: dict[UUID, Actor] = {}
    for owner in [*active, *await tokens.all()]:
        if _alive(owner, now):
            rights = await rights_of(work, owner.staff_id, owner.people_version)
            found[owner.credential_id] = rights.given_to(askers[owner.credential_id], now, owner.scope)
    return found


async def people_version(work: Work) -> int:
    """Grows with every change of people and rights."""
    return int(await work.scalar(queries.people_version))


def _opens(owner: _Owner, credential: Credential, now: datetime) -> bool:
    """By its secret, or for a moment by the one before: requests were on their way when it changed."""
    if credentials.same(owner.secret_sha256, credential.secret_sha256):
        return True
    if owner.former_sha256 is None or owner.former_until is None or owner.former_until <= now:
        return False
    return credentials.same(owner.former_sha256, credential.secret_sha256)


def _alive(owner: _Owner, now: datetime) -> bool:
    return owner.ended_at is None and owner.expires_at > now and owner.status == "active"
