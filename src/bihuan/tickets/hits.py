"""Releasing a false hit: a number that only looks personal is shown in clear, from then on and throughout the tenant.

What is a person's by its very form (a resident ID whose region, date and check digit all hold), what customers are known
by, and what stands in a field that is meant for it cannot be released. What was destroyed cannot come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from bihuan import evidence, identity
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.core.problems import NotFound, Problem
from bihuan.privacy import RELEASED_TOPIC, blind_index, blind_indexes, mask_value, open_value
from bihuan.tickets import sealing
from bihuan.tickets.model import Reason, Ticket
from bihuan.tickets.sealing import SealedRow
from bihuan.tickets.visible import file_queries, queries
from bihuan.tickets.write import Basis, Plan, hold, record_text, write

RELEASE = declare("hit.release", zh="放行误报的敏感号码", en="Release a number that only looks personal")

#: An ID's check digit, region and date of birth hold for one random number in many thousands; who says otherwise is wrong
#: more often than the detector. An address or a name is a person's whatever it is taken for.
_NEVER = frozenset({"id_number", "email", "person_name", "address", "passport", "ip_address"})
_MOST = 500


class NeverReleased(Problem):
    """What is taken for {kind} is never shown in clear to everybody; who needs it looks at it for a reason."""

    status = 409
    zh = "被识别为 {kind} 的内容不能放行；如需查看，请说明理由后查看明文。"


class HitIsContact(Problem):
    """A customer is known by this very number; it is personal."""

    status = 409
    zh = "该号码是客户的联系方式或证件、卡号，属于个人信息，不能放行。"


class ReleaseHit(msgspec.Struct, frozen=True, kw_only=True):
    """A number that only looks personal, and what it is."""

    reason: Reason


class HitView(msgspec.Struct, frozen=True, kw_only=True):
    """A released number, masked: in the list nobody needs it in clear."""

    id: UUID
    kind: str
    mask: str
    ticket_id: UUID
    released_by: str
    released_at: datetime


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    mask: str
    ticket_id: UUID
    released_by: UUID
    released_at: datetime


class _Message(SealedRow, frozen=True, kw_only=True):
    seq: int


Most = Annotated[int, msgspec.Meta(ge=1, le=_MOST)]


async def release(work: Work, actor: Actor, ticket_id: UUID, value_id: UUID, reason: str) -> HitView:
    """Show a value that stands masked in a text of the ticket. Done again it changes nothing.

    Raises NotFound, NeverReleased, HitIsContact, Shredded.
    """
    actor.must(RELEASE)
    held = await hold(work, actor, ticket_id, Basis(version=None))
    if value_id not in await _masked_in(work, held.ticket):
        raise NotFound
    opened = await open_value(work, value_id)
    if opened is None:
        raise NotFound
    if opened.kind in _NEVER:
        raise NeverReleased(kind=opened.kind)
    indexes = blind_indexes(work.ring, work.tenant_id, opened.kind, opened.value)
    if await work.scalar(file_queries.contact_of_index, indexes=indexes):
        raise HitIsContact
    there = await work.one(file_queries.released_hit_of, _Row, indexes=indexes)
    if there is None:
        key = work.ring.active("index")
        row = _Row(
            id=ids.new_id(),
            kind=opened.kind,
            mask=mask_value(opened.kind, opened.value),
            ticket_id=ticket_id,
            released_by=actor.id,
            released_at=held.now,
        )
        index = blind_index(key, work.tenant_id, opened.kind, opened.value)
        told: dict[str, object] = {"hit": str(row.id), "value": str(value_id), "value_kind": opened.kind}
        message = record_text(held.protector, reason)
        plan = Plan(action="release_hit", message=message, data=told)
        await write(held, plan)
        await work.run(
            file_queries.add_released_hit,
            value_id=value_id,
            blind_index=index,
            index_key=key.tag,
            **{name: getattr(row, name) for name in _Row.__struct_fields__},
        )
        work.touch(f"{RELEASED_TOPIC}:{work.tenant_id}")
        there = row
    return (await _views(work, [there]))[0]


async def released_hits(work: Work) -> list[HitView]:
    """The tenant's released numbers, newest first."""
    return await _views(work, await work.rows(file_queries.released_hits, _Row, most=_MOST))


async def withdraw(work: Work, actor: Actor, hit_id: UUID) -> HitView:
    """Mask it again, wherever it stands masked in what is stored. Raises NotFound."""
    actor.must(RELEASE)
    now = clock.now()
    row = await work.one(
        file_queries.withdraw_released_hit, _Row, id=hit_id, withdrawn_by=actor.id, withdrawn_at=now
    )
    if row is None:
        raise NotFound
    data: dict[str, object] = {"hit": str(hit_id), "value_kind": row.kind, "ticket": str(row.ticket_id)}
    event = evidence.NewEvent(kind="hit.withdrawn", at=now, actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)
    work.touch(f"{RELEASED_TOPIC}:{work.tenant_id}")
    return (await _views(work, [row]))[0]


async def _masked_in(work: Work, ticket: Ticket) -> set[UUID]:
    """The values that stand masked in the ticket's messages and in its own texts."""
    rows = await work.rows(queries.messages_sealed, _Message, ticket_id=ticket.id)
    said = await sealing.said(work, rows, "zh")
    spans = [span for one in (*(s.spans for s in said), *ticket.spans.values()) for span in one]
    return {UUID(str(span[3])) for span in spans}


async def _views(work: Work, rows: Sequence[_Row]) -> list[HitView]:
    people = await identity.directory(work)
    found: list[HitView] = []
    for row in rows:
        person = people.staff.get(row.released_by)
        told = {name: getattr(row, name) for name in _Row.__struct_fields__ if name != "released_by"}
        found.append(HitView(released_by=person.name if person else "", **told))
    return found
