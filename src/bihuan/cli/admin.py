"""Commands that set a desk up and look after it: db, keys, user, token, settings, openapi, doctor."""

import secrets
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import msgspec

from bihuan import evidence, identity, tickets
from bihuan.cli.context import (
    data_option,
    database,
    language,
    say,
    sentences,
    settings_of,
    tenant_option,
    with_desk,
)
from bihuan.core import ids, keyring, migrate
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.desk import Desk
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.keyring import KeyRing
from bihuan.core.permissions import all_codes
from bihuan.core.settings import effective
from bihuan.privacy import ScannerAway, scanner_of


@click.group()
def db() -> None:
    """数据库：迁移、状态、连接串。Database: migrate, status, url."""


@db.command("migrate")
@data_option
@click.option("--contract", is_flag=True, help="同时执行收缩迁移 / contracting migrations too")
def db_migrate(data: str | None, contract: bool) -> None:
    """执行待迁移文件。Apply pending migrations, as the owner's role."""
    with sentences(), database(settings_of(data=data)) as settings:
        applied = migrate.migrate(settings.database_admin_url or settings.database_url, contract=contract)
    for one in applied:
        click.echo(one.name)
    say(f"已执行 {len(applied)} 个迁移", f"{len(applied)} migrations applied")


@db.command("status")
@data_option
def db_status(data: str | None) -> None:
    """迁移状态。Applied and pending migrations; exits 1 where this release cannot run."""
    with sentences(), database(settings_of(data=data)) as settings:
        found = migrate.status(settings.database_url)
        click.echo(f"applied {found.applied}")
        for one in found.pending:
            click.echo(f"pending {one.name}")
        migrate.check(settings.database_url)


@db.command("url")
@data_option
def db_url(data: str | None) -> None:
    """内置数据库的超级用户连接串。The embedded server's superuser connection string."""
    with sentences():
        server = EmbeddedServer(settings_of(data=data).data_folder)
        server.start()
        click.echo(server.superuser_url)


@click.group()
def keys() -> None:
    """密钥环：创建、查看、轮换、备份。Key ring: init, show, rotate, backup, restore."""


@keys.command("init")
@data_option
def keys_init(data: str | None) -> None:
    """创建密钥环。Make the key ring."""
    path = settings_of(data=data).keys_file
    with sentences():
        keyring.init(path)
    say(f"已创建 {path}；请用 `bihuan keys backup` 备份", f"made {path}; back it up by `bihuan keys backup`")


@keys.command("show")
@data_option
def keys_show(data: str | None) -> None:
    """列出密钥(不含秘密)。Keys without their secrets."""
    with sentences():
        ring = KeyRing(settings_of(data=data).keys_file)
    for key in ring.all():
        state = "active" if ring.active(key.purpose).tag == key.tag else "former"
        click.echo(
            f"{key.tag}\t{key.purpose}\t{state}\t{key.created_at:%Y-%m-%d}\t{keyring.fingerprint(key)}"
        )


@keys.command("rotate")
@data_option
def keys_rotate(data: str | None) -> None:
    """新增密钥；旧密钥保留用于校验与解密。Fresh keys; former ones stay to verify and open."""
    with sentences():
        for key in keyring.rotate(settings_of(data=data).keys_file):
            click.echo(key.tag)


def _passphrase(file: str | None, *, confirm: bool) -> str:
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return str(click.prompt("口令 / passphrase", hide_input=True, confirmation_prompt=confirm, err=True))


@keys.command("backup")
@data_option
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False))
def keys_backup(data: str | None, target: Path, passphrase_file: str | None) -> None:
    """加密备份密钥环。An encrypted backup of the ring."""
    path = settings_of(data=data).keys_file
    with sentences():
        if not path.exists():
            raise keyring.KeysMissing(path=str(path))
        keyring.backup(path, target, _passphrase(passphrase_file, confirm=True))
    say(f"已写入 {target}", f"written {target}")


@keys.command("restore")
@data_option
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--passphrase-file", type=click.Path(exists=True, dir_okay=False))
def keys_restore(data: str | None, source: Path, passphrase_file: str | None) -> None:
    """从备份恢复密钥环。Put a backup back where no ring is."""
    with sentences():
        keyring.restore(source, settings_of(data=data).keys_file, _passphrase(passphrase_file, confirm=False))


@click.group()
def tenant() -> None:
    """租户。Tenants."""


@tenant.command("add")
@data_option
@click.argument("code")
@click.option("--name", required=True)
def tenant_add(data: str | None, code: str, name: str) -> None:
    """新建租户。Found a tenant."""

    async def act(desk: Desk) -> None:
        await found_tenant(desk, code=code, name=name)

    with_desk(settings_of(data=data), act)
    say(f"已创建租户 {code}", f"tenant {code} founded")


async def found_tenant(desk: Desk, *, code: str, name: str) -> None:
    """Found a tenant. Raises TenantTaken."""
    try:
        await identity.find_tenant(desk, code)
    except identity.NoSuchTenant:
        async with desk.database.work(ids.new_id()) as work:
            await identity.found_tenant(work, code=code, name=name)
        return
    raise identity.TenantTaken(code=code)


@click.group()
def user() -> None:
    """人员。People."""


@user.command("add")
@data_option
@tenant_option
@click.option("--login", required=True)
@click.option("--name")
@click.option("--role", "roles", multiple=True, help="可重复 / may be repeated")
@click.option("--team", "teams", multiple=True)
@click.option("--language", "spoken", type=click.Choice(["zh", "en"]), default="zh")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False))
def user_add(data: str | None, tenant: str, login: str, name: str | None, **more: object) -> None:
    """添加人员；无密码文件时生成密码并打印一次。Add a person; without a file the password is made and shown once."""
    file = more["password_file"]
    password = Path(str(file)).read_text(encoding="utf-8").strip() if file else secrets.token_urlsafe(12)
    told = {
        "login": login,
        "name": name or login,
        "password": password,
        "roles": more["roles"],
        "teams": more["teams"],
        "language": more["spoken"],
    }

    async def act(desk: Desk) -> None:
        found = await identity.find_tenant(desk, tenant)
        person = msgspec.convert(told, identity.NewStaff, strict=False)
        async with desk.database.work(found.id) as work:
            rules = identity.rules_of(desk.settings)
            await identity.add_staff(work, desk_actor(found.id), person, rules=rules)

    try:
        with_desk(settings_of(data=data), act)
    except msgspec.ValidationError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if not file:
        click.echo(password)


@user.command("leave")
@data_option
@tenant_option
@click.option("--login", required=True)
@click.option("--hand-to", help="接手人账号 / login of who takes the tickets")
def user_leave(data: str | None, tenant: str, login: str, hand_to: str | None) -> None:
    """离职：会话与令牌立即失效，工单移交。A leaver."""

    async def act(desk: Desk) -> None:
        found = await identity.find_tenant(desk, tenant)
        async with desk.database.work(found.id) as work:
            row = await identity.staff_by_login(work, login)
            if row is None:
                raise identity.NoSuchStaff(login=login)
            await identity.mark_left(work, desk_actor(found.id), row.id, hand_to=hand_to)

    with_desk(settings_of(data=data), act)


@user.command("reset-factors")
@data_option
@tenant_option
@click.option("--login", required=True)
def user_reset_factors(data: str | None, tenant: str, login: str) -> None:
    """移除某人的身份验证器、通行密钥与恢复码。Take away somebody's second factors; their sessions end."""

    async def act(desk: Desk) -> None:
        found = await identity.find_tenant(desk, tenant)
        async with desk.database.work(found.id) as work:
            row = await identity.staff_by_login(work, login)
            if row is None:
                raise identity.NoSuchStaff(login=login)
            await identity.reset_factors(work, desk_actor(found.id), row.id)

    with_desk(settings_of(data=data), act)


@user.command("give-password")
@data_option
@tenant_option
@click.option("--login", required=True)
def user_give_password(data: str | None, tenant: str, login: str) -> None:
    """发放一次性密码：一天内有效，登录时须更换。A password for one sign-in within a day, printed once."""

    async def act(desk: Desk) -> str:
        found = await identity.find_tenant(desk, tenant)
        async with desk.database.work(found.id) as work:
            row = await identity.staff_by_login(work, login)
            if row is None:
                raise identity.NoSuchStaff(login=login)
            return (await identity.give_password(work, desk_actor(found.id), row.id)).password

    click.echo(with_desk(settings_of(data=data), act))


@click.group()
def token() -> None:
    """API 令牌。API tokens."""


@token.command("add")
@data_option
@tenant_option
@click.option("--user", "login", required=True, help="所有者账号 / owner's login")
@click.option("--name", default="cli")
@click.option("--days", type=click.IntRange(1, 3650), default=90)
@click.option("--scope", "scope", multiple=True, help="权限，可重复；缺省为所有者的全部权限 / permissions")
def token_add(data: str | None, tenant: str, login: str, **more: Any) -> None:
    """创建令牌，只打印令牌。Make a token; prints just the token."""
    settings = settings_of(data=data)

    async def act(desk: Desk) -> str:
        found = await identity.find_tenant(desk, tenant)
        async with desk.database.work(found.id) as work:
            row = await identity.staff_by_login(work, login)
            if row is None or row.status != "active":
                raise identity.NoSuchStaff(login=login)
            actor = Actor(tenant_id=found.id, id=row.id, kind="staff", name=row.name, permissions=all_codes())
            wanted: dict[str, object] = {
                "name": more["name"],
                "days": more["days"],
                "scope": list(more["scope"]) or None,
            }
            new = msgspec.convert(wanted, identity.NewToken)
            made = await identity.make_token(work, actor, new, most_days=settings.token_days)
        return made.secret or ""

    click.echo(with_desk(settings, act))


@click.command("settings")
@data_option
def show_settings(data: str | None) -> None:
    """当前生效的设置，秘密已掩码。Effective settings, secrets masked."""
    for setting, value in effective(settings_of(data=data)):
        click.echo(f"{setting.name}={value}\t# {setting.zh if language() == 'zh' else setting.en}")


@click.command("openapi")
def show_openapi() -> None:
    """打印 OpenAPI 文档。Print the OpenAPI document."""
    import bihuan.app  # declares every operation
    from bihuan.api import openapi

    assert bihuan.app
    click.echo(
        msgspec.json.format(msgspec.json.encode(openapi.document(version("bihuan"))), indent=1).decode()
    )


async def _scanner(desk: Desk) -> int:
    """Whether files are scanned: that they are not is said, and is no fault; that they cannot be is one."""
    one = scanner_of(desk.settings.clamd)
    if one is None:
        say(
            "附件未做病毒扫描：未设置 BIHUAN_CLAMD",
            "files are not scanned for malware: BIHUAN_CLAMD is not set",
        )
        return 0
    try:
        await one.version()
    except ScannerAway as away:
        click.echo(f"scanner_away: {away.text(language())}")
        return 1
    return 0


@click.command("doctor")
@data_option
def doctor(data: str | None) -> None:
    """检查不变量，并说明该怎么做。Check the invariants and say what to do; exits 1 where one does not hold."""

    async def act(desk: Desk) -> int:
        found = 0
        for tenant_id in await evidence.all_tenants(desk.database):
            for symptom in await tickets.symptoms(desk, tenant_id):
                click.echo(
                    f"{symptom.where} {symptom.what}: {symptom.zh if language() == 'zh' else symptom.en}"
                )
                found += 1
            async with desk.database.work(tenant_id) as work:
                mixed = await identity.violations(work)
            for one in mixed:
                click.echo(f"{one.login} incompatible_roles: {one.problem.text(language())}")
            found += len(mixed)
        found += await _scanner(desk)
        return found

    found = with_desk(settings_of(data=data), act)
    say(f"发现 {found} 项问题", f"{found} findings")
    sys.exit(1 if found else 0)


COMMANDS: tuple[click.Command, ...] = (db, keys, tenant, user, token, show_settings, show_openapi, doctor)
