"""What a case type is: frozen, hashable, the same as JSON (stored and versioned by its digest).

Texts are resolved: a `CaseType` needs no file and no catalogue beside it. Durations are whole seconds.
"""

import hashlib
from typing import Literal, get_args

import msgspec

from bihuan.casetypes.condition import Condition
from bihuan.core.problems import Language

Step = Literal["submit", "accept", "resolve", "archive"]
Priority = Literal["urgent", "normal", "low"]
Kind = Literal["enquiry", "request", "dispute", "complaint", "risk_event"]
By = Literal["customer", "staff"]
ElementCode = Literal["occurred_at", "symptom", "scope", "steps", "tried"]
ProtectedKind = Literal["card_number", "id_number", "mobile", "account", "email", "person_name", "address"]
PlainType = Literal[
    "text",
    "long_text",
    "choice",
    "choices",
    "integer",
    "number",
    "money",
    "date",
    "datetime",
    "boolean",
    "uscc",
    "reference",
]
FieldType = PlainType | ProtectedKind

STEPS: tuple[Step, ...] = get_args(Step)
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
KINDS: tuple[Kind, ...] = get_args(Kind)
ELEMENTS: tuple[ElementCode, ...] = get_args(ElementCode)
PROTECTED: tuple[ProtectedKind, ...] = get_args(ProtectedKind)
FIELD_TYPES: tuple[FieldType, ...] = (*get_args(PlainType), *PROTECTED)


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One text in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The text in the reader's language."""
        return self.zh if language == "zh" else self.en


class Required(msgspec.Struct, frozen=True, kw_only=True):
    """Needed for `step` and every later step, when the condition holds."""

    step: Step
    when: Condition | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a `choice` or `choices` field."""

    code: str
    label: Text


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `min` and `max` are decimal strings; `looks_like` is an example of `pattern`."""

    code: str
    type: FieldType
    label: Text
    help: Text | None = None
    prompt: Text | None = None
    by: By = "customer"
    when: Condition | None = None
    required_for: tuple[Required, ...] = ()
    choices: tuple[Choice, ...] = ()
    min: str | None = None
    max: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    looks_like: str | None = None
    past: bool = False
    element: ElementCode | None = None
    same_as: tuple[str, ...] = ()


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """How one of the five elements is asked for in one scenario."""

    when: Condition
    text: Text


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five elements; the first prompt whose condition holds is shown, else `prompt`."""

    code: ElementCode
    label: Text
    prompt: Text
    prompts: tuple[Prompt, ...] = ()
    required_for: tuple[Required, ...] = ()
    min_length: int | None = None


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """A document or record of the catalogue this case needs; `by` says who brings it."""

    code: str
    title: Text
    help: Text | None = None
    by: By = "customer"
    when: Condition | None = None
    required_for: tuple[Required, ...] = ()


class ChecklistItem(msgspec.Struct, frozen=True, kw_only=True):
    """A step to carry out; `service_step` 1–10 is its place among the ten service steps."""

    code: str
    title: Text
    service_step: int | None = None
    when: Condition | None = None
    required_for: tuple[Required, ...] = ()


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-step of handling; it can be closed once the listed fields, evidence and checklist items are
    there.
    """

    code: str
    title: Text
    when: Condition | None = None
    required_for: tuple[Required, ...] = ()
    fields: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()


class PriorityRule(msgspec.Struct, frozen=True, kw_only=True):
    """When the condition holds, at least this priority, for this reason."""

    when: Condition
    priority: Priority
    reason_key: str
    reason: Text


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What one priority promises, in seconds of the policy's own time."""

    first_response_seconds: int
    resolution_seconds: int


class Sla(msgspec.Struct, frozen=True, kw_only=True):
    """The SLA policy's name and its targets."""

    policy: str
    urgent: Target
    normal: Target
    low: Target


class CallBack(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the customer is called back after resolving: always, never, or when the condition holds."""

    mode: Literal["always", "never", "conditional"]
    when: Condition | None = None


class ImmediateAction(msgspec.Struct, frozen=True, kw_only=True):
    """What must be done at once, before any assignment."""

    code: str
    title: Text
    when: Condition | None = None


class LevelRule(msgspec.Struct, frozen=True, kw_only=True):
    """When the condition holds, the customer must have been verified at this level."""

    when: Condition
    level: int


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Levels (0-3) beside the one for disclosing: to change the customer's data, and to resolve, rule by rule."""

    change: int
    resolve: tuple[LevelRule, ...] = ()


def default_change(disclose: int) -> int:
    """Changing an account needs 2 at least, and never less than telling about it."""
    return max(2, disclose)


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """When to escalate, to which department, and which category a linked ticket would have."""

    code: str
    note: Text
    when: Condition | None = None
    to: str | None = None
    category: str | None = None


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A reply template; `placeholders` are the names it uses."""

    name: str
    title: Text
    body: Text
    placeholders: tuple[str, ...] = ()


class ClockStage(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of a regulatory clock; `starts` names the event it counts from when not the clock's own."""

    name: str
    amount: int
    unit: str
    starts: str | None = None


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A limit set from outside (regulator, network, contract), with what it rests on."""

    id: str
    title: Text
    basis: Text
    source: str
    verified: Literal["yes", "partly", "no"]
    starts: str
    stages: tuple[ClockStage, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What the pack rests on; `verified` says whether the wording was seen in that source."""

    code: str
    basis: Text
    source: str
    verified: Literal["yes", "partly", "no"]


class CaseType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of ticket: what it asks, at which step, who handles it and how fast."""

    code: str
    domain: str
    kind: Kind
    title: Text
    help: Text
    categories: tuple[str, ...]
    department: str
    support: tuple[str, ...]
    skills: tuple[str, ...]
    #: Level at which a customer must be verified before anything that is not public is told to them.
    verification_level: int
    jrt0169_business: str
    jrt0169_reason: str
    sla: Sla
    clocks: tuple[Clock, ...]
    elements: tuple[Element, ...]
    fields: tuple[Field, ...]
    evidence: tuple[EvidenceItem, ...]
    checklist: tuple[ChecklistItem, ...]
    stages: tuple[Stage, ...]
    priority_default: Priority
    priority_rules: tuple[PriorityRule, ...]
    call_back: CallBack
    object_keys: tuple[tuple[str, ...], ...]
    immediate: tuple[ImmediateAction, ...]
    escalation: tuple[Escalation, ...]
    templates: tuple[Template, ...]
    sources: tuple[Source, ...]
    #: The worked example's body as JSON text, one per language (JSON keeps the struct hashable).
    worked_zh: str
    worked_en: str
    #: None: the defaults (versions from before it was there, and packs that give one number).
    verification: Verification | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: two case types are the same exactly when their digests are."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Canonical JSON: keys sorted, no spaces."""
        return msgspec.json.encode(self, order="sorted").decode()

    @classmethod
    def from_json(cls, text: str) -> "CaseType":
        """The case type of a stored text; msgspec.ValidationError when it is not one."""
        return msgspec.json.decode(text, type=cls)

    def field(self, code: str) -> Field | None:
        """The field of that code, or None."""
        return next((field for field in self.fields if field.code == code), None)
