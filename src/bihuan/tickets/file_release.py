"""Releasing a file that the scanner is wrong about: a decision of a person, on record with its reason."""

from uuid import UUID

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Problem
from bihuan.tickets import side_rows
from bihuan.tickets.files import TOPIC
from bihuan.tickets.side_rows import FileOutcome
from bihuan.tickets.visible import file_queries
from bihuan.tickets.write import Basis, Plan, hold, record_text, write


class NotInfected(Problem):
    """The file is not held back as malware, or its bytes are destroyed; there is nothing to release."""

    status = 409
    zh = "该附件未因恶意软件被拦截，或其内容已销毁，无可放行。"


async def release(work: Work, actor: Actor, ticket_id: UUID, attachment_id: UUID, reason: str) -> None:
    """Check it once more without the scanner. Raises NotFound, NotInfected."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    row = await work.one(
        file_queries.release_file,
        dict[str, object],
        attachment_id=attachment_id,
        ticket_id=ticket_id,
        now=held.now,
        released_by=actor.id,
    )
    if row is None:
        raise NotInfected
    plan = Plan(
        action="check_file",
        event="ticket.file_released",
        message=record_text(held.protector, reason),
        data={"attachment": str(attachment_id)},
        rows=side_rows.of_file_outcome(FileOutcome(attachment_id=attachment_id)),
    )
    await write(held, plan)
    work.touch(TOPIC)
