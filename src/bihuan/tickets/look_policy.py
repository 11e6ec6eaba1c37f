"""How much a person may look, and what is unusual: data of the tenant, in versions."""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan import evidence, identity, privacy, sla
from bihuan.core import clock, db
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Invalid
from bihuan.core.settings import Settings
from bihuan.tickets.look_model import LookPolicy, LookPolicyView, PolicyChanged, PutLookPolicy, problems

queries = db.load(__file__, "look_queries.sql")


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    body: str
    changed_by: UUID
    changed_at: datetime


async def current(work: Work) -> LookPolicy:
    """The rules that hold."""
    row = await work.one(queries.look_policy, _Row)
    return LookPolicy() if row is None else msgspec.json.decode(row.body, type=LookPolicy)


async def shown(work: Work) -> LookPolicyView:
    """The rules that hold, with who set them."""
    row = await work.one(queries.look_policy, _Row)
    if row is None:
        return LookPolicyView(version=0, policy=LookPolicy(), changed_at=None, changed_by=None)
    person = (await identity.directory(work)).staff.get(row.changed_by)
    return LookPolicyView(
        version=row.version,
        policy=msgspec.json.decode(row.body, type=LookPolicy),
        changed_at=row.changed_at,
        changed_by=person.name if person else None,
    )


async def put(work: Work, actor: Actor, command: PutLookPolicy) -> LookPolicyView:
    """New rules; what was recorded by the old ones stays. Raises Invalid, PolicyChanged."""
    wrong = problems(command.policy, (await sla.book(work)).current_calendars())
    wrong = [*wrong, *privacy.personal_texts(command.policy, at="/policy")]
    if wrong:
        raise Invalid(fields=wrong)
    stream = evidence.Stream(kind="config", id=work.tenant_id)
    # Who changes the rules at the same time waits here, and then sees the version that is new.
    head = await evidence.lock_head(work, stream)
    row = await work.one(queries.look_policy, _Row)
    version = row.version if row else 0
    if version != command.version:
        raise PolicyChanged(version=version)
    now = clock.now()
    body = evidence.canonical(command.policy)
    await work.run(
        queries.add_look_policy, version=version + 1, body=body, changed_by=actor.id, changed_at=now
    )
    data: dict[str, object] = {
        "version": version + 1,
        "before": msgspec.json.decode(row.body) if row else None,
        "after": msgspec.json.decode(body),
    }
    event = evidence.NewEvent(kind="looks.policy_changed", at=now, actor=actor, data=data)
    await evidence.append(work, work.ring, stream, head, event)
    return await shown(work)


async def values_a_day(work: Work, actor: Actor, policy: LookPolicy, settings: Settings) -> int:
    """How many values this person may see in a day."""
    own = [limits.values for limits in await _limits(work, actor, policy) if limits.values is not None]
    everybody = settings.unmask_day if policy.values_a_day is None else policy.values_a_day
    return max(own, default=everybody)


async def searches_a_day(work: Work, actor: Actor, policy: LookPolicy, settings: Settings) -> int:
    """How often this person may search by a whole number in a day."""
    own = [limits.searches for limits in await _limits(work, actor, policy) if limits.searches is not None]
    everybody = settings.search_day if policy.searches_a_day is None else policy.searches_a_day
    return max(own, default=everybody)


async def _limits(work: Work, actor: Actor, policy: LookPolicy):  # noqa: ANN202
    person = (await identity.directory(work)).staff.get(actor.id)
    return [policy.roles[role] for role in (person.roles if person else ()) if role in policy.roles]
