"""An answer that goes on: pieces are sent as they come, until either side ends it."""

import asyncio
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from bihuan.api import metrics
from bihuan.core.http import Stream


class Streaming(Response[bytes]):
    """The framework's response around a stream."""

    def __init__(self, stream: Stream, *, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(content=b"", media_type=media_type, headers=headers)
        self._stream = stream

    def to_asgi_response(self, *_args: Any, **_more: Any) -> ASGIResponse:
        """The stream, as the framework sends a response."""
        return _Pieces(self._stream, media_type=str(self.media_type), headers=dict(self.headers))


class _Pieces(ASGIResponse):
    _should_set_content_length = False

    def __init__(self, stream: Stream, *, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(media_type=media_type, headers=headers)
        self._stream = stream

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send until the stream ends or its listener leaves."""
        metrics.STREAMS.inc()
        pieces = asyncio.create_task(_pass_on(self._stream, send))
        left = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((pieces, left), return_when=asyncio.FIRST_COMPLETED)
            if pieces.done():
                pieces.result()
        finally:
            metrics.STREAMS.dec()
            self._stream.close()
            left.cancel()
            pieces.cancel()
            await asyncio.gather(left, pieces, return_exceptions=True)


async def _pass_on(stream: Stream, send: Send) -> None:
    while piece := await stream.next():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
