"""A ticket in plain words: where it stands, what comes next, until when. Pure.

Written for somebody who has never seen a ticket system; no word of the desk's own trade.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bihuan import tickets
from bihuan.channels.portal.model import PortalStep, StageName
from bihuan.core.problems import Language
from bihuan.tickets import AttachmentView, FileState, State

Both = tuple[str, str]
#: Customers are written to in the desk's time.
_ZONE = ZoneInfo("Asia/Shanghai")


class Standing(Protocol):
    """Where a ticket stands, as far as words need it."""

    @property
    def state(self) -> State: ...
    @property
    def waiting_for(self) -> str | None: ...


_STATES: Mapping[State, Both] = {
    "intake": ("已收到，等待受理", "Received, waiting to be taken up"),
    "assigned": ("已安排专人", "Somebody has been asked to handle it"),
    "following": ("正在核实", "Being looked into"),
    "processing": ("正在处理", "Being worked on"),
    "waiting": ("等待答复", "Waiting for an answer"),
    "resolved": ("已处理完成，等您确认", "Done, waiting for your word"),
    "called_back": ("已处理完成", "Done"),
    "archived": ("已结束", "Closed"),
    "reopened": ("重新处理中", "Taken up again"),
    "withdrawn": ("您已撤回", "Taken back by you"),
    "rejected": ("不予受理", "Not taken up"),
    "merged": ("已并入另一张工单", "Continued in another ticket"),
}
_WAITING_FOR_YOU: Both = ("等您补充", "Waiting for you")
_EXPLANATIONS: Mapping[State, Both] = {
    "intake": (
        "我们已收到您的问题，正在核对资料，核对后交给专人处理。",
        "We have your case and are checking that we know all we need; then somebody will handle it.",
    ),
    "assigned": (
        "您的问题已交给负责的同事，接下来会开始核实。",
        "Your case is with the people in charge; next they will look into it.",
    ),
    "following": (
        "专人正在核实您说的情况，需要您配合时会在这里留言。",
        "Somebody is looking into what you told us; if we need anything from you, we will write here.",
    ),
    "processing": (
        "情况已核实，正在办理。办好后会把结果写在这里。",
        "We know what happened and are working on it. The result will be written here.",
    ),
    "waiting": (
        "我们正在等合作机构的答复，收到后马上继续，您不需要做什么。",
        "We are waiting for a partner's answer and go on as soon as we have it. You need not do anything.",
    ),
    "resolved": (
        "问题已处理完成。我们会联系您确认结果；如果还没解决，直接在这里留言，我们会重新处理。",
        "This is done. We will ask you whether all is well; if it is not, write here and we take it up again.",
    ),
    "called_back": (
        "问题已处理完成，结果也与您确认过。如果又出现，直接在这里留言即可。",
        "This is done, and you have confirmed it. If it comes back, just write here.",
    ),
    "archived": (
        "这张工单已结束。如果问题再次出现，请新建一张工单。",
        "This ticket is closed. If the trouble comes back, please open a new one.",
    ),
    "reopened": (
        "我们已按您的反馈重新开始处理。",
        "We have taken this up again, as you asked.",
    ),
    "withdrawn": (
        "您已撤回这张工单，我们不再处理。如需继续，请新建一张工单。",
        "You took this ticket back, so we have stopped. To go on, please open a new one.",
    ),
    "rejected": (
        "这件事不在我们的受理范围，原因见下方。如对此有疑问，请致电客服。",
        "This is not ours to handle; the reason is below. If you do not agree, please call us.",
    ),
    "merged": (
        "这件事与您的另一张工单相同，已合并处理，请查看那张工单。",
        "This is the same as another ticket of yours, where it goes on.",
    ),
}
_FOR_YOU: Both = (
    "我们需要您补充资料才能继续：请看留言和“还需要您提供”。您回复后马上继续。",
    "We need something from you to go on: see the messages and what is listed. Once you answer, we go on.",
)
_ALSO_NEEDED: Both = (
    "请尽快补充下方列出的资料，能更快办好。",
    "Please add what is listed below; it will be quicker.",
)
_UNTIL: Both = ("我们会在 {until} 前给您答复。", "You will hear from us by {until}.")
_LATE: Both = (
    "已超过我们承诺的时间，非常抱歉，正在加急处理。",
    "We are later than we promised and are sorry; it is being hurried along.",
)
_IN: Both = ("新工单号：{number}。", "Its number is {number}.")

STAGES: Mapping[StageName, Both] = {
    "intake": ("收到", "Received"),
    "assign": ("安排专人", "With somebody"),
    "follow": ("核实情况", "Looked into"),
    "process": ("办理", "Worked on"),
    "call_back": ("完成，请您确认", "Done, your word"),
    "archive": ("结束", "Closed"),
}
OUTCOMES: Mapping[str, Both] = {
    "solved": ("已解决", "Solved"),
    "explained": ("已说明原因", "Explained"),
    "declined": ("未能支持您的请求", "Not granted"),
    "compensated": ("已补偿", "Made good"),
    "other": ("已处理", "Dealt with"),
}
#: What an app tells of itself, by its code; any other code is read as it is written.
_BASICS: Mapping[str, Both] = {
    "device_model": ("设备型号", "Device"),
    "app_version": ("App 版本", "App version"),
    "os": ("系统", "System"),
    "os_version": ("系统版本", "System version"),
    "network": ("网络", "Network"),
    "account": ("账户", "Account"),
    "account_id": ("账户", "Account"),
}
#: Ends by another way than through all stages.
CUT_SHORT: frozenset[State] = frozenset({"withdrawn", "rejected", "merged"})


#: What a customer is told of a file that they cannot have.
_FILES: Mapping[FileState, Both] = {
    "checking": ("正在安全检查，稍后即可下载", "being checked; it can be downloaded in a moment"),
    "quarantined": ("等待安全检查，完成后即可下载", "waiting to be checked; it can be downloaded after that"),
    "unreadable": ("已收到，供客服处理使用，不提供下载", "received for our staff; it cannot be downloaded"),
    "infected": (
        "检测到恶意软件，不予提供；请换一份重新上传",
        "malware was found in it; please send another copy",
    ),
}
_INFECTED_GONE: Both = (
    "检测到恶意软件，文件已删除；请换一份重新上传",
    "malware was found in it and it was deleted; please send another copy",
)
_SECRETS: Both = (
    "我们删除了文件中的安全码、密码或验证码，请勿再次发送",
    "we removed a security code, password or one-time code from it; please never send these",
)
_COVERED: Both = ("文件中的个人号码已遮盖", "personal numbers in it are covered")


def say(both: Both, language: Language) -> str:
    """One of two languages."""
    return both[0 if language == "zh" else 1]


def state_text(ticket: Standing, language: Language) -> str:
    """Where it stands, in a few words."""
    return say(_WAITING_FOR_YOU if for_you(ticket) else _STATES[ticket.state], language)


def for_you(ticket: Standing) -> bool:
    """Whether the desk waits for the customer."""
    return ticket.state == "waiting" and ticket.waiting_for == "customer"


def explanation(
    ticket: Standing,
    language: Language,
    *,
    promised_at: datetime | None,
    now: datetime,
    lacking: bool = False,
    goes_on_in: str | None = None,
) -> str:
    """What is going on, what comes next, until when."""
    parts = [say(_FOR_YOU if for_you(ticket) else _EXPLANATIONS[ticket.state], language)]
    if lacking and not for_you(ticket):
        parts.append(say(_ALSO_NEEDED, language))
    if goes_on_in is not None:
        parts.append(say(_IN, language).format(number=goes_on_in))
    if promised_at is not None and ticket.state in tickets.OPEN_STATES:
        late = promised_at < now
        parts.append(say(_LATE if late else _UNTIL, language).format(until=moment(promised_at, language)))
    return ("" if language == "zh" else " ").join(parts)


def basic(code: str, value: str, language: Language) -> str:
    """One thing the app told of itself, as a line: `设备型号：…`."""
    label = say(_BASICS[code], language) if code in _BASICS else code.replace("_", " ")
    return f"{label}：{value}" if language == "zh" else f"{label}: {value}"


def file_note(file: AttachmentView, language: Language) -> str:
    """What became of a file, as its customer is told; nothing where there is nothing to tell."""
    if file.state == "infected" and not file.original:
        return say(_INFECTED_GONE, language)
    if file.state != "ready":
        return say(_FILES[file.state], language)
    if not file.original:
        return say(_SECRETS, language)
    return say(_COVERED, language) if file.findings else ""


def moment(at: datetime, language: Language, *, year: bool = False) -> str:
    """A moment as people say it."""
    local = at.astimezone(_ZONE)
    if language == "zh":
        return f"{f'{local.year} 年 ' if year else ''}{local.month} 月 {local.day} 日 {local:%H:%M}"
    return f"{local.day} {local:%B}{f' {local.year}' if year else ''}, {local:%H:%M} Beijing time"


def steps(state: State, reached: Mapping[StageName, datetime], language: Language) -> list[PortalStep]:
    """The six stages; those after the present one are yet to come, whatever happened before it was reopened."""
    order: Sequence[StageName] = tuple(STAGES)
    present = order.index(tickets.STAGES[state])
    closed = state in tickets.CLOSED_STATES
    found: list[PortalStep] = []
    for index, stage in enumerate(order):
        at = reached.get(stage) if index <= present else None
        passed = index < present and (state not in CUT_SHORT or at is not None)
        found.append(
            PortalStep(
                stage=stage,
                text=say(STAGES[stage], language),
                at=at,
                done=passed or (closed and index == present),
                now=index == present and not closed,
            )
        )
    return found
