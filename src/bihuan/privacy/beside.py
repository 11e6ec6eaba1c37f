"""Values that only their word gives away: "护照号：…", "… is my account number". Pure; each word costs a bounded look.

What may stand between a word and its value is a dozen connecting characters: blanks, quotes, colons, 是, "number is" …
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bihuan.privacy.fold import Folded

MAX_GAP = 12
#: How long a value may be that stands before its word.
MAX_VALUE = 48

LINK = re.compile(
    r"[ \n:=,\"'“”‘’「」『』【】\[\]()（）《》<>*_`~#、|/\\-]|号码?|號碼?|就?是|为|為|改?成|我的|您的|本人|的|填了?|报|在|到"
    r"|(?:is|was|are|as|my|the|your|at|on|number|num|no\.?|nr\.?|id)(?![a-z0-9])"
)
_LINK_BEFORE = re.compile(
    r"[ \"'”)）】]{0,2}(?:(?:就?是|为|為|is|was)[ ]?(?:我的?|您的?|本人的?|他的?|她的?|这张|该|my|the|your|our)?|(?:这个|的))?[ ]?$"
)
STRONG = re.compile(r"[:=是为為]|(?<![a-z])(?:is|was)(?![a-z])")


def after(folded: str, word_end: int) -> int:
    """Where the connecting words end which begin at `word_end`."""
    at = word_end
    while (link := LINK.match(folded, at)) and link.end() - word_end <= MAX_GAP:
        at = link.end()
    return at


class Word(NamedTuple):
    """Words that name a value; one of `stems` is in each of them, which is quicker to see."""

    pattern: re.Pattern[str]
    stems: tuple[str, ...]


def words_near_numbers(folded: Folded, word: Word) -> list[re.Match[str]]:
    """Every such word with a long number near it."""
    if not any(stem in folded.near for stem in word.stems):
        return []
    text = folded.text
    found = (f for start, end in folded.windows for f in word.pattern.finditer(text, start, end))
    return [named for named in found if not is_inside_a_word(text, named.start())]


def values_beside(
    folded: Folded, word: Word, value: re.Pattern[str]
) -> Iterator[tuple[re.Match[str], int, int]]:
    """Each word near a long number with the place of the value behind it, or else before it; `value` must hold its own
    right border.
    """
    for named in words_near_numbers(folded, word):
        if place := value_beside(folded.text, named, value):
            yield named, *place


def value_beside(text: str, named: re.Match[str], value: re.Pattern[str]) -> tuple[int, int] | None:
    """Where the value stands behind a word, or else before it."""
    return value_after(text, named.end(), value) or value_before(text, named.start(), value)


def is_inside_a_word(folded: str, start: int) -> bool:
    """Whether the Latin word that begins at `start` goes on to the left."""
    return folded[start].isascii() and re.match("[a-z0-9_]", folded[start - 1 : start]) is not None


def value_after(folded: str, word_end: int, value: re.Pattern[str]) -> tuple[int, int] | None:
    """Where the value stands that follows a word; a sign that was taken for a link may belong to it."""
    at = after(folded, word_end)
    for start in (at, at - 1):
        if start >= word_end and (found := value.match(folded, start)):
            return found.start(), found.end()
    return None


def value_before(folded: str, word_start: int, value: re.Pattern[str]) -> tuple[int, int] | None:
    """Where the value stands that a verb links to the word behind it."""
    window_start = max(0, word_start - MAX_VALUE)
    link = _LINK_BEFORE.search(folded, max(window_start, word_start - MAX_GAP), word_start)
    end = link.start() if link else word_start
    if not link or not link[0].strip(" "):
        return None
    for found in value.finditer(folded, window_start, end):
        if found.end() == end and not is_inside_a_word(folded, found.start()):
            return found.start(), end
    return None
