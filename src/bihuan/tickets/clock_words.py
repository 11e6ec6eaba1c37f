"""A ticket's time in words: why this policy, what a step of a ladder does, and the whole of it for `sla explain`."""

from collections.abc import Mapping, Sequence

import msgspec

from bihuan import customers, identity, sla
from bihuan.casetypes import CaseType
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.identity import Directory
from bihuan.sla import Book, Clock, Deed, Move, Nudge, OpenTask, RaisePriority, Reason, Rule, Tell
from bihuan.tickets.clocks import Timing, facts_of
from bihuan.tickets.model import Ticket

_PRIORITIES = {"urgent": ("紧急", "urgent"), "normal": ("普通", "normal")}
_TOLD = {
    "assignee": ("受理人", "whoever has it"),
    "team": ("所在团队", "its team"),
    "lead": ("组长", "the team's leads"),
    "customer": ("客户", "the customer"),
}
_OWN = (
    "没有政策适用，按业务类型自己的承诺计时。",
    "No policy applies: the clocks go by what the case type promises.",
)
_BREACH = ("记为超时", "it counts as breached")


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What codes in a ladder are called: people and teams, and roles in both languages."""

    people: Directory
    roles: Mapping[str, tuple[str, str]]


async def names_of(work: Work) -> Names:
    """The tenant's names."""
    roles = {one.code: (one.name_zh, one.name_en) for one in await identity.roles(work)}
    return Names(people=await identity.directory(work), roles=roles)


async def reasons(when: Timing, ticket: Ticket, case_type: CaseType, clocks: Sequence[Clock]) -> list[Reason]:
    """Each policy in the order of trial: as when its clocks were started, where that explains the policy they keep, else
    as now.
    """
    tier = await customers.tier_of(when.work, ticket.customer_id) if ticket.customer_id else None
    facts = facts_of(ticket, case_type, tier)
    kept = {(c.policy, c.policy_version) for c in clocks if c.policy}
    tried = when.book.why(facts, ticket.opened_at)
    explains = not kept or any(r.matched and (r.policy, r.version) in kept for r in tried)
    return tried if explains else when.book.why(facts, when.at)


def why_lines(book: Book, tried: Sequence[Reason], language: Language) -> list[str]:
    """Each policy's reason as a sentence."""
    return [_why(book, one, language) for one in tried]


def own_promise(language: Language) -> str:
    """That no policy holds."""
    return _say(_OWN, language)


def deeds_text(deeds: Sequence[Deed], names: Names, language: Language) -> str:
    """What a step does: 提醒组长；优先级升为紧急. Of the breach itself: that it counts as one."""
    told = [_deed(deed, names, language) for deed in deeds]
    return ("；" if language == "zh" else "; ").join(told) or _say(_BREACH, language)


def _why(book: Book, one: Reason, language: Language) -> str:
    body = book.policy_body(one.policy, one.version)
    title, which = body.title.of(language), sla.match.match_text(body.match, language)
    if language == "zh":
        if one.matched:
            return f"“{title}”第 {one.version} 版适用（{which}）。"
        told = "排在前面的政策已适用" if one.on == "later" else f"只用于{which}的工单"
        return f"“{title}”不适用：{told}。"
    if one.matched:
        return f"“{title}”, version {one.version}, applies ({which})."
    told = "one before it applies already" if one.on == "later" else f"it is only for tickets with {which}"
    return f"“{title}” does not apply: {told}."


def step_text(code: str, rule: Rule, language: Language) -> str:
    """When a step of a rule's ladder comes, for its code is no word: 用时 75%; 75% used up."""
    step = next((one for one in rule.ladder if one.code == code), None)
    if step is None or step.after_seconds == 0:
        return _say(("到期", "due"), language)
    if step.share is not None:
        return _say(("用时 {}%", "{}% used up"), language).format(step.share)
    if step.left_seconds is not None:
        left = sla.words.length(step.left_seconds, language)
        return _say(("剩余 {}", "{} left"), language).format(left)
    late = sla.words.length(step.after_seconds or 0, language)
    return _say(("超时 {}", "{} late"), language).format(late)


def _deed(deed: Deed, names: Names, language: Language) -> str:
    people = names.people
    match deed:
        case Tell():
            return _say(("提醒{}", "tell {}"), language).format(_whom(deed.to, names, language))
        case RaisePriority():
            to = _say(_PRIORITIES[deed.to], language)
            return _say(("优先级升为{}", "raise the priority to {}"), language).format(to)
        case Move():
            team = _team(deed.team, people, language)
            return _say(("转到{}", "move it to {}"), language).format(team)
        case OpenTask():
            team = _team(deed.team, people, language)
            text = _say(("请{}协办：{}", "a task for {}: {}"), language)
            return text.format(team, deed.title.of(language))
        case Nudge():
            return _say(("催办", "urge whoever has it"), language)


def _whom(to: str, names: Names, language: Language) -> str:
    if to in _TOLD:
        return _say(_TOLD[to], language)
    code = to.removeprefix("role:")
    # A role that is no more is known by its code alone.
    named = _say(names.roles.get(code, (code, code)), language)
    return _say(("角色“{}”", "the role “{}”"), language).format(named)


def _team(code: str, people: Directory, language: Language) -> str:
    team = people.team_named(code)
    return code if team is None else team.name_zh if language == "zh" else team.name_en


def _say(both: tuple[str, str], language: Language) -> str:
    return both[0 if language == "zh" else 1]


__all__ = ["Names", "deeds_text", "names_of", "own_promise", "reasons", "step_text", "why_lines"]
