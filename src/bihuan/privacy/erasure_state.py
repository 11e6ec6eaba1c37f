"""How it stands with one person's erasure: what was asked for last, and why their data must be kept just now."""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import NotFound
from bihuan.privacy.erase import Erasure, must_keep
from bihuan.privacy.vault import queries


class ErasureState(msgspec.Struct, frozen=True, kw_only=True):
    """`kept`: why the person's data must be kept, in the reader's language; null where nothing stands against erasing
    them. `erased_at`: when they were erased. `erasure`: what was asked for last.
    """

    kept: str | None
    erased_at: datetime | None
    erasure: Erasure | None


class _Subject(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    shredded_at: datetime | None


async def state_of(work: Work, actor: Actor, subject_id: UUID) -> ErasureState:
    """How it stands with a subject: a customer, or a ticket whose customer is not known. Raises NotFound."""
    known = await work.one(queries.subject, _Subject, id=subject_id)
    if known is None:
        raise NotFound
    keep = None if known.shredded_at else await must_keep(work, subject_id)
    return ErasureState(
        kept=None if keep is None else keep.zh if actor.language == "zh" else keep.en,
        erased_at=known.shredded_at,
        erasure=await work.one(queries.erasure_of, Erasure, subject_id=subject_id),
    )
