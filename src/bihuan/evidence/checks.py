"""Rows beside the chain which events vouch for: what a module declares, and the comparison. Pure.

A RowCheck says of which row a stream's last event tells the `state`; a PayloadCheck, which rows hold what events commit
to. Evidence knows no domain: whoever owns the tables hands the checks to `verify`.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import cast

import msgspec

from bihuan.evidence import chain
from bihuan.evidence.chain import StreamKind
from bihuan.evidence.findings import Kind
from bihuan.evidence.state import digest_bytes

Object = dict[str, object]


class RowCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The row a stream of this kind is about: `table` has `tenant_id` and `id` (the stream's id).

    `columns`: SQL expressions of type text over the table's columns; their `state.digest` is the last event's `state`.
    """

    kind: StreamKind
    table: str
    columns: tuple[str, ...]
    id: str = "id"


class PayloadCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that events commit to; `table` has `tenant_id`.

    Somewhere in its `data` the event number `seq` of `stream` has an object with `member`: the commitment in hex. It is
    HMAC(`nonce`, `payload` as UTF-8) where a payload column is named, else the value of `digest`, an SQL expression of
    type bytea.
    `id`: column of the row's id, which stands beside the commitment as member "id", where an event commits to several.
    `columns`: SQL expressions of type text; their `state.digest` stands beside the commitment as member "row".
    A row whose payload and nonce are both null was erased; a later event of kind `erased_by` must tell. So was one whose
    `digest` is null, where `emptied` says that this may be; its further columns hold on.
    """

    kind: StreamKind
    table: str
    stream: str
    member: str
    seq: str = "seq"
    payload: str | None = None
    nonce: str | None = None
    digest: str | None = None
    id: str | None = None
    columns: tuple[str, ...] = ()
    erased_by: str = "ticket.erased"
    emptied: bool = False


class LatestCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that change with a stream's events; `table` has `tenant_id`, and `stream` is the column of the stream's id.

    An event that writes such rows tells `data.rows[table][row]`: the `state.digest` of the `columns` as they then stand;
    what was told last holds. `id` and `columns`: SQL expressions of type text. A stream whose first event tells no rows is
    older than this check: rows that its events never told are passed over.
    """

    kind: StreamKind
    table: str
    stream: str
    id: str
    columns: tuple[str, ...]


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows beside the streams to verify."""

    rows: Sequence[RowCheck] = ()
    payloads: Sequence[PayloadCheck] = ()
    latest: Sequence[LatestCheck] = ()


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A payload's row as it stands. `content`: the payload's UTF-8 or the digest."""

    id: str | None
    content: bytes | None
    nonce: bytes | None
    row: str


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """What an event commits to; `row` is None where the check covers no further columns."""

    id: str | None
    value: str
    row: str | None


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    data: object
    kind: str
    state: str = ""


class _TellingRows(msgspec.Struct, frozen=True, kw_only=True):
    rows: dict[str, dict[str, str]] = {}


class _Telling(msgspec.Struct, frozen=True, kw_only=True):
    data: _TellingRows


_bodies = msgspec.json.Decoder(_Told)
_tellings = msgspec.json.Decoder(_Telling)
#: Stands in every canonical body that tells rows.
ROWS_MARK = b'"rows":{'


def state(body: bytes) -> str:
    """The `state` of an authentic event."""
    return _bodies.decode(body).state


def is_kind(body: bytes, kind: str) -> bool:
    """Whether an authentic event is of this kind."""
    return kind.encode() in body and _bodies.decode(body).kind == kind


def told_rows(body: bytes) -> dict[str, dict[str, str]]:
    """Table → row → digest, as the authentic event `body` of a stream of such a kind tells."""
    return _tellings.decode(body).data.rows if ROWS_MARK in body else {}


def payload(check: PayloadCheck, columns: Sequence[bytes | None]) -> Payload:
    """A row from the columns of the check's statement: id, content, nonce, then the further columns."""
    id_, content, nonce, *further = columns
    row = digest_bytes(further) if check.columns else ""
    return Payload(id=None if id_ is None else id_.decode(), content=content, nonce=nonce, row=row)


def committed(check: PayloadCheck, body: bytes) -> list[Committed]:
    """What the authentic event `body` commits to under this check, in its order."""
    return [
        Committed(
            id=_text(found.get("id")) if check.id else None,
            value=str(found[check.member]),
            row=_text(found.get("row")) if check.columns else None,
        )
        for found in _objects(_bodies.decode(body).data)
        if check.member in found
    ]


def is_erased(check: PayloadCheck, row: Payload) -> bool:
    """Whether payload and nonce are both gone, or what the digest is of."""
    return (check.payload is not None or check.emptied) and row.content is None and row.nonce is None


def agrees(check: PayloadCheck, told: Committed, row: Payload) -> bool:
    """Whether the row is what the event commits to; an erased one as far as its other columns go."""
    if check.columns and told.row != row.row:
        return False
    if is_erased(check, row):
        return True
    if row.content is None or (check.payload is not None and row.nonce is None):
        return False
    found = (
        chain.commitment(row.nonce or b"", row.content) if check.payload is not None else row.content.hex()
    )
    return hmac.compare_digest(found.encode(), told.value.encode())


def compare(
    check: PayloadCheck,
    bodies: Mapping[int, bytes],
    rows: Mapping[int, Sequence[Payload]],
    last: int,
) -> Iterator[tuple[int, Kind]]:
    """Name what was done to a stream's payload rows. `bodies`: place → authentic event; `last`: the last place.

    Rows at places whose event is gone or forged are passed over: that event is named already.
    """
    erasures = max((seq for seq, body in bodies.items() if is_kind(body, check.erased_by)), default=0)
    for seq, body in bodies.items():
        told = committed(check, body)
        for kind in _differences(check, told, rows.get(seq, ()), erasable=seq < erasures):
            yield seq, kind
    for seq in rows:
        if not 0 < seq <= last:
            yield seq, "inserted"


def compare_latest(
    tables: AbstractSet[str], bodies: Mapping[int, bytes], rows: Mapping[tuple[str, str], str]
) -> Iterator[tuple[int, Kind]]:
    """Name what was done to rows of these tables: at the event that told of them last. `rows`: table and row → digest.

    `bodies`: place → authentic event, all of the stream's in order.
    """
    told: dict[tuple[str, str], tuple[int, str]] = {}
    for seq, body in bodies.items():
        for table, said in told_rows(body).items():
            told |= {(table, row): (seq, value) for row, value in said.items() if table in tables}
    for row, (seq, value) in told.items():
        if rows.get(row) != value:
            yield seq, "edited" if row in rows else "missing"
    if rows.keys() - told.keys() and told_rows(bodies[1]):
        yield max(bodies), "inserted"


def _differences(
    check: PayloadCheck,
    told: Sequence[Committed],
    rows: Sequence[Payload],
    erasable: bool,
) -> Iterator[Kind]:
    left = {row.id if check.id else None: row for row in rows}
    if len(left) < len(rows):
        yield "inserted"
    for one in told:
        row = left.pop(one.id, None)
        if row is None:
            yield "missing"
        elif not agrees(check, one, row) or (is_erased(check, row) and not erasable):
            yield "edited"
    if left:
        yield "inserted"


def _objects(value: object) -> Iterator[Object]:
    if isinstance(value, dict):
        found = cast("Object", value)
        yield found
        for inner in found.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _objects(inner)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
