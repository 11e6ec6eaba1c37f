"""Events as syslog: RFC 5424 lines with a JSON message, framed by octet counting (RFC 6587). Pure.

A line says who did what, where it stands and by which hash; events hold no personal data of customers, so neither does it.
"""

import re
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

_FACILITY = 13  # log audit
_WARNING, _NOTICE, _INFORMATIONAL = 4, 5, 6
#: What somebody should look at, by how such events are called.
_ALARMING = re.compile(r"fail|refus|unusual|lock|denied|breach|quarantin|infected")
_NAME = re.compile(r"[^!-~]")
_encoder = msgspec.json.Encoder(order="deterministic")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An event to be told. `login`: who did it, where it was a colleague; `seal_no`: the seal that covers it."""

    tenant: str
    stream: Literal["staff", "config"]
    stream_id: UUID
    seq: int
    body: str
    hash: bytes
    seal_no: int
    login: str | None


def line(one: Line, *, host: str) -> bytes:
    """One RFC 5424 message: header, no structured data, BOM, JSON."""
    told: dict[str, Any] = msgspec.json.decode(one.body)
    at = datetime.fromisoformat(told["at"]).astimezone(UTC)
    head = " ".join(
        (
            f"<{_FACILITY * 8 + _severity(one, told['kind'])}>1",
            at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            _name(host, 255),
            "bihuan",
            "-",
            _name(told["kind"], 32),
            "-",
        )
    )
    actor = {**told["actor"], "login": one.login} if one.login else told["actor"]
    message = {
        "tenant": one.tenant,
        "stream": one.stream,
        "stream_id": str(one.stream_id),
        "seq": one.seq,
        "at": told["at"],
        "kind": told["kind"],
        "actor": actor,
        "data": told["data"],
        "hash": one.hash.hex(),
        "seal": one.seal_no,
    }
    return head.encode() + b" \xef\xbb\xbf" + _encoder.encode(message)


def framed(message: bytes) -> bytes:
    """A message behind its length: what it holds can end no frame."""
    return str(len(message)).encode() + b" " + message


def in_order(lines: list[Line]) -> list[Line]:
    """The events of one seal by time; of one stream always by number, whatever the clocks of several hosts said."""
    latest: dict[UUID, str] = {}
    keyed: list[tuple[int, str, UUID, int, Line]] = []
    for one in sorted(lines, key=lambda each: (each.stream_id, each.seq)):
        at = max(_at(one.body), latest.get(one.stream_id, ""))
        latest[one.stream_id] = at
        keyed.append((one.seal_no, at, one.stream_id, one.seq, one))
    return [each[-1] for each in sorted(keyed, key=lambda each: each[:4])]


class _At(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime


def _at(body: str) -> str:
    """The moment of an event, so that texts sort as times do."""
    return msgspec.json.decode(body, type=_At).at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _severity(one: Line, kind: str) -> int:
    if _ALARMING.search(kind):
        return _WARNING
    return _NOTICE if one.stream == "config" else _INFORMATIONAL


def _name(text: str, most: int) -> str:
    """A header field: printable ASCII without blanks, never empty."""
    return _NAME.sub("", text)[:most] or "-"
