"""The keys of subjects: one per person, in a file of their own outside the database, wrapped by the key ring.

    store = store_of(ring)                            # subject_key_store
    found = await store.find(tenant_id, ids)          # read anew every time: no cache outlives a shredding elsewhere
    written = store.add(tenant_id, key)               # on its way; `await written` before the transaction commits
    await store.shred(tenant_id, ids, at=now, by="config:…/17")

A key stands in the file, synced, before the database commits what it seals; so there is never a sealed row without its
key, and at worst a key without rows, which a sweep takes away. A shredded key leaves a tombstone: by it *erased* is told
from *lost*. A port; the adapter here is a SQLite file for the processes of one host (`subject_keys_sqlite`).
"""

from collections.abc import Awaitable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec

from bihuan.core.problems import Problem


class KeysTaken(Problem):
    """A subject has a key already; what was to be sealed by another is not stored."""

    status = 409
    zh = "该数据主体已有密钥，本次内容未保存，请重试。"


class SubjectKey(msgspec.Struct, frozen=True, kw_only=True):
    """One subject's key as it is stored. `wrapped` is None once shredded; `shredded_by` names the event, `kind:id/seq`."""

    subject_id: UUID
    wrapped: bytes | None
    wrap_key: str
    created_at: datetime
    shredded_at: datetime | None = None
    shredded_by: str | None = None


class KeyStore(Protocol):
    """Where subjects' keys are kept."""

    async def find(self, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, SubjectKey]:
        """The keys and tombstones of these subjects, by id."""
        ...

    def add(self, tenant_id: UUID, key: SubjectKey) -> Awaitable[None]:
        """Write a new key; it begins at once, and what is returned is done when the key is durable. Raises KeysTaken."""
        ...

    async def shred(self, tenant_id: UUID, ids: Collection[UUID], *, at: datetime, by: str) -> int:
        """Destroy keys for good, leaving tombstones, and what is left of them in the store's log. Returns how many were."""
        ...

    async def drop(self, tenant_id: UUID, ids: Collection[UUID]) -> None:
        """Take away keys that no row was ever sealed by; tombstones stay."""
        ...

    async def page(self, tenant_id: UUID, *, after: UUID, most: int) -> Sequence[SubjectKey]:
        """Keys and tombstones in the order of their ids."""
        ...

    async def tombstones(self, tenant_id: UUID, *, after: UUID, most: int) -> Sequence[SubjectKey]:
        """Shredded ones alone, in the order of their ids."""
        ...

    async def copy(self, target: Path) -> None:
        """Write a whole copy, as of one moment, to a new file (0600)."""
        ...
