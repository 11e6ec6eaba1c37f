"""The digest of a row: what an event's `state` says of the row its stream is about."""

import hashlib
from collections.abc import Sequence

_NULL = b"\x00"
_BETWEEN = b"\x1f"
_ESCAPE = b"\x1b"


def digest(columns: Sequence[str | None]) -> str:
    """SHA-256, 64 hex digits, of the columns' UTF-8 texts joined by U+001F; NULL counts as U+0000.

    No text of PostgreSQL holds U+0000, so NULL differs from every text, '' included. A U+001F or U+001B inside a text is
    escaped, so that nothing can be shifted from one column into the next.
    """
    return digest_bytes([None if column is None else column.encode() for column in columns])


def digest_bytes(columns: Sequence[bytes | None]) -> str:
    """`digest` of columns as they came over the wire: UTF-8."""
    told = [_NULL if c is None else c for c in columns]
    joined = _BETWEEN.join(told)
    # Hardly any text has something to escape: one look at all of them costs less than one at each.
    if _ESCAPE in joined or joined.count(_BETWEEN) >= len(told):
        joined = _BETWEEN.join([_escaped(column) for column in told])
    return hashlib.sha256(joined).hexdigest()


def _escaped(column: bytes) -> bytes:
    return column.replace(_ESCAPE, b"\x1b0").replace(_BETWEEN, b"\x1b1")
