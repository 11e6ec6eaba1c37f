"""The questions of a case: typed fields, the five elements, and the evidence checklist."""

import re
from collections.abc import Sequence

import msgspec

from bihuan.casetypes import wants
from bihuan.casetypes.catalogue import Catalogue
from bihuan.casetypes.condition import fields_in
from bihuan.casetypes.findings import Findings
from bihuan.casetypes.model import (
    ELEMENTS,
    FIELD_TYPES,
    STEPS,
    By,
    Choice,
    Element,
    ElementCode,
    EvidenceItem,
    Field,
    FieldType,
    Prompt,
    Required,
    Step,
    Text,
)
from bihuan.casetypes.read_condition import Conditions
from bihuan.casetypes.source import Node, Pair, Table
from bihuan.casetypes.texts import Texts

NO_TEXT = Text(zh="", en="")
BYS: tuple[By, By] = ("customer", "staff")
_COMMON = ("type", "by", "when", "required_for", "element", "same_as")
_LENGTHS = ("min_length", "max_length")
_BY_TYPE: dict[FieldType, tuple[str, ...]] = {
    "text": (*_LENGTHS, "pattern", "looks_like"),
    "reference": (*_LENGTHS, "pattern", "looks_like"),
    "long_text": _LENGTHS,
    "choice": ("choices",),
    "choices": ("choices",),
    "integer": ("min", "max"),
    "number": ("min", "max"),
    "money": ("min", "max"),
    "date": ("past",),
    "datetime": ("past",),
}
_KEYS = (*_COMMON, *_LENGTHS, "pattern", "looks_like", "choices", "min", "max", "past")
#: Authentication data (C3): never asked for, never stored.
_NEVER = re.compile(
    r"(.*_)?(cvv2?|cvn2?|cvc2?|pin|otp|password|passcode|sms_code|verification_code|expiry|expiry_date)"
)
_PART = r"(?:\[\^?(?:\\[dw\-.\]]|[^\\\[\]])+\]|\\[dw\-./+]|[\w\-@/:#一-鿿])"
_PATTERN = re.compile(rf"(?:{_PART}(?:\{{\d{{1,3}}(?:,\d{{0,3}})?\}}|[?+*])?)+")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of case.yaml are read with: findings, texts, shared words, conditions."""

    found: Findings
    texts: Texts
    catalogue: Catalogue
    conditions: Conditions

    def required(self, node: Node | None, where: str) -> tuple[Required, ...]:
        """`[submit, {resolve: <condition>}]`."""
        read: list[Required] = []
        for item in wants.rows(node, self.found, where):
            if isinstance(item, Table):
                for pair in wants.table(item, self.found, where, STEPS).pairs:
                    step: Step | None = next((each for each in STEPS if each == pair.key), None)
                    if step:
                        read.append(Required(step=step, when=self.conditions.read(pair.node, where)))
            elif plain := wants.word(item, self.found, where, STEPS):
                read.append(Required(step=plain))
        return tuple(read)

    def by(self, node: Node | None, where: str, required: Sequence[Required], name: str) -> By:
        """Who brings it; staff cannot be asked at submit."""
        by = wants.word(node, self.found, where, BYS) or "customer"
        if node is not None and by == "staff" and any(each.step == "submit" for each in required):
            self.found.add(node.line, "staff_at_submit", name=name)
        return by


def outline(node: Node | None, found: Findings) -> dict[str, Field]:
    """First pass: codes, types and choices, so that conditions anywhere can be checked against them."""
    fields: dict[str, Field] = {}
    for pair in wants.named(node, found, "fields"):
        where = f"fields.{pair.key}"
        if _NEVER.fullmatch(pair.key):
            found.add(pair.line, "forbidden_field", name=pair.key)
        root = wants.table(pair.node, found, where, _KEYS, needs=("type",))
        kind = wants.word(root.get("type"), found, f"{where}.type", FIELD_TYPES) or "text"
        choices = wants.codes(root.get("choices"), found, f"{where}.choices")
        if kind in ("choice", "choices") and not choices:
            found.add(pair.line, "needs_choices", type=kind)
        fields[pair.key] = Field(
            code=pair.key,
            type=kind,
            label=NO_TEXT,
            choices=tuple(Choice(code=code, label=NO_TEXT) for code in choices),
        )
    return fields


def read_fields(node: Node | None, reading: Reading) -> tuple[Field, ...]:
    """Second pass: everything else, and no circle among the `when`."""
    pairs = [pair for pair in wants.named(node, Findings(""), "fields") if isinstance(pair.node, Table)]
    fields = tuple(_field(pair, reading) for pair in pairs)
    _refuse_circles(fields, {pair.key: pair.line for pair in pairs}, reading.found)
    return fields


def _field(pair: Pair, reading: Reading) -> Field:
    code, found, texts = pair.key, reading.found, reading.texts
    where, shape = f"fields.{code}", reading.conditions.fields[code]
    root = pair.node if isinstance(pair.node, Table) else Table(line=pair.line, pairs=())
    for each in root.pairs:
        if each.key in _KEYS and each.key not in (*_COMMON, *_BY_TYPE.get(shape.type, ())):
            found.add(each.line, "not_for_type", type=shape.type, name=each.key)
    required = reading.required(root.get("required_for"), f"{where}.required_for")
    pattern, looks_like = _pattern(root, found, where)
    field = msgspec.structs.replace(
        shape,
        label=texts.take("fields", code, "label"),
        help=texts.maybe("fields", code, "help"),
        prompt=texts.maybe("fields", code, "prompt"),
        by=reading.by(root.get("by"), f"{where}.by", required, code),
        when=reading.conditions.read(root.get("when"), f"{where}.when"),
        required_for=required,
        choices=tuple(
            Choice(code=each.code, label=texts.take("fields", code, "choices", each.code))
            for each in shape.choices
        ),
        min=wants.decimal(root.get("min"), found, f"{where}.min"),
        max=wants.decimal(root.get("max"), found, f"{where}.max"),
        min_length=wants.number(root.get("min_length"), found, f"{where}.min_length", "2"),
        max_length=wants.number(root.get("max_length"), found, f"{where}.max_length", "200"),
        pattern=pattern,
        looks_like=looks_like,
        past=wants.flag(root.get("past"), found, f"{where}.past"),
        element=wants.word(root.get("element"), found, f"{where}.element", ELEMENTS),
        same_as=tuple(
            wants.text(item, found, f"{where}.same_as")
            for item in wants.rows(root.get("same_as"), found, where)
        ),
    )
    _check_order(field, root, found)
    return field


def _check_order(field: Field, root: Table, found: Findings) -> None:
    if field.min is not None and field.max is not None and float(field.min) > float(field.max):
        found.add(root.line, "order", low="min", high="max")
    if field.min_length is not None and field.max_length is not None and field.min_length > field.max_length:
        found.add(root.line, "order", low="min_length", high="max_length")


def _pattern(root: Table, found: Findings, where: str) -> tuple[str | None, str | None]:
    """The pattern with its example; only patterns that match in time linear enough on a line of text."""
    node = root.get("pattern")
    if node is None:
        return None, wants.text(root.get("looks_like"), found, f"{where}.looks_like") or None
    pattern = wants.text(node, found, f"{where}.pattern")
    loose = len(re.findall(r"(?<!\\)(?:[+*]|\{\d+,\d*\})", re.sub(r"\[[^\]]*\]", "x", pattern)))
    if not _PATTERN.fullmatch(pattern) or loose > 3:
        found.add(node.line, "bad_pattern")
        return None, None
    example = root.get("looks_like")
    if example is None:
        found.add(root.line, "missing_key", where=where, name="looks_like")
        return pattern, None
    shown = wants.text(example, found, f"{where}.looks_like")
    try:
        fits = re.fullmatch(pattern, shown) is not None
    except re.error:
        found.add(node.line, "bad_pattern")
        return None, None
    if not fits:
        found.add(example.line, "bad_example", name=shown)
    return pattern, shown


def _refuse_circles(fields: tuple[Field, ...], lines: dict[str, int], found: Findings) -> None:
    needs = {field.code: set(fields_in(field.when)) for field in fields}
    for field in fields:
        seen: set[str] = set()
        ahead = set(needs[field.code])
        while ahead:
            code = ahead.pop()
            if code not in seen:
                seen.add(code)
                ahead |= needs.get(code, set())
        if field.code in seen:
            found.add(
                lines[field.code],
                "circular",
                name=", ".join(sorted({field.code} | (seen & set(needs[field.code])))),
            )
            return


def read_elements(node: Node | None, reading: Reading) -> tuple[Element, ...]:
    """All five, in the order of the house."""
    found = reading.found
    root = wants.table(node, found, "elements", ELEMENTS, needs=ELEMENTS)
    return tuple(_element(code, root, reading) for code in ELEMENTS)


def _element(code: ElementCode, elements: Table, reading: Reading) -> Element:
    where, found = f"elements.{code}", reading.found
    root = wants.table(elements.get(code), found, where, ("required_for", "prompts", "min_length"))
    prompts: list[Prompt] = []
    for pair in wants.named(root.get("prompts"), found, f"{where}.prompts"):
        when = reading.conditions.read(pair.node, f"{where}.prompts.{pair.key}")
        text = reading.texts.take("elements", code, "prompts", pair.key)
        if when is not None:
            prompts.append(Prompt(when=when, text=text))
    return Element(
        code=code,
        label=reading.texts.take("elements", code, "label"),
        prompt=reading.texts.take("elements", code, "prompt"),
        prompts=tuple(prompts),
        required_for=reading.required(root.get("required_for"), f"{where}.required_for"),
        min_length=wants.number(root.get("min_length"), found, f"{where}.min_length", "8"),
    )


def read_evidence(node: Node | None, reading: Reading) -> tuple[EvidenceItem, ...]:
    """The evidence of the catalogue this case needs."""
    found, known = reading.found, reading.catalogue.evidence
    items: list[EvidenceItem] = []
    for pair in wants.table(node, found, "evidence", list(known)).pairs:
        if pair.key not in known:
            continue
        where = f"evidence.{pair.key}"
        root = wants.table(pair.node, found, where, ("by", "when", "required_for"))
        required = reading.required(root.get("required_for"), f"{where}.required_for")
        items.append(
            EvidenceItem(
                code=pair.key,
                title=known[pair.key],
                help=reading.texts.maybe("evidence", pair.key),
                by=reading.by(root.get("by"), f"{where}.by", required, pair.key),
                when=reading.conditions.read(root.get("when"), f"{where}.when"),
                required_for=required,
            )
        )
    return tuple(items)
