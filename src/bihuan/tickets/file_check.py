"""Checking attachments: scanned for malware, read by a process of their own, copied without what is personal.

The row is the queue: taken for so long as a check may last, so a worker that dies leaves it to the next. A scanner that
does not answer is asked again; until then the file is in quarantine. What was found stands in the ticket's chain, by kind
and count, never as a value.
"""

import asyncio
import hashlib
from datetime import timedelta
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core import clock, ids, log
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.settings import Settings
from bihuan.privacy import (
    Bounds,
    Copy,
    NotOpened,
    NotReadable,
    Reason,
    Scanner,
    ScannerAway,
    Shredded,
    Subject,
    file_key,
    file_path,
    is_secret,
    read_apart,
    read_file,
    scanner_of,
    write_file,
)
from bihuan.tickets import side_rows
from bihuan.tickets.file_model import FileState, Store, store_of
from bihuan.tickets.files import TOPIC
from bihuan.tickets.side_rows import FileOutcome
from bihuan.tickets.visible import file_queries
from bihuan.tickets.write import Basis, Plan, hold, write

_EVERY_SECONDS = 5.0
#: Beyond a check's own bounds: scanning, writing, waiting for a connection.
_LEASE_SECONDS = 300
#: A file whose checks ended with the worker so often is the cause.
_MOST_ATTEMPTS = 4
#: A scanner that does not answer is asked again after this.
_AGAIN_SECONDS = 30
_log = log.get("files")


class _Tenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    attachment_id: UUID


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be checked."""

    attachment_id: UUID
    ticket_id: UUID
    attempts: int
    content_type: str
    subject_id: UUID
    hidden: bool
    released: bool


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a check came to."""

    state: FileState
    reason: Reason | None = None
    signature: str | None = None
    copy: Copy | None = None
    scanned: bool = False
    destroy: bool = False


class Checker:
    """One worker's checking."""

    def __init__(self, desk: Desk, *, scans: Scanner | None = None) -> None:
        self._desk = desk
        self._scanner = scans or scanner_of(desk.settings.clamd)
        self._bounds = bounds_of(desk.settings)
        self._store: Store = store_of(desk.settings)

    async def look(self) -> int:
        """One file of each tenant that has any due; how many were taken."""
        async with self._desk.database.across_tenants() as work:
            tenants = await work.rows(file_queries.tenants_checking, _Tenant, now=clock.now())
        return sum([await self.turn(row.tenant_id) for row in tenants])

    async def turn(self, tenant_id: UUID) -> int:
        """Check one file that is due; 0 where there is none."""
        now = clock.now()
        lease = now + timedelta(seconds=self._bounds.seconds + _LEASE_SECONDS)
        async with self._desk.database.work(tenant_id) as work:
            taken = await work.one(file_queries.take_file, Taken, now=now, lease=lease)
            if taken is None:
                return 0
            try:
                subject = await privacy.find_subject(work, taken.subject_id)
            except Shredded:
                subject = None
        try:
            outcome = await self._outcome(tenant_id, taken, subject)
        except ScannerAway as away:
            await self._put_off(tenant_id, taken, str(away.params.get("reason", "")))
            return 1
        await self._settle(tenant_id, taken, outcome, subject)
        return 1

    async def _outcome(self, tenant_id: UUID, taken: Taken, subject: Subject | None) -> Outcome:
        """Raises ScannerAway."""
        if taken.attempts > _MOST_ATTEMPTS:
            return Outcome(state="unreadable", reason="crashed")
        path = file_path(self._store.folder, tenant_id, taken.attachment_id)
        if subject is None:
            return Outcome(state="unreadable", reason="broken")
        try:
            content = await asyncio.to_thread(read_file, path, file_key(subject, taken.attachment_id))
        except (FileNotFoundError, NotOpened):
            _log.error("file_unreadable", file=str(taken.attachment_id))
            return Outcome(state="unreadable", reason="broken")
        scanned = False
        if self._scanner is not None and not taken.released:
            found = await self._scanner.scan(content)
            scanned = True
            if found.signature is not None:
                destroy = self._desk.settings.infected == "destroy"
                return Outcome(state="infected", signature=found.signature, scanned=True, destroy=destroy)
        return await self._read(content, taken, scanned=scanned)

    async def _read(self, content: bytes, taken: Taken, *, scanned: bool) -> Outcome:
        # A message as it came is text whatever it is taken for: what was destroyed in the ticket must not stay in it.
        type_ = "text/plain" if taken.hidden else taken.content_type
        try:
            copy = await read_apart(content, type_, self._bounds)
        except NotReadable as refused:
            reason: Reason = "raw" if taken.hidden else refused.reason
            return Outcome(state="unreadable", reason=reason, scanned=scanned)
        # What authenticates a payment must not be kept in any form, also not sealed.
        secret = any(is_secret(kind) for kind in copy.findings)
        if taken.hidden and not secret:
            return Outcome(state="unreadable", reason="raw", scanned=scanned)
        return Outcome(state="ready", copy=copy, scanned=scanned, destroy=secret)

    async def _put_off(self, tenant_id: UUID, taken: Taken, why: str) -> None:
        """In quarantine until the scanner answers; shown to who watches the ticket, and asked again."""
        _log.warning("scanner_away", reason=why)
        async with self._desk.database.work(tenant_id) as work:
            due_at = clock.now() + timedelta(seconds=_AGAIN_SECONDS)
            await work.run(
                file_queries.quarantine_file,
                attachment_id=taken.attachment_id,
                reason="scanner",
                due_at=due_at,
            )
            work.touch(f"ticket:{tenant_id}/{taken.ticket_id}")

    async def _settle(self, tenant_id: UUID, taken: Taken, outcome: Outcome, subject: Subject | None) -> None:
        copy_id = await self._write_copy(tenant_id, outcome, subject)
        try:
            async with self._desk.database.work(tenant_id) as work:
                await _record(work, taken, outcome, copy_id)
        finally:
            if copy_id is not None:
                await self._drop_if_nobodys(tenant_id, taken, copy_id)
        if outcome.destroy:
            file_path(self._store.folder, tenant_id, taken.attachment_id).unlink(missing_ok=True)
        _log.info("file_checked", file=str(taken.attachment_id), state=outcome.state, reason=outcome.reason)

    async def _write_copy(self, tenant_id: UUID, outcome: Outcome, subject: Subject | None) -> UUID | None:
        if outcome.copy is None or subject is None:
            return None
        copy_id = ids.new_id()
        key, content = file_key(subject, copy_id), outcome.copy.content
        await asyncio.to_thread(write_file, self._store.folder, tenant_id, copy_id, key=key, content=content)
        return copy_id

    async def _drop_if_nobodys(self, tenant_id: UUID, taken: Taken, copy_id: UUID) -> None:
        """A copy whose person was erased while it was made, or which no row knows, does not stay on disk."""
        async with self._desk.database.work(tenant_id) as work:
            known = await work.one(file_queries.file_of_copy, _Known, copy_id=copy_id)
            erased = (await privacy.find_subjects(work, [taken.subject_id]))[taken.subject_id] == "shredded"
        if known is None or erased:
            file_path(self._store.folder, tenant_id, copy_id).unlink(missing_ok=True)


async def run(desk: Desk) -> None:
    """Check for ever: when woken, and every five seconds in any case."""
    checker = Checker(desk)
    while True:
        taken = 0
        try:
            taken = await checker.look()
        except Exception as error:
            _log.error("checking_failed", error=error)
        if not taken:
            await desk.wake.wait(TOPIC, _EVERY_SECONDS)


async def check_now(desk: Desk, tenant_id: UUID, *, scans: Scanner | None = None) -> int:
    """Check all that is due of one tenant now; returns how many files were taken."""
    checker, taken = Checker(desk, scans=scans), 0
    while await checker.turn(tenant_id):
        taken += 1
    return taken


def bounds_of(settings: Settings) -> Bounds:
    """How much one file may cost, by the settings."""
    return Bounds(
        seconds=settings.file_seconds,
        memory=settings.file_memory_mb << 20,
        pages=settings.file_pages,
        ocr=settings.ocr == "auto",
    )


async def _record(work: Work, taken: Taken, outcome: Outcome, copy_id: UUID | None) -> None:
    """The row, and the event that vouches for it. Of a message's own original only malware is an event."""
    copy = outcome.copy
    settled = FileOutcome(
        attachment_id=taken.attachment_id,
        state=outcome.state,
        reason=outcome.reason,
        signature=outcome.signature,
        findings=evidence.canonical(copy.findings if copy else {}),
        left_out=copy.left_out if copy else 0,
        copy_id=copy_id,
        copy_type=copy.content_type if copy else None,
        copy_bytes=len(copy.content) if copy else None,
        copy_sha256=hashlib.sha256(copy.content).digest() if copy else None,
    )
    seq = None
    if outcome.reason != "raw":
        held = await hold(work, desk_actor(work.tenant_id), taken.ticket_id, Basis(version=None))
        told = Plan(
            action="check_file", data=_told(settled, outcome), rows=side_rows.of_file_outcome(settled)
        )
        seq = (await write(held, told)).head_seq
    now = clock.now()
    await work.must(
        file_queries.settle_file,
        dict[str, object],
        seq=seq,
        settled_at=now,
        scanned_at=now if outcome.scanned else None,
        destroyed_at=now if outcome.destroy else None,
        **{name: getattr(settled, name) for name in FileOutcome.__struct_fields__},
    )
    work.touch(f"ticket:{work.tenant_id}/{taken.ticket_id}")


def _told(settled: FileOutcome, outcome: Outcome) -> dict[str, object]:
    copy = outcome.copy
    told: dict[str, object] = {"attachment": str(settled.attachment_id), "file_state": settled.state}
    if copy is not None and settled.copy_sha256 is not None:
        told |= {"copy_sha256": settled.copy_sha256.hex(), "copy_bytes": len(copy.content)}
        told["findings"] = copy.findings
    optional = {"reason": settled.reason, "signature": settled.signature, "left_out": settled.left_out}
    told |= {name: value for name, value in optional.items() if value}
    return {**told, "scanned": outcome.scanned, "original": "destroyed" if outcome.destroy else "kept"}
