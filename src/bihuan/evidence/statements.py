"""The statements of verification: ordered reads of whole tables, and of what one stream has."""

from uuid import UUID

from psycopg import sql

from bihuan.evidence.checks import LatestCheck, PayloadCheck, RowCheck
from bihuan.evidence.copy import Statement, expression, listed

_EVENTS = """
select stream_id, seq, hash, mac, mac_key, body from event where tenant_id = {tenant} order by stream_id, seq
"""
_HEADS = """
select id, head_seq, sealed_seq, head_hash, head_mac, mac_key, kind from stream where tenant_id = {tenant} order by id
"""
# Number, seal and hash in 48 bytes, up to 256 numbers a row: a row for each would cost more than checking it.
_LEAVES = """
select stream_id, string_agg(
  int8send(seq) || int8send(seal_no) || case length(hash) when 32 then hash else sha256(''::bytea) end,
  ''::bytea order by seq, seal_no)
from seal_leaf where tenant_id = {tenant} group by stream_id, seq >> 8 order by stream_id, seq >> 8
"""
_SEALS = """
select no, body, hash, signature, sign_key from seal where tenant_id = {tenant} order by no
"""
_SEALED = """
select seal_no, string_agg(uuid_send(stream_id) || int8send(seq) || hash, ''::bytea order by stream_id, seq)
from (
  select seal_no, stream_id, seq, hash,
    (row_number() over (partition by seal_no order by stream_id, seq) - 1) / 1000 as part
  from seal_leaf where tenant_id = {tenant}
) as leaf
group by seal_no, part order by seal_no, part
"""
_STREAM_EVENTS = """
select seq, body, hash, mac, mac_key from event
where tenant_id = {tenant} and stream_id = {stream} order by seq
"""
_STREAM_PLACES = """
select seq, body, hash, mac, mac_key from event
where tenant_id = {tenant} and stream_id = {stream} and seq between {seq} - 1 and {seq} order by seq
"""
_STREAM_HEAD = """
select kind, head_seq, head_hash, head_mac, mac_key, sealed_seq from stream
where tenant_id = {tenant} and id = {stream}
"""
_STREAM_LEAVES = """
select seq, seal_no, hash from seal_leaf where tenant_id = {tenant} and stream_id = {stream} order by seq, seal_no
"""


class Statements:
    """The statements for one tenant."""

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant = sql.Literal(tenant_id)
        self.events = self._of(_EVENTS)
        self.heads = self._of(_HEADS)
        self.leaves = self._of(_LEAVES)
        self.seals = self._of(_SEALS)
        self.sealed = self._of(_SEALED)

    def row_states(self, check: RowCheck, stream_id: UUID | None = None) -> Statement:
        """id, then the digest's columns as text, by id; of one stream if given."""
        return sql.SQL(
            "select {id}, {columns} from {table} where tenant_id = {tenant}{one} order by {id}"
        ).format(
            id=sql.Identifier(check.id),
            columns=listed(check.columns),
            table=sql.Identifier(check.table),
            tenant=self._tenant,
            one=_only(check.id, stream_id),
        )

    def payloads(self, check: PayloadCheck, stream_id: UUID | None = None) -> Statement:
        """stream, seq, id, content, nonce, then further columns as text, by stream and seq; of one stream if given."""
        content: sql.Composable = expression(check.digest or "null::bytea")
        if check.payload:
            content = sql.SQL("convert_to({0}, 'UTF8')").format(sql.Identifier(check.payload))
        columns = [
            sql.SQL("{0}::text").format(sql.Identifier(check.id)) if check.id else sql.SQL("null::text"),
            content,
            sql.Identifier(check.nonce) if check.nonce else sql.SQL("null::bytea"),
            *(expression(column) for column in check.columns),
        ]
        return sql.SQL(
            "select {stream}, {seq}, {columns} from {table} where tenant_id = {tenant}{one} order by 1, 2"
        ).format(
            stream=sql.Identifier(check.stream),
            seq=sql.Identifier(check.seq),
            columns=sql.SQL(", ").join(columns),
            table=sql.Identifier(check.table),
            tenant=self._tenant,
            one=_only(check.stream, stream_id),
        )

    def latest(self, check: LatestCheck, stream_id: UUID | None = None) -> Statement:
        """stream, row, then the digest's columns as text, by stream; of one stream if given."""
        return sql.SQL(
            "select {stream}, {id}, {columns} from {table} where tenant_id = {tenant}{one} order by 1"
        ).format(
            stream=sql.Identifier(check.stream),
            id=expression(check.id),
            columns=listed(check.columns),
            table=sql.Identifier(check.table),
            tenant=self._tenant,
            one=_only(check.stream, stream_id),
        )

    def stream_events(self, stream_id: UUID) -> Statement:
        return self._of(_STREAM_EVENTS, stream_id)

    def stream_head(self, stream_id: UUID) -> Statement:
        return self._of(_STREAM_HEAD, stream_id)

    def stream_leaves(self, stream_id: UUID) -> Statement:
        return self._of(_STREAM_LEAVES, stream_id)

    def places(self, stream_id: UUID, seq: int) -> Statement:
        """The events of a stream at `seq` and before it."""
        return self._of(_STREAM_PLACES, stream_id, seq)

    def _of(self, text: str, stream_id: UUID | None = None, seq: int = 0) -> Statement:
        return expression(text).format(
            tenant=self._tenant, stream=sql.Literal(stream_id), seq=sql.Literal(seq)
        )


def _only(column: str, stream_id: UUID | None) -> sql.Composable:
    if stream_id is None:
        return sql.SQL("")
    return sql.SQL(" and {0} = {1}").format(sql.Identifier(column), sql.Literal(stream_id))
