"""A search for known values in bytes of any kind, the way somebody who stole them would search.

It decodes hex, base64, zlib and gzip streams, what PostgreSQL compressed (see `toast`), UTF-16, GB 18030, percent, quoted-printable and JSON escapes, each within
the others; reads full-width and Chinese digits as digits; and ignores up to four separators between two characters.
"""

import base64
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
#: Between parts that are searched together: no form of a value goes on over it.
_SEAM = b"\x01  q0q  \x01"
#: So many bytes before an escape may belong to the same value.
_NEAR = 80
_ALPHABET = bytes.maketrans(b"-_", b"+/")
_GB18030 = re.compile(rb"(?:[\xa1-\xfe]{2}){2}(?:[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x09-\x3f]{1,12}+)++")
_PERCENT = re.compile(rb"(?:%[0-9a-fA-F]{2}[^%]{0,80}+)++")
_PRINTABLE = re.compile(rb"(?:=(?:[0-9A-F]{2}|\r?\n)[^=]{0,80}+)++")
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
        hosts = {mail.rpartition("@")[2] for mail in self._mails}
        self._at = re.compile(f"@(?:{'|'.join(map(re.escape, sorted(hosts)))})", re.IGNORECASE)
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
        for depth in range(_DEPTH + 1):
            if not data:
                break
            for text in _texts(data):
                found |= self._in_text(text)
            if depth < _DEPTH:
                data = _SEAM.join(part for part in _inside(data) if part)
        return found

    def in_file(self, path: Path) -> set[str]:
        """The values in a file, and in its name."""
        found = self.in_bytes(path.name.encode())
        data = path.read_bytes()
        if _WAL.fullmatch(path.name):
            data = without_page_headers(data)
        # The same value lies in the table, in the log and in each page that the log repeats.
        values = set(unpacked(data))
        new = values - self._unpacked.keys()
        is_any = bool(self.in_bytes(_SEAM.join(new)))
        self._unpacked |= {value: frozenset(self.in_bytes(value) if is_any else ()) for value in new}
        found.update(*(self._unpacked[value] for value in values))
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
            # Around each sign that may be of one: decoded noise is full of them.
            around = (flat[max(0, m.start() - 64) : m.end() + 64] for m in self._at.finditer(flat))
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


def _texts(data: bytes) -> Iterator[str]:
    """The bytes as text: what is no UTF-8 is left out, or read as GB 18030 where it may be that."""
    text = data.decode("utf-8", "ignore")
    yield text
    if "\\u" in text:
        yield _ESCAPES.sub(lambda m: chr(int(m[1], 16)), text)
    if not data.isascii():
        runs = list(dict.fromkeys(_GB18030.findall(data)))
        # A byte before one may have been taken for its first.
        yield _SEAM.join(runs + [run[1:] for run in runs]).decode("gb18030", "ignore")


def _inside(data: bytes) -> Iterator[bytes]:
    """What these bytes may be an encoding of: all of a kind at once, so that a million short runs cost one decoding."""
    yield from _from_hex(dict.fromkeys(_HEX.findall(data)))
    yield from _from_base64(dict.fromkeys(_BASE64.findall(data)))
    for pattern, encoding in ((_LITTLE, "utf-16-le"), (_BIG, "utf-16-be")):
        seam = _SEAM.decode().encode(encoding)
        yield (
            seam.join(dict.fromkeys(pattern.findall(data)))
            .decode(encoding, "ignore")
            .encode("utf-8", "ignore")
        )
    for found in _PACKED.finditer(data):
        end = data.find(_SEAM, found.start())
        part = memoryview(data)[found.start() : end if end >= 0 else None]
        inflated = _inflated(part, gzip=found[0].startswith(b"\x1f"))
        if len(inflated) >= 3:
            yield inflated
    for found in _with_what_stands_before(_PERCENT, data):
        yield unquote_to_bytes(found)
    for found in _with_what_stands_before(_PRINTABLE, data):
        yield quopri.decodestring(found)


def _with_what_stands_before(pattern: re.Pattern[bytes], data: bytes) -> Iterator[bytes]:
    for found in pattern.finditer(data):
        yield data[max(0, found.start() - _NEAR) : found.end()]


def _from_hex(runs: Iterable[bytes]) -> Iterator[bytes]:
    """Both ways it may be aligned."""
    for start in range(2):
        parts = (run[start : len(run) - (len(run) - start) % 2] for run in runs)
        yield bytes.fromhex(_SEAM.hex().encode().join(parts).decode())


def _from_base64(runs: Iterable[bytes]) -> Iterator[bytes]:
    """Each of the four ways it may be aligned, as it may be part of something longer."""
    whole = [run.translate(_ALPHABET, b"\r\n=") for run in runs if not _HEX_ALONE.fullmatch(run)]
    for start in range(4):
        parts = (run[start : len(run) - ((len(run) - start) % 4 == 1)] for run in whole)
        # Filled up with what stands for zeros, each begins at a whole byte again.
        filled = (part + b"AAA"[: -len(part) % 4] for part in parts)
        yield base64.b64decode(base64.b64encode(_SEAM).join(filled))


def _inflated(data: memoryview, *, gzip: bool) -> bytes:
    try:
        return zlib.decompressobj(31 if gzip else 15).decompress(data, _MOST_INFLATED)
    except zlib.error:
        return b""
