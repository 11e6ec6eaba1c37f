"""协办: departments' parts of a ticket, opened by an escalation, done by their people or who stands in for one of them.

As long as a part is open, its department sees the ticket (`tickets.visible`).
"""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan import identity
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Language, NotFound, Problem
from bihuan.identity import Directory
from bihuan.tickets import side_rows
from bihuan.tickets.model import Reason
from bihuan.tickets.task_model import Task
from bihuan.tickets.visible import queries
from bihuan.tickets.write import Basis, Plan, hold, record_text, write


class TaskDone(Problem):
    """This task is done already."""

    status = 409
    zh = "该任务已完成。"


class NotOfTheTeam(Problem):
    """This task is another team's: one of them finishes it, or who stands in for one of them."""

    status = 403
    zh = "该任务属于其他团队，须由该团队成员或其代理人完成。"


class FinishTask(msgspec.Struct, frozen=True, kw_only=True):
    """Done; what came of it, if there is more to say."""

    note: Reason | None = None


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A department's part. `cause`: the clock and the step of its ladder that opened it, as `clock/step`; `destroyed`: what
    was taken for good out of the note that was just written, `notices` the same in words.
    """

    id: UUID
    team: str | None
    title: str
    cause: str
    opened_at: datetime
    done_at: datetime | None = None
    done_by: str | None = None
    destroyed: list[str] = []
    notices: list[str] = []


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def tasks_of(work: Work, ticket_id: UUID, language: Language) -> list[TaskView]:
    """The parts of a ticket that the caller may see."""
    rows = await work.rows(queries.tasks, Task, ticket_id=ticket_id)
    people = await identity.directory(work)
    return [_view(row, people, language) for row in rows]


async def open_task_teams(work: Work, ticket_id: UUID) -> frozenset[UUID]:
    """The teams whose part of a ticket is not done."""
    rows = await work.rows(queries.tasks, Task, ticket_id=ticket_id)
    return frozenset(row.team_id for row in rows if row.done_at is None)


async def finish_task(
    work: Work, actor: Actor, ticket_id: UUID, command: FinishTask, *, task_id: UUID
) -> tuple[str, ...]:
    """One part is done; what was destroyed in the note. Never conflicts. Raises NotFound, NotOfTheTeam, TaskDone."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    tasks = await work.rows(queries.tasks, Task, ticket_id=ticket_id)
    task = next((one for one in tasks if one.id == task_id), None)
    if task is None:
        raise NotFound
    if task.team_id not in actor.teams | actor.task_teams:
        raise NotOfTheTeam
    if task.done_at is not None:
        raise TaskDone
    message = record_text(held.protector, command.note) if command.note else None
    data: dict[str, object] = {"task": str(task.id), "team_id": str(task.team_id), "cause": task.cause}
    if task.team_id not in actor.teams:
        data["as_deputy"] = True
    finished = msgspec.structs.replace(task, done_at=held.now, done_by=actor.id)
    rows = side_rows.of_task(finished)
    await write(held, Plan(action="finish_task", message=message, data=data, rows=rows))
    await work.must(
        queries.finish_task, _Id, ticket_id=ticket_id, id=task_id, done_at=held.now, staff_id=actor.id
    )
    return tuple(sorted(held.protector.destroyed))


def _view(row: Task, people: Directory, language: Language) -> TaskView:
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
