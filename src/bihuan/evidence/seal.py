"""Sealing: every second in which something changed, a signed Merkle root over the changed heads.

A seal is a row, and a line of `roots.log` outside the database. The row comes first; the log is then brought up to the
rows, so that a crash in between is mended by the next second, and a log that knows more than the rows is evidence.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bihuan.core import clock, log
from bihuan.core.db import Database, Work
from bihuan.core.keyring import KeyRing
from bihuan.evidence import chain
from bihuan.evidence.append import queries
from bihuan.evidence.chain import LockedHead
from bihuan.evidence.own_heads import is_ours

_BATCH = 5000
#: A seal that takes longer is ended by the server: its heads are what every verb on these tickets waits for.
_HOLD_MILLISECONDS = 10_000
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 20, 0.02
_log = log.get("evidence")


class _Leaf(LockedHead, frozen=True, kw_only=True):
    stream_id: UUID


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    tenant: str
    no: int


class _Last(msgspec.Struct, frozen=True, kw_only=True):
    no: int
    hash: bytes


class SealRow(msgspec.Struct, frozen=True, kw_only=True):
    """A seal as stored."""

    no: int
    body: str
    hash: bytes
    signature: bytes
    sign_key: str


class RootsLog:
    """The file of seals, one JSON line each: {"tenant","no","body","hash","signature","key"}."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._last: dict[str, int] = {}

    async def catch_up(self, database: Database, tenant_id: UUID) -> int:
        """Append the seals the file lacks; returns how many. Synced before it returns.

        While another process of this desk appends, nothing is: the next second brings the file up to the rows.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            if not await _locked(file.fileno()):
                _log.warning("roots_log_held", file=str(self.path))
                return 0
            self._read_on(file.fileno())
            added = 0
            async for row in _rows_after(database, tenant_id, self._last.get(str(tenant_id), 0)):
                os.write(file.fileno(), _line(tenant_id, row))
                added += 1
            if added:
                os.fsync(file.fileno())
            self._read_on(file.fileno())
        return added

    def _read_on(self, descriptor: int) -> None:
        """Learn what the file holds since we last looked; a line cut off by a crash is cut away."""
        size = os.fstat(descriptor).st_size
        if size < self._offset:
            self._offset, self._last = 0, {}
        content = os.pread(descriptor, size - self._offset, self._offset)
        whole = content.rfind(b"\n") + 1
        for line in content[:whole].splitlines():
            try:
                entry = msgspec.json.decode(line, type=_Entry)
            except msgspec.DecodeError as error:
                # Verification names a line that was damaged; sealing goes on.
                _log.error("roots_log_line_unreadable", error=error)
                continue
            self._last[entry.tenant] = entry.no
        self._offset += whole
        if whole < len(content):
            os.ftruncate(descriptor, self._offset)


async def _locked(descriptor: int) -> bool:
    """Lock the file, for as long as it is open. It is held for milliseconds, unless its holder hangs: to wait for that
    one would stop this whole process.
    """
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return True
    return False


async def tenants_to_seal(database: Database) -> list[UUID]:
    """Tenants with heads not yet sealed."""
    async with database.across_tenants() as work:
        return [row.tenant_id for row in await work.rows(queries.tenants_to_seal, _Tenant)]


async def all_tenants(database: Database) -> list[UUID]:
    """Every tenant, by code."""
    async with database.across_tenants() as work:
        return [row.id for row in await work.rows(queries.all_tenants, _TenantRow)]


class _Tenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID


class _TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def seal_tenant(database: Database, ring: KeyRing, tenant_id: UUID) -> int:
    """Seal what changed, in batches; returns the number of heads sealed.

    A head that is not ours is left out: signed, it would stand as if it were.
    """
    total, after = 0, UUID(int=0)
    while True:
        async with database.work(tenant_id) as work:
            await work.end_by_itself(_HOLD_MILLISECONDS)
            taken = await _take(work, after)
            ours = [leaf for leaf in taken if is_ours(ring, leaf.stream_id, leaf)]
            await _seal(work, ring, ours)
        _tell_of(set(taken) - set(ours))
        total += len(ours)
        if len(taken) < _BATCH:
            return total
        after = taken[-1].stream_id


async def _take(work: Work, after: UUID) -> list[_Leaf]:
    """Heads that changed, in the order of their ids; none where somebody else seals just now."""
    if not await work.scalar(queries.sealer_lock):
        return []
    return await work.rows(queries.take_unsealed, _Leaf, after=after, most=_BATCH)


#: Heads told of: they stay unsealed, and are met again every second.
_told: set[_Leaf] = set()
_MOST_TOLD = 10_000


def _tell_of(strange: set[_Leaf]) -> None:
    for leaf in strange - _told if len(_told) < _MOST_TOLD else ():
        _log.error("head_not_ours", stream=f"{leaf.kind}:{leaf.stream_id}", seq=leaf.seq)
        _told.add(leaf)


async def _seal(work: Work, ring: KeyRing, leaves: list[_Leaf]) -> None:
    if not leaves:
        return
    row = _sign(work.tenant_id, ring, await work.one(queries.last_seal, _Last), leaves)
    await work.run(
        queries.add_seal,
        no=row.no,
        body=row.body,
        hash=row.hash,
        signature=row.signature,
        sign_key=row.sign_key,
    )
    ids = [leaf.stream_id for leaf in leaves]
    await work.run(queries.mark_sealed, stream_ids=ids)
    await work.run(
        queries.add_leaves,
        no=row.no,
        stream_ids=ids,
        seqs=[leaf.seq for leaf in leaves],
        hashes=[leaf.hash for leaf in leaves],
    )


def _sign(tenant_id: UUID, ring: KeyRing, last: _Last | None, leaves: list[_Leaf]) -> SealRow:
    key = ring.active("sign")
    root = chain.merkle_root(chain.leaf(leaf.stream_id, leaf) for leaf in leaves)
    no = last.no + 1 if last else 1
    body = chain.canonical(
        {
            "at": clock.now(),
            "before": last.hash.hex() if last else "",
            "no": no,
            "root": root.hex(),
            "streams": len(leaves),
            "tenant": str(tenant_id),
        }
    )
    signature = Ed25519PrivateKey.from_private_bytes(key.secret).sign(body.encode())
    return SealRow(
        no=no, body=body, hash=chain.event_hash(b"", body.encode()), signature=signature, sign_key=key.tag
    )


async def _rows_after(database: Database, tenant_id: UUID, no: int) -> AsyncIterator[SealRow]:
    while True:
        async with database.work(tenant_id) as work:
            rows = await work.rows(queries.seals_after, SealRow, no=no, most=1000)
        for row in rows:
            yield row
        if len(rows) < 1000:
            return
        no = rows[-1].no


def _line(tenant_id: UUID, row: SealRow) -> bytes:
    entry = {
        "tenant": str(tenant_id),
        "no": row.no,
        "body": row.body,
        "hash": row.hash.hex(),
        "signature": row.signature.hex(),
        "key": row.sign_key,
    }
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"
