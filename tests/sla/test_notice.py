"""Yearly notices: read in either form with everything wrong at once, applied without touching what the desk decided."""

import json
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.sla import calendar as business
from bihuan.sla import notice
from bihuan.sla.model import CalendarBody, Day, Difference, Segment, Words
from bihuan.sla.notice import BadNotice, DayChange, Form, Notice, NoticeDay, NoticeNotObserved
from bihuan.sla.notice_rows import NoticeNotCsv, NoticeNotJson
from bihuan.sla.notice_text import NoticeNotUtf8, NoticeYearUnclear

HOURS, MORNING = (Segment(start=540, end=720), Segment(start=810, end=1080)), (Segment(start=540, end=720),)
BODY = CalendarBody(
    code="cn_working",
    title=Words(zh="工作日", en="Working days"),
    week=(HOURS,) * 5 + ((),) * 2,
    statutory="CN",
    years=(2026,),
    days=(
        Day(on=date(2026, 10, 1), kind="holiday", name="国庆节"),
        Day(on=date(2027, 1, 1), kind="holiday", name="元旦"),
        Day(on=date(2027, 2, 5), kind="holiday", name="春节"),
        Day(on=date(2027, 3, 1), kind="override", name="开业庆典"),
    ),
)
SHORT = Notice(
    year=2027,
    days=(
        NoticeDay(on=date(2026, 12, 31), name="元旦", off=True),
        NoticeDay(on=date(2027, 1, 1), name="元旦", off=True),
        NoticeDay(on=date(2027, 1, 9), name="元旦", off=False),
    ),
)
CSV = "\ufeff日期,名称,是否休息\n2026-12-31,元旦,是\n2027/1/1,元旦,休\n\n2027年1月9日,元旦,班\n"
ENGLISH = "name,off,date,note\nNew Year,true,2026-12-31,x\nNew Year,1,2027-01-01,\nNew Year,no,2027-01-09\n"
FILE = {
    "$schema": "https://example.com/schema.json",
    "year": 2027,
    "papers": ["https://www.gov.cn/x"],
    "days": [
        {"name": "元旦", "date": "2027-01-09", "isOffDay": False},
        {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
    ],
}


def _wrong(text: str, form: Form) -> list[tuple[str, str]]:
    with pytest.raises(BadNotice) as refused:
        notice.parse(text, form)
    fields = refused.value.fields
    assert all(p.text("zh") and p.text("en") for p in fields)
    assert str(len(fields)) in refused.value.text("zh") and str(len(fields)) in refused.value.text("en")
    return [(p.pointer, p.code) for p in fields]


def test_both_forms_and_both_languages_are_read() -> None:
    assert notice.parse(CSV, "csv") == SHORT
    english = notice.parse(ENGLISH, "csv")
    assert [(d.on, d.off) for d in english.days] == [(d.on, d.off) for d in SHORT.days]
    read = notice.parse(json.dumps(FILE), "json")
    assert read == msgspec.structs.replace(SHORT, papers=("https://www.gov.cn/x",))


@pytest.mark.parametrize(
    ("days", "year"),
    [
        (("2022-12-31", "2023-01-01", "2023-01-02"), 2023),
        (("2025-12-30", "2025-12-31", "2026-01-01"), 2026),
        (("2026-05-01", "2026-12-31"), 2026),
        (("2025-12-31", "2026-12-31"), 2026),
    ],
)
def test_a_csv_is_of_the_year_all_its_days_can_belong_to(days: tuple[str, ...], year: int) -> None:
    read = notice.parse("date,name,off\n" + "".join(f"{on},元旦,是\n" for on in days), "csv")
    assert (read.year, len(read.days)) == (year, len(days))


def test_december_alone_is_asked_about_and_wipes_nothing() -> None:
    with pytest.raises(NoticeYearUnclear) as refused:
        notice.parse("date,name,off\n2025-12-30,元旦,是\n2025-12-31,元旦,是\n", "csv")
    assert refused.value.params == {"year": 2025, "next": 2026}
    assert "2025" in refused.value.text("zh") and "2026" in refused.value.text("en")
    named = notice.parse(
        '{"year": 2026, "days": [{"date": "2025-12-31", "name": "元旦", "isOffDay": true}]}', "json"
    )
    assert named.year == 2026


def test_the_day_that_does_not_belong_to_a_csvs_year_is_named() -> None:
    text = (
        "date,name,off\n2026-01-01,元旦,是\n2026-05-01,劳动节,是\n2027-01-01,元旦,是\n2025-05-05,端午节,是\n"
    )
    assert _wrong(text, "csv") == [("/rows/4/date", "too_big"), ("/rows/5/date", "too_small")]


@pytest.mark.parametrize("year", ["0001", "0000", "1949", "2101", "9999"])
def test_a_year_of_no_notice_is_refused_in_both_forms(year: str) -> None:
    code = "pattern" if year == "0000" else "too_far"
    assert _wrong(f"date,name,off\n{year}-05-01,a,是", "csv") == [("/rows/2/date", code)]
    days = [{"date": f"{year}-05-01", "name": "a", "isOffDay": True}]
    assert _wrong(json.dumps({"year": int(year), "days": days}), "json") == [
        ("/year", "too_far"),
        ("/days/0/date", code),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_any_usual_separator_is_read(separator: str) -> None:
    text = CSV.replace(",", separator)
    assert notice.parse(text, "csv") == SHORT
    assert notice.parse(text.replace("日期", '"日期"', 1), "csv") == SHORT


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (json.dumps(FILE, indent=1)[:120], 8),
        ('{\n"year": 2027,\n"days": [}\n', 3),
        ("{" * 5000, 1),
        ("[" * 100_000, 1),
        ("1" * 5000, 1),
    ],
)
def test_what_is_no_json_is_said_with_its_line(text: str, line: int) -> None:
    with pytest.raises(NoticeNotJson) as refused:
        notice.parse(text, "json")
    assert refused.value.params == {"line": line}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('date,name,off\n2026-01-01,元旦,是\n2026-01-02,"元旦,是\n2026-01-03,元旦,是\n', 3),
        ('date,name,off\n"2026-01-01"x,元旦,是\n', 2),
    ],
)
def test_a_quotation_mark_left_open_is_said_with_its_line(text: str, line: int) -> None:
    with pytest.raises(NoticeNotCsv) as refused:
        notice.parse(text, "csv")
    assert refused.value.params == {"line": line}


@pytest.mark.parametrize(("written", "form"), [(CSV, "csv"), (json.dumps(FILE, ensure_ascii=False), "json")])
def test_another_encoding_is_named(written: str, form: Form) -> None:
    with pytest.raises(NoticeNotUtf8):
        notice.parse(written.lstrip("\ufeff").encode("gb18030").decode("utf-8", "replace"), form)


@pytest.mark.parametrize(
    "bad", ["\0", "\n", "\t", "\x1b", "\x85", "\u2028", "\u202e", "\u200b", "\ud800", "\ufffd"]
)
def test_a_name_holds_no_characters_nobody_sees(bad: str) -> None:
    days = [{"date": "2027-01-01", "name": f"元{bad}旦", "isOffDay": True}]
    assert _wrong(json.dumps({"year": 2027, "days": days}), "json") == [("/days/0/name", "bad_text")]
    if bad != "\ufffd":
        assert _wrong(f'date,name,off\n2027-01-01,"元{bad}旦",是\n', "csv")[0][1] == "bad_text"


def test_a_second_column_of_one_kind_is_refused() -> None:
    assert _wrong("date,日期,name,off\n2026-01-01,2026-01-02,元旦,是\n", "csv") == [
        ("/head/date", "duplicate")
    ]


def test_a_calendar_without_holidays_takes_no_notice() -> None:
    with pytest.raises(NoticeNotObserved) as refused:
        notice.apply(msgspec.structs.replace(BODY, statutory=""), SHORT)
    assert "cn_working" in refused.value.text("zh") and "cn_working" in refused.value.text("en")


def test_everything_wrong_in_a_csv_is_said_with_its_line() -> None:
    text = (
        "日期,名称,是否休息\n2027-02-30,春节,是\n2027-02-06,,是\n2027-02-07,春节,也许\n2027-02-06,春节,是\n"
        f"明天,{'长' * 101},\n2027-02-08\n"
    )
    assert _wrong(text, "csv") == [
        ("/rows/2/date", "pattern"),
        ("/rows/3/name", "missing"),
        ("/rows/4/off", "choice"),
        ("/rows/5/date", "duplicate"),
        ("/rows/6/date", "pattern"),
        ("/rows/6/name", "too_long"),
        ("/rows/6/off", "missing"),
        ("/rows/7/name", "missing"),
        ("/rows/7/off", "missing"),
    ]


def test_everything_wrong_in_a_json_is_said_with_its_place() -> None:
    days = [
        {"name": "元旦", "date": "2027-13-01", "isOffDay": True},
        {"name": 5, "date": 20270101, "isOffDay": "perhaps"},
        "2027-01-01",
        {"name": "a\x00b", "date": "2027-01-03", "isOffDay": True},
        {"name": "元旦"},
    ]
    assert _wrong(json.dumps({"year": "2027", "papers": "x", "days": days}), "json") == [
        ("/year", "pattern"),
        ("/papers", "type"),
        ("/days/2", "type"),
        ("/days/0/date", "pattern"),
        ("/days/1/date", "pattern"),
        ("/days/1/name", "missing"),
        ("/days/1/isOffDay", "choice"),
        ("/days/3/name", "bad_text"),
        ("/days/4/date", "missing"),
        ("/days/4/isOffDay", "missing"),
    ]


@pytest.mark.parametrize(
    ("text", "form", "wrong"),
    [
        ("[1]", "json", [("", "type")]),
        ('{"year": 2027}', "json", [("/days", "missing")]),
        ('{"days": {}}', "json", [("/year", "missing"), ("/days", "type")]),
        ('{"year": 2027, "days": []}', "json", [("/days", "too_few")]),
        ('{"year": true, "days": []}', "json", [("/year", "pattern"), ("/days", "too_few")]),
        ("", "csv", [("", "missing")]),
        ("\n\n", "csv", [("", "missing")]),
        ("date,name,off\n", "csv", [("/rows", "too_few")]),
        ("when,name\n2027-01-01,元旦\n", "csv", [("/head/date", "missing"), ("/head/off", "missing")]),
    ],
)
def test_what_is_no_notice_is_refused(text: str, form: Form, wrong: list[tuple[str, str]]) -> None:
    assert _wrong(text, form) == wrong


def test_days_of_another_year_are_refused() -> None:
    days = [
        {**d, "date": on}
        for d, on in zip(FILE["days"], ("2026-11-30", "2028-01-01", "2027-12-31"), strict=True)
    ]
    assert _wrong(json.dumps({**FILE, "days": days}), "json") == [
        ("/days/0/date", "too_small"),
        ("/days/1/date", "too_big"),
    ]


def test_a_notice_longer_than_a_year_is_refused() -> None:
    rows = "".join(f"{date(2027, 1, 1) + timedelta(days=i % 365)},元旦,是\n" for i in range(401))
    assert _wrong(f"date,name,off\n{rows}", "csv") == [("/rows", "too_many")]
    days = [{"date": "x"}] * 100_000
    assert _wrong(json.dumps({"year": 2027, "days": days}), "json") == [("/days", "too_many")]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    cases: list[tuple[str, Form]] = [(text, "json"), (text, "csv"), (f"date,name,off\n{text},x", "csv")]
    for written, form in cases:
        with pytest.raises((BadNotice, NoticeNotCsv, NoticeNotJson, NoticeNotUtf8)):
            notice.parse(written, form)


def test_a_notice_replaces_what_was_held_of_its_year() -> None:
    after = notice.apply(BODY, SHORT)
    assert [(d.on, d.kind) for d in after.days] == [
        (date(2026, 10, 1), "holiday"),
        (date(2026, 12, 31), "holiday"),
        (date(2027, 1, 1), "holiday"),
        (date(2027, 1, 9), "makeup"),
        (date(2027, 3, 1), "override"),
    ]
    assert after.years == (2026, 2027) and business.problems(after) == []
    assert after.days[3].segments == HOURS, "as on a Monday"
    assert notice.apply(BODY, SHORT, MORNING).days[3].segments == MORNING
    assert notice.apply(after, SHORT) == after, "once more changes nothing"


def test_a_corrected_notice_takes_back_its_december_days_and_no_other_notices() -> None:
    corrected = msgspec.structs.replace(SHORT, days=SHORT.days[1:])
    again = notice.apply(notice.apply(BODY, SHORT), corrected)
    assert date(2026, 12, 31) not in {d.on for d in again.days}
    year_before = Notice(year=2026, days=(NoticeDay(on=date(2026, 5, 1), name="劳动节", off=True),))
    kept = notice.apply(notice.apply(BODY, SHORT), year_before)
    assert date(2026, 12, 31) in {d.on for d in kept.days}, "that of 2027 stays"
    assert date(2026, 10, 1) not in {d.on for d in kept.days}


def test_what_the_desk_decided_for_a_day_stays() -> None:
    told = Notice(year=2027, days=(NoticeDay(on=date(2027, 3, 1), name="某日", off=False),))
    assert notice.apply(BODY, told).days[-1] == BODY.days[-1]


def test_make_up_days_of_a_calendar_closed_on_mondays_have_hours() -> None:
    closed = msgspec.structs.replace(BODY, week=((), MORNING, *(HOURS,) * 5))
    assert notice.apply(closed, SHORT).days[3].segments == MORNING


def test_the_difference_is_what_counts_otherwise() -> None:
    assert notice.difference(BODY, notice.apply(BODY, SHORT)) == [
        DayChange(on=date(2026, 12, 31), before="09:00–12:00 13:30–18:00", after="", name="元旦"),
        DayChange(on=date(2027, 1, 9), before="", after="09:00–12:00 13:30–18:00", name="元旦"),
        DayChange(on=date(2027, 2, 5), before="", after="09:00–12:00 13:30–18:00", name="春节"),
    ]
    assert notice.difference(BODY, BODY) == []
    weekend = Notice(year=2027, days=(NoticeDay(on=date(2027, 1, 1), name="元旦", off=True),))
    named = msgspec.structs.replace(
        weekend, days=(*weekend.days, NoticeDay(on=date(2027, 1, 2), name="元旦", off=True))
    )
    assert notice.difference(notice.apply(BODY, weekend), notice.apply(BODY, named)) == [], (
        "Saturday was off before"
    )


def test_a_queues_difference_is_told_where_it_is_its_own() -> None:
    def with_queue(body: CalendarBody, *days: Day) -> CalendarBody:
        return msgspec.structs.replace(body, queues=(Difference(queue="FRAUD", days=days),))

    watch = Day(on=date(2026, 12, 31), kind="override", name="值守", segments=(Segment(start=0, end=1440),))
    free = Day(on=date(2026, 11, 26), kind="override", name="培训")
    changes = notice.difference(with_queue(BODY, watch), with_queue(notice.apply(BODY, SHORT), watch, free))
    assert [(c.queue, c.on, c.before, c.after) for c in changes if c.queue] == [
        ("FRAUD", date(2026, 11, 26), "09:00–12:00 13:30–18:00", "")
    ]
    assert next(c.on for c in changes if not c.queue) == date(2026, 12, 31)
    gone = notice.difference(with_queue(BODY, watch), BODY)
    assert [(c.queue, c.before, c.name) for c in gone] == [("FRAUD", "00:00–24:00", "值守")]
