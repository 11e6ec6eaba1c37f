"""Passwords that are known from leaks: a list that comes with the desk, and a larger one where the institution has it.

`breached.bin`: the first 8 bytes of the SHA-1 of each password (in lower case, 8 characters and up), sorted. Where it is
from: `breached.licences.txt`. The larger one (BIHUAN_BREACHED_PASSWORDS) is the well-known text form: a line for each
password, its SHA-1 in hex, a colon, how often it was seen; sorted. It is searched on disk by bisecting, never loaded.
"""

import hashlib
import os
from bisect import bisect_left
from functools import cache
from pathlib import Path

from bihuan.core.problems import Problem

_BYTES = 8
_DIGITS = 40
#: Two lines of the list at most: the hash, a colon, a count, an end.
_LINE = 64


class BreachedUnreadable(Problem):
    """The list BIHUAN_BREACHED_PASSWORDS cannot be read: {reason}"""

    status = 503
    zh = "无法读取 BIHUAN_BREACHED_PASSWORDS 指定的泄露密码清单：{reason}"


def is_known(password: str, file: str) -> bool:
    """Whether a password is on the desk's list, in whatever case, or on the institution's as it is.

    `file` is the setting. Reads a few blocks of the disk: call it in a thread. Raises BreachedUnreadable.
    """
    if _on_ours(password):
        return True
    return bool(file) and _in_file(Path(file), _sha1(password).hex().upper())


def is_common(password: str) -> bool:
    """Whether it is on the desk's own list."""
    return _on_ours(password)


def _on_ours(password: str) -> bool:
    ours, wanted = _ours(), _sha1(password.lower())[:_BYTES]
    at = bisect_left(range(len(ours) // _BYTES), wanted, key=lambda n: ours[n * _BYTES : (n + 1) * _BYTES])
    return ours[at * _BYTES : (at + 1) * _BYTES] == wanted


def _sha1(text: str) -> bytes:
    """SHA-1, because the lists are kept so; it guards nothing here."""
    return hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).digest()


@cache
def _ours() -> bytes:
    return Path(__file__).with_name("breached.bin").read_bytes()


def _in_file(path: Path, wanted: str) -> bool:
    """Bisects by bytes: what is left is always whole lines, and the line that begins at or after the middle decides."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise BreachedUnreadable(reason=type(error).__name__) from error
    try:
        low, high = 0, os.fstat(descriptor).st_size
        while low < high:
            start, end, found = _line_at(descriptor, (low + high) // 2)
            if len(found) != _DIGITS:
                raise BreachedUnreadable(reason=f"no SHA-1 at byte {start}")
            if found == wanted:
                return True
            if found < wanted:
                low = end
            else:
                high = start
        return False
    finally:
        os.close(descriptor)


def _line_at(descriptor: int, at: int) -> tuple[int, int, str]:
    """The line that byte `at` stands in: where it begins, where the next one does, and its hash."""
    first = max(0, at - _LINE)
    piece = os.pread(descriptor, 3 * _LINE, first)
    begin = piece.rfind(b"\n", 0, at - first) + 1
    end = piece.find(b"\n", at - first)
    end = len(piece) if end < 0 else end + 1
    digits = piece[begin:end].strip().partition(b":")[0].decode("ascii", "replace")
    return first + begin, first + end, digits.upper()
