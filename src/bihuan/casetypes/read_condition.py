"""Conditions as written in case.yaml: `{all: […]}`, `{any: […]}`, `{not: …}`, or `{field: reason, is:
duplicate}`.
"""

from datetime import UTC, datetime

import msgspec

from bihuan.casetypes import wants
from bihuan.casetypes.condition import (
    MAX_DEPTH,
    MAX_NODES,
    OPS,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Money,
    NotOf,
    Op,
    Operand,
)
from bihuan.casetypes.findings import Findings
from bihuan.casetypes.model import PROTECTED, Field, FieldType
from bihuan.casetypes.source import Leaf, Node, Row, Table, plain_value
from bihuan.casetypes.values import normalise

_ORDERED: tuple[FieldType, ...] = ("integer", "number", "money", "date", "datetime")
_LATER = datetime(9999, 1, 1, tzinfo=UTC)


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """Reads conditions about these fields (only type and choices matter) into the findings of case.yaml."""

    fields: dict[str, Field]
    found: Findings

    def read(self, node: Node | None, where: str) -> Condition | None:
        """The condition, or None when there is none or it is wrong."""
        if node is None:
            return None
        if _size(node) > MAX_NODES or _depth(node) > MAX_DEPTH:
            self.found.add(node.line, "large_condition", depth=MAX_DEPTH, nodes=MAX_NODES)
            return None
        return self._read(node, where)

    def _read(self, node: Node, where: str) -> Condition | None:
        root = wants.table(node, self.found, where, ("all", "any", "not", "field", *OPS))
        keys = [pair.key for pair in root.pairs]
        if keys == ["not"]:
            part = self._read(root.pairs[0].node, where)
            return None if part is None else NotOf(of=part)
        if keys in (["all"], ["any"]) and wants.rows(root.pairs[0].node, self.found, where):
            read = [self._read(item, where) for item in wants.rows(root.pairs[0].node, self.found, where)]
            parts = tuple(part for part in read if part is not None)
            return AllOf(of=parts) if keys == ["all"] else AnyOf(of=parts)
        if len(keys) == 2 and "field" in keys:
            return self._compare(root, where)
        if not any(key not in ("all", "any", "not", "field", *OPS) for key in keys):
            self.found.add(node.line, "one_op")
        return None

    def _compare(self, root: Table, where: str) -> Compare | None:
        code = wants.word(root.get("field"), self.found, where, list(self.fields))
        pair = next(pair for pair in root.pairs if pair.key != "field")
        op = next((each for each in OPS if each == pair.key), None)
        if code is None or op is None:
            return None
        field, allowed = self.fields[code], _ops_for(self.fields[code].type)
        if op not in allowed:
            self.found.add_choice(pair.line, "op_for_type", allowed, type=field.type, name=op)
            return None
        value = self._operand(field, op, pair.node)
        return None if value is None else Compare(field=code, op=op, value=value)

    def _operand(self, field: Field, op: Op, node: Node) -> Operand | None:
        if op == "present":
            return wants.flag(node, self.found, f"{field.code}.present")
        if op == "in":
            read = [self._single(field, item) for item in wants.rows(node, self.found, f"{field.code}.in")]
            return tuple(value for value in read if isinstance(value, str))
        return self._single(field, node)

    def _single(self, field: Field, node: Node) -> Operand | None:
        """The operand in the field's own normal form; money is written `10000 CNY`."""
        written = plain_value(node) if field.type in ("boolean", "integer", "number") else _written(node)
        shape = msgspec.structs.replace(field, min=None, max=None, pattern=None, min_length=None, past=False)
        if field.type == "choices":
            shape = msgspec.structs.replace(shape, type="choice")
        if field.type == "money":
            amount, _, currency = str(written).partition(" ")
            written = {"amount": amount, "currency": currency}
        value, problem = normalise(shape, written, now=_LATER)
        if problem is None and isinstance(value, dict):
            return msgspec.convert(value, Money)
        if problem is None and isinstance(value, str | bool | int | float):
            return value
        shown = _written(node)
        choices = [choice.code for choice in field.choices] or [_EXAMPLES.get(field.type, "…")]
        self.found.add_choice(node.line, "want_value", choices, name=shown, field=field.code)
        return None


_EXAMPLES: dict[FieldType, str] = {
    "money": "10000 CNY",
    "date": "2026-11-21",
    "datetime": "2026-11-21T15:30:00+08:00",
    "boolean": "true, false",
    "integer": "20",
    "number": "0.5",
}


def _ops_for(kind: FieldType) -> tuple[Op, ...]:
    """A protected value is in the vault: all a rule may know is whether it was given."""
    if kind in PROTECTED:
        return ("present",)
    if kind == "choices":
        return ("has", "present")
    if kind in _ORDERED:
        return ("is", "present", "gt", "gte", "lt", "lte")
    return ("is", "present") if kind == "boolean" else ("is", "in", "present")


def _written(node: Node) -> str:
    return node.text if isinstance(node, Leaf) else "[…]"


def _size(node: Node) -> int:
    match node:
        case Leaf():
            return 0
        case Row():
            return sum(_size(item) for item in node.items) + len(node.items)
        case Table():
            return 1 + sum(_size(pair.node) for pair in node.pairs)


def _depth(node: Node) -> int:
    """Depth in conditions: a table counts one, lists count nothing."""
    match node:
        case Leaf():
            return 0
        case Row():
            return max((_depth(item) for item in node.items), default=0)
        case Table():
            return 1 + max((_depth(pair.node) for pair in node.pairs), default=0)
