"""What a password must be (ASVS 5, 6.2): long enough, not known, not guessable, nobody's name. No rule of what it is made of.

Pure but for the list of known ones.
"""

import asyncio
import re
import unicodedata
from collections.abc import Iterable

import msgspec

from bihuan.core.problems import FieldProblem, Invalid
from bihuan.core.settings import Settings
from bihuan.identity import breached

#: Runs that fingers know: a password that is one of them, or a few of them in a row, guards nothing.
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "1q2w3e4r5t6y7u8i9o0p",
)  # fmt: skip
_RUNS_BOTH_WAYS = (*_RUNS, *(run[::-1] for run in _RUNS))
_LEAST_RUN = 4
_MOST_ADDED = 4
_MOST_PERIOD = 4
_LEAST_WORD = 4


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the institution demands: characters at least, and its own list of known ones."""

    least: int = 12
    known: str = ""


DEFAULT = Rules()


def rules_of(settings: Settings) -> Rules:
    """The rules as set."""
    return Rules(least=settings.password_length, known=settings.breached_passwords)


async def check(password: str, rules: Rules, *, names: Iterable[str], pointer: str = "/password") -> None:
    """Raise Invalid, at `pointer`, where this may be nobody's password. `names`: login, name, institution."""
    code = wrong_with(password, least=rules.least, names=names)
    if code is None and await is_known(password, rules):
        code = "breached"
    if code is not None:
        params: dict[str, str | int] = {"limit": rules.least} if code == "too_short" else {}
        raise Invalid(fields=[FieldProblem(pointer=pointer, code=code, params=params)])


async def is_known(password: str, rules: Rules) -> bool:
    """Whether it is known from a leak. Raises BreachedUnreadable."""
    return await asyncio.to_thread(breached.is_known, password, rules.known)


def wrong_with(password: str, *, least: int, names: Iterable[str]) -> str | None:
    """What is wrong with it, as the code of a field's problem; None where nothing is."""
    if len(password) < least:
        return "too_short"
    plain = unicodedata.normalize("NFKC", password).lower()
    if _is_named(plain, names):
        return "personal"
    if _repeats(plain) or _is_runs(plain) or _is_common_and_little(plain):
        return "guessable"
    return None


def _is_named(plain: str, names: Iterable[str]) -> bool:
    """It is a name with little beside it. Names of one's own inside a long sentence are no harm."""
    words = {
        n.lower() for name in names for n in (name, *re.split(r"[\s._@-]+", name)) if len(n) >= _LEAST_WORD
    }
    return any(word in plain and len(plain) - plain.count(word) * len(word) <= _MOST_ADDED for word in words)


def _repeats(plain: str) -> bool:
    """One to four characters over and over."""
    return any((plain[:n] * len(plain))[: len(plain)] == plain for n in range(1, _MOST_PERIOD + 1))


def _is_runs(plain: str) -> bool:
    """Nothing but runs of keys and letters, and a few characters more."""
    left, at = 0, 0
    while at < len(plain):
        longest = max((_run(plain, at, run) for run in _RUNS_BOTH_WAYS), default=0)
        if longest >= _LEAST_RUN:
            at += longest
        else:
            left, at = left + 1, at + 1
    return left <= _MOST_ADDED


def _run(plain: str, at: int, run: str) -> int:
    """How many characters from `at` on stand in `run` next to each other."""
    best = 0
    for start in (n for n, c in enumerate(run) if c == plain[at]):
        length = 0
        while (
            at + length < len(plain)
            and start + length < len(run)
            and plain[at + length] == run[start + length]
        ):
            length += 1
        best = max(best, length)
    return best


def _is_common_and_little(plain: str) -> bool:
    """A password of the list twice, or with a few characters before or behind it."""
    half = plain[: len(plain) // 2]
    if half * 2 == plain and breached.is_common(half):
        return True
    cuts = ((a, b) for a in range(_MOST_ADDED + 1) for b in range(_MOST_ADDED + 1 - a) if a + b)
    return any(breached.is_common(plain[a : len(plain) - b]) for a, b in cuts)
