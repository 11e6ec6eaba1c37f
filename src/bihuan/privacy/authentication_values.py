"""What a code, a CVV or a password looks like where its word says one is to be, and what only looks like one. Pure.

Digits may be grouped, dashed or said one by one ("5 7 7 8 7 5", "696 429", "5、1、7"): they are read as a whole or not at all,
so that never half a secret is destroyed and the other half stays.
"""

import re
from itertools import takewhile
from typing import NamedTuple

from bihuan.privacy.authentication_words import STATES
from bihuan.privacy.spans import Kind

MAX_TOKEN = 64

#: How many digits a value has that is not written as one number.
_GROUPED = {"one_time_code": range(4, 9), "pin": range(4, 9), "cvv": range(3, 5)}

TOKEN = re.compile(r"[!#-&(-+\--:=?-~]+")
_SEQUENCE = re.compile(r"([0-9]{1,20})(?:([ \n、,-])[0-9]{1,20}(?:\2[0-9]{1,20}){0,10})?(?![0-9])")
_SIGN = re.compile(r"[ \n、,-]")
_NUMERIC = re.compile(r"[0-9]+(?:[-~.,/:%][0-9]*){0,12}$")
_JOINED = re.compile(
    r" ?(?:、|,|/|或者?是?|还是|還是|和|跟|与|or(?= )|and(?= )) ?| (?=[0-9]{6} ?(?:都|$|[\n,。;)）]))"
)

UNIT = re.compile(
    r" ?(?:次(?!日)|位(?!于)|小时|小時|分钟|分鐘|秒(?!杀)|毫秒|年|元|块|塊|条|條|遍|万(?!一)|萬|亿|笔|筆|%|起(?!来)|号?(?:错误|错|报错|异常)|號?錯誤|名(?!字)|字(?!母)|单(?!子)|單(?!子)|张|張|户|份|台|人(?!家)"
    r"|个(?:小时|月|用户|客户|验证码|字符|数字)|"
    r"(?:times?|hours?|hrs?|minutes?|mins?|days?|weeks?|months?|years?|digits?|characters?|chars|attempts?|dollars?|usd|rmb|cny|hkd"
    r"|ms|seconds?|secs?|users?|requests?|failures?|terminals?|messages?|tries|points?)(?![a-z]))"
)
#: Behind them even a long number beside a strong link is no code, but an amount or who sent it.
_MEASURE = re.compile(r" ?(?:毫秒|元|发(?:的|来|送|出|过来)|起(?!来)|ms(?![a-z])|rmb(?![a-z])|usd(?![a-z]))")
_DATE_OR_TIME = re.compile(
    r"(?:19|20)[0-9]{2}[-/.][0-9]{1,2}(?:[-/.][0-9]{1,2})?(?![0-9])|[0-9]{1,2}:[0-9]{2}(?![0-9])"
)
_DAY_OR_YEAR = re.compile(
    r"(?:19[4-9]|20[0-3])[0-9](?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))?(?![0-9])", re.ASCII
)
GOES_ON = re.compile(r"[a-z_]|[.:/-][0-9]|%")
SERVICE_NUMBER = re.compile(r"95[0-9]{3}|100(?:00|01|10|11|86)|123(?:06|15|63|78|86)")
AMOUNT_BEFORE = re.compile(r"(?:[¥￥$€£]|[0-9][.,:/-]|[a-z_]|[0-9])\Z")
_NOT_A_PASSWORD = re.compile(
    r"https?:|www\.|[0-9]+(?:st|nd|rd|th|days?|hours?|hrs?|mins?|minutes?|times?|ms|x)$|[x*•.#_/-]+[0-9]*$|x[x0-9/.-]*$"
    r"|(?:app|ios|android|v|ver|version|win|windows|atm|pos|error|err|code|e|tls|ssl|http|h5|wifi|gb)[-_ ]?[0-9][0-9._]*$"
)
_CLAUSE_END = re.compile(r"[ ]*(?:$|[\n,.;!?。、;）)】」\"'“”]|[一-鿿])")
#: Where the next parameter of an address begins.
_PARAMETER = re.compile(r"&[a-z_]+=")


class Value(NamedTuple):
    start: int
    end: int
    kind: Kind


class Digits(NamedTuple):
    """Where a number ends that was read as a whole, and how many digits it has."""

    end: int
    length: int


def digits_at(text: str, at: int, kind: Kind) -> Digits | None:
    """The number at `at`, its groups taken together; None where it cannot be said which of them are one number."""
    found = _SEQUENCE.match(text, at)
    if found is None:
        return None
    if found[2] is None:
        return Digits(found.end(), found.end() - at)
    groups = [len(group) for group in _SIGN.split(found[0])]
    return _spelt(at, groups, kind) or _grouped(at, groups, found[2]) or _first_of(text, at, groups, found[2])


def _spelt(at: int, groups: list[int], kind: Kind) -> Digits | None:
    """Digits said one by one, also before another number."""
    count = sum(1 for _ in takewhile(lambda size: size == 1, groups))
    return Digits(at + 2 * count - 1, count) if count in _GROUPED[kind] else None


def _grouped(at: int, groups: list[int], sign: str) -> Digits | None:
    """Six digits in groups, or two of four; a blank or a dash parts them, a line end only two of three."""
    if sign in " -\n" and groups[:2] == [3, 3] and groups[2:3] not in ([3], [4]):
        return Digits(at + 7, 6)
    if (
        (sign == " " and sum(groups) == 6 and set(groups) <= {2, 4})
        or (sign in " -" and groups == [4, 4])
        or (sign == "-" and groups == [2, 2, 2])
    ):
        return Digits(at + sum(groups) + len(groups) - 1, sum(groups))
    return None


def _first_of(text: str, at: int, groups: list[int], sign: str) -> Digits | None:
    """The first of several numbers where the second is clearly another one."""
    first, second = groups[:2]
    next_at = at + first + 1
    if first < 3 or (sign == "," and first == 3):
        return None
    is_apart = sign in ",、\n" or second >= 9 or first == 6
    is_counted = UNIT.match(text, next_at + second) or _DATE_OR_TIME.match(text, next_at)
    is_apart = (
        is_apart
        or is_counted is not None
        or (first <= 4 and text[next_at + second : next_at + second + 1] == "/")
    )
    return Digits(at + first, first) if sign != "-" and is_apart else None


def code_at(text: str, at: int, *, strong: bool) -> Value | None:
    """The one-time code at `at`: four to eight digits that are no count, date, decimal, amount or service number."""
    at += 2 * text.startswith("g-", at)
    found = digits_at(text, at, "one_time_code")
    if found is None or found.length not in range(4, 9) or _is_weak_group(text, at, found, strong):
        return None
    return Value(at, found.end, "one_time_code") if is_code(text, at, found, strong=strong) else None


def cvv_at(text: str, at: int) -> Value | None:
    found = digits_at(text, at, "cvv")
    if found is None or found.length not in (3, 4) or text[found.end : found.end + 2] in ("00", "元"):
        return None
    is_one = UNIT.match(text, found.end) is None and _DATE_OR_TIME.match(text, at) is None
    return Value(at, found.end, "cvv") if is_one and text[at - 2 : at] != " -" else None


def is_code(text: str, start: int, digits: Digits, *, strong: bool) -> bool:
    """Whether digits behind a word are its code."""
    if _DATE_OR_TIME.match(text, start) or _MEASURE.match(text, digits.end):
        return False
    if strong and digits.length >= 6:
        return True
    if SERVICE_NUMBER.fullmatch(text, start, digits.end) and text[digits.end : digits.end + 1] in (
        "的",
        "客",
        "发",
    ):
        return False
    if UNIT.match(text, digits.end) or text[start - 2 : start] == " -":
        return False
    return strong or not (
        GOES_ON.match(text, digits.end)
        or is_day_or_year(text, start, digits.end)
        or SERVICE_NUMBER.fullmatch(text, start, digits.end)
    )


def is_day_or_year(text: str, start: int, end: int) -> bool:
    return _DAY_OR_YEAR.fullmatch(text, start, end) is not None


def _is_weak_group(text: str, at: int, found: Digits, strong: bool) -> bool:
    """Groups that a telephone number, a time or a list has as well, beside nothing that says it is the code."""
    if strong or found.end - at == found.length:
        return False
    groups = [len(group) for group in _SIGN.split(text[at : found.end])]
    return (
        groups == [4, 4]
        or max(groups) in (2, 4)
        or (text[at + 1] in "、," and _is_list(text[at : found.end]))
    )


def _is_list(spelt: str) -> bool:
    """ "1、2、3、4" counts; a code said one by one has four digits or six."""
    return spelt[0] + spelt[2] + spelt[4] == "123" or len(spelt) not in (7, 11)


def password_at(text: str, at: int, *, strong: bool, digits_only: bool) -> Value | None:
    """The PIN or password that begins at `at`; signs eaten as connecting words are given back to it."""
    found = TOKEN.match(text, at)
    if found is None or len(found[0]) > MAX_TOKEN:
        return None
    core = found[0].rstrip(".:?)]}")
    if text[at - 1] == "=" and (other := _PARAMETER.search(core)):
        core = core[: other.start()]
    end = at + len(core)
    if _NUMERIC.match(core):
        number = _digit_password(text, at, strong, is_pin=digits_only)
        accepted, end = number is not None, number or end
    elif digits_only:
        accepted = False
    elif any(c.isdecimal() for c in core):
        accepted = is_password(core, strong=strong)
    else:
        accepted = strong and _is_letters_password(text, at, end)
    while accepted and text[at - 1] in "#*_~-":
        at -= 1
    return Value(at, end, "pin") if accepted else None


def _digit_password(text: str, start: int, strong: bool, *, is_pin: bool) -> int | None:
    """The end of a password of digits: 3 to 12 behind a strong link; else 4 to 10 (a PIN: 4 to 6), and neither a count, a
    date, a service number nor a mobile.
    """
    found = digits_at(text, start, "pin")
    if found is None or GOES_ON.match(text, found.end) or _MEASURE.match(text, found.end):
        return None
    if UNIT.match(text, found.end) and not (strong and found.length >= 6):
        return None
    if text[start - 2 : start] == " -" or _is_weak_group(text, start, found, strong):
        return None
    if strong:
        return found.end if 3 <= found.length <= 12 else None
    # A mobile has eleven digits and is C2: kept in the vault, not destroyed.
    is_plain = not (
        is_day_or_year(text, start, found.end) or SERVICE_NUMBER.fullmatch(text, start, found.end)
    )
    return found.end if 4 <= found.length <= (6 if is_pin else 10) and is_plain else None


def is_password(core: str, *, strong: bool) -> bool:
    """Digits with letters or signs."""
    if _NOT_A_PASSWORD.match(core) or _DATE_OR_TIME.match(core) or core[0] in "$¥{":
        return False
    has_letter = any("a" <= c <= "z" for c in core)
    if strong:
        return len(core) >= 4 and (
            has_letter or re.fullmatch(r"[0-9]+[-~.,/:%][0-9]*[-~.%]?[0-9]*", core) is None
        )
    return has_letter and len(core) >= 6 and "@" not in core[1:] and "://" not in core


def _is_letters_password(text: str, start: int, end: int) -> bool:
    """Letters or signs only: six or more that end the clause behind a colon, `=`, 是 or 为, and name no state."""
    core = text[start:end]
    if len(core) < 6 or len(set(core)) < 3 or core.strip("!*") in STATES or _NOT_A_PASSWORD.match(core):
        return False
    if text[start - 1] not in ":=是为為成 \"'“「(【":
        return False
    return re.search(r"[:=是为為成][ \"'“「(【]*$", text[max(0, start - 4) : start]) is not None and (
        _CLAUSE_END.match(text, end) is not None
    )


def joined(text: str, value: Value) -> list[Value]:
    """`value`, and what is given with it as another of the same length: "123456、654321", "123456 还是 654321"."""
    values = [value]
    if any("a" <= c <= "z" for c in text[value.start : value.end]):
        return values
    while len(values) < 4:
        last = values[-1]
        joint = _JOINED.match(text, last.end)
        other = digits_at(text, joint.end(), value.kind) if joint else None
        if joint is None or other is None or other.length != _count(text, value):
            break
        if UNIT.match(text, other.end) or GOES_ON.match(text, other.end):
            break
        values.append(Value(joint.end(), other.end, value.kind))
    return values


def _count(text: str, value: Value) -> int:
    return sum(c.isdecimal() for c in text[value.start : value.end])
