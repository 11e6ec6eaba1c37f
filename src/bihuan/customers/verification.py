"""Customer verification (核身): what came of each attempt, and how surely somebody is who they say just now.

Kept are method, level, result, number of the attempt, channel and the id of the call or comparison in the system that
did it; never an answer, a code or a picture. What was reached holds for the contact (some minutes) and for the customer
it was reached with.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

import msgspec

from bihuan.core import clock, db
from bihuan.core.db import Work
from bihuan.core.problems import Problem

queries = db.load(__file__)

Method = Literal["knowledge", "sms", "ivr_password", "host_app", "face", "video", "document"]
MethodChannel = Literal["phone", "counter", "video", "app", "portal", "chat"]
METHODS: tuple[Method, ...] = get_args(Method)
#: The level a method can reach at most: what one knows, what one has or is known by, what one is.
MOST: dict[Method, int] = {
    "knowledge": 1, "sms": 2, "ivr_password": 2, "host_app": 2, "face": 3, "video": 3, "document": 3,
}  # fmt: skip
#: After so many failures in one contact only these count: somebody sees the person and the document.
MOST_FAILURES = 2
IN_PERSON: frozenset[Method] = frozenset({"video", "document"})


class VerificationNeeded(Problem):
    """The customer must be verified at level {need} for this; the level is {have}."""

    status = 409
    zh = "此操作要求核身等级 {need}，当前为 {have}。请先核身。"

    @property
    def extra(self) -> dict[str, object]:
        """Both levels."""
        return {"need": self.params["need"], "have": self.params["have"]}


class InPersonOnly(Problem):
    """Verification failed twice: only at the counter with a document, or by video, from here on."""

    status = 409
    zh = "核身已两次未通过，请引导客户到柜面凭证件或通过视频核身。"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. `level`: reached, 0 where it failed."""

    id: UUID
    ticket_id: UUID
    customer_id: UUID | None
    method: Method
    level: int
    passed: bool
    attempt: int
    channel: MethodChannel
    reference: str | None
    staff_id: UUID
    verified_at: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands in a contact: level, failures, and until when the level holds."""

    level: int
    attempts: int
    failures: int
    until: datetime | None

    @property
    def in_person_only(self) -> bool:
        """Whether it failed too often for anything but counter or video."""
        return self.failures >= MOST_FAILURES


async def attempts_of(work: Work, ticket_id: UUID) -> list[Attempt]:
    """All attempts on a ticket, oldest first."""
    return await work.rows(queries.verifications, Attempt, ticket_id=ticket_id)


async def put_attempt(work: Work, made: Attempt, *, seq: int) -> None:
    """Queue an attempt; its event `seq` is on the ticket."""
    await work.run(
        queries.add_verification,
        **{name: getattr(made, name) for name in Attempt.__struct_fields__},
        seq=seq,
    )


async def level_now(work: Work, customer_id: UUID, *, minutes: int) -> int:
    """The level a customer has reached, on whichever ticket, within the last minutes."""
    since = clock.now() - timedelta(minutes=minutes)
    rows = await work.rows(queries.verifications_since, Attempt, customer_id=customer_id, since_at=since)
    return standing(rows, customer_id, now=clock.now(), minutes=minutes).level


def standing(
    attempts: Sequence[Attempt], customer_id: UUID | None, *, now: datetime, minutes: int
) -> Standing:
    """How the contact stands, pure. Attempts with another customer, or before it, say nothing."""
    lasts = timedelta(minutes=minutes)
    here = [a for a in attempts if a.customer_id == customer_id and now - lasts < a.verified_at <= now]
    failures = sum(not a.passed for a in here)
    counted = [a for a in here if a.passed and (failures < MOST_FAILURES or a.method in IN_PERSON)]
    best = max(counted, key=lambda a: (a.level, a.verified_at), default=None)
    return Standing(
        level=best.level if best else 0,
        attempts=len(here),
        failures=failures,
        until=best.verified_at + lasts if best else None,
    )


def ever(attempts: Sequence[Attempt], customer_id: UUID | None) -> int:
    """The highest level this customer reached, whenever: for what rests on who they were when they asked."""
    return max((a.level for a in attempts if a.passed and a.customer_id == customer_id), default=0)
