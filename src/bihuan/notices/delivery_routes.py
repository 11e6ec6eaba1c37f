"""Deliveries over HTTP: what left the desk, and what a person decides of what is unknown or dead."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec

from bihuan import customers, evidence, identity, privacy
from bihuan.core import clock, db
from bihuan.core.http import Call, Query, operation
from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.notices import attempt, quiet
from bihuan.notices.attempt import Channel, State
from bihuan.notices.queue import TOPIC

queries = db.load(__file__)
NOTICE_MANAGE = declare(
    "notice.manage", zh="管理通知的发送与群机器人", en="Manage deliveries of notices, and robots"
)
_PAGE = 50
_STATES: tuple[str, ...] = ("", *get_args(State))

Note = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class DeliverySettled(Problem):
    """There is nothing to decide: this message is neither unknown nor dead any more. Look again."""

    status = 409
    zh = "无需处理：该消息已不是“结果不明”或“发送失败”状态，请刷新查看。"


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A message that leaves the desk. `to` is masked; `error` a code, `error_text` what it means."""

    id: UUID
    channel: Channel
    kind: str
    to: str
    ticket_id: UUID | None
    number: str | None
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    error: str | None
    error_text: str | None
    settled_by: UUID | None
    settled_at: datetime | None


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """What a person found out, and how."""

    decision: Literal["sent", "give_up"] = msgspec.field(name="as")
    note: Note


class SendAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is to be sent again."""

    note: Note


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    channel: Channel
    kind: str
    staff_id: UUID | None
    customer_id: UUID | None
    robot: str | None
    ticket_id: UUID | None
    number: str | None
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    error: str | None
    settled_by: UUID | None
    settled_at: datetime | None


@operation(
    "GET", "/notices/deliveries", zh="外发消息", en="Messages that leave the desk", permission=NOTICE_MANAGE,
    gives=list[DeliveryView],
    query=(
        Query(name="state", schema={"type": "string", "enum": list(_STATES)}, zh="状态；留空为全部", en="State; empty: all"),
        Query(name="after", schema={"type": "string", "format": "uuid"}, zh="上一页最后一条的 id", en="Id of the last of the page before"),
    ),
)  # fmt: skip
async def get_deliveries(call: Call) -> list[DeliveryView]:
    """Fifty deliveries, newest first."""
    state = call.one_of("state", _STATES)
    rows = await call.work.rows(
        queries.deliveries, _Row, state=state or None, after_id=_after(call), most=_PAGE
    )
    return await _views(call, rows)


@operation(
    "POST", "/notices/deliveries/{id}/settle", zh="认定外发消息的结果", en="Say what became of a message",
    permission=NOTICE_MANAGE, takes=Settle, gives=DeliveryView, sends=True,
)  # fmt: skip
async def post_settle(call: Call) -> DeliveryView:
    """It has arrived after all, or is given up. On record with the note."""
    settle: Settle = call.body
    return await _decide(call, "sent" if settle.decision == "sent" else "given_up", settle.note)


@operation(
    "POST", "/notices/deliveries/{id}/again", zh="重发外发消息", en="Send a message again",
    permission=NOTICE_MANAGE, takes=SendAgain, gives=DeliveryView, sends=True,
)  # fmt: skip
async def post_again(call: Call) -> DeliveryView:
    """Sent anew, with all its attempts before it: whoever decides this knows that it may arrive twice."""
    again: SendAgain = call.body
    return await _decide(call, "waiting", again.note)


async def _decide(call: Call, state: State, note: str) -> DeliveryView:
    work, id_ = call.work, call.id()
    before = await work.one(queries.delivery, _Row, id=id_)
    if before is None:
        raise NotFound
    now = clock.now()
    hours = quiet.parse(call.desk.settings.quiet_hours) if before.channel != "email" else None
    done = await work.one(
        queries.settle_delivery,
        dict[str, UUID],
        id=id_,
        state=state,
        staff_id=call.actor.id,
        at=now,
        due_at=quiet.after(now, hours) if state == "waiting" else now,
    )
    if done is None:
        raise DeliverySettled
    data: dict[str, object] = {
        "delivery": str(id_),
        "channel": before.channel,
        "kind": before.kind,
        "ticket": str(before.ticket_id) if before.ticket_id else None,
        "before": before.state,
        "after": state,
        "note": privacy.mask_text(note).text,
    }
    event = evidence.NewEvent(kind="delivery.settled", at=now, actor=call.actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)
    if state == "waiting":
        work.touch(f"{TOPIC}:{work.tenant_id}")
    return (await _views(call, [await work.must(queries.delivery, _Row, id=id_)]))[0]


async def _views(call: Call, rows: Sequence[_Row]) -> list[DeliveryView]:
    people = (await identity.directory(call.work)).staff
    asked = {row.customer_id for row in rows if row.customer_id is not None}
    contacts = await customers.customers_of(call.work, sorted(asked)) if asked else {}

    def to(row: _Row) -> str:
        if row.staff_id is not None:
            return people[row.staff_id].name if row.staff_id in people else ""
        kind = "email" if row.channel == "email" else "mobile"
        masks = (
            (c.mask for c in contacts.get(row.customer_id, ()) if c.kind == kind) if row.customer_id else ()
        )
        return row.robot or next(iter(masks), "")

    def text(row: _Row) -> str | None:
        return attempt.ERRORS[row.error][call.language == "en"] if row.error in attempt.ERRORS else row.error

    given = [f for f in DeliveryView.__struct_fields__ if f not in ("to", "error_text")]
    return [
        DeliveryView(to=to(row), error_text=text(row), **{f: getattr(row, f) for f in given}) for row in rows
    ]


def _after(call: Call) -> UUID | None:
    told = call.query.get("after", "")
    try:
        return UUID(told) if told else None
    except ValueError as error:
        raise Invalid(
            fields=[FieldProblem(pointer="/after", code="type", params={"expected": "uuid"})]
        ) from error
