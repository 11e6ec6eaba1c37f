"""Finds personal and authentication data in free text: the finders, and who wins where two overlap.

Each finder reads the folded text once and says what it sees; nothing else knows about it. What each kind looks like, and
what is not found, stands in docs/howto/personal-data.md.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

from bihuan.privacy.accounts import find_accounts
from bihuan.privacy.authentication_data import find_authentication_data
from bihuan.privacy.card_secrets import find_card_secrets
from bihuan.privacy.fold import Folded
from bihuan.privacy.forms import normalise
from bihuan.privacy.identity_documents import find_identity_documents
from bihuan.privacy.net_addresses import find_net_addresses
from bihuan.privacy.numbers import find_numbers
from bihuan.privacy.people_names import find_people_names
from bihuan.privacy.phones import find_phones
from bihuan.privacy.postal_addresses import find_postal_addresses
from bihuan.privacy.spans import DATA_CLASS, WORDED, DataClass, Hit, Kind, Span

__all__ = ["DataClass", "Kind", "Span", "detect"]

_Finder = Callable[[Folded], Iterable[Hit]]

#: What needs a digit, and what does not.
_NUMERIC: tuple[_Finder, ...] = (find_identity_documents, find_accounts, find_phones)
_ANY: tuple[_Finder, ...] = (find_postal_addresses, find_net_addresses, find_people_names)

_ANY_DIGIT = re.compile("[0-9]")
#: Which reading of the same characters is preferred, all else being equal.
_PREFERRED: dict[Kind, int] = {kind: place for place, kind in enumerate(DATA_CLASS)}
#: The least a name or an address must keep where a number cuts it short.
_LEAST_WORDED = 4


def detect(text: str) -> tuple[Span, ...]:
    """Every sensitive value in `text`: sorted, none overlapping, never empty. Linear time; raises on no string."""
    folded = Folded(text)
    return tuple(_span(folded, hit) for hit in _settle(_find(folded)))


def _find(folded: Folded) -> list[Hit]:
    hits: list[Hit] = []
    cards: list[Hit] = []
    if _ANY_DIGIT.search(folded.text):
        hits += find_numbers(folded.text)
        cards = [hit for hit in hits if hit.kind == "card_number"]
        for finder in _NUMERIC:
            hits += finder(folded)
    hits += find_authentication_data(folded.text)
    hits += find_card_secrets(folded, cards)
    for finder in _ANY:
        hits += finder(folded)
    return hits


def _settle(hits: list[Hit]) -> list[Hit]:
    """One answer per place."""
    settled: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end, DATA_CLASS[h.kind] != "C3", _PREFERRED[h.kind])):
        if settled and hit.start < settled[-1].end:
            settled[-1:] = _meet(settled[-1], hit)
        else:
            settled.append(hit)
    return settled


def _meet(first: Hit, second: Hit) -> tuple[Hit, ...]:
    """What stands for two hits that overlap, `first` beginning no later: words give way to numbers and secrets."""
    if first.kind in WORDED or second.kind in WORDED:
        return _meet_words(first, second)
    if DATA_CLASS[first.kind] == "C3" or DATA_CLASS[second.kind] == "C3":
        return (_merge(first, second),)
    return (max(first, second, key=_weight),)


def _meet_words(first: Hit, second: Hit) -> tuple[Hit, ...]:
    if first.kind not in WORDED:
        return (first,)
    if first.kind == second.kind:
        return (first._replace(end=max(first.end, second.end)),)
    if second.kind in WORDED and second.end <= first.end:
        return (first,)
    cut = first._replace(end=second.start)
    return (cut, second) if cut.end - cut.start >= _LEAST_WORDED else (second,)


def _merge(first: Hit, second: Hit) -> Hit:
    """Two hits of which one is a secret: inside a larger number it is a group of its digits; where the two only cross, it
    is widened to cover both: nothing clear may be left between them.
    """
    if second.end <= first.end:
        return first
    secret = first if DATA_CLASS[first.kind] == "C3" else second
    return Hit(first.start, second.end, secret.kind)


def _weight(hit: Hit) -> tuple[bool, int, int]:
    return hit.confidence == "certain", hit.end - hit.start, -_PREFERRED[hit.kind]


def _span(folded: Folded, hit: Hit) -> Span:
    start, end = folded.original_offsets(hit.start, hit.end)
    written = folded.written(hit.start, hit.end)
    value = (
        hit.value if hit.value and hit.kind not in WORDED else unicodedata.normalize("NFKC", written).strip()
    )
    return Span(
        start=start,
        end=end,
        kind=hit.kind,
        data_class=DATA_CLASS[hit.kind],
        value=value if DATA_CLASS[hit.kind] == "C3" else normalise(hit.kind, value),
        confidence="likely" if _is_guessed(hit, written) else hit.confidence,
    )


def _is_guessed(hit: Hit, written: str) -> bool:
    """Whether letters or numerals were read as the digits of a number."""
    return hit.kind in ("card_number", "mobile") and any(c.isalpha() for c in written)
