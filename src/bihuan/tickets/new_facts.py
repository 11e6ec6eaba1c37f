"""New facts or reasons: clocks whose rule says so begin anew; the run before stays in the history."""

from uuid import UUID

import msgspec

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.tickets import extensions
from bihuan.tickets.done import Done, done
from bihuan.tickets.model import Reason, Version
from bihuan.tickets.write import Basis, Plan, hold, record_text, written

#: Stands in an event's `changed`, so that two who record the same news do not begin the clocks anew twice.
_FACTS = "facts"


class NewFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is new; limits that begin anew with it do."""

    version: Version
    reason: Reason


async def new_facts(work: Work, actor: Actor, ticket_id: UUID, command: NewFacts) -> Done:
    """The customer has brought new facts or reasons. A longer limit asked for a run that ends with it lapses.

    Raises StaleWrite, NotInThisState, TicketClosed.
    """
    basis = Basis(version=command.version, names=frozenset({"state", _FACTS}))
    held = await hold(work, actor, ticket_id, basis)
    message = record_text(held.protector, command.reason)
    after = await written(held, Plan(action="new_facts", message=message, data={"changed": [_FACTS]}))
    after = await extensions.lapse(after)
    return done(held, after.ticket)
