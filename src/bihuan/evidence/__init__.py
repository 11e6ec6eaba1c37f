"""Evidence: what happened, provable years later.

Owns the streams of events, their chains, heads and seals. Promises that an event once written is never changed and
that a change behind our back is named. Refuses personal payloads: they enter as commitments.
"""

from bihuan.evidence import siem, stamps
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
from bihuan.evidence.audit import Asked, Proof, entries, entry
from bihuan.evidence.audit import Entry as AuditEntry
from bihuan.evidence.audit import kinds as entry_kinds
from bihuan.evidence.chain import Head, LockedHead, canonical, commitment, genesis
from bihuan.evidence.checks import LatestCheck, PayloadCheck, RowCheck
from bihuan.evidence.findings import Finding
from bihuan.evidence.news import changed_since, last_events, last_seal
from bihuan.evidence.own_heads import RecordBroken, must_be_ours
from bihuan.evidence.package import VERIFIER, About, Package, fingerprint
from bihuan.evidence.proof_file import (
    ProofFile,
    WholeEvent,
    latest_rows,
    proof_of,
    sealed_until,
    whole_events,
)
from bihuan.evidence.seal import RootsLog, all_tenants, seal_tenant, tenants_to_seal
from bihuan.evidence.state import digest as state_digest
from bihuan.evidence.timeline import Line, Sheet
from bihuan.evidence.timeline import pdf as timeline_pdf
from bihuan.evidence.verify import verify

__all__ = [
    "HEAD_QUERY",
    "STATUS_QUERY",
    "VERIFIER",
    "About",
    "Asked",
    "AuditEntry",
    "Finding",
    "Head",
    "LatestCheck",
    "Line",
    "LockedHead",
    "NewEvent",
    "Package",
    "PayloadCheck",
    "Proof",
    "ProofFile",
    "RecordBroken",
    "Recorded",
    "RootsLog",
    "RowCheck",
    "Sheet",
    "Stream",
    "WholeEvent",
    "all_tenants",
    "append",
    "canonical",
    "changed_since",
    "commitment",
    "entries",
    "entry",
    "entry_kinds",
    "events",
    "events_at",
    "fingerprint",
    "genesis",
    "last_events",
    "last_seal",
    "latest_rows",
    "lock_head",
    "must_be_ours",
    "proof_of",
    "record",
    "recorded",
    "seal_tenant",
    "sealed_until",
    "siem",
    "stamps",
    "state_digest",
    "tenants_to_seal",
    "timeline_pdf",
    "verify",
    "whole_events",
]
