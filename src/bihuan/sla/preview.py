"""What a change would do to the clocks that run, before anybody decides: nothing is written.

Clocks are taken in the order of their key, a thousand at a time, and reckoned anew by the same pure functions that would
move them. Who may ask sees clocks of tickets that are not theirs: so a move names the ticket by its id and the clock by
its kind, and nothing of what the ticket says. Number and title are asked for by id, from the tickets one may see.
"""

import asyncio
import heapq
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bihuan.core import clock as time
from bihuan.core.db import Query, Work
from bihuan.core.problems import Language
from bihuan.sla import clock
from bihuan.sla.calendar import Calendar, Endless
from bihuan.sla.calendar import compile as compiled
from bihuan.sla.clock import Plan, Where
from bihuan.sla.model import CalendarBody, Clock, PauseReason, PolicyBody, Targets
from bihuan.sla.rows import RUNNING, Running, queries
from bihuan.sla.store import Book

#: Clocks looked at, at most; beyond, the preview says that it is capped.
MOST = 250_000
_BATCH = 1000
_LISTED = 100
_FIRST = UUID(int=0)
#: The version of what is only proposed, where it has none.
_PROPOSED = 0


class PreviewCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many clocks are open, and of them: moved (`earlier`, `later`), marked provisional afterwards, late at once by the
    change, ended because the new rules lack them, and not to be told (`unknown`: what the case type promises would hold).
    """

    open: int = 0
    moved: int = 0
    earlier: int = 0
    later: int = 0
    provisional: int = 0
    breached_by_it: int = 0
    ended: int = 0
    unknown: int = 0


class MoveRow(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that would move: by how many seconds, later positive. `title`: the clock's, in the reader's language."""

    ticket_id: UUID
    kind: str
    title: str
    due_before: datetime
    due_after: datetime
    seconds: int


class Moves(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, and the moves that are largest, largest first. `capped`: there are more open clocks than were looked at."""

    clocks: PreviewCounts
    moves: list[MoveRow]
    capped: bool


#: What a clock becomes; None where it cannot be told.
Become = Callable[[Clock], Clock | None]
#: What a clock's kind is called, by policy and version.
Title = Callable[[Clock], str]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change to be looked at: the open clocks it is about, and what each becomes."""

    query: Query
    code: str
    become: Become
    title: Title


def of_calendar(book: Book, body: CalendarBody, language: Language) -> Change:
    """A calendar as it is proposed."""
    now, held = time.now(), book.calendars()
    proposed: dict[str, Calendar] = {}

    def calendars(code: str, version: int | None, queue: str, /) -> Calendar | None:
        if code != body.code:
            return held(code, version, queue)
        if queue not in proposed:
            proposed[queue] = compiled(body, _PROPOSED, queue)
        return proposed[queue]

    def become(c: Clock) -> Clock | None:
        rule = _plan(book, c).rule(c.kind)
        return clock.recalendar(c, calendars, _PROPOSED, rule=rule, now=now)

    return Change(
        query=queries.open_by_calendar, code=body.code, become=become, title=_titles(book, language)
    )


def of_policy(book: Book, body: PolicyBody, language: Language) -> Change:
    """A policy's next version. Clocks that new rules would start are not counted: nothing is due yet."""
    now, calendars = time.now(), book.calendars()
    rules = {rule.code: rule for rule in body.clocks}

    def become(c: Clock) -> Clock | None:
        rule = rules.get(c.kind)
        if rule is not None and rule.limit is None and c.amount:
            return None
        # The clock alone, by its own rule alone: what the case type promises is what it has.
        own = Targets(first_response=c.target_seconds, resolution=c.target_seconds)
        plan = Plan(
            policy=body.code, version=c.policy_version + 1, rules=(rule,) if rule else (), targets=own
        )
        queue = rule.team if rule and rule.team else c.queue
        where = Where(queue=queue, waiting_for=_waits(c), opened_at=c.started_at)
        moved = clock.retarget((c,), plan, calendars, at=now, where=where)
        return next(one for one in moved if one.kind == c.kind)

    return Change(query=queries.open_by_policy, code=body.code, become=become, title=_titles(book, language))


async def moves(work: Work, change: Change, *, most: int = MOST) -> Moves:
    """What the change would do. The reckoning is done beside the event loop, batch by batch."""
    tally = _Tally(change, time.now())
    after_id, after_kind, capped = _FIRST, "", False
    while not capped:
        batch = await work.rows(
            change.query, RUNNING, code=change.code, after_id=after_id, after_kind=after_kind, most=_BATCH
        )
        capped = tally.open + len(batch) > most
        await asyncio.to_thread(tally.take, batch[: most - tally.open])
        if len(batch) < _BATCH:
            break
        after_id, after_kind = batch[-1].ticket_id, batch[-1].clock.kind
    return tally.told(capped=capped)


class _Tally:
    """Counts and the largest moves so far, in bounded memory."""

    def __init__(self, change: Change, now: datetime) -> None:
        self.open = 0
        self._change = change
        self._now = now
        self._counts = dict.fromkeys(PreviewCounts.__struct_fields__, 0)
        #: A heap by size of move; the number keeps two of one size apart.
        self._largest: list[tuple[int, int, Running, Clock]] = []

    def take(self, batch: Sequence[Running]) -> None:
        """Look at these clocks too."""
        for running in batch:
            self.open += 1
            self._take(running)

    def told(self, *, capped: bool) -> Moves:
        """The result."""
        largest = sorted(self._largest, key=lambda one: (-one[0], -one[1]))
        rows = [self._row(running, after) for _, _, running, after in largest]
        return Moves(clocks=PreviewCounts(**{**self._counts, "open": self.open}), moves=rows, capped=capped)

    def _take(self, running: Running) -> None:
        before = running.clock
        try:
            after = self._change.become(before)
        except Endless:
            after = None
        if after is None:
            self._counts["unknown"] += 1
            return
        if after.stopped_at is not None:
            self._counts["ended"] += 1
            return
        self._counts["provisional"] += after.provisional
        if after.due_at == before.due_at:
            return
        self._counts["moved"] += 1
        self._counts["later" if after.due_at > before.due_at else "earlier"] += 1
        self._counts["breached_by_it"] += _late(after, self._now) and not _late(before, self._now)
        size = abs(_seconds(before, after))
        push = heapq.heappush if len(self._largest) < _LISTED else heapq.heappushpop
        push(self._largest, (size, -self.open, running, after))

    def _row(self, running: Running, after: Clock) -> MoveRow:
        before = running.clock
        return MoveRow(
            ticket_id=running.ticket_id,
            kind=before.kind,
            title=self._change.title(before),
            due_before=before.due_at,
            due_after=after.due_at,
            seconds=_seconds(before, after),
        )


def _titles(book: Book, language: Language) -> Title:
    return lambda c: _plan(book, c).rule(c.kind).title.of(language)


def _plan(book: Book, c: Clock) -> Plan:
    targets = Targets(first_response=c.target_seconds, resolution=c.target_seconds)
    return book.pinned(c.policy, c.policy_version, targets)


def _waits(c: Clock) -> PauseReason | None:
    return c.pauses[-1].reason if c.paused_at is not None and c.pauses else None


def _late(c: Clock, now: datetime) -> bool:
    return c.state(now) == "breached"


def _seconds(before: Clock, after: Clock) -> int:
    return int((after.due_at - before.due_at).total_seconds())
