"""What proves a stream to somebody without the desk: the seals it stands under, each with its path to the signed root,
the seals after them up to a time stamp, and the public keys.
"""

import base64
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from bihuan.core.db import Query, Work
from bihuan.core.keyring import KeyRing, public_key
from bihuan.evidence import chain
from bihuan.evidence.append import queries
from bihuan.evidence.chain import Head, Side
from bihuan.evidence.checks import LatestCheck
from bihuan.evidence.seal import SealRow

#: Seals of the stream itself, newest first: each dates the events before it.
_MOST_OVER = 40
#: Seals that lead on to the next time stamp.
_MOST_AFTER = 20_000
_PAGE = 1000


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One level on the way to the root: where the neighbour stands, and its hash (hex)."""

    side: Side
    hash: str


class Under(msgspec.Struct, frozen=True, kw_only=True):
    """A seal the stream stands under: its head then (number, hash in hex), the path to the root, the seal as signed."""

    seq: int
    head: str
    path: list[Step]
    body: str
    signature: str
    key: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A later seal, which names the hash of the one before it."""

    body: str
    signature: str
    key: str


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """A time stamp over the seal of this number: the token (RFC 3161, DER) in base 64."""

    no: int
    token: str


class ProofFile(msgspec.Struct, frozen=True, kw_only=True):
    """`proof.json`. `seals` oldest first; `after` goes on from the last of them; `left_out`: later seals not given.

    `keys`: tag → raw Ed25519 public key, hex.
    """

    tenant: UUID
    stream: str
    seals: list[Under]
    after: list[Link]
    left_out: int
    stamps: list[Stamp]
    keys: dict[str, str]

    @property
    def root(self) -> str:
        """The newest signed root over the stream, hex; empty where it stands under no seal."""
        return msgspec.json.decode(self.seals[-1].body, type=_Rooted).root if self.seals else ""


class _Rooted(msgspec.Struct, frozen=True, kw_only=True):
    root: str


class WholeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is chained: its canonical body and its hash."""

    seq: int
    body: str
    hash: bytes


class _Stands(msgspec.Struct, frozen=True, kw_only=True):
    head: int
    sealed: int


class _Texts(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    texts: list[str | None]


class _Over(msgspec.Struct, frozen=True, kw_only=True):
    no: int
    seq: int
    head_hash: bytes
    body: str
    signature: bytes
    sign_key: str


class _Leaf(msgspec.Struct, frozen=True, kw_only=True):
    stream_id: UUID
    seq: int
    hash: bytes


class _Token(msgspec.Struct, frozen=True, kw_only=True):
    no: int
    token: bytes


async def proof_of(work: Work, ring: KeyRing, stream_id: UUID) -> ProofFile:
    """The proof of a ticket's stream, whose last event is sealed."""
    over = (await work.rows(queries.seals_over, _Over, stream_id=stream_id, most=_MOST_OVER))[::-1]
    last = over[-1].no if over else 0
    stamp = await work.one(queries.stamp_from, _Token, no=last)
    after, left_out = await _after(work, last, stamp.no if stamp else None)
    return ProofFile(
        tenant=work.tenant_id,
        stream=f"ticket:{stream_id}",
        seals=[await _under(work, stream_id, one) for one in over],
        after=after,
        left_out=left_out,
        stamps=[_stamp(stamp)] if stamp and not left_out else [],
        keys=public_keys(ring, (*(o.sign_key for o in over), *(link.key for link in after))),
    )


async def latest_rows(
    work: Work, latest: Sequence[LatestCheck], stream_id: UUID
) -> dict[str, dict[str, list[tuple[str, str | None]]]]:
    """The rows that a stream's events tell as they change, as they stand: table → row → expression and text of each column."""
    found: dict[str, dict[str, list[tuple[str, str | None]]]] = {}
    for check in latest:
        rows = await work.rows(_rows_query(check), _Texts, stream_id=stream_id)
        found[check.table] = {row.name: list(zip(check.columns, row.texts, strict=True)) for row in rows}
    return found


def _rows_query(check: LatestCheck) -> Query:
    columns = ", ".join(check.columns)
    sql = (
        f"select {check.id} as name, array[{columns}] as texts from {check.table}"
        f" where tenant_id = %(tenant_id)s and {check.stream} = %(stream_id)s order by 1"
    )
    return Query(name=f"evidence.latest_{check.table}", sql=sql, prepare=False)


async def sealed_until(work: Work, stream_id: UUID) -> tuple[int, int]:
    """A stream's last event, and the last one that is sealed; zeros where there is no stream."""
    row = await work.one(queries.stream_head, _Stands, stream_id=stream_id)
    return (row.head, row.sealed) if row else (0, 0)


async def whole_events(work: Work, stream_id: UUID, *, until: int) -> list[WholeEvent]:
    """All events of a stream up to one, in order."""
    found: list[WholeEvent] = []
    while len(found) < until:
        after = found[-1].seq if found else 0
        page = {"stream_id": stream_id, "after": after, "until": until, "most": _PAGE}
        rows = await work.rows(queries.events_whole, WholeEvent, **page)
        if not rows:
            break
        found += rows
    return found


def public_keys(ring: KeyRing, tags: Iterable[str]) -> dict[str, str]:
    """Tag → raw public key, hex. Raises UnknownKey."""
    return {tag: public_key(ring.by_tag(tag)).hex() for tag in sorted(set(tags))}


async def _under(work: Work, stream_id: UUID, over: _Over) -> Under:
    leaves = await work.rows(queries.leaves_under, _Leaf, no=over.no)
    hashes = [chain.leaf(one.stream_id, Head(seq=one.seq, hash=one.hash)) for one in leaves]
    index = next(at for at, one in enumerate(leaves) if (one.stream_id, one.seq) == (stream_id, over.seq))
    return Under(
        seq=over.seq,
        head=over.head_hash.hex(),
        path=[Step(side=side, hash=beside.hex()) for side, beside in chain.merkle_path(hashes, index)],
        body=over.body,
        signature=over.signature.hex(),
        key=over.sign_key,
    )


async def _after(work: Work, last: int, until: int | None) -> tuple[list[Link], int]:
    """The seals after `last` up to `until`, or to the newest; and how many there are if these are too many to give."""
    newest = await work.one(queries.newest_seal, SealRow)
    end = until if until is not None else newest.no if newest else last
    if end - last > _MOST_AFTER:
        return [], end - last
    found: list[Link] = []
    while last < end:
        rows = await work.rows(queries.seals_after, SealRow, no=last, most=min(_PAGE, end - last))
        if not rows:
            break
        found += [Link(body=r.body, signature=r.signature.hex(), key=r.sign_key) for r in rows]
        last = rows[-1].no
    return found, 0


def _stamp(row: _Token) -> Stamp:
    return Stamp(no=row.no, token=base64.b64encode(row.token).decode())
