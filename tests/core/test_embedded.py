"""The embedded server on real PostgreSQL: who gets in, what survives, what a start makes of what it finds."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import embedded_programs
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.embedded_account import account_of, make_private
from bihuan.core.embedded_place import Place, existing_place
from bihuan.core.embedded_problems import (
    CannotEnter,
    ClusterMissing,
    ClusterOfAnotherVersion,
    DiskFull,
    EmbeddedServerError,
    FolderUnusable,
    NotPrivate,
    NotStarted,
    PointerUnreadable,
    StartFailed,
    start_failure,
    telling,
)
from bihuan.core.embedded_settings import MB, access_texts, cgroup_limits, list_item, settings_text

SOURCE = Path(embedded_programs.__file__).parents[2]
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root: it is about root's desk, or about another user"
)

#: Imports everything first: below it may become a user who cannot reach this Python.
SCRIPT = """
import os, socket, sys, threading, encodings.idna
from pathlib import Path
import psycopg, psycopg_binary, psycopg.pq
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.embedded_problems import EmbeddedServerError
from bihuan.core import log
log.configure("INFO", stream=sys.stderr)
"""


def python(script: str, *arguments: Path | str) -> subprocess.Popen[str]:
    """Run Python in a process group of its own; it prints its findings."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", SCRIPT + script, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


def said(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return output.strip()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def place_of(server: EmbeddedServer) -> Place:
    place = existing_place(server.cluster.parent)
    assert place is not None
    return place


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    """A folder the system account can pass (pytest's own is closed to it), gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared(ground: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(ground / "desk")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(shared: EmbeddedServer) -> EmbeddedServer:
    """The module's server, running, whatever the test before did to it."""
    shared.start()
    return shared


def test_before_the_first_start_there_is_nothing(ground: Path) -> None:
    never = EmbeddedServer(ground / "never")
    never.stop()
    assert not never.running
    assert never.pids == ()
    assert not (ground / "never").exists()
    with pytest.raises(NotStarted):
        never.url("bihuan_app")


def test_stops_and_starts_again(server: EmbeddedServer) -> None:
    first = server.pids[0]
    server.stop()
    assert not server.running
    assert server.pids == ()
    server.stop()
    server.start()
    assert server.running
    assert server.pids[0] != first
    assert ask(server.app_url, "select current_user") == "bihuan_app"
    assert ask(server.owner_url, "select current_user") == "bihuan_owner"
    assert ask(server.superuser_url, "select current_user") == "postgres"


def test_a_second_start_adopts_the_running_server(server: EmbeddedServer, ground: Path) -> None:
    before = server.pids[0]
    link = ground / "another-name"
    link.symlink_to(ground / "desk")
    other = EmbeddedServer(link)
    other.start()
    assert other.pids[0] == server.pids[0] == before
    assert other.app_url == server.app_url


def test_two_processes_starting_at_once_yield_one_server_which_outlives_them(ground: Path) -> None:
    script = "s = EmbeddedServer(Path(sys.argv[1])); s.start(); print(s.pids[0])"
    folder = ground / "together"
    starters = [python(script, folder) for _ in range(2)]
    pids = {said(starter) for starter in starters}
    survivor = EmbeddedServer(folder)
    try:
        assert pids == {str(survivor.pids[0])}
        assert survivor.running
    finally:
        survivor.stop()
    assert not survivor.running


def test_ctrl_c_to_the_starter_does_not_reach_the_server(server: EmbeddedServer) -> None:
    server.stop()
    # A run in the background hands down a SIGINT that is ignored; at a terminal it is not.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "s = EmbeddedServer(Path(sys.argv[1])); s.start(); print(s.pids[0], flush=True); threading.Event().wait()"
    )
    starter = python(script, server.cluster.parent)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    os.killpg(starter.pid, signal.SIGINT)
    starter.communicate(timeout=30)
    assert starter.returncode == -signal.SIGINT
    assert server.running
    assert server.pids[0] == pid


def test_what_was_committed_survives_a_kill(server: EmbeddedServer) -> None:
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute("create table kept (n int primary key)")
    committed: list[int] = []
    enough = threading.Event()

    def write() -> None:
        with psycopg.connect(server.owner_url, autocommit=True) as connection:
            for n in range(10_000_000):
                connection.execute("insert into kept values (%s)", [n])
                committed.append(n)
                if n == 200:
                    enough.set()

    def write_until_cut() -> None:
        with pytest.raises(psycopg.OperationalError):
            write()

    writer = threading.Thread(target=write_until_cut)
    writer.start()
    assert enough.wait(30)
    killed = server.pids[0]
    os.kill(killed, signal.SIGKILL)
    server.start()
    writer.join(30)
    assert server.pids[0] != killed
    assert ask(server.owner_url, "select count(*) from kept") in (len(committed), len(committed) + 1)
    assert ask(server.owner_url, f"select count(*) from kept where n < {len(committed)}") == len(committed)


def test_a_start_waits_until_orphans_of_a_killed_server_are_gone(server: EmbeddedServer) -> None:
    with psycopg.connect(server.app_url) as connection:
        orphan = connection.info.backend_pid
        os.kill(orphan, signal.SIGSTOP)
        os.kill(server.pids[0], signal.SIGKILL)
        release = threading.Timer(0.5, os.kill, (orphan, signal.SIGCONT))
        release.start()
        server.start()
        release.join()
        assert release.finished.is_set()
        assert orphan not in server.pids
    assert ask(server.app_url, "select 1") == 1


def test_a_stale_pid_of_a_living_process_of_the_same_user_does_not_fool_it(server: EmbeddedServer) -> None:
    cluster, owner = server.cluster, account_of(server.cluster.stat().st_uid)
    os.kill(server.pids[0], signal.SIGKILL)
    with tempfile.TemporaryFile() as output:
        stranger = owner.spawn(["sleep", "600"], output)
    try:
        pid_file = cluster / "postmaster.pid"
        rest = pid_file.read_text().splitlines()[1:]
        owner.write(pid_file, "\n".join([str(stranger.pid), *rest]) + "\n")
        owner.write(Path(f"{place_of(server).socket}.lock"), f"{stranger.pid}\n")
        assert not server.running
        assert server.pids == ()
        server.start()
        assert server.running
        assert server.pids[0] != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_empty_pid_file_is_passed_over(server: EmbeddedServer) -> None:
    owner = account_of(server.cluster.stat().st_uid)
    server.stop()
    owner.write(server.cluster / "postmaster.pid", "")
    server.start()
    assert server.running


def test_a_deleted_socket_is_made_good(server: EmbeddedServer) -> None:
    place = place_of(server)
    before = server.pids[0]
    place.socket.unlink()
    assert not server.running
    server.start()
    assert server.running
    assert server.pids[0] != before


def test_a_long_path_gets_a_private_socket_folder(ground: Path) -> None:
    parent = ground / ("长" * 40) / ("x" * 60)
    parent.mkdir(parents=True)
    for folder in (parent, parent.parent):
        folder.chmod(0o755)
    long = EmbeddedServer(parent / 'desk, "闭环"')
    long.start()
    place = place_of(long)
    try:
        assert ask(long.app_url, "select 1") == 1
        assert place.sockets.parent.name == f"bihuan-{place.account.uid}"
        for folder in (place.sockets, place.sockets.parent):
            assert stat.S_IMODE(folder.lstat().st_mode) == 0o700
            assert folder.lstat().st_uid == place.account.uid
    finally:
        long.stop()
        place.sockets.rmdir()


@pytest.mark.parametrize("make", ["link", "file", "open folder"])
def test_a_socket_folder_that_is_not_private_is_refused(tmp_path: Path, make: str) -> None:
    path, us = tmp_path / "taken", account_of(os.geteuid())
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    if make == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif make == "file":
        path.touch(0o700)
    else:
        (path / "sub").mkdir(parents=True)
        path.chmod(0o755)
    with pytest.raises(NotPrivate):
        make_private(path, us)
    if make == "open folder":
        assert stat.S_IMODE(path.stat().st_mode) == 0o755


@as_root
@pytest.mark.parametrize("role", ["postgres", "bihuan_owner", "bihuan_app"])
def test_another_user_is_refused(server: EmbeddedServer, role: str) -> None:
    script = """
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    psycopg.connect(sys.argv[1]).close()
    print("in")
except psycopg.OperationalError as error:
    print(error)
"""
    url = server.url(role)
    assert "Permission denied" in said(python(script, url))
    place = place_of(server)
    sockets, socket = place.sockets, place.socket
    sockets.chmod(0o755)
    socket.chmod(0o777)
    try:
        assert "Peer authentication failed" in said(python(script, url))
    finally:
        sockets.chmod(0o700)
        socket.chmod(0o700)


def test_only_its_own_folders_are_private_and_no_parent_is_changed(ground: Path) -> None:
    parent = ground / "parents" / "of"
    parent.mkdir(parents=True)
    parent.chmod(0o751)
    chain = [parent, *parent.parents]
    before = [(path, path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in chain]
    one = EmbeddedServer(parent / "desk")
    one.start()
    try:
        assert [
            (path, path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in chain
        ] == before
        for folder in (one.cluster, one.cluster.with_name("postgres.run")):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        one.stop()
    assert [(path, path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in chain] == before


def test_local_settings_survive_and_win(server: EmbeddedServer) -> None:
    local = server.cluster / "local.conf"
    account_of(server.cluster.stat().st_uid).write(local, "work_mem = 7MB\n")
    server.stop()
    server.start()
    assert local.read_text() == "work_mem = 7MB\n"
    assert ask(server.app_url, "show work_mem") == "7MB"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("timezone", "UTC"),
        ("jit", "off"),
        ("max_connections", "200"),
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_statement", "none"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("logging_collector", "on"),
    ],
)
def test_settings_hold(server: EmbeddedServer, setting: str, value: str) -> None:
    assert ask(server.superuser_url, f"show {setting}") == value


def test_the_locale_is_the_builtin_one(server: EmbeddedServer) -> None:
    question = (
        "select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()"
    )
    assert ask(server.app_url, question) == "b C.UTF-8"
    assert ask(server.app_url, "select upper('é') || initcap('straße 闭环')") == "ÉStraße 闭环"


def test_an_error_leaves_no_value_in_the_log(server: EmbeddedServer) -> None:
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.NumericValueOutOfRange):
            connection.execute("select %s::text::int", ["4111111111111111x"])
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("selec 4111111111111111")
    logs = "".join(path.read_text() for path in (server.cluster / "log").iterdir())
    assert "ready to accept connections" in logs
    assert "4111111111111111" not in logs


def test_roles_have_what_they_need_and_no_more(server: EmbeddedServer) -> None:
    with psycopg.connect(server.superuser_url) as connection:
        roles = connection.execute(
            "select rolname, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication"
            " from pg_roles where rolname like 'bihuan%' order by 1"
        ).fetchall()
        member = connection.execute(
            "select roleid::regrole::text, member::regrole::text, admin_option, inherit_option, set_option"
            " from pg_auth_members where roleid = 'bihuan_sweep'::regrole"
        ).fetchall()
        owned = connection.execute(
            "select d.datdba::regrole::text, n.nspowner::regrole::text from pg_database d, pg_namespace n"
            " where d.datname = 'bihuan' and n.nspname = 'public'"
        ).fetchone()
        app_owns = connection.execute(
            "select count(*) from pg_shdepend where refobjid = 'bihuan_app'::regrole and deptype = 'o'"
        ).fetchone()
    assert roles == [
        ("bihuan_app", True, False),
        ("bihuan_owner", True, False),
        ("bihuan_sweep", False, False),
    ]
    assert member == [("bihuan_sweep", "bihuan_app", False, False, True)]
    assert owned == ("bihuan_owner", "bihuan_owner")
    assert app_owns == (0,)


def test_the_application_makes_nothing_and_a_stranger_role_does_not_get_in(server: EmbeddedServer) -> None:
    with psycopg.connect(server.app_url, autocommit=True) as connection:
        for statement in ("create table t ()", "create temp table t ()", "create schema s"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        connection.execute("set role bihuan_sweep")
    question = "select has_database_privilege('public', 'bihuan', 'connect')"
    assert ask(server.superuser_url, question) is False


def test_a_dba_who_is_no_superuser_can_run_the_roles_file(server: EmbeddedServer) -> None:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("create role dba createrole createdb")
        connection.execute(
            "grant bihuan_owner, bihuan_app, bihuan_sweep to dba with admin true, inherit false, set false"
        )
        connection.execute("create database banks template template0 owner dba")
    try:
        with psycopg.connect(server.url("postgres", "banks"), autocommit=True) as connection:
            for _ in range(2):
                connection.execute("set session authorization dba")
                connection.execute((SOURCE / "bihuan/core/roles.sql").read_bytes())
                connection.execute("reset session authorization")
        owner = "select datdba::regrole::text from pg_database where datname = 'banks'"
        assert ask(server.superuser_url, owner) == "bihuan_owner"
        assert ask(server.url("bihuan_app", "banks"), "select current_user") == "bihuan_app"
    finally:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("drop database banks with (force)")
            connection.execute("drop owned by dba")
            connection.execute("revoke bihuan_owner from dba granted by dba")
            connection.execute("revoke bihuan_owner, bihuan_app, bihuan_sweep from dba cascade")
            connection.execute("drop role dba")


def test_its_programs_run(server: EmbeddedServer) -> None:
    command = [server.bin("pgbench"), "-n", "-t", "3", "-f", "/dev/stdin", server.app_url]
    done = subprocess.run(command, input="select 1;", capture_output=True, text=True, check=True)
    assert "number of transactions actually processed: 3/3" in done.stdout
    with pytest.raises(EmbeddedServerError):
        server.bin("no-such-program")


def test_data_of_another_major_version_is_refused(server: EmbeddedServer) -> None:
    owner, marker = account_of(server.cluster.stat().st_uid), server.cluster / "PG_VERSION"
    server.stop()
    owner.write(marker, "17\n")
    try:
        with pytest.raises(ClusterOfAnotherVersion) as refusal:
            server.start()
    finally:
        owner.write(marker, "18\n")
    assert refusal.value.params["found"] == "17"
    assert refusal.value.params["needed"] == "18"


def test_a_failed_start_shows_the_log(server: EmbeddedServer) -> None:
    owner, local = account_of(server.cluster.stat().st_uid), server.cluster / "local.conf"
    server.stop()
    owner.write(local, "max_connections = many\n")
    try:
        with pytest.raises(StartFailed) as failure:
            server.start()
    finally:
        owner.write(local, "")
    assert "max_connections" in failure.value.text("zh")


def test_an_unfinished_first_start_is_begun_again(ground: Path) -> None:
    folder = ground / "cut-short"
    (folder / "postgres.new" / "base").mkdir(parents=True)
    folder.chmod(0o755)
    one = EmbeddedServer(folder)
    one.start()
    try:
        assert ask(one.app_url, "select 1") == 1
        assert not (folder / "postgres.new").exists()
    finally:
        one.stop()


def test_a_pointer_to_somewhere_else_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "postgres.location").write_text("/etc/postgres\n")
    with pytest.raises(PointerUnreadable):
        EmbeddedServer(tmp_path).start()


@as_root
def test_a_folder_closed_later_is_told_and_no_second_database_is_made(ground: Path) -> None:
    above = ground / "closed-later"
    above.mkdir()
    above.chmod(0o755)
    one = EmbeddedServer(above / "desk")
    one.start()
    one.stop()
    above.chmod(0o700)
    with pytest.raises(CannotEnter):
        one.start()
    assert not (above / "desk" / "postgres.location").exists()


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnusable):
        EmbeddedServer(tmp_path / "file").start()


@as_root
def test_below_a_folder_only_root_may_enter_the_data_lies_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    folder = tmp_path / "desk"
    one = EmbeddedServer(folder)
    one.start()
    home = one.cluster.parent
    try:
        assert home.parent == Path("/var/lib/bihuan")
        assert (folder / "postgres.location").read_text().strip() == str(one.cluster)
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        moved = folder.rename(tmp_path / "moved")
        same = EmbeddedServer(moved)
        same.start()
        assert same.pids[0] == one_pid(same)
        same.stop()
        fresh = EmbeddedServer(folder)
        fresh.start()
        assert fresh.cluster != same.cluster
        fresh.stop()
        shutil.rmtree(fresh.cluster.parent)
        with pytest.raises(ClusterMissing):
            fresh.start()
    finally:
        EmbeddedServer(tmp_path / "moved").stop()
        shutil.rmtree(home)


def one_pid(server: EmbeddedServer) -> object:
    """The postmaster as the server itself sees it: the parent of our session."""
    with psycopg.connect(server.superuser_url) as connection:
        backend = connection.info.backend_pid
        return int(Path(f"/proc/{backend}/stat").read_text().rsplit(") ", 1)[1].split()[1])


@as_root
def test_programs_root_alone_can_read_are_copied(
    ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = embedded_programs.wheel_folder()
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    for name in (wheel.name, f"{wheel.name}.libs"):
        (hidden / name).symlink_to(wheel.with_name(name))
    copies = ground / "shared"
    monkeypatch.setattr(embedded_programs, "wheel_folder", lambda: hidden / wheel.name)
    monkeypatch.setattr(embedded_programs, "SHARED", copies)
    one = EmbeddedServer(ground / "copied")
    one.start()
    try:
        assert one.bin("postgres").is_relative_to(copies / "postgresql-18.4")
        assert ask(one.app_url, "show server_version") == "18.4"
        assert one.bin("psql").stat().st_uid == 0
        assert stat.S_IMODE(one.bin("psql").stat().st_mode) == 0o755
    finally:
        one.stop()


@as_root
def test_an_ordinary_user_runs_a_desk_and_root_may_adopt_it(ground: Path) -> None:
    folder = ground / "nobodys"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    script = """
os.setgroups([]); os.setgid(65534); os.setuid(65534)
s = EmbeddedServer(Path(sys.argv[1])); s.start(); print(s.pids[0], psycopg.connect(s.app_url).info.user)
"""
    pid, user = said(python(script, folder)).split()
    adopted = EmbeddedServer(folder)
    try:
        assert user == "bihuan_app"
        assert adopted.cluster.stat().st_uid == 65534
        adopted.start()
        assert adopted.pids[0] == int(pid)
        adopted.stop()
        adopted.start()
        assert ask(adopted.app_url, "select 1") == 1
        assert said(python(script, folder)).split()[0] == str(adopted.pids[0])
    finally:
        adopted.stop()


@as_root
def test_the_desk_of_root_is_closed_to_an_ordinary_user(server: EmbeddedServer) -> None:
    script = """
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    EmbeddedServer(Path(sys.argv[1])).start()
except EmbeddedServerError as error:
    print(type(error).__name__)
"""
    assert said(python(script, server.cluster.parent)) == "FolderUnusable"


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    assert isinstance(start_failure(tmp_path, "FATAL: could not write: No space left on device"), DiskFull)
    with pytest.raises(DiskFull), telling(tmp_path), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")


@given(st.integers(min_value=0, max_value=2**45))
def test_settings_stay_within_bounds(memory: int) -> None:
    lines = dict(
        line.split(" = ", 1)
        for line in settings_text(memory).splitlines()
        if " = " in line and line[0] != "#"
    )
    shared = int(lines["shared_buffers"].removesuffix("MB"))
    assert 64 <= shared <= 4096
    assert shared <= max(64, memory // MB // 8)
    assert 4 <= int(lines["work_mem"].removesuffix("MB")) <= 32
    assert lines["fsync"] == lines["full_page_writes"] == lines["synchronous_commit"] == "on"


def test_the_tightest_control_group_counts() -> None:
    files = {
        "/sys/fs/cgroup/desk.slice/desk.service/memory.max": "max\n",
        "/sys/fs/cgroup/desk.slice/memory.max": "2147483648\n",
        "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": "9223372036854771712\n",
    }
    memberships = "0::/desk.slice/desk.service\n4:memory:/box\n3:cpuset:/x\n"
    assert min(cgroup_limits(memberships, files.get)) == 2 * 1024 * MB


@given(st.lists(st.from_regex(r"[a-z\"][a-z0-9 _.\"-]{0,20}", fullmatch=True), min_size=1, max_size=3))
def test_access_is_for_the_named_users_only(users: list[str]) -> None:
    hba, ident = access_texts(users)
    rules = [line.split()[0] for line in hba.splitlines() if not line.startswith("#")]
    assert set(rules) == {"local"}
    assert all(" peer map=bihuan" in line for line in hba.splitlines() if not line.startswith("#"))
    assert len([line for line in ident.splitlines() if not line.startswith("#")]) == 3 * len(set(users))


def test_a_path_is_one_item_of_a_list() -> None:
    assert list_item(Path('/a, "b"')) == '"/a, ""b"""'
