"""Time in words a customer understands, pure: each stretch of a ledger, and how a clock stands. Local to the calendar."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

from bihuan.core.problems import Language
from bihuan.sla.calendar import Calendar
from bihuan.sla.ledger import Ledger, whole_seconds
from bihuan.sla.model import Clock, Interval, Limit, Unit
from bihuan.sla.provisional import provisional_text
from bihuan.sla.reckon import limit_of_clock
from bihuan.sla.spans import length, moment, span

_DESK_ZONE = ZoneInfo("Asia/Shanghai")

_UNITS: Mapping[Unit, tuple[str, str, str]] = MappingProxyType(
    {
        "minute": ("分钟", "minute", "minutes"),
        "hour": ("小时", "hour", "hours"),
        "business_minute": ("个营业分钟", "business minute", "business minutes"),
        "business_hour": ("个营业小时", "business hour", "business hours"),
        "working_day": ("个工作日", "working day", "working days"),
        "calendar_day": ("个自然日", "calendar day", "calendar days"),
    }
)
_CAUSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "working": ("为营业时间，计时", "business hours, counted"),
        "around_the_clock": ("全天候计时", "around the clock, counted"),
        "working_day": ("为工作日，计时", "working day, counted"),
        "calendar_day": ("按自然日计时", "calendar days, counted"),
        "closed_hours": ("为非营业时间，不计时", "outside business hours, not counted"),
        "weekend": ("为周末，不计时", "weekend, not counted"),
        "holiday": ("为节假日，不计时", "public holiday, not counted"),
        "day_off": ("为休息日，不计时", "day off, not counted"),
        "paused": ("暂停，不计时", "paused, not counted"),
    }
)
_PAUSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "customer": ("等待您补充材料", "waiting for material from you"),
        "third_party": ("等待第三方机构反馈", "waiting for a third party"),
        "appraisal": ("等待外部鉴定", "waiting for an outside appraisal"),
    }
)
_FESTIVALS: Mapping[str, str] = MappingProxyType(
    {
        "元旦": "New Year's Day",
        "春节": "Spring Festival",
        "清明节": "Tomb-Sweeping Day",
        "劳动节": "Labour Day",
        "端午节": "Dragon Boat Festival",
        "中秋节": "Mid-Autumn Festival",
        "国庆节": "National Day",
        "调休": "day off in lieu",
    }
)


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time with why it counts or not, as a sentence. `seconds` add up to the ledger's sums."""

    start: datetime
    end: datetime
    seconds: int
    counted: bool
    cause: str
    detail: str
    text: str


def entries(
    stretches: Sequence[Interval], calendar: Calendar | None, language: Language
) -> list[LedgerEntry]:
    """Stretches of a ledger as they are told."""
    return [
        LedgerEntry(
            start=one.start, end=one.end, seconds=seconds, counted=one.counted, cause=one.cause, detail=one.detail,
            text=sentence(one, calendar, language),
        )
        for one, seconds in zip(stretches, whole_seconds(stretches), strict=True)
    ]  # fmt: skip


def sentence(interval: Interval, calendar: Calendar | None, language: Language) -> str:
    """One stretch of a ledger: 7月1日 18:00 至次日 09:00 为非营业时间，不计时."""
    when = span(interval.start, interval.end, _zone(calendar), language)
    cause = _cause(interval, calendar, language)
    if language == "zh":
        return f"{when}{cause}" if when.endswith("）") else f"{when} {cause}"
    return f"{when}: {cause}"


def summary(
    clock: Clock, told: Ledger, calendar: Calendar | None, *, language: Language, now: datetime
) -> str:
    """How a clock stands and why: its limit, what was used up, when it is due, what is left, what it rests on."""
    zone = _zone(calendar)
    parts = [_limit_part(clock, zone, language), _used_part(told, language)]
    parts.append(_state_zh(clock, told, zone, now) if language == "zh" else _state_en(clock, told, zone, now))
    if clock.provisional and calendar is not None:
        years = calendar.provisional_years(clock.started_at, clock.due_at)
        parts.append(provisional_text(calendar, years, now=now, language=language))
    return ("" if language == "zh" else " ").join(parts)


def limit_text(limit: Limit, language: Language) -> str:
    """15 个自然日; 15 calendar days."""
    zh, one, many = _UNITS[limit.unit]
    moves_on = limit.last_day == "next_working_day"
    if language == "zh":
        return f"{limit.amount} {zh}" + ("（最后一日逢休息日顺延）" if moves_on else "")
    text = f"{limit.amount} {one if limit.amount == 1 else many}"
    return text + (" (a last day off moves on to the next working day)" if moves_on else "")


# ---------------------------------------------------------------------------------------------------------------- causes
def _cause(interval: Interval, calendar: Calendar | None, language: Language) -> str:
    zh = language == "zh"
    named = _named_zh(interval, calendar) if zh else _named_en(interval, calendar)
    return named or _CAUSES[interval.cause][0 if zh else 1]


def _named_zh(interval: Interval, calendar: Calendar | None) -> str:
    """A cause with a name of its own; empty where there is none."""
    name = interval.detail
    if interval.cause == "paused" and name in _PAUSES:
        return f"{_PAUSES[name][0]}，不计时"
    if interval.cause == "holiday" and name:
        return f"为{name}，不计时" if "休" in name or name.endswith("假期") else f"为{name}假期，不计时"
    if interval.cause == "day_off" and name:
        return f"为休息日（{name}），不计时"
    if makeup := _makeup(interval, calendar):
        told = "调休上班" if "调休" in makeup else f"{makeup}调休上班"
        return f"为营业时间（{told}），计时"
    return ""


def _named_en(interval: Interval, calendar: Calendar | None) -> str:
    name = " and ".join(_FESTIVALS.get(part, part) for part in interval.detail.split("、"))
    if interval.cause == "paused" and interval.detail in _PAUSES:
        return f"{_PAUSES[interval.detail][1]}, not counted"
    if interval.cause == "holiday" and name:
        return f"public holiday ({name}), not counted"
    if interval.cause == "day_off" and name:
        return f"day off ({name}), not counted"
    if _makeup(interval, calendar):
        return "business hours of a make-up workday, counted"
    return ""


def _makeup(interval: Interval, calendar: Calendar | None) -> str:
    """The name of the make-up workday these hours are of."""
    if calendar is None or interval.cause != "working":
        return ""
    on = interval.start.astimezone(calendar.zone).date()
    return next((d.name or "调休" for d in calendar.body.days if d.on == on and d.kind == "makeup"), "")


# ----------------------------------------------------------------------------------------------------------- the summary
def _limit_part(clock: Clock, zone: ZoneInfo, language: Language) -> str:
    limit = limit_of_clock(clock)
    told = length(clock.target_seconds, language) if limit is None else limit_text(limit, language)
    since = moment(clock.started_at, zone, language)
    away = zone.key != _DESK_ZONE.key
    if language == "zh":
        place = f"（时区 {zone.key}）" if away else ""
        return f"时限{'（已批准延长）' if clock.stage else ' '}{told}，自 {since}{place or ' '}起计。"
    place = f" ({zone.key})" if away else ""
    return f"Limit{' (extended)' if clock.stage else ''}: {told}, counted from {since}{place}."


def _used_part(told: Ledger, language: Language) -> str:
    zh = language == "zh"
    parts = [
        f"已计时 {length(told.counted_seconds, 'zh')}"
        if zh
        else f"Counted: {length(told.counted_seconds, 'en')}"
    ]
    if told.paused_seconds:
        paused = length(told.paused_seconds, language)
        parts.append(f"暂停 {paused}" if zh else f"paused: {paused}")
    if told.not_counted_seconds:
        off = length(told.not_counted_seconds, language)
        parts.append(f"不计时的时段 {off}" if zh else f"not counted: {off}")
    return "，".join(parts) + "。" if zh else "; ".join(parts) + "."


def _state_zh(clock: Clock, told: Ledger, zone: ZoneInfo, now: datetime) -> str:
    due, state = moment(told.due_at, zone, "zh"), clock.state(now)
    late = length(max(0, -told.left_seconds), "zh", days="天")
    waits = f"目前{_PAUSES[clock.pauses[-1].reason][0]}" if clock.paused_at and clock.pauses else "目前暂停"
    if clock.stopped_at is not None:
        done = moment(clock.stopped_at, zone, "zh")
        if state == "cancelled":
            return f"已于 {done} 终止，不作评定。"
        return (
            f"已于 {done} 完成，未超过 {due} 的期限。"
            if state == "met"
            else f"应于 {due} 前完成，实际完成于 {done}，超期 {late}。"
        )
    if state == "paused" and not _ran_out(clock):
        return f"{waits}，不计时；恢复计时后还剩 {_left(clock, told, 'zh')}。"
    if state == "paused":
        return f"应于 {due} 前完成，时限已用完。{waits}；恢复后自到期时起计超期。"
    if state == "breached" and clock.paused_at is not None:
        return f"应于 {due} 前完成，暂停时已超期 {late}。{waits}；期限已过，恢复后等待时间一并计入超期。"
    if state == "breached":
        return f"应于 {due} 前完成，已超期 {late}。"
    return f"应于 {due} 前完成，还剩 {_left(clock, told, 'zh')}。"


def _state_en(clock: Clock, told: Ledger, zone: ZoneInfo, now: datetime) -> str:
    due, state = moment(told.due_at, zone, "en"), clock.state(now)
    late = length(max(0, -told.left_seconds), "en", days="day")
    waits = _PAUSES[clock.pauses[-1].reason][1] if clock.paused_at and clock.pauses else "paused"
    if clock.stopped_at is not None:
        done = moment(clock.stopped_at, zone, "en")
        if state == "cancelled":
            return f"Ended on {done}, not judged."
        return (
            f"Done on {done}, within the limit of {due}."
            if state == "met"
            else f"Due by {due}, done on {done}: {late} late."
        )
    if state == "paused" and not _ran_out(clock):
        return f"At present {waits}, not counted; {_left(clock, told, 'en')} left once it goes on."
    if state == "paused":
        return f"Due by {due}, and all of its time is used. At present {waits}; once it goes on it is late from then."
    if state == "breached" and clock.paused_at is not None:
        return (
            f"Due by {due}: {late} late when it was paused. At present {waits}; as it was due already, "
            "the wait is late too once it goes on."
        )
    if state == "breached":
        return f"Due by {due}: {late} late."
    return f"Due by {due}; {_left(clock, told, 'en')} left."


def _ran_out(clock: Clock) -> bool:
    """Whether it stands with nothing left: a pause gives nothing back of what was due before it."""
    return clock.paused_at is not None and clock.paused_at >= clock.due_at


def _left(clock: Clock, told: Ledger, language: Language) -> str:
    """What is left, in what the clock counts."""
    zh, seconds = language == "zh", max(0, told.left_seconds)
    if clock.unit == "working_day":
        return length(seconds, language, days="个工作日" if zh else "working day")
    if clock.unit == "calendar_day":
        return length(seconds, language, days="天" if zh else "day")
    if clock.unit in ("business_minute", "business_hour"):
        return f"{length(seconds, language)}{'营业时间' if zh else ' of business hours'}"
    return length(seconds, language)


def _zone(calendar: Calendar | None) -> ZoneInfo:
    return _DESK_ZONE if calendar is None else calendar.zone
