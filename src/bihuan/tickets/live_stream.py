"""One stream of live updates: what waits for a listener, bounded, and how it is written as server-sent events."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from bihuan.core import ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.tickets.model import TicketRow

#: A comment this often: proxies and browsers learn that the line still stands, and we that nobody is there any more.
_STILL_HERE_SECONDS = 15.0
_STILL_HERE = b": \n\n"
#: What waits for a slow listener; beyond it all is dropped, and the listener told to read again.
_MOST_WAITING_BYTES = 262_144
#: A browser whose stream ended comes back after this many milliseconds, drawn per stream: not all at one moment.
_RETRY_FROM, _RETRY_SPREAD = 1000, 4000

_encoder = msgspec.json.Encoder()


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The stream has begun: what changes from now on is told."""

    stream: UUID


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """More was missed than can be told: read again at a moment drawn from 0 to `within_ms` milliseconds."""

    within_ms: int


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """The event's name says it all."""


class Recheck(Protocol):
    """Of those who listen, by credential: who may still, and with which rights."""

    async def __call__(
        self, work: Work, askers: Mapping[UUID, Actor], *, idle_minutes: int
    ) -> Mapping[UUID, Actor]: ...


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """A sort of listeners. `rows`: the event for rows that are seen and ids that are not seen any more; `words`: other
    topics that are passed on as events; `permission`: without it the stream ends."""

    recheck: Recheck
    rows: Callable[[Sequence[TicketRow], Sequence[UUID]], bytes]
    words: frozenset[str] = frozenset()
    permission: str | None = None


class Stream:
    """One listener's end. Made and fed by the hub, read by the connection; both in the same event loop."""

    def __init__(
        self, audience: Audience, actor: Actor, credential_id: UUID, gone: Callable[["Stream"], None]
    ) -> None:
        self.audience = audience
        self.actor = actor
        self.credential_id = credential_id
        self.id = ids.new_id()
        self._gone = gone
        self._waiting: deque[bytes] = deque([self._hello()])
        self._size = 0
        self._lost = False
        self._ended = False
        self._something = asyncio.Event()
        self._something.set()

    async def next(self) -> bytes:
        """What waits, at the latest after 15 seconds a comment; empty where the stream has ended."""
        try:
            async with asyncio.timeout(_STILL_HERE_SECONDS):
                await self._something.wait()
        except TimeoutError:
            return _STILL_HERE
        if self._ended:
            return b""
        told = b"".join(self._waiting)
        self._waiting.clear()
        self._size, self._lost = 0, False
        self._something.clear()
        return told

    def tell(self, told: bytes, *, else_within_ms: int) -> None:
        """Put an event on the way; where too much waits already, only that the listener must read again."""
        if self._lost or not told:
            return
        if self._size + len(told) > _MOST_WAITING_BYTES:
            self.again(else_within_ms)
            return
        self._waiting.append(told)
        self._size += len(told)
        self._something.set()

    def again(self, within_ms: int) -> None:
        """Forget what waits: the listener reads again, and that shows it all."""
        self._waiting.clear()
        self._waiting.append(event("again", Again(within_ms=within_ms)))
        self._lost = True
        self._something.set()

    def end(self) -> None:
        """Nothing more is told."""
        self._ended = True
        self._something.set()

    def close(self) -> None:
        """Nobody listens any more."""
        self.end()
        self._gone(self)

    def _hello(self) -> bytes:
        retry = _RETRY_FROM + secrets.randbelow(_RETRY_SPREAD)
        return b"retry: %d\n" % retry + event("hello", Hello(stream=self.id))


def event(name: str, data: msgspec.Struct) -> bytes:
    """A server-sent event; JSON has no line breaks of its own."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), _encoder.encode(data))
