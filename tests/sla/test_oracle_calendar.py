"""Business time equals the oracle by minutes, on calendars made up at random; and it is monotonic and additive between."""

import itertools
import os
import random
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bihuan.sla import calendar as business
from bihuan.sla.calendar import Calendar
from bihuan.sla.model import UNITS, CalendarBody, Limit, Unit
from tests.conftest import figure
from tests.sla import oracle
from tests.sla.oracle import Oracle

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
CASES = 100_000 if WHOLE else 2_000
_PER_CALENDAR = 40
_DAYS = 120
_MINUTE = timedelta(minutes=1)


class World:
    """One made-up calendar, as the code and as the oracle have it, and moments in its first third."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        year, month = self.rng.randint(2007, 2030), self.rng.choice((1, 2, 3, 9, 10, 12))
        self.first = date(year, month, self.rng.randint(1, 28))
        self.body: dict[str, Any] = oracle.calendar(self.rng, self.first, _DAYS)
        queue = self.rng.choice(("", "Q", "R"))
        body = msgspec.convert(self.body, CalendarBody)
        assert business.problems(body) == []
        self.calendar = business.compile(body, queue=queue)
        self.oracle = Oracle(self.body, self.first, _DAYS, queue)

    def moment(self, days: int = _DAYS // 3) -> datetime:
        """A whole minute; often one at which something begins or ends."""
        at = self.oracle.first + timedelta(minutes=self.rng.randrange(2 * 1440, days * 1440))
        if self.rng.random() < 0.3:
            near = self.oracle.due("business_minute", at, 1)
            at = near - self.rng.choice((0, 1)) * _MINUTE if near else at
        return at

    def pauses(self, start: datetime) -> list[tuple[datetime, datetime]]:
        """Up to four stretches after the start, apart from one another."""
        count = 2 * self.rng.choice((0, 0, 1, 2, 4))
        marks = sorted(self.rng.sample(range(20 * 1440), count))
        moments = [start + timedelta(minutes=mark) for mark in marks]
        return list(zip(moments[::2], moments[1::2], strict=True))

    def limit(self) -> Limit:
        """Any unit, short or long."""
        unit = self.rng.choice(UNITS)
        most = {"minute": 20_000, "hour": 400, "business_minute": 6_000, "business_hour": 100}
        amount = self.rng.choice((1, 2, self.rng.randint(1, most.get(unit, 25))))
        last_day = self.rng.choice(("strict", "next_working_day"))
        return Limit(amount=amount, unit=unit, calendar="made_up", last_day=last_day)


def _moved(
    calendar: Calendar, unit: Unit, due: datetime, pauses: Sequence[tuple[datetime, datetime]]
) -> datetime:
    """A due moment that each pause before it moves on by what counted of the pause."""
    for begin, end in pauses:
        if begin < due:
            due = business.after(calendar, unit, due, business.elapsed(calendar, unit, begin, end))
    return due


def _check(world: World) -> bool:
    """One case; False where it ends beyond what the oracle sees."""
    calendar, limit = world.calendar, world.limit()
    unit, start, end, pauses = limit.unit, world.moment(), world.moment(), world.pauses(world.moment())
    start, end = min(start, end), max(start, end)
    assert business.elapsed(calendar, unit, start, end) == world.oracle.elapsed(unit, start, end) * _MINUTE

    stretches = business.intervals(calendar, unit, start, end)
    edges = [start, *(i.end for i in stretches)]
    assert [i.start for i in stretches] == edges[:-1] and edges[-1] == end
    assert all((a.cause, a.detail) != (b.cause, b.detail) for a, b in itertools.pairwise(stretches))
    counted = [(i.start, i.end) for i in stretches if i.counted]
    assert all(world.oracle.elapsed(unit, a, b) == (b - a) // _MINUTE for a, b in counted)
    assert sum(((b - a) for a, b in counted), timedelta()) == business.elapsed(calendar, unit, start, end)

    if unit in {"working_day", "calendar_day"}:
        due = world.oracle.day_due(limit.amount, unit, limit.last_day, start)
        minutes = 0 if due is None else world.oracle.elapsed(unit, start, due)
    else:
        minutes = limit.amount * (60 if "hour" in unit else 1)
        due = world.oracle.due(unit, start, minutes)
    if due is None or due > world.oracle.first + timedelta(days=_DAYS - 2):
        return False
    assert business.target(calendar, limit, start) == (minutes * 60, due)
    pauses = world.pauses(start)
    late = world.oracle.due(unit, start, minutes, pauses)
    if late is None or any(b > world.oracle.first + timedelta(days=_DAYS) for _, b in pauses):
        return False
    assert _moved(calendar, unit, due, pauses) == late
    assert late >= due, "a pause never shortens what is left"
    assert world.oracle.elapsed(unit, start, late, pauses) == minutes
    return True


def test_business_time_equals_the_oracle() -> None:
    seed, began, cases, unseen, number = random.SystemRandom().randrange(10**6), time.monotonic(), 0, 0, 0
    while cases < CASES:
        world = World(f"{seed}-{number}")
        for case in range(_PER_CALENDAR):
            try:
                seen = _check(world)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, calendar {number}, case {case}: {world.body}") from error
            cases, unseen = cases + seen, unseen + (not seen)
        number += 1
    took = time.monotonic() - began
    figure(
        f"business time by the oracle: seed {seed}, {cases} cases on {number} calendars, {unseen} beyond its horizon"
        f" left out, {took:.1f} s"
    )
    assert unseen < cases / 2


@pytest.mark.parametrize("zone", oracle.ZONES)
def test_every_day_of_a_made_up_calendar_is_what_the_oracle_says(zone: str) -> None:
    rng = random.Random(zone)
    for _ in range(4 if WHOLE else 1):
        first = date(rng.randint(2007, 2030), 1, 1)
        body = {**oracle.calendar(rng, first, 366), "zone": zone}
        for queue in ("", "Q"):
            calendar = business.compile(msgspec.convert(body, CalendarBody), queue=queue)
            by_minutes = Oracle(body, first, 366, queue)
            for day in range(366):
                on = first + timedelta(days=day)
                assert list(msgspec.to_builtins(calendar.segments(on))) == by_minutes.segments(on)
                assert calendar.is_working(on) == by_minutes.is_working(on)
            start, end = by_minutes.first, by_minutes.first + timedelta(days=366)
            for unit in UNITS:
                assert (
                    business.elapsed(calendar, unit, start, end)
                    == by_minutes.elapsed(unit, start, end) * _MINUTE
                )


def _some(rng: random.Random, world: World) -> datetime:
    """Any microsecond, in an order that is not that of time."""
    return world.oracle.first + timedelta(microseconds=rng.randrange(_DAYS * 86_400 * 10**6))


def test_time_is_monotonic_and_additive_to_the_microsecond() -> None:
    rng, seed = random.Random(), random.SystemRandom().randrange(10**6)
    rng.seed(seed)
    for number in range(CASES // 80):
        world = World(f"fine-{seed}-{number}")
        for _ in range(20):
            unit, (a, b, c) = rng.choice(UNITS), sorted(_some(rng, world) for _ in range(3))
            whole = business.elapsed(world.calendar, unit, a, c)
            first, second = (business.elapsed(world.calendar, unit, *pair) for pair in ((a, b), (b, c)))
            note = f"seed {seed}, calendar {number}, {unit}, {a}, {b}, {c}"
            assert timedelta() <= first <= whole <= c - a and first + second == whole, note
            assert business.elapsed(world.calendar, unit, c, a) == -whole, note
            _check_inverse(world.calendar, unit, a, whole, note)
    figure(f"to the microsecond: seed {seed}, {CASES // 4} cases")


def _check_inverse(calendar: Calendar, unit: Unit, start: datetime, amount: timedelta, note: str) -> None:
    """The first moment, and none before it, has that much elapsed."""
    found = business.after(calendar, unit, start, amount)
    assert found.tzinfo is UTC and found >= start, note
    assert business.elapsed(calendar, unit, start, found) == amount, note
    if amount:
        before = found - timedelta(microseconds=1)
        assert business.elapsed(calendar, unit, start, before) == amount - timedelta(microseconds=1), note
