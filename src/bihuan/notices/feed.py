"""Colleagues' feeds: putting news in, reading them, marking them read, sweeping what is old.

No storms: beyond a few of one kind within five minutes, what more comes to somebody is counted in one line.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bihuan import evidence, tickets
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.notices import texts, words
from bihuan.notices.model import NoticeCame, NoticePage, NoticeView
from bihuan.notices.queue import queries
from bihuan.tickets import TicketRow

#: Of one kind, to one person, within the window; what is more is gathered.
MOST_SINGLE = 5
WINDOW = timedelta(minutes=5)
_KEPT_READ = timedelta(days=90)
_KEPT_UNREAD = timedelta(days=365)
_SWEPT_AT_ONCE = 5000
#: Touched after the commit that changed somebody's feed, as notice:<tenant>/<person>.
TOPIC = "notice"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who has been told now. `count`: None, or how many the line gathers that counts this one."""

    staff_id: UUID
    count: int | None = None


class _Lately(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
    count: int


class _Added(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: UUID
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
    return f"gathered:{kind}:{int(window_of(at).timestamp())}"


async def put(
    work: Work, kind: str, ticket_id: UUID, *, to: Sequence[UUID], data: Mapping[str, object], news: str
) -> list[Told]:
    """Put one piece of news into several feeds; returns whom it was new to. `to` is in order, so that two never cross."""
    if not to:
        return []
    at = clock.now()
    key = gathering(kind, at)
    await work.run(queries.hold_feeds, staff_ids=list(to))
    lately = await work.rows(
        queries.told_lately, _Lately, staff_ids=list(to), kind=kind, since_at=window_of(at), gathering=key
    )
    full = {row.staff_id for row in lately if row.count >= MOST_SINGLE}
    added = await work.rows(
        queries.add_notices,
        _Added,
        ids=[ids.new_id() for _ in to],
        staff_ids=list(to),
        gathereds=[key if who in full else None for who in to],
        kind=kind,
        ticket_id=ticket_id,
        data=evidence.canonical(data),
        news=news,
        created_at=at,
    )
    counts = await _gather(work, kind, sorted(row.staff_id for row in added if row.gathered), at=at)
    told = [Told(staff_id=row.staff_id, count=counts.get(row.staff_id)) for row in added]
    _came(work, (one.staff_id for one in told))
    return told


async def _gather(work: Work, kind: str, who: Sequence[UUID], *, at: datetime) -> dict[UUID, int]:
    """Count one more for each of these; returns how many their lines gather now."""
    if not who:
        return {}
    rows = await work.rows(
        queries.gather_notices,
        _Lately,
        ids=[ids.new_id() for _ in who],
        staff_ids=list(who),
        kind=kind,
        data=evidence.canonical({"gathered": True}),
        news=gathering(kind, at),
        created_at=at,
    )
    return {row.staff_id: row.count for row in rows}


def _came(work: Work, who: Iterable[UUID]) -> None:
    for staff_id in who:
        work.touch(f"{TOPIC}:{work.tenant_id}/{staff_id}")


async def page(work: Work, actor: Actor, *, after: UUID | None, unread: bool, most: int) -> NoticePage:
    """A page of the actor's feed, newest first, in their language."""
    found = await work.rows(
        queries.feed, _Row, staff_id=actor.id, after_id=after, unread=unread, most=most + 1
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
    return int(await work.scalar(queries.unread, staff_id=actor.id))


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
        _came(work, [actor.id])
    return await unread_of(work, actor)


async def came(work: Work, who: Collection[UUID]) -> Mapping[UUID, NoticeCame]:
    """The newest line and the unread ones of several people: for live updates."""
    rows = await work.rows(queries.feeds, _State, staff_ids=list(who))
    return {row.staff_id: NoticeCame(id=row.id, unread=row.unread) for row in rows}


async def sweep(desk: Desk, tenant_id: UUID) -> None:
    """Forget what was read 90 days ago, and what nobody has read in a year."""
    now = clock.now()
    while True:
        async with desk.database.work(tenant_id) as work:
            gone = await work.rows(
                queries.drop_old_notices,
                _Id,
                read_before_at=now - _KEPT_READ,
                before=now - _KEPT_UNREAD,
                most=_SWEPT_AT_ONCE,
            )
        if len(gone) < _SWEPT_AT_ONCE:
            return


async def _seen(work: Work, actor: Actor, ticket_ids: Collection[UUID]) -> dict[UUID, TicketRow]:
    """Those of the tickets that the actor sees now."""
    if not ticket_ids:
        return {}
    rows = await tickets.rows_of(work, sorted(ticket_ids))
    return {row.id: row for place, row in rows if tickets.sees(actor, place)}


async def _view(work: Work, actor: Actor, row: _Row, seen: Mapping[UUID, TicketRow]) -> NoticeView:
    data: dict[str, Any] = {**msgspec.json.decode(row.data, type=dict[str, Any]), "count": row.count}
    text = await texts.render(work, row.kind, data, actor.language)
    ticket = seen.get(row.ticket_id) if row.ticket_id else None
    body = text.body
    if row.ticket_id is not None:
        hidden = words.NOT_YOURS[0 if actor.language == "zh" else 1]
        body = f"{ticket.title}\n{body}" if ticket else hidden
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
