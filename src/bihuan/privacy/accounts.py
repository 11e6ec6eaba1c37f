"""Bank accounts in a folded text: 9 to 30 digits beside their word, and IBANs by their check. Pure, linear."""

import re
from collections.abc import Iterator
from itertools import chain

from stdnum import iban

from bihuan.privacy.beside import Word, values_beside
from bihuan.privacy.fold import Folded
from bihuan.privacy.spans import Hit

_LATIN = r"acc(?:oun)?ts?(?:[ _]?(?:number|no\.?|num))?(?![a-z])|acc[ _]?no(?![a-z])"
_WORD = Word(
    re.compile(
        r"账号|帐号|账户|帐户|賬號|賬戶|帳號|帳戶|户号(?<!商户号)|卡号|存折|收款人?账(?![户号])|一类户|二类户|对公户|卡號|戶口(?!名簿)|户口(?![本簿所迁在])"
        rf"|a/c(?: no\.?)?(?![a-z])|{_LATIN}|card[ _]?(?:number|no\.?)(?![a-z])"
    ),
    ("账", "帐", "賬", "帳", "户", "戶", "卡", "存折", "a/c", "acc", "card"),
)
#: Keys that say whose account it is: "bankAccountNo", "payee_acct".
_WHOSE = (
    "bank", "payee", "payer", "recv", "receiver", "receiving", "settle", "settlement", "customer", "cust", "from", "to",
    "debit", "credit", "beneficiary",
)  # fmt: skip
_KEY = Word(
    re.compile(rf"(?:{'|'.join(_WHOSE)})_?(?:{_LATIN})"),
    tuple(f"{who}{link}acc" for who in _WHOSE for link in ("", "_")),
)
#: Of which up to eight may stand at a line's end, the others in the next; nine are an account by themselves.
_DIGITS = re.compile(
    r"(?:[0-9]{4}(?:[ -]?[0-9]){5,26}|[0-9]{4}(?:[ -]?[0-9]){0,4}\n(?!(?:19|20)[0-9]{2}-)[0-9]{3}(?:[ -]?[0-9]){2,18})(?![0-9a-z_]|[.,:/][0-9])"
)
_UNIT = re.compile(r" ?(?:元|块|万|亿|笔|次|年|美元|港币|%|(?:yuan|usd|rmb|cny|dollars?|times)(?![a-z]))")
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])(?:[0-9]{6})?(?![0-9])|(?:19|20)[0-9]{2}-[0-9]{1,2}-"
)

_COUNTRY = re.compile(r"[a-z]{2}[0-9]{2}[ -]?[a-z0-9]{4}")
_TWO = re.compile("[0-9]{2}(?<=[a-z]{2}..)")
_IBAN = re.compile(r"[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,30}")


def find_accounts(folded: Folded) -> Iterator[Hit]:
    """Every account; a card, a mobile or an ID in its place is settled to be that."""
    text = folded.text
    named = values_beside(folded, _WORD, _DIGITS)
    if "acc" in folded.near:
        named = chain(named, values_beside(folded, _KEY, _DIGITS))
    for _, start, end in named:
        if not _UNIT.match(text, end) and not _DATE.match(text, start):
            yield Hit(start, end, "account", re.sub("[ \\n-]", "", text[start:end]), "likely")
    for begin, stop in folded.windows:
        yield from _ibans(text, begin, stop)


def _ibans(text: str, begin: int, stop: int) -> Iterator[Hit]:
    for digits in _TWO.finditer(text, begin, stop):
        start = digits.start() - 2
        if (
            start < 0
            or not _COUNTRY.match(text, start)
            or re.match("[a-z0-9_]", text[start - 1 : start] if start else "")
        ):
            continue
        if hit := _iban_at(text, start):
            yield hit


def _iban_at(text: str, start: int) -> Hit | None:
    """The IBAN that begins here, as long as its country says; words may follow it."""
    found = _IBAN.match(text, start)
    if found is None:
        return None
    value, ends = "", list[int]()
    for place in range(start, found.end()):
        if text[place] not in " -":
            value += text[place]
            ends.append(place + 1)
    for length in range(len(value), 14, -1):
        end = ends[length - 1]
        if not re.match("[a-z0-9_]", text[end : end + 1]) and _is_iban(value[:length]):
            return Hit(start, end, "account", value[:length].upper())
    return None


def _is_iban(value: str) -> bool:
    """Whether the check digits are right, which is quick, and the form is its country's."""
    moved = "".join(c if c.isdecimal() else str(ord(c) - 87) for c in value[4:] + value[:4])
    return int(moved) % 97 == 1 and iban.is_valid(value.upper(), check_country=False)
