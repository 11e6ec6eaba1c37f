"""`bihuan demo`: a desk with thirty days of made-up tickets, seeded once and then served."""

import http.client
import os
import shlex
import socket
import sys
import threading
import time
from datetime import datetime
from uuid import UUID

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bihuan import evidence
from bihuan.cli import demo_desk, demo_seed, serving
from bihuan.cli.context import data_option, fail, language, say, settings_of, with_desk, with_urls
from bihuan.cli.demo_desk import Access, Logins
from bihuan.core import clock, keyring, log, migrate
from bihuan.core.desk import Desk
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.problems import Problem
from bihuan.core.settings import Settings

_FOLDER = "var/demo"
_READY_SECONDS = 60
_ROLES = {
    "agent": ("客服专员", "agent"),
    "lead": ("组长", "team lead"),
    "supervisor": ("主管", "supervisor"),
    "admin": ("系统管理员", "administrator"),
    "auditor": ("审计员", "auditor"),
    "compliance": ("合规专员", "compliance officer"),
}


class PortTaken(Problem):
    """Port {port} on {host} is in use; choose another one by --port."""

    status = 409
    zh = "{host} 的端口 {port} 已被占用，请用 --port 换一个。"


class NotADemo(Problem):
    """{folder} holds a desk that is no demo; choose another folder by --data."""

    status = 409
    zh = "{folder} 中的系统不是演示系统，请用 --data 换一个目录。"


@click.command()
@data_option
@click.option("--port", type=click.IntRange(1, 65535), help="端口，缺省 8080 / port")
@click.option(
    "--tickets",
    "count",
    type=click.IntRange(1, 5000),
    default=300,
    show_default=True,
    help="工单数 / how many",
)
def demo(data: str | None, port: int | None, count: int) -> None:
    """演示：首次运行生成近三十天的工单，随后启动服务。

    A demo: seeded at its first start with thirty days of tickets, then served. All of it is made up.
    """
    folder = data or os.environ.get("BIHUAN_DATA") or _FOLDER
    # Whatever the environment says of a real desk's database and keys, a demo has its own.
    quiet = os.environ.get("BIHUAN_LOG_LEVEL", "warning")
    own = {
        "data": folder,
        "database_url": "",
        "database_admin_url": "",
        "keys": "",
        "subject_keys": "",
        "log_level": quiet,
    }
    settings = settings_of(**own, port=port)
    log.configure(settings.log_level, pretty=sys.stderr.isatty())
    try:
        _check_port(settings)
        logins, access = _prepared(settings, count)
        serving.run(settings, "all", ready=lambda: _announce_when_ready(settings, logins, access))
    except Problem as problem:
        fail(problem)
    except psycopg.OperationalError as error:
        click.echo(f"database: {type(error).__name__} {error.sqlstate or ''}", err=True)
        sys.exit(1)


def _check_port(settings: Settings) -> None:
    """Raises PortTaken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTaken(host=settings.host, port=settings.port) from error


def _prepared(settings: Settings, count: int) -> tuple[Logins, Access]:
    """Server, keys, schema and tickets, at the first time; else what there is. Returns logins, a fresh token and link.

    The server is left running for `serving.run`, unless something went wrong and we had started it.
    """
    server = EmbeddedServer(settings.data_folder)
    running = server.running
    server.start()
    try:
        if not settings.keys_file.exists():
            keyring.init(settings.keys_file)
        served = with_urls(settings, server)
        migrate.migrate(served.database_admin_url)
        return with_desk(served, lambda desk: _seeded(desk, count))
    except BaseException:
        if not running:
            server.stop()
        raise


async def _seeded(desk: Desk, count: int) -> tuple[Logins, Access]:
    folder = desk.settings.data_folder
    logins, tenant_id = demo_desk.read_logins(folder), await demo_desk.tenant_of(desk)
    if tenant_id is None:
        if await evidence.all_tenants(desk.database):
            raise NotADemo(folder=str(folder))
        logins = logins or demo_desk.new_logins()
        demo_desk.write_logins(folder, logins)
        tenant_id = await _seed(desk, logins, count)
        demo_desk.mark_seeded(folder, logins)
    elif logins is None:
        logins = demo_desk.new_logins()
        await demo_desk.renew_passwords(desk, tenant_id, logins)
        demo_desk.mark_seeded(folder, logins)
    elif not logins.seeded:
        say(
            f"上次生成未完成，现有工单照常可用；要重新生成，请先删除 {folder}",
            f"seeding was interrupted; what is there can be used. To seed anew, delete {folder} first",
        )
    return logins, await demo_desk.access(desk, tenant_id)


async def _seed(desk: Desk, logins: Logins, count: int) -> UUID:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[day]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        title = f"生成 {count} 张工单" if language() == "zh" else f"seeding {count} tickets"
        task = bar.add_task(title, total=1.0, day="")

        def told(moment: datetime, share: float) -> None:
            bar.update(task, completed=share, day=f"{moment:%Y-%m-%d}")

        return await demo_seed.seed(desk, logins, count, told)


def _announce_when_ready(settings: Settings, logins: Logins, access: Access) -> None:
    """Say where everything is once it answers; the web server goes on starting meanwhile."""

    def wait_and_say() -> None:
        ends = clock.perf() + _READY_SECONDS
        while clock.perf() < ends and not _answers(settings):
            time.sleep(0.1)
        _print(settings, logins, access)

    threading.Thread(target=wait_and_say, daemon=True).start()


def _answers(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _print(settings: Settings, logins: Logins, access: Access) -> None:
    english = language() == "en"
    base = f"http://{settings.host}:{settings.port}"
    lines = [
        "",
        "Bihuan demo — all data is made up" if english else "闭环 演示系统 —— 数据均为虚构",
        *_portal(settings, access, english=english),
        "",
        "the console, for agents:" if english else "坐席工作台：",
        f"  {base}/console/",
        f"  {'tenant' if english else '租户'}: {logins.tenant}",
    ]
    lines += [f"  {p.login:<11} {p.password}  {p.name} ({_ROLES[p.role][english]})" for p in logins.logins]
    lines += [
        f"  {'kept in' if english else '已存于'} {demo_desk.path_of(settings.data_folder)}",
        "",
        "the API; a token of agent, shown once:" if english else "接口；agent 的 API 令牌，仅显示一次：",
        f"  {base}/api",
        f"  curl -H 'Authorization: Bearer {access.token}' '{base}/api/v1/tickets?limit=3'",
        "",
        "Ctrl-C stops" if english else "按 Ctrl-C 停止",
    ]
    click.echo("\n".join(lines))


def _portal(settings: Settings, access: Access, *, english: bool) -> list[str]:
    if access.link is None:
        return []
    another = f"{shlex.quote(sys.argv[0])} portal link --data {settings.data} --port {settings.port} --customer-ref {access.customer_ref}"
    return [
        "",
        "the portal, as a customer; this link opens once:"
        if english
        else "以客户身份打开门户（链接只能打开一次）：",
        f"  {access.link}",
        f"  {'another one:' if english else '再生成一个：'} {another}",
    ]


COMMANDS: tuple[click.Command, ...] = (demo,)
