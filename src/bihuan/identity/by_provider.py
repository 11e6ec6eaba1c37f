"""Signing in by the institution's own service: there and back, first binding, roles, joining it while signed in."""

from datetime import datetime, timedelta
from typing import Literal, cast
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import NotFound, Problem
from bihuan.identity import actions, oidc, opening, providers, steps, tell
from bihuan.identity.model import NoSuchTenant, Rights, Staff, StaffRow
from bihuan.identity.oidc import Claims, Client, ProviderRefused, Trip
from bihuan.identity.place import Place
from bihuan.identity.providers import Provider
from bihuan.identity.rights import queries
from bihuan.identity.sign_in import find_only_tenant, find_tenant
from bihuan.identity.signing import Browser, Key, Pending, Proof, SignedIn, StepOver

#: The page a service sends the browser back to. It takes code and state out of the address at once.
BACK_PATH = "/console/sign-in"
COOKIE = "bihuan_sign_in"
_LEEWAY = timedelta(minutes=1)


class NotJoined(Problem):
    """You are known at the sign-in service, but joined to nobody here: sign in by password and join it under Security, or ask an administrator."""

    status = 403
    zh = "统一登录已通过，但尚未关联本系统账号：请先用密码登录，在「安全」页关联，或联系管理员。"


class JoinedAlready(Problem):
    """This account of the sign-in service is joined to somebody else here."""

    status = 409
    zh = "该统一登录账号已关联其他人员。"


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """What came back from a service, as it stood in the address."""

    code: str
    state: Key
    iss: str | None = None


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """A service somebody is joined to."""

    provider: str
    created_at: datetime
    last_used_at: datetime | None


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A service that answers as it should: where it sends people, how many keys it has, what it must know of this desk."""

    issuer: str
    authorization_endpoint: str
    keys: int
    ends_sessions: bool
    redirect_uri: str = ""
    sign_out_uri: str = ""


class WayThere(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes, and the state that must come back with it to this very browser."""

    url: str
    state: str


class _Came(msgspec.Struct, frozen=True, kw_only=True):
    provider: Provider
    client: Client
    claims: Claims
    began: datetime


class _Which(msgspec.Struct, frozen=True, kw_only=True):
    provider: str


class _StaffId(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    provider: str


async def start(desk: Desk, tenant: str | None, code: str, place: Place) -> WayThere:
    """The way to a service, for somebody who is not signed in. Raises NotFound, ProviderTrouble."""
    try:
        found = await (find_only_tenant(desk) if tenant is None else find_tenant(desk, tenant))
    except NoSuchTenant as error:
        raise NotFound from error
    return await _start(
        desk, found.id, code, place, steps.NewStep(use="provider", body=_Which(provider=code))
    )


async def start_as(
    desk: Desk, actor: Actor, session_id: UUID, code: str, *, use: Literal["bind", "confirm"], place: Place
) -> WayThere:
    """The way to a service, to join it, or to prove anew who one is."""
    step = steps.NewStep(use=use, staff_id=actor.id, session_id=session_id, body=_Which(provider=code))
    return await _start(desk, actor.tenant_id, code, place, step)


async def check(desk: Desk, tenant_id: UUID, code: str) -> Checked:
    """Ask a service for its discovery document and keys, now. Raises NotFound, ProviderTrouble."""
    async with desk.database.work(tenant_id) as work:
        row = await providers.one_of(work, code)
    services = oidc.services(desk.settings)
    document = await services.discover(row.issuer, fresh=True)
    keys = await services.keys(document, fresh=True)
    return Checked(
        issuer=document.issuer,
        authorization_endpoint=document.authorization_endpoint,
        keys=len(keys.keys),
        ends_sessions=document.end_session_endpoint is not None,
    )


def must_be_same(cookie: str, state: str) -> None:
    """Raise StepOver unless this is the browser that went there."""
    if cookie != state:
        raise StepOver


async def _start(desk: Desk, tenant_id: UUID, code: str, place: Place, step: steps.NewStep) -> WayThere:
    trip = oidc.new_trip()
    async with desk.database.work(tenant_id) as work:
        provider = await _active(work, code)
        client = _client(work, provider, place)
        kept = msgspec.structs.replace(step, secret=msgspec.json.encode(trip))
        state = await steps.begin(work, kept)
    services = oidc.services(desk.settings)
    url = await services.way_there(client, trip, state=state, again=step.use == "confirm")
    return WayThere(url=url, state=state)


async def sign_in(desk: Desk, back: Back, place: Place, browser: Browser) -> SignedIn | Pending:
    """A session for who came back. Raises StepOver, NotJoined, ProviderRefused, ProviderTrouble."""
    tenant_id = steps.tenant_of(back.state)
    came = await _came_back(desk, tenant_id, back, place, "provider")
    provider, client, claims = came.provider, came.client, came.claims
    services = oidc.services(desk.settings)
    document = await services.discover(client.issuer)
    async with desk.database.work(tenant_id) as work:
        staff = await _who(work, provider, claims)
        await _take_roles(work, provider, claims, staff)
        proof = Proof(
            by="provider",
            provider=provider.code,
            provider_session=_session(provider, claims),
            sign_out_url=services.sign_out_url(document, client, f"{place.origin}/console/"),
        )
        return await opening.carry_on(work, desk.settings, staff, proof, browser)


async def join(desk: Desk, actor: Actor, session_id: UUID, back: Back, place: Place) -> None:
    """Join the service one came back from. Raises StepOver, JoinedAlready, ProviderRefused."""
    step_of = (actor.id, session_id)
    came = await _came_back(desk, actor.tenant_id, back, place, "bind", step_of)
    provider, claims = came.provider, came.claims
    async with desk.database.work(actor.tenant_id) as work:
        if await _link(work, provider, claims, actor.id) != actor.id:
            raise JoinedAlready
        await tell.own(work, actor, "identity_link.added", provider=provider.code)


async def prove(desk: Desk, actor: Actor, session_id: UUID, back: Back, place: Place) -> None:
    """Check that who came back is the actor, and proved it after they were sent there. Raises StepOver, ProviderRefused."""
    came = await _came_back(desk, actor.tenant_id, back, place, "confirm", (actor.id, session_id))
    proved = came.claims.auth_time
    # The browser carried the wish to prove anew, so it could have left it out: the answer must say it was done.
    if proved is None or proved < (came.began - _LEEWAY).timestamp():
        raise ProviderRefused(reason="auth_time")
    async with desk.database.work(actor.tenant_id) as work:
        if await _linked(work, came.provider, came.claims) != actor.id:
            raise ProviderRefused(reason="sub")


async def links(work: Work, staff_id: UUID) -> list[Linked]:
    """Services somebody is joined to."""
    return await work.rows(queries.links, Linked, staff_id=staff_id)


async def leave(work: Work, actor: Actor, code: str) -> None:
    """No longer joined. Raises NotFound."""
    if not await work.rows(queries.drop_links, _Code, staff_id=actor.id, provider=code):
        raise NotFound
    await tell.own(work, actor, "identity_link.removed", provider=code)


async def _came_back(
    desk: Desk, tenant_id: UUID, back: Back, place: Place, use: steps.Use, of: tuple[UUID, UUID] | None = None
) -> _Came:
    if steps.tenant_of(back.state) != tenant_id:
        raise StepOver
    async with desk.database.work(tenant_id) as work:
        step = await steps.find(work, back.state, use)
        if of is not None and (step.staff_id, step.session_id) != of:
            raise StepOver
        await steps.use_up(work, step)
        provider = await _active(work, step.told(_Which).provider)
        client = _client(work, provider, place)
        trip = msgspec.json.decode(steps.unsealed(work, step), type=Trip)
    # Another service's answer must not be taken to this one's token endpoint (mix-up, RFC 9207).
    if back.iss is not None and back.iss != provider.issuer:
        raise ProviderRefused(reason="iss")
    claims = await oidc.services(desk.settings).claims(client, trip, back.code)
    return _Came(provider=provider, client=client, claims=claims, began=step.created_at)


async def _active(work: Work, code: str) -> Provider:
    provider = await providers.one_of(work, code)
    if not provider.active:
        raise NotFound
    return provider


def _client(work: Work, provider: Provider, place: Place) -> Client:
    return Client(
        issuer=provider.issuer,
        client_id=provider.client_id,
        secret=providers.secret_of(work, provider),
        scopes=tuple(provider.wishes.scopes),
        redirect_uri=f"{place.origin}{BACK_PATH}",
    )


async def _who(work: Work, provider: Provider, claims: Claims) -> StaffRow:
    staff_id = await _linked(work, provider, claims) or await _bound(work, provider, claims)
    if staff_id is None:
        raise NotJoined
    staff = await work.one(queries.staff_by_id, StaffRow, id=staff_id)
    if staff is None or staff.status != "active":
        raise NotJoined
    subject = providers.subject_sha256(provider.issuer, claims.subject)
    await work.run(queries.link_used, issuer=provider.issuer, subject_sha256=subject, at=clock.now())
    return staff


async def _linked(work: Work, provider: Provider, claims: Claims) -> UUID | None:
    subject = providers.subject_sha256(provider.issuer, claims.subject)
    row = await work.one(queries.link_of, _StaffId, issuer=provider.issuer, subject_sha256=subject)
    return row.staff_id if row else None


async def _bound(work: Work, provider: Provider, claims: Claims) -> UUID | None:
    """Who comes the first time, found by a claim where the tenant allows it."""
    bind, more = provider.wishes.bind, claims.more
    login = None
    if bind == "login":
        login = more.get("preferred_username")
    elif bind == "email" and more.get("email_verified") is True:
        login = more.get("email")
    if not isinstance(login, str) or not login:
        return None
    staff = await work.one(queries.staff_by_login, StaffRow, login=login.lower())
    if staff is None or staff.status != "active":
        return None
    actor = opening.actor_of(work, staff)
    await tell.own(work, actor, "identity_link.added", provider=provider.code, by=bind)
    return await _link(work, provider, claims, staff.id)


async def _link(work: Work, provider: Provider, claims: Claims, staff_id: UUID) -> UUID | None:
    """Whom the subject is joined to now: who asks, or who was there before."""
    await work.one(
        queries.add_link,
        _StaffId,
        provider=provider.code,
        issuer=provider.issuer,
        subject_sha256=providers.subject_sha256(provider.issuer, claims.subject),
        staff_id=staff_id,
        at=clock.now(),
    )
    return await _linked(work, provider, claims)


async def _take_roles(work: Work, provider: Provider, claims: Claims, staff: StaffRow) -> None:
    """Roles as the service's claim says, where it is to say them. Raises IncompatibleRoles."""
    wished = provider.wishes.role_claim
    if wished is None:
        return
    said = claims.more.get(wished.claim)
    values = cast("list[object]", said) if isinstance(said, list) else [said]
    wanted = sorted({code for value in values for code in wished.roles.get(str(value), [])})
    held = next(s for s in await work.rows(queries.staff_list, Staff) if s.id == staff.id)
    if wanted != sorted(held.roles):
        rights = Rights(roles=wanted, teams=held.teams, skills=held.skills)
        await actions.set_rights(work, opening.actor_of(work, staff), staff.id, rights)


def _session(provider: Provider, claims: Claims) -> str | None:
    if claims.session is None:
        return None
    return providers.subject_sha256(provider.issuer, claims.session).hex()
