"""What commands stand on: settings, a database that runs, a desk in an event loop, and errors as sentences."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NoReturn, TypeVar

import click
import msgspec
import psycopg

from bihuan.core import log
from bihuan.core.desk import Desk
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.problems import Language, Problem
from bihuan.core.settings import Settings, load

T = TypeVar("T")


def language() -> Language:
    """The terminal's language: English where the locale says so, else Chinese."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


def say(zh: str, en: str) -> None:
    """A line for people, on standard error: standard output is for what a command was asked for."""
    click.echo(zh if language() == "zh" else en, err=True)


def fail(problem: Problem, *, code: int = 1) -> NoReturn:
    """End with the problem's sentence and every field it names."""
    click.echo(f"{type(problem).__name__}: {problem.text(language())}", err=True)
    for field in problem.fields:
        click.echo(f"  {field.pointer}: {field.text(language())}", err=True)
    sys.exit(code)


@contextmanager
def sentences() -> Generator[None]:
    """Problems, and a database that does not answer, become a sentence and exit code 1."""
    try:
        yield
    except Problem as problem:
        fail(problem)
    except psycopg.OperationalError as error:
        # Its text quotes the address, and with it perhaps a password.
        code = f"{type(error).__name__} {error.sqlstate or ''}".strip()
        say(
            f"数据库无法访问，请检查地址与服务（{code}）",
            f"the database cannot be reached: check address and server ({code})",
        )
        sys.exit(1)


def settings_of(**overrides: str | int | None) -> Settings:
    """Settings with a command's options over them; ends the command where they are not right."""
    try:
        settings = load(None, **{k: v for k, v in overrides.items() if v is not None})
    except Problem as problem:
        fail(problem, code=2)
    log.configure(
        settings.log_level if os.environ.get("BIHUAN_LOG_LEVEL") else "warning", pretty=sys.stderr.isatty()
    )
    return settings


@contextmanager
def database(settings: Settings) -> Generator[Settings]:
    """Settings whose database runs: the external one, or the embedded server, stopped again if we started it."""
    if settings.database_url:
        yield settings
        return
    server = EmbeddedServer(settings.data_folder)
    running = server.running
    server.start()
    try:
        yield with_urls(settings, server)
    finally:
        if not running:
            server.stop()


def with_urls(settings: Settings, server: EmbeddedServer) -> Settings:
    """Settings that name the embedded server's addresses."""
    return msgspec.structs.replace(settings, database_url=server.app_url, database_admin_url=server.owner_url)


@asynccontextmanager
async def running_desk(settings: Settings) -> AsyncGenerator[Desk]:
    """A desk for one command. Raises Problem, psycopg.Error."""
    from bihuan import app
    from bihuan.core import migrate

    migrate.check(settings.database_url)
    desk = app.make_desk(settings, name="bihuan-cli")
    await desk.start()
    try:
        yield desk
    finally:
        await desk.stop()


def with_desk(settings: Settings, act: Callable[[Desk], Awaitable[T]]) -> T:
    """Run `act` on a desk; problems become sentences and exit code 1."""

    async def run() -> T:
        async with running_desk(running) as desk:
            return await act(desk)

    with sentences(), database(settings) as running:
        return asyncio.run(run())


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data DIR`."""
    return click.option("--data", metavar="DIR", help="数据目录 / data folder (BIHUAN_DATA)")(command)


def tenant_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--tenant CODE`."""
    return click.option("--tenant", metavar="CODE", required=True, help="租户代码 / tenant code")(command)
