"""The way to the SIEM: udp, tcp or tls. What is sent by tcp or tls counts as taken only when the receiver has read it.

Syslog over TCP knows no receipt: what was written may lie in a buffer when the receiver dies. So each batch has its own
connection; we end our side and wait until the receiver, having read to the end, ends its own. A receiver that dies with
something unread answers with a reset instead, and the batch is sent again.
"""

import fcntl
import socket
import ssl
import struct
import termios
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from bihuan.core import clock
from bihuan.evidence.syslog import framed

#: For each step on the way, and for the receiver to end its side.
_SECONDS = 5.0
_PORTS = {"udp": 514, "tcp": 601, "tls": 6514}


class NotTaken(Exception):
    """The receiver did not take a batch; the text is a code, never the other side's words."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Where the SIEM listens, and whom it is trusted by: a PEM file of authorities; empty: the system's."""

    scheme: str
    host: str
    port: int
    ca: str = ""

    @property
    def target(self) -> str:
        """Its address as people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def send(self, messages: Sequence[bytes]) -> None:
        """Send a batch; blocks. Raises NotTaken."""
        try:
            if self.scheme == "udp":
                self._send_datagrams(messages)
            else:
                self._send_stream(b"".join(framed(m) for m in messages))
        except OSError as error:
            raise NotTaken(type(error).__name__) from error

    def _send_datagrams(self, messages: Sequence[bytes]) -> None:
        family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[
            0
        ]
        with socket.socket(family, kind, protocol) as datagrams:
            datagrams.connect(address)
            for message in messages:
                datagrams.send(message)

    def _send_stream(self, content: bytes) -> None:
        with socket.create_connection((self.host, self.port), timeout=_SECONDS) as plain:
            if self.scheme == "tcp":
                plain.sendall(content)
                _end(plain)
                return
            with self._context().wrap_socket(plain, server_hostname=self.host) as secure:
                secure.sendall(content)
                _say_goodbye(secure)
                _end(secure)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def parse(url: str, *, ca_file: str = "") -> Wire:
    """A wire from its setting, whose form is checked where it is read. `ca_file`: the institution's own authorities."""
    parts = urlsplit(url)
    ca = parse_qs(parts.query).get("ca", [ca_file])[0]
    return Wire(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        ca=str(Path(ca).expanduser()) if ca else "",
    )


def _say_goodbye(secure: ssl.SSLSocket) -> None:
    """TLS's own end; many receivers end the connection below it instead."""
    try:
        secure.unwrap()
    except ConnectionError:
        raise
    except OSError as error:
        # How it ended is told by the connection itself, next.
        if isinstance(error, TimeoutError):
            raise


def _end(connection: socket.socket) -> None:
    """End our side and wait for the other's. Raises OSError where it comes as a reset, or not at all."""
    until = clock.perf() + _SECONDS
    try:
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            if clock.perf() > until:
                raise TimeoutError
    except OSError as error:
        if isinstance(error, ConnectionError | TimeoutError):
            raise
        raise ConnectionAbortedError from error
    if _unread(connection):
        raise ConnectionAbortedError


def _unread(connection: socket.socket) -> int:
    """Bytes that the receiver's host has not acknowledged: it had ended before they came."""
    return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
