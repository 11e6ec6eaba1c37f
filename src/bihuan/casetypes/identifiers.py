"""Numbers and addresses that identify someone or something: bare, checked by their own check digits.

GB 11643 for ID numbers, GB 32100 for credit codes, Luhn for cards, libphonenumber for mobiles (E.164).
"""

import re
import unicodedata

import phonenumbers
from stdnum import luhn
from stdnum.cn import ric
from stdnum.cn import uscc as credit_code
from stdnum.exceptions import InvalidChecksum, ValidationError

_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z]{2,24}")
_ACCOUNT = re.compile(r"[0-9A-Za-z][0-9A-Za-z@._-]{3,63}")


class WrongValueError(Exception):
    """A value is not what the field takes; becomes a FieldProblem in `values`."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


def clean(value: object) -> str:
    """Text without NUL and lone surrogates, composed (NFC)."""
    if not isinstance(value, str):
        raise WrongValueError("type", expected="text")
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise WrongValueError("bad_text")
    return unicodedata.normalize("NFC", value)


def coded(value: object, expected: str) -> str:
    """Numbers and codes: full-width digits and letters become plain ones (people type ６２２２)."""
    if isinstance(value, str):
        return unicodedata.normalize("NFKC", clean(value)).strip()
    raise WrongValueError("pattern", expected=expected)


def card_number(value: object) -> str:
    digits = re.sub(r"[\s-]", "", coded(value, "16–19 digits"))
    if not re.fullmatch(r"[0-9]{12,19}", digits):
        raise WrongValueError("pattern", expected="6222 0202 0011 2230")
    if not luhn.is_valid(digits):
        raise WrongValueError("checksum")
    return digits


def id_number(value: object) -> str:
    """GB 11643. The place code is not looked up: districts are renamed, and 81/82/83/9… are residence
    permits.
    """
    number = re.sub(r"[\s-]", "", coded(value, "11010519491231002X")).upper()
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise WrongValueError("pattern", expected="11010519491231002X")
    try:
        ric.get_birth_date(number)
    except ValidationError:
        raise WrongValueError("pattern", expected="11010519491231002X") from None
    if ric.calc_check_digit(number) != number[-1]:
        raise WrongValueError("checksum")
    return number


def mobile(value: object) -> str:
    text = coded(value, "13800138000")
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        raise WrongValueError("pattern", expected="13800138000 / +852 5123 4567") from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in kinds:
        raise WrongValueError("pattern", expected="13800138000 / +852 5123 4567")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def account(value: object) -> str:
    account = re.sub(r"\s", "", coded(value, "6200000000000005"))
    if not _ACCOUNT.fullmatch(account):
        raise WrongValueError("pattern", expected="4–64 A-Z a-z 0-9 @ . _ -")
    return account


def email(value: object) -> str:
    address = coded(value, "name@example.com")
    if not _EMAIL.fullmatch(address):
        raise WrongValueError("pattern", expected="name@example.com")
    local, _, host = address.rpartition("@")
    return f"{local}@{host.lower()}"


def uscc(value: object) -> str:
    code = re.sub(r"[\s-]", "", coded(value, "91110000600037341L")).upper()
    try:
        return credit_code.validate(code)
    except InvalidChecksum:
        raise WrongValueError("checksum") from None
    except ValidationError:
        raise WrongValueError("pattern", expected="91110000600037341L") from None
