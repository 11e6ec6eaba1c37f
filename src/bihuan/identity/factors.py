"""Second factors that are codes: the authenticator and the recovery codes, set up, checked and taken away."""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.identity import recovery, tell, totp
from bihuan.identity.model import StaffRow
from bihuan.identity.rights import queries
from bihuan.identity.sign_in import own_tenant
from bihuan.identity.signing import Enrolment, Second, StepOver


class _Authenticator(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    secret: bytes
    secret_key: str
    last_step: int
    confirmed_at: datetime | None


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def begin_authenticator(work: Work, staff: StaffRow) -> Enrolment:
    """A new secret. It counts for nothing until its first code has proved it."""
    authenticator_id, secret = ids.new_id(), totp.new_secret()
    sealed, tag = privacy.seal_secret(work.ring, _bound(work, authenticator_id), secret.encode())
    await work.run(
        queries.add_authenticator, id=authenticator_id, staff_id=staff.id, secret=sealed, secret_key=tag, at=clock.now()
    )  # fmt: skip
    issuer = (await own_tenant(work)).name
    return Enrolment(
        id=authenticator_id, secret=secret, uri=totp.uri(secret, login=staff.login, issuer=f"{issuer} Bihuan")
    )


async def confirm_authenticator(
    work: Work, actor: Actor, authenticator_id: UUID, code: str, *, recovery_left: int
) -> list[str]:
    """Its first code: from now on it is asked for, instead of a former one. Recovery codes where there are none yet.

    Raises StepOver where there is no such making, Invalid for a wrong code.
    """
    row = await work.one(queries.begun_authenticator, _Authenticator, id=authenticator_id, staff_id=actor.id)
    if row is None:
        raise StepOver
    step = totp.step_of(_secret(work, row), code, at=clock.now(), after=0)
    if step is None:
        raise wrong_code("/code")
    await work.run(queries.drop_authenticator, staff_id=actor.id)
    await work.must(queries.confirm_authenticator, _Id, id=row.id, step=step, at=clock.now())
    await tell.own(work, actor, "factor.added", factor="totp")
    return [] if recovery_left else await new_recovery_codes(work, actor)


async def new_recovery_codes(work: Work, actor: Actor) -> list[str]:
    """Ten new ones instead of all former ones."""
    codes = await recovery.make(work, actor.id)
    await tell.own(work, actor, "recovery_codes.made", count=len(codes))
    return codes


async def check(work: Work, actor: Actor, given: Second) -> None:
    """Take a code, once. Raises Invalid where it is none of theirs, or was taken before."""
    if given.recovery is not None:
        if not await recovery.use(work, actor.id, given.recovery):
            raise wrong_code("/recovery")
        await tell.own(work, actor, "recovery_code.used")
        return
    row = await work.one(queries.authenticator, _Authenticator, staff_id=actor.id)
    step = None
    if row is not None and given.code is not None:
        step = totp.step_of(_secret(work, row), given.code, at=clock.now(), after=row.last_step)
    if row is None or step is None:
        raise wrong_code("/code")
    # Of two at once with the same code one is too late: the row says which.
    if await work.one(queries.authenticator_used, _Id, id=row.id, step=step) is None:
        raise wrong_code("/code")


def wrong_code(pointer: str) -> Invalid:
    """A code that is wrong, or was used already: which of the two is not said."""
    return Invalid(fields=[FieldProblem(pointer=pointer, code="code_wrong")])


def _secret(work: Work, row: _Authenticator) -> str:
    return privacy.open_secret(work.ring, _bound(work, row.id), row.secret, row.secret_key).decode()


def _bound(work: Work, authenticator_id: UUID) -> bytes:
    return b"authenticator" + work.tenant_id.bytes + authenticator_id.bytes
