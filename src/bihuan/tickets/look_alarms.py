"""Alarms on unusual looking: found in the looker's own transaction, told once an hour and rule."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan import customers, evidence, sla
from bihuan.core import clock
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import NotAllowed, NotFound, Problem
from bihuan.identity import SessionNeeded
from bihuan.tickets import look_policy, unusual
from bihuan.tickets.look_model import LookLimit, LookPolicy, SearchLimit
from bihuan.tickets.look_policy import queries
from bihuan.tickets.model import Ticket
from bihuan.tickets.unusual import Found, Seen

_HOUR, _BEFORE = timedelta(hours=1), timedelta(days=30)
#: Of each hour's refusals so many are on record one by one; then they are only counted.
_MOST_RECORDED = 20
#: Refusals that say somebody reached for what is not theirs.
REACHED: tuple[type[Problem], ...] = (NotAllowed, LookLimit, SearchLimit, SessionNeeded)


class _Lately(msgspec.Struct, frozen=True, kw_only=True):
    looks: int
    customers: int


class _Count(msgspec.Struct, frozen=True, kw_only=True):
    count: int


async def watch(work: Work, actor: Actor, ticket: Ticket | None) -> None:
    """Look at somebody's looks of the last hour, this one among them; a rule newly met is told."""
    policy = await look_policy.current(work)
    seen = await _seen(work, actor, policy, ticket)
    for found in unusual.unusual(seen, policy):
        if await _counted(work, actor.id, found.rule) == 1:
            await _tell(work, actor, found, ticket)


async def refused(desk: Desk, actor: Actor, problem: Problem, path: str) -> None:
    """A refusal leaves its trace, in a transaction of its own: the first ones by themselves, many as an alarm."""
    asks_for_values = path.endswith("/unmask")
    if actor.kind != "staff" or not (
        isinstance(problem, REACHED) or (asks_for_values and isinstance(problem, NotFound))
    ):
        return
    async with desk.database.work(actor.tenant_id) as work:
        policy = await look_policy.current(work)
        count = await _counted(work, actor.id, "refused")
        if count <= _MOST_RECORDED:
            data: dict[str, object] = {"path": path, "problem": type(problem).__name__}
            await _record(work, actor, actor.id, "access.refused", data)
        if count in (policy.refusals, policy.refusals * 10, policy.refusals * 100):
            await _tell(work, actor, Found(rule="refused", count=count, limit=policy.refusals), None)


async def sweep(desk: Desk, tenant_id: UUID) -> None:
    """Forget the counts of hours long past; what was told is in the streams."""
    async with desk.database.work(tenant_id) as work:
        await work.run(queries.drop_old_alarms, before=clock.now() - _BEFORE)


async def _seen(work: Work, actor: Actor, policy: LookPolicy, ticket: Ticket | None) -> Seen:
    now = clock.now()
    lately = await work.must(queries.looks_lately, _Lately, staff_id=actor.id, since_at=now - _HOUR)
    usual: Sequence[_Count] = ()
    if lately.looks > policy.hour:
        usual = await work.rows(
            queries.looks_by_hour, _Count, staff_id=actor.id, since_at=now - _BEFORE, before=now - _HOUR
        )
    tier = await customers.tier_of(work, ticket.customer_id) if ticket and ticket.customer_id else None
    return Seen(
        hour=lately.looks,
        customers=lately.customers,
        usual=[one.count for one in usual],
        off=await _off(work, policy, now),
        protected=unusual.protected(policy, tier, ticket.tags if ticket else ()),
    )


async def _off(work: Work, policy: LookPolicy, at: datetime) -> bool:
    book = await sla.book(work)
    # A calendar that was renamed since is no reason to hinder anybody.
    known = policy.calendar in book.current_calendars()
    return unusual.off(book.calendars()(policy.calendar, None, "") if known else None, at)


async def _counted(work: Work, staff_id: UUID, rule: str) -> int:
    """How often a rule has been met by somebody in this hour, this time included."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    row = await work.must(queries.count_alarm, _Count, staff_id=staff_id, rule=rule, window_at=hour)
    return row.count


async def _tell(work: Work, actor: Actor, found: Found, ticket: Ticket | None) -> None:
    data: dict[str, object] = {"rule": found.rule, "count": found.count, "limit": found.limit}
    if ticket is not None:
        data["ticket"] = str(ticket.id)
    await _record(work, desk_actor(work.tenant_id), actor.id, "look.unusual", data)


async def _record(work: Work, by: Actor, staff_id: UUID, kind: str, data: dict[str, object]) -> None:
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=by, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="staff", id=staff_id), event)
