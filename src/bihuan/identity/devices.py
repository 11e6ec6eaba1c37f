"""Browsers known again: after a sign-in the browser keeps a signed cookie, and guesses from elsewhere never slow it down.

It opens nothing. It holds for half a year, for the people who signed in there last, until they change their password.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bihuan.core import clock
from bihuan.core.keyring import KeyRing, UnknownKey

COOKIE = "bihuan_device"
DAYS = 180
#: Seconds each of these cookies is kept; the other is of one way to a sign-in service.
AGES = {COOKIE: DAYS * 86_400, "bihuan_sign_in": 900}
_MOST_PEOPLE = 4
_NONCE, _MAC, _MOMENT = 16, 32, 8
_IDS = 32


def remembered(ring: KeyRing, cookie: str, tenant_id: UUID, staff_id: UUID) -> str:
    """The cookie of a browser at which this person has just signed in."""
    key = ring.active("mac")
    who = tenant_id.bytes + staff_id.bytes
    moment = int(clock.now().timestamp()).to_bytes(_MOMENT, "big")
    payload = who + moment + secrets.token_bytes(_NONCE)
    own = f"{base64.urlsafe_b64encode(payload + _mac(key.secret, payload)).decode().rstrip('=')}~{key.id}"
    others = [one for one in cookie.split(".") if _ids(one) not in (None, who)]
    return ".".join([own, *others[: _MOST_PEOPLE - 1]])


def known(
    ring: KeyRing, cookie: str, tenant_id: UUID, staff_id: UUID, *, since: datetime | None
) -> str | None:
    """What tells this browser from others, where this person signed in there after `since`; else None."""
    for one in cookie.split(".")[:_MOST_PEOPLE]:
        payload = _opened(ring, one)
        if payload is None or payload[:_IDS] != tenant_id.bytes + staff_id.bytes:
            continue
        moment = datetime.fromtimestamp(int.from_bytes(payload[_IDS : _IDS + _MOMENT], "big"), UTC)
        fresh = clock.now() - moment <= timedelta(days=DAYS)
        # The cookie counts whole seconds, and the one in which the password was changed is the owner's own.
        if fresh and (since is None or moment >= since.replace(microsecond=0)):
            return payload[_IDS + _MOMENT :].hex()
    return None


def _opened(ring: KeyRing, one: str) -> bytes | None:
    text, _, key_id = one.partition("~")
    raw = _decoded(text)
    if raw is None or len(raw) != _IDS + _MOMENT + _NONCE + _MAC or not key_id.isascii():
        return None
    try:
        key = ring.by_tag(f"hmac-sha256:{key_id}")
    except UnknownKey:
        return None
    payload, mac = raw[:-_MAC], raw[-_MAC:]
    return payload if key.purpose == "mac" and hmac.compare_digest(mac, _mac(key.secret, payload)) else None


def _ids(one: str) -> bytes | None:
    raw = _decoded(one.partition("~")[0])
    return raw[:_IDS] if raw else None


def _decoded(text: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None


def _mac(secret: bytes, payload: bytes) -> bytes:
    return hmac.digest(secret, b"device-1" + payload, hashlib.sha256)
