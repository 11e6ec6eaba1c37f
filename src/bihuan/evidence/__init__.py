"""Evidence: what happened, provable years later.

Owns the streams of events, their chains, heads and seals. Promises that an event once written is never changed and
that a change behind our back is named. Refuses personal payloads: they enter as commitments.
"""

from bihuan.evidence.append import (
    HEAD_QUERY,
    STATUS_QUERY,
    NewEvent,
    Recorded,
    Stream,
    append,
    events,
    events_at,
    lock_head,
    record,
    recorded,
)
from bihuan.evidence.chain import Head, canonical, commitment
from bihuan.evidence.checks import PayloadCheck, RowCheck
from bihuan.evidence.news import changed_since, last_events, last_seal
from bihuan.evidence.seal import RootsLog, all_tenants, seal_tenant, tenants_to_seal
from bihuan.evidence.state import digest as state_digest
from bihuan.evidence.verify import verify

__all__ = [
    "HEAD_QUERY",
    "STATUS_QUERY",
    "Head",
    "NewEvent",
    "PayloadCheck",
    "Recorded",
    "RootsLog",
    "RowCheck",
    "Stream",
    "all_tenants",
    "append",
    "canonical",
    "changed_since",
    "commitment",
    "events",
    "events_at",
    "last_events",
    "last_seal",
    "lock_head",
    "record",
    "recorded",
    "seal_tenant",
    "state_digest",
    "tenants_to_seal",
    "verify",
]
