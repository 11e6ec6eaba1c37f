"""A ticket's events in words, for the timeline of its evidence package. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from bihuan.casetypes import CaseType
from bihuan.core.problems import Language
from bihuan.identity import Directory
from bihuan.tickets.lifecycle import STATE_TEXTS
from bihuan.tickets.model import Entry

Both = tuple[str, str]
#: The zone of every time in a timeline.
ZONE = ZoneInfo("Asia/Shanghai")

#: Event → (zh, en). Gaps: actor, team, to, from, n, number, clock, due, state, what.
SAID: Mapping[str, Both] = MappingProxyType(
    {
        "ticket.opened": ("{actor}提交了工单，优先级：{priority}", "{actor} opened the ticket, priority {priority}"),
        "ticket.received": ("{actor}来言", "{actor} wrote"),
        "ticket.replied": ("{actor}答复客户", "{actor} answered the customer"),
        "ticket.noted": ("{actor}添加内部备注", "{actor} left a note for colleagues"),
        "ticket.claimed": ("{actor}认领了工单", "{actor} claimed the ticket"),
        "ticket.assigned": ("{actor}把工单分配给{to}", "{actor} assigned the ticket to {to}"),
        "ticket.transferred": ("{actor}把工单转派给{team}", "{actor} transferred the ticket to {team}"),
        "ticket.reclassified": ("{actor}变更了业务类型", "{actor} changed the case type"),
        "ticket.edited": ("{actor}修改了工单", "{actor} changed the ticket"),
        "ticket.processing_started": ("{actor}开始处理", "{actor} started handling"),
        "ticket.waiting": ("{actor}将工单转入等待", "{actor} set the ticket to wait"),
        "ticket.resumed": ("{actor}恢复处理", "{actor} resumed handling"),
        "ticket.resolved": ("{actor}解决了工单", "{actor} resolved the ticket"),
        "ticket.called_back": ("{actor}登记了回访", "{actor} recorded the call-back"),
        "ticket.archived": ("{actor}归档了工单", "{actor} archived the ticket"),
        "ticket.reopened": ("{actor}重新打开了工单", "{actor} reopened the ticket"),
        "ticket.withdrawn": ("{actor}撤回了工单", "{actor} withdrew the ticket"),
        "ticket.rejected": ("{actor}不予受理", "{actor} rejected the ticket"),
        "ticket.merged": ("{actor}把本工单合并到 {number}", "{actor} merged this ticket into {number}"),
        "ticket.absorbed": ("{actor}把工单 {number} 并入本工单", "{actor} merged ticket {number} into this one"),
        "ticket.linked": ("{actor}关联了另一张工单", "{actor} linked another ticket"),
        "ticket.attached": ("{actor}上传了 {n} 个文件", "{actor} added {n} file(s)"),
        "ticket.file_checked": ("{actor}检查了附件：{state}", "{actor} checked a file: {state}"),
        "ticket.rated": ("{actor}评价了处理结果：{n} 分（满分 5 分）", "{actor} rated the outcome {n} of 5"),
        "ticket.handed_on": ("{from}离岗，工单转给{to}", "{from} has left; the ticket went to {to}"),
        "ticket.customer_merged": ("{actor}确认客户与另一客户为同一人", "{actor} found the customer to be the same person as another"),
        "ticket.customer_parted": ("{actor}撤销了客户合并", "{actor} took back that the customer is the same person as another"),
        "ticket.held": ("{actor}设置了法律保全", "{actor} placed a legal hold"),
        "ticket.hold_lifted": ("{actor}解除了法律保全", "{actor} lifted a legal hold"),
        "ticket.retained_out": (
            "保存期满，内容已删除，只留经过与校验值",
            "its time of keeping was over: its words were deleted; its course and digests stay",
        ),
        "person.erased": ("{actor}按要求删除了个人信息", "{actor} erased personal data on request"),
        "ticket.nudged": ("{actor}催办", "{actor} urged"),
        "ticket.new_facts": ("{actor}登记了新事实，相关时限重新起算", "{actor} recorded new facts; the limits concerned begin anew"),
        "ticket.verification_recorded": ("{actor}登记了身份核验", "{actor} recorded how the customer was verified"),
        "ticket.clock_warned": ("时限“{clock}”即将到期，应于 {due} 前完成", "The limit “{clock}” is running out, due {due}"),
        "ticket.clock_breached": ("时限“{clock}”已超时，应于 {due} 前完成", "The limit “{clock}” has run out, it was due {due}"),
        "ticket.escalated": ("时限“{clock}”到点升级", "The limit “{clock}” was escalated"),
        "ticket.clock_moved": ("时限“{clock}”的到期时间有变", "The due moment of the limit “{clock}” was moved"),
        "ticket.clock_rebased": (
            "时限“{clock}”改按新版本计算，到期时间不变",
            "The limit “{clock}” goes by a new version; its due moment is the same",
        ),
        "ticket.extension_asked": ("{actor}申请延长时限“{clock}”至 {due}", "{actor} asked for longer: the limit “{clock}” to be due {due}"),
        "ticket.extension_granted": ("{actor}同意延长时限“{clock}”至 {due}", "{actor} granted longer: the limit “{clock}” is now due {due}"),
        "ticket.extension_refused": ("{actor}未同意延长时限“{clock}”", "{actor} did not grant longer for the limit “{clock}”"),
        "ticket.extension_lapsed": ("延长时限“{clock}”的申请已失效", "The request for longer has lapsed: the limit “{clock}”"),
        "ticket.task_opened": ("给{team}开了协办任务", "A task was opened for {team}"),
        "ticket.task_done": ("{actor}完成了协办任务", "{actor} finished a task"),
    }
)  # fmt: skip
_OTHER: Both = ("{actor}记录了一项变动（{what}）", "{actor} recorded a change ({what})")
_TAKEN_IN: Both = ("{actor}登记了客户来言", "{actor} took in what the customer said")
_ACTORS: Mapping[str, Both] = MappingProxyType(
    {"customer": ("客户", "The customer"), "system": ("系统", "The desk")}
)
_PRIORITIES: Mapping[str, Both] = MappingProxyType(
    {"urgent": ("紧急", "urgent"), "normal": ("普通", "normal"), "low": ("低", "low")}
)
_FILE_STATES: Mapping[str, Both] = MappingProxyType(
    {
        "ready": ("可查看去除个人信息的副本", "there is a copy without personal data"),
        "unreadable": ("无法生成副本", "no copy could be made"),
        "infected": ("含恶意软件", "it holds malware"),
    }
)
#: Words of a record, each under its heading.
_QUOTES: Mapping[str, Both] = MappingProxyType(
    {
        "reason": ("原因", "Reason"),
        "notice": ("给客户的告知", "Told to the customer"),
        "resolution": ("告诉客户的结论", "What the customer is told"),
        "comment": ("客户的话", "What the customer says"),
    }
)
_MOVED: Both = ("状态变为“{state}”", "State is now “{state}”")
_PRIORITY: Both = ("优先级从{from}变为{to}", "Priority changed from {from} to {to}")


class Speaker:
    """Puts events of one ticket into words of one language."""

    def __init__(
        self, case_type: CaseType, people: Directory, clocks: Mapping[str, str], language: Language
    ) -> None:
        """`clocks`: code → title."""
        self._case_type = case_type
        self._people = people
        self._clocks = clocks
        self._language = language

    def words(self, entry: Entry) -> list[str]:
        """What an event is, a paragraph each: what was done, what it changed, what was said."""
        gaps = self._gaps(entry)
        return [
            self.say(self._template(entry)).format(**gaps),
            *self._changes(entry),
            *self._said(entry),
        ]

    def _template(self, entry: Entry) -> Both:
        if entry.kind == "ticket.received" and entry.actor_kind == "staff":
            return _TAKEN_IN
        return SAID.get(entry.kind, _OTHER)

    def say(self, both: Both) -> str:
        """In the language."""
        return both[0 if self._language == "zh" else 1]

    def moment(self, at: datetime) -> str:
        """A moment in the timeline's zone, to the second."""
        return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"

    def _gaps(self, entry: Entry) -> dict[str, str]:
        data, changes = entry.data, _changes(entry)
        files: list[object] = data.get("attachments") or []
        rating = data.get("score")
        return {
            "actor": self._actor(entry),
            "priority": self._priority(data.get("priority")),
            "to": self._person(_second(changes, "assignee_id")),
            "from": self._person(data.get("leaver")),
            "team": self._team(data.get("team_id") or _second(changes, "team_id")),
            "number": str(data.get("into") or data.get("merged_from") or ""),
            "n": str(rating if rating is not None else len(files)),
            "clock": self._clocks.get(str(data.get("clock")), str(data.get("clock") or "")),
            "due": self._due(data.get("due_at")),
            "state": self.say(_FILE_STATES.get(str(data.get("file_state")), ("", ""))),
            "what": entry.kind,
        }

    def _changes(self, entry: Entry) -> list[str]:
        changes = _changes(entry)
        found: list[str] = []
        if (pair := changes.get("priority")) is not None:
            gaps = {"from": self._priority(pair[0]), "to": self._priority(pair[1])}
            found.append(self.say(_PRIORITY).format(**gaps))
        if (state := _second(changes, "state")) is not None:
            both = STATE_TEXTS.get(cast("Any", state), (str(state), str(state)))
            found.append(self.say(_MOVED).format(state=self.say((both[0], both[1]))))
        return found

    def _said(self, entry: Entry) -> list[str]:
        message = entry.message or {}
        if isinstance(body := message.get("body"), str):
            return [body]
        colon = "：" if self._language == "zh" else ": "
        told = {name: message.get(name) for name in _QUOTES}
        return [
            f"{self.say(_QUOTES[name])}{colon}{text}"
            for name, text in told.items()
            if isinstance(text, str) and text
        ]

    def _actor(self, entry: Entry) -> str:
        said = (entry.message or {}).get("kind")
        kind = "customer" if entry.actor_kind == "system" and said == "customer" else entry.actor_kind
        name = self.say(_ACTORS[kind]) if kind in _ACTORS else entry.actor
        return f"{name} " if self._language == "zh" and name[-1:].isascii() else name

    def _person(self, value: object) -> str:
        person = self._people.staff.get(_id(value)) if value else None
        return person.name if person else self.say(("队列", "the queue"))

    def _team(self, value: object) -> str:
        team = self._people.teams.get(_id(value)) if value else None
        return "" if team is None else self.say((team.name_zh, team.name_en))

    def _priority(self, value: object) -> str:
        return self.say(_PRIORITIES.get(str(value), (str(value), str(value))))

    def _due(self, value: object) -> str:
        return self.moment(datetime.fromisoformat(value)) if isinstance(value, str) else ""


def _changes(entry: Entry) -> dict[str, Sequence[object]]:
    found = entry.data.get("changes")
    return cast("dict[str, Sequence[object]]", found) if isinstance(found, dict) else {}


def _second(changes: Mapping[str, Sequence[object]], name: str) -> object:
    pair = changes.get(name)
    return None if pair is None else pair[1]


def _id(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
