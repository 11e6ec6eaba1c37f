"""`bihuan evidence verify|seal|export|key|stamp|verifier`."""

import shutil
import sys
from pathlib import Path
from uuid import UUID

import click
import msgspec

from bihuan import evidence as chain
from bihuan import identity, tickets
from bihuan.cli.context import data_option, fail, say, sentences, settings_of, tenant_option, with_desk
from bihuan.core import keyring
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from bihuan.core.ids import clean_number
from bihuan.core.problems import NotFound, Problem
from bihuan.core.settings import BadSetting

#: Seals which a living desk may not have written to roots.log yet.
_BEHIND = 10


@click.group()
def evidence() -> None:
    """证据链：校验、封存、导出证据包。Evidence: verify, seal, packages."""


@evidence.command("verify")
@data_option
@click.option("--ticket", metavar="NUMBER", help="只校验一张工单 / one ticket alone")
def evidence_verify(data: str | None, ticket: str | None) -> None:
    """逐条打印发现 `stream seq kind`;有发现退出码 1。A line per finding; exits 1 where there is one."""

    async def act(desk: Desk) -> list[int]:
        found: list[int] = [await _verify_stamps(desk)] if desk.settings.tsa_ca and not ticket else []
        for tenant_id in await chain.all_tenants(desk.database):
            stream_id = await _stream(desk, tenant_id, ticket) if ticket else None
            if stream_id is not None or ticket is None:
                found.append(_verify(desk, tenant_id, stream_id))
        return found

    found = with_desk(settings_of(data=data), act)
    if ticket and not found:
        fail(NotFound(), code=2)  # nothing was verified: that is not the same as clean
    sys.exit(1 if sum(found) else 0)


async def _verify_stamps(desk: Desk) -> int:
    """Time stamps against the authority's certificates."""
    authority, count = chain.stamps.authority(desk.settings), 0
    for tenant_id in await chain.all_tenants(desk.database):
        async with desk.database.work(tenant_id) as work:
            for finding in await chain.stamps.verify_stamps(work, authority):
                click.echo(f"{finding.stream} {finding.seq} {finding.kind}")
                count += 1
    return count


def _verify(desk: Desk, tenant_id: UUID, stream_id: UUID | None) -> int:
    verification = chain.verify(
        desk.settings.database_url,
        desk.ring,
        tenant_id,
        stream_id=stream_id,
        roots_log=desk.settings.data_folder / "roots.log",
        rows=(tickets.ROW_CHECK,),
        payloads=tickets.PAYLOAD_CHECKS,
        latest=tickets.LATEST_CHECKS,
    )
    found = 0
    for finding in verification.findings:
        click.echo(f"{finding.stream} {finding.seq} {finding.kind}")
        found += 1
    say(
        f"已校验 {verification.streams} 条流、{verification.events} 个事件、{verification.seals} 个封存",
        f"verified {verification.streams} streams, {verification.events} events, {verification.seals} seals",
    )
    if _is_unanchored(verification.logged, verification.seals):
        say(
            f"注意：roots.log 只有其中 {verification.logged} 个封存；其余封存在数据库之外没有凭据，请与备份的 roots.log 核对",
            f"note: roots.log has {verification.logged} of these seals; of the others nothing outside the database"
            " knows: compare with a kept copy of roots.log",
        )
    return found


def _is_unanchored(logged: int, seals: int) -> bool:
    """Whether roots.log lacks more than a living desk has not written yet: its lines follow the rows by a moment."""
    return seals - logged > (_BEHIND if logged else 0)


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


@evidence.command("export")
@data_option
@tenant_option
@click.argument("number")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="写到哪里 / where to",
)
@click.option(
    "--language",
    "spoken",
    type=click.Choice(["zh", "en", "both"]),
    default="both",
    help="时间线语言 / of the timeline",
)
def evidence_export(data: str | None, tenant: str, number: str, *, output: Path, spoken: str) -> None:
    """导出一张工单的证据包。The evidence package of a ticket."""

    async def act(desk: Desk) -> tuple[str, str]:
        found = await identity.find_tenant(desk, tenant)
        command = msgspec.convert({"language": spoken}, tickets.ExportEvidence)
        await chain.seal_tenant(desk.database, desk.ring, found.id)
        await chain.RootsLog(desk.settings.data_folder / "roots.log").catch_up(desk.database, found.id)
        made = await tickets.make_package(desk, desk_actor(found.id), clean_number(number), command)
        with made.file, output.open("xb") as file:
            shutil.copyfileobj(made.file, file)
        return made.number, chain.fingerprint(desk.ring.active("sign"))

    if output.exists():
        fail(FileThere(file=str(output)), code=2)
    of, fingerprint = with_desk(settings_of(data=data), act)
    say(f"已写入 {output}", f"written to {output}")
    say(
        f"核对：python3 verify_evidence.py {output} --ticket {of} --key {fingerprint}",
        f"check: python3 verify_evidence.py {output} --ticket {of} --key {fingerprint}",
    )


class FileThere(Problem):
    """There is a file {file} already."""

    status = 409
    zh = "文件 {file} 已存在。"


@evidence.command("key")
@data_option
def evidence_key(data: str | None) -> None:
    """签名公钥的指纹，每行：标识、指纹、公钥。Fingerprints of the signing keys: tag, fingerprint, public key."""
    settings = settings_of(data=data)
    with sentences():
        for key in keyring.KeyRing(settings.keys_file).all("sign"):
            click.echo(f"{key.tag}\t{chain.fingerprint(key)}\t{keyring.public_key(key).hex()}")


@evidence.command("stamp")
@data_option
def evidence_stamp(data: str | None) -> None:
    """立即为最新的封存加盖时间戳。Have the newest seals stamped now."""

    async def act(desk: Desk) -> int:
        by = chain.stamps.stamper(desk.settings)
        if by is None:
            raise BadSetting(name="BIHUAN_TSA_URL", reason="is not set")
        stamped = [
            await chain.stamps.stamp_newest(desk, tenant_id, by, at_once=True)
            for tenant_id in await chain.all_tenants(desk.database)
        ]
        return sum(1 for number in stamped if number)

    count = with_desk(settings_of(data=data), act)
    say(f"已加盖 {count} 个时间戳", f"{count} seals stamped")


@evidence.command("verifier")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="缺省输出到屏幕 / else to the screen",
)
def evidence_verifier(output: Path | None) -> None:
    """给出独立校验程序。The stand-alone verifier: one file, for whoever checks a package."""
    text = chain.VERIFIER.read_text(encoding="utf-8")
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


COMMANDS: tuple[click.Command, ...] = (evidence,)
