"""Business time once more, by brute force: one byte for every minute of UTC, from plain data alone.

Nothing here comes from `bihuan.sla`. A calendar is what its JSON is (`msgspec.to_builtins`); every moment is a whole minute;
what it cannot see the end of within its horizon it answers with None. `calendar(...)` makes calendars up, at random.
"""

import random
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

Pauses = Sequence[tuple[datetime, datetime]]
_DAY = 1440
ZONES = (
    "Asia/Shanghai",
    "UTC",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Pacific/Auckland",
)


def _minute(moment: datetime) -> int:
    whole, rest = divmod(moment - datetime(1970, 1, 1, tzinfo=UTC), timedelta(minutes=1))
    assert not rest, f"{moment} is no whole minute"
    return whole


class Oracle:
    """What counts of every minute from the day `first` on, for so many days; a queue's differences included."""

    def __init__(self, body: dict[str, Any], first: date, days: int, queue: str = "") -> None:
        self.zone = ZoneInfo(body["zone"])
        self.first = datetime(first.year, first.month, first.day, tzinfo=UTC)
        self.origin = _minute(self.first)
        self.length = days * _DAY
        own = next((q for q in body["queues"] if q["queue"] == queue), {"week": None, "days": []})
        self._week = own["week"] or body["week"]
        self._dated = {d["on"]: d["segments"] for d in [*body["days"], *own["days"]]}
        self._runs = self._offsets()
        self._sums: dict[bool, array[int]] = {}

    # ------------------------------------------------------------------------------------------------------- questions
    def elapsed(self, unit: str, start: datetime, end: datetime, pauses: Pauses = ()) -> int:
        """Minutes counted in [start, end), less those paused."""
        at, total = start, 0
        for begin, stop in _joined(pauses, start):
            total += self._count(unit, at, min(begin, end)) if at < min(begin, end) else 0
            at = max(at, stop)
        return total + (self._count(unit, at, end) if at < end else 0)

    def due(self, unit: str, start: datetime, minutes: int, pauses: Pauses = ()) -> datetime | None:
        """The first moment by which so many minutes were counted, pauses aside; None: beyond the horizon."""
        if minutes == 0:
            return start
        at = start
        for begin, stop in _joined(pauses, start):
            if at < begin:
                free = self._count(unit, at, begin)
                if minutes <= free:
                    break
                minutes -= free
            at = max(at, stop)
        return self._nth(unit, at, minutes)

    def day_due(self, amount: int, unit: str, last_day: str, start: datetime) -> datetime | None:
        """24:00 of the last day of a limit in days."""
        day = start.astimezone(self.zone).date()
        left = amount
        while left:
            day += timedelta(days=1)
            left -= unit == "calendar_day" or self.is_working(day)
            if (day - self.first.date()).days > self.length // _DAY:
                return None
        while last_day == "next_working_day" and not self.is_working(day):
            day += timedelta(days=1)
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
        while at.astimezone(self.zone).date() <= day:
            at += timedelta(hours=1)
        while (at - timedelta(minutes=1)).astimezone(self.zone).date() > day:
            at -= timedelta(minutes=1)
        return at if _minute(at) <= self.origin + self.length else None

    def is_working(self, on: date) -> bool:
        """Whether anything counts on a local day."""
        return bool(self.segments(on))

    def segments(self, on: date) -> list[dict[str, int]]:
        """What counts on a local day."""
        return self._dated.get(on.isoformat(), self._week[on.weekday()])

    # ------------------------------------------------------------------------------------------------------ the bitmap
    def _count(self, unit: str, start: datetime, end: datetime) -> int:
        if unit in {"minute", "hour", "calendar_day"}:
            return _minute(end) - _minute(start)
        sums = self._sums_of(unit)
        return sums[_minute(end) - self.origin] - sums[_minute(start) - self.origin]

    def _nth(self, unit: str, start: datetime, minutes: int) -> datetime | None:
        if unit in {"minute", "hour", "calendar_day"}:
            return start + timedelta(minutes=minutes)
        sums = self._sums_of(unit)
        goal = sums[_minute(start) - self.origin] + minutes
        return None if goal > sums[-1] else self.first + timedelta(minutes=bisect_left(sums, goal))

    def _sums_of(self, unit: str) -> "array[int]":
        """How many minutes counted before each minute."""
        whole = unit == "working_day"
        if whole not in self._sums:
            self._sums[whole] = array("i", accumulate(self.bits(whole), initial=0))
        return self._sums[whole]

    def bits(self, whole_days: bool) -> bytearray:
        """One byte a minute: the local minutes are painted day by day, then laid along UTC."""
        first = self.first.date() - timedelta(days=2)
        local = bytearray(self.length + 4 * _DAY)
        for i in range(len(local) // _DAY):
            for segment in self.segments(first + timedelta(days=i)):
                start, end = (0, _DAY) if whole_days else (segment["start"], segment["end"])
                local[i * _DAY + start : i * _DAY + end] = b"\1" * (end - start)
        found = bytearray()
        for start, end, offset in self._runs:
            shift = 2 * _DAY + offset
            found += local[start + shift : end + shift]
        assert len(found) == self.length
        return found

    def _offsets(self) -> list[tuple[int, int, int]]:
        """Runs of minutes with one offset to UTC: hour by hour, and minute by minute where an hour begins and ends apart."""
        runs: list[tuple[int, int, int]] = []

        def add(start: int, end: int, offset: int) -> None:
            if runs and runs[-1][2] == offset:
                start = runs.pop()[0]
            runs.append((start, end, offset))

        old = self._offset(0)
        for hour in range(0, self.length, 60):
            new = self._offset(hour + 60)
            if old == new:
                add(hour, hour + 60, old)
            else:
                for minute in range(hour, hour + 60):
                    add(minute, minute + 1, self._offset(minute))
            old = new
        return runs

    def _offset(self, minute: int) -> int:
        offset = (self.first + timedelta(minutes=minute)).astimezone(self.zone).utcoffset()
        assert offset is not None
        return offset // timedelta(minutes=1)


def _joined(pauses: Pauses, start: datetime) -> list[tuple[datetime, datetime]]:
    """In order, none in another, none before the start."""
    found: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(pauses):
        begin = max(begin, start, found[-1][1] if found else start)
        if begin < end:
            found.append((begin, end))
    return found


# ------------------------------------------------------------------------------------------------------------ made up
def calendar(rng: random.Random, first: date, days: int) -> dict[str, Any]:
    """A calendar as its JSON, with exceptions in the days from `first` on and one queue, Q, of its own ways."""
    week = _week(rng)
    return {
        "code": "made_up",
        "title": {"zh": "随机", "en": "Made up"},
        "zone": rng.choice(ZONES),
        "week": week,
        "days": _days(rng, first, days, rng.choice((0, 3, 12, 30))),
        "statutory": "",
        "years": [],
        "queues": [
            {
                "queue": "Q",
                "week": _week(rng) if rng.random() < 0.5 else None,
                "days": _days(rng, first, days, rng.choice((0, 2, 8))),
            }
        ],
    }


def _week(rng: random.Random) -> list[list[dict[str, int]]]:
    kind = rng.random()
    if kind < 0.05:
        return [[{"start": 0, "end": _DAY}]] * 7
    if kind < 0.4:
        return [*[_segments(rng)] * 5, *[[]] * 2]
    week = [_segments(rng) if rng.random() < 0.75 else [] for _ in range(7)]
    return week if any(week) else [_segments(rng)] * 7


def _segments(rng: random.Random) -> list[dict[str, int]]:
    """One to four stretches; some begin or end at midnight, some touch one another."""
    step = rng.choice((1, 15, 30))
    cuts = sorted(step * cut for cut in rng.sample(range(_DAY // step + 1), 2 * rng.randint(1, 4)))
    if rng.random() < 0.25:
        cuts[0] = 0
    if rng.random() < 0.25:
        cuts[-1] = _DAY
    if len(cuts) > 2 and rng.random() < 0.2:
        cuts[2] = cuts[1]
    pairs = zip(cuts[::2], cuts[1::2], strict=True)
    return [{"start": start, "end": end} for start, end in pairs if start < end]


def _days(rng: random.Random, first: date, days: int, count: int) -> list[dict[str, Any]]:
    """Holidays, half days, make-up workdays and other exceptions."""
    found: list[dict[str, Any]] = []
    for day in sorted(rng.sample(range(days), count)):
        kind = rng.choice(("holiday", "holiday", "makeup", "override"))
        off = kind == "holiday" or (kind == "override" and rng.random() < 0.5)
        half = kind == "holiday" and rng.random() < 0.2
        on = (first + timedelta(days=day)).isoformat()
        segments = [] if off and not half else _segments(rng)
        found.append({"on": on, "kind": kind, "name": "某日", "segments": segments})
    return found
