"""Legal holds on tickets: told in the ticket's own chain, with its row locked, so that no run deletes it meanwhile."""

from uuid import UUID

from bihuan import privacy
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.privacy import Hold, Keep, PlaceHold, keeps
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Basis, Plan, TicketExpired, hold, write


async def place(work: Work, actor: Actor, ticket_id: UUID, command: PlaceHold) -> Hold:
    """Hold a ticket that the actor sees. Raises NotFound, Invalid, TicketExpired."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    if not held.ticket.sealed:
        raise TicketExpired
    placed = await privacy.legal_holds.add(work, actor, command, ticket_id=ticket_id)
    data: dict[str, object] = {"hold": str(placed.id), "ground": placed.ground}
    if placed.until_at is not None:
        data["until"] = placed.until_at.isoformat()
    await write(held, Plan(action="hold", data=data))
    await privacy.legal_holds.tell(work, actor, "ticket.hold_placed", placed)
    return placed


async def lift(work: Work, actor: Actor, hold_id: UUID) -> Hold:
    """Lift what another asked to lift; of a ticket its chain is told. Raises NotFound, HoldOver, LiftNotAsked, OwnLift."""
    lifted = await privacy.legal_holds.lift(work, actor, hold_id)
    if lifted.ticket_id is not None:
        # Who lifts a hold need not see the ticket.
        held = await hold(work, desk_actor(work.tenant_id), lifted.ticket_id, Basis(version=None))
        data: dict[str, object] = {"hold": str(hold_id), "lifted_by": str(actor.id)}
        await write(held, Plan(action="lift_hold", data=data))
    return lifted


@keeps
async def while_held(work: Work, subject_id: UUID) -> Keep | None:
    """Nobody is erased while a ticket of theirs is under legal hold."""
    rows = await work.rows(queries.tickets_of_subjects, dict[str, UUID], subject_ids=[subject_id])
    found = await privacy.legal_holds.on(work, tickets=[row["id"] for row in rows])
    return privacy.legal_holds.keep_of(found[0]) if found else None
