"""Nothing that could be somebody's card, ID or mobile stands in what we ship."""

import re

from tests.house.sources import texts

#: Published test values: the schemes' test cards, the standard's sample IDs, the number everybody knows is nobody's.
_PUBLIC = {
    "4111111111111111",
    "4012888888881881",
    "5555555555554444",
    "378282246310005",
    "6200000000000005",
    "6222020200112230",
    "11010519491231002X",
    "13800138000",
}
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")
_ID = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?!\d)")
_MOBILE = re.compile(r"(?<![\d.])1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _is_card(digits: str) -> bool:
    """13 to 19 digits of a card scheme's range that pass Luhn, and not one digit over and over."""
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    in_range = digits[0] in "3456" or digits[:2] == "81"
    return in_range and len(set(digits)) > 1 and sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_id(text: str) -> bool:
    rest = sum(int(d) * w for d, w in zip(text[:17], _WEIGHTS, strict=True)) % 11
    return "10X98765432"[rest] == text[17].upper()


def personal(text: str) -> set[str]:
    """Whole cards, resident IDs and mobiles in a text, less the public test values."""
    cards = {d for found in _CARD.findall(text) if _is_card(d := re.sub(r"\D", "", found))}
    ids = {found.upper() for found in _ID.findall(text) if _is_id(found)}
    mobiles = {re.sub(r"\D", "", found) for found in _MOBILE.findall(text)}
    return (cards | ids | mobiles) - _PUBLIC


def test_the_rule_finds_each_kind() -> None:
    card, mobile = "4" + "0" * 14 + "2", "139" + "1234" + "5678"
    id_number = "1101011990" + "0307" + "0011"
    id_number = next(id_number[:17] + c for c in "0123456789X" if _is_id(id_number[:17] + c))
    grouped = " ".join(card[i : i + 4] for i in range(0, 16, 4))
    assert personal(f"卡号{card},证件 {id_number},手机:{mobile}") == {card, id_number, mobile}
    assert personal(f"card {grouped} mobile {mobile[:3]}-{mobile[3:7]}-{mobile[7:]}") == {card, mobile}
    assert personal("4111 1111 1111 1111, 11010519491231002x, 13800138000") == set()
    assert personal("amount 1234.56 at 2026-11-21T10:00:00Z, RRN202611180001, 0.13912345678") == set()


def test_nothing_personal_is_shipped() -> None:
    found = {
        path: values
        for path, text in texts("src", "packs", "migrations", "docs", "bench")
        if (values := personal(text))
    }
    assert found == {}
