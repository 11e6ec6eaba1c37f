"""Finds personal and authentication data in free text: the pre-filter, the kinds, and who wins where two overlap.

Found for certain: card numbers, resident IDs (18 characters), mainland mobiles; CVV, PINs and passwords, one-time codes
beside their word. Not yet: numbers in Chinese numerals or look-alike letters, names, addresses, e-mails, foreign phones.
"""

import re

from bihuan.privacy.authentication_data import find_authentication_data
from bihuan.privacy.numbers import find_numbers
from bihuan.privacy.spans import DATA_CLASS, DataClass, Hit, Kind, Span, fold

__all__ = ["DataClass", "Kind", "Span", "detect"]

_ANY_DIGIT = re.compile("[0-9０-９]")
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
#: A password may have no digit; these words must then stand before it.
_PASSWORD_WORDS = ("密码", "密碼", "口令", "pass", "pwd")


def detect(text: str) -> tuple[Span, ...]:
    """Every sensitive value in `text`: sorted, none overlapping, never empty. Linear time; raises on no string."""
    if _ANY_DIGIT.search(text) is None and not _names_password(text):
        return ()
    folded = fold(text)
    hits = _settle(find_numbers(folded), find_authentication_data(folded))
    return tuple(_span(text, hit) for hit in hits)


def _names_password(text: str) -> bool:
    folded = fold(text)
    return any(word in folded for word in _PASSWORD_WORDS)


def _settle(numbers: list[Hit], secrets: list[Hit]) -> list[Hit]:
    """One answer per place. A secret inside a larger number is a group of its digits; any other secret wins, and where the
    two only cross, it is widened to cover both: nothing clear may be left between them.
    """
    if not numbers or not secrets:
        return numbers or secrets
    settled: list[Hit] = []
    for hit in sorted(
        [*numbers, *secrets],
        key=lambda h: (h.start, -h.end, DATA_CLASS[h.kind] == "C2"),
    ):
        if settled and hit.start < settled[-1].end:
            settled[-1] = _merge(settled[-1], hit)
        else:
            settled.append(hit)
    return settled


def _merge(first: Hit, second: Hit) -> Hit:
    """Two overlapping hits, `first` beginning no later, as the one that stands for both."""
    if second.end <= first.end:
        return first
    secret = first if DATA_CLASS[first.kind] == "C3" else second
    return Hit(first.start, second.end, secret.kind, "")


def _span(text: str, hit: Hit) -> Span:
    data_class = DATA_CLASS[hit.kind]
    value = hit.value if data_class == "C2" else text[hit.start : hit.end].translate(_FULL_WIDTH)
    return Span(start=hit.start, end=hit.end, kind=hit.kind, data_class=data_class, value=value)
