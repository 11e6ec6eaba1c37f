"""Signing in, and finding out on each request who asks.

One statement finds session or token, owner and the tenant's people version. Rights are remembered per process as long
as that version stands, so a change of roles or a leaver takes effect with the very next request, everywhere.
"""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock, db, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import FieldProblem, Invalid, Language, NotSignedIn
from bihuan.core.throttle import Limit
from bihuan.identity import credentials
from bihuan.identity.credentials import Credential
from bihuan.identity.model import NoSuchTenant, SignedIn, SignIn, StaffRow, WrongSignIn

queries = db.load(__file__)

_WINDOW = timedelta(minutes=15)
_NO_TENANT = UUID(int=0)
_remembered: dict[tuple[UUID, UUID], tuple[int, frozenset[str], frozenset[UUID]]] = {}
_MOST_REMEMBERED = 10_000


class TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant, as found by its code."""

    id: UUID
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


class _OwnerOf(_Owner, frozen=True, kw_only=True):
    credential_id: UUID


class _Rights(msgspec.Struct, frozen=True, kw_only=True):
    permissions: list[str]
    teams: list[UUID]


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


async def sign_in(desk: Desk, command: SignIn, *, address: str, user_agent: str) -> SignedIn:
    """Open a session. Raises WrongSignIn, TooManyTries.

    Raises Invalid where the tenant is left out and there are several.

    Failures are counted per (login, address) and per address, never per login alone: nobody can lock another out.
    """
    settings = desk.settings
    by_login = Limit("sign_in", most=settings.sign_in_tries, window=_WINDOW)
    by_address = Limit("sign_in_address", most=settings.sign_in_tries_per_address, window=_WINDOW)
    who = f"{command.tenant or ''}\n{command.login}\n{address}"
    await by_address.check(desk.database, _NO_TENANT, address)
    await by_login.take(desk.database, _NO_TENANT, who)
    try:
        tenant_id, staff = await _check_password(desk, command)
    except WrongSignIn:
        await by_address.count(desk.database, _NO_TENANT, address)
        raise
    await by_login.give_back(desk.database, _NO_TENANT, who)
    async with desk.database.work(tenant_id) as work:
        return await _open_session(
            work, staff, desk.settings.session_hours, address=address, user_agent=user_agent
        )


async def who_asks(work: Work, credential: Credential, *, idle_minutes: int) -> Asker:
    """The owner of a session or token. Raises NotSignedIn."""
    now = clock.now()
    session = credential.prefix == "bhs"
    query = queries.session_owner if session else queries.token_owner
    owner = await work.one(query, _Owner, id=credential.id)
    if (
        owner is None
        or not credentials.same(owner.secret_sha256, credential.secret_sha256)
        or not _alive(owner, now)
    ):
        raise NotSignedIn
    last = owner.last_used_at
    if session and last is not None and now - last > timedelta(minutes=idle_minutes):
        raise NotSignedIn
    if last is None or now - last > timedelta(minutes=1):
        await work.run(queries.session_used if session else queries.token_used, id=credential.id, at=now)
    permissions, teams = await _rights(work, owner)
    if owner.scope is not None:
        permissions &= frozenset(owner.scope)
    actor = Actor(
        tenant_id=work.tenant_id,
        id=owner.staff_id,
        kind="staff",
        name=owner.name,
        permissions=permissions,
        teams=teams,
        language=owner.language,
        via="session" if session else "token",
    )
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
            permissions, teams = await _rights(work, owner)
            scoped = permissions if owner.scope is None else permissions & frozenset(owner.scope)
            found[owner.credential_id] = msgspec.structs.replace(
                askers[owner.credential_id], permissions=scoped, teams=teams
            )
    return found


async def people_version(work: Work) -> int:
    """Grows with every change of people and rights."""
    return int(await work.scalar(queries.people_version))


def _alive(owner: _Owner, now: datetime) -> bool:
    return owner.ended_at is None and owner.expires_at > now and owner.status == "active"


async def _rights(work: Work, owner: _Owner) -> tuple[frozenset[str], frozenset[UUID]]:
    at = (work.tenant_id, owner.staff_id)
    remembered = _remembered.get(at)
    if remembered is not None and remembered[0] == owner.people_version:
        return remembered[1], remembered[2]
    rights = await work.must(queries.rights, _Rights, staff_id=owner.staff_id)
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    found = (owner.people_version, frozenset(rights.permissions), frozenset(rights.teams))
    _remembered[at] = found
    return found[1], found[2]


async def _check_password(desk: Desk, command: SignIn) -> tuple[UUID, StaffRow]:
    try:
        found = await (
            find_only_tenant(desk) if command.tenant is None else find_tenant(desk, command.tenant)
        )
        tenant_id = found.id
    except NoSuchTenant:
        tenant_id = _NO_TENANT
    async with desk.database.work(tenant_id) as work:
        staff = await work.one(queries.staff_by_login, StaffRow, login=command.login)
    active = staff if staff is not None and staff.status == "active" else None
    fits = await asyncio.to_thread(
        credentials.password_fits, active.password_hash if active else None, command.password
    )
    if active is None or not fits:
        if staff is not None:
            await _record_failure(desk, tenant_id, staff)
        raise WrongSignIn
    return tenant_id, active


async def _record_failure(desk: Desk, tenant_id: UUID, staff: StaffRow) -> None:
    async with desk.database.work(tenant_id) as work:
        await _record(work, staff, "staff.sign_in_failed", {})


async def _open_session(
    work: Work, staff: StaffRow, hours: int, *, address: str, user_agent: str
) -> SignedIn:
    now = clock.now()
    session_id = ids.new_id()
    cookie, secret_sha256 = credentials.new_credential("bhs", work.tenant_id, session_id)
    csrf, expires_at = secrets.token_urlsafe(24), now + timedelta(hours=hours)
    await work.run(
        queries.add_session,
        id=session_id,
        staff_id=staff.id,
        secret_sha256=secret_sha256,
        csrf=csrf,
        address=address,
        user_agent=user_agent[:200].replace("\x00", ""),
        at=now,
        expires_at=expires_at,
    )
    await _record(work, staff, "staff.signed_in", {"session": str(session_id)})
    return SignedIn(
        cookie=cookie,
        csrf=csrf,
        expires_at=expires_at,
        staff_id=staff.id,
        name=staff.name,
        language=staff.language,
    )


async def _record(work: Work, staff: StaffRow, kind: str, data: dict[str, object]) -> None:
    actor = Actor(
        tenant_id=work.tenant_id,
        id=staff.id,
        kind="staff",
        name=staff.name,
        permissions=frozenset(),
        via="session",
    )
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="staff", id=staff.id), event)
