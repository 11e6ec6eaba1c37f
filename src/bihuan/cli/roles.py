"""`bihuan roles diff|load|check`: what a release ships, and who holds what nobody may hold together."""

import sys

import click

from bihuan import identity
from bihuan.cli.context import data_option, language, say, settings_of, tenant_option, with_desk
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.identity import RoleChange


@click.group()
def roles() -> None:
    """角色：比较、加载、检查不相容岗位。Roles: diff, load, check."""


@roles.command("diff")
@data_option
@tenant_option
def roles_diff(data: str | None, tenant: str) -> None:
    """本版本的角色与租户现有角色的差别；加载会改变时退出码 1。What loading would change; exits 1 where anything would."""
    changes = _with_roles(data, tenant, write=False)
    _print(changes)
    sys.exit(1 if any(change.change in ("added", "changed") for change in changes) else 0)


@roles.command("load")
@data_option
@tenant_option
@click.option(
    "--take", multiple=True, metavar="CODE", help="连同机构改过的角色一并替换，可重复 / replace one's own too"
)
def roles_load(data: str | None, tenant: str, take: tuple[str, ...]) -> None:
    """加载本版本的角色；机构自己改过的保持不变。Load what is shipped; what the tenant changed stays."""
    _print(_with_roles(data, tenant, write=True, take=take))


@roles.command("check")
@data_option
@tenant_option
def roles_check(data: str | None, tenant: str) -> None:
    """列出同时属于不相容岗位的人员；有则退出码 1。Who holds incompatible groups; exits 1 where anybody does."""

    async def act(desk: Desk) -> list[identity.Violation]:
        tenant_id = (await identity.find_tenant(desk, tenant)).id
        async with desk.database.work(tenant_id) as work:
            return await identity.violations(work)

    found = with_desk(settings_of(data=data), act)
    for one in found:
        click.echo(f"{one.login}\t{one.problem.text(language())}")
    say(f"发现 {len(found)} 人", f"{len(found)} people")
    sys.exit(1 if found else 0)


def _with_roles(
    data: str | None, tenant: str, *, write: bool, take: tuple[str, ...] = ()
) -> list[RoleChange]:
    async def act(desk: Desk) -> list[RoleChange]:
        tenant_id = (await identity.find_tenant(desk, tenant)).id
        async with desk.database.work(tenant_id) as work:
            if not write:
                return await identity.diff_roles(work)
            return await identity.load_roles(work, desk_actor(tenant_id), take=take)

    return with_desk(settings_of(data=data), act)


def _print(changes: list[RoleChange]) -> None:
    for change in changes:
        signs = [*(f"+{code}" for code in change.gains), *(f"-{code}" for code in change.loses)]
        click.echo("\t".join((change.change, change.code, " ".join(signs))))


COMMANDS: tuple[click.Command, ...] = (roles,)
