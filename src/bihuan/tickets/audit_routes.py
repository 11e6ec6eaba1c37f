"""The audit over HTTP: who changed what, who saw whom. It stands here because people and tickets are called by name."""

import re
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from bihuan import evidence, identity
from bihuan.core import ids
from bihuan.core.http import Answer, Call, Query, operation
from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.evidence import Asked, AuditEntry
from bihuan.identity import Directory
from bihuan.tickets import looks, reads
from bihuan.tickets.look_model import Viewer
from bihuan.tickets.look_routes import after_of
from bihuan.tickets.look_views import viewer
from bihuan.tickets.verbs import READ
from bihuan.tickets.visible import sees

AUDIT_READ = declare("audit.read", zh="检索审计记录", en="Search the audit")
AUDIT_EXPORT = declare("audit.export", zh="导出审计记录", en="Export the audit")
_MOST_PAGE, _MOST_EXPORTED = 100, 10_000
_KIND = re.compile("[a-z_.]{1,63}[0-9]?")


class AuditedTicket(msgspec.Struct, frozen=True, kw_only=True):
    """The ticket an event is about; `number` where the reader sees it."""

    id: UUID
    number: str | None


class Whom(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an event is about; `name` of a colleague, a customer has none here."""

    id: UUID
    kind: Literal["staff", "customer"]
    name: str | None


class AuditView(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a staff or configuration stream. `data`: what it says, in codes."""

    id: UUID
    at: datetime
    stream: Literal["staff", "config"]
    kind: str
    who: Viewer
    whom: Whom | None
    ticket: AuditedTicket | None
    data: dict[str, Any]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Events, newest first; `next`: where the page after begins."""

    items: list[AuditView]
    next: UUID | None


class AuditDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its proof: number in its stream, canonical text, hash; `intact`: nobody changed it; `seal_no`: the
    seal that covers it, null while it waits for one.
    """

    entry: AuditView
    stream_id: UUID
    seq: int
    body: str
    hash: str
    intact: bool
    seal_no: int | None


_ASKED = (
    Query(name="who", schema={"type": "string", "maxLength": 200}, zh="操作人（账号或 id）", en="Who did it: login or id"),
    Query(name="kind", schema={"type": "string", "maxLength": 64}, zh="事件", en="What happened"),
    Query(name="ticket", schema={"type": "string", "maxLength": 64}, zh="工单号或 id", en="Ticket: number or id"),
    Query(name="whom", schema={"type": "string", "maxLength": 200}, zh="涉及的同事（账号）或客户 id", en="Whom it is about: a colleague's login, or an id"),
    Query(name="stream", schema={"enum": ["", "staff", "config"]}, zh="人员或配置", en="Streams of people or of configuration"),
    Query(name="from", schema={"type": "string", "format": "date-time"}, zh="起", en="From"),
    Query(name="to", schema={"type": "string", "format": "date-time"}, zh="止（不含）", en="Until, itself not included"),
)  # fmt: skip
_PAGED = (
    Query(name="after", schema={"type": "string", "format": "uuid"}, zh="上一页的 next", en="`next` of the page before"),
    Query(name="limit", schema={"type": "integer", "minimum": 1, "maximum": _MOST_PAGE}, zh="条数", en="How many"),
)  # fmt: skip


@operation(
    "GET", "/audit/events", zh="检索审计记录", en="Search the audit", permission=AUDIT_READ, gives=AuditPage,
    query=(*_ASKED, *_PAGED),
)  # fmt: skip
async def get_events(call: Call) -> AuditPage:
    """Events of staff and configuration streams, newest first. To search here is itself on record."""
    asked = await _asked(call)
    most = max(1, call.number("limit", default=50, most=_MOST_PAGE))
    found = await evidence.entries(call.work, asked, most=most + 1)
    items = await _views(call, found[:most])
    await looks.record(call.work, call.actor, "audit.searched", _said(asked))
    return AuditPage(items=items, next=items[-1].id if len(found) > most else None)


@operation(
    "GET", "/audit/events/{id}", zh="一条审计记录", en="One event of the audit", permission=AUDIT_READ,
    gives=AuditDetail,
)  # fmt: skip
async def get_event(call: Call) -> AuditDetail:
    """One event, checked now."""
    entry, proof = await evidence.entry(call.work, call.id())
    (shown,) = await _views(call, [entry])
    await looks.record(call.work, call.actor, "audit.read", {"entry": str(entry.id)})
    return AuditDetail(
        entry=shown,
        stream_id=entry.stream_id,
        seq=entry.event.seq,
        body=proof.body,
        hash=proof.hash,
        intact=proof.intact,
        seal_no=proof.seal_no,
    )


@operation(
    "GET", "/audit/kinds", zh="审计事件种类", en="Kinds of events in the audit", permission=AUDIT_READ, gives=list[str]
)  # fmt: skip
async def get_kinds(call: Call) -> list[str]:
    """What there is to search for, by code."""
    return await evidence.entry_kinds(call.work)


@operation(
    "GET", "/audit/export", zh="导出审计记录", en="Export the audit", permission=AUDIT_EXPORT, gives=bytes, query=_ASKED
)  # fmt: skip
async def get_export(call: Call) -> Answer:
    """JSON lines, newest first, 10,000 at most: each event's canonical text, as hashed. The export is on record."""
    asked = await _asked(call)
    found = await evidence.entries(call.work, asked, most=_MOST_EXPORTED)
    bodies = [msgspec.json.encode({"id": one.id, "event": one.event}) for one in found]
    await looks.record(call.work, call.actor, "audit.exported", {**_said(asked), "events": len(bodies)})
    headers = {"content-disposition": 'attachment; filename="audit.jsonl"'}
    content = b"".join(body + b"\n" for body in bodies)
    return Answer(content=content, media_type="application/jsonl", headers=headers)


@operation(
    "GET", "/audit/siem", zh="外发安全监控的进度", en="How far the SIEM is told", permission=AUDIT_READ,
    gives=evidence.siem.SiemState | None,
)  # fmt: skip
async def get_siem(call: Call) -> evidence.siem.SiemState | None:
    """Where audit events go and how far; null where they go nowhere."""
    wire = evidence.siem.wire_of(call.desk.settings)
    return None if wire is None else await evidence.siem.state(call.work, wire)


async def _asked(call: Call) -> Asked:
    """What is searched for, names made ids. Raises Invalid, naming every parameter that is not right."""
    people = await identity.directory(call.work)
    wrong: list[FieldProblem] = []
    who, whom = (_person(call, name, people, wrong) for name in ("who", "whom"))
    since, until = (_moment(call, name, wrong) for name in ("from", "to"))
    ticket = await _ticket(call, wrong)
    kind = _kind(call, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    stream = call.one_of("stream", ("", "staff", "config"))
    return Asked(
        who=who,
        whom=whom,
        kind=kind,
        ticket=ticket,
        stream=msgspec.convert(stream, Literal["staff", "config"]) if stream else None,
        since=since,
        until=until,
        after=after_of(call),
    )


def _kind(call: Call, wrong: list[FieldProblem]) -> str | None:
    """What is searched for is kept in the searcher's stream for ever, so it is a code and nothing else."""
    text = call.query.get("kind", "")
    if text and not _KIND.fullmatch(text):
        wrong.append(FieldProblem(pointer="/kind", code="pattern", params={"expected": "staff.signed_in"}))
    return text or None


def _person(call: Call, name: str, people: Directory, wrong: list[FieldProblem]) -> UUID | None:
    text = call.query.get(name, "")
    if not text:
        return None
    # Who has left is found too: the audit is about what was.
    known = next((one.id for one in people.staff.values() if one.login == text), None)
    if known is None:
        known = _id(text)
    if known is None:
        wrong.append(FieldProblem(pointer=f"/{name}", code="not_found"))
    return known


async def _ticket(call: Call, wrong: list[FieldProblem]) -> UUID | None:
    text = call.query.get("ticket", "")
    if not text:
        return None
    if not ids.is_ticket_number(ids.clean_number(text)) and (found := _id(text)) is not None:
        return found
    try:
        return await reads.id_of(call.work, call.actor, text)
    except NotFound:
        wrong.append(FieldProblem(pointer="/ticket", code="not_found"))
        return None


def _moment(call: Call, name: str, wrong: list[FieldProblem]) -> datetime | None:
    text = call.query.get(name, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        known = at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        expected: dict[str, str | int] = {"expected": "2026-11-21T15:30:00+08:00"}
        wrong.append(FieldProblem(pointer=f"/{name}", code="pattern", params=expected))
        return None
    if at.tzinfo is None:
        wrong.append(FieldProblem(pointer=f"/{name}", code="no_zone"))
        return None
    return known


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _said(asked: Asked) -> dict[str, object]:
    """What was searched for, as the searcher's own stream tells it."""
    told = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not None}
    return {"asked": {k: v if isinstance(v, datetime) else str(v) for k, v in told.items()}}


async def _views(call: Call, found: list[AuditEntry]) -> list[AuditView]:
    people = await identity.directory(call.work)
    ticket_ids = sorted({one.ticket_id for one in found if one.ticket_id is not None})
    numbers: dict[UUID, str] = {}
    if ticket_ids and call.actor.may(READ):
        rows = await reads.rows_of(call.work, ticket_ids)
        numbers = {row.id: row.number for place, row in rows if sees(call.actor, place)}
    return [_view(call, one, people, numbers) for one in found]


def _view(call: Call, one: AuditEntry, people: Directory, numbers: dict[UUID, str]) -> AuditView:
    ticket, whom = one.ticket_id, one.whom_id
    person = people.staff.get(whom) if whom else None
    return AuditView(
        id=one.id,
        at=one.event.at,
        stream=one.stream,
        kind=one.event.kind,
        who=viewer(people, one.event, call.actor),
        whom=Whom(id=whom, kind="staff" if person else "customer", name=person.name if person else None)
        if whom
        else None,
        ticket=AuditedTicket(id=ticket, number=numbers.get(ticket)) if ticket else None,
        data=one.event.data,
    )
