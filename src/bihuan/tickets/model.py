"""Types of the centre: the ticket, what verbs are given, what readers see."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from bihuan.casetypes import Priority
from bihuan.customers import NewCustomer
from bihuan.privacy import Gone, Held, SpanRow
from bihuan.sla import ClockState
from bihuan.tickets.lifecycle import Action, State

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Body = Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]
Reason = Annotated[str, msgspec.Meta(min_length=2, max_length=2000)]
Version = Annotated[int, msgspec.Meta(ge=1)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Tag = Annotated[str, msgspec.Meta(pattern=r"^[^,\s\x00-\x1f](?:[^,\x00-\x1f]{0,38}[^,\s\x00-\x1f])?$")]
Tags = Annotated[list[Tag], msgspec.Meta(max_length=20)]
Channel = Literal["api", "portal", "email", "chat", "wechat", "phone", "import"]
CallBackResult = Literal["satisfied", "basically_satisfied", "dissatisfied", "unreachable"]
WaitingFor = Literal["customer", "third_party", "appraisal"]
LinkKind = Literal["related", "duplicate", "parent", "child"]


class StoredTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket's row. `head_seq` is its version; `sealed` its words, by the key of `subject_id`."""

    id: UUID
    number: str
    customer_id: UUID | None
    subject_id: UUID
    sealed: bytes
    case_type: str
    case_type_version: int
    state: State
    priority: Priority
    team_id: UUID | None
    assignee_id: UUID | None
    channel: str
    external_id: str | None
    tags: list[str]
    checklist: list[str]
    evidence: list[str]
    object_index: bytes | None
    opened_at: datetime
    changed_at: datetime
    waiting_for: WaitingFor | None = None
    waiting_until: datetime | None = None
    resumes_to: State | None = None
    outcome: str | None = None
    callback_result: CallBackResult | None = None
    merged_into: UUID | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    transfers: int = 0
    reopenings: int = 0
    head_seq: int = 1
    public_seq: int = 1


class Ticket(StoredTicket, frozen=True, kw_only=True):
    """A ticket with its words, masked; `fields` hold protected values as {mask, value_id}. `gone`: why there are none;
    `spans`: where masks stand in title, elements, free fields and resolution, by their place.
    """

    title: str
    elements: dict[str, str]
    fields: dict[str, Any]
    resolution: str | None = None
    spans: dict[str, list[SpanRow]] = {}
    gone: Gone | None = None


# ------------------------------------------------------------------------------------------------ what verbs are given
class OpenTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A new ticket. By the portal and the API what the case needs to be submitted must be there."""

    case_type: Code
    title: Title
    description: Body
    elements: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    evidence: Annotated[list[Code], msgspec.Meta(max_length=50)] = []
    priority: Priority | None = None
    customer: NewCustomer | None = None
    channel: Channel = "api"
    tags: Tags = []


class Receive(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer said, taken in for them (a call, a letter) or by a door."""

    body: Body
    channel: Channel = "api"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer the customer reads. Refused where a newer public message came since `version`.

    `discloses`: it tells what is not public, which needs the customer verified.
    """

    version: Version
    body: Body
    discloses: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Words for colleagues."""

    body: Body
    version: Version | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """I take it."""

    version: Version


class Assign(msgspec.Struct, frozen=True, kw_only=True):
    """To a colleague (login), or with null back to the queue."""

    version: Version
    assignee: Annotated[str, msgspec.Meta(max_length=64)] | None
    reason: Reason | None = None


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """To another team (code), with the reason."""

    version: Version
    team: Code
    reason: Reason


class Reclassify(msgspec.Struct, frozen=True, kw_only=True):
    """To another case type. Fields are mapped; values without a place are kept in the record and listed."""

    version: Version
    case_type: Code
    reason: Reason
    fields: dict[str, Any] = {}


class SetPriority(msgspec.Struct, frozen=True, kw_only=True):
    """Another priority, with the reason; never below what the case type's rule says."""

    version: Version
    priority: Priority
    reason: Reason


class SetFields(msgspec.Struct, frozen=True, kw_only=True):
    """Fields and elements to set; null takes one away. Title too."""

    version: Version
    fields: dict[str, Any] = {}
    elements: dict[str, Any] = {}
    title: Title | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Checklist steps and evidence items that are done or at hand, or no longer."""

    version: Version
    checklist: Annotated[list[Code], msgspec.Meta(max_length=50)] = []
    evidence: Annotated[list[Code], msgspec.Meta(max_length=50)] = []
    undo: bool = False


class Tagging(msgspec.Struct, frozen=True, kw_only=True):
    """Tags to add and to take away. Two people tagging at once do not conflict."""

    add: Tags = []
    remove: Tags = []
    version: Version | None = None


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """Handling starts."""

    version: Version


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Wait for the customer, a third party or an outside expert's appraisal; why, and until when at the latest."""

    version: Version
    waiting_for: WaitingFor
    reason: Reason
    until: datetime | None = None


class Resume(msgspec.Struct, frozen=True, kw_only=True):
    """Go on."""

    version: Version
    reason: Reason | None = None


class Resolve(msgspec.Struct, frozen=True, kw_only=True):
    """Solved: how it ended, in words for the customer. Refused while the case type's required steps are open."""

    version: Version
    resolution: Body
    outcome: Literal["solved", "explained", "declined", "compensated", "other"] = "solved"


class CallBack(msgspec.Struct, frozen=True, kw_only=True):
    """What the call-back found. A dissatisfied customer's ticket is reopened."""

    version: Version
    result: CallBackResult
    note: Reason | None = None


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """Closed and kept."""

    version: Version


class Reopen(msgspec.Struct, frozen=True, kw_only=True):
    """Not done after all."""

    version: Version
    reason: Reason


class Withdraw(msgspec.Struct, frozen=True, kw_only=True):
    """The customer takes it back; `proof` is what they said or wrote, word for word, and how."""

    version: Version
    proof: Reason
    attachment_id: UUID | None = None


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """Not ours to handle; the reason is told to the customer."""

    version: Version
    reason: Reason


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """Into another open ticket (number), which goes on with both histories and the earlier clocks."""

    version: Version
    into: Annotated[str, msgspec.Meta(max_length=20)]
    reason: Reason


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A bond to another ticket (number)."""

    other: Annotated[str, msgspec.Meta(max_length=20)]
    kind: LinkKind = "related"
    version: Version | None = None


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's judgement of how it was solved, 1 (very dissatisfied) to 5 (very satisfied)."""

    score: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: Reason | None = None


class TakeBack(msgspec.Struct, frozen=True, kw_only=True):
    """The customer withdraws it, in their own words."""

    reason: Reason


class SaveDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A text not yet said."""

    verb: Literal["reply", "note"] = "reply"
    body: Body


class SaveView(msgspec.Struct, frozen=True, kw_only=True):
    """A filter to keep under a name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    filter: dict[str, Any]
    sort: str = "-id"
    shared: bool = False


class ValueSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A whole card, ID or phone number, e-mail or account; never in an address."""

    kind: Literal["card_number", "id_number", "mobile", "email", "account"]
    value: Annotated[str, msgspec.Meta(min_length=3, max_length=120)]


class BulkItem(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket of a bulk change, as it was seen."""

    id: UUID
    version: Version


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """One verb on many tickets: one transaction each, one report."""

    verb: Code
    items: Annotated[list[BulkItem], msgspec.Meta(min_length=1, max_length=200)]
    command: dict[str, Any] = {}


# --------------------------------------------------------------------------------------------------- what readers see
class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """A clock and how it stands now."""

    kind: str
    state: ClockState
    started_at: datetime
    due_at: datetime
    left_seconds: int
    paused_at: datetime | None = None
    stopped_at: datetime | None = None


class MissingView(msgspec.Struct, frozen=True, kw_only=True):
    """Something the next step still needs."""

    pointer: str
    label: str
    by: str


class CustomerView(msgspec.Struct, frozen=True, kw_only=True):
    """The customer, masked, as the person they were found to be. `origin`: the customer it was opened for, if another."""

    id: UUID
    kind: str
    contacts: list[dict[str, str]]
    origin: UUID | None = None


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's judgement. `solving`: how often the ticket had been reopened before it."""

    solving: int
    score: int
    rated_at: datetime


class Similar(msgspec.Struct, frozen=True, kw_only=True):
    """A likely duplicate, proposed for merging."""

    id: UUID
    number: str
    title: str
    state: State
    opened_at: datetime


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A bond: what the other ticket is to this one."""

    other_id: UUID
    number: str
    kind: str
    state: State
    title: str


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as its readers see it: masked, with what is missing, its clocks, and what can be done next.

    `spans`: where masks stand ([start, end, kind, value id]) by the place of their text: `title`, `elements.symptom`,
    `fields.note`, `resolution`.
    """

    id: UUID
    number: str
    version: int
    state: State
    stage: str
    state_text: str
    priority: Priority
    title: str
    case_type: str
    case_type_version: int
    channel: str
    team: str | None
    assignee: str | None
    customer: CustomerView | None
    elements: dict[str, str]
    fields: dict[str, Any]
    tags: list[str]
    checklist: list[str]
    evidence: list[str]
    missing: list[MissingView]
    clocks: list[ClockView]
    actions: list[Action]
    opened_at: datetime
    changed_at: datetime
    waiting_for: str | None = None
    waiting_until: datetime | None = None
    outcome: str | None = None
    resolution: str | None = None
    callback_result: str | None = None
    merged_into: UUID | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    transfers: int = 0
    reopenings: int = 0
    rating: Rating | None = None
    #: Who stands in for the holder just now, by login.
    deputies: list[str] = []
    spans: dict[str, list[SpanRow]] = {}
    #: Legal holds by which it must not be deleted: its own and its customer's.
    held: list[Held] = []
    #: Why there are no words: its person was erased, its time of keeping was over, or they cannot be read.
    gone: Gone | None = None
    destroyed: list[str] = []
    notices: list[str] = []
    duplicates: list[Similar] = []
    dropped: list[str] = []


class TicketRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in a list."""

    id: UUID
    number: str
    version: int
    state: State
    priority: Priority
    title: str
    case_type: str
    channel: str
    customer_id: UUID | None
    team: str | None
    assignee: str | None
    tags: list[str]
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    clock_state: ClockState | None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tickets: the filter as a sentence, and where the next page starts."""

    items: list[TicketRow]
    next: str | None
    sentence: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a ticket's timeline."""

    seq: int
    at: datetime
    kind: str
    actor: str
    actor_kind: str
    data: dict[str, Any]
    message: dict[str, Any] | None = None
