"""Live updates: whoever watches is told which tickets changed, and each change is read once per process.

A wake-up names the ticket. What gathers within a twentieth of a second is read in one transaction, whoever watches, and
for each stream `visible.sees` decides in plain Python. A stream holds no connection to the database. After a gap of the
wake-ups, what changed meanwhile is found by the seals of the evidence, which are in the order of commits.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
import psycopg

from bihuan import evidence, identity
from bihuan.casetypes import store
from bihuan.core import clock, log
from bihuan.core.actor import Actor
from bihuan.core.db import DatabaseBusy, Work
from bihuan.core.desk import Desk
from bihuan.core.problems import Problem
from bihuan.core.wake import AGAIN
from bihuan.evidence import Recorded
from bihuan.tickets import live_personal, reads
from bihuan.tickets.live_personal import personal
from bihuan.tickets.live_stream import Audience, Nothing, Stream, event
from bihuan.tickets.model import TicketRow
from bihuan.tickets.visible import Place, sees

_GATHER_SECONDS = 0.05
_RECHECK_SECONDS = 30.0
#: More changes than this at once are not told one by one: whoever watches reads again.
_MOST_CHANGES = 500
#: Rows in one event, as in a page of the list.
_MOST_ROWS = 100
#: So many of a ticket's newest events tell who saw it until now.
_EVENTS_BACK = 8
_WORDS = ("case_types", "people")
_log = log.get("live")
__all__ = ["Hub", "TooManyStreams", "end", "hub", "personal", "places_before"]


class TooManyStreams(Problem):
    """You hold {most} streams of live updates open; close one first."""

    status = 429
    zh = "您已打开 {most} 个实时更新连接，请先关闭其中一个。"


class _Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tenant stood: what came later is told after a gap."""

    seal: int
    people: int
    case_types: int


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A row that changed, where it is, and where it was before, newest first."""

    row: TicketRow
    place: Place
    before: tuple[Place, ...]


class Hub:
    """The streams of one process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watches: dict[UUID, _Watch] = {}
        self._ended = False
        desk.wake.on("ticket", self._on_ticket)
        desk.wake.on("credentials", self._on_credentials)
        for word in _WORDS:
            desk.wake.on(word, lambda tenant, word=word: self._on_word(word, tenant))
        for word in live_personal.words():
            desk.wake.on(word, lambda detail, word=word: self._on_personal(word, detail))

    def open(self, audience: Audience, actor: Actor, credential_id: UUID) -> Stream:
        """A stream for somebody who was let in. Raises TooManyStreams; DatabaseBusy while the server stops."""
        if self._ended:
            raise DatabaseBusy
        watch = self._watches.get(actor.tenant_id)
        most = self._desk.settings.live_streams
        if watch is not None and watch.held_by(actor.id) >= most:
            raise TooManyStreams(most=most)
        if watch is None:
            watch = self._watches[actor.tenant_id] = _Watch(self._desk, actor.tenant_id)
        stream = Stream(audience, actor, credential_id, self._close)
        watch.streams[stream.id] = stream
        return stream

    @property
    def streams(self) -> int:
        """How many are open."""
        return sum(len(w.streams) for w in self._watches.values())

    def end(self) -> None:
        """The server stops: every stream ends, and none begins."""
        self._ended = True
        for watch in self._watches.values():
            for stream in watch.streams.values():
                stream.end()

    def _close(self, stream: Stream) -> None:
        watch = self._watches.get(stream.actor.tenant_id)
        if watch is None:
            return
        watch.streams.pop(stream.id, None)
        if not watch.streams:
            watch.stop()
            del self._watches[stream.actor.tenant_id]

    def _on_ticket(self, detail: str) -> None:
        if detail == AGAIN:
            for watch in self._watches.values():
                watch.missed()
            return
        tenant, _, ticket = detail.partition("/")
        if self._watches and (watch := self._watches.get(UUID(tenant))) is not None:
            watch.changed(UUID(ticket))

    def _on_credentials(self, tenant: str) -> None:
        if tenant != AGAIN and (watch := self._watches.get(UUID(tenant))) is not None:
            watch.look()

    def _on_word(self, word: str, tenant: str) -> None:
        if tenant != AGAIN and (watch := self._watches.get(UUID(tenant))) is not None:
            watch.said(word)

    def _on_personal(self, word: str, detail: str) -> None:
        # After a gap the tickets' topic is told too, and everybody is told anew.
        if detail == AGAIN or not self._watches:
            return
        tenant, _, person = detail.partition("/")
        if (watch := self._watches.get(UUID(tenant))) is not None:
            watch.came(word, UUID(person))


_hubs: WeakKeyDictionary[Desk, Hub] = WeakKeyDictionary()


def hub(desk: Desk) -> Hub:
    """The hub of this process's desk."""
    found = _hubs.get(desk)
    if found is None:
        found = _hubs[desk] = Hub(desk)
    return found


def end(desk: Desk) -> None:
    """The server stops: every stream of this process ends, and none begins."""
    hub(desk).end()


class _Watch:
    """One tenant's streams, and the task that tells them what changed."""

    def __init__(self, desk: Desk, tenant_id: UUID) -> None:
        self._desk = desk
        self._tenant_id = tenant_id
        self.streams: dict[UUID, Stream] = {}
        self._changed: set[UUID] = set()
        self._words: set[str] = set()
        self._personal = live_personal.Due()
        self._missed = False
        #: The streams' rights and the position are looked at first thing.
        self._look = True
        self._at: _Position | None = None
        self._before: _Position | None = None
        self._positioned = 0.0
        self._woken = asyncio.Event()
        self._woken.set()
        # In a context of its own: its log lines belong to no request.
        self._task = asyncio.create_task(self._run(), context=contextvars.Context())

    def held_by(self, actor_id: UUID) -> int:
        """How many streams somebody has open."""
        return sum(s.actor.id == actor_id for s in self.streams.values())

    def changed(self, ticket_id: UUID) -> None:
        """A ticket changed."""
        self._changed.add(ticket_id)
        self._woken.set()

    def missed(self) -> None:
        """Wake-ups were away for a while."""
        self._missed = self._look = True
        self._woken.set()

    def look(self) -> None:
        """Somebody's session or token ended."""
        self._look = True
        self._woken.set()

    def said(self, word: str) -> None:
        """Case types or people changed; with people, rights."""
        self._words.add(word)
        self._look = self._look or word == "people"
        self._woken.set()

    def came(self, word: str, person: UUID) -> None:
        """There is something for one person."""
        self._personal.add(word, person)
        self._woken.set()

    def stop(self) -> None:
        """Nobody listens any more."""
        self._task.cancel()

    async def _run(self) -> None:
        looked = clock.perf()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, looked + _RECHECK_SECONDS - clock.perf())):
                    await self._woken.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._look = self._look or clock.perf() - looked >= _RECHECK_SECONDS
            if self._look:
                looked = clock.perf()
            self._woken.clear()
            await self._round()

    async def _round(self) -> None:
        changed, self._changed = self._changed, set()
        words, self._words = self._words, set()
        missed, self._missed = self._missed, False
        look, self._look = self._look, False
        if missed:
            self._personal.add_all(self.streams.values())
        people = self._personal.take()
        try:
            async with self._desk.database.work(self._tenant_id) as work:
                if look:
                    await self._recheck(work)
                if missed:
                    changed |= await self._bridge(work, words)
                if self._at is None or clock.perf() - self._positioned >= _RECHECK_SECONDS:
                    self._before, self._at, self._positioned = self._at, await _position(work), clock.perf()
                seen = [] if len(changed) > _MOST_CHANGES else await _read(work, sorted(changed))
                told = await live_personal.read(work, people, tuple(self.streams.values()))
            self._tell_words(words)
            for stream, text in told:
                stream.tell(text, else_within_ms=self._within_ms())
            if len(changed) > _MOST_CHANGES:
                self._again()
            for start in range(0, len(seen), _MOST_ROWS):
                self._tell_rows(seen[start : start + _MOST_ROWS])
                await asyncio.sleep(0)  # requests are not held up by many rows for many streams
        except (psycopg.OperationalError, OSError, TimeoutError, DatabaseBusy) as error:
            # The database is away; what is to be told waits until it is back.
            _log.warning("live_waits", error=error)
            self._changed |= changed
            self._words |= words
            self._personal.put_back(people)
            self._missed, self._look = self._missed or missed, True
            self._woken.set()
            await asyncio.sleep(0.25)
        except Exception as error:
            _log.error("live_failed", error=error)
            self._again()

    async def _recheck(self, work: Work) -> None:
        """End the streams of those who may not listen any more; the others go on with the rights they have now."""
        by_audience: dict[int, list[Stream]] = {}
        for stream in self.streams.values():
            by_audience.setdefault(id(stream.audience), []).append(stream)
        idle = self._desk.settings.session_idle_minutes
        for streams in by_audience.values():
            audience = streams[0].audience
            askers = {s.credential_id: s.actor for s in streams}
            stay = await audience.recheck(work, askers, idle_minutes=idle)
            for stream in streams:
                actor = stay.get(stream.credential_id)
                if actor is None or (audience.permission is not None and not actor.may(audience.permission)):
                    stream.end()
                else:
                    stream.actor = actor

    async def _bridge(self, work: Work, words: set[str]) -> set[UUID]:
        """What changed while wake-ups were away: since the position before the last.

        The last one may have been taken when the line was dead already and nobody knew (some 11 s by its keep-alives);
        between two positions lie 30.
        """
        since = self._before or self._at
        if since is None:
            self._again()
            return set()
        now = await _position(work)
        words |= {w for w in _WORDS if getattr(now, w) != getattr(since, w)}
        return set(await evidence.changed_since(work, since.seal, "ticket", most=_MOST_CHANGES + 1))

    def _tell_words(self, words: set[str]) -> None:
        within = self._within_ms()
        for word in sorted(words):
            told = event(word, Nothing())
            for stream in self.streams.values():
                if word in stream.audience.words:
                    stream.tell(told, else_within_ms=within)

    def _tell_rows(self, seen: Sequence[_Seen]) -> None:
        """Each stream what it may know. Streams that see the same share one text."""
        within = self._within_ms()
        texts: dict[tuple[int, tuple[int, ...]], bytes] = {}
        for stream in self.streams.values():
            shown = tuple(_shown(stream.actor, one) for one in seen)
            if not any(shown):
                continue
            key = (id(stream.audience), shown)
            if key not in texts:
                rows = [one.row for one, how in zip(seen, shown, strict=True) if how == _VISIBLE]
                gone = [one.row.id for one, how in zip(seen, shown, strict=True) if how == _GONE]
                texts[key] = stream.audience.rows(rows, gone)
            stream.tell(texts[key], else_within_ms=within)

    def _again(self) -> None:
        within = self._within_ms()
        for stream in self.streams.values():
            stream.again(within)

    def _within_ms(self) -> int:
        """Fifty readings a second at most, whoever watches here."""
        return min(60_000, max(1000, 20 * len(self.streams)))


_HIDDEN, _VISIBLE, _GONE = 0, 1, 2


def _shown(actor: Actor, one: _Seen) -> int:
    if sees(actor, one.place):
        return _VISIBLE
    # Who never saw it must not even learn that it is there.
    return _GONE if any(sees(actor, place) for place in one.before) else _HIDDEN


async def _read(work: Work, ticket_ids: Sequence[UUID]) -> list[_Seen]:
    if not ticket_ids:
        return []
    rows = await reads.rows_of(work, ticket_ids)
    events = await evidence.last_events(work, ticket_ids, most=_EVENTS_BACK)
    return [
        _Seen(row=row, place=place, before=places_before(place, events.get(row.id, ())))
        for place, row in rows
    ]


def places_before(now: Place, events: Sequence[Recorded]) -> tuple[Place, ...]:
    """Where a ticket was before its newest events, newest first; only what differs from the place after."""
    found: list[Place] = []
    place = now
    for one in events:
        changes: Any = one.data.get("changes", {})
        before = {name: changes[name][0] for name in ("team_id", "assignee_id") if name in changes}
        done: Any = one.data.get("team_id") if one.kind == "ticket.task_done" else None
        if before or done:
            moved = {name: UUID(value) if value else None for name, value in before.items()}
            tasks = place.task_teams | {UUID(done)} if done else place.task_teams
            place = msgspec.structs.replace(place, **moved, task_teams=tasks)
            found.append(place)
    return tuple(found)


async def _position(work: Work) -> _Position:
    return _Position(
        seal=await evidence.last_seal(work),
        people=await identity.people_version(work),
        case_types=await store.loadings(work),
    )
