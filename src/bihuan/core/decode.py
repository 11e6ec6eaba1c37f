"""Bodies into frozen structs, every error at once.

The fast path is msgspec's own decoder. Only when it refuses is the body walked field by field, so that the caller
hears of all that is wrong in one answer. Text with NUL or a lone surrogate is refused: PostgreSQL cannot hold it.
"""

import json
import re
import types
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin

import msgspec

from bihuan.core.problems import FieldProblem, Invalid, Problem

T = TypeVar("T")

_DEPTH = 32
#: How NUL and surrogates are written in JSON; a pair of them is a character and passes the closer look.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89abABc-fC-F])")
#: How a moment begins that lies before 1900 or after 2999. One at the very end of time cannot be brought to another zone,
#: and what PostgreSQL holds beyond the year 9999 nobody can read again.
_FAR = re.compile(rb'"(?:0[0-9]{3}|1[0-8][0-9]{2}|[3-9][0-9]{3})-')
_YEARS = range(1900, 3000)
_LENGTH = re.compile(r"of length (<=|>=|==) (\d+)")
_BOUND = re.compile(r"`(?:int|float|Decimal)` (<=|>=|<|>) (-?\d+)")
_EXPECTED = re.compile(r"[Ee]xpected `([^`]+)`")
_INVALID = re.compile(r"^Invalid (RFC3339 encoded )?(\w+)")
_PATTERN = re.compile(r"matching regex '(.+)'")


class NotJson(Problem):
    """The body is not JSON: {reason}"""

    zh = "请求体不是合法的 JSON：{reason}"


class Decoded(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a body holds: `value` where all of it is right, else None with `problems`; `raw` is the parsed object."""

    value: T | None
    raw: Mapping[str, object]
    problems: tuple[FieldProblem, ...]


def decode(body: bytes, type_: type[T]) -> T:
    """Decode a JSON body. Raises NotJson, or Invalid naming every field that is not right."""
    decoded = decode_all(body, type_)
    if decoded.value is None:
        raise Invalid(fields=decoded.problems)
    return decoded.value


def decode_all(body: bytes, type_: type[T]) -> Decoded[T]:
    """Like `decode`, but hands the problems out, for a caller who has more of its own to name. Raises NotJson."""
    raw = _parse(body)
    problems = _bad_text(raw) if _SUSPECT.search(body) else []
    if not problems:
        try:
            value = msgspec.convert(raw, type_)
        except msgspec.ValidationError:
            pass  # walked below, where every error is collected instead of the first alone
        else:
            # A misspelt optional member must not be lost in silence.
            problems = _unknown(raw, type_, "")
            if not problems and _FAR.search(body):
                problems = _too_far(value, "")
            if not problems:
                return Decoded(value=value, raw=raw, problems=())
            return Decoded(value=None, raw=raw, problems=tuple(problems))
    problems += walk(raw, type_, "")
    return Decoded(value=None, raw=raw, problems=tuple(problems))


def _parse(body: bytes) -> Mapping[str, object]:
    try:
        raw: object = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raw = _parse_surrogates(body, error)
    # Counting brackets is cheap; only a body with many is looked at more closely.
    if body.count(b"{") + body.count(b"[") > _DEPTH and _too_deep(raw):
        raise NotJson(reason=f"nested deeper than {_DEPTH} levels")
    if not isinstance(raw, dict):
        raise Invalid(fields=[FieldProblem(pointer="", code="type", params={"expected": "object"})])
    return cast("dict[str, object]", raw)


def _parse_surrogates(body: bytes, error: Exception) -> object:
    """A body whose only fault is a lone surrogate is parsed after all, so that the field can be named."""
    try:
        raw: object = json.loads(body) if b"\\u" in body else None
    except (ValueError, RecursionError):
        raw = None
    if raw is None or _too_deep(raw) or not _bad_text(raw):
        # msgspec's sentence names a byte position, never a value.
        raise NotJson(reason=str(error)) from error
    return raw


def _too_deep(raw: object) -> bool:
    """Whether lists and objects stand more than _DEPTH within one another; level by level, so that no stack can end."""
    level = [raw]
    for _ in range(_DEPTH + 1):
        level = [inner for value in level for inner in _members(value)]
        if not level:
            return False
    return True


def _members(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def walk(value: object, type_: object, pointer: str) -> list[FieldProblem]:
    """Every problem of `value` against `type_`, depth first."""
    if pointer.count("/") > _DEPTH:
        return [FieldProblem(pointer=pointer, code="too_many", params={"limit": _DEPTH})]
    inner: Any = _plain(type_)
    if isinstance(value, dict) and _is_struct(inner):
        return _walk_struct(cast("dict[str, object]", value), inner, pointer)
    if isinstance(value, list) and get_origin(inner) in (list, tuple):
        item: Any = get_args(inner)[0]
        items = cast("list[object]", value)
        found = [p for i, v in enumerate(items) for p in walk(v, item, f"{pointer}/{i}")]
        if found:
            return found
    return _convert(cast("object", value), type_, pointer)


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, msgspec.Struct)


def _walk_struct(value: dict[str, object], type_: type[msgspec.Struct], pointer: str) -> list[FieldProblem]:
    known = {f.encode_name: f for f in msgspec.structs.fields(type_)}
    problems = _not_among(value, known.keys(), pointer)
    for name, field in known.items():
        at = f"{pointer}/{_escape(name)}"
        if name in value:
            problems += walk(value[name], field.type, at)
        elif field.required:
            problems.append(FieldProblem(pointer=at, code="missing"))
    return problems


def _unknown(value: object, type_: object, pointer: str) -> list[FieldProblem]:
    """Members, at any depth of structs, which no struct has; `value` is right otherwise."""
    inner = _plain(type_)
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(value, dict):
        members = cast("dict[str, object]", value)
        known = _types(inner)
        found = _not_among(members, known.keys(), pointer)
        for name, member in members.items():
            if isinstance(member, dict | list) and name in known:
                found += _unknown(cast("object", member), known[name], f"{pointer}/{_escape(name)}")
        return found
    if get_origin(inner) in (list, tuple) and isinstance(value, list):
        item: object = get_args(inner)[0]
        items = enumerate(cast("list[object]", value))
        return [p for i, v in items for p in _unknown(v, item, f"{pointer}/{i}")]
    return []


@lru_cache(maxsize=1000)
def _types(struct: type[msgspec.Struct]) -> Mapping[str, object]:
    """Member → type; asking msgspec anew costs more than decoding."""
    return {f.encode_name: f.type for f in msgspec.structs.fields(struct)}


def _not_among(value: Mapping[str, object], known: Collection[str], pointer: str) -> list[FieldProblem]:
    unknown = sorted(name for name in value if name not in known)
    return [FieldProblem(pointer=f"{pointer}/{_escape(name)}", code="unknown") for name in unknown]


def _convert(value: object, type_: object, pointer: str) -> list[FieldProblem]:
    try:
        msgspec.convert(value, cast("type[object]", type_))
    except msgspec.ValidationError as error:
        return [_told(str(error), type_, pointer)]
    return []


def _told(sentence: str, type_: object, pointer: str) -> FieldProblem:
    """msgspec's sentence as one of our codes; the sentence itself may quote the value, so it is not passed on."""
    text = sentence.split(" - at `", maxsplit=1)[0]
    if found := _LENGTH.search(text):
        kind = "array" in text or "object" in text
        code = (
            ("too_many" if kind else "too_long") if found[1] == "<=" else ("too_few" if kind else "too_short")
        )
        return FieldProblem(pointer=pointer, code=code, params={"limit": int(found[2])})
    if found := _BOUND.search(text):
        code = "too_big" if "<" in found[1] else "too_small"
        return FieldProblem(pointer=pointer, code=code, params={"limit": int(found[2])})
    if found := _PATTERN.search(text):
        return FieldProblem(pointer=pointer, code="pattern", params={"expected": found[1]})
    if choices := _choices(type_):
        return FieldProblem(pointer=pointer, code="choice", params={"choices": ", ".join(choices)})
    expected = _EXPECTED.search(text)
    if "timezone" in text or "tz" in text:
        return FieldProblem(pointer=pointer, code="no_zone")
    if invalid := _INVALID.search(text):
        if invalid[1]:
            return FieldProblem(pointer=pointer, code="bad_date")
        expected = expected or re.match(r"Invalid (\w+)", text)
    return FieldProblem(
        pointer=pointer, code="type", params={"expected": expected[1] if expected else "value"}
    )


def _plain(type_: object) -> object:
    """The type without Annotated and without None."""
    if get_origin(type_) is Annotated:
        return _plain(get_args(type_)[0])
    if get_origin(type_) in (Union, types.UnionType):
        rest = [a for a in get_args(type_) if a is not type(None)]
        return _plain(rest[0]) if len(rest) == 1 else type_
    return type_


def _choices(type_: object) -> Sequence[str]:
    inner = _plain(type_)
    return [str(a) for a in get_args(inner)] if get_origin(inner) is Literal else []


def _bad_text(value: object, pointer: str = "") -> list[FieldProblem]:
    if isinstance(value, str):
        bad = "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value)
        return [FieldProblem(pointer=pointer, code="bad_text")] if bad else []
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        found = [p for k, v in pairs for p in _bad_text(v, f"{pointer}/{_escape(k)}")]
        return found + [p for k, _ in pairs for p in _bad_text(k, pointer)]
    if isinstance(value, list):
        return [p for i, v in enumerate(cast("list[object]", value)) for p in _bad_text(v, f"{pointer}/{i}")]
    return []


def _too_far(value: object, pointer: str) -> list[FieldProblem]:
    """Moments and days outside the years a desk has to do with, in a value that was decoded."""
    if isinstance(value, date):
        params: dict[str, str | int] = {"first": _YEARS.start, "last": _YEARS.stop - 1}
        return [] if value.year in _YEARS else [FieldProblem(pointer=pointer, code="too_far", params=params)]
    if isinstance(value, msgspec.Struct):
        pairs = [(f.encode_name, getattr(value, f.name)) for f in msgspec.structs.fields(value)]
    elif isinstance(value, dict):
        pairs = [(str(k), v) for k, v in cast("dict[object, object]", value).items()]
    elif isinstance(value, list | tuple):
        pairs = [(str(i), v) for i, v in enumerate(cast("Sequence[object]", value))]
    else:
        return []
    return [p for name, inner in pairs for p in _too_far(inner, f"{pointer}/{_escape(name)}")]


def _escape(name: str) -> str:
    """A member's name inside a JSON pointer (RFC 6901); lone surrogates made printable."""
    shown = name.encode("utf-8", "replace").decode()
    return shown.replace("~", "~0").replace("/", "~1")[:80]
