"""Types of evidence packages: what is asked for, and everything of one ticket as it is gathered for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.casetypes import CaseType
from bihuan.core.permissions import declare
from bihuan.core.problems import Language, Problem
from bihuan.evidence import ProofFile, WholeEvent
from bihuan.identity import Directory
from bihuan.privacy import Subject
from bihuan.sla import Clock
from bihuan.tickets.clock_model import ClockLedger
from bihuan.tickets.look_model import LookReason
from bihuan.tickets.model import CustomerView, Entry, Ticket
from bihuan.tickets.side_rows import Texts

EXPORT = declare("evidence.export", zh="导出证据包", en="Take evidence packages out")
MOST_EVENTS = 20_000


class PackageBusy(Problem):
    """Other evidence packages are being made; try again in a moment."""

    status = 429
    zh = "正在生成其他证据包，请稍后再试。"


class PackageTooLarge(Problem):
    """The ticket has {events} events; a package holds {limit} at most."""

    status = 413
    zh = "该工单有 {events} 个事件，证据包最多容纳 {limit} 个。"


class NotSealed(Problem):
    """The ticket's last event could not be sealed just now; try again in a moment."""

    status = 409
    zh = "该工单最新的事件暂未能封存，请稍后再试。"


class ExportEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """A package of a ticket. `language`: of the timeline; `originals`: files as they came, for a reason."""

    language: Literal["zh", "en", "both"] = "both"
    originals: bool = False
    reason: LookReason | None = None

    @property
    def languages(self) -> tuple[Language, ...]:
        """The timelines to make."""
        return ("zh", "en") if self.language == "both" else (self.language,)


class SaidRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `messages.jsonl`: what was said, masked, with the nonce of its commitment; `gone`: why there is none."""

    seq: int
    id: UUID
    kind: str
    channel: str
    original_id: UUID | None
    body: str | None
    nonce: str | None
    erased: bool
    gone: str | None = None


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `attachments.jsonl`: the row as its event vouches for it, and which bytes are given.

    `sealed`: SHA-256 of the sealed name, hex; `what`: the copy with personal data removed by rule, the original with the nonce of its
    commitment, or none, and `why`.
    """

    seq: int
    id: UUID
    name: str
    content_type: str
    size_bytes: int
    subject_id: UUID
    hidden: bool
    sealed: str
    sha256: str
    what: Literal["copy", "original", "none"]
    file: str | None = None
    nonce: str | None = None
    why: str | None = None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file's bytes lie and whose key opens them: read when they are written into the package."""

    file_id: UUID
    subject: Subject


class RatingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rating as its event vouches for it."""

    seq: int
    nonce: str
    columns: Texts


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The ticket in words of one language; a ledger for each clock, in their order."""

    ledgers: list[ClockLedger]
    state: str
    case_type: str


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """All of a ticket, read in one transaction that held it. `contents`: file in the package → its bytes."""

    ticket: Ticket
    columns: Texts
    case_type: CaseType
    customer: CustomerView | None
    events: list[WholeEvent]
    entries: list[Entry]
    messages: list[SaidRow]
    files: list[FileRow]
    contents: Mapping[str, Content]
    ratings: list[RatingRow]
    rows: Mapping[str, Mapping[str, Texts]]
    clocks: list[Clock]
    told: Mapping[Language, Told]
    proof: ProofFile
    people: Directory
    desk: str
    at: datetime
