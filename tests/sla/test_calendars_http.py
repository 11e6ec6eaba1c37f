"""Calendars over HTTP: read, a notice tried, previewed on running clocks, proposed, approved by a second person."""

import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg import sql

from bihuan import sla
from bihuan.core import clock, ids
from bihuan.sla import CalendarBody, Limit, preview
from tests.conftest import House, figure
from tests.sla.timed import (
    Json,
    body_of,
    clocks_by,
    differing,
    events_of,
    ok,
    refused,
    shipped,
    ticket_with,
)

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
CN = "/sla/calendars/cn_working"
#: A Wednesday afternoon in Shanghai, a working day before and after it.
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
NOTICE = {
    "year": 2027,
    "papers": ["http://www.gov.cn/zhengce/2026.htm"],
    "days": [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
        {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
        {"name": "元旦", "date": "2026-12-26", "isOffDay": False},
        {"name": "春节", "date": "2027-02-05", "isOffDay": True},
    ],
}
AS_JSON: Json = {"text": msgspec.json.encode(NOTICE).decode(), "format": "json"}


@pytest.fixture
async def timed(house: House) -> House:
    return await shipped(house)


async def _changed(timed: House, day: str = "2026-11-26") -> Json:
    """The calendar with one more day off."""
    body = await body_of(await timed.client(), "calendars", "cn_working")
    off = {"on": day, "kind": "override", "name": "系统割接", "segments": []}
    return {**body, "days": [*body["days"], off]}


async def _proposed(timed: House, **more: Any) -> Json:
    command = {"body": await _changed(timed), "note": "系统割接停一天", **more}
    return dict(await ok(await timed.client(), "POST", f"{CN}/versions", command))


async def _started(timed: House, **changes: Any) -> UUID:
    """A ticket whose clock has three working days from NOW."""
    limit = Limit(amount=3, unit="working_day", calendar="cn_working")
    [one] = await clocks_by(timed, "cn_working", limit, NOW)
    return await ticket_with(timed, differing(one, **changes))


async def test_the_list(timed: House) -> None:
    rows = await ok(await timed.client("agent"), "GET", "/sla/calendars")
    assert [(r["code"], r["version"], r["state"]) for r in rows] == [
        ("around_the_clock", 1, "current"), ("cn_working", 1, "current"), ("service_hours", 1, "current"),
    ]  # fmt: skip
    found = next(r for r in rows if r["code"] == "cn_working")
    assert (found["statutory"], found["years"]) == ("CN", [2024, 2025, 2026])
    assert found["provisional_from"] == 2027
    assert found["proposed"] is None
    english = await ok(
        await timed.client("agent"), "GET", "/sla/calendars", headers={"accept-language": "en"}
    )
    assert english[0]["title"] == "Around the clock (with night duty)"


async def test_one_calendar_and_its_versions(timed: House) -> None:
    client = await timed.client()
    view = await ok(client, "GET", CN)
    assert (view["version"], view["current"]["version"], len(view["versions"])) == (1, 1, 1)
    assert len(view["body"]["week"]) == 7
    await _proposed(timed)
    assert [v["state"] for v in (await ok(client, "GET", CN))["versions"]] == ["proposed", "current"]
    second = await ok(client, "GET", f"{CN}?version=2")
    assert (second["version"], second["body"]["days"][-1]["name"]) == (2, "系统割接")
    for path in (f"{CN}?version=9", "/sla/calendars/nowhere"):
        assert (await client.get(path)).status_code == 404


async def test_a_notice_is_tried_before_anything_is_written(timed: House) -> None:
    client = await timed.client()
    told = await ok(client, "POST", f"{CN}/notice", AS_JSON)
    changes = {c["on"]: (c["before"], c["after"]) for c in told["changes"]}
    assert changes["2026-12-31"] == ("09:00–12:00 13:00–18:00", "")
    assert changes["2026-12-26"] == ("", "09:00–12:00 13:00–18:00"), "a December day of next year's notice"
    assert (told["year"], told["body"]["years"]) == (2027, [2024, 2025, 2026, 2027])
    assert len((await ok(client, "GET", CN))["versions"]) == 1
    csv = (
        "日期,名称,是否休息\n2027-01-01,元旦,是\n2026-12-31,元旦,休\n2026-12-26,元旦,班\n2027-02-05,春节,是\n"
    )
    same = await ok(client, "POST", f"{CN}/notice", {"text": csv, "format": "csv"})
    assert same["body"] == told["body"]


async def test_a_notice_that_is_wrong_names_every_row(timed: House) -> None:
    client = await timed.client()
    days = [{"name": "", "date": "2027-13-01", "isOffDay": True}, {"name": "元旦", "date": "2027-01-01"}]
    text = msgspec.json.encode({"year": 2027, "days": days}).decode()
    pointers = await refused(client, f"{CN}/notice", {"text": text, "format": "json"}, 422, "BadNotice")
    assert set(pointers) == {"/text/days/0/date", "/text/days/0/name", "/text/days/1/isOffDay"}
    pointers = await refused(client, f"{CN}/notice", {"text": "x", "format": "pdf"}, 422, "Invalid")
    assert pointers == ["/format"]


async def test_a_notice_that_cannot_be_read_says_why(timed: House) -> None:
    client = await timed.client()
    for text, form, title in (
        ("date,name,off\n2025-12-31,元旦,是", "csv", "NoticeYearUnclear"),
        ("日期,名称,放假\n2027-01-01,\ufffd\ufffd,是", "csv", "NoticeNotUtf8"),
        ('{"year": 2027,', "json", "NoticeNotJson"),
        ('date,name,off\n2027-01-01,"元旦,是', "csv", "NoticeNotCsv"),
    ):
        assert await refused(client, f"{CN}/notice", {"text": text, "format": form}, 422, title) == []
    far = {"text": "date,name,off\n0001-05-01,a,是", "format": "csv"}
    assert await refused(client, f"{CN}/notice", far, 422, "BadNotice") == ["/text/rows/2/date"]


async def test_a_calendar_around_the_clock_takes_no_notice(timed: House) -> None:
    path = "/sla/calendars/around_the_clock/notice"
    assert await refused(await timed.client(), path, AS_JSON, 422, "NoticeNotObserved") == []


async def test_days_that_an_import_takes_away_are_told(timed: House) -> None:
    text = "date,name,off\n2026-05-01,劳动节,是\n"
    told = await ok(await timed.client(), "POST", f"{CN}/notice", {"text": text, "format": "csv"})
    changes = {c["on"]: c["after"] for c in told["changes"]}
    assert changes["2026-10-01"] == "09:00–12:00 13:00–18:00" and changes["2026-10-10"] == ""
    assert "2026-05-01" not in changes


async def test_a_preview_tells_which_clocks_move_and_by_how_much(timed: House) -> None:
    with clock.travel(NOW):
        moved = await _started(timed)
        await _started(timed, stopped_at=NOW, stopped_by="ticket.resolved")
        await _started(timed, calendar="service_hours")
        told = await ok(await timed.client(), "POST", f"{CN}/preview", {"body": await _changed(timed)})
    assert told["changes"] == [
        {
            "on": "2026-11-26",
            "before": "09:00–12:00 13:00–18:00",
            "after": "",
            "name": "系统割接",
            "queue": "",
        }
    ]
    assert told["clocks"] == {
        "open": 1, "moved": 1, "earlier": 0, "later": 1, "provisional": 0, "breached_by_it": 0, "ended": 0,
        "unknown": 0,
    }  # fmt: skip
    # Thursday to Monday becomes Friday to Tuesday: 24:00 on the third working day.
    assert told["moves"] == [
        {
            "ticket_id": str(moved), "kind": "limit", "title": "limit", "due_before": "2026-11-30T16:00:00Z",
            "due_after": "2026-12-01T16:00:00Z", "seconds": 86400,
        }
    ]  # fmt: skip
    assert told["capped"] is False


async def test_a_preview_counts_what_would_be_late_at_once(timed: House) -> None:
    body = await body_of(await timed.client(), "calendars", "cn_working")
    saturday = {
        "on": "2026-11-28",
        "kind": "makeup",
        "name": "加班",
        "segments": [{"start": 540, "end": 1080}],
    }
    later = datetime(2026, 11, 29, 8, tzinfo=UTC)
    with clock.travel(NOW):
        await _started(timed)
    with clock.travel(later):
        told = await ok(
            await timed.client(),
            "POST",
            f"{CN}/preview",
            {"body": {**body, "days": [*body["days"], saturday]}},
        )
    assert (told["clocks"]["earlier"], told["clocks"]["breached_by_it"]) == (1, 1)


async def test_the_largest_moves_come_first(timed: House) -> None:
    body = await body_of(await timed.client(), "calendars", "cn_working")
    days = [
        *body["days"],
        *({"on": f"2026-11-{d}", "kind": "override", "name": "停", "segments": []} for d in (26, 27)),
    ]
    limits = [Limit(amount=n, unit="working_day", calendar="cn_working") for n in (1, 2, 3)]
    for limit in limits:
        for one in await clocks_by(timed, "cn_working", limit, NOW):
            await ticket_with(timed, one)
    with clock.travel(NOW):
        told = await ok(await timed.client(), "POST", f"{CN}/preview", {"body": {**body, "days": days}})
    seconds = [m["seconds"] for m in told["moves"]]
    assert seconds == sorted(seconds, reverse=True)
    assert told["clocks"]["moved"] == len(seconds) == 3


async def test_a_second_person_approves(timed: House) -> None:
    proposed = await _proposed(timed)
    assert (proposed["version"], proposed["state"], proposed["origin"]) == (2, "proposed", "edited")
    at = f"{CN}/versions/2/approve"
    assert (await ok(await timed.client(), "GET", CN))["current"]["version"] == 1
    admin = await timed.client("admin")
    told = await ok(admin, "POST", at, {})
    assert (told["state"], told["decided_by"]) == ("current", str(timed.people["admin"]))
    view = await ok(admin, "GET", CN)
    assert [v["state"] for v in view["versions"]] == ["current", "past"]
    assert await refused(admin, at, {}, 409, "AlreadyDecided") == []
    [change] = await ok(admin, "GET", "/sla/changes")
    assert (change["what"], change["code"], change["version"]) == ("calendar", "cn_working", 2)
    assert (change["scope"], change["moved"], change["done_at"]) == ("provisional", 0, None)
    kinds = ("calendar.proposed", "calendar.approved")
    assert [e.kind for e in await events_of(timed, kinds)] == list(kinds)


async def test_nobody_approves_what_they_proposed(timed: House) -> None:
    admin = await timed.client("admin")
    await ok(admin, "POST", f"{CN}/versions", {"body": await _changed(timed), "note": "自己提出"})
    for verb, body in (("approve", {}), ("refuse", {"note": "自己拒绝"})):
        assert await refused(admin, f"{CN}/versions/2/{verb}", body, 409, "SamePerson") == []
    assert (await ok(admin, "GET", CN))["versions"][0]["state"] == "proposed"
    assert await ok(admin, "GET", "/sla/changes") == []


@pytest.mark.parametrize(
    ("asked", "decided", "scope"), [(True, None, "all"), (False, True, "all"), (True, False, "provisional")]
)
async def test_whether_running_clocks_move_is_asked(
    timed: House, asked: bool, decided: bool | None, scope: str
) -> None:
    await _proposed(timed, move_running=asked)
    admin = await timed.client("admin")
    told = await ok(
        admin, "POST", f"{CN}/versions/2/approve", {} if decided is None else {"move_running": decided}
    )
    assert told["move_running"] is (scope == "all")
    assert [c["scope"] for c in await ok(admin, "GET", "/sla/changes")] == [scope]


async def test_a_proposal_is_refused_with_a_reason(timed: House) -> None:
    await _proposed(timed)
    admin = await timed.client("admin")
    told = await ok(admin, "POST", f"{CN}/versions/2/refuse", {"note": "日期不对"})
    assert told["state"] == "refused"
    assert (await ok(admin, "GET", CN))["current"]["version"] == 1
    assert await refused(admin, f"{CN}/versions/2/approve", {}, 409, "AlreadyDecided") == []
    [event] = await events_of(timed, ("calendar.refused",))
    assert event.data["note"] == "日期不对"


async def test_what_was_proposed_before_another_was_approved_is_proposed_anew(timed: House) -> None:
    await _proposed(timed)
    await _proposed(timed)
    admin = await timed.client("admin")
    await ok(admin, "POST", f"{CN}/versions/3/approve", {})
    assert await refused(admin, f"{CN}/versions/2/approve", {}, 409, "LaterVersionHolds") == []


async def test_rolling_back_is_a_proposal_too(timed: House) -> None:
    await _proposed(timed)
    admin, client = await timed.client("admin"), await timed.client()
    assert await refused(
        client, f"{CN}/roll-back", {"to_version": 2, "note": "还没生效"}, 422, "Invalid"
    ) == ["/to_version"]
    await ok(admin, "POST", f"{CN}/versions/2/approve", {})
    told = await ok(client, "POST", f"{CN}/roll-back", {"to_version": 1, "note": "割接取消"})
    assert (told["version"], told["origin"], told["state"]) == (3, "rolled_back", "proposed")
    await ok(admin, "POST", f"{CN}/versions/3/approve", {})
    view = await ok(client, "GET", CN)
    assert view["current"]["version"] == 3
    assert view["body"] == (await ok(client, "GET", f"{CN}?version=1"))["body"]
    assert (
        await refused(
            client, "/sla/calendars/nowhere/roll-back", {"to_version": 1, "note": "没有"}, 404, "NotFound"
        )
        == []
    )


async def test_a_calendar_of_ones_own(timed: House) -> None:
    client, admin = await timed.client(), await timed.client("admin")
    body = {**await body_of(client, "calendars", "service_hours"), "code": "night_desk"}
    at = "/sla/calendars/night_desk"
    assert await refused(
        client, f"{at}/versions", {"body": {**body, "code": "x"}, "note": "夜班"}, 422, "Invalid"
    ) == ["/body/code"]
    told = await ok(client, "POST", f"{at}/versions", {"body": body, "note": "夜班"})
    assert (told["version"], told["state"]) == (1, "proposed")
    assert (await ok(client, "GET", at))["current"] is None
    await ok(admin, "POST", f"{at}/versions/1/approve", {})
    assert await ok(admin, "GET", "/sla/changes") == [], "nothing runs by what is new"
    assert (await ok(client, "GET", at))["current"]["version"] == 1


async def test_everything_wrong_is_named(timed: House) -> None:
    body = await body_of(await timed.client(), "calendars", "cn_working")
    week = [
        [{"start": 600, "end": 540}],
        [{"start": 0, "end": 60}, {"start": 30, "end": 90}],
        *body["week"][2:],
    ]
    days = [{"on": "2026-12-01", "kind": "holiday", "name": "值班 13800138000"}] * 2
    wrong = {**body, "zone": "Asia/Nowhere", "week": week, "days": days}
    pointers = await refused(
        await timed.client(), f"{CN}/versions", {"body": wrong, "note": "错"}, 422, "Invalid"
    )
    assert pointers == ["/note"], "what cannot be read is named first"
    pointers = await refused(
        await timed.client(), f"{CN}/versions", {"body": wrong, "note": "错误"}, 422, "Invalid"
    )
    assert set(pointers) == {
        "/body/zone", "/body/week/0/0/end", "/body/week/1/1/start", "/body/days/1/on", "/body/days/0/name",
        "/body/days/1/name",
    }  # fmt: skip
    assert pointers == await refused(await timed.client(), f"{CN}/preview", {"body": wrong}, 422, "Invalid")
    misspelt = {**body, "weeks": []}
    assert await refused(
        await timed.client(), f"{CN}/versions", {"body": misspelt, "note": "拼错"}, 422, "Invalid"
    ) == ["/body/weeks"]


async def test_a_note_holds_nobodys_number(timed: House) -> None:
    told = await _proposed(timed, note="联系 13800138000 确认")
    assert "13800138000" not in told["note"]
    [event] = await events_of(timed, ("calendar.proposed",))
    assert "13800138000" not in str(event.data)


async def test_a_proposal_sent_twice_is_one(timed: House) -> None:
    client = await timed.client()
    command = {"body": await _changed(timed), "note": "割接"}
    key = {"idempotency-key": "once"}
    first = await ok(client, "POST", f"{CN}/versions", command, headers=key)
    assert await ok(client, "POST", f"{CN}/versions", command, headers=key) == first
    assert len((await ok(client, "GET", CN))["versions"]) == 2


async def test_a_proposals_preview(timed: House) -> None:
    with clock.travel(NOW):
        await _started(timed)
        await _proposed(timed)
        told = await ok(await timed.client("admin"), "GET", f"{CN}/versions/2/preview")
    assert told["clocks"]["moved"] == 1
    for version in ("9", "x", str(ids.new_id())):
        assert (
            await (await timed.client("admin")).get(f"{CN}/versions/{version}/preview")
        ).status_code == 404


async def _many(timed: House, owner: psycopg.Connection, count: int) -> None:
    """So many running clocks, as copies of one. The sweep is never to follow them up: no ticket of life has so many."""
    with clock.travel(NOW):
        ticket_id = await _started(timed)
    names = [row[0] for row in owner.execute(
        "select attname from pg_attribute where attrelid = 'sla_clock'::regclass and attnum > 0 and not attisdropped"
        " and attname not in ('kind', 'next_at')"
    )]  # fmt: skip
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    owner.execute(
        sql.SQL(
            "insert into sla_clock (kind, {columns}) select 'copy_' || n, {columns} from sla_clock,"
            " generate_series(2, {count}) as n where tenant_id = {tenant} and ticket_id = {ticket} and kind = 'limit'"
        ).format(columns=columns, count=count, tenant=timed.tenant_id, ticket=ticket_id)
    )


async def _preview(timed: House, most: int) -> preview.Moves:
    async with timed.desk.database.work(timed.tenant_id) as work:
        book = await sla.book(work, fresh=True)
        body = msgspec.convert(await _changed(timed), CalendarBody)
        return await preview.moves(work, preview.of_calendar(book, body, "zh"), most=most)


@pytest.mark.parametrize(
    ("count", "most", "looked_at"),
    [(1000, 5000, 1000), (2500, 5000, 2500), (2500, 2500, 2500), (2500, 1200, 1200)],
)
async def test_a_preview_goes_through_all_of_them(
    timed: House, owner: psycopg.Connection, count: int, most: int, looked_at: int
) -> None:
    await _many(timed, owner, count)
    with clock.travel(NOW):
        told = await _preview(timed, most)
    assert (told.clocks.open, told.clocks.moved, told.capped) == (looked_at, looked_at, count > most)
    assert len({(m.ticket_id, m.kind) for m in told.moves}) == 100


@pytest.mark.long
async def test_a_preview_of_as_many_clocks_as_a_bank_has(timed: House, owner: psycopg.Connection) -> None:
    count = 100_000 if WHOLE else 10_000
    await _many(timed, owner, count)
    started = clock.perf()
    with clock.travel(NOW):
        told = await _preview(timed, preview.MOST)
    figure(f"preview of {count:,} running clocks: {clock.perf() - started:.1f} s")
    assert (told.clocks.moved, told.capped) == (count, False)
