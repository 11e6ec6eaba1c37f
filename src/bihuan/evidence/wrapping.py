"""Breaking text into lines, pure: anywhere between hanzi, at blanks between words; no line begins with a closing mark."""

from collections.abc import Callable, Iterator

#: What must not begin a line, and what must not end one (the common part of GB/T 15834 and CLREQ).
_NOT_FIRST = frozenset("，。、；：？！）》」』】〉〕”’…—·,.;:?!)]}%％")
_NOT_LAST = frozenset("（《「『【〈〔“‘([{")
_HANZI = 0x2E80


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in lines no wider than `width` as `measure` says of a character; at least one line."""
    return [line for paragraph in text.split("\n") for line in _lines(paragraph, width, measure)] or [""]


def _lines(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    start, used, breakable = 0, 0.0, 0
    at = 0
    while at < len(text):
        if at > start and _may_break(text[at - 1], text[at]):
            breakable = at
        used += measure(text[at])
        if used > width and at > start:
            # A word, or a run of marks, wider than a line is broken where it must be.
            end = breakable if breakable > start else at
            yield text[start:end].rstrip()
            start = breakable = end + (len(text[end:]) - len(text[end:].lstrip(" ")))
            at, used = start, 0.0
            continue
        at += 1
    if start < len(text) or not text:
        yield text[start:].rstrip()


def _may_break(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST or after == " ":
        return False
    return before == " " or before == "-" or ord(before) >= _HANZI or ord(after) >= _HANZI
