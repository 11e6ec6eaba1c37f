"""Working a run off: tickets in batches, then the persons of whom nothing is kept any more.

A batch is one transaction: each ticket's chain is told what was deleted, by its hash; its words, its files' names, and the
values that stood in them go. What happened stays. A worker that dies leaves the rest to the next; what it had not committed
it has not done. Files' bytes go after the commit, and where that failed by the hourly sweep, which finds them ownerless.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core import clock, log
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.privacy import begin_of, day_of, file_path
from bihuan.tickets.batch import Taken, hold_many, together_or_alone
from bihuan.tickets.file_model import store_of
from bihuan.tickets.retention import Types, cutoffs, queries, types
from bihuan.tickets.retention_runs import TOPIC, Run, holding
from bihuan.tickets.state import RETAINED_OUT
from bihuan.tickets.visible import queries as ticket_queries
from bihuan.tickets.write import Held, Plan, write

_BATCH = 32
_EVERY_SECONDS = 30.0
_log = log.get("retention")


class RunStopped(RuntimeError):
    """The run is not being worked off any more: somebody else has ended it."""


class _Tenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    ticket_id: UUID
    seq: int
    digest: str
    file: bool


class _Scope(msgspec.Struct, frozen=True, kw_only=True):
    """A run and what it takes now."""

    run: Run
    days: dict[str, date]
    types: Types

    @property
    def classes(self) -> Mapping[tuple[str, int], str]:
        """The class of each version of a case type."""
        return dict(zip(zip(self.types.codes, self.types.versions, strict=True), self.types.classes, strict=True))  # fmt: skip


async def run(desk: Desk) -> None:
    """Work approved runs off for ever: when woken, and every half minute in any case."""
    while True:
        try:
            async with desk.database.across_tenants() as work:
                tenants = await work.rows(queries.tenants_running, _Tenant)
            for row in tenants:
                await _attended(desk, row.tenant_id)
        except Exception as error:
            _log.error("run_failed", error=error)
        await desk.wake.wait(TOPIC, _EVERY_SECONDS)


async def _attended(desk: Desk, tenant_id: UUID) -> None:
    """One tenant's runs; where they fail they stay approved and are taken up again, and no other tenant waits for them."""
    try:
        await work_off(desk, tenant_id)
    except Exception as error:
        _log.error("run_failed", tenant=str(tenant_id), error=error)


async def work_off(desk: Desk, tenant_id: UUID) -> int:
    """All approved runs of one tenant, to their end; how many tickets were deleted."""
    async with desk.database.work(tenant_id) as work:
        approved = await work.rows(queries.approved_runs, _Id)
    return sum([await Worker(desk, tenant_id, row.id).work_off() for row in approved])


class Worker:
    """One worker at one run. It remembers only which tickets have failed it."""

    def __init__(self, desk: Desk, tenant_id: UUID, run_id: UUID) -> None:
        self._desk = desk
        self._tenant_id = tenant_id
        self._run_id = run_id
        self._failed: list[UUID] = []
        #: Kept for a reason that only a closer look shows: not looked at again.
        self._passed: list[UUID] = []

    async def work_off(self) -> int:
        """To the end; how many tickets were deleted."""
        done = 0
        while (taken := await self.batch()) is not None:
            done += taken
        if await self.persons() is not None:
            await self._end()
        return done

    async def batch(self) -> int | None:
        """The next tickets; how many were deleted, None where none is left."""
        async with self._desk.database.work(self._tenant_id) as work:
            scope = await self._scope(work)
            if scope is None:
                return None
            rows = await work.rows(
                queries.next_due,
                _Id,
                codes=scope.types.codes,
                versions=scope.types.versions,
                befores=scope.types.before(scope.days),
                now=clock.now(),
                without=[*self._failed, *self._passed],
                most=_BATCH,
            )
        if not rows:
            return None
        files: list[UUID] = []

        async def take(work: Work, ids: Sequence[UUID]) -> Taken:
            return await self._take(work, ids, scope, files)

        taken = await together_or_alone(
            self._desk.database, self._tenant_id, [row.id for row in rows], do=take, failed=self._fail
        )
        self._remove(files)
        return taken.tickets

    async def persons(self) -> int | None:
        """Erase those of whom nothing is kept any more; how many, None where the run is over."""
        after, done = UUID(int=0), 0
        while True:
            async with self._desk.database.work(self._tenant_id) as work:
                scope = await self._scope(work)
                if scope is None:
                    return None
                rows = await work.rows(
                    queries.persons_over,
                    _Id,
                    after=after,
                    before_at=begin_of(scope.days["person"]),
                    now=clock.now(),
                    most=_BATCH,
                )
            for row in rows:
                done += await self._person(scope.run, row.id)
            if len(rows) < _BATCH:
                return done
            after = rows[-1].id

    async def _scope(self, work: Work) -> _Scope | None:
        found = await work.one(queries.lock_run, Run, id=self._run_id)
        if found is None or found.state != "approved":
            return None
        # A class that is kept longer by now is kept longer here too.
        now = cutoffs(await privacy.retention.terms(work), day_of(clock.now()))
        return _Scope(run=found, days=holding(found.days, now), types=await types(work))

    async def _take(self, work: Work, ids: Sequence[UUID], scope: _Scope, files: list[UUID]) -> Taken:
        locked = await hold_many(work, queries.lock_expired, ids)
        free = await _unheld(work, locked)
        theirs = [held.ticket.id for held in free]
        self._passed += [id_ for id_ in ids if id_ not in theirs]
        if not free:
            return Taken()
        sealed = await work.rows(queries.sealed_of, _Sealed, ids=theirs)
        gone = await work.rows(queries.files_of_tickets, _Id, ids=theirs)
        for held in free:
            await _write(held, scope, [row for row in sealed if row.ticket_id == held.ticket.id])
        await work.run(queries.empty_messages, ids=theirs)
        await work.run(queries.empty_names, ids=theirs)
        await work.run(queries.drop_values_of, ids=theirs)
        await work.run(ticket_queries.drop_drafts_of, ticket_ids=theirs)
        await self._count(work, tickets=len(theirs), files=sum(row.file for row in sealed))
        files += [row.id for row in gone]
        return Taken(tickets=len(theirs), done=len(theirs))

    async def _person(self, scope: Run, subject_id: UUID) -> int:
        """One person, in a transaction of their own; their keys go right after it, or by the hourly sweep."""
        assert scope.decided_by is not None
        async with self._desk.database.work(self._tenant_id) as work:
            same = await privacy.erase.reached(work, subject_id)
            if await work.one(queries.kept_of, dict[str, object], subject_ids=list(same)) is not None:
                return 0
            erasure_id = await privacy.erase.over(
                work, subject_id, asked_by=scope.proposed_by, decided_by=scope.decided_by
            )
            if erasure_id is None:
                return 0
            await self._count(work, persons=1)
        await privacy.erase.finish(self._desk, self._tenant_id, erasure_id)
        return 1

    async def _count(self, work: Work, *, tickets: int = 0, files: int = 0, persons: int = 0) -> None:
        counted = await work.one(
            queries.count_run, _Id, id=self._run_id, tickets=tickets, files=files, persons=persons
        )
        if counted is None:
            raise RunStopped

    async def _end(self) -> None:
        async with self._desk.database.work(self._tenant_id) as work:
            ended = await work.one(
                queries.end_run, Run, id=self._run_id, at=clock.now(), failed=len(self._failed)
            )
            if ended is not None:
                data: dict[str, object] = {
                    "run": str(ended.id), "tickets": ended.tickets, "files": ended.files, "persons": ended.persons,
                    "failed": ended.failed,
                }  # fmt: skip
                await privacy.retention.tell(work, desk_actor(self._tenant_id), "retention.run_done", data)

    async def _fail(self, ticket_id: UUID, error: Exception) -> None:
        self._failed.append(ticket_id)
        _log.error("ticket_not_deleted", ticket=str(ticket_id), error=error)

    def _remove(self, files: Sequence[UUID]) -> None:
        folder = store_of(self._desk.settings).folder
        for file_id in files:
            file_path(folder, self._tenant_id, file_id).unlink(missing_ok=True)


async def _unheld(work: Work, locked: Sequence[Held]) -> list[Held]:
    """Those that no legal hold keeps: read once tickets and persons are locked, so that none is placed meanwhile."""
    about = {held.ticket.id: await _persons(work, held) for held in locked}
    subjects = {one for persons in about.values() for one in persons}
    await work.rows(queries.share_subjects, _Id, ids=sorted(subjects))
    tickets = {one for held in locked for one in (held.ticket.id, held.ticket.merged_into) if one}
    holds = await privacy.legal_holds.on(work, subjects=subjects, tickets=tickets)
    kept = {hold.subject_id or hold.ticket_id for hold in holds}
    return [
        held
        for held in locked
        if not kept & {held.ticket.id, held.ticket.merged_into or held.ticket.id, *about[held.ticket.id]}
    ]


async def _persons(work: Work, held: Held) -> frozenset[UUID]:
    """Every subject that is the person of a ticket."""
    own = await privacy.erase.reached(work, held.ticket.subject_id)
    return (
        own
        if held.ticket.customer_id is None
        else own | await privacy.erase.reached(work, held.ticket.customer_id)
    )


async def _write(held: Held, scope: _Scope, sealed: Sequence[_Sealed]) -> None:
    """Tell what goes, and let the ticket's own words go."""
    ticket = held.ticket
    own = privacy.texts.digest(ticket.sealed)
    data: dict[str, object] = {
        "run": str(scope.run.id),
        "class": scope.classes[ticket.case_type, ticket.case_type_version],
        "proposed_by": str(scope.run.proposed_by),
        "approved_by": str(scope.run.decided_by),
        "texts": sum(not row.file for row in sealed),
        "files": sum(row.file for row in sealed),
        "deleted": hashlib.sha256("\n".join([own, *(row.digest for row in sealed)]).encode()).hexdigest(),
    }
    await write(
        held, Plan(action="retain_out", event=RETAINED_OUT, set={"sealed": b"", "object_index": None}, data=data)
    )  # fmt: skip
