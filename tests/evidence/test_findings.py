"""The judge alone, without a database: any attack on any stream is named, and a stream that holds never is."""

import os
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.evidence import chain
from bihuan.evidence.chain import Head, StreamKind
from bihuan.evidence.findings import Kind, judge
from bihuan.evidence.proof import KINDS, Case, Keys, Leaf, Stored, StoredHead
from bihuan.evidence.seals import merkle_root

TENANT = UUID(int=1)
TAG = "hmac-sha256:mac-1"
SECRET = bytes(range(32))
KEYS = Keys({TAG: SECRET})

lengths = st.integers(2, 12)


def stream(length: int, *, kind: StreamKind = "ticket", id_: int = 2, leaves: tuple[int, ...] = ()) -> Case:
    """An authentic stream, sealed at these places."""
    before, rows = chain.genesis(TENANT, kind, UUID(int=id_)), list[Stored]()
    for seq in range(1, length + 1):
        body = chain.canonical({"seq": seq, "stream": f"{kind}:{UUID(int=id_)}", "data": {}}).encode()
        before = chain.event_hash(before, body)
        rows.append(Stored(seq=seq, body=body, hash=before, mac=chain.mac(SECRET, before), key=TAG))
    mac = chain.head_mac(SECRET, kind, UUID(int=id_), Head(seq=length, hash=before))
    head = StoredHead(kind=kind, seq=length, hash=before, mac=mac, key=TAG, sealed=max(leaves, default=0))
    sealed = [Leaf(seq=seq, hash=rows[seq - 1].hash) for seq in leaves]
    return Case(tenant_id=TENANT, id=UUID(int=id_), rows=rows, head=head, leaves=sealed)


def changed(case: Case, rows: list[Stored], head: StoredHead | None = None) -> Case:
    ordered = sorted(rows, key=lambda row: row.seq)
    return msgspec.structs.replace(case, rows=ordered, head=head or case.head)


def places(case: Case, other: Case | None = None) -> set[tuple[int, Kind]]:
    """Findings; rows of `other` are what stands in the database beside the case."""
    rows = other.rows if other else ()
    return judge(case, KEYS, lambda _, seq: [row for row in rows if row.seq in (seq - 1, seq)]).places


@given(lengths, st.sampled_from(KINDS), st.data())
def test_what_holds_is_never_named(length: int, kind: StreamKind, draw: st.DataObject) -> None:
    leaves = draw.draw(st.lists(st.integers(1, length), unique=True).map(sorted))
    assert places(stream(length, kind=kind, leaves=tuple(leaves))) == set()


@given(lengths, st.data())
def test_any_column_edited(length: int, draw: st.DataObject) -> None:
    case = stream(length, leaves=(length,))
    index = draw.draw(st.integers(0, length - 1))
    column = draw.draw(st.sampled_from(["body", "hash", "mac"]))
    value = draw.draw(st.binary(max_size=40))
    row = msgspec.structs.replace(case.rows[index], **{column: value})
    rows = [*case.rows[:index], row, *case.rows[index + 1 :]]
    if row != case.rows[index]:
        assert places(changed(case, rows)) == {(index + 1, "edited")}


@given(lengths, st.data(), st.booleans())
def test_deleted_and_renumbered(length: int, draw: st.DataObject, shifted: bool) -> None:
    case = stream(length, leaves=(length,))
    gone = set(draw.draw(st.lists(st.integers(1, length - 1), min_size=1, unique=True)))
    left = [row for row in case.rows if row.seq not in gone]
    if shifted:
        left = [msgspec.structs.replace(row, seq=seq) for seq, row in enumerate(left, 1)]
    assert places(changed(case, left)) == {(seq, "missing") for seq in gone}


@given(lengths, st.data())
def test_two_swapped(length: int, draw: st.DataObject) -> None:
    case = stream(length)
    one, two = draw.draw(st.lists(st.integers(1, length), min_size=2, max_size=2, unique=True))
    order = {one: two, two: one}
    rows = [msgspec.structs.replace(row, seq=order.get(row.seq, row.seq)) for row in case.rows]
    assert places(changed(case, rows)) == {(one, "moved"), (two, "moved")}


@given(lengths, st.permutations(range(12)))
def test_any_order_but_the_right_one_is_moved(length: int, order: list[int]) -> None:
    case = stream(length)
    ranks = [place for place in order if place < length]
    rows = [msgspec.structs.replace(row, seq=ranks[index] + 1) for index, row in enumerate(case.rows)]
    kinds = {kind for _, kind in places(changed(case, rows))}
    assert kinds == (set() if ranks == sorted(ranks) else {"moved"})


@given(lengths, st.data(), st.booleans())
def test_inserted(length: int, draw: st.DataObject, copied: bool) -> None:
    case = stream(length)
    place = draw.draw(st.integers(1, length + 1))
    like = case.rows[draw.draw(st.integers(0, length - 1))]
    body = chain.canonical({"seq": place, "stream": f"ticket:{case.id}"}).encode()
    new = msgspec.structs.replace(like, seq=place, body=like.body if copied else body, mac=os.urandom(32))
    rows = [msgspec.structs.replace(row, seq=row.seq + (row.seq >= place)) for row in case.rows]
    named = places(changed(case, [*rows, new]))
    assert {kind for _, kind in named} == {"inserted"}


@given(lengths, st.data())
def test_tail_cut_and_rolled_back(length: int, draw: st.DataObject) -> None:
    case = stream(length, leaves=(length,))
    left = draw.draw(st.integers(1, length - 1))
    former = stream(left)
    assert places(changed(case, list(former.rows))) == {(left + 1, "tail_cut")}
    assert places(changed(case, list(former.rows), former.head)) == {(left + 1, "rolled_back")}


@given(lengths)
def test_all_gone(length: int) -> None:
    case = stream(length, leaves=(length,))
    assert places(msgspec.structs.replace(case, rows=[], head=None)) == {(length, "vanished")}
    assert places(msgspec.structs.replace(case, rows=[])) == {(1, "tail_cut")}


@given(lengths, st.data())
def test_swapped_with_another_stream(length: int, draw: st.DataObject) -> None:
    ours, theirs = stream(length), stream(length, id_=3)
    here, there = draw.draw(st.tuples(st.integers(0, length - 1), st.integers(0, length - 1)))
    mine, other = list(ours.rows), list(theirs.rows)
    mine[here] = msgspec.structs.replace(theirs.rows[there], seq=here + 1)
    other[there] = msgspec.structs.replace(ours.rows[here], seq=there + 1)
    assert places(changed(ours, mine), changed(theirs, other)) == {(here + 1, "moved")}
    assert places(changed(theirs, other), changed(ours, mine)) == {(there + 1, "moved")}


@given(lengths, st.data())
def test_anything_at_all_is_named(length: int, draw: st.DataObject) -> None:
    """Rows dropped, doubled, changed and shuffled at will: something is named unless nothing changed."""
    case = stream(length)
    cells = st.sampled_from([value for row in case.rows for value in (row.body, row.hash, row.mac)])
    rows = list(case.rows)
    for _ in range(draw.draw(st.integers(1, 4))):
        index = draw.draw(st.integers(0, len(rows) - 1))
        column = draw.draw(st.sampled_from(["seq", "body", "hash", "mac"]))
        value = draw.draw(st.integers(-3, length + 3) if column == "seq" else cells)
        rows[index] = msgspec.structs.replace(rows[index], **{column: value})
    assert bool(places(changed(case, rows))) == (sorted(rows, key=lambda row: row.seq) != case.rows)


@settings(max_examples=30)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_merkle_root_level_by_level(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == chain.merkle_root(leaves)
