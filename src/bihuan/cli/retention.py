"""`bihuan retention rules|plan`: how long records are kept and on what that rests, and what will be over its time."""

from datetime import date
from uuid import UUID

import click

from bihuan import identity, privacy, tickets
from bihuan.cli.context import data_option, language, say, settings_of, tenant_option, with_desk
from bihuan.core import clock
from bihuan.core.desk import Desk


@click.group()
def retention() -> None:
    """保存期限。How long records are kept."""


@retention.command("rules")
@data_option
@tenant_option
def rules(data: str | None, tenant: str) -> None:
    """各类记录的现行期限与依据。Each class with the time in effect and on what it rests."""

    async def act(desk: Desk) -> dict[str, privacy.Term]:
        async with desk.database.work(await _tenant(desk, tenant)) as work:
            return await privacy.retention.terms(work)

    terms = with_desk(settings_of(data=data), act)
    spoken = language()
    for code, one in privacy.record_classes().items():
        kept = one.kept_as(spoken) or terms[code].words(spoken)
        click.echo("\t".join((code, one.title(spoken), kept, _verified(one), one.source(spoken))))


@retention.command("plan")
@data_option
@tenant_option
def plan(data: str | None, tenant: str) -> None:
    """何时有多少工单到期(只统计);首行为今天已到期的。How many tickets are over their time and when; counts only."""

    async def act(desk: Desk) -> tuple[list[tickets.retention.DueClass], list[tickets.retention.PlanMonth]]:
        async with desk.database.work(await _tenant(desk, tenant)) as work:
            days = tickets.retention.cutoffs(await privacy.retention.terms(work), _today())
            return await tickets.retention.due(work, days), await tickets.retention.plan(work)

    due, months = with_desk(settings_of(data=data), act)
    for one in due:
        click.echo(f"{_today():%Y-%m-%d}\t{one.record_class}\t{one.count}\t{one.held}")
    for month in months:
        click.echo(f"{month.month}\t{month.record_class}\t{month.count}\t{month.held}")
    count = sum(one.count for one in due)
    say(f"今天已到期 {count} 张", f"{count} over their time today")


def _verified(one: privacy.RecordClass) -> str:
    spoken = language()
    least = f"≥ {one.shortest.words(spoken)}" if one.shortest else "-"
    if spoken == "zh":
        return f"{least}（{'已核对' if one.verified else '未核对'}）"
    return f"{least} ({'verified' if one.verified else 'unverified'})"


def _today() -> date:
    return privacy.day_of(clock.now())


async def _tenant(desk: Desk, code: str) -> UUID:
    return (await identity.find_tenant(desk, code)).id


COMMANDS = (retention,)
