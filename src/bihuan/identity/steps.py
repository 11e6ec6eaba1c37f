"""Sign-ins under way: minutes long, led on by a key which the browser holds, used once."""

from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core import clock, db, ids
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.identity import credentials
from bihuan.identity.rights import queries
from bihuan.identity.signing import StepOver

session_queries = db.load(__file__, "session_queries.sql")
T = TypeVar("T")
Use = Literal["pending", "passkey", "provider", "register", "confirm", "bind"]

_MINUTES: dict[Use, int] = {
    "pending": 15, "passkey": 5, "provider": 15, "register": 5, "confirm": 5, "bind": 15,
}  # fmt: skip
_MOST_TRIES = 5
_KEPT = timedelta(hours=1)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `body` is JSON; `sealed` what the browser must not know."""

    id: UUID
    use: Use
    secret_sha256: bytes
    staff_id: UUID | None
    session_id: UUID | None
    body: str
    sealed: bytes | None
    sealed_key: str | None
    tries: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None

    def told(self, type_: type[T]) -> T:
        """The body."""
        return msgspec.json.decode(self.body, type=type_)


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class NewStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step to be begun."""

    use: Use
    staff_id: UUID | None = None
    session_id: UUID | None = None
    body: msgspec.Struct | None = None
    secret: bytes | None = None


async def begin(work: Work, step: NewStep) -> str:
    """Write a step. Returns the key that leads on."""
    step_id, now = ids.new_id(), clock.now()
    key, secret_sha256 = credentials.new_credential("bhp", work.tenant_id, step_id)
    sealed, tag = None, None
    if step.secret is not None:
        sealed, tag = privacy.seal_secret(work.ring, _bound(work, step_id), step.secret)
    await work.run(
        queries.add_step,
        id=step_id,
        use=step.use,
        secret_sha256=secret_sha256,
        staff_id=step.staff_id,
        session_id=step.session_id,
        body=msgspec.json.encode(step.body, order="deterministic").decode() if step.body else "{}",
        sealed=sealed,
        sealed_key=tag,
        at=now,
        expires_at=now + timedelta(minutes=_MINUTES[step.use]),
    )
    return key


def tenant_of(key: str) -> UUID:
    """The tenant a key is of, before its row is found. Raises StepOver."""
    found = credentials.parse(key)
    if found is None or found.prefix != "bhp":
        raise StepOver
    return found.tenant_id


async def find(work: Work, key: str, *uses: Use) -> Step:
    """The step of a key, locked. Raises StepOver."""
    credential = credentials.parse(key)
    if credential is None or credential.prefix != "bhp" or credential.tenant_id != work.tenant_id:
        raise StepOver
    step = await work.one(queries.step, Step, id=credential.id)
    if step is None or not credentials.same(step.secret_sha256, credential.secret_sha256):
        raise StepOver
    if (
        step.use not in uses
        or step.used_at is not None
        or step.expires_at <= clock.now()
        or step.tries >= _MOST_TRIES
    ):
        raise StepOver
    return step


async def use_up(work: Work, step: Step) -> None:
    """It has led on. Raises StepOver where another was faster."""
    if await work.one(queries.use_step, _Id, id=step.id, at=clock.now()) is None:
        raise StepOver


async def count_try(desk: Desk, tenant_id: UUID, step: Step) -> None:
    """A wrong code, in a transaction of its own: the refusal must leave it behind."""
    async with desk.database.work(tenant_id) as work:
        await work.run(queries.step_tried, id=step.id)


def unsealed(work: Work, step: Step) -> bytes:
    """What the browser must not know."""
    if step.sealed is None or step.sealed_key is None:
        raise StepOver
    return privacy.open_secret(work.ring, _bound(work, step.id), step.sealed, step.sealed_key)


async def sweep(desk: Desk, tenant_id: UUID) -> None:
    """Drop steps an hour after their end, authenticators whose making was given up a day ago, and sessions that ended
    longer ago than such are kept.
    """
    async with desk.database.work(tenant_id) as work:
        await work.run(
            session_queries.drop_ended_sessions, before=await privacy.retention.before(work, "session")
        )
        await work.run(queries.drop_steps, before=clock.now() - _KEPT)
        await work.run(queries.drop_begun_authenticators, before=clock.now() - timedelta(days=1))


def _bound(work: Work, step_id: UUID) -> bytes:
    return b"sign-in-step" + work.tenant_id.bytes + step_id.bytes
