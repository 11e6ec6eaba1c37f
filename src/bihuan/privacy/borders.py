"""What may stand directly beside a number without making it a part of something longer. Pure; a bounded look.

Blanks, signs and Han characters always may. Latin letters and `_` hold identifiers together, but file names, keys and
hurried people glue words to numbers, too: how much may be glued depends on how little chance could make such a number.
"""

import re

from bihuan.privacy.spans import Kind

#: How far left is looked.
REACH = 24

_BANKS = (
    "abc|amex|boc|bocom|bob|bos|ccb|ceb|cebb|cgb|cib|citic|cmb|cmbc|cup|diners|discover|gdb|hsbc|hxb|icbc|jcb"
    "|mastercard|njcb|nbcb|pab|pingan|psbc|spdb|union ?pay|visa"
)
_WORDS = "account|acct|bank|card|cell|credit|debit|kahao|my|no|num|number|pan|phone|sms|tel|telephone|mob|mobile|shouji|shoujihao|yinhangka"
#: Words which may be glued to a mobile; glued to any other, it is part of an identifier.
_BEFORE_MOBILE = re.compile(
    rf"(?:{_WORDS}){{1,3}}|amex|dianhua|is|mastercard|qq|sj|sjh|to|user|v|visa|vx|wechat|weixin|wx|x"
)
_BEFORE_CARD = re.compile(
    rf"(?:{_WORDS}|{_BANKS}|id){{1,3}}|dianhua|is|kh|qq|sfz|to|v|vx|wechat|weixin|wx|x|yhk|zjh"
)
_AFTER = frozenset({
    "and", "cvc", "cvn", "cvv", "exp", "expiry", "ext", "is", "my", "or", "pin", "the", "tel", "valid", "x",
})  # fmt: skip
_LETTERS_BEFORE = re.compile(r"[a-z]{0,16}\Z")
_LETTERS_AFTER = re.compile(r"[a-z]{0,12}")
_ENUMERATION = re.compile(r"(?:^|[\n;,:、。]|[0-9]{7} )[ ]?[1-9][0-9]?\.\Z")

#: A part of a file name or a key, up to its `_`.
_PART_BEFORE = re.compile(r"([0-9a-z]*)_\Z")
_PART_AFTER = re.compile(r"_([0-9a-z]*)")
#: Parts behind which a number counts something.
_COUNTING = frozenset({
    "batch", "evt", "job", "msg", "no", "ord", "order", "ref", "req", "seq", "serial", "sn", "task", "ticket",
    "time", "timestamp", "trace", "trade", "trx", "ts", "tx", "txn",
})  # fmt: skip
#: As many digits are a date, an ID or another number by itself; fewer count.
_LEAST_WHOLE = 6

#: What stands for another character: JSON's `\u53f7` and `\n`, a URL's `%3A`. Its digits and letters are no neighbours.
_ESCAPE = re.compile(
    r"\\(?:u[0-9a-f]{4}|[nrt](?=[0-9+]))|%(?:25)?(?:0[9ad]|2[0-9a-f]|3[a-f]|5[bd]|7[bcd])(?=[0-9+%])"
)


def without_escapes(folded: str) -> str:
    """`folded` with blanks where escapes stood, as long as before."""
    if "\\" not in folded and "%" not in folded:
        return folded
    return _ESCAPE.sub(lambda found: " " * len(found[0]), folded)


def is_free(folded: str, start: int, end: int, kind: Kind) -> bool:
    """Whether nothing makes the number part of a longer one: a glued identifier, or the decimals of a fraction."""
    before = folded[max(0, start - REACH) : start]
    if not _may_follow(before, kind) or not _may_precede(folded, start, end, kind):
        return False
    is_decimals = before.endswith(".") and before[-2:-1].isdecimal()
    return not is_decimals or (_ENUMERATION.search(before) is not None and not _is_alone(folded, start, end))


def _may_follow(before: str, kind: Kind) -> bool:
    """Whether a number of this kind may stand directly behind `before`."""
    if before.endswith("_"):
        return kind == "id_number" or _is_part_beside(_PART_BEFORE.search(before), kind)
    # Region, date of birth and check digit together are no chance, whatever letters stand before them.
    if not "a" <= before[-1:] <= "z" or kind == "id_number":
        return True
    letters = _LETTERS_BEFORE.search(before)
    if letters is None:
        return True
    known = _BEFORE_MOBILE if kind == "mobile" else _BEFORE_CARD
    return known.fullmatch(letters[0]) is not None and not before[: letters.start()][-1:].isdecimal()


def _may_precede(folded: str, start: int, end: int, kind: Kind) -> bool:
    """Whether what stands directly behind the number may stand there."""
    following = folded[end : end + 1]
    if following != "_":
        letters = _LETTERS_AFTER.match(folded, end) if "a" <= following <= "z" else None
        return letters is None or letters[0] in _AFTER
    # A short count ends the name of a file ("…_1.jpg") where a word begins it; without one it is an identifier's.
    return (
        kind != "mobile"
        or _is_part_beside(_PART_AFTER.match(folded, end, end + REACH), kind)
        or folded[start - 1 : start] == "_"
    )


def _is_part_beside(part: re.Match[str] | None, kind: Kind) -> bool:
    """Whether what `_` parts from a number is a word or, beside a mobile, a whole number, or nothing; not more of an
    identifier.
    """
    name = part[1] if part else ""
    if kind == "card_number" or not name or name.isalpha():
        return name not in _COUNTING
    return name[:-1].isdecimal() and len(name) >= _LEAST_WHOLE


def _is_alone(folded: str, start: int, end: int) -> bool:
    """Whether the text is nothing but this number and what stands before its point: a decimal, no item of a list."""
    return start <= 4 and not folded[end : end + 8].strip()
