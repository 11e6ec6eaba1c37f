"""Which events of a broken stream are authentic, wherever they stand now. Pure.

An event tells its own place (`stream`, `seq`) in its body. It is authentic where the hash before that place and its
body give a hash that somebody with the ring vouched for: an event's MAC, the head's MAC or a trusted seal. Whoever has
no ring can shuffle bodies, hashes and MACs, but cannot make a new body meet an old MAC.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import get_args
from uuid import UUID

import msgspec

from bihuan.evidence import chain
from bihuan.evidence.chain import Head, StreamKind

KINDS: tuple[StreamKind, ...] = get_args(StreamKind)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An event's row as it stands in the table; nothing in it is to be believed. `key`: the MAC key's tag."""

    seq: int
    body: bytes
    hash: bytes
    mac: bytes
    key: str


class StoredHead(msgspec.Struct, frozen=True, kw_only=True):
    """A stream's row as it stands; `sealed` is its `sealed_seq`."""

    kind: str
    seq: int
    hash: bytes
    mac: bytes
    key: str
    sealed: int


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """A head under a seal that holds: to be believed."""

    seq: int
    hash: bytes


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that does not hold. `rows` and `leaves` in order of their numbers; `leaves` of trusted seals only."""

    tenant_id: UUID
    id: UUID
    rows: Sequence[Stored]
    head: StoredHead | None
    leaves: Sequence[Leaf]


#: Rows that stand at (stream, seq - 1) and (stream, seq): by them a row that claims that place is tried.
Near = Callable[[UUID, int], Sequence[Stored]]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What is authentic. Rows are named by their index in `Case.rows`.

    `homes`: place → the row that holds its event · `copies`: further rows with an event that is there already ·
    `strays`: authentic events of other streams · `forged`: all others, each with the place it claims in this stream.
    `known`: place → its true hash.
    """

    kind: StreamKind
    homes: dict[int, int]
    copies: list[int]
    strays: list[int]
    forged: dict[int, int | None]
    known: dict[int, bytes]


class Keys:
    """MACs by the keys of a ring: tag → secret."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self.secrets = secrets

    def vouches(self, row: Stored) -> bool:
        """Whether the row's MAC is the one of the row's hash."""
        secret = self.secrets.get(row.key)
        return secret is not None and hmac.compare_digest(chain.mac(secret, row.hash), row.mac)

    def vouches_head(self, head: StoredHead, stream_id: UUID, kind: str, at: Head) -> bool:
        """Whether the head's MAC is the one of this kind and place."""
        secret = self.secrets.get(head.key)
        return secret is not None and hmac.compare_digest(
            chain.head_mac(secret, kind, stream_id, at), head.mac
        )


class _Claim(msgspec.Struct, frozen=True, kw_only=True):
    stream: str
    seq: int


_claims = msgspec.json.Decoder(_Claim)


def claim(body: bytes) -> tuple[str, UUID, int] | None:
    """The place a body claims: kind, stream and number; None where it claims none."""
    try:
        told = _claims.decode(body)
        kind, _, stream_id = told.stream.partition(":")
        return kind, UUID(stream_id), told.seq
    except (
        msgspec.DecodeError,
        ValueError,
    ):  # not one of our bodies: that is an answer, not an error
        return None


def head_holds(case: Case, keys: Keys) -> bool:
    """Whether the head was written by somebody with the ring, now or formerly."""
    head = case.head
    return head is not None and keys.vouches_head(
        head, case.id, head.kind, Head(seq=head.seq, hash=head.hash)
    )


def prove(case: Case, keys: Keys, near: Near) -> Proof:
    """Find the authentic events of the stream."""
    return _Prover(case, keys, near).proof()


class _Prover:
    def __init__(self, case: Case, keys: Keys, near: Near) -> None:
        self._case = case
        self._keys = keys
        self._near = near
        self._macs = {(row.key, row.mac) for row in case.rows}
        self._trusted = {leaf.hash for leaf in case.leaves}
        self._at: dict[int, list[bytes]] = defaultdict(list)
        for leaf in case.leaves:
            self._at[leaf.seq].append(leaf.hash)
        if case.head is not None and head_holds(case, keys):
            self._trusted.add(case.head.hash)
            self._at[case.head.seq].append(case.head.hash)
        for row in case.rows:
            self._at[row.seq].append(row.hash)
        self._own: dict[int, list[int]] = defaultdict(list)
        self._foreign: dict[int, tuple[str, UUID, int]] = {}
        self._sort_by_claim()

    def proof(self) -> Proof:
        kind = self._kind()
        known = {0: chain.genesis(self._case.tenant_id, kind, self._case.id)}
        proven: dict[int, list[int]] = {}
        for seq in sorted(self._own):
            if rows := list(self._proven_at(seq, known)):
                proven[seq] = rows
        return self._sorted(kind, known, proven)

    def _sort_by_claim(self) -> None:
        for index, row in enumerate(self._case.rows):
            told = claim(row.body)
            if told is None:
                continue
            if told[1] == self._case.id and told[0] in KINDS:
                self._own[told[2]].append(index)
                self._at[told[2]].append(row.hash)
            elif told[0] in KINDS:
                self._foreign[index] = told

    def _kind(self) -> StreamKind:
        """The kind the first event was chained to; else the one the head or an event tells."""
        for kind in KINDS:
            start = chain.genesis(self._case.tenant_id, kind, self._case.id)
            if any(
                self._vouched(chain.event_hash(start, self._body(index))) for index in self._own.get(1, ())
            ):
                return kind
        told = [claim(self._body(indexes[0])) for indexes in self._own.values()]
        said = {found[0] for found in told if found} | {self._case.head.kind if self._case.head else ""}
        for kind in KINDS:
            if kind in said:
                return kind
        return "config" if self._case.id == self._case.tenant_id else "ticket"

    def _body(self, index: int) -> bytes:
        return self._case.rows[index].body

    def _vouched(self, hash_: bytes) -> bool:
        if hash_ in self._trusted:
            return True
        return any(
            (tag, chain.mac(secret, hash_)) in self._macs for tag, secret in self._keys.secrets.items()
        )

    def _proven_at(self, seq: int, known: dict[int, bytes]) -> Iterator[int]:
        """Rows which hold the event of this place. Learns the place's hash, and the one before if it was lost."""
        for index in self._own[seq]:
            for before in self._before(index, seq, known):
                found = hashlib.sha256(before + self._body(index)).digest()
                if self._vouched(found):
                    known.setdefault(seq - 1, before)
                    known[seq] = found
                    yield index
                    break
            else:
                row = self._case.rows[index]
                # The event before is lost with its hash: what is vouched for and says it belongs here is believed.
                if (
                    seq - 1 not in known
                    and self._keys.vouches(row)
                    and known.setdefault(seq, row.hash) == row.hash
                ):
                    yield index

    def _before(self, index: int, seq: int, known: dict[int, bytes]) -> Iterator[bytes]:
        if seq - 1 in known:
            yield known[seq - 1]
            return
        tried = {hash_ for hash_ in self._at.get(seq - 1, ()) if len(hash_) == 32}
        if index and len(self._case.rows[index - 1].hash) == 32:
            tried.add(self._case.rows[index - 1].hash)
        yield from tried

    def _sorted(self, kind: StreamKind, known: dict[int, bytes], proven: dict[int, list[int]]) -> Proof:
        homes: dict[int, int] = {}
        copies: list[int] = []
        for seq, indexes in proven.items():
            home = min(indexes, key=lambda index: self._farness(index, seq, known[seq]))
            homes[seq] = home
            copies += [index for index in indexes if index != home]
        strays = [index for index in self._foreign if self._is_stray(index)]
        placed = {*homes.values(), *copies, *strays}
        claimed = {index: seq for seq, indexes in self._own.items() for index in indexes}
        forged = {index: claimed.get(index) for index in range(len(self._case.rows)) if index not in placed}
        return Proof(
            kind=kind,
            homes=homes,
            copies=copies,
            strays=strays,
            forged=forged,
            known=known,
        )

    def _farness(self, index: int, seq: int, hash_: bytes) -> tuple[bool, bool]:
        """Of several rows with one event the nearest is its home: whole before standing at its place."""
        row = self._case.rows[index]
        return not (row.hash == hash_ and self._keys.vouches(row)), row.seq != seq

    def _is_stray(self, index: int) -> bool:
        """Whether the row's event belongs to another stream and is not at its place there."""
        kind, stream_id, seq = self._foreign[index]
        row, around = self._case.rows[index], self._near(stream_id, seq)
        if any(other.seq == seq and other.body == row.body for other in around):
            return False
        macs = self._macs | {(other.key, other.mac) for other in around}
        starts = [other.hash for other in around if other.seq == seq - 1 and len(other.hash) == 32]
        if seq == 1:
            starts = [chain.genesis(self._case.tenant_id, next(k for k in KINDS if k == kind), stream_id)]
        if not starts:
            return self._keys.vouches(row)
        hashes = [hashlib.sha256(before + row.body).digest() for before in starts]
        secrets = self._keys.secrets.items()
        return any((tag, chain.mac(secret, found)) in macs for tag, secret in secrets for found in hashes)
