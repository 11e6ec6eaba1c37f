"""What a person is told of themselves: each module that keeps something of people tells its part.

    @tells(20)
    async def tickets_of(telling: Telling) -> Told: ...
Parts come in the order of their numbers. A part tells what stands there of this person, in clear, and what it leaves out
and why; never another person's data, never a secret (those are kept nowhere).
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import Language

_ZONE = ZoneInfo("Asia/Shanghai")


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is known, by code and in words."""

    code: str
    label: str
    value: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Words that were said, by whom and when."""

    at: datetime
    by: str
    text: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One record: its name, what it says, and what was said on it."""

    title: str
    facts: Sequence[Fact] = ()
    lines: Sequence[Line] = ()


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the file. `notes`: what it means, and what is left out and why."""

    code: str
    title: str
    items: Sequence[Item] = ()
    notes: Sequence[str] = ()


class PersonFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the person's, by its place in the archive."""

    path: str
    content: bytes


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a part tells."""

    sections: Sequence[Section]
    files: Sequence[PersonFile] = ()


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it is told to: as the customers they are, in their language, and as `actor` they may see what is theirs."""

    desk: Desk
    work: Work
    actor: Actor

    @property
    def language(self) -> Language:
        """The person's."""
        return self.actor.language

    @property
    def customers(self) -> list[str]:
        """Ids of all the customers they are, as events name them."""
        return sorted(str(id_) for id_ in (self.actor.id, *self.actor.selves))

    def say(self, both: tuple[str, str]) -> str:
        """One of two languages."""
        return both[0 if self.language == "zh" else 1]

    def fact(self, code: str, label: tuple[str, str], value: str) -> Fact:
        """A fact with its label in the person's language."""
        return Fact(code=code, label=self.say(label), value=value)


def moment(at: datetime) -> str:
    """A moment in the desk's zone, to the minute."""
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M}"


Tell = Callable[[Telling], Awaitable[Told]]
_parts: list[tuple[int, Tell]] = []


def tells(order: int) -> Callable[[Tell], Tell]:
    """Declare a part."""

    def declare(tell: Tell) -> Tell:
        _parts.append((order, tell))
        return tell

    return declare


async def told(telling: Telling) -> Told:
    """All parts, in order."""
    parts = [await tell(telling) for _, tell in sorted(_parts, key=lambda part: part[0])]
    return Told(
        sections=[section for part in parts for section in part.sections],
        files=[file for part in parts for file in part.files],
    )
