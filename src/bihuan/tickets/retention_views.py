"""Rules, runs and holds as they are shown: with names instead of ids, in the reader's language."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from bihuan import identity, privacy
from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.identity import Directory
from bihuan.privacy import (
    Hold,
    HoldGround,
    Keeps,
    RecordClass,
    Rule,
    RuleState,
    Term,
    Unit,
    record_classes,
)
from bihuan.tickets.retention import DueClass, PlanMonth, queries
from bihuan.tickets.retention_runs import Run, RunState


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a class's time, and who made and decided it."""

    version: int
    amount: int
    unit: Unit
    text: str
    note: str
    state: RuleState
    effective_from: datetime
    made_by: str
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    own: bool


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A class of records: how long it is kept, by whose wish and on what that rests.

    `verified`: `shortest` was read in the source. `fixed`: in words, where nobody sets it. `proposed`: the version that
    waits for a second person; `own` there: proposed by the one who reads. `versions`: newest first.
    """

    record_class: str
    title: str
    keeps: Keeps
    kinds: list[str]
    current: Term
    current_text: str
    default: Term
    shortest: Term | None
    shortest_text: str | None
    source: str
    verified: bool
    fixed: str | None
    proposed: RuleVersion | None
    versions: list[RuleVersion]


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """What is closed now and when it will be over its time, per class and month; `due`: what is over it already."""

    due: list[DueClass]
    months: list[PlanMonth]


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run. `classes`: what it was about when it was proposed; the counts: what has been deleted so far."""

    id: UUID
    state: RunState
    as_of: date
    classes: list[DueClass]
    note: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    tickets: int
    files: int
    persons: int
    failed: int
    done_at: datetime | None
    own: bool


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """A legal hold. `stands`: whether it holds now; `own_wish`: the one who reads asked to lift it."""

    id: UUID
    customer_id: UUID | None
    ticket_id: UUID | None
    ticket_number: str | None
    ground: HoldGround
    note: str
    until_at: datetime | None
    placed_by: str
    placed_at: datetime
    lift_asked_by: str | None
    lift_asked_at: datetime | None
    lifted_by: str | None
    lifted_at: datetime | None
    stands: bool
    own_wish: bool


class _Number(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    number: str


async def rules(work: Work, reader: UUID, language: Language) -> list[RuleView]:
    """Every class."""
    own, people = await privacy.retention.rules(work), await identity.directory(work)
    return [_rule(one, own[one.code], people, reader, language) for one in record_classes().values()]


async def rule(work: Work, reader: UUID, language: Language, code: str) -> RuleView:
    """One class."""
    own, people = await privacy.retention.rules(work), await identity.directory(work)
    return _rule(record_classes()[code], own[code], people, reader, language)


async def runs(work: Work, reader: UUID, found: Sequence[Run]) -> list[RunView]:
    """Runs with names."""
    people = await identity.directory(work)
    return [
        RunView(
            proposed_by=_name(people, run.proposed_by) or "",
            decided_by=_name(people, run.decided_by),
            classes=run.classes,
            own=run.proposed_by == reader,
            **{name: getattr(run, name) for name in _RUN},
        )
        for run in found
    ]


async def holds(work: Work, reader: UUID, found: Sequence[Hold]) -> list[HoldView]:
    """Holds with names."""
    people = await identity.directory(work)
    ids = [hold.ticket_id for hold in found if hold.ticket_id]
    rows = await work.rows(queries.numbers_of, _Number, ids=ids) if ids else []
    numbers: dict[UUID | None, str] = {row.id: row.number for row in rows}
    return [
        HoldView(
            customer_id=hold.subject_id,
            ticket_number=numbers.get(hold.ticket_id),
            placed_by=_name(people, hold.placed_by) or "",
            lift_asked_by=_name(people, hold.lift_asked_by),
            lifted_by=_name(people, hold.lifted_by),
            stands=hold.stands,
            own_wish=hold.lift_asked_by == reader,
            **{name: getattr(hold, name) for name in _HOLD},
        )
        for hold in found
    ]


_RUN = ("id", "state", "as_of", "note", "proposed_at", "decided_at", "tickets", "files", "persons", "failed", "done_at")  # fmt: skip
_HOLD = ("id", "ticket_id", "ground", "note", "until_at", "placed_at", "lift_asked_at", "lifted_at")
_VERSION = ("version", "amount", "unit", "note", "state", "effective_from", "made_at", "decided_at")


def _rule(
    one: RecordClass, own: Sequence[Rule], people: Directory, reader: UUID, language: Language
) -> RuleView:
    current = privacy.retention.term_of(one, own, clock.now())
    versions = [_version(each, people, reader, language) for each in own]
    return RuleView(
        record_class=one.code,
        title=one.title(language),
        keeps=one.keeps,
        kinds=list(one.kinds),
        current=current,
        current_text=one.kept_as(language) or current.words(language),
        default=one.default,
        shortest=one.shortest,
        shortest_text=one.shortest.words(language) if one.shortest else None,
        source=one.source(language),
        verified=one.verified,
        fixed=one.kept_as(language),
        proposed=next((each for each in versions if each.state == "proposed"), None),
        versions=versions,
    )


def _version(each: Rule, people: Directory, reader: UUID, language: Language) -> RuleVersion:
    return RuleVersion(
        text=each.term.words(language),
        made_by=_name(people, each.made_by) or "",
        decided_by=_name(people, each.decided_by),
        own=each.made_by == reader,
        **{name: getattr(each, name) for name in _VERSION},
    )


def _name(people: Directory, staff_id: UUID | None) -> str | None:
    person = people.staff.get(staff_id) if staff_id else None
    return person.name if person else None
