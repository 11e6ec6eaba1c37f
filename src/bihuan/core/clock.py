"""The only source of business time.

`now()` is UTC and aware. `travel` moves it, for tests and for the demo's seeding alone: a house test finds any other
caller. Monotonic durations (time-outs, log timings) come from `perf()`; they are never stored.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

#: A travelled clock's present; None while real time runs.
_present: datetime | None = None


def now() -> datetime:
    """The present as an aware UTC datetime, microseconds."""
    return datetime.now(UTC) if _present is None else _present


def perf() -> float:
    """Monotonic seconds, for durations within this process only."""
    return time.perf_counter()


class Traveller:
    """A travelled clock: stands still until told to move."""

    def to(self, moment: datetime) -> None:
        """Move the present to `moment` (aware)."""
        global _present
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        _present = moment.astimezone(UTC)

    def on(self, step: timedelta) -> None:
        """Move the present by `step`."""
        self.to(now() + step)


@contextmanager
def travel(moment: datetime) -> Generator[Traveller]:
    """Stand at `moment` until the block ends. Tests and the demo's seeding only."""
    global _present
    before = _present
    traveller = Traveller()
    traveller.to(moment)
    try:
        yield traveller
    finally:
        _present = before
