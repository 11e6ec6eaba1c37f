#!/usr/bin/env python3
"""Checks an evidence package of Bihuan (闭环) offline: `python3 verify_evidence.py PACKAGE.zip --key FINGERPRINT`.

One file, Python 3.9 or newer, nothing to install, no network: read it before you trust it. Take it from the desk's release
or from whoever you trust, never out of the package it is to check. It writes nothing and extracts nothing.

Exit 0: all holds. 1: something was changed; each finding is a line `file<TAB>where<TAB>what<TAB>in words` on standard
output. 2: it could not be checked. It is one file, and so longer than its neighbours, because whoever needs it may have
nothing else.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

Object = dict[str, Any]

MOST_BYTES = 16 * 1024**3
MOST_FILES = 10_000
MOST_DIRECTORY = 8 * 1024**2
MOST_JSON = 64 * 1024**2
MOST_LINE = 16 * 1024**2
PIECE = 1024**2
SIGNED = b"bihuan-package-1\n"
_SAFE = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[^\\/\x00-\x1f:][^\\\x00-\x1f:]*")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError)

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
    "unsafe": ("文件名不安全或重复", "has an unsafe or repeated name"),
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


# --------------------------------------------------------------------------------------------------- reading the package
class Box:
    """The ZIP, read where it lies: names checked, sizes bounded, nothing extracted."""

    def __init__(self, path: Path) -> None:
        _bounded(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise NotAPackage(f"{path.name}: {type(error).__name__}") from error
        listed = self._zip.infolist()
        self.names = [one.filename for one in listed]
        if len(listed) > MOST_FILES or sum(one.file_size for one in listed) > MOST_BYTES:
            raise NotAPackage(f"{path.name}: too large")

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, in pieces. Raises Unreadable."""
        try:
            with self._zip.open(name) as file:
                while piece := file.read(PIECE):
                    yield piece
        except (*_BROKEN, KeyError) as error:
            raise Unreadable(name) from error

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file. Raises Unreadable."""
        try:
            with self._zip.open(name) as file:
                while line := file.readline(MOST_LINE):
                    yield line
        except (*_BROKEN, KeyError) as error:
            raise Unreadable(name) from error

    def whole(self, name: str) -> bytes:
        """A small file. Raises Unreadable."""
        found = b""
        for piece in self.pieces(name):
            found += piece
            if len(found) > MOST_JSON:
                raise Unreadable(name)
        return found


class Unreadable(Exception):
    """A file of the package cannot be read, or not as what it should be. `args[0]`: its name."""


def _bounded(path: Path) -> None:
    """Refuse a directory that would fill the memory before a file of it is looked at (ZIP end record, PKWARE 4.3.16)."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 65_557))
            tail = file.read()
    except OSError as error:
        raise NotAPackage(f"{path.name}: {type(error).__name__}") from error
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22 or int.from_bytes(tail[at + 12 : at + 16], "little") > MOST_DIRECTORY:
        raise NotAPackage(path.name)


def _json(text: bytes, file: str) -> Object:
    """A JSON object. Raises Unreadable."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(file) from error
    if not isinstance(found, dict):
        raise Unreadable(file)
    return cast("Object", found)


def _hex(value: object) -> bytes:
    """Bytes of a hex text; none for anything else."""
    try:
        return bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return b""


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

    def __init__(self, box: Box, file: str, say: Callable[[str, object, str], None]) -> None:
        self.file, self._say = file, say
        self._lines = enumerate(box.lines(file), 1)
        self._ahead: Object | None = None
        self._step()

    def at(self, seq: int) -> list[Object]:
        """The rows of an event; those of events that are not there are named."""
        found: list[Object] = []
        while self._ahead is not None and self._ahead["seq"] <= seq:
            if self._ahead["seq"] == seq:
                found.append(self._ahead)
            else:
                self._say(self.file, self._ahead["seq"], "inserted")
            self._step()
        return found

    def rest(self) -> None:
        """Name what is left."""
        while self._ahead is not None:
            self._say(self.file, self._ahead["seq"], "inserted")
            self._step()

    def _step(self) -> None:
        self._ahead = None
        for number, line in self._lines:
            try:
                row = _json(line, self.file)
            except Unreadable:
                self._say(self.file, f"line {number}", "unreadable")
                continue
            if not isinstance(row.get("seq"), int):
                self._say(self.file, f"line {number}", "edited")
                continue
            self._ahead = row
            return


# ------------------------------------------------------------------------------------------------------------- the checks
class Check:
    """One package. `run`, then `findings` and `notes`."""

    def __init__(self, box: Box, keys: list[str], authority: str | None) -> None:
        self.box, self.keys, self.authority = box, keys, authority
        self.findings: dict[Finding, None] = {}
        self.notes: list[tuple[str, tuple[object, ...]]] = []
        self.events = self.messages = self.erased = self.files = self.withheld = 0
        self.sealed: dict[int, bytes] = {}
        self.copies: dict[str, str] = {}
        self.given: dict[str, str] = {}
        self.told: dict[tuple[str, str], str] = {}
        self.ratings: dict[int, tuple[str, str]] = {}
        self.state = ""
        self.about: Object = {}

    def say(self, file: str, where: object, what: str) -> None:
        """A finding, once."""
        self.findings[Finding(file, str(where), what)] = None

    def run(self) -> None:
        """Everything, each part by itself: one that cannot be read does not hide the others."""
        for part in (self.names, self.manifest, self.proof, self.chain, self.ticket, self.clocks):
            try:
                part()
            except Unreadable as error:
                self.say(
                    str(error.args[0]), "-", "unreadable" if error.args[0] in self.box.names else "missing"
                )
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
                self.say(_PARTS[part.__name__], "-", "unreadable")
        if self.erased:
            self.notes.append(("erased", (self.erased,)))
        if self.withheld:
            self.notes.append(("withheld", (self.withheld,)))

    def names(self) -> None:
        """Names that could lead elsewhere, or twice to one place."""
        for name, times in Counter(self.box.names).items():
            if not _SAFE.fullmatch(name) or times > 1:
                self.say(name, "-", "unsafe")

    def manifest(self) -> None:
        """Signature, and every file there is against the one list that is signed."""
        text, signature = (
            self.box.whole("manifest.json"),
            _json(self.box.whole("signature.json"), "signature.json"),
        )
        public = _hex(signature.get("public_key"))
        self.trusted("signature.json", public)
        if hashlib.sha256(public).hexdigest() != signature.get("fingerprint"):
            self.say("signature.json", "-", "edited")
        if not is_signed(public, SIGNED + text, _hex(signature.get("signature"))):
            self.say("manifest.json", "-", "signature")
            self.say("signature.json", "-", "signature")
        self.about = _json(text, "manifest.json")
        listed = {one["path"]: one for one in self.about["files"]}
        for name in listed.keys() - set(self.box.names):
            self.say(name, "-", "missing")
        for name in dict.fromkeys(self.box.names):
            if name in ("manifest.json", "signature.json"):
                continue
            if name not in listed:
                self.say(name, "-", "inserted")
            elif not self.as_listed(name, listed[name]):
                self.say(name, "-", "edited")

    def as_listed(self, name: str, listed: Object, *, exact: bool = True) -> bool:
        """Whether a file has the size and hash of the list; no more of it is read than it should have."""
        size, hashed = 0, hashlib.sha256()
        try:
            for piece in self.box.pieces(name):
                size += len(piece)
                hashed.update(piece)
                if size > listed["size"]:
                    return False
        except Unreadable:
            return False
        return (size == listed["size"] or not exact) and hashed.hexdigest() == listed["sha256"]

    def trusted(self, file: str, public: bytes) -> None:
        """Name a key that nobody vouched for; without any fingerprint that is a note."""
        fingerprint = hashlib.sha256(public).hexdigest()
        self.note("signed_by", fingerprint)
        if self.keys and not any(fingerprint.startswith(key) for key in self.keys):
            self.say(file, fingerprint[:16], "unknown_key")

    def note(self, code: str, *values: object) -> None:
        if (code, values) not in self.notes:
            self.notes.append((code, values))

    def proof(self) -> None:
        """Seals: signature, path from the head to the root, and on to the time stamp."""
        told = _json(self.box.whole("proof.json"), "proof.json")
        keys = {tag: _hex(public) for tag, public in told["keys"].items()}
        for public in keys.values():
            self.trusted("proof.json", public)
        hashes: dict[int, bytes] = {}
        body: Object = {}
        for seal in told["seals"]:
            body = self.seal(seal, keys, told)
            hashes[body.get("no", 0)] = hashlib.sha256(seal["body"].encode()).digest()
        self.later(told["after"], keys, body, hashes)
        for stamp in told["stamps"]:
            self.stamp(
                stamp["no"], base64.b64decode(stamp["token"], validate=True), hashes.get(stamp["no"], b"")
            )
        if told["left_out"]:
            self.note("left_out", told["left_out"])

    def seal(self, seal: Object, keys: dict[str, bytes], told: Object) -> Object:
        """A seal over the stream: what it says; the head under it is believed only where all of it holds."""
        body = _json(seal["body"].encode(), "proof.json")
        head, seq = _hex(seal["head"]), seal["seq"]
        stream = uuid.UUID(told["stream"].partition(":")[2])
        node = hashlib.sha256(b"\x00" + stream.bytes + seq.to_bytes(8, "big") + head).digest()
        for step in seal["path"]:
            beside = _hex(step["hash"])
            pair = beside + node if step["side"] == "left" else node + beside
            node = hashlib.sha256(b"\x01" + pair).digest()
        holds = is_signed(keys.get(seal["key"], b""), seal["body"].encode(), _hex(seal["signature"]))
        if not holds or node.hex() != body["root"] or body["tenant"] != told["tenant"]:
            self.say("proof.json", f"seal {body.get('no')}", "edited")
        else:
            self.sealed[seq] = head
        return body

    def later(
        self,
        links: list[Object],
        keys: dict[str, bytes],
        body: Object,
        hashes: dict[int, bytes],
    ) -> None:
        """Seals that follow: each names the hash of the one before, so the last signature vouches for all."""
        before = hashes.get(body.get("no", 0), b"")
        for index, link in enumerate(links):
            body = _json(link["body"].encode(), "proof.json")
            last = index == len(links) - 1
            signed = not last or is_signed(
                keys.get(link["key"], b""), link["body"].encode(), _hex(link["signature"])
            )
            if body["before"] != before.hex() or not signed:
                self.say("proof.json", f"seal {body.get('no')}", "edited")
            before = hashlib.sha256(link["body"].encode()).digest()
            hashes[body["no"]] = before

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
        messages = Rows(self.box, "messages.jsonl", self.say)
        files = Rows(self.box, "attachments.jsonl", self.say)
        good = 0
        for line in self.box.lines("events.jsonl"):
            self.events += 1
            before = self.event(line, before, (stream, tenant), (messages, files))
            sealed = self.sealed.get(self.events)
            if sealed == before:
                good = self.events
            elif sealed is not None and not any(f.file == "events.jsonl" for f in self.findings):
                self.say("events.jsonl", f"{good + 1}-{self.events}", "replaced")
        messages.rest()
        files.rest()
        for name, file in self.given.items():
            if not self.as_listed(file, {"size": MOST_BYTES, "sha256": self.copies.get(name)}, exact=False):
                self.say(file, "-", "edited" if file in self.box.names else "missing")
        self.ends()

    def event(self, line: bytes, before: bytes, of: tuple[str, str], rows: tuple[Rows, Rows]) -> bytes:
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
        if row.get("seq") != seq or told.get("seq") != seq:
            self.say("events.jsonl", seq, "moved")
        elif (
            hashlib.sha256(before + body).digest() != hashed or row.get("prev") != before.hex() or place != of
        ):
            self.say("events.jsonl", seq, "edited")
        self.state = told.get("state", "")
        self.words(seq, data, rows[0].at(seq))
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
        most = max(last, self.about.get("events", 0))
        if self.events < most:
            self.say("events.jsonl", f"{self.events + 1}-{most}", "missing")
        elif self.events > most:
            self.say("events.jsonl", f"{most + 1}-{self.events}", "inserted")
        elif last < self.events:
            self.say("events.jsonl", f"{last + 1}-{self.events}", "unsealed")

    # ------------------------------------------------------------------------------------------------ rows beside the chain
    def ticket(self) -> None:
        """The ticket's own row, and the ratings, against the events."""
        told = _json(self.box.whole("ticket.json"), "ticket.json")
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
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def _write(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()


def verify(path: Path, keys: list[str], authority: str | None = None) -> Check:
    """Check a package. Raises NotAPackage."""
    check = Check(Box(path), keys, authority)
    if not {"manifest.json", "events.jsonl"} & set(check.box.names):
        raise NotAPackage(path.name)
    check.run()
    return check


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description="离线校验闭环证据包 / Checks an evidence package of Bihuan offline"
    )
    parser.add_argument("package", type=Path, help="证据包 / the package")
    parser.add_argument("--key", action="append", default=[], metavar="FINGERPRINT", help="机构公钥指纹，可多次给出 / the institution's fingerprint; again for former keys")  # fmt: skip
    parser.add_argument(
        "--tsa-ca", metavar="FILE", help="时间戳机构的证书（PEM） / certificates of the time-stamp authority"
    )
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    asked = parser.parse_args(arguments)
    index = 0 if asked.language == "zh" else 1
    keys = [re.sub(r"[^0-9a-f]", "", key.lower()) for key in asked.key]
    if any(len(key) < 16 for key in keys):
        parser.error("--key: 16–64 hex digits")

    def tell(code: str, *values: object) -> None:
        sys.stderr.write(WORDS[code][index].format(*values) + "\n")

    try:
        check = verify(asked.package, keys, asked.tsa_ca)
    except NotAPackage as error:
        tell("not_a_package", error)
        return 2
    for found in check.findings:
        sys.stdout.write("\t".join([*found, WORDS[found.what][index]]) + "\n")
    for code, values in check.notes:
        tell(code, *values)
    if not keys:
        tell("no_fingerprint")
    if check.findings:
        tell("changed", len(check.findings))
        return 1
    tell("clean", check.events, check.messages, check.files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
