"""Full names in context: "姓名：…", "我叫…", "持卡人…", "…先生" behind a full name, columns and keys of names; "my name is …",
"Cardholder: …". Pure, linear.

A surname with 先生 or 女士 alone ("张先生") is how a desk addresses people and stays clear, as does "Mr Smith". A full name
without any context is not found: in Chinese any two characters may be words.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bihuan.privacy.beside import is_inside_a_word
from bihuan.privacy.fold import Folded
from bihuan.privacy.people_words import (
    CLAUSE,
    CLEAR_END,
    COMMON,
    CONTEXT,
    DOUBLE,
    END,
    HAN,
    HEAD,
    IN_HEADS,
    KEY,
    KEY_BEFORE,
    KEYS,
    LABELLED,
    LATIN_CONTEXT,
    LATIN_ENDS,
    LATIN_LAST,
    MOSTLY_WORDS,
    NAME_TOO,
    NAME_TOO_BEFORE_ANY,
    NEEDS_COLON,
    NO_GIVEN,
    NO_LATIN_NAME,
    ORGANISATION,
    PARTICLES,
    SAID,
    SENTENCE,
    SURNAMES,
    UNASKED,
    WORDY,
    begins_word,
    is_word,
)
from bihuan.privacy.spans import Confidence, Hit

_DOUBLE = re.compile(DOUBLE)
_RUN = re.compile(f"{HAN}{{1,5}}")
_DOTTED = re.compile(rf"{HAN}{{2,12}}(?:[·•]{HAN}{{1,12}}){{1,3}}")
#: Two or three characters set apart to fill their field in a form ("张　三").
_APART = re.compile(
    rf"(?:{DOUBLE}|{HAN}) {{1,4}}(?!先生|女士|小姐|太太|老师|经理|[男女])"
    rf"{HAN}(?:(?: {{1,4}}(?![男女]))?{HAN}(?!{HAN})|(?!{HAN}))"
)
_LINK = re.compile(r"[ ]?(?:[:=|\"'“”(（【「]|就?是|为|為|叫|[ ]){0,4}")
#: A name's first character, or a link's.
_MAY_FOLLOW = LABELLED | frozenset(DOUBLE) | frozenset(" :=|\"'“”(（【「就是为為叫")
_TITLED = re.compile("先生|女士|小姐|太太")

_LATIN = r"[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ſ'’-]{1,24}"
_LATIN_NAME = re.compile(
    rf"{_LATIN}(?: [A-Z]\.?)?(?: (?:de|da|van|von|bin|al|la|del|der)){{0,2}}(?: {_LATIN}){{1,3}}"
)
_ONE_LATIN_NAME = re.compile(_LATIN)
_CAPITALS = re.compile(r"[A-Z]{2,20}(?:[ /][A-Z]{2,20}){1,3}(?![a-z])")
_QUOTES = " \n\"'“”,"
_CAPITAL = re.compile("[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ſ]")
_BEFORE_LATIN = 44
_END_LATIN = re.compile(r"[,.;!\n]|$| (?:and|from|calling|here|with|again)(?![a-z])")
#: What must stand behind the name, by the word before it. Behind some a name is written in small letters after its
#: capitals, and the clause ends with it.
_MUST_FOLLOW = {
    "i am": _END_LATIN,
    "i'm": _END_LATIN,
    "this is": _END_LATIN,
    "dear": re.compile(r" ?[,:;!\n-]|$"),
    "from:": re.compile(r"[\"'”]? ?[<\[‹]"),
}


def find_people_names(folded: Folded) -> Iterator[Hit]:
    """Every full name that its context gives away."""
    text = folded.text
    if not text.isascii():
        yield from _beside_words(text)
        yield from _before_titles(text)
        yield from _behind_keys(text)
    yield from _in_columns(folded)
    yield from _latin(folded)


def _beside_words(text: str) -> Iterator[Hit]:
    has_dotted = "·" in text or "•" in text
    for word in CONTEXT.finditer(text):
        if text[word.end() : word.end() + 1] not in _MAY_FOLLOW and not has_dotted:
            continue
        link = _LINK.match(text, word.end())
        at = link.end() if link else word.end()
        gap = text[word.end() : at]
        is_marked = ":" in gap or "=" in gap
        if word[0] in NEEDS_COLON and not is_marked:
            continue
        is_asked = is_marked or _asks(word[0], gap)
        end = _asked_end(text, at) if is_asked else _weak_end(text, at)
        if end is not None:
            confidence: Confidence = "certain" if is_asked else "likely"
            yield Hit(at, end, "person_name", text[at:end].replace(" ", ""), confidence)


def _asks(word: str, gap: str) -> bool:
    """Whether a name must stand behind a word and what links to it."""
    if word in UNASKED:
        return "叫" in gap
    return word in SAID or any(c in gap for c in "是为為叫")


def _surname_length(text: str, at: int) -> int:
    if double := _DOUBLE.match(text, at):
        return len(double[0])
    return 1 if text[at : at + 1] in LABELLED and text[at : at + 1] else 0


def _asked_end(text: str, at: int) -> int | None:
    """Where the name ends that must begin at `at`: all that stands there if it is short; else at a border; else, if nothing
    shows where, after three characters.
    """
    if whole := _whole_end(text, at):
        return whole
    run = _RUN.match(text, at)
    surname = _surname_length(text, at)
    if run is None or not surname or begins_word(text, at) or NO_GIVEN.match(text, at + surname):
        return None
    if len(run[0]) <= 3 and is_word(run[0]):
        return None
    if text[at + surname : at + surname + 1] in CLAUSE or ORGANISATION.match(text, at):
        return None
    lengths = [n for n in ((4, 3) if surname == 2 else (3, 2)) if n <= len(run[0])]
    for end in _ends(text, at, lengths):
        if not is_word(text[at:end]):
            return end
    if not lengths or (surname == 1 and text[at] in SENTENCE):
        return None
    end = at + lengths[0]
    return None if text[end : end + 1] == "*" or is_word(text[at:end]) else end


def _whole_end(text: str, at: int) -> int | None:
    """Where the name ends if it is all that stands at `at`, up to what is not Han."""
    if dotted := _DOTTED.match(text, at):
        return dotted.end()
    if (apart := _APART.match(text, at)) and _surname_length(text, at) and not is_word(text[at] + "　"):
        return apart.end()
    run = _RUN.match(text, at)
    surname = _surname_length(text, at)
    if run is None or not surname or text[run.end() : run.end() + 1] == "*":
        return None
    is_short = len(run[0]) in ((2, 3, 4) if surname == 2 else (2, 3))
    if not is_short or is_word(run[0]) or NO_GIVEN.match(text, at + surname):
        return None
    given = run[0][surname : surname + 1]
    is_cut = given in CLAUSE or run[0][-1] in CLAUSE or _ends_clearly_inside(text, at, run.end())
    return None if is_cut else run.end()


def _ends_clearly_inside(text: str, at: int, end: int) -> bool:
    return any(CLEAR_END.match(text, place) for place in range(at + 2, end))


def _ends(text: str, at: int, lengths: list[int]) -> Iterator[int]:
    """Where a name may end, best first: a border word may also be the last character of the name before a clear end."""
    ends = [at + n for n in lengths]
    for end in ends:
        may_end = text[end - 1] in NAME_TOO or not END.match(text, end - 1)
        if may_end and CLEAR_END.match(text, end) and not CLEAR_END.match(text, end - 1):
            yield end
    for end in ends:
        may_end = text[end - 1] in NAME_TOO_BEFORE_ANY or not END.match(text, end - 1)
        if may_end and END.match(text, end) and not CLEAR_END.match(text, end - 1):
            yield end
    for end in ends:
        if END.match(text, end):
            yield end


def _weak_end(text: str, at: int) -> int | None:
    """Where the name ends that may begin at `at`: what looks like a word is none, and something must end it."""
    if dotted := _DOTTED.match(text, at):
        return dotted.end()
    run = _RUN.match(text, at)
    double = _DOUBLE.match(text, at)
    surname = len(double[0]) if double else 1
    if run is None or (not double and text[at] not in SURNAMES):
        return None
    if begins_word(text, at) or NO_GIVEN.match(text, at + surname):
        return None
    lengths = [n for n in ((4, 3) if double else (3, 2)) if n <= len(run[0])]
    if not double and text[at] in MOSTLY_WORDS:
        lengths = lengths[:1]
    for end in _ends(text, at, lengths):
        name = text[at:end]
        is_word_like = not double and (text[at] in MOSTLY_WORDS or (text[at] in WORDY and len(name) == 2))
        is_ended = not is_word_like or CLEAR_END.match(text, end) is not None
        if is_ended and name[surname] not in PARTICLES and name[-1] not in PARTICLES and not is_word(name):
            return end
    return None


def _before_titles(text: str) -> Iterator[Hit]:
    """Surname and given name before a title; the longest that begins with a surname."""
    for title in _TITLED.finditer(text):
        for length in (4, 3, 2):
            start = title.start() - length
            if start < 0 or not _is_titled(text, start, title.start()):
                continue
            yield Hit(start, title.start(), "person_name", text[start : title.start()], "likely")
            break


def _is_titled(text: str, start: int, end: int) -> bool:
    """Whether a full name, not a word that ends in a surname ("请问张先生"), stands before a title."""
    name = text[start:end]
    run = _RUN.match(name)
    if run is None or run.end() < len(name) or is_word(name):
        return False
    double = _DOUBLE.match(name)
    if double:
        return len(name) > 2 and name[2] not in PARTICLES
    if len(name) == 4 or name[0] not in SURNAMES or name[0] in MOSTLY_WORDS:
        return False
    is_free = start == 0 or _RUN.match(text, start - 1) is None
    return name[1] not in PARTICLES and (is_free or name[-1] not in COMMON or len(name) > 2)


def _behind_keys(text: str) -> Iterator[Hit]:
    """The value of a key that names a person: "customerName":"张三", <custName>张三</custName>."""
    if not any(key in text for key in ("name", "holder", "payee", "payer")):
        return
    for key in KEY.finditer(text):
        before = KEY_BEFORE.search(text, max(0, key.start() - 24), key.start())
        if before is None or not KEYS.fullmatch(before[0]):
            continue
        end = _whole_end(text, key.end())
        if end and (text[key.end()] not in SENTENCE or _surname_length(text, key.end()) == 2):
            yield Hit(key.end(), end, "person_name", text[key.end() : end], "certain")


class _Column(NamedTuple):
    sign: str
    place: int


def _in_columns(folded: Folded) -> Iterator[Hit]:
    """The cells below a head like 姓名, to the next line without columns."""
    text, shown = folded.text, folded.shown
    if text.isascii() and "name" not in text:
        return
    if not any(word in shown for word in IN_HEADS):
        return
    column: _Column | None = None
    start = 0
    for line in text.split("\n"):
        # Tabs are blanks in the folded text.
        written = shown[start : start + len(line)]
        if head := _head(written):
            column = head
        elif column and column.sign not in written:
            column = None
        elif column and (cell := _cell(written, column)):
            at = start + cell[0]
            if length := _cell_length(text, at, cell[1]):
                yield Hit(at, at + length, "person_name", "", "certain")
        start += len(line) + 1


def _head(written: str) -> _Column | None:
    """The column of names in a line of heads."""
    if not any(word in written for word in IN_HEADS):
        return None
    sign = next((sign for sign in "\t|,，;；" if sign in written), None)
    if sign is None:
        return None
    heads = (cell.strip(" \"'*").lower() for cell in written.split(sign))
    places = (place for place, head in enumerate(heads) if head[-1:] in "名字人e" and HEAD.fullmatch(head))
    place = next(places, None)
    return None if place is None else _Column(sign, place)


def _cell(written: str, column: _Column) -> tuple[int, str] | None:
    """Offset and content of a line's cell in `column`."""
    cells = written.split(column.sign, column.place + 1)
    if len(cells) <= column.place:
        return None
    cell = cells[column.place]
    content = cell.strip(" \"'*\r")
    offset = sum(len(c) + 1 for c in cells[: column.place]) + cell.find(content)
    return (offset, content) if content else None


def _cell_length(text: str, at: int, content: str) -> int:
    """The length of `content`, if it is a name."""
    if content[0].isascii() or content[0].isupper():
        found = _CAPITALS.fullmatch(content) or _LATIN_NAME.fullmatch(content)
        return len(content) if found and not _has_other_words(content) else 0
    return len(content) if _whole_end(text, at) == at + len(content) else 0


def _latin(folded: Folded) -> Iterator[Hit]:
    """Capitals are rare and words are not, so it goes from a capital back to the word before it."""
    text, written = folded.text, folded.shown
    for capital in _CAPITAL.finditer(written):
        at = capital.start()
        before = text[max(0, at - 12) : at].rstrip(_QUOTES)
        if before[-1:] not in LATIN_LAST or not before.endswith(LATIN_ENDS):
            continue
        word = LATIN_CONTEXT.search(text, max(0, at - _BEFORE_LATIN), at)
        if word is None or is_inside_a_word(text, word.start()):
            continue
        named = word[0].rstrip(_QUOTES)
        if len(named) == len(word[0]) and named[-1].isalpha() and named.isascii():
            continue
        length = _latin_length(written[at : at + 80], named)
        if length:
            yield Hit(at, at + length, "person_name", "", "certain" if "name" in named else "likely")


def _latin_length(written: str, word: str) -> int:
    """How long the name is that `written` begins with: two parts or more, or one if the word asks for a name."""
    must_follow = _MUST_FOLLOW.get(word)
    found = _LATIN_NAME.match(written)
    if must_follow is not _END_LATIN:
        found = _CAPITALS.match(written) or found
    if found is None and "my" in word and "name" in word:
        found = _ONE_LATIN_NAME.match(written)
    if found is None or _has_other_words(found[0]):
        return 0
    if must_follow and not must_follow.match(written, found.end()):
        return 0
    return 0 if must_follow is _END_LATIN and found[0].isupper() else len(found[0])


def _has_other_words(name: str) -> bool:
    return any(NO_LATIN_NAME.fullmatch(part) for part in re.split("[ /]", name))
