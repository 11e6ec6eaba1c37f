"""One YAML file as a tree that knows its lines. No anchors, aliases, tags or duplicate keys; nothing is
guessed.

Scalars stay text until the reader says what it wants, so `no`, `1e3` and `2026-11-21` mean what the analyst
wrote.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml

from bihuan.casetypes.findings import Findings

MAX_KB = 256
MAX_DEPTH = 12


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """A scalar; `plain` when it is written without quotes."""

    line: int
    text: str
    plain: bool


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A list."""

    line: int
    items: tuple["Node", ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Key–value lines, in the order written; `line` is that of the first key."""

    line: int
    pairs: tuple["Pair", ...]

    def get(self, key: str) -> "Node | None":
        """What is under the key."""
        return next((pair.node for pair in self.pairs if pair.key == key), None)


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One key with what is under it; `line` is the key's."""

    key: str
    line: int
    node: "Leaf | Row | Table"


Node = Leaf | Row | Table


def load(path: Path, findings: Findings) -> Table | None:
    """The file's tree, or None with what is wrong added to the findings."""
    text = load_text(path, findings)
    if text is None:
        return None
    try:
        if not _plain_features(text, findings):
            return None
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        unclosed = str(error.context or "").startswith(("while parsing a flow", "while scanning a quoted"))
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        findings.add(mark.line + 1 if mark else 1, "yaml", detail=str(error.problem or error.context))
        return None
    except yaml.YAMLError as error:
        findings.add(1, "yaml", detail=str(error).splitlines()[0])
        return None
    if not isinstance(root, yaml.MappingNode):
        findings.add(1, "want_table", where=path.name, fix="code: …")
        return None
    return _table(root, findings)


def load_text(path: Path, findings: Findings) -> str | None:
    """The file's text, or None with what is wrong added to the findings."""
    if not path.is_file():
        findings.add(1, "file_missing", name=path.name)
        return None
    data = path.read_bytes()
    try:
        if len(data) > MAX_KB * 1024:
            raise ValueError("too large")
        return data.decode("utf-8")
    except ValueError:
        findings.add(1, "file_text", limit=MAX_KB)
        return None


def plain_value(node: Node) -> object:
    """The node as JSON would have it: true, false, null, decimal numbers; everything else is text."""
    match node:
        case Table():
            return {pair.key: plain_value(pair.node) for pair in node.pairs}
        case Row():
            return [plain_value(item) for item in node.items]
        case Leaf():
            return _scalar(node)


def walk(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int, Node]]:
    """Every key below, with its path, the key's line and what is under it."""
    if isinstance(node, Table):
        for pair in node.pairs:
            yield (*path, pair.key), pair.line, pair.node
            yield from walk(pair.node, (*path, pair.key))


def _scalar(leaf: Leaf) -> object:
    if not leaf.plain:
        return leaf.text
    words: dict[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}
    if leaf.text in words:
        return words[leaf.text]
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,15})", leaf.text):
        return int(leaf.text)
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,15})\.[0-9]{1,10}", leaf.text):
        return float(leaf.text)
    return leaf.text


def _plain_features(text: str, findings: Findings) -> bool:
    """Refuses aliases, anchors, tags and deep nesting from the event stream, before anything is built."""
    depth, fine = 0, True
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            findings.add(line, "deep", limit=MAX_DEPTH)
            return False
        if isinstance(event, yaml.AliasEvent) or (
            isinstance(event, yaml.NodeEvent)
            and (event.anchor is not None or getattr(event, "tag", None) is not None)
        ):
            findings.add(line, "yaml_feature")
            fine = False
    return fine


def _node(node: yaml.Node, findings: Findings) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _table(node, findings)
    if isinstance(node, yaml.SequenceNode):
        return Row(line=line, items=tuple(_node(item, findings) for item in node.value))
    return Leaf(line=line, text=str(node.value), plain=not getattr(node, "style", None))


def _table(node: yaml.MappingNode, findings: Findings) -> Table:
    pairs: dict[str, Pair] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "[…]"
        if key in pairs:
            findings.add(line, "duplicate_key", name=key, first=pairs[key].line)
            continue
        pairs[key] = Pair(key=key, line=line, node=_node(value_node, findings))
    return Table(line=node.start_mark.line + 1, pairs=tuple(pairs.values()))
