"""Names of teams and people, remembered for a few seconds: lists and lines show names, rows hold ids."""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.identity.model import Staff, Team
from bihuan.identity.sign_in import queries

_FRESH_SECONDS = 5.0


class DeputyRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands in for whom, from when until just before when."""

    id: UUID
    staff_id: UUID
    deputy_id: UUID
    from_at: datetime
    until_at: datetime
    made_by: UUID


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """Teams and people of a tenant, and who stands in for whom, now or later."""

    teams: dict[UUID, Team]
    staff: dict[UUID, Staff]
    deputies: tuple[DeputyRow, ...] = ()

    def deputies_of(self, staff_id: UUID | None) -> list[UUID]:
        """Who stands in for somebody just now."""
        now = clock.now()
        return [
            d.deputy_id for d in self.deputies if d.staff_id == staff_id and d.from_at <= now < d.until_at
        ]

    def stands_for(self, deputy_id: UUID) -> list[UUID]:
        """For whom somebody stands in just now."""
        now = clock.now()
        return [
            d.staff_id for d in self.deputies if d.deputy_id == deputy_id and d.from_at <= now < d.until_at
        ]

    def team_named(self, code: str) -> Team | None:
        """A team by its code."""
        return next((t for t in self.teams.values() if t.code == code), None)

    def person_named(self, login: str) -> Staff | None:
        """Somebody active, by login."""
        return next((s for s in self.staff.values() if s.login == login and s.status == "active"), None)


_remembered: dict[UUID, tuple[float, Directory]] = {}


async def directory(work: Work, *, fresh: bool = False) -> Directory:
    """The directory; `fresh` where a name that was just added must be found."""
    found = _remembered.get(work.tenant_id)
    if found is not None and not fresh and clock.perf() - found[0] < _FRESH_SECONDS:
        return found[1]
    deputies = await work.send(queries.deputies, DeputyRow, now=clock.now())
    teams = await work.rows(queries.teams, Team)
    staff = await work.rows(queries.staff_list, Staff)
    made = Directory(
        teams={t.id: t for t in teams},
        staff={s.id: s for s in staff},
        deputies=tuple(await deputies.all()),
    )
    _remembered[work.tenant_id] = (clock.perf(), made)
    return made


async def logins(work: Work) -> dict[UUID, str]:
    """Everybody's login by id, who has left among them: for what names people outside the desk."""
    return {one.id: one.login for one in (await directory(work)).staff.values()}


def forget(_tenant: str) -> None:
    """Read names anew."""
    _remembered.clear()
