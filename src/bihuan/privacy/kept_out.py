"""Names and notes that are kept clear (a team's, a role's, a token's): somebody's card or phone may not stand in them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

import msgspec

from bihuan.core.problems import FieldProblem, Invalid
from bihuan.privacy.detect import detect


def personal_texts(
    body: msgspec.Struct | Mapping[str, object],
    *,
    at: str = "",
    but: Collection[str] = (),
    kinds: Collection[str] = (),
) -> list[FieldProblem]:
    """A problem for each text of `body`, members' names among them, in which a personal value is found.

    `at`: pointer of the body. `but`: names of members that may hold one. `kinds`: kinds that may stand in any.
    """
    return [
        FieldProblem(pointer=pointer, code="personal_data")
        for pointer, text in _texts(msgspec.to_builtins(body), at, but)
        if any(span.data_class != "C1" and span.kind not in kinds for span in detect(text))
    ]


def keep_out(
    body: msgspec.Struct | Mapping[str, object], *, but: Collection[str] = (), kinds: Collection[str] = ()
) -> None:
    """Raises Invalid where `personal_texts` finds any."""
    if wrong := personal_texts(body, but=but, kinds=kinds):
        raise Invalid(fields=wrong)


def _texts(value: object, at: str, but: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every text in a value made of plain builtins, with its pointer; of a member's name its object's."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, object]", value).items():
            if name not in but:
                yield at, name
                yield from _texts(inner, f"{at}/{name}", but)
    elif isinstance(value, Sequence):
        for place, inner in enumerate(cast("Sequence[object]", value)):
            yield from _texts(inner, f"{at}/{place}", but)
