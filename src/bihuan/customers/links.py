"""Links by which a customer comes to the portal: made by somebody of the desk or the institution's app, used once.

The link's key is a credential like a cookie: tenant and id in clear, and a secret of which only the SHA-256 is kept.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan import evidence, identity, privacy
from bihuan.core import clock, db, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Invalid, Language, Problem
from bihuan.identity import Credential
from bihuan.privacy import Protector, Sealed

queries = db.load(__file__)

PORTAL_LINK = declare("portal.link", zh="为客户生成门户链接", en="Make links to the portal for customers")

LinkUse = Literal["message", "app"]
#: What an institution's app tells of device and account.
Basics = Annotated[
    dict[
        Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
        Annotated[str, msgspec.Meta(min_length=1, max_length=120)],
    ],
    msgspec.Meta(max_length=10),
]
#: Minutes a link lives by default, and at most.
_MINUTES: dict[LinkUse, tuple[int, int]] = {"message": (72 * 60, 14 * 24 * 60), "app": (2, 15)}
_TABLE = "customer_link"
#: Basics that say who somebody is: kept in the vault, shown masked.
_WHO = frozenset({"account", "account_id", "open_id", "uid", "user_id", "username"})


class LinkSpent(Problem):
    """This link was used already, has expired or is not whole. Each opens once: get a new one in our app, by replying to our message, or by phone. Your tickets and all you sent are safe."""

    status = 401
    zh = "此链接已使用过、已过期或不完整。每个链接只能打开一次，请在 App 内重新进入、回复我们的消息或致电客服获取新链接；您的工单和已提交的内容不受影响。"


class LinkWish(msgspec.Struct, frozen=True, kw_only=True):
    """A link to be made: for whom, opening at which ticket, for how many minutes (None: the use's default)."""

    customer_id: UUID
    ticket_id: UUID | None = None
    use: LinkUse = "message"
    minutes: int | None = None
    basics: dict[str, str] = {}
    language: Language = "zh"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link just made. `key` is shown this once."""

    id: UUID
    key: str
    expires_at: datetime


class UsedLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a link that was just used up says."""

    id: UUID
    customer_id: UUID
    ticket_id: UUID | None
    language: Language
    basics: dict[str, object]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    customer_id: UUID
    ticket_id: UUID | None
    language: Language
    sealed: bytes


async def make_link(work: Work, actor: Actor, wish: LinkWish) -> Link:
    """Make a link; that it was made is in its maker's stream. The caller has checked that there is such a customer.

    Raises Invalid where it would live too long.
    """
    usual, most = _MINUTES[wish.use]
    minutes = usual if wish.minutes is None else wish.minutes
    if minutes > most:
        raise Invalid(fields=[FieldProblem(pointer="/minutes", code="too_big", params={"limit": most})])
    now, link_id = clock.now(), ids.new_id()
    key, secret_sha256 = identity.new_credential("bhl", work.tenant_id, link_id)
    expires_at = now + timedelta(minutes=minutes)
    protector = Protector(work, wish.customer_id, known=True)
    basics = {
        k: protector.value("account", v) if k in _WHO else protector.plain(v) for k, v in wish.basics.items()
    }
    await protector.flush()
    await work.run(
        queries.add_link,
        id=link_id,
        customer_id=wish.customer_id,
        ticket_id=wish.ticket_id,
        use=wish.use,
        secret_sha256=secret_sha256,
        language=wish.language,
        sealed=await protector.seal(_TABLE, link_id, basics),
        created_by=actor.id,
        at=now,
        expires_at=expires_at,
    )
    told: dict[str, object] = {
        "link": str(link_id),
        "customer": str(wish.customer_id),
        "ticket": str(wish.ticket_id) if wish.ticket_id else None,
        "use": wish.use,
        "expires_at": expires_at.isoformat(),
    }
    await tell_of_maker(work, actor, "portal.link_made", told)
    return Link(id=link_id, key=key, expires_at=expires_at)


async def use_link(work: Work, credential: Credential) -> UsedLink:
    """Use a link up, by one atomic statement. Raises LinkSpent, Shredded, KeyLost."""
    row = await work.one(
        queries.use_link, _Row, id=credential.id, secret_sha256=credential.secret_sha256, at=clock.now()
    )
    if row is None:
        raise LinkSpent
    sealed = Sealed(subject_id=row.customer_id, table=_TABLE, row=row.id, content=row.sealed)
    return UsedLink(
        id=row.id,
        customer_id=row.customer_id,
        ticket_id=row.ticket_id,
        language=row.language,
        basics=await privacy.texts.open_one(work, sealed, dict[str, object]),
    )


def parse_link(text: str) -> Credential | None:
    """A link's key from what somebody has: the key, or the whole link."""
    found = identity.parse(text.strip().rpartition("#k=")[2])
    return found if found is not None and found.prefix == "bhl" else None


async def tell_of_maker(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    """What a maker of links did, in their own stream."""
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    # What the desk does by itself has no stream of its own: it stands with what was configured.
    of_desk = actor.kind == "system"
    stream = (
        evidence.Stream(kind="config", id=work.tenant_id)
        if of_desk
        else evidence.Stream(kind="staff", id=actor.id)
    )
    await evidence.record(work, work.ring, stream, event)
