"""Filters people build: a bounded tree → SQL, and → a sentence.

    {"all": [{"field": "state", "in": ["intake", "assigned"]}, {"any": [{"field": "priority", "is": "urgent"}, …]}]}

Only declared fields can be named; a value is always a parameter. Limits keep a filter from being an attack.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

import msgspec
from psycopg import sql

from bihuan.core.problems import FieldProblem, Invalid, Language

MOST_DEPTH = 3
MOST_GROUPS = 10
MOST_CONDITIONS = 50
MOST_VALUES = 100

FieldType = Literal["text", "uuid", "time", "integer", "boolean"]
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PYTHON: dict[FieldType, type] = {
    "text": str,
    "uuid": UUID,
    "time": datetime,
    "integer": int,
    "boolean": bool,
}
_OPERATORS: dict[str, tuple[str, str, str]] = {
    "is": ("=", "是", "is"),
    "not": ("is distinct from", "不是", "is not"),
    "before": ("<", "早于", "before"),
    "after": (">", "晚于", "after"),
    "below": ("<", "小于", "below"),
    "above": (">", "大于", "above"),
}
_ALLOWED: dict[FieldType, tuple[str, ...]] = {
    "text": ("is", "not", "in", "set"),
    "uuid": ("is", "not", "in", "set"),
    "time": ("before", "after", "set"),
    "integer": ("is", "not", "in", "below", "above", "set"),
    "boolean": ("is",),
}


class FilterField(msgspec.Struct, frozen=True, kw_only=True):
    """One field a filter may name. `column` is SQL of ours; `values` its closed list, if it has one: code → (zh, en);
    `among` is SQL of an array of all that counts as one of the values given, which stand in it for `{}`.
    """

    name: str
    column: str
    type: FieldType
    zh: str
    en: str
    values: Mapping[str, tuple[str, str]] = {}
    among: str = ""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed filter: an SQL condition, its parameters (f0, f1 …), and the sentence in both languages."""

    condition: sql.Composable
    params: dict[str, object]
    zh: str
    en: str

    def sentence(self, language: Language, names: Mapping[str, str] | None = None) -> str:
        """What it says. `names`: what people call the ids in it."""
        said = self.zh if language == "zh" else self.en
        return _ID.sub(lambda found: (names or {}).get(found[0], found[0]), said)


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    condition: sql.Composable
    zh: str
    en: str


class _Parse:
    def __init__(self, fields: Mapping[str, FilterField]) -> None:
        self.fields = fields
        self.params: dict[str, object] = {}
        self.problems: list[FieldProblem] = []
        self.groups = 0
        self.conditions = 0

    def node(self, node: object, at: str, depth: int) -> _Part:
        if not isinstance(node, dict) or depth > MOST_DEPTH:
            return self.wrong(at, "type", expected="filter")
        tree = cast("dict[str, object]", node)
        for word, glue, zh, en in (("all", " and ", "且", "and"), ("any", " or ", "或", "or")):
            if word in tree:
                return self.group(tree, word, at, depth, glue=glue, zh=zh, en=en)
        if "not" in tree and "field" not in tree:
            inner = self.node(tree["not"], f"{at}/not", depth + 1)
            return _Part(
                condition=sql.SQL("not ({})").format(inner.condition),
                zh=f"非({inner.zh})",
                en=f"not ({inner.en})",
            )
        return self.leaf(tree, at)

    def group(self, tree: dict[str, object], word: str, at: str, depth: int, **said: str) -> _Part:
        self.groups += 1
        members = tree[word]
        if len(tree) != 1 or not isinstance(members, list) or not members or self.groups > MOST_GROUPS:
            return self.wrong(
                f"{at}/{word}",
                "too_many" if self.groups > MOST_GROUPS else "type",
                expected="list",
                limit=MOST_GROUPS,
            )
        items = cast("list[object]", members)
        if len(items) > MOST_CONDITIONS:
            return self.wrong(f"{at}/{word}", "too_many", limit=MOST_CONDITIONS)
        parts = [self.node(m, f"{at}/{word}/{i}", depth + 1) for i, m in enumerate(items)]
        joined = sql.SQL(said["glue"]).join(sql.SQL("({})").format(p.condition) for p in parts)  # pyright: ignore[reportArgumentType]
        return _Part(
            condition=joined,
            zh=f" {said['zh']} ".join(p.zh for p in parts),
            en=f" {said['en']} ".join(p.en for p in parts),
        )

    def leaf(self, tree: dict[str, object], at: str) -> _Part:
        self.conditions += 1
        field = self.fields.get(str(tree.get("field")))
        operators = [k for k in tree if k != "field"]
        if field is None:
            return self.wrong(f"{at}/field", "choice", choices=", ".join(self.fields))
        if len(operators) != 1 or operators[0] not in _ALLOWED[field.type]:
            return self.wrong(at, "choice", choices=", ".join(_ALLOWED[field.type]))
        if self.conditions > MOST_CONDITIONS:
            return self.wrong(at, "too_many", limit=MOST_CONDITIONS)
        return self.compare(field, operators[0], tree[operators[0]], at)

    def compare(self, field: FilterField, operator: str, given: object, at: str) -> _Part:
        column = sql.SQL(field.column)  # pyright: ignore[reportArgumentType] - declared by us, never given
        if operator == "set":
            return self.is_set(field, column, given, at)
        if operator == "in":
            return self.is_in(field, column, given, at)
        value = self.value(field, given, f"{at}/{operator}")
        symbol, zh, en = _OPERATORS[operator]
        if field.among:
            found = self.one_of(field, column, [value])
            condition = sql.SQL("({}) is not true").format(found) if operator == "not" else found
        else:
            condition = sql.SQL("{} {} {}").format(column, sql.SQL(symbol), self.param(value))  # pyright: ignore[reportArgumentType]
        shown = self.shown(field, value)
        return _Part(condition=condition, zh=f"{field.zh}{zh}{shown[0]}", en=f"{field.en} {en} {shown[1]}")

    def is_set(self, field: FilterField, column: sql.Composable, given: object, at: str) -> _Part:
        if not isinstance(given, bool):
            return self.wrong(f"{at}/set", "type", expected="boolean")
        condition = sql.SQL("{} is not null" if given else "{} is null").format(column)
        zh, en = ("有", "is set") if given else ("没有", "is not set")
        return _Part(condition=condition, zh=f"{zh}{field.zh}", en=f"{field.en} {en}")

    def is_in(self, field: FilterField, column: sql.Composable, given: object, at: str) -> _Part:
        items = cast("list[object]", given) if isinstance(given, list) else []
        if not items or len(items) > MOST_VALUES:
            return self.wrong(f"{at}/in", "too_many" if items else "type", expected="list", limit=MOST_VALUES)
        values = [self.value(field, v, f"{at}/in/{i}") for i, v in enumerate(items)]
        shown = [self.shown(field, v) for v in values]
        return _Part(
            condition=self.one_of(field, column, values),
            zh=f"{field.zh}是{'、'.join(s[0] for s in shown)}之一",
            en=f"{field.en} is one of {', '.join(s[1] for s in shown)}",
        )

    def one_of(self, field: FilterField, column: sql.Composable, values: list[object]) -> sql.Composable:
        given: sql.Composable = self.param(values)
        if field.among:
            given = sql.SQL(field.among).format(given)  # pyright: ignore[reportArgumentType] - ours, like the column
        return sql.SQL("{} = any({})").format(column, given)

    def value(self, field: FilterField, given: object, at: str) -> object:
        if field.values and not (isinstance(given, str) and given in field.values):
            self.wrong(at, "choice", choices=", ".join(field.values))
            return None
        try:
            value: object = msgspec.convert(given, cast("type[object]", _PYTHON[field.type]))
        except msgspec.ValidationError:
            self.wrong(at, "type", expected=field.type)
            return None
        if isinstance(value, datetime) and value.tzinfo is None:
            self.wrong(at, "no_zone")
        if isinstance(value, str) and ("\x00" in value or len(value) > 200):
            self.wrong(at, "bad_text")
        return value

    def shown(self, field: FilterField, value: object) -> tuple[str, str]:
        if isinstance(value, bool):
            return ("是", "yes") if value else ("否", "no")
        return field.values.get(str(value), (str(value), str(value)))

    def param(self, value: object) -> sql.Placeholder:
        name = f"f{len(self.params)}"
        self.params[name] = value
        return sql.Placeholder(name)

    def wrong(self, at: str, code: str, **params: str | int) -> _Part:
        self.problems.append(FieldProblem(pointer=at, code=code, params=params))
        return _Part(condition=sql.SQL("false"), zh="", en="")


def parse(raw: bytes | str, fields: Sequence[FilterField]) -> Filter:
    """Parse a filter given as JSON. Empty text is no filter. Raises Invalid naming each part that is not right."""
    parse_ = _Parse({f.name: f for f in fields})
    if not raw:
        return Filter(condition=sql.SQL("true"), params={}, zh="全部", en="all")
    try:
        tree: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(
            fields=[FieldProblem(pointer="/filter", code="type", params={"expected": "JSON"})]
        ) from error
    part = parse_.node(tree, "/filter", 1)
    if parse_.problems:
        raise Invalid(fields=parse_.problems)
    return Filter(condition=part.condition, params=parse_.params, zh=part.zh, en=part.en)
