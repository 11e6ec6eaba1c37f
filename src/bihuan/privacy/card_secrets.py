"""What authenticates a card besides its CVV: expiry date and track data; and the answers to security questions. Pure.

Class C3 in JR/T 0171-2020 and T/PCAC 0001-2023 §6.1: destroyed, never stored. An expiry date stands beside a card: alone it
may be a coupon's.
"""

import re
from collections.abc import Iterator, Sequence

from bihuan.privacy.beside import is_inside_a_word
from bihuan.privacy.fold import Folded
from bihuan.privacy.prefixes import is_card
from bihuan.privacy.spans import Hit

_MONTH = r"(?:0[1-9]|1[0-2])"
_EXPIRY = (
    rf"(?:{_MONTH} ?[/.-] ?(?:20)?[2-4][0-9]|20[2-4][0-9] ?[/.年-] ?{_MONTH}月?|20[2-4][0-9]年[1-9]月|[1-9]/(?:20)?[2-4][0-9]"
    rf"|{_MONTH}月?[2-4][0-9]年?|[2-4][0-9]年{_MONTH}月?|{_MONTH}[2-4][0-9])(?![0-9年]|[./-][0-9])"
)
_EXPIRY_WORD = re.compile(
    rf"(?:有效期限?|有效日期|有效期间|效期|到期日|到期|expiry(?: date)?|expires?|expiration(?: date)?|exp(?:\.|(?![a-z]))|valid (?:thru|through|until|till|to)|good thru)"
    rf"(?:[ \n:=,.\"'()【】（）“”-]|是|为|為|到|至|截止|is|was|on){{0,6}}({_EXPIRY})"
)
_EXPIRY_STEMS = ("效期", "有效", "到期", "exp", "valid ", "good thru")
_CARD_NEAR = re.compile(r"卡|card|cv[vnc]|visa|mastercard|银联|pan(?![a-z])")
_NO_CARD = re.compile(
    r"券|优惠|活动|权益|积分|身份证|证件|护照|合同|coupon|voucher|offer|points|passport|promo"
)
_BEHIND_CARD = re.compile(
    rf"[ ,/|、\n]{{1,3}}({_MONTH} ?[/-] ?(?:20)?[2-4][0-9]|{_MONTH}[2-4][0-9])(?![0-9/.-])(?:[ ,/|、\n]{{1,3}}([0-9]{{3}})(?![0-9]|[.,][0-9]|[ ]?(?:元|块|次|笔)))?"
)

#: Track 1 with its sentinel; track 2, whose fields "D" parts where a chip gives it.
_TRACK = re.compile(
    r"%?b ?[0-9][0-9 ]{11,22}\^[^\^\n]{2,26}\^[0-9]{4}[0-9a-z =;?%]{3,60}|;?([0-9]{12,19})[=d][0-9]{7,30}\??"
)

_TRACK_SIGN = re.compile(r"[0-9^](?:(?<=\^)|[0-9]{11}[=d][0-9])")

_ANSWER_WORD = re.compile(
    "答案|"
    + "|".join(
        f"{whose}{of}{what}"
        for whose in ("母亲", "妈妈", "父亲", "配偶", "宠物")
        for of in ("的", "")
        for what in ("姓名", "名字", "娘家姓")
    )
    + r"|answer(?: to (?:my|the|your) (?:security|secret) question)?(?![a-z])|mother'?s maiden name|first pet(?:'s name)?|memorable (?:word|answer)"
)
_ANSWER_STEMS = ("答案", "姓名", "名字", "娘家", "answer", "maiden", "first pet", "memorable")
#: An answer is a secret only of such a question.
_ASKED = re.compile(r"(?:密保|安全|提示|密码|找回|secret|security)[^。;\n]{0,24}$")
_ANSWER = re.compile(
    r"[ \"'“”]{0,2}(?:[:=]|是|为|就是|我设的是|填的是|is |was |-)[ \"'“”:【「]{0,3}([^ \n,;。!?，；、\"'“”】」▇][^\n,;。!?，；、\"'“”】」▇]{0,30})"
)
_NO_ANSWER = re.compile(
    r"什么|多少|哪|怎么|不|忘|没|错|为|正确|空|not |wrong|incorrect|what|invalid|missing|required|blocked|no longer"
)


def find_card_secrets(folded: Folded, cards: Sequence[Hit]) -> Iterator[Hit]:
    """Expiry dates beside `cards` (or a word for one), track data, security answers."""
    text = folded.text
    if any(stem in text for stem in _EXPIRY_STEMS):
        yield from _expiry_dates(text, cards)
    for card in cards:
        if found := _BEHIND_CARD.match(text, card.end):
            yield Hit(found.start(1), found.end(1), "expiry")
            if found[2]:
                yield Hit(found.start(2), found.end(2), "cvv", "", "likely")
    for start, end in folded.windows if _TRACK_SIGN.search(folded.near) else ():
        for found in _TRACK.finditer(text, start, end):
            if _is_track(text, found):
                yield Hit(found.start(), found.end(), "track_data")
    if any(stem in text for stem in _ANSWER_STEMS):
        yield from _answers(text)


def _answers(text: str) -> Iterator[Hit]:
    for word in _ANSWER_WORD.finditer(text):
        answer = _ANSWER.match(text, word.end())
        if word[0] in ("答案", "answer") and not _ASKED.search(text, max(0, word.start() - 32), word.start()):
            continue
        if answer and not _NO_ANSWER.match(answer[1].strip()):
            end = answer.end(1) - (len(answer[1]) - len(answer[1].rstrip(" .")))
            yield Hit(answer.start(1), end, "security_answer")


def _expiry_dates(text: str, cards: Sequence[Hit]) -> Iterator[Hit]:
    for found in _EXPIRY_WORD.finditer(text):
        if is_inside_a_word(text, found.start()):
            continue
        around = text[max(0, found.start() - 40) : found.end() + 40]
        is_beside = any(card.end > found.start() - 80 and card.start < found.end() + 80 for card in cards)
        if is_beside or (_CARD_NEAR.search(around) and not _NO_CARD.search(around)):
            yield Hit(found.start(1), found.end(1), "expiry", "", "certain" if is_beside else "likely")


def _is_track(text: str, found: re.Match[str]) -> bool:
    """Track 2 without its sentinel only where a card number leads it."""
    return found[1] is None or (is_card(found[1]) and not is_inside_a_word(text, found.start()))
