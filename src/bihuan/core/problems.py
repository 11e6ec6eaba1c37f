"""What can go wrong, said once: RFC 9457 problem details with every field error at once, in zh and en.

A problem is a class: its name is the code, its docstring the English message, `zh` the Chinese one. Messages hold
`{name}` placeholders filled from the keyword arguments. Raise it anywhere; the edge turns it into problem+json.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

import msgspec

Language = Literal["zh", "en"]

#: What may be wrong with one field: code → (zh, en). Placeholders are the FieldProblem's params.
FIELD_TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("必填", "is required"),
    "unknown": ("没有这个字段", "is not a known field"),
    "type": ("类型应为{expected}", "must be of type {expected}"),
    "choice": ("只能是：{choices}", "must be one of: {choices}"),
    "too_long": ("最多 {limit} 个字符", "must have at most {limit} characters"),
    "too_short": ("至少 {limit} 个字符", "must have at least {limit} characters"),
    "too_many": ("最多 {limit} 项", "must have at most {limit} items"),
    "too_few": ("至少 {limit} 项", "must have at least {limit} items"),
    "too_big": ("不得大于 {limit}", "must be at most {limit}"),
    "too_small": ("不得小于 {limit}", "must be at least {limit}"),
    "pattern": ("格式应为：{expected}", "must look like: {expected}"),
    "checksum": ("校验位不正确，请核对", "has a wrong check digit; please check it"),
    "not_applicable": ("此情形下不需要填写", "does not apply in this case"),
    "bad_text": (
        "含有不允许的字符（空字符或残缺字符）",
        "holds characters that are not allowed (NUL or a lone surrogate)",
    ),
    "breached": (
        "此密码已在泄露的密码清单中，请换一个",
        "is on a list of passwords known from leaks; choose another",
    ),
    "guessable": (
        "过于容易猜到（重复、连续按键或常见密码略加改动），请换一个",
        "is easily guessed (repeated, a run of keys, or a common password with little added); choose another",
    ),
    "personal": (
        "不能主要由账号、姓名或机构名组成",
        "must not be made of the login, the name or the institution's name",
    ),
    "same": ("与现在的相同", "is the one there is already"),
    "password_wrong": ("密码不正确", "is not your password"),
    "code_wrong": ("验证码不正确或已用过", "is not the right code, or was used already"),
    "looks_personal": (
        "看起来是卡号、手机号等个人号码，不是数量或金额；请填到相应字段或描述中",
        "looks like somebody's number (a card, a mobile), not a count or an amount; give it in its own field or in the description",
    ),
    "personal_data": (
        "含有卡号、手机号等个人信息；这里的内容不加密保存，请删去后再提交",
        "holds a card number, a phone or other personal data; what stands here is kept as it is, so please take that out",
    ),
    "too_far": ("须在 {first} 至 {last} 年之间", "must lie between the years {first} and {last}"),
    "in_future": ("不能晚于现在", "must not lie in the future"),
    "duplicate": ("重复", "is given twice"),
    "not_found": ("找不到", "does not exist"),
    "bad_date": (
        "不是有效的日期或时间，例如 2026-11-21、2026-11-21T15:30:00+08:00",
        "is no valid date or time, e.g. 2026-11-21, 2026-11-21T15:30:00+08:00",
    ),
    "no_zone": (
        "须带时区，例如 2026-11-21T15:30:00+08:00",
        "must carry a time zone, e.g. 2026-11-21T15:30:00+08:00",
    ),
}


def size(count: int) -> str:
    """Bytes as people say them: 20 MB, 1.5 MB, 300 KB; by 1,024, as their devices count."""
    for unit, bytes_ in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= bytes_:
            return f"{count / bytes_:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} B"


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with one field. `pointer` is a JSON pointer into the body; `code` a key of FIELD_TEXTS."""

    pointer: str
    code: str
    params: dict[str, str | int] = {}

    def text(self, language: Language) -> str:
        """The sentence shown beside the field."""
        return FIELD_TEXTS[self.code][0 if language == "zh" else 1].format(**self.params)


class Problem(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 400
    zh: ClassVar[str] = "出错了。"

    def __init__(self, *, fields: Sequence[FieldProblem] = (), **params: str | int) -> None:
        self.fields = tuple(fields)
        self.params = params
        super().__init__(self.text("en"))

    def text(self, language: Language) -> str:
        """The message in the reader's language; the class's docstring is the English one."""
        template = self.zh if language == "zh" else (type(self).__doc__ or "").strip()
        return template.format(**self.params)

    @property
    def extra(self) -> dict[str, object]:
        """Members beside the standard ones; a problem with more to say (what changed, since when) overrides this."""
        return {}


class Invalid(Problem):
    """Some fields are not right; each is named."""

    status = 422
    zh = "有字段不符合要求，已逐项列出。"


class NotFound(Problem):
    """There is nothing here, or nothing you may see."""

    status = 404
    zh = "这里没有内容，或您无权查看。"


class NotAllowed(Problem):
    """This needs the permission {permission}."""

    status = 403
    zh = "此操作需要权限 {permission}。"


class NotSignedIn(Problem):
    """You are not signed in, or no longer: sign in again; programs send an API token."""

    status = 401
    zh = "您尚未登录或登录已过期，请重新登录（程序调用请提供 API 令牌）。"
