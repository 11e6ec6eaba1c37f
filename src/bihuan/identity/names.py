"""Names of teams and people, remembered for a few seconds: lists and lines show names, rows hold ids."""

from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.identity.model import Staff, Team
from bihuan.identity.sign_in import queries

_FRESH_SECONDS = 5.0


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """Teams and people of a tenant."""

    teams: dict[UUID, Team]
    staff: dict[UUID, Staff]

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
    teams = await work.rows(queries.teams, Team)
    staff = await work.rows(queries.staff_list, Staff)
    made = Directory(teams={t.id: t for t in teams}, staff={s.id: s for s in staff})
    _remembered[work.tenant_id] = (clock.perf(), made)
    return made


def forget(_tenant: str) -> None:
    """Read names anew."""
    _remembered.clear()
