"""The OpenAPI 3.1 document, made from the operations that run."""

import re
from typing import Any, cast

import msgspec

from bihuan.core.http import Operation, operations
from bihuan.core.problems import Language

_REF = "#/components/schemas/"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {k: {"type": "string"} for k in ("pointer", "code", "detail")},
            },
        },
    },
}
#: Refusals beside 401: what each means, said once.
_REFUSALS = {
    400: "NotJson, BadKey",
    403: "NotAllowed, CsrfMissing, CrossSite",
    404: "NotFound",
    408: "BodyTooSlow",
    409: "StaleWrite, TicketClosed, KeyInFlight …",
    410: "Shredded, StepOver, FileGone …",
    413: "FileTooLarge, BodyTooLarge, CustomerFull …",
    415: "TypeNotAllowed, JsonOnly",
    422: "Invalid, Incomplete, KeyReused …",
    429: "TooManyTries",
}


def document(version: str, language: Language = "zh") -> dict[str, Any]:
    """The whole document; summaries in the asked language, descriptions from the operations' docstrings."""
    listed = operations()
    types = [
        t for o in listed for t in (o.takes, o.gives, *o.events.values()) if t is not None and t is not bytes
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF + "{name}")
    by_type = dict(zip((str(t) for t in types), schemas, strict=True))
    taken = _reached([by_type[str(o.takes)] for o in listed if o.takes is not None], components)
    components = {name: _whole(one) if name not in taken else one for name, one in sorted(components.items())}
    paths: dict[str, dict[str, Any]] = {}
    for one in listed:
        paths.setdefault(f"/api/v1{one.path}", {})[one.method.lower()] = _operation(one, by_type, language)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "闭环 Bihuan",
            "version": version,
            "description": "工单 API。错误均为 problem+json (RFC 9457)，按 Accept-Language 返回中文或英文。",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "bihuan_session"},
                "customer": {"type": "apiKey", "in": "cookie", "name": "bihuan_customer"},
            },
        },
    }


def _reached(schemas: list[dict[str, Any]], components: dict[str, Any]) -> set[str]:
    """Names of the components that these schemas refer to, at whatever depth."""
    found: set[str] = set()
    waiting = _references(schemas)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(components[name])
    return found


def _references(schema: object) -> list[str]:
    if isinstance(schema, dict):
        members = cast("dict[str, object]", schema)
        own = members.get("$ref")
        named = [own.removeprefix(_REF)] if isinstance(own, str) else []
        return named + [name for member in members.values() for name in _references(member)]
    if isinstance(schema, list):
        return [name for member in cast("list[object]", schema) for name in _references(member)]
    return []


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """What is only ever given has all its members: the encoder leaves no default out."""
    return {**schema, "required": list(schema["properties"])} if schema.get("properties") else schema


def _operation(one: Operation, by_type: dict[str, Any], language: Language) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _name(one),
        "summary": one.zh if language == "zh" else one.en,
        "description": (one.run.__doc__ or one.en).strip(),
        "tags": [one.path.split("/")[1]],
        "parameters": _parameters(one),
        "responses": _responses(one, by_type),
    }
    if one.permission:
        told["x-permission"] = one.permission
    if one.confirms:
        told["x-confirms"] = True
    if one.public:
        told["security"] = []
    elif one.asks == "customer":
        told["security"] = [{"customer": []}]
    if one.takes is not None:
        types = ["application/json", *(["application/x-www-form-urlencoded"] if one.urlencoded else [])]
        content = {type_: {"schema": by_type[str(one.takes)]} for type_ in types}
        told["requestBody"] = {"required": True, "content": content}
    if one.form:
        files = {
            "type": "object",
            "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
        }
        told["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": files}}}
    return told


def _parameters(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    found += [
        {
            "name": q.name,
            "in": "query",
            "required": False,
            "schema": dict(q.schema),
            "description": f"{q.zh} / {q.en}",
        }
        for q in one.query
    ]
    if one.sends:
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema})
    if one.method != "GET" and not one.public:
        found.append(
            {"name": "X-CSRF-Token", "in": "header", "required": False, "schema": {"type": "string"}}
        )
    return found


def _responses(one: Operation, by_type: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "完成 / done"}
    if one.gives is bytes:
        success["content"] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    elif one.events:
        told = {name: by_type[str(type_)] for name, type_ in one.events.items()}
        stream = {"type": "string", "x-events": told}
        success["content"] = {"text/event-stream": {"schema": stream}}
    elif one.gives is not None:
        success["content"] = {"application/json": {"schema": by_type[str(one.gives)]}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refusals = {401: "NotSignedIn, WrongSignIn", **_REFUSALS}
    return {
        str(one.status): success,
        **{str(status): {"description": said, "content": problem} for status, said in refusals.items()},
    }


def _name(one: Operation) -> str:
    words = re.sub(r"[{}]", "", one.path).strip("/").replace("-", "_").split("/")
    return "_".join([one.method.lower(), *words])
