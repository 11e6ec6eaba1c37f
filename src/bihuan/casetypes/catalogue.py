"""`packs/catalogue.yaml`: the words all packs share — evidence, departments, categories, clocks, JR/T 0169
names.
"""

from pathlib import Path

import msgspec

from bihuan.casetypes import wants
from bihuan.casetypes.findings import Findings
from bihuan.casetypes.model import Clock, ClockStage, Text
from bihuan.casetypes.source import Node, Pair, Table, load

FILE = "catalogue.yaml"
UNITS = ("calendar_day", "cn_workday", "business_day", "business_hour", "hour")
_SECTIONS = ("evidence", "departments", "categories", "jrt0169_businesses", "jrt0169_reasons")


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Code → name in both languages, section by section; clocks whole."""

    evidence: dict[str, Text]
    departments: dict[str, Text]
    categories: dict[str, Text]
    jrt0169_businesses: dict[str, Text]
    jrt0169_reasons: dict[str, Text]
    clocks: dict[str, Clock]


def read_catalogue(path: Path, found: Findings) -> Catalogue:
    """The catalogue; what is wrong is added to the findings, under the catalogue's own name."""
    here = found.beside(str(path))
    root = wants.table(load(path, here), here, FILE, (*_SECTIONS, "clocks"), needs=(*_SECTIONS, "clocks"))
    sections = {name: _names(root.get(name), here, name) for name in _SECTIONS}
    clocks = (_clock(pair, here) for pair in _pairs(root.get("clocks"), here, "clocks"))
    return Catalogue(**sections, clocks={clock.id: clock for clock in clocks})


def _pairs(node: Node | None, found: Findings, where: str) -> tuple[Pair, ...]:
    keys = [pair.key for pair in node.pairs] if isinstance(node, Table) else []
    return wants.table(node, found, where, keys).pairs


def _names(node: Node | None, found: Findings, where: str) -> dict[str, Text]:
    return {pair.key: _both(pair.node, found, f"{where}.{pair.key}") for pair in _pairs(node, found, where)}


def _both(node: Node | None, found: Findings, where: str) -> Text:
    root = wants.table(node, found, where, ("zh", "en"), needs=("zh", "en"))
    zh, en = (wants.text(root.get(language), found, f"{where}.{language}") for language in ("zh", "en"))
    return Text(zh=zh, en=en)


def _clock(pair: Pair, found: Findings) -> Clock:
    where = f"clocks.{pair.key}"
    keys = ("title", "basis", "source", "verified", "starts", "stages")
    root = wants.table(pair.node, found, where, keys, needs=keys)
    stages = wants.rows(root.get("stages"), found, f"{where}.stages")
    return Clock(
        id=pair.key,
        title=_both(root.get("title"), found, f"{where}.title"),
        basis=_both(root.get("basis"), found, f"{where}.basis"),
        source=wants.text(root.get("source"), found, f"{where}.source"),
        verified=wants.word(root.get("verified"), found, f"{where}.verified", ("yes", "partly", "no"))
        or "no",
        starts=wants.text(root.get("starts"), found, f"{where}.starts"),
        stages=tuple(_stage(stage, found, f"{where}.stages") for stage in stages),
    )


def _stage(node: Node, found: Findings, where: str) -> ClockStage:
    root = wants.table(
        node, found, where, ("name", "amount", "unit", "starts"), needs=("name", "amount", "unit")
    )
    return ClockStage(
        name=wants.text(root.get("name"), found, f"{where}.name"),
        amount=wants.number(root.get("amount"), found, f"{where}.amount") or 0,
        unit=wants.word(root.get("unit"), found, f"{where}.unit", UNITS) or "hour",
        starts=wants.text(root.get("starts"), found, f"{where}.starts") or None,
    )
