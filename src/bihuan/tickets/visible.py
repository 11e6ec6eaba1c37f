"""Which tickets an actor sees: the one place that says so.

Every statement that reads tickets for somebody carries the same condition (a house test checks it) and takes these
parameters: all tickets with `ticket.read_all`, else those of one's teams, one's own, and those nobody's team has yet.
"""

from bihuan.core import db
from bihuan.core.actor import Actor

queries = db.load(__file__)

CONDITION = "(:sees_all or team_id is null or team_id = any(:teams) or assignee_id = :actor_id)"


def visible_to(actor: Actor) -> dict[str, object]:
    """Parameters of the condition."""
    return {
        "sees_all": actor.kind == "system" or actor.may("ticket.read_all"),
        "teams": list(actor.teams),
        "actor_id": actor.id,
    }
