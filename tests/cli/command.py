"""The real `bihuan`: commands run to their end, and a server that is started, asked, and stopped by its pid."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import httpx
import psutil

PROGRAM = str(Path(sys.executable).with_name("bihuan"))
Environment = Mapping[str, str]
_SECONDS = 120
#: Python needs longer to import the desk than most commands to run: a server forks one that has imported it.
_IMPORTED = multiprocessing.get_context("forkserver")
_IMPORTED.set_forkserver_preload(
    [
        f"bihuan.cli.{name}"
        for name in ("main", "admin", "demo", "evidence", "importing", "packs", "persons", "sla")
    ]
)


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of ours, speaking English."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BIHUAN_", "LC_"))}
    return {**kept, "LANG": "en_US.UTF-8", **more}


def bihuan(*arguments: str | Path, env: Environment, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a process of its own which found everything imported already."""
    with tempfile.TemporaryDirectory(prefix="bihuan-command-") as name:
        streams = [Path(name) / part for part in ("in", "out", "err")]
        streams[0].write_text(text, encoding="utf-8")
        process = _IMPORTED.Process(
            target=_command, args=([str(a) for a in arguments], dict(env), [str(s) for s in streams])
        )
        process.start()
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([PROGRAM, *arguments], _SECONDS)
        out, err = (s.read_text(encoding="utf-8") for s in streams[1:])
        return subprocess.CompletedProcess([PROGRAM, *map(str, arguments)], process.exitcode, out, err)


def _command(arguments: list[str], env: dict[str, str], streams: list[str]) -> None:
    """The child: environment and streams as a shell gives them, then what the console script does."""
    for number, (path, flags) in enumerate(
        zip(streams, (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT), strict=True)
    ):
        os.dup2(os.open(path, flags, 0o600), number, inheritable=True)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [PROGRAM, *arguments]
    from bihuan.cli.main import main

    main()


def done(*arguments: str | Path, env: Environment, text: str = "") -> str:
    """Run a command that must go well; its standard output."""
    ended = bihuan(*arguments, env=env, text=text)
    assert ended.returncode == 0, (arguments, ended.returncode, ended.stdout, ended.stderr)
    return ended.stdout


def refused(*arguments: str | Path, env: Environment, code: int = 1) -> str:
    """Run a command that must be refused in a sentence, not a traceback; its standard error."""
    ended = bihuan(*arguments, env=env)
    assert ended.returncode == code, (arguments, ended.returncode, ended.stdout, ended.stderr)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stderr


def open_folder() -> Path:
    """A fresh folder that PostgreSQL's own account may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-cli-"))
    folder.chmod(0o755)
    return folder


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(answer: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll a real process until `answer`, or fail after the seconds."""
    deadline = time.monotonic() + seconds
    while not answer():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)


class Serving:
    """`bihuan serve` on a port of its own. Its words go to a file, and are shown where a test fails."""

    def __init__(self, folder: Path, env: Environment, *arguments: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.words = folder / "serve.log"
        command = [PROGRAM, "serve", "--port", str(self.port), *arguments]
        with self.words.open("ab") as said:
            self.process = subprocess.Popen(
                command, env=env, stdout=said, stderr=said, stdin=subprocess.DEVNULL
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def get(self, path: str) -> httpx.Response | None:
        """An answer, or None where nobody answers."""
        try:
            return httpx.get(self.url + path, timeout=10)
        except httpx.TransportError:
            return None

    @property
    def ready(self) -> bool:
        """Whether it says so."""
        answer = self.get("/ready")
        return answer is not None and answer.status_code == 200

    def wait_ready(self, seconds: float = 60) -> Self:
        """Until it is ready. Fails at once where the process has ended."""
        until(lambda: self.ready or self.process.poll() is not None, seconds, "ready")
        assert self.process.poll() is None, self.said()
        return self

    def said(self) -> str:
        """What it has written."""
        return self.words.read_text(errors="replace")

    def family(self) -> list[psutil.Process]:
        """Its processes below it, the main one not counted."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def web(self) -> list[psutil.Process]:
        """The processes that answer requests: those which listen beside the main one, or share its port."""
        return [p for p in self.family() if _listens(p, self.port)]

    def stop(self, seconds: float = 40) -> int:
        """SIGTERM, and its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Stop it and all below it, whatever it takes."""
        left = self.family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        for one in left:
            if alive(one) and not _is_database(one):
                one.kill()
        psutil.wait_procs([p for p in left if not _is_database(p)], timeout=10)


def alive(process: psutil.Process) -> bool:
    """Whether it runs; one that waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        return any(
            c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in process.net_connections("tcp")
        )
    except psutil.NoSuchProcess:
        return False


def _is_database(process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres"
    except psutil.NoSuchProcess:
        return False
