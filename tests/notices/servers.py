"""The other side: a mail server and an HTTP server in this process, in threads of their own."""

import errno
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bihuan.core import clock
from tests.cli.command import free_port


class _Speaking(SMTP):
    """Keeps what it has said, once it has left."""

    async def push(self, status: Any) -> None:
        await super().push(status)
        self.event_handler.said.append(str(status))


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Speaking(self.handler, **self.SMTP_kwargs)


class MailServer:
    """A mail server. `answers`: reply to RCPT and DATA; what was taken is in `mails`, raw as it came."""

    def __init__(self, **how: Any) -> None:
        self.port = free_port()
        self.rcpt = "250 OK"
        self.data = "250 OK: taken"
        self.mails: list[tuple[str, bytes]] = []
        self.said: list[str] = []
        self.on_data: Callable[[], None] = lambda: None
        #: The transport of who is speaking.
        self.line: Any = None
        self._how = how
        self._controller: Controller | None = None
        self._was_open = False

    @property
    def parsed(self) -> list[EmailMessage]:
        """The mails as a reader sees them."""
        return [cast("EmailMessage", message_from_bytes(raw, policy=policy.default)) for _, raw in self.mails]

    def start(self) -> None:
        """Open for mail; at its first start by another port where somebody has taken this one meanwhile."""
        while True:
            controller = _Controller(self, hostname="127.0.0.1", port=self.port, **self._how)
            try:
                controller.start()
            except OSError as error:
                controller.stop(no_assert=True)
                if self._was_open or error.errno != errno.EADDRINUSE:
                    raise
                self.port = free_port()
            else:
                self._controller, self._was_open = controller, True
                return

    def stop(self) -> None:
        """Closed: connections are refused."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.line = server.transport
            self.mails.append((envelope.rcpt_tos[0], cast("bytes", envelope.content)))
            self.on_data()
        return self.data


@contextmanager
def mail_server(**how: Any) -> Iterator[MailServer]:
    """A mail server that is open."""
    made = MailServer(**how)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def only(user: str, password: str) -> Callable[..., AuthResult]:
    """Who may log in."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
        right = isinstance(told, LoginPassword) and told == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return check


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came. Header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return msgspec.json.decode(self.body)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered; `silent`: nothing, the line is cut."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = {}
    silent: bool = False


class WebServer:
    """An HTTP server that answers as told and keeps what it was asked."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.answer = Answer()
        self.on_post: Callable[[], None] = lambda: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._take(self)

            def do_GET(self) -> None:
                outer.got.append(Got(path=self.path, headers={}, body=b""))
                self.send_error(404)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda request, client_address: None
        self.port = int(self._server.server_address[1])
        self.origin = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Closed."""
        self._server.shutdown()
        self._server.server_close()

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Got(path=request.path, headers=headers, body=body))
        self.on_post()
        told = self.answer
        if told.silent:
            request.close_connection = True
            return
        request.send_response(told.status)
        for name, value in {"content-length": str(len(told.body)), **told.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(told.body)


@contextmanager
def web_server(context: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """An HTTP server that is open."""
    made = WebServer(context)
    try:
        yield made
    finally:
        made.stop()


def authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """An authority's certificate, and the context of a server on 127.0.0.1 that it vouches for."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
    here = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    ca = (
        _certificate(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    leaf = (
        _certificate(name, ca_name, key.public_key())
        .add_extension(here, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    ca_file, own_file = folder / "ca.pem", folder / "own.pem"
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    own_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own_file)
    return ca_file, context


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
    )
