"""Verifying the customer of a ticket: recorded with its event, and asked for where the case type says so.

    await record(work, actor, ticket_id, RecordVerification(method="sms", passed=True, channel="phone"), minutes=30)
    await level(work, ticket, minutes=30)        # within this contact, with this customer
What is told or changed on the spot needs the level now; an answer that tells what is not public, and a solution, need it
reached once on the ticket, by whoever asks for it. Opening a ticket and talking to the customer otherwise never need it:
who fails is still heard. What was recorded ticks the case type's step of verifying (服务步骤 3).
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from bihuan import casetypes, customers, identity
from bihuan.casetypes import CaseType, store
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.customers import Attempt, InPersonOnly, Method, MethodChannel, VerificationNeeded
from bihuan.privacy import ProtectedText, mask_text
from bihuan.tickets import guards
from bihuan.tickets.model import Ticket
from bihuan.tickets.write import Basis, Held, Plan, hold, write

Level = Annotated[int, msgspec.Meta(ge=0, le=3)]
#: An id of a call, a message or a comparison: begins with a letter, holds no sentence, and no code a customer was sent.
Reference = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9._:-]{3,63}$")]


#: Among the ten service steps, verifying who somebody is; and the record of it, as packs name it among the evidence.
_STEP, _RECORD = 3, "verify_log"
#: Numbers that say what somebody has with us: an answer that names one tells what is not public.
_TELLING: frozenset[str] = frozenset({"card_number", "id_number", "passport", "travel_permit", "account"})


class RecordVerification(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an attempt. `level`: reached; left out, what the method reaches at most. No answer, no code."""

    method: Method
    passed: bool
    channel: MethodChannel
    level: Level | None = None
    reference: Reference | None = None


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, as colleagues see it. `of_this_customer`: it was with the customer the ticket has now."""

    at: datetime
    method: Method
    level: int
    passed: bool
    attempt: int
    channel: MethodChannel
    reference: str | None
    by: str | None
    of_this_customer: bool


class VerificationNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """Levels the case type asks for: to tell the customer what is not public, to change data, to resolve as it stands."""

    disclose: int
    change: int
    resolve: int


class VerificationView(msgspec.Struct, frozen=True, kw_only=True):
    """How surely the customer is who they say. `level`: in this contact, until `holds_until`; `ever`: reached once."""

    level: int
    ever: int
    holds_until: datetime | None
    needs: VerificationNeeds
    in_person_only: bool
    most: dict[Method, int]
    attempts: list[AttemptView]


async def record(
    work: Work, actor: Actor, ticket_id: UUID, command: RecordVerification, *, minutes: int
) -> Ticket:
    """Record an attempt. Never conflicts. Raises NotFound, Invalid, InPersonOnly."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    before = await customers.attempts_of(work, ticket_id)
    stands = customers.standing(before, held.ticket.customer_id, now=held.now, minutes=minutes)
    reached = _level(command)
    if stands.in_person_only and command.method not in customers.IN_PERSON:
        raise InPersonOnly
    made = Attempt(
        id=ids.new_id(),
        ticket_id=ticket_id,
        customer_id=held.ticket.customer_id,
        method=command.method,
        level=reached,
        passed=command.passed,
        attempt=stands.attempts + 1,
        channel=command.channel,
        reference=command.reference,
        staff_id=actor.id,
        verified_at=held.now,
    )
    ticket = await write(held, Plan(action="verify", set=_ticked(held, made), data=_told(made)))
    await customers.put_attempt(work, made, seq=ticket.head_seq)
    return ticket


async def level(work: Work, ticket: Ticket, *, minutes: int) -> int:
    """The level reached within this contact with the ticket's customer; 0: none."""
    attempts = await customers.attempts_of(work, ticket.id)
    return customers.standing(attempts, ticket.customer_id, now=clock.now(), minutes=minutes).level


async def require_to_tell(work: Work, ticket: Ticket, *, minutes: int) -> None:
    """Raises VerificationNeeded where what is not public may not be told to the customer in this contact."""
    need = (
        await store.version(work, ticket.case_type, ticket.case_type_version)
    ).case_type.verification_level
    have = await level(work, ticket, minutes=minutes) if need else 0
    if have < need:
        raise VerificationNeeded(need=need, have=have)


async def require_to_answer(held: Held, text: ProtectedText, *, discloses: bool) -> None:
    """Raises VerificationNeeded where an answer tells what is not public to whom was never verified for it."""
    need = held.loaded.case_type.verification_level
    tells = discloses or any(span[2] in _TELLING for span in text.spans)
    if need == 0 or not tells or held.actor.kind == "system":
        return
    have = customers.ever(await customers.attempts_of(held.work, held.ticket.id), held.ticket.customer_id)
    if have < need:
        raise VerificationNeeded(need=need, have=have)


async def require_to_resolve(held: Held) -> None:
    """Raises VerificationNeeded where a solution as the fields stand needs a level that was never reached."""
    need = casetypes.level_to_resolve(held.loaded.case_type, guards.split(held.ticket.fields)[0])
    # What is brought from elsewhere was verified there.
    if need == 0 or held.actor.kind == "system":
        return
    have = customers.ever(await customers.attempts_of(held.work, held.ticket.id), held.ticket.customer_id)
    if have < need:
        raise VerificationNeeded(need=need, have=have)


async def verification_of(work: Work, ticket: Ticket, *, minutes: int) -> VerificationView:
    """How the ticket's customer is verified, with every attempt, newest first."""
    attempts = await customers.attempts_of(work, ticket.id)
    stands = customers.standing(attempts, ticket.customer_id, now=clock.now(), minutes=minutes)
    case_type = (await store.version(work, ticket.case_type, ticket.case_type_version)).case_type
    people = await identity.directory(work)
    return VerificationView(
        level=stands.level,
        ever=customers.ever(attempts, ticket.customer_id),
        holds_until=stands.until,
        needs=_needs(case_type, ticket),
        in_person_only=stands.in_person_only,
        most=customers.MOST,
        attempts=[
            AttemptView(
                at=a.verified_at,
                method=a.method,
                level=a.level,
                passed=a.passed,
                attempt=a.attempt,
                channel=a.channel,
                reference=a.reference,
                by=people.staff[a.staff_id].login if a.staff_id in people.staff else None,
                of_this_customer=a.customer_id == ticket.customer_id,
            )
            for a in reversed(attempts)
        ],
    )


def _needs(case_type: CaseType, ticket: Ticket) -> VerificationNeeds:
    return VerificationNeeds(
        disclose=case_type.verification_level,
        change=casetypes.level_to_change(case_type),
        resolve=casetypes.level_to_resolve(case_type, guards.split(ticket.fields)[0]),
    )


def _ticked(held: Held, made: Attempt) -> dict[str, object]:
    """Columns that follow: the record is at hand, and where the level is reached, the step is done."""
    case_type, ticket = held.loaded.case_type, held.ticket
    records = {item.code for item in case_type.evidence if item.code == _RECORD}
    steps = {item.code for item in case_type.checklist if item.service_step == _STEP}
    done = steps if made.passed and made.level >= case_type.verification_level else set[str]()
    return {
        "checklist": sorted({*ticket.checklist, *done}),
        "evidence": sorted({*ticket.evidence, *records}),
    }


def _level(command: RecordVerification) -> int:
    """The level reached. Raises Invalid."""
    most = customers.MOST[command.method]
    reached = command.level if command.level is not None else most if command.passed else 0
    wrong: list[FieldProblem] = []
    if command.passed and reached == 0:
        wrong.append(FieldProblem(pointer="/level", code="too_small", params={"limit": 1}))
    if reached > (most if command.passed else 0):
        limit = most if command.passed else 0
        wrong.append(FieldProblem(pointer="/level", code="too_big", params={"limit": limit}))
    if command.reference is not None and mask_text(command.reference).text != command.reference:
        wrong.append(FieldProblem(pointer="/reference", code="pattern", params={"expected": "CALL-20260001"}))
    if wrong:
        raise Invalid(fields=wrong)
    return reached


def _told(made: Attempt) -> dict[str, object]:
    told: dict[str, object] = {
        "verification": str(made.id),
        "method": made.method,
        "level": made.level,
        "passed": made.passed,
        "attempt": made.attempt,
        "by_channel": made.channel,
    }
    return told | ({"reference": made.reference} if made.reference else {})
