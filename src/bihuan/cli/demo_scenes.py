"""What the demo's customers write in about: `demo_scenes.yaml`, filled with shops, amounts and days."""

import random
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
import yaml

from bihuan.core.problems import Language

T = TypeVar("T")
FileKind = Literal["receipt", "letter", "screenshot"]
_SHANGHAI = ZoneInfo("Asia/Shanghai")
#: From the card schemes' public test ranges.
CARDS = ("6222020200112230", "6200000000000005", "4111111111111111", "5555555555554444", "4012888888881881",
    "378282246310005")  # fmt: skip
_SHOPS = (
    ("示例便利店（中山路店）", "Example Store, Zhongshan Road"),
    ("示例超市", "Example Supermarket"),
    ("示例咖啡", "Example Coffee"),
    ("示例网购商城", "Example Mall Online"),
    ("示例出行", "Example Rides"),
    ("示例视频会员", "Example Video"),
    ("示例酒店（滨江店）", "Example Hotel, Riverside"),
)
_CITIES = ("示例市东站", "示例市中心广场", "示例市大学城", "示例市机场")


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """What is said on the way, in one language."""

    acknowledge: list[str]
    ask: list[str]
    answer: list[str]
    chase: list[str]
    progress: list[str]
    note: list[str]
    transfer: str
    reclassify: str
    third_party: str
    customer: str
    resume: str
    satisfied: str
    dissatisfied: str
    unreachable: str
    withdraw: str
    reject: str
    merge: str
    reopen: str
    urgent: str


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One concern. Texts hold {placeholders}; `found` is what agents find out, by field."""

    case_type: str
    title: str
    description: str
    resolution: str
    elements: dict[str, str]
    fields: dict[str, Any]
    language: Language = "zh"
    priority: Literal["urgent", "normal", "low"] | None = None
    organisation: bool = False
    found: dict[str, Any] = {}
    file: FileKind | None = None
    becomes: str | None = None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody made up, who may come again."""

    ref: str
    name: str
    mobile: str
    card: str


class Scenes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    talk: dict[Language, Talk]
    found: dict[str, dict[str, Any]]
    scenes: list[Scene]


@cache
def scenes() -> Scenes:
    """All scenes."""
    return msgspec.convert(
        yaml.safe_load(Path(__file__).with_name("demo_scenes.yaml").read_text(encoding="utf-8")), Scenes
    )


def customers(rng: random.Random, count: int) -> list[Customer]:
    """Made-up customers: their mobiles are the ones that manuals print."""
    surnames, given = "赵钱孙李周吴郑王冯陈", ("示例", "晓示", "文例", "小样", "一范", "佳例")
    return [
        Customer(
            ref=customer_ref(i),
            name=rng.choice(surnames) + rng.choice(given),
            mobile=f"138001380{i % 100:02d}",
            card=rng.choice(CARDS),
        )
        for i in range(count)
    ]


def customer_ref(index: int) -> str:
    """The number the institution knows a customer by."""
    return f"C{100000 + index}"


def words(rng: random.Random, customer: Customer, at: datetime) -> dict[str, str]:
    """What the placeholders stand for in a ticket opened `at`."""
    moment = at - timedelta(hours=rng.randint(2, 80), minutes=rng.randint(0, 59))
    day = moment.astimezone(_SHANGHAI)
    cents = rng.choice((rng.randint(900, 30_000), rng.randint(30_000, 900_000)))
    shop, shop_en = rng.choice(_SHOPS)
    return {
        "day": f"{day:%Y-%m-%d}",
        "day_zh": f"{day.month} 月 {day.day} 日",
        "day_en": f"{day.day} {day:%B}",
        "earlier": f"{day - timedelta(days=8):%Y-%m-%d}",
        "deadline": f"{day + timedelta(days=120):%Y-%m-%d}",
        "moment": day.isoformat(timespec="seconds"),
        "amount": f"{cents / 100:.2f}",
        "double": f"{cents / 50:.2f}",
        "less": f"{cents * 8 // 10 / 100:.2f}",
        "merchant": shop,
        "merchant_en": shop_en,
        "city": rng.choice(_CITIES),
        "order": f"R{rng.randrange(10**7):07d}",
        "batch": f"B{day:%Y%m%d}-{rng.randint(1, 9):02d}",
        "merchant_no": f"M2026{rng.randrange(10**4):04d}",
        "name": customer.name,
        "mobile": customer.mobile,
        "card": customer.card,
    }


def filled(value: T, told: dict[str, str]) -> T:
    """A text, or all texts in a table, with the placeholders filled."""
    if isinstance(value, str):
        return cast("T", value.format_map(told))
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        return cast("T", {key: filled(each, told) for key, each in table.items()})
    return value
