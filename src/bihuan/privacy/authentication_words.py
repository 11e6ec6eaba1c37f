"""The vocabulary of authentication data: its words, what may link a value to them, and what looks like one and is none.

All of it reads a folded text (see `spans.fold`): small letters, ASCII digits, `-` for every dash. Pure data.
"""

import re

MAX_GAP = 12
MAX_TOKEN = 64

# Each branch begins with a literal, so that `re` scans by first letters; what stands before is checked afterwards.
CVV_WORD = (
    r"cv[vnc](?:2(?![0-9])|2(?=[0-9]{4}(?![0-9])))?(?: code| number|码)?(?![a-z])|安全码|安全碼"
    r"|背面(?:的)?(?:[后末][三3]|[三3])位(?:数字|数|码)?|card verification (?:value|number)(?![a-z])"
)
CODE_WORD = (
    r"验证码|驗證碼|校验码|校驗碼|动态码|動態碼|动态密码|動態密碼|动态口令|短信码|随机码|一次性(?:密码|口令)"
    r"|otp(?![a-z])|one[- ]time (?:password|passcode|code|pin)(?![a-z])|security code(?![a-z])"
    r"|verification (?:code|number)(?![a-z])|authentication code(?![a-z])|code(?![a-z])"
)
PIN_WORD = (
    r"密码|密碼|口令|password(?![a-z])|passwd(?![a-z])|passcode(?![a-z])|passphrase(?![a-z])|pwd(?![a-z])"
    r"|pin(?: code| number| no\.?|码)?(?![a-z])"
)
#: One of these is in each of the words: quicker to see than the words themselves.
STEMS = (
    "码",
    "碼",
    "口令",
    "pass",
    "pin",
    "pwd",
    "code",
    "otp",
    "cv",
    "背面",
    "verification number",
    "card verification",
)
WORD = re.compile(f"{CVV_WORD}|{CODE_WORD}|{PIN_WORD}")
IS_CVV, IS_CODE = re.compile(CVV_WORD), re.compile(CODE_WORD)

LINK = re.compile(
    r"[ \n:=,\"'“”‘’「」『』【】\[\]()《》<>*_`~#、|/\\-]|就?是|为|為|叫做?|设[置定]?[成为]|[改变][成为]|如下|我的|的|号"
    r"|我|你|您|他|她|收到了?|念[了的]?|填[了的]?|输入?[了的]?|设[了的]?|报[了的]?|用|给|说|写了?|对"
    r"|(?:is|was|are|equals|as|my|the|your|number|no|(?:set|changed|reset) to|i|you|they|he|she|me|him|it|got|received|said|gave|entered|typed|used|told|sent|here|which|that|and)(?![a-z0-9])"
)
STRONG = re.compile(r"[:=是为為成叫]|[念填输设报]的|(?<![a-z])(?:is|was|are|equals|to)(?![a-z])")
#: Verbs by which a value is told: behind them it may stand in the next clause.
TOLD = re.compile(r"[念填输设报说]|(?<![a-z])(?:said|gave|entered|typed|told|used)(?![a-z])")
LINK_BEFORE = re.compile(
    r"(?:[ \n\"'“”)\]】」*_`]|就?是|为|為|我|你|您|他|她|的|这个|新|旧|短信|手机|登录|交易|支付|查询|取款|银行卡|信用卡"
    r"|(?:is|was|are|my|the|your|new|old|sms|card|bank|debit|credit)(?![a-z]))*$"
)
BARE_BEFORE = re.compile(r"[ \n\"'“”)\]】」*_`的]{0,3}")

CVV_VALUE = re.compile(r"[0-9]{3,4}(?![0-9])")
CODE_VALUE = re.compile(r"(?:g-)?([0-9]{4,8}|[0-9]{3}[ -][0-9]{3}|[0-9](?: [0-9]){3,7})(?![0-9]| [0-9])")
TOKEN = re.compile(r"[!#-&(-+\--:=?-~]+")
DIGITS_END = re.compile(r"(?:[0-9]{3}[ -][0-9]{3}|[0-9]{3,8})$")
TOKEN_END = re.compile(rf"[!#-&(-+\--:=?-~]{{1,{MAX_TOKEN}}}$")

UNIT = re.compile(
    r" ?(?:次(?!日)|位(?!于)|小时|分钟|秒(?!杀)|年|元|块|条|遍|万(?!一)|亿|笔|%|个(?:小时|月)|"
    r"(?:times?|hours?|hrs?|minutes?|mins?|days?|weeks?|months?|years?|digits?|characters?|chars|attempts?|dollars?|usd|rmb|cny)"
    r"(?![a-z]))"
)
DATE_OR_TIME = re.compile(
    r"(?:19|20)[0-9]{2}[-/.][0-9]{1,2}(?:[-/.][0-9]{1,2})?(?![0-9])|[0-9]{1,2}:[0-9]{2}(?![0-9])"
)
GOES_ON = re.compile(r"[a-z_]|[.:/-][0-9]|%")
SERVICE_NUMBER = re.compile(r"95[0-9]{3}|100(?:00|01|10|11|86)|123(?:15|63|78|86)")
TAIL_BEFORE = re.compile(
    r"(?:尾号|尾数|[后末][四4]位|ending(?: in)?|last (?:4|four)(?: digits)?)[ 是为:]{0,3}$"
)
YEAR = re.compile(r"(?:19|20)[0-9]{2}")
AMOUNT_BEFORE = re.compile(r"[¥￥$€£]$|[0-9][.,:/-]$|[a-z_]$|[0-9]$")
CODE_OWNER = re.compile(r"([a-z]*)[ ]?$")
CODE_OWNERS = frozenset(["", "my", "the", "your", "sms", "text", "login"])
ERROR_BEFORE = re.compile(r"(?:错误|异常|返回|报错|状态|响应|错|区|邮)[ ]?$")
NOT_A_PASSWORD = re.compile(
    r"https?:|www\.|[0-9]+(?:st|nd|rd|th|days?|hours?|hrs?|mins?|minutes?|times?|x)$|[x*•.#_/-]+[0-9]*$|x[x0-9/.-]*$"
    r"|(?:app|ios|android|v|ver|version|win|windows|atm|pos|error|err|code|e|tls|ssl|http|h5|wifi|gb)[-_ ]?[0-9][0-9._]*$"
)
STATES = frozenset({
    "account", "admin", "blocked", "cancel", "cancelled", "changed", "disabled", "enabled", "error",
    "expired", "failed", "failure", "forgot", "forgotten", "hidden", "incorrect", "invalid", "locked",
    "missing", "protected", "required", "reset", "success", "unknown", "update", "updated", "username",
    "verified",
})  # fmt: skip
#: "账号密码:13800138000 abc123": the account comes first, the password last.
PAIR_BEFORE = re.compile(
    r"(?:账号|帐号|账户|卡号|手机|手机号|手机号码|用户名|account|username|user|card|login)"
    r"(?:[和及与、,/&+ ]|and){0,5}(?:登录|交易|支付|查询|取款)?$"
)
ACCOUNT = re.compile(r"[0-9]{11,}")
PAIRED = re.compile(r"[ ,/、;\n]{0,3}[!-+.0-:<-~-]+")
CLAUSE_END = re.compile(r"[ ]*(?:$|[\n,.;!?。、;）)】」\"'“”]|[一-鿿])")
