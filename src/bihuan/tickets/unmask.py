"""Showing protected values for a reason: each is a look on record before the answer leaves, and masked again in minutes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from bihuan import customers, evidence, identity
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.core.settings import Settings
from bihuan.privacy import Opened, mask_text, open_value
from bihuan.tickets import look_alarms, look_policy, looks, reads, verification
from bihuan.tickets.look_model import (
    REASONS,
    Allowance,
    LookLimit,
    LookReason,
    ReasonView,
    Shown,
    ShownValue,
    Unmask,
)
from bihuan.tickets.look_policy import queries
from bihuan.tickets.model import Ticket

#: Who proved who they are so long ago is asked again, where the desk is set to ask.
_CONFIRMED_MINUTES = 15


class _Value(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    subject_id: UUID
    kind: str


class _Open(msgspec.Struct, frozen=True, kw_only=True):
    value_id: UUID
    until: datetime


class _Look(msgspec.Struct, frozen=True, kw_only=True):
    """What all values of one request have in common."""

    ticket: Ticket
    reason: LookReason
    at: datetime
    until: datetime


async def unmask(work: Work, actor: Actor, name: str, command: Unmask, *, settings: Settings) -> Shown:
    """Show values of a ticket. What is asked for again within its minutes is answered and is no new look.

    Raises NotFound (the ticket, or a value that is not its or its customer's), SessionNeeded, ConfirmAgain, Invalid,
    LookLimit, Shredded, VerificationNeeded; nothing is on record then.
    """
    ticket = await reads.find_ticket(work, actor, name)
    _must_be_there(actor, settings)
    wanted = _wanted(ticket, command)
    minutes = _minutes(command, settings)
    if command.reason.code == "tell":
        await verification.require_to_tell(work, ticket, minutes=settings.verification_minutes)
    # One's own looks wait for each other here: what is counted next is still true when this one is on record.
    head = await evidence.lock_head(work, looks.stream_of(actor))
    now = clock.now()
    values = await _values(work, ticket, wanted)
    until = await _open_looks(work, actor, ticket, wanted)
    new = [value for value in values if value.id not in until]
    left = await _left(work, actor, settings, len(new))
    clear = {value.id: await open_value(work, value.id) for value in values}
    look = _Look(ticket=ticket, reason=command.reason, at=now, until=now + timedelta(minutes=minutes))
    for value in new:
        head = await _record(work, actor, head, value, look=look)
    if new:
        await look_alarms.watch(work, actor, ticket)
    until |= {value.id: look.until for value in new}
    return Shown(values=_shown(clear, until, wanted), left=left)


async def allowance(work: Work, actor: Actor, settings: Settings) -> Allowance:
    """What the actor may look at today, and the reasons to choose from."""
    policy = await look_policy.current(work)
    most = await look_policy.values_a_day(work, actor, policy, settings)
    spent = await looks.spent(work, actor, "unmask", policy.zone)
    language = 0 if actor.language == "zh" else 1
    return Allowance(
        most=most,
        left=max(0, most - spent),
        minutes=settings.unmask_minutes,
        reasons=[ReasonView(code=code, title=said[language]) for code, said in REASONS.items()],
    )


def _must_be_there(actor: Actor, settings: Settings) -> None:
    """A person at the screen, no program: nothing in clear is fetched in bulk. Raises SessionNeeded, ConfirmAgain."""
    if actor.via != "session":
        raise identity.SessionNeeded
    if settings.unmask_confirm:
        identity.confirmed(actor, within=_CONFIRMED_MINUTES)


def _wanted(ticket: Ticket, command: Unmask) -> dict[UUID, str | None]:
    """The values asked for, each with the field it was asked for by. Raises Invalid."""
    wanted: dict[UUID, str | None] = dict.fromkeys(command.value_ids)
    wrong: list[FieldProblem] = []
    for i, code in enumerate(command.fields):
        value_id = _value_id(ticket.fields.get(code))
        if value_id is None:
            wrong.append(FieldProblem(pointer=f"/fields/{i}", code="not_found"))
        else:
            wanted[value_id] = code
    if not wanted and not wrong:
        wrong.append(FieldProblem(pointer="/value_ids", code="missing"))
    if wrong:
        raise Invalid(fields=wrong)
    return wanted


def _value_id(stored: object) -> UUID | None:
    if not isinstance(stored, dict) or "value_id" not in stored:
        return None
    return UUID(cast("dict[str, Any]", stored)["value_id"])


def _minutes(command: Unmask, settings: Settings) -> int:
    most = settings.unmask_minutes
    if command.minutes is not None and command.minutes > most:
        raise Invalid(fields=[FieldProblem(pointer="/minutes", code="too_big", params={"limit": most})])
    return command.minutes or most


async def _values(work: Work, ticket: Ticket, wanted: Mapping[UUID, str | None]) -> list[_Value]:
    """The values, which must all be the ticket's or its customer's. Raises NotFound."""
    # What stands in the ticket's own fields is its own, whoever its customer has become.
    own = [id_ for id_ in map(_value_id, ticket.fields.values()) if id_ is not None]
    whose = await customers.family(work, ticket.customer_id) if ticket.customer_id else ()
    values = await work.rows(
        queries.values_of_ticket,
        _Value,
        ids=list(wanted),
        own_ids=own,
        ticket_id=ticket.id,
        customer_ids=list(whose),
    )
    if len(values) != len(wanted):
        raise NotFound
    return values


async def _open_looks(
    work: Work, actor: Actor, ticket: Ticket, wanted: Mapping[UUID, str | None]
) -> dict[UUID, datetime]:
    """Which of the values this person is being shown on this ticket, until when."""
    rows = await work.rows(
        queries.looks_open,
        _Open,
        staff_id=actor.id,
        ticket_id=ticket.id,
        value_ids=list(wanted),
        now=clock.now(),
    )
    return {row.value_id: row.until for row in rows}


async def _left(work: Work, actor: Actor, settings: Settings, more: int) -> int:
    """How many values are left for today after so many more. Raises LookLimit."""
    policy = await look_policy.current(work)
    most = await look_policy.values_a_day(work, actor, policy, settings)
    left = max(0, most - await looks.spent(work, actor, "unmask", policy.zone))
    if more > left:
        raise LookLimit(most=most, left=left)
    return left - more


async def _record(
    work: Work, actor: Actor, head: evidence.Head | None, value: _Value, *, look: _Look
) -> evidence.Head:
    """One value's look, behind `head`; the new head. The words of the reason are masked like any."""
    ticket = look.ticket
    data: dict[str, object] = {
        "ticket": str(ticket.id),
        "value": str(value.id),
        "value_kind": value.kind,
        "reason": look.reason.code,
        "note": mask_text(look.reason.text).text,
        "until": look.until,
        **({"customer": str(ticket.customer_id)} if ticket.customer_id else {}),
    }
    event = evidence.NewEvent(kind="value.unmasked", at=look.at, actor=actor, data=data)
    now = await evidence.append(work, work.ring, looks.stream_of(actor), head, event)
    await work.run(
        queries.add_look,
        staff_id=actor.id,
        seq=now.seq,
        kind="unmask",
        ticket_id=ticket.id,
        subject_id=value.subject_id,
        value_id=value.id,
        at=look.at,
        until_at=look.until,
    )
    return now


def _shown(
    clear: Mapping[UUID, Opened | None], until: Mapping[UUID, datetime], wanted: Mapping[UUID, str | None]
) -> list[ShownValue]:
    return [
        ShownValue(value_id=id_, kind=one.kind, value=one.value, until=until[id_], field=wanted[id_])
        for id_, one in clear.items()
        if one is not None
    ]


__all__ = ["allowance", "unmask"]
