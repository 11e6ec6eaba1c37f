"""Dates, stretches and lengths of time as people write them, pure, in Chinese and English."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bihuan.core.problems import Language

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = timedelta(days=1)


def moment(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """A whole date with its time: 2026年7月1日 18:00; 1 July 2026, 18:00. Midnight is 24:00 of the day before."""
    on, time = _until(at.astimezone(zone))
    return f"{_date(on, language, year=True)}{' ' if language == 'zh' else ', '}{time}"


def span(start: datetime, end: datetime, zone: ZoneInfo, language: Language) -> str:
    """A stretch: 7月1日 18:00 至次日 09:00; whole days as such, with their weekdays; years where they are two."""
    first, since = _since(start.astimezone(zone))
    last, until = _until(end.astimezone(zone))
    year = first.year != last.year
    days = [_date(on, language, year=year) for on in (first, last)]
    if (since, until) == ("00:00", "24:00"):
        named = [f"{day}{_weekday(on, language)}" for day, on in zip(days, (first, last), strict=True)]
        return named[0] if first == last else _to(named[0], named[1], language)
    if first == last:
        return _to(f"{days[0]} {since}", until, language)
    if language == "zh" and last == first + _DAY:
        return f"{days[0]} {since} 至次日 {until}"
    return _to(f"{days[0]} {since}", f"{days[1]} {until}", language)


def length(seconds: int, language: Language, *, days: str = "") -> str:
    """How long, exactly: 3 小时 20 分; 3 hours 20 minutes. `days`: what 24 hours are called, if they are told as days
    ("天", "个工作日"; "day", "working day").
    """
    whole, rest = divmod(seconds, 86_400) if days else (0, seconds)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if language == "zh":
        parts = [(whole, days), (hours, "小时"), (minutes, "分钟"), (rest, "秒")]
        return " ".join(f"{n} {name}" for n, name in parts if n) or "0 秒"
    parts = [(whole, days), (hours, "hour"), (minutes, "minute"), (rest, "second")]
    return " ".join(count(n, name) for n, name in parts if n) or "0 seconds"


def count(number: int, name: str) -> str:
    """In English: 1 hour, 2 hours."""
    return f"{number} {name}{'' if number == 1 else 's'}"


def _date(on: date, language: Language, *, year: bool) -> str:
    if language == "zh":
        return f"{on.year}年{on.month}月{on.day}日" if year else f"{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]}" + (f" {on.year}" if year else "")


def _weekday(on: date, language: Language) -> str:
    return f"（周{_WEEKDAYS_ZH[on.weekday()]}）" if language == "zh" else f" ({_WEEKDAYS_EN[on.weekday()]})"


def _to(first: str, last: str, language: Language) -> str:
    if language == "zh":
        return f"{first}至 {last}" if first.endswith("）") else f"{first} 至 {last}"
    return f"{first} to {last}"


def _since(local: datetime) -> tuple[date, str]:
    return local.date(), _time(local)


def _until(local: datetime) -> tuple[date, str]:
    """The end of a day belongs to that day."""
    if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        return local.date() - _DAY, "24:00"
    return local.date(), _time(local)


def _time(local: datetime) -> str:
    """To the second where there are any; with the offset where the clock shows it twice that day."""
    time = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    offset = f"{local:%z}"
    return f"{time} (UTC{offset[:3]}:{offset[3:5]})" if twice else time
