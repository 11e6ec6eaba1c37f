"""The calendars and policies of this release: `packs/time/*.yaml`, loaded into a tenant's shipped layer.

An example to start from: every number is the institution's to change, and what it changed no upgrade touches. China's
holidays are computed when the files are read (`holidays`), never when clocks are reckoned: the years whose notice is out
with their make-up days, those ahead by the statutory days alone, which leaves them provisional.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
import yaml

from bihuan import evidence
from bihuan.core import clock as time
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import all_codes
from bihuan.core.problems import Problem
from bihuan.sla import calendar, china, notice, policies, policy_check, store
from bihuan.sla.calendars import record
from bihuan.sla.model import CalendarBody, Code, PolicyBody, Segment, Segments, Words
from bihuan.sla.policy_check import Known
from bihuan.sla.rows import queries
from bihuan.sla.store import Book, CalendarHead

T = TypeVar("T")

_NOTE = "随版本提供 · shipped with the release"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class BadTimeData(Problem):
    """{file} is not right: {reason}"""

    zh = "{file} 有误：{reason}"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What loading did, or would do, to one code; kept: the institution's own version stands."""

    what: Literal["calendar", "policy"]
    code: str
    change: Literal["added", "changed", "unchanged", "kept"]
    version: int


class TimeData(msgspec.Struct, frozen=True, kw_only=True):
    """Calendars and policies as the files say them."""

    calendars: tuple[CalendarBody, ...]
    policies: tuple[PolicyBody, ...]


class _Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar as written: `week` by days (`mon` or `mon-fri`), hours as 09:00-12:00; `notices` and `ahead`: years."""

    code: Code
    title: Words
    week: dict[str, list[str]]
    zone: str = "Asia/Shanghai"
    statutory: Literal["", "CN"] = ""
    notices: Annotated[list[int], msgspec.Meta(max_length=50)] = []
    ahead: Annotated[list[int], msgspec.Meta(max_length=10)] = []


def folder_of_release() -> Path:
    """Beside the source, or inside the wheel."""
    inside = Path(__file__).parents[1] / "_data" / "packs"
    return (inside if inside.is_dir() else Path(__file__).parents[3] / "packs") / "time"


def read_time(folder: Path) -> TimeData:
    """The files of a folder. Raises BadTimeData."""
    written = _read(folder / "calendars.yaml", list[_Calendar])
    made = tuple(_body(one, folder / "calendars.yaml") for one in written)
    bodies = tuple(_read(folder / "policies.yaml", list[PolicyBody]))
    for body in bodies:
        _check(body, {one.code for one in made}, folder / "policies.yaml")
    return TimeData(calendars=made, policies=bodies)


async def diff(work: Work, folder: Path | None = None) -> list[Change]:
    """What `load_shipped` would do. Raises BadTimeData."""
    book = await store.book(work, fresh=True)
    return _changes(book, read_time(folder or folder_of_release()))


async def load_shipped(work: Work, actor: Actor, folder: Path | None = None) -> list[Change]:
    """Load calendars and policies as they are shipped; what changed becomes a new version that holds from now on.

    Running clocks keep what they were started by. The institution's own versions are never touched. Raises BadTimeData.
    """
    data = read_time(folder or folder_of_release())
    book = await store.book(work, fresh=True)
    changes = _changes(book, data)
    for body, change in zip((*data.calendars, *data.policies), changes, strict=True):
        if change.change not in ("added", "changed"):
            continue
        if isinstance(body, CalendarBody):
            await _load_calendar(work, actor, body, change.version)
        else:
            head = await policies.add(
                work, actor, body, version=change.version, layer="shipped", effective_from=time.now(),
                note=_NOTE,
            )  # fmt: skip
            told: dict[str, object] = {"code": head.code, "version": head.version, "digest": head.digest}
            await record(work, actor, "policy.made", {**told, "layer": "shipped"})
    return changes


def _changes(book: Book, data: TimeData) -> list[Change]:
    found = [_calendar_change(book, body) for body in data.calendars]
    return found + [_policy_change(book, body) for body in data.policies]


def _calendar_change(book: Book, body: CalendarBody) -> Change:
    heads = book.calendar_heads(body.code)
    holds = next((head for head in heads if head.state == "current"), None)
    if holds is not None and holds.origin != "shipped":
        return Change(what="calendar", code=body.code, change="kept", version=holds.version)
    if holds is not None and holds.digest == store.digest_of(body):
        return Change(what="calendar", code=body.code, change="unchanged", version=holds.version)
    version = max((head.version for head in heads), default=0) + 1
    change = "changed" if heads else "added"
    return Change(what="calendar", code=body.code, change=change, version=version)


def _policy_change(book: Book, body: PolicyBody) -> Change:
    heads = book.policy_heads(body.code)
    last = heads[-1] if heads else None
    if last is None:
        return Change(what="policy", code=body.code, change="added", version=1)
    if any(head.layer == "own" for head in heads):
        return Change(what="policy", code=body.code, change="kept", version=last.version)
    same = last.digest == store.digest_of(body)
    version = last.version + (not same)
    return Change(what="policy", code=body.code, change="unchanged" if same else "changed", version=version)


async def _load_calendar(work: Work, actor: Actor, body: CalendarBody, version: int) -> None:
    now = time.now()
    head = CalendarHead(
        code=body.code, version=version, state="current", origin="shipped", digest=store.digest_of(body), note=_NOTE,
        move_running=False, made_by=actor.id, made_at=now, decided_by=None, decided_at=now,
    )  # fmt: skip
    await work.run(queries.calendar_past, code=body.code)
    await work.run(queries.add_calendar, body=evidence.canonical(body), **msgspec.structs.asdict(head))
    store.changed(work)
    told: dict[str, object] = {"code": head.code, "version": version, "digest": head.digest}
    await record(work, actor, "calendar.loaded", {**told, "origin": "shipped"})


def _read(path: Path, type_: type[T]) -> T:
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), type_)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadTimeData(file=path.name, reason=str(error)) from error


def _body(written: _Calendar, path: Path) -> CalendarBody:
    week = [_segments(hours, path) for hours in _week(written, path)]
    body = CalendarBody(
        code=written.code, title=written.title, zone=written.zone, week=tuple(week), statutory=written.statutory
    )  # fmt: skip
    for year in written.notices:
        announced = china.published(year)
        if announced is None:
            raise BadTimeData(file=path.name, reason=f"{written.code}: {year}")
        body = notice.apply(body, announced)
    ahead = tuple(day for year in written.ahead for day in china.statutory_days(year))
    body = msgspec.structs.replace(body, days=tuple(sorted((*body.days, *ahead), key=lambda day: day.on)))
    if wrong := calendar.problems(body):
        raise BadTimeData(file=path.name, reason=f"{body.code}{wrong[0].pointer}: {wrong[0].text('en')}")
    return body


def _check(body: PolicyBody, calendars: set[str], path: Path) -> None:
    """Teams and roles are each institution's own: a file cannot know them. Raises BadTimeData."""
    known = Known(calendars=calendars, teams=(), roles=(), permissions=all_codes())
    wrong = [p for p in policy_check.problems(body, known) if not p.pointer.endswith(("/team", "/to"))]
    if wrong:
        raise BadTimeData(file=path.name, reason=f"{body.code}{wrong[0].pointer}: {wrong[0].text('en')}")


def _week(written: _Calendar, path: Path) -> list[list[str]]:
    """Hours by weekday, Monday first."""
    week: list[list[str]] = [[] for _ in _DAYS]
    for name, hours in written.week.items():
        first, _, last = name.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise BadTimeData(file=path.name, reason=f"{written.code}: {name}")
        for day in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
            week[day] = hours
    return week


def _segments(hours: list[str], path: Path) -> Segments:
    found: list[Segment] = []
    for text in hours:
        said = _HOURS.fullmatch(text)
        if said is None:
            raise BadTimeData(file=path.name, reason=text)
        start, end = int(said[1]) * 60 + int(said[2]), int(said[3]) * 60 + int(said[4])
        found.append(Segment(start=start, end=end))
    return tuple(found)
