"""The words of notices, in both languages: templates by kind, and what stands in their gaps. No I/O."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

Both = tuple[str, str]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A kind's words: a line, what more there is to say, and the line where several are gathered."""

    title: Both
    body: Both
    many: Both


def _t(title: Both, body: Both, many: Both) -> Template:
    return Template(title=title, body=body, many=many)


#: Gaps: number, other, case, actor, team, clock, due, state; in `many` also tickets ("3 more tickets").
STAFF: Mapping[str, Template] = MappingProxyType(
    {
        "opened": _t(
            ("新工单 {number}", "New ticket {number}"),
            ("{case}，等待{team}受理。", "{case}, waiting for {team} to take it up."),
            ("{tickets}等待受理", "{tickets} waiting to be taken up"),
        ),
        "urgent": _t(
            ("紧急新工单 {number}", "Urgent new ticket {number}"),
            ("{case}，请{team}尽快受理。", "{case}. {team}, please take it up at once."),
            ("{tickets}情况紧急，等待受理", "{tickets} urgent, waiting to be taken up"),
        ),
        "assigned": _t(
            ("工单 {number} 已分配给您", "Ticket {number} is yours now"),
            ("{case}，由{actor}分配。", "{case}, given to you by {actor}."),
            ("{tickets}已分配给您", "{tickets} given to you"),
        ),
        "taken": _t(
            ("工单 {number} 已转给他人", "Ticket {number} has gone to somebody else"),
            (
                "{case}，由{actor}操作，您无需再处理。",
                "{case}, handed on by {actor}; you need not handle it any more.",
            ),
            ("{tickets}已转给他人", "{tickets} handed on to somebody else"),
        ),
        "queued": _t(
            ("工单 {number} 转入{team}", "Ticket {number} came to {team}"),
            ("{case}，等待领取。", "{case}, waiting to be claimed."),
            ("{tickets}转入您的团队", "{tickets} came to your team"),
        ),
        "received": _t(
            ("客户在工单 {number} 留言", "The customer wrote on ticket {number}"),
            ("{case}，请查看并答复。", "{case}. Please read and answer."),
            ("{tickets}有客户留言", "{tickets} with words of the customer"),
        ),
        "replied": _t(
            ("{actor}答复了工单 {number} 的客户", "{actor} answered the customer on ticket {number}"),
            ("{case}，工单仍由您处理。", "{case}. The ticket is still yours."),
            ("{tickets}由同事答复了客户", "{tickets} answered by colleagues"),
        ),
        "moved_on": _t(
            ("工单 {number} 变为“{state}”", "Ticket {number} is now: {state}"),
            ("{case}，由{actor}操作。", "{case}, done by {actor}."),
            ("{tickets}的状态有变化", "{tickets} in another state now"),
        ),
        "file_infected": _t(
            ("工单 {number} 的附件含恶意软件", "Malware in a file of ticket {number}"),
            (
                "{case}，附件已拦截，请联系客户另行提供。",
                "{case}. The file is held back; ask the customer for another one.",
            ),
            ("{tickets}的附件含恶意软件", "{tickets} with malware in a file"),
        ),
        "withdrawn": _t(
            ("工单 {number} 已撤回", "Ticket {number} was taken back"),
            (
                "{case}，客户已撤回，无需再处理。",
                "{case}. The customer took it back; there is nothing left to do.",
            ),
            ("{tickets}已撤回", "{tickets} taken back"),
        ),
        "reopened": _t(
            ("工单 {number} 重新打开", "Ticket {number} was opened again"),
            ("{case}，问题仍未解决，请继续处理。", "{case}. It is not solved after all; please go on."),
            ("{tickets}重新打开", "{tickets} opened again"),
        ),
        "absorbed": _t(
            ("工单 {other} 已并入 {number}", "Ticket {other} was merged into {number}"),
            ("{case}，请一并处理。", "{case}. Please handle both as one."),
            ("{tickets}有其他工单并入", "{tickets} with others merged into them"),
        ),
        "warned": _t(
            ("工单 {number} 即将超时", "Time is running out for ticket {number}"),
            ("{case}，“{clock}”须在 {due} 前完成。", "{case}. “{clock}” is due by {due}."),
            ("{tickets}即将超时", "{tickets} running out of time"),
        ),
        "breached": _t(
            ("工单 {number} 已超时", "Ticket {number} is late"),
            ("{case}，“{clock}”应在 {due} 前完成。", "{case}. “{clock}” was due by {due}."),
            ("{tickets}已超时", "{tickets} late"),
        ),
        "escalated": _t(
            ("工单 {number} 已升级", "Ticket {number} was escalated"),
            (
                "{case}，“{clock}”的时限为 {due}，请关注。",
                "{case}. “{clock}” is due by {due}; please see to it.",
            ),
            ("{tickets}已升级", "{tickets} escalated"),
        ),
        "nudged": _t(
            ("工单 {number} 被催办", "Ticket {number} is being urged"),
            ("{case}，由{actor}催办，请尽快处理。", "{case}, urged by {actor}. Please see to it soon."),
            ("{tickets}被催办", "{tickets} being urged"),
        ),
        "extension_asked": _t(
            ("工单 {number} 申请延期", "More time is asked for on ticket {number}"),
            (
                "{case}，{actor}申请延长“{clock}”，请审批。",
                "{case}. {actor} asks for more time for “{clock}”; please decide.",
            ),
            ("{tickets}申请延期", "{tickets} for which more time is asked"),
        ),
        "extension_granted": _t(
            ("工单 {number} 的延期已批准", "More time was granted on ticket {number}"),
            (
                "{case}，“{clock}”已延长，由{actor}批准。",
                "{case}. “{clock}” is longer now, granted by {actor}.",
            ),
            ("{tickets}的延期已批准", "{tickets} with more time granted"),
        ),
        "extension_refused": _t(
            ("工单 {number} 的延期未获批准", "More time was refused on ticket {number}"),
            (
                "{case}，“{clock}”仍按原时限，由{actor}驳回。",
                "{case}. “{clock}” stays as it was, refused by {actor}.",
            ),
            ("{tickets}的延期未获批准", "{tickets} with more time refused"),
        ),
        "task_opened": _t(
            ("工单 {number} 有任务交{team}协办", "A task for {team} on ticket {number}"),
            ("{case}，请{team}办理其中的任务。", "{case}. {team}, please see to the task."),
            ("{tickets}有协办任务", "{tickets} with a task"),
        ),
        "task_done": _t(
            ("工单 {number} 的协办任务已完成", "A task on ticket {number} is done"),
            ("{case}，由{actor}完成。", "{case}, done by {actor}."),
            ("{tickets}的协办任务已完成", "{tickets} with a task done"),
        ),
        "clock_moved": _t(
            ("工单 {number} 的时限有变", "Ticket {number} is due at another time"),
            ("{case}，“{clock}”改为 {due} 前完成。", "{case}. “{clock}” is now due by {due}."),
            ("{tickets}的时限有变", "{tickets} due at another time"),
        ),
        "look_unusual": _t(
            ("{actor}查看敏感信息异常：{rule}", "Unusual looking by {actor}: {rule}"),
            ("请在“审计”中核实。", "Please check it in the audit."),
            (
                "{count} 条异常查看提醒",
                "Alarms on unusual looking: {count}",
            ),
        ),
        "delivery_unsettled": _t(
            ("外发消息未送达或结果不明", "Messages failed, or their fate is unknown"),
            (
                "请在“外发消息”中查看，认定结果或重发。",
                "Please look at the messages that leave the desk: say what became of them, or send them again.",
            ),
            (
                "{count} 条外发消息未送达或结果不明",
                "Messages that failed or whose fate is unknown: {count}",
            ),
        ),
    }
)

#: Who a colleague is not: the desk by itself, a customer, somebody whose name is not known.
ACTORS: Mapping[str, Both] = MappingProxyType(
    {"system": ("系统", "the desk"), "customer": ("客户", "the customer"), "": ("同事", "a colleague")}
)
#: What stands where a code means nothing (any more).
NO_TEAM: Both = ("团队", "the team")
NO_CLOCK: Both = ("时限", "the limit")
NO_CASE: Both = ("工单", "A ticket")
#: What a line says, with the title of the ticket it is about.
OF_TICKET: Both = ("工单“{title}”：{body}", "Ticket “{title}”: {body}")
NOT_YOURS: Both = ("您已不能查看这张工单。", "You do not see this ticket any more.")
READ_ON: Both = ("请在系统中查看。", "Please see the desk.")


def more(count: int | None, language: str) -> str:
    """`3 more tickets`; None: nobody counted."""
    if language == "zh":
        return "另有多张工单" if count is None else f"另有 {count} 张工单"
    if count is None:
        return "More tickets"
    return "1 more ticket" if count == 1 else f"{count} more tickets"


# ----------------------------------------------------------------------------------------------------------- customers
#: What is going on, by state; read in a mail or a message, so never "below" or "here".
STATES: Mapping[str, Both] = MappingProxyType(
    {
        "intake": (
            "我们已收到您反映的问题，核对资料后会交给专人处理。",
            "We have received your case. Once we have checked that we know all we need, somebody will handle it.",
        ),
        "assigned": (
            "您的问题已交给负责的同事，接下来会开始核实。",
            "Your case is with the people in charge; next they will look into it.",
        ),
        "following": (
            "专人正在核实您说的情况。",
            "Somebody is looking into what you told us.",
        ),
        "processing": (
            "情况已核实，正在办理，办好后会告诉您结果。",
            "We know what happened and are working on it. We will tell you the result.",
        ),
        "waiting": (
            "我们正在等合作机构的答复，收到后马上继续，您不需要做什么。",
            "We are waiting for a partner's answer and go on as soon as we have it. You need not do anything.",
        ),
        "waiting_for_you": (
            "我们需要您补充资料才能继续，收到后马上处理。",
            "We need something from you to go on; as soon as we have it, we do.",
        ),
        "resolved": (
            "您的问题已处理完成，结果可在工单中查看。我们会联系您确认；如果还没解决，请在工单中告诉我们。",
            "Your case is done; the result is in your ticket. We will ask whether all is well. If not, please tell us in the ticket.",
        ),
        "unreachable": (
            "我们联系您确认处理结果，暂未联系上。如果还没解决，请在工单中告诉我们。",
            "We tried to reach you to ask whether all is well. If it is not, please tell us in the ticket.",
        ),
        "called_back": (
            "处理结果已与您确认，感谢您的配合。",
            "You have confirmed the result. Thank you.",
        ),
        "archived": (
            "这张工单已结束。如果问题再次出现，请新建一张工单。",
            "This ticket is closed. If the trouble comes back, please open a new one.",
        ),
        "reopened": ("我们已重新开始处理您的问题。", "We have taken your case up again."),
        "withdrawn": (
            "按您的要求，这张工单已撤回，我们不再处理。",
            "As you asked, this ticket was taken back, and we have stopped.",
        ),
        "rejected": (
            "这件事不在我们的受理范围，原因可在工单中查看。如有疑问，请致电客服。",
            "This is not ours to handle; the reason is in your ticket. If you do not agree, please call us.",
        ),
        "merged": (
            "这件事与您的另一张工单相同，已合并处理。",
            "This is the same as another ticket of yours, where it goes on.",
        ),
    }
)
TITLE: Both = ("您的工单 {number}：{state}", "Your ticket {number}: {state}")
ABOUT: Both = ("您反映的“{case}”（工单号 {number}）：{state}。", "“{case}”, ticket {number}: {state}.")
ANSWERED: Both = ("我们答复了您的工单 {number}", "We have answered your ticket {number}")
ANSWERED_TOO: Both = ("我们还在工单中给您留了言，请查看。", "We have also written to you in the ticket.")
ANSWERED_BODY: Both = (
    "我们就“{case}”（工单号 {number}）给您留了言，请在工单中查看；如需补充，直接在工单中回复即可。",
    "We have written to you about “{case}”, ticket {number}. Please read it in the ticket; you can answer there.",
)
EXTENDED: Both = ("您的工单 {number} 需要更长时间", "Your ticket {number} needs more time")
EXTENDED_BODY: Both = (
    "您反映的“{case}”（工单号 {number}）情况复杂，需要更长时间才能办好，非常抱歉。原因可在工单中查看。",
    "“{case}”, ticket {number}, is not simple and needs more time; we are sorry. The reason is in your ticket.",
)
NEEDED: Both = ("还需要您提供：{list}。", "We still need: {list}.")
UNTIL: Both = ("我们会在 {until} 前给您答复。", "You will hear from us by {until}.")
LATE: Both = (
    "已超过我们承诺的时间，非常抱歉，正在加急处理。",
    "We are later than we promised and are sorry; it is being hurried along.",
)
