"""Postal addresses in a folded text: Chinese by their chain of province, city, district, road, number, building, room;
English by number, road and what follows. Pure, linear: an anchor (a road with its number, a building with its room) is found
first, then a bounded stretch on both sides.
"""

import re
from collections.abc import Iterator

from bihuan.privacy.beside import Word, after, words_near_numbers
from bihuan.privacy.fold import Folded
from bihuan.privacy.places import CITIES, ESTATES, PROVINCES, ROADS
from bihuan.privacy.spans import Hit

_HAN = "㐀-䶿一-鿿"
_NO = r"(?:[0-9]{1,5}(?:[-之][0-9]{1,4})?|[一二三四五六七八九十百零]{1,5})"
_UNIT = r"(?:号楼|號樓|号院|号|號|弄|栋|棟|幢|座|单元|單元|层|層|楼|樓|室|房|院|门|户|组|区|期|支路|支弄|巷)"
#: What every address has: a number with its unit. It is one if a road or an estate stands before it, or a room follows.
_NUMBERED = re.compile(
    r"[0-9a-z一二三四五六七八九十百](?:(?<![0-9a-z][0-9a-z])[0-9]{0,4}(?:[-之][0-9]{1,4})?|[一二三四五六七八九十百零]{0,4}) ?(号楼|號樓|号院|号|號|弄|巷|支路|栋|棟|幢|座|单元|單元|室)(?![线店机卡])"
)
_ROAD_BEFORE = re.compile(rf"(?:{ROADS}) ?(?:[东南西北中]?[一二三四五六七八九十]?段)? ?[甲乙丙丁]?$")
_ESTATE_BEFORE = re.compile(
    rf"(?:{ESTATES}) ?(?:[一二三四五六七八九十东南西北a-z]|[0-9]{{1,2}})?(?:期|区)? ?$"
)
_ROOM_BEHIND = re.compile(rf" ?(?:{_NO} ?(?:单元|層|层|楼|座) ?)?[0-9]{{3,4}}(?:室|房|号)?(?![0-9年元.])")
_BUILDINGS = frozenset({"号楼", "號樓", "号院", "栋", "棟", "幢", "单元", "單元", "座"})
_TAIL = re.compile(
    rf"(?: ?[-,]? ?(?:[a-z]?{_NO}|[a-z甲乙丙丁东南西北]) ?{_UNIT}| ?[{_HAN}]{{2,12}}?(?:小区|花园|大厦|公寓|广场|家园|新村|苑|中心|园|基地|大楼|商城|广场) ?(?=[a-z0-9])| ?[0-9]{{3,4}}(?![0-9年元.:-])| ?\([^()\n]{{1,16}}\)){{0,8}}"
)
_STRETCH = re.compile(rf"[{_HAN}0-9a-z· -]*$")
_PLACE = re.compile(
    rf"(?:中国)?(?:{PROVINCES}|{CITIES})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|特别行政区|地区|盟)?(?=[{_HAN} -])"
)
_COUNTY = re.compile(rf"[{_HAN}]{{2,6}}?(?:市|自治县|新区|开发区|区|县|旗|镇|乡|街道|省)")
#: What may lead into an address and is no part of it.
_LEAD_LAST = re.compile(
    r"(?:地址|住址|住在|家住|寄到|寄至|寄往|送到|送至|邮寄|改成|改为|变更为|位于|坐落于?|搬到|到了|上门|现住|我住|发到|在|到|至|于|是|为|址|往|给|从|住)"
)
_ROAD_NAME = re.compile(rf"[{_HAN}0-9a-z]{{1,5}}$")

_WORD = re.compile("地址|住址|住所|户籍地|家住|现住")
_GIVEN = re.compile(rf"[{_HAN}0-9a-z·#()（） -]{{5,60}}")
_SAID = re.compile(r"[:=是为為]|改[成为]|变更为|家住|现住")
_HAS_PLACE = re.compile(rf"(?:[省市县镇乡村路街巷弄号栋幢室苑]|[{_HAN}]区|小区|{PROVINCES})")

_ANY_DIGIT = re.compile("[0-9]")
_ROAD_EN = r"(?:street|str|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|highway|hwy|parkway|pkwy|way|crescent|close)"
_ANCHOR_EN = re.compile(
    rf"[0-9](?<![0-9].)[0-9]{{0,4}}[a-z]?,? (?:(?:n|s|e|w|north|south|east|west|ne|nw|se|sw)\.? )?(?:[a-z][a-z'.-]{{1,20}} |[0-9]{{1,3}}(?:st|nd|rd|th) ){{1,4}}?{_ROAD_EN}(?![a-z0-9])\.?"
)
_NOT_ROAD = re.compile(
    r"[0-9]+[a-z]?,? (?:[a-z'.-]+ )*?(?:the|a|my|of|to|in|on|and|per|is|was|days?|times?|hours?|minutes?|weeks?|months?|years?|by|for|at|this|that|it|no|any|usd|dollars?|cards?|transactions?|calls?|am|pm) "
)
_LEAD_EN = re.compile(
    r"(?:(?:room|rm|flat|unit|apt|apartment|suite|ste|floor|block|building|bldg|no)\.? ?#?[a-z0-9-]{1,6},? ?){1,4}$"
)
_TAIL_EN = re.compile(
    r"(?:,? (?:apt|apartment|unit|suite|ste|flat|room|rm|floor|fl|#)\.? ?#?[a-z0-9-]{1,6}(?![a-z])|, ?[0-9]{1,3}(?:st|nd|rd|th)? floor"
    r"|, ?(?!(?:and|but|which|please|not|so|it|i|the|my|we|they)(?![a-z]))[a-z][a-z'.-]{1,20}(?: [a-z][a-z'.-]{1,20}){0,2}(?: (?:[0-9]{5}(?:-[0-9]{4})?|[a-z]{1,2}[0-9][0-9a-z]? [0-9][a-z]{2}|[0-9]{6}))?(?=[,.;\n]|$| ?[0-9])|,? (?:[a-z]{2} )?[0-9]{5}(?:-[0-9]{4})?(?![0-9])){0,6}"
)
_WORD_EN = Word(
    re.compile("(?:address|live at|lives at|ship(?: it)? to|mail(?: it)? to|deliver to)(?: is|:| =|=)? ?"),
    ("address", "live", "ship", "mail", "deliver"),
)
_GIVEN_EN = re.compile(
    r"(?:[0-9]{1,5}[a-z]? |no\.? ?[0-9]|room |flat |unit |apt |po box |p\.o\. box )[^\n;!?▇]{5,90}?(?=[.;!?\n]? *$|[;!?\n]|\.[ \n]| and | but | please )"
)


def find_postal_addresses(folded: Folded) -> Iterator[Hit]:
    """Every address with a road or a building and a number, and what a word calls an address."""
    text = folded.text
    if not text.isascii():
        yield from _chinese(text)
        yield from _given(text)
    if _ANY_DIGIT.search(text):
        yield from _english(folded)


def _chinese(text: str) -> Iterator[Hit]:
    at = 0
    for anchor in _NUMBERED.finditer(text):
        if anchor.start() < at or not _is_anchor(text, anchor):
            continue
        tail = _TAIL.match(text, anchor.end())
        end = tail.end() if tail else anchor.end()
        start = _start(text, max(at, anchor.start() - 40), anchor)
        if start is not None:
            at = end
            yield Hit(start, end, "address", "", "certain" if end - start >= 9 else "likely")


def _is_anchor(text: str, anchor: re.Match[str]) -> bool:
    earliest = max(0, anchor.start() - 10)
    unit = anchor[1]
    if unit not in _BUILDINGS and unit != "室" and _ROAD_BEFORE.search(text, earliest, anchor.start()):
        return True
    if unit in _BUILDINGS and _ROOM_BEHIND.match(text, anchor.end()):
        return True
    return (
        unit not in ("弄", "巷", "支路") and _ESTATE_BEFORE.search(text, earliest, anchor.start()) is not None
    )


def _start(text: str, earliest: int, anchor: re.Match[str]) -> int | None:
    """Where the address of `anchor` begins: at its first place name, else at its county, else at its road's name."""
    stretch = _STRETCH.search(text, earliest, anchor.start())
    begin = stretch.start() if stretch else anchor.start()
    if place := _PLACE.search(text, begin, anchor.start() + 1):
        return place.start()
    last = begin
    for lead in _LEAD_LAST.finditer(text, begin, anchor.start()):
        last = lead.end()
    if county := _COUNTY.search(text, last, anchor.start()):
        return county.start()
    if name := _ROAD_NAME.search(text, last, anchor.start()):
        return name.start()
    # A building alone ("3号楼501") is an address of its own; a road needs a name.
    return anchor.start() if text[anchor.start()] in "0123456789一二三四五六七八九十" else None


def _given(text: str) -> Iterator[Hit]:
    """What follows "地址：" to the end of the clause, if it names a place."""
    for word in _WORD.finditer(text):
        begin = after(text, word.end())
        if not _SAID.search(text, word.start(), begin):
            continue
        given = _GIVEN.match(text, begin)
        if given is None or text.startswith("**", given.end()) or not _HAS_PLACE.search(given[0]):
            continue
        is_placed = _PLACE.match(given[0]) or any(c.isdecimal() for c in given[0])
        if is_placed:
            value = given[0].rstrip(" -(")
            yield Hit(begin, begin + len(value), "address", "", "likely")


def _english(folded: Folded) -> Iterator[Hit]:
    text = folded.text
    at = 0
    for anchor in _ANCHOR_EN.finditer(text):
        start = anchor.start()
        if re.match("[a-z0-9.,$#/-]", text[start - 1 : start]) or _NOT_ROAD.match(anchor[0]):
            continue
        lead = _LEAD_EN.search(text, max(0, start - 32), start)
        tail = _TAIL_EN.match(text, anchor.end())
        end = tail.end() if tail else anchor.end()
        if start >= at:
            at = end
            yield Hit(lead.start() if lead else start, end - (text[end - 1] == "."), "address", "", "likely")
    for word in words_near_numbers(folded, _WORD_EN):
        if given := _GIVEN_EN.match(text, word.end(), word.end() + 120):
            yield Hit(given.start(), given.end(), "address", "", "likely")
