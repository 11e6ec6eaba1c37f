"""`bihuan import`: files and folders become tickets, several at a time, and the fate of each row is told."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal
from weakref import WeakValueDictionary

import click
import msgspec
import psycopg
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from bihuan import channels, evidence, identity
from bihuan.casetypes import store as case_types
from bihuan.channels import ColumnMap, Inbound, Skipped, Unreadable, load_map, note_text, read_path, size_of
from bihuan.cli.context import data_option, fail, language, say, settings_of, with_desk
from bihuan.core import clock
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.desk import Desk
from bihuan.core.permissions import all_codes
from bihuan.core.problems import Problem
from bihuan.privacy import normalise

#: Transactions in flight: enough to keep the disk busy while others wait for it.
_IN_FLIGHT = 8
#: Reasons by which nothing of a file could be read.
_WHOLE_FILES = frozenset({"not_found", "not_opened", "too_big", "column_missing", "header_missing"})
#: How many names stand behind one reason; the report has them all.
_SHOWN = 3

Item = Inbound | Unreadable | Skipped
Outcome = Literal["taken", "already_there", "refused", "unreadable", "skipped"]
_OUTCOMES: dict[Outcome, tuple[str, str]] = {
    "taken": ("已受理", "taken"),
    "already_there": ("已存在", "already there"),
    "refused": ("拒绝", "refused"),
    "unreadable": ("无法读取", "unreadable"),
    "skipped": ("跳过", "skipped"),
}


class WhichTenant(Problem):
    """This desk has several tenants; say which one by --tenant CODE."""

    zh = "本系统有多个租户，请用 --tenant CODE 指明。"


class NoTenantYet(Problem):
    """There is no tenant yet; found one by `bihuan tenant add` and load packs by `bihuan packs load`."""

    zh = "还没有租户；请先用 `bihuan tenant add` 新建，并用 `bihuan packs load` 加载业务包。"


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row, mail or file. `source` is "file" or "file:line"."""

    source: str
    outcome: Outcome
    number: str | None = None
    reason: str | None = None
    reason_code: str | None = None
    notes: tuple[str, ...] = ()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be read, and how."""

    paths: tuple[Path, ...]
    mapping: ColumnMap | None = None
    case_type: str | None = None

    def items(self, told: Callable[[int], None]) -> Iterator[Item]:
        """Everything, in order; `told` hears how many bytes are behind."""
        before = 0
        for path in self.paths:

            def heard(read: int, _total: int, behind: int = before) -> None:
                told(behind + read)

            yield from read_path(path, self.mapping, case_type=self.case_type, on_progress=heard)
            before += size_of(path)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@data_option
@click.option(
    "--tenant", metavar="CODE", help="租户代码；只有一个租户时可省略 / not needed where there is one alone"
)
@click.option("--case-type", metavar="CODE", help="未注明业务类型者归入此类 / for what names none")
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), help="列映射文件 / which column is what (YAML)"
)
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="完整报告 / the whole report (JSON)"
)
def import_(
    paths: tuple[Path, ...], data: str | None, tenant: str | None, case_type: str | None, **more: Path | None
) -> None:
    """导入表格（CSV、JSON Lines）与邮件（.eml、文件夹），重复导入不会重复建单。

    Import tables and mail; importing again repeats nothing. Exits 0 where each row was taken or is named with its
    reason, 2 where a file could not be read at all, 130 where it was interrupted.
    """
    try:
        mapping = load_map(more["map_file"]) if more["map_file"] else None
    except Problem as problem:
        fail(problem, code=2)
    wanted = Wanted(paths=paths, mapping=mapping, case_type=case_type)

    async def act(desk: Desk) -> _Run:
        actor = await _actor(desk, tenant, case_type)
        with _bar() as bar:
            run = _Run(desk, actor, bar, sum(size_of(path) for path in paths))
            await run.all(wanted)
        return run

    run = with_desk(settings_of(data=data), act)
    if more["report"]:
        more["report"].write_bytes(msgspec.json.format(msgspec.json.encode(_report(run))))
    _print(run)
    sys.exit(130 if run.interrupted else 2 if run.unread_files else 0)


async def _actor(desk: Desk, code: str | None, case_type: str | None) -> Actor:
    """The desk itself, in the tenant meant. Raises NoSuchTenant, WhichTenant, NoTenantYet, Invalid (no such type)."""
    if code is not None:
        tenant_id = (await identity.find_tenant(desk, code)).id
    else:
        known = await evidence.all_tenants(desk.database)
        if len(known) != 1:
            raise WhichTenant if known else NoTenantYet
        tenant_id = known[0]
    if case_type is not None:
        async with desk.database.work(tenant_id) as work:
            await case_types.find(work, case_type)
    return desk_actor(tenant_id, all_codes())


class _Run:
    """One import. Items are read in order, taken in several at a time, and told in order."""

    def __init__(self, desk: Desk, actor: Actor, bar: Progress, size: int) -> None:
        self._desk = desk
        self._actor = actor
        self._bar = bar
        self._task = bar.add_task("", total=size or None, rows=0, rate=0)
        self._slots = asyncio.Semaphore(_IN_FLIGHT)
        self._turns = _Turns()
        self._stop = asyncio.Event()
        self._fates: dict[int, Fate] = {}
        self._started = clock.perf()
        self.interrupted = False
        self.seconds = 0.0

    @property
    def fates(self) -> list[Fate]:
        """What became of each, in the order they were read."""
        return [self._fates[index] for index in sorted(self._fates)]

    @property
    def unread_files(self) -> bool:
        """Whether nothing of some file could be read."""
        return any(fate.reason_code in _WHOLE_FILES for fate in self._fates.values())

    async def all(self, wanted: Wanted) -> None:
        """Take everything in, until the end, an interruption, or the database's end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupt)
        try:
            async with asyncio.TaskGroup() as group:
                for index, item in enumerate(wanted.items(self._told)):
                    await self._slots.acquire()
                    if self._stop.is_set():
                        break
                    group.create_task(self._one(index, item))
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            self.seconds = clock.perf() - self._started

    def _interrupt(self) -> None:
        self.interrupted = True
        self._stop.set()

    def _told(self, read: int) -> None:
        rows = len(self._fates)
        rate = rows / max(clock.perf() - self._started, 0.001)
        self._bar.update(self._task, completed=read, rows=rows, rate=round(rate))

    async def _one(self, index: int, item: Item) -> None:
        try:
            self._fates[index] = await self._taken(item) if isinstance(item, Inbound) else _passed(item)
        finally:
            self._slots.release()

    async def _taken(self, item: Inbound) -> Fate:
        try:
            async with self._turns.of(_names(item)):
                accepted = await channels.accept(self._desk, self._actor, item)
        except Problem as problem:
            return _refused(item, type(problem).__name__, problem.text(language()))
        except psycopg.Error as error:
            # A database that is gone would refuse all the rest too; what was not taken is taken by the next import.
            if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
                self._stop.set()
            return _refused(
                item, "database", f"database: {type(error).__name__} {error.sqlstate or ''}".strip()
            )
        told = {"source": item.source, "number": accepted.number, "notes": accepted.notes}
        return Fate(outcome=accepted.outcome, **told)  # pyright: ignore[reportArgumentType]


class _Turns:
    """One after the other where two items name the same customer or delivery: at once, both would found the customer."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, names: set[str]) -> AsyncGenerator[None]:
        """Alone among those who share a name. Always in the same order, so that no two wait for one another."""
        async with AsyncExitStack() as stack:
            for name in sorted(names):
                lock = self._locks.get(name)
                if lock is None:
                    lock = self._locks[name] = asyncio.Lock()
                await stack.enter_async_context(lock)
            yield


def _names(item: Inbound) -> set[str]:
    names = {f"id:{item.external_id}"}
    if item.customer is not None:
        names |= {normalise("mobile", mobile) for mobile in item.customer.mobiles}
        names |= {normalise("email", email) for email in item.customer.emails}
        names |= {f"ref:{item.customer.external_ref}"} if item.customer.external_ref else set()
    return names


def _refused(item: Inbound, code: str, reason: str) -> Fate:
    return Fate(source=item.source, outcome="refused", reason_code=code, reason=reason)


def _passed(item: Unreadable | Skipped) -> Fate:
    reason = item.zh if language() == "zh" else item.en
    outcome: Outcome = "unreadable" if isinstance(item, Unreadable) else "skipped"
    return Fate(source=item.source, outcome=outcome, reason_code=item.reason_code, reason=reason)


def _bar() -> Progress:
    rows = (
        "{task.fields[rows]} 条 · {task.fields[rate]}/秒"
        if language() == "zh"
        else "{task.fields[rows]} rows · {task.fields[rate]}/s"
    )
    columns = (BarColumn(), DownloadColumn(), TextColumn(rows), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _counts(run: _Run) -> dict[Outcome, int]:
    fates = run.fates
    return {outcome: sum(fate.outcome == outcome for fate in fates) for outcome in _OUTCOMES}


def _report(run: _Run) -> dict[str, object]:
    """The whole report: the counts, the seconds, and the fate of each, in order."""
    return {
        **_counts(run),
        "interrupted": run.interrupted,
        "seconds": round(run.seconds, 3),
        "items": run.fates,
    }


def _print(run: _Run) -> None:
    """The counts, a line of each that could not be taken, what was none of ours, and how often what was repaired."""
    spoken = language()
    counts = _counts(run)
    for outcome, count in counts.items():
        click.echo(f"{_OUTCOMES[outcome][spoken == 'en']}: {count}")
    for fate in run.fates:
        if fate.outcome in ("refused", "unreadable"):
            click.echo(f"{fate.source}: {fate.reason}")
    for reason, sources in _grouped(
        (fate.reason or "", fate.source) for fate in run.fates if fate.outcome == "skipped"
    ):
        click.echo(
            f"{len(sources)} × {reason}: {', '.join(sources[:_SHOWN])}{' …' if len(sources) > _SHOWN else ''}"
        )
    for written, sources in _grouped((note, fate.source) for fate in run.fates for note in fate.notes):
        click.echo(f"{len(sources)} × {note_text(written, spoken)}")
    rate = round(sum(counts.values()) / max(run.seconds, 0.001))
    say(f"{run.seconds:.1f} 秒，每秒 {rate} 条", f"{run.seconds:.1f} s, {rate} rows/s")
    if run.interrupted:
        say("已中断；再次导入会从中断处继续", "interrupted; importing again goes on from here")


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Sources by reason, the most frequent first."""
    found: dict[str, list[str]] = {}
    for reason, source in pairs:
        found.setdefault(reason, []).append(source)
    return sorted(found.items(), key=lambda pair: -len(pair[1]))


COMMANDS: tuple[click.Command, ...] = (import_,)
