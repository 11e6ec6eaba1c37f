"""Telling people that messages went wrong: whoever looks after deliveries has a line in their feed that counts them.

In the feed alone: what tells of a mail that cannot be sent is not sent by mail.
"""

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.notices import feed, preferences, queue, who
from bihuan.notices.attempt import State
from bihuan.notices.delivery_routes import NOTICE_MANAGE

KIND = "delivery_unsettled"
#: What a person has to decide.
STATES: frozenset[State] = frozenset({"unknown", "dead"})


async def tell(work: Work, count: int) -> None:
    """So many more are unknown or dead, by this transaction: each is told once."""
    people = await who.people(work)
    may = sorted(id_ for id_, one in people.staff.items() if one.actor.may(NOTICE_MANAGE))
    wishes = await preferences.wishes_of(work, may) if may else {}
    told = [id_ for id_ in may if wishes[id_].wants(KIND)]
    # One line an hour: a server that refuses everything is no storm.
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    await feed.gather(work, {(id_, KIND): count for id_ in told}, {KIND: queue.gathering(KIND, hour)})
    feed.came_to(work, told)
