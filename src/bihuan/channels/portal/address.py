"""Addresses: where a portal link leads, and by what an asker's address is counted.

A link leads to the address the institution has set, never to one a request made up.

A request's Host is whatever its sender wrote. A link built from it would lead customers, with their key, to a stranger's
host; so it is believed only where it names this very machine, for a desk that is tried out.
"""

import re
from ipaddress import IPv6Network, ip_address

from bihuan.core.problems import Problem
from bihuan.core.settings import Settings

_LOOPBACK = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")


class NoPublicAddress(Problem):
    """The desk does not know where customers reach it: set BIHUAN_PUBLIC_URL (https://…) and start it anew."""

    status = 409
    zh = "系统不知道客户从哪里访问，无法生成链接：请设置 BIHUAN_PUBLIC_URL(https://…)并重启。"


def link_url(settings: Settings, key: str, *, host: str, address: str) -> str:
    """The link. The key is in the fragment: no request line, log or referrer ever holds it. Raises NoPublicAddress."""
    return f"{_public(settings, host, address)}/portal/#k={key}"


def _public(settings: Settings, host: str, address: str) -> str:
    if settings.public_url:
        return settings.public_url.rstrip("/")
    if settings.secure_cookies or not _LOOPBACK.fullmatch(host) or not _is_here(address):
        raise NoPublicAddress
    return f"http://{host}"


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def network_of(address: str) -> str:
    """By what tries are counted: an IPv4 address itself; of IPv6 the /64, of which one subscriber has every address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))
