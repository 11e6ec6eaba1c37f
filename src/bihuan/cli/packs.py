"""`bihuan packs check|diff|load`."""

import sys
from pathlib import Path

import click

from bihuan import casetypes, identity, sla
from bihuan.casetypes import CaseType, store
from bihuan.casetypes.store import Layer
from bihuan.cli.context import data_option, language, say, sentences, settings_of, tenant_option, with_desk
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk

#: What happens to one code: how, which, and the version it then has.
Line = tuple[str, str, int]


def shipped() -> Path:
    """The packs of this release: beside the source, or inside the wheel."""
    inside = Path(casetypes.__file__).parent.parent / "_data" / "packs"
    return inside if inside.is_dir() else Path(casetypes.__file__).parents[3] / "packs"


@click.group()
def packs() -> None:
    """业务包：检查、比较、加载。Case-type packs: check, diff, load."""


def _folder(path: Path | None) -> Path:
    configured = settings_of().packs
    return path or (Path(configured) if configured else shipped())


def read_all(folder: Path) -> list[CaseType]:
    """Every pack below a folder; ends the command naming each mistake where one is wrong."""
    readings = casetypes.read_packs(folder)
    problems = [problem for reading in readings for problem in reading.problems]
    for problem in problems:
        click.echo(problem.text(language()), err=True)
    if problems or not readings:
        say(f"{folder}: {len(problems)} 处错误", f"{folder}: {len(problems)} mistakes")
        sys.exit(1 if problems else 2)
    return [reading.case_type for reading in readings if reading.case_type is not None]


@packs.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
def packs_check(folder: Path | None) -> None:
    """检查业务包，指出文件、行、错误与改法。Check packs: file, line, what is wrong, what to write instead."""
    for case_type in read_all(_folder(folder)):
        click.echo(f"{case_type.code}\t{case_type.digest[:12]}\t{case_type.title.of(language())}")
    for what, body in _time_of(_folder(folder)):
        click.echo(f"{what}:{body.code}\t{sla.digest_of(body)[:12]}\t{body.title.of(language())}")


@packs.command("diff")
@data_option
@tenant_option
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("--own", is_flag=True, help="机构自有层 / the institution's own layer")
def packs_diff(data: str | None, tenant: str, folder: Path | None, own: bool) -> None:
    """加载会改变什么；有变化时退出码 1。What loading would change; exits 1 where anything would."""
    changes = _with_packs(data, tenant, folder, own, write=False)
    _print(changes)
    sys.exit(1 if any(change in ("added", "changed") for change, _, _ in changes) else 0)


@packs.command("load")
@data_option
@tenant_option
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option(
    "--own",
    is_flag=True,
    help="机构自有层，升级不覆盖 / the institution's own layer, which no upgrade touches",
)
def packs_load(data: str | None, tenant: str, folder: Path | None, own: bool) -> None:
    """加载业务包，有变化者成为新版本。Load packs; what changed becomes a new version."""
    _print(_with_packs(data, tenant, folder, own, write=True))


def _with_packs(data: str | None, tenant: str, folder: Path | None, own: bool, *, write: bool) -> list[Line]:
    found = read_all(_folder(folder))
    layer: Layer = "own" if own else "shipped"
    # Calendars and policies of one's own are made in the console, with a preview and a second person.
    time = None if own else _time_folder(_folder(folder))

    async def act(desk: Desk) -> list[Line]:
        tenant_id = (await identity.find_tenant(desk, tenant)).id
        actor = desk_actor(tenant_id)
        async with desk.database.work(tenant_id) as work:
            changes = await (
                store.load(work, actor, found, layer) if write else store.diff(work, found, layer)
            )
            lines = [(c.change, c.code, c.version) for c in changes]
            if time is not None:
                timed = await (sla.load_shipped(work, actor, time) if write else sla.diff_shipped(work, time))
                lines += [(c.change, f"{c.what}:{c.code}", c.version) for c in timed]
            return lines

    return with_desk(settings_of(data=data), act)


def _time_folder(packs_: Path) -> Path | None:
    """Where these packs have calendars and policies, if they do."""
    return packs_ / "time" if (packs_ / "time").is_dir() else None


def _time_of(packs_: Path) -> list[tuple[str, sla.CalendarBody | sla.PolicyBody]]:
    """Calendars and policies beside the packs; ends the command where they are not right."""
    folder = _time_folder(packs_)
    if folder is None:
        return []
    with sentences():
        data = sla.read_shipped(folder)
    return [*(("calendar", body) for body in data.calendars), *(("policy", body) for body in data.policies)]


def _print(changes: list[Line]) -> None:
    for change, code, version in changes:
        click.echo(f"{change}\t{code}\tv{version}")


COMMANDS: tuple[click.Command, ...] = (packs,)
