"""Names in context, and words in the same places that only begin like one; all made up."""

import pytest

from bihuan.privacy.detect import detect


def names(text: str) -> list[str]:
    return [text[span.start : span.end] for span in detect(text) if span.kind == "person_name"]


_SURNAMES = [
    "付伟", "闫磊", "雷建国", "肖强", "邸玉", "仝建军", "逯明", "佘红", "郗文静", "亓伟", "禤小丽", "欧阳修文", "上官婉", "司徒雪", "诸葛明",
    "皇甫文", "尉迟磊", "令狐伟", "慕容雪", "东方健", "陳志偉", "張國榮", "劉淑芬", "黃嘉豪", "吳美玲", "趙俊傑", "鄭家輝", "謝詠儀", "許志明", "鄧麗華",
    "馮國強", "葉俊明", "蘇美玲", "盧志偉", "鍾嘉豪", "譚詠麟", "羅家明", "蕭志明", "賴國華", "關志強", "歐陽志明",
]  # fmt: skip

_BEHIND_LABELS = [
    "姓名：{}", "客户姓名:{}", "户名：{}，账号未留", "戶名：{}", "收货人：{}", "被保险人：{}", "受益人：{}\n", "聯絡人：{}", "车主：{}", "甲方：{} 乙方：某公司",
    "中文名：{}", "账户名称：{}", "紧急联系人：{}", "自称{}，要求退息", "我叫{}，卡丢了", '{{"customerName":"{}","id":1}}', '"realName": "{}"', "<custName>{}</custName>",
    "姓名,备注\n{},无", "序号\t姓名\t金额\n1\t{}\t500", "| 姓名 | 备注 |\n|---|---|\n| {} | 无 |", "我老公叫{}，",
]  # fmt: skip


@pytest.mark.parametrize("surname_and_given", _SURNAMES)
@pytest.mark.parametrize("context", _BEHIND_LABELS)
def test_any_surname_is_found_where_a_name_is_asked_for(context: str, surname_and_given: str) -> None:
    assert names(context.format(surname_and_given)) == [surname_and_given]


@pytest.mark.parametrize("name", ["方宇刚", "周和", "吴可", "刘来", "王成之", "李想", "张永和"])
@pytest.mark.parametrize("context", ["姓名：{}", "户名：{}，", "收款人：{} 电话未留", '"name":"{}"'])
def test_a_name_may_end_like_a_function_word(context: str, name: str) -> None:
    assert names(context.format(name)) == [name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("客户王小明来电", "王小明"),
        ("持卡人付晨文于昨日致电", "付晨文"),
        ("本人闫静，身份证已上传", "闫静"),
        ("收货人雷慧玲，电话未留", "雷慧玲"),
        ("投保人陈静要求退保", "陈静"),
        ("卡主唐欣子622202开头", "唐欣子"),
        ("债务人钱梅萍，逾期三期", "钱梅萍"),
        ("用户谭国反映未到账", "谭国"),
        ("我妈妈段鑫的卡", "段鑫"),
        ("我儿子王小明，今年十八岁", "王小明"),
        ("尊敬的欧阳凯先生：", "欧阳凯"),
        ("余文刚女士您好", "余文刚"),
        ("戶名許俊詠，匯款未入帳", "許俊詠"),
    ],
)
def test_names_without_a_colon(text: str, found: str) -> None:
    assert names(text) == [found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("姓名：James Wong", "James Wong"),
        ("姓名: WONG Siu Ming", "WONG Siu Ming"),
        ("持卡人姓名 ZHANG/WEI", "ZHANG/WEI"),
        ("持卡人 Emma Taylor", "Emma Taylor"),
        ("Dear Wei Li, your dispute has been received", "Wei Li"),
        ("cardholder Jing Taylor called about a fee", "Jing Taylor"),
        ("Contact: Michael Taylor / office", "Michael Taylor"),
        ("account name Wei Patel", "Wei Patel"),
        ("Ship to: James Wong, Flat D", "James Wong"),
        ("Bill to: Linda Brown", "Linda Brown"),
        ("Beneficiary: Maria de la Cruz", "Maria de la Cruz"),
        ("From: Kelvin Chan <kc@example.com>", "Kelvin Chan"),
        ('{"holder":"Wei Patel"}', "Wei Patel"),
        ('{"cardHolderName":"Wei Patel"}', "Wei Patel"),
        ("Name,Amount\nDavid Lee,20", "David Lee"),
    ],
)
def test_latin_names(text: str, found: str) -> None:
    assert names(text) == [found]


_WORDS = [
    "陈述", "曾致电", "方表示", "单方面", "关注", "宁愿", "甘愿", "谢绝", "赖账", "龙卡", "周转", "徐州人", "郑州", "安徽人", "高度不满", "关于退息", "万元", "安排",
    "程序", "方便时间", "应还款", "金额", "钱款", "时间", "周一", "周末", "石家庄", "温州人", "韩国消费", "成功", "严重不满", "强烈要求", "管理", "许多", "何时", "水费",
    "白金卡", "向我行", "常用卡", "黄金会员", "马上挂断", "施压", "高级会员", "左右", "路上", "应诉", "商业", "原话", "冻结", "律师", "毕业", "单亲", "高中生", "任职",
]  # fmt: skip


@pytest.mark.parametrize("word", _WORDS)
@pytest.mark.parametrize(
    "context", ["客户{}", "持卡人{}，", "本人{}", "我是{}的", "投诉人{}表示不满", "联系{}"]
)
def test_a_word_that_begins_like_a_name_is_none(context: str, word: str) -> None:
    assert names(context.format(word)) == []


@pytest.mark.parametrize(
    "text",
    [
        "户名：华夏科技有限公司",
        "收款人：金海商贸有限公司",
        "联系人：张先生",
        "姓名：张**",
        "姓名,金额\n合计,500",
        "商户名称：张记小吃",
        '{"productName":"白金卡","name":"安全中心"}',
        '{"filename":"文件"}',
        "Dear Customer,",
        "Dear Sir or Madam,",
        "From: Credit Card Center <cs@example.com>",
        "Contact: Customer Service",
        "name,amount\nTotal Amount,20",
        "cardholder Credit Line",
    ],
)
def test_what_a_label_has_behind_it_is_not_always_a_name(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    "piece",
    ["姓名,", "姓名\n", "name,", '"name":"张', "客户", "姓名：张", "|姓名|\n|张三|\n", "Dear A", "·张"],
)
def test_long_texts_of_contexts_take_linear_time(piece: str) -> None:
    assert isinstance(detect(piece * 20_000), tuple)
