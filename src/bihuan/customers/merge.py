"""Merging two customers who are one person, and undoing it.

`merge` sets a pointer and tells it: in the streams of both, in that of whoever did it, and on each ticket of who was
merged. Nothing is rewritten, so `unmerge` puts back exactly what was there: what came meanwhile stays with the customer it
came with, as it would have without the merge.

Of one person everything is read together (`family`): contacts, tickets of each, the portal of either. A new ticket keeps
whom it came for and shows the person. What each has of its own and is not added up is decided so:
- portal: sessions and links of both go on, and each shows the tickets of both;
- tier: the survivor's holds, also where it has none;
- wishes how to be told, and where: the survivor's; where it has said nothing, those of the merged who spoke last;
- verification (核身) counts for the customer it was done with alone, never for what the other is known by: that two are one
  person is a colleague's word and verifies nobody.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.core.problems import Language, NotFound, Problem
from bihuan.customers.family import families, family, forget, queries
from bihuan.privacy import Protector, Shredded, gone_words

CUSTOMER_MERGE = declare("customer.merge", zh="合并客户与撤销合并", en="Merge customers and undo it")
_TABLE = "customer_merge"

ConflictCode = Literal["portal", "tier", "wishes", "language"]
CONFLICTS: dict[ConflictCode, tuple[str, str]] = {
    "portal": (
        "两个客户都正登录门户：各自的会话继续有效，并能看到双方的工单。",
        "Both are at the portal: each session goes on and shows the tickets of both.",
    ),
    "tier": (
        "两个客户的等级不同：以保留客户的等级为准，已受理工单的时限不变。",
        "Their tiers differ: the survivor's holds; tickets already open keep their limits.",
    ),
    "wishes": (
        "两个客户都设置过通知方式：以保留客户的设置为准。",
        "Both have said how they want to be told: the survivor's wishes hold.",
    ),
    "language": (
        "两个客户的语言不同：以保留客户的语言为准。",
        "Their languages differ: the survivor's holds.",
    ),
}


class AlreadyMerged(Problem):
    """This customer has been merged into another; undo that first."""

    status = 409
    zh = "该客户已合并到其他客户，请先撤销原合并。"


class NotMerged(Problem):
    """This customer is not merged into another."""

    status = 409
    zh = "该客户未合并到其他客户。"


class MergeRing(Problem):
    """These two are one person already: the other way round it stands."""

    status = 409
    zh = "两者已是同一客户：对方已合并到该客户。"


class NotTheSameKind(Problem):
    """A person and an organisation, or two organisations of different codes, are never one customer."""

    status = 409
    zh = "个人与机构、统一社会信用代码不同的两家机构不能合并。"


class MergeCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Whom they are the same person as, and how that is known."""

    into: UUID
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=400)]


class PersonMerge(msgspec.Struct, frozen=True, kw_only=True):
    """A merge that stands. `customer_id` was merged `into`; `tier` and `language` are what that customer had."""

    id: UUID
    customer_id: UUID
    into: UUID
    reason: str
    merged_by: UUID
    merged_at: datetime
    tier: str | None
    language: Language


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """What both had of their own, and what holds now."""

    code: ConflictCode
    text: str


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """What is being merged or parted: every customer whose person changes, and which merge it is."""

    work: Work
    actor: Actor
    merge_id: UUID
    customer_id: UUID
    into_id: UUID
    moved: frozenset[UUID]
    parting: bool
    at: datetime
    since: datetime


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    uscc: str | None
    merged_into: UUID | None
    root_id: UUID | None
    erased: bool


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    customer_id: UUID
    into_id: UUID
    merged_by: UUID
    merged_at: datetime


class _Sealed(_Standing, frozen=True, kw_only=True):
    sealed: bytes
    tier: str | None
    language: Language


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    reason: str


class _Own(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    tier: str | None
    language: Language
    at_portal: bool
    wishes: bool


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


Move = Callable[[Moving], Awaitable[None]]
_moves: list[Move] = []


def moves(move: Move) -> Move:
    """Declare what follows where a customer's person changes, in the same transaction."""
    _moves.append(move)
    return move


async def _hold_merging(work: Work) -> None:
    """Until the end of the transaction no pointer changes but by it; what was read of them before is read anew."""
    await work.scalar(queries.hold_merging)
    forget(work)


async def merge(work: Work, actor: Actor, customer_id: UUID, command: MergeCustomer) -> list[Conflict]:
    """Two customers are one person from now on. Returns what both had of their own.

    Raises NotFound, MergeRing, AlreadyMerged, NotTheSameKind, Shredded.
    """
    await _hold_merging(work)
    both = await families(work, [customer_id, command.into])
    found = {row.id: row for row in await work.rows(queries.to_merge, _Row, ids=[customer_id, command.into])}
    merged, survivor = found.get(customer_id), found.get(command.into)
    if merged is None or survivor is None:
        raise NotFound
    _check(merged, survivor)
    conflicts = await _conflicts(work, actor, both[customer_id], both[command.into])
    now, merge_id, root = clock.now(), ids.new_id(), survivor.root_id or survivor.id
    protector = Protector(work, customer_id, known=True)
    sealed = await protector.seal(_TABLE, merge_id, {"reason": protector.plain(command.reason)})
    await protector.flush()
    await work.run(queries.add_merge, id=merge_id, customer_id=customer_id, into_id=command.into, sealed=sealed,
        merged_by=actor.id, at=now)  # fmt: skip
    await work.run(queries.point, id=customer_id, into_id=command.into, root_id=root, at=now)
    await work.run(queries.reroot, root_id=root, ids=list(both[customer_id]))
    forget(work)
    moving = Moving(
        work=work,
        actor=actor,
        merge_id=merge_id,
        customer_id=customer_id,
        into_id=command.into,
        moved=frozenset(both[customer_id]),
        parting=False,
        at=now,
        since=now,
    )
    await _tell(moving, privacy.texts.digest(sealed))
    return conflicts


async def unmerge(work: Work, actor: Actor, customer_id: UUID) -> None:
    """Take a merge back. Who was merged into this customer meanwhile or before goes with it.

    Raises NotFound, NotMerged, Shredded.
    """
    await _hold_merging(work)
    found = await work.rows(queries.to_merge, _Row, ids=[customer_id])
    if not found:
        raise NotFound
    if found[0].erased:
        raise Shredded
    if found[0].merged_into is None:
        raise NotMerged
    now = clock.now()
    below = [row.id for row in await work.rows(queries.below, _Id, id=customer_id)]
    undone = await work.must(
        queries.undo_merge, _Standing, customer_id=customer_id, undone_by=actor.id, at=now
    )
    await work.run(queries.point, id=customer_id, into_id=None, root_id=None, at=now)
    await work.run(queries.reroot, root_id=customer_id, ids=below)
    forget(work)
    moving = Moving(
        work=work,
        actor=actor,
        merge_id=undone.id,
        customer_id=customer_id,
        into_id=undone.into_id,
        moved=frozenset(below),
        parting=True,
        at=now,
        since=undone.merged_at,
    )
    await _tell(moving, None)


async def merges(work: Work, customer_id: UUID, language: Language) -> list[PersonMerge]:
    """The merges that stand among all who are one person with this customer, oldest first."""
    rows = await work.rows(queries.merges_of, _Sealed, ids=list(await family(work, customer_id)))
    sealed = [
        privacy.Sealed(subject_id=r.customer_id, table=_TABLE, row=r.id, content=r.sealed) for r in rows
    ]
    words = await privacy.texts.open_many(work, sealed, _Words)
    return [
        PersonMerge(
            id=row.id,
            customer_id=row.customer_id,
            into=row.into_id,
            reason=said.reason if isinstance(said, _Words) else gone_words(said, language),
            merged_by=row.merged_by,
            merged_at=row.merged_at,
            tier=row.tier,
            language=row.language,
        )
        for row, said in zip(rows, words, strict=True)
    ]


@privacy.reaches
async def everybody(work: Work, subject_id: UUID) -> Collection[UUID]:
    """Who was found to be the same person is erased, and held, with them."""
    return await family(work, subject_id)


def _check(merged: _Row, survivor: _Row) -> None:
    if merged.erased or survivor.erased:
        raise Shredded
    if merged.id in (survivor.id, survivor.root_id):
        raise MergeRing
    if merged.merged_into is not None:
        raise AlreadyMerged
    if merged.kind != survivor.kind or (merged.uscc and survivor.uscc and merged.uscc != survivor.uscc):
        raise NotTheSameKind


async def _conflicts(
    work: Work, actor: Actor, merged: Collection[UUID], survivor: tuple[UUID, ...]
) -> list[Conflict]:
    """What both sides have of their own, before they are one."""
    rows = await work.rows(queries.conflicts, _Own, ids=[*merged, *survivor], now=clock.now())
    mine = [row for row in rows if row.id in merged]
    theirs = [row for row in rows if row.id not in merged]
    root = next(row for row in theirs if row.id == survivor[0])
    clashing: dict[ConflictCode, bool] = {
        "portal": any(r.at_portal for r in mine) and any(r.at_portal for r in theirs),
        "tier": any(r.tier != root.tier for r in mine),
        "wishes": any(r.wishes for r in mine) and any(r.wishes for r in theirs),
        "language": any(r.language != root.language for r in mine),
    }
    which = 0 if actor.language == "zh" else 1
    return [Conflict(code=code, text=CONFLICTS[code][which]) for code, clash in clashing.items() if clash]


async def _tell(moving: Moving, sealed: str | None) -> None:
    """In both persons' streams, in the stream of who did it, and wherever it has consequences."""
    work = moving.work
    data: dict[str, object] = {
        "merge": str(moving.merge_id),
        "customer": str(moving.customer_id),
        "into": str(moving.into_id),
    }
    data |= {"reason_sealed": sealed} if sealed else {}
    kind = "customer.unmerged" if moving.parting else "customer.merged"
    event = evidence.NewEvent(kind=kind, at=moving.at, actor=moving.actor, data=data)
    for one in sorted((moving.customer_id, moving.into_id)):
        await evidence.record(work, work.ring, evidence.Stream(kind="customer", id=one), event)
    await evidence.record(work, work.ring, evidence.Stream(kind="staff", id=moving.actor.id), event)
    for move in _moves:
        await move(moving)
    # Whoever has something open at the portal is asked anew what they may see.
    work.touch(f"credentials:{work.tenant_id}")
