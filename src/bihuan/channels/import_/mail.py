"""Mail: one raw message (RFC 5322, MIME) as an Inbound; whatever the bytes are, it is taken.

The structure is read by the standard library under its tolerant `compat32` policy; addresses under
`policy.default` where that does not raise. What is shown as the body follows RFC 8621 §4.1.4 (JMAP's
textBody); every other file becomes an attachment. The raw bytes are kept; their SHA-256 is the id.
"""

import binascii
import hashlib
import mimetypes
import re
from codecs import lookup
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import cast

import charset_normalizer
import msgspec
from inscriptis import get_text  # pyright: ignore[reportMissingTypeStubs]

from bihuan.channels.contract import (
    Inbound,
    InboundAttachment,
    InboundCustomer,
    clean_text,
    note,
    title_and_body,
)

#: Bytes of a mail; more is refused at the file, not read into memory.
MAX_MAIL = 150 << 20
#: Characters of HTML laid out (past it tags are only cut); of an address header read (its cost is quadratic).
MAX_HTML, MAX_ADDRESSES = 4 << 20, 10_000

# --- bytes to text --------------------------------------------------------------------------------


def guess_charset(raw: bytes) -> str:
    """The likeliest charset of bytes that are not UTF-8: GB18030 if they look Chinese, else by statistics."""
    first = next((i for i, byte in enumerate(raw) if byte > 127), 0)
    sample = raw[max(0, first - 1000) : first + 65536]
    if _looks_gb(sample):
        return "gb18030"
    if all(len(run) == 1 for run in _high_runs(sample)):
        return "cp1252"  # an accent here and there; statistics need more than that
    best = charset_normalizer.from_bytes(sample).best()
    return lookup(best.encoding).name if best else "gb18030"


def _high_runs(sample: bytes) -> list[bytes]:
    return re.findall(rb"[\x80-\xff]+", sample)


def _looks_gb(sample: bytes) -> bool:
    """Whether bytes above 127 come in pairs, mostly of GB 2312's rows of common hanzi and punctuation."""
    runs = _high_runs(sample)
    high = sum(len(run) for run in runs)
    pairs = [run[i] for run in runs if len(run) % 2 == 0 for i in range(0, len(run), 2)]
    common = sum(1 for lead in pairs if 0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7)
    return bool(pairs) and 2 * len(pairs) >= 0.8 * high and common >= 0.7 * len(pairs)


#: A declared charset that its writers commonly overstep → the superset that reads what they wrote.
_SUPERSETS = {
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "euc-cn", "x-gbk", "cp936", "x-unknown-gbk"), "gb18030"),
    **dict.fromkeys(("us-ascii", "ascii", "ansi_x3.4-1968", "utf-8", "utf8", "unicode-1-1-utf-8"), "utf-8"),
    **dict.fromkeys(("ks_c_5601-1987", "euc-kr", "ks_c_5601"), "cp949"),
    **dict.fromkeys(("shift_jis", "shift-jis", "x-sjis", "sjis"), "cp932"),
    "big5": "big5hkscs",
    "iso-8859-8-i": "iso-8859-8",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "tis-620": "cp874",
}
#: Python's codecs that are no charsets: slow on hostile input, or warning of it.
_NO_CHARSETS = re.compile(r"unicode.?escape|raw.?unicode|idna|punycode|undefined", re.IGNORECASE)


def decode(raw: bytes, declared: str | None) -> tuple[str, tuple[str, ...]]:
    """Bytes as text, and notes: by the declared charset or its superset, else guessed, else with gaps."""
    name = (declared or "us-ascii").strip().strip("\"'").casefold()
    if not re.fullmatch(r"[a-z0-9._:+-]{1,40}", name) or _NO_CHARSETS.search(name):
        name = "us-ascii"
    superset = _SUPERSETS.get(name, name)
    for charset in (superset, name, "utf-8"):
        text = _decoded(raw, charset, "strict")
        if text is not None:
            return text, () if charset in (superset, name) else (note("charset_guessed", charset),)
    lenient = _decoded(raw, superset, "replace")
    # UTF-8 proves itself with half of its characters; of the others one in 25 may be broken.
    share = 1 if superset == "utf-8" else 25
    if lenient is not None and (share + 1) * lenient.count("\ufffd") <= _foreign(lenient):
        return lenient, (note("bytes_replaced", superset),)
    guess = guess_charset(raw)
    text = _decoded(raw, guess, "strict")
    if text is not None:
        return text, (note("charset_guessed", guess),)
    return raw.decode(guess, "replace"), (note("charset_guessed", guess), note("bytes_replaced", guess))


def _decoded(raw: bytes, charset: str, errors: str) -> str | None:
    try:
        return raw.decode(charset, errors)
    except (LookupError, ValueError):  # no such charset, or no charset at all (hex, rot13) · broken bytes
        return None


def _foreign(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


# --- headers --------------------------------------------------------------------------------------

_WORD = re.compile(r"=\?([^?\s*]*)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")


class _Notes:
    """Notes in the order of their finding, each once."""

    def __init__(self) -> None:
        self.found: dict[str, None] = {}

    def add(self, *notes: str) -> None:
        self.found.update(dict.fromkeys(notes))

    def text(self, raw: bytes, declared: str | None) -> str:
        """Bytes decoded, what that took noted."""
        text, notes = decode(raw, declared)
        self.add(*notes)
        return text

    def words(self, text: str) -> str:
        """RFC 2047 words decoded, broken ones too: parted inside a character, unpadded, with blanks or 8-bit
        bytes in them, in quotes. Bytes above 127 (the parser leaves lone surrogates) are decoded as well."""
        shown, at, last, pieces = list[str](), 0, ("", ""), list[str]()
        for word in _WORD.finditer(text):
            between, kind = text[at : word.start()], (word[1].casefold(), word[2].casefold())
            if pieces and (between.strip() or kind != last):
                shown.append(self.text(_word_bytes(last[1], pieces), last[0]))
                pieces.clear()
            shown.append(self.eight_bit(between) if between.strip() or not at else "")
            pieces.append(word[3])
            at, last = word.end(), kind
        shown.append(self.text(_word_bytes(last[1], pieces), last[0]) if pieces else "")
        return "".join((*shown, self.eight_bit(text[at:])))

    def eight_bit(self, text: str) -> str:
        """Text whose bytes above 127 are decoded."""
        raw = text.encode("utf-8", "surrogateescape")
        return text if raw.isascii() else self.text(raw, None)


def _word_bytes(encoding: str, pieces: list[str]) -> bytes:
    """The bytes of neighbouring words; base64 that was parted inside a group of four is joined first."""
    raw = [piece.encode("utf-8", "surrogateescape") for piece in pieces]
    if encoding == "q":
        return b"".join(binascii.a2b_qp(piece, header=True) for piece in raw)
    whole = all(len(piece) % 4 == 0 or piece.endswith(b"=") for piece in raw[:-1])
    return b"".join(map(lenient_base64, raw)) if whole else lenient_base64(b"".join(raw))


def lenient_base64(written: bytes) -> bytes:
    """Base64 without padding, with strangers among its characters, or cut off, as far as it goes."""
    alphabet = re.sub(rb"[^A-Za-z0-9+/]", b"", written)
    whole = alphabet[:-1] if len(alphabet) % 4 == 1 else alphabet
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


class _Headers:
    """The headers of one part, as readable text."""

    def __init__(self, part: Message, notes: _Notes) -> None:
        self.notes = notes
        self.raw: dict[str, list[str]] = {}
        for name, value in cast("Iterator[tuple[str, object]]", part.raw_items()):
            self.raw.setdefault(name.casefold(), []).append(str(value))

    def unfolded(self, name: str) -> str:
        """The first header of that name on one line; "" if none. Its encoded words are left, unless it holds
        bytes above 127: then all is decoded, as what parses it next would lose them."""
        value = next(iter(self.raw.get(name, ())), "")
        line = " ".join(piece.strip(" \t") for piece in re.split(r"[\r\n]+", value)).strip()
        return line if line.isascii() else self.notes.words(line)

    def text(self, name: str) -> str:
        return clean_text(self.notes.words(self.unfolded(name)))[0].strip()

    def addresses(self, name: str) -> tuple[tuple[str, str], ...]:
        """(display name, address) of each mailbox that has an address."""
        written = self.unfolded(name)[:MAX_ADDRESSES]
        shown = self.notes.words(written)
        loose = [("", each) for each in re.findall(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+", shown)]
        ways = (_parsed_addresses(name, written), [parseaddr(shown)], loose)
        return next((usable for found in ways if (usable := self._usable(found))), ())

    def _usable(self, found: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        pairs = [(self._line(shown), self._line(address)) for shown, address in found]
        return tuple(pair for pair in pairs if re.fullmatch(r"[^\s@\"<>]+@[^\s@\"<>]+", pair[1]))

    def _line(self, text: str) -> str:
        return " ".join(clean_text(self.notes.words(text))[0].split())

    def parameter(self, header: str, name: str) -> str | None:
        """A parameter by RFC 2231, or by RFC 2047 as many write it; None if there is none."""
        holder = Message()
        holder[header] = self.unfolded(header)
        value = holder.get_param(name, header=header)
        if isinstance(value, tuple):  # RFC 2231: the value's bytes as Latin-1
            latin = all(ord(character) < 256 for character in value[2])
            raw = value[2].encode("latin-1" if latin else "utf-8", "replace")
            return clean_text(self.notes.text(raw, value[0] if latin else "utf-8"))[0]
        return None if value is None else clean_text(self.notes.words(value))[0]

    def ids(self, name: str) -> tuple[str, ...]:
        """Message ids without their < >."""
        written = self.unfolded(name)
        return tuple(dict.fromkeys(re.findall(r"<\s*([^<>\s]+)\s*>", written) or written.split()[:1]))


def _parsed_addresses(name: str, written: str) -> list[tuple[str, str]]:
    try:
        header = cast(AddressHeader, policy.default.header_factory(name, written))
        return [(each.display_name or "", each.addr_spec) for each in header.addresses]
    except Exception:
        return [parseaddr(written)]


# --- what is inside -------------------------------------------------------------------------------


class _Parts:
    """Sorts a message's parts into text to show and files to attach (RFC 8621 §4.1.4)."""

    def __init__(self, notes: _Notes) -> None:
        self.notes = notes
        self.files: list[Message] = []

    def place(self, part: Message, parent: str, alone: bool, into: "_Bodies") -> None:
        """One part under a multipart/`parent`; `alone` means it may be a body though it has a name."""
        kind = part.get_content_type()
        children = self._children(part) if kind.startswith("multipart/") else []
        kind = "text/plain" if kind.startswith("multipart/") and not children else kind
        if children:
            into.inside(kind.partition("/")[2], children, self.place)
        elif kind in ("text/plain", "text/html") and self._is_body(part, parent, alone):
            into.add(part, kind, parent)
        else:
            self.files.append(part)

    def _is_body(self, part: Message, parent: str, alone: bool) -> bool:
        named = not alone and (parent == "related" or self._name(part))
        return part.get_content_disposition() != "attachment" and not named

    def _children(self, part: Message) -> list[Message]:
        """A multipart's parts; with another boundary than declared, by the one its text shows; else none."""
        if part.is_multipart():
            return cast("list[Message]", part.get_payload())
        raw = str(part.get_payload() or "").encode("utf-8", "surrogateescape")
        shown = re.match(rb"(?:.{0,998}\r?\n){0,5}?--([!-~]{1,70})[ \t]*\r?\n", raw)
        if not shown or raw.count(b"--" + shown[1]) < 2:
            return []
        self.notes.add(note("boundary_repaired"))
        head = b'Content-Type: multipart/mixed; boundary="' + shown[1].replace(b'"', b'\\"') + b'"\n\n'
        again = message_from_bytes(head + raw, policy=policy.compat32)
        return cast("list[Message]", again.get_payload()) if again.is_multipart() else []

    def _name(self, part: Message) -> str:
        headers = _Headers(part, self.notes)
        given = headers.parameter("content-disposition", "filename")
        return given or headers.parameter("content-type", "name") or ""

    def body(self, part: Message, kind: str) -> str:
        charset = _Headers(part, self.notes).parameter("content-type", "charset")
        text = clean_text(self.notes.text(_payload(part), charset))[0].lstrip("\ufeff")
        return self._html(text) if kind == "text/html" else text

    def _html(self, text: str) -> str:
        if len(text) <= MAX_HTML:
            try:
                return clean_text(get_text(text))[0].strip()
            except Exception as error:
                self.notes.add(note("html_repaired", type(error).__name__))
        else:
            self.notes.add(note("html_repaired"))
        outside = re.split(r"(?i)</?(?:script|style)\b", text)[::2]
        return re.sub(r"<[^<>]*>", " ", "<".join(outside))

    def attachment(self, part: Message, ordinal: int) -> InboundAttachment:
        kind = part.get_content_type()
        name = self._name(part) or f"attachment-{ordinal}{mimetypes.guess_extension(kind) or '.bin'}"
        try:
            content = _payload(part)
        except Exception:
            self.notes.add(note("attachment_unreadable", str(ordinal)))
            content = str(part.get_payload()).encode("utf-8", "replace")
        return InboundAttachment(name=name, content=content, declared_type=clean_text(kind)[0])


class _Bodies:
    """The text and HTML a reader would be shown; either may be given up inside a multipart/alternative."""

    def __init__(self) -> None:
        self.text: list[tuple[Message, str]] = []
        self.html: list[tuple[Message, str]] = []
        self.takes_text: bool = True
        self.takes_html: bool = True
        self.alternative: bool = False

    def add(self, part: Message, kind: str, parent: str) -> None:
        plain = kind == "text/plain"
        if self.alternative and parent != "alternative":
            self.takes_html = self.takes_html and not plain
            self.takes_text = self.takes_text and plain
        exact = parent == "alternative"
        if self.takes_text and (plain or not exact):
            self.text.append((part, kind))
        if self.takes_html and (not plain or not exact):
            self.html.append((part, kind))

    def inside(self, parent: str, parts: list[Message], place: "_Place") -> None:
        """Each part of a multipart/`parent`, with what it gives up forgotten at its end."""
        before = (self.takes_text, self.takes_html, self.alternative)
        counts = (len(self.text), len(self.html))
        self.alternative = self.alternative or parent == "alternative"
        for position, part in enumerate(parts):
            place(part, parent, position == 0, self)
        self.takes_text, self.takes_html, self.alternative = before
        if parent == "alternative" and self.takes_text and self.takes_html:
            text, html = self.text[counts[0] :], self.html[counts[1] :]
            if not text:
                self.text.extend(html)
            if not html:
                self.html.extend(text)


_Place = Callable[[Message, str, bool, _Bodies], None]


def _payload(part: Message) -> bytes:
    """A part's bytes; a nested message's as it stood, as near as the library writes it."""
    if not part.is_multipart():
        return cast(bytes, part.get_payload(decode=True) or b"")
    inner = cast("list[Message]", part.get_payload())
    written = b"\n".join(each.as_bytes() for each in inner)
    if str(part.get("content-transfer-encoding", "")).strip().casefold() == "base64":
        return lenient_base64(written)
    return written


# --- a mail to an Inbound -------------------------------------------------------------------------


def read_mail(raw: bytes, *, case_type: str | None = None) -> Inbound:
    """One raw mail, never raising: where even the tolerant parser fails the raw text is the body, noted."""
    notes = _Notes()
    try:
        read = _read(raw, notes)
    except Exception as error:
        notes = _Notes()
        notes.add(note("structure_unreadable", type(error).__name__))
        title, body, more = title_and_body("", clean_text(notes.text(raw, None))[0])
        notes.add(*more)
        read = Inbound(channel="import", external_id="", title=title, body=body, raw=raw)
    known = f"mail:{hashlib.sha256(raw).hexdigest()}"
    return msgspec.structs.replace(read, external_id=known, case_type=case_type, notes=tuple(notes.found))


def _read(raw: bytes, notes: _Notes) -> Inbound:
    message = message_from_bytes(raw[_start(raw, notes) :], policy=policy.compat32)
    headers, parts, bodies = _Headers(message, notes), _Parts(notes), _Bodies()
    parts.place(message, "mixed", True, bodies)
    title, body, more = title_and_body(headers.text("subject"), _shown(parts, bodies))
    notes.add(*([] if headers.text("subject") else [note("subject_missing")]))
    notes.add(*([] if headers.addresses("from") else [note("sender_missing")]))
    notes.add(*more, *(note("machine", sign) for sign in machine_signs(message, headers)))
    return Inbound(
        channel="import",
        external_id="",  # read_mail gives it
        title=title,
        body=body,
        customer=_sender(headers),
        occurred_at=_sent_at(headers, notes),
        attachments=tuple(parts.attachment(part, i) for i, part in enumerate(parts.files, 1)),
        raw=raw,
        reply_to=tuple(address for _, address in headers.addresses("reply-to")),
        message_id=next(iter(headers.ids("message-id")), None),
        in_reply_to=headers.ids("in-reply-to"),
        references=headers.ids("references"),
    )


def _shown(parts: _Parts, bodies: _Bodies) -> str:
    """The text parts, or the HTML ones as text where those say nothing."""
    for chosen in (bodies.text, bodies.html):
        written = "\n\n".join(text for part, kind in chosen if (text := parts.body(part, kind)).strip())
        if written:
            return written
    return ""


_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
_KNOWN = re.compile(
    rb"(?i)(from|to|cc|subject|date|received|return-path|message-id|mime-version|delivered-to|content-type|sender"
    rb"|reply-to|x-[a-z-]+)[ \t]*:"
)


def _start(raw: bytes, notes: _Notes) -> int:
    """Where the headers begin: after a byte-order mark, blank lines, or a stray head of at most 50 lines."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    lead = re.match(rb"\s*", raw[start : start + 4096])
    start += lead.end() if lead else 0
    if _HEADER.match(raw, start) or raw.startswith((b"From ", b">From "), start):
        return start
    at = start
    for _ in range(50):
        at = raw.find(b"\n", at) + 1
        if not at or not raw[at : at + 2].strip():
            break
        if _KNOWN.match(raw, at):
            notes.add(note("text_before_headers"))
            return at
    return start


def looks_like_mail(head: bytes) -> bool:
    """Whether a file's first bytes are headers, at least two of them a mail's."""
    block = re.split(rb"\r?\n\r?\n", head.removeprefix(b"\xef\xbb\xbf").lstrip(), maxsplit=1)[0]
    lines = [line for line in block.splitlines() if line[:1] not in (b" ", b"\t")]
    first = lines[1:] if lines and lines[0].startswith((b"From ", b">From ")) else lines
    known = {match[1].lower() for line in first if (match := _KNOWN.match(line))}
    return len(known) >= 2 and bool(_HEADER.match(first[0]))


def _sender(headers: _Headers) -> InboundCustomer | None:
    """Who the mail says wrote it (From, else Sender); None without an address."""
    found = headers.addresses("from") or headers.addresses("sender")
    if not found:
        return None
    name, address = found[0]
    return InboundCustomer(name="" if name == address else name, emails=(address,))


def _sent_at(headers: _Headers, notes: _Notes) -> datetime | None:
    """The Date header, aware; without a zone (or with -0000) it is UTC by RFC 5322."""
    written = headers.text("date")
    if not written:
        notes.add(note("date_missing"))
        return None
    try:
        sent = parsedate_to_datetime(written)
        if 1900 <= sent.year <= 9000:
            return sent.replace(tzinfo=sent.tzinfo or UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass  # noted below, as is a year no clock means
    notes.add(note("date_unreadable", "Date"))
    return None


# --- machines -------------------------------------------------------------------------------------

_REPORTS = ("multipart/report", "message/delivery-status", "message/feedback-report")
_DAEMONS = re.compile(r"(?i)^(mailer-daemon|postmaster|mail-daemon|mdaemon)@|^(mailer-daemon|postmaster)$")


def machine_signs(message: Message, headers: _Headers) -> Iterator[str]:
    """Why a mail is a machine's and wants no automatic answer (RFC 3834 §2, 2076, 3462, 5965, 2919)."""
    auto = _token(headers.text("auto-submitted"))
    if auto and auto != "no":
        yield f"auto-submitted={auto}"
    if "return-path" in headers.raw and headers.unfolded("return-path").replace(" ", "") == "<>":
        yield "return-path=<>"
    inside = cast("list[Message]", message.get_payload()) if message.is_multipart() else []
    kinds = dict.fromkeys(part.get_content_type() for part in (message, *inside))
    yield from (kind for kind in kinds if kind in _REPORTS)
    precedence = _token(headers.text("precedence"))
    if precedence in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        yield f"precedence={precedence}"
    yield from (
        name
        for name in ("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond")
        if name in headers.raw
    )
    sender = next(
        (address for _, address in headers.addresses("from")), headers.text("from").split("(")[0].strip(" <>")
    )
    if _DAEMONS.match(sender):
        yield "from=mailer-daemon"


def _token(value: str) -> str:
    """A header's first word, in letters only: it is shown in reports."""
    match = re.match(r"[a-z_-]{1,40}", value.casefold())
    return match[0] if match else ""
