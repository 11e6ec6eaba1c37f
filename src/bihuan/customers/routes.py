"""Customers over HTTP: registered, found, looked at (masked), and a contact that no longer holds is ended."""

from uuid import UUID

import msgspec

from bihuan import customers, evidence
from bihuan.core import clock
from bihuan.core.http import Call, operation
from bihuan.core.problems import Invalid, NotFound
from bihuan.customers import access_routes
from bihuan.customers.duplicates import Duplicate, duplicates
from bihuan.customers.merge import CUSTOMER_MERGE, Conflict, MergeCustomer, PersonMerge
from bihuan.customers.model import (
    CUSTOMER_EDIT,
    CUSTOMER_READ,
    CUSTOMER_SOURCE,
    Customer,
    NewCustomer,
    SetTier,
)
from bihuan.privacy import Protector

#: Importing this module declares all operations of customers.
_beside = (access_routes,)


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who was found or added; `added` values were not on record before."""

    customer: Customer
    new: bool
    added: int


@operation(
    "POST", "/customers", zh="登记或找到客户", en="Register or find a customer", permission=CUSTOMER_EDIT,
    takes=NewCustomer, gives=Registered, status=201, sends=True,
)  # fmt: skip
async def post_customer(call: Call) -> Registered:
    """Find the customer by what identifies them, else add them; contacts that are new are kept."""
    given: NewCustomer = call.body
    if wrong := customers.problems(given, pointer=""):
        raise Invalid(fields=wrong)
    lookup = await customers.look_up(call.work, given)
    match = await lookup.match()
    protector = Protector(call.work, match.id, subject=match.subject)
    await customers.put(call.work, protector, given, match)
    await _tell(
        call, "customer.registered" if match.new else "customer.extended", match.id, len(match.missing)
    )
    found = await customers.find(call.work, match.id)
    if found is None:
        raise NotFound
    return Registered(customer=found, new=match.new, added=len(match.missing))


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """A person as they are shown after a merge, and what both had of their own."""

    customer: Customer
    conflicts: list[Conflict]


@operation(
    "GET",
    "/customers/{id}",
    zh="客户详情（掩码）",
    en="One customer, masked",
    permission=CUSTOMER_READ,
    gives=Customer,
)
async def get_customer(call: Call) -> Customer:
    """One customer, masked, as the person they were found to be. The look is in the looker's own stream."""
    found = await customers.find(call.work, call.id())
    if found is None:
        raise NotFound
    await _tell(call, "customer.viewed", found.id, 0)
    return found


@operation(
    "PUT", "/customers/{id}/tier", zh="设置客户等级", en="Set a customer's tier", permission=CUSTOMER_EDIT, takes=SetTier,
    gives=Customer,
)  # fmt: skip
async def put_tier(call: Call) -> Customer:
    """By its tier a policy may promise a customer more; tickets already open go on by what they were promised."""
    wanted: SetTier = call.body
    if not await customers.set_tier(call.work, call.id(), wanted.tier):
        raise NotFound
    found = await customers.find(call.work, call.id())
    if found is None:
        raise NotFound
    await _tell(call, "customer.tier_set", found.id, 1)
    return found


@operation(
    "DELETE", "/customers/{id}/contacts/{contact}", zh="停用联系方式", en="End a contact", permission=CUSTOMER_EDIT,
    status=204,
)  # fmt: skip
async def delete_contact(call: Call) -> None:
    """A number that changed, an address that is left: kept for the record, used no more.

    Who asks for it must have been verified: ending where somebody is reached is how accounts are taken over.
    """
    settings = call.desk.settings
    found = await customers.find(call.work, call.id())
    whose = (
        next((c.customer_id for c in found.contacts if c.id == call.id("contact")), None) if found else None
    )
    if whose is None:
        raise NotFound
    # Of two customers who were merged, each is verified for what is their own.
    have = await customers.level_now(call.work, whose, minutes=settings.verification_minutes)
    if have < settings.contact_change_level and not call.actor.may(CUSTOMER_SOURCE):
        raise customers.VerificationNeeded(need=settings.contact_change_level, have=have)
    if not await customers.end_contact(call.work, whose, call.id("contact")):
        raise NotFound
    await _tell(call, "customer.contact_ended", call.id(), 1)


@operation(
    "GET", "/customers/{id}/duplicates", zh="可能重复的客户（掩码）", en="Customers who may be the same person, masked",
    permission=CUSTOMER_MERGE, gives=list[Duplicate],
)  # fmt: skip
async def get_duplicates(call: Call) -> list[Duplicate]:
    """Who has the same mobile, e-mail or identity document on record, 50 at most. It is for people to say who is who."""
    found = await duplicates(call.work, call.id())
    await _tell(call, "customer.duplicates_viewed", call.id(), len(found))
    return found


@operation(
    "GET", "/customers/{id}/merges", zh="客户合并记录", en="Merges of a customer", permission=CUSTOMER_READ,
    gives=list[PersonMerge],
)  # fmt: skip
async def get_merges(call: Call) -> list[PersonMerge]:
    """The merges that stand among all who are one person with this customer, oldest first."""
    if await customers.find(call.work, call.id()) is None:
        raise NotFound
    return await customers.merge.merges(call.work, call.id(), call.language)


@operation(
    "POST", "/customers/{id}/merge", zh="合并客户", en="Merge a customer into another", permission=CUSTOMER_MERGE,
    takes=MergeCustomer, gives=Merged,
)  # fmt: skip
async def post_merge(call: Call) -> Merged:
    """This customer is the same person as `into`, under whom they are shown from now on. It can be undone at any time."""
    conflicts = await customers.merge.merge(call.work, call.actor, call.id(), call.body)
    return Merged(customer=await _shown(call), conflicts=conflicts)


@operation(
    "POST", "/customers/{id}/unmerge", zh="撤销客户合并", en="Undo the merge of a customer", permission=CUSTOMER_MERGE,
    gives=Customer,
)  # fmt: skip
async def post_unmerge(call: Call) -> Customer:
    """Undo the merge of this customer into another. What came meanwhile stays with the customer it came with."""
    await customers.merge.unmerge(call.work, call.actor, call.id())
    return await _shown(call)


async def _shown(call: Call) -> Customer:
    found = await customers.find(call.work, call.id())
    if found is None:
        raise NotFound
    return found


async def _tell(call: Call, kind: str, customer_id: UUID, values: int) -> None:
    data: dict[str, object] = {"customer": str(customer_id), "values": values}
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=call.actor, data=data)
    stream = evidence.Stream(kind="staff", id=call.actor.id)
    await evidence.record(call.work, call.work.ring, stream, event)
