"""How surely the customer must be verified (核身): for telling, for changing, and for resolving by rule.

verification: 2                       # to tell what is not public; the rest by the defaults
verification:
  disclose: 2
  change: 3
  resolve:
    - {when: {field: outcome, is: unlocked}, level: 3}
"""

from bihuan.casetypes import wants
from bihuan.casetypes.model import LevelRule, Verification, default_change
from bihuan.casetypes.read_fields import Reading
from bihuan.casetypes.source import Node, Table

_LEVELS = ("0", "1", "2", "3")
_WHERE = "verification"


def read_verification(node: Node | None, reading: Reading) -> tuple[int, Verification | None]:
    """The level for disclosing, 0 (none) to 3 (strong), and those for changing and resolving; None: the defaults."""
    if not isinstance(node, Table):
        return _level(node, reading, _WHERE), None
    keys = ("disclose", "change", "resolve")
    root = wants.table(node, reading.found, _WHERE, keys, needs=("disclose",))
    disclose, change = (_level(root.get(key), reading, f"{_WHERE}.{key}") for key in keys[:2])
    rules = wants.rows(root.get("resolve"), reading.found, f"{_WHERE}.resolve")
    made = (_rule(item, reading) for item in rules)
    return disclose, Verification(
        change=change if root.get("change") is not None else default_change(disclose),
        resolve=tuple(rule for rule in made if rule is not None),
    )


def _rule(node: Node, reading: Reading) -> LevelRule | None:
    where, keys = f"{_WHERE}.resolve", ("when", "level")
    root = wants.table(node, reading.found, where, keys, needs=keys)
    when = reading.conditions.read(root.get("when"), f"{where}.when")
    level = _level(root.get("level"), reading, f"{where}.level")
    return None if when is None else LevelRule(when=when, level=level)


def _level(node: Node | None, reading: Reading, where: str) -> int:
    return int(wants.word(node, reading.found, where, _LEVELS) or 0)
