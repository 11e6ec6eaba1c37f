"""What a delivery needs at the moment it is sent: whom it reaches, and its text. Held in memory alone.

An address is opened from the vault here and nowhere else, and goes to the channel that sends and no further. The
delivery's row is the record of it: whose address, for which message, at which moment; no role of ours can delete it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bihuan import customers, privacy
from bihuan.core import clock, db
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.customers import ContactKind
from bihuan.notices import robots, texts, who
from bihuan.notices.attempt import Channel, Outcome, Refused, RobotKind
from bihuan.notices.email import Mail, Post
from bihuan.notices.http_out import Outward
from bihuan.notices.robots import Robot
from bihuan.notices.sms import Gateway, Message
from bihuan.notices.texts import Rendered
from bihuan.privacy import NotOpened, Shredded

queries = db.load(__file__)

#: What is said by a robot that is tried.
TRIED = "robot.tried"
_TRIED: dict[Language, tuple[str, str]] = {
    "zh": ("闭环", "这是一条测试消息：机器人已接通，今后的通知会发到这个群。"),
    "en": ("Bihuan", "This is a test: the robot works, and notices will be told in this group."),
}


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is being sent."""

    id: UUID
    channel: Channel
    target: str
    staff_id: UUID | None
    customer_id: UUID | None
    robot: str | None
    ticket_id: UUID | None
    kind: str
    language: Language
    data: str
    attempts: int
    created_at: datetime
    sending_at: datetime


class Couriers(msgspec.Struct, frozen=True, kw_only=True):
    """What messages go out by."""

    post: Post
    gateway: Gateway
    outward: Outward


class _Address(msgspec.Struct, frozen=True, kw_only=True):
    email: str | None


class _RobotRow(msgspec.Struct, frozen=True, kw_only=True):
    kind: RobotKind
    secret: bytes
    secret_key: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready to go: the delivery, its text, and whom it reaches."""

    taken: Taken
    text: Rendered
    to: str | Robot
    leave: str = ""

    async def send(self, by: Couriers) -> Outcome:
        """Hand it to its channel."""
        taken, text = self.taken, self.text
        whole = f"{text.body}\n\n{text.link}" if text.link else text.body
        if isinstance(self.to, Robot):
            return await robots.speak(
                by.outward, self.to, (text.title, whole), language=taken.language, at=clock.now()
            )
        if taken.channel == "sms":
            return await by.gateway.send(
                Message(id=taken.id, to=self.to, text=text.short, language=taken.language)
            )
        mail = Mail(
            id=taken.id,
            to=self.to,
            language=taken.language,
            title=text.title,
            body=whole,
            at=taken.created_at,
            thread=taken.ticket_id,
            leave=self.leave,
        )
        return await by.post.send(mail)


async def letter(work: Work, taken: Taken, *, public_url: str) -> Letter | Refused:
    """The letter of a delivery, or why there can be none."""
    try:
        to = await _to(work, taken)
    except Shredded:
        return Refused(code="erased")
    except NotOpened:
        return Refused(code="bad_address")
    if to is None:
        return Refused(code="not_configured" if taken.robot else "no_address")
    told = await _text(work, taken, public_url)
    # Customers say at the portal how they want to be told; colleagues in the console, and it is their work.
    leave = f"{public_url.rstrip('/')}/portal/" if public_url and taken.customer_id else ""
    return Letter(taken=taken, text=told, to=to, leave=leave)


async def _text(work: Work, taken: Taken, public_url: str) -> Rendered:
    if taken.kind == TRIED:
        title, body = _TRIED[taken.language]
        return Rendered(title=title, body=body, short=body)
    data = msgspec.json.decode(taken.data, type=dict[str, Any])
    return await texts.render(work, taken.kind, data, taken.language, public_url=public_url)


async def _to(work: Work, taken: Taken) -> str | Robot | None:
    if taken.robot is not None:
        return await _robot(work, taken.robot, tried=taken.kind == TRIED)
    if taken.staff_id is not None:
        row = await work.one(queries.staff_address, _Address, staff_id=taken.staff_id)
        return row.email if row is not None else None
    if taken.customer_id is None:
        return None
    if taken.channel == "email":
        return await _of_customer(work, taken.customer_id, "email")
    mobile = await _of_customer(work, taken.customer_id, "mobile")
    return dialled(mobile) if mobile else None


async def _robot(work: Work, code: str, *, tried: bool) -> Robot | None:
    row = await work.one(queries.robot_secret, _RobotRow, code=code, tried=tried)
    if row is None:
        return None
    secret = robots.unseal(work.ring, work.tenant_id, code, (row.secret, row.secret_key))
    return Robot(kind=row.kind, secret=secret)


async def _of_customer(work: Work, customer_id: UUID, kind: ContactKind) -> str | None:
    contacts = (await customers.customers_of(work, [customer_id]))[customer_id]
    contact = who.reach(contacts, kind)
    opened = None if contact is None else await privacy.open_value(work, contact.value_id)
    return None if opened is None else opened.value


def dialled(mobile: str) -> str:
    """A mobile as gateways dial it: of the mainland unless it says otherwise."""
    return (
        mobile if mobile.startswith("+") else f"+{mobile[2:]}" if mobile.startswith("00") else f"+86{mobile}"
    )
