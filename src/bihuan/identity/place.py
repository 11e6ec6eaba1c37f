"""Where the desk's people reach it: passkeys and sign-in services are bound to that address.

As for portal links, a request's Host is believed only where it names this very machine, for a desk that is tried out.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from bihuan.core.problems import Problem
from bihuan.core.settings import Settings

_LOOPBACK = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")


class NoConsoleAddress(Problem):
    """The desk does not know where its people reach it: set BIHUAN_CONSOLE_URL or BIHUAN_PUBLIC_URL (https://…) and start it anew."""

    status = 409
    zh = "系统不知道工作人员从哪里访问：请设置 BIHUAN_CONSOLE_URL 或 BIHUAN_PUBLIC_URL（https://…）并重启。"


class NoPasskeysHere(Problem):
    """Passkeys are bound to a name: open the desk by its name, not by a bare address."""

    status = 409
    zh = "通行密钥须绑定域名：请用域名而非 IP 地址打开本系统。"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Scheme, host and port as a browser says them, and the host alone."""

    origin: str
    host: str

    @property
    def takes_passkeys(self) -> bool:
        """Whether a passkey can be bound to it: to a name, never to an address."""
        try:
            ip_address(self.host)
        except ValueError:
            return True
        return False


def place(settings: Settings, *, host: str, address: str) -> Place:
    """The place. On this very machine the one a request came to. Raises NoConsoleAddress."""
    told = settings.console_url or settings.public_url
    here = not settings.secure_cookies and _LOOPBACK.fullmatch(host) and _is_here(address)
    if here and (not told or _is_loopback(told)):
        return _place(f"http://{host}")
    if told:
        return _place(told.rstrip("/"))
    raise NoConsoleAddress


def passkey_place(settings: Settings, *, host: str, address: str) -> Place:
    """The place, for passkeys. Raises NoConsoleAddress, NoPasskeysHere."""
    found = place(settings, host=host, address=address)
    if not found.takes_passkeys:
        raise NoPasskeysHere
    return found


def _place(origin: str) -> Place:
    return Place(origin=origin.lower(), host=(urlsplit(origin).hostname or "").lower())


def _is_loopback(origin: str) -> bool:
    return bool(_LOOPBACK.fullmatch(origin.partition("://")[2].rstrip("/")))


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
