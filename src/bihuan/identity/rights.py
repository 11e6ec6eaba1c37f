"""What a person may do and see, remembered per process as long as the people's version stands.

Whom they stand in for depends on the moment: it is decided at each use, so that a deputy's time begins and ends by itself.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan.core import clock, db
from bihuan.core.actor import Actor
from bihuan.core.db import Work

queries = db.load(__file__)

_remembered: dict[tuple[UUID, UUID], tuple[int, "Held"]] = {}
_MOST_REMEMBERED = 10_000


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is away from one moment until just before another, with their teams."""

    staff_id: UUID
    from_at: datetime
    until_at: datetime
    teams: list[UUID]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A person's permissions and teams, the teams whose queues theirs see, and for whom they are or will be a deputy."""

    permissions: frozenset[str]
    teams: frozenset[UUID]
    sees_teams: frozenset[UUID]
    stands: tuple[Stand, ...] = ()

    def given_to(self, actor: Actor, at: datetime, scope: list[str] | None) -> Actor:
        """The actor with these rights as they are at this moment, narrowed by a token's scope."""
        away = [s for s in self.stands if s.from_at <= at < s.until_at]
        return msgspec.structs.replace(
            actor,
            permissions=self.permissions if scope is None else self.permissions & frozenset(scope),
            teams=self.teams,
            sees_teams=self.sees_teams,
            stands_for=frozenset(s.staff_id for s in away),
            task_teams=self.teams.union(*(s.teams for s in away)),
        )


class _Rights(msgspec.Struct, frozen=True, kw_only=True):
    permissions: list[str]
    teams: list[UUID]
    sees_teams: list[UUID]


async def rights_of(work: Work, staff_id: UUID, people_version: int) -> Held:
    """A person's rights as of this version of the people."""
    at = (work.tenant_id, staff_id)
    remembered = _remembered.get(at)
    if remembered is not None and remembered[0] == people_version:
        return remembered[1]
    stands = await work.send(queries.stands, Stand, staff_id=staff_id, now=clock.now())
    row = await work.must(queries.rights, _Rights, staff_id=staff_id)
    held = Held(
        permissions=frozenset(row.permissions),
        teams=frozenset(row.teams),
        sees_teams=frozenset(row.sees_teams),
        stands=tuple(await stands.all()),
    )
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[at] = (people_version, held)
    return held
