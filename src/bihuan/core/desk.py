"""The running desk: what a process holds in its hands, made once by the composition root and passed down."""

from bihuan.core.db import Database
from bihuan.core.keyring import KeyRing
from bihuan.core.settings import Settings
from bihuan.core.wake import Wake


class Desk:
    """Database, keys, settings and wake-ups of one process."""

    def __init__(self, settings: Settings, database: Database, ring: KeyRing, wake: Wake) -> None:
        self.settings = settings
        self.database = database
        self.ring = ring
        self.wake = wake
        database.touch = wake.touch

    async def start(self) -> None:
        """Open the database and listen."""
        await self.database.open()
        await self.wake.start()

    async def stop(self) -> None:
        """Let go of both."""
        await self.wake.stop()
        await self.database.close()
