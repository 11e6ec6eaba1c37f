"""Customers who are one person: a pointer from each to another, which every read follows.

A merge rewrites nothing: contacts, tickets, sessions and preferences stay with the customer they came with, sealed by
that customer's own key. What is one person's is read over the whole family: the root, under whom the person is shown,
and every customer whose pointers end there.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from bihuan.core import db
from bihuan.core.db import Work

queries = db.load(__file__, "merge_queries.sql")


#: What a transaction has learnt: a request asks for the same person's family several times.
_learnt: WeakKeyDictionary[Work, dict[UUID, tuple[UUID, ...]]] = WeakKeyDictionary()


class _Member(msgspec.Struct, frozen=True, kw_only=True):
    asked_id: UUID
    id: UUID


async def families(work: Work, customer_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Of each customer all who are the same person, the root first; of nobody on record the id alone."""
    learnt = _learnt.setdefault(work, {})
    asked = [id_ for id_ in customer_ids if id_ not in learnt]
    found: dict[UUID, list[UUID]] = {id_: [] for id_ in asked}
    for row in await work.rows(queries.families, _Member, ids=asked) if asked else []:
        found[row.asked_id].append(row.id)
    learn(work, {id_: tuple(members) or (id_,) for id_, members in found.items()})
    return {id_: learnt[id_] for id_ in customer_ids}


def learn(work: Work, known: Mapping[UUID, tuple[UUID, ...]]) -> None:
    """Families that another statement of this transaction has read, the root first."""
    _learnt.setdefault(work, {}).update(known)


def forget(work: Work) -> None:
    """Pointers have changed, or are locked now and must be read anew."""
    _learnt.pop(work, None)


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
