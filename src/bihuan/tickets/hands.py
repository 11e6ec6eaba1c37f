"""Verbs of who has the ticket: claim, assign, transfer. Handing on never resets a clock."""

from uuid import UUID

from bihuan import identity
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.tickets.done import Done, done
from bihuan.tickets.model import Assign, Claim, Ticket, Transfer
from bihuan.tickets.write import Basis, Plan, hold, record_text, write

_HANDS = frozenset({"assignee_id", "team_id", "state"})


async def claim(work: Work, actor: Actor, ticket_id: UUID, command: Claim) -> Done:
    """I take it. Of many who claim one version at once, one gets it. Raises StaleWrite, HeldByAnother, Incomplete."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_HANDS))
    return done(held, await write(held, Plan(action="claim", set={"assignee_id": actor.id})))


async def assign(work: Work, actor: Actor, ticket_id: UUID, command: Assign) -> Done:
    """To a colleague, or back to the queue. Raises StaleWrite, Invalid, Incomplete."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_HANDS - {"state"}))
    assignee = None
    if command.assignee is not None:
        person = (await identity.directory(work, fresh=True)).person_named(command.assignee)
        if person is None:
            raise Invalid(fields=[FieldProblem(pointer="/assignee", code="not_found")])
        assignee = person.id
    message = record_text(held.protector, command.reason) if command.reason else None
    plan = Plan(action="assign", set={"assignee_id": assignee}, message=message)
    return done(held, await write(held, plan))


async def transfer(work: Work, actor: Actor, ticket_id: UUID, command: Transfer) -> Done:
    """To another team, with the reason; whoever held it holds it no more. Raises StaleWrite, Invalid."""
    held = await hold(
        work, actor, ticket_id, Basis(version=command.version, names=frozenset({"team_id", "case_type"}))
    )
    team = (await identity.directory(work, fresh=True)).team_named(command.team)
    if team is None:
        raise Invalid(fields=[FieldProblem(pointer="/team", code="not_found")])
    if team.id == held.ticket.team_id:
        raise Invalid(fields=[FieldProblem(pointer="/team", code="duplicate")])
    changes = handed_over(held.ticket, team.id)
    message = record_text(held.protector, command.reason)
    return done(held, await write(held, Plan(action="transfer", set=changes, message=message)))


def handed_over(ticket: Ticket, team_id: UUID) -> dict[str, object]:
    """Columns of a ticket in another team's queue. One that waited waits no more: the next team's time counts."""
    return {
        "team_id": team_id,
        "assignee_id": None,
        "transfers": ticket.transfers + 1,
        "waiting_for": None,
        "waiting_until": None,
        "resumes_to": None,
    }
