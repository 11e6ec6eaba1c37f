"""The webhook's form: a message of another system, signed, fresh, and what it becomes. Pure.

What the message does not name by our words is not lost: it stands as "name: value" lines in the description, where it is
looked at like everything else. Numbers are read as they were written: a card number may come as one.
"""

import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

import msgspec

from bihuan.channels.contract import Inbound, InboundCustomer, clean_text, note
from bihuan.core.problems import FieldProblem, Invalid, Problem
from bihuan.privacy import without_secrets

#: A delivery older or newer than this by our clock is refused, and so long its signature is remembered.
TOLERANCE = timedelta(minutes=5)
_MOST_DEPTH = 16


class WrongSignature(Problem):
    """The signature is not that of this source over this message."""

    status = 422
    zh = "签名与来源、内容不符。"


class OutOfTime(Problem):
    """`sent_at` is more than five minutes from our clock; set yours, and send it anew."""

    status = 409
    zh = "sent_at 与本系统时间相差超过五分钟，请校时后重新发送。"


class SentAgain(Problem):
    """This very delivery was taken already; to repeat a message sign it anew, its id keeps it from being taken twice."""

    status = 409
    zh = "该次投递已被接收；如需重发请重新签名，消息编号保证不会重复受理。"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery: `message` is JSON as text, so that what is signed is what was sent.

    `signature`: hex HMAC-SHA256 by the source's secret over `sent_at` (as given), a full stop, and `message`.
    """

    source: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
    sent_at: Annotated[int, msgspec.Meta(ge=0, le=32_503_680_000)]
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    message: Annotated[str, msgspec.Meta(min_length=2, max_length=500_000)]


def signature(secret: str, sent_at: int, message: str) -> str:
    """What a source signs by."""
    return hmac.digest(secret.encode(), f"{sent_at}.{message}".encode("utf-8", "replace"), "sha256").hex()


def check(envelope: Envelope, secret: str, now: datetime) -> None:
    """Raises WrongSignature, OutOfTime."""
    if not hmac.compare_digest(signature(secret, envelope.sent_at, envelope.message), envelope.signature):
        raise WrongSignature
    if abs(now - datetime.fromtimestamp(envelope.sent_at, UTC)) > TOLERANCE:
        raise OutOfTime


def read(envelope: Envelope, case_type: str | None) -> tuple[Inbound, tuple[str, ...]]:
    """The message, and the kinds of secrets that were taken out of what is kept of it. Raises Invalid."""
    try:
        given: object = msgspec.json.decode(envelope.message)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = FieldProblem(pointer="/message", code="type", params={"expected": "JSON"})
        raise Invalid(fields=[problem]) from error
    told = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    external_id = _text(told.pop("id", ""))
    if not external_id:
        raise Invalid(fields=[FieldProblem(pointer="/message/id", code="missing")])
    raw, destroyed = without_secrets(cast("object", given))
    customer = told.pop("customer", None)
    title, body = _text(told.pop("title", "")), _text(told.pop("body", ""))
    wanted, priority = _text(told.pop("case_type", "")), _text(told.pop("priority", ""))
    fields, elements, tags = (told.pop(name, None) for name in ("fields", "elements", "tags"))
    occurred_at = _moment(told.get("occurred_at"))
    if occurred_at is not None:
        told.pop("occurred_at")
    rest = [f"{name}: {value}" for name, value in _lines(told)]
    if not isinstance(customer, dict):
        rest += [f"customer: {said}"] if (said := _text(cast("object", customer))) else []
        customer = {}
    who, more = _customer(cast("dict[str, Any]", customer))
    message = Inbound(
        channel="api",
        external_id=f"hook:{envelope.source}:{external_id}",
        title=title,
        body="\n".join([body, *(["", *rest, *more] if rest or more else [])]).strip(),
        customer=who,
        occurred_at=occurred_at,
        raw=msgspec.json.encode(raw),
        notes=(note("secret_destroyed", ", ".join(sorted(set(destroyed)))),) if destroyed else (),
        source=envelope.source,
        case_type=wanted or case_type,
        priority=priority or None,
        fields=_object(fields),
        elements={name: _text(value) for name, value in _object(elements).items()},
        tags=tuple(_text(tag) for tag in _list(tags)),
    )
    return message, destroyed


def _customer(given: dict[str, Any]) -> tuple[InboundCustomer | None, list[str]]:
    """Who asks, and what was said of them that has no place."""
    kind = given.pop("kind", "person")
    who = InboundCustomer(
        kind="organisation" if kind == "organisation" else "person",
        name=_text(given.pop("name", "")),
        mobiles=tuple(_text(one) for one in _list(given.pop("mobiles", None))),
        emails=tuple(_text(one) for one in _list(given.pop("emails", None))),
        external_ref=_text(given.pop("external_ref", "")) or None,
    )
    more = [f"customer.{name}: {value}" for name, value in _lines(given)]
    said = who.name or who.mobiles or who.emails or who.external_ref
    return (who if said else None), more


def _lines(given: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        path = f"{before}{_text(name)}"
        if isinstance(value, dict) and depth < _MOST_DEPTH:
            yield from _lines(cast("dict[str, Any]", value), f"{path}.", depth + 1)
        else:
            yield path, _text(cast("object", value))


def _object(given: object) -> dict[str, Any]:
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


def _list(given: object) -> list[object]:
    if isinstance(given, list):
        return cast("list[object]", given)
    return [] if given is None else [given]


def _text(value: object) -> str:
    """A value as it is read; text without what no text holds."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return clean_text(text)[0]


def _moment(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
