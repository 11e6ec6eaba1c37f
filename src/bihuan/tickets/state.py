"""What an event vouches for: the digest of the ticket's row as it stands after the event.

The same text is built here from the struct and in the database from the row, so that a row changed behind the chain's
back is found by verification. Times are microseconds since 1970.
"""

from datetime import UTC, datetime

from bihuan import privacy
from bihuan.evidence import PayloadCheck, RowCheck, state_digest
from bihuan.tickets.model import Ticket

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = ("number", "customer_id", "case_type", "case_type_version", "state", "priority", "subject_id", "team_id",
    "assignee_id", "channel", "external_id", "waiting_for", "resumes_to", "outcome", "callback_result",
    "merged_into", "transfers", "reopenings", "public_seq")  # fmt: skip
_TIMES = ("opened_at", "changed_at", "waiting_until", "resolved_at", "closed_at")
_LISTS = ("tags", "checklist", "evidence")
#: What is sealed is vouched for as it stands: verification needs no key, and an erasure changes nothing of it.
_SEALED = "encode(sha256(sealed), 'hex')"
#: Of a name that was deleted the digest is kept: the row's other columns stand in the same commitment.
_NAME = "encode(case when octet_length(sealed) = 0 then sealed_sha256 else sha256(sealed) end, 'hex')"
#: Tells that a ticket's words were deleted because their time was over; no other event excuses their absence.
RETAINED_OUT = "ticket.retained_out"

ROW_CHECK = RowCheck(
    kind="ticket",
    table="ticket",
    columns=(
        *(f"{c}::text" for c in _PLAIN),
        *(f"(extract(epoch from {c}) * 1000000)::bigint::text" for c in _TIMES),
        *(f"array_to_string({c}, ',')" for c in _LISTS),
        _SEALED,
        "encode(object_index, 'hex')",
    ),
)

#: Beside the digest of the sealed words stands the digest of what else the row says of them, and the commitment to the
#: text itself, for whoever is given text and nonce.
MESSAGE_CHECK = PayloadCheck(
    kind="ticket",
    table="message",
    stream="ticket_id",
    member="sealed",
    digest="sha256(nullif(sealed, ''::bytea))",
    columns=("id::text", "kind", "channel", "original_id::text"),
    erased_by=RETAINED_OUT,
    emptied=True,
)
ATTACHMENT_CHECK = PayloadCheck(
    kind="ticket",
    table="attachment",
    stream="ticket_id",
    member="sha256",
    digest="case when octet_length(sealed) > 0 then sha256 end",
    id="id",
    columns=(_NAME, "content_type", "size_bytes::text", "subject_id::text", "hidden::text"),
    erased_by=RETAINED_OUT,
    emptied=True,
)

RATING_CHECK = PayloadCheck(
    kind="ticket",
    table="rating",
    stream="ticket_id",
    member="rated",
    digest="nonce",
    columns=("solving::text", "score::text", "(extract(epoch from rated_at) * 1000000)::bigint::text"),
)
#: All that events of a ticket commit to.
PAYLOAD_CHECKS = (MESSAGE_CHECK, ATTACHMENT_CHECK, RATING_CHECK)


def rating_digest(solving: int, score: int, rated_at: datetime) -> str:
    """The digest of a rating's row, hex."""
    return state_digest([str(solving), str(score), micros(rated_at)])


def digest(ticket: Ticket) -> str:
    """The digest, hex."""
    return state_digest([text for _, text in row_texts(ticket)])


def row_texts(ticket: Ticket) -> list[tuple[str, str | None]]:
    """The row's columns by name, as texts in the digest's order."""
    index = ticket.object_index.hex() if ticket.object_index else None
    return [
        *((c, _text(getattr(ticket, c))) for c in _PLAIN),
        *((c, micros(getattr(ticket, c))) for c in _TIMES),
        *((c, ",".join(getattr(ticket, c))) for c in _LISTS),
        ("sealed", privacy.texts.digest(ticket.sealed)),
        ("object_index", index),
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def micros(value: datetime | None) -> str | None:
    """A moment as a column's text: microseconds since 1970."""
    if value is None:
        return None
    span = value - _EPOCH
    return str((span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds)
