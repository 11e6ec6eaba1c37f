"""`bihuan serve`: the web server, the worker and the embedded database, in one command or each on its own."""

import asyncio
import ctypes
import errno
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import psycopg
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

from bihuan.cli.context import data_option, sentences, settings_of, with_urls
from bihuan.core import log, migrate
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.outbox import queries
from bihuan.core.problems import Problem
from bihuan.core.settings import TABLE, Settings

_log = log.get("serve")
_DRAIN_SECONDS = 1.0
#: A killed server's processes need a moment to let go of the port.
_PORT_SECONDS = 4.0
#: A database that is on its way up is worth waiting for; a web process which ends instead ends the whole server.
_DATABASE_SECONDS = 60.0


class CannotListen(Problem):
    """Cannot listen on {address} ({reason}): choose another by --host and --port."""

    status = 503
    zh = "无法监听 {address}（{reason}）：请用 --host 与 --port 另选。"


@click.command()
@data_option
@click.option("--role", type=click.Choice(["all", "web", "worker"]), default="all")
@click.option("--host")
@click.option("--port", type=click.IntRange(1, 65535))
def serve(data: str | None, role: str, host: str | None, port: int | None) -> None:
    """启动服务。Serve: web, worker, or all with the embedded database."""
    settings = settings_of(data=data, host=host, port=port)
    log.configure(settings.log_level, pretty=bool(settings.log_pretty))
    with sentences():
        run(settings, role)


def run(settings: Settings, role: str, *, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises Problem, psycopg.OperationalError."""
    # Asked to stop while it still starts: leave by the same door, so that the database is stopped too.
    signal.signal(signal.SIGTERM, _leave)
    if role != "worker":
        _must_be_free(settings.host, settings.port)
    server = None if settings.database_url else EmbeddedServer(settings.data_folder)
    try:
        if server is not None:
            server.start()
            settings = with_urls(settings, server)
            migrate.migrate(settings.database_admin_url)
        must_be_safe(settings.database_url)
        migrate.check(settings.database_url)
        # Children read the same settings from the environment; nothing of them is on a command line.
        for twin in [name for name in os.environ if name.startswith("BIHUAN_") and name.endswith("_FILE")]:
            del os.environ[twin]
        os.environ.update(_environment(settings))
        if role == "worker":
            _run_worker(settings)
        else:
            _run_web(settings, server, worker=role == "all", ready=ready)
    finally:
        if server is not None:
            server.stop()


def _leave(_number: int, _frame: object) -> NoReturn:
    sys.exit(0)


def must_be_safe(url: str) -> None:
    """Refuse a role that the rules for rows do not hold. Raises UnsafeRole, psycopg.OperationalError."""
    from bihuan.app import UnsafeRole

    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(queries.own_role.sql.encode()).fetchone()
    superuser, bypasses, owns = found or (True, True, True)
    for what, bad in (("superuser", superuser), ("BYPASSRLS", bypasses), ("owner", owns)):
        if bad:
            raise UnsafeRole(what=what)


def _must_be_free(host: str, port: int) -> None:
    """Web processes share their port with whoever asks to share it: a second server would go unnoticed. CannotListen."""
    deadline = time.monotonic() + _PORT_SECONDS
    while (reason := _taken(host, port)) is not None:
        if reason.errno != errno.EADDRINUSE or time.monotonic() > deadline:
            raise CannotListen(address=f"{host}:{port}", reason=reason.strerror or type(reason).__name__)
        time.sleep(0.1)


def _taken(host: str, port: int) -> OSError | None:
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(address)
    except OSError as error:
        return error
    return None


def web_app() -> Any:
    """What each web process serves, once its database answers."""
    from bihuan import app

    die_with_parent()
    deadline = time.monotonic() + _DATABASE_SECONDS
    while True:
        try:
            return app.web_app()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            _log.warning("database_awaited", error=error)
            time.sleep(0.5)


def _run_worker(settings: Settings) -> None:
    from bihuan import app

    asyncio.run(app.work(settings))


def _drain_first(web: Any, stopping: Path) -> None:
    """Before it stops, /ready tells so for a moment and requests finish; a second signal changes nothing."""
    interrupt = web.signal_handler_interrupt

    def on_signal(*_args: Any) -> None:
        if not stopping.exists():
            stopping.touch()
            _log.info("stopping")
            threading.Timer(_DRAIN_SECONDS, interrupt).start()

    web.signal_handler_interrupt = on_signal


def _run_web(
    settings: Settings, server: EmbeddedServer | None, *, worker: bool, ready: Callable[[], None] | None
) -> None:
    settings.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    flag = settings.data_folder / f".stopping-{os.getpid()}"
    flag.unlink(missing_ok=True)
    os.environ["_BIHUAN_STOPPING"] = str(flag)
    # Forked beside the keeper's thread, a process would inherit whatever lock that thread holds.
    multiprocessing.set_start_method("spawn", force=True)
    web: Any = Granian(
        "bihuan.cli.serving:web_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.workers or max(1, (os.cpu_count() or 2) // 2),
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        log_enabled=False,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        workers_kill_timeout=settings.stop_seconds,
    )
    _drain_first(web, flag)
    keeper = _Keeper(server, worker=worker, stop_seconds=settings.stop_seconds, stopping=flag.exists)
    web.on_startup(keeper.start)
    if ready is not None:
        web.on_startup(ready)
    try:
        web.serve()
    finally:
        keeper.stop()
        flag.unlink(missing_ok=True)


class _Keeper:
    """Keeps the worker and the embedded database running beside the web server."""

    def __init__(
        self, server: EmbeddedServer | None, *, worker: bool, stop_seconds: int, stopping: Callable[[], bool]
    ) -> None:
        self._server = server
        self._wants_worker = worker
        self._stop_seconds = stop_seconds
        self._stopping = stopping
        self._worker: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._start_worker()
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        if self._worker is not None and self._worker.poll() is None:
            self._worker.terminate()
            try:
                self._worker.wait(timeout=self._stop_seconds)
            except subprocess.TimeoutExpired:
                self._worker.kill()

    def _start_worker(self) -> None:
        if self._wants_worker:
            command = [sys.executable, "-m", "bihuan.cli.main", "serve", "--role", "worker"]
            self._worker = subprocess.Popen(  # noqa: S603
                command,
                preexec_fn=die_with_parent,  # noqa: PLW1509
                start_new_session=True,
            )

    def _watch(self) -> None:
        while not self._ended.wait(1.0):
            if self._stopping():
                continue
            try:
                if self._server is not None and not self._server.running:
                    _log.error("database_gone")
                    self._server.start()
                if self._worker is not None and self._worker.poll() is not None:
                    _log.error("worker_gone", code=self._worker.returncode)
                    time.sleep(0.2)
                    self._start_worker()
            except Exception as error:
                _log.error("keeper_failed", error=error)


def die_with_parent() -> None:
    """Ask the kernel (Linux) to end this process when its parent is killed: nothing is left holding the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    started_by = multiprocessing.parent_process()
    if started_by is not None and started_by.pid != os.getppid():
        sys.exit(1)  # it was killed before we could ask


def _environment(settings: Settings) -> dict[str, str]:
    """Every setting as its variable, but for the owner's address: who serves has no use for it."""
    values = {s.name: str(getattr(settings, s.name.removeprefix("BIHUAN_").lower())) for s in TABLE}
    return {**values, "BIHUAN_DATABASE_ADMIN_URL": ""}


COMMANDS: tuple[click.Command, ...] = (serve,)
