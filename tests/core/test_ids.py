"""Ids in order, and ticket numbers a person can say."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import clock, ids

_KEY = b"k" * 32
_SEQUENCES = st.integers(0, 800_000_000 - 1)


def test_ids_are_version_7_and_in_order() -> None:
    made = [ids.new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {i.version for i in made} == {7}
    assert {i.variant for i in made} == {"specified in RFC 4122"}


def test_ids_tell_the_travelled_time() -> None:
    moment = datetime(2031, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC)
    with clock.travel(moment) as traveller:
        first = ids.new_id()
        traveller.on(timedelta(seconds=1))
        second = ids.new_id()
    assert first.int >> 80 == int(moment.timestamp() * 1000)
    assert first < second


@given(_SEQUENCES)
def test_a_number_is_well_formed_and_no_card(sequence: int) -> None:
    number = ids.ticket_number(sequence, _KEY)
    if number is None:
        return
    assert ids.is_ticket_number(number)
    assert number[0] in "23456789"
    assert _luhn(number) != 0


@given(st.lists(_SEQUENCES, unique=True, min_size=2, max_size=50))
def test_no_number_comes_twice(sequences: list[int]) -> None:
    numbers = [n for s in sequences if (n := ids.ticket_number(s, _KEY))]
    assert len(numbers) == len(set(numbers))


def test_neighbours_tell_nothing_of_one_another() -> None:
    numbers = [n for s in range(2000) if (n := ids.ticket_number(s, _KEY))]
    near = sum(abs(int(a) - int(b)) < 10_000_000 for a, b in pairwise(numbers))
    assert near < 20, "of 2,000 neighbours a chance would put some 5 within 1 % of the span"
    assert 1700 < len(numbers) < 1900, "about one in ten satisfies Luhn and is passed over"


@given(_SEQUENCES, st.integers(0, 9), st.integers(0, 9))
def test_every_single_wrong_digit_is_caught(sequence: int, at: int, digit: int) -> None:
    number = ids.ticket_number(sequence, _KEY)
    if number is None or number[at] == str(digit):
        return
    assert not ids.is_ticket_number(number[:at] + str(digit) + number[at + 1 :])


def test_nearly_every_swap_is_caught() -> None:
    tried = caught = 0
    for sequence in range(1000):
        number = ids.ticket_number(sequence, _KEY) or ""
        for i in range(len(number) - 1):
            if number[i] != number[i + 1]:
                tried += 1
                swapped = number[:i] + number[i + 1] + number[i] + number[i + 2 :]
                caught += not ids.is_ticket_number(swapped)
    assert caught / tried > 0.97, (caught, tried)


@pytest.mark.parametrize("sequence", [-1, 800_000_000, 2**40])
def test_the_span_ends(sequence: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        ids.ticket_number(sequence, _KEY)


@pytest.mark.parametrize("text", ["", "123", "12345678901", "١٢٣٤٥٦٧٨٩٠", "abcdefghij", "1234567890\n"])
def test_no_number(text: str) -> None:
    assert not ids.is_ticket_number(text)


@given(st.text(max_size=30))
def test_any_text_may_be_asked(text: str) -> None:
    assert ids.is_ticket_number(ids.clean_number(text)) in (True, False)


def test_said_in_two_groups() -> None:
    number = next(n for s in range(10) if (n := ids.ticket_number(s, _KEY)))
    for spoken in (f"{number[:5]}-{number[5:]}", f" {number[:5]} {number[5:]}", f"{number[:5]}—{number[5:]}"):
        assert ids.clean_number(spoken) == number


def _luhn(digits: str) -> int:
    total = 0
    for i, d in enumerate(reversed(digits)):
        value = int(d) * (1 + i % 2)
        total += value - 9 if value > 9 else value
    return total % 10
