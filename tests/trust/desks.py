"""A desk of a test's own, with other settings, on the tests' database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import msgspec

from bihuan import app
from bihuan.api import web
from bihuan.core.desk import Desk
from bihuan.core.settings import Settings


@asynccontextmanager
async def another(
    settings: Settings, **changes: str | int
) -> AsyncGenerator[tuple[Desk, httpx.ASGITransport]]:
    """A running desk and the way to its web app."""
    desk = app.make_desk(msgspec.structs.replace(settings, **changes), name="bihuan-other")
    await desk.start()
    try:
        made = web.create(desk, stopping=lambda: False)
        yield desk, httpx.ASGITransport(made, raise_app_exceptions=False)
    finally:
        await desk.stop()


def from_address(transport: httpx.ASGITransport, address: str) -> httpx.ASGITransport:
    """The same web app, reached from another address."""
    return httpx.ASGITransport(transport.app, raise_app_exceptions=False, client=(address, 50_000))
