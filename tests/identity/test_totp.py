"""One-time codes: the vectors of RFC 6238, the drift that is let pass, and no code twice."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.identity import totp

_RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_the_vectors_of_the_rfc(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(_RFC, at) == code
    assert totp.step_of(_RFC, code, at=at, after=0) == seconds // 30
    assert totp.step_of(_RFC, f"{code[:3]} {code[3:]}", at=at, after=0) == seconds // 30, "as apps show it"


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)), off=st.integers(-200, 200))
def test_half_a_minute_off_and_no_more(at: datetime, off: int) -> None:
    now = at.replace(tzinfo=UTC)
    made = now + timedelta(seconds=off)
    steps = int(made.timestamp()) // 30 - int(now.timestamp()) // 30
    found = totp.step_of(_RFC, totp.code_at(_RFC, made), at=now, after=0)
    if abs(steps) <= 1:
        assert found is not None
        assert totp.step_of(_RFC, totp.code_at(_RFC, made), at=now, after=found) is None, "once"
    else:
        assert found is None or found != int(made.timestamp()) // 30


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "１２３４５６", "287082x", "-87082"])
def test_what_is_no_code(text: str) -> None:
    assert totp.step_of(_RFC, text, at=datetime.fromtimestamp(59, UTC), after=0) is None
