"""`bihuan sla`: why a ticket is due when it is, calendars, policies, and the import of a yearly notice."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from bihuan import identity, sla, tickets
from bihuan.cli.context import data_option, language, say, settings_of, tenant_option, with_desk
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.ids import clean_number
from bihuan.core.problems import Language

T = TypeVar("T")
_WEEKDAYS = ("周一 Mon", "周二 Tue", "周三 Wed", "周四 Thu", "周五 Fri", "周六 Sat", "周日 Sun")


@click.group("sla")
def group() -> None:
    """时间：时限说明、日历、政策。Time: why a ticket is due when it is, calendars, policies."""


@group.command("explain")
@data_option
@tenant_option
@click.argument("number")
@click.option("--language", "spoken", type=click.Choice(["zh", "en"]), help="语言，缺省随终端 / language")
def explain(data: str | None, tenant: str, number: str, spoken: Language | None) -> None:
    """逐段说明一张工单的每个时限。Each clock of a ticket, stretch by stretch, in words a customer understands."""

    async def act(work: Work) -> list[str]:
        actor = desk_actor(work.tenant_id)
        return await tickets.clock_views.explain(work, actor, clean_number(number), spoken or language())

    _print(_in(data, tenant, act))


@group.command("calendars")
@data_option
@tenant_option
@click.argument("code", required=False)
def calendars(data: str | None, tenant: str, code: str | None) -> None:
    """列出日历；给出代码则列出其时段与例外。Calendars; of one its hours, dated days and versions."""

    async def act(work: Work) -> list[str]:
        book = await sla.book(work, fresh=True)
        return _calendar(sla.views.calendar_view(book, code, None)) if code else _calendars(book)

    _print(_in(data, tenant, act))


@group.command("policies")
@data_option
@tenant_option
def policies(data: str | None, tenant: str) -> None:
    """按先后列出政策。Policies in the order of trial."""

    async def act(work: Work) -> list[str]:
        rows = sla.views.policy_rows(await sla.book(work, fresh=True), language())
        return [
            f"{row.rank}\t{row.code}\tv{row.version}\t{'retired' if row.retired else row.layer}\t{row.title}\t{row.match}"
            for row in rows
        ]

    _print(_in(data, tenant, act))


def _text_of(file: Path) -> str:
    """UTF-8, or what a Chinese spreadsheet saves as CSV; what is neither, the notice's reader refuses by name."""
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


@group.command("notice")
@data_option
@tenant_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--calendar", "code", required=True, help="日历代码 / the calendar's code")
@click.option("--propose", is_flag=True, help="提出变更，待另一人复核 / propose it; a second person approves")
@click.option("--move-running", is_flag=True, help="在跑的时限全部跟着变 / move every running clock too")
@click.option("--note", default="", help="说明 / why")
def notice(
    data: str | None, tenant: str, file: Path, code: str, *, propose: bool, move_running: bool, note: str
) -> None:
    """读入年度放假通知（JSON 或 CSV），给出变更与受影响的时限。A yearly notice: what it changes, and which clocks move."""
    text = _text_of(file)
    form: sla.notice.Form = "csv" if file.suffix.lower() == ".csv" else "json"

    async def act(work: Work) -> list[str]:
        book = await sla.book(work, fresh=True)
        before = sla.views.calendar_view(book, code, None).body
        told = sla.notice.parse(text, form)
        body = sla.notice.apply(before, told)
        lines = [_change(one) for one in sla.notice.difference(before, body)]
        found = await sla.preview.moves(work, sla.preview.of_calendar(book, body, language()))
        lines.append(_moved(found))
        if propose:
            command = sla.calendars.ProposeCalendar(
                body=body,
                note=note or f"{told.year} {file.name}",
                move_running=move_running,
                from_notice=True,
            )
            head = await sla.calendars.propose(work, desk_actor(work.tenant_id), code, command)
            lines.append(f"proposed\t{head.code}\tv{head.version}")
        return lines

    _print(_in(data, tenant, act))
    if propose:
        say(
            "已提出，须由另一人在控制台复核后生效",
            "proposed; it holds once somebody approves it in the console",
        )


def _in(data: str | None, tenant: str, act: Callable[[Work], Awaitable[T]]) -> T:
    async def run(desk: Desk) -> T:
        found = await identity.find_tenant(desk, tenant)
        async with desk.database.work(found.id) as work:
            return await act(work)

    return with_desk(settings_of(data=data), run)


def _print(lines: list[str]) -> None:
    for line in lines:
        click.echo(line)


def _calendars(book: sla.Book) -> list[str]:
    return [
        f"{row.code}\tv{row.version}\t{row.state}\t{row.zone}\t{','.join(map(str, row.years))}\t{row.title}"
        for row in sla.views.calendar_rows(book, language())
    ]


def _calendar(view: sla.views.CalendarView) -> list[str]:
    body = view.body
    lines = [f"{body.code}\tv{view.version}\t{body.zone}\t{body.title.of(language())}"]
    lines += [f"{name}\t{_hours(day)}" for name, day in zip(_WEEKDAYS, body.week, strict=True)]
    lines += [f"{day.on}\t{day.kind}\t{day.name}\t{_hours(day.segments)}" for day in body.days]
    return lines + [
        f"v{v.version}\t{v.state}\t{v.origin}\t{v.made_at:%Y-%m-%d}\t{v.note}" for v in view.versions
    ]


def _hours(segments: Sequence[sla.Segment]) -> str:
    return " ".join(f"{_clock(s.start)}–{_clock(s.end)}" for s in segments) or "-"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _change(one: sla.notice.DayChange) -> str:
    return f"{one.on}\t{one.before or '-'}\t{one.after or '-'}\t{one.name}\t{one.queue}".rstrip("\t")


def _moved(found: sla.preview.Moves) -> str:
    counts = found.clocks
    told = {"open": counts.open, "moved": counts.moved, "earlier": counts.earlier, "later": counts.later}
    told |= {"provisional": counts.provisional, "breached_by_it": counts.breached_by_it}
    return "\t".join(["clocks", *(f"{name}={count}" for name, count in told.items())])


COMMANDS: tuple[click.Command, ...] = (group,)
