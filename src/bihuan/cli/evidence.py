"""`bihuan evidence verify|seal`."""

import sys
from uuid import UUID

import click

from bihuan import evidence as chain
from bihuan import tickets
from bihuan.cli.context import data_option, fail, say, settings_of, with_desk
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.core.problems import NotFound


@click.group()
def evidence() -> None:
    """证据链:校验、封存。Evidence: verify, seal."""


@evidence.command("verify")
@data_option
@click.option("--ticket", metavar="NUMBER", help="只校验一张工单 / one ticket alone")
def evidence_verify(data: str | None, ticket: str | None) -> None:
    """逐条打印发现 `stream seq kind`;有发现退出码 1。A line per finding; exits 1 where there is one."""

    async def act(desk: Desk) -> list[int]:
        found: list[int] = []
        for tenant_id in await chain.all_tenants(desk.database):
            stream_id = await _stream(desk, tenant_id, ticket) if ticket else None
            if stream_id is not None or ticket is None:
                found.append(_verify(desk, tenant_id, stream_id))
        return found

    found = with_desk(settings_of(data=data), act)
    if ticket and not found:
        fail(NotFound(), code=2)  # nothing was verified: that is not the same as clean
    sys.exit(1 if sum(found) else 0)


def _verify(desk: Desk, tenant_id: UUID, stream_id: UUID | None) -> int:
    verification = chain.verify(
        desk.settings.database_url,
        desk.ring,
        tenant_id,
        stream_id=stream_id,
        roots_log=desk.settings.data_folder / "roots.log",
        rows=(tickets.ROW_CHECK,),
        payloads=tickets.PAYLOAD_CHECKS,
    )
    found = 0
    for finding in verification.findings:
        click.echo(f"{finding.stream} {finding.seq} {finding.kind}")
        found += 1
    say(
        f"已校验 {verification.streams} 条流、{verification.events} 个事件、{verification.seals} 个封存",
        f"verified {verification.streams} streams, {verification.events} events, {verification.seals} seals",
    )
    return found


async def _stream(desk: Desk, tenant_id: UUID, number: str) -> UUID | None:
    async with desk.database.work(tenant_id) as work:
        try:
            return await tickets.id_of(work, desk_actor(tenant_id), number)
        except NotFound:
            return None


@evidence.command("seal")
@data_option
def evidence_seal(data: str | None) -> None:
    """立即封存。Seal now."""

    async def act(desk: Desk) -> int:
        roots = chain.RootsLog(desk.settings.data_folder / "roots.log")
        sealed = 0
        for tenant_id in await chain.all_tenants(desk.database):
            sealed += await chain.seal_tenant(desk.database, desk.ring, tenant_id)
            await roots.catch_up(desk.database, tenant_id)
        return sealed

    sealed = with_desk(settings_of(data=data), act)
    say(f"已封存 {sealed} 条流", f"{sealed} streams sealed")


COMMANDS: tuple[click.Command, ...] = (evidence,)
