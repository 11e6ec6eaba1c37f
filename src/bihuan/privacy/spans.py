"""What is found in a text: its kinds, its spans, and the folded text in which they are looked for. Pure.

Folding maps code point to code point, so an offset in the folded text is an offset in the original.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

Kind = Literal["card_number", "id_number", "mobile", "cvv", "pin", "one_time_code"]
DataClass = Literal["C2", "C3"]

#: JR/T 0171-2020: C2 identifies a person or shows finance (vault); C3 authenticates (destroyed, never stored).
DATA_CLASS: dict[Kind, DataClass] = {
    "card_number": "C2",
    "id_number": "C2",
    "mobile": "C2",
    "cvv": "C3",
    "pin": "C3",
    "one_time_code": "C3",
}

#: What stands where a C3 value stood: three blocks and a code that reads alike in every language.
MARKERS: dict[Kind, str] = {
    "cvv": "▇▇▇[CVV]",
    "pin": "▇▇▇[PIN]",
    "one_time_code": "▇▇▇[OTP]",
}

#: Fills what is already masked; neither digit, letter, space nor connecting word.
FILLER = "▇"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One sensitive value: `text[start:end]` in code points of the original, `value` normalised (digits, X upper; a
    password as written). Its repr never shows the value, so that neither a log nor a traceback can.
    """

    start: int
    end: int
    kind: Kind
    data_class: DataClass
    value: str

    def __repr__(self) -> str:
        return f"Span({self.start}:{self.end} {self.kind} {self.data_class})"


class Hit(NamedTuple):
    """A span before it is settled which of several overlapping ones holds; `value` is still folded."""

    start: int
    end: int
    kind: Kind
    value: str


def _fold_table() -> dict[int, str]:
    """Full width to ASCII, capitals to small, every blank to a space or newline, every dash to `-`."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table |= {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    table |= {code + 0xFEE0: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    table |= dict.fromkeys((0x09, 0xA0, 0xAD, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF), " ")
    table |= dict.fromkeys([*range(0x2000, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], " ")
    table |= dict.fromkeys((0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), "\n")
    table |= dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63), "-")
    return table


_FOLD = _fold_table()

#: Our own masks: card, resident ID, mobile (with the country code that stood before it), destroyed value.
_MASKED = re.compile(
    r"(?<![0-9])(?:[0-9]{6}\*{2,9}[0-9]{4}|[0-9]\*{16}[0-9]|(?:(?:00)?86)?[0-9]{3}\*{4}[0-9]{4})(?![0-9])"
    r"|(?<![0-9])[0-9]\*{16}x"
    r"|▇▇▇\[(?:cvv|pin|otp)\]"
)


def fold(text: str) -> str:
    """`text` as it is looked at: same length; what is already masked is filled with FILLER."""
    folded = text.translate(_FOLD)
    if "**" not in folded and "▇▇▇[" not in folded:
        return folded
    return _MASKED.sub(lambda found: FILLER * len(found[0]), folded)


def disjoint(hits: Iterable[Hit]) -> list[Hit]:
    """`hits` in order, of overlapping ones the first, of those that begin together the longest."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept
