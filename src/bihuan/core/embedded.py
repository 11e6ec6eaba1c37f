"""The embedded PostgreSQL: one private server per data folder, started on first need, known by connecting to it.

It owns the cluster (`<folder>/postgres`), its socket folder, its settings and its system account. It promises: only
the operating-system user who runs the desk (and root) gets in, over a unix socket and by nothing but who they are;
what was committed survives a kill -9; a start waits through recovery, and two at once yield one server; the server
outlives the process that started it. It refuses to touch the permissions of folders it did not make.
"""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from bihuan.core import embedded_postmaster as process
from bihuan.core import log
from bihuan.core.embedded_account import make_private
from bihuan.core.embedded_place import (
    PORT,
    UNFINISHED,
    Place,
    existing_place,
    make_socket_folder,
    new_place,
    remember,
    sync_folder,
)
from bihuan.core.embedded_postmaster import Answer, Launch, Patience
from bihuan.core.embedded_problems import (
    BinariesMissing,
    CannotEnter,
    ClusterOfAnotherVersion,
    NotStarted,
    ProcessUnknown,
    start_failure,
    telling,
)
from bihuan.core.embedded_programs import locked, programs_for, version
from bihuan.core.embedded_settings import (
    APP,
    LOCAL,
    MAIN,
    OWNER,
    SUPERUSER,
    access_texts,
    available_memory,
    dynamic_memory_type,
    settings_text,
)

DATABASE = "bihuan"
ROLES = Path(__file__).with_name("roles.sql")
#: Recovery after a crash replays at most a few gigabytes; an hour means something is wrong.
START_LIMIT_SECONDS = 3600
STOP_LIMIT_SECONDS = 600
#: How long a server that says it is ready may go without a socket before it is replaced.
_UNREACHABLE_SECONDS = 5

logger = log.get(__name__)


class EmbeddedServer:
    """The PostgreSQL of the data folder `folder`; any number of processes may hold one and call start()."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._programs: Path | None = None

    def start(self) -> None:
        """See that the server runs and has its roles and database; idempotent. EmbeddedServerError says why not."""
        with self._alone():
            place = existing_place(self._folder) or self._created()
            programs = self._checked_programs(place)
            self._bring_up(place, programs)
            self._furnish()

    def stop(self) -> None:
        """Stop the server cleanly and wait until it is gone; nothing to do where none runs. StillRunning, ProcessUnknown."""
        if not self._folder.exists():
            return
        with self._alone():
            place = existing_place(self._folder)
            running = self._postmaster(place) if place else None
            if place and running:
                process.halt(running, place.cluster, STOP_LIMIT_SECONDS)
                logger.info("postgres.stopped", cluster=str(place.cluster))

    @property
    def running(self) -> bool:
        """Whether this folder's server answers; found by connecting."""
        place = existing_place(self._folder)
        return (
            place is not None
            and process.ask(_url(place, SUPERUSER, "postgres"), place.cluster) is Answer.READY
        )

    @property
    def pids(self) -> tuple[int, ...]:
        """The postmaster's pid, then those of its processes; empty where it does not run."""
        place = existing_place(self._folder)
        found = process.postmaster(place.cluster) if place else None
        return process.family(found) if found else ()

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data folder. NotStarted before the first start."""
        return self._place().cluster

    def url(self, role: str, database: str = DATABASE) -> str:
        """A libpq URL over the unix socket. NotStarted before the first start."""
        return _url(self._place(), role, database)

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER)

    @property
    def owner_url(self) -> str:
        return self.url(OWNER)

    @property
    def app_url(self) -> str:
        return self.url(APP)

    def bin(self, name: str) -> Path:
        """The path of one of PostgreSQL's programs (psql, pg_dump, pgbench …), of the server's own version."""
        if self._programs is None:
            self._programs = programs_for(self._place().account)
        path = self._programs / "bin" / name
        if not path.is_file():
            raise BinariesMissing(path=str(path))
        return path

    def create_database(self, name: str) -> None:
        """Create the database `name` if it is missing and give it the desk's roles and grants; idempotent."""
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} template template0").format(sql.Identifier(name))
                )
        with psycopg.connect(self.url(SUPERUSER, name), autocommit=True) as connection:
            connection.execute(ROLES.read_bytes())  # one string without parameters: one transaction

    def _place(self) -> Place:
        place = existing_place(self._folder)
        if place is None:
            raise NotStarted(folder=str(self._folder))
        return place

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Make the data folder if it is missing (root's must be passable for PostgreSQL's account) and lock it."""
        with telling(self._folder):
            self._folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        with locked(self._folder / "postgres.lock"):
            yield

    def _created(self) -> Place:
        """A new cluster, complete or not there at all: made aside, then renamed."""
        place = new_place(self._folder)
        fresh = place.cluster.with_name(UNFINISHED)
        initdb = programs_for(place.account) / "bin" / "initdb"
        with telling(fresh):
            if fresh.exists():
                shutil.rmtree(fresh)
            make_private(fresh, place.account)
            remember(self._folder, place)
            arguments = ["-D", str(fresh), "-U", SUPERUSER, "--auth-local=peer", "--auth-host=reject"]
            arguments += [
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ]
            done = place.account.run([initdb, *arguments, "--data-checksums", "--no-instructions"])
            if done.returncode:
                shutil.rmtree(fresh)
                raise start_failure(place.cluster, done.stderr)
            fresh.rename(place.cluster)
            sync_folder(place.cluster.parent)
        logger.info("postgres.created", cluster=str(place.cluster), account=place.account.name)
        return place

    def _checked_programs(self, place: Place) -> Path:
        if not place.account.may_enter(place.cluster):
            raise CannotEnter(account=place.account.name, folder=str(place.cluster))
        self._programs = programs_for(place.account)
        with telling(place.cluster):
            found = (place.cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
        needed = version(self._programs).split(".")[0]
        if found != needed:
            raise ClusterOfAnotherVersion(cluster=str(place.cluster), found=found, needed=needed)
        return self._programs

    def _bring_up(self, place: Place, programs: Path) -> None:
        """Ask until the server is ready, starting it whenever there is none."""
        url = _url(place, SUPERUSER, "postgres")
        patience = Patience(START_LIMIT_SECONDS, "postgres.still_starting")
        launch: Launch | None = None
        while (answer := process.ask(url, place.cluster)) is not Answer.READY:
            if answer is Answer.ABSENT and (launch is None or not launch.alive):
                launch = self._launched(place, programs, launch)
            patience.wait(lambda: start_failure(place.cluster, "\n".join(process.log_tail(place.cluster))))

    def _launched(self, place: Place, programs: Path, last: Launch | None) -> Launch | None:
        """Start the postmaster, unless there is one to wait for; raises why the last one ended, if for good."""
        if last is not None and (failure := last.failure()) is not None:
            raise failure
        found = process.postmaster(place.cluster)
        if found is not None:
            self._replace_if_unreachable(place, found)
            return None
        process.disarm(place)
        _write_settings(place)
        make_socket_folder(place)
        logger.info("postgres.starting", cluster=str(place.cluster), account=place.account.name)
        return Launch(place, programs)

    def _replace_if_unreachable(self, place: Place, found: psutil.Process) -> None:
        """A server whose socket was deleted can never be reached again: end it, so that the next step starts one."""
        patience = Patience(_UNREACHABLE_SECONDS, "postgres.unreachable")
        while process.alive(found) and process.says_ready(place.cluster) and not place.socket.exists():
            if patience.over:
                logger.warning("postgres.unreachable", cluster=str(place.cluster))
                return process.halt(found, place.cluster, STOP_LIMIT_SECONDS)
            patience.step()

    def _furnish(self) -> None:
        try:
            self.create_database(DATABASE)
        except psycopg.Error as error:
            raise start_failure(self.cluster, str(error)) from error

    def _postmaster(self, place: Place) -> psutil.Process | None:
        """The postmaster by its pid file and, where it answers, by the parent of our own session: both must agree."""
        found = process.postmaster(place.cluster)
        try:
            with psycopg.connect(_url(place, SUPERUSER, "postgres"), connect_timeout=5) as connection:
                parent = psutil.Process(connection.info.backend_pid).ppid()
        except psycopg.OperationalError:
            return found  # starting, stopping or full: what the pid file's process is must do
        except psutil.NoSuchProcess:
            raise ProcessUnknown(cluster=str(place.cluster)) from None
        if found is None or parent != found.pid:
            raise ProcessUnknown(cluster=str(place.cluster))
        return found


def _url(place: Place, role: str, database: str) -> str:
    host = quote(os.fsencode(place.sockets), safe="")
    return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"


def _write_settings(place: Place) -> None:
    write, cluster = place.account.write, place.cluster
    hba, ident = access_texts(["root", place.account.name])
    write(cluster / "bihuan.conf", settings_text(available_memory(), dynamic_memory_type()))
    write(cluster / "postgresql.conf", MAIN)
    write(cluster / "pg_hba.conf", hba)
    write(cluster / "pg_ident.conf", ident)
    if not (cluster / "local.conf").exists():
        write(cluster / "local.conf", LOCAL)
