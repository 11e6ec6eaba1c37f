"""Who is told: from what news say (`holder`, `lead`, `role:…`) to people. Pure but for `people`.

Never the one who did it, never who has left, never who does not see the ticket.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from bihuan import identity, tickets
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.customers import Contact, ContactKind
from bihuan.identity import Directory
from bihuan.tickets import Place, Ticket

_LEAD = "lead"


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works here, with what they may see and do."""

    actor: Actor
    roles: frozenset[str]

    @property
    def language(self) -> Language:
        """Their language."""
        return self.actor.language


class People(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's active people by id, its teams' ids by code, and who stands in for whom just now."""

    staff: Mapping[UUID, Colleague]
    teams: Mapping[str, UUID]
    deputies: Mapping[UUID, tuple[UUID, ...]] = {}


#: By tenant; good as long as the directory it was made of is the one that is remembered.
_remembered: dict[UUID, tuple[Directory, People]] = {}


async def people(work: Work) -> People:
    """Who works here now."""
    directory = await identity.directory(work)
    away = {d.staff_id: tuple(directory.deputies_of(d.staff_id)) for d in directory.deputies}
    remembered = _remembered.get(work.tenant_id)
    if remembered is not None and remembered[0] is directory and remembered[1].deputies == away:
        return remembered[1]
    made = await _people(work, directory, away)
    _remembered[work.tenant_id] = (directory, made)
    return made


async def _people(work: Work, directory: Directory, away: Mapping[UUID, tuple[UUID, ...]]) -> People:
    permissions = {role.code: frozenset(role.permissions) for role in await identity.roles(work)}
    teams = {team.code: team.id for team in directory.teams.values()}
    seen = {team.code: [teams[code] for code in team.sees] for team in directory.teams.values()}
    found: dict[UUID, Colleague] = {}
    for one in directory.staff.values():
        if one.status != "active":
            continue
        actor = Actor(
            tenant_id=work.tenant_id,
            id=one.id,
            kind="staff",
            name=one.name,
            permissions=frozenset[str]().union(*(permissions.get(role, ()) for role in one.roles)),
            teams=frozenset(teams[code] for code in one.teams if code in teams),
            sees_teams=frozenset(id_ for code in one.teams for id_ in seen.get(code, ())),
            stands_for=frozenset(directory.stands_for(one.id)),
            task_teams=_task_teams(directory, one.id, teams),
            language=one.language,
        )
        found[one.id] = Colleague(actor=actor, roles=frozenset(one.roles))
    return People(staff=found, teams=teams, deputies=away)


def _task_teams(directory: Directory, staff_id: UUID, teams: Mapping[str, UUID]) -> frozenset[UUID]:
    away = [directory.staff[id_] for id_ in directory.stands_for(staff_id) if id_ in directory.staff]
    return frozenset(teams[code] for one in away for code in one.teams if code in teams)


def place_of(ticket: Ticket, tasks: frozenset[UUID] = frozenset()) -> Place:
    """What decides who sees a ticket; `tasks`: the teams with an open task on it."""
    return Place(
        team_id=ticket.team_id,
        assignee_id=ticket.assignee_id,
        customer_id=ticket.customer_id,
        task_teams=tasks,
    )


def sees(colleague: Colleague, ticket: Ticket, tasks: frozenset[UUID] = frozenset()) -> bool:
    """Whether somebody may read the ticket."""
    return colleague.actor.may(tickets.READ) and tickets.sees(colleague.actor, place_of(ticket, tasks))


def told(
    to: Iterable[str],
    ticket: Ticket,
    everybody: People,
    *,
    by: UUID | None,
    tasks: frozenset[UUID] = frozenset(),
) -> list[UUID]:
    """Who is told, in order of id: those meant by `to` who see the ticket, but for `by`, who did it.

    Whoever stands in for somebody is told what is for them. `tasks`: teams with an open task on the ticket.
    """
    meant: set[UUID] = set()
    for whom in to:
        meant |= _meant(whom, ticket, everybody)
    return sorted(id_ for id_ in meant - {by} if sees(everybody.staff[id_], ticket, tasks))


def _meant(whom: str, ticket: Ticket, everybody: People) -> set[UUID]:
    name, _, code = whom.partition(":")
    staff = everybody.staff
    match name:
        case "assignee":
            return _with_deputies(ticket.assignee_id, everybody) if ticket.assignee_id else set()
        case "holder":
            # Of a holder who has left nobody would be told.
            return _meant("assignee", ticket, everybody) or _meant("team", ticket, everybody)
        case "team":
            return _of_team(_team(code, everybody) if code else ticket.team_id, everybody)
        case "lead":
            return {i for i in _of_team(ticket.team_id, everybody) if _LEAD in staff[i].roles}
        case "role":
            return {i for i, one in staff.items() if code in one.roles}
        case "may":
            return {i for i, one in staff.items() if one.actor.may(code)}
        case _:
            return _with_deputies(UUID(whom), everybody)


def _with_deputies(person: UUID, everybody: People) -> set[UUID]:
    return {person, *everybody.deputies.get(person, ())} & everybody.staff.keys()


def _team(code: str, everybody: People) -> UUID | None:
    """A team by its code, or by its id as events have it."""
    found = everybody.teams.get(code)
    return found or next((id_ for id_ in everybody.teams.values() if str(id_) == code), None)


def _of_team(team_id: UUID | None, everybody: People) -> set[UUID]:
    if team_id is None:
        return set()
    return {i for i, one in everybody.staff.items() if team_id in one.actor.teams}


def reach(contacts: Sequence[Contact], kind: ContactKind) -> Contact | None:
    """Where a customer is reached, as they are when a message is sent: their own before their people's, the one known
    longest.
    """
    return next((c for c in contacts if c.kind == kind), None)
