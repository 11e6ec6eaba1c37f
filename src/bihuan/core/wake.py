"""Wake-ups between processes: one LISTEN connection each, reconnecting, and NOTIFYs coalesced after the commit.

A NOTIFY inside a transaction would serialise all commits; so `touch` only remembers, and a task of its own sends what
gathered. A wake-up is a hint: who waits also looks by itself every few seconds, and is told "read again" after a gap.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable

import psycopg
from psycopg import sql

from bihuan.core import ids, log

_CHANNEL = "bihuan"
_LAST_WORDS_SECONDS = 2.0
_log = log.get("wake")

#: What is told to every topic after the listener had been away.
AGAIN = "*"


async def until_set(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, or the seconds are over; then it is cleared.

    Who is cancelled in the very moment of waking is cancelled. `asyncio.wait_for` loses that before Python 3.12, and
    a worker that was told to stop would go on for ever.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()


class Wake:
    """The wake-ups of one process. A topic is `word` or `word:detail`; listeners get the detail."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._events: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._calls: dict[str, list[Callable[[str], None]]] = defaultdict(list)
        self._due: set[str] = set()
        #: Goes before each topic: what we have told ourselves at once is not told again when it comes back.
        self._name = ids.new_nonce().hex()[:16]
        self._gathered = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start listening and sending."""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]

    async def stop(self) -> None:
        """Stop both; what is still to be told is told first, unless the database is away."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._tasks and self._due:
            try:
                async with asyncio.timeout(_LAST_WORDS_SECONDS), await self._connect() as connection:
                    await self._tell_elsewhere(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                _log.warning("sender_lost", error=error)

    def touch(self, topic: str) -> None:
        """Wake whoever waits for the topic, here at once, elsewhere within milliseconds. Call it after the commit."""
        self._tell(topic)
        self._due.add(topic)
        self._gathered.set()

    def on(self, word: str, call: Callable[[str], None]) -> None:
        """Call with the detail whenever a topic of this word is touched; with AGAIN after a gap."""
        self._calls[word].append(call)

    async def wait(self, word: str, seconds: float) -> None:
        """Until a topic of this word is touched, or the seconds are over."""
        await until_set(self._events[word], seconds)

    def _tell(self, topic: str) -> None:
        word, _, detail = topic.partition(":")
        self._events[word].set()
        for call in self._calls[word]:
            call(detail)

    def _read_again(self) -> None:
        for word in [*self._events, *self._calls]:
            self._tell(f"{word}:{AGAIN}")

    async def _listen(self) -> None:
        pause = 0.05
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(sql.SQL("listen {}").format(sql.Identifier(_CHANNEL)))
                    self._read_again()
                    pause = 0.05
                    async for notice in connection.notifies():
                        name, _, topic = notice.payload.partition(" ")
                        if name != self._name:
                            self._tell(topic)
            except (psycopg.Error, OSError) as error:
                _log.warning("listener_lost", error=error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def _send(self) -> None:
        while True:
            await self._gathered.wait()
            try:
                async with await self._connect() as connection:
                    await self._send_while_there_is(connection)
            except (psycopg.Error, OSError) as error:
                _log.warning("sender_lost", error=error)
                self._gathered.set()
                await asyncio.sleep(0.2)

    async def _send_while_there_is(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            self._gathered.clear()
            await self._tell_elsewhere(connection)
            await self._gathered.wait()
            # What comes within these milliseconds goes as one: a burst of creates is one wake-up.
            await asyncio.sleep(0.01)

    async def _tell_elsewhere(self, connection: psycopg.AsyncConnection) -> None:
        due, self._due = self._due, set()
        try:
            topics = [f"{self._name} {topic}" for topic in sorted(due)]
            await connection.execute(
                "select pg_notify(%s, t) from unnest(%s::text[]) as t", (_CHANNEL, topics)
            )
        except BaseException:
            # Not known whether it was told: told twice is better than never.
            self._due |= due
            raise

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            application_name="bihuan-wake",
            # A hint needs no place on the disk: else each would wait for one, and hold up commits that do.
            options="-c synchronous_commit=off",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
        )
