"""Counted time on the line of instants, pure: local days as stretches of UTC, with running sums remembered.

Moments are whole microseconds since 1970 (UTC), days are ordinals. A zone's offset changes at most once in 24 hours.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_BLOCK = 64 * DAY
#: The blocks between the years 4 and 9994; before and after, nothing counts.
_BLOCKS = range(-11_220, 45_800)
#: 50 years.
_MOST_BLOCKS = 286
#: Of one line, 17 years: a few hundred kilobytes at most.
_REMEMBERED_BLOCKS = 96

#: What counts on one local day: microseconds after its midnight by wall clock, in order.
Stretches = tuple[tuple[int, int], ...]


def microseconds(moment: datetime) -> int:
    """An aware moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(us: int) -> datetime:
    """Microseconds since 1970 as a UTC moment. Raises OverflowError beyond the year 9999."""
    return _EPOCH + timedelta(microseconds=us)


class Line:
    """All counted time of a zone; `of` says what counts on a local day.

    Built by blocks of 64 days at first need; those built are remembered, so that reckoning is two bisections.
    """

    def __init__(self, zone: ZoneInfo, of: Callable[[int], Stretches]) -> None:
        self.zone = zone
        self.of = of
        self._blocks: dict[int, _Block] = {}

    def between(self, start: int, end: int) -> int:
        """Counted from `start` to `end`; negative the other way round."""
        if end < start:
            return -self.between(end, start)
        first, last = start // _BLOCK, end // _BLOCK
        whole = sum(self._block(index).total for index in range(first, last))
        return whole + self._block(last).before(end) - self._block(first).before(start)

    def after(self, start: int, amount: int) -> int | None:
        """The first moment by which `amount` was counted since `start`; None: not within 50 years."""
        if amount <= 0:
            return start
        first = start // _BLOCK
        goal = self._block(first).before(start) + amount
        for index in range(first, first + _MOST_BLOCKS):
            block = self._block(index)
            if goal <= block.total:
                return block.when(goal)
            goal -= block.total
        return None

    def clipped(self, day: int, midnight: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What counts of [start, end), a part of that local day as `days` gives it."""
        for s, e in self.of(day):
            s, e = max(start, midnight + s), min(end, midnight + e)
            if s < e:
                yield s, e

    def _block(self, index: int) -> "_Block":
        found = self._blocks.get(index)
        if found is None:
            found = _Block(self._counted(index * _BLOCK, (index + 1) * _BLOCK) if index in _BLOCKS else ())
            if len(self._blocks) >= _REMEMBERED_BLOCKS:
                self._blocks.clear()
            self._blocks[index] = found
        return found

    def _counted(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        for begin, stop, day, midnight in days(self.zone, start, end):
            yield from self.clipped(day, midnight, begin, stop)


class _Block:
    """The counted stretches of 64 days, and how much was counted at the end of each."""

    __slots__ = ("ends", "starts", "sums", "total")

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        self.starts, self.ends, self.sums = array("q"), array("q"), array("q")
        self.total = 0
        for start, end in stretches:
            self.total += end - start
            if self.ends and self.ends[-1] == start:
                self.ends[-1], self.sums[-1] = end, self.total
            else:
                self.starts.append(start)
                self.ends.append(end)
                self.sums.append(self.total)

    def before(self, at: int) -> int:
        """Counted from the block's start to `at`."""
        index = bisect_right(self.starts, at) - 1
        return 0 if index < 0 else self.sums[index] - max(0, self.ends[index] - at)

    def when(self, amount: int) -> int:
        """The first moment at which `amount` (positive, at most the total) was counted."""
        index = bisect_left(self.sums, amount)
        return self.ends[index] - (self.sums[index] - amount)


def days(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """[start, end) by local days: start, end, the day, and its midnight by the offset that holds there."""
    for begin, stop, offset in _pieces(zone, start, end):
        while begin < stop:
            day = (begin + offset) // DAY
            midnight = day * DAY - offset
            yield begin, min(stop, midnight + DAY), day + _EPOCH_DAY, midnight
            begin = midnight + DAY


def end_of_day(zone: ZoneInfo, day: int) -> int:
    """24:00: the first moment whose local date is a later one."""
    near = (day - _EPOCH_DAY) * DAY
    return next(start for start, _, on, _ in days(zone, near - 16 * HOUR, near + 64 * HOUR) if on > day)


def _pieces(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """[start, end) by the offset that holds."""
    at, low, old = start, start, _offset(zone, start)
    for high in chain(range(start + DAY, end, DAY), (end,)):
        new = _offset(zone, high)
        if new != old:
            turn = _turn(zone, low, high)
            yield at, turn, old
            at, old = turn, new
        low = high
    if at < end:
        yield at, end, old


def _turn(zone: ZoneInfo, low: int, high: int) -> int:
    """The first moment after `low` with another offset than there; at `high` it is another."""
    old = _offset(zone, low)
    return low + bisect_left(range(low, high), True, key=lambda us: _offset(zone, us) != old)


def _offset(zone: ZoneInfo, us: int) -> int:
    return (moment(us).astimezone(zone).utcoffset() or timedelta()) // _MICROSECOND
