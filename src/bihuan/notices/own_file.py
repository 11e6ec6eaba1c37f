"""What a person is told of messages: which left the desk for them, when, and by which way."""

from datetime import datetime
from uuid import UUID

import msgspec

from bihuan.core.problems import Language
from bihuan.customers import Item, Section, Telling, Told, moment, tells
from bihuan.notices.queue import queries

_CHANNELS = {"email": ("电子邮件", "E-mail"), "sms": ("短信", "Text message")}
_MEANS = (
    "通知由为我们发送邮件和短信的服务商经手，内容仅为工单进展，不含您的号码。除此之外，我们没有向其他接收方提供您的信息的记录。",
    (
        "Messages pass through those who send mail and text messages for us; they tell progress alone and hold no number of "
        "yours. Of other recipients there is none on record."
    ),
)
_MOST = 1000


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    channel: str
    number: str | None
    sent_at: datetime


@tells(30)
async def who_received(telling: Telling) -> Told:
    """Messages that were sent to them, newest first."""
    rows = await telling.work.rows(
        queries.sent_to, _Row, customer_ids=[UUID(id_) for id_ in telling.customers], most=_MOST
    )
    facts = [
        telling.fact(
            row.channel, _CHANNELS.get(row.channel, (row.channel, row.channel)), _what(row, telling.language)
        )
        for row in rows
    ]
    title = telling.say(("发给您的通知与接收方", "Messages to you, and who received data"))
    items = [Item(title=telling.say(("已发送", "Sent")), facts=facts)] if facts else []
    return Told(sections=[Section(code="recipients", title=title, items=items, notes=[telling.say(_MEANS)])])


def _what(row: _Row, language: Language) -> str:
    if row.number is None:
        return moment(row.sent_at)
    about = f"工单 {row.number} 的进展" if language == "zh" else f"progress of ticket {row.number}"
    return f"{moment(row.sent_at)} · {about}"
