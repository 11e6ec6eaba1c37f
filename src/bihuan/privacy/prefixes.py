"""What makes a number a card, a resident ID or a mobile: issuer prefixes, region codes, check digits. Pure, digits only.

Sources: ISO/IEC 7812-1 (Luhn, up to 19 digits) and the schemes' published issuer ranges; GB 11643-1999 (resident ID)
with GB/T 2260 province codes; the mainland mobile pattern of libphonenumber, widened by the 14x and 174 ranges which it
leaves out: a masker errs on the wide side.
"""

import re
from datetime import date
from typing import NamedTuple


class Issuer(NamedTuple):
    """One range of issuer prefixes, both ends included and of equal length, with the card lengths it issues."""

    scheme: str
    low: str
    high: str
    lengths: frozenset[int]


def _issuer(scheme: str, low: str, high: str, *lengths: int) -> Issuer:
    return Issuer(scheme, low, high, frozenset(lengths))


#: Every range by which a number may be a card. "legacy" are domestic Chinese debit prefixes older than 62.
ISSUERS: tuple[Issuer, ...] = (
    _issuer("unionpay", "62", "62", 16, 17, 18, 19),
    _issuer("unionpay", "81", "81", 16, 17, 18, 19),
    _issuer("legacy", "103", "103", 19),
    _issuer("legacy", "405512", "405512", 17),
    _issuer("legacy", "601428", "601428", 17),
    _issuer("legacy", "603", "603", 16, 18, 19),
    _issuer("legacy", "94", "96", 16, 17, 18, 19),
    _issuer("visa", "4", "4", 13, 16, 19),
    _issuer("mastercard", "51", "55", 16),
    _issuer("mastercard", "2221", "2720", 16),
    _issuer("amex", "34", "34", 15),
    _issuer("amex", "37", "37", 15),
    _issuer("jcb", "3528", "3589", 16, 17, 18, 19),
    _issuer("diners", "300", "305", 14, 16),
    _issuer("diners", "3095", "3095", 14, 16),
    _issuer("diners", "36", "36", 14, 16),
    _issuer("diners", "38", "39", 14, 16),
    _issuer("discover", "6011", "6011", 16, 17, 18, 19),
    _issuer("discover", "644", "649", 16, 17, 18, 19),
    _issuer("discover", "65", "65", 16, 17, 18, 19),
    _issuer("rupay", "508", "508", 16),
    _issuer("rupay", "606", "608", 16),
    _issuer("dankort", "5019", "5019", 16),
    _issuer("maestro", "5018", "5018", *range(12, 20)),
    _issuer("maestro", "5020", "5020", *range(12, 20)),
    _issuer("maestro", "5038", "5038", *range(12, 20)),
    _issuer("maestro", "56", "58", 16, 18, 19),
    _issuer("maestro", "6304", "6304", *range(12, 20)),
    _issuer("maestro", "67", "67", *range(12, 20)),
    _issuer("mir", "2200", "2204", 16, 17, 18, 19),
)

_BY_FIRST: dict[str, tuple[Issuer, ...]] = {
    first: tuple(i for i in ISSUERS if i.low[0] <= first <= i.high[0]) for first in "0123456789"
}

#: GB/T 2260 provinces; 71, 81, 82, 83 are Taiwan and the residence permits of Hong Kong, Macao and Taiwan.
PROVINCES = frozenset({
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42",
    "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
    "83",
})  # fmt: skip

#: Mainland mobile, national form, 11 digits.
MOBILE = re.compile(r"1(?:(?:[38][0-9]|4[4-9]|[59][0-35-9]|6[25-7]|7[0-8])[0-9]|610|740)[0-9]{7}")

#: A digit doubled, its digits added up.
_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
#: Years of birth taken as plausible. A bound, not a clock: this file may not know today.
_BORN_FROM, _BORN_TO = 1900, 2049


def is_luhn(digits: str) -> bool:
    """Whether ASCII `digits` pass the mod-10 check of ISO/IEC 7812-1."""
    total = sum(map(int, digits[-1::-2])) + sum(_LUHN_DOUBLED[int(d)] for d in digits[-2::-2])
    return total % 10 == 0


def scheme_of(digits: str) -> str | None:
    """The scheme whose issuer range and lengths `digits` fit, the first of ISSUERS; None where no issuer does."""
    for issuer in _BY_FIRST.get(digits[:1], ()):
        head = digits[: len(issuer.low)]
        if issuer.low <= head <= issuer.high and len(digits) in issuer.lengths:
            return issuer.scheme
    return None


def is_card(digits: str) -> bool:
    """Whether `digits` are a card number: known issuer, a length it issues, Luhn valid."""
    return scheme_of(digits) is not None and is_luhn(digits)


def is_resident_id(value: str) -> bool:
    """Whether 18 characters (17 digits and a digit or X) are a resident ID: region, date of birth, check character."""
    return len(value) == 18 and _is_region(value) and _is_birth_date(value[6:14]) and _has_id_check(value)


def is_old_resident_id(digits: str) -> bool:
    """Whether 15 digits are a resident ID of the form before 1999: region, and a date of birth without its century."""
    return len(digits) == 15 and digits[:2] in PROVINCES and _is_birth_date("19" + digits[6:12])


def _is_region(value: str) -> bool:
    """A province first; or 9 and then a province: the foreigners' permanent residence card of 2023."""
    return value[:2] in PROVINCES or (value[0] == "9" and value[1:3] in PROVINCES)


def _is_birth_date(digits: str) -> bool:
    """Whether YYYYMMDD is a day somebody may have been born on."""
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if not _BORN_FROM <= year <= _BORN_TO:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _has_id_check(value: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, value, strict=False))
    return _ID_CHECK[total % 11] == value[17]
