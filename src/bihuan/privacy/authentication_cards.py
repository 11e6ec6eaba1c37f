"""The CVV named by words that alone may name something else: 背面, 后三位, CSC, "3-digit code". Pure, linear.

They count only beside a card: its number, or a word for one, within forty characters. Three digits follow, or the four on the
front of an American Express card.
"""

import re
from collections.abc import Iterator

from bihuan.privacy.authentication_values import Value, cvv_at
from bihuan.privacy.authentication_words import LINK, MAX_GAP
from bihuan.privacy.prefixes import is_card

_WITHIN = 40
_LONGEST_WORD = 60
_THREE_DIGITS = r"(?:last )?(?:3|three)[ -]?(?:digits?|numbers?)(?: (?:security )?(?:code|number))?(?: on(?: the| its)? (?:back|reverse|rear))?(?: of(?: the| my)? card)?"
_BACK_WORD = re.compile(r"背面(?:的)?(?:数字|數字)?")
_LAST_WORD = re.compile(r"[后後末尾][三3][位碼码](?:数字?|數字?|码|碼)?")
_CHECK_WORD = re.compile(r"校验码|校驗碼|验证码|驗證碼")
_LATIN_WORD = re.compile(
    rf"csc|cid|sec(?:urity|\.)? (?:code|number|no\.?)(?: on the (?:back|front))?|security_?code|verification_?value"
    rf"|{_THREE_DIGITS}|(?:4|four)[ -]digit (?:security )?(?:code|number)"
)
#: What is in each word, the pattern, and how far before it the word may begin: to find a literal is quicker than a pattern.
_LATIN_WORDS = (
    *((latin, _LATIN_WORD, 0) for latin in ("csc", "cid", "sec", "verification")),
    ("digit", _LATIN_WORD, 11),
)
_HAN_WORDS = (("背面", _BACK_WORD, 0), ("三位", _LAST_WORD, 1), ("3位", _LAST_WORD, 1))
#: All with 码 or 碼.
_HAN_CODES = (
    *((last, _LAST_WORD, 1) for last in ("三码", "三碼", "3码", "3碼")),
    *((check, _CHECK_WORD, 0) for check in ("校验码", "校驗碼", "验证码", "驗證碼")),
)
#: Without one of these, or a card's many digits, no card is near.
_ANY_DIGIT = re.compile("[0-9]")
_CARD_SIGN = re.compile(r"[0-9](?:[ -]?[0-9]){11}")
_CARD_WORD = re.compile(
    r"卡|(?<![a-z])card|visa|master|amex|american express|运通|運通|银联|銀聯|cardno|card_?num|(?<![a-z])pan(?![a-z])"
)
_FOUR = re.compile(
    r"amex|american express|运通|運通|(?<![0-9])3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}(?![0-9])"
)
_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){11,18}(?![0-9])")
#: Whose last three digits these are, if not the signature strip's.
_NOT_OF_CARD = re.compile(
    r"(?:尾号|尾號|身份证|身份證|证件|手机|手機|电话|電話|卡号?|卡號|单号?|單號|账号?|帐号?|[号號]码?碼?|流水|编号|id|phone|number|order|card|account)"
    r"(?:的|是|为|[ :'s])*$"
)
_LINKS_BEHIND = re.compile(r" (?:are|is|was|on|at|the|my|back|front|of|card)(?![a-z])")


def find_card_codes(text: str) -> Iterator[Value]:
    """Every CVV beside a card which only such a word names."""
    if not _mentions_a_card(text):
        return
    words = _LATIN_WORDS if text.isascii() else _HAN_WORDS + _LATIN_WORDS
    for stem, pattern, before in words + _HAN_CODES if "码" in text or "碼" in text else words:
        at = text.find(stem)
        while at >= 0:
            word = pattern.search(text, max(0, at - before), at + _LONGEST_WORD)
            if word and word.start() <= at < word.end() and (found := _beside(text, word)):
                yield found
            at = text.find(stem, at + len(stem))


def _mentions_a_card(text: str) -> bool:
    has_word = "card" in text or "卡" in text or "visa" in text or "amex" in text or "银联" in text
    return (_ANY_DIGIT if has_word else _CARD_SIGN).search(text) is not None


def _beside(text: str, word: re.Match[str]) -> Value | None:
    at = _gap_after(text, word.end())
    if not "0" <= text[at : at + 1] <= "9" or not _names_a_cvv(text, word):
        return None
    found = cvv_at(text, at)
    if found and _has_its_length(text, word, found) and _is_beside_a_card(text, word.start(), found.end):
        return found
    return None


def _gap_after(text: str, start: int) -> int:
    at = start
    while (link := LINK.match(text, at)) and link.end() - start <= MAX_GAP:
        at = link.end()
    return at


def _names_a_cvv(text: str, word: re.Match[str]) -> bool:
    before = text[max(0, word.start() - 12) : word.start()]
    if word[0][0] < "{":
        return re.search(r"[a-z0-9_]\Z", before) is None
    return word[0][0] not in "后後末尾" or _NOT_OF_CARD.search(before) is None


def _has_its_length(text: str, word: re.Match[str], value: Value) -> bool:
    count = sum(c.isdecimal() for c in text[value.start : value.end])
    is_four = word[0] == "cid" or word[0][0] in "4f"
    if count == 3:
        return not is_four
    around = text[max(0, word.start() - 2 * _WITHIN) : value.end + 2 * _WITHIN]
    return _FOUR.search(around) is not None or (
        (is_four or word[0].startswith("sec")) and _has_card_number(around)
    )


def _is_beside_a_card(text: str, start: int, end: int) -> bool:
    before, behind = text[max(0, start - 2 * _WITHIN) : start], text[end : end + _WITHIN]
    # A number said digit by digit is itself as long as the window.
    return (
        _CARD_WORD.search(before[-_WITHIN:] + "\n" + behind) is not None
        or _has_card_number(before)
        or _has_card_number(behind)
    )


def _has_card_number(around: str) -> bool:
    return any(is_card(re.sub("[ -]", "", found[0])) for found in _NUMBER.finditer(around))
