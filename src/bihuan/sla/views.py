"""What calendars and policies look like from outside: rows of the lists, versions, histories with their differences."""

from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock as time
from bihuan.core.problems import Language, NotFound
from bihuan.sla import lengthens, match
from bihuan.sla.match import Changed
from bihuan.sla.model import CalendarBody, PolicyBody
from bihuan.sla.notice import DayChange
from bihuan.sla.preview import MoveRow, PreviewCounts
from bihuan.sla.store import Book, CalendarHead, CalendarState, Layer, Origin, PolicyHead

Head = TypeVar("Head", CalendarHead, PolicyHead)


class CalendarRow(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar in the list, as it holds, else as it is proposed. `provisional_from`: the first year from now on whose
    notice is not out; None: none is waited for, or this year's and the next one's are. `proposed`: a version that waits.
    """

    code: str
    title: str
    zone: str
    version: int
    state: CalendarState
    years: list[int]
    provisional_from: int | None
    statutory: str
    queues: int
    proposed: int | None


class CalendarVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a calendar."""

    version: int
    state: CalendarState
    origin: Origin
    note: str
    move_running: bool
    made_by: UUID
    made_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    digest: str


class CalendarView(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar: its versions, latest first, and the body of the one asked for."""

    code: str
    version: int
    current: CalendarVersion | None
    versions: list[CalendarVersion]
    body: CalendarBody


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar a notice would make, and what it changes."""

    year: int
    body: CalendarBody
    changes: list[DayChange]


class CalendarPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar would change: days, and clocks that run."""

    changes: list[DayChange]
    clocks: PreviewCounts
    moves: list[MoveRow]
    capped: bool


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A policy in the list. `match`: which tickets, as a sentence; `coming`: a version that will hold later."""

    code: str
    title: str
    version: int
    rank: int
    match: str
    clocks: int
    layer: Layer
    effective_from: datetime
    retired: bool
    coming: int | None


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a policy, and how it differs from the one before."""

    version: int
    layer: Layer
    effective_from: datetime
    retired: bool
    note: str
    made_by: UUID
    made_at: datetime
    digest: str
    differences: list[Changed]


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """A policy: its versions, latest first, and the body of the one asked for."""

    code: str
    version: int
    holds: int | None
    versions: list[PolicyVersion]
    body: PolicyBody


class PolicyPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy's next version would change: the policy, and clocks that run."""

    changes: list[Changed]
    clocks: PreviewCounts
    moves: list[MoveRow]
    capped: bool
    #: Limits set from outside that it makes longer, by title: such a version needs a second person.
    lengthens: list[str]


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Running clocks that are being, or were, reckoned anew."""

    what: Literal["calendar", "policy"]
    code: str
    version: int
    scope: Literal["all", "provisional"]
    moved: int
    done_at: datetime | None
    asked_by: UUID
    asked_at: datetime


def calendar_rows(book: Book, language: Language) -> list[CalendarRow]:
    """Every calendar, by code."""
    return [_calendar_row(book, code, language) for code in sorted({c.code for c in book.calendar_heads()})]


def calendar_view(book: Book, code: str, version: int | None) -> CalendarView:
    """One calendar: the version asked for, else the one that holds, else the latest. Raises NotFound."""
    heads = book.calendar_heads(code)
    current = next((h for h in heads if h.state == "current"), None)
    shown = _asked(heads, version) if version is not None or current is None else current
    return CalendarView(
        code=code,
        version=shown.version,
        current=calendar_version(current) if current else None,
        versions=[calendar_version(head) for head in reversed(heads)],
        body=book.calendar_body(code, shown.version),
    )


def calendar_version(head: CalendarHead) -> CalendarVersion:
    """A version as it is shown."""
    return CalendarVersion(**{name: getattr(head, name) for name in CalendarVersion.__struct_fields__})


def policy_rows(book: Book, language: Language) -> list[PolicyRow]:
    """Every policy in the order of trial; those that hold no more, last."""
    now = time.now()
    rows = [_policy_row(book, code, now, language) for code in {p.code for p in book.policy_heads()}]
    return sorted(rows, key=lambda row: (row.retired, row.rank, row.code))


def policy_view(book: Book, code: str, version: int | None) -> PolicyView:
    """One policy: the version asked for, else the one that holds, else the latest. Raises NotFound."""
    heads = book.policy_heads(code)
    holds = book.holding(code, time.now())
    shown = _asked(heads, version) if version is not None or holds is None else holds
    return PolicyView(
        code=code,
        version=shown.version,
        holds=holds.version if holds and not holds.retired else None,
        versions=[policy_version(book, head) for head in reversed(heads)],
        body=book.policy_body(code, shown.version),
    )


def policy_version(book: Book, head: PolicyHead) -> PolicyVersion:
    """A version as it is shown."""
    told = {n: getattr(head, n) for n in PolicyVersion.__struct_fields__ if n in PolicyHead.__struct_fields__}
    return PolicyVersion(**told, differences=_differences(book, head))


def lengthened(
    book: Book, before: PolicyBody | None, after: PolicyBody | None, language: Language
) -> list[str]:
    """Titles of the limits set from outside that would be longer."""
    found = lengthens.longer(before, after, book.effective(time.now()))
    return [rule.title.of(language) for rule in found]


def policy_differences(book: Book, body: PolicyBody) -> list[Changed]:
    """How a body would differ from the latest version of its code; everything where there is none."""
    heads = book.policy_heads(body.code)
    return between(book.policy_body(body.code, heads[-1].version), body) if heads else []


def _calendar_row(book: Book, code: str, language: Language) -> CalendarRow:
    heads = book.calendar_heads(code)
    head = next((h for h in heads if h.state == "current"), heads[-1])
    body = book.calendar_body(code, head.version)
    waiting = [h.version for h in heads if h.state == "proposed"]
    return CalendarRow(
        code=code,
        title=body.title.of(language),
        zone=body.zone,
        version=head.version,
        state=head.state,
        years=list(body.years),
        provisional_from=_provisional_from(body),
        statutory=body.statutory,
        queues=len(body.queues),
        proposed=waiting[-1] if waiting else None,
    )


def _provisional_from(body: CalendarBody) -> int | None:
    this = time.now().year
    missing = (year for year in (this, this + 1) if year not in body.years)
    return next(missing, None) if body.statutory else None


def _policy_row(book: Book, code: str, now: datetime, language: Language) -> PolicyRow:
    heads = book.policy_heads(code)
    head = book.holding(code, now) or heads[0]
    body = book.policy_body(code, head.version)
    later = [h.version for h in heads if h.effective_from > now and h.version > head.version]
    return PolicyRow(
        code=code,
        title=body.title.of(language),
        version=head.version,
        rank=body.rank,
        match=match.match_text(body.match, language),
        clocks=len(body.clocks),
        layer=head.layer,
        effective_from=head.effective_from,
        retired=head.retired,
        coming=later[-1] if later else head.version if head.effective_from > now else None,
    )


def _differences(book: Book, head: PolicyHead) -> list[Changed]:
    before = [h for h in book.policy_heads(head.code) if h.version < head.version]
    if not before:
        return []
    last = book.policy_body(head.code, before[-1].version)
    return between(last, book.policy_body(head.code, head.version))


def between(before: PolicyBody, after: PolicyBody) -> list[Changed]:
    """How two bodies differ, told of them as they are stored."""
    return match.differences(_stored(before), _stored(after))


def _stored(body: PolicyBody) -> object:
    return msgspec.json.decode(evidence.canonical(body))


def _asked(heads: list[Head], version: int | None) -> Head:
    """The version asked for; None: the latest. Raises NotFound."""
    found = [head for head in heads if version is None or head.version == version]
    if not found:
        raise NotFound
    return found[-1]
