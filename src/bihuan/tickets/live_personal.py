"""What live updates tell one person alone: declared above, told by the hub.

Whoever owns such news touches `word:<tenant>/<person>` after the commit and says here what the person is then told; it is
read once for all who listen.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from uuid import UUID

import msgspec

from bihuan.core.db import Work
from bihuan.tickets.live_stream import Stream, event

#: What several people are told now, by person.
Read = Callable[[Work, Collection[UUID]], Awaitable[Mapping[UUID, msgspec.Struct]]]


#: Event → its data, of all that is declared.
declared: dict[str, type[msgspec.Struct]] = {}
_reads: dict[str, Read] = {}


def personal(word: str, data: type[msgspec.Struct], read: Read) -> None:
    """Declare what is told under this word, which is also the event's name."""
    if word in declared:
        raise ValueError(f"{word} is declared twice")
    declared[word] = data
    _reads[word] = read


def words() -> tuple[str, ...]:
    """Every word that is declared."""
    return tuple(declared)


class Due:
    """For whom there is something, until it is told."""

    def __init__(self) -> None:
        self._who: dict[str, set[UUID]] = {}

    def add(self, word: str, person: UUID) -> None:
        """There is something for this person."""
        self._who.setdefault(word, set()).add(person)

    def add_all(self, streams: Collection[Stream]) -> None:
        """There may be something for everybody who listens."""
        for stream in streams:
            for word in stream.audience.words & declared.keys():
                self.add(word, stream.actor.id)

    def take(self) -> dict[str, set[UUID]]:
        """What is due, and nothing is any more."""
        who, self._who = self._who, {}
        return who

    def put_back(self, who: Mapping[str, set[UUID]]) -> None:
        """It was not told after all."""
        for word, people in who.items():
            self._who.setdefault(word, set()).update(people)


async def read(
    work: Work, due: Mapping[str, set[UUID]], streams: Sequence[Stream]
) -> list[tuple[Stream, bytes]]:
    """Which stream is told what; nothing is read for people who do not listen."""
    found: list[tuple[Stream, bytes]] = []
    for word, people in due.items():
        listening = [s for s in streams if word in s.audience.words and s.actor.id in people]
        if not listening:
            continue
        told = await _reads[word](work, {s.actor.id for s in listening})
        found += [(s, event(word, told[s.actor.id])) for s in listening if s.actor.id in told]
    return found
