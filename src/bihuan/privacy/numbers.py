"""Card numbers, resident IDs and mobiles in a folded text. Pure; linear: every step looks at a bounded neighbourhood.

A *block* is an unbroken run of digits; a *chain* is blocks with at most three blanks or dashes between them. A number is
one whole block or several whole neighbouring blocks: never a part of a longer run of digits.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from bihuan.privacy.borders import REACH, is_free, without_escapes
from bihuan.privacy.prefixes import MOBILE, is_card, is_old_resident_id, is_resident_id, scheme_of
from bihuan.privacy.spans import Hit

_CHAIN = re.compile(r"[0-9][0-9 \n-]{10,}")
_DIGITS = re.compile(r"[0-9]+")
_MAX_GAP = 3
_MAX_BLOCKS = 6
#: A number dictated digit by digit ("6 2 2 2 …") is one block if it has this many digits.
_DICTATED = range(11, 20)
_MOBILE_SHAPES = frozenset({(3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (4, 3, 4), (3, 3, 5)})
#: Of these, a group of four before them makes it a longer number.
_LATE_SHAPES = frozenset({(4, 4, 3), (4, 3, 4)})
#: A single digit that counts ("4-digit code"), and digits that do ("585元", the next item's "2.").
_COUNTING = re.compile(r"[ -]?(?:digit|位|期|个月|month)")
_COUNTED = re.compile(r" ?(?:[元块万笔次张期年月日号位%)、]|[.,:/](?![ \n]|\Z)|\. ?[0-9])")
_CHECK_X = re.compile(r"[ -]?x(?![a-z0-9])")
_COUNTRY = re.compile(r"(?:00)?86(?=1)")

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])")

_CARD_WORD = r"(?:卡号|卡號|银行卡|銀行卡|储蓄卡|借记卡|账号|(?<![a-z])(?:bank)?(?:card|pan)(?:_?(?:no|num|number))?(?![a-z]))"
_CARD_LINK = r"(?:[ \n:=.#\"'“”(\[-]|号码?|就?是|为|為|我的|(?:number|no|num|is)(?![a-z]))"
_CARD_BEFORE = re.compile(rf"{_CARD_WORD}{_CARD_LINK}{{0,12}}\Z")
_CARD_AFTER = re.compile(rf"[ \n]?(?:就?是|为|is)[ ]?(?:我的|这张|该|my|the|your)?[ ]?{_CARD_WORD}")
_PHONE_BEFORE = re.compile(
    r"(?:手机|手機|电话|電話|联系|聯絡|致电|致電|回电|来电|拨打|(?<![a-z])(?:call|phone|mobile|cell|tel))[^0-9\n]{0,12}\Z"
)
#: Words by which digits are no card, even where they pass its check by chance.
_ID_BEFORE = re.compile(r"(?:身[份分][证證]|证号|id card)[^0-9\n;,。]{0,8}\Z")
_ACCOUNT_BEFORE = re.compile(r"(?:[账帐賬帳][号號户戶]|account(?: n(?:o|umber))?)[ :.是为]{0,3}\Z")
_GOES_ON = re.compile(r"[ -][0-9]{1,3}(?![0-9]|[ ]?[元块笔次/.:]|[ -][0-9])")


class _Block(NamedTuple):
    start: int
    end: int
    digits: str


def find_numbers(folded: str) -> list[Hit]:
    """Every card number, resident ID and mobile in `folded`, in order, none overlapping."""
    hits: list[Hit] = []
    folded = without_escapes(folded)
    for run in _CHAIN.finditer(folded):
        for chain in _chains(folded, run.start(), run.end()):
            hits.extend(_find_in_chain(folded, chain))
    return hits


def _chains(folded: str, start: int, end: int) -> Iterator[list[_Block]]:
    """The blocks between `start` and `end`, cut where the gap between two is too wide."""
    chain: list[_Block] = []
    for found in _DIGITS.finditer(folded, start, end):
        if found.end() - found.start() == 1 and _COUNTING.match(folded, found.end()):
            continue
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
    used = 0
    for place, block in enumerate(chain):
        if block.start < used:
            continue
        hit = _whole_block(folded, block)
        if hit is None:
            groups.append(block)
            continue
        if hit.kind == "mobile" and groups and (split := _split_id(folded, groups[-1], block)):
            hit = split
            groups.pop()
        yield from _find_grouped(folded, groups)
        longer = _longer_card(folded, block, chain[place + 1]) if place + 1 < len(chain) else None
        yield longer or hit
        used = (longer or hit).end
        groups = []
    yield from _find_grouped(folded, groups)


def _split_id(folded: str, region: _Block, block: _Block) -> Hit | None:
    """The resident ID that ends in X whose region stands before what looks like a mobile: its date of birth, 198…"""
    if len(region.digits) != 6 or len(block.digits) != 11:
        return None
    hit = _resident_id(folded, region.start, block.end, region.digits + block.digits)
    return hit if hit and is_free(folded, region.start, hit.end, hit.kind) else None


def _longer_card(folded: str, block: _Block, tail: _Block) -> Hit | None:
    """The card of 19 digits whose last three or fewer stand at the next line's beginning, where the first ones happen to
    be a card, too.
    """
    digits = block.digits + tail.digits
    if len(digits) != 19 or len(tail.digits) > 3 or "\n" not in folded[block.end : tail.start]:
        return None
    if scheme_of(digits) != "unionpay" or _COUNTED.match(folded, tail.end):
        return None
    hit = _card(folded, block.start, tail.end, digits)
    return hit if hit and is_free(folded, block.start, tail.end, hit.kind) else None


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
    return hit if hit and is_free(folded, start, hit.end, hit.kind) else None


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
            if hit.kind != "card_number" or not _may_go_on(digits, blocks, at + count):
                break
    return best


def _may_go_on(digits: str, blocks: list[_Block], place: int) -> bool:
    """Whether the next group may belong to this card, too: of the schemes with up to 19 digits; where Maestro's are as
    short as twelve, only if nothing follows it. After any other card another number begins.
    """
    scheme = scheme_of(digits)
    return scheme == "unionpay" or (scheme == "maestro" and place == len(blocks) - 1)


def _grouped(folded: str, group: list[_Block], digits: str) -> Hit | None:
    """`group` as one resident ID, card number or mobile."""
    start, end = group[0].start, group[-1].end
    hit = _resident_id(folded, start, end, digits)
    if hit is None and all(len(block.digits) >= 3 for block in group[:-1]):
        hit = _card(folded, start, end, digits)
    hit = hit or _grouped_mobile(folded, group)
    return hit if hit and is_free(folded, start, hit.end, hit.kind) else None


def _resident_id(folded: str, start: int, end: int, digits: str) -> Hit | None:
    """18 digits, or 17 and an X, which a blank may part from them."""
    if len(digits) == 17 and (check := _CHECK_X.match(folded, end)):
        return Hit(start, check.end(), "id_number", digits + "X") if is_resident_id(digits + "X") else None
    if not is_resident_id(digits) or (
        is_card(digits) and _CARD_BEFORE.search(folded[max(0, start - REACH) : start])
    ):
        return None
    return Hit(start, end, "id_number", digits)


def _card(folded: str, start: int, end: int, digits: str) -> Hit | None:
    """A card number; a 62 number that fails Luhn only directly beside the word: old debit numbers do fail it."""
    if scheme_of(digits) is None or _is_in_uuid(folded, start, end):
        return None
    if _is_called_otherwise(folded, start, end, digits):
        return None
    if is_card(digits) or (digits.startswith("62") and _has_card_word(folded, start, end)):
        return Hit(start, end, "card_number", digits)
    return None


def _is_called_otherwise(folded: str, start: int, end: int, digits: str) -> bool:
    """Whether a word makes it an old resident ID, or an account that goes on behind these groups."""
    before = folded[max(0, start - REACH) : start]
    if is_old_resident_id(digits) and _ID_BEFORE.search(before):
        return True
    return _GOES_ON.match(folded, end) is not None and _ACCOUNT_BEFORE.search(before) is not None


def _has_card_word(folded: str, start: int, end: int) -> bool:
    before = folded[max(0, start - REACH) : start]
    return _CARD_BEFORE.search(before) is not None or _CARD_AFTER.match(folded, end, end + REACH) is not None


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
    if shape in _LATE_SHAPES and re.search(r"[0-9]{4}[ -]\Z", folded[max(0, start - 5) : start]):
        return None
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
        breaks == 1 and _PHONE_BEFORE.search(folded, max(0, start - REACH), start) is not None
    )


def _is_foreign(folded: str, block: _Block) -> bool:
    """Whether a plus stands directly before a national number: `+1 380…` is another country's."""
    return folded[block.start - 1 : block.start] == "+" and not block.digits.startswith("86")


def _is_dashed_on(folded: str, start: int, end: int) -> bool:
    """Whether a dash and a digit go on before or behind; a country code before does not count."""
    before = folded[max(0, start - 6) : start]
    is_led = (
        re.search(r"[0-9]-\Z", before) is not None and re.search(r"(?<![0-9])(?:00)?86-\Z", before) is None
    )
    return is_led or re.match(r"-[0-9]", folded[end : end + 2]) is not None


def _is_fraction(folded: str, end: int) -> bool:
    """Whether `.digit` follows: the number is the whole part of a decimal."""
    return folded[end : end + 1] == "." and folded[end + 1 : end + 2].isdecimal()


def _is_in_uuid(folded: str, start: int, end: int) -> bool:
    """Whether a UUID covers any of it."""
    found = _UUID.search(folded, max(0, start - 36), end + 36)
    return found is not None and found.start() < end and found.end() > start
