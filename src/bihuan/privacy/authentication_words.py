"""The vocabulary of authentication data: its words and keys, and what may link a value to them. Pure data.

All of it reads a folded text (see `fold`): small letters, ASCII digits, `-` for every dash. What a value looks like, and
what only looks like one, stands in `authentication_values`.
"""

import re

MAX_GAP = 12

# Each branch begins with a literal, so that `re` scans by first letters; what stands before is checked afterwards.
_BACK = "[后後末][三3][位碼码]|[三3][位碼码]"
CVV_WORD = (
    r"cv[vnc](?:2(?![0-9])|2(?=[0-9]{4}(?![0-9])))?(?: ?/ ?cv[vnc]2?)?(?: code| number|码|碼|号码?|號碼?|数字|數字)?(?![a-z])"
    rf"|安全(?:码|碼|代码|代碼)|背面(?:的|那|最)?(?:{_BACK})(?:数字|數字|数|码|碼)?"
    rf"|签名[栏条](?:上|的)?(?:{_BACK})(?:数字|数|码)?|簽名[欄條](?:上|的)?(?:{_BACK})(?:數字|數|碼)?"
    r"|card verification (?:value|number)(?![a-z])"
)
CODE_WORD = (
    r"验证码|驗證碼|认证码|認證碼|校验码|校驗碼|动态码|動態碼|动态密码|動態密碼|动态口令|動態口令|短信码|短信密码|短訊碼|簡訊碼"
    r"|令牌码|随机码|隨機碼|一次性(?:密码|密碼|口令)|otp(?: code| number| pin)?(?![a-z])"
    r"|one[- ]time (?:password|passcode|code|pin)(?![a-z])|security code(?![a-z])"
    r"|verification (?:code|number)(?![a-z])|authentication code(?![a-z])|captcha(?![a-z])|yzm(?![a-z])|code(?![a-z])"
)
PIN_WORD = (
    r"密码|密碼|口令|password(?![a-z])|passwd(?![a-z])|passcode(?![a-z])|passphrase(?![a-z])|pwd(?![a-z])"
    r"|pin(?: code| number| no\.?|码|碼)?(?![a-z])"
)
#: One of these is in each of the words: quicker to see than the words themselves.
LATIN_STEMS = ("pin", "code", "pass", "cv", "otp", "pwd", "captcha", "yzm", "verification")
STEMS = ("码", "碼", "口令", "背面", "签名", "簽名", *LATIN_STEMS)
WORD = re.compile(f"{CVV_WORD}|{CODE_WORD}|{PIN_WORD}")
IS_CVV, IS_CODE = re.compile(CVV_WORD), re.compile(CODE_WORD)

#: What goes on to the left of a word, of letters, digits and underlines: together they are the key of a field.
#: `\Z`, here and elsewhere: `$` looks through a line's end, and takes the line before for a part of the word.
KEY_BEFORE = re.compile(r"[a-z0-9_-]*[a-z0-9_-]\Z")
_PAY = "pay|payment|trade|trading|txn|trans|transaction|login|logon|signin|user|usr|old|new|orig|origin|confirm|query|bank|card|atm|withdraw|acct|account|cust|customer|my|ebank|debit|credit"
#: Keys without their `_` and `-`, by what they name.
CODE_KEY = re.compile(
    r"(?:(?:user|pay|login|input|mobile|phone|in|req|old|new)?(?:sms|otp|totp|verify|verification|verif|v|valid|validate|validation|check|msg|message"
    r"|auth(?=entication)|authentication|dynamic|one?time|captcha|mfa|2fa|login|signin|smsverify|smsverification|smsauth))(?:code|password|passcode|pwd|pin)"
    r"|(?:sms|pay|login|user|verify)(?:otp|captcha)"
)
PIN_KEY = re.compile(
    rf"(?:{_PAY}){{1,3}}(?:password|passwd|passcode|pwd|pin|pincode)|pin(?:code|no|num|number)"
)
CVV_KEY = re.compile(
    r"(?:card|cc|bank|bankcard)?cv[vnc]2?(?:code|no|num|number|value)?|cardverification(?:value|code)"
)
#: Keys whose value may be an error as well: only where nothing says so.
DOUBTFUL_KEYS = frozenset({"msgcode", "messagecode", "checkcode"})
KEY_LINK = re.compile(r"[ \"']{0,2}[:=>]")
ERROR_NEAR = re.compile(r"msg(?!code)|desc|err|status|message(?!code)|http|respon|return|fail")

LINK = re.compile(
    r"\((?:[4-8]位(?:数字?|數字?)?|[4-8][- ]digits?|短信|手机|手機|otp|sms)\)"
    r"|[ \n:=,\"'“”‘’「」『』【】\[\]()《》<>*_`~#、|/\\-]|就?是|为|為|係|系(?=[0-9:])|叫做?|设[置定]?[成为]|[改变][成为]|如下|我的|我|的|号"
    r"|你|您|他|她|收到了?|念[了的]?|填[了的]?|输入?[了的]?|设[了的]?|报[了的]?|用|给|说|写了?|对|应该|好像|可能"
    r"|(?:is|was|are|equals|as|my|the|your|number|no|(?:set|changed|reset) to|i|you|they|he|she|me|him|it|got|received|said|gave|entered|typed|used|told|sent|here|which|that|and)(?![a-z0-9])"
)
STRONG = re.compile(r"[:=是为為係系成叫]|[念填输设报]的|(?<![a-z])(?:is|was|are|equals|to)(?![a-z])")
#: Verbs by which a value is told: behind them it may stand in the next clause.
TOLD = re.compile(r"[念填输设报说]|(?<![a-z])(?:said|gave|entered|typed|told|used)(?![a-z])")
LINK_BEFORE = re.compile(
    r"(?:[ \n\"'“”)\]】」*_`]|就?是|这是|這是|为|為|係|我|你|您|他|她|的|这个|這個|刚才|刚刚?|剛才|收到|本次|这次|新|旧|短信|手机|登录|登錄|交易|支付|查询|取款"
    r"|银行卡|信用卡|(?:is|was|are|as|my|the|your|new|old|sms|login|card|bank|debit|credit)(?![a-z]))*$"
)
#: "123456 is your Alipay verification code": whose code it is may be said at length.
SENDER_BEFORE = re.compile(r" (?:is|was|as) (?:your|my|the) (?:[a-z0-9&.'-]{2,16} ){0,4}$")
SENDER_WITHIN = 48
#: "123456（登录验证码）": up to eight characters may say which code it is.
BRACKET_BEFORE = re.compile(r"[ ]?[(【\[「『《<][^()【】\[\]「」《》<>0-9\n,。;:▇]{0,8}$")
BRACKET_BEHIND = re.compile(r"[)】\]」』》>]")
BARE_BEFORE = re.compile(r"[ \n\"'“”)\]】」*_`]{0,3}")
#: "123456，验证码": only where the word ends the clause as well.
COMMA_BEFORE = re.compile(r",[ ]?$")

#: Whose a bare "code" is that logs in or confirms: with a value directly behind it, or with a verb only.
CODE_OWNER = re.compile(r"([a-z0-9-]*)[ -]?$")
CODE_OWNERS = frozenset([
    "sms", "text", "login", "log-in", "signin", "sign-in", "access", "confirmation", "2fa", "mfa", "3ds", "reset", "otp",
    "one-time", "4-digit", "5-digit", "6-digit", "7-digit", "8-digit", "digit", "two-factor", "2-factor", "2-step",
    "alipay", "wechat", "whatsapp", "google", "apple", "paypal", "telegram", "facebook", "microsoft", "unionpay", "amazon",
])  # fmt: skip
SPOKEN_OWNERS = frozenset(["my", "the", "your", "this", "that"])
#: "I typed the code 123456", "use code 123456 to verify".
CODE_ENTERED = re.compile(
    r"(?<![a-z])(?:typed?|enter(?:ed|ing)?|input|gave|given|got|received|read(?: out)?|put|sent(?: me)?|told|shared|use[d]?|tried)"
    r"(?: in| him| her| them| me)?(?: (?:the|my|your|a|this|that))? ?$"
)
CODE_USED = re.compile(
    r"[ \"']?(?:to|for) (?:verif|log|sign|confirm|complet|authori[sz]|approv|reset|continue)"
)
CODE_SOLD = re.compile(
    r"[^,.;\n]*(?<![a-z])(?:off|discount|coupon|promo|checkout|for (?!verif|log|sign|confirm|auth))"
)
ERROR_BEFORE = re.compile(r"(?:错误|异常|返回|报错|状态|响应|错|区|邮)[ ]?$")

STATES = frozenset({
    "account", "admin", "blocked", "cancel", "cancelled", "changed", "default", "disabled", "enabled", "encrypted", "error",
    "expired", "failed", "failure", "forgot", "forgotten", "hidden", "incorrect", "invalid", "locked", "masked",
    "missing", "optional", "protected", "redacted", "required", "reset", "string", "success", "undefined", "unknown", "update",
    "updated", "username", "verified",
})  # fmt: skip
#: "账号密码:13800138000 abc123": the account comes first, the password last.
PAIR_BEFORE = re.compile(
    r"(?:(?:账号|帐号|账户|卡号|手机|手机号|手机号码|用户名)(?:[和及与、,/&+ ]|and){0,5}"
    r"|(?:account|username|user|card|login) ?(?:[和及与、,/&+]|and)[ ]?(?:the |my )?)(?:登录|交易|支付|查询|取款)?$"
)
ACCOUNT = re.compile(r"[0-9]{11,}")
PAIRED = re.compile(r"[ ,/、;\n]{0,3}[!-+.0-:<-~-]+")
