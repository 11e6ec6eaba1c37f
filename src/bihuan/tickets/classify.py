"""Verbs of what the ticket is: reclassify, priority, fields, tags, checklist and evidence."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bihuan import casetypes, identity
from bihuan.casetypes import CaseType, store
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, Problem
from bihuan.privacy import masks_only
from bihuan.tickets import protection
from bihuan.tickets.done import Done, done
from bihuan.tickets.guards import split
from bihuan.tickets.model import Check, Reclassify, SetFields, SetPriority, Tagging
from bihuan.tickets.write import Basis, Held, Plan, hold, record_text, write


class PriorityTooLow(Problem):
    """The case type's rule says {least}: {reason}"""

    status = 409
    zh = "按业务规则优先级不得低于 {least}：{reason}"


async def reclassify(work: Work, actor: Actor, ticket_id: UUID, command: Reclassify) -> Done:
    """Another case type, with the reason. Fields are mapped by code or by the pack's `same_as`.

    What has no place in the new type stays in the record and is listed; the policy is matched anew.
    Raises StaleWrite, Invalid.
    """
    held = await hold(
        work, actor, ticket_id, Basis(version=command.version, names=frozenset({"case_type", "fields"}))
    )
    loaded = await store.find(work, command.case_type)
    new = loaded.case_type
    _, kept = split(held.ticket.fields)
    mapped = casetypes.map_values(held.loaded.case_type, new, held.ticket.fields, held=kept)
    fields = {**mapped.values, **_checked(held, new, command.fields, {})}
    priority = casetypes.priority_of(new, split(fields)[0], held.ticket.priority).priority
    team = (await identity.directory(work)).team_named(new.department)
    dropped = {code: _shown(value) for code, value in mapped.dropped.items()}
    changes = {
        "case_type": new.code,
        "case_type_version": loaded.version,
        "fields": fields,
        "priority": priority,
        "team_id": team.id if team else held.ticket.team_id,
        "checklist": _still(held.ticket.checklist, {i.code for i in new.checklist}),
        "evidence": _still(held.ticket.evidence, {i.code for i in new.evidence}),
        "object_index": None,
    }
    plan = Plan(
        action="reclassify",
        set=changes,
        message=record_text(held.protector, command.reason, dropped=dropped),
        data={"dropped": sorted(dropped)} if dropped else {},
    )
    return done(held, await write(held, plan), case_type=new, dropped=tuple(sorted(dropped)))


async def set_priority(work: Work, actor: Actor, ticket_id: UUID, command: SetPriority) -> Done:
    """Another priority, with the reason; running clocks follow. Raises StaleWrite, PriorityTooLow."""
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=frozenset({"priority"})))
    case_type = held.loaded.case_type
    decided = casetypes.priority_of(case_type, split(held.ticket.fields)[0], command.priority)
    if decided.priority != command.priority:
        raise PriorityTooLow(least=decided.priority, reason=decided.reason.of(actor.language))
    plan = Plan(
        action="edit",
        set={"priority": command.priority},
        message=record_text(held.protector, command.reason),
    )
    return done(held, await write(held, plan))


async def set_fields(work: Work, actor: Actor, ticket_id: UUID, command: SetFields) -> Done:
    """Set or take away fields and elements; what they were stays in the record. Only those touched can conflict.

    Raises StaleWrite, Invalid.
    """
    names = {f"fields.{c}" for c in command.fields} | {f"elements.{c}" for c in command.elements}
    names |= {"case_type"} | ({"title"} if command.title is not None else set())
    held = await hold(work, actor, ticket_id, Basis(version=command.version, names=frozenset(names)))
    ticket, case_type = held.ticket, held.loaded.case_type
    fields = {**ticket.fields, **_checked(held, case_type, command.fields, command.elements)}
    fields = {c: v for c, v in fields.items() if command.fields.get(c, v) is not None}
    elements = {**ticket.elements, **protection.elements(held.protector, _said(command.elements))}
    elements = {c: v for c, v in elements.items() if command.elements.get(c, v) is not None}
    changes: dict[str, object] = {"fields": fields, "elements": elements}
    if command.title is not None:
        changes["title"] = held.protector.plain(command.title, at="title")
    # A fact such as frozen funds raises the priority the moment it is known (A7).
    priority = casetypes.priority_of(case_type, split(fields)[0], ticket.priority).priority
    if priority != ticket.priority:
        changes["priority"] = priority
    before = {
        "fields": {c: _shown(ticket.fields[c]) for c in command.fields if c in ticket.fields},
        "elements": {c: ticket.elements[c] for c in command.elements if c in ticket.elements},
        "title": ticket.title if command.title is not None else "",
    }
    message = record_text(held.protector, None, before={k: v for k, v in before.items() if v})
    return done(held, await write(held, Plan(action="edit", set=changes, message=message)))


async def check_off(work: Work, actor: Actor, ticket_id: UUID, command: Check) -> Done:
    """Checklist steps done, evidence at hand, or no longer. Two people checking at once do not conflict.

    Raises Invalid.
    """
    held = await hold(work, actor, ticket_id, Basis(version=command.version))
    case_type = held.loaded.case_type
    wrong = _unknown(command.checklist, {i.code for i in case_type.checklist}, "checklist")
    wrong += _unknown(command.evidence, {i.code for i in case_type.evidence}, "evidence")
    if wrong:
        raise Invalid(fields=wrong)
    changes: dict[str, object] = {
        "checklist": _set(held.ticket.checklist, command.checklist, undo=command.undo),
        "evidence": _set(held.ticket.evidence, command.evidence, undo=command.undo),
    }
    return done(held, await write(held, Plan(action="edit", set=changes)))


async def tag(work: Work, actor: Actor, ticket_id: UUID, command: Tagging) -> Done:
    """Tags on and off. Never conflicts."""
    held = await hold(work, actor, ticket_id, Basis(version=None))
    added = {held.protector.plain(t) for t in command.add}
    tags = sorted((set(held.ticket.tags) | added) - set(command.remove))
    if len(tags) > 50:
        raise Invalid(fields=[FieldProblem(pointer="/add", code="too_many", params={"limit": 50})])
    return done(held, await write(held, Plan(action="edit", set={"tags": tags})))


def _checked(
    held: Held, case_type: CaseType, fields: Mapping[str, Any], elements: Mapping[str, Any]
) -> dict[str, Any]:
    """Given values checked within the whole of the ticket's, and protected. Raises Invalid."""
    given = {c: v for c, v in fields.items() if v is not None}
    said = {c: v for c, v in elements.items() if v is not None}
    known = {f.code for f in case_type.fields}
    plain, _ = split(held.ticket.fields)
    around = {c: v for c, v in plain.items() if c in known and c not in fields}
    checked = casetypes.check(case_type, {**around, **given}, step=None, now=held.now, elements=said)
    touched = {f"/fields/{c}" for c in fields} | {f"/elements/{c}" for c in elements}
    problems = [p for p in checked.problems if any(f"{p.pointer}/".startswith(f"{t}/") for t in touched)]
    problems += [
        FieldProblem(pointer=f"/fields/{c}", code="unknown")
        for c in fields
        if c not in known and c not in given
    ]
    if problems:
        raise Invalid(fields=problems)
    return protection.fields(
        held.protector, case_type, {c: checked.values[c] for c in given if c in checked.values}
    )


def _said(elements: Mapping[str, Any]) -> dict[str, str]:
    return {code: str(value) for code, value in elements.items() if value is not None}


def _shown(value: Any) -> Any:
    return masks_only({"": value})[""]


def _still(codes: list[str], known: set[str]) -> list[str]:
    return [c for c in codes if c in known]


def _set(before: list[str], codes: list[str], *, undo: bool) -> list[str]:
    return sorted(set(before) - set(codes) if undo else set(before) | set(codes))


def _unknown(codes: list[str], known: set[str], place: str) -> list[FieldProblem]:
    return [
        FieldProblem(pointer=f"/{place}/{i}", code="choice", params={"choices": ", ".join(sorted(known))})
        for i, code in enumerate(codes)
        if code not in known
    ]
