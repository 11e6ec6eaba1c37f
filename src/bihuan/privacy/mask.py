"""How a value is shown: a mask for what is kept in the vault (C2), a marker for what is destroyed (C3). Pure.

The shapes follow JR/T 0171-2020 annex A and Chinese practice. A value too short for its shape is hidden whole.
"""

import re
from collections.abc import Callable

import msgspec

from bihuan.privacy.detect import detect
from bihuan.privacy.fold import FILLER
from bihuan.privacy.spans import MARKERS, Kind, Span

#: People's texts need three or four.
_MOST_TURNS = 12
_PLACE = "[㐀-鿿]{1,%d}?"
#: Province, prefecture, county. A housing estate (小区, 社区, 园区 …) is no district: it would give the address away.
_DISTRICT = re.compile(
    rf"(?:{_PLACE % 6}(?:省|自治区|特别行政区))?(?:{_PLACE % 10}(?:市|自治州|地区|盟))?"
    rf"(?:{_PLACE % 8}(?:(?<![小社园校厂景库住宅])区|县|旗|市))?"
)


class MaskedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """One C2 value that was masked: `masked.text[start:end]` is its mask, `value` the clear value for the vault. Its repr
    never shows the value.
    """

    start: int
    end: int
    kind: Kind
    value: str

    def __repr__(self) -> str:
        return f"MaskedSpan({self.start}:{self.end} {self.kind})"


class Masked(msgspec.Struct, frozen=True, kw_only=True):
    """A text in which nothing is found any more, what was masked in it, and the kind of each value destroyed, in order of
    finding. No C3 value is in here.
    """

    text: str
    spans: tuple[MaskedSpan, ...]
    destroyed: tuple[Kind, ...]


def mask_value(kind: str, value: str) -> str:
    """How `value` is shown. Card: first 6, last 4, same length. ID: first and last. Mobile: `138****1234`. Name: `张**`,
    `J***`. E-mail: `z***@x.com`. Address: to its district, then `****`. Account: `****1234`. Landline: area code and last
    4. IP: `192.168.*.*`. C1 stays clear. C3: its marker. Any other kind is hidden whole.
    """
    shape = _SHAPES.get(kind)
    return shape(value) if shape else _MARKER_OF.get(kind, "****")


def mask_text(text: str) -> Masked:
    """`text` with every C2 value masked and every C3 value replaced by its marker. Masking the result changes nothing.

    Taking one value out may lay another one bare (digits that read as the fraction of a number before them), so it looks
    again until it finds nothing; each turn leaves fewer clear digits, so that ends. A text made so that each lays bare the
    next is hidden after a dozen turns: the time is linear whatever comes.
    """
    masked, turn = Masked(text=text, spans=(), destroyed=()), 0
    while found := tuple(span for span in detect(masked.text) if span.data_class != "C1"):
        turn += 1
        masked = _replace(masked, found) if turn <= _MOST_TURNS else _hide(masked, found)
    return masked


def _hide(masked: Masked, found: tuple[Span, ...]) -> Masked:
    """`masked` without all that follows the first of `found`, and without its second half at least."""
    at = min(found[0].start, len(masked.text) // 2)
    lost: tuple[Kind, ...] = tuple(one.kind for one in (*masked.spans, *found) if one.end > at)
    return Masked(
        text=masked.text[:at] + FILLER * 3,
        spans=tuple(span for span in masked.spans if span.end <= at),
        destroyed=(*masked.destroyed, *lost),
    )


def _replace(masked: Masked, found: tuple[Span, ...]) -> Masked:
    """`masked` with `found` (spans of its text) replaced; the spans it already has move with their text."""
    parts: list[str] = []
    spans: list[MaskedSpan] = []
    earlier = list(reversed(masked.spans))
    at = shift = 0
    for span in found:
        while earlier and earlier[-1].end <= span.start:
            spans.append(_moved(earlier.pop(), shift))
        while earlier and earlier[-1].start < span.end:
            earlier.pop()  # its mask is inside what is replaced now
        shown = mask_value(span.kind, span.value)
        parts += (masked.text[at : span.start], shown)
        start, at = span.start + shift, span.end
        shift += len(shown) - (span.end - span.start)
        if span.data_class == "C2":
            spans.append(
                MaskedSpan(
                    start=start,
                    end=start + len(shown),
                    kind=span.kind,
                    value=span.value,
                )
            )
    spans += (_moved(span, shift) for span in reversed(earlier))
    destroyed: tuple[Kind, ...] = tuple(span.kind for span in found if span.data_class == "C3")
    return Masked(
        text="".join((*parts, masked.text[at:])),
        spans=tuple(spans),
        destroyed=(*masked.destroyed, *destroyed),
    )


def _moved(span: MaskedSpan, shift: int) -> MaskedSpan:
    return MaskedSpan(start=span.start + shift, end=span.end + shift, kind=span.kind, value=span.value)


def _keep_ends(value: str, head: int, tail: int) -> str:
    """The first `head` and the last `tail` characters, stars between; stars only if fewer than two would be hidden."""
    hidden = len(value) - head - tail
    return value[:head] + "*" * hidden + value[-tail:] if hidden >= 2 else "*" * len(value)


def _mask_name(value: str) -> str:
    """The first character, then stars of a fixed number: the length of a name tells too. One character is hidden."""
    name = value.strip()
    stars = "***" if name[:1].isascii() else "**"
    return name[0] + stars if len(name) > 1 else stars


def _mask_address(value: str) -> str:
    district = _DISTRICT.match(value.strip())
    return (district[0] if district else "") + "****"


def _mask_ip(value: str) -> str:
    """The network's first half (IPv4), its first two groups (IPv6)."""
    if "." in value:
        return ".".join([*value.split(".")[:2], "*", "*"])
    return ":".join(value.split(":")[:2]) + ":*"


def _mask_email(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    if not at or not domain:
        return "***"
    return (local[0] if len(local) > 1 else "") + "***@" + domain


def _mask_document(value: str) -> str:
    return _keep_ends(value, 1, 1) if len(value) >= 6 else "****"


def _mask_landline(value: str) -> str:
    area = min(4, max(0, len(value) - 8))
    return value[:area] + "****" + value[-4:] if len(value) >= 7 else "****"


_MARKER_OF: dict[str, str] = {**MARKERS}
_SHAPES: dict[str, Callable[[str], str]] = {
    "card_number": lambda value: _keep_ends(value, 6, 4),
    "id_number": _mask_document,
    "passport": _mask_document,
    "travel_permit": _mask_document,
    "mobile": lambda value: value[:3] + "****" + value[-4:] if len(value) >= 11 else "****",
    "landline": _mask_landline,
    "name": _mask_name,
    "person_name": _mask_name,
    "address": _mask_address,
    "email": _mask_email,
    "account": lambda value: "****" + value[-4:] if len(value) >= 8 else "****",
    "ip_address": _mask_ip,
    "uscc": str,
}
