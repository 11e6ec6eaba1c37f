"""A real time-stamp authority for tests: OpenSSL's own behind a little HTTP server, with certificates of its own."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[stamping]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class StampAuthority:
    """`url` to ask, `ca` to verify by. `answer`: what it gives instead of a stamp; `asked`: how often it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.answer: bytes | None = None
        self.status = 200
        self.asked = 0
        (folder / "openssl.cnf").write_text(_CONFIG.format(folder=folder), encoding="utf-8")
        (folder / "serial").write_text("01\n", encoding="utf-8")
        self._make_certificates()
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                authority.asked += 1
                query = self.rfile.read(int(self.headers["content-length"]))
                content = authority.answer if authority.answer is not None else authority.stamp(query)
                self.send_response(authority.status)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def stamp(self, query: bytes) -> bytes:
        """OpenSSL's reply to a query."""
        (self.folder / "query.tsq").write_bytes(query)
        self._run(
            "ts", "-reply", "-config", "openssl.cnf", "-section", "one", "-queryfile", "query.tsq", "-signer", "tsa.pem",
            "-inkey", "tsa.key", "-out", "reply.tsr",
        )  # fmt: skip
        return (self.folder / "reply.tsr").read_bytes()

    def _make_certificates(self) -> None:
        for name, subject in (("ca", "/CN=Test Root"), ("tsa", "/CN=Test Time Stamps")):
            self._run(
                "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", f"{name}.key"
            )
            self._run(
                "req",
                "-new",
                "-config",
                "openssl.cnf",
                "-key",
                f"{name}.key",
                "-subj",
                subject,
                "-out",
                f"{name}.csr",
            )
        made = ("-days", "30", "-extfile", "openssl.cnf")
        self._run(
            "x509",
            "-req",
            "-in",
            "ca.csr",
            "-signkey",
            "ca.key",
            "-extensions",
            "ca",
            *made,
            "-out",
            "ca.pem",
        )
        self._run(
            "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2",
            "-extensions", "stamping", *made, "-out", "tsa.pem",
        )  # fmt: skip

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
