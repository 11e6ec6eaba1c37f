"""Types of notices: kinds of news, what is told to whom, wishes, and what readers see."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

import msgspec

from bihuan.core.problems import FieldProblem

Minute = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of news colleagues are told. `unless_refused`: told to whoever has not said otherwise. `robots`: told in
    groups too. `urgent`: may break through quiet hours, for those who want that.
    """

    zh: str
    en: str
    unless_refused: bool = True
    robots: bool = False
    urgent: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "opened": Kind(zh="团队有新工单", en="New tickets of my teams", unless_refused=False, robots=True),
        "urgent": Kind(zh="团队有紧急新工单", en="Urgent new tickets of my teams", robots=True, urgent=True),
        "assigned": Kind(zh="工单分配给我", en="Tickets given to me"),
        "taken": Kind(zh="我的工单转给他人", en="My tickets given to others"),
        "queued": Kind(zh="工单转入我的团队", en="Tickets that come to my teams", robots=True),
        "received": Kind(zh="客户留言", en="Words of customers", robots=True),
        "replied": Kind(zh="同事回复我的工单", en="Colleagues' answers on my tickets"),
        "moved_on": Kind(zh="我的工单状态变化", en="Changes of state by others"),
        "withdrawn": Kind(zh="客户撤回", en="Tickets taken back"),
        "reopened": Kind(zh="工单重新打开", en="Tickets opened again", robots=True),
        "absorbed": Kind(zh="其他工单并入", en="Tickets merged into mine"),
        "warned": Kind(zh="即将超时", en="Time running out", robots=True),
        "breached": Kind(zh="已超时", en="Time run out", robots=True, urgent=True),
        "escalated": Kind(zh="升级", en="Escalations", robots=True, urgent=True),
        "nudged": Kind(zh="催办", en="Urging", robots=True),
        "extension_asked": Kind(zh="延期申请", en="Extensions asked for", robots=True),
        "extension_granted": Kind(zh="延期获批", en="Extensions granted"),
        "extension_refused": Kind(zh="延期未获批", en="Extensions refused"),
        "task_opened": Kind(zh="协办任务", en="Tasks for my teams", robots=True),
        "task_done": Kind(zh="协办任务完成", en="Tasks that are done"),
        "clock_moved": Kind(zh="时限提前", en="Tickets due earlier"),
        "file_infected": Kind(zh="附件含恶意软件", en="Malware in files"),
        "look_unusual": Kind(zh="异常查看敏感信息", en="Unusual looking at protected values"),
        "delivery_unsettled": Kind(zh="外发消息待处理", en="Messages that went wrong"),
    }
)


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news for colleagues, before it is known who they are.

    `to`: `assignee`, `holder` (the assignee, else the team), `team`, `lead`, `role:<code>`, `team:<code>`,
    `may:<permission>` or a person's id. `data`: codes the text needs. `said`: other news of the same moment; whoever is
    told those is not told these too.
    """

    kind: str
    to: tuple[str, ...]
    data: Mapping[str, object] = {}
    said: "News | None" = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news for the customer. `kind`: progress (a stage was reached), answered, extended."""

    kind: Literal["progress", "answered", "extended"]
    data: Mapping[str, object] = {}


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A text: a line, what more there is to say, and where to read on ("" where the desk has no public address).

    `short` is all of it, with the link, for where every character costs.
    """

    title: str
    body: str
    short: str
    link: str = ""


# --------------------------------------------------------------------------------------------------------------- feed
class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a feed, in the reader's language. `ticket_id`, `number`: none where the reader does not see the ticket
    any more, or where several are gathered (`count` says how many).
    """

    id: UUID
    kind: str
    at: datetime
    title: str
    body: str
    ticket_id: UUID | None
    number: str | None
    count: int
    read_at: datetime | None


class NoticePage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of one's feed, newest first. `unread` is counted up to 1,000. `next`: where the page after begins."""

    items: list[NoticeView]
    unread: int
    next: UUID | None


class ReadNotices(msgspec.Struct, frozen=True, kw_only=True):
    """Which have been read: these, or all."""

    ids: Annotated[list[UUID], msgspec.Meta(max_length=500)] = []
    all: bool = False


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """How many are unread, counted up to 1,000."""

    unread: int


class NoticeCame(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's feed changed: its newest line, and how many are unread."""

    id: UUID | None
    unread: int


# -------------------------------------------------------------------------------------------------------------- wishes
class Channels(msgspec.Struct, frozen=True, kw_only=True):
    """Ways to be told. The feed is always there."""

    in_app: Literal[True] = True
    email: bool = False


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """Hours in which nothing is sent, as the wall clock of the zone has them; `to` before `from` is over midnight."""

    from_: Minute = msgspec.field(name="from")
    to: Minute
    zone: Annotated[str, msgspec.Meta(max_length=64)] = "Asia/Shanghai"


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How a colleague wants to be told. `kinds`: what is not named is as the kind is by default.

    `urgent_anyway`: what is urgent is sent in quiet hours too.
    """

    channels: Channels = Channels()
    email: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    quiet: Quiet | None = None
    urgent_anyway: bool = False
    kinds: dict[str, bool] = {}

    def wants(self, kind: str) -> bool:
        """Whether this kind of news is to be told."""
        return self.kinds.get(kind, KINDS[kind].unless_refused)


class KindView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of news that may be wished for or not."""

    code: str
    title: str
    wanted: bool


class WishesView(Wishes, frozen=True, kw_only=True):
    """One's wishes, and all there is to wish for. `mail_is_sent`: the desk has a mail server."""

    all_kinds: list[KindView]
    mail_is_sent: bool


class CustomerWishes(msgspec.Struct, frozen=True, kw_only=True):
    """How a customer wants to be told of progress."""

    email: bool
    sms: bool


class CustomerWishesView(CustomerWishes, frozen=True, kw_only=True):
    """A customer's wishes, and the masked addresses they would be told at; none where the desk cannot."""

    email_to: str | None
    sms_to: str | None


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,63}")


def problems(wishes: Wishes) -> list[FieldProblem]:
    """What is wrong with a colleague's wishes."""
    found: list[FieldProblem] = []
    if wishes.email is not None and not _ADDRESS.fullmatch(wishes.email):
        found.append(FieldProblem(pointer="/email", code="pattern", params={"expected": "name@example.com"}))
    if wishes.channels.email and wishes.email is None:
        found.append(FieldProblem(pointer="/email", code="missing"))
    if wishes.quiet is not None:
        found += _quiet_problems(wishes.quiet)
    choices = ", ".join(KINDS)
    found += [
        FieldProblem(pointer=f"/kinds/{kind}", code="choice", params={"choices": choices})
        for kind in wishes.kinds
        if kind not in KINDS
    ]
    return found


def _quiet_problems(quiet: Quiet) -> list[FieldProblem]:
    found: list[FieldProblem] = []
    if quiet.from_ == quiet.to:
        found.append(FieldProblem(pointer="/quiet/to", code="duplicate"))
    if quiet.zone not in available_timezones():
        found.append(
            FieldProblem(pointer="/quiet/zone", code="pattern", params={"expected": "Asia/Shanghai"})
        )
    return found
