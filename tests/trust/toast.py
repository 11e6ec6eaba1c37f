"""Values that PostgreSQL compressed (pglz), as they lie in its data files and its write-ahead log, unpacked. Pure.

A compressed value is four bytes of length with the low bits 10, four of the length unpacked, and the rest. One too long
for its row lies in chunks: owner, place, length, and up to 1,996 bytes each, the first beginning with the length
unpacked. Sources: varatt.h, pg_lzcompress.c, heaptoast.h, xlog_internal.h of PostgreSQL.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

_PAGE = 8_192
_SHORT_HEADER, _LONG_HEADER, _IS_LONG = 24, 40, 0x0002
_MOST = 1 << 20
#: Low bits 10, less than a page; unpacked less than a megabyte.
_INLINE = re.compile(
    rb"(?=([" + b"".join(re.escape(bytes([n])) for n in range(2, 256, 4)) + rb"][\x00-\x7f]\x00\x00..[\x00-\x0f]\x00))",
    re.DOTALL,
)  # fmt: skip
#: Owner, place, length (low bits 00).
_CHUNK = re.compile(
    rb"(?=(..[\x00-\xff][\x00-\xff])(..\x00\x00)([" + b"".join(re.escape(bytes([n])) for n in range(0, 256, 4)) + rb"][\x00-\x1f]\x00\x00)(?!\x00{4}))",
    re.DOTALL,
)  # fmt: skip


def unpacked(data: bytes) -> Iterator[bytes]:
    """Every value that can be unpacked whole."""
    for found in _INLINE.finditer(data):
        at = found.start()
        length, size = int.from_bytes(data[at : at + 4], "little") >> 2, _size(data[at + 4 : at + 8])
        if 12 < length < size + 8 and (value := pglz(data[at + 8 : at + length], size)):
            yield value
    for packed in _from_chunks(data):
        if value := pglz(packed[4:], _size(packed[:4])):
            yield value


def without_page_headers(wal: bytes) -> bytes:
    """A segment of the write-ahead log, so that no record is broken by the header of a page."""
    kept: list[bytes] = []
    for at in range(0, len(wal), _PAGE):
        is_long = int.from_bytes(wal[at + 2 : at + 4], "little") & _IS_LONG
        kept.append(wal[at + (_LONG_HEADER if is_long else _SHORT_HEADER) : at + _PAGE])
    return b"".join(kept)


def pglz(packed: bytes, size: int) -> bytes:
    """Unpacked to exactly this size; empty where it is no such thing."""
    out, at = bytearray(), 0
    while at < len(packed) and len(out) < size:
        control, at = packed[at], at + 1
        for bit in range(8):
            if at >= len(packed) or len(out) >= size:
                break
            if not control >> bit & 1:
                out.append(packed[at])
                at += 1
                continue
            length, offset, at = _reference(packed, at)
            if not 0 < offset <= len(out):
                return b""
            start = len(out) - offset
            again = out[start : start + length]
            out += (again * (length // offset + 1))[:length]
    return bytes(out) if len(out) == size and at == len(packed) else b""


def _reference(packed: bytes, at: int) -> tuple[int, int, int]:
    """How many bytes of how far back, and where the next begins."""
    first, second, third = (packed[n] if n < len(packed) else 0 for n in range(at, at + 3))
    length, offset = (first & 0x0F) + 3, (first & 0xF0) << 4 | second
    return (length + third, offset, at + 3) if length == 18 else (length, offset, at + 2)


def _from_chunks(data: bytes) -> Iterator[bytes]:
    """What lies in chunks, put together by owner, as far as all are there."""
    chunks: defaultdict[bytes, dict[int, bytes]] = defaultdict(dict)
    for found in _CHUNK.finditer(data):
        owner, place, length = (
            found[1],
            int.from_bytes(found[2], "little"),
            int.from_bytes(found[3], "little") >> 2,
        )
        chunk = data[found.start() + 12 : found.start() + 8 + length]
        if (
            owner != b"\x00" * 4
            and 20 < len(chunk) == length - 4
            and (place or 0 < _size(chunk[:4]) <= _MOST)
        ):
            chunks[owner][place] = chunk
    for parts in chunks.values():
        whole: list[bytes] = []
        while len(whole) in parts:
            whole.append(parts[len(whole)])
        if whole:
            yield b"".join(whole)


def _size(raw: bytes) -> int:
    """The length unpacked; 0 where another method than pglz was used."""
    told = int.from_bytes(raw, "little")
    return told & 0x3FFFFFFF if not told >> 30 else 0
