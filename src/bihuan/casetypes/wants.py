"""Takes typed things out of a YAML tree; what is not as wanted becomes a finding and the neutral value.

`where` is the dotted path of the node in its file, shown to the analyst.
"""

import re
from collections.abc import Collection, Sequence
from typing import TypeVar

from bihuan.casetypes.findings import Findings
from bihuan.casetypes.source import Leaf, Node, Pair, Row, Table

Word = TypeVar("Word", bound=str)

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DURATION = re.compile(r"(?:([0-9]{1,4})h)?(?:([0-9]{1,4})m)?|PT(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?")


def table(
    node: Node | None, found: Findings, where: str, allowed: Collection[str], *, needs: Collection[str] = ()
) -> Table:
    """A table with known keys only; a missing node is an empty table (its needs are then reported at line
    1).
    """
    if node is not None and not isinstance(node, Table):
        if not (isinstance(node, Leaf) and node.plain and node.text == "" and not needs):
            found.add(
                node.line, "want_table", where=where, fix=", ".join(f"{key}: …" for key in list(allowed)[:3])
            )
        return Table(line=node.line, pairs=())
    result = node or Table(line=1, pairs=())
    for pair in result.pairs:
        if pair.key not in allowed:
            found.add_choice(pair.line, "unknown_key", allowed, where=where, name=pair.key)
    given = {pair.key for pair in result.pairs}
    for key in needs:
        if key not in given:
            found.add(result.line, "missing_key", where=where, name=key)
    return result


def named(node: Node | None, found: Findings, where: str) -> tuple[Pair, ...]:
    """A table whose keys are codes of the analyst's choice; without a node, none."""
    if node is None or (isinstance(node, Leaf) and node.plain and node.text == ""):
        return ()
    if not isinstance(node, Table):
        found.add(node.line, "want_table", where=where, fix="code: …")
        return ()
    fine = [pair for pair in node.pairs if _CODE.fullmatch(pair.key)]
    for pair in node.pairs:
        if not _CODE.fullmatch(pair.key):
            found.add(pair.line, "want_code", name=pair.key)
    return tuple(fine)


def rows(node: Node | None, found: Findings, where: str) -> tuple[Node, ...]:
    """A list; without a node, empty."""
    if node is None:
        return ()
    if not isinstance(node, Row):
        found.add(node.line, "want_list", where=where)
        return ()
    return node.items


def text(node: Node | None, found: Findings, where: str) -> str:
    """A text that is not empty."""
    if node is None:
        return ""
    if not isinstance(node, Leaf) or not node.text.strip():
        found.add(node.line, "want_text", where=where)
        return ""
    return node.text.strip()


def word(node: Node | None, found: Findings, where: str, allowed: Sequence[Word]) -> Word | None:
    """One of the words allowed."""
    if node is None:
        return None
    written = node.text if isinstance(node, Leaf) else "[…]"
    for each in allowed:
        if each == written:
            return each
    found.add_choice(node.line, "want_word", allowed, where=where, name=written)
    return None


def words(node: Node | None, found: Findings, where: str, allowed: Sequence[Word]) -> tuple[Word, ...]:
    """A list of words allowed, each once."""
    chosen = (word(item, found, where, allowed) for item in rows(node, found, where))
    return tuple(dict.fromkeys(each for each in chosen if each is not None))


def codes(node: Node | None, found: Findings, where: str) -> tuple[str, ...]:
    """A list of new codes."""
    result: list[str] = []
    for item in rows(node, found, where):
        if isinstance(item, Leaf) and _CODE.fullmatch(item.text):
            result.append(item.text)
        else:
            found.add(item.line, "want_code", name=item.text if isinstance(item, Leaf) else "…")
    return tuple(dict.fromkeys(result))


def number(node: Node | None, found: Findings, where: str, fix: str = "0") -> int | None:
    """A whole number, not negative."""
    if node is None:
        return None
    if isinstance(node, Leaf) and re.fullmatch(r"[0-9]{1,9}", node.text):
        return int(node.text)
    found.add(node.line, "want_number", where=where, fix=fix)
    return None


def decimal(node: Node | None, found: Findings, where: str) -> str | None:
    """A decimal number, kept as text."""
    if node is None:
        return None
    if isinstance(node, Leaf) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", node.text):
        return node.text
    found.add(node.line, "want_number", where=where, fix="0.01")
    return None


def flag(node: Node | None, found: Findings, where: str) -> bool:
    """true or false; without a node, false."""
    if node is None:
        return False
    if isinstance(node, Leaf) and node.text in ("true", "false"):
        return node.text == "true"
    found.add(node.line, "want_flag", where=where)
    return False


def duration(node: Node | None, found: Findings, where: str) -> int:
    """Seconds of `30m`, `2h`, `1h30m` or ISO 8601 `PT2H`. Days are not taken: they differ between
    calendars.
    """
    if node is None:
        return 0
    match = _DURATION.fullmatch(node.text) if isinstance(node, Leaf) else None
    hours, minutes = (match[1] or match[3], match[2] or match[4]) if match else (None, None)
    seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60
    if seconds == 0:
        found.add(node.line, "want_duration", where=where)
    return seconds
