"""How a case is worked: checklist, stages, priority, SLA, call-back, immediate actions, escalation,
sources.
"""

from bihuan.casetypes import wants
from bihuan.casetypes.condition import Compare
from bihuan.casetypes.model import (
    PRIORITIES,
    CallBack,
    ChecklistItem,
    Escalation,
    ImmediateAction,
    Priority,
    PriorityRule,
    Sla,
    Source,
    Stage,
    Target,
)
from bihuan.casetypes.read_fields import Reading
from bihuan.casetypes.source import Node, Pair, Table

#: What the house promises when a pack says nothing: urgent 2 h / 24 h, normal 4 h / 48 h, low 24 h / 120 h.
HOUSE_TARGETS: dict[Priority, tuple[int, int]] = {
    "urgent": (2 * 3600, 24 * 3600),
    "normal": (4 * 3600, 48 * 3600),
    "low": (24 * 3600, 120 * 3600),
}
FROZEN_FUNDS = "funds_frozen"


def read_checklist(node: Node | None, reading: Reading) -> tuple[ChecklistItem, ...]:
    """Executable steps; `service_step` is their place among the ten."""
    return tuple(_checklist_item(pair, reading) for pair in wants.named(node, reading.found, "checklist"))


def _checklist_item(pair: Pair, reading: Reading) -> ChecklistItem:
    where, found = f"checklist.{pair.key}", reading.found
    root = wants.table(pair.node, found, where, ("service_step", "when", "required_for"))
    step = wants.word(
        root.get("service_step"), found, f"{where}.service_step", [str(number) for number in range(1, 11)]
    )
    return ChecklistItem(
        code=pair.key,
        title=reading.texts.take("checklist", pair.key),
        service_step=int(step) if step else None,
        when=reading.conditions.read(root.get("when"), f"{where}.when"),
        required_for=reading.required(root.get("required_for"), f"{where}.required_for"),
    )


def read_stages(
    node: Node | None, reading: Reading, evidence: list[str], checklist: list[str]
) -> tuple[Stage, ...]:
    """The sub-steps of handling and what closes each."""
    return tuple(
        _stage(pair, reading, evidence, checklist) for pair in wants.named(node, reading.found, "stages")
    )


def _stage(pair: Pair, reading: Reading, evidence: list[str], checklist: list[str]) -> Stage:
    where, found = f"stages.{pair.key}", reading.found
    root = wants.table(pair.node, found, where, ("when", "required_for", "to_close"))
    closing = wants.table(
        root.get("to_close"), found, f"{where}.to_close", ("fields", "evidence", "checklist")
    )
    return Stage(
        code=pair.key,
        title=reading.texts.take("stages", pair.key),
        when=reading.conditions.read(root.get("when"), f"{where}.when"),
        required_for=reading.required(root.get("required_for"), f"{where}.required_for"),
        fields=wants.words(closing.get("fields"), found, f"{where}.fields", list(reading.conditions.fields)),
        evidence=wants.words(closing.get("evidence"), found, f"{where}.evidence", evidence),
        checklist=wants.words(closing.get("checklist"), found, f"{where}.checklist", checklist),
    )


def read_priority(node: Node | None, reading: Reading) -> tuple[Priority, tuple[PriorityRule, ...]]:
    """The default and the rules, first match first; frozen funds are urgent in every pack."""
    found = reading.found
    root = wants.table(node, found, "priority", ("default", "rules"), needs=("default", "rules"))
    rules = tuple(_rule(item, reading) for item in wants.rows(root.get("rules"), found, "priority.rules"))
    frozen = Compare(field=FROZEN_FUNDS, op="is", value=True)
    first = rules[0] if rules else None
    if first is None or first.when != frozen or first.priority != "urgent":
        found.add((root.get("rules") or root).line, "frozen_funds")
    default = wants.word(root.get("default"), found, "priority.default", PRIORITIES) or "normal"
    return default, tuple(rule for rule in rules if rule is not None)


def _rule(node: Node, reading: Reading) -> PriorityRule | None:
    where, found, keys = "priority.rules", reading.found, ("when", "priority", "reason")
    root = wants.table(node, found, where, keys, needs=keys)
    when = reading.conditions.read(root.get("when"), f"{where}.when")
    priority = wants.word(root.get("priority"), found, f"{where}.priority", PRIORITIES)
    reason = wants.text(root.get("reason"), found, f"{where}.reason")
    if not reason or when is None or priority is None:
        return None
    return PriorityRule(
        when=when, priority=priority, reason_key=reason, reason=reading.texts.take("priority", reason)
    )


def read_sla(node: Node | None, reading: Reading) -> Sla:
    """The policy's name; the house's durations where the pack gives none."""
    root = wants.table(node, reading.found, "sla", ("policy", *PRIORITIES), needs=("policy",))
    urgent, normal, low = (_target(priority, root, reading) for priority in PRIORITIES)
    return Sla(
        policy=wants.text(root.get("policy"), reading.found, "sla.policy"),
        urgent=urgent,
        normal=normal,
        low=low,
    )


def _target(priority: Priority, sla: Table, reading: Reading) -> Target:
    where, found = f"sla.{priority}", reading.found
    root = wants.table(sla.get(priority), found, where, ("first_response", "resolution"))
    first, resolution = HOUSE_TARGETS[priority]
    first = wants.duration(root.get("first_response"), found, f"{where}.first_response") or first
    resolution = wants.duration(root.get("resolution"), found, f"{where}.resolution") or resolution
    if first > resolution:
        found.add(root.line, "order", low="first_response", high="resolution")
    return Target(first_response_seconds=first, resolution_seconds=resolution)


def read_call_back(node: Node | None, reading: Reading) -> CallBack:
    """`always`, `never`, or a condition."""
    if isinstance(node, Table):
        return CallBack(mode="conditional", when=reading.conditions.read(node, "call_back"))
    return CallBack(mode=wants.word(node, reading.found, "call_back", ("always", "never")) or "never")


def read_immediate(node: Node | None, reading: Reading) -> tuple[ImmediateAction, ...]:
    """What must be done at once."""
    return tuple(
        ImmediateAction(
            code=pair.key,
            title=reading.texts.take("immediate", pair.key),
            when=reading.conditions.read(
                _only_when(pair, reading, "immediate"), f"immediate.{pair.key}.when"
            ),
        )
        for pair in wants.named(node, reading.found, "immediate")
    )


def _only_when(pair: Pair, reading: Reading, section: str) -> Node | None:
    return wants.table(pair.node, reading.found, f"{section}.{pair.key}", ("when",)).get("when")


def read_escalation(node: Node | None, reading: Reading) -> tuple[Escalation, ...]:
    """Notes on when to escalate, to whom, and which category the linked ticket would have."""
    found, items = reading.found, list[Escalation]()
    for pair in wants.named(node, found, "escalation"):
        where = f"escalation.{pair.key}"
        root = wants.table(pair.node, found, where, ("when", "to", "category"))
        items.append(
            Escalation(
                code=pair.key,
                note=reading.texts.take("escalation", pair.key),
                when=reading.conditions.read(root.get("when"), f"{where}.when"),
                to=wants.word(root.get("to"), found, f"{where}.to", list(reading.catalogue.departments)),
                category=wants.word(
                    root.get("category"), found, f"{where}.category", list(reading.catalogue.categories)
                ),
            )
        )
    return tuple(items)


def read_sources(node: Node | None, reading: Reading) -> tuple[Source, ...]:
    """What the pack rests on."""
    found, items = reading.found, list[Source]()
    for pair in wants.named(node, found, "sources"):
        where = f"sources.{pair.key}"
        root = wants.table(pair.node, found, where, ("source", "verified"), needs=("source", "verified"))
        items.append(
            Source(
                code=pair.key,
                basis=reading.texts.take("sources", pair.key),
                source=wants.text(root.get("source"), found, f"{where}.source"),
                verified=wants.word(root.get("verified"), found, f"{where}.verified", ("yes", "partly", "no"))
                or "no",
            )
        )
    return tuple(items)
