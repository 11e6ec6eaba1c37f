"""What a ticket's values look like once they may be stored: protected fields in the vault, free texts masked."""

from collections.abc import Mapping
from typing import Any, cast

from bihuan.casetypes import CaseType, protected_fields
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.privacy import Protector, mask_text, normalise

#: Field types whose text a person writes freely; in a reference, too, a card number has been typed before now.
_FREE = frozenset({"text", "long_text", "reference"})
_COUNTED = frozenset({"integer", "number", "money"})


def fields(protector: Protector, case_type: CaseType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values as stored: protected kinds as {mask, value_id}, free texts masked. Raises Invalid."""
    kinds = protected_fields(case_type)
    free = {f.code for f in case_type.fields if f.type in _FREE}
    stored: dict[str, Any] = {}
    for code, value in values.items():
        if code in kinds and isinstance(value, str):
            stored[code] = protector.value(kinds[code], normalise(kinds[code], value))
        elif code in free and isinstance(value, str):
            stored[code] = protector.plain(value, at=f"fields.{code}")
        else:
            stored[code] = value
    if wrong := misplaced(case_type, stored):
        raise Invalid(fields=wrong)
    return stored


def misplaced(case_type: CaseType, values: Mapping[str, Any]) -> list[FieldProblem]:
    """Amounts and counts that are somebody's number: no amount, and nothing that may be stored as one."""
    kinds = {f.code for f in case_type.fields if f.type in _COUNTED}
    return [
        FieldProblem(pointer=f"/fields/{code}", code="looks_personal")
        for code, value in values.items()
        if code in kinds and _is_personal(value)
    ]


def _is_personal(value: object) -> bool:
    inner = cast("dict[str, object]", value).values() if isinstance(value, dict) else [value]
    digits = [_digits(one) for one in inner if isinstance(one, str | int | float)]
    # Nothing of three characters or fewer is anybody's number; most amounts' currencies are asked about here.
    return any(len(text) > 3 and mask_text(text).text != text for text in digits)


def _digits(value: str | float) -> str:
    """Without the decimals an amount ends in, which would hide what stands before them."""
    text = format(value, "f") if isinstance(value, float) else str(value)
    return text.partition(".")[0]


def elements(protector: Protector, values: Mapping[str, str]) -> dict[str, str]:
    """The five elements, masked; the time is no free text."""
    return {
        code: value if code == "occurred_at" else protector.plain(value, at=f"elements.{code}")
        for code, value in values.items()
    }
