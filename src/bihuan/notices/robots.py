"""Robots in groups of DingTalk, Feishu and WeCom: signed messages out, answers understood.

Nobody is ever called by name and never all: a text cannot mention, link or format, whatever stands in it. Forms, limits
and codes are the vendors' documents'.
"""

from datetime import datetime
from typing import get_args
from urllib.parse import quote, urlsplit
from uuid import UUID

import msgspec

from bihuan import privacy
from bihuan.core.keyring import KeyRing
from bihuan.core.outbound import Outward, Reply, Unanswered
from bihuan.core.problems import Language
from bihuan.notices import signatures
from bihuan.notices.attempt import Failed, Outcome, Refused, RobotKind, Sent, Unsure

KINDS: tuple[RobotKind, ...] = get_args(RobotKind)

#: How a vendor's own addresses begin; any other is a relay's.
ADDRESSES: dict[RobotKind, tuple[str, ...]] = {
    "dingtalk": ("https://oapi.dingtalk.com/robot/send?access_token=",),
    "feishu": (
        "https://open.feishu.cn/open-apis/bot/v2/hook/",
        "https://open.larksuite.com/open-apis/bot/v2/hook/",
    ),
    "wecom": ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",),
}
#: Bytes of text: Feishu and DingTalk take 20 KB of body, in which JSON may write a character as two; WeCom 4,096 of text.
_TEXT_BYTES: dict[RobotKind, int] = {"dingtalk": 8_000, "feishu": 8_000, "wecom": 3_900}
_TITLE_BYTES = 120
_MOST_LINES = 50
#: The vendor says it is too often, and for how many seconds it then hears nothing.
_THROTTLED: dict[RobotKind, tuple[frozenset[int], int]] = {
    "dingtalk": (frozenset({130101, 410100, 90018, 90030}), 600),
    "feishu": (frozenset({11232, 11233, 9499}), 60),
    "wecom": (frozenset({45009, 45033}), 60),
}
_BUSY = frozenset({-1})
#: What would mention, link, quote code or make a tag in any of the three.
_INERT = str.maketrans(
    {"<": "＜", ">": "＞", "[": "［", "]": "］", "@": "＠", "`": "＇", "*": "＊", "#": "＃"}
)
_TOO_MANY = 429


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A robot's address and, where it signs, its signing secret. Either lets anybody speak in the group."""

    url: str
    key: str = ""


class Robot(msgspec.Struct, frozen=True, kw_only=True):
    """A robot that is about to speak."""

    kind: RobotKind
    secret: Secret


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    errcode: int | None = None
    code: int | None = None
    status_code: int | None = msgspec.field(name="StatusCode", default=None)


def seal(ring: KeyRing, tenant_id: UUID, code: str, secret: Secret) -> tuple[bytes, str]:
    """A robot's secret as its row keeps it, with the key's tag."""
    return privacy.seal_secret(ring, _bound(tenant_id, code), msgspec.json.encode(secret))


def unseal(ring: KeyRing, tenant_id: UUID, code: str, sealed: tuple[bytes, str]) -> Secret:
    """A robot's secret from its row. Raises UnknownKey, NotOpened."""
    return msgspec.json.decode(privacy.open_secret(ring, _bound(tenant_id, code), *sealed), type=Secret)


def _bound(tenant_id: UUID, code: str) -> bytes:
    return b"robot" + tenant_id.bytes + code.encode()


def fits(kind: RobotKind, url: str) -> bool:
    """Whether an address on a vendor's host is one of its robots'; of other hosts nothing is known."""
    vendors = {urlsplit(a).hostname for of_kind in ADDRESSES.values() for a in of_kind}
    return urlsplit(url).hostname not in vendors or url.startswith(ADDRESSES[kind])


def message(robot: Robot, title: str, body: str, *, language: Language, at: datetime) -> tuple[str, bytes]:
    """Where to post and what."""
    url, key = robot.secret.url, robot.secret.key
    title = _cut(_line(title), _TITLE_BYTES)
    whole = "\n".join([line for line in map(_line, body.splitlines()) if line][:_MOST_LINES])
    lines = _cut(whole, _TEXT_BYTES[robot.kind]).splitlines()
    told: dict[str, object]
    match robot.kind:
        case "dingtalk":
            text = "\n\n".join([f"### {title}", *lines])
            told = {
                "msgtype": "markdown",
                "markdown": {"title": title, "text": text},
                "at": {"isAtAll": False},
            }
            if key:
                stamp, signature = signatures.dingtalk(at, key)
                url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={quote(signature, safe='')}"
        case "feishu":
            content = [[{"tag": "text", "text": line}] for line in lines]
            locale = "zh_cn" if language == "zh" else "en_us"
            told = {"msg_type": "post", "content": {"post": {locale: {"title": title, "content": content}}}}
            if key:
                stamp, signature = signatures.feishu(at, key)
                told |= {"timestamp": stamp, "sign": signature}
        case "wecom":
            told = {"msgtype": "markdown", "markdown": {"content": "\n".join([f"**{title}**", *lines])}}
    return url, msgspec.json.encode(told)


def _line(text: str) -> str:
    """One line, of characters that are seen and do nothing."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()).translate(_INERT)


def _cut(text: str, most: int) -> str:
    """The text within so many bytes of UTF-8, at a whole character."""
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode(errors="ignore") + "…"


def understood(kind: RobotKind, answer: Reply | Unanswered) -> Outcome:
    """What an answer means."""
    if isinstance(answer, Unanswered):
        if answer.code == "address_not_allowed":
            return Refused(code=answer.code)
        return Unsure(code=answer.code) if answer.sent else Failed(code=answer.code)
    code = _code(answer.body)
    throttled, seconds = _THROTTLED[kind]
    if code in throttled or answer.status == _TOO_MANY:
        return Failed(code="throttled", after=max(seconds, answer.after))
    if code in _BUSY:
        return Failed(code="deferred", after=answer.after)
    if code == 0 and answer.status < 300:
        return Sent()
    if code is not None or 300 <= answer.status < 500:
        return Refused(code="refused")
    return Unsure(code="odd_answer")


def _code(body: bytes) -> int | None:
    try:
        told = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return next((c for c in (told.errcode, told.code, told.status_code) if c is not None), None)


async def speak(
    outward: Outward, robot: Robot, text: tuple[str, str], *, language: Language, at: datetime
) -> Outcome:
    """Say title and body in the robot's group."""
    url, body = message(robot, *text, language=language, at=at)
    return understood(robot.kind, await outward.post(url, body, {}))
