"""Card numbers, resident IDs and mobiles in a folded text. Pure; linear: every step looks at a bounded neighbourhood.

A *block* is an unbroken run of digits; a *chain* is blocks with at most three blanks or dashes between them. A number is
one whole block or several whole neighbouring blocks: never a part of a longer run of digits.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from bihuan.privacy.prefixes import MOBILE, is_card, is_resident_id, scheme_of
from bihuan.privacy.spans import Hit

_CHAIN = re.compile(r"[0-9][0-9 \n-]{10,}")
_DIGITS = re.compile(r"[0-9]+")
_MAX_GAP = 3
_MAX_BLOCKS = 6
#: A number dictated digit by digit ("6 2 2 2 …") is one block if it has this many digits.
_DICTATED = range(11, 20)
_MOBILE_SHAPES = frozenset({(3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (4, 3, 4), (3, 3, 5)})
_CHECK_X = re.compile(r"[ -]?x(?![a-z0-9])")
_COUNTRY = re.compile(r"(?:00)?86(?=1)")

#: Words which may be glued to a number in Latin letters; glued to any other, it is part of an identifier.
_GLUE_BEFORE = frozenset({
    "acct", "account", "amex", "bank", "card", "cardno", "cell", "credit", "debit", "dianhua", "is", "kahao",
    "mastercard", "mobile", "mob", "no", "num", "number", "pan", "phone", "qq", "shouji", "shoujihao", "sms", "tel",
    "telephone", "to", "v", "visa", "vx", "wechat", "weixin", "wx", "x", "yinhangka",
})  # fmt: skip
_GLUE_AFTER = frozenset({
    "and", "cvc", "cvn", "cvv", "exp", "expiry", "ext", "is", "my", "or", "pin", "the", "tel", "valid", "x",
})  # fmt: skip
_WORD_BEFORE = re.compile(r"[a-z_]{0,12}$")
_WORD_AFTER = re.compile(r"[a-z_]{0,12}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])")
_ENUMERATION = re.compile(r"(?:^|[\n;,:、。]|[0-9]{7} )[ ]?[1-9][0-9]?\.$")

_CARD_WORD = r"(?:卡号|卡號|银行卡|銀行卡|储蓄卡|借记卡|账号|(?<![a-z])(?:card|pan)(?![a-z]))"
_CARD_LINK = r"(?:[ \n:=.#\"'“”(\[-]|号码?|就?是|为|為|我的|(?:number|no|num|is)(?![a-z]))"
_CARD_BEFORE = re.compile(rf"{_CARD_WORD}{_CARD_LINK}{{0,12}}$")
_CARD_AFTER = re.compile(rf"[ \n]?(?:就?是|为|is)[ ]?(?:我的|这张|该|my|the|your)?[ ]?{_CARD_WORD}")
_PHONE_BEFORE = re.compile(
    r"(?:手机|电话|联系|致电|回电|来电|拨打|(?<![a-z])(?:call|phone|mobile|cell|tel))[^0-9\n]{0,12}$"
)


class _Block(NamedTuple):
    start: int
    end: int
    digits: str


def find_numbers(folded: str) -> list[Hit]:
    """Every card number, resident ID and mobile in `folded`, in order, none overlapping."""
    hits: list[Hit] = []
    for run in _CHAIN.finditer(folded):
        for chain in _chains(folded, run.start(), run.end()):
            hits.extend(_find_in_chain(folded, chain))
    return hits


def _chains(folded: str, start: int, end: int) -> Iterator[list[_Block]]:
    """The blocks between `start` and `end`, cut where the gap between two is too wide."""
    chain: list[_Block] = []
    for found in _DIGITS.finditer(folded, start, end):
        if chain and found.start() - chain[-1].end > _MAX_GAP:
            yield _join_dictated(folded, chain)
            chain = []
        chain.append(
            _Block(
                found.start(),
                found.end(),
                found[0] if found.end() - found.start() < 20 else "",
            )
        )
    if chain:
        yield _join_dictated(folded, chain)


def _join_dictated(folded: str, chain: list[_Block]) -> list[_Block]:
    """`chain` with every stretch of single digits made one block, which is empty (never a number) if it has too many. A
    line's end closes one that is long enough: what follows is the number of the next item.
    """
    joined: list[_Block] = []
    singles: list[_Block] = []
    for block in [*chain, _Block(0, 0, "")]:
        is_next_item = len(singles) >= _DICTATED.start and "\n" in folded[singles[-1].end : block.start]
        if len(block.digits) == 1 and not is_next_item:
            singles.append(block)
            continue
        if len(singles) < _DICTATED.start:
            joined.extend(singles)
        else:
            digits = "".join(b.digits for b in singles) if len(singles) in _DICTATED else ""
            joined.append(_Block(singles[0].start, singles[-1].end, digits))
        singles = []
        if block.end:
            joined.append(block)
    return joined


def _find_in_chain(folded: str, chain: list[_Block]) -> Iterator[Hit]:
    """Whole blocks first; then what is written in groups, among the blocks between those."""
    groups: list[_Block] = []
    for block in chain:
        hit = _whole_block(folded, block)
        if hit is None:
            groups.append(block)
            continue
        yield from _find_grouped(folded, groups)
        yield hit
        groups = []
    yield from _find_grouped(folded, groups)


def _find_grouped(folded: str, blocks: list[_Block]) -> Iterator[Hit]:
    """Numbers written in groups, leftmost first."""
    at = 0
    while at < len(blocks) - 1:
        hit, used = _grouped_at(folded, blocks, at)
        if hit is not None:
            yield hit
        at += used


def _whole_block(folded: str, block: _Block) -> Hit | None:
    """`block` (and an X behind it) as one number."""
    start, end, digits = block
    if len(digits) < 11:
        return None
    hit = (
        _resident_id(folded, start, end, digits)
        or _card(folded, start, end, digits)
        or _mobile(folded, block)
    )
    return hit if hit and _is_free(folded, start, hit.end) else None


def _grouped_at(folded: str, blocks: list[_Block], at: int) -> tuple[Hit | None, int]:
    """The best number that begins with block `at` and has several; and how many blocks it used, else 1."""
    best: tuple[Hit | None, int] = (None, 1)
    digits = blocks[at].digits
    for count in range(2, min(_MAX_BLOCKS, len(blocks) - at) + 1 if digits else 0):
        block = blocks[at + count - 1]
        digits += block.digits
        if not block.digits or len(digits) > 19:
            break
        hit = _grouped(folded, blocks[at : at + count], digits) if len(digits) >= 11 else None
        if hit is not None:
            best = (hit, count)
            # A UnionPay number may go on to 19 digits; after any other, what follows is another number.
            if hit.kind != "card_number" or scheme_of(digits) != "unionpay":
                break
    return best


def _grouped(folded: str, group: list[_Block], digits: str) -> Hit | None:
    """`group` as one resident ID, card number or mobile."""
    start, end = group[0].start, group[-1].end
    hit = _resident_id(folded, start, end, digits)
    if hit is None and all(len(block.digits) >= 3 for block in group[:-1]):
        hit = _card(folded, start, end, digits)
    hit = hit or _grouped_mobile(folded, group)
    return hit if hit and _is_free(folded, start, hit.end) else None


def _resident_id(folded: str, start: int, end: int, digits: str) -> Hit | None:
    """18 digits, or 17 and an X, which a blank may part from them."""
    if len(digits) == 17 and (check := _CHECK_X.match(folded, end)):
        return Hit(start, check.end(), "id_number", digits + "X") if is_resident_id(digits + "X") else None
    if not is_resident_id(digits) or (
        is_card(digits) and _CARD_BEFORE.search(folded[max(0, start - 24) : start])
    ):
        return None
    return Hit(start, end, "id_number", digits)


def _card(folded: str, start: int, end: int, digits: str) -> Hit | None:
    """A card number; a 62 number that fails Luhn only directly beside the word: old debit numbers do fail it."""
    if scheme_of(digits) is None or _is_in_uuid(folded, start, end):
        return None
    if is_card(digits) or (digits.startswith("62") and _has_card_word(folded, start, end)):
        return Hit(start, end, "card_number", digits)
    return None


def _has_card_word(folded: str, start: int, end: int) -> bool:
    before = folded[max(0, start - 24) : start]
    return _CARD_BEFORE.search(before) is not None or _CARD_AFTER.match(folded, end, end + 24) is not None


def _mobile(folded: str, block: _Block) -> Hit | None:
    """A mobile in one block, the country code before it left outside."""
    country = _COUNTRY.match(block.digits)
    start = block.start + (country.end() if country else 0)
    digits = block.digits[country.end() :] if country else block.digits
    if block.end - block.start != len(block.digits):  # dictated: the country code has no place of its own
        start = block.start
    if not MOBILE.fullmatch(digits) or _is_fraction(folded, block.end):
        return None
    return None if _is_foreign(folded, block) else Hit(start, block.end, "mobile", digits)


def _grouped_mobile(folded: str, group: list[_Block]) -> Hit | None:
    """A mobile in one of the usual groupings, not cut out of a longer number with dashes."""
    country = _COUNTRY.match(group[0].digits) if len(group[0].digits) > 4 else None
    head = group[0].digits[country.end() :] if country else group[0].digits
    digits = head + "".join(block.digits for block in group[1:])
    start, end = group[0].start + (country.end() if country else 0), group[-1].end
    shape = (len(head), *(len(block.digits) for block in group[1:]))
    if shape not in _MOBILE_SHAPES or not MOBILE.fullmatch(digits) or _is_fraction(folded, end):
        return None
    gaps = [folded[a.end : b.start] for a, b in pairwise(group)]
    if any(len(gap) > 2 for gap in gaps) or not _may_break(folded, group[0].start, "".join(gaps)):
        return None
    if _is_dashed_on(folded, group[0].start, end) or _is_foreign(folded, group[0]):
        return None
    return Hit(start, end, "mobile", digits)


def _may_break(folded: str, start: int, gaps: str) -> bool:
    """Whether there is no line's end in it, or one, and a word for phones before it: else it is rather a list."""
    breaks = gaps.count("\n")
    return breaks == 0 or (
        breaks == 1 and _PHONE_BEFORE.search(folded, max(0, start - 24), start) is not None
    )


def _is_foreign(folded: str, block: _Block) -> bool:
    """Whether a plus stands directly before a national number: `+1 380…` is another country's."""
    return folded[block.start - 1 : block.start] == "+" and not block.digits.startswith("86")


def _is_dashed_on(folded: str, start: int, end: int) -> bool:
    """Whether a dash and a digit go on before or behind; a country code before does not count."""
    before = folded[max(0, start - 6) : start]
    is_led = re.search(r"[0-9]-$", before) is not None and re.search(r"(?<![0-9])(?:00)?86-$", before) is None
    return is_led or re.match(r"-[0-9]", folded[end : end + 2]) is not None


def _is_fraction(folded: str, end: int) -> bool:
    """Whether `.digit` follows: the number is the whole part of a decimal."""
    return folded[end : end + 1] == "." and folded[end + 1 : end + 2].isdecimal()


def _is_free(folded: str, start: int, end: int) -> bool:
    """Whether nothing makes the number part of a longer one: a glued identifier, or the decimals of a fraction."""
    before = folded[max(0, start - 24) : start]
    word = _WORD_BEFORE.search(before)
    if word and word[0] and (word[0] not in _GLUE_BEFORE or before[: word.start()][-1:].isdecimal()):
        return False
    after = _WORD_AFTER.match(folded, end)
    if after and after[0] not in ("", "x") and after[0] not in _GLUE_AFTER:
        return False
    is_decimals = before.endswith(".") and before[-2:-1].isdecimal()
    return not is_decimals or (_ENUMERATION.search(before) is not None and not _is_alone(folded, start, end))


def _is_alone(folded: str, start: int, end: int) -> bool:
    """Whether the text is nothing but this number and what stands before its point: a decimal, no item of a list."""
    return start <= 4 and not folded[end : end + 8].strip()


def _is_in_uuid(folded: str, start: int, end: int) -> bool:
    """Whether a UUID covers any of it."""
    found = _UUID.search(folded, max(0, start - 36), end + 36)
    return found is not None and found.start() < end and found.end() > start
