"""The form of a case type: a JSON Schema (2020-12) of its fields, the five elements, the evidence, a worked
example.
"""

import json
from typing import cast

import msgspec

from bihuan.casetypes.condition import AllOf, AnyOf, Compare, Condition, NotOf
from bihuan.casetypes.model import PROTECTED, By, CaseType, Choice, Element, Field, FieldType
from bihuan.casetypes.values import DEFAULT_LENGTHS
from bihuan.core.problems import Language

Schema = dict[str, object]
_MONEY: Schema = {
    "type": "object",
    "properties": {"amount": {"type": "string"}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}},
    "required": ["amount", "currency"],
    "additionalProperties": False,
}
_TYPES: dict[FieldType, Schema] = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "money": _MONEY,
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "boolean": {"type": "boolean"},
    "email": {"type": "string", "format": "email"},
}


def form_schema(case_type: CaseType, language: Language, *, by: By = "staff") -> Schema:
    """`fields` is the schema of the body's `fields`; `x-` keys carry what JSON Schema has no word for.

    Conditions are under `x-when` and `x-required-for` as data (see `condition`), so that a form can follow
    them while it is filled in; those for submit are also in the schema, as if/then. For a customer, staff's
    fields are left out.
    """
    fields = [field for field in case_type.fields if by == "staff" or field.by == "customer"]
    return {
        "case_type": case_type.code,
        "digest": case_type.digest,
        "title": case_type.title.of(language),
        "help": case_type.help.of(language),
        "fields": _fields_schema(fields, language),
        "elements": [_element(case_type, element, language) for element in case_type.elements],
        "evidence": [
            {
                "code": item.code,
                "title": item.title.of(language),
                "help": item.help.of(language) if item.help else None,
                "x-by": item.by,
                "x-when": _data(item.when),
                "x-required-for": _data(item.required_for),
            }
            for item in case_type.evidence
            if by == "staff" or item.by == "customer"
        ],
        **({"checklist": _steps(case_type, language)} if by == "staff" else {}),
        "example": example(case_type, language),
    }


def _steps(case_type: CaseType, language: Language) -> list[Schema]:
    """Steps and stages: both are checked off by their codes, stages after the steps they consist of."""
    return [
        {
            "code": one.code,
            "title": one.title.of(language),
            "x-kind": kind,
            "x-when": _data(one.when),
            "x-required-for": _data(one.required_for),
        }
        for kind, listed in (("step", case_type.checklist), ("stage", case_type.stages))
        for one in listed
    ]


def example(case_type: CaseType, language: Language = "zh") -> dict[str, object]:
    """A complete worked body of POST /tickets which passes `check(step="submit")`."""
    body = json.loads(case_type.worked_zh if language == "zh" else case_type.worked_en)
    return {"case_type": case_type.code, **cast("dict[str, object]", body)}


def _fields_schema(fields: list[Field], language: Language) -> Schema:
    always = [field.code for field in fields if field.when is None and _always_at_submit(field)]
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "properties": {field.code: _field(field, language) for field in fields},
        "required": always,
    }
    rules = [rule for field in fields if field.code not in always for rule in _required_rules(field)]
    return schema | ({"allOf": rules} if rules else {})


def _field(field: Field, language: Language) -> Schema:
    schema: Schema = {"title": field.label.of(language), **_TYPES.get(field.type, {"type": "string"})}
    if field.help:
        schema["description"] = field.help.of(language)
    if field.prompt:
        schema["x-prompt"] = field.prompt.of(language)
    if field.type == "choice":
        schema["oneOf"] = _choices(field.choices, language)
    if field.type == "choices":
        schema |= {
            "type": "array",
            "uniqueItems": True,
            "items": {"oneOf": _choices(field.choices, language)},
        }
    schema |= _limits(field)
    schema |= {
        "x-type": field.type,
        "x-by": field.by,
        "x-protected": field.type in PROTECTED,
        "x-past": field.past,
    }
    extra = {
        "x-when": _data(field.when),
        "x-required-for": _data(field.required_for),
        "x-element": field.element,
    }
    return schema | {key: value for key, value in extra.items() if value}


def _limits(field: Field) -> Schema:
    limits: Schema = {}
    if field.type in DEFAULT_LENGTHS:
        limits |= {
            "maxLength": field.max_length or DEFAULT_LENGTHS[field.type],
            "minLength": field.min_length or 0,
        }
    if field.pattern:
        limits |= {"pattern": f"^(?:{field.pattern})$", "examples": [field.looks_like]}
    keys = (
        {"min": "x-minimum", "max": "x-maximum"}
        if field.type == "money"
        else {"min": "minimum", "max": "maximum"}
    )
    for key, value in (("min", field.min), ("max", field.max)):
        if value is not None:
            limits[keys[key]] = value if field.type == "money" else float(value)
    return limits


def _choices(choices: tuple[Choice, ...], language: Language) -> list[Schema]:
    return [{"const": choice.code, "title": choice.label.of(language)} for choice in choices]


def _element(case_type: CaseType, element: Element, language: Language) -> Schema:
    return {
        "code": element.code,
        "label": element.label.of(language),
        "prompt": element.prompt.of(language),
        "prompts": [
            {"x-when": _data(prompt.when), "text": prompt.text.of(language)} for prompt in element.prompts
        ],
        "answered_by": [field.code for field in case_type.fields if field.element == element.code],
        "min_length": element.min_length,
        "x-required-for": _data(element.required_for),
    }


def _always_at_submit(field: Field) -> bool:
    return any(each.step == "submit" and each.when is None for each in field.required_for)


def _required_rules(field: Field) -> list[Schema]:
    """if/then for each condition of submit that JSON Schema can say; the others are checked by the server
    alone.
    """
    rules: list[Schema] = []
    for each in field.required_for:
        parts = [part for part in (field.when, each.when) if part is not None]
        schemas = [_as_schema(part) for part in parts]
        if each.step == "submit" and all(schema is not None for schema in schemas):
            rules.append({"if": {"allOf": schemas}, "then": {"required": [field.code]}})
    return [rule for rule in rules if rule["if"] != {"allOf": []}]


def _as_schema(condition: Condition) -> Schema | None:
    match condition:
        case AllOf() | AnyOf():
            parts = [_as_schema(part) for part in condition.of]
            word = "allOf" if isinstance(condition, AllOf) else "anyOf"
            return None if not parts or any(part is None for part in parts) else {word: parts}
        case NotOf():
            part = _as_schema(condition.of)
            return None if part is None else {"not": part}
        case Compare():
            return _compare_schema(condition)


def _compare_schema(test: Compare) -> Schema | None:
    if test.op == "present":
        present: Schema = {"required": [test.field]}
        return present if test.value else {"not": present}
    bounds = {"gt": "exclusiveMinimum", "gte": "minimum", "lt": "exclusiveMaximum", "lte": "maximum"}
    if test.op in bounds and isinstance(test.value, int | float):
        shape: Schema = {bounds[test.op]: test.value}
    elif test.op == "in" and isinstance(test.value, tuple):
        shape = {"enum": list(test.value)}
    elif test.op == "has":
        shape = {"contains": {"const": test.value}}
    elif test.op == "is" and isinstance(test.value, str | bool | int):
        shape = {"const": test.value}
    else:
        return None
    return {"properties": {test.field: shape}, "required": [test.field]}


def _data(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))
