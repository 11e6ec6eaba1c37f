"""Is it alive, can it take work, what does it count: /health, /ready, /metrics."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from litestar import Response, get

from bihuan.api import metrics
from bihuan.core import clock
from bihuan.core.db import DatabaseBusy
from bihuan.core.desk import Desk
from bihuan.core.outbox import queries
from bihuan.core.problems import Problem


class _At(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime


def handlers(desk: Desk, stopping: Callable[[], bool]) -> list[Any]:
    """The three handlers; they need no sign-in and tell nothing of anybody."""

    @get("/health", media_type="application/json")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @get("/ready", media_type="application/json")
    async def ready() -> Response[dict[str, str]]:
        problems = await _problems(desk, stopping)
        told = {"status": "ready", **dict.fromkeys(("database", "keys", "stopping"), "ok"), **problems}
        if problems:
            told["status"] = "not ready"
        return Response(content=told, status_code=503 if problems else 200)

    @get("/metrics")
    async def expose() -> Response[bytes]:
        content, media_type = metrics.rendered()
        return Response(content=content, media_type=media_type)

    return [health, ready, expose]


async def _problems(desk: Desk, stopping: Callable[[], bool]) -> dict[str, str]:
    found: dict[str, str] = {}
    if stopping():
        found["stopping"] = "this server is on its way down"
    try:
        desk.ring.reload()
    except Problem as problem:
        found["keys"] = type(problem).__name__
    try:
        async with desk.database.across_tenants() as work:
            at = (await work.must(queries.ping, _At)).at
        if abs((at - clock.now()).total_seconds()) > 0.5:
            found["clock"] = "this host's clock and the database's differ by more than 0.5 s"
    except (psycopg.Error, OSError, DatabaseBusy) as error:
        found["database"] = type(error).__name__
    return found
