"""A tenant's calendars and policies, remembered per process.

A version never changes, so its body is remembered for ever, and so is the calendar compiled from it with what it has
reckoned already. Which version holds is asked again after five seconds, or at once when another process says so.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock as time
from bihuan.core.db import Work
from bihuan.core.problems import Problem
from bihuan.sla import calendar
from bihuan.sla.calendar import Calendar
from bihuan.sla.clock import Calendars, Plan, own_plan
from bihuan.sla.match import Effective, Reason, choose, why
from bihuan.sla.model import CalendarBody, Facts, PolicyBody, Targets
from bihuan.sla.rows import queries

CalendarState = Literal["proposed", "current", "past", "refused"]
Origin = Literal["shipped", "edited", "notice", "rolled_back"]
Layer = Literal["shipped", "own"]
_FRESH_SECONDS = 5.0


class NoSuchCalendar(Problem):
    """There is no calendar {code} in version {version}."""

    status = 409
    zh = "没有日历 {code} 的版本 {version}。"


class NoSuchPolicy(Problem):
    """There is no SLA policy {code} in version {version}."""

    status = 409
    zh = "没有 SLA 政策 {code} 的版本 {version}。"


class CalendarHead(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a calendar, without its body."""

    code: str
    version: int
    state: CalendarState
    origin: Origin
    digest: str
    note: str
    move_running: bool
    made_by: UUID
    made_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None


class PolicyHead(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a policy, without its body."""

    code: str
    version: int
    layer: Layer
    digest: str
    effective_from: datetime
    retired: bool
    note: str
    made_by: UUID
    made_at: datetime


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    body: str


_books: dict[UUID, tuple[float, "Book"]] = {}
_calendar_bodies: dict[tuple[UUID, str], CalendarBody] = {}
_policy_bodies: dict[tuple[UUID, str], PolicyBody] = {}
_compiled: dict[tuple[str, int, str], Calendar] = {}


class Book:
    """One tenant's time: every version of its calendars and policies, and which of them hold."""

    def __init__(
        self, tenant_id: UUID, calendars: Sequence[CalendarHead], policies: Sequence[PolicyHead]
    ) -> None:
        self._tenant_id = tenant_id
        self._calendars = {(c.code, c.version): c for c in calendars}
        self._policies = {(p.code, p.version): p for p in policies}
        self._current = {c.code: c.version for c in calendars if c.state == "current"}
        #: Between two of these moments the same policies hold.
        self._turns = sorted({p.effective_from for p in policies})
        self._effective: dict[int, list[Effective]] = {}

    def calendars(self) -> Calendars:
        """The calendars by code, version (None: the current one) and queue; an empty code is around the clock."""
        return self._calendar

    def plan(self, facts: Facts, targets: Targets, at: datetime) -> Plan:
        """What holds at `at` for a ticket of these facts: the first policy that matches, else the case type's promise."""
        chosen = choose(self.effective(at), facts)
        if chosen is None:
            return own_plan(targets)
        return _plan(chosen.body, chosen.version, targets)

    def pinned(self, policy: str, version: int, targets: Targets) -> Plan:
        """The plan a clock was started by. Raises NoSuchPolicy."""
        return _plan(self.policy_body(policy, version), version, targets) if policy else own_plan(targets)

    def why(self, facts: Facts, at: datetime) -> list[Reason]:
        """Each policy in effect at `at` in the order of trial: whether it matched, and what failed."""
        return why(self.effective(at), facts)

    def effective(self, at: datetime) -> list[Effective]:
        """The policies that hold at `at`, in the order of trial: by rank, then by code."""
        turn = bisect_right(self._turns, at)
        if turn not in self._effective:
            holding = [self.holding(code, at) for code in {code for code, _ in self._policies}]
            found = [
                Effective(body=self.policy_body(head.code, head.version), version=head.version)
                for head in holding
                if head is not None and not head.retired
            ]
            self._effective[turn] = sorted(found, key=lambda one: (one.body.rank, one.body.code))
        return self._effective[turn]

    def holding(self, code: str, at: datetime) -> PolicyHead | None:
        """The version of a policy that holds at `at`: of those in effect the highest; it may be its retirement."""
        return max(
            (p for p in self._policies.values() if p.code == code and p.effective_from <= at),
            key=lambda p: p.version,
            default=None,
        )

    def current_calendars(self) -> Mapping[str, int]:
        """Code → version of the calendars that hold."""
        return self._current

    def calendar_heads(self, code: str | None = None) -> list[CalendarHead]:
        """Versions of all calendars, or of one, oldest first."""
        return [c for c in self._calendars.values() if code is None or c.code == code]

    def policy_heads(self, code: str | None = None) -> list[PolicyHead]:
        """Versions of all policies, or of one, oldest first."""
        return [p for p in self._policies.values() if code is None or p.code == code]

    def calendar_body(self, code: str, version: int) -> CalendarBody:
        """A version's body. Raises NoSuchCalendar."""
        head = self._calendars.get((code, version))
        if head is None:
            raise NoSuchCalendar(code=code, version=version)
        return _calendar_bodies[self._tenant_id, head.digest]

    def policy_body(self, code: str, version: int) -> PolicyBody:
        """A version's body. Raises NoSuchPolicy."""
        head = self._policies.get((code, version))
        if head is None:
            raise NoSuchPolicy(code=code, version=version)
        return _policy_bodies[self._tenant_id, head.digest]

    def _calendar(self, code: str, version: int | None, queue: str) -> Calendar | None:
        if not code:
            return None
        number = self._current.get(code, 0) if version is None else version
        body = self.calendar_body(code, number)
        # Queues without differences share one, with the days it has reckoned already.
        differing = queue if any(d.queue == queue for d in body.queues) else ""
        at = (self._calendars[code, number].digest, number, differing)
        if at not in _compiled:
            _compiled[at] = calendar.compile(body, number, differing)
        return _compiled[at]


async def book(work: Work, *, fresh: bool = False) -> Book:
    """The tenant's time; `fresh` where what was just written must be in it."""
    remembered = _books.get(work.tenant_id)
    if remembered is not None and not fresh and time.perf() - remembered[0] < _FRESH_SECONDS:
        return remembered[1]
    asked_at = time.perf()
    pending = await work.send(queries.calendars, CalendarHead)
    policies = await work.rows(queries.policies, PolicyHead)
    calendars = await pending.all()
    await _remember_calendars(work, {c.digest for c in calendars})
    await _remember_policies(work, {p.digest for p in policies})
    made = Book(work.tenant_id, calendars, policies)
    if not fresh:
        _books[work.tenant_id] = (asked_at, made)
    return made


def forget(_tenant: str) -> None:
    """Ask anew which versions hold."""
    _books.clear()


def digest_of(body: CalendarBody | PolicyBody) -> str:
    """SHA-256 of a body's canonical JSON, hex."""
    return hashlib.sha256(evidence.canonical(body).encode()).hexdigest()


def changed(work: Work) -> None:
    """Once committed, every process reads anew which versions hold, and running clocks are looked at."""
    work.after_commit(lambda: forget(str(work.tenant_id)))
    work.touch(f"sla:{work.tenant_id}")
    work.touch(f"time:{work.tenant_id}")


async def _remember_calendars(work: Work, digests: set[str]) -> None:
    unknown = [d for d in digests if (work.tenant_id, d) not in _calendar_bodies]
    if unknown:
        for row in await work.rows(queries.calendar_bodies, _Body, digests=unknown):
            body = msgspec.json.decode(row.body, type=CalendarBody)
            _calendar_bodies[work.tenant_id, row.digest] = body


async def _remember_policies(work: Work, digests: set[str]) -> None:
    unknown = [d for d in digests if (work.tenant_id, d) not in _policy_bodies]
    if unknown:
        for row in await work.rows(queries.policy_bodies, _Body, digests=unknown):
            _policy_bodies[work.tenant_id, row.digest] = msgspec.json.decode(row.body, type=PolicyBody)


def _plan(body: PolicyBody, version: int, targets: Targets) -> Plan:
    return Plan(policy=body.code, version=version, rules=body.clocks, targets=targets)
