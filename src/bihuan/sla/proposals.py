"""A policy's next version by two people: one proposes what gives more time than is set from outside, another approves.

What shortens a limit, or leaves it, needs no second person; one may be asked for all the same.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core import clock as time
from bihuan.core import ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.sla import policies, store
from bihuan.sla.calendars import SamePerson, record
from bihuan.sla.model import Code, Note, PolicyBody
from bihuan.sla.policies import MakePolicy, Moment, RetirePolicy
from bihuan.sla.rows import queries
from bihuan.sla.store import Book, PolicyHead

ProposalState = Literal["proposed", "approved", "refused"]


class ProposalDecided(Problem):
    """This proposal has been decided already."""

    status = 409
    zh = "该变更申请已处理。"


class PolicyMovedOn(Problem):
    """Version {current} of this policy was made after this was proposed; propose it anew."""

    status = 409
    zh = "提出之后该政策已有版本 {current}，请重新提出。"


class ProposePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy's next version (`body`), or its retirement (`retire`, its code): one of the two."""

    note: Note
    body: PolicyBody | None = None
    retire: Code | None = None
    effective_from: Moment | None = None
    move_running: bool = False


class RefuseProposal(msgspec.Struct, frozen=True, kw_only=True):
    """Why not."""

    note: Note


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal. `based_on`: the latest version when it was made, 0 where the policy is new."""

    id: UUID
    code: str
    based_on: int
    body: PolicyBody
    retires: bool
    effective_from: datetime | None
    move_running: bool
    note: str
    state: ProposalState
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    version: int | None


class _Row(Proposal, frozen=True, kw_only=True):
    body: str  # pyright: ignore[reportIncompatibleVariableOverride] - as it is stored


async def propose(work: Work, actor: Actor, command: ProposePolicy) -> Proposal:
    """Ask for it. Raises Invalid naming everything that is wrong, NotFound, PolicyRetired."""
    if (command.body is None) == (command.retire is None):
        raise Invalid(fields=[FieldProblem(pointer="/body", code="missing")])
    book = await store.book(work, fresh=True)
    body = command.body or _retired(book, str(command.retire))
    if wrong := await _problems(work, book, body, command):
        raise Invalid(fields=wrong)
    heads = book.policy_heads(body.code)
    made = Proposal(
        id=ids.new_id(),
        code=body.code,
        based_on=heads[-1].version if heads else 0,
        body=body,
        retires=command.body is None,
        effective_from=command.effective_from,
        move_running=command.move_running,
        note=privacy.mask_text(command.note).text,
        state="proposed",
        asked_by=actor.id,
        asked_at=time.now(),
        decided_by=None,
        decided_at=None,
        version=None,
    )
    columns = {name: getattr(made, name) for name in Proposal.__struct_fields__}
    await work.run(queries.add_proposal, **{**columns, "body": evidence.canonical(body)})
    await record(work, actor, "policy.proposed", _told(made) | {"digest": store.digest_of(body)})
    return made


async def approve(work: Work, actor: Actor, proposal_id: UUID) -> Proposal:
    """It becomes the next version. Raises NotFound, ProposalDecided, SamePerson, PolicyMovedOn, Invalid."""
    found = await _undecided(work, actor, proposal_id)
    await work.run(queries.hold_versions, what="policy", code=found.code)
    book = await store.book(work, fresh=True)
    heads = book.policy_heads(found.code)
    current = heads[-1].version if heads else 0
    if current != found.based_on:
        raise PolicyMovedOn(current=current)
    head = await _make(work, actor, found)
    done = await _decide(work, actor, found, "approved", version=head.version)
    await record(work, actor, "policy.approved", _told(done) | {"version": head.version})
    return done


async def refuse(work: Work, actor: Actor, proposal_id: UUID, command: RefuseProposal) -> Proposal:
    """It will not hold. Raises NotFound, ProposalDecided, SamePerson."""
    found = await _undecided(work, actor, proposal_id)
    done = await _decide(work, actor, found, "refused", version=None)
    note = privacy.mask_text(command.note).text
    await record(work, actor, "policy.refused", _told(done) | {"note": note})
    return done


async def proposals(work: Work, *, most: int = 200) -> list[Proposal]:
    """What was proposed, newest first."""
    return [_read(row) for row in await work.rows(queries.proposals, _Row, most=most)]


async def _make(work: Work, actor: Actor, found: Proposal) -> PolicyHead:
    """A moment that has gone by meanwhile is now."""
    from_ = found.effective_from
    when = from_ if from_ is not None and from_ > time.now() else None
    if found.retires:
        retire = RetirePolicy(note=found.note, effective_from=when)
        return await policies.retire(work, actor, found.code, retire, approved=True)
    command = MakePolicy(
        body=found.body,
        note=found.note,
        effective_from=when,
        move_running=found.move_running and when is None,
    )
    return await policies.make(work, actor, command, approved=True)


def _retired(book: Book, code: str) -> PolicyBody:
    """The body a policy is retired with. Raises NotFound, PolicyRetired."""
    heads = book.policy_heads(code)
    if not heads:
        raise NotFound
    if heads[-1].retired:
        raise policies.PolicyRetired(code=code)
    return book.policy_body(code, heads[-1].version)


async def _problems(work: Work, book: Book, body: PolicyBody, command: ProposePolicy) -> list[FieldProblem]:
    wrong = await policies.problems(work, book, body) if command.body is not None else []
    return wrong + policies.when_problems(command.effective_from, moves=command.move_running)


async def _undecided(work: Work, actor: Actor, proposal_id: UUID) -> Proposal:
    row = await work.one(queries.lock_proposal, _Row, id=proposal_id)
    if row is None:
        raise NotFound
    if row.state != "proposed":
        raise ProposalDecided
    if actor.speaks_as(row.asked_by):
        raise SamePerson
    return _read(row)


async def _decide(
    work: Work, actor: Actor, found: Proposal, state: ProposalState, *, version: int | None
) -> Proposal:
    done = msgspec.structs.replace(
        found, state=state, decided_by=actor.id, decided_at=time.now(), version=version
    )
    told = {n: getattr(done, n) for n in ("id", "state", "decided_by", "decided_at", "version")}
    await work.run(queries.decide_proposal, **told)
    return done


def _read(row: _Row) -> Proposal:
    plain = {name: getattr(row, name) for name in Proposal.__struct_fields__ if name != "body"}
    return Proposal(body=msgspec.json.decode(row.body, type=PolicyBody), **plain)


def _told(made: Proposal) -> dict[str, object]:
    return {
        "proposal": str(made.id),
        "code": made.code,
        "based_on": made.based_on,
        "retires": made.retires,
        "asked_by": str(made.asked_by),
        "note": made.note,
    }
