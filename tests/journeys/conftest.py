"""The real thing: `bihuan serve` on a database of its own, the built web app, and people at Chromium."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bihuan import app, identity
from bihuan.api import web
from bihuan.core import ids, keyring, migrate
from bihuan.core.desk import Desk
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.settings import Settings, load
from tests.cli.command import Serving, clean_environment, free_port, open_folder
from tests.conftest import ROOT, found
from tests.journeys import browser as browsers
from tests.journeys.bank import Bank
from tests.journeys.browser import Person, View

People = Callable[..., Awaitable[Person]]
#: Small, so that a journey meets them soon.
LIMITS = {"sign_in_tries": 3, "attachment_bytes": 300_000}
expect.set_options(timeout=10_000)
PICTURES = ROOT / "var" / "journeys"


@pytest.fixture(scope="session")
def journey_settings(server: EmbeddedServer, worker_id: str) -> Iterator[Settings]:
    """Settings of the journeys' desk: its own database, so that its connections can be ended."""
    name, folder, port = f"bihuan_journeys_{worker_id}", open_folder(), free_port()
    server.create_database(name)
    migrate.migrate(server.url("bihuan_owner", name))
    keyring.init(folder / "data" / "keys.json")
    urls = {role: server.url(f"bihuan_{role}", name) for role in ("app", "owner")}
    yield load(
        {}, data=str(folder / "data"), database_url=urls["app"], database_admin_url=urls["owner"], port=port,
        public_url=f"http://127.0.0.1:{port}", workers=1, **LIMITS,
    )  # fmt: skip
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def serving(journey_settings: Settings) -> Iterator[Serving]:
    """`bihuan serve`, web and worker, ready."""
    if not (ROOT / "web" / "dist" / "console" / "index.html").exists():
        pytest.fail(browsers.UNBUILT)
    of = journey_settings
    env = clean_environment(
        BIHUAN_DATA=of.data, BIHUAN_DATABASE_URL=of.database_url, BIHUAN_DATABASE_ADMIN_URL=of.database_admin_url,
        BIHUAN_WORKERS="1", BIHUAN_PUBLIC_URL=of.public_url,
        **{f"BIHUAN_{name.upper()}": str(value) for name, value in LIMITS.items()},
    )  # fmt: skip
    with Serving(Path(of.data).parent, env, port=of.port) as one:
        yield one.wait_ready()


@pytest.fixture(scope="session")
async def journey_desk(journey_settings: Settings) -> AsyncIterator[Desk]:
    """The same desk in this process, to found tenants and to act beside the server. Each has a neighbour."""
    desk = app.make_desk(journey_settings, name="bihuan-journeys")
    await desk.start()
    async with desk.database.work(ids.new_id()) as work:
        await identity.found_tenant(work, code="neighbour", name="邻行")
    yield desk
    await desk.stop()


@pytest.fixture(scope="module")
async def bank(journey_desk: Desk, serving: Serving) -> Bank:
    """A tenant for the journeys of one file."""
    app_here = web.create(journey_desk, stopping=lambda: False)
    transport = httpx.ASGITransport(app_here, raise_app_exceptions=False)
    return Bank(await found(journey_desk, transport), serving.url)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser; each person has a context of their own in it."""
    if shutil.which(browsers.PROGRAM) is None:
        pytest.fail(browsers.MISSING)
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=browsers.PROGRAM, args=list(browsers.FLAGS))
        yield one
        await one.close()


@pytest.fixture
async def people(
    chromium: Browser, serving: Serving, request: pytest.FixtureRequest
) -> AsyncIterator[People]:
    """Seats people at browsers: `await people(View(...))`. At the end nobody may have met an undeclared fault."""
    here: list[Person] = []
    folders = browsers.picture_folders(PICTURES, docs=os.environ.get("BIHUAN_PICTURES") == "1")

    async def come(view: View = View(), dist: Path | None = None) -> Person:  # noqa: B008 (frozen)
        person = await Person.sit_down(chromium, serving.url, view, folders)
        if dist is not None:
            await browsers.serve_from(person.context, dist)
        here.append(person)
        return person

    yield come
    failed = request.node.stash.get(_FAILED, False)
    for number, person in enumerate(here):
        if failed and not person.page.is_closed():
            await person.picture(f"failed/{request.node.name[:60].replace('/', '-')}-{number}")
        await asyncio.wait_for(person.context.close(), 30)
    assert [fault for person in here for fault in person.faults] == []


@pytest.fixture
def superuser(server: EmbeddedServer, journey_settings: Settings) -> Iterator[psycopg.Connection]:
    """The superuser's connection to the journeys' database, for what befalls a desk from outside."""
    name = journey_settings.database_url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(server.url("postgres", name), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
async def empty_page(chromium: Browser) -> AsyncIterator[Page]:
    """A page for what needs no desk."""
    context = await chromium.new_context(viewport={"width": 800, "height": 600}, reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def blank(empty_page: Page) -> Page:
    """That page, blank, by day."""
    await empty_page.goto("about:blank")
    await empty_page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return empty_page


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember a failure, so that its picture is kept."""
    outcome = yield
    report = outcome.get_result()  # pyright: ignore
    if report.when == "call":
        item.stash[_FAILED] = report.failed
