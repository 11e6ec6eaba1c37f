"""Quiet hours: when a message may go. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bihuan.notices.model import Quiet

_ZONE = "Asia/Shanghai"


def parse(text: str) -> Quiet | None:
    """`22:00-08:00` in the desk's zone; empty: none."""
    start, _, end = text.partition("-")
    return Quiet(from_=start, to=end, zone=_ZONE) if end and start != end else None


def after(at: datetime, quiet: Quiet | None) -> datetime:
    """`at` where nothing is quiet then, else the end of the quiet hours (UTC)."""
    if quiet is None:
        return at
    local = at.astimezone(ZoneInfo(quiet.zone))
    start, end = time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    wall = local.time().replace(tzinfo=None)
    over_midnight = end < start
    is_quiet = (wall >= start or wall < end) if over_midnight else start <= wall < end
    if not is_quiet:
        return at
    on = local.date() + timedelta(days=1 if over_midnight and wall >= start else 0)
    # An hour that is there twice may end before it began to be asked about: then nothing is waited for.
    return max(at, datetime.combine(on, end, tzinfo=local.tzinfo).astimezone(UTC))
