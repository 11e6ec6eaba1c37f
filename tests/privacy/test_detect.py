"""Detection: what is found for certain, what must not be, and that any input is survived in linear work."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bihuan.privacy.detect import detect
from bihuan.privacy.prefixes import is_luhn, is_resident_id, scheme_of

if TYPE_CHECKING:
    from _typeshed import TraceFunction

DATA = Path(__file__).parents[3] / "shared" / "data"


def shared(name: str) -> Path:
    """A file of the shared data; the test is skipped, visibly, where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no shared data: {path}")
    return path


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, span.value) for span in detect(text)]


CARDS = """
6222020200112230  6222 0202 0011 2230  6222-0202-0011-2230  622202 0200112230  ６２２２０２０２００１１２２３０
62220202\\n00112230  6222\\u00a00202\\u00a00011\\u00a02230  6222\\u200b020200112230  6222—0202—0011—2230
卡号6222020200112230，请查  card6222020200112230  (6222020200112230)  **6222020200112230**  6 2 2 2 0 2 0 2 0 0 1 1 2 2 3 0
""".strip()


@pytest.mark.parametrize("text", re.split(r"  |\n", CARDS))
def test_a_card_number_is_found_however_it_is_written(text: str) -> None:
    text = text.replace("\\n", "\n").replace("\\u00a0", "\u00a0").replace("\\u200b", "\u200b")
    assert found(text) == [("card_number", "6222020200112230")]


@pytest.mark.parametrize(
    ("number", "scheme"),
    [
        ("6200000000000005", "unionpay"),
        ("8171999927660000", "unionpay"),
        ("4111111111111111", "visa"),
        ("4222222222222", "visa"),
        ("5555555555554444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("378282246310005", "amex"),
        ("3530111333300000", "jcb"),
        ("30569309025904", "diners"),
        ("36050234196908", "diners"),
        ("6011111111111117", "discover"),
    ],
)
def test_each_scheme_is_known(number: str, scheme: str) -> None:
    assert scheme_of(number) == scheme
    assert found(f"我的卡 {number} 被盗刷") == [("card_number", number)]


@pytest.mark.parametrize(
    "text",
    [
        "卡号:6222021234567890123",
        "银行卡号是 6222 0212 3456 7890 123",
        "my card number is 6222021234567890123",
        "6222021234567890123是我的卡号",
    ],
)
def test_a_unionpay_number_that_fails_luhn_is_a_card_beside_the_word(text: str) -> None:
    assert found(text) == [("card_number", "6222021234567890123")]
    assert found("流水 6222021234567890123 已入账") == []


IDS = [
    "11010519491231002X",
    "11010519491231002x",
    "１１０１０５１９４９１２３１００２Ｘ",
    "身份证11010519491231002X号",
]


@pytest.mark.parametrize(
    "text", [*IDS, "110105 19491231 002X", "110105-19491231-002 X", "1101 0519 4912 3100 2X"]
)
def test_a_resident_id_is_found_however_it_is_written(text: str) -> None:
    assert found(text) == [("id_number", "11010519491231002X")]


@pytest.mark.parametrize(
    "value", ["110105194912310021", "110105194913310027", "990105194912310020", "11010519491231002"]
)
def test_a_wrong_check_date_region_or_length_is_no_resident_id(value: str) -> None:
    assert not is_resident_id(value)
    assert found(value) == []


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "１３８００１３８０００",
        "+8613800138000",
        "+86 138 0013 8000",
        "(+86)13800138000",
        "0086-138-0013-8000",
        "8613800138000",
        "86 13800138000",
        "138-0013-8000",
        "138\u00a00013\u00a08000",
        "1380013 8000",
        "tel13800138000",
        "请打13800138000找我",
        "1.13800138000 家里",
    ],
)
def test_a_mobile_is_found_however_it_is_written(text: str) -> None:
    assert found(text) == [("mobile", "13800138000")]


BESIDE_THEIR_WORD = [
    ("验证码 123456", "one_time_code", "123456"),
    ("验证码：【482913】，5分钟内有效", "one_time_code", "482913"),
    ("123456是我的验证码", "one_time_code", "123456"),
    ("482913 is your verification code", "one_time_code", "482913"),
    ("动态码:\n88123456", "one_time_code", "88123456"),
    ("校验码为１２３４５６", "one_time_code", "１２３４５６"),
    ("OTP is 4829", "one_time_code", "4829"),
    ("the code is 482913", "one_time_code", "482913"),
    ("验证码是 123 456", "one_time_code", "123 456"),
    ("CVV2:123", "cvv", "123"),
    ("CVN 0123", "cvv", "0123"),
    ("cvc123", "cvv", "123"),
    ("安全码是 123", "cvv", "123"),
    ("123 is my CVV", "cvv", "123"),
    ("my PIN is 1234", "pin", "1234"),
    ("PIN码1234", "pin", "1234"),
    ("密码:abc123", "pin", "abc123"),
    ("交易密码是 888888", "pin", "888888"),
    ("查询密码123456", "pin", "123456"),
    ("取款密码改成654321了", "pin", "654321"),
    ("登录密码为Abc@1234，登不上", "pin", "Abc@1234"),
    ("密码：Qwertyui", "pin", "Qwertyui"),
    ("password: hunter2x", "pin", "hunter2x"),
    ('{"password":"abc123"}', "pin", "abc123"),
    ("Abc123是我的登录密码", "pin", "Abc123"),
    ("用户名密码：zhang01 Abc123 登不上", "pin", "Abc123"),
]


@pytest.mark.parametrize(("text", "kind", "value"), BESIDE_THEIR_WORD)
def test_authentication_data_is_found_beside_its_word(text: str, kind: str, value: str) -> None:
    (span,) = detect(text)
    assert (span.kind, span.data_class, text[span.start : span.end]) == (kind, "C3", value)


def test_a_code_is_found_wherever_it_is_repeated() -> None:
    assert [text for _, text in found("验证码123456，我输了123456，扣了123456元")] == ["123456", "123456"]


def test_account_and_password_given_together_are_told_apart() -> None:
    assert found("卡号密码：6222 0202 0011 2230 123456") == [
        ("card_number", "6222020200112230"),
        ("pin", "123456"),
    ]
    assert found("账号密码：13800138000/888888") == [("mobile", "13800138000"), ("pin", "888888")]
    assert found("忘记密码 13800138000 请回电") == [("mobile", "13800138000")]


def test_a_card_number_behind_a_password_word_keeps_all_its_groups() -> None:
    assert found("密码 6222 0202 0011 2230") == [("card_number", "6222020200112230")]


NOTHING = """
密码找回|我忘记密码了|PIN blocked|收到验证码 3 次|收到验证码 3000 次|验证码2小时没收到|password reset 2 times|错误码 -102
my password is incorrect|wrong PIN, 3 attempts left|PIN is 4 digits|密码为6-20位|密码 6 位数|修改密码 2024-01-15|密码 2024年修改
收到10086的验证码|95588验证码没收到|尾号1234验证码没收到|验证码没收到，尾号1234|error code: 100234|zip code 90210|报错code:1001|Password: forgotten.
登录密码APP3.2.1报错|密码重置链接 https://a.example/1234|shopping 1234|收不到验证码,1234 这张卡|验证码 -1024
订单号 2024011512345678901234|¥4,111.00|4,111,111,111,111,111.00|余额 4111.11|2024-01-15 10:30:00|2024-01-15T10:30:00.123456+08:00
20240115103000|2024011513800138000|1700000000000|550e8400-e29b-41d4-a716-446655440000|11111111-1111-4111-8111-111111111111
deadbeef4111111111111111cafe|41111111111111112222|0.4111111111111111|13812345678.5|0.13812345678|3.13812345678
4111 1111 1111 1112|1234567890123456|TX13812345678901|SN13812345678|123.456.789.012
GD-2026-0001234|2024-138-0013-8000|400-820-8888|95588|6222****2230|622202******2230|1****************X|138****8000
""".strip()


@pytest.mark.parametrize("text", re.split(r"[|\n]", NOTHING))
def test_words_counts_dates_amounts_and_references_are_not_hit(text: str) -> None:
    assert found(text) == []


PIECES = st.sampled_from(
    [*"0123456789", " ", "-", "\n", "x", "X", ".", ",", ":", "+", "*", "▇", "是", "的", "我", "is ", "G-", "尾号", "年", "次", "\u3000"]
    + ["密码", "验证码", "CVV", "CVV2", "PIN", "password", "code", "OTP", "卡号", "账号", "▇▇▇[PIN]", "138****8000", "622202******2230"]
    + ["6222020200112230", "4111 1111 1111 1111", "11010519491231002X", "13800138000", "+86", "86", "123456", "abc123", "123"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(), st.lists(PIECES, max_size=14).map("".join), st.text(alphabet="0123456789 -\nxX.是码密")
)


@given(TEXTS)
@example("\ud800密码:\udfff1234")
@example("İ密码:abc123İ")
def test_spans_are_sorted_disjoint_and_inside_the_text(text: str) -> None:
    at = 0
    for span in detect(text):
        assert at <= span.start < span.end <= len(text)
        assert span.value
        at = span.end


@given(
    st.integers(min_value=0, max_value=10**9 - 1),
    st.lists(st.sampled_from(["", " ", "-", "\u3000"]), min_size=3, max_size=3),
)
def test_every_luhn_valid_unionpay_number_is_found(body: int, gaps: list[str]) -> None:
    stem = f"622202{body:09d}"
    number = next(stem + str(check) for check in range(10) if is_luhn(stem + str(check)))
    groups = [number[i : i + 4] for i in range(0, 16, 4)]
    written = "".join(a + b for a, b in zip(groups, [*gaps, ""], strict=True))
    assert ("card_number", number) in found(f"卡 {written}。")


def test_a_span_never_shows_its_value() -> None:
    assert "6222" not in repr(detect("6222020200112230"))


def counted(work: Callable[[], object]) -> int:
    """How many Python lines of the package ran: a measure of work that no busy machine changes."""
    count = 0

    def step(frame: FrameType, event: str, arg: object) -> "TraceFunction":
        nonlocal count
        count += 1
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


ADVERSARIAL = [
    "密码", "1 ", "4111 ", "6222-", "138-", "1", "密码:", "密码1234 ", "1234是密码", "验证码 1 ", "cvv", "code is ", "x", " ", "1\n",
    "@", "a.b@c.", " at x dot ", "1.2.3.4.", ":", "a:", "路1号", "1号", "北京市", "地址:", "姓名:", "我叫", "王小明先生", "一", "零 ",
    "1l", "6222O", "E1234567", "护照E", "account ", "de89 3704 ", "010-", "+1 ", "电话1", "phone (", "1 oak street, ", "apt 1, ",
    "Mr John ", "Name: ", "答案是", "有效期", "4111111111111111 12/28 ", "%b4111 ", "=", "1\u200b", "138****", "1、", "1.1.1.1", "> 1\n",
    "13800138000,", "11010519491231002X", "账号密码 a1 ", "12 345 6 ", "a1", "******", "▇▇▇[PIN]1", "86 ", "-", "是的",
]  # fmt: skip


@pytest.mark.parametrize("unit", ADVERSARIAL)
def test_work_grows_no_faster_than_the_text(unit: str) -> None:
    small, large = unit * 200, unit * 1600
    assert counted(lambda: detect(large)) <= 9 * counted(lambda: detect(small)) + 400


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    ["密码" * 100_000, "1 " * 100_000, "1" * 1_000_000, "密码:" + "a" * 1_000_000, "1" + " " * 1_000_000],
)
def test_a_huge_hostile_text_ends(text: str) -> None:
    assert detect(text) == ()


# What real data says. Skipped where the shared data is absent.


def test_scrubbed_complaints_hold_nothing() -> None:
    with shared("cfpb_narratives/complaints.csv").open(encoding="utf-8", newline="") as rows:
        texts = [row["Consumer complaint narrative"] for row in csv.DictReader(rows)]
    assert len(texts) > 2500
    assert [(text, spans) for text in texts if (spans := detect(text))] == []


def vectors(name: str) -> dict[str, list[str]]:
    return json.loads(shared("pii_zh_validators/vectors.json").read_text(encoding="utf-8"))[name]


@pytest.mark.parametrize("name", ["mainland_id", "mainland_id_hutool"])
def test_resident_id_vectors(name: str) -> None:
    cases = vectors(name)
    valid = [value for value in cases["valid"] if len(value) == 18]
    assert [value for value in valid if found(value) != [("id_number", value.upper())]] == []
    assert [value for value in cases["invalid"] if any(kind == "id_number" for kind, _ in found(value))] == []


def test_mobile_vectors() -> None:
    cases = vectors("mainland_mobile")
    # 92x and 98x are the vectors' own guess: no such numbers are issued.
    valid = [value for value in cases["valid"] if not re.search(r"9[28][0-9]{9}$|^98", value)]
    assert len(valid) > 30
    assert [value for value in valid if found(value) != [("mobile", value[-11:])]] == []
    # A form may refuse a dash behind +86; in free text it is how people write.
    invalid = [value for value in cases["invalid"] if not re.match(r"(?:\+|00)86-1", value)]
    assert [value for value in invalid if any(kind == "mobile" for kind, _ in found(value))] == []


def test_card_vectors() -> None:
    cases = vectors("bank_card_luhn")
    assert [
        value for value in cases["valid"] if found(value) != [("card_number", re.sub(r"[ -]", "", value))]
    ] == []
    assert [value for value in cases["invalid"] if found(value)] == []


def presidio(entity: str) -> Iterator[tuple[str, list[list[int]]]]:
    for line in shared("pii_presidio/vectors.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["entity_file"] == entity:
            yield (
                next(v for v in case.values() if isinstance(v, str)),
                case.get("expected_res") or case.get("expected_positions") or [],
            )


def covered(entity: str, kinds: set[str]) -> tuple[list[str], list[str]]:
    """The texts of an entity in which a labelled place is missed, and those in which something else is found."""
    missed: list[str] = []
    more: list[str] = []
    for text, places in presidio(entity):
        spans = [(s.start, s.end) for s in detect(text) if s.kind in kinds]
        if any(not any(s[0] <= p[0] and s[1] >= p[1] for s in spans) for p in places):
            missed.append(text)
        if any(not any(s[0] < p[1] and s[1] > p[0] for p in places) for s in spans):
            more.append(text)
    return missed, more


def test_presidio_cards() -> None:
    """All but UATP (prefix 1, 15 digits): an airline account, and every reference number begins with 1."""
    missed, more = covered("CREDIT_CARD", {"card_number"})
    assert [text for text in missed if "122000000000003" not in text] == []
    assert more == []


def test_presidio_ibans() -> None:
    """One in mixed capitals is found too; a group of a wrong one may read as something else by chance."""
    missed, more = covered("IBAN", {"account"})
    assert missed == []
    assert len(more) <= 2


def test_presidio_emails() -> None:
    assert covered("EMAIL", {"email"}) == ([], [])


def test_presidio_addresses_on_the_net() -> None:
    """Networks, loopback and what is nobody's own address are left out on purpose."""
    missed, more = covered("IP", {"ip_address"})
    nobodys = re.compile(r"/[0-9]{1,3}|(?<![0-9a-f])::|fe80|ff02|127\.|0\.0\.0\.0|1\.1\.1$", re.IGNORECASE)
    assert [text for text in missed if not nobodys.search(text)] == []
    # Whole IPv6 addresses which the vectors leave to another recogniser, and one glued to "IP".
    assert len(more) <= 4


def test_presidio_phones() -> None:
    """What has a plus or North America's form; another country's national form says nothing without its country."""
    missed, _ = covered("PHONE", {"mobile", "landline"})
    assert len(missed) <= 8


@pytest.mark.parametrize("entity", ["MAC", "URL", "CRYPTO", "DATE", "US_SSN", "US_BANK"])
def test_presidio_other_kinds_are_not_taken_for_ours(entity: str) -> None:
    texts = [text for text, _ in presidio(entity)]
    assert texts
    assert [(text, found(text)) for text in texts if found(text)] == []


def test_nearly_all_chinese_card_prefixes_are_known() -> None:
    with shared("unionpay_bin/bin.csv").open(encoding="utf-8", newline="") as rows:
        cards = [(row["bin"].ljust(int(row["length"]), "0"), row["bin"]) for row in csv.DictReader(rows)]
    unknown = [prefix for number, prefix in cards if scheme_of(number) is None]
    assert len(unknown) <= 0.03 * len(cards), unknown
