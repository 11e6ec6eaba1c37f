"""The register: one row for each event of a staff or configuration stream, in its transaction, to search them by."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from bihuan.core import ids
from bihuan.core.db import Query, Work
from bihuan.evidence.chain import StreamKind

#: Streams about people at work and about how the desk is set; tickets have their own histories.
REGISTERED: frozenset[StreamKind] = frozenset({"staff", "config"})


class Happened(Protocol):
    """What the register needs of an event."""

    @property
    def kind(self) -> str:
        """Past-tense name."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def data(self) -> Mapping[str, object]:
        """What it says."""
        ...


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an event stands, and who did it."""

    stream: StreamKind
    stream_id: UUID
    seq: int
    actor_id: UUID


async def register(work: Work, query: Query, place: Place, event: Happened) -> None:
    """Queue the row of an event."""
    await work.run(
        query,
        id=ids.new_id(),
        stream_id=place.stream_id,
        seq=place.seq,
        stream=place.stream,
        kind=event.kind,
        happened_at=event.at,
        actor_id=place.actor_id,
        ticket_id=id_in(event.data, "ticket"),
        whom_id=whom(place, event.data),
    )


def whom(place: Place, data: Mapping[str, object]) -> UUID | None:
    """Whom an event is about: the customer or colleague it names, else whose stream it is where another did it."""
    named = id_in(data, "customer") or id_in(data, "staff")
    if named is None and place.stream == "staff" and place.stream_id != place.actor_id:
        return place.stream_id
    return named


def id_in(data: Mapping[str, object], name: str) -> UUID | None:
    """A member that is an id; None where it is none (a ticket named by its number, a list)."""
    value = data.get(name)
    if not isinstance(value, str) or len(value) != 36:
        return None
    try:
        return UUID(value)
    except ValueError:
        return None
