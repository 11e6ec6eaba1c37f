#!/usr/bin/env python3
"""Checks an evidence package of Bihuan (闭环) offline: `python3 verify_evidence.py PACKAGE.zip --key FINGERPRINT`.

One file, Python 3.9 or newer, nothing to install, no network: read it before you trust it. Take it from the desk's release
or from whoever you trust, never out of the package it is to check. It writes nothing and extracts nothing.

Exit 0: all holds. 1: something was changed; each finding is a line `file<TAB>where<TAB>what<TAB>in words` on standard
output. 2: it could not be checked. What it proves is the state up to the package's last seal, not that there is no newer
one. Whatever it prints of a package has its control characters escaped. It is one file, and so longer than its neighbours, because whoever needs it may have
nothing else.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

Object = dict[str, Any]

MOST_BYTES = 16 * 1024**3
MOST_FILES = 10_000
MOST_DIRECTORY = 8 * 1024**2
MOST_JSON = 32 * 1024**2
MOST_MANIFEST = 4 * 1024**2
MOST_SIGNATURE = 64 * 1024
MOST_LINE = 4 * 1024**2
MOST_EVENTS = 200_000
#: Seals over the ticket, and time stamps: a desk gives 40 of the former and one of the latter.
MOST_SEALS = 500
#: Of one file: so many findings are told, and so many are looked for.
MOST_TOLD, MOST_FOUND = 100, 1000
#: A file of lines that is not as listed is read on, to name the place, up to twice its size and this.
SLACK = 64 * 1024
PIECE = 1024**2
SIGNED = b"bihuan-package-1\n"
_SAFE = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[^\\/\x00-\x1f:][^\\\x00-\x1f:]*")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_TAG = re.compile(r"ed25519:[A-Za-z0-9._-]{1,64}")
#: What reading something of a wrong shape may raise.
_WRONG = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, MemoryError)

WORDS = {
    "edited": ("内容被改动", "was edited"),
    "missing": ("缺失", "is missing"),
    "inserted": ("不属于此证据包", "does not belong here"),
    "replaced": ("其中有事件被替换：与封存的链头不符", "an event among these was replaced: it is not what was sealed"),
    "moved": ("顺序或编号不对", "is out of its place"),
    "signature": ("与另一文件（签名或清单）不符：二者之一被改动", "does not match its signature: one of the two was changed"),
    "unknown_key": ("签名所用公钥不在您给出的指纹之列", "is signed by a key whose fingerprint you did not give"),
    "unsealed": ("未被封存覆盖", "is not covered by a seal"),
    "unreadable": ("无法读取", "cannot be read"),
    "unsafe": (
        "文件名不安全或重复，或压缩包可作两种读法",
        "has an unsafe or repeated name, or the ZIP can be read in two ways",
    ),
    "contradicts": ("与另一封存相矛盾：同一处有两个不同的链头", "contradicts another seal: two heads for one place"),
    "other_ticket": ("不是所问工单的证据包", "is not the package of the ticket that was asked for"),
    "more": ("此文件另有不符，未逐条列出（可能更多）", "as many more of this file, or more, are not listed one by one"),
    "stamp": ("时间戳与封存不符", "is not a time stamp of this seal"),
    "no_fingerprint": (
        "未给出 --key：只核对了包内自洽，不能排除有人用自己的密钥重造整个证据包。请向机构另行索取公钥指纹。",
        "no --key was given: the package agrees with itself, but anybody could have made all of it with a key of their own; ask the institution for its fingerprint by another way.",
    ),
    "signed_by": ("签名公钥指纹：{}", "signed by the key with fingerprint: {}"),
    "stamped": ("时间戳：封存 {} 于 {}", "time stamp: seal {} at {}"),
    "stamp_shape": (
        "时间戳只核对了所盖对象；要核对签发机构，请装有 openssl 并给出 --tsa-ca。",
        "of the time stamp only what it is over was checked; for its issuer have openssl and give --tsa-ca.",
    ),
    "of": ("工单：{}；机构：{}；导出时间：{}", "ticket: {}; desk: {}; taken out at: {}"),
    "last_event": ("最后一个事件：{}（{}）", "last event: {} ({})"),
    "last_seal": ("最后一次封存：{}（{}）", "last seal: {} ({})"),
    "up_to": (
        "以上只证明到最后一次封存为止的状态，不证明本包是最新的。要最新状态，请向机构按工单编号重新索取，并比对导出时间与事件编号。",
        "this proves the state up to the last seal, not that the package is the newest; for the newest ask the institution for another by the ticket's number, and compare when it was taken out and its last event.",
    ),
    "left_out": ("其后的 {} 个封存未收入包中", "{} later seals are not in the package"),
    "erased": ("{} 条文字已按规定擦除，只留承诺值", "{} texts were erased by right; their commitments stay"),
    "withheld": ("{} 个附件未附原件，只核对了承诺值", "{} attachments are without their originals; their commitments were checked"),
    "clean": ("全部相符：{} 个事件、{} 条文字、{} 个附件", "all holds: {} events, {} texts, {} attachments"),
    "changed": ("发现 {} 处不符", "{} findings"),
    "not_a_package": ("不是可读的证据包：{}", "not a package that can be read: {}"),
}  # fmt: skip


class Finding(NamedTuple):
    """Something that does not hold: in which file, where in it (an event's number, an id, "-"), and what."""

    file: str
    where: str
    what: str


class NotAPackage(Exception):
    """It cannot be checked at all."""


# ------------------------------------------------------------------------------------- Ed25519 (RFC 8032, section 5.1)
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_I = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]


def _x_of(y: int, sign: int) -> int | None:
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _I % _P
    if (x * x - square) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _point(packed: bytes) -> Point | None:
    y = int.from_bytes(packed, "little")
    x = _x_of(y & ((1 << 255) - 1), y >> 255)
    y &= (1 << 255) - 1
    return None if x is None else (x, y, 1, x * y % _P)


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature over the message is the key's."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, nonce, scalar = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= _L:
        return False
    challenge = hashlib.sha512(signature[:32] + public + message).digest()
    left, right = _times(scalar, _BASE), _add(nonce, _times(int.from_bytes(challenge, "little") % _L, key))
    return (
        (left[0] * right[2] - right[0] * left[2]) % _P == 0 == (left[1] * right[2] - right[1] * left[2]) % _P
    )


# --------------------------------------------------------------------------------------- reading the package (PKWARE 4.3)
_END, _END64, _LOCATOR = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_CENTRAL, _LOCAL = struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s5H3L2H")
_NARROW, _WIDE, _FAR = 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF
_STORED, _DEFLATED, _UTF8 = 0, 8, 0x800


class Entry(NamedTuple):
    """A file as the ZIP's directory has it. `at`: of its local header; `plain`: nothing in the row is other than ours."""

    name: str
    packed_name: bytes
    method: int
    crc: int
    packed: int
    size: int
    at: int
    row: bytes
    plain: bool


class Box:
    """The ZIP, read where it lies: sizes bounded, nothing extracted. Read by nobody's library, whose versions differ.

    `unsafe`: entries, or "-" for the whole, that another reader of ZIP could take for something else.
    """

    def __init__(self, path: Path) -> None:
        self.unsafe: dict[str, None] = {}
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise NotAPackage(f"{path.name}: {type(error).__name__}") from error
        try:
            self._whole = self._file.seek(0, 2)
            listed, start = self._directory()
            self.names = [one.name for one in listed]
            self._entries = {one.name: one for one in listed}
            self._follow(listed, start)
        except NotAPackage as error:
            self.close()
            raise NotAPackage(f"{path.name}: {error}") from error
        except (OSError, struct.error) as error:
            self.close()
            raise NotAPackage(f"{path.name}: {type(error).__name__}") from error

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _read(self, at: int, size: int) -> bytes:
        if at >= self._whole:
            return b""
        self._file.seek(at)
        return self._file.read(size)

    def _directory(self) -> tuple[list[Entry], int]:
        """The directory's rows, and where it begins. Raises NotAPackage, OSError, struct.error."""
        (count, size, offset), end = self._end()
        start = end - size
        if size > MOST_DIRECTORY or count > MOST_FILES:
            raise NotAPackage("too large")
        if start < offset:
            raise NotAPackage("cut off")
        self._shift = start - offset
        rows, listed, at = self._read(start, size), list[Entry](), 0
        while at < size:
            one, at = _entry(rows, at)
            listed.append(one)
        if self._shift or len(listed) != count or at != size:
            self.unsafe["-"] = None
        if len(listed) > MOST_FILES or sum(one.size for one in listed) > MOST_BYTES:
            raise NotAPackage("too large")
        return listed, offset

    def _end(self) -> tuple[tuple[int, int, int], int]:
        """What the end says: files, size and begin of the directory; and where the directory ends."""
        first = max(0, self._whole - _NARROW - _END.size)
        tail = self._read(first, self._whole - first)
        found = len(tail) - _END.size
        if tail[-_END.size :][:4] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
            found = tail.rfind(b"PK\x05\x06")
        if found < 0:
            raise NotAPackage("not a ZIP")
        _, disk, on_disk, here, count, size, offset, comment = _END.unpack_from(tail, found)
        at = first + found
        if comment or at + _END.size != self._whole or disk or on_disk or here != count:
            self.unsafe["-"] = None
        if at >= _END64.size + _LOCATOR.size and self._read(at - _LOCATOR.size, 4) == b"PK\x06\x07":
            return self._end_of_a_large_one(at, (count, size, offset))
        return (count, size, offset), at

    def _end_of_a_large_one(self, at: int, short: tuple[int, int, int]) -> tuple[tuple[int, int, int], int]:
        """The same where counts or sizes do not fit (ZIP64); the short ones must say the same as far as they go."""
        end = at - _LOCATOR.size - _END64.size
        sign, left, _, _, *disks, here, count, size, offset = _END64.unpack(self._read(end, _END64.size))
        _, disk, where, many = _LOCATOR.unpack(self._read(at - _LOCATOR.size, _LOCATOR.size))
        if sign != b"PK\x06\x06":
            raise NotAPackage("not a ZIP")
        fits = (min(count, _NARROW), min(size, _WIDE), min(offset, _WIDE))
        if short != fits or (left, *disks, here, disk, where, many) != (44, 0, 0, count, 0, end, 1):
            self.unsafe["-"] = None
        return (count, size, offset), end

    def _follow(self, listed: list[Entry], end: int) -> None:
        """Each local header is where the entry before ends and says what the directory says; the last ends at it."""
        at = 0
        for one in listed:
            local = self._read(one.at + self._shift, _LOCAL.size + len(one.packed_name))
            lengths = struct.pack("<2H", len(one.packed_name), 0)
            told = b"PK\x03\x04\x14\0" + one.row[8:28] + lengths + one.packed_name
            if one.at != at or local != told or not one.plain:
                self.unsafe[one.name] = None
            at = one.at + len(told) + one.packed
        if at != end:
            self.unsafe["-"] = None

    def size(self, name: str) -> int:
        """How large a file says it is."""
        return self._entries[name].size if name in self._entries else 0

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, in pieces. Raises Unreadable where they are not as long, or not what, they should be."""
        one = self._entries.get(name)
        if one is None:
            raise Unreadable(name)
        size, crc = 0, 0
        try:
            for piece in _unpacked(self._packed(one), one.method):
                size, crc = size + len(piece), zlib.crc32(piece, crc)
                if size > one.size:
                    raise Unreadable(name)
                yield piece
        except (zlib.error, OSError, EOFError, struct.error) as error:
            raise Unreadable(name) from error
        if (size, crc) != (one.size, one.crc):
            raise Unreadable(name)

    def _packed(self, one: Entry) -> Iterator[bytes]:
        """The bytes as they lie. Raises EOFError, struct.error."""
        at = one.at + self._shift
        *_, name, extra = _LOCAL.unpack(self._read(at, _LOCAL.size))
        at, left = at + _LOCAL.size + name + extra, one.packed
        while left:
            piece = self._read(at, min(PIECE, left))
            if not piece:
                raise EOFError
            yield piece
            at, left = at + len(piece), left - len(piece)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file. Raises Unreadable, also where one is too long."""
        rest = b""
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > MOST_LINE:
                raise Unreadable(name)
        if rest:
            yield rest

    def whole(self, name: str, most: int = MOST_JSON) -> bytes:
        """A small file. Raises Unreadable."""
        found = bytearray()
        for piece in self.pieces(name):
            found += piece
            if len(found) > most:
                raise Unreadable(name)
        return bytes(found)


def _entry(rows: bytes, at: int) -> tuple[Entry, int]:
    """The row of the directory at a place, and where the next one is. Raises NotAPackage, struct.error."""
    sign, made, needs, flags, method, _, _, crc, packed, size, *told = _CENTRAL.unpack_from(rows, at)
    names, extras, comments, disk, internal, attributes, begin = told
    if sign != b"PK\x01\x02":
        raise NotAPackage("not a ZIP")
    head, past = at + _CENTRAL.size, at + _CENTRAL.size + names + extras
    name, extra = rows[head : head + names], rows[head + names : past]
    far = extra[:4] == b"\x01\0\x08\0" and len(extra) == 12 and begin == _WIDE
    if far:
        begin = int.from_bytes(extra[4:], "little")
    plain = (
        (needs == 45 and begin > _FAR if far else needs == 20 and not extra)
        and not (flags & ~_UTF8 or comments or disk or internal)
        and (method == _DEFLATED or (method == _STORED and packed == size))
        and _WIDE not in (packed, size)
        and made >> 8 in (0, 3)
        and _is_regular(attributes)
        and (name.isascii() or bool(flags & _UTF8))
    )
    shown = name.decode("utf-8", "backslashreplace")
    plain &= shown.encode("utf-8", "replace") == name
    row = rows[at:head]
    return Entry(shown, name, method, crc, packed, size, begin, row, plain), past + comments


def _is_regular(attributes: int) -> bool:
    """Whether it is a file as files are: no link, folder or device, nothing that runs, no rights of another user."""
    mode, dos = attributes >> 16, attributes & _NARROW
    return mode & ~0o666 in (0, 0o100000) and dos & ~0x20 == 0


def _unpacked(pieces: Iterator[bytes], method: int) -> Iterator[bytes]:
    """Raises zlib.error, EOFError: also where bytes are left behind the end, which another reader could take for more."""
    if method == _STORED:
        yield from pieces
        return
    if method != _DEFLATED:
        raise EOFError
    decoder = zlib.decompressobj(-15)
    for packed in pieces:
        left = packed
        while True:
            found = decoder.decompress(left, PIECE)
            left = decoder.unconsumed_tail
            if found:
                yield found
            if decoder.eof or not (left or len(found) == PIECE):
                break
        if decoder.unused_data or (decoder.eof and left):
            raise EOFError
    if not decoder.eof:
        raise EOFError


class Unreadable(Exception):
    """A file of the package cannot be read, or not as what it should be. `args[0]`: its name."""


def _json(text: bytes, file: str) -> Object:
    """A JSON object that can be read in one way: no name twice, no number without bounds. Raises Unreadable."""
    try:
        found = _READER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(file) from error
    if not isinstance(found, dict):
        raise Unreadable(file)
    return cast("Object", found)


def _once(members: list[tuple[str, Any]]) -> Object:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError(members[0][0])
    return found


def _number(text: str) -> int:
    if len(text) > 20:
        raise ValueError(text[:20])
    return int(text)


def _no_number(text: str) -> float:
    raise ValueError(text)


_READER = json.JSONDecoder(object_pairs_hook=_once, parse_int=_number, parse_constant=_no_number)


def _hex(value: object) -> bytes:
    """Bytes of a hex text as the desk writes it; none for anything else."""
    return bytes.fromhex(value) if isinstance(value, str) and _HEX.fullmatch(value) else b""


def _counts(value: object) -> int:
    """A number of events or seals. Raises ValueError for anything else: a truth value, a fraction, one without bounds."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(str(value)[:20])
    return value


def shown(value: object) -> str:
    """A text of the package as it may be printed: what could move the cursor, colour or turn the line is escaped."""
    text = str(value)
    text = text if len(text) <= 300 else text[:300] + "…"
    return "".join(c if _is_visible(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def _is_visible(character: str) -> bool:
    kind = unicodedata.category(character)
    return not kind.startswith("C") and kind not in ("Zl", "Zp")


def digest(columns: list[Any]) -> str:
    """SHA-256 of a row's texts as the desk takes it: joined by U+001F, NULL as U+0000, U+001B and U+001F escaped."""
    packed = [b"\x00" if c is None else _escaped(str(c).encode("utf-8", "surrogatepass")) for c in columns]
    return hashlib.sha256(b"\x1f".join(packed)).hexdigest()


def _escaped(column: bytes) -> bytes:
    return column.replace(b"\x1b", b"\x1b0").replace(b"\x1f", b"\x1b1")


def _objects(value: Any) -> Iterator[Object]:
    """Every object in a value, outermost first."""
    if isinstance(value, dict):
        found = cast("Object", value)
        yield found
        for inner in found.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _objects(inner)


class Rows:
    """The lines of a file beside the events, read once, in the order of the events' numbers."""

    def __init__(self, lines: Iterator[bytes], file: str, say: Callable[[str, object, str], bool]) -> None:
        self.file, self._say = file, say
        self._lines = enumerate(lines, 1)
        self._ahead: Object | None = None
        self._step()

    def at(self, seq: int) -> list[Object]:
        """The rows of an event; those of events that are not there are named."""
        found: list[Object] = []
        while self._ahead is not None and self._ahead["seq"] <= seq:
            if self._ahead["seq"] == seq:
                found.append(self._ahead)
            elif not self._say(self.file, self._ahead["seq"], "inserted"):
                self._ahead = None
                break
            self._step()
        return found

    def rest(self) -> None:
        """Name what is left."""
        while self._ahead is not None and self._say(self.file, self._ahead["seq"], "inserted"):
            self._step()

    def _step(self) -> None:
        self._ahead = None
        for number, line in self._lines:
            try:
                row = _json(line, self.file)
                _counts(row.get("seq"))
            except (Unreadable, ValueError) as error:
                what = "unreadable" if isinstance(error, Unreadable) else "edited"
                if not self._say(self.file, f"line {number}", what):
                    return
                continue
            self._ahead = row
            return


# ------------------------------------------------------------------------------------------------------------- the checks
class Check:
    """One package. `run`, then `findings` and `notes`."""

    def __init__(self, box: Box, keys: list[str], authority: str | None, ticket: str | None = None) -> None:
        self.box, self.keys, self.authority, self.asked = box, keys, authority, ticket
        self.findings: dict[Finding, None] = {}
        self.counted: Counter[str] = Counter()
        self.notes: list[tuple[str, tuple[object, ...]]] = []
        self.events = self.messages = self.erased = self.files = self.withheld = 0
        self.changed: set[str] = set()
        self.signer: tuple[str, bytes] | None = None
        self.proved = self.heard = False
        self.sealed: dict[int, bytes] = {}
        self.numbered: dict[int, bytes] = {}
        self.last_seal: tuple[int, str] = (0, "")
        self.last_at = ""
        self.copies: dict[str, str] = {}
        self.given: dict[str, str] = {}
        self.told: dict[tuple[str, str], str] = {}
        self.ratings: dict[int, tuple[str, str]] = {}
        self.state = ""
        self.about: Object = {}

    def say(self, file: str, where: object, what: str) -> bool:
        """A finding, once; beyond MOST_TOLD of a file they are counted. False: enough of this file was found."""
        found = Finding(file, str(where), what)
        if found not in self.findings:
            self.counted[file] += 1
            if self.counted[file] <= MOST_TOLD:
                self.findings[found] = None
        return self.counted[file] < MOST_FOUND

    def run(self) -> None:
        """Everything, each part by itself: one that cannot be read does not hide the others."""
        for part in (self.names, self.manifest, self.proof, self.chain, self.ticket, self.clocks):
            try:
                part()
            except Unreadable as error:
                self.say(
                    str(error.args[0]), "-", "unreadable" if error.args[0] in self.box.names else "missing"
                )
            except _WRONG:
                self.say(_PARTS[part.__name__], "-", "unreadable")
            if part == self.manifest and not self.about:
                break  # nothing is listed that the other files could be compared with
        for file, count in self.counted.items():
            if count > MOST_TOLD:
                self.findings[Finding(file, f"+{count - MOST_TOLD}", "more")] = None
        self.tell()

    def tell(self) -> None:
        """What the package is of, and how far it goes: so that another one, or an older one, is noticed."""
        if self.about:
            self.note("of", *(self.about.get(name, "-") for name in ("ticket", "desk", "made_at")))
        if self.last_at:
            self.note("last_event", self.events, self.last_at)
        if self.last_seal[0]:
            self.note("last_seal", *self.last_seal)
        if self.erased:
            self.note("erased", self.erased)
        if self.withheld:
            self.note("withheld", self.withheld)

    def names(self) -> None:
        """Names that could lead elsewhere, or twice to one place, and whatever could be read in two ways."""
        for name, times in Counter(self.box.names).items():
            if not _SAFE.fullmatch(name) or times > 1 or name in self.box.unsafe:
                self.say(name, "-", "unsafe")
        if "-" in self.box.unsafe:
            self.say("-", "-", "unsafe")

    def manifest(self) -> None:
        """Signature, and every file there is against the one list that is signed."""
        text = self.box.whole("manifest.json", MOST_MANIFEST)
        self.signature(text)
        about = _json(text, "manifest.json")
        listed = {str(one["path"]): (_counts(one["size"]), str(one["sha256"])) for one in about["files"]}
        if len(listed) != len(about["files"]) or len(listed) > MOST_FILES:
            raise Unreadable("manifest.json")
        _counts(about["events"])
        self.about = about
        if self.asked is not None and about["ticket"] != self.asked:
            self.say("manifest.json", about["ticket"], "other_ticket")
        for name in listed.keys() - set(self.box.names):
            self.say(name, "-", "missing")
        for name in dict.fromkeys(self.box.names):
            if name in ("manifest.json", "signature.json"):
                continue
            if name not in listed:
                self.say(name, "-", "inserted")
                self.changed.add(name)
            elif not self.as_listed(name, *listed[name]):
                self.say(name, "-", "edited")
                if name not in _IN_LINES or self.box.size(name) > 2 * listed[name][0] + SLACK:
                    self.changed.add(name)

    def signature(self, text: bytes) -> None:
        """`signature.json`: four members and no more, each what it should be, over the manifest's bytes."""
        try:
            signature = _json(self.box.whole("signature.json", MOST_SIGNATURE), "signature.json")
        except Unreadable as error:
            missing = error.args[0] not in self.box.names
            self.say("signature.json", "-", "missing" if missing else "unreadable")
            return
        public = _hex(signature.get("public_key"))
        self.trusted("signature.json", public)
        tag = str(signature.get("key"))
        if (
            signature.keys() != {"fingerprint", "key", "public_key", "signature"}
            or hashlib.sha256(public).hexdigest() != signature["fingerprint"]
            or not _TAG.fullmatch(tag)
        ):
            self.say("signature.json", "-", "edited")
        self.signer = (tag, public)
        if not is_signed(public, SIGNED + text, _hex(signature.get("signature"))):
            self.say("manifest.json", "-", "signature")
            self.say("signature.json", "-", "signature")

    def as_listed(self, name: str, size: int, digested: str, *, exact: bool = True) -> bool:
        """Whether a file has the size and hash of the list; no more of it is read than it should have."""
        read, hashed = 0, hashlib.sha256()
        try:
            for piece in self.box.pieces(name):
                read += len(piece)
                hashed.update(piece)
                if read > size:
                    return False
        except Unreadable:
            return False
        return (read == size or not exact) and hashed.hexdigest() == digested

    def trusted(self, file: str, public: bytes) -> None:
        """Name a key that nobody vouched for; without any fingerprint that is a note."""
        fingerprint = hashlib.sha256(public).hexdigest()
        self.note("signed_by", fingerprint)
        if self.keys and not any(fingerprint.startswith(key) for key in self.keys):
            self.say(file, fingerprint[:16], "unknown_key")

    def note(self, code: str, *values: object) -> None:
        many = code in ("signed_by", "stamped") and len(self.notes) >= MOST_TOLD
        if (code, values) not in self.notes and not many:
            self.notes.append((code, values))

    def proof(self) -> None:
        """Seals: signature, path from the head to the root, and on to the time stamp."""
        if "proof.json" in self.changed:
            return
        told = _json(self.box.whole("proof.json"), "proof.json")
        if any(len(told[name]) > MOST_SEALS for name in ("seals", "stamps", "keys")):
            raise Unreadable("proof.json")
        if (told["tenant"], told["stream"]) != (self.about["tenant"], self.about["stream"]):
            self.say("proof.json", "stream", "edited")
        keys = {tag: _hex(public) for tag, public in told["keys"].items()}
        for tag, public in keys.items():
            self.trusted("proof.json", public)
            if self.signer and (tag == self.signer[0]) != (public == self.signer[1]):
                self.say("signature.json", "key", "edited")
        for seal in told["seals"]:
            self.seal(seal, keys, told)
        self.later(told["after"], keys, told)
        for stamp in told["stamps"]:
            number = _counts(stamp["no"])
            token = base64.b64decode(stamp["token"], validate=True)
            self.stamp(number, token, self.numbered.get(number, b""))
        if _counts(told["left_out"]):
            self.note("left_out", told["left_out"])
        self.proved = True

    def seal(self, seal: Object, keys: dict[str, bytes], told: Object) -> None:
        """A seal over the stream: what it says; the head under it is believed only where all of it holds."""
        body = _json(seal["body"].encode(), "proof.json")
        head, seq, number = _hex(seal["head"]), _counts(seal["seq"]), _counts(body["no"])
        stream = uuid.UUID(told["stream"].partition(":")[2])
        node = hashlib.sha256(b"\x00" + stream.bytes + seq.to_bytes(8, "big") + head).digest()
        for step in seal["path"]:
            beside = _hex(step["hash"])
            pair = beside + node if step["side"] == "left" else node + beside
            node = hashlib.sha256(b"\x01" + pair).digest()
        holds = is_signed(keys.get(seal["key"], b""), seal["body"].encode(), _hex(seal["signature"]))
        if not holds or node.hex() != body["root"] or body["tenant"] != told["tenant"]:
            self.say("proof.json", f"seal {number}", "edited")
            return
        if self.sealed.setdefault(seq, head) != head:
            self.say("proof.json", f"seal {number} event {seq}", "contradicts")
        self.in_line(number, body, seal["body"].encode())
        if seq < max(self.sealed):
            self.say("proof.json", f"seal {number}", "moved")

    def in_line(self, number: int, body: Object, text: bytes) -> None:
        """A seal's place: one of each number, each after the one before, whose hash it names where that is given."""
        hashed = hashlib.sha256(text).digest()
        if self.numbered.setdefault(number, hashed) != hashed:
            self.say("proof.json", f"seal {number}", "contradicts")
        elif number <= self.last_seal[0]:
            self.say("proof.json", f"seal {number}", "moved")
        elif body["before"] != self.numbered.get(number - 1, _hex(body["before"])).hex():
            self.say("proof.json", f"seal {number}", "contradicts")
        self.last_seal = max(self.last_seal, (number, str(body["at"])))

    def later(self, links: list[Object], keys: dict[str, bytes], told: Object) -> None:
        """Seals that follow: each names the hash of the one before, so the last signature vouches for all."""
        number = self.last_seal[0]
        before = self.numbered.get(number, b"")
        for index, link in enumerate(links):
            text = link["body"].encode()
            body = _json(text, "proof.json")
            last = index == len(links) - 1
            signed = not last or is_signed(keys.get(link["key"], b""), text, _hex(link["signature"]))
            follows = body["before"] == before.hex() and _counts(body["no"]) == number + 1
            holds = signed and follows and body["tenant"] == told["tenant"]
            if not holds and not self.say("proof.json", f"seal {body['no']}", "edited"):
                return
            number, before = _counts(body["no"]), hashlib.sha256(text).digest()
            self.numbered[number] = before

    def stamp(self, number: int, token: bytes, hashed: bytes) -> None:
        """A time stamp: what it is over, and with openssl and the authority's certificates who made it."""
        imprint, moment = imprint_of(token)
        if not hashed or imprint != hashed or not moment:
            self.say("proof.json", f"stamp {number}", "stamp")
            return
        self.note("stamped", number, moment)
        program = shutil.which("openssl")
        if program is None or self.authority is None:
            self.note("stamp_shape")
        elif not _issued(program, token, hashed, self.authority):
            self.say("proof.json", f"stamp {number}", "stamp")

    # ---------------------------------------------------------------------------------------- events and what goes with them
    def chain(self) -> None:
        """Every event in its place; with it the words and files it commits to."""
        stream, tenant = str(self.about["stream"]), str(self.about["tenant"])
        kind, _, name = stream.partition(":")
        before = hashlib.sha256(
            b"bihuan-stream-1" + uuid.UUID(tenant).bytes + kind.encode() + uuid.UUID(name).bytes
        ).digest()
        if "events.jsonl" in self.changed:
            return
        rows = self.rows("messages.jsonl"), self.rows("attachments.jsonl")
        if not self.each_event(before, (stream, tenant), rows):
            return
        self.heard = True
        for one in rows:
            if one is not None:
                one.rest()
        for name, file in self.given.items():
            if not self.as_listed(file, MOST_BYTES, self.copies.get(name, ""), exact=False):
                self.say(file, "-", "edited" if file in self.box.names else "missing")
        self.ends()

    def each_event(self, before: bytes, of: tuple[str, str], rows: tuple[Rows | None, Rows | None]) -> bool:
        """Every line of events, and the heads that were sealed. False: given up, as too many do not hold."""
        good = 0
        for line in self.box.lines("events.jsonl"):
            self.events += 1
            if self.counted["events.jsonl"] >= MOST_FOUND or self.events > MOST_EVENTS:
                self.say("events.jsonl", f"{self.events}-", "unreadable")
                return False
            before = self.event(line, before, of, rows)
            sealed = self.sealed.get(self.events)
            if sealed == before:
                good = self.events
            elif sealed is not None and not any(f.file == "events.jsonl" for f in self.findings):
                self.say("events.jsonl", f"{good + 1}-{self.events}", "replaced")
        return True

    def rows(self, file: str) -> Rows | None:
        """The rows of a file; none where it is named already: gone, or not as listed and too large to look for the place."""
        gone = file in self.changed or (file not in self.box.names and self.counted[file])
        return None if gone else Rows(self.box.lines(file), file, self.say)

    def event(
        self, line: bytes, before: bytes, of: tuple[str, str], rows: tuple[Rows | None, Rows | None]
    ) -> bytes:
        """One event; returns its hash, as it stands where it does not hold, so that one edit is one finding."""
        seq = self.events
        try:
            row = _json(line, "events.jsonl")
            body, hashed = row["body"].encode(), _hex(row["hash"])
            told = _json(body, "events.jsonl")
            data = told["data"]
        except (Unreadable, KeyError, AttributeError, UnicodeEncodeError):
            self.say("events.jsonl", seq, "unreadable")
            return before
        place = (told.get("stream"), told.get("tenant"))
        if type(row.get("seq")) is not int or row["seq"] != seq or told.get("seq") != seq:
            self.say("events.jsonl", seq, "moved")
        elif (
            hashlib.sha256(before + body).digest() != hashed or row.get("prev") != before.hex() or place != of
        ):
            self.say("events.jsonl", seq, "edited")
        self.state, self.last_at = told.get("state", ""), str(told.get("at"))
        if rows[0] is not None:
            self.words(seq, data, rows[0].at(seq))
        if rows[1] is not None:
            self.attached(data, rows[1].at(seq))
        if "attachment" in data and "copy_sha256" in data:
            self.copies[str(data["attachment"])] = str(data["copy_sha256"])
        for table, rows_told in cast("dict[str, dict[str, str]]", data.get("rows") or {}).items():
            self.told.update({(table, name): value for name, value in rows_told.items()})
        for one in _objects(data):
            if "rated" in one:
                self.ratings[seq] = (str(one["rated"]), str(one.get("row")))
        return hashed

    def words(self, seq: int, data: Object, rows: list[Object]) -> None:
        """The text an event commits to."""
        told = [one for one in _objects(data) if "commit" in one]
        if len(rows) > len(told):
            self.say("messages.jsonl", seq, "inserted")
        if len(rows) < len(told):
            self.say("messages.jsonl", seq, "missing")
        for one, row in zip(told, rows):  # noqa: B905 - Python 3.9 has no strict
            self.messages += 1
            columns = [row.get(name) for name in ("id", "kind", "channel", "original_id")]
            holds = "row" not in one or digest(columns) == one["row"]
            if row.get("erased"):
                self.erased += 1
                holds &= row.get("body") is None and row.get("nonce") is None
            else:
                text = str(row.get("body")).encode("utf-8", "surrogatepass")
                holds &= hmac.new(_hex(row.get("nonce")), text, "sha256").hexdigest() == one["commit"]
            if not holds:
                self.say("messages.jsonl", seq, "edited")

    def attached(self, data: Object, rows: list[Object]) -> None:
        """The files an event commits to."""
        told = {one.get("id"): one for one in _objects(data) if "sha256" in one and "id" in one}
        for row in rows:
            one = told.pop(row.get("id"), None)
            if one is None:
                self.say("attachments.jsonl", row.get("id"), "inserted")
                continue
            self.files += 1
            columns = [row.get(c) for c in ("sealed", "content_type", "size_bytes", "subject_id", "hidden")]
            texts = [c if c is None or isinstance(c, str) else json.dumps(c) for c in columns]
            if row.get("sha256") != one["sha256"] or ("row" in one and digest(texts) != one["row"]):
                self.say("attachments.jsonl", row.get("id"), "edited")
            self.content(row, one)
        for name in told:
            self.say("attachments.jsonl", name, "missing")

    def content(self, row: Object, told: Object) -> None:
        """A file's bytes: an original is SHA-256 of its nonce and itself; a copy's own event comes later."""
        if row.get("what") == "copy":
            self.given[str(row.get("id"))] = str(row.get("file"))
        if row.get("what") != "original":
            self.withheld += 1
            return
        hashed = hashlib.sha256(_hex(row.get("nonce")))
        try:
            for piece in self.box.pieces(str(row.get("file"))):
                hashed.update(piece)
        except Unreadable:
            self.say(str(row.get("file")), "-", "missing")
            return
        if hashed.hexdigest() != told["sha256"]:
            self.say(str(row.get("file")), "-", "edited")

    def ends(self) -> None:
        """The last event is the one that was sealed, and as many as the list says."""
        last = max(self.sealed, default=0)
        most = max(last, self.about["events"])
        if self.events < most:
            self.say("events.jsonl", f"{self.events + 1}-{most}", "missing")
        elif self.events > most:
            self.say("events.jsonl", f"{most + 1}-{self.events}", "inserted")
        elif last < self.events and self.proved:
            self.say("events.jsonl", f"{last + 1}-{self.events}", "unsealed")

    # ------------------------------------------------------------------------------------------------ rows beside the chain
    def ticket(self) -> None:
        """The ticket's own row, and the ratings, against the events."""
        if "ticket.json" in self.changed:
            return
        told = _json(self.box.whole("ticket.json"), "ticket.json")
        if told["number"] != self.about["ticket"]:
            self.say("ticket.json", "number", "edited")
        if not self.heard:
            return
        if self.state and digest([value for _, value in told["columns"]]) != self.state:
            self.say("ticket.json", "columns", "edited")
        rated = {
            row["seq"]: (row["nonce"], digest([value for _, value in row["columns"]]))
            for row in told["ratings"]
        }
        for seq in sorted(rated.keys() | self.ratings.keys()):
            if rated.get(seq) != self.ratings.get(seq):
                self.say("ticket.json", f"rating {seq}", "edited" if seq in rated else "missing")

    def clocks(self) -> None:
        """Clocks, extensions and tasks against what the events last told of each."""
        if "clocks.json" in self.changed or not self.heard:
            return
        told = _json(self.box.whole("clocks.json"), "clocks.json")
        rows = {
            (table, name): digest([v for _, v in row])
            for table, found in told["rows"].items()
            for name, row in found.items()
        }
        for table, name in sorted(rows.keys() | self.told.keys()):
            if rows.get((table, name)) != self.told.get((table, name)):
                what = (
                    "missing"
                    if (table, name) not in rows
                    else "edited"
                    if (table, name) in self.told
                    else "inserted"
                )
                self.say("clocks.json", f"{table} {name}", what)


#: Files whose every line has a place of its own.
_IN_LINES = ("events.jsonl", "messages.jsonl", "attachments.jsonl")
_PARTS = {"names": "-", "manifest": "manifest.json", "proof": "proof.json", "chain": "events.jsonl", "ticket": "ticket.json", "clocks": "clocks.json"}  # fmt: skip


# --------------------------------------------------------------------------------------------------- time stamps (RFC 3161)
_SHA256 = bytes.fromhex("0609608648016503040201")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")


def imprint_of(token: bytes) -> tuple[bytes, str]:
    """What a token is over (SHA-256) and when (UTC), read from its TSTInfo; nothing where it cannot be found."""
    content = token.find(_TST_INFO)
    try:
        _, explicit, _ = _der(token, content + len(_TST_INFO))
        _, octets, _ = _der(token, explicit)
        _, at, end = _der(token, octets)
        parts: list[tuple[int, int, int]] = []
        while at < end:
            parts.append(_der(token, at))
            at = parts[-1][2]
        (_, algorithm, _), (_, moment, moment_end) = parts[2], parts[4]
        kind, _, hash_at = _der(token, algorithm)
        _, start, stop = _der(token, hash_at)
        is_sha256 = kind == 0x30 and _SHA256 in token[algorithm:hash_at]
    except IndexError:
        return b"", ""
    held = content >= 0 and is_sha256 and parts[4][0] == 0x18
    return (token[start:stop], token[moment:moment_end].decode("ascii", "replace")) if held else (b"", "")


def _der(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, begin and end of the content of the DER element at a place. Raises IndexError."""
    tag, size, start = data[at], data[at + 1], at + 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[at + 2 : start], "big")
    if start + size > len(data):
        raise IndexError
    return tag, start, start + size


def _issued(program: str, token: bytes, hashed: bytes, authority: str) -> bool:
    """Whether openssl says that the token was issued by the authority."""
    with tempfile.NamedTemporaryFile(suffix=".tst") as file:
        _write(file, token)
        command = [
            program,
            "ts",
            "-verify",
            "-digest",
            hashed.hex(),
            "-in",
            file.name,
            "-token_in",
            "-CAfile",
            authority,
        ]
        try:
            ran = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired):
            return False
        return ran.returncode == 0


def _write(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()


def verify(path: Path, keys: list[str], authority: str | None = None, ticket: str | None = None) -> Check:
    """Check a package; `ticket`: the number it should be of. Raises NotAPackage."""
    box = Box(path)
    try:
        if not {"manifest.json", "events.jsonl"} & set(box.names):
            raise NotAPackage(path.name)
        check = Check(box, keys, authority, ticket)
        check.run()
    finally:
        box.close()
    return check


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="离线校验闭环证据包 / Checks an evidence package of Bihuan offline"
    )
    parser.add_argument("package", type=Path, help="证据包 / the package")
    parser.add_argument("--key", action="append", default=[], metavar="FINGERPRINT", help="机构公钥指纹，可多次给出 / the institution's fingerprint; again for former keys")  # fmt: skip
    parser.add_argument(
        "--ticket", metavar="NUMBER", help="应为此工单的证据包 / the ticket whose package it should be"
    )
    parser.add_argument(
        "--tsa-ca", metavar="FILE", help="时间戳机构的证书（PEM） / certificates of the time-stamp authority"
    )
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    asked = parser.parse_args(arguments)
    asked.key = [re.sub(r"[^0-9a-f]", "", key.lower()) for key in asked.key]
    if any(len(key) < 16 for key in asked.key):
        parser.error("--key: 16–64 hex digits")
    return asked


def _print(stream: IO[str] | None, lines: list[str]) -> None:
    """Lines to a stream; where nobody reads it any more, to nobody: the exit code is the same."""
    try:
        if stream is not None:
            stream.write("".join(line + "\n" for line in lines))
            stream.flush()
    except OSError:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - what Python writes at its end must go somewhere
            os.dup2(nowhere.fileno(), cast("IO[str]", stream).fileno())


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    asked = _asked(arguments)
    index = 0 if asked.language == "zh" else 1

    def told(code: str, *values: object) -> str:
        return WORDS[code][index].format(*(shown(value) for value in values))

    try:
        check = verify(asked.package, asked.key, asked.tsa_ca, asked.ticket)
    except (NotAPackage, MemoryError) as error:
        _print(sys.stderr, [told("not_a_package", error or type(error).__name__)])
        return 2
    _print(
        sys.stdout, ["\t".join([*(shown(part) for part in f), WORDS[f.what][index]]) for f in check.findings]
    )
    notes = [told(code, *values) for code, values in check.notes]
    if not asked.key:
        notes.append(told("no_fingerprint"))
    if check.findings:
        notes.append(told("changed", sum(check.counted.values())))
    else:
        notes += [told("clean", check.events, check.messages, check.files), told("up_to")]
    _print(sys.stderr, notes)
    return 1 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main())
