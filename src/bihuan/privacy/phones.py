"""Landlines, and phones of other countries, in a folded text; mainland mobiles are found by `numbers`. Pure, linear.

Sources: the area codes of the national numbering plan (two digits 010, 02x; else three), libphonenumber for the rest of
the world. Service numbers (95xxx, 400, 800, 12363 …) are nobody's.
"""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from bihuan.privacy.beside import Word, value_beside, words_near_numbers
from bihuan.privacy.fold import Folded
from bihuan.privacy.spans import Confidence, Hit, Kind

_AREA = r"(?:10|2[0-57-9]|[3-9][1-9][0-9])"
_NOT_MORE = r"(?![0-9]|[.-][0-9]|[a-z_])"
_EXTENSION = r"(?: ?(?:-|转|轉|分机|ext\.?|x) ?[0-9]{1,5})?(?![0-9]|[-.][0-9]|[a-z_])"
#: An area code with something that parts it from the number, a bracket or the country code before it.
_PARTED = re.compile(
    rf"[(0+](?:(?<=\()0{_AREA}\) ?|(?<=0){_AREA}[ -]{{1,2}}|(?<=\+)86[ -]?\(?0?{_AREA}\)?[ -]?)"
    rf"([2-8][0-9]{{3}}[ -]?[0-9]{{3,4}}){_EXTENSION}"
)
_WORD = Word(
    re.compile(
        r"电话|電話|座机|座機|固话|固話|固定电话|传真|傳真|联系方式|聯絡方式|手机|手機|来电|致电|致電|來電|拨打|撥打|回拨|whatsapp|微信|telephone|tel(?![a-z])"
        r"|phone(?: number)?|mobile(?: number)?|cell(?: ?phone)?(?![a-z])|fax|call(?: me|ed from|ing from)?(?![a-z])|landline|reach me"
        r"|contact(?: number)?(?![a-z])|us number"
    ),
    (
        "电话",
        "電話",
        "机",
        "機",
        "固话",
        "固話",
        "传真",
        "傳真",
        "联系",
        "来电",
        "致电",
        "致電",
        "來電",
        "聯絡",
        "撥",
        "拨",
        "微信",
        "whatsapp",
        "tel",
        "phone",
        "mobile",
        "cell",
        "fax",
        "call",
        "land",
        "reach",
        "contact",
        "us ",
    ),
)
_AFTER_WORD = re.compile(rf"(?:0{_AREA}[2-8][0-9]{{6,7}}|[2-8][0-9]{{3}}[ -]?[0-9]{{3,4}}){_EXTENSION}")
_FOREIGN = re.compile(rf"\(?[0-9]{{2,4}}\)?(?:[ -]?\(?[0-9]{{2,5}}\)?){{1,4}}{_NOT_MORE}")
_INTERNATIONAL = re.compile(r"[+0](?:(?<=\+)|(?<![0-9].)0)[ ]?[1-9][0-9]{0,3}(?:[ ()-]{0,2}[0-9]{1,8}){1,6}")
#: Words for a phone of the mainland that hangs on a wall, and for one that does not.
_AT_A_DESK = frozenset({"座机", "座機", "固话", "固話", "固定电话", "传真", "傳真"})
_CARRIED = frozenset({"whatsapp", "微信", "手机", "手機"})
#: Hong Kong (852) and Macao (853): more numbers are in use than libphonenumber knows of, and with the country code, or
#: beside a word in the script or of the service people use there, this is what they look like.
_HONG_KONG = re.compile(
    rf"[(+0](?:(?<=\()\+?(85[23])\)|(?<=\+)(85[23])|(?<![0-9].)0(85[23]))[ -]?([2-9][0-9]{{3}}[ -]?[0-9]{{4}}){_NOT_MORE}"
)
_WITH_CODE = re.compile("85[23][2-9][0-9]{7}|[4-9][0-9]{7}")
_HONG_KONG_WORDS = frozenset({"手機", "電話", "致電", "來電", "撥打", "聯絡方式", "whatsapp"})
_GOES_ON = re.compile("[ -]?[0-9]")
#: The way North America writes its numbers.
_AMERICAN = re.compile(
    r"[(2-9](?:(?<=\()[2-9][0-9]{2}\) ?|(?<=[2-9])(?<![0-9].)[0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}"
    r"(?![0-9]|[.-][0-9]|[a-z_])"
)
#: Where a number beside its word but without a country code may be from.
_REGIONS = ("HK", "US", "TW", "MO", "SG", "GB")
_MOBILES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_PHONES = _MOBILES | {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP, PhoneNumberType.PERSONAL_NUMBER}


def find_phones(folded: Folded) -> Iterator[Hit]:
    """Landlines with their area code; anything dialled with `+` or 00; and what stands beside a word for phones."""
    text = folded.text
    for begin, stop in folded.windows:
        yield from _landlines(text, begin, stop)
        yield from _international(text, begin, stop)
        yield from _american(text, begin, stop)
        if "85" in folded.near:
            yield from _hong_kong(text, begin, stop)
    for named in words_near_numbers(folded, _WORD):
        yield from _beside(text, named)


def _beside(text: str, named: re.Match[str]) -> Iterator[Hit]:
    if named[0] not in _CARRIED and (place := value_beside(text, named, _AFTER_WORD)):
        yield Hit(*place, "landline", _national(text[slice(*place)]), "likely")
    if named[0] not in _AT_A_DESK and (place := value_beside(text, named, _FOREIGN)):
        hit = _foreign_beside(text, *place) or _hong_kong_beside(text, named[0], *place)
        if hit:
            yield hit


def _landlines(text: str, begin: int, stop: int) -> Iterator[Hit]:
    for found in _PARTED.finditer(text, begin, stop):
        # A digit on one side makes it a group of a longer number.
        is_cut = re.search(r"[0-9a-z_.+-]\Z|[0-9][ -]\Z", text[max(0, found.start() - 2) : found.start()])
        if is_cut or _GOES_ON.match(text, found.end()):
            continue
        digits = _national(found[0])
        yield Hit(found.start(), found.end(), "landline", digits)


def _national(written: str) -> str:
    """Digits with the area code's zero, without country code and extension."""
    main = re.split("转|轉|分机|ext|x", written)[0]
    parts = re.sub("[^0-9+-]", "", main)
    parts = re.sub(r"(?<=[0-9]{7})-[0-9]{1,5}$", "", parts)
    digits = parts.replace("-", "").removeprefix("+86")
    if written.startswith("+86") and not digits.startswith("0"):
        digits = "0" + digits
    return digits.replace("+", "")


def _international(text: str, begin: int, stop: int) -> Iterator[Hit]:
    for found in _INTERNATIONAL.finditer(text, begin, stop):
        if re.match("[0-9a-z_.]", text[found.start() - 1 : found.start()]):
            continue
        end = found.end()
        number = _parsed("+" + re.sub("[^0-9]", "", found[0].removeprefix("00")), None)
        if number and number.country_code != 86 and not re.match(r"[0-9a-z_]|[.:][0-9]", text[end : end + 2]):
            yield Hit(found.start(), end, _kind(number), _e164(number))


def _american(text: str, begin: int, stop: int) -> Iterator[Hit]:
    for found in _AMERICAN.finditer(text, begin, stop):
        if not re.search(r"[0-9a-z_.+-]\Z|[0-9][ -]\Z", text[max(0, found.start() - 2) : found.start()]):
            number = _parsed(re.sub("[^0-9]", "", found[0]), "US")
            if number:
                yield Hit(found.start(), found.end(), _kind(number), _e164(number), "likely")


def _hong_kong(text: str, begin: int, stop: int) -> Iterator[Hit]:
    for found in _HONG_KONG.finditer(text, begin, stop):
        if not re.match("[0-9a-z_.]", text[found.start() - 1 : found.start()]):
            code = found[1] or found[2] or found[3]
            yield _of_hong_kong(found.start(), found.end(), code + re.sub("[ -]", "", found[4]))


def _hong_kong_beside(text: str, word: str, start: int, end: int) -> Hit | None:
    """With the country's code beside any word for a phone; without it beside a word used there."""
    digits = re.sub("[^0-9]", "", text[start:end])
    if not _WITH_CODE.fullmatch(digits) or (len(digits) == 8 and word not in _HONG_KONG_WORDS):
        return None
    return _of_hong_kong(start, end, digits if len(digits) == 11 else "852" + digits, "likely")


def _of_hong_kong(start: int, end: int, digits: str, confidence: Confidence = "certain") -> Hit:
    """A hit on the number with its country code; what begins with 2 or 3 hangs on a wall."""
    return Hit(start, end, "landline" if digits[3] in "23" else "mobile", "+" + digits, confidence)


def _foreign_beside(text: str, start: int, end: int) -> Hit | None:
    """A national number of a region whose people bank here; in what looks like a date or an amount there is none."""
    digits = re.sub("[^0-9]", "", text[start:end])
    if not 8 <= len(digits) <= 12 or re.match(r"(?:19|20)[0-9]{2}[ -][0-9]{1,2}[ -]", text[start:end]):
        return None
    for region in _REGIONS:
        number = _parsed(digits, region)
        if number:
            return Hit(start, end, _kind(number), _e164(number), "likely")
    number = _parsed("+" + digits, None) if len(digits) > 9 else None
    return (
        Hit(start, end, _kind(number), _e164(number), "likely")
        if number and number.country_code != 86
        else None
    )


def _parsed(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException:
        return None
    return (
        number
        if phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in _PHONES
        else None
    )


def _kind(number: PhoneNumber) -> Kind:
    return "mobile" if phonenumbers.number_type(number) in _MOBILES else "landline"


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
