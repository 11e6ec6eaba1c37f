"""A desk to measure: an embedded server and `bihuan serve` on loopback, in a folder of its own, taken down at the end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bihuan.core.embedded import EmbeddedServer

BIN = Path(sys.executable).parent
PORT = 18_471


class Desk:
    """What a measurement speaks to. `token` is a supervisor's of the tenant `bench`."""

    def __init__(self, folder: Path, server: EmbeddedServer, token: str) -> None:
        self.folder = folder
        self.server = server
        self.token = token
        self._running: list[subprocess.Popen[bytes]] = []

    def serve(self, *options: str, workers: int = 2) -> subprocess.Popen[bytes]:
        """Start `bihuan serve`; with `--role worker` nothing is waited for, else until it is ready."""
        environ = {
            **os.environ,
            "BIHUAN_DATA": str(self.folder),
            # As a server of one's own: no process takes the others' database along when it ends.
            "BIHUAN_DATABASE_URL": self.server.app_url,
            "BIHUAN_DATABASE_ADMIN_URL": self.server.owner_url,
            "BIHUAN_PORT": str(PORT),
            "BIHUAN_WORKERS": str(workers),
            "BIHUAN_LOG_LEVEL": "warning",
            "BIHUAN_REQUESTS_PER_MINUTE": "0",
        }
        process = subprocess.Popen([BIN / "bihuan", "serve", *options], env=environ)
        self._running.append(process)
        if "worker" not in options:
            _until_ready(process)
        return process

    def client(self) -> httpx.AsyncClient:
        """The supervisor."""
        headers = {"authorization": f"Bearer {self.token}"}
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{PORT}", headers=headers, limits=limits, timeout=30
        )

    def end(self) -> None:
        """End what was started and still runs."""
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running:
            process.wait(timeout=40)


@contextmanager
def desk() -> Iterator[Desk]:
    """A founded desk: keys, schema, a tenant with packs, a supervisor. Nothing serves yet."""
    # Asked to end, it takes down what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="bihuan-bench-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder)
    made = None
    try:
        token = _set_up(folder)
        server.start()
        made = Desk(folder, server, token)
        yield made
    finally:
        if made is not None:
            made.end()
        cluster = server.cluster.parent if server.running else folder
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(cluster, ignore_errors=True)


def _set_up(folder: Path) -> str:
    _bihuan(folder, "keys", "init")
    _bihuan(folder, "db", "migrate")
    _bihuan(folder, "tenant", "add", "bench", "--name", "Bench")
    _bihuan(folder, "packs", "load", "--tenant", "bench")
    _bihuan(folder, "user", "add", "--tenant", "bench", "--login", "bench", "--role", "supervisor")
    return _bihuan(folder, "token", "add", "--tenant", "bench", "--user", "bench")


def _bihuan(folder: Path, *command: str) -> str:
    environ = {**os.environ, "BIHUAN_DATA": str(folder)}
    done = subprocess.run([BIN / "bihuan", *command], env=environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _until_ready(process: subprocess.Popen[bytes]) -> None:
    last = "it gave no answer"
    for _ in range(200):
        if process.poll() is not None:
            raise SystemExit(f"the desk ended with {process.returncode}")
        try:
            answer = httpx.get(f"http://127.0.0.1:{PORT}/ready", timeout=2)
            if answer.status_code == 200:
                return
            last = answer.text
        except httpx.HTTPError as error:
            last = type(error).__name__
        time.sleep(0.1)
    raise SystemExit(f"the desk did not become ready: {last}")
