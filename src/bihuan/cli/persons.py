"""Commands for persons' keys and erasure: dated copies of the key file that expire, and asking for an erasure."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from uuid import UUID

import click

from bihuan import identity, privacy, tickets
from bihuan.cli.context import data_option, say, sentences, settings_of, tenant_option, with_desk
from bihuan.core import clock
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.ids import clean_number
from bihuan.core.keyring import KeyRing
from bihuan.core.problems import NotFound
from bihuan.core.settings import Settings
from bihuan.privacy import Erase, Erasure, Ground

_NAME = re.compile(r"subject-keys-(\d{8}T\d{6})(?:\d{6})?Z\.db")


@click.group("person-keys")
def person_keys() -> None:
    """数据主体密钥文件：备份。The file of persons' keys: backups."""


@person_keys.command("backup")
@data_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(data: str | None, folder: Path) -> None:
    """写入带时间的备份，并删除到期的备份。Write a dated copy, and delete those whose days are over."""
    settings = settings_of(data=data)
    with sentences():
        made, gone = copy_keys(settings, folder)
    click.echo(made)
    say(f"已删除 {gone} 份到期备份", f"{gone} expired backups deleted")


def copy_keys(settings: Settings, folder: Path) -> tuple[Path, int]:
    """A dated copy in the folder, and how many older than the setting's days were deleted."""
    ring = KeyRing(settings.keys_file, subject_keys=str(settings.subject_keys_file))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = clock.now()
    made = folder / f"subject-keys-{now:%Y%m%dT%H%M%S%f}Z.db"
    asyncio.run(_copied(ring, made))
    oldest, gone = now - timedelta(days=settings.key_backups_days), 0
    for file in folder.iterdir():
        found = _NAME.fullmatch(file.name)
        if found and datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) < oldest:
            file.unlink()
            gone += 1
    return made, gone


async def _copied(ring: KeyRing, target: Path) -> None:
    await privacy.key_store(ring).copy(target)


@click.group()
def person() -> None:
    """个人信息主体。Persons."""


@person.command("erase")
@data_option
@tenant_option
@click.argument("who")
@click.option(
    "--ground", type=click.Choice(get_args(Ground)), required=True, help="法定情形 / ground, PIPL article 47"
)
@click.option("--asked-by", "login", required=True, help="申请人账号 / login of who asks")
def erase(data: str | None, tenant: str, who: str, ground: Ground, login: str) -> None:
    """申请删除一人的全部个人信息；须由另一人在系统中复核。WHO 为客户 ID;客户未知的工单写工单号。

    Ask for a person's erasure; another person approves it at the desk. WHO: a customer's id, or the number of a ticket
    whose customer is not known.
    """

    async def act(desk: Desk) -> Erasure:
        row = await identity.find_tenant(desk, tenant)
        async with desk.database.work(row.id) as work:
            asker = await _asker(work, login)
            return await privacy.erase.ask(work, asker, await _subject(work, who), Erase(ground=ground))

    asked = with_desk(settings_of(data=data), act)
    click.echo(asked.id)
    say("已登记申请，待另一人复核", "asked for; another person approves it")


async def _asker(work: Work, login: str) -> Actor:
    """Raises NotFound."""
    people = await identity.directory(work)
    found = next((one for one in people.staff.values() if one.login == login), None)
    if found is None:
        raise NotFound
    return Actor(
        tenant_id=work.tenant_id, id=found.id, kind="staff", name=found.name, permissions=frozenset()
    )


async def _subject(work: Work, who: str) -> UUID:
    """The customer, or the ticket of that number whose customer is not known. Raises NotFound."""
    try:
        return UUID(who)
    except ValueError:
        ticket = await tickets.ticket_of_number(work, desk_actor(work.tenant_id), clean_number(who))
    if ticket is None:
        raise NotFound
    return ticket.customer_id or ticket.subject_id


COMMANDS: tuple[click.Command, ...] = (person_keys, person)
