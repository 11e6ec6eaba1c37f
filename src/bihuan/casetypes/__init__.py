"""Case types: what a kind of ticket asks, at which step, who handles it and how fast.

Owns the pack format (`packs/<domain>/<case_type>/`, YAML and Markdown, no code) and everything that can be
said of a case from its values alone. Promises: reading names every mistake with file, line and what to
write instead; checking names every problem at once and never raises; nothing here does I/O but reading a
pack's folder. Refuses: fields for authentication data, rules over protected values, packs in one language.
"""

from bihuan.casetypes.answers import Checked, Mapped, Missing, PackProblem, PackReading, PriorityDecision
from bihuan.casetypes.check import (
    call_back_needed,
    check,
    level_to_change,
    level_to_resolve,
    missing,
    protected_fields,
    stage_missing,
)
from bihuan.casetypes.condition import AllOf, AnyOf, Compare, Condition, Money, NotOf, holds
from bihuan.casetypes.form import example, form_schema
from bihuan.casetypes.mapping import map_values, object_key
from bihuan.casetypes.model import STEPS, By, CaseType, Field, Priority, ProtectedKind, Step, Text
from bihuan.casetypes.priority import priority_of
from bihuan.casetypes.read import read_pack, read_packs
from bihuan.casetypes.templates import PLACEHOLDERS, render

__all__ = [
    "PLACEHOLDERS",
    "STEPS",
    "AllOf",
    "AnyOf",
    "By",
    "CaseType",
    "Checked",
    "Compare",
    "Condition",
    "Field",
    "Mapped",
    "Missing",
    "Money",
    "NotOf",
    "PackProblem",
    "PackReading",
    "Priority",
    "PriorityDecision",
    "ProtectedKind",
    "Step",
    "Text",
    "call_back_needed",
    "check",
    "example",
    "form_schema",
    "holds",
    "level_to_change",
    "level_to_resolve",
    "map_values",
    "missing",
    "object_key",
    "priority_of",
    "protected_fields",
    "read_pack",
    "read_packs",
    "render",
    "stage_missing",
]
