"""Every write about policies: a new version, a retirement. What was started by a version goes on by it unless asked."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from bihuan import evidence, identity, privacy
from bihuan.core import clock as time
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import all_codes
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.sla import lengthens, policy_check, store
from bihuan.sla.calendars import ask_to_move, personal, record
from bihuan.sla.model import Note, PolicyBody
from bihuan.sla.policy_check import Known
from bihuan.sla.rows import queries
from bihuan.sla.store import Book, Layer, PolicyHead

#: With a zone; what is in effect is compared with the desk's clock.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

#: How far ahead a version may be made.
_FARTHEST = timedelta(days=7305)


class PolicyRetired(Problem):
    """The SLA policy {code} is retired already."""

    status = 409
    zh = "SLA 政策 {code} 已停用。"


class ApprovalNeeded(Problem):
    """This gives more time than a regulator or card scheme sets ({limits}): propose it, for a second person to approve."""

    status = 409
    zh = "此变更放宽了监管或卡组织规定的时限（{limits}）：请提出申请，由另一人复核后生效。"


class MakePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy's next version, or the first of a new code. `effective_from` None: at once. `move_running`: clocks that
    were started by it are reckoned anew, which only a version in effect at once can do.
    """

    body: PolicyBody
    note: Note
    effective_from: Moment | None = None
    move_running: bool = False


class RetirePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """From then on the policy matches nothing; what it started goes on by it."""

    note: Note
    effective_from: Moment | None = None


async def make(work: Work, actor: Actor, command: MakePolicy, *, approved: bool = False) -> PolicyHead:
    """A new version. `approved`: by a second person. Raises Invalid naming everything that is wrong, ApprovalNeeded."""
    now = time.now()
    await work.run(queries.hold_versions, what="policy", code=command.body.code)
    book = await store.book(work, fresh=True)
    wrong = await problems(work, book, command.body)
    if wrong := wrong + when_problems(command.effective_from, moves=command.move_running):
        raise Invalid(fields=wrong)
    had = book.policy_heads(command.body.code)
    if not approved:
        _refuse_longer(actor, book, latest(book, command.body.code), command.body)
    head = await add(
        work, actor, command.body, version=_next(had), layer="own",
        effective_from=command.effective_from or now, note=command.note,
    )  # fmt: skip
    moving = command.move_running and bool(had)
    if moving:
        await ask_to_move(work, actor, "policy", head.code, head.version, "all")
    await record(work, actor, "policy.made", {**_told(head), "move_running": moving})
    return head


async def retire(
    work: Work, actor: Actor, code: str, command: RetirePolicy, *, approved: bool = False
) -> PolicyHead:
    """A last version that matches nothing. `approved`: by a second person.

    Raises NotFound, PolicyRetired, Invalid, ApprovalNeeded.
    """
    now = time.now()
    await work.run(queries.hold_versions, what="policy", code=code)
    book = await store.book(work, fresh=True)
    heads = book.policy_heads(code)
    if not heads:
        raise NotFound
    if heads[-1].retired:
        raise PolicyRetired(code=code)
    if wrong := when_problems(command.effective_from):
        raise Invalid(fields=wrong)
    if not approved:
        _refuse_longer(actor, book, latest(book, code), None)
    head = await add(
        work, actor, book.policy_body(code, heads[-1].version), version=_next(heads), layer="own",
        effective_from=command.effective_from or now, note=command.note, retired=True,
    )  # fmt: skip
    await record(work, actor, "policy.retired", _told(head))
    return head


async def add(
    work: Work, actor: Actor, body: PolicyBody, *, version: int, layer: Layer, effective_from: datetime,
    note: str, retired: bool = False,
) -> PolicyHead:  # fmt: skip
    """Queue a version's row."""
    head = PolicyHead(
        code=body.code,
        version=version,
        layer=layer,
        digest=store.digest_of(body),
        effective_from=effective_from.astimezone(UTC),
        retired=retired,
        note=privacy.mask_text(note).text,
        made_by=actor.id,
        made_at=time.now(),
    )
    await work.run(queries.add_policy, body=evidence.canonical(body), **msgspec.structs.asdict(head))
    store.changed(work)
    return head


async def problems(work: Work, book: Book, body: PolicyBody) -> list[FieldProblem]:
    """Everything wrong with a body as a command's `/body`."""
    people = await identity.directory(work, fresh=True)
    known = Known(
        calendars=book.current_calendars(),
        teams={team.code for team in people.teams.values()},
        roles={role.code for role in await identity.roles(work)},
        permissions=all_codes(),
    )
    return policy_check.problems(body, known, "/body") + personal(body)


def latest(book: Book, code: str) -> PolicyBody | None:
    """A policy as it was made last; None where there is none, or it was retired."""
    heads = book.policy_heads(code)
    return book.policy_body(code, heads[-1].version) if heads and not heads[-1].retired else None


def _refuse_longer(actor: Actor, book: Book, before: PolicyBody | None, after: PolicyBody | None) -> None:
    """Raises ApprovalNeeded where a limit set from outside would be longer."""
    found = lengthens.longer(before, after, book.effective(time.now()))
    if found:
        comma = "、" if actor.language == "zh" else ", "
        raise ApprovalNeeded(limits=comma.join(rule.title.of(actor.language) for rule in found))


def when_problems(effective_from: datetime | None, *, moves: bool = False) -> list[FieldProblem]:
    """What is wrong with from when on a version is to hold."""
    now = time.now()
    wrong = _when(effective_from, now)
    if moves and effective_from is not None and effective_from > now:
        wrong.append(FieldProblem(pointer="/move_running", code="not_applicable"))
    return wrong


def _when(effective_from: datetime | None, now: datetime) -> list[FieldProblem]:
    if effective_from is None or now <= effective_from <= now + _FARTHEST:
        return []
    code, limit = ("too_small", now) if effective_from < now else ("too_big", now + _FARTHEST)
    params: dict[str, str | int] = {"limit": limit.isoformat(timespec="seconds")}
    return [FieldProblem(pointer="/effective_from", code=code, params=params)]


def _next(heads: list[PolicyHead]) -> int:
    return max((head.version for head in heads), default=0) + 1


def _told(head: PolicyHead) -> dict[str, object]:
    return {
        "code": head.code,
        "version": head.version,
        "digest": head.digest,
        "layer": head.layer,
        "effective_from": head.effective_from.isoformat(),
        "note": head.note,
    }
