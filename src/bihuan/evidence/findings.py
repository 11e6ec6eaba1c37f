"""What was done to a stream, told from what is authentic in it. Pure.

    edited       a row was changed, or written over
    missing      an event is gone while later ones are there
    inserted     a row stands where nothing of the desk's belongs
    moved        an authentic event stands at another's place; both places are named
    tail_cut     the last events are gone: the head or a seal says more, or no head is left to say anything
    vanished     a sealed stream, or a row and its stream, are gone altogether
    rolled_back  a former state was put back: everything in it holds, but a seal says more, or other things

A row's number is its claimed place where that is in this stream, so that shifting the rows behind a deleted or an
inserted one is not reported once more for each of them.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from bihuan.evidence import chain
from bihuan.evidence.chain import Head
from bihuan.evidence.proof import Case, Keys, Near, Proof, head_holds, prove

Kind = Literal["edited", "missing", "inserted", "moved", "tail_cut", "vanished", "rolled_back"]
Places = set[tuple[int, Kind]]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found. `stream`: "ticket:<uuid>", "staff:…", "config:…", "seal:<tenant uuid>" or "roots.log".

    `seq` is the event's number (a seal's, a log line's); 0 where a stream is gone and nothing tells how far it went.
    """

    stream: str
    seq: int
    kind: Kind

    def __str__(self) -> str:
        return f"{self.stream} {self.seq} {self.kind}"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a stream. `last`: its last event's number; `whole`: whether that event is there and authentic."""

    proof: Proof
    places: Places
    last: int
    whole: bool


def judge(case: Case, keys: Keys, near: Near) -> Judgement:
    """Name what was done to the stream's events and head; no places where nothing was."""
    proof = prove(case, keys, near)
    if not case.rows and case.head is None:
        seal = case.leaves[-1].seq if case.leaves else 0
        return Judgement(
            proof=proof,
            places={(seal, "vanished")} if seal else set(),
            last=seal,
            whole=False,
        )
    return _Judge(case, keys, proof).judgement()


class _Judge:
    def __init__(self, case: Case, keys: Keys, proof: Proof) -> None:
        self._case = case
        self._keys = keys
        self._proof = proof
        self._found: Places = set()
        self._covered: set[int] = set()  # places whose event is gone, but which are accounted for
        self._head_holds = head_holds(case, keys)
        self._head = self._true_head()
        self._end = max([self._head, *proof.homes, *(leaf.seq for leaf in case.leaves)])

    def judgement(self) -> Judgement:
        self._displaced()
        self._strangers()
        self._columns()
        self._gaps()
        self._forks()
        self._heads()
        if not self._found:
            self._renumbered()
        lost = any(kind in ("tail_cut", "rolled_back") for _, kind in self._found)
        whole = self._end in self._proof.homes and not lost
        return Judgement(proof=self._proof, places=self._found, last=self._end, whole=whole)

    def _true_head(self) -> int:
        """The head's number by its MAC, whatever its columns say now; 0 where that is lost."""
        case, proof, head = self._case, self._proof, self._case.head
        if head is None:
            return 0
        if self._head_holds:
            return head.seq
        for seq in sorted(proof.homes, reverse=True):
            if self._keys.vouches_head(head, case.id, proof.kind, Head(seq=seq, hash=proof.known[seq])):
                return seq
        return 0

    def _displaced(self) -> None:
        """Authentic events of this stream in another order: those out of the longest run that is in order."""
        rows = self._case.rows
        standing = sorted((index, seq) for seq, index in self._proof.homes.items())
        shuffled = _out_of_order([seq for _, seq in standing])
        moved = {seq for seq in shuffled if rows[self._proof.homes[seq]].seq != seq}
        for seq in moved:
            self._found |= {(seq, "moved"), (rows[self._proof.homes[seq]].seq, "moved")}
        for index in self._proof.strays:
            self._found.add((rows[index].seq, "moved"))
            self._covered.add(rows[index].seq)

    def _strangers(self) -> None:
        """Rows whose content is not authentic, or is a copy of an event that is at its place."""
        homes = self._proof.homes
        for index, place in sorted({**dict.fromkeys(self._proof.copies), **self._proof.forged}.items()):
            row = self._case.rows[index]
            if place is None or place in homes or place in self._covered or place > self._end:
                place = row.seq
            if place in homes or place in self._covered:
                self._found.add((row.seq, "inserted"))
            elif place <= self._end or self._was_there(index):
                self._found.add((place, "edited"))
                self._covered.add(place)
            else:
                self._found.add((row.seq, "inserted"))

    def _was_there(self, index: int) -> bool:
        """Whether a forged row beyond what is known was an event once: by its MAC, or by the head as far as it tells."""
        row, case = self._case.rows[index], self._case
        if self._keys.vouches(row) and row.hash not in self._proof.known.values():
            return True
        lost = case.head is not None and not self._head and not case.leaves
        return bool(lost and self._proof.homes and case.head and case.head.seq >= row.seq)

    def _columns(self) -> None:
        """Authentic bodies whose hash or MAC was changed; not where a hash merely follows a changed one before it."""
        known, rows = self._proof.known, self._case.rows
        for seq, index in self._proof.homes.items():
            row = rows[index]
            if (row.hash == known[seq] and self._keys.vouches(row)) or self._is_moved(row.seq, seq):
                continue
            before = rows[index - 1].hash if index else b""
            follows = row.hash == chain.event_hash(before, row.body) and before != known.get(seq - 1)
            if not follows or not self._vouched(index, seq):
                self._found.add((seq, "edited"))

    def _is_moved(self, standing: int, seq: int) -> bool:
        return (seq, "moved") in self._found or (standing, "moved") in self._found

    def _vouched(self, index: int, seq: int) -> bool:
        row = self._case.rows[index]
        secret = self._keys.secrets.get(row.key)
        return secret is not None and chain.mac(secret, self._proof.known[seq]) == row.mac

    def _gaps(self) -> None:
        present = [seq for seq in (*self._proof.homes, *self._covered) if 0 < seq <= self._end]
        self._last = max(present, default=0)
        there = set(present)
        self._found |= {(seq, "missing") for seq in range(1, self._last) if seq not in there}
        if self._last < self._end:
            head = self._case.head
            put_back = head is not None and self._head_holds and head.seq <= self._last
            self._found.add((self._last + 1, "rolled_back" if put_back else "tail_cut"))

    def _forks(self) -> None:
        """Events that hold, but are not the ones that were sealed."""
        for leaf in self._case.leaves:
            if leaf.seq in self._proof.homes and self._proof.known[leaf.seq] != leaf.hash:
                self._found.add((leaf.seq, "rolled_back"))
                return

    def _heads(self) -> None:
        """The head itself, where its change is not the mere consequence of what was found already."""
        head = self._case.head
        if any(kind in ("tail_cut", "rolled_back") for _, kind in self._found):
            return
        if head is None:
            self._found.add((self._last + 1, "tail_cut"))
        elif self._head_holds:
            if head.seq < self._last or head.sealed > head.seq:
                self._found.add((self._last, "edited"))
        elif not self._is_explained(head.hash):
            told = self._head or (self._case.leaves and self._case.leaves[-1].seq == self._last)
            self._found.add((self._last, "edited") if told else (self._last + 1, "tail_cut"))

    def _renumbered(self) -> None:
        """Numbers changed without anything in between deleted, inserted or out of order."""
        for seq, index in self._proof.homes.items():
            if (standing := self._case.rows[index].seq) != seq:
                self._found |= {(seq, "moved"), (standing, "moved")}

    def _is_explained(self, hash_: bytes) -> bool:
        """Whether a wrong head follows from what was found: it was fitted to a changed end, or to other numbers."""
        at_end = any(
            kind in ("edited", "inserted", "moved") and seq >= self._last for seq, kind in self._found
        )
        return bool(self._found) and (
            at_end or hash_ == self._proof.known.get(self._last) or bool(self._head)
        )


def _out_of_order(numbers: Sequence[int]) -> Iterator[int]:
    """The numbers outside a longest increasing run."""
    tails: list[int] = []  # last number of the best run of each length
    lengths: list[int] = []
    for number in numbers:
        length = bisect_left(tails, number)
        tails[length : length + 1] = [number]
        lengths.append(length)
    wanted = len(tails) - 1
    for number, length in zip(reversed(numbers), reversed(lengths), strict=True):
        if length == wanted:
            wanted -= 1
        else:
            yield number
