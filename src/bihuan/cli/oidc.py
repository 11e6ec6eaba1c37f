"""`bihuan oidc`: the institution's own sign-in services, from the command line."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from bihuan import identity
from bihuan.cli.context import data_option, say, settings_of, with_desk
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk

Command = Callable[..., Any]


@click.group()
def oidc() -> None:
    """统一登录（OpenID Connect）。Sign-in services."""


_tenant = click.option("--tenant", required=True, metavar="CODE", help="租户代码 / tenant code")


@oidc.command("add")
@data_option
@_tenant
@click.option("--code", required=True, help="服务代码，如 sso / code of the service")
@click.option("--name-zh", required=True, help="按钮上的中文名 / Chinese name on the button")
@click.option("--name-en", required=True, help="英文名 / English name")
@click.option("--issuer", required=True, help="签发者地址 / issuer, https://…")
@click.option("--client-id", required=True, help="本系统在该服务的客户端编号 / what it calls this desk")
@click.option(
    "--secret-file", type=click.Path(exists=True, dir_okay=False), help="客户端密钥文件 / file of the secret"
)
@click.option(
    "--public-client", is_flag=True, help="公共客户端，没有密钥 / a public client, which has no secret"
)
@click.option(
    "--bind",
    type=click.Choice(["none", "login", "email"]),
    default="none",
    help="首次登录按什么认人 / how somebody is found the first time",
)
def add(data: str | None, tenant: str, secret_file: str | None, **told: object) -> None:
    """添加或修改一个统一登录服务。Set up or change a service."""
    secret = Path(secret_file).read_text(encoding="utf-8").strip() if secret_file else None
    wanted = msgspec.convert({**told, "client_secret": secret}, identity.NewProvider, strict=False)

    async def act(work: Work) -> None:
        await identity.put_provider(work, desk_actor(work.tenant_id), wanted)

    _in_tenant(data, tenant, act)
    say(f"已设置统一登录 {wanted.code}", f"sign-in service {wanted.code} is set up")


@oidc.command("check")
@data_option
@_tenant
@click.option("--code", required=True, help="服务代码 / code of the service")
def check(data: str | None, tenant: str, code: str) -> None:
    """读取发现文档与公钥，不登录。Read its discovery document and keys; nobody signs in."""

    async def act(desk: Desk) -> None:
        found = await identity.find_tenant(desk, tenant)
        checked = await identity.check_provider(desk, found.id, code)
        click.echo(f"issuer: {checked.issuer}")
        click.echo(f"authorization_endpoint: {checked.authorization_endpoint}")
        click.echo(f"keys: {checked.keys}")
        click.echo(f"end_session: {'yes' if checked.ends_sessions else 'no'}")

    with_desk(settings_of(data=data), act)


def _in_tenant(data: str | None, tenant: str, act: Callable[[Work], Awaitable[None]]) -> None:
    async def run(desk: Desk) -> None:
        found = await identity.find_tenant(desk, tenant)
        async with desk.database.work(found.id) as work:
            await act(work)

    with_desk(settings_of(data=data), run)


COMMANDS = (oidc,)
