"""Made-up values of every kind, in every form people write them, for `privacy.py`. Nothing here is anybody's.

Each value comes with the form it is written in, its offsets in that writing, and the form it must be normalised to.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from stdnum import iban, luhn
from stdnum.cn import uscc

from bihuan.core import ids
from bihuan.privacy.identity_documents import is_hong_kong_id, is_taiwan_id

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_HAN = str.maketrans("0123456789", "零一二三四五六七八九")
_SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_BOLD = {ord("0") + n: chr(0x1D7CE + n) for n in range(10)}
_LOOKS = {"0": "O", "1": "l"}

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜"
)
GIVEN = (
    "伟",
    "芳",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "超",
    "秀兰",
    "霞",
    "桂英",
    "建国",
    "志强",
    "晓东",
    "雨桐",
    "子轩",
    "梓涵",
)
FIRST = (
    "James",
    "Mary",
    "Wei",
    "Robert",
    "Linda",
    "Priya",
    "Ahmed",
    "Elena",
    "Kenji",
    "Sofia",
    "Xiaoming",
    "Thomas",
)
LAST = (
    "Smith",
    "Johnson",
    "Zhang",
    "Garcia",
    "Müller",
    "O'Brien",
    "Chen",
    "Patel",
    "Kowalski",
    "Wang",
    "Tanaka",
    "Brown",
)
PLACES = (
    ("北京市", "海淀区"), ("上海市", "浦东新区"), ("广东省深圳市", "南山区"), ("浙江省杭州市", "西湖区"), ("江苏省苏州市", "昆山市"), ("四川省成都市", "武侯区"),
    ("湖北省武汉市", "江汉区"), ("重庆市", "渝中区"), ("福建省厦门市", "思明区"), ("山东青岛", "市南区"), ("天津", "和平区"), ("广州", "天河区"),
)  # fmt: skip
ROADS = (
    "中山路",
    "人民大道",
    "解放街",
    "科技园路",
    "和平里",
    "文三路",
    "长江北路",
    "民族大道",
    "建设二路",
    "春熙路",
)
ESTATES = ("阳光花园", "翠苑新村", "金色家园", "锦绣小区", "龙湖公寓", "国贸大厦")


class Written(NamedTuple):
    """A value as written in `form`."""

    text: str
    form: str


class Item(NamedTuple):
    """A text; where its value stands; `kind` None where nothing may be found in it."""

    text: str
    start: int
    end: int
    kind: str | None
    form: str


def card(rng: random.Random) -> str:
    stem = rng.choice(("622202", "621700", "625912", "4", "5", "37", "3528", "6011", "81"))
    length = {"37": 15, "622202": 19, "621700": 19}.get(stem, 16)
    if stem == "5":
        stem = "5" + rng.choice("12345")
    body = stem + "".join(rng.choice("0123456789") for _ in range(length - 1 - len(stem)))
    return body + luhn.calc_check_digit(body)


def resident_id(rng: random.Random) -> str:
    born = date(1950, 1, 1) + timedelta(days=rng.randrange(20_000))
    stem = (
        rng.choice(("110105", "310115", "440305", "330106", "810000", "830000", "510107"))
        + f"{born:%Y%m%d}{rng.randrange(1000):03d}"
    )
    return stem + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, stem, strict=True)) % 11]


def mobile(rng: random.Random) -> str:
    return (
        rng.choice(("138", "139", "151", "177", "186", "199", "166", "135")) + f"{rng.randrange(10**8):08d}"
    )


def digits(rng: random.Random, length: int) -> str:
    return rng.choice("123456789") + "".join(rng.choice("0123456789") for _ in range(length - 1))


def number_forms(value: str, rng: random.Random, groups: Sequence[int]) -> Iterator[Written]:
    """The ways to write a long number; `groups` are its usual lengths."""
    parts, at = list[str](), 0
    for size in groups:
        parts.append(value[at : at + size])
        at += size
    parts = [p for p in (*parts, value[at:]) if p]
    yield Written(value, "plain")
    yield Written(" ".join(parts), "spaced")
    yield Written("-".join(parts), "dashed")
    yield Written("－".join(parts).translate(_WIDE), "full width, dashed")
    yield Written(value.translate(_WIDE), "full width")
    cut = rng.randrange(6, len(value) - 4)
    yield Written(value[:cut] + "\u200b" + value[cut:], "zero width")
    yield Written("\u00a0".join(parts), "no-break")
    yield Written(" ".join(value), "digit by digit")
    yield Written(value.translate(_HAN), "Chinese numerals")
    yield Written(value.translate(_BOLD), "bold digits")
    if value.isdecimal():
        yield Written(value.translate(_CIRCLED), "circled")
    if "0" in value[2:-1] or "1" in value[2:-1]:
        yield Written(
            value[:2]
            + "".join(_LOOKS.get(c, c) if rng.random() < 0.5 else c for c in value[2:-1])
            + value[-1],
            "look-alikes",
        )


def card_forms(rng: random.Random) -> Iterator[Written]:
    value = card(rng)
    yield from number_forms(value, rng, (4, 6, 5) if len(value) == 15 else (4, 4, 4, 4))
    yield Written("\n".join((value[:8], value[8:])), "split over lines")
    if len(value) == 16:
        yield Written(".".join(value[i : i + 4] for i in range(0, 16, 4)), "dotted")


def id_forms(rng: random.Random) -> Iterator[Written]:
    value = resident_id(rng)
    yield from number_forms(value, rng, (6, 8))
    if value.endswith("X"):
        yield Written(value.lower(), "small x")


def mobile_forms(rng: random.Random) -> Iterator[Written]:
    value = mobile(rng)
    yield from number_forms(value, rng, (3, 4))
    yield Written(value.translate(_SPOKEN), "spoken")


def _plain(form: str, make: Callable[[random.Random], str]) -> Callable[[random.Random], Iterator[Written]]:
    def forms(rng: random.Random) -> Iterator[Written]:
        yield Written(make(rng), form)

    return forms


def email_forms(rng: random.Random) -> Iterator[Written]:
    local, domain = (
        f"{rng.choice(FIRST).lower()}.{rng.randrange(100)}",
        rng.choice(("example.com", "mail.example.org", "qq.example.cn")),
    )
    yield Written(f"{local}@{domain}", "plain")
    yield Written(f"{local.upper()}@{domain}", "capitals")
    yield Written(f"{local}＠{domain}", "full width")
    yield Written(f"{local}[at]{domain}", "[at]")
    yield Written(f"{local} (at) {domain}", "(at)")


def landline_forms(rng: random.Random) -> Iterator[Written]:
    area, local = rng.choice(("010", "021", "0755", "0571", "028")), rng.choice("25678") + digits(rng, 7)
    yield Written(f"{area}-{local}", "dashed")
    yield Written(f"({area}){local}", "bracket")
    yield Written(f"{area} {local[:4]} {local[4:]}", "spaced")
    yield Written(f"+86 {area[1:]} {local}", "country code")
    yield Written(f"{area}{local}", "plain")


def foreign_phone_forms(rng: random.Random) -> Iterator[Written]:
    yield Written(
        f"+852 {rng.choice('569')}{rng.randrange(100, 900)} {rng.randrange(10**4):04d}", "Hong Kong"
    )
    yield Written(
        f"+886 9{rng.randrange(10, 39)} {rng.randrange(10**3):03d} {rng.randrange(10**3):03d}", "Taiwan"
    )
    yield Written(f"+1 415 555 01{rng.randrange(100):02d}", "United States")
    yield Written(f"+447{rng.randrange(400, 600)}{rng.randrange(10**6):06d}", "Britain")


def travel_permit_forms(rng: random.Random) -> Iterator[Written]:
    yield Written(f"{rng.choice('HM')}{digits(rng, 8)}", "eight digits")
    yield Written(f"{rng.choice('HM')}{digits(rng, 10)}", "ten digits")
    yield Written(f"C{digits(rng, 8)}", "mainlander")
    yield Written(digits(rng, 8), "Taiwan")


def hong_kong_id_forms(rng: random.Random) -> Iterator[Written]:
    stem = rng.choice("ABCDKPRZ") + digits(rng, 6)
    check = next(c for c in "0123456789a" if is_hong_kong_id(stem.lower() + c)).upper()
    yield Written(f"{stem}({check})", "brackets")
    yield Written(stem + check, "plain")


def taiwan_id(rng: random.Random) -> str:
    stem = rng.choice("ABCDEFGHJKLMNPQ") + rng.choice("12") + digits(rng, 7)
    return stem + next(c for c in "0123456789" if is_taiwan_id(stem.lower() + c))


def passport_forms(rng: random.Random) -> Iterator[Written]:
    yield Written("E" + digits(rng, 8), "E and eight")
    yield Written("E" + rng.choice("ABCDFGHJKLM") + digits(rng, 7), "two letters")
    yield Written(digits(rng, 9), "United States")
    yield Written(rng.choice("ABX") + rng.choice("ABX") + digits(rng, 6), "two letters and six")


def account_forms(rng: random.Random) -> Iterator[Written]:
    value = "1" + digits(rng, 18)
    yield Written(value, "plain")
    yield Written(" ".join(value[i : i + 4] for i in range(0, 19, 4)), "spaced")
    yield Written(digits(rng, 12), "twelve")


def iban_forms(rng: random.Random) -> Iterator[Written]:
    body = digits(rng, 18)
    value = "DE" + iban.calc_check_digits("DE00" + body) + body
    yield Written(value, "plain")
    yield Written(" ".join(value[i : i + 4] for i in range(0, 22, 4)), "spaced")


def address_forms(rng: random.Random) -> Iterator[Written]:
    (city, county), road, estate = rng.choice(PLACES), rng.choice(ROADS), rng.choice(ESTATES)
    number, room = rng.randrange(1, 900), rng.randrange(101, 2900)
    yield Written(f"{city}{county}{road}{number}号", "road and number")
    yield Written(f"{city}{county}{road}{number}号{estate}{rng.randrange(1, 30)}栋{room}室", "to the room")
    yield Written(
        f"{city}{county}{estate}{rng.randrange(1, 30)}号楼{rng.randrange(1, 5)}单元{room}", "estate"
    )
    yield Written(f"{county}{road}{number}号", "district only")


def english_address_forms(rng: random.Random) -> Iterator[Written]:
    road = rng.choice(("Maple Street", "Oak Avenue", "Kings Road", "Sunset Blvd", "Nathan Road"))
    yield Written(f"{rng.randrange(1, 9000)} {road}", "road")
    yield Written(
        f"{rng.randrange(1, 900)} {road}, Apt {rng.randrange(1, 90)}, Springfield, IL {rng.randrange(10000, 99999)}",
        "to the postcode",
    )


def secret_forms(kind: str) -> Callable[[random.Random], Iterator[Written]]:
    def forms(rng: random.Random) -> Iterator[Written]:
        value = {"cvv": digits(rng, 3), "one_time_code": digits(rng, 6), "pin": digits(rng, 6)}[kind]
        yield Written(value, "plain")
        yield Written(value.translate(_WIDE), "full width")
        yield Written(value.translate(_HAN), "Chinese numerals")
        if kind == "pin":
            yield Written(f"Abc@{rng.randrange(1000, 9999)}", "letters and signs")

    return forms


def expiry_forms(rng: random.Random) -> Iterator[Written]:
    month, year = rng.randrange(1, 13), rng.randrange(27, 36)
    yield Written(f"{month:02d}/{year}", "MM/YY")
    yield Written(f"{month:02d}/20{year}", "MM/YYYY")


def track_forms(rng: random.Random) -> Iterator[Written]:
    number = card(rng)
    yield Written(f";{number}=2912101{rng.randrange(10**9):09d}?", "track 2")
    yield Written(f"%B{number}^ZHANG/SAN^2912101{rng.randrange(10**9):09d}?", "track 1")


def ip_forms(rng: random.Random) -> Iterator[Written]:
    yield Written(".".join(str(rng.randrange(1, 255)) for _ in range(4)), "version 4")
    yield Written(":".join(f"{rng.randrange(4096, 65536):x}" for _ in range(8)), "version 6")


def credit_code(rng: random.Random) -> str:
    stem = "91110108" + "MA" + "".join(rng.choice("0123456789ABCDEFGH") for _ in range(7))
    return stem + uscc.calc_check_digit(stem)


#: kind of template -> (kind found, forms, whether a check digit makes it certain)
KINDS: dict[str, tuple[str, Callable[[random.Random], Iterator[Written]], bool]] = {
    "card_number": ("card_number", card_forms, True),
    "id_number": ("id_number", id_forms, True),
    "mobile": ("mobile", mobile_forms, False),
    "cvv": ("cvv", secret_forms("cvv"), False),
    "one_time_code": ("one_time_code", secret_forms("one_time_code"), False),
    "pin": ("pin", secret_forms("pin"), False),
    "expiry": ("expiry", expiry_forms, False),
    "email": ("email", email_forms, False),
    "landline": ("landline", landline_forms, False),
    "foreign_phone": ("mobile", foreign_phone_forms, False),
    "travel_permit": ("travel_permit", travel_permit_forms, False),
    "hk_id": ("id_number", hong_kong_id_forms, True),
    "passport": ("passport", passport_forms, False),
    "account": ("account", account_forms, False),
    "iban": ("account", iban_forms, True),
    "address": ("address", address_forms, False),
    "address_en": ("address", english_address_forms, False),
    "person_name": (
        "person_name",
        _plain("Chinese", lambda rng: rng.choice(SURNAMES) + rng.choice(GIVEN)),
        False,
    ),
    "person_name_en": (
        "person_name",
        _plain("English", lambda rng: f"{rng.choice(FIRST)} {rng.choice(LAST)}"),
        False,
    ),
    "uscc": ("uscc", _plain("plain", credit_code), True),
    "ip_address": ("ip_address", ip_forms, False),
    "security_answer": (
        "security_answer",
        _plain("word", lambda rng: rng.choice(("Fluffy", "第一小学", "Smith", "蓝色"))),
        False,
    ),
    "track_data": ("track_data", track_forms, True),
}


def reference(rng: random.Random) -> dict[str, str]:
    """What may look like a value and is none, by the name it has in a template."""
    when = date(2026, 1, 1) + timedelta(days=rng.randrange(365))
    number = ids.ticket_number(rng.randrange(1, 10**6), b"bench") or "0"
    return {
        "order": rng.choice((f"{when:%Y%m%d}{rng.randrange(10**8):08d}", f"DD{rng.randrange(10**10):010d}", f"SO-{rng.randrange(10**6):06d}")),
        "flow": f"{when:%Y%m%d}{rng.randrange(10**12):012d}",
        "ticket": rng.choice((number, f"{number[:5]}-{number[5:]}")),
        "error": rng.choice((f"E{rng.randrange(10**4):04d}", f"{rng.randrange(10**6):06d}", f"ERR_{rng.randrange(1000)}", f"-{rng.randrange(1000)}")),
        "amount": rng.choice((f"{rng.randrange(10**6):,}.{rng.randrange(100):02d}元", f"¥{rng.randrange(10**5)}", f"${rng.randrange(10**4):,}.00", f"{rng.randrange(1, 900)}万元")),
        "date": rng.choice((f"{when:%Y-%m-%d}", f"{when.year}年{when.month}月{when.day}日", f"{when:%d/%m/%Y}", f"{when:%Y%m%d}")),
        "time": f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}",
        "tracking": rng.choice((f"SF{rng.randrange(10**12):012d}", f"YT{rng.randrange(10**13):013d}", f"1Z{rng.randrange(10**9):09d}AA")),
        "version": f"{rng.randrange(1, 12)}.{rng.randrange(20)}.{rng.randrange(50)}",
        "uuid": str(ids.new_id()),
        "hash": f"{rng.getrandbits(256):064x}",
        "url": f"https://pay.example.com/o/{rng.randrange(10**12)}?t={rng.randrange(10**10)}",
        "hotline": rng.choice(("95588", "400-820-8888", "12363", "12378", "110", "10086", "4008208888", "95566转9")),
        "last4": f"{rng.randrange(10**4):04d}",
        "count": str(rng.randrange(2, 36)),
        "percent": f"{rng.randrange(1, 24)}.{rng.randrange(100):02d}%",
        "invoice": f"{rng.randrange(10**8):08d}",
    }  # fmt: skip
