"""Every write about calendars: proposed by one person, approved or refused by another, taken back by a new version.

What a clock was reckoned by stays as it was: an approval changes which version new clocks get, and asks for running ones
to be reckoned anew, all of them or those that were marked provisional.
"""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core import clock as time
from bihuan.core import ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.sla import calendar, store
from bihuan.sla.model import CalendarBody, Note
from bihuan.sla.rows import queries
from bihuan.sla.store import CalendarHead, Origin


class SamePerson(Problem):
    """A second person decides: never the one who proposed it."""

    status = 409
    zh = "须由另一人复核，提出者本人不能决定。"


class AlreadyDecided(Problem):
    """Version {version} of this calendar is no proposal any more."""

    status = 409
    zh = "该日历的版本 {version} 已不是待复核状态。"


class LaterVersionHolds(Problem):
    """Version {current} was approved after version {version} was proposed; propose it anew."""

    status = 409
    zh = "版本 {version} 提出之后已有版本 {current} 生效，请重新提出。"


class ProposeCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar as it should be, and whether clocks that run are to be reckoned anew by it."""

    body: CalendarBody
    note: Note
    move_running: bool = False
    from_notice: bool = False


class ApproveCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """`move_running` where the one who approves decides otherwise than the one who proposed."""

    move_running: bool | None = None


class RefuseCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """Why not."""

    note: Note


class RollBackCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """An older version to be taken again."""

    to_version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    note: Note
    move_running: bool = False


class _Version(msgspec.Struct, frozen=True, kw_only=True):
    version: int


async def propose(work: Work, actor: Actor, code: str, command: ProposeCalendar) -> CalendarHead:
    """A new version, to be approved by somebody else. Raises Invalid."""
    if wrong := problems(code, command.body):
        raise Invalid(fields=wrong)
    origin: Origin = "notice" if command.from_notice else "edited"
    return await _add(work, actor, origin, command)


async def roll_back(work: Work, actor: Actor, code: str, command: RollBackCalendar) -> CalendarHead:
    """Propose an older version again. Raises NotFound, Invalid."""
    book = await store.book(work, fresh=True)
    heads = {head.version: head for head in book.calendar_heads(code)}
    if not heads:
        raise NotFound
    former = heads.get(command.to_version)
    if former is None or former.state != "past":
        choices = ", ".join(str(v) for v, head in heads.items() if head.state == "past")
        raise Invalid(
            fields=[FieldProblem(pointer="/to_version", code="choice", params={"choices": choices})]
        )
    again = ProposeCalendar(
        body=book.calendar_body(code, former.version), note=command.note, move_running=command.move_running
    )
    return await _add(work, actor, "rolled_back", again)


async def approve(
    work: Work, actor: Actor, code: str, version: int, command: ApproveCalendar
) -> CalendarHead:
    """The proposal holds from now on; running clocks go by it, all or the provisional ones.

    Raises NotFound, AlreadyDecided, SamePerson, LaterVersionHolds.
    """
    heads = await work.rows(queries.lock_calendar, CalendarHead, code=code)
    proposal = _proposal(heads, version, actor)
    current = next((head for head in heads if head.state == "current"), None)
    if current is not None and current.version > version:
        raise LaterVersionHolds(version=version, current=current.version)
    moving = proposal.move_running if command.move_running is None else command.move_running
    await work.run(queries.calendar_past, code=code)
    decided = await _decide(work, actor, proposal, "current", move_running=moving)
    if current is not None:
        await ask_to_move(work, actor, "calendar", decided.code, version, "all" if moving else "provisional")
    store.changed(work)
    await record(work, actor, "calendar.approved", {
        "code": code, "version": version, "before": current.version if current else None, "move_running": moving,
    })  # fmt: skip
    return decided


async def refuse(work: Work, actor: Actor, code: str, version: int, command: RefuseCalendar) -> CalendarHead:
    """The proposal will not hold. Raises NotFound, AlreadyDecided, SamePerson."""
    heads = await work.rows(queries.lock_calendar, CalendarHead, code=code)
    proposal = _proposal(heads, version, actor)
    decided = await _decide(work, actor, proposal, "refused", move_running=proposal.move_running)
    store.changed(work)
    note = privacy.mask_text(command.note).text
    await record(work, actor, "calendar.refused", {"code": code, "version": version, "note": note})
    return decided


def problems(code: str, body: CalendarBody) -> list[FieldProblem]:
    """Everything wrong with a body as a command's `/body`."""
    found = [
        FieldProblem(pointer=f"/body{one.pointer}", code=one.code, params=one.params)
        for one in calendar.problems(body)
    ]
    if body.code != code:
        found.append(FieldProblem(pointer="/body/code", code="choice", params={"choices": code}))
    return found + personal(body)


def personal(body: msgspec.Struct) -> list[FieldProblem]:
    """Texts of a body that hold somebody's card, phone or ID: versions are kept for ever, so they may not."""
    return privacy.personal_texts(body, at="/body")


async def ask_to_move(
    work: Work, actor: Actor, what: Literal["calendar", "policy"], code: str, version: int, scope: str
) -> UUID:  # fmt: skip
    """Ask for running clocks to be reckoned anew, ticket by ticket. Returns the change's id."""
    change = ids.new_id()
    await work.run(
        queries.add_change, id=change, what=what, code=code, version=version, scope=scope,
        asked_by=actor.id, asked_at=time.now(),
    )  # fmt: skip
    return change


async def record(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    """The event in the tenant's config stream."""
    event = evidence.NewEvent(kind=kind, at=time.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)


async def _add(work: Work, actor: Actor, origin: Origin, command: ProposeCalendar) -> CalendarHead:
    body = command.body
    await work.run(queries.hold_versions, what="calendar", code=body.code)
    heads = await work.rows(queries.lock_calendar, CalendarHead, code=body.code)
    head = CalendarHead(
        code=body.code,
        version=max((h.version for h in heads), default=0) + 1,
        state="proposed",
        origin=origin,
        digest=store.digest_of(body),
        note=privacy.mask_text(command.note).text,
        move_running=command.move_running,
        made_by=actor.id,
        made_at=time.now(),
        decided_by=None,
        decided_at=None,
    )
    await work.run(queries.add_calendar, body=evidence.canonical(body), **msgspec.structs.asdict(head))
    store.changed(work)
    await record(work, actor, "calendar.proposed", {
        "code": head.code, "version": head.version, "digest": head.digest, "origin": origin, "note": head.note,
        "move_running": head.move_running,
    })  # fmt: skip
    return head


def _proposal(heads: list[CalendarHead], version: int, actor: Actor) -> CalendarHead:
    found = next((head for head in heads if head.version == version), None)
    if found is None:
        raise NotFound
    if found.state != "proposed":
        raise AlreadyDecided(version=version)
    if actor.speaks_as(found.made_by):
        raise SamePerson
    return found


async def _decide(
    work: Work, actor: Actor, proposal: CalendarHead, state: Literal["current", "refused"], *, move_running: bool
) -> CalendarHead:  # fmt: skip
    decided = msgspec.structs.replace(
        proposal, state=state, move_running=move_running, decided_by=actor.id, decided_at=time.now()
    )
    told = {
        name: getattr(decided, name)
        for name in ("code", "version", "state", "move_running", "decided_by", "decided_at")
    }
    await work.must(queries.decide_calendar, _Version, **told)
    return decided
