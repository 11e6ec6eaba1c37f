"""Days of the calendar: what a time is over by, against an oracle that counts."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.casetypes.model import KINDS
from bihuan.privacy.retention_classes import class_of, classes
from bihuan.privacy.retention_time import Term, Unit, begin_of, cutoff, day_of, last_day, shorter

TERMS = st.builds(Term, amount=st.integers(1, 120), unit=st.sampled_from(get_args(Unit)))
DAYS = st.dates(date(2000, 1, 1), date(2080, 1, 1))


def by_counting(term: Term, closed: date) -> date:
    """The last day, month by month and day by day."""
    if term.unit == "day":
        return closed + timedelta(days=term.amount)
    year, month = closed.year, closed.month
    for _ in range(term.amount * (12 if term.unit == "year" else 1)):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for day in range(closed.day, 0, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    raise AssertionError


@given(term=TERMS, closed=DAYS)
def test_a_time_ends_on_the_same_day_or_the_months_last(term: Term, closed: date) -> None:
    assert last_day(term, closed) == by_counting(term, closed)


@given(term=TERMS, today=DAYS, off=st.integers(-40, 40))
def test_the_cutoff_tells_exactly_what_is_over(term: Term, today: date, off: int) -> None:
    first = cutoff(term, today)
    closed = first + timedelta(days=off)
    assert (closed < first) == (last_day(term, closed) < today)


@given(one=TERMS, other=TERMS)
def test_shorter_is_no_guess(one: Term, other: Term) -> None:
    assert not shorter(one, one)
    if one.unit == other.unit:
        assert shorter(one, other) == (one.amount < other.amount)
    assert not (shorter(one, other) and all(last_day(one, d) >= last_day(other, d) for d in _DAYS))


_DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(1461)]


@pytest.mark.parametrize(
    ("term", "closed", "last"),
    [
        (Term(amount=3, unit="year"), date(2024, 2, 29), date(2027, 2, 28)),
        (Term(amount=1, unit="year"), date(2023, 2, 28), date(2024, 2, 28)),
        (Term(amount=1, unit="month"), date(2026, 1, 31), date(2026, 2, 28)),
        (Term(amount=90, unit="day"), date(2026, 1, 1), date(2026, 4, 1)),
    ],
)
def test_known_ends(term: Term, closed: date, last: date) -> None:
    assert last_day(term, closed) == last
    assert closed >= cutoff(term, last), "its last day still belongs to it"
    assert closed < cutoff(term, last + timedelta(days=1))


def test_thirty_days_are_shorter_than_a_month_and_a_month_than_31_days() -> None:
    month = Term(amount=1, unit="month")
    assert shorter(Term(amount=30, unit="day"), month)
    assert shorter(month, Term(amount=31, unit="day"))
    assert not shorter(Term(amount=31, unit="day"), month)


def test_days_are_of_the_desks_own_zone() -> None:
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    assert day_of(late) == date(2026, 3, 2)
    assert begin_of(date(2026, 3, 2)) == datetime(2026, 3, 1, 16, tzinfo=UTC)


def test_every_kind_of_case_type_is_of_a_class_and_no_default_is_below_what_its_source_asks() -> None:
    for kind in KINDS:
        assert class_of("whatever", kind).keeps == "ticket"
    for one in classes().values():
        assert one.shortest is None or not shorter(one.default, one.shortest), one.code
        assert (one.fixed is None) == (one.fixed_en is None) == (one.keeps != "nothing"), one.code
