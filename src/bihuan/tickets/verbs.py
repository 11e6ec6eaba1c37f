"""The verbs of a ticket as one table: name, permission, what it takes, what does it.

The HTTP routes, bulk change, the permission catalogue and the OpenAPI document are all made from it: a verb is added
here and nowhere else.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.tickets import classify, close, handle, hands, talk
from bihuan.tickets.done import Done
from bihuan.tickets.model import (
    Archive,
    Assign,
    CallBack,
    Check,
    Claim,
    Link,
    Merge,
    Note,
    Process,
    Receive,
    Reclassify,
    Reject,
    Reopen,
    Reply,
    Resolve,
    Resume,
    SetFields,
    SetPriority,
    Tagging,
    Transfer,
    Wait,
    Withdraw,
)
from bihuan.tickets.new_facts import NewFacts, new_facts
from bihuan.tickets.nudge import NudgeTicket, nudge

Act = Callable[[Work, Actor, UUID, Any], Awaitable[Done]]

OPEN = declare("ticket.open", zh="新建工单", en="Open tickets")
READ = declare("ticket.read", zh="查看本团队与本人的工单", en="See tickets of one's teams and one's own")
READ_ALL = declare("ticket.read_all", zh="查看全部工单", en="See all tickets")
READ_INTAKE = declare("ticket.read_intake", zh="查看尚未归属团队的工单", en="See tickets no team has yet")
VERIFY = declare("verification.record", zh="登记客户核身结果", en="Record that a customer was verified")
BULK = declare("ticket.bulk", zh="批量操作", en="Change many tickets at once")
ATTACH = declare("ticket.attach", zh="上传附件", en="Attach files")
EVIDENCE_READ = declare("evidence.read", zh="校验证据链", en="Verify the evidence")
VIEW_SAVE = declare("view.save", zh="保存视图", en="Save views")
VIEW_SHARE = declare("view.share", zh="共享视图", en="Share views")


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One verb. `text` names the command's member that is kept as a draft when the write is stale."""

    name: str
    permission: str
    takes: type[msgspec.Struct]
    act: Act
    zh: str
    en: str
    text: str | None = None
    sends: bool = False


def _verb(name: str, takes: type[msgspec.Struct], act: Act, said: tuple[str, str], **more: Any) -> Verb:
    permission = more.pop("permission", None) or declare(f"ticket.{name}", zh=said[0], en=said[1])
    return Verb(name=name, permission=permission, takes=takes, act=act, zh=said[0], en=said[1], **more)


_EDIT = declare(
    "ticket.edit", zh="修改优先级、字段、标签与清单", en="Change priority, fields, tags and checklist"
)

VERBS: tuple[Verb, ...] = (
    _verb("receive", Receive, talk.receive, ("登记客户来言", "Take in what a customer said"), sends=True),
    _verb("reply", Reply, talk.reply, ("答复客户", "Answer the customer"), text="body", sends=True),
    _verb("note", Note, talk.note, ("内部备注", "Note for colleagues"), text="body", sends=True),
    _verb("claim", Claim, hands.claim, ("认领工单", "Claim")),
    _verb("assign", Assign, hands.assign, ("分配给同事", "Assign to a colleague"), text="reason"),
    _verb("transfer", Transfer, hands.transfer, ("转派团队", "Transfer to another team"), text="reason"),
    _verb(
        "reclassify", Reclassify, classify.reclassify, ("变更业务类型", "Change the case type"), text="reason"
    ),
    _verb(
        "priority",
        SetPriority,
        classify.set_priority,
        ("变更优先级", "Set the priority"),
        permission=_EDIT,
        text="reason",
    ),
    _verb("fields", SetFields, classify.set_fields, ("修改字段", "Set fields"), permission=_EDIT),
    _verb(
        "check",
        Check,
        classify.check_off,
        ("勾选清单与证据", "Check off steps and evidence"),
        permission=_EDIT,
    ),
    _verb("tag", Tagging, classify.tag, ("打标签", "Tag"), permission=_EDIT),
    _verb("process", Process, handle.process, ("开始处理", "Start handling"), permission="ticket.resolve"),
    _verb("wait", Wait, handle.wait, ("转入等待", "Wait"), text="reason"),
    _verb("resume", Resume, handle.resume, ("恢复处理", "Go on"), permission="ticket.wait", text="reason"),
    _verb("resolve", Resolve, handle.resolve, ("解决", "Resolve"), text="resolution"),
    _verb("call_back", CallBack, close.call_back, ("登记回访", "Record the call-back"), text="note"),
    _verb("archive", Archive, close.archive, ("归档", "Archive")),
    _verb("reopen", Reopen, close.reopen, ("重新打开", "Reopen"), text="reason"),
    _verb("withdraw", Withdraw, close.withdraw, ("登记客户撤回", "Record a withdrawal"), text="proof"),
    _verb("reject", Reject, close.reject, ("不予受理", "Reject"), text="reason"),
    _verb("merge", Merge, close.merge, ("合并工单", "Merge"), text="reason"),
    _verb("link", Link, close.link, ("关联工单", "Link")),
    _verb("nudge", NudgeTicket, nudge, ("催办", "Urge whoever has it"), permission="ticket.note", sends=True),
    _verb(
        "new-facts",
        NewFacts,
        new_facts,
        ("登记新事实、新理由", "Record new facts or reasons"),
        permission=_EDIT,
        text="reason",
        sends=True,
    ),
)
BY_NAME = {verb.name: verb for verb in VERBS}
