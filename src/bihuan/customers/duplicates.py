"""Who may be the same person as a customer: found by the blind index of what reaches or identifies them, shown masked."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bihuan import customers
from bihuan.core.db import Work
from bihuan.core.problems import NotFound
from bihuan.customers.family import queries
from bihuan.customers.model import VALUE_KINDS, Contact, ContactKind
from bihuan.privacy import blind_indexes, open_value

_BY: tuple[ContactKind, ...] = ("id_number", "mobile", "email")
_MOST = 50


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What both have, masked."""

    kind: ContactKind
    mask: str


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be the same person: their masked contacts, and what both have."""

    id: UUID
    contacts: list[Contact]
    shared: list[Shared]


class _Hit(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    root_id: UUID
    kind: ContactKind
    blind_index: bytes


async def duplicates(work: Work, customer_id: UUID) -> list[Duplicate]:
    """Those who have an identity document, mobile or e-mail in common with a customer, who shares most first.

    Raises NotFound, Shredded, KeyLost.
    """
    known = await customers.find(work, customer_id)
    if known is None:
        raise NotFound
    own = [c for c in known.contacts if c.kind in _BY and c.contact_no == 0]
    by_index = await _indexes(work, own)
    ids = [known.id, *known.others]
    hits = await work.rows(
        queries.same_values, _Hit, indexes=[i for _, i in by_index], kinds=list(_BY), ids=ids
    )
    found: dict[UUID, set[tuple[ContactKind, str]]] = {}
    for hit in hits:
        if (contact := by_index.get((hit.kind, hit.blind_index))) is not None:
            found.setdefault(hit.root_id, set()).add((hit.kind, contact.mask))
    contacts = await customers.customers_of(work, sorted(found)) if found else {}
    made = [
        Duplicate(
            id=id_,
            contacts=contacts[id_],
            shared=[Shared(kind=kind, mask=mask) for kind, mask in sorted(shared)],
        )
        for id_, shared in found.items()
        if contacts[id_]
    ]
    return sorted(made, key=lambda one: (-len(one.shared), one.id))[:_MOST]


async def _indexes(work: Work, own: Sequence[Contact]) -> dict[tuple[ContactKind, bytes], Contact]:
    """Every index a value may be found by, with the contact it is of."""
    found: dict[tuple[ContactKind, bytes], Contact] = {}
    for contact in own:
        opened = await open_value(work, contact.value_id)
        if opened is not None:
            indexes = blind_indexes(work.ring, work.tenant_id, VALUE_KINDS[contact.kind], opened.value)
            found |= {(contact.kind, index): contact for index in indexes}
    return found
