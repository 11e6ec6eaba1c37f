"""Who reacts to which event: down you call, up you publish.

A reaction is declared where it lives (`@reacts_to("staff.left")` in a module's `jobs.py`) and is called after the
commit, at least once, perhaps out of order: it must be idempotent by (stream, seq). One that only reads and writes rows
reacts `within` the delivery's own transaction, to many events at once.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from bihuan.core.db import Work
from bihuan.core.desk import Desk


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to those who react: where it stands; its body is read from the stream if needed."""

    tenant_id: UUID
    stream_id: UUID
    seq: int
    kind: str


Reaction = Callable[[Desk, Delivered], Awaitable[None]]
#: Reacts to several events in the transaction given: what it writes is there when they are gone from the queue, or neither.
Within = Callable[[Desk, Work, Sequence[Delivered]], Awaitable[None]]
_reactions: dict[str, list[Reaction]] = defaultdict(list)
_within: dict[str, Within] = {}


def reacts_to(kind: str) -> Callable[[Reaction], Reaction]:
    """Declare a reaction to events of this kind."""

    def declare(reaction: Reaction) -> Reaction:
        _reactions[kind].append(reaction)
        return reaction

    return declare


def reacts_within(*kinds: str) -> Callable[[Within], Within]:
    """Declare the reaction to events of these kinds that takes part in their delivery's transaction; one for each kind."""

    def declare(reaction: Within) -> Within:
        for kind in kinds:
            if kind in _within:
                raise ValueError(f"{kind} is reacted to within its delivery twice")
            _within[kind] = reaction
        return reaction

    return declare


def within(kind: str) -> Within | None:
    """The reaction to a kind within the delivery."""
    return _within.get(kind)


def reactions(kind: str) -> tuple[Reaction, ...]:
    """The reactions to a kind."""
    return tuple(_reactions.get(kind, ()))


def kinds() -> list[str]:
    """Every kind that somebody reacts to."""
    return sorted({*_reactions, *_within})


def kinds_apart() -> list[str]:
    """Every kind with reactions in transactions of their own."""
    return sorted(_reactions)


def kinds_within() -> list[str]:
    """Every kind whose only reaction is within the delivery."""
    return sorted(_within.keys() - _reactions.keys())
