"""JSON: its texts, numbers and names looked at as one text, so that a name tells what its value is. Pure."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from bihuan.privacy.documents.pieces import Piece, mask
from bihuan.privacy.spans import DataClass

_DEEPEST = 100


def redacted(value: object) -> tuple[object, tuple[str, ...]]:
    """The same value with everything personal masked and everything secret gone; and the kinds found."""
    return _rewritten(value, ("C2", "C3"))


def without_secrets(value: object) -> tuple[object, tuple[str, ...]]:
    """The same value without what must never be kept (security codes, passwords, one-time codes); and their kinds."""
    return _rewritten(value, ("C3",))


def _rewritten(value: object, classes: tuple[DataClass, ...]) -> tuple[object, tuple[str, ...]]:
    pieces = list(_pieces(value))
    texts, found = mask(pieces, classes)
    rest = iter(list(zip(texts, pieces, strict=True)))
    return _built(value, rest), tuple(sorted(found.elements()))


def _pieces(value: object, depth: int = 0) -> Iterator[Piece]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, inner in cast("dict[str, Any]", value).items():
            yield Piece(text=name, after=": ")
            yield from _pieces(inner, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in cast("list[Any]", value):
            yield from _pieces(inner, depth + 1)
    else:
        yield Piece(text=_text(cast("object", value)), after="\n")


def _built(value: object, rest: Iterator[tuple[str, Piece]], depth: int = 0) -> object:
    if isinstance(value, dict) and depth < _DEEPEST:
        told = cast("dict[str, Any]", value)
        return {next(rest)[0]: _built(inner, rest, depth + 1) for inner in told.values()}
    if isinstance(value, list) and depth < _DEEPEST:
        return [_built(inner, rest, depth + 1) for inner in cast("list[Any]", value)]
    text, piece = next(rest)
    return cast("object", value) if text == piece.text else text


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
