"""CVV, PINs, passwords and one-time codes (鉴别信息) beside their word in a folded text. Pure, linear.

A word alone says nothing ("密码找回", "PIN blocked"). A value counts if at most 12 characters lie between it and its word:
blanks, quotes, connecting words, or others that neither deny nor name another number. The link is *strong* with `:`, `=`, 是,
为, "is" …; beside it almost anything is the value. Without one, what reads as a count, date, amount, version or service
number is not.
"""

import re
from collections.abc import Iterator

from bihuan.privacy.authentication_cards import find_card_codes
from bihuan.privacy.authentication_context import Word, is_not_received, value_before, value_behind_filler
from bihuan.privacy.authentication_values import (
    AMOUNT_BEFORE,
    GOES_ON,
    MAX_TOKEN,
    TOKEN,
    UNIT,
    Value,
    code_at,
    cvv_at,
    joined,
    password_at,
)
from bihuan.privacy.authentication_words import (
    ACCOUNT,
    CODE_ENTERED,
    CODE_KEY,
    CODE_OWNER,
    CODE_OWNERS,
    CODE_SOLD,
    CODE_USED,
    CVV_KEY,
    DOUBTFUL_KEYS,
    ERROR_BEFORE,
    ERROR_NEAR,
    IS_CODE,
    IS_CVV,
    KEY_BEFORE,
    KEY_LINK,
    LATIN_STEMS,
    LINK,
    MAX_GAP,
    PAIR_BEFORE,
    PAIRED,
    PIN_KEY,
    SPOKEN_OWNERS,
    STEMS,
    STRONG,
    TOLD,
    WORD,
)
from bihuan.privacy.fold import FILLER
from bihuan.privacy.spans import Hit, Kind, disjoint

_LONGEST_KEY = 32
#: How near an error is to a bare "code" which is its number.
_ERROR_WITHIN = 24


def find_authentication_data(folded: str) -> list[Hit]:
    """Every C3 value in `folded`, in order, none overlapping; a value found once is found wherever it stands alone."""
    is_worded = _has_stem(folded)
    if not (is_worded or "card" in folded or "卡" in folded or "amex" in folded or "visa" in folded):
        return []
    values = list(find_card_codes(folded))
    if is_worded:
        for found in WORD.finditer(folded):
            if word := _word(folded, found):
                values.extend(other for value in _beside(folded, word) for other in joined(folded, value))
    if not values:
        return []
    hits = [Hit(v.start, v.end, v.kind, folded[v.start : v.end]) for v in values]
    return disjoint([*hits, *_repeats(folded, hits)])


def _has_stem(folded: str) -> bool:
    for stem in LATIN_STEMS if folded.isascii() else STEMS:  # noqa: SIM110 — every text passes here: `any` costs twice as much
        if stem in folded:
            return True
    return False


def _word(folded: str, found: re.Match[str]) -> Word | None:
    """What the match names, if it is a word of its own, or the end of a key."""
    start, name = found.start(), found[0]
    if folded[start] < "{" and (key := KEY_BEFORE.search(folded, max(0, start - _LONGEST_KEY), start)):
        named = _key(folded, key[0] + name, found.end())
        if named or key[0][-1] != "-":
            return named
    if name == "code" and not _is_our_code(folded, start, found.end()):
        return None
    kind: Kind = "cvv" if IS_CVV.match(name) else "one_time_code" if IS_CODE.match(name) else "pin"
    return Word(start, found.end(), name, kind)


def _key(folded: str, written: str, end: int) -> Word | None:
    """The key of a field, "smsCode", "login_password", with a value behind it."""
    if KEY_LINK.match(folded, end) is None:
        return None
    key = written.replace("_", "").replace("-", "").replace(" ", "")
    if key in DOUBTFUL_KEYS and ERROR_NEAR.search(folded[max(0, end - 40) : end + 40]):
        return None
    for pattern, kind in _KEYS:
        if pattern.fullmatch(key):
            return Word(end - len(written), end, "pin" if key.endswith("pin") else key, kind)
    return None


_KEYS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (PIN_KEY, "pin"),
    (CODE_KEY, "one_time_code"),
    (CVV_KEY, "cvv"),
)


def _is_our_code(folded: str, start: int, end: int) -> bool:
    """Whether a bare "code" logs in or confirms: by its owner, or by the verb it is told with; "code=200001" is an error's."""
    before = folded[max(0, start - 32) : start]
    owner = CODE_OWNER.search(before)
    name = owner[1] if owner else ""
    if name in CODE_OWNERS:
        return not ERROR_BEFORE.search(before)
    behind = folded[end : end + _ERROR_WITHIN]
    if CODE_ENTERED.search(before):
        return CODE_USED.search(behind) is not None or (name != "use" and not CODE_SOLD.match(behind))
    if name not in SPOKEN_OWNERS or re.match(r"[ ]?=|[\"']", behind):
        return False
    if name == "the" and behind.startswith(":"):
        return False
    return not ERROR_NEAR.search(before[-_ERROR_WITHIN:] + " " + behind)


def _beside(folded: str, word: Word) -> Iterator[Value]:
    """The values on both sides of one word; before it and without a verb only if none follows."""
    at = _gap_after(folded, word.end)
    gap = folded[word.end : at]
    strong = STRONG.search(gap) is not None
    # A comma ends the clause: "收不到验证码,1234" names no code.
    is_linked = strong or TOLD.search(gap) is not None or not ("," in gap or is_not_received(folded, word))
    value_at = _after_account(folded, word.start, at) if word.kind == "pin" and strong else at
    found = _value_at(folded, value_at, strong, word) if is_linked and value_at is not None else None
    is_answered = folded[at : at + 1] == FILLER or value_at is None
    if found is None and not is_answered and word.kind != "cvv" and word.name != "code":
        found = value_behind_filler(folded, word)
    if found:
        yield found
    if before := value_before(folded, word, is_answered=found is not None or is_answered):
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


def _value_at(folded: str, at: int, strong: bool, word: Word) -> Value | None:
    """The value that begins at `at`, where the gap after the word ends."""
    if word.kind == "pin":
        return password_at(folded, at, strong=strong, digits_only=word.name.startswith("pin"))
    if word.kind == "cvv":
        return cvv_at(folded, at)
    found = code_at(folded, at, strong=strong)
    if found and word.name in ("code", "security code"):
        return found if found.end - found.start >= 5 or (word.name != "code" and strong) else None
    return found


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
