"""Signing in, overseen: how each colleague signs in, what rules the desk was set up with, and tries that are forgiven."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import NotFound
from bihuan.core.settings import Settings
from bihuan.identity import by_password, policy, tell
from bihuan.identity.model import StaffRow
from bihuan.identity.rights import queries
from bihuan.identity.signing import Failures


class PersonSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """How a colleague signs in. `enrols`: a role of theirs must have a second factor. `failures`: since the last sign-in."""

    id: UUID
    login: str
    name: str
    has_password: bool
    must_change: Literal["given", "breached"] | None
    totp: bool
    passkeys: int
    recovery: int
    services: list[str]
    enrols: bool
    failures: int
    failed_at: datetime | None
    failed_address: str | None
    signed_in_at: datetime | None


class SignInRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk was set up with; changed by its settings, not here. Lengths in characters, times as named."""

    password_length: int
    own_breached_list: bool
    confirm_minutes: int
    session_hours: int
    session_idle_minutes: int
    tries: int
    tries_per_login: int
    tries_per_address: int
    window_minutes: int


async def people(work: Work) -> list[PersonSignIn]:
    """Everybody who works here, by login."""
    demanded = (await policy.of(work)).enrol_roles
    return await work.rows(queries.sign_in_people, PersonSignIn, enrol_roles=demanded)


def rules(settings: Settings) -> SignInRules:
    """The rules as set."""
    return SignInRules(
        password_length=settings.password_length,
        own_breached_list=bool(settings.breached_passwords),
        confirm_minutes=settings.confirm_minutes,
        session_hours=settings.session_hours,
        session_idle_minutes=settings.session_idle_minutes,
        tries=settings.sign_in_tries,
        tries_per_login=settings.sign_in_tries_per_login,
        tries_per_address=settings.sign_in_tries_per_address,
        window_minutes=by_password.WINDOW_MINUTES,
    )


async def forgive(desk: Desk, actor: Actor, staff_id: UUID) -> None:
    """Whom failed tries slow down may try at once: in all, and from where they were made last. Raises NotFound.

    Their tally stays, and is told to them at the next sign-in.
    """
    async with desk.database.work(actor.tenant_id) as work:
        row = await work.one(queries.staff_by_id, StaffRow, id=staff_id)
        if row is None or row.status != "active":
            raise NotFound
        tally = await work.one(queries.tally, Failures, staff_id=staff_id)
    await by_password.forgive(desk, actor.tenant_id, row.login, tally.address if tally else "")
    async with desk.database.work(actor.tenant_id) as work:
        await tell.about(work, actor, staff_id, "staff.sign_in_forgiven", {})
