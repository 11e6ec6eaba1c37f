"""Throttling as rows: one atomic statement counts a try, over all processes and hosts.

Whom is counted stands in the bucket only as a hash: the table names nobody.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from bihuan.core import clock
from bihuan.core.db import Database, Work
from bihuan.core.outbox import queries
from bihuan.core.problems import Problem


class TooManyTries(Problem):
    """Too many tries; wait {seconds} seconds."""

    status = 429
    zh = "尝试次数过多，请 {seconds} 秒后再试。"


class Limit:
    """At most `most` tries of an act by one (`who`) in a window."""

    def __init__(self, act: str, *, most: int, window: timedelta) -> None:
        self._act = act
        self._most = most
        self._window = window

    async def take(self, database: Database, tenant_id: UUID, who: str) -> None:
        """Count a try beforehand, so that many at once cannot slip by; `give_back` what was none.

        Raises TooManyTries where the window is used up.
        """
        async with database.work(tenant_id) as work:
            tries = await self._counted(work, who)
        if tries > self._most:
            raise TooManyTries(seconds=self._left())

    async def spend(self, work: Work, who: str, *, many: int = 1) -> None:
        """Count what is about to be done in the transaction that does it: what is refused, or answered again, does not
        count. One's own at once wait for each other. Raises TooManyTries.
        """
        if await self._counted(work, who, many) > self._most:
            raise TooManyTries(seconds=self._left())

    async def give_back(self, database: Database, tenant_id: UUID, who: str) -> None:
        """Uncount a try that was no failure."""
        async with database.work(tenant_id) as work:
            await work.run(queries.uncount_try, bucket=self._bucket(who), window_at=self._start())

    async def forget(self, database: Database, tenant_id: UUID, who: str) -> None:
        """The tries of this window count no more."""
        async with database.work(tenant_id) as work:
            await work.run(queries.forget_tries, bucket=self._bucket(who), window_at=self._start())

    async def check(self, database: Database, tenant_id: UUID, who: str) -> None:
        """Raise TooManyTries where the window is used up. Counts nothing."""
        async with database.work(tenant_id) as work:
            tries = await work.scalar(queries.tries, bucket=self._bucket(who), window_at=self._start())
        if tries >= self._most:
            raise TooManyTries(seconds=self._left())

    async def tries(self, database: Database, tenant_id: UUID, who: str) -> int:
        """Tries in this window so far."""
        async with database.work(tenant_id) as work:
            return int(await work.scalar(queries.tries, bucket=self._bucket(who), window_at=self._start()))

    async def count(self, database: Database, tenant_id: UUID, who: str) -> None:
        """Count one try, in a transaction of its own: a refusal must leave it behind."""
        async with database.work(tenant_id) as work:
            await self._counted(work, who)

    async def _counted(self, work: Work, who: str, many: int = 1) -> int:
        bucket, start = self._bucket(who), self._start()
        return int(await work.scalar(queries.count_try, bucket=bucket, window_at=start, many=many))

    def _bucket(self, who: str) -> str:
        return f"{self._act}:{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()[:32]}"

    def _start(self) -> datetime:
        now = clock.now()
        seconds = int(self._window.total_seconds())
        return now.replace(microsecond=0) - timedelta(seconds=int(now.timestamp()) % seconds)

    def _left(self) -> int:
        return max(1, int((self._start() + self._window - clock.now()).total_seconds()) + 1)
