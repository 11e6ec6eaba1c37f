"""Verification of the seals: their numbers, hashes, signatures and roots, and the file outside that knows them too."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bihuan.core.keyring import KeyRing, public_key
from bihuan.evidence import chain
from bihuan.evidence.copy import END, CopyRows, Snapshot, columns, number
from bihuan.evidence.findings import Finding, Kind
from bihuan.evidence.scan import HashObject
from bihuan.evidence.statements import Statements

LOG = "roots.log"
# RFC 6962 prefixes, as in `chain.leaf` and `chain.merkle_root`; a leaf's bytes lie together as they are hashed.
_LEAF: HashObject = hashlib.sha256(b"\x00")
_NODE: HashObject = hashlib.sha256(b"\x01")


class _Seal(msgspec.Struct, frozen=True, kw_only=True):
    """A seal, by row or by line."""

    no: int
    body: str
    hash: bytes
    signature: bytes
    key: str


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    before: str
    no: int
    root: str
    streams: int
    tenant: str


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    tenant: str
    no: int
    body: str
    hash: str
    signature: str
    key: str


class Signers:
    """The public keys of the ring, by tag."""

    def __init__(self, ring: KeyRing) -> None:
        self._keys: Mapping[str, Ed25519PublicKey] = {
            key.tag: Ed25519PublicKey.from_public_bytes(public_key(key)) for key in ring.all("sign")
        }

    def told(self, seal: _Seal, tenant_id: UUID) -> _Body | None:
        """What the seal says, where signature, hash, number and tenant agree."""
        key = self._keys.get(seal.key)
        if key is None or seal.hash != chain.event_hash(b"", seal.body.encode()):
            return None
        try:
            key.verify(seal.signature, seal.body.encode())
        except InvalidSignature:  # the answer, not an error
            return None
        body = msgspec.json.decode(seal.body, type=_Body)
        return body if body.no == seal.no and body.tenant == str(tenant_id) else None


class RootsFile:
    """The lines of roots.log which were whole when this was made: make it before the snapshot, and all have rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size if path.exists() else 0

    def seals(self, tenant_id: UUID) -> Iterator[_Seal | int]:
        """The tenant's seals in the file's order; the line's number instead where a line cannot be read."""
        for at, line in enumerate(self._lines(), 1):
            try:
                told = msgspec.json.decode(line, type=_Line)
                if told.tenant == str(tenant_id):
                    hash_, signature = (
                        bytes.fromhex(told.hash),
                        bytes.fromhex(told.signature),
                    )
                    yield _Seal(
                        no=told.no,
                        body=told.body,
                        hash=hash_,
                        signature=signature,
                        key=told.key,
                    )
            except (msgspec.DecodeError, ValueError):
                yield at

    def _lines(self) -> Iterator[bytes]:
        if not self._size:
            return
        with self._path.open("rb") as file:
            while file.tell() < self._size and (line := file.readline()).endswith(b"\n"):
                yield line


class Seals:
    """One pass over a tenant's seals. `broken`: numbers whose leaves are not to be believed; `count`: seals read."""

    def __init__(self, tenant_id: UUID, ring: KeyRing, log: RootsFile | None) -> None:
        self._tenant_id = tenant_id
        self._signers = Signers(ring)
        self._log = log
        self._name = f"seal:{tenant_id}"
        self.broken: set[int] = set()
        self.count = 0
        self.logged = 0  # seals of which the log has a line
        self.last = 0  # number of the last seal that holds

    def findings(self, snapshot: Snapshot, statements: Statements) -> Iterator[Finding]:
        """What was done to seals, leaves and log."""
        roots = _Roots(snapshot.copy(statements.sealed))
        held = self._held(snapshot.copy(statements.seals), roots)
        yield from self._beside_log(held) if self._log else self._without_log(held)
        for no in roots.rest():  # leaves whose seal is gone
            self.broken.add(no)
            yield self._finding(no, "missing")

    def _held(self, rows: CopyRows, roots: "_Roots") -> Iterator[_Seal | Finding]:
        """The seals that hold, among findings for those that do not or are gone."""
        before: str | None = ""
        bad: list[int] = []
        while rows.row != END:
            seal = _seal(rows.row)
            rows.step()
            self.count += 1
            body = self._signers.told(seal, self._tenant_id)
            self.broken.update(roots.before(seal.no))
            if body is None:
                roots.skip(seal.no)
                self.broken.add(seal.no)
                bad.append(seal.no)
                continue
            yield from self._between(self.last, seal.no, bad)
            before = before if seal.no == self.last + 1 else None
            if not roots.is_root(seal.no, body.root, body.streams):
                self.broken.add(seal.no)
                yield self._finding(seal.no, "edited")
            elif before is not None and body.before != before:
                yield self._finding(seal.no, "edited")
            before, self.last, bad = seal.hash.hex(), seal.no, []
            yield seal
        for no in bad:
            yield self._finding(no, "edited" if no == self.last + 1 + bad.index(no) else "inserted")

    def _between(self, last: int, no: int, bad: list[int]) -> Iterator[Finding]:
        """Numbers without a seal that holds, before one that does."""
        for between in range(last + 1, no):
            yield self._finding(between, "edited" if between in bad else "missing")
        for extra in bad:
            if not last < extra < no:
                yield self._finding(extra, "inserted")

    def _without_log(self, held: Iterator["_Seal | Finding"]) -> Iterator[Finding]:
        return (found for found in held if isinstance(found, Finding))

    def _beside_log(self, held: Iterator["_Seal | Finding"]) -> Iterator[Finding]:
        """Rows and lines merged by number."""
        lines = _Lines(self._log.seals(self._tenant_id) if self._log else iter(()))
        reported = 0
        for found in held:
            if isinstance(found, Finding):
                reported = found.seq if found.kind != "inserted" else reported
                yield found
                continue
            while (line := lines.line) is not None and line.no < found.no:
                yield from self._judged_line(line, gone=False)
                lines.step()
            if line is not None and line.no == found.no:
                self.logged += 1
                if line != found:
                    yield from self._different(line)
                lines.step()
            elif line is not None:
                yield Finding(stream=LOG, seq=found.no, kind="missing")
            yield from lines.faults()
        while (line := lines.line) is not None:
            yield from self._judged_line(line, gone=line.no > reported)
            lines.step()
        yield from lines.faults()

    def _judged_line(self, line: _Seal, *, gone: bool) -> Iterator[Finding]:
        """A line without a row that holds: forged itself, or all that is left of the row."""
        if self._signers.told(line, self._tenant_id) is None:
            yield Finding(stream=LOG, seq=line.no, kind="edited")
        elif gone:
            yield self._finding(line.no, "missing")

    def _different(self, line: _Seal) -> Iterator[Finding]:
        """Row and line of one number differ, and the row holds."""
        if self._signers.told(line, self._tenant_id) is None:
            yield Finding(stream=LOG, seq=line.no, kind="edited")
        else:
            yield self._finding(line.no, "edited")

    def _finding(self, no: int, kind: Kind) -> Finding:
        return Finding(stream=self._name, seq=no, kind=kind)


class _Lines:
    """The log's lines, rising; `line` is the present one. What does not rise or cannot be read becomes a fault."""

    def __init__(self, seals: Iterator[_Seal | int]) -> None:
        self._seals = seals
        self._faults: list[Finding] = []
        self.line: _Seal | None = None
        self.step()

    def step(self) -> None:
        least = self.line.no if self.line else 0
        self.line = None
        for seal in self._seals:
            if isinstance(seal, int):
                self._faults.append(Finding(stream=LOG, seq=seal, kind="edited"))
            elif seal.no <= least:
                self._faults.append(Finding(stream=LOG, seq=seal.no, kind="inserted"))
            else:
                self.line = seal
                return

    def faults(self) -> Iterator[Finding]:
        """Faults met since they were last asked for."""
        yield from self._faults
        self._faults = []


class _Roots:
    """Merkle roots over the leaves, seal by seal. A seal's leaves come in parts of up to 1,000."""

    def __init__(self, rows: CopyRows) -> None:
        self._rows = rows

    def is_root(self, no: int, root: str, streams: int) -> bool:
        """Whether the leaves under seal `no` are so many and have this root (hex); goes on to the next seal."""
        level: list[bytes] = []
        while self._no == no and len(level) <= streams:
            packed = columns(self._rows.row)[1] or b""
            level += _hashed(_LEAF, packed, 56)
            self._rows.step()
        self._skip(no)
        return len(level) == streams and merkle_root(level).hex() == root

    def before(self, no: int) -> Iterator[int]:
        """Pass over leaves of seals below `no`: their numbers."""
        while (found := self._no) is not None and found < no:
            self._skip(found)
            yield found

    def skip(self, no: int) -> None:
        """Pass over the leaves under seal `no`."""
        self._skip(no)

    def rest(self) -> Iterator[int]:
        """Pass over what is left: the numbers."""
        while (found := self._no) is not None:
            self._skip(found)
            yield found

    @property
    def _no(self) -> int | None:
        return number(self._rows.row[6:14]) if self._rows.row else None

    def _skip(self, no: int) -> None:
        while self._no == no:
            self._rows.step()


def merkle_root(level: list[bytes]) -> bytes:
    """`chain.merkle_root` of at least one leaf, level by level: a third of its time, but all leaves at once."""
    while len(level) > 1:
        alone = level[-1:] if len(level) % 2 else []
        level = _hashed(_NODE, b"".join(level[: len(level) // 2 * 2]), 64) + alone
    return level[0]


def _hashed(start: HashObject, packed: bytes, size: int) -> list[bytes]:
    """Hashes of each `size` bytes, after what `start` was fed."""
    found: list[bytes] = []
    for at in range(0, len(packed), size):
        hashed = start.copy()
        hashed.update(packed[at : at + size])
        found.append(hashed.digest())
    return found


def _seal(row: bytes) -> _Seal:
    no, body, hash_, signature, key = columns(row)
    return _Seal(
        no=number(no),
        body=(body or b"").decode(),
        hash=hash_ or b"",
        signature=signature or b"",
        key=(key or b"").decode(),
    )
