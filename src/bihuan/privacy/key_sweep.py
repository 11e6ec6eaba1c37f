"""Database and key file brought together again: after a crash, and after either was put back from an older copy.

erasure approved, keys still there      → finished
erased in the database, key there       → an older key file was put back: destroyed again
tombstone, the database knows nothing   → an older database was put back: erased in it again, and told
key without a row                       → its transaction never committed: taken away, once the database is past it
row without key or tombstone            → the key is lost: a finding, never mended
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock, ids, log
from bihuan.core.db import Query
from bihuan.core.desk import Desk
from bihuan.privacy import erase
from bihuan.privacy.subject_key_store import store_of
from bihuan.privacy.vault import queries

_PAGE = 1000
#: A key older than this belongs to a transaction that has ended, one way or the other.
_UNCOMMITTED = timedelta(hours=1)
#: Keys older than this were looked at before.
_LOOKED_BACK = timedelta(hours=26)
_log = log.get("key_sweep")


class _Subject(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    shredded_at: datetime | None


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def sweep(desk: Desk, tenant_id: UUID) -> None:
    """Bring one tenant's rows and keys together. Idempotent."""
    async with desk.database.work(tenant_id) as work:
        approved = await work.rows(queries.erasures_open, _Id)
    for row in approved:
        await erase.finish(desk, tenant_id, row.id)
    await _shred_again(desk, tenant_id)
    await _erase_again(desk, tenant_id)
    await _drop_unused(desk, tenant_id)


async def lost_keys(desk: Desk, tenant_id: UUID) -> list[UUID]:
    """Subjects with neither key nor tombstone: their words cannot be read, and nobody decided that."""
    store, lost = store_of(desk.ring), list[UUID]()
    async for rows in _subjects(desk, tenant_id, queries.subjects_page):
        found = await store.find(tenant_id, [row.id for row in rows])
        lost += [row.id for row in rows if row.id not in found]
    return lost


async def _shred_again(desk: Desk, tenant_id: UUID) -> None:
    store = store_of(desk.ring)
    async for rows in _subjects(desk, tenant_id, queries.subjects_marked):
        found = await store.find(tenant_id, [row.id for row in rows])
        back = [row.id for row in rows if row.id not in found or found[row.id].wrapped is not None]
        if back:
            await store.shred(tenant_id, back, at=clock.now(), by="again")
            _log.warning("keys_shredded_again", tenant=str(tenant_id), keys=len(back))


async def _erase_again(desk: Desk, tenant_id: UUID) -> None:
    store, after = store_of(desk.ring), UUID(int=0)
    while tombstones := await store.tombstones(tenant_id, after=after, most=_PAGE):
        after = tombstones[-1].subject_id
        async with desk.database.work(tenant_id) as work:
            rows = await work.rows(queries.subjects_among, _Subject, ids=[t.subject_id for t in tombstones])
        for row in rows:
            if row.shredded_at is None:
                async with desk.database.work(tenant_id) as work:
                    await erase.again(work, row.id)
                await erase.remove_bytes(desk, tenant_id, [row.id])


async def _drop_unused(desk: Desk, tenant_id: UUID) -> None:
    store, now = store_of(desk.ring), clock.now()
    async with desk.database.work(tenant_id) as work:
        newest = await work.scalar(queries.newest_subject)
    if newest is None:
        return
    # A database that was put back from an older copy has not yet come to what was made after it.
    until = min(now, newest) - _UNCOMMITTED
    after = ids.first_id_of(now - _LOOKED_BACK)
    while page := await store.page(tenant_id, after=after, most=_PAGE):
        after = page[-1].subject_id
        wanted = [k.subject_id for k in page if k.wrapped is not None and k.created_at < until]
        async with desk.database.work(tenant_id) as work:
            there = {row.id for row in await work.rows(queries.subjects_among, _Subject, ids=wanted)}
        if unused := [id_ for id_ in wanted if id_ not in there]:
            await store.drop(tenant_id, unused)
            _log.info("unused_keys_dropped", tenant=str(tenant_id), keys=len(unused))


async def _subjects(desk: Desk, tenant_id: UUID, query: Query) -> AsyncIterator[list[_Subject]]:
    after = UUID(int=0)
    while True:
        async with desk.database.work(tenant_id) as work:
            rows = await work.rows(query, _Subject, after=after, most=_PAGE)
        if rows:
            yield rows
        if len(rows) < _PAGE:
            return
        after = rows[-1].id
