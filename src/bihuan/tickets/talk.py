"""Verbs of speech: receive, reply, note."""

from uuid import UUID

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.tickets import verification
from bihuan.tickets.done import Done, done
from bihuan.tickets.model import Note, Receive, Reply
from bihuan.tickets.write import TALK, Basis, Held, Message, Plan, hold, write


async def receive(
    work: Work, actor: Actor, ticket_id: UUID, command: Receive, *, original_id: UUID | None = None
) -> Done:
    """What the customer said. Never conflicts; a waiting ticket goes on, a solved one comes back."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    text = held.protector.text(command.body)
    message = Message(kind="customer", text=text, channel=command.channel, original_id=original_id)
    changes: dict[str, object] = {}
    if held.ticket.state == "waiting":
        changes = waited()
    elif held.ticket.state in ("resolved", "called_back"):
        changes = reopened(held)
    return done(held, await write(held, Plan(action="receive", set=changes, message=message)))


async def reply(work: Work, actor: Actor, ticket_id: UUID, command: Reply) -> Done:
    """An answer. Stops the first response's clock.

    Raises StaleWrite where something newer was said, VerificationNeeded.
    """
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=frozenset({TALK})))
    text = held.protector.text(command.body)
    await verification.require_to_answer(held, text, discloses=command.discloses)
    message = Message(kind="reply", text=text, channel=held.ticket.channel)
    return done(held, await write(held, Plan(action="reply", message=message)))


async def note(work: Work, actor: Actor, ticket_id: UUID, command: Note) -> Done:
    """Words for colleagues. Never conflicts."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    message = Message(kind="note", text=held.protector.text(command.body))
    return done(held, await write(held, Plan(action="note", message=message)))


def reopened(held: Held) -> dict[str, object]:
    """Columns of a ticket that comes back."""
    return {
        "reopenings": held.ticket.reopenings + 1,
        "resolved_at": None,
        "closed_at": None,
        "callback_result": None,
        "outcome": None,
    }


def waited() -> dict[str, object]:
    """Columns of a ticket that waits no more."""
    return {"waiting_for": None, "waiting_until": None, "resumes_to": None}
