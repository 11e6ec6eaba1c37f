"""What reading a document is given and gives: bounds, a redacted copy or the reason why there is none."""

from typing import Literal

import msgspec

#: Why there is no copy. `raw` and `crashed` and `too_slow` are said by whoever starts the reading.
Reason = Literal[
    "archive", "broken", "crashed", "encrypted", "format", "no_ocr", "old_office", "raw", "sound", "too_big",
    "too_many_pages", "too_slow",
]  # fmt: skip


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much one document may cost. `expanded` bytes out of a zip; `pixels` of one picture; `memory` in bytes."""

    seconds: int = 120
    memory: int = 2 << 30
    expanded: int = 200 << 20
    members: int = 5_000
    pages: int = 60
    pixels: int = 40_000_000
    ocr: bool = True


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the reading process is told; the bytes come after it."""

    content_type: str
    bounds: Bounds


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A document in which nothing personal is left.

    `findings`: how often each kind was found; `left_out`: pictures that could not be read and are not in it.
    """

    content: bytes
    content_type: str
    findings: dict[str, int] = {}
    left_out: int = 0


class NotReadable(Exception):
    """No copy can be made, for this reason."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the reading process answers; the copy's bytes come after it."""

    reason: Reason | None = None
    content_type: str = ""
    findings: dict[str, int] = {}
    left_out: int = 0
