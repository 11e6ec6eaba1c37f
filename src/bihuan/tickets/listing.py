"""Lists of tickets: what they may be filtered and sorted by, and the statements these become."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from psycopg import sql

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Query, Work
from bihuan.core.filters import Filter, FilterField
from bihuan.core.problems import FieldProblem, Invalid, Language
from bihuan.tickets.lifecycle import STATE_TEXTS, State
from bihuan.tickets.sealing import SealedRow, titles
from bihuan.tickets.visible import visible_to

_WAITS = {
    "customer": ("客户", "the customer"),
    "third_party": ("第三方", "a third party"),
    "appraisal": ("外部鉴定", "an appraisal"),
}
_PRIORITIES = {"urgent": ("紧急", "urgent"), "normal": ("普通", "normal"), "low": ("低", "low")}

FILTERS: tuple[FilterField, ...] = (
    FilterField(name="id", column="t.id", type="uuid", zh="工单", en="ticket"),
    FilterField(name="state", column="t.state", type="text", zh="状态", en="state", values=STATE_TEXTS),  # pyright: ignore[reportArgumentType]
    FilterField(
        name="priority", column="t.priority", type="text", zh="优先级", en="priority", values=_PRIORITIES
    ),
    FilterField(name="case_type", column="t.case_type", type="text", zh="业务类型", en="case type"),
    FilterField(name="channel", column="t.channel", type="text", zh="渠道", en="channel"),
    FilterField(name="team", column="t.team_id", type="uuid", zh="团队", en="team"),
    FilterField(name="assignee", column="t.assignee_id", type="uuid", zh="受理人", en="assignee"),
    FilterField(
        name="customer",
        column="t.customer_id",
        type="uuid",
        zh="客户",
        en="customer",
        among="array(select m.id from customer a join customer m on m.tenant_id = a.tenant_id"
        " and (m.id = coalesce(a.root_id, a.id) or m.root_id = coalesce(a.root_id, a.id))"
        " where a.tenant_id = %(tenant_id)s and a.id = any({}))",
    ),
    FilterField(name="number", column="t.number", type="text", zh="工单号", en="number"),
    FilterField(name="opened_at", column="t.opened_at", type="time", zh="受理时间", en="opened"),
    FilterField(name="changed_at", column="t.changed_at", type="time", zh="更新时间", en="changed"),
    FilterField(name="due_at", column="c.due_at", type="time", zh="到期时间", en="due"),
    FilterField(name="breached", column="b.breached", type="boolean", zh="已超时", en="breached"),
    FilterField(
        name="waiting_for",
        column="t.waiting_for",
        type="text",
        zh="等待对象",
        en="waiting for",
        values=_WAITS,
    ),
    FilterField(name="transfers", column="t.transfers", type="integer", zh="转派次数", en="transfers"),
    FilterField(name="reopenings", column="t.reopenings", type="integer", zh="重开次数", en="reopenings"),
)
Sort = Literal["-id", "id", "due", "-changed", "changed"]
#: The key of what is never due.
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
#: Sort → SQL of its key, direction, type of the key. Ties are broken by id, so that a page never repeats.
_SORTS: dict[Sort, tuple[str, str, type]] = {
    "-id": ("t.id", "desc", UUID),
    "id": ("t.id", "asc", UUID),
    "due": ("c.due_at", "asc", datetime),
    "-changed": ("t.changed_at", "desc", datetime),
    "changed": ("t.changed_at", "asc", datetime),
}
MOST_ROWS = 100
#: Each has a ticket `t`, the due moment `c.due_at` of the running clock that ends first (null: none runs), and `b.breached`,
#: which is derived from the moments, whether anybody has followed it up or not.
_FROM_TICKETS = sql.SQL(
    "ticket t left join lateral (select min(k.due_at) as due_at from sla_clock k where k.tenant_id = t.tenant_id"
    " and k.tenant_id = %(tenant_id)s and k.ticket_id = t.id and k.stopped_at is null and k.paused_at is null) c on true"
    " cross join lateral (select t.id in (select l.ticket_id from sla_clock l where l.tenant_id = %(tenant_id)s"
    " and l.stopped_at is null and l.paused_at is null and l.due_at < %(now)s) as breached) b"
    " where t.tenant_id = %(tenant_id)s"
)
#: Asked clock by clock, so that a page needs no more than its rows.
_FROM_CLOCKS = sql.SQL(
    "sla_clock c join ticket t on t.tenant_id = c.tenant_id and t.id = c.ticket_id"
    " cross join lateral (select c.due_at < %(now)s as breached) b"
    " where c.tenant_id = %(tenant_id)s and t.tenant_id = %(tenant_id)s and c.stopped_at is null and c.paused_at is null"
    " and c.kind = (select e.kind from sla_clock e where e.tenant_id = %(tenant_id)s and e.ticket_id = c.ticket_id"
    " and e.stopped_at is null and e.paused_at is null order by e.due_at, e.kind limit 1)"
)
_FROM_TIMELESS = sql.SQL(
    "ticket t cross join (select null::timestamptz as due_at) c cross join (select false as breached) b"
    " where t.tenant_id = %(tenant_id)s"
    " and not exists (select from sla_clock e where e.tenant_id = %(tenant_id)s and e.ticket_id = t.id"
    " and e.stopped_at is null and e.paused_at is null)"
)
_VISIBLE = sql.SQL(
    "(%(sees_all)s or t.customer_id = any(%(asker_ids)s) or t.team_id = any(%(teams)s) or t.assignee_id = any(%(holders)s)"
    " or (%(sees_teamless)s and t.team_id is null)"
    " or t.id in (select o.ticket_id from task o where o.tenant_id = %(tenant_id)s and o.team_id = any(%(task_teams)s)"
    " and o.done_at is null))"
)


class ListRow(SealedRow, frozen=True, kw_only=True):
    """A ticket as a list reads it; `title` is put in by `titled`; `key`: what it is sorted by."""

    number: str
    version: int
    state: State
    priority: Literal["urgent", "normal", "low"]
    case_type: str
    channel: str
    team_id: UUID | None
    assignee_id: UUID | None
    customer_id: UUID | None
    tags: list[str]
    opened_at: datetime
    changed_at: datetime
    task_teams: list[UUID] = msgspec.field(default_factory=list[UUID])
    key: Any = None
    title: str = ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A page's rows, and where the next page starts, if there is one."""

    rows: list[ListRow]
    next: str | None


async def listed(work: Work, actor: Actor, filter_: Filter, *, sort: Sort, after: str, most: int) -> Listed:
    """A page: visible, filtered, in order, from where the last page ended. Raises Invalid for a cursor of another list."""
    params = _list_params(actor, filter_, sort, after)
    rows: list[ListRow] = []
    for part in _parts(sort, params):
        if len(rows) <= most:
            query = _list_query(filter_, sort, after, part=part)
            rows += await work.rows(query, ListRow, limit=most + 1 - len(rows), **params)
    more = len(rows) > most
    shown = await titled(work, rows[:most], actor.language)
    return Listed(rows=shown, next=_cursor(rows[most - 1], sort) if more else None)


async def titled(work: Work, rows: Sequence[ListRow], language: Language | None) -> list[ListRow]:
    """The rows with their titles, by one look for all keys."""
    shown = await titles(work, rows, language)
    return [msgspec.structs.replace(row, title=title) for row, title in zip(rows, shown, strict=True)]


async def counted(work: Work, actor: Actor, filter_: Filter, *, most: int) -> int:
    """How many are visible and match, counted up to `most`."""
    query = sql.SQL(
        "select count(*)::integer as count from (select 1 from {from_} and {visible} and ({filter}) limit %(most)s)"
        " as found"
    ).format(from_=_FROM_TICKETS, visible=_VISIBLE, filter=filter_.condition)
    named = Query(name="tickets.count", sql=query.as_string(None), prepare=False)
    return await work.scalar(named, most=most, now=clock.now(), **visible_to(actor), **filter_.params)


def _parts(sort: Sort, params: Mapping[str, object]) -> list[tuple[sql.Composable, str, str]]:
    """What a list is read from, part after part, with the SQL of its key and of what breaks its ties.

    By least time left it is read from the clocks, in the order of their index; tickets of which none runs come after.
    """
    key = _SORTS[sort][0]
    if sort != "due":
        return [(_FROM_TICKETS, key, "t.id")]
    timeless = (_FROM_TIMELESS, f"timestamptz '{_NEVER.isoformat()}'", "t.id")
    # A page that begins among the timeless has nothing of the others.
    return [timeless] if params.get("after_key") == _NEVER else [(_FROM_CLOCKS, key, "c.ticket_id"), timeless]


def _list_query(filter_: Filter, sort: Sort, after: str, *, part: tuple[sql.Composable, str, str]) -> Query:
    direction, (from_, key, tie) = _SORTS[sort][1], part
    parts = {
        "key": sql.SQL(key),  # pyright: ignore[reportArgumentType] - ours
        "tie": sql.SQL(tie),  # pyright: ignore[reportArgumentType]
        "direction": sql.SQL(direction),  # pyright: ignore[reportArgumentType]
        "from_": from_,
        "visible": _VISIBLE,
        "filter": filter_.condition,
        "page": sql.SQL("true"),
    }
    if after:
        symbol = sql.SQL(">" if direction == "asc" else "<")
        # The first half is for an index; ids break ties.
        parts["page"] = sql.SQL(
            "{key} {symbol}= %(after_key)s and ({key}, {tie}) {symbol} (%(after_key)s, %(after_id)s)"
        ).format(key=parts["key"], tie=parts["tie"], symbol=symbol)
    query = sql.SQL(
        "select t.id, t.number, t.head_seq as version, t.state, t.priority, t.subject_id, t.sealed, t.case_type,"
        " t.channel, t.team_id, t.assignee_id, t.customer_id, t.tags, t.opened_at, t.changed_at, {key} as key from {from_}"
        " and {visible} and ({filter}) and {page} order by {key} {direction}, {tie} {direction} limit %(limit)s"
    ).format(**parts)
    return Query(name="tickets.find", sql=query.as_string(None), prepare=False)


def _list_params(actor: Actor, filter_: Filter, sort: Sort, after: str) -> dict[str, object]:
    params: dict[str, object] = {**visible_to(actor), **filter_.params, "now": clock.now()}
    if after:
        params["after_key"], params["after_id"] = _read_cursor(after, sort)
    return params


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    sort: str
    key: Any
    id: UUID


def _cursor(row: ListRow, sort: Sort) -> str:
    raw = msgspec.json.encode(_Cursor(sort=sort, key=row.key, id=row.id))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read_cursor(after: str, sort: Sort) -> tuple[object, UUID]:
    try:
        raw = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))
        cursor = msgspec.json.decode(raw, type=_Cursor)
        key: object = msgspec.convert(cursor.key, cast("type[object]", _SORTS[sort][2]))
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid(
            fields=[FieldProblem(pointer="/after", code="type", params={"expected": "cursor"})]
        ) from error
    if cursor.sort != sort:
        raise Invalid(
            fields=[
                FieldProblem(pointer="/after", code="type", params={"expected": f"cursor of {cursor.sort}"})
            ]
        )
    return key, cursor.id
