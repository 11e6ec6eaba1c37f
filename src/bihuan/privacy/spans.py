"""What is found in a text: its kinds, their classes, and the spans. Pure."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

Kind = Literal[
    "card_number",
    "id_number",
    "passport",
    "travel_permit",
    "mobile",
    "landline",
    "account",
    "email",
    "address",
    "person_name",
    "ip_address",
    "uscc",
    "cvv",
    "pin",
    "one_time_code",
    "expiry",
    "security_answer",
    "track_data",
]
DataClass = Literal["C1", "C2", "C3"]
#: *certain*: a check digit, a fixed form, or a word that leaves no doubt. *likely*: a form that something else may have.
Confidence = Literal["certain", "likely"]

#: JR/T 0171-2020: C1 stays clear, C2 identifies a person or shows finance (vault), C3 authenticates (destroyed).
DATA_CLASS: dict[Kind, DataClass] = {
    "card_number": "C2",
    "id_number": "C2",
    "passport": "C2",
    "travel_permit": "C2",
    "mobile": "C2",
    "landline": "C2",
    "account": "C2",
    "email": "C2",
    "address": "C2",
    "person_name": "C2",
    "ip_address": "C2",
    "uscc": "C1",
    "cvv": "C3",
    "pin": "C3",
    "one_time_code": "C3",
    "expiry": "C3",
    "security_answer": "C3",
    "track_data": "C3",
}

#: What stands where a C3 value stood: three blocks and a code that reads alike in every language.
MARKERS: dict[Kind, str] = {
    "cvv": "▇▇▇[CVV]",
    "pin": "▇▇▇[PIN]",
    "one_time_code": "▇▇▇[OTP]",
    "expiry": "▇▇▇[EXP]",
    "security_answer": "▇▇▇[ANSWER]",
    "track_data": "▇▇▇[TRACK]",
}

#: Free text: where a number or a secret lies across one of these, it is these that are cut short.
WORDED: frozenset[Kind] = frozenset({"address", "person_name"})


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One value: `text[start:end]` in code points of the original, `value` normalised (digits, X upper; what is written in
    words as it stands). Its repr never shows the value, so that neither a log nor a traceback can.
    """

    start: int
    end: int
    kind: Kind
    data_class: DataClass
    value: str
    confidence: Confidence = "certain"

    def __repr__(self) -> str:
        return f"Span({self.start}:{self.end} {self.kind} {self.data_class} {self.confidence})"


class Hit(NamedTuple):
    """A span in a folded text before it is settled which of several overlapping ones holds; an empty value is read from
    the text as written.
    """

    start: int
    end: int
    kind: Kind
    value: str = ""
    confidence: Confidence = "certain"


def disjoint(hits: Iterable[Hit]) -> list[Hit]:
    """`hits` in order, of overlapping ones the first, of those that begin together the longest."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept


def is_secret(kind: str) -> bool:
    """Whether values of a kind are destroyed, never kept (C3)."""
    return any(known == kind and class_ == "C3" for known, class_ in DATA_CLASS.items())
