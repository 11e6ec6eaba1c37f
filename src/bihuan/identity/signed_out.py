"""Somebody signed out at the institution's own service: our sessions it opened end too.

OpenID Connect Back-Channel Logout 1.0. The service says so to us directly by a token it signs; all of it is checked:
signature, type, issuer, audience, times, the event, that it is no ID token (no nonce), whose it is, and that it is heard
once. `sid` ends the one session there, else `sub` all of that person's.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bihuan.core import clock, log
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import NotFound, Problem
from bihuan.identity import oidc, opening, providers, tell
from bihuan.identity.actions import credentials_ended
from bihuan.identity.model import NoSuchTenant, StaffRow
from bihuan.identity.oidc import ProviderRefused
from bihuan.identity.providers import Provider
from bihuan.identity.rights import queries
from bihuan.identity.sign_in import find_tenant

EVENT = "http://schemas.openid.net/event/backchannel-logout"
#: How old a token may be: it is sent at once. Longer than that nobody need remember that it was heard.
_MOST_AGE = timedelta(minutes=10)
_LEEWAY = timedelta(minutes=1)
_log = log.get("signed_out")


class SignOutRefused(Problem):
    """This is no logout token of the sign-in service: {reason}"""

    zh = "这不是统一登录服务的登出令牌：{reason}"


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a logout token says."""

    jti: str
    at: datetime
    subject: str | None
    session: str | None


class _Ended(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    staff_id: UUID


class _StaffId(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID


async def hear(desk: Desk, tenant: str, code: str, token: str) -> int:
    """End the sessions a service says are over; how many. Raises NotFound, SignOutRefused, ProviderTrouble."""
    try:
        tenant_id = (await find_tenant(desk, tenant)).id
    except NoSuchTenant as error:
        raise NotFound from error
    async with desk.database.work(tenant_id) as work:
        provider = await providers.one_of(work, code)
    if not provider.active:
        raise NotFound
    try:
        header, claims = await oidc.services(desk.settings).signed_by(provider.issuer, token)
    except ProviderRefused as refused:
        raise SignOutRefused(reason="signature") from refused
    said = _checked(provider, header, claims)
    async with desk.database.work(tenant_id) as work:
        heard = hashlib.sha256(f"{provider.issuer}\n{said.jti}".encode()).hexdigest()
        bucket = f"sign_out:{heard}"
        if await work.one(queries.hear_sign_out, dict[str, str], bucket=bucket, said_at=said.at) is None:
            raise SignOutRefused(reason="jti")
        return await _end(work, provider, said)


async def _end(work: Work, provider: Provider, said: _Said) -> int:
    ended: list[_Ended] = []
    if said.session is not None:
        session = providers.subject_sha256(provider.issuer, said.session).hex()
        ended = await _sessions(work, provider, session=session)
    # A session whose number we were never told of ends with all of that person's.
    if not ended and said.subject is not None:
        subject = providers.subject_sha256(provider.issuer, said.subject)
        row = await work.one(queries.link_of, _StaffId, issuer=provider.issuer, subject_sha256=subject)
        ended = await _sessions(work, provider, staff_id=row.staff_id) if row is not None else []
    for one in ended:
        staff = await work.must(queries.staff_by_id, StaffRow, id=one.staff_id)
        actor = opening.actor_of(work, staff)
        await tell.own(work, actor, "session.ended", session=str(one.id), provider=provider.code)
    if ended:
        credentials_ended(work)
    _log.info("signed_out_there", provider=provider.code, sessions=len(ended))
    return len(ended)


async def _sessions(
    work: Work, provider: Provider, *, session: str | None = None, staff_id: UUID | None = None
) -> list[_Ended]:
    return await work.rows(
        queries.end_provider_sessions,
        _Ended,
        provider=provider.code,
        provider_session=session,
        staff_id=staff_id,
        at=clock.now(),
    )


def _checked(provider: Provider, header: dict[str, Any], claims: dict[str, Any]) -> _Said:
    """Raises SignOutRefused naming the first claim that is not right."""
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    if kind not in ("", "jwt", "logout+jwt"):
        raise SignOutRefused(reason="typ")
    if claims.get("iss") != provider.issuer:
        raise SignOutRefused(reason="iss")
    audience = claims.get("aud")
    if provider.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise SignOutRefused(reason="aud")
    at = _times(claims)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):  # pyright: ignore[reportUnknownMemberType]
        raise SignOutRefused(reason="events")
    if "nonce" in claims:
        raise SignOutRefused(reason="nonce")
    subject, session, jti = (_word(claims, name) for name in ("sub", "sid", "jti"))
    if subject is None and session is None:
        raise SignOutRefused(reason="sub")
    if jti is None:
        raise SignOutRefused(reason="jti")
    return _Said(jti=jti, at=at, subject=subject, session=session)


def _times(claims: dict[str, Any]) -> datetime:
    """When it was said. Raises SignOutRefused where that is not now."""
    now = clock.now()
    said = _moment(claims, "iat")
    if said is None or not now - _MOST_AGE <= said <= now + _LEEWAY:
        raise SignOutRefused(reason="iat")
    if "exp" in claims and ((ends := _moment(claims, "exp")) is None or ends + _LEEWAY < now):
        raise SignOutRefused(reason="exp")
    return said


def _moment(claims: dict[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        return None
    return datetime.fromtimestamp(value, UTC)


def _word(claims: dict[str, Any], name: str) -> str | None:
    """Raises SignOutRefused where it is there and no text."""
    value = claims.get(name)
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= 512):
        raise SignOutRefused(reason=name)
    return value
