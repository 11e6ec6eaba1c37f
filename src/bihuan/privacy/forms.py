"""The one form in which a value is stored, indexed and searched, however it was written. Pure."""

import re
import unicodedata
from collections.abc import Callable

_HAN = "㐀-䶿一-鿿"
_BLANK_BESIDE_HAN = re.compile(rf"(?<=[{_HAN}]) | (?=[{_HAN}])")
_BARE = re.compile(r"[\s()\[\]（）·•_./-]")
_AT, _DOT = re.compile(r"[\[({<]at[\])}>]"), re.compile(r"[\[({<]dot[\])}>]")


def normalise(kind: str, value: str) -> str:
    """The form of a value of `kind` (see `spans.Kind`): widths and blanks evened out, numbers without what groups them."""
    text = unicodedata.normalize("NFKC", value)
    if kind in ("person_name", "name"):
        return " ".join(text.split())
    if kind == "address":
        return _BLANK_BESIDE_HAN.sub("", " ".join(text.split()))
    form = _FORMS.get(kind)
    text = "".join(text.split())
    return form(text) if form else text


def _phone(text: str) -> str:
    """A number of the mainland without country code, a landline with its area code's zero; any other with `+`."""
    bare = _BARE.sub("", text)
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if not bare.startswith("+86"):
        return bare
    national = bare[3:]
    return (
        national
        if national.startswith(("1", "0")) and len(national) == 11
        else "0" + national.removeprefix("0")
    )


def _document(text: str) -> str:
    return _BARE.sub("", text).upper()


def _account(text: str) -> str:
    """Digits, or an IBAN; what a bank made of letters and signs is left as it is."""
    bare = re.sub("[-]", "", text)
    if bare.isdecimal():
        return bare
    return bare.upper() if re.fullmatch("[A-Za-z]{2}[0-9]{2}[A-Za-z0-9]{11,30}", bare) else text


def _email(text: str) -> str:
    return _DOT.sub(".", _AT.sub("@", text.lower()))


_FORMS: dict[str, Callable[[str], str]] = {
    "card_number": lambda text: _BARE.sub("", text),
    "id_number": _document,
    "passport": _document,
    "travel_permit": _document,
    "uscc": _document,
    "mobile": _phone,
    "landline": _phone,
    "account": _account,
    "email": _email,
    "ip_address": str.lower,
}
