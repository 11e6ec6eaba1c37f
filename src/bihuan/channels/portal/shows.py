"""A ticket as its customer sees it: built from what is public, never by leaving out of what is not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from bihuan import sla, tickets
from bihuan.casetypes import CaseType, Field, Missing, store
from bihuan.channels.portal import words
from bihuan.channels.portal.model import (
    Can,
    From,
    PortalFile,
    PortalLabel,
    PortalMissing,
    PortalRating,
    PortalRow,
    PortalSaid,
    PortalTicket,
    StageName,
)
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.http import Call
from bihuan.core.problems import Language, NotFound
from bihuan.privacy import masks_only
from bihuan.tickets import AttachmentView, Entry, Rating, State, Ticket

#: Messages a customer is shown at once; how many came before them is told.
MOST_MESSAGES = 200


async def show(work: Work, actor: Actor, ticket: Ticket, notices: Sequence[str] = ()) -> PortalTicket:
    """The whole of it."""
    pending = await sla.read(work, ticket.id)
    case_type = (await store.version(work, ticket.case_type, ticket.case_type_version)).case_type
    talk = await tickets.newest_talk(work, ticket.id, most=MOST_MESSAGES)
    attached = await tickets.attachments(work, ticket.id, language=actor.language)
    history = await history_of(
        work, ticket.id, [*talk.seqs, *(file.seq for file in attached)], language=actor.language
    )
    rating = await tickets.rating_of(work, ticket.id)
    rated = rating if rating is not None and rating.solving == ticket.reopenings else None
    promised_at = await tickets.clock_views.promised_at(work, ticket, await pending.all())
    language, lacking = actor.language, of_customer(tickets.lacking(ticket, case_type))
    return PortalTicket(
        id=ticket.id,
        number=ticket.number,
        version=ticket.head_seq,
        case_type=ticket.case_type,
        case_title=case_type.title.of(language),
        title=tickets.title_of(ticket, language),
        stage=tickets.STAGES[ticket.state],
        state_text=words.state_text(ticket, language),
        explanation=words.explanation(
            ticket,
            language,
            promised_at=promised_at,
            now=clock.now(),
            lacking=bool(lacking),
            goes_on_in=await _goes_on_in(work, actor, ticket),
        ),
        steps=words.steps(ticket.state, reached(history), language),
        open=ticket.state in tickets.OPEN_STATES,
        opened_at=ticket.opened_at,
        changed_at=ticket.changed_at,
        promised_at=promised_at,
        elements=ticket.elements,
        fields=_own_fields(ticket, case_type),
        labels=_labels(ticket, case_type, language),
        missing=[_missing(item, case_type, language) for item in lacking],
        messages=_said(history, talk.seqs),
        earlier=talk.earlier,
        attachments=visible_files(history, attached, language),
        outcome=ticket.outcome,
        outcome_text=_outcome(ticket, language),
        resolution=_rejection(history) if ticket.state in words.CUT_SHORT else _result(ticket),
        rating=PortalRating(score=rated.score, at=rated.rated_at) if rated else None,
        can=_can(ticket, rated),
        notices=list(notices),
    )


async def look(call: Call, ticket: Ticket) -> PortalTicket:
    """The whole of it; that the customer saw it is in their stream."""
    shown = await show(call.work, call.actor, ticket)
    await tickets.look_at(call.work, call.actor, ticket.id)
    return shown


async def again(call: Call, ticket_id: UUID) -> PortalTicket:
    """The ticket as it stands now, for a key that comes again."""
    return await look(call, await tickets.find_ticket(call.work, call.actor, str(ticket_id)))


async def show_row(work: Work, ticket: Ticket, language: Language) -> PortalRow:
    """A line of the list."""
    case_type = (await store.version(work, ticket.case_type, ticket.case_type_version)).case_type
    return PortalRow(
        id=ticket.id,
        number=ticket.number,
        title=tickets.title_of(ticket, language),
        case_title=case_type.title.of(language),
        stage=tickets.STAGES[ticket.state],
        state_text=words.state_text(ticket, language),
        open=ticket.state in tickets.OPEN_STATES,
        opened_at=ticket.opened_at,
        changed_at=ticket.changed_at,
        needs_you=words.for_you(ticket) or bool(of_customer(tickets.lacking(ticket, case_type))),
    )


async def history_of(
    work: Work, ticket_id: UUID, seqs: Sequence[int] = (), *, language: Language | None = None
) -> list[Entry]:
    """Of a ticket that the caller may see, what its stages are read from, and these events beside: never all of it."""
    return await tickets.turns(work, ticket_id, also=seqs, language=language)


def reached(history: Sequence[Entry]) -> dict[StageName, datetime]:
    """When each stage was last come to."""
    found: dict[StageName, datetime] = {}
    before: StageName | None = None
    for entry in history:
        state = _new_state(entry)
        stage = tickets.STAGES[state] if state else None
        if stage is not None and stage != before:
            found[stage], before = entry.at, stage
    return found


def visible_files(
    history: Sequence[Entry], files: Sequence[AttachmentView], language: Language = "zh"
) -> list[PortalFile]:
    """The files a customer may have: their own, what came with their words by another door, and of a colleague's those
    that were attached for the customer to see.
    """
    by_seq = {entry.seq: entry for entry in history}
    found: list[PortalFile] = []
    for file in files:
        entry = by_seq.get(file.seq)
        if entry is None or (entry.actor_kind == "staff" and entry.data.get("for_customer") is not True):
            continue
        found.append(
            PortalFile(
                id=file.id,
                name=file.name,
                size_bytes=file.size_bytes,
                content_type=file.content_type,
                at=entry.at,
                open=file.state == "ready",
                note=words.file_note(file, language),
                from_="desk" if entry.actor_kind == "staff" else "you",
            )
        )
    return found


def of_customer(lacking: Sequence[Missing]) -> list[Missing]:
    """Of what is missing, what only the customer can give."""
    return [item for item in lacking if item.by == "customer"]


def value_text(field: Field | None, value: object, language: Language) -> str:
    """A field's value as it is read."""
    if field is not None and field.type == "datetime":
        return moment_text(value, language)
    if isinstance(value, bool):
        return words.say(("是", "Yes") if value else ("否", "No"), language)
    if isinstance(value, dict):
        told = cast("dict[str, object]", value)
        return f"{told.get('amount', '')} {told.get('currency', '')}".strip()
    if isinstance(value, list):
        return ", ".join(value_text(field, each, language) for each in cast("list[object]", value))
    choices = {c.code: c.label.of(language) for c in field.choices} if field else {}
    return choices.get(str(value), str(value))


def moment_text(value: object, language: Language) -> str:
    """A moment as people say it; a day, and what is no moment, as it stands."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return str(value) if at.tzinfo is None else words.moment(at, language, year=True)


def _new_state(entry: Entry) -> State | None:
    if entry.kind == "ticket.opened":
        return "intake"
    changes = cast("Mapping[str, Any]", entry.data.get("changes") or {})
    return cast("State", changes["state"][1]) if "state" in changes else None


def _said(history: Sequence[Entry], seqs: Sequence[int]) -> list[PortalSaid]:
    found: list[PortalSaid] = []
    shown = frozenset(seqs)
    for entry in (each for each in history if each.seq in shown):
        message = entry.message or {}
        if message.get("kind") not in ("customer", "reply"):
            continue
        by: From = "you" if message["kind"] == "customer" else "desk"
        if by == "desk" and entry.actor_kind == "system":
            by = "system"
        found.append(
            PortalSaid(id=UUID(message["id"]), at=entry.at, from_=by, body=message.get("body") or "")
        )
    return found


def _rejection(history: Sequence[Entry]) -> str | None:
    """The reason of a rejection is for the customer; other reasons on record are the desk's."""
    last = next((e for e in reversed(history) if _new_state(e) is not None), None)
    if last is None or last.kind != "ticket.rejected":
        return None
    return str((last.message or {}).get("reason") or "") or None


def _result(ticket: Ticket) -> str | None:
    return ticket.resolution if ticket.state not in tickets.OPEN_STATES else None


def _own_fields(ticket: Ticket, case_type: CaseType) -> dict[str, Any]:
    own = {f.code for f in case_type.fields if f.by == "customer"}
    return {code: value for code, value in masks_only(ticket.fields).items() if code in own}


def _labels(ticket: Ticket, case_type: CaseType, language: Language) -> list[PortalLabel]:
    elements = [
        PortalLabel(
            pointer=f"/elements/{e.code}",
            label=e.label.of(language),
            value=moment_text(ticket.elements[e.code], language)
            if e.code == "occurred_at"
            else ticket.elements[e.code],
        )
        for e in case_type.elements
        if e.code in ticket.elements
    ]
    own = _own_fields(ticket, case_type)
    fields = [
        PortalLabel(
            pointer=f"/fields/{f.code}",
            label=f.label.of(language),
            value=value_text(f, own[f.code], language),
        )
        for f in case_type.fields
        if f.code in own
    ]
    return [*elements, *fields]


def _missing(item: Missing, case_type: CaseType, language: Language) -> PortalMissing:
    return PortalMissing(
        pointer=item.pointer, label=item.label.of(language), help=help_of(item, case_type, language)
    )


def help_of(item: Missing, case_type: CaseType, language: Language) -> str:
    """How to give what is missing."""
    text = None
    if item.kind == "field":
        field = case_type.field(item.code)
        text = (field.help or field.prompt) if field else None
    elif item.kind == "element":
        text = next((e.prompt for e in case_type.elements if e.code == item.code), None)
    elif item.kind == "evidence":
        text = next((e.help for e in case_type.evidence if e.code == item.code), None)
    return text.of(language) if text else ""


def _outcome(ticket: Ticket, language: Language) -> str | None:
    if ticket.outcome is None:
        return None
    known = words.OUTCOMES.get(ticket.outcome)
    return words.say(known, language) if known else ticket.outcome


def _can(ticket: Ticket, rated: Rating | None) -> list[Can]:
    state = ticket.state
    found: list[Can] = []
    if tickets.allows(state, "receive"):
        found.append("message")
    if tickets.allows(state, "attach"):
        found.append("attach")
    if tickets.allows(state, "withdraw"):
        found.append("withdraw")
    if tickets.allows(state, "rate") and rated is None:
        found.append("rate")
    if tickets.allows(state, "nudge") and not words.for_you(ticket):
        found.append("nudge")
    return found


async def _goes_on_in(work: Work, actor: Actor, ticket: Ticket) -> str | None:
    """The number of the ticket that goes on in a merged one's place, where it is the customer's too."""
    if ticket.merged_into is None:
        return None
    try:
        return (await tickets.find_ticket(work, actor, str(ticket.merged_into))).number
    except NotFound:
        return None
