"""Telling people of unusual looking: whoever may read who looked has a line in their feed, but not the one who looked."""

from collections.abc import Sequence

from bihuan import evidence, tickets
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered, reacts_within
from bihuan.notices import feed, preferences, queue, who
from bihuan.notices.feed import Line

KIND = "look_unusual"


@reacts_within("look.unusual")
async def tell_of(_desk: Desk, work: Work, delivered: Sequence[Delivered]) -> None:
    """One line for each alarm, in the feed alone: whom it is about is nobody's business outside the desk."""
    people = await who.people(work)
    may = sorted(id_ for id_, one in people.staff.items() if one.actor.may(tickets.LOOK_READ))
    await queue.hold(work, [f"feed/{id_}" for id_ in may])
    wishes = await preferences.wishes_of(work, may) if may else {}
    lines: list[Line] = []
    for one in delivered:
        happened = await evidence.events(work, one.stream_id, after=one.seq - 1, most=1)
        lines += [
            Line(
                kind=KIND,
                ticket_id=None,
                # The stream an alarm stands in is the looker's own.
                to=tuple(id_ for id_ in may if id_ != one.stream_id and wishes[id_].wants(KIND)),
                data={"actor": str(one.stream_id), "rule": event.data["rule"]},
                news=f"{one.stream_id}:{one.seq:09}:{KIND}",
            )
            for event in happened
        ]
    await feed.put(work, lines)
