"""What a case needs, at this step: everything wrong with the values given, and all that is missing. Pure.

`values` are the case's fields. What else a step may need is given beside them: `elements` the five
elements, `evidence` the codes of evidence already attached, `done` checklist items and stages already
finished, `held` the codes of fields whose (protected) value is kept already and so is not asked again.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from bihuan.casetypes.answers import Checked, Missing, MissingKind
from bihuan.casetypes.condition import Condition, fields_in, holds, is_present
from bihuan.casetypes.model import (
    PROTECTED,
    STEPS,
    By,
    CaseType,
    Element,
    Field,
    ProtectedKind,
    Required,
    Step,
    default_change,
)
from bihuan.casetypes.values import element_moment, element_text, normalise, pointer
from bihuan.core.problems import FieldProblem

#: Stands for a protected value that is kept elsewhere: present, and nothing else may be known of it.
_HELD = "held"


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is, in normal form; `wrong` are field and element codes that were given but are not
    right.
    """

    fields: Mapping[str, object]
    elements: Mapping[str, object]
    evidence: frozenset[str]
    done: frozenset[str]
    wrong: frozenset[str] = frozenset()


def check(
    case_type: CaseType,
    values: Mapping[str, object],
    *,
    step: Step | None,
    now: datetime,
    elements: Mapping[str, object] | None = None,
    evidence: Collection[str] = (),
    done: Collection[str] = (),
    held: Collection[str] = (),
    by: By = "staff",
) -> Checked:
    """Normalises and checks all at once. With `step` None nothing is missing; a customer may not fill
    staff's fields, nor bring staff's evidence.
    """
    normal, problems = _fields(case_type, values, now=now, by=by)
    wrong = {problem.pointer.rpartition("/")[2] for problem in problems}
    fields = asked_values(case_type, normal | dict.fromkeys(held, _HELD))
    problems += _not_applicable(case_type, normal, fields, wrong)
    said, element_problems = _elements(case_type, elements or {}, now)
    problems += element_problems + _unknown_evidence(case_type, evidence, by)
    given = _Given(
        fields=fields,
        elements=said,
        evidence=frozenset(evidence),
        done=frozenset(done),
        wrong=frozenset(wrong | {problem.pointer.rpartition("/")[2] for problem in element_problems}),
    )
    refused = {problem.pointer.rpartition("/")[2] for problem in problems if problem.code == "not_applicable"}
    return Checked(
        values={code: value for code, value in normal.items() if code not in refused},
        elements=said,
        problems=problems,
        missing=_missing(case_type, given, step),
    )


def missing(
    case_type: CaseType,
    values: Mapping[str, object],
    *,
    step: Step | None,
    elements: Mapping[str, object] | None = None,
    evidence: Collection[str] = (),
    done: Collection[str] = (),
    held: Collection[str] = (),
) -> tuple[Missing, ...]:
    """What `step` and the steps before it still need, given values already checked."""
    given = _Given(
        fields=asked_values(case_type, {**values, **dict.fromkeys(held, _HELD)}),
        elements=elements or {},
        evidence=frozenset(evidence),
        done=frozenset(done),
    )
    return _missing(case_type, given, step)


def stage_missing(
    case_type: CaseType,
    stage: str,
    values: Mapping[str, object],
    *,
    evidence: Collection[str] = (),
    done: Collection[str] = (),
    held: Collection[str] = (),
) -> tuple[Missing, ...]:
    """What the stage of that code still needs before it can be closed; KeyError when there is no such
    stage.
    """
    found = next((each for each in case_type.stages if each.code == stage), None)
    if found is None:
        raise KeyError(stage)
    fields = asked_values(case_type, {**values, **dict.fromkeys(held, _HELD)})
    return (
        *(
            _lack("field", each)
            for each in case_type.fields
            if each.code in found.fields and _open(each, fields)
        ),
        *(
            Missing(kind="evidence", code=each.code, by=each.by, label=each.title)
            for each in case_type.evidence
            if each.code in found.evidence and each.code not in evidence and holds(each.when, fields)
        ),
        *(
            Missing(kind="checklist", code=each.code, by="staff", label=each.title)
            for each in case_type.checklist
            if each.code in found.checklist and each.code not in done and holds(each.when, fields)
        ),
    )


def asked_values(case_type: CaseType, values: Mapping[str, object]) -> dict[str, object]:
    """Only the values of questions this case asks: an answer to one that is not asked opens no other
    question.

    The reader has refused circles among the conditions, so each question is decided by those before it.
    """
    conditions = {field.code: field.when for field in case_type.fields}
    asked: dict[str, object] = {}
    waiting = [code for code in values if code in conditions]
    decided = set(conditions) - set(waiting)
    while waiting:
        ready = [code for code in waiting if decided.issuperset(fields_in(conditions[code]))]
        if not ready:
            break
        asked |= {code: values[code] for code in ready if holds(conditions[code], asked)}
        decided.update(ready)
        waiting = [code for code in waiting if code not in decided]
    return {code: value for code, value in values.items() if code in asked}


def protected_fields(case_type: CaseType) -> Mapping[str, ProtectedKind]:
    """Code → kind of every field whose value belongs in the vault."""
    return {field.code: kind for field in case_type.fields for kind in PROTECTED if field.type == kind}


def level_to_resolve(case_type: CaseType, values: Mapping[str, object]) -> int:
    """The level (0-3) at which the customer must have been verified for a solution as the fields stand."""
    rules = case_type.verification.resolve if case_type.verification else ()
    fields = asked_values(case_type, values)
    return max((rule.level for rule in rules if holds(rule.when, fields)), default=0)


def level_to_change(case_type: CaseType) -> int:
    """The level (0-3) at which the customer must be verified before their data are changed."""
    if case_type.verification is not None:
        return case_type.verification.change
    return default_change(case_type.verification_level)


def call_back_needed(case_type: CaseType, values: Mapping[str, object]) -> bool:
    """Whether this case, with these values, ends with a call to the customer."""
    rule = case_type.call_back
    return rule.mode == "always" or (rule.mode == "conditional" and holds(rule.when, values))


def _fields(
    case_type: CaseType, values: Mapping[str, object], *, now: datetime, by: By
) -> tuple[dict[str, object], list[FieldProblem]]:
    known = {field.code: field for field in case_type.fields if by == "staff" or field.by == "customer"}
    normal: dict[str, object] = {}
    problems = [
        FieldProblem(pointer=pointer("fields", str(code)), code="unknown")
        for code in values
        if code not in known
    ]
    for code, field in known.items():
        value, problem = normalise(field, values.get(code), now=now)
        if problem is not None:
            problems.append(problem)
        elif value is not None:
            normal[code] = value
    return normal, problems


def _not_applicable(
    case_type: CaseType, normal: Mapping[str, object], asked: Mapping[str, object], wrong: Collection[str]
) -> list[FieldProblem]:
    """Answers to questions this case does not ask; nothing is said while the deciding answer itself is
    wrong.
    """
    return [
        FieldProblem(pointer=pointer("fields", field.code), code="not_applicable")
        for field in case_type.fields
        if field.code in normal and field.code not in asked and not set(fields_in(field.when)) & set(wrong)
    ]


def _elements(
    case_type: CaseType, elements: Mapping[str, object], now: datetime
) -> tuple[dict[str, str], list[FieldProblem]]:
    known: dict[str, Element] = {element.code: element for element in case_type.elements}
    said: dict[str, str] = {}
    problems = [
        FieldProblem(pointer=pointer("elements", str(code)), code="unknown")
        for code in elements
        if code not in known
    ]
    for code, element in known.items():
        value = elements.get(code)
        if not is_present(value) or (isinstance(value, str) and not value.strip()):
            continue
        if code == "occurred_at":
            text, problem = element_moment(value, now=now)
        else:
            text, problem = element_text(code, value, element.min_length)
        if problem is not None:
            problems.append(problem)
        elif text:
            said[code] = text
    return said, problems


def _unknown_evidence(case_type: CaseType, evidence: Collection[str], by: By) -> list[FieldProblem]:
    known = {item.code for item in case_type.evidence if by == "staff" or item.by == "customer"}
    return [
        FieldProblem(pointer=pointer("evidence", code), code="unknown")
        for code in evidence
        if code not in known
    ]


def _missing(case_type: CaseType, given: _Given, step: Step | None) -> tuple[Missing, ...]:
    if step is None:
        return ()
    fields = [
        _lack("field", field)
        for field in case_type.fields
        if _due(field.required_for, step, given.fields)
        and _open(field, given.fields)
        and field.code not in given.wrong
    ]
    asked = {each.code for each in fields}
    return (
        *fields,
        *_missing_elements(case_type, given, step, asked),
        *(
            Missing(kind="evidence", code=item.code, by=item.by, label=item.title)
            for item in case_type.evidence
            if item.code not in given.evidence and _wanted(item.when, item.required_for, step, given.fields)
        ),
        *(
            Missing(kind="checklist", code=item.code, by="staff", label=item.title)
            for item in case_type.checklist
            if item.code not in given.done and _wanted(item.when, item.required_for, step, given.fields)
        ),
        *(
            Missing(kind="stage", code=stage.code, by="staff", label=stage.title)
            for stage in case_type.stages
            if stage.code not in given.done and _wanted(stage.when, stage.required_for, step, given.fields)
        ),
    )


def _missing_elements(
    case_type: CaseType, given: _Given, step: Step, asked: Collection[str]
) -> list[Missing]:
    """An element is told by itself or by any field that is it; it is not asked twice."""
    result: list[Missing] = []
    for element in case_type.elements:
        answering = [field.code for field in case_type.fields if field.element == element.code]
        told = (
            element.code in given.wrong
            or is_present(given.elements.get(element.code))
            or any(
                is_present(given.fields.get(code)) or code in asked or code in given.wrong
                for code in answering
            )
        )
        if not told and _due(element.required_for, step, given.fields):
            result.append(Missing(kind="element", code=element.code, by="customer", label=element.label))
    return result


def _wanted(
    when: Condition | None, required: tuple[Required, ...], step: Step, fields: Mapping[str, object]
) -> bool:
    return holds(when, fields) and _due(required, step, fields)


def _due(required: tuple[Required, ...], step: Step, fields: Mapping[str, object]) -> bool:
    """What an earlier step needed, a later one needs too: mail and imports open tickets before it is there."""
    reached = STEPS[: STEPS.index(step) + 1]
    return any(each.step in reached and holds(each.when, fields) for each in required)


def _open(field: Field, fields: Mapping[str, object]) -> bool:
    return holds(field.when, fields) and not is_present(fields.get(field.code))


def _lack(kind: MissingKind, field: Field) -> Missing:
    return Missing(kind=kind, code=field.code, by=field.by, label=field.label)
