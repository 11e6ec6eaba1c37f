"""Verification: is every event, head, seal and row still what the desk wrote? Says where not, and what was done.

It reads one moment of the database as the application's role, so it can run beside a living desk; it believes nothing
there, only the key ring and roots.log. Memory does not grow with the number of events: tables stream by; a stream that
does not hold is loaded whole, one at a time. What was changed before its first seal by somebody who restores a former
state exactly cannot be named.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

from bihuan.core.keyring import KeyRing
from bihuan.evidence.checks import Checks, LatestCheck, PayloadCheck, RowCheck
from bihuan.evidence.copy import Snapshot
from bihuan.evidence.examine import Examiner
from bihuan.evidence.findings import Finding
from bihuan.evidence.proof import Keys
from bihuan.evidence.scan import MacKey, Scan
from bihuan.evidence.seals import RootsFile, Seals
from bihuan.evidence.statements import Statements


class Verification:
    """One run. Iterate `findings` to its end; then `events`, `streams` and `seals` tell how many were read,
    and `logged`, of how many seals roots.log has a line: of the others nothing outside the database knows."""

    def __init__(
        self,
        url: str,
        ring: KeyRing,
        tenant_id: UUID,
        checks: Checks,
        *,
        stream_id: UUID | None,
        roots_log: Path | None,
    ) -> None:
        self._url = url
        self._ring = ring
        self._tenant_id = tenant_id
        self._checks = checks
        self._stream_id = stream_id
        self._roots_log = roots_log
        self.events = 0
        self.streams = 0
        self.seals = 0
        self.logged = 0
        self._seals_lost = False

    @property
    def findings(self) -> Iterator[Finding]:
        """What was found, as it is found: seals and log first, then streams by id. Each iteration reads anew.

        Raises psycopg.Error where the database cannot be read to the end.
        """
        # The log before the snapshot, the ring after it: so every line has its row and every MAC its key.
        log = RootsFile(self._roots_log) if self._roots_log else None
        with Snapshot(self._url, self._tenant_id) as snapshot:
            self._ring.reload()
            seals = Seals(self._tenant_id, self._ring, log)
            scan = None if self._stream_id else self._scan(snapshot, seals)
            whole = True
            for found in seals.findings(snapshot, Statements(self._tenant_id)):
                whole = False
                yield found
            self.seals, self.logged, self._seals_lost = seals.count, seals.logged, False
            examiner = self._examiner(snapshot, seals, whole=whole)
            yield from self._all(scan, examiner, whole=whole) if scan else self._one(examiner)
            if self._seals_lost:
                yield Finding(stream=f"seal:{self._tenant_id}", seq=seals.last + 1, kind="missing")

    def _scan(self, snapshot: Snapshot, seals: Seals) -> Scan:
        """The COPYs of the fast path, started before the seals are read: the server prepares them meanwhile."""
        keys = {key.tag: MacKey(key.secret) for key in self._ring.all("mac")}
        scan = Scan(self._tenant_id, keys, seals.broken)
        scan.open(snapshot, self._checks)
        return scan

    def _examiner(self, snapshot: Snapshot, seals: Seals, *, whole: bool) -> Examiner:
        keys = Keys({key.tag: key.secret for key in self._ring.all("mac")})
        examiner = Examiner(snapshot, self._tenant_id, keys, seals.broken)
        examiner.on_unsealed = self._on_unsealed if whole else None
        return examiner

    def _all(self, scan: Scan, examiner: Examiner, *, whole: bool) -> Iterator[Finding]:
        for stream_id in scan.suspects(seals_hold=whole):
            yield from examiner.findings(stream_id, self._checks, suspect=True)
        self.streams, self.events = scan.streams, scan.chains.count

    def _one(self, examiner: Examiner) -> Iterator[Finding]:
        if self._stream_id is not None:
            yield from examiner.findings(self._stream_id, self._checks, suspect=False)
            self.streams, self.events = 1, examiner.events

    def _on_unsealed(self) -> bool:
        """Whether a head that says more than the last seal was edited; without a log the last seals may be gone."""
        self._seals_lost |= self._roots_log is None
        return self._roots_log is not None


def verify(
    url: str,
    ring: KeyRing,
    tenant_id: UUID,
    *,
    roots_log: Path | None,
    stream_id: UUID | None = None,
    rows: Sequence[RowCheck] = (),
    payloads: Sequence[PayloadCheck] = (),
    latest: Sequence[LatestCheck] = (),
) -> Verification:
    """Verify a tenant, or one stream and the seals. `url`: the application's role. Nothing is read before `findings` is."""
    checks = Checks(rows=rows, payloads=payloads, latest=latest)
    return Verification(url, ring, tenant_id, checks, stream_id=stream_id, roots_log=roots_log)
