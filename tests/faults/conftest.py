"""A desk in this process on a database of its own, so that its connections can be ended without ending anybody else's."""

import shutil
from collections.abc import AsyncIterator, Iterator

import httpx
import psycopg
import pytest

from bihuan import app
from bihuan.api import web
from bihuan.core import keyring, migrate
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.settings import Settings, load
from tests.cli.command import open_folder
from tests.conftest import House, found


@pytest.fixture
def own_settings(server: EmbeddedServer, worker_id: str) -> Iterator[Settings]:
    """Settings of a desk of this test's own."""
    name, folder = f"bihuan_faults_{worker_id}", open_folder()
    server.create_database(name)
    migrate.migrate(server.url("bihuan_owner", name))
    keyring.init(folder / "data" / "keys.json")
    urls = {role: server.url(f"bihuan_{role}", name) for role in ("app", "owner")}
    # At night too, a message goes when a test sends it.
    yield load(
        {},
        data=str(folder / "data"),
        database_url=urls["app"],
        database_admin_url=urls["owner"],
        quiet_hours="",
    )
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def own_house(own_settings: Settings) -> AsyncIterator[House]:
    """A house on it."""
    desk = app.make_desk(own_settings, name="bihuan-faults")
    await desk.start()
    transport = httpx.ASGITransport(web.create(desk, stopping=lambda: False), raise_app_exceptions=False)
    yield await found(desk, transport)
    await desk.stop()


@pytest.fixture
def superuser(server: EmbeddedServer, own_settings: Settings) -> Iterator[psycopg.Connection]:
    """The superuser's connection to it."""
    name = own_settings.database_url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(server.url("postgres", name), autocommit=True) as connection:
        yield connection
