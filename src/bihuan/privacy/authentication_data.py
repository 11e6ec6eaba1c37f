"""CVV, PINs, passwords and one-time codes (鉴别信息) directly beside their word in a folded text. Pure, linear.

A word alone says nothing ("密码找回", "PIN blocked"). A value counts if at most 12 characters lie between it and its word,
all of them blanks, quotes, or connecting words; on either side. The link is *strong* with `:`, `=`, 是, 为, "is" …; beside
it almost anything is the value. Without one, what reads as a count, date, amount, version or service number is not.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bihuan.privacy.authentication_words import (
    ACCOUNT,
    AMOUNT_BEFORE,
    BARE_BEFORE,
    CLAUSE_END,
    CODE_OWNER,
    CODE_OWNERS,
    CODE_VALUE,
    CVV_VALUE,
    DATE_OR_TIME,
    DIGITS_END,
    ERROR_BEFORE,
    GOES_ON,
    IS_CODE,
    IS_CVV,
    LINK,
    LINK_BEFORE,
    MAX_GAP,
    MAX_TOKEN,
    NOT_A_PASSWORD,
    PAIR_BEFORE,
    PAIRED,
    SERVICE_NUMBER,
    STATES,
    STEMS,
    STRONG,
    TAIL_BEFORE,
    TOKEN,
    TOKEN_END,
    TOLD,
    UNIT,
    WORD,
    YEAR,
)
from bihuan.privacy.fold import FILLER
from bihuan.privacy.spans import Hit, Kind, disjoint


class _Value(NamedTuple):
    start: int
    end: int
    kind: Kind


def find_authentication_data(folded: str) -> list[Hit]:
    """Every C3 value in `folded`, in order, none overlapping; a value found once is found wherever it stands alone."""
    if not any(stem in folded for stem in STEMS):
        return []
    values: list[_Value] = []
    for word in WORD.finditer(folded):
        if _is_word(folded, word):
            values.extend(_beside(folded, word))
    hits = [Hit(v.start, v.end, v.kind, folded[v.start : v.end]) for v in values]
    return disjoint([*hits, *_repeats(folded, hits)]) if hits else []


def _is_word(folded: str, word: re.Match[str]) -> bool:
    """Whether the match is a word of its own; a bare "code" only where nothing says whose else it is."""
    start, last = word.start(), folded[word.start() - 1 : word.start()]
    if folded[start] < "{" and ("a" <= last <= "z" or "0" <= last <= "9" or last == "_"):
        return False
    if word[0] != "code":
        return True
    before = folded[max(0, start - 16) : start]
    owner = CODE_OWNER.search(before)
    return owner is not None and owner[1] in CODE_OWNERS and ERROR_BEFORE.search(before) is None


def _beside(folded: str, word: re.Match[str]) -> Iterator[_Value]:
    """The values on both sides of one word; before it and without a verb only if none follows."""
    kind: Kind = "cvv" if IS_CVV.match(word[0]) else "one_time_code" if IS_CODE.match(word[0]) else "pin"
    at = _gap_after(folded, word.end())
    gap = folded[word.end() : at]
    strong = STRONG.search(gap) is not None
    # A comma ends the clause: "收不到验证码,1234" names no code.
    is_linked = strong or TOLD.search(gap) is not None or not ("," in gap or word[0] == "code")
    value_at = _after_account(folded, word.start(), at) if kind == "pin" and strong else at
    found = _value_at(folded, value_at, strong, word[0], kind) if is_linked and value_at is not None else None
    if found:
        yield found
    is_answered = found is not None or folded[at : at + 1] == FILLER
    before = _value_before(folded, word.start(), word[0], kind, is_answered)
    if before:
        yield before


def _after_account(folded: str, word_start: int, at: int) -> int | None:
    """Where the password begins if account and password are given together: the last of up to eight tokens from `at`
    which has a digit; None if only an account is there, or the password is destroyed already. `at` itself if the word
    stands alone.
    """
    if PAIR_BEFORE.search(folded[max(0, word_start - 16) : word_start]) is None:
        return at
    starts: list[int] = []
    position = at
    while len(starts) < 8 and (token := PAIRED.match(folded, position, position + MAX_TOKEN)):
        if any(c.isdecimal() for c in token[0]):
            starts.append(token.end() - len(token[0].lstrip(" ,/、;\n")))
        position = token.end()
    if folded[position : position + 4].lstrip(" ,/、;\n").startswith(FILLER):
        return None  # destroyed before
    if len(starts) > 1:
        return starts[-1]
    return None if ACCOUNT.match(folded, at) else at


def _gap_after(folded: str, start: int) -> int:
    """Where the connecting words end which begin at `start`."""
    at = start
    while (link := LINK.match(folded, at)) and link.end() - start <= MAX_GAP:
        at = link.end()
    return at


def _value_at(folded: str, at: int, strong: bool, word: str, kind: Kind) -> _Value | None:
    """The value that begins at `at`, where the gap after the word ends."""
    if kind == "pin":
        return _password_at(folded, at, strong, digits_only=word.startswith("pin"))
    found = (CVV_VALUE if kind == "cvv" else CODE_VALUE).match(folded, at)
    if found is None or not _is_code(folded, found.start(), found.end(), strong):
        return None
    digits = found[0].removeprefix("g-")
    if word == "code" and len(digits) < 5:
        return None
    if word == "security code" and len(digits) < 5:
        kind = "cvv"
    return _Value(found.end() - len(digits), found.end(), kind)


def _is_code(folded: str, start: int, end: int, strong: bool) -> bool:
    """Whether digits after a word are its code, not a count, a date, a decimal, an amount or a service number."""
    if strong and end - start >= 6:
        return DATE_OR_TIME.match(folded, start) is None
    if UNIT.match(folded, end) or DATE_OR_TIME.match(folded, start):
        return False
    if folded[start - 2 : start] == " -":
        return False
    return strong or not (GOES_ON.match(folded, end) or SERVICE_NUMBER.fullmatch(folded, start, end))


def _password_at(folded: str, at: int, strong: bool, *, digits_only: bool) -> _Value | None:
    """The PIN or password that begins at `at`; signs eaten as connecting words are given back to it."""
    found = TOKEN.match(folded, at)
    if found is None or len(found[0]) > MAX_TOKEN:
        return None
    core = found[0].rstrip(".:?)]}")
    end = at + len(core)
    if core.isdecimal():
        accepted = _is_digit_password(folded, at, end, strong)
    elif digits_only:
        accepted = False
    elif any(c.isdecimal() for c in core):
        accepted = _is_password(core, strong)
    else:
        accepted = strong and _is_letters_password(folded, at, end)
    while accepted and folded[at - 1] in "#*_~-":
        at -= 1
    return _Value(at, end, "pin") if accepted else None


def _is_digit_password(folded: str, start: int, end: int, strong: bool) -> bool:
    """Digits only: 3 to 12 behind a strong link; else 4 to 10, and neither a count, a service number nor a mobile."""
    length = end - start
    if UNIT.match(folded, end) and not (strong and length >= 6):
        return False
    if folded[start - 2 : start] == " -":
        return False
    if strong:
        return 3 <= length <= 12
    # A mobile has eleven digits and is C2: kept in the vault, not destroyed.
    return 4 <= length <= 10 and not SERVICE_NUMBER.fullmatch(folded, start, end)


def _is_password(core: str, strong: bool) -> bool:
    """Digits with letters or signs."""
    if NOT_A_PASSWORD.match(core) or DATE_OR_TIME.match(core) or core[0] in "$¥{":
        return False
    has_letter = any("a" <= c <= "z" for c in core)
    if strong:
        return len(core) >= 4 and (
            has_letter or re.fullmatch(r"[0-9]+[-~.,/:%][0-9]*[-~.%]?[0-9]*", core) is None
        )
    return has_letter and len(core) >= 6 and "@" not in core[1:] and "://" not in core


def _is_letters_password(folded: str, start: int, end: int) -> bool:
    """Letters or signs only: six or more that end the clause behind a colon, `=`, 是 or 为, and name no state."""
    core = folded[start:end]
    if len(core) < 6 or len(set(core)) < 3 or core.strip("!*") in STATES or NOT_A_PASSWORD.match(core):
        return False
    if folded[start - 1] not in ":=是为為成 \"'“「(【":
        return False
    return re.search(r"[:=是为為成][ \"'“「(【]*$", folded[max(0, start - 4) : start]) is not None and (
        CLAUSE_END.match(folded, end) is not None
    )


def _value_before(folded: str, word_start: int, word: str, kind: Kind, is_answered: bool) -> _Value | None:
    """The value before its word: "123456是我的验证码"; without a verb ("123456 验证码") only if none follows the word."""
    window = folded[max(0, word_start - MAX_GAP) : word_start]
    found = LINK_BEFORE.search(window)
    gap = found[0] if found else ""
    end = word_start - len(gap)
    strong = STRONG.search(gap) is not None
    if not strong and (is_answered or kind == "pin" or word == "code" or not BARE_BEFORE.fullmatch(gap)):
        return None
    shape = TOKEN_END if kind == "pin" and not word.startswith("pin") else DIGITS_END
    value = shape.search(folded[max(0, end - MAX_TOKEN - 1) : end])
    if value is None:
        return None
    start = end - len(value[0])
    before = folded[max(0, start - 20) : start]
    if not _fits(value[0], kind) or AMOUNT_BEFORE.search(before) or TAIL_BEFORE.search(before):
        return None
    is_plain = not (YEAR.fullmatch(value[0]) or SERVICE_NUMBER.fullmatch(value[0]))
    return _Value(start, end, kind) if strong or is_plain else None


def _fits(value: str, kind: Kind) -> bool:
    """Whether a value found before its word has the length and the characters of its kind."""
    if kind == "cvv":
        return value.isdecimal() and len(value) <= 4
    if kind == "one_time_code":
        return len(value) >= 4
    if value.isdecimal():
        return 3 <= len(value) <= 12
    return len(value) >= 4 and any(c.isdecimal() for c in value) and _is_password(value, strong=False)


def _repeats(folded: str, hits: list[Hit]) -> Iterator[Hit]:
    """The same values elsewhere, each alone and no count: "验证码123456 … 我输了123456"."""
    kinds: dict[str, Kind] = {hit.value: hit.kind for hit in hits}
    # Counting is quick, but costs a reading of the text for each value: only for the usual few.
    if len(kinds) <= 8 and all(folded.count(value) == 1 for value in kinds):
        return
    for found in TOKEN.finditer(folded):
        for part in ((found.start(), found.end()),) if found[0] in kinds else _digit_parts(folded, found):
            value = folded[part[0] : part[1]]
            if value in kinds and not UNIT.match(folded, part[1]):
                yield Hit(part[0], part[1], kinds[value], value)


def _digit_parts(folded: str, token: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The runs of digits in a token which nothing makes part of something longer."""
    for found in re.finditer(r"[0-9]+", token[0]):
        start, end = token.start() + found.start(), token.start() + found.end()
        before = folded[max(0, start - 2) : start]
        if not AMOUNT_BEFORE.search(before) and not GOES_ON.match(folded, end):
            yield start, end
