"""协办: departments' parts of a ticket, opened by an escalation, done by whoever does them."""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan import identity
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Language, NotFound, Problem
from bihuan.identity import Directory
from bihuan.tickets.model import Reason
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Basis, Plan, hold, record_text, write


class TaskDone(Problem):
    """This task is done already."""

    status = 409
    zh = "该任务已完成。"


class FinishTask(msgspec.Struct, frozen=True, kw_only=True):
    """Done; what came of it, if there is more to say."""

    note: Reason | None = None


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A department's part. `cause`: the clock and the step of its ladder that opened it, as `clock/step`."""

    id: UUID
    team: str | None
    title: str
    cause: str
    opened_at: datetime
    done_at: datetime | None = None
    done_by: str | None = None


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    team_id: UUID
    title_zh: str
    title_en: str
    cause: str
    opened_at: datetime
    done_at: datetime | None
    done_by: UUID | None


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def tasks_of(work: Work, ticket_id: UUID, language: Language) -> list[TaskView]:
    """The parts of a ticket that the caller may see."""
    rows = await work.rows(queries.tasks, _Row, ticket_id=ticket_id)
    people = await identity.directory(work)
    return [_view(row, people, language) for row in rows]


async def finish_task(
    work: Work, actor: Actor, ticket_id: UUID, command: FinishTask, *, task_id: UUID
) -> None:
    """One part is done. Never conflicts. Raises NotFound, TaskDone."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    rows = await work.rows(queries.tasks, _Row, ticket_id=ticket_id)
    task = next((row for row in rows if row.id == task_id), None)
    if task is None:
        raise NotFound
    if task.done_at is not None:
        raise TaskDone
    message = record_text(held.protector, command.note) if command.note else None
    data: dict[str, object] = {"task": str(task.id), "team_id": str(task.team_id), "cause": task.cause}
    await write(held, Plan(action="finish_task", message=message, data=data))
    await work.must(
        queries.finish_task, _Id, ticket_id=ticket_id, id=task_id, done_at=held.now, staff_id=actor.id
    )


def _view(row: _Row, people: Directory, language: Language) -> TaskView:
    team, person = people.teams.get(row.team_id), people.staff.get(row.done_by) if row.done_by else None
    return TaskView(
        id=row.id,
        team=team.code if team else None,
        title=row.title_zh if language == "zh" else row.title_en,
        cause=row.cause,
        opened_at=row.opened_at,
        done_at=row.done_at,
        done_by=person.login if person else None,
    )
