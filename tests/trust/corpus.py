"""Known personal data, made up by a seeded generator: each item is a value, in one of the forms people write it in.

Cards, IDs and numbers are well formed (check digits, prefixes) and nobody's: drawn at random, kept nowhere.
"""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: Kinds that are protected in free text.
KINDS = ("card", "id", "mobile", "cvv", "one_time_code", "pin", "email", "passport", "landline")
_BINS = ("622202", "622848", "621700", "411111", "555555", "356600", "620000")
_FULL = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")

Form = Callable[[str], str]


def _grouped(by: str, *sizes: int) -> Form:
    def form(value: str) -> str:
        parts, at = list[str](), 0
        for size in (*sizes, len(value)):
            parts.append(value[at : at + size])
            at += size
        return by.join(p for p in parts if p)

    return form


#: Kind → form → how a value looks in it.
FORMS: dict[str, dict[str, Form]] = {
    "card": {
        "plain": str,
        "spaced": _grouped(" ", 4, 4, 4, 4),
        "dashed": _grouped("-", 4, 4, 4, 4),
        "full-width": lambda v: v.translate(_FULL),
        "over lines": _grouped("\n", 8, 4),
        "digit by digit": " ".join,
        "Chinese": lambda v: v.translate(_CHINESE),
    },
    "id": {
        "plain": str,
        "small x": str.lower,
        "spaced": _grouped(" ", 6, 8),
        "full-width": lambda v: v.translate(_FULL),
    },
    "mobile": {
        "plain": str,
        "spaced": _grouped(" ", 3, 4),
        "dashed": _grouped("-", 3, 4),
        "+86": lambda v: f"+86 {v}",
        "full-width": lambda v: v.translate(_FULL),
    },
    "email": {"plain": str, "capitals": str.upper},
    "passport": {"plain": str},
    "landline": {"plain": str},
}
#: How a value stands in a sentence, by kind: the word that gives it away stands near.
_SENTENCES: dict[str, tuple[str, ...]] = {
    "card": ("我的卡号是{}，请核实。", "信用卡 {} 被重复扣款", "Card number {} was charged twice.", "{}"),
    "id": ("身份证号：{}。", "本人身份证 {} 开户", "ID number {} please"),
    "mobile": ("请回电 {}，谢谢。", "手机号{}", "Call me on {} today."),
    "cvv": ("CVV {}", "安全码：{}", "the CVC is {}"),
    "one_time_code": ("验证码是{}", "短信验证码：{}", "OTP {}"),
    "pin": ("密码：{}", "交易密码是{}", "my PIN is {}"),
    "email": ("邮箱 {} 收不到账单", "write to {} please"),
    "passport": ("护照号 {} 已过期", "passport {} expired"),
    "landline": ("座机 {} 联系", "电话：{}"),
}
#: Word → of a secret: where the search looks beside it.
_WORD = {
    "CVV": "CVV",
    "安全码": "安全码",
    "CVC": "CVC",
    "验证码": "验证码",
    "OTP": "OTP",
    "密码": "密码",
    "PIN": "PIN",
}


class Item(NamedTuple):
    """A value (as the search knows it), its form, and the sentence it stands in. `word`: of a short secret, else ""."""

    kind: str
    form: str
    value: str
    sentence: str
    word: str = ""


def items(count: int, seed: int) -> Iterator[Item]:
    """So many, kinds and forms in turn."""
    draw = random.Random(seed)
    made = [(kind, form) for kind in KINDS for form in FORMS.get(kind, {"plain": str})]
    for number in range(count):
        kind, form = made[number % len(made)]
        value = _MAKERS[kind](draw)
        shape = FORMS.get(kind, {"plain": str})[form]
        sentence = draw.choice(_SENTENCES[kind])
        word = next((w for w in _WORD if w in sentence), "") if kind in _SECRETS else ""
        yield Item(kind, form, value, sentence.format(shape(value)), word)


_SECRETS = frozenset({"cvv", "one_time_code", "pin"})


def card(draw: random.Random) -> str:
    """Sixteen or nineteen digits with a known prefix and a right check digit; American ones have sixteen."""
    prefix = draw.choice(_BINS)
    length = 19 if prefix.startswith("62") and draw.random() < 0.3 else 16
    body = prefix + _digits(draw, length - len(prefix) - 1)
    odd = [int(c) * 2 for c in body[::-1][::2]]
    total = sum(d - 9 if d > 9 else d for d in odd) + sum(int(c) for c in body[::-1][1::2])
    return body + str(-total % 10)


def id_number(draw: random.Random) -> str:
    """Of a district of Peking, born long ago, with a right check digit."""
    body = f"1101{draw.choice(('01', '02', '05', '06', '08'))}19{draw.randrange(10, 40)}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}{_digits(draw, 3)}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def mobile(draw: random.Random) -> str:
    """Eleven digits of a mainland operator's range."""
    return draw.choice(("138", "139", "150", "186", "188", "199")) + _digits(draw, 8)


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(count))


def _email(draw: random.Random) -> str:
    return "".join(draw.choice("abcdefghijkmnpqrstuvwxyz") for _ in range(12)) + "@mail.example.com"


def _passport(draw: random.Random) -> str:
    return draw.choice(("E", "EA", "EB")[:1]) + _digits(draw, 8)


def _landline(draw: random.Random) -> str:
    return f"010-6{_digits(draw, 7)}"


def _pin(draw: random.Random) -> str:
    return _digits(draw, 6)


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "card": card,
    "id": id_number,
    "mobile": mobile,
    "email": _email,
    "passport": _passport,
    "landline": _landline,
    "cvv": lambda draw: _digits(draw, 3),
    "one_time_code": _pin,
    "pin": _pin,
}
