"""Masking a text that lies in pieces (runs of a paragraph, cells of a row, words of a picture). Pure.

A number does not care where its writer changed the font: all pieces are looked at as one text, and what is found is
taken out of each piece it lies in.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bihuan.privacy.detect import detect
from bihuan.privacy.documents.model import NotReadable
from bihuan.privacy.mask import mask_value
from bihuan.privacy.spans import DataClass, Span

#: Taking one value out may lay another one bare; a document in which that goes on and on is none.
_MOST_TURNS = 30


class Piece(NamedTuple):
    """A piece and what stands between it and the next: nothing within a word, a tab between cells, a line's end."""

    text: str
    after: str = ""


class Part(NamedTuple):
    """A place in one piece: `pieces[piece].text[start:end]`."""

    piece: int
    start: int
    end: int


class Found(NamedTuple):
    """One value and the places it lies in."""

    span: Span
    parts: tuple[Part, ...]


def find(pieces: Sequence[Piece], classes: Sequence[DataClass] = ("C2", "C3")) -> list[Found]:
    """Every personal or secret value, with its places."""
    starts: list[int] = []
    at = 0
    for piece in pieces:
        starts.append(at)
        at += len(piece.text) + len(piece.after)
    joined = "".join(piece.text + piece.after for piece in pieces)
    spans = [span for span in detect(joined) if span.data_class in classes]
    return [Found(span=span, parts=tuple(_parts(span, pieces, starts))) for span in spans]


def mask(
    pieces: Sequence[Piece], classes: Sequence[DataClass] = ("C2", "C3")
) -> tuple[list[str], Counter[str]]:
    """The pieces' texts with every value of these classes masked where it begins, and how often each kind was found.

    Raises NotReadable.
    """
    texts, counted = [piece.text for piece in pieces], Counter[str]()
    for _ in range(_MOST_TURNS):
        found = find([Piece(text=t, after=p.after) for t, p in zip(texts, pieces, strict=True)], classes)
        if not found:
            return texts, counted
        for one in reversed(found):
            shown = mask_value(one.span.kind, one.span.value)
            for number, part in reversed(list(enumerate(one.parts))):
                text = texts[part.piece]
                texts[part.piece] = text[: part.start] + ("" if number else shown) + text[part.end :]
            counted[one.span.kind] += 1
    raise NotReadable("broken")


def _parts(span: Span, pieces: Sequence[Piece], starts: Sequence[int]) -> Iterator[Part]:
    number = bisect_right(starts, span.start) - 1
    while number < len(pieces) and starts[number] < span.end:
        start = max(span.start - starts[number], 0)
        end = min(span.end - starts[number], len(pieces[number].text))
        if start < end:
            yield Part(piece=number, start=start, end=end)
        number += 1
