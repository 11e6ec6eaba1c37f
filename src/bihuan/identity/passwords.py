"""Passwords set, changed and given: argon2id in the row, nothing else anywhere."""

import asyncio
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.identity import credentials, password, tell
from bihuan.identity.model import StaffRow
from bihuan.identity.password import DEFAULT, Rules
from bihuan.identity.rights import queries
from bihuan.identity.sign_in import own_tenant

#: A password for one sign-in: long enough for a courier, short enough for a lost slip of paper.
_GIVEN_HOURS = 24
_GROUPS, _GROUP = 4, 5
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A password for one sign-in, in this answer and nowhere else."""

    password: str
    until: datetime


async def hashed(
    work: Work, wanted: str, rules: Rules, *, login: str, name: str, pointer: str = "/password"
) -> str:
    """A password that may be theirs, as its hash. Raises Invalid."""
    tenant = await own_tenant(work)
    await password.check(wanted, rules, names=(login, name, tenant.code, tenant.name), pointer=pointer)
    return await asyncio.to_thread(credentials.hash_password, wanted)


async def set_password(
    work: Work, actor: Actor, staff_id: UUID, wanted: str, *, rules: Rules = DEFAULT
) -> None:
    """Give a person a new password; their sessions end. One a colleague gives must be changed at the next sign-in.

    Raises NotFound, Invalid.
    """
    row = await _active(work, staff_id)
    kept = await hashed(work, wanted, rules, login=row.login, name=row.name)
    if actor.kind == "system":
        await work.run(queries.set_password, id=staff_id, password_hash=kept, at=clock.now())
    else:
        await work.run(queries.give_password, id=staff_id, password_hash=kept, at=clock.now(), until=None)
    await _sessions_end(work, staff_id)
    await tell.about(work, actor, staff_id, "staff.password_set", {})


async def give(work: Work, actor: Actor, staff_id: UUID) -> Given:
    """A password for one sign-in within a day, for who has lost theirs; their sessions end. Raises NotFound."""
    await _active(work, staff_id)
    made = "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    now = clock.now()
    until = now + timedelta(hours=_GIVEN_HOURS)
    kept = await asyncio.to_thread(credentials.hash_password, made)
    await work.run(queries.give_password, id=staff_id, password_hash=kept, at=now, until=until)
    await _sessions_end(work, staff_id)
    await tell.about(work, actor, staff_id, "staff.password_given", {})
    return Given(password=made, until=until)


async def change(
    work: Work, actor: Actor, wanted: str, *, rules: Rules, pointer: str = "/password"
) -> StaffRow:
    """The actor's own new password, not the one they have. The caller has checked who they are.

    Returns their row as it was. Raises Invalid.
    """
    row = await _active(work, actor.id)
    if await asyncio.to_thread(credentials.password_fits, row.password_hash, wanted):
        raise Invalid(fields=[FieldProblem(pointer=pointer, code="same")])
    kept = await hashed(work, wanted, rules, login=row.login, name=row.name, pointer=pointer)
    await work.run(queries.set_password, id=actor.id, password_hash=kept, at=clock.now())
    await tell.own(work, actor, "staff.password_changed")
    return row


async def _active(work: Work, staff_id: UUID) -> StaffRow:
    row = await work.one(queries.staff_by_id, StaffRow, id=staff_id)
    if row is None or row.status != "active":
        raise NotFound
    return row


async def _sessions_end(work: Work, staff_id: UUID) -> None:
    await work.run(queries.end_sessions, staff_id=staff_id, at=clock.now())
    work.touch(f"credentials:{work.tenant_id}")
