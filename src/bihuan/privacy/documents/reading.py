"""Reading what stands in a picture, by rapidocr where it is installed. One engine a process, made at the first need."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

from PIL import Image

#: Side of the square grid lines are put in order by: words on one line differ by less in height.
_SAME_LINE = 0.6


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float


class Word(NamedTuple):
    """A word and where it stands."""

    text: str
    box: Box


class Line(NamedTuple):
    """A line of words; `exact` where they are its whole text."""

    text: str
    words: tuple[Word, ...]
    box: Box


class Reader(Protocol):
    """Reads a picture's lines, in the order they are read."""

    def __call__(self, picture: Image.Image) -> list[Line]:
        """The lines."""
        ...


def reader() -> Reader | None:
    """The reader of pictures, or None where none is installed."""
    return _rapid if find_spec("rapidocr") and find_spec("onnxruntime") else None


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(params={"Global.log_level": "critical", **threads})


def _rapid(picture: Image.Image) -> list[Line]:
    import numpy as np

    # As the engine takes them: blue first.
    pixels = np.asarray(picture.convert("RGB"))[:, :, ::-1]
    found: Any = _engine()(pixels, return_word_box=True)
    if found is None or found.txts is None:
        return []
    lines = [
        _line(str(text), _box(corners), words)
        for text, corners, words in zip(found.txts, found.boxes, found.word_results, strict=True)
    ]
    return _in_order(lines)


def _line(text: str, box: Box, words: Sequence[Any]) -> Line:
    placed = tuple(Word(text=str(word[0]), box=_box(word[2])) for word in words if word[0])
    return Line(text=text, words=placed, box=box)


def _box(corners: Any) -> Box:
    xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
    return Box(left=min(xs), top=min(ys), right=max(xs), bottom=max(ys))


def _in_order(lines: list[Line]) -> list[Line]:
    """From top to bottom; what stands side by side from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda each: each.box.top):
        row = rows[-1] if rows else None
        if row is not None and line.box.top < row[0].box.top + _SAME_LINE * (
            row[0].box.bottom - row[0].box.top
        ):
            row.append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda each: each.box.left)]
