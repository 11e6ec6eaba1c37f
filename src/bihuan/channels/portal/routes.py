"""A customer's tickets over HTTP: the list, one of them, and what the customer can do about it."""

from uuid import UUID

from bihuan import tickets
from bihuan.casetypes import store
from bihuan.channels.portal.limits import of_nudges, spend
from bihuan.channels.portal.model import (
    PortalMessage,
    PortalPage,
    PortalRate,
    PortalTicket,
    PortalWithdraw,
)
from bihuan.channels.portal.shows import again, history_of, look, show, show_row, visible_files
from bihuan.core.http import Answer, Call, Query, operation
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.tickets import Check, Done, NudgeTicket, Rate, Receive, TakeBack, Ticket, Upload

_MOST = 50


@operation(
    "GET", "/portal/tickets", zh="我的工单", en="My tickets", permission=None, asks="customer", gives=PortalPage,
    query=(
        Query(name="after", schema={"type": "string", "format": "uuid"}, zh="上一页的 next", en="`next` of the page before"),
        Query(name="limit", schema={"type": "integer", "minimum": 1, "maximum": _MOST}, zh="每页行数", en="Rows a page"),
    ),
)  # fmt: skip
async def get_tickets(call: Call) -> PortalPage:
    """The customer's tickets, newest first."""
    most = max(1, call.number("limit", default=20, most=_MOST))
    found = await tickets.own_tickets(call.work, call.actor, before=_after(call), most=most + 1)
    rows = found[:most]
    items = [await show_row(call.work, row, call.language) for row in rows]
    return PortalPage(items=items, next=str(rows[-1].id) if len(found) > most else None)


def _after(call: Call) -> UUID | None:
    text = call.query.get("after")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        problem = FieldProblem(pointer="/after", code="type", params={"expected": "cursor"})
        raise Invalid(fields=[problem]) from error


@operation(
    "GET", "/portal/tickets/{id}", zh="我的工单详情", en="One of my tickets", permission=None, asks="customer",
    gives=PortalTicket,
)  # fmt: skip
async def get_ticket(call: Call) -> PortalTicket:
    """One ticket by id or number. That the customer saw it is in the customer's stream."""
    return await look(call, await _own(call))


@operation(
    "POST", "/portal/tickets/{id}/messages", zh="补充留言", en="Say more", permission=None, asks="customer",
    takes=PortalMessage, gives=PortalTicket, status=201, sends=True, again=again,
)  # fmt: skip
async def post_message(call: Call) -> PortalTicket:
    """Say more. A ticket that waits for the customer goes on; one that was done comes back."""
    ticket = await _own(call)
    await spend(call, "messages")
    said = Receive(body=call.body.body, channel="portal")
    return await _done(call, await tickets.receive(call.work, call.actor, ticket.id, said))


@operation(
    "POST", "/portal/tickets/{id}/attach", zh="上传材料", en="Send files", permission=None, asks="customer",
    gives=PortalTicket, status=201, form=True, sends=True, again=again,
    query=(Query(name="evidence", schema={"type": "string"}, zh="对应的证据材料代码", en="Which evidence it is"),),
)  # fmt: skip
async def post_attach(call: Call) -> PortalTicket:
    """Files by multipart/form-data; with `evidence` that item is at hand from now on."""
    ticket = await _own(call)
    if not call.files:
        raise Invalid(fields=[FieldProblem(pointer="/files", code="missing")])
    code = call.query.get("evidence")
    if code:
        await _must_be_theirs(call, ticket, code)
    await spend(call, "files", many=len(call.files))
    uploads = [Upload(name=f.name, content=f.content) for f in call.files]
    done = await tickets.attach(
        call.work, call.actor, ticket.id, uploads, tickets.store_of(call.desk.settings)
    )
    if code:
        seen = Check(version=done.ticket.head_seq, evidence=[code])
        done = await tickets.check_off(call.work, call.actor, ticket.id, seen)
    return await _done(call, done)


async def _must_be_theirs(call: Call, ticket: Ticket, code: str) -> None:
    """An item of evidence that customers bring. Raises Invalid naming those there are."""
    loaded = await store.version(call.work, ticket.case_type, ticket.case_type_version)
    theirs = sorted(item.code for item in loaded.case_type.evidence if item.by == "customer")
    if code not in theirs:
        problem = FieldProblem(pointer="/evidence", code="choice", params={"choices": ", ".join(theirs)})
        raise Invalid(fields=[problem])


@operation(
    "GET", "/portal/tickets/{id}/attachments/{file}", zh="下载我的材料", en="One of my files", permission=None,
    asks="customer", gives=bytes,
)  # fmt: skip
async def get_attachment(call: Call) -> Answer:
    """A file, as a download; only one that the customer may see."""
    ticket, file_id = await _own(call), call.id("file")
    asked = [file for file in await tickets.attachments(call.work, ticket.id) if file.id == file_id]
    if not visible_files(await history_of(call.work, ticket.id, [file.seq for file in asked]), asked):
        raise NotFound
    file, content = await tickets.content(
        call.work, call.actor, ticket.id, file_id, tickets.store_of(call.desk.settings)
    )
    told: dict[str, object] = {"ticket": str(ticket.id), "attachment": str(file.id)}
    await tickets.record_look(call.work, call.actor, "attachment.read", told)
    return Answer(content=content, media_type=file.content_type, headers=tickets.download_headers(file.name))


@operation(
    "POST", "/portal/tickets/{id}/nudge", zh="催办", en="Ask to hurry", permission=None, asks="customer",
    gives=PortalTicket, sends=True, again=again,
)  # fmt: skip
async def post_nudge(call: Call) -> PortalTicket:
    """Ask the desk to hurry, so often and no more; refused with when it may be done again."""
    ticket = await _own(call)
    limit = of_nudges(call.desk.settings)
    return await _done(
        call, await tickets.nudge(call.work, call.actor, ticket.id, NudgeTicket(), limit=limit)
    )


@operation(
    "POST", "/portal/tickets/{id}/withdraw", zh="撤回工单", en="Take a ticket back", permission=None, asks="customer",
    takes=PortalWithdraw, gives=PortalTicket,
)  # fmt: skip
async def post_withdraw(call: Call) -> PortalTicket:
    """Take it back, in one's own words."""
    ticket = await _own(call)
    command = TakeBack(reason=call.body.reason)
    return await _done(call, await tickets.take_back(call.work, call.actor, ticket.id, command))


@operation(
    "POST", "/portal/tickets/{id}/rate", zh="评价", en="Rate", permission=None, asks="customer", takes=PortalRate,
    gives=PortalTicket,
)  # fmt: skip
async def post_rate(call: Call) -> PortalTicket:
    """Rate how it was solved: once each time it was."""
    ticket = await _own(call)
    command = Rate(score=call.body.score, comment=call.body.comment)
    return await _done(call, await tickets.rate(call.work, call.actor, ticket.id, command))


async def _own(call: Call) -> Ticket:
    """The ticket of the path, if it is the customer's. Raises NotFound."""
    return await tickets.find_ticket(call.work, call.actor, call.path["id"])


async def _done(call: Call, done: Done) -> PortalTicket:
    return await show(call.work, call.actor, done.ticket, tickets.notices(done.destroyed, call.language))
