"""China's days off as the `holidays` package knows them: read when a version of a calendar is made, never to reckon by.

Of an announced year it gives what the State Council's notice says; for a later one it guesses silently, so that only the
days by law are taken there: neither bridge days nor make-up workdays, which the notice will tell.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

import holidays

from bihuan.sla.model import Day, Segments
from bihuan.sla.notice import Notice, NoticeDay, notice_year

#: 全国年节及纪念日放假办法 is followed from the first year whose notice was checked day by day.
FIRST_YEAR = 2007
_INSTEAD = re.compile(r"由 (\d{4}-\d{2}-\d{2}) 调休")
_ADDED = re.compile(r"调休|补假|延长")
#: The notices call the eve by the festival's name.
_PLAIN = {"农历除夕": "春节"}


def statutory_days(year: int) -> tuple[Day, ...]:
    """The days off by law alone, for a year whose notice is not out."""
    listed = holidays.country_holidays("CN", years=year, observed=False, language="zh_CN").items()
    return tuple(
        Day(on=on, kind="holiday", name=_name(name))
        for on, name in sorted(listed)
        if on.year == year and not _ADDED.search(name)
    )


def is_announced(year: int) -> bool:
    """Whether `holidays` knows that year's notice: each one moves some day of rest."""
    return year >= FIRST_YEAR and any(not day.off for day in _told(year))


def published(year: int) -> Notice | None:
    """The notice of a year, with its make-up workdays; None: not announced, or not known yet."""
    return Notice(year=year, days=_told(year)) if is_announced(year) else None


def notice_days(year: int, makeup: Segments) -> tuple[Day, ...]:
    """The days of a year's notice, make-up workdays with the segments given; empty where it is not announced."""
    told = published(year)
    return () if told is None else tuple(day.as_day(makeup) for day in told.days)


@lru_cache(maxsize=32)
def _told(year: int) -> tuple[NoticeDay, ...]:
    """The notice's days: each run of days off that holds a listed one, weekends in it too, and the make-up workdays."""
    known = holidays.country_holidays("CN", years=range(year - 1, year + 2), language="zh_CN")
    listed = dict(known.items())
    worked = set(known.weekend_workdays)
    named = {on: name for run in _runs(listed, worked) for on, name in run.items()}
    cause = {date.fromisoformat(m[1]): on for on, name in listed.items() if (m := _INSTEAD.search(name))}
    days = [NoticeDay(on=on, name=name, off=True) for on, name in named.items()]
    days += [NoticeDay(on=on, name=named.get(cause.get(on, on), "调休"), off=False) for on in worked]
    return tuple(sorted((d for d in days if notice_year(d.on) == year), key=lambda d: d.on))


def _runs(listed: dict[date, str], worked: set[date]) -> Iterable[dict[date, str]]:
    """Days off on end, all under the names of the festivals among them."""
    seen: set[date] = set()
    for first in sorted(listed):
        if first in seen:
            continue
        run = [*reversed(_stretch(first, -1, listed, worked)), first, *_stretch(first, 1, listed, worked)]
        seen.update(run)
        names = dict.fromkeys(part for on in run for part in _name(listed.get(on, "")).split("、") if part)
        yield dict.fromkeys(run, "、".join(names) or "调休")


def _stretch(first: date, step: int, listed: dict[date, str], worked: set[date]) -> list[date]:
    """The days off beside `first`, one way."""
    found: list[date] = []
    on = first + timedelta(days=step)
    while on in listed or (on.weekday() >= 5 and on not in worked):
        found.append(on)
        on += timedelta(days=step)
    return found


def _name(listed: str) -> str:
    """The festivals' names alone: neither that the day is one of several nor what it stands for."""
    parts = (re.sub(r"（.*?）|延长假期", "", part).strip() for part in listed.split(";"))
    return "、".join(_PLAIN.get(part, part) for part in parts if part and part != "休息日")
