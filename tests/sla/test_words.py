"""Time in words: real sentences, in both languages, local to the calendar."""

import re
from datetime import UTC, date, datetime

import msgspec
import pytest

from bihuan.sla import clock, words
from bihuan.sla.calendar import compile as compiled
from bihuan.sla.clock import Clock, own_plan
from bihuan.sla.ledger import ledger
from bihuan.sla.model import Day, Interval, Limit, Unit
from bihuan.sla.provisional import provisional_text
from bihuan.sla.spans import length, moment, span
from tests.sla.clockwork import (
    BOOK,
    CN,
    HOUR,
    PROMISE,
    SHANGHAI,
    Course,
    at,
    calendars,
    hours,
    limit,
    plan,
    rule,
)

_CN = compiled(CN, 1)


def _sentence(start: str, end: str, cause: str, detail: str = "") -> tuple[str, str]:
    one = Interval(start=at(start), end=at(end), counted=False, cause=cause, detail=detail)
    return words.sentence(one, _CN, "zh"), words.sentence(one, _CN, "en")


@pytest.mark.parametrize(
    ("start", "end", "cause", "detail", "zh", "en"),
    [
        (
            "2026-07-01 18:00", "2026-07-02 09:00", "closed_hours", "",
            "7月1日 18:00 至次日 09:00 为非营业时间，不计时", "1 July 18:00 to 2 July 09:00: outside business hours, not counted",
        ),
        (
            "2026-07-01 18:00", "2026-07-02 00:00", "closed_hours", "",
            "7月1日 18:00 至 24:00 为非营业时间，不计时", "1 July 18:00 to 24:00: outside business hours, not counted",
        ),
        (
            "2026-07-02 09:00", "2026-07-02 11:30:15", "working", "",
            "7月2日 09:00 至 11:30:15 为营业时间，计时", "2 July 09:00 to 11:30:15: business hours, counted",
        ),
        (
            "2026-10-10 09:00", "2026-10-10 12:00", "working", "",
            "10月10日 09:00 至 12:00 为营业时间（国庆节调休上班），计时",
            "10 October 09:00 to 12:00: business hours of a make-up workday, counted",
        ),
        (
            "2026-10-01 00:00", "2026-10-08 00:00", "holiday", "国庆节",
            "10月1日（周四）至 10月7日（周三）为国庆节假期，不计时",
            "1 October (Thu) to 7 October (Wed): public holiday (National Day), not counted",
        ),
        (
            "2025-10-01 00:00", "2025-10-09 00:00", "holiday", "国庆节、中秋节",
            "10月1日（周三）至 10月8日（周三）为国庆节、中秋节假期，不计时",
            "1 October (Wed) to 8 October (Wed): public holiday (National Day and Mid-Autumn Festival), not counted",
        ),
        (
            "2026-07-04 00:00", "2026-07-06 00:00", "weekend", "",
            "7月4日（周六）至 7月5日（周日）为周末，不计时", "4 July (Sat) to 5 July (Sun): weekend, not counted",
        ),
        (
            "2026-07-04 00:00", "2026-07-05 00:00", "day_off", "盘点",
            "7月4日（周六）为休息日（盘点），不计时", "4 July (Sat): day off (盘点), not counted",
        ),
        (
            "2026-07-02 10:00", "2026-07-04 15:30", "paused", "customer",
            "7月2日 10:00 至 7月4日 15:30 等待您补充材料，不计时",
            "2 July 10:00 to 4 July 15:30: waiting for material from you, not counted",
        ),
        (
            "2026-12-31 18:00", "2027-01-04 09:00", "paused", "appraisal",
            "2026年12月31日 18:00 至 2027年1月4日 09:00 等待外部鉴定，不计时",
            "31 December 2026 18:00 to 4 January 2027 09:00: waiting for an outside appraisal, not counted",
        ),
        (
            "2026-07-01 10:00", "2026-07-03 10:00", "around_the_clock", "",
            "7月1日 10:00 至 7月3日 10:00 全天候计时", "1 July 10:00 to 3 July 10:00: around the clock, counted",
        ),
    ],
)  # fmt: skip
def test_each_stretch_is_a_sentence(start: str, end: str, cause: str, detail: str, zh: str, en: str) -> None:
    assert _sentence(start, end, cause, detail) == (zh, en)


def _summary(made: Clock, now: datetime, *, book: clock.Calendars = BOOK) -> tuple[str, str]:
    own = clock.calendar_of(made, book)
    told = ledger(made, own, now)
    return (
        words.summary(made, told, own, language="zh", now=now),
        words.summary(made, told, own, language="en", now=now),
    )


def _course(amount: int, unit: str, begun: str) -> Course:
    return Course(plan(rule("any", limit(amount, unit), pauses_for=("customer", "appraisal"))), at(begun))


def test_a_running_clock() -> None:
    course = _course(22, "business_hour", "2026-09-29 16:00")
    course.wait(at("2026-09-30 10:00"))
    course.resume(at("2026-09-30 14:00"))
    assert _summary(course.of("any"), at("2026-10-09 11:00")) == (
        (
            "时限 22 个营业小时，自 2026年9月29日 16:00 起计。已计时 17 小时，暂停 4 小时，不计时的时段 214 小时。"
            "应于 2026年10月9日 17:00 前完成，还剩 5 小时营业时间。"
        ),
        (
            "Limit: 22 business hours, counted from 29 September 2026, 16:00. "
            "Counted: 17 hours; paused: 4 hours; not counted: 214 hours. "
            "Due by 9 October 2026, 17:00; 5 hours of business hours left."
        ),
    )


def test_a_clock_that_stands() -> None:
    course = _course(15, "calendar_day", "2026-09-21 10:00")
    course.wait(at("2026-09-22 10:00"))
    assert _summary(course.of("any"), at("2026-10-09 11:00"))[0].endswith(
        "目前等待您补充材料，不计时；恢复计时后还剩 14 天 14 小时。"
    )
    assert _summary(course.of("any"), at("2026-10-09 11:00"))[1].endswith(
        "At present waiting for material from you, not counted; 14 days 14 hours left once it goes on."
    )


def test_a_late_clock_and_one_that_stands_late() -> None:
    course = _course(2, "hour", "2026-09-21 10:00")
    zh, en = _summary(course.of("any"), at("2026-09-22 13:00"))
    assert zh.endswith("应于 2026年9月21日 12:00 前完成，已超期 1 天 1 小时。")
    assert en.endswith("Due by 21 September 2026, 12:00: 1 day 1 hour late.")
    course.wait(at("2026-09-21 13:00"), "appraisal")
    zh, en = _summary(course.of("any"), at("2026-09-22 13:00"))
    assert zh.endswith("暂停时已超期 1 小时。目前等待外部鉴定；期限已过，恢复后等待时间一并计入超期。")
    assert en.endswith(
        "1 hour late when it was paused. At present waiting for an outside appraisal; as it was due already, the wait is "
        "late too once it goes on."
    )
    course.resume(at("2026-09-22 13:00"))
    assert _summary(course.of("any"), at("2026-09-22 13:00"))[0].endswith("已超期 1 天 1 小时。")


def test_a_clock_that_stands_from_its_due_moment_promises_no_time() -> None:
    course = _course(2, "hour", "2026-09-21 10:00")
    course.wait(at("2026-09-21 12:00"))
    zh, en = _summary(course.of("any"), at("2026-09-22 13:00"))
    assert zh.endswith(
        "应于 2026年9月21日 12:00 前完成，时限已用完。目前等待您补充材料；恢复后自到期时起计超期。"
    )
    assert en.endswith(
        "and all of its time is used. At present waiting for material from you; once it goes on it is late from then."
    )
    course.resume(at("2026-09-22 13:00"))
    assert _summary(course.of("any"), at("2026-09-22 13:00"))[0].endswith("已超期 1 天 1 小时。")


def test_what_has_ended() -> None:
    course = Course(own_plan(PROMISE), at("2026-09-21 10:00"))
    course.hear("replied", at("2026-09-21 11:00"))
    zh, en = _summary(course.of("first_response"), at("2026-09-29 10:00"))
    assert zh == (
        "时限 4 小时，自 2026年9月21日 10:00 起计。已计时 1 小时。"
        "已于 2026年9月21日 11:00 完成，未超过 2026年9月21日 14:00 的期限。"
    )
    assert en.endswith("Done on 21 September 2026, 11:00, within the limit of 21 September 2026, 14:00.")
    course.hear("resolved", at("2026-09-23 10:00:01"))
    zh, en = _summary(course.of("resolution"), at("2026-09-29 10:00"))
    assert zh.endswith("应于 2026年9月23日 10:00 前完成，实际完成于 2026年9月23日 10:00:01，超期 1 秒。")
    assert en.endswith("Due by 23 September 2026, 10:00, done on 23 September 2026, 10:00:01: 1 second late.")
    ended = clock.close(
        _course(2, "hour", "2026-09-21 10:00").clocks, at("2026-09-21 11:00"), "ticket.withdrawn"
    )
    zh, en = _summary(ended[0], at("2026-09-29 10:00"))
    assert zh.endswith("已于 2026年9月21日 11:00 终止，不作评定。")
    assert en.endswith("Ended on 21 September 2026, 11:00, not judged.")


def test_a_year_that_is_not_announced_is_said() -> None:
    zh, en = _summary(_course(5, "working_day", "2026-12-28 10:00").of("any"), at("2026-12-29 10:00"))
    assert zh.endswith(
        "应于 2027年1月4日 24:00 前完成，还剩 4 个工作日 14 小时。"
        "2027 年放假安排尚未公布，仅按周末推算，公布后重算。"
    )
    assert "The days off of 2027 are not yet announced: reckoned by weekends alone" in en


def test_the_last_days_of_december_rest_on_the_next_years_notice() -> None:
    made = _course(2, "working_day", "2026-12-28 10:00").of("any")
    assert made.provisional
    zh, _ = _summary(made, at("2026-12-28 11:00"))
    assert "2027 年放假安排尚未公布" in zh


@pytest.mark.parametrize(
    ("years", "zh", "en"),
    [
        (
            (2027, 2028),
            "2027、2028 年放假安排尚未公布，按法定节日与周末推算，公布后重算。",
            "are not yet announced: reckoned by statutory holidays and weekends, and again once they are.",
        ),
        (
            tuple(range(2027, 2037)),
            (
                "2027、2028 年放假安排尚未公布，按法定节日与周末推算，公布后重算。"
                "2029–2036 年放假安排尚未公布，仅按周末推算，公布后重算。"
            ),
            "The days off of 2029–2036 are not yet announced: reckoned by weekends alone, and again once they are.",
        ),
        (
            (2023, 2025, 2026),
            "2023、2025、2026 年放假安排未导入日历，仅按周末推算，导入后重算。",
            "The days off of 2023 and 2025 and 2026 are not in the calendar: reckoned by weekends alone, and again once they are.",
        ),
    ],
)
def test_what_a_year_without_its_notice_is_reckoned_by(years: tuple[int, ...], zh: str, en: str) -> None:
    lawful = tuple(Day(on=date(year, 1, 1), kind="holiday", name="元旦") for year in (2027, 2028))
    # A day off in December is of the next year's notice, and says nothing of its own year.
    eve = Day(on=date(2026, 12, 31), kind="holiday", name="元旦")
    calendar = compiled(msgspec.structs.replace(CN, days=(eve, *lawful)), 1)
    now = at("2026-11-23 10:00")
    assert provisional_text(calendar, years, now=now, language="zh") == zh
    assert provisional_text(calendar, years, now=now, language="en").endswith(en)


def test_an_extension_and_another_zone_are_said() -> None:
    away = msgspec.structs.replace(CN, zone="America/New_York")
    book = calendars(away)
    course = Course(plan(rule("any", limit(15, "calendar_day"))), at("2026-09-21 10:00"), book=book)
    longer = msgspec.structs.replace(course.of("any"), stage="complex")
    zh, en = _summary(longer, at("2026-09-21 11:00"), book=book)
    assert zh.startswith(
        "时限（已批准延长）15 个自然日，自 2026年9月20日 22:00（时区 America/New_York）起计。"
    )
    assert en.startswith(
        "Limit (extended): 15 calendar days, counted from 20 September 2026, 22:00 (America/New_York)."
    )


def test_an_hour_shown_twice_says_which() -> None:
    book = calendars(msgspec.structs.replace(CN, zone="America/New_York"))
    zone = book("cn", 1, "").zone  # type: ignore[union-attr]
    first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert moment(first, zone, "zh") == "2026年11月1日 01:30 (UTC-04:00)"
    assert moment(second, zone, "en") == "1 November 2026, 01:30 (UTC-05:00)"
    assert span(first, second, zone, "zh") == "11月1日 01:30 (UTC-04:00) 至 01:30 (UTC-05:00)"


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 seconds"),
        (1, "1 秒", "1 second"),
        (3600, "1 小时", "1 hour"),
        (3661, "1 小时 1 分钟 1 秒", "1 hour 1 minute 1 second"),
        (48 * 3600, "48 小时", "48 hours"),
        (7260, "2 小时 1 分钟", "2 hours 1 minute"),
    ],
)
def test_lengths_are_told_exactly(seconds: int, zh: str, en: str) -> None:
    assert (length(seconds, "zh"), length(seconds, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("unit", "amount", "zh", "en"),
    [
        ("minute", 30, "30 分钟", "30 minutes"),
        ("hour", 1, "1 小时", "1 hour"),
        ("business_minute", 45, "45 个营业分钟", "45 business minutes"),
        ("business_hour", 8, "8 个营业小时", "8 business hours"),
        ("working_day", 3, "3 个工作日", "3 working days"),
        ("calendar_day", 15, "15 个自然日", "15 calendar days"),
    ],
)
def test_limits_are_told_in_their_unit(unit: Unit, amount: int, zh: str, en: str) -> None:
    of = Limit(amount=amount, unit=unit)
    assert (words.limit_text(of, "zh"), words.limit_text(of, "en")) == (zh, en)


def test_a_last_day_that_moves_on_is_said() -> None:
    of = Limit(amount=15, unit="calendar_day", calendar="cn", last_day="next_working_day")
    assert words.limit_text(of, "zh") == "15 个自然日（最后一日逢休息日顺延）"
    assert words.limit_text(of, "en") == "15 calendar days (a last day off moves on to the next working day)"


def test_every_line_of_a_whole_ledger_is_in_its_language() -> None:
    days = (*CN.days, Day(on=date(2026, 9, 23), kind="override", name="系统维护"))
    book = calendars(msgspec.structs.replace(CN, days=days, zone=SHANGHAI.key))
    course = Course(
        plan(rule("any", limit(60, "business_hour"), pauses_for=("customer",))),
        at("2026-09-21 10:00:07"),
        book=book,
    )
    course.wait(at("2026-09-22 10:00"))
    course.resume(at("2026-09-22 16:00"))
    own = clock.calendar_of(course.of("any"), book)
    told = ledger(course.of("any"), own, at("2026-10-09 10:00"))
    lines = [
        (words.sentence(e, own, "zh"), words.sentence(e, own, "en")) for e in (*told.entries, *told.ahead)
    ]
    assert len(set(lines)) == len(lines)
    for zh, en in lines:
        assert re.fullmatch(r"(\d+月\d+日.*)(计时)", zh), zh
        assert not re.search(r"[,;:]\s|[a-z]", zh), "full-width punctuation, no foreign word"
        assert re.fullmatch(r"\d+ [A-Z].*: .*counted", en), en
        assert "系统维护" in en or not re.search(r"[一-鿿]", en), "a name given in Chinese alone stays"
    assert told.left_seconds < 60 * HOUR
    assert course.of("any").due_at > at("2026-10-09 10:00") + hours(1)
