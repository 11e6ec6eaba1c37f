"""What is unusual about somebody's looking, pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median

import msgspec

from bihuan.sla import Calendar
from bihuan.tickets.look_model import LookPolicy, Rule


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looked at lately. `hour`: looks of the last hour; `usual`: looks of each hour with any, of the 30
    days before; `customers`: different ones in the last hour; `off`: it is outside working hours; `protected`: the
    customer or ticket of this look is under special protection.
    """

    hour: int
    customers: int
    usual: Sequence[int]
    off: bool
    protected: bool


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that was met, by how many against which limit."""

    rule: Rule
    count: int
    limit: int


def unusual(seen: Seen, policy: LookPolicy) -> list[Found]:
    """The rules that are met."""
    found: list[Found] = []
    limit = max(policy.hour, int(policy.times_usual * usual(seen.usual)))
    if seen.hour > limit:
        found.append(Found(rule="hour", count=seen.hour, limit=limit))
    if seen.customers > policy.customers:
        found.append(Found(rule="customers", count=seen.customers, limit=policy.customers))
    if seen.off:
        found.append(Found(rule="hours_off", count=seen.hour, limit=0))
    if seen.protected:
        found.append(Found(rule="protected", count=1, limit=0))
    return found


def usual(hours: Sequence[int]) -> float:
    """The median of the hours in which somebody looked at all; 0 for one who never did."""
    return float(median(hours)) if hours else 0.0


def off(calendar: Calendar | None, at: datetime) -> bool:
    """Whether a moment is outside a calendar's hours; without a calendar none is."""
    if calendar is None:
        return False
    local = at.astimezone(calendar.zone)
    minute = local.hour * 60 + local.minute
    return not any(s.start <= minute < s.end for s in calendar.segments(local.date()))


def protected(policy: LookPolicy, tier: str | None, tags: Iterable[str]) -> bool:
    """Whether a customer's tier or a ticket's tags say that it is under special protection."""
    watched = {tag.casefold() for tag in policy.tags}
    return tier in policy.tiers or any(tag.casefold() in watched for tag in tags)
