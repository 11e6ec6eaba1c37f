"""Colleagues' feeds: putting news in, reading them, marking them read, sweeping what is old.

No storms: beyond a few of one kind within five minutes, what more comes to somebody is counted in one line.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bihuan import evidence, privacy, tickets
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.notices import queue, texts, words
from bihuan.notices.model import NoticeCame, NoticePage, NoticeView
from bihuan.notices.queue import MOST_SINGLE, queries
from bihuan.tickets import TicketRow

WINDOW = timedelta(minutes=5)
_KEPT_UNREAD = timedelta(days=365)
_SWEPT_AT_ONCE = 5000
#: Touched after the commit that changed somebody's feed, as notice:<tenant>/<person>.
TOPIC = "notice"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news, for several feeds."""

    kind: str
    ticket_id: UUID | None
    to: tuple[UUID, ...]
    data: Mapping[str, object]
    news: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has been told now: of which line. `count`: None, or how many the line gathers that counts this one."""

    staff_id: UUID
    line: int
    count: int | None = None


class _Lately(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
    kind: str
    count: int


class _Added(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
    news: str
    gathered: str | None


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    ticket_id: UUID | None
    data: str
    count: int
    created_at: datetime
    read_at: datetime | None


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _State(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
    id: UUID | None
    unread: int


def window_of(at: datetime) -> datetime:
    """When the window began in which `at` lies."""
    return datetime.fromtimestamp(at.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), UTC)


def gathering(kind: str, at: datetime) -> str:
    """The news of the line that gathers a kind within the window of `at`."""
    return queue.gathering(kind, window_of(at))


async def put(work: Work, lines: Sequence[Line]) -> list[Told]:
    """Put news into feeds; returns to whom they were new, in order. Whoever calls holds the feeds."""
    rows = [(place, staff_id) for place, line in enumerate(lines) for staff_id in line.to]
    if not rows:
        return []
    at = clock.now()
    full = await _full(work, lines, at)
    gathered = [
        gathering(lines[place].kind, at) if full(staff_id, lines[place].kind) else None
        for place, staff_id in rows
    ]
    added = await work.rows(
        queries.add_notices,
        _Added,
        ids=[ids.new_id() for _ in rows],
        staff_ids=[staff_id for _, staff_id in rows],
        gathereds=gathered,
        lines=[place + 1 for place, _ in rows],
        kinds=[line.kind for line in lines],
        ticket_ids=[line.ticket_id for line in lines],
        datas=[evidence.canonical(line.data) for line in lines],
        newses=[line.news for line in lines],
        created_at=at,
    )
    new = {(row.staff_id, row.news): row.gathered for row in added}
    told = [(place, staff_id) for place, staff_id in rows if (staff_id, lines[place].news) in new]
    more = Counter(
        (staff_id, lines[place].kind) for place, staff_id in told if new[staff_id, lines[place].news]
    )
    counts = await gather(work, more, {kind: gathering(kind, at) for _, kind in more})
    came_to(work, {staff_id for _, staff_id in told})
    return [
        Told(
            staff_id=staff_id,
            line=place,
            count=counts[staff_id, lines[place].kind] if new[staff_id, lines[place].news] else None,
        )
        for place, staff_id in told
    ]


async def _full(work: Work, lines: Sequence[Line], at: datetime) -> Callable[[UUID, str], bool]:
    """Whether somebody has had enough single lines of a kind; each asking counts one more."""
    kinds = sorted({line.kind for line in lines})
    rows = await work.rows(
        queries.told_lately,
        _Lately,
        staff_ids=sorted(set[UUID]().union(*(line.to for line in lines))),
        kinds=kinds,
        since_at=window_of(at),
        gatherings=[gathering(kind, at) for kind in kinds],
    )
    had = Counter({(row.staff_id, row.kind): row.count for row in rows})

    def full(staff_id: UUID, kind: str) -> bool:
        had[staff_id, kind] += 1
        return had[staff_id, kind] > MOST_SINGLE

    return full


async def gather(
    work: Work, more: Mapping[tuple[UUID, str], int], news: Mapping[str, str]
) -> dict[tuple[UUID, str], int]:
    """Count so many more of a kind for somebody, in the line of these news; returns how many it gathers now."""
    if not more:
        return {}
    at = sorted(more)
    rows = await work.rows(
        queries.gather_notices,
        _Lately,
        ids=[ids.new_id() for _ in at],
        staff_ids=[staff_id for staff_id, _ in at],
        kinds=[kind for _, kind in at],
        newses=[news[kind] for _, kind in at],
        counts=[more[one] for one in at],
        data=evidence.canonical({"gathered": True}),
        created_at=clock.now(),
    )
    return {(row.staff_id, row.kind): row.count for row in rows}


def came_to(work: Work, who: Iterable[UUID]) -> None:
    """Once committed, these hear live that their feeds changed."""
    for staff_id in who:
        work.touch(f"{TOPIC}:{work.tenant_id}/{staff_id}")


async def page(work: Work, actor: Actor, *, after: UUID | None, unread: bool, most: int) -> NoticePage:
    """A page of the actor's feed, newest first, in their language."""
    found = await work.rows(
        queries.feed,
        _Row,
        staff_id=actor.id,
        after_id=after,
        unread=unread,
        of_tickets=actor.may(tickets.READ),
        most=most + 1,
    )
    rows = found[:most]
    seen = await _seen(work, actor, {row.ticket_id for row in rows if row.ticket_id})
    items = [await _view(work, actor, row, seen) for row in rows]
    return NoticePage(
        items=items,
        unread=await unread_of(work, actor),
        next=rows[-1].id if len(found) > most else None,
    )


async def unread_of(work: Work, actor: Actor) -> int:
    """How many of the actor's are unread, counted up to 1,000."""
    return int(await work.scalar(queries.unread, staff_id=actor.id, of_tickets=actor.may(tickets.READ)))


async def mark_read(work: Work, actor: Actor, which: Collection[UUID] | None) -> int:
    """Mark these of the actor's read, or all where None is given; returns how many are unread still."""
    rows = await work.rows(
        queries.read_notices,
        _Id,
        staff_id=actor.id,
        ids=list(which or ()),
        whole=which is None,
        at=clock.now(),
    )
    if rows:
        came_to(work, [actor.id])
    return await unread_of(work, actor)


async def came(work: Work, who: Collection[UUID]) -> Mapping[UUID, NoticeCame]:
    """The newest line and the unread ones of several people: for live updates."""
    rows = await work.rows(queries.feeds, _State, staff_ids=list(who))
    return {row.staff_id: NoticeCame(id=row.id, unread=row.unread) for row in rows}


async def sweep(desk: Desk, tenant_id: UUID) -> None:
    """Forget what was read longer ago than such are kept, and what nobody has read in a year."""
    now = clock.now()
    async with desk.database.work(tenant_id) as work:
        read_before = await privacy.retention.before(work, "notice")
    while True:
        async with desk.database.work(tenant_id) as work:
            gone = await work.rows(
                queries.drop_old_notices,
                _Id,
                read_before_at=read_before,
                before=now - _KEPT_UNREAD,
                most=_SWEPT_AT_ONCE,
            )
        if len(gone) < _SWEPT_AT_ONCE:
            return


async def _seen(work: Work, actor: Actor, ticket_ids: Collection[UUID]) -> dict[UUID, TicketRow]:
    """Those of the tickets that the actor sees now."""
    if not ticket_ids or not actor.may(tickets.READ):
        return {}
    rows = await tickets.rows_of(work, sorted(ticket_ids))
    return {row.id: row for place, row in rows if tickets.sees(actor, place)}


async def _view(work: Work, actor: Actor, row: _Row, seen: Mapping[UUID, TicketRow]) -> NoticeView:
    data: dict[str, Any] = {**msgspec.json.decode(row.data, type=dict[str, Any]), "count": row.count}
    text = await texts.render(work, row.kind, data, actor.language)
    ticket = seen.get(row.ticket_id) if row.ticket_id else None
    body = text.body
    if row.ticket_id is not None:
        said = 0 if actor.language == "zh" else 1
        body = (
            words.OF_TICKET[said].format(title=ticket.title, body=body) if ticket else words.NOT_YOURS[said]
        )
    return NoticeView(
        id=row.id,
        kind=row.kind,
        at=row.created_at,
        title=text.title,
        body=body,
        ticket_id=ticket.id if ticket else None,
        number=ticket.number if ticket else None,
        count=row.count,
        read_at=row.read_at,
    )
