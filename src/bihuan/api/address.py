"""Whose address a request comes from, when proxies stand between: only those we trust are believed."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]


def client(peer: str, forwarded: str, trusted: str) -> str:
    """The client's address: the last of X-Forwarded-For that no trusted proxy has; the peer where none is trusted."""
    networks = _networks(trusted)
    found = peer
    for hop in [h.strip() for h in forwarded.split(",") if h.strip()][::-1]:
        if not _inside(found, networks) or not _is_address(hop):
            break
        found = hop
    return found


@lru_cache(maxsize=8)
def _networks(trusted: str) -> Networks:
    return tuple(ip_network(part.strip(), strict=False) for part in trusted.split(",") if part.strip())


def _inside(address: str, networks: Networks) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
