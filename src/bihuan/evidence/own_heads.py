"""Whether a head in the database is one that the desk wrote: asked before anything of ours vouches for it.

Who can write to the database but has no key can change an event and calculate all hashes after it anew. An event of ours
behind such a head, a seal over it, or a package signed by us would make that change good.
"""

import hmac
from uuid import UUID

from bihuan.core import log
from bihuan.core.keyring import KeyRing, UnknownKey
from bihuan.core.problems import Problem
from bihuan.evidence import chain
from bihuan.evidence.chain import LockedHead

_log = log.get("evidence")


class RecordBroken(Problem):
    """The record {stream} was changed outside the desk: nothing is added to it until `bihuan evidence verify` is clean."""

    status = 409
    zh = "记录 {stream} 曾在系统外被改动：在 `bihuan evidence verify` 查明并恢复之前，不再写入。"


def is_ours(ring: KeyRing, stream_id: UUID, head: LockedHead) -> bool:
    """Whether the head's MAC is right."""
    try:
        key = ring.by_tag(head.mac_key)
    except UnknownKey:
        return False
    wanted = chain.head_mac(key.secret, head.kind, stream_id, head)
    return key.purpose == "mac" and hmac.compare_digest(wanted, head.mac)


def must_be_ours(ring: KeyRing, stream_id: UUID, head: LockedHead) -> None:
    """Raise RecordBroken where the head's MAC is wrong."""
    if not is_ours(ring, stream_id, head):
        _log.error("record_broken", stream=f"{head.kind}:{stream_id}", seq=head.seq)
        raise RecordBroken(stream=f"{head.kind}:{stream_id}")
