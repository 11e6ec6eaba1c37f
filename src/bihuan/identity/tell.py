"""What every write about people leaves behind: its event, and that others read people anew."""

from uuid import UUID

from bihuan import evidence
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.identity.sign_in import queries


async def grants_change(work: Work) -> None:
    """Names and rights are read anew, in every process. From here on this transaction alone grants: others wait."""
    await work.run(queries.people_changed)
    work.touch(f"people:{work.tenant_id}")


async def about(
    work: Work, actor: Actor, staff_id: UUID, kind: str, data: dict[str, object], *, config: bool = True
) -> None:
    """The event in the person's own stream, and where it changes who may do what, in the config stream."""
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="staff", id=staff_id), event)
    if config:
        await told(work, actor, kind, {**data, "staff": str(staff_id)})


async def told(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    """The event in the config stream."""
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)


async def own(work: Work, actor: Actor, kind: str, **data: object) -> None:
    """The event of what somebody did about their own signing in. `data` holds no personal value."""
    await about(work, actor, actor.id, kind, data, config=False)
