"""Which tickets an actor sees: the one place that says so.

Every statement that reads tickets for somebody carries the same condition (a house test checks it) and takes these
parameters. A colleague sees all tickets with `ticket.read_all`, else those of their teams and of the teams these may
see, their own and those of people they stand in for, those with an open task of their teams (and of the teams of whom
they stand in for), and with `ticket.read_intake` those no team has yet. A customer sees those whose customer they are,
by any of the customers they are known as, and no other.
"""

from uuid import UUID

import msgspec

from bihuan.core import db
from bihuan.core.actor import Actor

queries = db.load(__file__)
#: Of files and of numbers released.
file_queries = db.load(__file__, "file_queries.sql")

#: The task's part is read once a statement, not once a ticket: by the index of open tasks.
CONDITION = (
    "(:sees_all or customer_id = any(:asker_ids) or team_id = any(:teams) or assignee_id = any(:holders)"
    " or (:sees_teamless and team_id is null)"
    " or id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)"
    " and o.done_at is null))"
)


def visible_to(actor: Actor) -> dict[str, object]:
    """Parameters of the condition."""
    if actor.kind == "customer":
        return {**_NOTHING, "asker_ids": [actor.id, *actor.selves]}
    return {
        **_NOTHING,
        "sees_all": _sees_all(actor),
        "sees_teamless": actor.may("ticket.read_intake"),
        "teams": [*actor.teams, *actor.sees_teams],
        "holders": [actor.id, *actor.stands_for],
        "task_teams": list(_task_teams(actor)),
    }


_NOTHING: dict[str, object] = {
    "sees_all": False,
    "sees_teamless": False,
    "teams": [],
    "holders": [],
    "task_teams": [],
    "asker_ids": [],
}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What decides who sees a ticket: whose queue it is in, who holds it, who asks, which teams have a task to do."""

    team_id: UUID | None
    assignee_id: UUID | None
    customer_id: UUID | None
    task_teams: frozenset[UUID] = frozenset()


def sees(actor: Actor, place: Place) -> bool:
    """The condition in plain Python, for live updates: one row, thousands who watch. A test holds the two equal."""
    if actor.kind == "customer":
        return place.customer_id is not None and (
            place.customer_id == actor.id or place.customer_id in actor.selves
        )
    if _sees_all(actor) or actor.speaks_as(place.assignee_id):
        return True
    if place.team_id is None and actor.may("ticket.read_intake"):
        return True
    if place.team_id in actor.teams or place.team_id in actor.sees_teams:
        return True
    return not place.task_teams.isdisjoint(_task_teams(actor))


def _sees_all(actor: Actor) -> bool:
    return actor.kind == "system" or actor.may("ticket.read_all")


def _task_teams(actor: Actor) -> frozenset[UUID]:
    return actor.teams | actor.task_teams
