"""A customer's draft: what it becomes, what would be refused of it, and what would make it slower. Pure.

The judgement is the one of sending (`tickets.problems_of`); the advice is about what the rules let through: words that
say nothing, a day without its time, no picture, and what will be asked for later anyway.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bihuan import casetypes, tickets
from bihuan.casetypes import CaseType
from bihuan.channels.contract import first_sentence
from bihuan.channels.portal.model import PortalAdvice, PortalChecked, PortalDraft, PortalProblem
from bihuan.channels.portal.shows import help_of
from bihuan.channels.portal.words import Both, basic, say
from bihuan.core.problems import FieldProblem, Language
from bihuan.tickets import OpenTicket

#: Sentences, without blanks and stops, that say only that something is wrong.
_VAGUE = re.compile(
    r"(?:请?帮我?看一?下|怎么回事|(?:我的?)?(?:支付|付款|转账|账户|账单|银行卡|信用卡|卡|页面|系统|软件|app)?"
    r"(?:出?了?问题了?|出错了?|有问题|用不了|不能用|不好用|坏了|不行|异常|失败了?|打不开))+"
    r"|(?:please)?help(?:me)?|(?:(?:my|the)?(?:payment|card|account|app|page|it))?"
    r"(?:isbroken|doesn'?twork|doesnotwork|notworking|isnotworking|hasaproblem|failed|aproblem|error|problem)",
    re.IGNORECASE,
)
_STOPS = re.compile(r"[\s,,。.!!??、;;:]+")
_SHORTEST = 8
_SAY_MORE: Both = (
    "请写具体些：做了什么、页面上显示的原话或错误码。例如“扫码支付显示‘商户不存在’,错误码 -102”。",
    "Please be concrete: what you did, what the screen said, e.g. scanned to pay, 'no such merchant', error -102.",
)
_SAY_WHEN: Both = (
    "写到几点几分能更快查到，例如 2026-10-01 15:30。",
    "The time of day helps us find it sooner, e.g. 2026-10-01 15:30.",
)
_LATER: Both = (
    "之后还需要“{label}”，现在填好能少等一次。",
    "“{label}” will be needed next; giving it now saves you a wait.",
)
_PICTURE: Both = (
    "附上截图或凭证（如错误页面、小票），大多能少问您一次。",
    "A screenshot or slip (the error page, the receipt) mostly saves one question back.",
)
_ELEMENT: Both = ("补充“{label}”能更快处理：{prompt}", "“{label}” helps: {prompt}")


def command_of(
    draft: PortalDraft, case_type: CaseType, basics: Mapping[str, str], language: Language
) -> OpenTicket:
    """The draft as a command: a title and a description where there are none, and the app's basics in their places."""
    symptom = draft.elements.get("symptom")
    told = symptom.strip() if isinstance(symptom, str) else ""
    title = draft.title or first_sentence(draft.description or told) or case_type.title.of(language)
    description = draft.description or told or title
    if rest := {k: v for k, v in basics.items() if k not in _places(case_type)}:
        description += "\n\n" + "\n".join(basic(code, value, language) for code, value in rest.items())
    filled = {code: basics[code] for code in _places(case_type) if code in basics and "*" not in basics[code]}
    return OpenTicket(
        case_type=draft.case_type,
        title=title,
        description=description,
        elements=draft.elements,
        fields={**filled, **draft.fields},
        evidence=[*draft.evidence],
        priority=draft.priority,
        channel="portal",
    )


def judged(
    draft: PortalDraft, command: OpenTicket, case_type: CaseType, language: Language, now: datetime
) -> PortalChecked:
    """All that would be refused, all that would be slow, and the priority it would get."""
    checked, problems = tickets.problems_of(command, case_type, now, by="customer")
    decided = casetypes.priority_of(case_type, checked.values, draft.priority)
    refused = {p.pointer for p in problems}
    advice = [a for a in _advice(draft, command, case_type, language) if a.pointer not in refused]
    return PortalChecked(
        problems=[shown(p, case_type, language) for p in problems],
        advice=advice,
        priority=decided.priority,
        priority_reason=decided.reason.of(language),
    )


def shown(problem: FieldProblem, case_type: CaseType | None, language: Language) -> PortalProblem:
    """A problem with the name of what it is about."""
    return PortalProblem(
        pointer=problem.pointer,
        code=problem.code,
        detail=problem.text(language),
        label=_label(problem.pointer, case_type, language),
    )


def _label(pointer: str, case_type: CaseType | None, language: Language) -> str:
    place, _, rest = pointer.removeprefix("/").partition("/")
    code = rest.split("/")[0]
    if case_type is None:
        return code or place
    named = {
        "fields": {f.code: f.label for f in case_type.fields},
        "elements": {e.code: e.label for e in case_type.elements},
        "evidence": {e.code: e.title for e in case_type.evidence},
    }
    found = named.get(place, {}).get(code)
    return found.of(language) if found else code or place


def _advice(
    draft: PortalDraft, command: OpenTicket, case_type: CaseType, language: Language
) -> list[PortalAdvice]:
    found: list[PortalAdvice] = []
    symptom = draft.elements.get("symptom")
    for pointer, text in (("/elements/symptom", symptom), ("/description", draft.description)):
        if isinstance(text, str) and is_vague(text):
            found.append(PortalAdvice(pointer=pointer, detail=say(_SAY_MORE, language)))
    if _day_only(draft.elements.get("occurred_at")):
        found.append(PortalAdvice(pointer="/elements/occurred_at", detail=say(_SAY_WHEN, language)))
    found += _needed_later(command, case_type, language)
    known = {a.pointer for a in found}
    found += [a for a in _unsaid(draft, case_type, language) if a.pointer not in known]
    brings = any(item.by == "customer" for item in case_type.evidence)
    if brings and not draft.evidence and not any(a.pointer.startswith("/evidence") for a in found):
        found.append(PortalAdvice(pointer="/evidence", detail=say(_PICTURE, language)))
    return found


def is_vague(text: str) -> bool:
    """Whether it says only that something is wrong: nobody could look for it."""
    words = _STOPS.sub("", text)
    return bool(words) and (len(words) < _SHORTEST or _VAGUE.fullmatch(words) is not None)


def _day_only(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()) is not None


def _needed_later(command: OpenTicket, case_type: CaseType, language: Language) -> list[PortalAdvice]:
    """What only the customer can give and will be asked for before anybody can start."""
    lacking = casetypes.missing(
        case_type,
        command.fields,
        step="accept",
        elements=command.elements,
        evidence=command.evidence,
    )
    found: list[PortalAdvice] = []
    for item in lacking:
        if item.by == "customer":
            told = say(_LATER, language).format(label=item.label.of(language))
            help_ = help_of(item, case_type, language)
            found.append(PortalAdvice(pointer=item.pointer, detail=f"{told} {help_}".strip()))
    return found


def _unsaid(draft: PortalDraft, case_type: CaseType, language: Language) -> list[PortalAdvice]:
    """Of the five elements, those that nothing tells yet."""
    found: list[PortalAdvice] = []
    for element in case_type.elements:
        answering = [f.code for f in case_type.fields if f.element == element.code]
        if draft.elements.get(element.code) or any(draft.fields.get(code) for code in answering):
            continue
        detail = say(_ELEMENT, language).format(
            label=element.label.of(language), prompt=element.prompt.of(language)
        )
        found.append(PortalAdvice(pointer=f"/elements/{element.code}", detail=detail))
    return found


def _places(case_type: CaseType) -> list[str]:
    """Fields which the app's basics fill by their code."""
    return [f.code for f in case_type.fields if f.by == "customer" and f.type == "text"]


def customers_example(case_type: CaseType, language: Language) -> dict[str, Any]:
    """The worked example with what customers fill in."""
    own = {f.code for f in case_type.fields if f.by == "customer"}
    example: dict[str, Any] = casetypes.example(case_type, language)
    fields: dict[str, Any] = example.get("fields", {})
    kept = {name: example[name] for name in PortalDraft.__struct_fields__ if name in example}
    return {**kept, "fields": {code: value for code, value in fields.items() if code in own}}
