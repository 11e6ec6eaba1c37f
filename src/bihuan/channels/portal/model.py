"""What customers send, and what they are shown."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from bihuan.casetypes import Priority
from bihuan.core.problems import Language
from bihuan.customers import Basics, LinkUse, NewCustomer

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Body = Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]
Words = Annotated[str, msgspec.Meta(min_length=2, max_length=2000)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
TenantCode = Annotated[str, msgspec.Meta(max_length=40)]
From = Literal["you", "desk", "system"]
Can = Literal["message", "attach", "withdraw", "rate", "nudge"]
StageName = Literal["intake", "assign", "follow", "process", "call_back", "archive"]


# ------------------------------------------------------------------------------------------------ what customers send
class NewPortalLink(msgspec.Struct, frozen=True, kw_only=True):
    """For whom: a customer by id, as a door tells of them, or as the ticket's (number) says. `basics`: what the
    institution's app knows of device and account.
    """

    customer_id: UUID | None = None
    customer: NewCustomer | None = None
    ticket: Number | None = None
    use: LinkUse = "message"
    minutes: Annotated[int, msgspec.Meta(ge=1)] | None = None
    basics: Basics = {}
    language: Language | None = None


class ComeByLink(msgspec.Struct, frozen=True, kw_only=True):
    """The link's key (what follows `#k=`), or the whole link."""

    link: Annotated[str, msgspec.Meta(min_length=1, max_length=600)]


class PortalDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as a customer writes it. Title and description are made from the symptom where they are left out;
    `evidence` are the codes of files that will be attached: it is judged as if they were there, and not recorded.
    """

    case_type: Code
    title: Title | None = None
    description: Body | None = None
    elements: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    evidence: Annotated[list[Code], msgspec.Meta(max_length=50)] = []
    priority: Priority | None = None


class PortalMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Something more to say."""

    body: Body


class PortalWithdraw(msgspec.Struct, frozen=True, kw_only=True):
    """Why the customer takes it back."""

    reason: Words


class PortalRate(msgspec.Struct, frozen=True, kw_only=True):
    """1 (very dissatisfied) to 5 (very satisfied)."""

    score: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: Words | None = None


class ProgressAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket's number, and the last four digits of a mobile of its customer. `tenant` where the desk has several."""

    number: Number
    last4: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}$")]
    tenant: TenantCode | None = None


# ----------------------------------------------------------------------------------------------- what they are shown
class PortalLink(msgspec.Struct, frozen=True, kw_only=True):
    """The link. It opens once; it is shown this once."""

    url: str
    expires_at: datetime


class PortalContact(msgspec.Struct, frozen=True, kw_only=True):
    """How the desk reaches them, masked."""

    kind: str
    mask: str


class PortalSession(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's session. `csrf_token` is repeated in X-CSRF-Token by unsafe requests; `ticket` is the number to open
    at; `desk` the institution's name; `customer` tells one customer from another on a shared device.
    """

    customer: UUID
    csrf_token: str
    expires_at: datetime
    language: Language
    contacts: list[PortalContact]
    basics: dict[str, str]
    ticket: str | None
    desk: str


class PortalCaseTypeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case type to choose."""

    code: str
    version: int
    title: str
    help: str
    kind: str


class PortalCaseType(msgspec.Struct, frozen=True, kw_only=True):
    """A case type's form, with the questions customers answer, and a worked example."""

    code: str
    version: int
    title: str
    help: str
    schema: dict[str, Any]
    example: dict[str, Any]


class PortalProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is refused on sending."""

    pointer: str
    code: str
    detail: str
    label: str


class PortalAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is let through and makes it slower."""

    pointer: str
    detail: str


class PortalChecked(msgspec.Struct, frozen=True, kw_only=True):
    """What sending the draft would lead to. `priority` is null where nothing can be said of it yet."""

    problems: list[PortalProblem]
    advice: list[PortalAdvice]
    priority: Priority | None
    priority_reason: str | None


class PortalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in the customer's list. `needs_you`: it cannot go on without the customer."""

    id: UUID
    number: str
    title: str
    case_title: str
    stage: StageName
    state_text: str
    open: bool
    opened_at: datetime
    changed_at: datetime
    needs_you: bool


class PortalPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the customer's tickets, newest first; `next` is what to go on after."""

    items: list[PortalRow]
    next: str | None


class PortalStep(msgspec.Struct, frozen=True, kw_only=True):
    """One of the six stages. `at`: when it was reached, where it was."""

    stage: StageName
    text: str
    at: datetime | None
    done: bool
    now: bool


class PortalLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A value as it is read."""

    pointer: str
    label: str
    value: str


class PortalMissing(msgspec.Struct, frozen=True, kw_only=True):
    """Something the desk needs that only the customer can give."""

    pointer: str
    label: str
    help: str


class PortalSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Something said on the ticket."""

    id: UUID
    at: datetime
    from_: From = msgspec.field(name="from")
    body: str


class PortalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the ticket. `open`: it can be downloaded now; `note`: why not, or what was done to it, in words."""

    id: UUID
    name: str
    size_bytes: int
    content_type: str
    at: datetime
    open: bool
    note: str
    from_: From = msgspec.field(name="from")


class PortalRating(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's own rating of this solving."""

    score: int
    at: datetime


class PortalTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as its customer sees it: its newest messages, and how many `earlier` ones there are."""

    id: UUID
    number: str
    version: int
    case_type: str
    case_title: str
    title: str
    stage: StageName
    state_text: str
    explanation: str
    steps: list[PortalStep]
    open: bool
    opened_at: datetime
    changed_at: datetime
    promised_at: datetime | None
    elements: dict[str, str]
    fields: dict[str, Any]
    labels: list[PortalLabel]
    missing: list[PortalMissing]
    messages: list[PortalSaid]
    earlier: int
    attachments: list[PortalFile]
    outcome: str | None
    outcome_text: str | None
    resolution: str | None
    rating: PortalRating | None
    can: list[Can]
    notices: list[str]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a ticket is, and nothing of what is in it."""

    number: str
    stage: StageName
    state_text: str
    explanation: str
    steps: list[PortalStep]
    changed_at: datetime
