"""Which tickets are over their time: each is of a class by its case type, and its time counts from its closing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core import clock, db
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.privacy import (
    Keep,
    Term,
    begin_of,
    cutoff,
    day_of,
    keeps,
    last_day,
    record_class_of,
    record_classes,
)

queries = db.load(__file__, "retention_queries.sql")


class DueClass(msgspec.Struct, frozen=True, kw_only=True):
    """Of a class what is over its time: how many, the oldest and newest closing; `held`: kept by a legal hold."""

    record_class: str
    count: int
    held: int
    oldest: datetime | None
    newest: datetime | None


class PlanMonth(msgspec.Struct, frozen=True, kw_only=True):
    """How many tickets of a class are over their time from this month on (YYYY-MM); those held stay."""

    record_class: str
    month: str
    count: int
    held: int


class Types(msgspec.Struct, frozen=True, kw_only=True):
    """Every version of every case type with its class: parallel lists, for statements."""

    codes: list[str]
    versions: list[int]
    classes: list[str]

    def before(self, cutoffs: Mapping[str, date]) -> list[datetime]:
        """Per version the moment before which a ticket must have been closed."""
        return [begin_of(cutoffs[one]) for one in self.classes]


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    version: int
    kind: str


class _Day(msgspec.Struct, frozen=True, kw_only=True):
    record_class: str
    closed_on: date
    count: int
    held: int


class _Closed(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    case_type: str
    case_type_version: int
    closed_at: datetime


async def types(work: Work) -> Types:
    """The class of every case type there is or was."""
    rows = await work.rows(queries.case_type_kinds, _Kind)
    return Types(
        codes=[row.code for row in rows],
        versions=[row.version for row in rows],
        classes=[record_class_of(row.code, row.kind).code for row in rows],
    )


def cutoffs(terms: Mapping[str, Term], today: date) -> dict[str, date]:
    """Per class that tickets are of, and for persons, the day before which all is over its time today."""
    kept = ("ticket", "person")
    return {code: cutoff(terms[code], today) for code, one in record_classes().items() if one.keeps in kept}


async def due(work: Work, at: Mapping[str, date]) -> list[DueClass]:
    """What is over its time by these days, per class."""
    known = await types(work)
    return await work.rows(
        queries.due,
        DueClass,
        codes=known.codes,
        versions=known.versions,
        classes=known.classes,
        befores=known.before(at),
        now=clock.now(),
    )


async def plan(work: Work) -> list[PlanMonth]:
    """When what is closed now will be over its time by the rules of today: counts per class and month."""
    now, terms, known = clock.now(), await privacy.retention.terms(work), await types(work)
    rows = await work.rows(
        queries.closed_by_day,
        _Day,
        codes=known.codes,
        versions=known.versions,
        classes=known.classes,
        now=now,
    )
    today = day_of(now)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        goes = max(last_day(terms[row.record_class], row.closed_on) + timedelta(days=1), today)
        at = (row.record_class, f"{goes:%Y-%m}")
        count, held = found.get(at, (0, 0))
        found[at] = (count + row.count, held + row.held)
    return [
        PlanMonth(record_class=code, month=month, count=count, held=held)
        for (code, month), (count, held) in sorted(found.items(), key=lambda one: (one[0][1], one[0][0]))
    ]


@keeps
async def while_law_keeps(work: Work, subject_id: UUID) -> Keep | None:
    """Nobody is erased while a law, verified in its source, keeps a ticket of theirs."""
    rows = await work.rows(queries.closed_of, _Closed, subject_id=subject_id)
    if not rows:
        return None
    known, today = await types(work), day_of(clock.now())
    by_type = dict(zip(zip(known.codes, known.versions, strict=True), known.classes, strict=True))
    for row in rows:
        one = record_classes()[by_type[row.case_type, row.case_type_version]]
        if one.shortest is None or not one.verified:
            continue
        until = last_day(one.shortest, day_of(row.closed_at))
        if until >= today:
            return Keep(
                zh=f"工单 {row.number}（{one.zh}）依法须保存至 {until}",
                en=f"ticket {row.number} ({one.en}) must be kept until {until} by law",
            )
    return None


async def sweep_drafts(desk: Desk, tenant_id: UUID) -> None:
    """Forget drafts that were never sent and are over their time."""
    async with desk.database.work(tenant_id) as work:
        await work.run(queries.drop_old_drafts, before_at=await privacy.retention.before(work, "draft"))
