"""Telling a customer how their ticket goes, by the way they came or another that reaches them.

One stage, one message: a stage reached before the message of the one before has gone takes its place, and what comes
late or twice is not told again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bihuan import customers, evidence, tickets
from bihuan.casetypes import store
from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.settings import Settings
from bihuan.customers import Contact, ContactKind
from bihuan.evidence import Recorded
from bihuan.notices import channels, preferences, quiet, who
from bihuan.notices.model import CustomerWishes, Progress
from bihuan.notices.queue import Channel, queries, queue
from bihuan.sla import Clock
from bihuan.tickets import Ticket

#: So long a message waits for the next stage.
GATHERS = timedelta(seconds=60)
_BY: Mapping[Channel, ContactKind] = {"email": "email", "sms": "mobile"}
_GOES_ON = frozenset({"intake", "assigned", "following", "processing", "waiting", "reopened"})
#: Whoever came by these is told by phone first; everybody else by mail first.
_PHONE_FIRST = frozenset({"phone"})


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    channel: str
    kind: str
    data: str
    news: str
    state: str
    attempts: int


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


def channel_for(
    came_by: str, contacts: Sequence[Contact], wishes: CustomerWishes, on: frozenset[Channel]
) -> Channel | None:
    """By what a customer is told; None where nothing reaches them, or they want nothing."""
    wanted = {"email": wishes.email, "sms": wishes.sms}
    order: tuple[Channel, ...] = ("sms", "email") if came_by in _PHONE_FIRST else ("email", "sms")
    return next((c for c in order if c in on and wanted[c] and who.reach(contacts, _BY[c]) is not None), None)


def lock_of(ticket_id: UUID) -> str:
    """What whoever pushes a ticket's progress holds (`queue.hold`): what waits is judged by one at a time."""
    return f"progress/{ticket_id}"


async def push(
    work: Work,
    settings: Settings,
    event: Recorded,
    ticket: Ticket,
    *,
    told: Progress,
    clocks: Sequence[Clock],
) -> None:
    """Queue one piece of progress for the ticket's customer, if there is one who can be told. The caller holds `lock_of`."""
    on = channels.channels_on(settings)
    if ticket.customer_id is None or not on & _BY.keys():
        return
    customer = await customers.person(work, ticket.customer_id)
    wishes = await preferences.customer_wishes_of(work, ticket.customer_id)
    channel = customer and channel_for(ticket.channel, customer.contacts, wishes, on)
    if customer is None or not channel:
        return
    before = await work.rows(
        queries.progress_told, _Told, ticket_id=ticket.id, customer_id=ticket.customer_id
    )
    news = f"progress:{ticket.id}:{event.seq:09}"
    if any(row.news >= news for row in before):
        return
    data = await _data(work, ticket, told, clocks)
    last = next((row for row in reversed(before) if row.state == "waiting"), None)
    kind, data = _with(last, told, data)
    if (
        last is not None
        and last.attempts == 0
        and await _replaced(work, last, kind=kind, news=news, data=data)
    ):
        return
    at = clock.now() + GATHERS
    await queue(
        work,
        channel=channel,
        target=f"customer:{ticket.customer_id}",
        kind=kind,
        ticket_id=ticket.id,
        language=customer.language,
        data=data,
        news=news,
        due_at=_due(channel, at, settings),
    )


def _due(channel: Channel, at: datetime, settings: Settings) -> datetime:
    # A mail wakes nobody.
    return quiet.after(at, quiet.parse(settings.quiet_hours)) if channel == "sms" else at


async def _data(work: Work, ticket: Ticket, told: Progress, clocks: Sequence[Clock]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "number": ticket.number,
        "case_type": ticket.case_type,
        "case_version": ticket.case_type_version,
        **told.data,
    }
    until = await tickets.clock_views.promised_at(work, ticket, clocks)
    if until is not None:
        data["until"] = until.isoformat()
    if data.get("state") == "waiting" and data.get("waiting_for") == "customer":
        case_type = (await store.version(work, ticket.case_type, ticket.case_type_version)).case_type
        lacking = tickets.lacking(ticket, case_type)
        data["missing"] = [item.pointer for item in lacking if item.by == "customer"]
    return data


def _with(last: _Told | None, told: Progress, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What is told where the message before has not gone: neither that we wrote nor that we need longer may be lost with
    it, nor the stage it told where this one tells none.
    """
    if last is None:
        return told.kind, data
    earlier = msgspec.json.decode(last.data, type=dict[str, Any])
    answered = "answered" in (told.kind, last.kind) or bool(earlier.get("answered"))
    if told.kind == "answered" and (last.kind == "extended" or _must_be_known(earlier)):
        return last.kind, {**earlier, "answered": True}
    kind = "extended" if last.kind == "extended" else told.kind
    return kind, {**data, "answered": True} if answered and kind != "answered" else data


def _must_be_known(data: Mapping[str, Any]) -> bool:
    """Whether a stage is more than that it goes on."""
    return data.get("state") not in _GOES_ON or data.get("waiting_for") == "customer"


async def _replaced(work: Work, last: _Told, *, kind: str, news: str, data: dict[str, Any]) -> bool:
    """Let the message that still waits tell this instead; False where it has just begun to go."""
    row = await work.one(
        queries.replace_progress, _Id, id=last.id, kind=kind, data=evidence.canonical(data), news=news
    )
    return row is not None
