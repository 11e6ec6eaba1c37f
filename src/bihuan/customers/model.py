"""Customers: persons and organisations who ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import phonenumbers
from stdnum.cn import ric, uscc

from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Language
from bihuan.privacy import Held, normalise

CUSTOMER_READ = declare("customer.read", zh="查看客户（掩码）", en="See customers (masked)")
CUSTOMER_EDIT = declare("customer.edit", zh="登记与修改客户", en="Add and change customers")
CUSTOMER_SOURCE = declare(
    "customer.source",
    zh="以机构系统的记录修改客户，无须核身",
    en="Change customers by the institution's own records, without verification",
)

Short = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Long = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
#: Code by which policies tell customers apart.
Tier = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Several = Annotated[list[Short], msgspec.Meta(max_length=10)]

#: Kind of contact → kind of protected value.
VALUE_KINDS = {
    "name": "person_name",
    "mobile": "mobile",
    "email": "email",
    "address": "address",
    "id_number": "id_number",
    "card_number": "card_number",
    "account": "account",
    "external_ref": "account",
}
ContactKind = Literal[
    "name", "mobile", "email", "address", "id_number", "card_number", "account", "external_ref"
]


class NewContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact person of an organisation."""

    name: Short
    mobiles: Several = []
    emails: Several = []


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as a door tells of them. `external_ref` is their id in the institution's own system; no `tier`: as it is."""

    kind: Literal["person", "organisation"] = "person"
    external_ref: Short | None = None
    uscc: Short | None = None
    name: Short | None = None
    mobiles: Several = []
    emails: Several = []
    address: Long | None = None
    id_number: Short | None = None
    card_numbers: Several = []
    accounts: Several = []
    contacts: Annotated[list[NewContact], msgspec.Meta(max_length=20)] = []
    language: Language = "zh"
    tier: Tier | None = None


class SetTier(msgspec.Struct, frozen=True, kw_only=True):
    """The tier a customer is in from now on; null: none."""

    tier: Tier | None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One masked contact. `contact_no` 0 is the customer; others are contact persons. `customer_id`: whose it is."""

    id: UUID
    customer_id: UUID
    contact_no: int
    kind: ContactKind
    mask: str
    value_id: UUID


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer as the desk sees them: masked. `others`: the customers that were found to be the same person, whose
    contacts are told with theirs.
    """

    id: UUID
    kind: Literal["person", "organisation"]
    uscc: str | None
    language: Language
    contacts: list[Contact]
    tier: str | None = None
    created_at: datetime | None = None
    others: list[UUID] = []
    #: Legal holds by which nothing of theirs may be deleted.
    held: list[Held] = []


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a customer, normalised."""

    contact_no: int
    kind: ContactKind
    value: str


def given_values(customer: NewCustomer) -> list[Given]:
    """Every protected value of a customer, normalised, none twice."""
    told = [
        *_each(0, "external_ref", [customer.external_ref]),
        *_each(0, "name", [customer.name]),
        *_each(0, "id_number", [customer.id_number]),
        *_each(0, "address", [customer.address]),
        *_each(0, "mobile", customer.mobiles),
        *_each(0, "email", customer.emails),
        *_each(0, "card_number", customer.card_numbers),
        *_each(0, "account", customer.accounts),
    ]
    for number, contact in enumerate(customer.contacts, 1):
        told += _each(number, "name", [contact.name])
        told += _each(number, "mobile", contact.mobiles)
        told += _each(number, "email", contact.emails)
    return list(dict.fromkeys(told))


def _each(contact_no: int, kind: ContactKind, values: Sequence[str | None]) -> list[Given]:
    return [
        Given(contact_no=contact_no, kind=kind, value=normalise(VALUE_KINDS[kind], v)) for v in values if v
    ]


def problems(customer: NewCustomer, pointer: str = "/customer") -> list[FieldProblem]:
    """What is wrong with the values themselves: check digits, e-mail and phone forms."""
    found: list[FieldProblem] = []
    if customer.id_number and len(customer.id_number) == 18 and not ric.is_valid(customer.id_number.upper()):
        found.append(FieldProblem(pointer=f"{pointer}/id_number", code="checksum"))
    if customer.uscc and not uscc.is_valid(customer.uscc):
        found.append(FieldProblem(pointer=f"{pointer}/uscc", code="checksum"))
    if customer.uscc and customer.kind == "person":
        found.append(FieldProblem(pointer=f"{pointer}/uscc", code="not_applicable"))
    if customer.contacts and customer.kind == "person":
        found.append(FieldProblem(pointer=f"{pointer}/contacts", code="not_applicable"))
    for i, mobile in enumerate(customer.mobiles):
        if not _is_phone(mobile):
            found.append(_looks(f"{pointer}/mobiles/{i}", "13800138000"))
    for i, email in enumerate(customer.emails):
        local, _, domain = email.strip().rpartition("@")
        if not local or "." not in domain or " " in email.strip():
            found.append(_looks(f"{pointer}/emails/{i}", "name@example.com"))
    return found


def _looks(pointer: str, expected: str) -> FieldProblem:
    return FieldProblem(pointer=pointer, code="pattern", params={"expected": expected})


def _is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, "CN"))
    except phonenumbers.NumberParseException:
        return False
