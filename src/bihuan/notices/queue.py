"""Putting messages that leave the desk into their queue; whoever sends them takes them from there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from bihuan import evidence
from bihuan.core import clock, db, ids
from bihuan.core.db import Work
from bihuan.core.problems import Language

queries = db.load(__file__)

#: Touched after the commit that queued something.
TOPIC = "delivery"

Channel = Literal["email", "sms", "robot"]


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
