"""A search for known values in bytes of any kind, the way somebody who stole them would search.

It decodes hex, base64, zlib and gzip streams, what PostgreSQL compressed (see `toast`), UTF-16, GB 18030, percent, quoted-printable and JSON escapes, each within
the others; reads full-width and Chinese digits as digits; and ignores up to four separators between two characters.
"""

import base64
import binascii
import quopri
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from tests.trust.toast import unpacked, without_page_headers

_DEPTH = 4
_HEAD = 3
#: So much of a file is decoded at a time; the next piece begins so much before the end of the last.
_PIECE, _OVERLAP = 4 << 20, 64 << 10
_MOST_INFLATED = 8 << 20

_SPOKEN = dict(
    zip(
        "〇零一壹二贰两三叁四肆五伍六陆七柒八捌九玖幺OolI|SsBbZz",
        "001122233445566778899100111558822",
        strict=True,
    )
)
#: Every character somebody reads as a digit → that digit.
_DIGITS = _SPOKEN | {
    chr(n): str(unicodedata.digit(chr(n)))
    for n in range(0x110000)
    if unicodedata.digit(chr(n), None) is not None
}
_ALIKE = str.maketrans(_DIGITS)
_ASCII = bytes.maketrans(*(part.encode() for part in ("OolI|SsBbZz", "00111558822")))
_MAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s\-_.,;:/\\|*()\[\]{}<>'\"`~·、，。；：（）【】《》“”‘’]+")

_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){7,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}(?:\r?\n[A-Za-z0-9+/_-]{4,76}={0,2})*")
_LITTLE = re.compile(rb"(?:[\x20-\x7e]\x00|[\x00-\xff][\x4e-\x9f\x30\xff]){6,}")
_BIG = re.compile(rb"(?:\x00[\x20-\x7e]|[\x4e-\x9f\x30\xff][\x00-\xff]){6,}")
_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})")
_EMPTY = re.compile(rb"\x00{16,}")
#: What may stand between a word and its secret.
_SECRET = "[^0-9]{0,12}([0-9]+(?:[ -][0-9]+)*)"
_CONTROL = bytes(n for n in range(32) if n not in b"\t\n\r")
#: Between parts that are searched together: no form of a value goes on over it.
_SEAM = b"\x01 q0q \x01"
#: Hardly ever base64 as well: by chance once in some 10^11.
_HEX_ALONE = re.compile(rb"x?[0-9a-fA-F\r\n-]{24,}")
_WAL = re.compile("[0-9A-F]{24}")
_PACKED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")


class Search:
    """A search for these values. `numbers`: digits, perhaps with an X at the end; `words`: texts of three characters or
    more; `beside`: short secrets that count as found only within twelve characters after one of their words.
    """

    def __init__(
        self,
        *,
        numbers: Iterable[str] = (),
        words: Iterable[str] = (),
        beside: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._numbers = frozenset(n.upper() for n in numbers)
        self._lengths = sorted({len(n) for n in self._numbers})
        # Digits (and an ID's last letter) with little between them, as many as the shortest number has.
        shortest = min(self._lengths, default=2) - 1
        between = r"[^0-9A-Za-z\u4e00-\u9fff]{0,4}"
        self._run = re.compile(f"[0-9](?:{between}[0-9Xx]){{{shortest},}}+")
        told = list(words)
        self._mails = {w.casefold(): w for w in told if "@" in w}
        self._words = {_BETWEEN.sub("", _flat(w)).casefold(): w for w in told if "@" not in w}
        # By how they begin: one pass finds where any of thousands may stand.
        self._heads: dict[str, list[str]] = {}
        for word in self._words:
            self._heads.setdefault(word[:_HEAD], []).append(word)
        columns = [{head[n] for head in self._heads} for n in range(_HEAD)] if self._heads else []
        self._head = re.compile(
            f"(?=({''.join('[' + re.escape(''.join(sorted(c))) + ']' for c in columns)}))"
        )
        self._unpacked: dict[bytes, frozenset[str]] = {}
        self._beside: dict[str, set[str]] = {}
        for word, secret in beside:
            self._beside.setdefault(word.casefold(), set()).add(secret)

    def in_bytes(self, data: bytes) -> set[str]:
        """The values that stand in these bytes, in whatever form."""
        found: set[str] = set()
        seen: set[bytes] = set()
        parts = [data]
        for depth in range(_DEPTH + 1):
            parts = list(dict.fromkeys(part for part in parts if part not in seen))
            if not parts:
                break
            seen.update(parts)
            for text in _texts(parts):
                found |= self._in_text(text)
            if depth < _DEPTH:
                parts = list(_inside(_SEAM.join(parts)))
        return found

    def in_file(self, path: Path) -> set[str]:
        """The values in a file, and in its name."""
        found = self.in_bytes(path.name.encode())
        data = path.read_bytes()
        if _WAL.fullmatch(path.name):
            data = without_page_headers(data)
        # The same value lies in the table, in the log and in each page that the log repeats.
        for value in unpacked(data):
            if value not in self._unpacked:
                self._unpacked[value] = frozenset(self.in_bytes(value))
            found |= self._unpacked[value]
        for at in range(0, len(data), _PIECE):
            # Pages are empty for the most part; no text has so many in a row.
            found |= self.in_bytes(_EMPTY.sub(b"\x00" * 8, data[max(0, at - _OVERLAP) : at + _PIECE]))
        return found

    def in_folder(self, path: Path) -> dict[str, set[str]]:
        """File → the values found in it, for each file below a folder that holds any."""
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        return {str(f.relative_to(path)): found for f in files if (found := self.in_file(f))}

    def _in_text(self, text: str) -> set[str]:
        flat = _flat(text)
        found = self._in_numbers(flat) if self._numbers else set[str]()
        if self._mails and "@" in flat:
            # Around each sign: over a long text without any, the pattern would begin at every character anew.
            around = (flat[max(0, m.start() - 64) : m.end() + 64] for m in re.finditer("@", flat))
            told = (m.casefold() for part in around for m in _MAIL.findall(part))
            found |= {self._mails[m] for m in told if m in self._mails}
        if self._words:
            found |= self._in_words(_BETWEEN.sub("", flat).casefold())
        small = flat.casefold() if self._beside else ""
        for word, secrets in self._beside.items():
            # Most texts hold no such word, which is quick to see.
            for digits in re.findall(re.escape(word) + _SECRET, small) if word in small else ():
                parts = re.split("[ -]", digits)
                found |= secrets & {"".join(parts[: n + 1]) for n in range(len(parts))}
        return found

    def _in_words(self, packed: str) -> set[str]:
        return {
            self._words[word]
            for head in self._head.finditer(packed)
            for word in self._heads.get(head[1], ())
            if packed.startswith(word, head.start())
        }

    def _in_numbers(self, text: str) -> set[str]:
        found: set[str] = set()
        told = text.encode().translate(_ASCII).decode() if text.isascii() else text.translate(_ALIKE)
        for run in self._run.finditer(told):
            packed = re.sub(r"[^0-9X]", "", run[0].upper())
            for length in self._lengths:
                for at in range(len(packed) - length + 1):
                    if packed[at : at + length] in self._numbers:
                        found.add(packed[at : at + length])
        return found


def _flat(text: str) -> str:
    """Full-width, circled and other forms of a character as the plain one."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _texts(parts: list[bytes]) -> Iterator[str]:
    """The bytes as text: what is no UTF-8 is left out, or read as GB 18030 where there is much of it."""
    text = _SEAM.join(parts).decode("utf-8", "ignore")
    yield text
    if "\\u" in text:
        yield _ESCAPES.sub(lambda m: chr(int(m[1], 16)), text)
    if others := [part for part in parts if _may_be_gb18030(part)]:
        yield _SEAM.join(others).decode("gb18030", "ignore")


def _may_be_gb18030(data: bytes) -> bool:
    if data.isascii():
        return False
    told = len(data.decode("utf-8", "ignore").encode())
    return told < len(data) * 0.95 and len(data) - len(data.translate(None, _CONTROL)) < len(data) / 50


def _inside(data: bytes) -> Iterator[bytes]:
    """What these bytes may be an encoding of."""
    for found in _HEX.finditer(data):
        raw = found[0]
        yield bytes.fromhex(raw.decode())
        yield bytes.fromhex(raw[1 : len(raw) - (len(raw) - 1) % 2].decode())
    for found in _BASE64.finditer(data):
        if not _HEX_ALONE.fullmatch(found[0]):
            yield from _from_base64(found[0])
    for found in _LITTLE.finditer(data):
        yield found[0].decode("utf-16-le", "ignore").encode("utf-8", "ignore")
    for found in _BIG.finditer(data):
        yield found[0].decode("utf-16-be", "ignore").encode("utf-8", "ignore")
    for found in _PACKED.finditer(data):
        end = data.find(_SEAM, found.start())
        inflated = _inflated(data[found.start() : end if end >= 0 else None], gzip=found[0].startswith(b"\x1f"))
        if len(inflated) >= 3:
            yield inflated
    if re.search(rb"%[0-9a-fA-F]{2}", data):
        yield unquote_to_bytes(data)
    if re.search(rb"=[0-9A-F]{2}|=\r?\n", data):
        yield quopri.decodestring(data)


def _from_base64(raw: bytes) -> Iterator[bytes]:
    """Each of the four ways it may be aligned, as it may be part of something longer."""
    packed = re.sub(rb"[\r\n=]", b"", raw).translate(bytes.maketrans(b"-_", b"+/"))
    for start in range(4):
        part = packed[start:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        try:
            yield base64.b64decode(part + b"=" * (-len(part) % 4))
        except binascii.Error:
            continue


def _inflated(data: bytes, *, gzip: bool) -> bytes:
    try:
        return zlib.decompressobj(31 if gzip else 15).decompress(data, _MOST_INFLATED)
    except zlib.error:
        return b""
