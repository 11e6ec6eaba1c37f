"""What a delivery needs at the moment it is sent: whom it reaches, and its text. Held in memory alone.

An address is opened from the vault here and nowhere else, and goes to the channel that sends and no further. The
delivery's row is the record of it: whose address, for which message, at which moment; no role of ours can delete it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bihuan import customers, privacy, tickets
from bihuan.core import clock, db
from bihuan.core.actor import desk_actor
from bihuan.core.db import Work
from bihuan.core.outbound import Outward
from bihuan.core.problems import Language
from bihuan.customers import ContactKind
from bihuan.notices import preferences, robots, texts, who
from bihuan.notices.attempt import Channel, Dropped, Later, Outcome, Refused, RobotKind, Unsent
from bihuan.notices.email import Mail, Post
from bihuan.notices.model import KINDS
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
    teams: list[str]


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


async def letter(work: Work, taken: Taken, *, public_url: str) -> Letter | Unsent:
    """The letter of a delivery, or why there is none now."""
    try:
        to = await _to(work, taken)
    except Shredded:
        return Refused(code="erased")
    except NotOpened:
        return Refused(code="bad_address")
    if to is None:
        return Refused(code="not_configured" if taken.robot else "no_address")
    unsent = await _not_now(work, taken)
    if unsent is not None:
        return unsent
    told = await _text(work, taken, public_url)
    # Customers say at the portal how they want to be told; colleagues in the console, and it is their work.
    leave = f"{public_url.rstrip('/')}/portal/" if public_url and taken.customer_id else ""
    return Letter(taken=taken, text=told, to=to, leave=leave)


# ------------------------------------------------------------------------------ much may have changed since it was queued
async def _not_now(work: Work, taken: Taken) -> Unsent | None:
    if taken.staff_id is not None:
        return await _not_to_colleague(work, taken, taken.staff_id)
    if taken.customer_id is not None:
        return await _not_to_customer(work, taken, taken.customer_id)
    return await _not_in_group(work, taken)


async def _ticket(work: Work, taken: Taken) -> tickets.Ticket | None:
    if taken.ticket_id is None:
        return None
    return await tickets.find_ticket(work, desk_actor(work.tenant_id), str(taken.ticket_id))


async def _not_to_colleague(work: Work, taken: Taken, staff_id: UUID) -> Unsent | None:
    colleague = (await who.people(work)).staff.get(staff_id)
    ticket = await _ticket(work, taken)
    wishes = (await preferences.wishes_of(work, [staff_id]))[staff_id]
    kind = KINDS.get(taken.kind)
    wanted = wishes.channels.email and (kind is None or wishes.wants(taken.kind))
    if colleague is None or not wanted or (ticket is not None and not await _sees(work, colleague, ticket)):
        return Dropped(code="not_wanted")
    now = clock.now()
    due = preferences.mail_due(wishes, now, urgent=kind is not None and kind.urgent)
    return Later(at=due) if due > now else None


async def _sees(work: Work, colleague: who.Colleague, ticket: tickets.Ticket) -> bool:
    return who.sees(colleague, ticket, await tickets.open_task_teams(work, ticket.id))


async def _not_to_customer(work: Work, taken: Taken, customer_id: UUID) -> Unsent | None:
    wishes = await preferences.customer_wishes_of(work, customer_id)
    ticket = await _ticket(work, taken)
    wanted = wishes.email if taken.channel == "email" else wishes.sms
    if not wanted or (ticket is not None and ticket.customer_id != customer_id):
        return Dropped(code="not_wanted")
    if ticket is not None and await work.scalar(queries.overtaken, id=taken.id):
        return Dropped(code="overtaken")
    return None


async def _not_in_group(work: Work, taken: Taken) -> Unsent | None:
    """A group that tells some teams' news hears nothing of a ticket that has gone elsewhere."""
    row = await work.one(queries.robot_secret, _RobotRow, code=taken.robot, tried=True)
    ticket = await _ticket(work, taken)
    if row is None or ticket is None or not row.teams:
        return None
    teams = (await who.people(work)).teams
    return None if ticket.team_id in {teams.get(code) for code in row.teams} else Dropped(code="not_wanted")


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
    """Raises Shredded, KeyLost."""
    await privacy.must_subject(work, customer_id)
    contacts = (await customers.customers_of(work, [customer_id]))[customer_id]
    contact = who.reach(contacts, kind)
    opened = None if contact is None else await privacy.open_value(work, contact.value_id)
    return None if opened is None else opened.value


def dialled(mobile: str) -> str:
    """A mobile as gateways dial it: of the mainland unless it says otherwise."""
    return (
        mobile if mobile.startswith("+") else f"+{mobile[2:]}" if mobile.startswith("00") else f"+86{mobile}"
    )
