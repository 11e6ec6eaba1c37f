"""How often one may ask: token buckets in this process, and a coarse count as rows that all processes share.

Whoever is signed in spends from a bucket of their own. An address pays only for what came to nothing: requests of
nobody, and requests with a credential that was none. So whoever floods the desk from an address many share (a branch,
a proxy) cannot throttle a colleague there: a credential that was good in the last minutes is not asked for its address.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg

from bihuan.core import clock, log
from bihuan.core.db import DatabaseBusy
from bihuan.core.desk import Desk
from bihuan.core.problems import Problem
from bihuan.core.throttle import Limit, TooManyTries

K = TypeVar("K")
V = TypeVar("V")
_log = log.get("limits")
#: What adding up parts of a second may be off by.
_ROUNDING = 1e-6
_MINUTE = timedelta(minutes=1)
#: More actors or addresses than this at one process: the one not seen longest is forgotten.
_MOST_BUCKETS = 20_000
#: A twelfth of a minute's requests is counted at a time: a row is written seldom.
_LOTS = 12
_KNOWN_SECONDS = 600.0
#: A provider gives each customer a network of this length, whose every address is theirs.
_IPV6_PREFIX = 64


class TooManyRequests(Problem):
    """Too many requests; wait {seconds} seconds."""

    status = 429
    zh = "请求过于频繁，请 {seconds} 秒后再试。"


class Bucket:
    """So many a minute, all of them at once if need be. Pure: the caller says what time it is (seconds)."""

    __slots__ = ("_at", "_left", "_most")

    def __init__(self, most: int, at: float) -> None:
        self._most = most
        self._left = float(most)
        self._at = at

    def refuses(self, at: float) -> int:
        """Seconds until one more may come; 0: now."""
        self._fill(at)
        short = 1 - self._left
        return 0 if short <= _ROUNDING else math.ceil(short * 60 / self._most)

    def close(self, at: float, seconds: int) -> None:
        """Nobody comes for so many seconds."""
        self._at = at
        self._left = min(self._left, 1 - seconds * self._most / 60)

    def spend(self, at: float) -> None:
        """One came; it may owe one whole minute's, no more."""
        self._fill(at)
        self._left = max(-float(self._most), self._left - 1)

    def _fill(self, at: float) -> None:
        self._left = min(float(self._most), self._left + max(0.0, at - self._at) * self._most / 60)
        self._at = max(self._at, at)


class Limits:
    """The buckets of one process."""

    def __init__(self, desk: Desk, *, now: Callable[[], float] = clock.perf) -> None:
        self._desk = desk
        self._now = now
        self._per_actor = desk.settings.requests_per_minute
        self._per_address = desk.settings.anonymous_requests_per_minute
        self._lot = max(1, self._per_actor // _LOTS)
        self._shared = Limit("requests", most=self._per_actor, window=_MINUTE)
        self._actors: OrderedDict[UUID, Bucket] = OrderedDict()
        self._addresses: OrderedDict[str, Bucket] = OrderedDict()
        self._uncounted: OrderedDict[UUID, int] = OrderedDict()
        self._known: OrderedDict[bytes, float] = OrderedDict()

    def admit(self, address: str, secret_sha256: bytes | None) -> None:
        """Before anything is done. `secret_sha256`: of the credential as it came. Raises TooManyRequests."""
        if not self._per_address or (secret_sha256 is not None and self._is_known(secret_sha256)):
            return
        waiting = self._of(self._addresses, _network(address), self._per_address).refuses(self._now())
        if waiting:
            raise TooManyRequests(seconds=waiting)

    def came_to_nothing(self, address: str) -> None:
        """A request of nobody, or with a credential that was none."""
        if self._per_address:
            self._of(self._addresses, _network(address), self._per_address).spend(self._now())

    def spend(self, actor_id: UUID, secret_sha256: bytes) -> None:
        """A request of somebody whose credential was good. Raises TooManyRequests."""
        _keep(self._known, secret_sha256, self._now() + _KNOWN_SECONDS)
        if not self._per_actor:
            return
        bucket = self._of(self._actors, actor_id, self._per_actor)
        if waiting := bucket.refuses(self._now()):
            raise TooManyRequests(seconds=waiting)
        bucket.spend(self._now())
        _keep(self._uncounted, actor_id, self._uncounted.get(actor_id, 0) + 1)

    async def settle(self, tenant_id: UUID, actor_id: UUID) -> None:
        """Once the request is over: tell the other processes of a lot of them, and hear what they had."""
        if self._uncounted.get(actor_id, 0) < self._lot:
            return
        self._uncounted[actor_id] = 0
        try:
            async with self._desk.database.work(tenant_id) as work:
                await self._shared.spend(work, str(actor_id), many=self._lot)
        except TooManyTries as many:
            bucket = self._of(self._actors, actor_id, self._per_actor)
            bucket.close(self._now(), int(many.params["seconds"]))
        except (psycopg.Error, OSError, DatabaseBusy) as error:
            # The answer stands; this process's own bucket goes on counting.
            _log.warning("requests_not_counted", error=error)

    def _is_known(self, secret_sha256: bytes) -> bool:
        return self._known.get(secret_sha256, 0.0) > self._now()

    def _of(self, buckets: OrderedDict[K, Bucket], who: K, most: int) -> Bucket:
        bucket = buckets.get(who)
        return _keep(buckets, who, Bucket(most, self._now()) if bucket is None else bucket)


_all: WeakKeyDictionary[Desk, Limits] = WeakKeyDictionary()


def of(desk: Desk) -> Limits:
    """The desk's limits in this process."""
    found = _all.get(desk)
    if found is None:
        found = _all[desk] = Limits(desk)
    return found


def _keep(into: "OrderedDict[K, V]", key: K, value: V) -> V:
    into[key] = value
    into.move_to_end(key)
    if len(into) > _MOST_BUCKETS:
        into.popitem(last=False)
    return value


def _network(address: str) -> str:
    """Whom an address belongs to: of IPv6 the network a provider gives to one customer."""
    try:
        one = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(one, IPv6Address):
        return str(one)
    if one.ipv4_mapped is not None:
        return str(one.ipv4_mapped)
    return str(ip_network(f"{one}/{_IPV6_PREFIX}", strict=False))
