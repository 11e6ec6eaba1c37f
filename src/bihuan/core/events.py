"""Who reacts to which event: down you call, up you publish.

A reaction is declared where it lives (`@reacts_to("staff.left")` in a module's `jobs.py`) and is called after the
commit, at least once, perhaps out of order: it must be idempotent by (stream, seq).
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from bihuan.core.desk import Desk


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to those who react: where it stands; its body is read from the stream if needed."""

    tenant_id: UUID
    stream_id: UUID
    seq: int
    kind: str


Reaction = Callable[[Desk, Delivered], Awaitable[None]]
_reactions: dict[str, list[Reaction]] = defaultdict(list)


def reacts_to(kind: str) -> Callable[[Reaction], Reaction]:
    """Declare a reaction to events of this kind."""

    def declare(reaction: Reaction) -> Reaction:
        _reactions[kind].append(reaction)
        return reaction

    return declare


def reactions(kind: str) -> tuple[Reaction, ...]:
    """The reactions to a kind."""
    return tuple(_reactions.get(kind, ()))


def kinds() -> list[str]:
    """Every kind that somebody reacts to."""
    return sorted(_reactions)
