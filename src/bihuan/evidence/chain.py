"""The chain of events, pure: hashes, MACs, heads, Merkle roots.

    hash(n) = SHA-256( hash(n-1) ‖ body(n) )        hash(0) is bound to tenant, kind and stream
    mac(n)  = HMAC( key, hash(n) )
    head    = HMAC( key, "head" ‖ kind ‖ stream ‖ n ‖ hash(n) )

Anyone can check the hashes; whoever holds the ring can tell at once which event somebody else wrote. The head's MAC is
of another form than an event's, so that an event's own MAC cannot be used to set the head back to it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

import msgspec

StreamKind = Literal["ticket", "staff", "config", "customer"]
Side = Literal["left", "right"]

_encoder = msgspec.json.Encoder(order="deterministic")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream stands: number and hash of its last event."""

    seq: int
    hash: bytes


class LockedHead(Head, frozen=True, kw_only=True):
    """A head as it stands in the database, with what shows that we wrote it."""

    kind: StreamKind
    mac: bytes
    mac_key: str


def canonical(value: object) -> str:
    """One text per value: JSON, members sorted, no blanks, UTF-8."""
    return _encoder.encode(value).decode()


def genesis(tenant_id: UUID, kind: StreamKind, stream_id: UUID) -> bytes:
    """The hash before the first event: 32 bytes no other stream has."""
    return hashlib.sha256(b"bihuan-stream-1" + tenant_id.bytes + kind.encode() + stream_id.bytes).digest()


def event_hash(before: bytes, body: bytes) -> bytes:
    """Hash of an event, from the hash before it and its body."""
    return hashlib.sha256(before + body).digest()


def mac(key: bytes, hash_: bytes) -> bytes:
    """MAC of an event's hash."""
    return hmac.digest(key, hash_, "sha256")


def head_mac(key: bytes, kind: str, stream_id: UUID, head: Head) -> bytes:
    """MAC of a stream's head."""
    message = b"head" + kind.encode() + stream_id.bytes + head.seq.to_bytes(8, "big") + head.hash
    return hmac.digest(key, message, "sha256")


def commitment(nonce: bytes, payload: bytes) -> str:
    """What stands in an event for a personal payload: without the nonce nobody can test a guess against it."""
    return hmac.digest(nonce, payload, "sha256").hex()


def leaf(stream_id: UUID, head: Head) -> bytes:
    """A sealed head as a Merkle leaf (RFC 6962 prefixes: 0 for leaves, 1 for nodes)."""
    return hashlib.sha256(b"\x00" + stream_id.bytes + head.seq.to_bytes(8, "big") + head.hash).digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Root over the leaves in their order, in memory of log(n). Raises ValueError where there are none."""
    stack: list[tuple[int, bytes]] = []
    for item in leaves:
        stack.append((0, item))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            height, right = stack.pop()
            stack[-1] = (height + 1, _node(stack[-1][1], right))
    if not stack:
        raise ValueError("no leaves")
    root = stack.pop()[1]
    while stack:
        root = _node(stack.pop()[1], root)
    return root


def merkle_path(leaves: Sequence[bytes], index: int) -> list[tuple[Side, bytes]]:
    """What leads from a leaf to the root: at each level the neighbour's side and hash; a leaf without one moves up."""
    path: list[tuple[Side, bytes]] = []
    level = list(leaves)
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(("left" if beside < index else "right", level[beside]))
        alone = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [_node(left, right) for left, right in pairs] + alone
        index //= 2
    return path


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
