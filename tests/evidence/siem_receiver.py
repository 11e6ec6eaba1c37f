"""A syslog receiver that really listens: octet-counted frames by tcp or tls, and datagrams; it can die badly."""

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Receiver:
    """What was received, frame by frame. `deaf`: takes connections and ends them with what came unread."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.frames: list[bytes] = []
        self.deaf = False
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def told(self) -> list[Json]:
        """The messages' JSON, in the order they came."""
        return [json.loads(frame[frame.index(b"\xef\xbb\xbf") + 3 :]) for frame in self.frames]

    def stop(self) -> None:
        """Hear no more; whoever connects is refused."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, ssl.SSLError), connection:
                self._hear(connection)

    def _hear(self, connection: socket.socket) -> None:
        if self.deaf:
            # Dies with what came still in its buffer: its host answers with a reset.
            connection.recv(1)
            return
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        content = b""
        while piece := connection.recv(65_536):
            content += piece
        self.frames += unframed(content)
        connection.close()


def unframed(content: bytes) -> list[bytes]:
    """Frames of RFC 6587 octet counting."""
    frames: list[bytes] = []
    while content:
        length, _, rest = content.partition(b" ")
        frames.append(rest[: int(length)])
        content = rest[int(length) :]
    return frames


@contextlib.contextmanager
def receiver(*, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver until the block ends."""
    one = Receiver(port=port, tls=tls)
    try:
        yield one
    finally:
        one.stop()


def authority(folder: Path, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for this host, and the PEM file of who signed it."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "siem")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "siem.pem", folder / "siem.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, secret)
    return context, certificate
