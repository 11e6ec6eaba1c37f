"""Known personal data, made up by a seeded generator: each item is a value, in one of the forms people write it in.

Cards, IDs and numbers are well formed (check digits, prefixes) and nobody's: drawn at random, kept nowhere.
"""

import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: Kinds that are protected in free text.
KINDS = (
    "card", "id", "mobile", "cvv", "one_time_code", "pin", "email", "passport", "landline", "account", "permit",
    "taiwan_permit", "name", "address",
)  # fmt: skip
_BINS = ("622202", "622848", "621700", "411111", "555555", "356600", "620000")
_WIDE = {n: chr(n + 0xFEE0) for n in range(0x21, 0x7F)}
_FULL = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
_FORMAL = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
_ALIKE = str.maketrans("01", "Ol")

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
        "formal Chinese": lambda v: v.translate(_FORMAL),
        "look-alikes": lambda v: v.translate(_ALIKE),
        "quoted": _grouped("\n> ", 8),
    },
    "id": {
        "plain": str,
        "small x": str.lower,
        "spaced": _grouped(" ", 6, 8),
        "full-width": lambda v: v.translate(_FULL),
        "over lines": _grouped("\n", 6, 8),
        "Chinese": lambda v: v.translate(_CHINESE),
        "look-alikes": lambda v: v.translate(_ALIKE),
    },
    "mobile": {
        "plain": str,
        "spaced": _grouped(" ", 3, 4),
        "dashed": _grouped("-", 3, 4),
        "+86": lambda v: f"+86 {v}",
        "full-width": lambda v: v.translate(_FULL),
        "over lines": _grouped("\n", 7),
        "Chinese": lambda v: v.translate(_CHINESE),
        "look-alikes": lambda v: v.translate(_ALIKE),
    },
    "email": {"plain": str, "capitals": str.upper, "full-width @": lambda v: v.replace("@", "＠")},
    "passport": {"plain": str, "full-width": lambda v: v.translate(_WIDE), "small": str.lower},
    "landline": {
        "plain": str,
        "brackets": lambda v: f"({v[:3]}) {v[4:8]} {v[8:]}",
        "full-width": lambda v: v.translate(_FULL),
    },
    "account": {
        "plain": str,
        "spaced": _grouped(" ", 4, 4, 4, 4),
        "dashed": _grouped("-", 4, 4, 4, 4),
        "full-width": lambda v: v.translate(_FULL),
        "over lines": _grouped("\n", 8),
        "Chinese": lambda v: v.translate(_CHINESE),
    },
    "permit": {
        "plain": str,
        "full-width": lambda v: v.translate(_WIDE),
        "spaced": _grouped(" ", 1, 4, 4),
        "small": str.lower,
    },
    "taiwan_permit": {"plain": str, "full-width": lambda v: v.translate(_FULL), "spaced": _grouped(" ", 4)},
    "name": {"plain": str},
    "address": {
        "plain": str,
        "full-width": lambda v: v.translate(_FULL),
        "spaced": lambda v: re.sub("([区路号楼])", r"\1 ", v).strip(),
        "over lines": lambda v: v.replace("区", "区\n"),
    },
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
    "account": ("账号：{}", "对公账户 {} 无法入账", "account number {} is frozen"),
    "permit": ("港澳通行证 {} 已更换", "回乡证号：{}", "home return permit {} expired"),
    "taiwan_permit": ("台胞证：{}", "台胞证 {} 开户"),
    "name": ("持卡人姓名：{}。", "我叫{}，请核实", "联系人：{}，请致电"),
    "address": ("地址：{}。", "请寄到{}，谢谢", "账单寄往{}"),
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
    "台胞证": "台胞证",
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


#: Too short to be searched for by themselves.
_SECRETS = frozenset({"cvv", "one_time_code", "pin", "taiwan_permit"})
#: In no text of the desk, one beside another, but in a made-up name or road.
_SELDOM = "烺翀骐琤珺堃翊玥曦潇湲璟瑄珩琰砚筠笙翎菡蓁蕙谡赟骁鹔麒黛昕晗炀烨玚琮"


#: Kinds searched for by their digits, and by their characters; others by the word beside them.
NUMBERS = frozenset({"card", "id", "mobile", "landline", "account"})
WORDS = frozenset({"email", "passport", "permit", "name", "address"})


def sought(item: Item) -> str:
    """What must be nowhere: of an address what stands behind its district, which its mask shows."""
    shape = {"address": lambda v: v.partition("区")[2], "landline": lambda v: v.replace("-", "")}
    return shape.get(item.kind, str)(item.value)


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


def _account(draw: random.Random) -> str:
    """Nineteen digits that no card has."""
    return "03" + _digits(draw, 17)


def _permit(draw: random.Random) -> str:
    return draw.choice("HM") + draw.choice("123456789") + _digits(draw, draw.choice((7, 9)))


def _taiwan_permit(draw: random.Random) -> str:
    return draw.choice("123456789") + _digits(draw, 7)


def _seldom(draw: random.Random) -> str:
    return "".join(draw.sample(_SELDOM, 2))


def _address(draw: random.Random) -> str:
    district = draw.choice(("北京市朝阳区", "上海市浦东新区", "广东省深圳市南山区"))
    return f"{district}{_seldom(draw)}路{draw.randrange(10, 990)}号{draw.randrange(2, 30)}号楼{draw.randrange(101, 3000)}室"


def _pin(draw: random.Random) -> str:
    return _digits(draw, 6)


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "card": card,
    "id": id_number,
    "mobile": mobile,
    "email": _email,
    "passport": _passport,
    "landline": _landline,
    "account": _account,
    "permit": _permit,
    "taiwan_permit": _taiwan_permit,
    "name": lambda draw: draw.choice("王李陈杨赵周吴") + _seldom(draw),
    "address": _address,
    "cvv": lambda draw: _digits(draw, 3),
    "one_time_code": _pin,
    "pin": _pin,
}
