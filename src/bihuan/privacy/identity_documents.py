"""Identity documents besides the 18-character resident ID: old 15-digit IDs, permits, Hong Kong and Taiwan IDs, passports,
and the credit code of an organisation (USCC). Pure, linear.

Sources: GB 11643-1989 (15 digits); National Immigration Administration's permit formats (H/M + 8 or 10 digits for Hong Kong
and Macao, 8 digits for Taiwan, C/W + 8 for mainlanders' visits); the check digits of the Hong Kong identity card and of
Taiwan's national ID; GB 32100-2015 (USCC). What has no check digit needs its word.
"""

import re
from collections.abc import Iterator

from stdnum.cn import uscc

from bihuan.privacy.beside import Word, value_after, value_beside, values_beside, words_near_numbers
from bihuan.privacy.fold import Folded
from bihuan.privacy.prefixes import is_old_resident_id
from bihuan.privacy.spans import Hit, Kind

_END = r"(?![a-z0-9])"
_ID_WORD = Word(
    re.compile(
        r"身份证|身分证|身分證|身份證|证件|證件|居留证|居住证|证号|hkid|identity (?:card|number|no)|id (?:card|number|no)|id(?![a-z])"
    ),
    ("证", "證", "id"),
)
_OLD_ID = re.compile(
    rf"[1-9][0-9]{{14}}{_END}|[1-9][0-9]{{5}}[ -][0-9]{{6}}[ -][0-9]{{3}}{_END}|[a-z]{{3}}[0-9]{{12}}{_END}"
)
_HK_BARE = re.compile(rf"[a-z]{{1,2}}[0-9]{{6}}[0-9a]{_END}")

_HK_BRACKETED = re.compile(r"[a-z]{1,2}[0-9]{6} ?[(\[（][0-9a][)\]）]")
_TAIWAN = re.compile(rf"[a-z][1289][0-9]{{8}}{_END}")
_USCC = re.compile(rf"[0-9](?<![0-9a-z].)[0-9a-hj-npqrtuwxy][0-9]{{6}}[0-9a-hj-npqrtuwxy]{{10}}{_END}")
#: All digits, one in 31 numbers of that length passes by chance. A code begins with the registering department and its
#: class (91 a company, 92 a trader …) and the province; a date does not.
_USCC_DIGITS = re.compile(
    r"(?:1[1-39]|2[19]|3[1-59]|4[19]|5[1-39]|6[129]|7[129]|8[19]|9[1-59])(?:10|1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])[0-9]{14}"
)
_USCC_WORD = re.compile(r"(?:信用代[码碼]|税号|稅號|识别号|營?营?[业業][执執]照|uscc|tax)[^0-9;。\n]{0,8}\Z")
#: Mainland passports: E and a digit or letter, G, and the service series.
_MAINLAND_PASSPORT = re.compile(rf"(?:e[0-9a-hj-np-z][0-9]{{7}}|g[0-9]{{8}}){_END}")
_PASSPORT_WORD = Word(re.compile("护照|護照|passport"), ("护照", "護照", "passport"))
_PASSPORT = re.compile(rf"(?=[a-z0-9]{{0,8}}[0-9]{{4}})[a-z0-9]{{6,10}}{_END}")

#: Macao's: seven digits and a check digit of unpublished rule in brackets, beside its word or a form's.
_MACAO_WORD = Word(
    re.compile(
        r"澳[门門](?:特[别別]行政[区區]|特[区區])?(?:非?永久性?)?(?:居民)?(?:身[份分])?[证證](?:件)?|maca[uo](?: resident(?:'s)?)? id(?:entity)?(?: card)?"
        r"|(?:身[份分][证證]|证件|證件)(?:号码?|號碼?)?|bir(?![a-z])"
    ),
    ("澳", "证", "證", "maca", "bir"),
)
_MACAO = re.compile(r"[157][0-9]{6} ?\([0-9]\)")
_PERMIT_WORD = Word(
    re.compile(
        r"通行证|通行證|回乡证|回鄉證|台胞证|臺胞證|台胞證|港澳台居民|往来台湾|往来港澳|往來港澳|往來台灣|travel permit|home return permit|mtp(?![a-z])|eep(?![a-z])"
    ),
    ("证", "證", "居民", "往来", "往來", "permit", "mtp", "eep"),
)
_PERMIT = re.compile(
    rf"(?:[hm] ?[0-9]{{4}} ?[0-9]{{4}}(?: ?[0-9]{{2}})?|[cwlt][0-9a-z][0-9]{{7}}|[0-9]{{4}} ?[0-9]{{4}}(?:[0-9]{{2}})?(?:\([a-z0-9]\))?){_END}"
)
_LONG_PERMIT = re.compile(rf"[hm][0-9]{{10}}{_END}")

#: A form gives the kind in one field and the number in the next.
_NEXT_FIELD = re.compile(
    r"[^0-9a-z\n;。]{0,6}[\n ,;|\"'}{、。)/&]{1,4}(?:(?:我的|您的|其)?(?:证件|證件|证照|证)?(?:号码|號碼|编号|号|號)"
    r"|(?:cert|id|doc|document|card|identity)[ _]?(?:no|num|number|code|id)(?![a-z])|(?:number|no)(?![a-z]))"
)

_DIGITS = re.compile(r"[0-9]{6,12}")
#: Words that make a number with a letter before it a reference.
_REFERENCE = re.compile(
    r"(?:单号|單號|订单|流水|编号|编码|错误|代码|型号|批次|合同|发票|参考|工号|票号|凭证|航班|版本|号段|error|code|order|ref|invoice|"
    r"tracking|serial|model|batch|contract|policy|case|ticket|version|flight|sku|no)[a-z]{0,6}(?:是|为|is|no|number)?[ .:#=\-]{0,3}\Z"
)
_LETTER_VALUES = {letter: 10 + place for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
#: Taiwan's letters in the order of their county values 10, 11, …
_TAIWAN_VALUES = {letter: 10 + place for place, letter in enumerate("abcdefghjklmnpqrstuvxywzio")}


def find_identity_documents(folded: Folded) -> Iterator[Hit]:
    """Every document number but the 18-character resident ID, which `numbers` finds."""
    text = folded.text
    yield from _lettered(folded)
    yield from _credit_codes(folded)
    for named in words_near_numbers(folded, _ID_WORD):
        if (place := value_beside(text, named, _OLD_ID)) and _is_old_id(_bare(text[slice(*place)]), named[0]):
            yield Hit(*place, "id_number", _bare(text[slice(*place)]).upper())
        if (place := value_beside(text, named, _HK_BARE)) and is_hong_kong_id(text[slice(*place)]):
            yield Hit(*place, "id_number", text[slice(*place)].upper())
    beside: tuple[tuple[Word, re.Pattern[str], Kind], ...] = (
        (_PASSPORT_WORD, _PASSPORT, "passport"),
        (_PERMIT_WORD, _PERMIT, "travel_permit"),
    )
    for word, value, kind in beside:
        for named in words_near_numbers(folded, word):
            if place := value_beside(text, named, value) or _in_next_field(text, named.end(), value):
                yield Hit(*place, kind, _bare(text[slice(*place)]).upper())
    for _, start, end in values_beside(folded, _MACAO_WORD, _MACAO) if "(" in folded.near else ():
        yield Hit(start, end, "id_number", _bare(text[start:end]))


def _in_next_field(text: str, word_end: int, value: re.Pattern[str]) -> tuple[int, int] | None:
    field = _NEXT_FIELD.match(text, word_end)
    return value_after(text, field.end(), value) if field else None


def is_hong_kong_id(value: str) -> bool:
    """Whether small letters and digits without brackets pass the check of the Hong Kong identity card."""
    letters, digits, check = value[:-7], value[-7:-1], value[-1]
    values = [36] * (2 - len(letters)) + [_LETTER_VALUES[c] for c in letters] + [int(d) for d in digits]
    total = sum(weight * v for weight, v in zip(range(9, 1, -1), values, strict=True))
    return (total + (10 if check == "a" else int(check))) % 11 == 0


def is_taiwan_id(value: str) -> bool:
    """Whether a small letter and nine digits pass the check of Taiwan's national ID (or the new resident's number)."""
    county = _TAIWAN_VALUES[value[0]]
    digits = [county // 10, county % 10, *(int(d) for d in value[1:])]
    return sum(w * d for w, d in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), digits, strict=True)) % 10 == 0


def _lettered(folded: Folded) -> Iterator[Hit]:
    """What its letter and its check or form give away wherever it stands, unless a word makes it a reference."""
    text = folded.text
    for digits in (f for start, end in folded.windows for f in _DIGITS.finditer(text, start, end)):
        start = digits.start()
        while start and digits.start() - start < 3 and "a" <= text[start - 1] <= "z":
            start -= 1
        if start == digits.start() or re.match("[a-z0-9/.=&-]", text[start - 1 : start]):
            continue
        hit = _lettered_at(folded, start)
        # In the name of a file only what has brackets is no code.
        if hit and text[start - 1 : start] == "_" and text[hit.end - 1] != ")":
            continue
        if hit and not _REFERENCE.search(text, max(0, start - 24), start):
            yield hit


def _lettered_at(folded: Folded, start: int) -> Hit | None:
    text = folded.text
    if found := _HK_BRACKETED.match(text, start):
        value = _bare(found[0])
        return Hit(start, found.end(), "id_number", value.upper()) if is_hong_kong_id(value) else None
    if found := _TAIWAN.match(text, start):
        return Hit(start, found.end(), "id_number", found[0].upper()) if is_taiwan_id(found[0]) else None
    # In small letters these are rather a code.
    if not folded.written(start, start + 1).isupper():
        return None
    if found := _MAINLAND_PASSPORT.match(text, start):
        return Hit(start, found.end(), "passport", found[0].upper(), "likely")
    if found := _LONG_PERMIT.match(text, start):
        return Hit(start, found.end(), "travel_permit", found[0].upper(), "likely")
    return None


def _credit_codes(folded: Folded) -> Iterator[Hit]:
    text = folded.text
    for found in (f for start, end in folded.windows for f in _USCC.finditer(text, start, end)):
        if uscc.is_valid(found[0].upper()) and _may_be_credit_code(text, found):
            yield Hit(found.start(), found.end(), "uscc", found[0].upper())


def _may_be_credit_code(text: str, found: re.Match[str]) -> bool:
    """Whether letters, its first figures or a word make it more than any number of that length."""
    if not found[0].isdecimal() or _USCC_DIGITS.match(found[0]):
        return True
    return _USCC_WORD.search(text, max(0, found.start() - 24), found.start()) is not None


def _is_old_id(value: str, word: str) -> bool:
    """15 digits of the old form; or three letters and twelve digits beside a word for a foreigner's permit."""
    return is_old_resident_id(value) if value.isdecimal() else word in ("居留证", "居住证", "证件", "证号")


def _bare(value: str) -> str:
    return re.sub(r"[^a-z0-9]", "", value)
