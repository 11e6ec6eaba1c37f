"""Numbers in file names, keys and forms; dates beside cards; what only resembles them. One table of each."""

import pytest

from bihuan.privacy.detect import detect

CARD = "6222020200112230"
ID = "11010519491231002X"


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in detect(text)]


GLUED = [
    ("银行卡_{}.jpg", "card_number", CARD),
    ("IMG_{}_20261122.jpg", "card_number", CARD),
    ("CardNo_{}", "card_number", CARD),
    ("ICBC{}", "card_number", CARD),
    ("UnionPay{} 工行", "card_number", CARD),
    ("card%3A{}&amount%3D100", "card_number", CARD),
    ("\\u5361\\u53f7{}", "card_number", CARD),
    ('{{"text":"卡号\\n{}"}}', "card_number", CARD),
    ("please help\n{}", "card_number", CARD),
    ("身份证_{}.jpg", "id_number", ID),
    ("{}_正面.jpg", "id_number", ID),
    ("scan_{}_back.png", "id_number", ID),
    ("SFZ{}", "id_number", ID),
    ("idcard_{}", "id_number", ID),
    ("营业执照_{}.pdf", "uscc", "91110000600037341L"),
    ("代码.{}", "uscc", "91110000600037341L"),
    ("user_{}.jpg", "mobile", "13800138000"),
    ("img_20261122_{}.jpg", "mobile", "13800138000"),
    ("uid_{}_log.txt", "mobile", "13800138000"),
    ("mobile%3D{}", "mobile", "13800138000"),
    ("Regards, Tom\n{}", "mobile", "13800138000"),
    ("call the office\n{}", "landline", "010-62345678"),
    ("login failed\n{}", "ip_address", "64.6.245.206"),
]


@pytest.mark.parametrize(("text", "kind", "value"), GLUED)
def test_a_number_is_found_in_file_names_keys_and_escapes(text: str, kind: str, value: str) -> None:
    assert found(text.format(value)) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "order_13912345678_001",
        "1_13912345678_2",
        "SN13812345678",
        "TX6222020200112230",
        "order_6222020200112230",
        "seq_13800138000_07",
        "deadbeef6222020200112230cafe",
        "a9abc6222020200112230",
        "ORD20261122000123456789",
        "SF1234567890123",
        "JD0012345678901",
        "录音编号202505110455134490",
        "单号573580054309448666",
    ],
)
def test_an_identifier_stays_clear(text: str) -> None:
    assert found(text) == []


def test_a_split_card_keeps_its_tail_and_swallows_no_count() -> None:
    assert found("卡号6228480082981403\n585") == [("card_number", "6228480082981403\n585")]
    assert found("卡号6228480082981403\n585元") == [("card_number", "6228480082981403")]
    spelt = "-".join(CARD)
    assert found(f"{spelt} 4-digit") == [("card_number", spelt)]
    assert found(f"{ID}\n501841922005\n18917655964") == [
        ("id_number", ID),
        ("card_number", "501841922005"),
        ("mobile", "18917655964"),
    ]


def test_a_resident_id_is_not_cut_into_a_mobile_at_its_date_of_birth() -> None:
    assert found("身份证440524\n19800101003X，手机") == [("id_number", "440524\n19800101003X")]
    assert found("工单440524\n19800101003") == [("mobile", "19800101003")]


def test_an_account_in_groups_is_not_cut_into_a_mobile_or_a_card() -> None:
    for account in ("4402 5152 1369 3493 333", "4402-4846-2169-6469-528"):
        assert found(f"银行账号：{account}") == [("account", account)]
    assert found("老身份证是370202761120389") == [("id_number", "370202761120389")]


EXPIRES = [
    ('{{"pan":"{card}","expDate":"{}"}}', "0127"),
    ('{{"pan":"{card}","expiryDate":"{}"}}', "2812"),
    ('"validDate":"{}","cardNo":"{card}"', "0428"),
    ('"expireDate":"{}","cardNo":"{card}"', "09/34"),
    ('"cardNo":"{card}","expired":"{}"', "0526"),
    ("卡{card} 有效年月{}", "10/27"),
    ("张卡{card}，到期係{}", "01/31"),
    ("卡{card} 有效期是{}", "二八年五月"),
    ("卡{card} 有效期{}", "28年5月"),
    ("卡{card} 有效期{}", "2028年5月6日"),
    ("卡{card} {}到期", "2030年7月"),
    ("card {card} exp: {}", "May 2029"),
    ("{card} {}", "05/28"),
    ("{card} {} 13800138000", "05/28"),
    ("{card} {} 扣款失败", "05/28"),
    ("{card} {} 扣款", "05/2028"),
    ("卡片 {card} {}失效", "2026年10月"),
]


@pytest.mark.parametrize(("text", "expiry"), EXPIRES)
def test_an_expiry_date_is_found_beside_a_card(text: str, expiry: str) -> None:
    assert ("expiry", expiry) in found(text.format(expiry, card=CARD))


@pytest.mark.parametrize(
    ("row", "expiry", "cvv"),
    [
        ("|05|2028|539", "05|2028", "539"),
        ("/0726/467", "0726", "467"),
        (",0726,467", "0726", "467"),
        (" 2031-11 508", "2031-11", "508"),
        ("\n01/32\n876", "01/32", "876"),
    ],
)
def test_expiry_and_code_are_found_in_a_row_behind_a_card(row: str, expiry: str, cvv: str) -> None:
    assert found(CARD + row) == [("card_number", CARD), ("expiry", expiry), ("cvv", cvv)]


def test_the_two_fields_of_an_expiry_date_are_found_beside_a_card() -> None:
    assert found(f'"pan":"{CARD}","expMonth":"05","expYear":"2029"')[1:] == [
        ("expiry", "05"),
        ("expiry", "2029"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        " 10/23 消费 789",
        " 10/25 purchase declined",
        " 10/23 扣款300",
        "，12/24 退款300元",
        " 08/21 ￥300",
        " 11/24 18:30",
        " 05/28 345.00",
        " 05/28 345元",
        " 0423 2013",
        " 分期到期日 2027-05",
        "，贷款2029年3月到期",
        " 合同2028年5月到期",
    ],
)
def test_a_day_of_business_behind_a_card_is_no_expiry_date(text: str) -> None:
    assert found(CARD + text) == [("card_number", CARD)]


def test_what_a_bill_is_due_on_is_no_expiry_date() -> None:
    assert found("账单到期 08/28，卡8200") == []
    assert found("卡到期 08/28，尾号8200") == [("expiry", "08/28")]


BESIDE = [
    ("澳门身份证{}", "id_number", "7209898(8)"),
    ("Macau ID: {}", "id_number", "7209898(8)"),
    ("台湾居民来往大陆通行证，证件号{}", "travel_permit", "15542075"),
    ("证件类型:台胞证\n证件号码:{}", "travel_permit", "15542075"),
    ("证件类型：护照，证件号码：{}", "passport", "AB3752070"),
    ('"certType":"护照","certNo":"{}"', "passport", "AB3752070"),
    ("收款账户：{}", "account", "615396319539"),
    ("戶口號碼 {}", "account", "687252828786"),
    ('"accountNo":"{}"', "account", "4402337699181387598"),
    ('"bankAccount":"{}"', "account", "218055041548"),
    ("account_no={}", "account", "218055041548"),
    ('"payeeAccountNo": "{}"', "account", "218055041548"),
    ("致電{}", "mobile", "6609 9940"),
    ("Call {} please", "mobile", "(852) 6482 9655"),
    ("from {}", "mobile", "00852 6482 9655"),
    ("called from {}", "mobile", "85299920195"),
    ("{}/24 不通", "ip_address", "64.6.245.206"),
]


@pytest.mark.parametrize(("text", "kind", "value"), BESIDE)
def test_a_number_is_found_beside_its_word_or_in_the_next_field(text: str, kind: str, value: str) -> None:
    assert found(text.format(value)) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/8",
        "第5.8.3.4条",
        "章节 3.2.1.4",
        "Section 4.3.2.1",
        "固件升级至 5.10.3.22",
        "Chrome/118.0.0.2",
        "库存 7209898(8)",
        "库存 15542075",
        "库存 6609 9940",
        "户口本 123456789",
        "护照，编号见附件 20261122",
    ],
)
def test_chapters_versions_networks_and_bare_numbers_stay_clear(text: str) -> None:
    assert found(text) == []
