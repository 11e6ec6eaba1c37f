"""What the case types answer: readings of packs, checked values, what is missing, priorities, mapped
values.
"""

from typing import Literal

import msgspec

from bihuan.casetypes.model import By, CaseType, Priority, Text
from bihuan.core.problems import FieldProblem, Language

MissingKind = Literal["field", "element", "evidence", "checklist", "stage"]


class PackProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in a pack's file, where (`line` counts from 1), and what to write instead."""

    file: str
    line: int
    message_zh: str
    message_en: str
    suggestion_zh: str
    suggestion_en: str

    def text(self, language: Language) -> str:
        """`file:line: message — suggestion`."""
        message, suggestion = (
            (self.message_zh, self.suggestion_zh)
            if language == "zh"
            else (self.message_en, self.suggestion_en)
        )
        return f"{self.file}:{self.line}: {message} — {suggestion}"


class PackReading(msgspec.Struct, frozen=True, kw_only=True):
    """A pack as read: a case type, or (with none) all that is wrong with it."""

    folder: str
    case_type: CaseType | None
    problems: tuple[PackProblem, ...]


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Something a step still needs, who brings it, and how it is called."""

    kind: MissingKind
    code: str
    by: By
    label: Text

    @property
    def pointer(self) -> str:
        """Where it belongs in the body of a ticket."""
        places = {"field": "fields", "element": "elements", "stage": "stages"}
        return f"/{places.get(self.kind, self.kind)}/{self.code}"

    def problem(self) -> FieldProblem:
        """As a field error, for the doors that refuse incomplete tickets."""
        return FieldProblem(pointer=self.pointer, code="missing")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Values in their normal form (JSON-safe), everything wrong with them, and what the step still needs.

    A value with a problem is in `problems` and neither in `values` nor in `missing`.
    """

    values: dict[str, object]
    elements: dict[str, str]
    problems: list[FieldProblem]
    missing: tuple[Missing, ...]


class PriorityDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The priority and why; `rule_index` counts from 0, None when no rule decided (`asked`, `default`)."""

    priority: Priority
    rule_index: int | None
    reason_key: str
    reason: Text


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """Values carried to another case type; `dropped` holds, by old code, every value that found no place."""

    values: dict[str, object]
    dropped: dict[str, object]
    missing: tuple[Missing, ...]
