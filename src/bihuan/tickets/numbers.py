"""Ticket numbers: a keyed permutation of a sequence, taken in blocks so that a create pays no round trip for it."""

from collections import deque

import msgspec

from bihuan.core import ids
from bihuan.core.db import Work
from bihuan.tickets.visible import queries

_BLOCK = 64
_ready: deque[str] = deque()


class _Value(msgspec.Struct, frozen=True, kw_only=True):
    value: int


async def next_number(work: Work) -> str:
    """A number nobody has. What a process has taken and not used by its end stays unused."""
    while not _ready:
        key = work.ring.active("number").secret
        rows = await work.rows(queries.next_numbers, _Value, count=_BLOCK)
        _ready.extend(n for n in (ids.ticket_number(row.value, key) for row in rows) if n)
    return _ready.popleft()
