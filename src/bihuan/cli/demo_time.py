"""Travelled time for many stories at once: they run one at a time, in the order of their moments."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from itertools import count

from bihuan.core.clock import Traveller


class Days:
    """A time that passes from one story's next moment to another's, until its end; what would come later does not."""

    def __init__(self, traveller: Traveller, end: datetime) -> None:
        self._traveller = traveller
        self._end = end
        self._due: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()
        self._quiet = asyncio.Event()

    async def until(self, moment: datetime) -> None:
        """Sleep until the moment. A story does nothing else that waits for another."""
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._due, (moment, next(self._order), future))
        self._quiet.set()
        await future

    async def pass_by(
        self, stories: Sequence[Coroutine[None, None, None]], before: Callable[[datetime], Awaitable[None]]
    ) -> None:
        """Let the stories happen; `before` is called ahead of each moment, while it is still the one before. Raises what
        a story raises.
        """
        tasks: list[asyncio.Task[None]] = []
        try:
            for story in stories:
                self._quiet.clear()
                tasks.append(asyncio.create_task(self._told(story)))
                await self._quiet.wait()
            while self._due and self._due[0][0] <= self._end:
                moment, _, future = heapq.heappop(self._due)
                await before(moment)
                self._traveller.to(moment)
                self._quiet.clear()
                future.set_result(None)
                await self._quiet.wait()
                # A story that failed has ended: its error ends the others.
                for task in [task for task in tasks if task.done()]:
                    tasks.remove(task)
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._traveller.to(self._end)

    async def _told(self, story: Coroutine[None, None, None]) -> None:
        try:
            await story
        finally:
            self._quiet.set()
