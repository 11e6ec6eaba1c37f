"""A stream of server-sent events, read from the app in this process as a browser reads it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

Event = tuple[str, dict[str, Any]]


class Listener:
    """A request that goes on. `status` and `headers` are there once it is open."""

    def __init__(self, app: Any, path: str, headers: Mapping[str, str]) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.heard: list[Event] = []
        self.raw = b""
        self.ended = False
        self._changed = asyncio.Event()
        self._leave = asyncio.Event()
        self._asked = False
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"host", b"desk"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
            "client": ("127.0.0.1", 1), "server": ("desk", 80), "extensions": {},
        }  # fmt: skip
        self._task = asyncio.create_task(self._run(app, scope))

    async def _run(self, app: Any, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._send)
        finally:
            self.ended = True
            self._changed.set()

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._leave.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            self.raw += message.get("body", b"")
            self._read()
        self._changed.set()

    def _read(self) -> None:
        if not self.headers["content-type"].startswith("text/event-stream"):
            return
        *whole, self.raw = self.raw.split(b"\n\n")
        for text in whole:
            lines = dict(
                line.split(b": ", 1) for line in text.split(b"\n") if line and not line.startswith(b":")
            )
            if b"event" in lines:
                self.heard.append((lines[b"event"].decode(), json.loads(lines[b"data"])))

    async def until(self, what: Any, seconds: float = 20) -> None:
        """Until `what()` is true; it is asked whenever something came."""
        async with asyncio.timeout(seconds):
            while not what():
                self._changed.clear()
                await self._changed.wait()

    async def open(self) -> "Listener":
        """Until the first event, or a refusal, is there."""
        await self.until(lambda: self.heard or self.ended)
        return self

    async def told(self, name: str, *, after: int = 0) -> dict[str, Any]:
        """The first event of this name from place `after` on."""
        await self.until(lambda: any(n == name for n, _ in self.heard[after:]) or self.ended)
        return next(data for n, data in self.heard[after:] if n == name)

    async def leave(self) -> None:
        """Hang up."""
        self._leave.set()
        await self._task

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The newest row of each ticket told."""
        return {row["id"]: row for name, data in self.heard if name == "tickets" for row in data["rows"]}

    @property
    def gone(self) -> set[str]:
        """Tickets told to be gone."""
        return {id_ for name, data in self.heard if name == "tickets" for id_ in data["gone"]}


@asynccontextmanager
async def listening(client: httpx.AsyncClient, path: str = "/api/v1/live") -> AsyncGenerator[Listener]:
    """The client's stream, open; left at the end."""
    transport: Any = client._transport  # pyright: ignore[reportPrivateUsage] - httpx reads an answer only when whole
    cookies = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
    headers = {k: v for k, v in client.headers.items() if k == "authorization"}
    listener = Listener(transport.app, path, {**headers, **({"cookie": cookies} if cookies else {})})
    try:
        yield await listener.open()
    finally:
        await listener.leave()


async def answered(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """What a stream's operation answers, as a whole answer: its refusal, or where it opened its first event."""
    async with listening(client, path) as one:
        content = one.raw
    return httpx.Response(one.status, headers=one.headers, content=content)
