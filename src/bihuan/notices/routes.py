"""Feeds and wishes over HTTP, and what live updates tell of a feed; importing it declares all operations of notices."""

from uuid import UUID

from bihuan import tickets
from bihuan.core.http import Call, Query, operation
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.notices import channel_routes, delivery_routes, feed, own_file, preferences, robot_routes
from bihuan.notices.delivery_routes import NOTICE_MANAGE
from bihuan.notices.model import (
    CustomerWishes,
    CustomerWishesView,
    NoticeCame,
    NoticePage,
    ReadNotices,
    Unread,
    Wishes,
    WishesView,
)

_MOST = 100
_beside = (channel_routes, delivery_routes, own_file, robot_routes)

tickets.live.personal(feed.TOPIC, NoticeCame, feed.came)


@operation(
    "GET", "/notices", zh="我的通知", en="My notices", permission=None, gives=NoticePage, read_only=True,
    query=(
        Query(name="after", schema={"type": "string", "format": "uuid"}, zh="上一页的 next", en="`next` of the page before"),
        Query(name="unread", schema={"type": "string", "enum": ["false", "true"]}, zh="只看未读", en="The unread ones alone"),
        Query(name="limit", schema={"type": "integer", "minimum": 1, "maximum": _MOST}, zh="每页行数", en="Rows a page"),
    ),
)  # fmt: skip
async def get_notices(call: Call) -> NoticePage:
    """What I have been told, newest first, in my language."""
    _must_be_told(call)
    unread = call.one_of("unread", ("false", "true")) == "true"
    most = max(1, call.number("limit", default=30, most=_MOST))
    return await feed.page(call.work, call.actor, after=_after(call), unread=unread, most=most)


@operation(
    "POST", "/notices/read", zh="标为已读", en="Mark read", permission=None, takes=ReadNotices, gives=Unread
)  # fmt: skip
async def post_read(call: Call) -> Unread:
    """I have read these, or all; what is not mine stays as it is."""
    _must_be_told(call)
    command: ReadNotices = call.body
    return Unread(
        unread=await feed.mark_read(call.work, call.actor, None if command.all else set(command.ids))
    )


@operation(
    "GET", "/notices/preferences", zh="我的通知设置", en="How I am told", permission=None, gives=WishesView,
)  # fmt: skip
async def get_wishes(call: Call) -> WishesView:
    """How I want to be told, and all there is to wish for."""
    _must_be_told(call)
    return await preferences.wishes(call.work, call.actor, call.desk.settings)


@operation(
    "PUT", "/notices/preferences", zh="修改我的通知设置", en="Change how I am told", permission=None, takes=Wishes,
    gives=WishesView,
)  # fmt: skip
async def put_wishes(call: Call) -> WishesView:
    """How I want to be told, replaced as a whole. Mail goes to an address at work; the feed is always there."""
    _must_be_told(call)
    return await preferences.put_wishes(call.work, call.actor, call.desk.settings, call.body)


@operation(
    "GET", "/portal/preferences", zh="我的进度通知设置", en="How I am told of progress", permission=None, asks="customer",
    gives=CustomerWishesView,
)  # fmt: skip
async def get_customer_wishes(call: Call) -> CustomerWishesView:
    """Whether I am told of progress by mail and SMS, and where, masked."""
    return await preferences.customer_wishes(call.work, call.actor.id, call.desk.settings)


@operation(
    "PUT", "/portal/preferences", zh="修改我的进度通知设置", en="Change how I am told of progress", permission=None,
    asks="customer", takes=CustomerWishes, gives=CustomerWishesView,
)  # fmt: skip
async def put_customer_wishes(call: Call) -> CustomerWishesView:
    """Whether I am told of progress by mail and SMS."""
    return await preferences.put_customer_wishes(call.work, call.actor.id, call.desk.settings, call.body)


def _must_be_told(call: Call) -> None:
    """A feed and its settings are for whoever may be told anything: of tickets, or of deliveries. Raises NotAllowed."""
    if not call.actor.may(NOTICE_MANAGE):
        call.actor.must(tickets.READ)


def _after(call: Call) -> UUID | None:
    text = call.query.get("after")
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        problem = FieldProblem(pointer="/after", code="type", params={"expected": "uuid"})
        raise Invalid(fields=[problem]) from error
