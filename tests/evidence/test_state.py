"""The digest of a row tells any two rows apart."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from bihuan.evidence.state import digest, digest_bytes

columns = st.lists(st.none() | st.text(st.sampled_from("ab\x1b\x1f01"), max_size=4), min_size=1, max_size=4)


def test_shape() -> None:
    assert digest(["a", None, ""]) == hashlib.sha256(b"a\x1f\x00\x1f").hexdigest()


@given(columns, columns)
def test_different_rows_differ(one: list[str | None], two: list[str | None]) -> None:
    assert (digest(one) == digest(two)) == (one == two)


@given(columns)
def test_bytes_and_texts_agree(row: list[str | None]) -> None:
    assert digest(row) == digest_bytes([None if column is None else column.encode() for column in row])
