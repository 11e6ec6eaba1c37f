"""SMS by the institution's own gateway: a small signed JSON POST, which any gateway's side can be adapted to.

`POST {"id", "to", "text", "language"}` with the headers `Idempotency-Key` (the delivery's id: the same at every
attempt), `X-Bihuan-Timestamp` (seconds) and `X-Bihuan-Signature` (`sha256=` and hex of HMAC-SHA256 by the shared key over
`timestamp.body`). The gateway refuses what is older or newer than five minutes, and answers 2xx once it has taken the
message, 409 where it had taken this id before.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from bihuan.core import clock, outbound
from bihuan.core.outbound import Outward, Reply, Unanswered
from bihuan.core.problems import Language
from bihuan.core.settings import Settings
from bihuan.notices.attempt import Failed, Outcome, Refused, Sent, Unsure

#: Seven parts of a long Chinese message; gateways take no more.
_MOST_CHARACTERS = 450
_TAKEN_BEFORE = 409
_AGAIN = frozenset({429, 503})
_LOGIN = frozenset({401, 403})


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message: `to` as the gateway dials it, +86… for a mobile of the mainland."""

    id: UUID
    to: str
    text: str
    language: Language


class Gateway(Protocol):
    """What takes a message."""

    async def send(self, message: Message) -> Outcome:
        """Hand it over."""
        ...


class NoGateway:
    """Where none is set up."""

    async def send(self, message: Message) -> Outcome:
        """Refused, to be seen by a person."""
        del message
        return Refused(code="not_configured")


class HttpGateway:
    """The gateway of BIHUAN_SMS_URL."""

    def __init__(self, url: str, key: str, outward: Outward) -> None:
        self._url = url
        self._key = key
        self._outward = outward

    async def send(self, message: Message) -> Outcome:
        """Post it, signed."""
        text = message.text.strip()
        text = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
        body = msgspec.json.encode(msgspec.structs.replace(message, text=text))
        stamp, signature = signed(self._key, clock.now(), body)
        headers = {
            "idempotency-key": str(message.id),
            "x-bihuan-timestamp": stamp,
            "x-bihuan-signature": f"sha256={signature}",
        }
        return understood(await self._outward.post(self._url, body, headers))


def gateway(settings: Settings) -> Gateway:
    """The gateway the settings name."""
    if not is_on(settings):
        return NoGateway()
    return HttpGateway(settings.sms_url, settings.sms_key, Outward(outbound.tls(settings), None))


def is_on(settings: Settings) -> bool:
    """Whether SMS is set up."""
    return bool(settings.sms_url and settings.sms_key)


def signed(key: str, at: datetime, body: bytes) -> tuple[str, str]:
    """Timestamp (seconds) and signature (hex) of a body."""
    stamp = str(int(at.timestamp()))
    return stamp, hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def understood(answer: Reply | Unanswered) -> Outcome:
    """What the gateway's answer means."""
    if isinstance(answer, Unanswered):
        return Unsure(code=answer.code) if answer.sent else Failed(code=answer.code)
    if answer.status < 300 or answer.status == _TAKEN_BEFORE:
        return Sent()
    if answer.status in _AGAIN:
        return Failed(code="deferred", after=answer.after)
    if answer.status in _LOGIN:
        return Failed(code="login_refused")
    return Refused(code="refused") if answer.status < 500 else Unsure(code="odd_answer")
