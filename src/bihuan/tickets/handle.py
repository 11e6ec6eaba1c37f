"""Verbs of handling: process, wait, resume, resolve."""

from datetime import datetime, timedelta
from uuid import UUID

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.tickets import extensions, verification
from bihuan.tickets.done import Done, done
from bihuan.tickets.model import Process, Resolve, Resume, Wait
from bihuan.tickets.talk import waited
from bihuan.tickets.write import TALK, Basis, Plan, hold, record_text, write, written

_LONGEST_WAIT = timedelta(days=3660)
_COURSE = frozenset({"state", "assignee_id"})


async def process(work: Work, actor: Actor, ticket_id: UUID, command: Process) -> Done:
    """Handling starts. Raises StaleWrite, NobodyHolds."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_COURSE))
    return done(held, await write(held, Plan(action="process")))


async def wait(work: Work, actor: Actor, ticket_id: UUID, command: Wait) -> Done:
    """Wait. Which clocks stand meanwhile is for their rules to say. Raises StaleWrite, Invalid."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_COURSE | {TALK}))
    if (wrong := _wrong_until(command.until, held.now)) is not None:
        raise Invalid(fields=[wrong])
    changes: dict[str, object] = {
        "waiting_for": command.waiting_for,
        "waiting_until": command.until,
        "resumes_to": held.ticket.state,
    }
    message = record_text(held.protector, command.reason)
    return done(held, await write(held, Plan(action="wait", set=changes, message=message)))


def _wrong_until(until: datetime | None, now: datetime) -> FieldProblem | None:
    """A moment with a zone, not past, and near enough for every calendar to hold it."""
    if until is None:
        return None
    if until.tzinfo is None:
        return FieldProblem(pointer="/until", code="no_zone")
    if until < now:
        return FieldProblem(pointer="/until", code="too_small", params={"limit": now.isoformat()})
    if until > now + _LONGEST_WAIT:
        limit = (now + _LONGEST_WAIT).isoformat()
        return FieldProblem(pointer="/until", code="too_big", params={"limit": limit})
    return None


async def resume(work: Work, actor: Actor, ticket_id: UUID, command: Resume) -> Done:
    """Go on; what is left on the clock is what was left. Raises StaleWrite."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=_COURSE))
    message = record_text(held.protector, command.reason) if command.reason else None
    return done(held, await write(held, Plan(action="resume", set=waited(), message=message)))


async def resolve(work: Work, actor: Actor, ticket_id: UUID, command: Resolve) -> Done:
    """Solved. A solution is an answer too, for the clocks as well.

    Raises StaleWrite, NobodyHolds, Incomplete, VerificationNeeded.
    """
    held = await hold(
        work, actor, ticket_id, Basis(version=command.version, names=_COURSE | {"case_type", TALK})
    )
    await verification.require_to_resolve(held)
    said = held.protector.plain(command.resolution, at="resolution")
    changes: dict[str, object] = {
        "resolution": said,
        "outcome": command.outcome,
        "resolved_at": held.now,
        "callback_result": None,
        **waited(),
    }
    message = record_text(held.protector, None, resolution=said)
    after = await written(held, Plan(action="resolve", set=changes, message=message))
    return done(held, (await extensions.lapse(after)).ticket)
