"""What a ticket's values look like once they may be stored: protected fields in the vault, free texts masked."""

from collections.abc import Mapping
from typing import Any

from bihuan.casetypes import CaseType, protected_fields
from bihuan.privacy import Protector, normalise

#: Field types whose text a person writes freely; in a reference, too, a card number has been typed before now.
_FREE = frozenset({"text", "long_text", "reference"})


def fields(protector: Protector, case_type: CaseType, values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values as stored: protected kinds as {mask, value_id}, free texts masked."""
    kinds = protected_fields(case_type)
    free = {f.code for f in case_type.fields if f.type in _FREE}
    stored: dict[str, Any] = {}
    for code, value in values.items():
        if code in kinds and isinstance(value, str):
            stored[code] = protector.value(kinds[code], normalise(kinds[code], value))
        elif code in free and isinstance(value, str):
            stored[code] = protector.plain(value)
        else:
            stored[code] = value
    return stored


def elements(protector: Protector, values: Mapping[str, str]) -> dict[str, str]:
    """The five elements, masked; the time is no free text."""
    return {
        code: value if code == "occurred_at" else protector.plain(value) for code, value in values.items()
    }
