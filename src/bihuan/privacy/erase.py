"""Erasing a person: asked by one colleague, approved by another; then nothing of theirs can be read anywhere.

`approve` is one transaction: it deletes what identifies the person (`forgets`), tells it on each of their tickets, and
marks their keys. After the commit `finish` destroys the keys and the files' bytes; it is idempotent, delivered at least
once, and repeated by the sweep, so that neither a crash nor an older copy of either store brings anybody back.
Whoever keeps something of a person registers here: `keeps` a reason to refuse, `reaches` further keys of theirs,
`forgets` rows, `removes` bytes outside the database.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock, ids
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered, reacts_to
from bihuan.core.permissions import declare
from bihuan.core.problems import NotFound, Problem
from bihuan.privacy.subject_key_store import store_of
from bihuan.privacy.vault import queries

PERSON_ERASE = declare(
    "person.erase", zh="申请与复核删除个人信息", en="Ask for and approve a person's erasure"
)

#: Grounds of PIPL article 47: the purpose is reached or cannot be; the time to keep is over; consent was withdrawn;
#: it was handled against law or agreement; another law says so.
Ground = Literal["purpose_over", "retention_over", "consent_withdrawn", "unlawful", "required_by_law"]
State = Literal["asked", "approved", "done", "refused"]


class MustBeKept(Problem):
    """This person's data must be kept: {why}."""

    status = 409
    zh = "此人的数据须继续保存：{why}。"


class ErasureAsked(Problem):
    """This person's erasure has been asked for already and waits for a second person."""

    status = 409
    zh = "已有人申请删除此人的数据，正等待另一人复核。"


class ErasureDecided(Problem):
    """This erasure has been decided already."""

    status = 409
    zh = "该删除申请已处理。"


class SecondPersonNeeded(Problem):
    """A second person approves an erasure: never the one who asked for it."""

    status = 409
    zh = "删除须由另一人复核，申请人本人不能决定。"


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """Why a person's data must be kept, in both languages, without a full stop."""

    zh: str
    en: str


class Erase(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure to be asked for, and its ground by PIPL article 47."""

    ground: Ground


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure. `subject_id`: the customer, or a ticket whose customer is not known."""

    id: UUID
    subject_id: UUID
    ground: Ground
    state: State
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    done_at: datetime | None = None


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """Who is being erased: every subject whose key goes. `actor`: who approved it."""

    work: Work
    actor: Actor
    erasure_id: UUID
    subject_id: UUID
    subjects: frozenset[UUID]
    at: datetime


class _Subject(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    shredded_at: datetime | None


class _Row(Erasure, frozen=True, kw_only=True):
    event: str | None = None


MustKeep = Callable[[Work, UUID], Awaitable[Keep | None]]
Reach = Callable[[Work, UUID], Awaitable[Collection[UUID]]]
Forget = Callable[[Leaving], Awaitable[None]]
Remove = Callable[[Desk, UUID, Collection[UUID]], Awaitable[None]]
_keeps: list[MustKeep] = []
_reaches: list[Reach] = []
_forgets: list[Forget] = []
_removes: list[Remove] = []


def keeps(reason: MustKeep) -> MustKeep:
    """Declare a reason for which a subject's data must be kept (an open ticket, a legal hold, a running retention)."""
    _keeps.append(reason)
    return reason


def reaches(reach: Reach) -> Reach:
    """Declare which further subjects are the same person (tickets from before they were known)."""
    _reaches.append(reach)
    return reach


def forgets(forget: Forget) -> Forget:
    """Declare what rows of a person go with them, in the approval's transaction."""
    _forgets.append(forget)
    return forget


def removes(remove: Remove) -> Remove:
    """Declare what bytes outside the database go: called with tenant and subjects, perhaps more than once."""
    _removes.append(remove)
    return remove


async def must_keep(work: Work, subject_id: UUID) -> Keep | None:
    """The first reason for which a subject's data must be kept."""
    for reason in _keeps:
        if (keep := await reason(work, subject_id)) is not None:
            return keep
    return None


async def ask(work: Work, actor: Actor, subject_id: UUID, command: Erase) -> Erasure:
    """Ask for a person's erasure. Raises NotFound, MustBeKept, ErasureAsked."""
    known = await work.one(queries.lock_subject, _Subject, id=subject_id)
    if known is None or known.shredded_at is not None:
        raise NotFound
    await _refuse_kept(work, actor, subject_id)
    now, erasure_id = clock.now(), ids.new_id()
    if await work.scalar(queries.erasure_asked, subject_id=subject_id):
        raise ErasureAsked
    await work.run(
        queries.add_erasure,
        id=erasure_id,
        subject_id=subject_id,
        ground=command.ground,
        asked_by=actor.id,
        asked_at=now,
    )
    data: dict[str, object] = {
        "erasure": str(erasure_id), "subject": str(subject_id), "ground": command.ground,
    }  # fmt: skip
    await _tell(work, actor, "person.erasure_asked", data)
    return Erasure(
        id=erasure_id, subject_id=subject_id, ground=command.ground, state="asked", asked_by=actor.id, asked_at=now
    )  # fmt: skip


async def approve(work: Work, actor: Actor, erasure_id: UUID) -> Erasure:
    """Approve what another asked for: from the commit on the person is gone.

    Raises NotFound, ErasureDecided, SecondPersonNeeded, MustBeKept.
    """
    found = await _undecided(work, actor, erasure_id)
    # Whoever places a legal hold on them at the same moment waits, or is waited for.
    await work.one(queries.lock_subject, _Subject, id=found.subject_id)
    await _refuse_kept(work, actor, found.subject_id)
    leaving = await _leaving(work, actor, found)
    await _take_away(leaving)
    data: dict[str, object] = {
        "erasure": str(found.id), "subject": str(found.subject_id), "keys": len(leaving.subjects),
    }  # fmt: skip
    event = await _tell(work, actor, "person.erasure_approved", data)
    return await _decided(work, found, actor, state="approved", at=leaving.at, event=event)


async def refuse(work: Work, actor: Actor, erasure_id: UUID) -> Erasure:
    """Refuse what another asked for. Raises NotFound, ErasureDecided, SecondPersonNeeded."""
    found = await _undecided(work, actor, erasure_id)
    event = await _tell(
        work, actor, "person.erasure_refused", {"erasure": str(found.id), "subject": str(found.subject_id)}
    )
    return await _decided(work, found, actor, state="refused", at=clock.now(), event=event)


async def over(work: Work, subject_id: UUID, *, asked_by: UUID, decided_by: UUID) -> UUID | None:
    """Erase a person of whom nothing is kept any more, as two colleagues decided of all such; returns the erasure.

    None where there is nobody, or where they must be kept after all. `finish` destroys the keys after the commit.
    """
    known = await work.one(queries.lock_subject, _Subject, id=subject_id)
    if known is None or known.shredded_at is not None:
        return None
    if await work.scalar(queries.erasure_asked, subject_id=subject_id):
        return None
    for one in await reached(work, subject_id):
        if await must_keep(work, one) is not None:
            return None
    actor, now = desk_actor(work.tenant_id), clock.now()
    found = Erasure(
        id=ids.new_id(), subject_id=subject_id, ground="retention_over", state="asked", asked_by=asked_by, asked_at=now
    )  # fmt: skip
    await work.run(queries.add_erasure, id=found.id, subject_id=subject_id, ground=found.ground,
        asked_by=asked_by, asked_at=now)  # fmt: skip
    leaving = await _leaving(work, actor, found)
    await _take_away(leaving)
    data: dict[str, object] = {
        "erasure": str(found.id), "subject": str(subject_id), "keys": len(leaving.subjects),
        "ground": found.ground, "asked_by": str(asked_by), "decided_by": str(decided_by),
    }  # fmt: skip
    stream = evidence.Stream(kind="config", id=work.tenant_id)
    head = await evidence.record(
        work, work.ring, stream, evidence.NewEvent(kind="person.erasure_approved", at=now, actor=actor, data=data)
    )  # fmt: skip
    event = f"{stream.kind}:{stream.id}/{head.seq}"
    decider = msgspec.structs.replace(actor, id=decided_by)
    await _decided(work, found, decider, state="approved", at=leaving.at, event=event)
    return found.id


async def erasures(work: Work, *, most: int = 200) -> list[Erasure]:
    """What was asked for, newest first."""
    return await work.rows(queries.erasures, Erasure, most=most)


@reacts_to("person.erasure_approved")
async def finish_approved(desk: Desk, event: Delivered) -> None:
    """Destroy the keys right after the approval."""
    async with desk.database.work(event.tenant_id) as work:
        told = await evidence.events(work, event.stream_id, after=event.seq - 1, most=1)
    if told:
        await finish(desk, event.tenant_id, UUID(str(told[0].data["erasure"])))


async def finish(desk: Desk, tenant_id: UUID, erasure_id: UUID) -> None:
    """Destroy keys and bytes of an approved erasure; nothing where that is done. Idempotent."""
    async with desk.database.work(tenant_id) as work:
        found = await work.one(queries.lock_erasure, _Row, id=erasure_id)
        if found is None or found.state != "approved" or found.decided_at is None:
            return
        subjects = [row.id for row in await work.rows(queries.subjects_of, _Subject, erasure_id=erasure_id)]
        store = store_of(work.ring)
        await store.shred(tenant_id, subjects, at=found.decided_at, by=found.event or "")
        await remove_bytes(desk, tenant_id, subjects)
        await work.run(queries.erasure_done, id=erasure_id, at=clock.now())
        await _tell_all(work, {"erasure": str(erasure_id), "keys": len(subjects)})


async def again(work: Work, subject_id: UUID) -> None:
    """Erase in the rows who was erased already: an older database was put back beside the key file of today."""
    leaving = Leaving(
        work=work,
        actor=desk_actor(work.tenant_id),
        erasure_id=ids.new_id(),
        subject_id=subject_id,
        subjects=frozenset({subject_id}),
        at=clock.now(),
    )
    await _take_away(leaving)
    await _tell_all(work, {"erasure": str(leaving.erasure_id), "keys": 0, "again": str(subject_id)})


async def remove_bytes(desk: Desk, tenant_id: UUID, subject_ids: Collection[UUID]) -> None:
    """Delete what of these subjects lies outside the database."""
    for remove in _removes:
        await remove(desk, tenant_id, subject_ids)


async def _take_away(leaving: Leaving) -> None:
    for forget in _forgets:
        await forget(leaving)
    ids_ = list(leaving.subjects)
    await leaving.work.run(queries.drop_values, subject_ids=ids_)
    await leaving.work.run(
        queries.mark_subjects, subject_ids=ids_, erasure_id=leaving.erasure_id, at=leaving.at
    )


async def _tell_all(work: Work, data: dict[str, object]) -> None:
    """What has become of keys and rows, among what was configured: nobody's own stream may hold it alone."""
    actor = desk_actor(work.tenant_id)
    event = evidence.NewEvent(kind="person.erased", at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)


async def _undecided(work: Work, actor: Actor, erasure_id: UUID) -> Erasure:
    found = await work.one(queries.lock_erasure, _Row, id=erasure_id)
    if found is None:
        raise NotFound
    if found.state != "asked":
        raise ErasureDecided
    if actor.speaks_as(found.asked_by):
        raise SecondPersonNeeded
    return found


async def reached(work: Work, subject_id: UUID) -> frozenset[UUID]:
    """Every subject that is the same person, and every one that these lead to."""
    found, ahead = {subject_id}, [subject_id]
    while ahead:
        one = ahead.pop()
        further = {id_ for reach in _reaches for id_ in await reach(work, one)} - found
        found |= further
        ahead += sorted(further)
    return frozenset(found)


async def _refuse_kept(work: Work, actor: Actor, subject_id: UUID) -> None:
    for one in sorted(await reached(work, subject_id)):
        if (keep := await must_keep(work, one)) is not None:
            raise MustBeKept(why=keep.zh if actor.language == "zh" else keep.en)


async def _leaving(work: Work, actor: Actor, found: Erasure) -> Leaving:
    subjects = await reached(work, found.subject_id)
    return Leaving(
        work=work,
        actor=actor,
        erasure_id=found.id,
        subject_id=found.subject_id,
        subjects=subjects,
        at=clock.now(),
    )


async def _decided(
    work: Work, found: Erasure, actor: Actor, *, state: State, at: datetime, event: str
) -> Erasure:
    await work.run(
        queries.decide_erasure, id=found.id, state=state, decided_by=actor.id, decided_at=at, event=event
    )
    return Erasure(
        id=found.id,
        subject_id=found.subject_id,
        ground=found.ground,
        state=state,
        asked_by=found.asked_by,
        asked_at=found.asked_at,
        decided_by=actor.id,
        decided_at=at,
    )


async def _tell(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> str:
    """Record it in the actor's own stream; returns which event it is."""
    stream = evidence.Stream(kind="staff", id=actor.id)
    head = await evidence.record(
        work, work.ring, stream, evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    )
    return f"{stream.kind}:{stream.id}/{head.seq}"
