"""Sealed words of rows read past the application, opened with the desk's own keys."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from bihuan.core.keyring import KeyRing
from bihuan.privacy import Sealed, texts, vault

Row = tuple[UUID, UUID, UUID, bytes]


def words(keys_file: Path, table: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The words of rows (tenant_id, id, subject_id, sealed) of one tenant's table, in their order; of erased ones {}."""
    if not rows:
        return []
    ring, tenant_id = KeyRing(keys_file), rows[0][0]
    keys = asyncio.run(vault.subjects_of(ring, tenant_id, {subject_id for _, _, subject_id, _ in rows}))
    items = [
        Sealed(subject_id=subject, table=table, row=id_, content=sealed) for _, id_, subject, sealed in rows
    ]
    found = texts.open_with_keys(tenant_id, keys, items, dict[str, Any])
    return [one if isinstance(one, dict) else {} for one in found]
