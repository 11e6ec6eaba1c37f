"""Looking for malware: a port, and its adapter for clamd (ClamAV's daemon) by its own protocol (clamd(8), INSTREAM).

The bytes go over the socket; clamd sees neither our disk nor whose file it is.
"""

import asyncio
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from bihuan.core.problems import Problem

_CHUNK = 65_536
_CONNECT_SECONDS = 5.0
_PING_SECONDS = 5.0
#: A large archive takes clamd a while; its own limit (MaxScanTime) is two minutes.
_SCAN_SECONDS = 150.0
_MOST_ANSWER = 4096


class ScannerAway(Problem):
    """The virus scanner does not answer ({reason})."""

    status = 503
    zh = "病毒扫描服务没有应答（{reason}）。"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What the scanner found: the malware's name, or None where the file is clean."""

    signature: str | None


class Scanner(Protocol):
    """Looks at a file's bytes."""

    async def scan(self, content: bytes) -> Scan:
        """Whether they are malware. Raises ScannerAway where nobody can say."""
        ...

    async def version(self) -> str:
        """The program and its signatures, as it says. Raises ScannerAway."""
        ...


class Clamd:
    """clamd at `tcp://host:port` or `unix:///path`."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    async def scan(self, content: bytes) -> Scan:
        """One session for one file: sent in pieces, then the verdict."""
        return _verdict(await self._within(_SCAN_SECONDS, b"zINSTREAM\0", content))

    async def version(self) -> str:
        """Its answer to VERSION, e.g. `ClamAV 1.4.3/27812/…`."""
        return await self._within(_PING_SECONDS, b"zVERSION\0")

    async def _within(self, seconds: float, command: bytes, content: bytes | None = None) -> str:
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(command, content)
        except (OSError, EOFError, TimeoutError) as error:
            raise ScannerAway(reason=type(error).__name__) from error

    async def _ask(self, command: bytes, content: bytes | None = None) -> str:
        reader, writer = await self._connected()
        try:
            writer.write(command)
            if content is not None:
                await _stream(writer, content)
            await writer.drain()
            answer = await reader.read(_MOST_ANSWER)
        finally:
            writer.close()
        if not answer:
            raise EOFError
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(_CONNECT_SECONDS):
            if self._url.scheme == "unix":
                return await asyncio.open_unix_connection(self._url.path)
            return await asyncio.open_connection(self._url.hostname, self._url.port or 3310)


def scanner_of(url: str) -> Scanner | None:
    """The scanner of the settings; None where none is set up."""
    return Clamd(url) if url else None


async def _stream(writer: asyncio.StreamWriter, content: bytes) -> None:
    for at in range(0, len(content), _CHUNK):
        piece = content[at : at + _CHUNK]
        writer.write(len(piece).to_bytes(4, "big") + piece)
        await writer.drain()
    writer.write(bytes(4))


def _verdict(answer: str) -> Scan:
    """`stream: OK`, `stream: <name> FOUND`; anything else is no verdict. Raises ScannerAway."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return Scan(signature=None)
    if said.endswith(" FOUND"):
        return Scan(signature=said.removesuffix(" FOUND")[:120])
    raise ScannerAway(reason="size_limit" if "size limit" in answer else "no_verdict")
