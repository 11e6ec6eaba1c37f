"""Codes and PINs that no connecting word alone ties to their word: other words lie between, or they stand before it. Pure.

"验证码报给他了123456", "OTP given to caller: 123456"; "123456（登录验证码）", "482913 is your … verification code". What is
destroyed cannot be brought back, so the words between may neither deny nor name another number.
"""

import re
from typing import NamedTuple

from bihuan.privacy.authentication_values import (
    AMOUNT_BEFORE,
    GOES_ON,
    MAX_TOKEN,
    SERVICE_NUMBER,
    UNIT,
    Digits,
    Value,
    digits_at,
    is_code,
    is_day_or_year,
    is_password,
)
from bihuan.privacy.authentication_words import (
    BARE_BEFORE,
    BRACKET_BEFORE,
    BRACKET_BEHIND,
    COMMA_BEFORE,
    LINK_BEFORE,
    MAX_GAP,
    SENDER_BEFORE,
    SENDER_WITHIN,
    STRONG,
)
from bihuan.privacy.spans import Kind


class Word(NamedTuple):
    """A word, and what it names; `name` without the `_` of a key."""

    start: int
    end: int
    name: str
    kind: Kind


#: English says in more letters what Chinese says in twelve.
_LONGEST_ENGLISH = 32
_FILLER = re.compile(r"[^0-9▇]{1,32}+(?=[0-9])")
_CLOSING = re.compile(r"(?:[:=是为為係]|(?<![a-z])(?:is|was|are))[ \n\"'“「【(\[]*$")
_CLAUSE_BREAK = re.compile(r"[,。;!?\n]|\.\.|[.][ ]")
_DENIED = re.compile(
    r"[没沒未无無唔冇不忘错錯败敗]|失效|过期|過期|失敗|别[给告]|勿|(?<![a-z])(?:not|never|no|fail|invalid|expire|wrong|forgot|incorrect|mismatch|error)"
    r"|n't"
)
#: Nouns and verbs that name another number than a code.
_NAMES_OTHER = re.compile(
    r"[号號单單元¥￥$额額账帐賬帳卡费費款钱錢價价第期率]|流水|编|編|尾[号數数]|后[四4]|手机|手機|电话|電話|致电|拨打|撥打|时间|時間|日期|年|代码|代碼|版本"
    r"|余[额下]|金[额额]|积分|商户|商戶|终端|終端|批次|凭证|授权码|参考|参照|工单|案件|合同|借据|保单|发票|快递|邮编|端口|型号|序列|机器|柜员|员工"
    r"|扣|转(?!发|告|达)|支付|付[了款]|取[走了出]|花了|刷了|汇|买|器|客服[ :]*$|经理|提现|充值|消费|退[款了]|还款|贷|等[了待]|超过|大约|共|约|排队|至少|最多|限|房间|座位|网点|支行|机构|行业|股票|身份证|证件|护照|qq|微信群"
    r"|密码|密碼|验证码|驗證碼|口令|otp|pin|cvv|password|code|提示|返回|响应|结果|状态|渠道|产品|活动|设备|分机|门店|接口|模板|部门|规则|坐席|座席|区域|标签|地址|邮箱|分数|评分|得分|人数|总数|总共|数量|目前|当前|阈值|上限|下限|校验|请求|平台|服务|服務|图片|圖片|页面|頁面|倒计时|发[至到往送出]|發[至到往送]|通知|版"
    r"|(?<![a-z])(?:order|amount|card|phone|mobile|tel|ref|reference|id|error|err|date|time|ticket|txn|trans|case|fee|version|model|serial|device|pad|block"
    r"|terminal|account|acct|ending|port|batch|invoice|auth|approval|status|ms|rc|mid|tid|rrn|stan|trace|tracking|merchant|agent|service|server|build|for|at|on|in|since"
    r"|after|before|sent to|expires?|mailer|change|reset|limit|length|try|tries|retry|attempt)"
)
#: Of a PIN more is written that is no PIN.
_NO_PIN = re.compile(
    r"修改|重置|重设|锁|鎖|键盘|鍵盤|到期|有效|长度|複雜|复杂|申请|申請|问题|問題|链接|連結|邮寄|信封|函|器|保护|解锁|找回|更新|功能|错误|办理"
)
#: English names what follows by a noun and a colon as well: only these words may lie between.
_ENGLISH_FILLER = re.compile(
    r"(?:[ :=\"'(,.-]+|(?:received|receive|given|gave|give|got|get|getting|told|shared|sent|texted|read|read out|showed|shows?|shown|displayed|says?|said|came|arrived|typed|entered|used|tried"
    r"|have|had|has|been|is|was|were|are|i|we|he|she|they|you|it|me|him|her|them|us|my|the|a|this|that|which|as|to|by|from|with|caller|scammer|fraudster|bank|now|just|today|here|below|follows"
    r"|and|probably|maybe|actually|again|also|then)(?![a-z]))*$"
)
#: Before a colon Chinese, too, names by a noun: so only what tells or points.
_TOLD_COLON = re.compile(
    r"(?:^|[了的我你您他她们是为給给到来來说說听聽下出着过過方)）】]|如下|显示|顯示|告知|填写|输入|内容|[^一-鿿])[ ]?[:=][^一-鿿]*$"
)
#: Without one of these the words make a longer noun of their word: "验证码通道".
_TELLS = re.compile(
    r"[了是为為係着著过過给給到来來出我你他她您的收念输填说說写寫試试叫用记記,。;!:=]|显示|顯示|告|生日|大概|刚|可能|应该|好像|就|看"
)
_OTHER_BEHIND = re.compile(
    r" ?(?:[的这那個个这那是此]{0,3}(?:号|號|单|單|工单|订单|訂單|流水|商户|账|帐|卡|手机|电话|客户|用户|笔|错误|金额|代码|编)|error|order|ticket|号码)"
)
_ENDS = re.compile(
    r" ?(?:$|[\n,.。;!?、)）】」\"'”吗吧呢啊了]|(?:对|是)不?(?:对|是)?|怎么|输|提示|告诉|发|报|给)"
)
#: "收不到验证码": what follows is no code of it.
_NOT_RECEIVED = re.compile(
    r"(?:[收等拿获][唔不]到|[没沒未](?:有)?(?:收到|收|来|来过|到)|沒有|没有|冇|唔见|收唔到|获取不到|(?<![a-z])(?:never|not|no|without|didn't|don't|didnt)(?: (?:got|get|getting|receive|received))?)"
    r"[^,。;!?\n]{0,8}$"
)

_ANY_DIGIT = re.compile("[0-9]")
_DIGITS_END = re.compile(r"(?:[0-9]{3}[ -][0-9]{3}|[0-9](?:([ 、])[0-9])(?:\1[0-9]){2,6}|[0-9]{3,8})\Z")
_TOKEN_END = re.compile(rf"[!#-&(-+\--:=?-~]{{1,{MAX_TOKEN}}}\Z")
_TAIL_BEFORE = re.compile(
    r"(?:尾号|尾号为|尾数|[后末][四4]位|ending(?: in)?|last (?:4|four)(?: digits)?)[ 是为:]{0,3}$"
)
#: A clause of its own begins here: at a line or a sign, or behind the sender's name or mark ("【…】", "<#>").
_CLAUSE_START = re.compile(r"(?:^|[\n,。;!?】\]>|]|[.] |您的|你的)[ \"'“(\[【「]*$")
_OTHER_BEFORE = re.compile(
    r"(?:[号號单單码碼额額卡账帐錯错流水]|编号|工单|订单|金额|转账|提现|error|err|order|ticket|case|ref|id|no\.?|txn|amount|date|time|card)[ :#=]{0,3}$"
)
#: Behind its word, in the same clause: a number before it is not the code, or it cannot be said.
_FAILED_BEHIND = re.compile(
    r"[^,。;!?\n]{0,16}?(?:[没沒未唔冇]|不[到了对符正通]|错|錯|失[败敗]|失效|无效|無效|过期|過期|异常|的?[号號](?:码|碼)"
    r"|(?<![a-z])(?:not|never|no|invalid|fail|requests?|mismatch|expire|error|wrong|incorrect|sent|messages?|attempts?|issue|problem|timeout|timed|blocked|reject))"
)
_STOPS = re.compile(r"[ ]?(?:$|[\n,。;!?:：)】」]|\.(?![0-9]))")


def value_behind_filler(text: str, word: Word) -> Value | None:
    """Six digits (a code behind 是, a colon …: four to eight) that other words part from their word by twelve characters."""
    found = _FILLER.match(text, word.end, word.end + _LONGEST_ENGLISH + 1)
    if found is None or _is_denied_before(text, word):
        return None
    filler = found[0]
    strong = _CLOSING.search(filler) is not None
    if not _may_lie_between(filler, word.kind) or AMOUNT_BEFORE.search(filler):
        return None
    digits = digits_at(text, found.end(), word.kind)
    if digits is None or digits.length not in (
        range(4, 9) if strong and word.kind == "one_time_code" else (6,)
    ):
        return None
    return Value(found.end(), digits.end, word.kind) if _is_own(text, found, digits, strong) else None


def _may_lie_between(filler: str, kind: Kind) -> bool:
    if _DENIED.search(filler) or _NAMES_OTHER.search(filler) or (kind == "pin" and _NO_PIN.search(filler)):
        return False
    if filler.isascii() and any("a" <= c <= "z" for c in filler):
        return _ENGLISH_FILLER.match(filler) is not None
    if (":" in filler or "=" in filler) and _TOLD_COLON.search(filler) is None:
        return False
    if len(filler.strip()) > MAX_GAP or re.search(r"[+_%/#~-]$|(?<!\.)\.$", filler):
        return False
    if any("一" <= c <= "鿿" for c in filler) and _TELLS.search(filler) is None:
        return False
    # A PIN is told in the same breath, a code may come with the next clause.
    return _CLAUSE_BREAK.search(filler) is None or (kind != "pin" and len(_CLAUSE_BREAK.findall(filler)) == 1)


def _is_own(text: str, filler: re.Match[str], digits: Digits, strong: bool) -> bool:
    start, end = filler.end(), digits.end
    if not is_code(text, start, digits, strong=False) or UNIT.match(text, end) or GOES_ON.match(text, end):
        return False
    if _OTHER_BEHIND.match(text, end):
        return False
    return strong or _CLAUSE_BREAK.search(filler[0]) is None or _ENDS.match(text, end) is not None


def _is_denied_before(text: str, word: Word) -> bool:
    return _NOT_RECEIVED.search(text, max(0, word.start - 24), word.start) is not None


def is_not_received(text: str, word: Word) -> bool:
    """Whether the code of this word did not come."""
    return word.kind == "one_time_code" and _is_denied_before(text, word)


def value_before(text: str, word: Word, *, is_answered: bool) -> Value | None:
    """The value before its word: with a verb, or, if none follows the word, in brackets or alone in its clause."""
    if _ANY_DIGIT.search(text, max(0, word.start - MAX_TOKEN), word.start) is None:
        return None
    verb = SENDER_BEFORE.search(text, max(0, word.start - SENDER_WITHIN), word.start)
    if verb is None:
        verb = LINK_BEFORE.search(text[max(0, word.start - MAX_GAP) : word.start])
    gap = verb[0] if verb else ""
    if STRONG.search(gap) or gap.startswith(" as "):
        return _named(text, word, word.start - len(gap))
    return None if is_answered or word.name == "code" else _without_verb(text, word, gap)


def _without_verb(text: str, word: Word, gap: str) -> Value | None:
    """Six digits (before a word that ends the clause: four to eight) beside the word and nothing else."""
    window = text[max(0, word.start - MAX_GAP) : word.start]
    if bracket := BRACKET_BEFORE.search(window):
        is_closed = word.kind != "pin" and BRACKET_BEHIND.match(text, word.end)
        return (
            _alone(text, word, word.start - len(bracket[0]), range(4, 9), is_closed=True)
            if is_closed
            else None
        )
    if word.kind == "pin":
        return _alone(text, word, word.start - len(gap), (6,)) if "这个" in gap or "這個" in gap else None
    is_last = _STOPS.match(text, word.end) is not None
    if comma := COMMA_BEFORE.search(window):
        return _alone(text, word, word.start - len(comma[0]), (6,)) if is_last else None
    if not BARE_BEFORE.fullmatch(gap) or _FAILED_BEHIND.match(text, word.end):
        return None
    counts = (3, 4) if word.kind == "cvv" else range(4, 9) if is_last else (6,)
    return _alone(text, word, word.start - len(gap), counts)


def _named(text: str, word: Word, end: int) -> Value | None:
    """What a verb ties to the word behind it."""
    shape = _TOKEN_END if word.kind == "pin" and not word.name.startswith("pin") else _DIGITS_END
    value = shape.search(text[max(0, end - MAX_TOKEN - 1) : end])
    if value is None or not _fits(value[0], word.kind):
        return None
    start = end - len(value[0])
    before = text[max(0, start - 20) : start]
    if (
        AMOUNT_BEFORE.search(before)
        or _TAIL_BEFORE.search(before)
        or re.match("错误|的号码|錯誤", text[word.end : word.end + 3])
    ):
        return None
    return Value(start, end, word.kind)


def _alone(
    text: str, word: Word, end: int, counts: range | tuple[int, ...], *, is_closed: bool = False
) -> Value | None:
    """Digits that nothing else names, with a clause of their own, unless their word stands in brackets behind them."""
    value = _DIGITS_END.search(text[max(0, end - 16) : end])
    if value is None or sum(c.isdecimal() for c in value[0]) not in counts:
        return None
    start = end - len(value[0])
    before = text[max(0, start - 20) : start]
    if not (_CLAUSE_START.search(before) or (is_closed and _NAMES_OTHER.search(before[-8:]) is None)):
        return None
    if AMOUNT_BEFORE.search(before) or _OTHER_BEFORE.search(before):
        return None
    if is_day_or_year(text, start, end) or SERVICE_NUMBER.fullmatch(value[0]):
        return None
    return Value(start, end, word.kind)


def _fits(value: str, kind: Kind) -> bool:
    """Whether a value found before its word has the length and the characters of its kind."""
    count = sum(c.isdecimal() for c in value)
    if kind == "cvv":
        return value.isdecimal() and count <= 4
    if kind == "one_time_code":
        return count >= 4
    if re.fullmatch("[0-9 、-]+", value):
        return 3 <= count <= 12
    return len(value) >= 4 and count > 0 and is_password(value, strong=False)
