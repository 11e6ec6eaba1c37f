"""The tests' desk: one embedded PostgreSQL for the whole run, one migrated template, one cloned database per worker.

Tests speak HTTP to the app in this process; `client(...)` is somebody signed in by a token of the role asked for.
"""

import asyncio
import faulthandler
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import hypothesis
import psycopg
import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

from bihuan import app, identity
from bihuan.api import web
from bihuan.casetypes import CaseType, read_packs, store
from bihuan.core import ids, keyring, migrate
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.desk import Desk
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.permissions import all_codes
from bihuan.core.settings import Settings, load
from bihuan.identity import NewStaff, NewTeam, NewToken

ROOT = Path(__file__).parent.parent
# How long an example takes is no matter of right or wrong, and on a machine with much to do it varies. A sample is the
# same each time, so that it judges the change and not the draw; a whole run draws anew.
hypothesis.settings.register_profile(
    "desk", deadline=None, derandomize=os.environ.get("BIHUAN_TEST_LONG") != "1"
)
hypothesis.settings.load_profile("desk")


def _in_memory() -> None:
    """What a run leaves for a moment lies in memory where there is plenty: its databases sync as they do elsewhere, and
    it costs nothing. TMPDIR, where it is set, decides otherwise."""
    memory = Path("/dev/shm")
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK):
        return
    told = os.statvfs(memory)
    if told.f_bavail * told.f_frsize >= 8 << 30 and not told.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"], tempfile.tempdir = str(memory), None


_in_memory()
_TEAMS = ("DISPUTE", "BILLING", "CARD_OPS", "CS_L1", "FRAUD")
_FOLDER = (
    Path(tempfile.gettempdir())
    / f"bihuan-tests-{os.getppid() if 'PYTEST_XDIST_WORKER' in os.environ else os.getpid()}"
)


_FIGURES = _FOLDER.with_name(f"{_FOLDER.name}-figures")


def figure(line: str) -> None:
    """A seed or figure that the run's last lines repeat, whichever worker found it."""
    with _FIGURES.open("a", encoding="utf-8") as file:
        file.write(line.strip() + "\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seeds and figures, last."""
    if "PYTEST_XDIST_WORKER" not in os.environ and _FIGURES.exists():
        terminalreporter.section("seeds and figures")
        terminalreporter.write(_FIGURES.read_text(encoding="utf-8"))
        _FIGURES.unlink()


#: Files that take longest, in this order: begun last, one would keep a single core busy while the other idles.
_LONGEST = ("trust/test_leaks", "cli/test_demo", "cli/test_serving", "trust/test_schema", "faults/test_killed",
    "journeys/test_console_pages", "journeys/test_portal_pages", "privacy/test_gone", "trust/test_bypassrls",
    "tickets/test_package", "privacy/test_documents", "tickets/test_files")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others in the order they were given or shuffled into."""
    rank = {f"{ROOT}/tests/{name}.py": n for n, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: rank.get(str(item.path), len(rank)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """A test is given its time once, and may have used it up: an end that does not come ends its worker, which says
    where each thread stands, and the others go on."""
    faulthandler.dump_traceback_later(300, exit=True, file=item.config.stash[fault_handler_stderr_fd_key])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The database server; the last worker to leave does not know it is the last, so the run's own process stops it."""
    _FOLDER.mkdir(mode=0o755, exist_ok=True)
    one = EmbeddedServer(_FOLDER)
    one.start()
    yield one


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the server and remove its folder, once, by the process that started the run."""
    if "PYTEST_XDIST_WORKER" not in os.environ and _FOLDER.exists():
        one = EmbeddedServer(_FOLDER)
        cluster = one.cluster.parent if one.running else None
        one.stop()
        shutil.rmtree(_FOLDER, ignore_errors=True)
        if cluster is not None and cluster != _FOLDER:
            shutil.rmtree(cluster, ignore_errors=True)


@pytest.fixture(scope="session")
def database(server: EmbeddedServer, worker_id: str) -> str:
    """The name of this worker's own database, migrated."""
    name = f"bihuan_{worker_id}"
    server.create_database(name)
    migrate.migrate(server.url("bihuan_owner", name))
    return name


@pytest.fixture(scope="session")
def settings(server: EmbeddedServer, database: str, worker_id: str) -> Settings:
    """Settings of the tests' desk."""
    folder = _FOLDER / f"data-{worker_id}"
    keyring.init(folder / "keys.json")
    made = {
        "data": str(folder),
        "database_url": server.url("bihuan_app", database),
        "database_admin_url": server.url("bihuan_owner", database),
        "sign_in_tries": 5,
        "statement_timeout_ms": 30_000,
        "lock_timeout_ms": 15_000,
        "idle_transaction_timeout_ms": 15_000,
        "quiet_hours": "",
        "console_url": "http://desk",
        "requests_per_minute": 0,  # one process speaks as everybody here; tests/trust/test_limits.py sets its own
        "anonymous_requests_per_minute": 0,
    }
    return load({}, **made)


@pytest.fixture(scope="session")
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    """A running desk."""
    made = app.make_desk(settings, name="bihuan-test")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="session")
async def http(desk: Desk) -> AsyncIterator[httpx.ASGITransport]:
    """The web app, spoken to in this process."""
    yield httpx.ASGITransport(web.create(desk, stopping=lambda: False), raise_app_exceptions=False)


class House:
    """A tenant with teams, packs and people, and clients who speak as them."""

    def __init__(self, desk: Desk, transport: httpx.ASGITransport, tenant_id: UUID, code: str) -> None:
        self.desk = desk
        self.transport = transport
        self.tenant_id = tenant_id
        self.code = code
        self.people: dict[str, UUID] = {}
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def client(
        self, role: str = "supervisor", *, login: str | None = None, team: str = "DISPUTE"
    ) -> httpx.AsyncClient:
        """Somebody of a role (made at first need), by token."""
        login = login or role
        if login not in self._clients:
            self._clients[login] = self._speaker(await self.token(role, login=login, team=team))
        return self._clients[login]

    async def token(
        self, role: str, *, login: str, team: str = "DISPUTE", password: str | None = None
    ) -> str:
        """A token of somebody of a role."""
        async with self.desk.database.work(self.tenant_id) as work:
            person = NewStaff(
                login=login,
                name=login.partition("@")[0].title(),
                roles=[role] if role else [],
                teams=[team],
                password=password,
            )
            staff_id = await identity.add_staff(work, desk_actor(self.tenant_id), person)
            actor = Actor(
                tenant_id=self.tenant_id, id=staff_id, kind="staff", name=login, permissions=all_codes()
            )
            token = await identity.make_token(work, actor, NewToken(name="test"), most_days=90)
        identity.forget_names("")
        self.people[login] = staff_id
        assert token.secret
        return token.secret

    def anonymous(self) -> httpx.AsyncClient:
        """Nobody."""
        return httpx.AsyncClient(transport=self.transport, base_url="http://desk/api/v1")

    def _speaker(self, token: str) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.AsyncClient(transport=self.transport, base_url="http://desk/api/v1", headers=headers)

    async def example(self, case_type: str = "disputed_bill") -> dict[str, Any]:
        """The worked example of a case type, as the API gives it."""
        client = await self.client()
        return dict((await client.get(f"/case-types/{case_type}")).json()["example"])

    async def ticket(
        self, client: httpx.AsyncClient | None = None, case_type: str = "disputed_bill", **changes: Any
    ) -> dict[str, Any]:
        """A ticket just opened from the worked example."""
        body = {**await self.example(case_type), **changes}
        answer = await (client or await self.client()).post("/tickets", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def accepted(self, client: httpx.AsyncClient | None = None, **changes: Any) -> dict[str, Any]:
        """A `general` ticket, which needs nothing, claimed by the client."""
        client = client or await self.client()
        ticket = await self.ticket(client, "general", **changes)
        answer = await client.post(f"/tickets/{ticket['id']}/claim", json={"version": ticket["version"]})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@cache
def packs() -> tuple[CaseType, ...]:
    """The shipped packs, read once a process."""
    return tuple(r.case_type for r in read_packs(ROOT / "packs") if r.case_type)


async def found(desk: Desk, transport: httpx.ASGITransport) -> House:
    """A fresh tenant with teams and packs."""
    tenant_id = ids.new_id()
    code = f"t{tenant_id.hex[-12:]}"
    async with desk.database.work(tenant_id) as work:
        await identity.found_tenant(work, code=code, name="测试")
        for team in _TEAMS:
            await identity.add_team(
                work, desk_actor(tenant_id), NewTeam(code=team, name_zh=team, name_en=team)
            )
        await store.load(work, desk_actor(tenant_id), packs(), "shipped")
    return House(desk, transport, tenant_id, code)


@pytest.fixture
async def house(desk: Desk, http: httpx.ASGITransport) -> House:
    """A tenant of this test's own."""
    return await found(desk, http)


@pytest.fixture(scope="module")
async def shared_house(desk: Desk, http: httpx.ASGITransport) -> House:
    """A tenant for the tests of one file."""
    return await found(desk, http)


@pytest.fixture
def owner(settings: Settings) -> Iterator[psycopg.Connection]:
    """The owner's connection, for tests that look behind the desk."""
    with psycopg.connect(settings.database_admin_url, autocommit=True) as connection:
        yield connection


def gather(*work: Any) -> Any:
    """asyncio.gather, for tests of what happens at once."""
    return asyncio.gather(*work)
