"""Customers: who asks, how they are known and reached.

Owns customers, their contacts, and the links and sessions by which they come to the portal. Promises that every
identifying value is in the vault and shown masked. Refuses to decide by a phone number or e-mail alone that somebody is
who they say: by those alone nobody is taken for a customer known by more. A link is for whom its maker says, opens once,
and leaves who made it and who came by it on record.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core import clock, db, ids
from bihuan.core.db import Pending, Work
from bihuan.customers import access, access_giving, access_making, access_model, access_parts, erasing, merge
from bihuan.customers.access_model import OwnRequest
from bihuan.customers.access_parts import Fact, Item, Line, PersonFile, Section, Telling, Told, moment, tells
from bihuan.customers.family import families, family, learn, roots, same_person
from bihuan.customers.links import (
    PORTAL_LINK,
    Basics,
    Link,
    LinkSpent,
    LinkUse,
    LinkWish,
    make_link,
    parse_link,
)
from bihuan.customers.merge import Moving
from bihuan.customers.model import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    VALUE_KINDS,
    Contact,
    ContactKind,
    Customer,
    Given,
    NewContact,
    NewCustomer,
    given_values,
    problems,
)
from bihuan.customers.sessions import (
    Came,
    CustomerSession,
    end_portal,
    end_session,
    open_session,
    session,
    sweep_sessions,
    who_asks,
    who_stays,
)
from bihuan.customers.verification import (
    IN_PERSON,
    METHODS,
    MOST,
    Attempt,
    InPersonOnly,
    Method,
    MethodChannel,
    Standing,
    VerificationNeeded,
    attempts_of,
    ever,
    level_now,
    put_attempt,
    standing,
)
from bihuan.privacy import (
    Ciphertext,
    KeyLost,
    NoKey,
    Protector,
    Shredded,
    Subject,
    blind_indexes,
    find_subjects,
    masks,
    must_subject,
    new_subject,
    normalise,
)

__all__ = [
    "CUSTOMER_EDIT",
    "CUSTOMER_READ",
    "IN_PERSON",
    "METHODS",
    "MOST",
    "PORTAL_LINK",
    "Attempt",
    "Basics",
    "Came",
    "Contact",
    "ContactKind",
    "Customer",
    "CustomerSession",
    "Fact",
    "InPersonOnly",
    "Item",
    "Line",
    "Link",
    "LinkSpent",
    "LinkUse",
    "LinkWish",
    "Lookup",
    "Match",
    "Method",
    "MethodChannel",
    "Moving",
    "NewContact",
    "NewCustomer",
    "OwnRequest",
    "PersonFile",
    "Section",
    "Standing",
    "Telling",
    "Told",
    "VerificationNeeded",
    "access",
    "access_giving",
    "access_making",
    "access_model",
    "access_parts",
    "attempts_of",
    "customers_of",
    "end_contact",
    "end_portal",
    "end_session",
    "erasing",
    "ever",
    "families",
    "family",
    "find",
    "indexes_of",
    "known",
    "level_now",
    "look_up",
    "make_link",
    "merge",
    "mobile_tails",
    "moment",
    "open_session",
    "parse_link",
    "person",
    "problems",
    "put",
    "put_attempt",
    "roots",
    "same_person",
    "session",
    "set_tier",
    "standing",
    "sweep_sessions",
    "tells",
    "tier_of",
    "who_asks",
    "who_stays",
]

queries = db.load(__file__)

#: What says who somebody is, strongest first.
_STRONG: tuple[ContactKind, ...] = ("external_ref", "id_number", "card_number", "account")
#: What reaches somebody, and others beside them: a phone is shared and handed on, and anybody can tell another's.
_WEAK: tuple[ContactKind, ...] = ("mobile", "email")
_BY = _STRONG + _WEAK


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is: a known customer with their key, or a new id. `missing`: values not yet on record. `tier`: on record.

    `perhaps`: other customers of whom one of the values is known; it is for people to say whether they are the same.
    """

    id: UUID
    subject: Subject
    new: bool
    missing: tuple[Given, ...]
    perhaps: tuple[UUID, ...] = ()
    tier: str | None = None


class _Hit(msgspec.Struct, frozen=True, kw_only=True):
    customer_id: UUID
    root_id: UUID
    others: list[UUID]
    contact_no: int
    kind: ContactKind
    blind_index: bytes
    tier: str | None
    strong: bool


class _Organisation(msgspec.Struct, frozen=True, kw_only=True):
    customer_id: UUID
    root_id: UUID
    tier: str | None


class _Tier(msgspec.Struct, frozen=True, kw_only=True):
    tier: str | None


class _ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    customer_id: UUID
    contact_no: int
    kind: ContactKind
    value_id: UUID
    subject_id: UUID
    value_kind: str
    ciphertext: bytes

    def ciphertext_row(self) -> Ciphertext:
        return Ciphertext(
            id=self.value_id, subject_id=self.subject_id, kind=self.value_kind, ciphertext=self.ciphertext
        )


class _CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    uscc: str | None
    language: str
    tier: str | None
    version: int
    created_at: object


class Lookup:
    """A customer being looked for: the statements are on their way; `match` waits for them."""

    def __init__(self, work: Work, given: NewCustomer, values: list[Given]) -> None:
        self._work = work
        self._given = given
        self._values = values
        self._indexes = {
            g: frozenset(blind_indexes(work.ring, work.tenant_id, VALUE_KINDS[g.kind], g.value))
            for g in values
        }
        self._hits: Pending[_Hit] | None = None
        self._organisation: Pending[_Organisation] | None = None

    async def send(self) -> None:
        """Queue the statements."""
        searched = [index for g, found in self._indexes.items() if g.kind in _BY for index in found]
        if searched:
            self._hits = await self._work.send(
                queries.by_blind_index, _Hit, indexes=searched, strong=list(_STRONG)
            )
        if self._given.uscc:
            self._organisation = await self._work.send(queries.by_uscc, _Organisation, uscc=self._given.uscc)

    async def match(self) -> Match:
        """Who it is."""
        hits = await self._hits.all() if self._hits else []
        learn(self._work, {hit.customer_id: (hit.root_id, *hit.others) for hit in hits})
        organisation = await self._organisation.one() if self._organisation else None
        found = {hit.customer_id for hit in hits}
        if organisation is not None:
            found.add(organisation.customer_id)
        keys = await find_subjects(self._work, found) if found else {}
        # Who was erased is nobody any more, even where an older database was put back.
        hits = [hit for hit in hits if keys[hit.customer_id] != "shredded"]
        if organisation is not None:
            return self._known(organisation, hits, _living(keys[organisation.customer_id]))
        best = None if self._given.uscc else self._best(hits)
        if best is not None:
            return self._known(best, hits, _living(keys[best.customer_id]))
        new_id = ids.new_id()
        return Match(
            id=new_id,
            subject=new_subject(new_id),
            new=True,
            missing=tuple(self._values),
            perhaps=_others(new_id, hits, new_id),
            tier=self._given.tier,
        )

    def _best(self, hits: list[_Hit]) -> _Hit | None:
        # A contact person of an organisation is not the organisation; of two of one phone it is the one known longer.
        own = sorted((h for h in hits if h.contact_no == 0), key=lambda h: h.customer_id, reverse=True)
        # By phone or mail alone nobody is taken for a customer who is known by more: they would see each other's tickets.
        by_index = {(h.blind_index, h.kind): h for h in own if h.kind in _STRONG or not h.strong}
        for kind in _BY:
            given = [g for g in self._values if g.kind == kind and g.contact_no == 0]
            for g in given:
                found = next((by_index[i, kind] for i in self._indexes[g] if (i, kind) in by_index), None)
                if found is not None:
                    return found
            if given and kind == "external_ref":
                # The institution's own id is not on record: somebody new, whatever they share with others.
                return None
        return None

    def _known(self, one: _Hit | _Organisation, hits: list[_Hit], subject: Subject) -> Match:
        id_ = one.customer_id
        on_record = {hit.blind_index for hit in hits if hit.customer_id == id_}
        missing = (g for g in self._values if g.kind in _BY and not self._indexes[g] & on_record)
        return Match(
            id=id_,
            subject=subject,
            new=False,
            missing=tuple(missing),
            perhaps=_others(id_, hits, one.root_id),
            tier=self._given.tier or one.tier,
        )


def _living(key: Subject | NoKey) -> Subject:
    """Raises Shredded, KeyLost."""
    if isinstance(key, Subject):
        return key
    raise Shredded if key == "shredded" else KeyLost


def _others(customer_id: UUID, hits: list[_Hit], root_id: UUID) -> tuple[UUID, ...]:
    others = {h.customer_id for h in hits if h.contact_no == 0 and h.root_id != root_id}
    return tuple(sorted(others - {customer_id}))


async def look_up(work: Work, given: NewCustomer) -> Lookup:
    """Start looking for a customer; their values count only after `problems` found none."""
    lookup = Lookup(work, given, given_values(given))
    await lookup.send()
    return lookup


async def known(work: Work, customer_id: UUID) -> Match | None:
    """A customer on record by id, with their key; None where there is none. Raises Shredded, KeyLost."""
    row = await work.one(queries.subject_of, _Organisation, id=customer_id)
    if row is None:
        return None
    subject = await must_subject(work, customer_id)
    return Match(id=customer_id, subject=subject, new=False, missing=(), tier=row.tier)


async def tier_of(work: Work, customer_id: UUID) -> str | None:
    """The tier of a customer on record, if they have one."""
    row = await work.one(queries.tier_of, _Tier, id=customer_id)
    return row.tier if row else None


async def set_tier(work: Work, customer_id: UUID, tier: str | None) -> bool:
    """Put a customer into a tier, or into none; False where there is no such customer. What is open goes on as it was."""
    privacy.keep_out({"tier": tier})
    root = (await family(work, customer_id))[0]
    return await work.one(queries.set_tier, _Tier, id=root, tier=tier, at=clock.now()) is not None


async def mobile_tails(work: Work, customer_id: UUID) -> list[str]:
    """The last four digits of each mobile on record, as the masks show them."""
    found = (await customers_of(work, [customer_id]))[customer_id]
    return [c.mask[-4:] for c in found if c.kind == "mobile" and c.mask[-4:].isdigit()]


async def put(work: Work, protector: Protector, given: NewCustomer, match: Match) -> None:
    """Queue a new customer, or what is new of a known one. The protector is flushed by its owner first of all."""
    privacy.keep_out({"tier": given.tier})
    now = clock.now()
    if match.new:
        # Every customer has a key, whatever is known of them: words of theirs will come.
        await protector.subject()
        await work.run(
            queries.add_customer,
            id=match.id,
            kind=given.kind,
            uscc=given.uscc,
            language=given.language,
            tier=given.tier,
            at=now,
        )
    elif given.tier is not None:
        await work.run(queries.set_tier, id=match.id, tier=given.tier, at=now)
    if not match.missing:
        return
    refs = [protector.value(VALUE_KINDS[g.kind], g.value) for g in match.missing]
    await protector.flush()
    await work.run(
        queries.add_contacts,
        customer_id=match.id,
        ids=[ids.new_id() for _ in refs],
        contact_nos=[g.contact_no for g in match.missing],
        kinds=[g.kind for g in match.missing],
        value_ids=[UUID(r["value_id"]) for r in refs],
        at=now,
    )


async def customers_of(work: Work, customer_ids: Sequence[UUID]) -> dict[UUID, list[Contact]]:
    """Masked contacts of several customers, with those of whoever is the same person; the survivor's first."""
    everybody = await families(work, customer_ids)
    asked = list(dict.fromkeys(id_ for members in everybody.values() for id_ in members))
    rows = await work.rows(queries.contacts_of, _ContactRow, customer_ids=asked)
    shown = await masks(work, [row.ciphertext_row() for row in rows])
    found = [_contact(row, mask) for row in rows if (mask := shown.get(row.value_id)) is not None]
    return {id_: [one for one in found if one.customer_id in members] for id_, members in everybody.items()}


def _contact(row: _ContactRow, mask: str) -> Contact:
    return Contact(
        id=row.id,
        customer_id=row.customer_id,
        contact_no=row.contact_no,
        kind=row.kind,
        mask=mask,
        value_id=row.value_id,
    )


async def find(work: Work, customer_id: UUID) -> Customer | None:
    """One customer, masked, as the person they were found to be, with what holds them."""
    holds = await privacy.legal_holds.send_on(work, subjects=await family(work, customer_id))
    found = await person(work, customer_id)
    held = privacy.legal_holds.shown(await holds.all())
    return None if found is None else msgspec.structs.replace(found, held=held)


async def person(work: Work, customer_id: UUID) -> Customer | None:
    """The same, without what holds them."""
    members = await family(work, customer_id)
    pending = await work.send(queries.customer, _CustomerRow, id=members[0])
    contacts = (await customers_of(work, [customer_id]))[customer_id]
    row = await pending.one()
    if row is None:
        return None
    told = {
        "id": row.id,
        "kind": row.kind,
        "uscc": row.uscc,
        "language": row.language,
        "tier": row.tier,
        "created_at": row.created_at,
        "others": members[1:],
    }
    return msgspec.convert({**told, "contacts": contacts}, Customer)


async def end_contact(work: Work, customer_id: UUID, contact_id: UUID) -> bool:
    """End a contact; False where it is not this very customer's, or has ended."""
    ended = await work.one(
        queries.end_contact, dict[str, object], customer_id=customer_id, id=contact_id, at=clock.now()
    )
    return ended is not None


def indexes_of(work: Work, kind: ContactKind, value: str) -> list[bytes]:
    """Blind indexes to search a whole value by."""
    value_kind = VALUE_KINDS[kind]
    return blind_indexes(work.ring, work.tenant_id, value_kind, normalise(value_kind, value))
