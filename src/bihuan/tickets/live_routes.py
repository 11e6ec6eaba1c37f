"""Live updates over HTTP, for colleagues."""

from collections import ChainMap
from collections.abc import Sequence
from functools import cache
from uuid import UUID

import msgspec

from bihuan import identity
from bihuan.core.http import Answer, Call, operation
from bihuan.tickets import live_personal
from bihuan.tickets.live import hub
from bihuan.tickets.live_stream import Again, Audience, Hello, Nothing, event
from bihuan.tickets.model import TicketRow
from bihuan.tickets.verbs import READ


class ChangedTickets(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that changed, as in the list, and the ids of those this person does not see any more."""

    rows: Sequence[TicketRow]
    gone: Sequence[UUID]


def _changed(rows: Sequence[TicketRow], gone: Sequence[UUID]) -> bytes:
    return event("tickets", ChangedTickets(rows=rows, gone=gone))


_EVENTS: dict[str, type[msgspec.Struct]] = {
    "hello": Hello,
    "tickets": ChangedTickets,
    "again": Again,
    "case_types": Nothing,
    "people": Nothing,
}


@cache
def _colleagues() -> Audience:
    """One for all of them; made when the first comes, for what one person alone is told is declared by modules above."""
    words = frozenset({"case_types", "people", *live_personal.words()})
    return Audience(recheck=identity.who_stays, rows=_changed, words=words, permission=READ)


@operation(
    "GET", "/live", zh="实时更新", en="Live updates", permission=READ, apart=True,
    events=ChainMap(_EVENTS, live_personal.declared),
)  # fmt: skip
async def get_live(call: Call) -> Answer:
    """Server-sent events: which tickets changed, told to whoever may see them within a tenth of a second.

    The stream ends with the session or token it was opened by, and when the server stops: then open it anew.
    """
    assert call.credential_id is not None
    stream = hub(call.desk).open(_colleagues(), call.actor, call.credential_id)
    return Answer(stream=stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
