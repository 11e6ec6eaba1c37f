"""The fast path: whether a stream holds, by ordered COPYs read side by side. It only says yes or no; memory constant.

What an event costs here decides how long an audit takes, so the loop over events reads fixed offsets and copies hash
objects that are half computed. Reading offsets without every length word is sound: hash and MAC cover all bytes up to
the row's end, and a length word cannot hide inside a body, which is UTF-8 without NUL.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from struct import iter_unpack
from typing import Protocol
from uuid import UUID

from bihuan.evidence import checks
from bihuan.evidence.checks import ROWS_MARK, Checks, LatestCheck, PayloadCheck
from bihuan.evidence.copy import CopyRows, Snapshot, columns, number
from bihuan.evidence.proof import KINDS
from bihuan.evidence.state import digest_bytes
from bihuan.evidence.statements import Statements

#: Above every uuid: the key of a COPY that has ended.
_BEYOND = b"\xff" * 17
Leaf = tuple[int, int, bytes]
_NO_LEAF: Leaf = (0, 0, b"")


class HashObject(Protocol):
    """A hash that was fed the beginning already."""

    def copy(self) -> "HashObject": ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class MacKey:
    """HMAC-SHA256 with both paddings hashed beforehand (RFC 2104)."""

    def __init__(self, secret: bytes) -> None:
        padded = secret.ljust(64, b"\x00")
        self.inner: HashObject = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self.outer: HashObject = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def mac(self, message: bytes) -> bytes:
        inner = self.inner.copy()
        inner.update(message)
        outer = self.outer.copy()
        outer.update(inner.digest())
        return outer.digest()


class Keyed:
    """A COPY whose rows begin with a stream's id."""

    def __init__(self, rows: CopyRows) -> None:
        self.rows = rows

    @property
    def key(self) -> bytes:
        """The present row's stream."""
        return self.rows.row[6:22] or _BEYOND

    def take(self, stream_id: bytes) -> list[list[bytes | None]]:
        """The columns after the id of this stream's rows, which the present row begins if there are any."""
        found: list[list[bytes | None]] = []
        while self.rows.row[6:22] == stream_id:
            found.append(columns(self.rows.row)[1:])
            self.rows.step()
        return found


class Heads(Keyed):
    """The streams' own rows."""

    def one(self, stream_id: bytes) -> bytes:
        """This stream's only row, which the present row is if there is one; b"" where there is none or more."""
        row = self.rows.row
        if row[6:22] != stream_id or self.rows.step()[6:22] != stream_id:
            return row if row[6:22] == stream_id else b""
        while self.rows.row[6:22] == stream_id:
            self.rows.step()
        return b""


class Leaves(Keyed):
    """The sealed heads of each stream: number, seal, hash; those of broken seals left out.

    `ahead` holds the next of them; where it ends, `more` fills it again. `last`: the last number of the stream.
    """

    def __init__(self, rows: CopyRows, broken: AbstractSet[int]) -> None:
        super().__init__(rows)
        self._broken = broken
        self.last = 0

    def begin(self, stream_id: bytes) -> None:
        self._stream = stream_id
        self.ahead: Iterator[Leaf] = iter(())
        self.last = 0

    def more(self) -> Leaf:
        """The stream's next leaf once `ahead` has ended; (0, 0, b"") where none is left."""
        while self.rows.row[6:22] == self._stream:
            unpacked: list[Leaf] = list(iter_unpack(">qq32s", self.rows.row[26:]))
            self.rows.step()
            held = [leaf for leaf in unpacked if leaf[1] not in self._broken] if self._broken else unpacked
            if held:
                self.last = held[-1][0]
                self.ahead = iter(held)
                return next(self.ahead)
        return _NO_LEAF

    def end(self) -> None:
        """Skip what is left of the stream."""
        while self.more()[0]:
            pass


class Payloads(Keyed):
    """The rows events commit to, of one check. `due`: number of this stream's next row, 0 where there is none."""

    def __init__(self, check: PayloadCheck, rows: CopyRows) -> None:
        super().__init__(rows)
        self.check = check
        self.mark = f'"{check.member}":'.encode()
        self.due = 0
        self.erased = False

    def begin(self, stream_id: bytes) -> None:
        self._stream = stream_id
        self.erased = False
        self._look()

    def hold(self, seq: int, body: bytes) -> bool:
        """Whether what the event commits to is there and nothing else; an erasure waits for its event."""
        if self.erased and checks.is_kind(body, self.check.erased_by):
            self.erased = False
        told = {one.id: one for one in checks.committed(self.check, body)} if self.mark in body else {}
        while self.due == seq:
            row = checks.payload(self.check, columns(self.rows.row)[2:])
            one = told.pop(row.id, None)
            if one is None or not checks.agrees(self.check, one, row):
                return False
            self.erased |= checks.is_erased(self.check, row)
            self.rows.step()
            self._look()
        return not told

    def end(self) -> bool:
        """Skip what is left of the stream; whether nothing was and every erasure was told."""
        left = self.due != 0 or self.erased or self.rows.row[6:22] == self._stream
        while self.rows.row[6:22] == self._stream:
            self.rows.step()
        return not left

    def _look(self) -> None:
        row = self.rows.row
        self.due = number(row[26:34]) if row[6:22] == self._stream else 0


class Latest:
    """The rows that a stream's events tell as they change, and what was told of each last."""

    def __init__(self, tables: Sequence[tuple[LatestCheck, Keyed]]) -> None:
        self._tables = tables
        self.kinds = {check.kind for check, _ in tables}
        self._told: dict[str, dict[str, str]] = {}
        self._since_first = False

    def begin(self) -> None:
        self._told = {check.table: {} for check, _ in self._tables}
        self._since_first = False

    def hear(self, seq: int, body: bytes) -> None:
        """An event that has the mark."""
        self._since_first |= seq == 1
        for table, rows in checks.told_rows(body).items():
            if table in self._told:
                self._told[table].update(rows)

    def end(self, stream_id: bytes, kind: str | None) -> bool:
        """Pass over the stream's rows; whether they are what was told. `kind`: the stream's; None: it does not hold."""
        # Every table is read on, whatever was found in the one before.
        held = [self._is_told(check, table.take(stream_id), kind) for check, table in self._tables]
        return all(held)

    def _is_told(self, check: LatestCheck, rows: list[list[bytes | None]], kind: str | None) -> bool:
        if kind != check.kind:
            return not rows
        found = {(row[0] or b"").decode(): digest_bytes(row[1:]) for row in rows}
        told = self._told[check.table]
        return found == told or (not self._since_first and all(found.get(row) == told[row] for row in told))


class Chains(Keyed):
    """The events, followed stream by stream. `count`: rows read."""

    def __init__(self, rows: CopyRows, keys: Mapping[str, MacKey]) -> None:
        super().__init__(rows)
        self._keys = {_field(tag): key for tag, key in keys.items()}
        self._tag, self._key = next(iter(self._keys.items()))
        self.count = 0

    def follow(
        self,
        stream_id: bytes,
        before: bytes,
        leaves: Leaves,
        beside: tuple[Sequence[Payloads], Latest | None],
    ) -> tuple[int, bytes, bytes] | None:
        """Number, hash and body of the stream's last event, where all of it holds; goes on to the next stream."""
        row, read, taken, blank = (
            self.rows.row,
            self.rows.read,
            self.rows.taken,
            hashlib.sha256(),
        )
        tag, inner, outer = self._tag, self._key.inner, self._key.outer
        start = 106 + len(tag)
        payloads, latest = beside
        seq, body = 0, b""
        sealed, _, sealed_hash = leaves.more()
        ahead = leaves.ahead
        while row[6:22] == stream_id:
            seq += 1
            if row[106:start] != tag:
                if not self._turn(row):
                    break
                tag, inner, outer = self._tag, self._key.inner, self._key.outer
                start = 106 + len(tag)
            body = row[start + 4 :]
            hashed = blank.copy()
            hashed.update(before)
            hashed.update(body)
            before = hashed.digest()
            keyed = inner.copy()
            keyed.update(before)
            mac = outer.copy()
            mac.update(keyed.digest())
            if row[38:70] != before or row[74:106] != mac.digest() or row[26:34] != seq.to_bytes(8, "big"):
                break
            while seq == sealed and sealed_hash == before:
                sealed, _, sealed_hash = next(ahead, None) or leaves.more()
                ahead = leaves.ahead
            if seq == sealed or (payloads and not _hold(payloads, seq, body)):
                break
            if latest is not None and ROWS_MARK in body:
                latest.hear(seq, body)
            size, data = read(0)
            # Events are longer than a trailer, so the common case needs no call.
            row = data.tobytes() if size > 100 else taken(size, data)
        else:
            self.rows.row = row
            self.count += seq
            return None if sealed else (seq, before, body)
        self.rows.row = row
        self.count += seq - 1
        self.skip(stream_id)
        return None

    def skip(self, stream_id: bytes) -> None:
        """Pass over what is left of a stream."""
        while self.rows.row[6:22] == stream_id:
            self.rows.step()
            self.count += 1

    def _turn(self, row: bytes) -> bool:
        """Take up the key this row names, if it is on the ring."""
        tag = row[106 : 110 + number(row[106:110])]
        if tag not in self._keys:
            return False
        self._tag, self._key = tag, self._keys[tag]
        return True


class Scan:
    """All streams of a tenant, in order of their ids."""

    def __init__(self, tenant_id: UUID, keys: Mapping[str, MacKey], broken: AbstractSet[int]) -> None:
        self._tenant_id = tenant_id
        self._keys = keys
        self._broken = broken
        self._seals_hold = False
        self._genesis: dict[str, HashObject] = {
            kind: hashlib.sha256(b"bihuan-stream-1" + tenant_id.bytes + kind.encode()) for kind in KINDS
        }
        self._writers = {
            _field(tag)[4:] + _field(kind): (kind, key) for tag, key in keys.items() for kind in KINDS
        }
        self.streams = 0

    def open(self, snapshot: Snapshot, against: Checks) -> None:
        """Start the COPYs."""
        statements = Statements(self._tenant_id)
        self.chains = Chains(snapshot.copy(statements.events), self._keys)
        self._heads = Heads(snapshot.copy(statements.heads))
        self._leaves = Leaves(snapshot.copy(statements.leaves), self._broken)
        self._states = [(check, Keyed(snapshot.copy(statements.row_states(check)))) for check in against.rows]
        self._payloads = [
            Payloads(check, snapshot.copy(statements.payloads(check))) for check in against.payloads
        ]
        latest = [(check, Keyed(snapshot.copy(statements.latest(check)))) for check in against.latest]
        self._latest = Latest(latest)
        self._tables = [
            self.chains,
            self._heads,
            self._leaves,
            *(t for _, t in self._states),
            *self._payloads,
            *(t for _, t in latest),
        ]

    def suspects(self, *, seals_hold: bool) -> Iterator[UUID]:
        """The streams that do not hold. `seals_hold`: no seal is broken or gone; `broken` must be complete by now."""
        self._seals_hold = seals_hold
        tables = self._tables
        while (stream_id := min([table.key for table in tables])) != _BEYOND:
            self.streams += 1
            if not self._holds(stream_id):
                yield UUID(bytes=stream_id)

    def _holds(self, stream_id: bytes) -> bool:
        head = self._heads.one(stream_id)
        states = [(check, table.take(stream_id)) for check, table in self._states]
        self._leaves.begin(stream_id)
        for table in self._payloads:
            table.begin(stream_id)
        self._latest.begin()
        told = self._chain(stream_id, head)
        self._leaves.end()
        payloads = [table.end() for table in self._payloads]
        latest = self._latest.end(stream_id, told[0] if told else None)
        if told is None or not latest or not all(payloads):
            return False
        kind, body = told
        return all(_is_state(rows, body) if check.kind == kind else not rows for check, rows in states)

    def _chain(self, stream_id: bytes, head: bytes) -> tuple[str, bytes] | None:
        """Kind and last body of a stream whose chain, head and seals hold; reads on to the next stream."""
        writer = self._writers.get(head[122:])
        if writer is None:
            self.chains.skip(stream_id)
            return None
        kind, key = writer
        start = self._genesis[kind].copy()
        start.update(stream_id)
        latest = self._latest if kind in self._latest.kinds else None
        last = self.chains.follow(stream_id, start.digest(), self._leaves, (self._payloads, latest))
        if last is None or not self._is_head(head, kind, key, last):
            return None
        return kind, last[2]

    def _is_head(self, head: bytes, kind: str, key: MacKey, last: tuple[int, bytes, bytes]) -> bool:
        """Whether the head's row is the keyed head of this last event and as sealed as the seals say."""
        seq, hash_, _ = last
        sealed = int.from_bytes(head[38:46], "big")
        # Where seals are broken or gone, that a head says it was sealed proves nothing against it.
        if sealed > seq or (self._seals_hold and sealed != self._leaves.last):
            return False
        packed = seq.to_bytes(8, "big")
        mac = key.mac(b"head" + kind.encode() + head[6:22] + packed + hash_)
        return head[26:34] == packed and head[50:82] == hash_ and head[86:118] == mac


def _hold(payloads: Sequence[Payloads], seq: int, body: bytes) -> bool:
    return all(
        table.hold(seq, body) for table in payloads if seq == table.due or table.mark in body or table.erased
    )


def _is_state(rows: list[list[bytes | None]], body: bytes) -> bool:
    """Whether there is one row, and it is as its stream's last event says (which may say nothing)."""
    return len(rows) == 1 and checks.state(body) in ("", digest_bytes(rows[0]))


def _field(text: str) -> bytes:
    """A text column as it comes: length and bytes."""
    content = text.encode()
    return len(content).to_bytes(4, "big") + content
