"""Every type: what it takes, its normal form, and the one code that says what is wrong."""

import msgspec
import pytest
from pack_samples import NOW

from bihuan.casetypes.model import Choice, Field, FieldType, Text
from bihuan.casetypes.values import normalise

LABEL = Text(zh="字段", en="field")

GOOD: list[tuple[FieldType, object, object]] = [
    ("text", "  a\n b ", "a b"),
    ("text", "é", "é"),
    ("long_text", " a \r\n\r\nb ", "a\n\nb"),
    ("choice", "one", "one"),
    ("choices", ["two", "one", "two"], ["one", "two"]),
    ("integer", "20", 20),
    ("integer", 0, 0),
    ("number", "0.5", 0.5),
    ("money", {"amount": 128.5, "currency": "CNY"}, {"amount": "128.50", "currency": "CNY"}),
    ("money", {"amount": "0012", "currency": "JPY"}, {"amount": "12", "currency": "JPY"}),
    ("money", {"amount": "-0", "currency": "KWD"}, {"amount": "0.000", "currency": "KWD"}),
    ("date", "2026-11-21", "2026-11-21"),
    ("datetime", "2026-11-21T15:30:00+08:00", "2026-11-21T07:30:00+00:00"),
    ("datetime", "2026-11-21 15:30Z", "2026-11-21T15:30:00+00:00"),
    ("boolean", False, False),
    ("card_number", "6222-0202 0011 2230", "6222020200112230"),
    ("card_number", "４１１１１１１１１１１１１１１１", "4111111111111111"),
    ("id_number", "11010519491231002x", "11010519491231002X"),
    ("mobile", "138 0013 8000", "+8613800138000"),
    ("mobile", "+86 13800138000", "+8613800138000"),
    ("email", "Name@Example.COM", "Name@example.com"),
    ("uscc", "91110000600037341l", "91110000600037341L"),
    ("reference", " ORD 1 ", "ORD 1"),
    ("reference", -102, "-102"),
    ("account", "6200 0000 0000 0005", "6200000000000005"),
    ("text", "   ", None),
    ("choices", [], None),
    ("boolean", None, None),
]  # fmt: skip

BAD: list[tuple[FieldType, object, str]] = [
    ("text", 1, "type"),
    ("text", "a\0b", "bad_text"),
    ("text", "\ud800", "bad_text"),
    ("text", "x" * 201, "too_long"),
    ("choice", "three", "choice"),
    ("choice", ["one"], "choice"),
    ("choices", "one", "type"),
    ("choices", ["three"], "choice"),
    ("integer", True, "type"),
    ("integer", 1.5, "type"),
    ("integer", 10**400, "too_big"),
    ("integer", -(10**400), "too_small"),
    ("number", float("nan"), "type"),
    ("number", float("inf"), "type"),
    ("money", "128.50", "type"),
    ("money", {"amount": "1"}, "type"),
    ("money", {"amount": "1", "currency": "CNY", "x": 1}, "type"),
    ("money", {"amount": "1", "currency": "RMB"}, "choice"),
    ("money", {"amount": "1.001", "currency": "CNY"}, "pattern"),
    ("money", {"amount": "1.5", "currency": "JPY"}, "pattern"),
    ("money", {"amount": "1e9", "currency": "CNY"}, "type"),
    ("money", {"amount": "-1", "currency": "CNY"}, "too_small"),
    ("date", "20261121", "pattern"),
    ("date", "2026-02-30", "pattern"),
    ("date", "2026-11-21T00:00:00Z", "pattern"),
    ("datetime", "2026-11-21T15:30:00", "no_zone"),
    ("datetime", "2026-11-21", "pattern"),
    ("datetime", "0001-01-01T00:00:00+14:00", "pattern"),
    ("boolean", "true", "type"),
    ("boolean", 1, "type"),
    ("card_number", "6222020200112231", "checksum"),
    ("card_number", "42", "pattern"),
    ("id_number", "110105194912310021", "checksum"),
    ("id_number", "110105194902300021", "pattern"),
    ("id_number", "11010519491231", "pattern"),
    ("mobile", "12345", "pattern"),
    ("mobile", "01065529988", "pattern"),
    ("email", "name", "pattern"),
    ("uscc", "91110000600037341M", "checksum"),
    ("uscc", "9111", "pattern"),
    ("account", "银行卡", "pattern"),
]  # fmt: skip


def _field(kind: FieldType, **more: object) -> Field:
    choices = tuple(Choice(code=code, label=LABEL) for code in ("one", "two")) if "choice" in kind else ()
    return msgspec.structs.replace(Field(code="it", type=kind, label=LABEL, choices=choices), **more)


@pytest.mark.parametrize(("kind", "given", "normal"), GOOD)
def test_a_good_value_takes_its_normal_form(kind: FieldType, given: object, normal: object) -> None:
    assert normalise(_field(kind), given, now=NOW) == (normal, None)


@pytest.mark.parametrize(("kind", "given", "code"), BAD)
def test_a_bad_value_is_named(kind: FieldType, given: object, code: str) -> None:
    value, problem = normalise(_field(kind), given, now=NOW)
    assert value is None
    assert problem is not None
    assert (problem.pointer, problem.code) == ("/fields/it", code)
    assert problem.text("zh") and problem.text("en")


def test_limits() -> None:
    def code(field: Field, value: object) -> str | None:
        problem = normalise(field, value, now=NOW)[1]
        return problem.code if problem else None

    assert code(_field("integer", min="1", max="500"), 0) == "too_small"
    assert code(_field("integer", min="1", max="500"), 501) == "too_big"
    assert code(_field("integer", min="1", max="500"), 500) is None
    assert code(_field("money", max="100"), {"amount": "100.01", "currency": "CNY"}) == "too_big"
    assert code(_field("money", min="-5"), {"amount": "-5", "currency": "CNY"}) is None
    assert code(_field("text", min_length=3, max_length=4), "ab") == "too_short"
    assert code(_field("text", min_length=3, max_length=4), "abcde") == "too_long"
    assert code(_field("reference", pattern="[0-9]{4}", looks_like="1234"), "12345") == "pattern"


def test_the_future_begins_after_now_and_for_a_day_nowhere_on_earth_yet() -> None:
    def code(kind: FieldType, value: str) -> str | None:
        problem = normalise(_field(kind, past=True), value, now=NOW)[1]
        return problem.code if problem else None

    assert code("datetime", "2026-11-21T10:00:00+08:00") is None
    assert code("datetime", "2026-11-21T10:00:01+08:00") == "in_future"
    assert code("date", "2026-11-21") is None
    assert code("date", "2026-11-22") == "in_future"
