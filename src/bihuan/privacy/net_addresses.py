"""E-mail and IP addresses in a folded text. Pure, linear: every `@`, dotted quad and colon costs a bounded look."""

import ipaddress
import re
from collections.abc import Iterator

from bihuan.privacy.fold import Folded
from bihuan.privacy.spans import Hit

_LOCAL = re.compile(r"[a-z0-9](?:[a-z0-9._%+'-]{0,63})\Z")
_DOMAIN = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?(?:\.[a-z0-9-]{1,63}){0,6}\.(?:xn--[a-z0-9-]{2,59}|[a-z]{2,24})(?![a-z0-9-])"
)
#: "name [at] example [dot] com"; the plain words only where both are used.
_SPELT_AT = re.compile(
    r" ?(?:[\[({（【<] ?(?:at|@|艾特) ?[\])}）】>]|@| at ) ?"
    r"([a-z0-9-]{1,63}(?: ?(?:[\[({（【<] ?(?:dot|\.|点) ?[\])}）】>]|\.| dot ) ?[a-z0-9-]{2,24}){0,3} ?(?:[\[({（【<] ?(?:dot|\.|点) ?[\])}）】>]|\.| dot ) ?[a-z]{2,24})(?![a-z0-9])"
)
_SPELT_DOT = re.compile(r" ?(?:[\[({（【<] ?(?:dot|\.|点) ?[\])}）】>]|\.| dot ) ?")
_SIGN = re.compile("@")
_BRACKETED = re.compile(r"[\[({<（【] ?(?:at|@|艾特)")
_ANY_AT = re.compile(r"@|[\[({（【<] ?(?:at|艾特) ?[\])}）】>]| at (?=[a-z0-9-]{1,63} dot )")

_QUAD = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9]|\.[0-9])")
#: What makes four numbers a version, or the number of a chapter.
_VERSION = re.compile(
    r"(?:版本号?|固件|version|ver|app|ios|android|harmony ?os|v|build|release|sdk|firmware|driver|patch|rev|oid|更新到|更新至|升级到|升级至|升至|降级到|内核|驱动"
    r"|(?:chrome|firefox|safari|edge?|opr|webkit|micromessenger|browser|client|okhttp)/"
    r"|第|章节?|小节|条款?|附录|§|section|sec\.?|chapter|clause|annex)[ .:=为是]{0,3}\Z|[0-9.]\Z|[a-z_](?<!ip)(?<!ip_)\Z"
)
_CHAPTER = re.compile(" ?(?:[条章节款项版]|版本|小节)")
_PREFIX = re.compile("/([0-9]{1,3})(?![0-9])")
_COLONS = re.compile(":[0-9a-f]{0,4}:")
_SIX = re.compile(
    r"(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![0-9a-z:]|\.[0-9])"
)


def find_net_addresses(folded: Folded) -> Iterator[Hit]:
    """Every e-mail and IP address; no version number, no time, no MAC address."""
    text = folded.text
    yield from _emails(text)
    if "." in text:
        yield from _fours(text)
    if _COLONS.search(text):
        yield from _sixes(text)


def _emails(text: str) -> Iterator[Hit]:
    for sign in (_ANY_AT if " dot " in text or _BRACKETED.search(text) else _SIGN).finditer(text):
        start = _local_start(text, sign.start())
        if start is None:
            continue
        if sign[0] == "@" and (domain := _DOMAIN.match(text, sign.end())):
            yield Hit(start, domain.end(), "email", text[start : domain.end()])
        elif spelt := _SPELT_AT.match(text, sign.start()):
            local = text[start : sign.start()].rstrip()
            yield Hit(start, spelt.end(), "email", local + "@" + _SPELT_DOT.sub(".", spelt[1]))


def _local_start(text: str, at: int) -> int | None:
    """Where the local part begins whose `@` stands at `at`; a blank before a spelt one is no part of it."""
    end = at - 1 if text[at - 1 : at] == " " else at
    for found in (_LOCAL.search(text, max(0, end - 64), end),):
        if found and text[end - 1] not in ".'":
            return found.start()
    return None


def _fours(text: str) -> Iterator[Hit]:
    for found in _QUAD.finditer(text):
        parts = found[0].split(".")
        is_cut = _VERSION.search(text, max(0, found.start() - 16), found.start())
        is_address = all(int(part) <= 255 and (part == "0" or part[0] != "0") for part in parts)
        if (
            is_address
            and not is_cut
            and parts[0] not in ("0", "127")
            and not _CHAPTER.match(text, found.end())
            and not _is_network(text, found)
        ):
            yield Hit(found.start(), found.end(), "ip_address", found[0])


def _is_network(text: str, found: re.Match[str]) -> bool:
    """Whether a prefix length makes it a whole network; an address somebody has in one has bits behind the prefix."""
    prefix = _PREFIX.match(text, found.end())
    if not prefix or int(prefix[1]) > 32:
        return prefix is not None
    return int(ipaddress.IPv4Address(found[0])) & ((1 << (32 - int(prefix[1]))) - 1) == 0


def _sixes(text: str) -> Iterator[Hit]:
    for found in _SIX.finditer(text):
        if re.match("[0-9a-z:.]", text[found.start() - 1 : found.start()]) or _PREFIX.match(
            text, found.end()
        ):
            continue
        try:
            address = ipaddress.IPv6Address(found[0])
        except ValueError:
            continue
        # Loopback, link-local and the like are everybody's.
        if (
            len(found[0]) >= 7
            and (address.is_global or address.is_private)
            and not address.is_loopback
            and not address.is_link_local
        ):
            yield Hit(found.start(), found.end(), "ip_address", address.compressed)
