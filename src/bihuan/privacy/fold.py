"""The text as the finders read it: small ASCII letters and digits, plain blanks and dashes, nothing invisible. Pure, linear.

Folding keeps code points in place, so an offset in the folded text is one in the original; only where something
invisible was taken out a list says which. What is masked already is filled, so that no finder reads it again.
"""

import re
import unicodedata
from collections.abc import Sequence

from bihuan.privacy.prefixes import MOBILE, is_card, is_resident_id

#: Fills what is already masked; neither digit, letter, blank nor connecting word.
FILLER = "▇"

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff]+"
)
_INVISIBLE_BETWEEN_NUMBERS = re.compile(f"(?<=[0-9]{{11}})(?={_INVISIBLE.pattern}[0-9]{{11}})")
_LINE_ENDS = "\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
#: Enough for every script a desk meets; a hostile text may not fill the memory with the rest of Unicode.
_MOST_KNOWN = 50_000


class _Table(dict[int, int | str]):
    """Code point to its plain form: decimal digits and letters of any width or style, blanks, dashes. Filled as met."""

    def __missing__(self, code: int) -> int | str:
        plain = _plain(chr(code))
        if len(self) < _MOST_KNOWN:
            self[code] = plain
        return plain


def _plain(char: str) -> int | str:
    if char in _LINE_ENDS:
        return "\n"
    if char == "\t" or (char.isspace() and char != "\n"):
        return " "
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    if unicodedata.category(char) == "Pd" or char in "\u2212\u30fc":
        return "-"
    compatible = unicodedata.normalize("NFKC", char)
    # "①" is NFKC "1", but as often a bullet before a number as a digit of one: runs of them are read below.
    if len(compatible) == 1 and compatible.isascii() and not compatible.isdecimal():
        return compatible.lower()
    return ord(char)


_TABLE = _Table()
#: Where a text is not ASCII, looking each character up is slow: the commonest are replaced at once, and of the others only
#: those that are neither plain already nor Han are looked up.
_COMMON = (("，", ","), ("：", ":"), ("（", "("), ("）", ")"), ("！", "!"), ("？", "?"), ("；", ";"))
_UNUSUAL = re.compile("[^ \n!-@\\[-~、。“”‘’「」『』【】《》…·㐀-䶿一-鿿]+")


def _plain_text(text: str) -> str:
    if text.isascii():
        return text.translate(_TABLE)
    for wide, narrow in _COMMON:
        text = text.replace(wide, narrow)
    return _UNUSUAL.sub(lambda found: found[0].translate(_TABLE), text)


def _hides_something(text: str) -> bool:
    """Whether anything invisible may be in it (a line end is not printable either)."""
    return "\ufe0f" in text or "\u20e3" in text or not text.replace("\n", " ").isprintable()


_NUMERALS = {
    **{c: str(n) for n, c in enumerate("零一二三四五六七八九")},
    **{c: str(n) for n, c in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "○": "0", "洞": "0", "幺": "1", "吆": "1", "两": "2", "兩": "2", "貳": "2", "叄": "3", "參": "3", "陸": "6", "拐": "7", "勾": "9",
    **{c: str(n) for first in "⓪⓿" for n, c in enumerate(first)},
    **{chr(first + n): str(n + 1) for first in (0x2460, 0x2474, 0x2488, 0x24F5, 0x2776, 0x2780, 0x278A) for n in range(9)},
    **{chr(0x2080 + n): str(n) for n in range(10)},
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
}  # fmt: skip
_NUMERAL = "[" + "".join(_NUMERALS) + "]"
_SAID = re.compile(rf"[0-9{_NUMERAL[1:-1]}](?:[ ,、/-]?[0-9{_NUMERAL[1:-1]}]){{2,}}")
_TO_DIGITS = str.maketrans(_NUMERALS)

#: Digits one by one with a sign between: "6.2.2.2.…", "6、2、2、2…".
_SPELT = re.compile(
    r"[0-9](?<![0-9].)(?<![0-9][.,/_|、·•].)([.,/_|、·•]) ?[0-9](?:\1 ?[0-9]){9,17}(?![0-9]|[.,/_|、·•] ?[0-9])"
)
#: Groups of a card or a mobile parted by something else than a blank or a dash.
_PARTED = re.compile(
    r"[0-9](?<![0-9].)(?<![0-9][._/|、·•,].)(?:[0-9]{3}(?:([._/|、·•,])[0-9]{4}){2}\1[0-9]{1,4}(?:\1[0-9]{1,3})?"
    r"|(?<=1)[3-9][0-9]([._/|、·•])[0-9]{4}\2[0-9]{4})(?![0-9]|[._/|、·•][0-9])"
)
_SIGN = re.compile(r"[^0-9]")
#: Without this there is neither.
_SIGNED = re.compile(r"[0-9][._/|、·•,:;] ?[0-9]{1,4}[._/|、·•,:;] ?[0-9]")
#: A number that goes on in the next line of a quoted mail, which may have been made one line since.
_QUOTED_ON = re.compile(r"(?<=[0-9])[\n ]>[> ]{0,4}(?=[0-9])")

_LOOKS = str.maketrans("oilsbz|", "0115821"[:7])
_MIXED = re.compile(r"[0-9](?:[oilsbz|]|(?<=[oil|].)[0-9]{5})")
#: "is", "lol": of such letters, too, but no part of the number behind them.
_WORDS_BEFORE = re.compile("(?:[oilsbz|]+[ -])+")
_LOOK_ALIKE = re.compile(r"[0-9oil|](?<![a-z0-9_./-].)(?:[ -]?[0-9oilsbz|]){10,}(?=x?(?![a-z0-9_]))")

#: Five digits at least, however grouped; only beside such a number is a word worth a look.
_LONG_NUMBER = re.compile(r"[0-9](?:[ ()\n-]{0,3}[0-9]){4,}")
_NAMED_WITHIN = 40

#: Our own masks of numbers and our markers (see `mask`), and nothing that only resembles them: what stands on both sides
#: of the stars. Masks of what is written in words need no filling: what is left of it is too little to be found.
_STARS = re.compile(r"\*{2,28}|▇▇▇\[[a-z]{3,6}\]")
_MASKS = tuple(
    (stars, re.compile(left + "$"), re.compile(right))
    for stars, left, right in (
        (range(2, 10), "(?<![0-9])[0-9]{6}", "[0-9]{4}(?![0-9*])"),
        (range(4, 5), r"(?<![0-9])(?:(?:00)?86)?\+?[0-9]{2,4}", "[0-9]{4}(?![0-9*])"),
        (range(4, 5), "(?<![0-9a-z])", "[0-9]{4}(?![0-9*])"),
        (range(4, 29), "(?<![0-9a-z])[0-9a-z]", "[0-9a-z](?![0-9a-z*])"),
    )
)
_LONGEST_LEFT = 9


class Folded:
    """A text and its folded form; `text` is what finders search."""

    __slots__ = ("_at", "_original", "near", "shown", "text", "windows")

    def __init__(self, original: str) -> None:
        self._original = original
        self._at: Sequence[int] | None = None
        #: The text as written, without what is invisible: as long as `text`.
        self.shown = original
        if not original.isascii() and _hides_something(original):
            self.shown = self._without_invisible(original)
        self.text = _read_digits(_fill_masks(_plain_text(self.shown)))
        #: The stretches in which a long number stands, with what may name it on both sides; apart, in order.
        self.windows = _windows(self.text)
        #: What stands in them, in one: to see quickly that some word does not.
        self.near = "\n".join(self.text[start:end] for start, end in self.windows)

    def original_offsets(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in the original."""
        return (start, end) if self._at is None else (self._at[start], self._at[end - 1] + 1)

    def written(self, start: int, end: int) -> str:
        """`text[start:end]` as written in the original."""
        first, last = self.original_offsets(start, end)
        return self._original[first:last]

    def _without_invisible(self, original: str) -> str:
        """The text without what nobody sees, except where it is all that parts two whole numbers."""
        apart = {found.start() for found in _INVISIBLE_BETWEEN_NUMBERS.finditer(_plain_text(original))}
        kept: list[int] = []
        at = 0
        for found in _INVISIBLE.finditer(original):
            kept.extend(range(at, found.start() + (found.start() in apart)))
            at = found.end()
        kept.extend(range(at, len(original)))
        self._at = kept
        return _INVISIBLE.sub(lambda found: " " if found.start() in apart else "", original)


def _windows(folded: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in _LONG_NUMBER.finditer(folded):
        start, end = max(0, number.start() - _NAMED_WITHIN), number.end() + _NAMED_WITHIN
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _fill_masks(folded: str) -> str:
    if "**" not in folded and "▇▇▇[" not in folded:
        return folded
    parts: list[str] = []
    at = 0
    for stars in _STARS.finditer(folded):
        start, end = _mask_around(folded, stars)
        if start < end:
            parts += (folded[at:start], FILLER * (end - start))
            at = end
    return "".join((*parts, folded[at:]))


def _mask_around(folded: str, stars: re.Match[str]) -> tuple[int, int]:
    """Where the mask begins and ends whose stars these are; an empty place if they are none."""
    if stars[0][0] == FILLER:
        return stars.span()
    if folded[stars.start() - 1 : stars.start()] == "*":
        return 0, 0
    for length, left, right in _MASKS:
        if stars.end() - stars.start() in length:
            before = left.search(folded, max(0, stars.start() - _LONGEST_LEFT), stars.start())
            behind = right.match(folded, stars.end())
            if before and behind:
                return before.start(), behind.end()
    return 0, 0


def _read_digits(folded: str) -> str:
    """Numbers as digits: said in Chinese numerals, circled, parted by signs, or written with letters that look alike."""
    if not folded.isascii():
        folded = _SAID.sub(_said, folded)
    if _SIGNED.search(folded):
        folded = _SPELT.sub(lambda found: _SIGN.sub(" ", found[0]), folded)
        folded = _PARTED.sub(lambda found: _SIGN.sub("-", found[0]), folded)
    if ">" in folded:
        folded = _QUOTED_ON.sub(lambda found: " " * len(found[0]), folded)
    return _LOOK_ALIKE.sub(_look_alike, folded) if _MIXED.search(folded) else folded


def _said(found: re.Match[str]) -> str:
    """A run with three numerals or more is a number; one or two beside digits are bullets or words."""
    said = found[0]
    if said.isascii():
        return said
    read = said.translate(_TO_DIGITS)
    if sum(a != b for a, b in zip(said, read, strict=True)) < 3:
        return said
    return re.sub("[,、/]", " ", read)


def _look_alike(found: re.Match[str]) -> str:
    """A number some of whose digits are letters, if it is one as a whole: a card, a resident ID, a mobile."""
    words = _WORDS_BEFORE.match(found[0])
    before = words[0] if words else ""
    written = found[0][len(before) :]
    read = re.sub(r"[^ -]+", _look_alike_group, written)
    digits = re.sub("[ -]", "", read)
    if read == written or not digits.isdecimal() or sum(c.isdecimal() for c in written) < 3:
        return found[0]
    is_number = is_card(digits) or MOBILE.fullmatch(digits.removeprefix("86"))
    is_number = is_number or is_resident_id(digits) or is_resident_id(digits + "X")
    return before + read if is_number else found[0]


def _look_alike_group(group: re.Match[str]) -> str:
    has_digit = any(c.isdecimal() for c in group[0])
    return group[0].translate(_LOOKS) if has_digit or re.fullmatch("[oil|]{3,4}", group[0]) else group[0]
