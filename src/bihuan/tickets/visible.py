"""Which tickets an actor sees: the one place that says so.

Every statement that reads tickets for somebody carries the same condition (a house test checks it) and takes these
parameters. A colleague sees all tickets with `ticket.read_all`, else those of their teams, their own, and those no team
has yet; a customer sees those whose customer they are, and no other.
"""

from uuid import UUID

import msgspec

from bihuan.core import db
from bihuan.core.actor import Actor

queries = db.load(__file__)

CONDITION = (
    "(:sees_all or customer_id = :asker_id or team_id = any(:teams) or assignee_id = :actor_id"
    " or (:sees_teamless and team_id is null))"
)


def visible_to(actor: Actor) -> dict[str, object]:
    """Parameters of the condition."""
    if actor.kind == "customer":
        return {**_NOTHING, "asker_id": actor.id}
    return {
        **_NOTHING,
        "sees_all": actor.kind == "system" or actor.may("ticket.read_all"),
        "sees_teamless": True,
        "teams": list(actor.teams),
        "actor_id": actor.id,
    }


_NOTHING: dict[str, object] = {
    "sees_all": False,
    "sees_teamless": False,
    "teams": [],
    "actor_id": None,
    "asker_id": None,
}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What decides who sees a ticket: whose queue it is in, who holds it, who asks."""

    team_id: UUID | None
    assignee_id: UUID | None
    customer_id: UUID | None


def sees(actor: Actor, place: Place) -> bool:
    """The condition in plain Python, for live updates: one row, thousands who watch. A test holds the two equal."""
    if actor.kind == "customer":
        return place.customer_id == actor.id
    if actor.kind == "system" or actor.may("ticket.read_all"):
        return True
    return place.team_id is None or place.team_id in actor.teams or place.assignee_id == actor.id
