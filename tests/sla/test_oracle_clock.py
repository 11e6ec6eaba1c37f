"""Clocks over random courses of signals equal an oracle that counts minutes: 2,000 cases, in the long run 100,000.

A case is one clock of one ticket over its whole course. The oracle's side (`Told`) knows a rule as plain data, keeps runs
and pauses as lists, and has every moment from a bitmap of minutes.
"""

import os
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest

from bihuan.sla import clock
from bihuan.sla.calendar import Calendar
from bihuan.sla.calendar import compile as compiled
from bihuan.sla.ledger import ledger
from bihuan.sla.model import CalendarBody, Clock, PauseReason, Rule, Signal, Targets
from bihuan.sla.plan import Plan, Where
from tests.conftest import figure
from tests.sla import oracle
from tests.sla.oracle import Oracle

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
CASES = 100_000 if WHOLE else 2000
_TICKETS = 40
_FIRST, _DAYS = date(2026, 2, 1), 420
_MINUTE = timedelta(minutes=1)
_UNITS = ("minute", "hour", "business_minute", "business_hour", "working_day", "calendar_day")
_AMOUNTS = {
    "minute": 4000,
    "hour": 90,
    "business_minute": 2000,
    "business_hour": 40,
    "working_day": 12,
    "calendar_day": 20,
}
_SHAPES: tuple[dict[str, Any], ...] = (
    {"code": "first_response", "starts_on": ["opened"], "stops_on": ["replied", "resolved"]},
    {"code": "resolution", "starts_on": ["opened"], "stops_on": ["resolved"], "restarts_on": ["reopened"], "pauses_for": ["customer"]},
    {"code": "next_response", "starts_on": ["received"], "stops_on": ["replied", "resolved"]},
    {"code": "update", "starts_on": ["opened"], "stops_on": ["resolved"], "restarts_on": ["replied", "claimed", "reopened"], "pauses_for": ["customer", "third_party"]},
    {"code": "ola", "starts_on": ["opened"], "stops_on": ["resolved"], "restarts_on": ["reopened"], "team": "Q", "pauses_for": ["customer"]},
    {"code": "regulator", "starts_on": ["opened"], "stops_on": ["resolved"], "restarts_on": ["new_facts", "reopened"], "pauses_for": ["appraisal"]},
)  # fmt: skip


class BeyondHorizon(Exception):
    """The made-up calendar works so little that a limit ends after the last minute the oracle has."""


class Told:
    """One clock as the oracle has it, by the minute."""

    def __init__(self, rule: dict[str, Any], plain: Oracle, queued: Oracle) -> None:
        self.rule, self._plain, self._queued = rule, plain, queued
        self.run = 0
        self.stopped: datetime | None = None
        self.stopped_by = ""

    @property
    def open(self) -> bool:
        return self.run > 0 and self.stopped is None

    def hear(self, signal: str, at: datetime, queue: str, waiting: str | None) -> None:
        """What a signal does, told once more."""
        rule = self.rule
        team = rule.get("team", "")
        here = not team or queue == team
        if not self.open:
            first = self.run == 0 and (signal in rule["starts_on"] or (bool(team) and signal != "resolved"))
            back = self.run > 0 and (
                (signal in ("reopened", "new_facts") and signal in rule.get("restarts_on", ()))
                or (signal in rule["starts_on"])
                or (
                    bool(team)
                    and signal != "resolved"
                    and (self.stopped_by == "left" or signal == "transferred")
                )
            )
            if here and (first or back):
                self._begin(at, queue)
        elif not here:
            self._stop(at, "left")
        elif signal in rule.get("restarts_on", ()) and at != self.start:
            self._begin(at, queue)
        elif signal in rule["stops_on"]:
            self._stop(at, f"ticket.{signal}")
        if self.open:
            self._stand(at, waiting if waiting in rule.get("pauses_for", ()) else None)

    def _begin(self, at: datetime, queue: str) -> None:
        self.run += 1
        self.start, self.stopped, self.stopped_by = at, None, ""
        self.pauses: list[tuple[datetime, datetime]] = []
        self.standing: tuple[datetime, str] | None = None
        self.oracle = self._queued if queue == "Q" else self._plain
        unit, amount = self.rule["limit"]["unit"], self.rule["limit"]["amount"]
        if unit in ("working_day", "calendar_day"):
            end = self.oracle.day_due(amount, unit, self.rule["limit"]["last_day"], at)
            if end is None:
                raise BeyondHorizon
            self.budget = self.oracle.elapsed(unit, at, end)
        else:
            self.budget = amount * (60 if unit.endswith("hour") else 1)

    def _stop(self, at: datetime, by: str) -> None:
        self._stand(at, None)
        self.stopped, self.stopped_by = at, by

    def _stand(self, at: datetime, reason: str | None) -> None:
        if self.standing is not None and self.standing[1] != reason:
            self.pauses.append((self.standing[0], at))
            self.standing = None
        if reason is not None and self.standing is None:
            self.standing = (at, reason)

    @property
    def due(self) -> datetime:
        """The first minute by which the limit is used up."""
        found = self.oracle.due(self.rule["limit"]["unit"], self.start, self.budget, self.pauses)
        if found is None:
            raise BeyondHorizon
        return found

    def used(self, now: datetime) -> int:
        """Minutes used up."""
        until = self.stopped or (self.standing[0] if self.standing else now)
        return self.oracle.elapsed(self.rule["limit"]["unit"], self.start, min(until, now), self.pauses)

    def state(self, now: datetime) -> str:
        """How it stands."""
        if self.stopped is not None:
            return "met" if self.stopped <= self.due else "breached"
        if self.standing is not None:
            return "breached" if self.standing[0] > self.due else "paused"
        return "running" if now <= self.due else "breached"


def _rules(rng: random.Random) -> list[dict[str, Any]]:
    rules = []
    for shape in rng.sample(_SHAPES, 5):
        unit = rng.choice(_UNITS)
        last_day = rng.choice(("strict", "next_working_day")) if unit == "calendar_day" else "strict"
        limit = {
            "amount": rng.randint(1, _AMOUNTS[unit]),
            "unit": unit,
            "calendar": "made_up",
            "last_day": last_day,
        }
        rules.append({**shape, "title": {"zh": "时限", "en": "Limit"}, "limit": limit})
    return rules


def _course(rng: random.Random, at: datetime) -> Iterator[tuple[str, datetime, str, str | None]]:
    """What happens to a ticket: signal, moment, queue and for whom it waits after it."""
    queue, waiting, resolved = rng.choice(("Q", "A")), None, False
    yield "opened", at, queue, None
    for _ in range(rng.randint(0, 14)):
        at += timedelta(minutes=rng.choice((0, rng.randint(1, 300), rng.randint(1, 4000))))
        if resolved:
            signal = rng.choice(("called_back", "reopened", "received"))
            if signal == "received":
                yield signal, at, queue, None
                signal = "reopened"
            resolved = signal != "reopened"
        else:
            signal = rng.choice(
                [s for s in get_args(Signal) if s not in ("opened", "reopened", "called_back", "archived")]
            )
        if signal == "waiting":
            waiting = rng.choice(get_args(PauseReason))
        elif signal in ("received", "resumed", "transferred", "resolved"):
            waiting = None
        if signal == "transferred":
            queue = "A" if queue == "Q" else "Q"
        resolved = resolved or signal == "resolved"
        yield signal, at, queue, waiting


def _same(made: Clock, told: Told, now: datetime, calendar: Calendar, book: clock.Calendars) -> None:
    """A clock as the oracle has it, in everything."""
    assert (made.run, made.started_at, made.target_seconds) == (told.run, told.start, told.budget * 60)
    assert made.due_at == told.due
    assert (made.stopped_at, made.stopped_by or "") == (told.stopped, told.stopped_by)
    assert made.paused_at == (told.standing[0] if told.standing else None)
    assert [(p.started_at, p.ended_at) for p in made.pauses if p.ended_at] == [
        p for p in told.pauses if p[0] < p[1]
    ]
    used = told.used(now)
    assert clock.elapsed_of(made, book, now) == used * _MINUTE
    assert made.state(now) == told.state(now)
    stands = told.stopped or (told.standing[0] if told.standing else now)
    late = stands > told.due
    left = -int((stands - told.due).total_seconds()) if late else (told.budget - used) * 60
    assert clock.left_seconds(made, book, now) == left
    entries = ledger(made, calendar, now).entries
    assert sum((e.end - e.start for e in entries if e.counted), timedelta()) == used * _MINUTE
    assert all(a.end == b.start for a, b in pairwise(entries))


def _ticket(rng: random.Random, body: CalendarBody, plain: Oracle, queued: Oracle) -> int:
    """One ticket over its course; how many clocks it had."""
    rules = _rules(rng)

    def book(code: str, version: int | None, queue: str, /) -> Calendar:
        assert (code, version) in (("made_up", None), ("made_up", 1))
        return compiled(body, 1, queue)

    plan = Plan(policy="random", version=1, rules=tuple(msgspec.convert(r, Rule) for r in rules),
        targets=Targets(first_response=1, resolution=1))  # fmt: skip
    told = {r["code"]: Told(r, plain, queued) for r in rules}
    minute = rng.randint(2 * 1440, 120 * 1440)
    begun = plain.first + timedelta(minutes=minute)
    clocks: tuple[Clock, ...] = ()
    for signal, at, queue, waiting in _course(rng, begun):
        where = Where(queue=queue, waiting_for=waiting, opened_at=begun)  # type: ignore[arg-type]
        if signal == "opened":
            clocks = clock.start(plan, book, at, where)
        else:
            clocks = clock.advance(clocks, plan, book, signal=signal, at=at, where=where)  # type: ignore[arg-type]
        for one in told.values():
            one.hear(signal, at, queue, waiting)
        assert {c.kind for c in clocks} == {k for k, one in told.items() if one.run}
        now = at + timedelta(minutes=rng.choice((0, 1, rng.randint(0, 9000))))
        for c in clocks:
            _same(c, told[c.kind], now, compiled(body, 1, c.queue), book)
    return len(clocks)


@pytest.mark.timeout(3000)
def test_clocks_over_random_courses_equal_the_oracle() -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    figure(f"clocks over random courses: seed {seed}, {CASES} cases")
    rng, cases = random.Random(seed), 0
    while cases < CASES:
        made = oracle.calendar(rng, _FIRST, _DAYS)
        body = msgspec.convert(made, CalendarBody)
        plain, queued = (Oracle(made, _FIRST, _DAYS, queue) for queue in ("", "Q"))
        for number in range(_TICKETS * 5 if WHOLE else _TICKETS):
            state = rng.getstate()
            try:
                cases += _ticket(rng, body, plain, queued)
            except BeyondHorizon:
                continue
            except AssertionError as error:
                rng.setstate(state)
                raise AssertionError(f"seed {seed}, ticket {number}, zone {body.zone}: {error}") from error
    assert cases >= CASES
