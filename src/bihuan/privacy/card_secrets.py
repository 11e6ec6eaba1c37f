"""What authenticates a card besides its CVV: expiry date and track data; and the answers to security questions. Pure.

Class C3 in JR/T 0171-2020 and T/PCAC 0001-2023 §6.1: destroyed, never stored. An expiry date stands beside a card: alone it
may be a coupon's.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import attrgetter

from bihuan.privacy.beside import is_inside_a_word
from bihuan.privacy.fold import Folded
from bihuan.privacy.prefixes import is_card
from bihuan.privacy.spans import Hit

_MONTH = r"(?:0[1-9]|1[0-2])"
_YEAR = r"(?:20)?[2-4][0-9]"
_HAN_MONTH = r"(?:十[一二]?|[一二三四五六七八九]|1[0-2]|0?[1-9])"
_SPOKEN = rf"(?:20[2-4][0-9]|[2-4][0-9]|[二三][〇零一二三四五六七八九])年{_HAN_MONTH}(?:月(?:[0-3]?[0-9][日号])?|(?!月))"
_SLASHED = rf"{_MONTH} ?[/.-] ?{_YEAR}|20[2-4][0-9] ?[/.-] ?{_MONTH}"
_EXPIRY = (
    rf"(?:{_SPOKEN}|{_SLASHED}|[1-9]/{_YEAR}|{_MONTH}月?[2-4][0-9]年?|(?:2[4-9]|[34][0-9]){_MONTH}"
    rf"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}[ .,/-]{{0,2}}{_YEAR})(?![0-9年]|[./-][0-9]| ?[天日元分笔次])"
)
_EXPIRY_WORD = re.compile(
    rf"(?:有效期限?|有效日期|有效期间|有效年月|有效月份|效期|到期日|到期(?:年月)?|expir(?:y|es?|ed|ation)(?:[ _]?(?:date|on))?|exp[ _]?date|exp(?:\.|(?![a-z]))|valid[ _]?(?:date|thru|through|until|till|to)|good thru)"
    rf"(?:[ \n:=,.\"'()【】（）“”-]|是|为|為|係|到|至|截止|is|was|on){{0,6}}({_EXPIRY})"
)
_EXPIRY_STEMS = ("效期", "有效", "到期", "exp", "valid", "good thru")
_ENDING_STEMS = ("到期", "过期", "過期", "失效")
#: "2030年7月到期": the date first, which only beside a card is its expiry.
_EXPIRES = "(?:月?底|末)?[就才会會将將即 ]{0,3}(?:到期|过期|過期|失效)"
_ENDING = re.compile(rf"(?<![0-9./-])(?:{_SPOKEN}|{_SLASHED})(?={_EXPIRES})")
#: What else is due on a date: a bill, a loan.
_DUE = re.compile(
    r"(?:账单|賬單|帳單|还款|還款|分期|贷款|貸款|借款|存款|定期|存单|合同|协议|优惠|券|权益|积分|身份证|证件|护照|理财|理財|保单|保險|保险|会员|年费|session|token|payment|loan|bill)[^,;。\n]{0,4}\Z"
)
#: A form's two fields: the month in one, the year in the other.
_EXPIRY_FIELD = re.compile(
    rf"exp(?:iry|ire|iration)?[ _]?(?:month[ \"':=]{{1,5}}(0?[1-9]|1[0-2])|year[ \"':=]{{1,5}}({_YEAR}))(?![0-9])"
)
_CARD_NEAR = re.compile(r"卡|card|cv[vnc]|visa|mastercard|银联|pan(?![a-z])")
_NO_CARD = re.compile(
    r"券|优惠|活动|权益|积分|身份证|证件|护照|合同|coupon|voucher|offer|points|passport|promo"
)
#: What makes a date behind a card the day of a transaction; a payment that failed rather has the card's data before it,
#: unless the year is long past.
_DONE = (
    r"[ ,]{0,2}(?:在|于|於|有|的|被|一笔|日)?(?:消费|消費|交易|扣|还款|還款|入账|入賬|支付|付款|刷|取现|转|轉|退|账单|賬單|帳單|充值|盗|盜|存入|收到|支出|收入|记账"
    r"|charge|purchase|transact|payment|paid|refund|debit|credit|spent|pos|atm|deposit|withdraw|posted|bill|statement|due)"
)
_NO_EXPIRY = rf"(?<=[/-]2[0-4]){_DONE}|(?<![/-]20[2-4][0-9]){_DONE}(?![款卡]?(?:失败|失敗|不了|不成功|被拒))"
#: What makes three digits an amount.
_NO_CODE = r"(?![0-9]|[.,:/-][0-9]|[ ]?(?:[元块笔次年月日天万期号分]|cny|rmb|usd|hkd))"
#: A time of day or an amount.
_NO_EXPIRY_EITHER = (
    r"[ ,]{0,3}(?:[0-9]{1,2}:[0-9]|[¥￥$]|[0-9,]{1,12}(?:\.[0-9]|[ ]?(?:[元块笔次]|cny|rmb|usd|hkd)))"
)
_GAP = r"[ ,/|、\n;]{1,3}"
_BEHIND_CARD = re.compile(
    rf"{_GAP}(?:({_SLASHED}|{_SPOKEN}|{_MONTH}[2-4][0-9]|{_MONTH} ?[|/,;] ?{_YEAR}){_GAP}([0-9]{{3,4}}){_NO_CODE}"
    rf"|({_MONTH} ?[/-] ?{_YEAR}|{_MONTH} ?\| ?20[2-4][0-9]|(?<!\n){_MONTH}[2-4][0-9](?![ ,|]{{1,2}}[0-9]{{1,10}}(?![0-9])))"
    rf"(?![0-9/.-]|{_NO_EXPIRY}|{_NO_EXPIRY_EITHER}| ?[元块笔次天]))"
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


_START = attrgetter("start")


def find_card_secrets(folded: Folded, cards: Sequence[Hit]) -> Iterator[Hit]:
    """Expiry dates beside `cards` (or a word for one), track data, security answers."""
    text = folded.text
    if any(stem in text for stem in _EXPIRY_STEMS):
        yield from _expiry_dates(text, cards)
    if cards:
        yield from _dates_that_end(text, cards)
    for card in cards:
        yield from _behind(text, card)
    for start, end in folded.windows if _TRACK_SIGN.search(folded.near) else ():
        for found in _TRACK.finditer(text, start, end):
            if _is_track(text, found):
                yield Hit(found.start(), found.end(), "track_data")
    if any(stem in text for stem in _ANSWER_STEMS):
        yield from _answers(text)


def _behind(text: str, card: Hit) -> Iterator[Hit]:
    """The expiry date that follows a card, and the security code behind that: four digits only of American Express."""
    found = _BEHIND_CARD.match(text, card.end)
    if not found:
        return
    code = found[2] or ""
    is_code = len(code) == 3 or (len(code) == 4 and len(card.value) == 15 and card.value[0] == "3")
    if found[3] or is_code:
        yield Hit(*found.span(3 if found[3] else 1), "expiry")
    if is_code:
        yield Hit(*found.span(2), "cvv", "", "likely")


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
        if _is_inside(text, found.start()) or _is_due(text, found.start()):
            continue
        around = text[max(0, found.start() - 40) : found.end() + 40]
        is_beside = _is_beside(cards, found)
        if is_beside or (_CARD_NEAR.search(around) and not _NO_CARD.search(around)):
            yield Hit(found.start(1), found.end(1), "expiry", "", "certain" if is_beside else "likely")


def _is_inside(text: str, start: int) -> bool:
    """Whether the word is a part of another, which is no card's: "cardExpiry", "card_exp" are its own."""
    return is_inside_a_word(text, start) and not text.endswith(("card", "card_"), 0, start)


def _dates_that_end(text: str, cards: Sequence[Hit]) -> Iterator[Hit]:
    """Dates with their word behind them, and the two fields of a form: beside a card only."""
    for found in _ENDING.finditer(text) if any(stem in text for stem in _ENDING_STEMS) else ():
        if _is_beside(cards, found) and not _is_due(text, found.start()):
            yield Hit(*found.span(), "expiry", "", "likely")
    for found in _EXPIRY_FIELD.finditer(text) if "exp" in text else ():
        if _is_beside(cards, found):
            yield Hit(*found.span(1 if found[1] else 2), "expiry")


def _is_beside(cards: Sequence[Hit], found: re.Match[str]) -> bool:
    """Whether one of the cards, which are in order and apart, stands within 80 characters."""
    place = bisect_left(cards, found.end() + 80, key=_START)
    return place > 0 and cards[place - 1].end > found.start() - 80


def _is_due(text: str, start: int) -> bool:
    return _DUE.search(text, max(0, start - 10), start) is not None


def _is_track(text: str, found: re.Match[str]) -> bool:
    """Track 2 without its sentinel only where a card number leads it."""
    return found[1] is None or (is_card(found[1]) and not is_inside_a_word(text, found.start()))
