"""Masking: the shapes, and that nothing clear survives, whatever the text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bihuan.privacy.detect import detect
from bihuan.privacy.mask import mask_text, mask_value
from bihuan.privacy.spans import Span

PIECES = st.sampled_from(
    [*"0123456789", " ", "-", "\n", "x", "X", ".", ",", ":", "+", "*", "/", "是", "的", "我", "is ", "G-", "尾号", "年", "\u3000"]
    + ["密码", "账号密码:", "验证码", "CVV", "PIN", "password", "code", "OTP", "卡号", "▇▇▇[PIN]", "138****8000", "622202******2230"]
    + ["6222020200112230", "4111 1111 1111 1111", "11010519491231002X", "13800138000", "+86", "86", "123456", "abc123", "123"]
    + ["姓名：", "张三", "我叫", "先生", "地址：", "北京市海淀区", "中关村大街", "1号", "3栋", "501室", "z@x.com", "192.168.1.1", "护照", "E12345678"]
    + ["H12345678", "回乡证", "A123456(3)", "+1 415 555 0132", "010-62345678", "电话", "账号", "110012345678", "有效期", "12/28", "密保答案是"]
    + ["my name is John Smith", "DE89370400440532013000", "91110000600037341L", "2001:db8:0:1:1:1:1:1", "12 Oak Avenue, London", "一二三四五六"]
    + ["O", "l", "\u200b", "[at]", "****", "；", "。", "欧阳", "司徒", "户名：", "1 Main Street, ", "ool", " > "]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(), st.lists(PIECES, max_size=14).map("".join), st.text(alphabet="0123456789 -\nxX.*是码密▇")
)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("card_number", "6222020200112230", "622202******2230"),
        ("card_number", "6222021234567890123", "622202*********0123"),
        ("card_number", "4222222222222", "422222***2222"),
        ("card_number", "12345678901", "***********"),
        ("id_number", "11010519491231002X", "1****************X"),
        ("mobile", "13800138000", "138****8000"),
        ("mobile", "2223333", "****"),
        ("name", "张三", "张**"),
        ("name", "欧阳娜娜", "欧**"),
        ("name", "张", "**"),
        ("name", "John Smith", "J***"),
        ("name", "", "***"),
        ("person_name", "张三", "张**"),
        ("passport", "E12345678", "E*******8"),
        ("travel_permit", "H1234567890", "H*********0"),
        ("landline", "01062345678", "010****5678"),
        ("landline", "075583765566", "0755****5566"),
        ("landline", "62345678", "****5678"),
        ("mobile", "+85251234567", "+85****4567"),
        ("ip_address", "192.168.1.20", "192.168.*.*"),
        ("ip_address", "2001:db8::1", "2001:db8:*"),
        ("uscc", "91110000600037341L", "91110000600037341L"),
        ("expiry", "12/28", "▇▇▇[EXP]"),
        ("security_answer", "Fluffy", "▇▇▇[ANSWER]"),
        ("track_data", ";4111=29", "▇▇▇[TRACK]"),
        ("email", "zhang.san@x.com", "z***@x.com"),
        ("email", "z@x.com", "***@x.com"),
        ("email", "no address", "***"),
        ("address", "北京市海淀区中关村大街1号", "北京市海淀区****"),
        ("address", "广东省深圳市南山区科技园路1号", "广东省深圳市南山区****"),
        ("address", "广西壮族自治区南宁市青秀区民族大道1号", "广西壮族自治区南宁市青秀区****"),
        ("address", "江苏省苏州市昆山市前进路1号", "江苏省苏州市昆山市****"),
        ("address", "杭州市阳光小区3幢", "杭州市****"),
        ("address", "1 High Street, London", "****"),
        ("account", "110123456781234", "****1234"),
        ("account", "1234", "****"),
        ("cvv", "123", "▇▇▇[CVV]"),
        ("pin", "abc123", "▇▇▇[PIN]"),
        ("one_time_code", "123456", "▇▇▇[OTP]"),
    ],
)
def test_each_kind_has_its_mask(kind: str, value: str, shown: str) -> None:
    assert mask_value(kind, value) == shown


def test_a_text_is_masked_in_place_and_keeps_its_values_apart() -> None:
    masked = mask_text("卡号6222 0202 0011 2230，密码123456，手机+86 138-0013-8000，证件11010519491231002X")
    assert masked.text == "卡号622202******2230，密码▇▇▇[PIN]，手机+86 138****8000，证件1****************X"
    assert [(masked.text[s.start : s.end], s.value) for s in masked.spans] == [
        ("622202******2230", "6222020200112230"),
        ("138****8000", "13800138000"),
        ("1****************X", "11010519491231002X"),
    ]
    assert masked.destroyed == ("pin",)
    assert "13800138000" not in repr(masked)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("验证码 123456", "one_time_code", "123456"),
        ("123456是我的验证码", "one_time_code", "123456"),
        ("CVV2:123", "cvv", "123"),
        ("my PIN is 1234", "pin", "1234"),
        ("密码:abc123", "pin", "abc123"),
        ("登录密码为Abc@1234", "pin", "Abc@1234"),
    ],
)
def test_a_destroyed_value_is_nowhere(text: str, kind: str, value: str) -> None:
    masked = mask_text(f"{text}；我又输了{value}")
    assert value not in masked.text
    assert set(masked.destroyed) == {kind}
    assert masked.spans == ()


def test_a_value_laid_bare_by_the_masking_is_masked_too() -> None:
    masked = mask_text("我的验证码是123456.13800138000")
    assert (masked.text, masked.destroyed) == ("我的验证码是▇▇▇[OTP].138****8000", ("one_time_code",))
    assert [masked.text[s.start : s.end] for s in masked.spans] == ["138****8000"]


def test_a_text_without_personal_data_stays_as_it_is() -> None:
    text = "我忘记密码了，验证码 3 次没收到，订单 2024011512345678901234，金额 ¥4,111.00"
    assert mask_text(text).text == text


@given(TEXTS)
@example("验证码123456验证码4567密码CVV 123 456")
@example("13800138000 13800138000-6222020200112230")
@example("密码11010519491231002X622202******2230")
def test_masking_a_masked_text_changes_nothing(text: str) -> None:
    masked = mask_text(text)
    assert [span for span in detect(masked.text) if span.data_class != "C1"] == []
    assert mask_text(masked.text).text == masked.text


@given(TEXTS)
def test_what_is_found_is_replaced_and_nothing_else_is(text: str) -> None:
    parts: list[str] = []
    at = 0
    for span in (s for s in detect(text) if s.data_class != "C1"):
        parts += (text[at : span.start], mask_value(span.kind, span.value))
        at = span.end
    once = "".join((*parts, text[at:]))
    masked = mask_text(text)
    assert masked.text == once or any(span.data_class != "C1" for span in detect(once))
    assert all(masked.text[s.start : s.end] == mask_value(s.kind, s.value) for s in masked.spans)


@given(
    st.lists(
        st.sampled_from(["13800138000", "6222020200112230", "CVV 123", "密码:abc123", "，", "客户", "\n"]),
        max_size=8,
    )
)
def test_offsets_point_at_the_masks(parts: list[str]) -> None:
    masked = mask_text("；".join(parts))
    assert [masked.text[s.start : s.end] for s in masked.spans] == [
        mask_value("mobile" if part[0] == "1" else "card_number", part) for part in parts if part.isdecimal()
    ]
    assert masked.destroyed == tuple("cvv" if part[0] == "C" else "pin" for part in parts if part[0] in "C密")


@pytest.mark.parametrize("unit", ["1 Main Street, oolCVV", "12 Oak Avenue, xPIN", "姓名：王小明我叫李雷"])
def test_values_that_each_lay_bare_the_next_cost_linear_time(unit: str) -> None:
    """Each turn of masking finds one more: without a bound 24 kB of it took eight seconds, 50 kB half a minute."""
    text = unit * (24_000 // len(unit))
    turns = 0

    def counted(inner: str) -> tuple[Span, ...]:
        nonlocal turns
        turns += 1
        return detect(inner)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bihuan.privacy.mask.detect", counted)
        masked = mask_text(text)
    assert turns < 40
    assert mask_text(masked.text).text == masked.text
    assert unit not in masked.text
