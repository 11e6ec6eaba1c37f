"""Legal holds: a person or a ticket that must not be deleted, whatever its time, until a day or until two people lift it."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.core.pipeline import Pending
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.privacy.erase import Keep, keeps
from bihuan.privacy.mask import mask_text
from bihuan.privacy.retention import queries
from bihuan.privacy.retention_time import day_of
from bihuan.privacy.vault import queries as vault_queries

PERSON_HOLD = declare(
    "person.hold", zh="设置与解除法律保全", en="Place legal holds on persons and tickets, and lift them"
)

Ground = Literal["lawsuit", "regulator", "police", "audit", "other"]
_LISTED = 500


class HoldOver(Problem):
    """This hold has been lifted, or its time is over."""

    status = 409
    zh = "该保全已解除或已到期。"


class LiftAsked(Problem):
    """Somebody has asked to lift this hold already; a second person decides."""

    status = 409
    zh = "已有人申请解除该保全，正等待另一人复核。"


class LiftNotAsked(Problem):
    """Nobody has asked to lift this hold."""

    status = 409
    zh = "尚无人申请解除该保全。"


class OwnLift(Problem):
    """A second person lifts a hold: never the one who asked for it."""

    status = 409
    zh = "须由另一人复核，申请人本人不能解除。"


class PlaceHold(msgspec.Struct, frozen=True, kw_only=True):
    """Why, in a word and in a note (a file number; masked as it is kept), and until when; None: until it is lifted."""

    ground: Ground
    note: Annotated[str, msgspec.Meta(min_length=2, max_length=500)]
    until_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A legal hold, of a person or of a ticket."""

    id: UUID
    subject_id: UUID | None
    ticket_id: UUID | None
    ground: Ground
    note: str
    until_at: datetime | None
    placed_by: UUID
    placed_at: datetime
    lift_asked_by: UUID | None = None
    lift_asked_at: datetime | None = None
    lifted_by: UUID | None = None
    lifted_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it holds now."""
        return self.lifted_at is None and (self.until_at is None or self.until_at > clock.now())


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """That something is held, as it is shown beside it; the note is for those who place holds."""

    id: UUID
    of: Literal["person", "ticket"]
    ground: Ground
    until_at: datetime | None
    lift_asked: bool


async def place_on_person(work: Work, actor: Actor, subject_id: UUID, command: PlaceHold) -> Hold:
    """Hold all that is kept of a person. Raises NotFound, Invalid."""
    # Locked, so that an erasure or a run that is deciding about them just now is seen, or sees this.
    known = await work.one(vault_queries.lock_subject, dict[str, object], id=subject_id)
    if known is None or known["shredded_at"] is not None:
        raise NotFound
    hold = await add(work, actor, command, subject_id=subject_id)
    await tell(work, actor, "person.held", hold)
    return hold


async def add(
    work: Work, actor: Actor, command: PlaceHold, *, subject_id: UUID | None = None, ticket_id: UUID | None = None
) -> Hold:  # fmt: skip
    """Queue a hold's row; whoever calls has locked what it is about. Raises Invalid."""
    now = clock.now()
    if command.until_at is not None and command.until_at <= now:
        raise Invalid(
            fields=[
                FieldProblem(
                    pointer="/until_at",
                    code="too_small",
                    params={"limit": now.isoformat(timespec="seconds")},
                )
            ]
        )
    hold = Hold(
        id=ids.new_id(),
        subject_id=subject_id,
        ticket_id=ticket_id,
        ground=command.ground,
        note=mask_text(command.note).text,
        until_at=command.until_at,
        placed_by=actor.id,
        placed_at=now,
    )
    row = {name: getattr(hold, name) for name in Hold.__struct_fields__ if not name.startswith("lift")}
    await work.run(queries.add_hold, **row)
    return hold


async def lock(work: Work, hold_id: UUID) -> Hold:
    """A hold that stands, locked. Raises NotFound, HoldOver."""
    hold = await work.one(queries.lock_hold, Hold, id=hold_id)
    if hold is None:
        raise NotFound
    if not hold.stands:
        raise HoldOver
    return hold


async def ask_lift(work: Work, actor: Actor, hold_id: UUID) -> Hold:
    """Ask to lift a hold. Raises NotFound, HoldOver, LiftAsked."""
    hold, now = await lock(work, hold_id), clock.now()
    if hold.lift_asked_by is not None:
        raise LiftAsked
    await work.run(queries.ask_lift, id=hold_id, by=actor.id, at=now)
    asked = msgspec.structs.replace(hold, lift_asked_by=actor.id, lift_asked_at=now)
    await tell(work, actor, "hold.lift_asked", asked)
    return asked


async def keep_on(work: Work, actor: Actor, hold_id: UUID) -> Hold:
    """Refuse to lift it, or take the wish back. Raises NotFound, HoldOver, LiftNotAsked."""
    hold = await lock(work, hold_id)
    if hold.lift_asked_by is None:
        raise LiftNotAsked
    await work.run(queries.ask_lift, id=hold_id, by=None, at=None)
    kept = msgspec.structs.replace(hold, lift_asked_by=None, lift_asked_at=None)
    await tell(work, actor, "hold.lift_refused", kept)
    return kept


async def lift(work: Work, actor: Actor, hold_id: UUID) -> Hold:
    """Lift what another asked to lift. Raises NotFound, HoldOver, LiftNotAsked, OwnLift."""
    hold, now = await lock(work, hold_id), clock.now()
    if hold.lift_asked_by is None:
        raise LiftNotAsked
    if actor.speaks_as(hold.lift_asked_by):
        raise OwnLift
    await work.run(queries.lift_hold, id=hold_id, by=actor.id, at=now)
    lifted = msgspec.structs.replace(hold, lifted_by=actor.id, lifted_at=now)
    await tell(work, actor, "hold.lifted", lifted)
    return lifted


async def listed(work: Work, *, all_: bool) -> list[Hold]:
    """Holds, newest first: those that stand, or all."""
    return await work.rows(queries.holds, Hold, all=all_, now=clock.now(), most=_LISTED)


async def on(
    work: Work, *, subjects: Collection[UUID | None] = (), tickets: Collection[UUID | None] = ()
) -> list[Hold]:
    """What holds these persons and tickets now."""
    return await (await send_on(work, subjects=subjects, tickets=tickets)).all()


async def send_on(
    work: Work, *, subjects: Collection[UUID | None] = (), tickets: Collection[UUID | None] = ()
) -> Pending[Hold]:
    """`on`, waited for later."""
    return await work.send(
        queries.holds_on,
        Hold,
        subject_ids=[one for one in subjects if one],
        ticket_ids=[one for one in tickets if one],
        now=clock.now(),
    )


def shown(holds: Collection[Hold]) -> list[Held]:
    """As they stand beside what they hold."""
    return [
        Held(
            id=hold.id,
            of="person" if hold.subject_id else "ticket",
            ground=hold.ground,
            until_at=hold.until_at,
            lift_asked=hold.lift_asked_by is not None,
        )
        for hold in holds
    ]


def keep_of(hold: Hold) -> Keep:
    """Why what it holds must be kept."""
    until = "" if hold.until_at is None else day_of(hold.until_at).isoformat()
    return Keep(
        zh=f"处于法律保全中，至 {until}" if until else "处于法律保全中",
        en=f"under legal hold until {until}" if until else "under legal hold",
    )


@keeps
async def while_held(work: Work, subject_id: UUID) -> Keep | None:
    """Nobody is erased who is under legal hold."""
    found = await on(work, subjects=[subject_id])
    return keep_of(found[0]) if found else None


async def tell(work: Work, actor: Actor, kind: str, hold: Hold) -> None:
    """Record it in the actor's own stream and among what was configured."""
    data: dict[str, object] = {
        "hold": str(hold.id),
        "ground": hold.ground,
        "until": hold.until_at.isoformat() if hold.until_at else None,
        "note": hold.note,
    }
    data |= {"customer": str(hold.subject_id)} if hold.subject_id else {"ticket": str(hold.ticket_id)}
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="staff", id=actor.id), event)
