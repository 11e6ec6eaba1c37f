"""Writing a ticket at the portal: what there is to choose, the form, its judgement beforehand, and sending it."""

from typing import cast

import msgspec

from bihuan import casetypes, customers, tickets
from bihuan.casetypes import store
from bihuan.channels.portal import forms
from bihuan.channels.portal.entry import shown_basics
from bihuan.channels.portal.limits import spend
from bihuan.channels.portal.model import (
    PortalCaseType,
    PortalCaseTypeRow,
    PortalChecked,
    PortalDraft,
    PortalTicket,
)
from bihuan.channels.portal.shows import again, show
from bihuan.core import clock
from bihuan.core.decode import decode_all
from bihuan.core.http import Call, operation
from bihuan.core.problems import FieldProblem, Invalid, Language, NotFound
from bihuan.tickets import OpenTicket

_DUPLICATE = (
    "您此前就同一件事提交过工单 {number}，两张工单我们会一起处理。",
    "You have written about the same before, in ticket {number}; we will handle both together.",
)


@operation(
    "GET", "/portal/case-types", zh="可选业务类型", en="What a ticket can be about", permission=None, asks="customer",
    gives=list[PortalCaseTypeRow],
)  # fmt: skip
async def get_case_types(call: Call) -> list[PortalCaseTypeRow]:
    """The case types a customer may choose."""
    loaded = await store.current(call.work)
    return [
        PortalCaseTypeRow(
            code=code,
            version=one.version,
            title=one.case_type.title.of(call.language),
            help=one.case_type.help.of(call.language),
            kind=one.case_type.kind,
        )
        for code, one in store.in_order(loaded)
    ]


@operation(
    "GET", "/portal/case-types/{code}", zh="业务类型表单（客户）", en="A form, as customers fill it in", permission=None,
    asks="customer", gives=PortalCaseType,
)  # fmt: skip
async def get_case_type(call: Call) -> PortalCaseType:
    """The questions a customer answers, in their language, and a worked example."""
    loaded = (await store.current(call.work)).get(call.path["code"])
    if loaded is None:
        raise NotFound
    case_type, language = loaded.case_type, call.language
    example = forms.customers_example(case_type, language)
    return PortalCaseType(
        code=case_type.code,
        version=loaded.version,
        title=case_type.title.of(language),
        help=case_type.help.of(language),
        schema={**casetypes.form_schema(case_type, language, by="customer"), "example": example},
        example=example,
    )


@operation(
    "POST", "/portal/check", zh="提交前检查", en="Judge a draft", permission=None, asks="customer", takes=PortalDraft,
    gives=PortalChecked, partial=True,
)  # fmt: skip
async def post_check(call: Call) -> PortalChecked:
    """What sending would refuse, what would make it slower, and the priority; nothing is kept."""
    draft, wrong = _draft(call)
    known = await store.current(call.work)
    if draft is None or draft.case_type not in known:
        case_type = None
        wrong = wrong if draft is None else [*wrong, _unknown(sorted(known))]
        problems = [forms.shown(p, case_type, call.language) for p in wrong]
        return PortalChecked(problems=problems, advice=[], priority=None, priority_reason=None)
    case_type = known[draft.case_type].case_type
    command = await _command(call, draft)
    found = forms.judged(draft, command, case_type, call.language, clock.now())
    more = [forms.shown(p, case_type, call.language) for p in wrong]
    return msgspec.structs.replace(found, problems=[*more, *found.problems])


@operation(
    "POST", "/portal/tickets", zh="提交工单", en="Send a ticket", permission=None, asks="customer", takes=PortalDraft,
    gives=PortalTicket, status=201, sends=True, again=again, partial=True,
)  # fmt: skip
async def post_ticket(call: Call) -> PortalTicket:
    """Send it; everything wrong is named in one answer."""
    draft, wrong = _draft(call)
    known = await store.current(call.work)
    if draft is None:
        raise Invalid(fields=wrong)
    if draft.case_type not in known:
        raise Invalid(fields=[*wrong, _unknown(sorted(known))])
    command = await _command(call, draft)
    _, problems = tickets.problems_of(command, known[draft.case_type].case_type, clock.now(), by="customer")
    if wrong or problems:
        raise Invalid(fields=[*wrong, *problems])
    await spend(call, "tickets")
    # A file that is promised is not at hand: attaching it as this evidence is what records it.
    opened = await tickets.open_ticket(call.work, call.actor, msgspec.structs.replace(command, evidence=[]))
    notices = tickets.notices(opened.destroyed, call.language)
    notices += [_duplicate(each.number, call.language) for each in opened.duplicates]
    return await show(call.work, call.actor, opened.ticket, notices)


def _duplicate(number: str, language: Language) -> str:
    return _DUPLICATE[0 if language == "zh" else 1].format(number=number)


def _unknown(codes: list[str]) -> FieldProblem:
    return FieldProblem(pointer="/case_type", code="choice", params={"choices": ", ".join(codes)})


def _draft(call: Call) -> tuple[PortalDraft | None, list[FieldProblem]]:
    """The draft, or of a body with mistakes what is right of it, beside the mistakes."""
    assert call.decoded is not None
    if call.decoded.value is not None:
        return cast("PortalDraft", call.decoded.value), []
    wrong = list(call.decoded.problems)
    spoilt = {p.pointer.split("/")[1] for p in wrong if "/" in p.pointer}
    raw = call.decoded.raw
    kept = {name: raw[name] for name in PortalDraft.__struct_fields__ if name in raw and name not in spoilt}
    return decode_all(msgspec.json.encode(kept), PortalDraft).value, wrong


async def _command(call: Call, draft: PortalDraft) -> OpenTicket:
    assert call.credential_id is not None
    session = await customers.session(call.work, call.credential_id)
    case_type = (await store.find(call.work, draft.case_type)).case_type
    return forms.command_of(draft, case_type, shown_basics(session), call.language)
