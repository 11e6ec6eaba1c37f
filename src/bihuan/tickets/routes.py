"""Tickets over HTTP: what each operation needs, takes and gives."""

import asyncio
from typing import Any, get_args
from uuid import UUID

import msgspec
import psycopg

from bihuan import evidence
from bihuan.casetypes import store
from bihuan.core import clock, filters
from bihuan.core.actor import Actor
from bihuan.core.db import DatabaseBusy, Work
from bihuan.core.decode import decode_all
from bihuan.core.http import Call, Operation, Query, Run, add, operation
from bihuan.core.problems import FieldProblem, Invalid, Language, Problem
from bihuan.tickets import (
    audit_routes,
    file_routes,
    history,
    hit_routes,
    hold_routes,
    live_routes,
    look_routes,
    looks,
    own_routes,
    package_routes,
    reads,
    retention_routes,
    time_routes,
    verification_routes,
)
from bihuan.tickets.done import Done, notices
from bihuan.tickets.model import (
    Bulk,
    Entry,
    LinkView,
    OpenTicket,
    Page,
    TicketView,
    ValueSearch,
)
from bihuan.tickets.open import Opened, open_ticket, problems_of
from bihuan.tickets.reads import FILTERS, MOST_ROWS, Sort
from bihuan.tickets.side_rows import LATEST_CHECKS
from bihuan.tickets.state import PAYLOAD_CHECKS, ROW_CHECK
from bihuan.tickets.verbs import BULK, BY_NAME, EVIDENCE_READ, OPEN, READ, VERBS, Verb

__all__ = [
    "audit_routes",
    "file_routes",
    "hit_routes",
    "hold_routes",
    "live_routes",
    "look_routes",
    "own_routes",
    "package_routes",
    "retention_routes",
    "time_routes",
    "verification_routes",
]  # declared by being imported


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a bulk report: status as if sent alone; the problem where it was refused."""

    id: UUID
    status: int
    version: int | None = None
    problem: dict[str, Any] | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk change did."""

    done: int
    refused: int
    items: list[Reported]


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many tickets; `capped` where there are more than were counted."""

    count: int
    capped: bool
    sentence: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets in which a value stands, newest first."""

    ids: list[UUID]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a ticket's history; `next` is the number to go on after."""

    items: list[Entry]
    next: int | None


class EvidenceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a ticket's chain is sealed."""

    head_seq: int
    sealed_seq: int
    seal_no: int | None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as the desk wrote it."""

    stream: str
    seq: int
    kind: str


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found."""

    clean: bool
    events: int
    seals: int
    findings: list[Finding]


@operation(
    "POST", "/tickets", zh="新建工单", en="Open a ticket", permission=OPEN, takes=OpenTicket, gives=TicketView,
    status=201, sends=True, partial=True,
)  # fmt: skip
async def post_ticket(call: Call) -> TicketView:
    """Open a ticket; everything wrong with body, fields and customer is named in one answer."""
    assert call.decoded is not None
    if call.decoded.value is None:
        raise Invalid(fields=[*call.decoded.problems, *await _case_problems(call)])
    opened = await open_ticket(call.work, call.actor, call.decoded.value)
    return await _opened_view(call, opened)


async def _opened_view(call: Call, opened: Opened) -> TicketView:
    shown = await reads.view(call.work, call.actor, opened.ticket, opened.case_type, opened.clocks)
    return msgspec.structs.replace(
        shown,
        destroyed=list(opened.destroyed),
        notices=notices(opened.destroyed, call.language),
        duplicates=opened.duplicates,
    )


async def _case_problems(call: Call) -> list[FieldProblem]:
    """What the case type has to say of a body that could not be decoded whole."""
    assert call.decoded is not None
    raw = call.decoded.raw
    wrong = {p.pointer for p in call.decoded.problems}
    kept = {
        k: raw[k]
        for k in ("case_type", "fields", "elements", "evidence")
        if k in raw and f"/{k}" not in wrong
    }
    stand_in = decode_all(msgspec.json.encode({"title": "-", "description": "-", **kept}), OpenTicket)
    known = await store.current(call.work)
    if stand_in.value is None or stand_in.value.case_type not in known:
        return []
    _, problems = problems_of(stand_in.value, known[stand_in.value.case_type].case_type, clock.now())
    return problems


_LIST_QUERY = (
    Query(
        name="filter",
        schema={"type": "string", "maxLength": 20000},
        zh="筛选树（JSON）",
        en="Filter tree as JSON",
    ),
    Query(name="sort", schema={"enum": list(get_args(Sort))}, zh="排序", en="Sort"),
    Query(
        name="after",
        schema={"type": "string", "maxLength": 300},
        zh="上一页的 next",
        en="`next` of the page before",
    ),
    Query(
        name="limit",
        schema={"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
        zh="每页行数",
        en="Rows a page",
    ),
)


@operation(
    "GET", "/tickets", zh="工单列表", en="List tickets", permission=READ, gives=Page, query=_LIST_QUERY
)
async def get_tickets(call: Call) -> Page:
    """A page of tickets."""
    filter_ = filters.parse(call.query.get("filter", ""), FILTERS)
    sort: Any = call.one_of("sort", get_args(Sort))
    most = max(1, call.number("limit", default=50, most=MOST_ROWS))
    return await reads.find_tickets(
        call.work, call.actor, filter_, sort=sort, after=call.query.get("after", ""), most=most
    )


@operation(
    "GET",
    "/tickets/count",
    zh="工单计数",
    en="Count tickets",
    permission=READ,
    gives=Count,
    query=_LIST_QUERY[:1],
)
async def get_count(call: Call) -> Count:
    """How many tickets a filter finds, counted up to 10,000."""
    filter_ = filters.parse(call.query.get("filter", ""), FILTERS)
    count = await reads.count_tickets(call.work, call.actor, filter_, most=10_001)
    return Count(
        count=min(count, 10_000),
        capped=count > 10_000,
        sentence=await reads.sentence(call.work, filter_, call.language),
    )


@operation(
    "POST", "/tickets/search", zh="按完整号码查工单", en="Find tickets by a whole number", permission=READ,
    takes=ValueSearch, gives=Found,
)  # fmt: skip
async def post_search(call: Call) -> Found:
    """By a whole card, ID or phone number, e-mail or account: in the body, never in an address."""
    return Found(ids=await looks.search(call.work, call.actor, call.body, settings=call.desk.settings))


@operation(
    "POST",
    "/tickets/bulk",
    zh="批量操作",
    en="Change many tickets",
    permission=BULK,
    takes=Bulk,
    gives=Report,
    sends=True,
    apart=True,
)
async def post_bulk(call: Call) -> Report:
    """One verb on many tickets: one transaction each, one report."""
    command: Bulk = call.body
    verb = BY_NAME.get(command.verb)
    if verb is None:
        choices = ", ".join(BY_NAME)
        raise Invalid(fields=[FieldProblem(pointer="/verb", code="choice", params={"choices": choices})])
    call.actor.must(verb.permission)
    items = [await _bulk_one(call, verb, item.id, item.version, command.command) for item in command.items]
    done = sum(item.status == 200 for item in items)
    return Report(done=done, refused=len(items) - done, items=items)


async def _bulk_one(
    call: Call, verb: Verb, ticket_id: UUID, version: int, command: dict[str, Any]
) -> Reported:
    body = {**command, "version": version} if "version" in verb.takes.__struct_fields__ else command
    decoded = decode_all(msgspec.json.encode(body), verb.takes)
    try:
        if decoded.value is None:
            raise Invalid(fields=decoded.problems)
        async with call.desk.database.work(call.actor.tenant_id) as work:
            done = await verb.act(work, call.actor, ticket_id, decoded.value)
    except Problem as problem:
        told = {"type": type(problem).__name__, "detail": problem.text(call.language), **problem.extra}
        told["errors"] = [{"pointer": f.pointer, "code": f.code} for f in problem.fields]
        return Reported(id=ticket_id, status=problem.status, problem=told)
    except psycopg.OperationalError:
        busy = DatabaseBusy()
        told = {"type": "DatabaseBusy", "detail": busy.text(call.language)}
        return Reported(id=ticket_id, status=busy.status, problem=told)
    return Reported(id=ticket_id, status=200, version=done.ticket.head_seq)


@operation("GET", "/tickets/{id}", zh="工单详情", en="One ticket", permission=READ, gives=TicketView)
async def get_ticket(call: Call) -> TicketView:
    """One ticket by id or number. The look is recorded in the looker's own stream."""
    shown = await reads.read_ticket(call.work, call.actor, call.path["id"])
    whose = shown.customer.id if shown.customer else None
    await looks.at_ticket(call.work, call.actor, shown.id, customer_id=whose)
    return shown


@operation(
    "GET", "/tickets/{id}/timeline", zh="工单时间线", en="A ticket's history", permission=READ, gives=Timeline,
    query=(
        Query(name="after", schema={"type": "integer", "minimum": 0}, zh="从该序号之后", en="After this number"),
        Query(name="limit", schema={"type": "integer", "minimum": 1, "maximum": 500}, zh="条数", en="How many"),
    ),
)  # fmt: skip
async def get_timeline(call: Call) -> Timeline:
    """What happened, in order, with the words that go with it."""
    ticket = await reads.find_ticket(call.work, call.actor, call.path["id"])
    most = max(1, call.number("limit", default=200, most=500))
    after = call.number("after", default=0, most=2**53)
    items = await history.timeline(call.work, ticket.id, after=after, most=most, language=call.language)
    return Timeline(items=items, next=items[-1].seq if len(items) == most else None)


@operation(
    "GET", "/tickets/{id}/links", zh="关联工单", en="A ticket's bonds", permission=READ, gives=list[LinkView]
)
async def get_links(call: Call) -> list[LinkView]:
    """Other tickets this one is bound to, of those the caller sees."""
    ticket = await reads.find_ticket(call.work, call.actor, call.path["id"])
    return await reads.links(call.work, call.actor, ticket.id)


@operation(
    "GET",
    "/tickets/{id}/evidence",
    zh="证据状态",
    en="How far it is sealed",
    permission=READ,
    gives=EvidenceStatus,
)
async def get_evidence(call: Call) -> EvidenceStatus:
    """Head and seal of the ticket's chain."""
    ticket = await reads.find_ticket(call.work, call.actor, call.path["id"])
    return await call.work.must(evidence.STATUS_QUERY, EvidenceStatus, stream_id=ticket.id)


@operation(
    "GET",
    "/tickets/{id}/verify",
    zh="校验证据",
    en="Verify the evidence",
    permission=EVIDENCE_READ,
    gives=Verified,
    apart=True,
)
async def get_verify(call: Call) -> Verified:
    """Check the ticket's chain, row, words and files, and the tenant's seals, now."""
    async with call.desk.database.work(call.actor.tenant_id) as work:
        ticket = await reads.find_ticket(work, call.actor, call.path["id"])
    settings = call.desk.settings
    verification = evidence.verify(
        settings.database_url,
        call.desk.ring,
        call.actor.tenant_id,
        stream_id=ticket.id,
        roots_log=settings.data_folder / "roots.log",
        rows=(ROW_CHECK,),
        payloads=PAYLOAD_CHECKS,
        latest=LATEST_CHECKS,
    )
    found = await asyncio.to_thread(lambda: list(verification.findings))
    findings = [Finding(stream=f.stream, seq=f.seq, kind=f.kind) for f in found]
    return Verified(
        clean=not findings, events=verification.events, seals=verification.seals, findings=findings
    )


def _verb_run(verb: Verb) -> Run:
    async def run(call: Call) -> TicketView:
        ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
        done = await verb.act(call.work, call.actor, ticket_id, call.body)
        return await _done_view(call.work, call.actor, done, call.language)

    return run


async def _done_view(work: Work, actor: Actor, done: Done, language: Language) -> TicketView:
    shown = await reads.view(work, actor, done.ticket, done.case_type)
    return msgspec.structs.replace(
        shown,
        destroyed=list(done.destroyed),
        notices=notices(done.destroyed, language),
        dropped=list(done.dropped),
    )


for _verb in VERBS:
    add(
        Operation(
            method="POST",
            path=f"/tickets/{{id}}/{_verb.name}",
            run=_verb_run(_verb),
            zh=_verb.zh,
            en=_verb.en,
            permission=_verb.permission,
            takes=_verb.takes,
            gives=TicketView,
            sends=_verb.sends,
            verb=_verb.name,
            text=_verb.text,
        )
    )
