"""Putting messages that leave the desk into their queue; whoever sends them takes them from there."""

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock, db, ids
from bihuan.core.db import Work
from bihuan.core.problems import Language

queries = db.load(__file__)

#: Touched after the commit that queued something.
TOPIC = "delivery"
#: Of one kind, to one target, within a window; what is more is gathered.
MOST_SINGLE = 5
#: Locks there are in all: a transaction that tells thousands must not fill the server's table of them.
_SLOTS = 128

Channel = Literal["email", "sms", "robot"]


class _Waits(msgspec.Struct, frozen=True, kw_only=True):
    target: str
    kind: str
    due_at: datetime
    count: int


class Waiting:
    """How many single messages of a kind each target has coming, and whether there is room for one more."""

    class Slot(NamedTuple):
        """Whom, of what, due when; None: in the window that is now."""

        target: str
        kind: str
        due_at: datetime | None

    def __init__(self, counts: dict[Slot, int]) -> None:
        self._counts = counts

    def room(self, slot: Slot) -> bool:
        """Whether one more may stand for itself; it is then counted."""
        count = self._counts.get(slot, 0)
        self._counts[slot] = count + 1
        return count < MOST_SINGLE


async def hold(work: Work, names: Iterable[str]) -> None:
    """Until the commit nobody else holds any of these. Once in a transaction, for all it needs: so two never cross."""
    slots = sorted({zlib.crc32(name.encode()) % _SLOTS for name in names})
    if slots:
        await work.run(queries.hold, slots=slots)


def gathering(kind: str, at: datetime) -> str:
    """The news of the line or message that gathers a kind until a moment, or from one."""
    return f"gathered:{kind}:{int(at.timestamp())}"


async def waiting(work: Work, channel: Channel, dues: Mapping[str, datetime]) -> Waiting:
    """What waits for these targets until the moments given."""
    if not dues:
        return Waiting({})
    rows = await work.rows(
        queries.waiting_until,
        _Waits,
        channel=channel,
        targets=sorted(dues),
        dues=sorted(set(dues.values())),
    )
    return Waiting({Waiting.Slot(r.target, r.kind, r.due_at): r.count for r in rows})


async def queue(
    work: Work,
    *,
    channel: Channel,
    target: str,
    kind: str,
    ticket_id: UUID | None,
    language: Language,
    data: Mapping[str, object],
    news: str,
    due_at: datetime,
) -> None:
    """Queue one message, unless this target has been told these news by this channel.

    `target`: staff:<id>, customer:<id> or robot:<code>. `data`: codes for `texts.render`. While it waits for its first
    attempt, the same news told again change what it will say.
    """
    whose, _, which = target.partition(":")
    await work.run(
        queries.queue_delivery,
        id=ids.new_id(),
        channel=channel,
        target=target,
        staff_id=UUID(which) if whose == "staff" else None,
        customer_id=UUID(which) if whose == "customer" else None,
        robot=which if whose == "robot" else None,
        ticket_id=ticket_id,
        kind=kind,
        language=language,
        data=evidence.canonical(data),
        news=news,
        due_at=due_at,
        created_at=clock.now(),
    )
    work.touch(f"{TOPIC}:{work.tenant_id}")
