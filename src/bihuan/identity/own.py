"""One's own security: confirming who one is, the password, factors, and an administrator's reset of them."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.core.throttle import Limit
from bihuan.identity import (
    by_provider,
    credentials,
    devices,
    factors,
    opening,
    passkeys,
    password,
    passwords,
    steps,
    tell,
)
from bihuan.identity.by_provider import Back, Linked
from bihuan.identity.model import StaffRow
from bihuan.identity.passkeys import Passkey, PasskeyAnswer
from bihuan.identity.place import Place
from bihuan.identity.rights import queries
from bihuan.identity.signing import Second

_WINDOW = timedelta(minutes=15)
_TRIES = 10


class Security(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody signs in. `must_enrol`: a role of theirs must have a second factor."""

    has_password: bool
    password_set_at: datetime | None
    password_length: int
    totp: bool
    recovery_left: int
    passkeys: list[Passkey]
    links: list[Linked]
    must_enrol: bool
    confirmed_at: datetime | None


class Confirmation(Second, frozen=True, kw_only=True):
    """One of: the password, a code, a recovery code."""

    password: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True):
    """One's password as it is, and as it shall be."""

    old: Annotated[str, msgspec.Meta(max_length=200)]
    password: Annotated[str, msgspec.Meta(max_length=200)]


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """Cookies of the session and, where it changed, of the browser."""

    cookie: str
    device: str | None = None


async def overview(work: Work, actor: Actor, *, password_length: int) -> Security:
    """How the actor signs in."""
    row = await _row(work, actor.id)
    ways = await opening.ways_of(work, actor.id)
    return Security(
        has_password=row.password_hash is not None,
        password_set_at=row.password_set_at,
        password_length=password_length,
        totp=ways.totp,
        recovery_left=ways.recovery,
        passkeys=await passkeys.of(work, actor.id),
        links=await by_provider.links(work, actor.id),
        must_enrol=await opening.must_enrol(work, actor.id),
        confirmed_at=actor.confirmed_at,
    )


async def confirm(desk: Desk, actor: Actor, session_id: UUID, given: Confirmation) -> Renewed:
    """The actor proves again who they are; the session gets a new secret. Raises Invalid, TooManyTries."""
    limit = Limit("confirm", most=_TRIES, window=_WINDOW)
    await limit.take(desk.database, actor.tenant_id, str(actor.id))
    async with desk.database.work(actor.tenant_id) as work:
        if given.password is not None:
            await _check_password(work, actor, given.password, pointer="/password")
        elif given.code is not None or given.recovery is not None:
            await factors.check(work, actor, given)
        else:
            raise Invalid(fields=[FieldProblem(pointer="/password", code="missing")])
        by = "password" if given.password is not None else "code"
        renewed = await _confirmed(work, actor, session_id, by)
    await limit.give_back(desk.database, actor.tenant_id, str(actor.id))
    return renewed


async def confirm_by_passkey(
    work: Work, actor: Actor, session_id: UUID, answer: PasskeyAnswer, place: Place
) -> Renewed:
    """Like `confirm`, by a passkey. Raises StepOver, PasskeyRefused."""
    step = await steps.find(work, answer.key, "confirm")
    if (step.staff_id, step.session_id) != (actor.id, session_id):
        raise passkeys.PasskeyRefused
    await steps.use_up(work, step)
    await passkeys.check(work, step, answer.credential, place)
    return await _confirmed(work, actor, session_id, "passkey")


async def confirm_by_provider(
    desk: Desk, actor: Actor, session_id: UUID, back: Back, place: Place
) -> Renewed:
    """Like `confirm`, by a sign-in service they have just proved themselves to."""
    await by_provider.prove(desk, actor, session_id, back, place)
    async with desk.database.work(actor.tenant_id) as work:
        return await _confirmed(work, actor, session_id, "provider")


async def change_password(
    desk: Desk, actor: Actor, session_id: UUID, given: PasswordChange, *, device: str
) -> Renewed:
    """A new password for the old one; every other session ends. Raises Invalid, TooManyTries."""
    limit = Limit("confirm", most=_TRIES, window=_WINDOW)
    await limit.take(desk.database, actor.tenant_id, str(actor.id))
    async with desk.database.work(actor.tenant_id) as work:
        await _check_password(work, actor, given.old, pointer="/old")
        await passwords.change(work, actor, given.password, rules=password.rules_of(desk.settings))
        await end_others(work, actor, session_id)
        cookie = await opening.renew(work, session_id, confirmed=True)
        remembered = devices.remembered(work.ring, device, work.tenant_id, actor.id)
    await limit.give_back(desk.database, actor.tenant_id, str(actor.id))
    return Renewed(cookie=cookie, device=remembered)


async def end_others(work: Work, actor: Actor, session_id: UUID | None) -> None:
    """Every session of the actor but this one ends."""
    await work.run(
        queries.end_other_sessions, staff_id=actor.id, keep=session_id or UUID(int=0), at=clock.now()
    )
    work.touch(f"credentials:{work.tenant_id}")
    await tell.own(work, actor, "sessions.ended")


async def drop_authenticator(work: Work, actor: Actor) -> None:
    """No codes are asked of an app any more. Raises NotFound."""
    if not (await opening.ways_of(work, actor.id)).totp:
        raise NotFound
    await work.run(queries.drop_authenticator, staff_id=actor.id)
    await tell.own(work, actor, "factor.removed", factor="totp")


async def reset_factors(work: Work, actor: Actor, staff_id: UUID) -> None:
    """Take away somebody's authenticator, passkeys and recovery codes; their sessions end. Raises NotFound."""
    row = await work.one(queries.staff_by_id, StaffRow, id=staff_id)
    if row is None or row.status != "active":
        raise NotFound
    for query in (queries.drop_authenticator, queries.drop_passkeys, queries.drop_recovery_codes):
        await work.run(query, staff_id=staff_id)
    await work.run(queries.end_sessions, staff_id=staff_id, at=clock.now())
    work.touch(f"credentials:{work.tenant_id}")
    await tell.about(work, actor, staff_id, "staff.factors_reset", {})


async def _confirmed(work: Work, actor: Actor, session_id: UUID, by: str) -> Renewed:
    cookie = await opening.renew(work, session_id, confirmed=True)
    await tell.own(work, actor, "session.confirmed", session=str(session_id), by=by)
    return Renewed(cookie=cookie)


async def _check_password(work: Work, actor: Actor, given: str, *, pointer: str) -> None:
    row = await _row(work, actor.id)
    if not await asyncio.to_thread(credentials.password_fits, row.password_hash, given):
        raise Invalid(fields=[FieldProblem(pointer=pointer, code="password_wrong")])


async def _row(work: Work, staff_id: UUID) -> StaffRow:
    row = await work.one(queries.staff_by_id, StaffRow, id=staff_id)
    if row is None:
        raise NotFound
    return row
