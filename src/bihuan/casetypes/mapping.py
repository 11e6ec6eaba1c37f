"""Carries a case's values to another case type, and names the business object for finding duplicates."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import cast

from bihuan.casetypes.answers import Mapped
from bihuan.casetypes.check import asked_values, missing
from bihuan.casetypes.condition import is_present
from bihuan.casetypes.model import PROTECTED, CaseType, Field, FieldType, Step
from bihuan.casetypes.values import normalise

#: From → to, where nothing of the value is lost. Protected values only ever go to their own kind.
_WIDER: dict[FieldType, tuple[FieldType, ...]] = {
    "text": ("long_text",),
    "reference": ("text", "long_text"),
    "uscc": ("reference", "text"),
    "integer": ("number",),
    "choice": ("choices",),
}
#: Values were checked against the clock when they were given; carrying them over does not ask again.
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


def map_values(
    old: CaseType,
    new: CaseType,
    values: Mapping[str, object],
    *,
    step: Step = "accept",
    held: Collection[str] = (),
) -> Mapped:
    """Same code and a type that takes it, else `same_as`. Every value is either in `values` or in
    `dropped`.

    `held` are the old type's protected fields whose value the caller keeps elsewhere: they count as values
    that are carried unread, under `values` as given.
    """
    carried: dict[str, object] = {}
    origin: dict[str, str] = {}
    given = [(code, value) for code, value in values.items() if is_present(value)]
    # Same codes first: a `same_as` must not take the place of the value that is already called so.
    for code, value in sorted(given, key=lambda pair: new.field(pair[0]) is None):
        target = _target(old, new, code, carried)
        kept = None if target is None else _carry(old.field(code), target, value, opaque=code in held)
        if target is not None and kept is not None:
            carried[target.code], origin[target.code] = kept, code
    carried = asked_values(new, carried)
    kept_codes = {origin[code] for code in carried}
    dropped = {code: value for code, value in given if code not in kept_codes}
    return Mapped(values=carried, dropped=dropped, missing=missing(new, carried, step=step))


def object_key(case_type: CaseType, values: Mapping[str, object]) -> str | None:
    """Canonical text of the business object, from the first list of fields that is complete; None when none
    is.

    It holds clear values, card numbers among them: it is for a keyed blind index and nothing else. The case
    type is not part of it, so that the same transaction is recognised across case types.
    """
    for codes in case_type.object_keys:
        parts = [_object_part(case_type.field(code), values.get(code)) for code in codes]
        if parts and all(parts):
            return "|".join(part for part in parts if part)
    return None


def _object_part(field: Field | None, value: object) -> str | None:
    if field is None:
        return None
    normal, problem = normalise(field, value, now=_EVER)
    if problem is not None or normal is None:
        return None
    if isinstance(normal, dict):
        money = cast("dict[str, str]", normal)
        normal = f"{money['amount']} {money['currency']}"
    text = ",".join(cast("list[str]", normal)) if isinstance(normal, list) else str(normal)
    folded = "".join(text.split()).casefold().replace("%", "%25").replace("|", "%7c")
    return f"{field.code}={folded}"


def _target(old: CaseType, new: CaseType, code: str, taken: Collection[str]) -> Field | None:
    """The new field a value goes to: its own code first, then a `same_as` written on either side."""
    source = old.field(code)
    if source is None:
        return None
    here, there = f"{old.code}.{code}", f"{new.code}."
    for field in sorted(new.fields, key=lambda each: each.code != code):
        same = field.code == code or here in field.same_as or there + field.code in source.same_as
        if same and field.code not in taken and _fits(source, field):
            return field
    return None


def _fits(source: Field, target: Field) -> bool:
    return source.type == target.type or target.type in _WIDER.get(source.type, ())


def _carry(source: Field | None, target: Field, value: object, *, opaque: bool) -> object:
    if source is not None and source.type in PROTECTED and opaque:
        return value
    wrapped = (
        [value] if source is not None and source.type == "choice" and target.type == "choices" else value
    )
    normal, problem = normalise(target, wrapped, now=_EVER)
    return None if problem is not None else normal
