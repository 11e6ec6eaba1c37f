"""What a verb hands back: the ticket as it will stand, and what its caller must hear."""

from collections.abc import Sequence

import msgspec

from bihuan.casetypes import CaseType
from bihuan.core.problems import Language
from bihuan.tickets.model import Ticket
from bihuan.tickets.write import Held

_DESTROYED = {
    "cvv": ("安全码（CVV）已从文字中删除，请勿发送。", "A card security code was removed; never send it."),
    "pin": ("密码已从文字中删除，请勿发送。", "A password or PIN was removed; never send it."),
    "expiry": ("卡片有效期已从文字中删除，请勿发送。", "A card's expiry date was removed; never send it."),
    "security_answer": (
        "安全问题的答案已从文字中删除，请勿发送。",
        "The answer to a security question was removed; never send it.",
    ),
    "track_data": ("磁道数据已从文字中删除，请勿发送。", "Magnetic stripe data was removed; never send it."),
    "one_time_code": ("验证码已从文字中删除，请勿发送。", "A one-time code was removed; never send it."),
}


def notices(destroyed: Sequence[str], language: Language) -> list[str]:
    """What whoever wrote must hear of what was destroyed in their text."""
    return [_DESTROYED[kind][0 if language == "zh" else 1] for kind in destroyed if kind in _DESTROYED]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The ticket after the verb, and its case type, by which readers are told what is missing."""

    ticket: Ticket
    case_type: CaseType
    destroyed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def done(
    held: Held, ticket: Ticket, *, case_type: CaseType | None = None, dropped: tuple[str, ...] = ()
) -> Done:
    """The answer of a verb."""
    return Done(
        ticket=ticket,
        case_type=case_type or held.loaded.case_type,
        destroyed=tuple(sorted(held.protector.destroyed)),
        dropped=dropped,
    )
