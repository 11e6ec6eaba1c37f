"""Runs: what is over its time, proposed by one colleague with its counts, decided by another, then worked off.

The days by which a run was reckoned are its own: what falls due later waits for the next run, and where a class is kept
longer by the time it is worked off, the later rule holds.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import NotFound, Problem
from bihuan.privacy import OwnProposal, RetentionNote, day_of, mask_text
from bihuan.tickets.retention import DueClass, cutoffs, due, queries

RunState = Literal["proposed", "approved", "refused", "done"]
TOPIC = "retention"
_LISTED = 200


class NothingDue(Problem):
    """Nothing is over its time."""

    status = 409
    zh = "没有到期的记录。"


class RunOpen(Problem):
    """A run is waiting for a second person or being worked off already."""

    status = 409
    zh = "已有一次到期删除待复核或正在进行。"


class RunDecided(Problem):
    """This run has been decided already."""

    status = 409
    zh = "该次到期删除已处理。"


class RefuseRun(msgspec.Struct, frozen=True, kw_only=True):
    """Why not."""

    note: RetentionNote


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is stored; `cutoffs` and `counts` as JSON."""

    id: UUID
    state: RunState
    as_of: date
    cutoffs: str
    counts: str
    note: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    tickets: int = 0
    files: int = 0
    persons: int = 0
    failed: int = 0
    done_at: datetime | None = None

    @property
    def days(self) -> dict[str, date]:
        """Per class the day before which a record must have been closed."""
        return msgspec.json.decode(self.cutoffs, type=dict[str, date])

    @property
    def classes(self) -> list[DueClass]:
        """What it was about when it was proposed."""
        return msgspec.json.decode(self.counts, type=list[DueClass])


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def runs(work: Work) -> list[Run]:
    """Runs, newest first."""
    return await work.rows(queries.runs, Run, most=_LISTED)


async def propose(work: Work, actor: Actor) -> Run:
    """Propose to delete what is over its time today. Raises NothingDue, RunOpen."""
    # One at a time: whoever proposes at the same moment waits here.
    await evidence.lock_head(work, evidence.Stream(kind="config", id=work.tenant_id))
    if await work.one(queries.open_run, _Id) is not None:
        raise RunOpen
    now = clock.now()
    days = cutoffs(await privacy.retention.terms(work), day_of(now))
    found = [one for one in await due(work, days) if one.count]
    if not found:
        raise NothingDue
    run = Run(
        id=ids.new_id(),
        state="proposed",
        as_of=day_of(now),
        cutoffs=evidence.canonical({code: day.isoformat() for code, day in days.items()}),
        counts=evidence.canonical([msgspec.to_builtins(one) for one in found]),
        note="",
        proposed_by=actor.id,
        proposed_at=now,
    )
    await work.run(
        queries.add_run,
        id=run.id,
        as_of=run.as_of,
        cutoffs=run.cutoffs,
        counts=run.counts,
        proposed_by=actor.id,
        proposed_at=now,
    )
    await privacy.retention.tell(work, actor, "retention.run_proposed", _told(run))
    return run


async def approve(work: Work, actor: Actor, run_id: UUID) -> Run:
    """Let it be worked off. Raises NotFound, RunDecided, OwnProposal."""
    run = await _undecided(work, actor, run_id)
    decided = await _decide(work, actor, run, "approved", "")
    work.touch(TOPIC)
    return decided


async def refuse(work: Work, actor: Actor, run_id: UUID, command: RefuseRun) -> Run:
    """Delete nothing. Raises NotFound, RunDecided, OwnProposal."""
    run = await _undecided(work, actor, run_id)
    return await _decide(work, actor, run, "refused", mask_text(command.note).text)


def holding(days: Mapping[str, date], now: Mapping[str, date]) -> dict[str, date]:
    """A run's days, but for classes that are kept longer by now."""
    return {code: min(day, now[code]) for code, day in days.items() if code in now}


async def _undecided(work: Work, actor: Actor, run_id: UUID) -> Run:
    run = await work.one(queries.lock_run, Run, id=run_id)
    if run is None:
        raise NotFound
    if run.state != "proposed":
        raise RunDecided
    if actor.speaks_as(run.proposed_by):
        raise OwnProposal
    return run


async def _decide(work: Work, actor: Actor, run: Run, state: RunState, note: str) -> Run:
    now = clock.now()
    await work.run(queries.decide_run, id=run.id, state=state, note=note, decided_by=actor.id, decided_at=now)
    decided = msgspec.structs.replace(run, state=state, note=note, decided_by=actor.id, decided_at=now)
    await privacy.retention.tell(work, actor, f"retention.run_{state}", _told(decided))
    return decided


def _told(run: Run) -> dict[str, object]:
    counts: dict[str, object] = {one.record_class: one.count for one in run.classes}
    return {"run": str(run.id), "as_of": run.as_of.isoformat(), "counts": counts, "note": run.note}
