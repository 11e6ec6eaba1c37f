"""Calendars over HTTP: read, a notice tried, previewed, proposed, decided."""

from typing import Annotated

import msgspec

from bihuan.core.http import Call, operation
from bihuan.core.problems import Invalid, NotFound
from bihuan.sla import calendars, notice, preview, store, views
from bihuan.sla.asked import VERSION, asked_version, path_version
from bihuan.sla.calendars import ApproveCalendar, ProposeCalendar, RefuseCalendar, RollBackCalendar
from bihuan.sla.model import CalendarBody, Code
from bihuan.sla.notice import BadNotice, Form
from bihuan.sla.permissions import SLA_APPROVE, SLA_MANAGE, SLA_READ
from bihuan.sla.views import CalendarPreview, CalendarRow, CalendarVersion, CalendarView, Noticed


class ImportNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A yearly notice as text: JSON (`{year, papers, days: [{name, date, isOffDay}]}`) or CSV (`date,name,off`)."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200_000)]
    format: Form = "json"


class PreviewCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar as it might be."""

    body: CalendarBody


@operation(
    "GET", "/sla/calendars", zh="工作日历", en="Calendars", permission=SLA_READ, gives=list[CalendarRow]
)
async def get_calendars(call: Call) -> list[CalendarRow]:
    """Every calendar."""
    return views.calendar_rows(await store.book(call.work, fresh=True), call.language)


@operation(
    "GET",
    "/sla/calendars/{code}",
    zh="工作日历详情",
    en="A calendar",
    permission=SLA_READ,
    gives=CalendarView,
    query=(VERSION,),
)
async def get_calendar(call: Call) -> CalendarView:
    """One calendar with its versions."""
    return views.calendar_view(
        await store.book(call.work, fresh=True), call.path["code"], asked_version(call)
    )


@operation(
    "POST",
    "/sla/calendars/{code}/notice",
    zh="试读年度放假通知",
    en="Read a yearly notice",
    permission=SLA_MANAGE,
    takes=ImportNotice,
    gives=Noticed,
)
async def post_notice(call: Call) -> Noticed:
    """What an import would make of the calendar; nothing is written."""
    view = views.calendar_view(await store.book(call.work, fresh=True), call.path["code"], None)
    try:
        told = notice.parse(call.body.text, call.body.format)
    except BadNotice as bad:
        # What is wrong stands inside the text.
        fields = [msgspec.structs.replace(p, pointer=f"/text{p.pointer}") for p in bad.fields]
        raise BadNotice(fields=fields, count=len(fields)) from bad
    body = notice.apply(view.body, told)
    return Noticed(year=told.year, body=body, changes=notice.difference(view.body, body))


@operation(
    "POST",
    "/sla/calendars/{code}/preview",
    zh="预览日历变更",
    en="Preview a calendar",
    permission=SLA_MANAGE,
    takes=PreviewCalendar,
    gives=CalendarPreview,
)
async def post_calendar_preview(call: Call) -> CalendarPreview:
    """Days and running clocks it would change; nothing is written."""
    view = views.calendar_view(await store.book(call.work, fresh=True), call.path["code"], None)
    if wrong := calendars.problems(view.code, call.body.body):
        raise Invalid(fields=wrong)
    return await _calendar_preview(call, call.body.body)


@operation(
    "GET",
    "/sla/calendars/{code}/versions/{version}/preview",
    zh="预览待复核的日历",
    en="Preview a proposed calendar",
    permission=SLA_MANAGE,
    gives=CalendarPreview,
)
async def get_calendar_preview(call: Call) -> CalendarPreview:
    """Days and running clocks a version would change."""
    view = views.calendar_view(await store.book(call.work, fresh=True), call.path["code"], path_version(call))
    return await _calendar_preview(call, view.body)


@operation(
    "POST",
    "/sla/calendars/{code}/versions",
    zh="提出日历变更",
    en="Propose a calendar",
    permission=SLA_MANAGE,
    takes=ProposeCalendar,
    gives=CalendarVersion,
    status=201,
    sends=True,
)
async def post_calendar_version(call: Call) -> CalendarVersion:
    """Propose a version, or the first of a new calendar; a second person approves it."""
    code = _new_code(call)
    return views.calendar_version(await calendars.propose(call.work, call.actor, code, call.body))


@operation(
    "POST",
    "/sla/calendars/{code}/versions/{version}/approve",
    zh="复核通过",
    en="Approve a calendar",
    permission=SLA_APPROVE,
    takes=ApproveCalendar,
    gives=CalendarVersion,
    sends=True,
)
async def post_approve(call: Call) -> CalendarVersion:
    """It holds from now on. Never by the one who proposed it."""
    done = await calendars.approve(call.work, call.actor, call.path["code"], path_version(call), call.body)
    return views.calendar_version(done)


@operation(
    "POST",
    "/sla/calendars/{code}/versions/{version}/refuse",
    zh="复核不通过",
    en="Refuse a calendar",
    permission=SLA_APPROVE,
    takes=RefuseCalendar,
    gives=CalendarVersion,
    sends=True,
)
async def post_refuse(call: Call) -> CalendarVersion:
    """It will not hold. Never by the one who proposed it."""
    done = await calendars.refuse(call.work, call.actor, call.path["code"], path_version(call), call.body)
    return views.calendar_version(done)


@operation(
    "POST",
    "/sla/calendars/{code}/roll-back",
    zh="退回到先前版本",
    en="Roll a calendar back",
    permission=SLA_MANAGE,
    takes=RollBackCalendar,
    gives=CalendarVersion,
    status=201,
    sends=True,
)
async def post_roll_back(call: Call) -> CalendarVersion:
    """Propose an older version again; a second person approves it."""
    return views.calendar_version(
        await calendars.roll_back(call.work, call.actor, call.path["code"], call.body)
    )


async def _calendar_preview(call: Call, body: CalendarBody) -> CalendarPreview:
    book = await store.book(call.work, fresh=True)
    current = book.current_calendars().get(body.code)
    if current is None:
        # Proposed for the first time: nothing runs by it, and everything about it is new.
        return CalendarPreview(changes=[], clocks=preview.PreviewCounts(), moves=[], capped=False)
    found = await preview.moves(call.work, preview.of_calendar(book, body, call.language))
    return CalendarPreview(
        changes=notice.difference(book.calendar_body(body.code, current), body),
        clocks=found.clocks,
        moves=found.moves,
        capped=found.capped,
    )


def _new_code(call: Call) -> str:
    """Raises NotFound where nothing could have this code."""
    try:
        return msgspec.convert(call.path["code"], Code)
    except msgspec.ValidationError as error:
        raise NotFound from error
