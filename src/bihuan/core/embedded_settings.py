"""PostgreSQL's settings for the embedded server: sized to the machine, terse in the log, closed to everyone else.

Pure texts, and one reading of how much memory there is. Safety is never traded: fsync, full_page_writes and
synchronous_commit stay on.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

MB = 1024 * 1024
SUPERUSER = "postgres"
OWNER = "bihuan_owner"
APP = "bihuan_app"
MAP = "bihuan"

MAIN = """\
# Written anew at each start of the desk. Your own settings belong into local.conf, which is read last.
include 'bihuan.conf'
include_if_exists 'local.conf'
"""

LOCAL = """\
# Your own PostgreSQL settings, one per line: name = value. The desk never writes into this file.
# 您自己的 PostgreSQL 设置,每行一项:名称 = 值。系统不会改写此文件。
"""

_BIHUAN = """\
# Written anew at each start of the desk, after the machine's memory ({memory} MB). Change local.conf instead.
max_connections = 200
shared_buffers = {shared}MB
effective_cache_size = {cache}MB
work_mem = {work}MB
maintenance_work_mem = {maintenance}MB
huge_pages = try
dynamic_shared_memory_type = {dynamic}
jit = off

fsync = on
full_page_writes = on
synchronous_commit = on
# A fresh desk's tables grow from nothing in a minute: a plan from before would read them whole.
autovacuum_naptime = 10s
max_wal_size = 2GB
min_wal_size = 256MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'

# Statements, parameters and error texts hold personal data: none of them is logged. An ERROR's first line may quote
# the value it is about, so errors stay with the client, who logs code, constraint and statement name.
log_destination = 'stderr'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%d.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %u@%d '
log_min_messages = log
log_error_verbosity = terse
log_min_error_statement = panic
log_statement = none
log_min_duration_statement = -1
log_min_duration_sample = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_lock_waits = on
log_startup_progress_interval = 10s
"""


def settings_text(memory: int, dynamic: str = "posix") -> str:
    """bihuan.conf for a machine (or container) with `memory` bytes."""
    megabytes = memory // MB
    return _BIHUAN.format(
        memory=megabytes,
        shared=_within(megabytes // 8, 64, 4096),
        cache=max(megabytes // 2, 128),
        work=_within(megabytes // 1600, 4, 32),
        maintenance=_within(megabytes // 32, 64, 512),
        dynamic=dynamic,
    )


def access_texts(users: Iterable[str]) -> tuple[str, str]:
    """pg_hba.conf and pg_ident.conf: these operating-system users may be our three roles, nobody else anyone."""
    roles = (SUPERUSER, OWNER, APP)
    hba = f"local all {','.join(roles)} peer map={MAP}\nlocal replication {SUPERUSER} peer map={MAP}\n"
    lines = [f"{MAP} {_ident(user)} {role}\n" for user in sorted(set(users)) for role in roles]
    note = "# Written anew at each start of the desk.\n"
    return note + hba, note + "".join(lines)


def list_item(path: Path) -> str:
    """A path as one item of a list setting such as unix_socket_directories."""
    return '"' + str(path).replace('"', '""') + '"'


def available_memory() -> int:
    """Bytes this process may use: the machine's, or less where a control group limits it."""
    limits = cgroup_limits(_read("/proc/self/cgroup") or "", _read)
    return min([psutil.virtual_memory().total, *limits])


def dynamic_memory_type() -> str:
    """Parallel queries share memory through /dev/shm; containers often give it 64 MB, where they would fail."""
    try:
        found = os.statvfs("/dev/shm")
    except OSError:
        return "sysv"
    return "posix" if found.f_blocks * found.f_frsize >= 256 * MB else "sysv"


def cgroup_limits(memberships: str, read: Callable[[str], str | None]) -> list[int]:
    """The memory limits, in bytes, of our control groups (v2 and v1) and those around them.

    `memberships` is /proc/self/cgroup; `read` gives a file's text or None.
    """
    files: list[str] = []
    for line in memberships.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            files += [f"/sys/fs/cgroup{above}/memory.max" for above in _upward(path)]
        elif "memory" in controllers.split(","):
            files += [f"/sys/fs/cgroup/memory{above}/memory.limit_in_bytes" for above in _upward(path)]
    texts = [(read(file) or "").strip() for file in files]
    return [int(text) for text in texts if text.isdecimal() and int(text) > 0]


def _upward(path: str) -> list[str]:
    """ "/a/b" → "/a/b", "/a", "": the group and those around it."""
    parts = [part for part in path.split("/") if part]
    return ["".join(f"/{part}" for part in parts[:end]) for end in range(len(parts), -1, -1)]


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:  # no such control group here: no limit
        return None


def _ident(user: str) -> str:
    return '"' + user.replace('"', '""') + '"'


def _within(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
