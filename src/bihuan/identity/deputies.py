"""Deputies (代理人): who stands in for whom, from one moment until just before another.

A deputy sees and works on what the one who is away holds, and does the tasks of their teams, with permissions of their
own and no others. Standing in goes no further: who stands in for a deputy does not stand in for both. It ends by itself,
by the clock; nothing has to run for that.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotAllowed, NotFound, Problem
from bihuan.identity import incompatible
from bihuan.identity.model import DEPUTY_MANAGE, PEOPLE_MANAGE, Login, Staff
from bihuan.identity.names import DeputyRow, Directory, directory
from bihuan.identity.rights import queries
from bihuan.identity.tell import about, grants_change

_LONGEST = timedelta(days=366)


class HasDeputy(Problem):
    """{login} has a deputy already in that time."""

    status = 409
    zh = "{login} 在该时段已有代理人。"


class DeputyAway(Problem):
    """{login} is away in that time and cannot stand in for others."""

    status = 409
    zh = "{login} 在该时段本人已指定代理人，不能代理他人。"


class NewDeputy(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands in, from when until when. `staff`: who is away; left out, oneself."""

    deputy: Login
    from_at: datetime
    until_at: datetime
    staff: Login | None = None


class Deputy(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who stands in, now or later: logins of both and of who named them."""

    id: UUID
    staff: str
    deputy: str
    from_at: datetime
    until_at: datetime
    made_by: str | None
    now: bool


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def deputies(work: Work) -> list[Deputy]:
    """Who stands in for whom, now and later, by time."""
    people = await directory(work, fresh=True)
    now = clock.now()
    return [_shown(row, people, now) for row in people.deputies if row.until_at > now]


async def name_deputy(work: Work, actor: Actor, wanted: NewDeputy) -> UUID:
    """Name a deputy for oneself, or as a lead for one of one's team.

    Raises Invalid, NotAllowed, HasDeputy, DeputyAway, IncompatibleRoles.
    """
    await grants_change(work)
    people = await directory(work, fresh=True)
    staff = people.staff.get(actor.id) if wanted.staff is None else people.person_named(wanted.staff)
    deputy = people.person_named(wanted.deputy)
    if staff is None or deputy is None:
        missing = [("/staff", staff), ("/deputy", deputy)]
        raise Invalid(
            fields=[
                FieldProblem(pointer=pointer, code="not_found") for pointer, one in missing if one is None
            ]
        )
    if wrong := _wrong(wanted, same=staff.id == deputy.id):
        raise Invalid(fields=wrong)
    _may_name(actor, staff, people)
    _refuse_overlap(wanted, staff, deputy, people.deputies)
    deputy_row_id = ids.new_id()
    await work.run(
        queries.add_deputy,
        id=deputy_row_id,
        staff_id=staff.id,
        deputy_id=deputy.id,
        from_at=wanted.from_at,
        until_at=wanted.until_at,
        made_by_id=actor.id,
        made_at=clock.now(),
    )
    await incompatible.check(work, {"staff": deputy.id})
    data: dict[str, object] = {
        "deputy": str(deputy.id),
        "from": wanted.from_at.isoformat(),
        "until": wanted.until_at.isoformat(),
    }
    await about(work, actor, staff.id, "staff.deputy_named", data)
    return deputy_row_id


async def end_deputy(work: Work, actor: Actor, deputy_row_id: UUID) -> None:
    """End it before its time: the one who was away, the deputy, or a lead of theirs. Raises NotFound, NotAllowed."""
    people = await directory(work, fresh=True)
    row = next((d for d in people.deputies if d.id == deputy_row_id), None)
    staff = people.staff.get(row.staff_id) if row else None
    if row is None or staff is None or row.until_at <= clock.now():
        raise NotFound
    if actor.id != row.deputy_id:
        _may_name(actor, staff, people)
    await grants_change(work)
    ended = await work.one(
        queries.end_deputy, _Id, id=deputy_row_id, ended_at=clock.now(), ended_by_id=actor.id
    )
    if ended is None:
        raise NotFound
    await about(work, actor, staff.id, "staff.deputy_ended", {"deputy": str(row.deputy_id)})


def _wrong(wanted: NewDeputy, *, same: bool) -> list[FieldProblem]:
    moments = (("/from_at", wanted.from_at), ("/until_at", wanted.until_at))
    found = [FieldProblem(pointer=pointer, code="no_zone") for pointer, at in moments if at.tzinfo is None]
    if found:
        return found
    least, most = max(wanted.from_at, clock.now()), wanted.from_at + _LONGEST
    if same:
        found.append(FieldProblem(pointer="/deputy", code="duplicate"))
    if wanted.until_at <= least:
        found.append(FieldProblem(pointer="/until_at", code="too_small", params={"limit": least.isoformat()}))
    if wanted.until_at > most:
        found.append(FieldProblem(pointer="/until_at", code="too_big", params={"limit": most.isoformat()}))
    return found


def _may_name(actor: Actor, staff: Staff, people: Directory) -> None:
    """Raises NotAllowed."""
    if actor.id == staff.id or actor.kind == "system" or actor.may(PEOPLE_MANAGE):
        return
    own = {people.teams[id_].code for id_ in actor.teams if id_ in people.teams}
    if not actor.may(DEPUTY_MANAGE) or own.isdisjoint(staff.teams):
        raise NotAllowed(permission=DEPUTY_MANAGE)


def _refuse_overlap(wanted: NewDeputy, staff: Staff, deputy: Staff, there: Sequence[DeputyRow]) -> None:
    """Raises HasDeputy, DeputyAway."""
    meanwhile = [d for d in there if d.from_at < wanted.until_at and wanted.from_at < d.until_at]
    if any(d.staff_id == staff.id for d in meanwhile):
        raise HasDeputy(login=staff.login)
    if any(d.staff_id == deputy.id for d in meanwhile):
        raise DeputyAway(login=deputy.login)
    if any(d.deputy_id == staff.id for d in meanwhile):
        raise DeputyAway(login=staff.login)


def _shown(row: DeputyRow, people: Directory, now: datetime) -> Deputy:
    def login(id_: UUID) -> str | None:
        return people.staff[id_].login if id_ in people.staff else None

    return Deputy(
        id=row.id,
        staff=login(row.staff_id) or "",
        deputy=login(row.deputy_id) or "",
        from_at=row.from_at,
        until_at=row.until_at,
        made_by=login(row.made_by),
        now=row.from_at <= now,
    )
