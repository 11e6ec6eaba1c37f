"""The one process that matters: finding the postmaster of a cluster, starting it, asking it, stopping it.

A pid file is a claim, not a fact: the process it names must be alive and be PostgreSQL in this very folder.
"""

import enum
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
from psycopg.pq import PGconn, Ping

from bihuan.core import log
from bihuan.core.embedded_place import PORT, Place
from bihuan.core.embedded_problems import (
    AnotherServerAnswers,
    EmbeddedServerError,
    StartFailed,
    StillRunning,
    start_failure,
)
from bihuan.core.embedded_settings import list_item

#: What PostgreSQL says while processes of a killed server still hold its memory, or another start was faster.
_TRANSIENT = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
_POLL_SECONDS = 0.05
_PROGRESS_SECONDS = 10
_TAIL_LINES = 12

logger = log.get(__name__)


class Answer(enum.Enum):
    """What a try to connect found."""

    ABSENT = enum.auto()  # nobody listens
    BUSY = enum.auto()  # there, but starting, recovering or stopping
    READY = enum.auto()


class Launch:
    """One start of the postmaster. A thread reaps it, so that its death leaves no zombie which holds its pid."""

    def __init__(self, place: Place, programs: Path) -> None:
        fixed = {"unix_socket_directories": list_item(place.sockets), "unix_socket_permissions": "0700"}
        fixed |= {"listen_addresses": "", "port": str(PORT)}
        options = [text for name, value in fixed.items() for text in ("-c", f"{name}={value}")]
        self._cluster, self._words = place.cluster, ""
        with tempfile.TemporaryFile() as said:
            child = place.account.spawn([programs / "bin" / "postgres", "-D", place.cluster, *options], said)
            heard = os.dup(said.fileno())
        self._reaper = threading.Thread(
            target=self._reap, args=(child, heard), name="postgres-reaper", daemon=True
        )
        self._reaper.start()

    @property
    def alive(self) -> bool:
        return self._reaper.is_alive()

    def failure(self) -> EmbeddedServerError | None:
        """Why it ended; None where another try is right."""
        if any(words in self._words for words in _TRANSIENT):
            return None
        lines = self._words.splitlines()[-_TAIL_LINES:] + log_tail(self._cluster)
        return start_failure(self._cluster, "\n".join(lines))

    def _reap(self, child: subprocess.Popen[bytes], heard: int) -> None:
        child.wait()
        self._words = os.pread(heard, 64 * 1024, 0).decode(errors="replace")
        os.close(heard)


def ask(url: str, cluster: Path) -> Answer:
    """Connect and see who answers; AnotherServerAnswers, or StartFailed when it is up and refuses us."""
    for last in (False, True):  # it may have become ready between the two questions
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                row = connection.execute("show data_directory").fetchone()
        except psycopg.OperationalError as error:
            ping = PGconn.ping(url.encode())
            if ping != Ping.OK:
                return Answer.BUSY if ping == Ping.REJECT else Answer.ABSENT
            if last:
                raise StartFailed(cluster=str(cluster), log=str(error)) from error
        else:
            if row is None or Path(row[0]) != cluster:
                raise AnotherServerAnswers(cluster=str(cluster), other=str(row[0] if row else "?"))
            return Answer.READY
    raise AssertionError("unreachable")


def postmaster(cluster: Path) -> psutil.Process | None:
    """The living postmaster postmaster.pid names, if it truly is this cluster's."""
    lines = _pid_lines(cluster)
    if not lines or not lines[0].lstrip("-").isdecimal():
        return None
    try:
        process = psutil.Process(int(lines[0].lstrip("-")))  # negative: a single-user session
        return process if alive(process) and _serves(process, cluster) else None
    except psutil.NoSuchProcess:
        return None


def says_ready(cluster: Path) -> bool:
    """Whether postmaster.pid claims a server that takes connections (its eighth line)."""
    lines = _pid_lines(cluster)
    return len(lines) > 7 and lines[7].strip() == "ready"


def disarm(place: Place) -> None:
    """Keep leftovers of a dead server from stopping the next one. Only when `postmaster()` finds none.

    PostgreSQL takes any living process of its user for the former server. A pid of its own parent, us, it knows to
    pass over; the rest of the file stays, by which it sees whether orphans still use the old shared memory.
    """
    pid_file, lines = place.cluster / "postmaster.pid", _pid_lines(place.cluster)
    if lines and lines[0].isdecimal():
        place.account.write(pid_file, "\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    else:  # empty after a power cut: PostgreSQL would not go past it
        place.account.shell('rm -f -- "$1"', pid_file)
    place.account.shell('rm -f -- "$1" "$1.lock"', place.socket)


def halt(process: psutil.Process, cluster: Path, limit: int) -> None:
    """Fast stop: sessions are ended, everything is written; returns when the process is gone. StillRunning."""
    patience = Patience(limit, "postgres.stopping")
    with suppress(psutil.NoSuchProcess):  # gone by itself meanwhile: what was wanted
        process.send_signal(signal.SIGINT)
    while alive(process):
        patience.wait(lambda: StillRunning(cluster=str(cluster), pid=process.pid, seconds=limit))


def alive(process: psutil.Process) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family(process: psutil.Process) -> tuple[int, ...]:
    """The pids of the process and its children; empty where it has just gone."""
    try:
        return (process.pid, *(child.pid for child in process.children()))
    except psutil.NoSuchProcess:
        return ()


def log_tail(cluster: Path) -> list[str]:
    """The last lines of the newest log file; they are terse and hold no statement."""
    files = sorted((cluster / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
    return (
        files[-1].read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:] if files else []
    )


class Patience:
    """Polls in short steps up to a limit in seconds, and says now and then that it still waits."""

    def __init__(self, limit: float, event: str) -> None:
        self._began = self._told = time.monotonic()
        self._limit, self._event = limit, event

    @property
    def over(self) -> bool:
        return time.monotonic() - self._began > self._limit

    def wait(self, expired: Callable[[], EmbeddedServerError]) -> None:
        """One step; raises what `expired` makes once the limit is over."""
        if self.over:
            raise expired()
        self.step()

    def step(self) -> None:
        moment = time.monotonic()
        if moment - self._told > _PROGRESS_SECONDS:
            self._told = moment
            logger.warning(self._event, seconds=round(moment - self._began))
        time.sleep(_POLL_SECONDS)


def _serves(process: psutil.Process, cluster: Path) -> bool:
    command = process.cmdline()
    if not command or Path(command[0]).name != "postgres":
        return False
    if str(cluster) in command:
        return True
    try:
        return Path(process.cwd()) == cluster
    except psutil.AccessDenied:  # another user's, and not started with this folder: not ours
        return False


def _pid_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
