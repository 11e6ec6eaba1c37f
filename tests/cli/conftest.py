"""Data folders of the tests' own, and databases of their own on the tests' server, as two URLs."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from bihuan.core.embedded import EmbeddedServer
from tests.cli.command import clean_environment, done, open_folder

_numbers = count(1)


@contextmanager
def _folder() -> Generator[Path]:
    made = open_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _outside(server: EmbeddedServer, worker_id: str, folder: Path) -> Generator[dict[str, str]]:
    name = f"bihuan_cli_{worker_id}_{next(_numbers)}"
    server.create_database(name)
    yield clean_environment(
        BIHUAN_DATA=str(folder / "data"),
        BIHUAN_DATABASE_URL=server.url("bihuan_app", name),
        BIHUAN_DATABASE_ADMIN_URL=server.url("bihuan_owner", name),
        BIHUAN_WORKERS="1",
    )
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder which PostgreSQL's account may pass."""
    with _folder() as made:
        yield made


@pytest.fixture
def empty(server: EmbeddedServer, worker_id: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a desk with an external database, empty, and no keys."""
    with _outside(server, worker_id, folder) as env:
        yield env


@pytest.fixture
def env(empty: dict[str, str]) -> dict[str, str]:
    """The same, migrated, with keys."""
    done("db", "migrate", env=empty)
    done("keys", "init", env=empty)
    return empty


@pytest.fixture(scope="module")
def desk_env(server: EmbeddedServer, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of this file's desk: the tenant `demo`, its packs, and the supervisor `li`."""
    with _folder() as made, _outside(server, worker_id, made) as env:
        done("db", "migrate", env=env)
        done("keys", "init", env=env)
        done("tenant", "add", "demo", "--name", "示范银行", env=env)
        done("packs", "load", "--tenant", "demo", env=env)
        done("user", "add", "--tenant", "demo", "--login", "li", "--role", "supervisor", env=env)
        yield env


@pytest.fixture(scope="module")
def token(desk_env: dict[str, str]) -> str:
    """A token of `li`."""
    return done("token", "add", "--tenant", "demo", "--user", "li", env=desk_env).strip()
