"""What follows an attempt to deliver: sent, again later, for a person to decide, or never. Pure.

A mail whose fate is not known is sent again under its Message-ID: who gets it twice sees it once. A message by phone
or robot has no such name on the other side, so it is not repeated by itself.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

Channel = Literal["email", "sms", "robot"]
State = Literal["waiting", "sending", "sent", "unknown", "dead", "given_up"]
RobotKind = Literal["dingtalk", "feishu", "wecom"]

#: Pauses after the first attempts; the last one repeats.
_PAUSES = tuple(timedelta(seconds=s) for s in (30, 120, 600, 3600, 6 * 3600))
#: With the pauses above, a day and a half of trying.
MOST_ATTEMPTS = 10
#: An attempt is given up by who makes it after this long, …
CALL_SECONDS = 30
#: … and taken for interrupted by everybody after this long.
STALE_AFTER = timedelta(seconds=2 * CALL_SECONDS)

#: Messages a robot may speak: count, in how many seconds (vendors' documents; the third is WeCom's).
LIMITS: dict[RobotKind, tuple[tuple[int, int], ...]] = {
    "dingtalk": ((20, 60),),
    "feishu": ((100, 60), (5, 1)),
    "wecom": ((20, 60),),
}
LONGEST_WINDOW = timedelta(seconds=60)

#: Code of what went wrong → what people read.
ERRORS: dict[str, tuple[str, str]] = {
    "not_configured": ("此渠道未配置", "the channel is not set up"),
    "no_address": ("没有可用的收件地址", "there is no address to send to"),
    "bad_address": ("收件地址不正确", "the address is not right"),
    "erased": ("收件人的数据已删除", "the recipient's data has been erased"),
    "unreachable": ("对方服务器连接不上", "the other side cannot be reached"),
    "tls_failed": (
        "对方服务器的证书不可信或无法加密",
        "the other side cannot be trusted or does not encrypt",
    ),
    "login_refused": ("对方服务器拒绝登录", "the other side refused our login"),
    "deferred": ("对方要求稍后再发", "the other side asked to try later"),
    "throttled": ("发送过于频繁，对方限流", "the other side says it is too often"),
    "refused": ("对方拒收", "the other side refused it"),
    "recipient_refused": ("对方拒收：没有此收件人", "the other side refused it: no such recipient"),
    "sender_refused": ("对方不接受我们的发件人", "the other side refused our sender"),
    "address_not_allowed": ("地址不在允许的主机之内", "the address is not among the hosts allowed"),
    "no_answer": ("已发出，但没有收到答复", "sent, but no answer came"),
    "odd_answer": ("已发出，但答复无法识别", "sent, but the answer makes no sense"),
    "interrupted": ("发送中断，结果不明", "interrupted while sending; the result is not known"),
    "failed": ("发送前出错", "something went wrong before it was sent"),
    "not_wanted": (
        "发送前收件人已离职、无权查看或不再需要",
        "by then whoever it was for had left, could not see the ticket or did not want it",
    ),
    "overtaken": ("已被后续进展取代", "a later stage was told instead"),
}


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The other side took it."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The other side will never take it."""

    code: str


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """It was not taken, this time. `after`: seconds the other side asked for."""

    code: str
    after: int = 0


class Unsure(msgspec.Struct, frozen=True, kw_only=True):
    """It may have been taken."""

    code: str


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """There is nothing to send any more: nobody needs to decide anything."""

    code: str


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing may be sent before this moment; it was no attempt."""

    at: datetime


#: What the other side made of it.
Outcome = Sent | Refused | Failed | Unsure
#: Why it was not handed over.
Unsent = Refused | Dropped | Later


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery becomes."""

    state: State
    due_at: datetime
    sent_at: datetime | None = None
    error: str | None = None
    counts: bool = True


def following(
    channel: Channel, attempts: int, outcome: Outcome | Unsent, *, id_: UUID, now: datetime
) -> Next:
    """What a delivery becomes after its `attempts`-th attempt ended so."""
    match outcome:
        case Sent():
            return Next(state="sent", due_at=now, sent_at=now)
        case Refused():
            return Next(state="dead", due_at=now, error=outcome.code)
        case Dropped():
            return Next(state="given_up", due_at=now, error=outcome.code)
        case Later():
            return Next(state="waiting", due_at=outcome.at, counts=False)
        case Unsure() if channel != "email":
            return Next(state="unknown", due_at=now, error=outcome.code)
        case Unsure() | Failed():
            after = outcome.after if isinstance(outcome, Failed) else 0
            if attempts >= MOST_ATTEMPTS:
                return Next(state="dead", due_at=now, error=outcome.code)
            pause = max(back_off(id_, attempts), timedelta(seconds=after))
            return Next(state="waiting", due_at=now + pause, error=outcome.code)


def back_off(id_: UUID, attempts: int) -> timedelta:
    """The pause after the `attempts`-th attempt: up to a fifth longer, so that what failed at once is not tried at once."""
    pause = _PAUSES[min(attempts, len(_PAUSES)) - 1]
    drawn = hashlib.sha256(id_.bytes + attempts.to_bytes(4, "big")).digest()[:2]
    return pause * (1 + int.from_bytes(drawn, "big") / 0xFFFF / 5)


def room(kind: RobotKind, spoke_at: Sequence[datetime], now: datetime) -> int:
    """How many messages the robot may speak now, having spoken at these moments of the last minute."""
    return max(
        0,
        min(
            count - sum(now - at < timedelta(seconds=seconds) for at in spoke_at)
            for count, seconds in LIMITS[kind]
        ),
    )
