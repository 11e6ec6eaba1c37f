"""Customers who are one person: a pointer from each to another, which every read follows.

A merge rewrites nothing: contacts, tickets, sessions and preferences stay with the customer they came with, sealed by
that customer's own key. What is one person's is read over the whole family: the root, under whom the person is shown,
and every customer whose pointers end there.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from bihuan.core import db
from bihuan.core.db import Work

queries = db.load(__file__, "merge_queries.sql")


class _Member(msgspec.Struct, frozen=True, kw_only=True):
    asked_id: UUID
    id: UUID


async def families(work: Work, customer_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Of each customer all who are the same person, the root first; of nobody on record the id alone."""
    rows = await work.rows(queries.families, _Member, ids=list(customer_ids)) if customer_ids else []
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row.asked_id, []).append(row.id)
    return {id_: tuple(found.get(id_, [id_])) for id_ in customer_ids}


async def family(work: Work, customer_id: UUID) -> tuple[UUID, ...]:
    """All who are the same person as this customer, the root first."""
    return (await families(work, [customer_id]))[customer_id]


async def roots(work: Work, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Under whom each customer is shown."""
    return {id_: members[0] for id_, members in (await families(work, customer_ids)).items()}


async def same_person(work: Work, customer_ids: Sequence[UUID | None]) -> bool:
    """Whether those of them that are known are one person."""
    known = {id_ for id_ in customer_ids if id_ is not None}
    return len(known) < 2 or len(set((await roots(work, known)).values())) == 1
