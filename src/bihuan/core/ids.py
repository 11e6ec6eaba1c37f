"""Ids: UUIDv7 from our own clock, and ticket numbers a person can say.

A ticket number is nine digits and one check digit, said in two groups (`82117-56194`). The nine are a keyed
permutation of a database sequence, so neighbours tell nothing of one another; the tenth is ISO 7064 MOD 11,10,
which catches every single wrong digit and nearly every swap. A number that happens to satisfy Luhn is passed over:
it must never look like a card to a scanner.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from uuid import UUID

from bihuan.core import clock

_SPAN = 800_000_000  # payloads 200000000-999999999: never a leading 0 (lost when typed) or 1 (reads like a mobile)
_FLOOR = 200_000_000
_HALF_BITS = (
    15  # the Feistel network works on 2 x 15 bits = 1,073,741,824 values and walks until it is in the span
)
_ROUNDS = 6

_last_stamp = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, 12 of sub-millisecond order, 62 random."""
    global _last_stamp
    micros = int(clock.now().timestamp() * 1_000_000)
    stamp = (micros // 1000 << 12) | (micros % 1000 << 2)
    # Within one process ids never go back while real time runs, so a page ordered by id is ordered by creation.
    if _last_stamp >= stamp > _last_stamp - (5000 << 12):
        stamp = _last_stamp + 1
    _last_stamp = stamp
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def first_id_of(moment: datetime) -> UUID:
    """Below every id that is made from this moment on: where to begin to read what is newer."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def new_nonce() -> bytes:
    """16 random bytes, for a commitment."""
    return secrets.token_bytes(16)


def ticket_number(sequence: int, key: bytes) -> str | None:
    """The number for the sequence value (0 ≤ sequence < 800,000,000), or None where it would pass Luhn."""
    if not 0 <= sequence < _SPAN:
        raise ValueError(f"ticket sequence {sequence} is out of range")
    value = sequence
    while True:
        value = _permute(value, key)
        if value < _SPAN:
            break
    payload = str(_FLOOR + value)
    number = payload + check_digit(payload)
    return None if _passes_luhn(number) else number


def is_ticket_number(number: str) -> bool:
    """Whether the text is a well-formed ticket number (ten ASCII digits, right check digit)."""
    return (
        len(number) == 10 and number.isascii() and number.isdigit() and check_digit(number[:9]) == number[9]
    )


def clean_number(spoken: str) -> str:
    """A number as typed or said, without blanks and dashes."""
    return "".join(c for c in spoken if c not in " -–—\u3000")


def check_digit(payload: str) -> str:
    """ISO 7064 MOD 11,10 of a string of digits."""
    product = 10
    for digit in payload:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def _permute(value: int, key: bytes) -> int:
    left, right = value >> _HALF_BITS, value & (1 << _HALF_BITS) - 1
    for turn in range(_ROUNDS):
        mixed = hmac.digest(key, bytes([turn]) + right.to_bytes(2, "big"), hashlib.sha256)
        left, right = right, left ^ int.from_bytes(mixed[:2], "big") >> 1
    return left << _HALF_BITS | right


def _passes_luhn(digits: str) -> bool:
    doubled = (int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
