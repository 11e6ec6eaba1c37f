"""Failed sign-ins of logins nobody has: on record like anybody's, so that the audit shows an attack on made-up names.

What was typed may be a password, a mobile or somebody's name, so no event holds it: only its first character and a keyed
hash, by which tries of one login belong together; of the address its class and a keyed hash of its network. The streams
are few and told apart by that hash, so that no number of made-up logins makes one wait for another, or makes more.
"""

import uuid
from ipaddress import ip_address, ip_network
from typing import Literal
from uuid import UUID

from bihuan import evidence
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.keyring import KeyRing
from bihuan.identity.sign_in import queries
from bihuan.privacy import blind_index

AddressClass = Literal["loopback", "private", "public", "unknown"]
_STREAMS = 64
_HASH_BYTES = 8
#: One household or server room: what an attacker has many addresses of.
_NETWORK_BITS = {4: 24, 6: 48}


def where(ring: KeyRing, tenant_id: UUID, address: str) -> dict[str, object]:
    """What an event says of an address: its class, and a keyed hash of its network."""
    try:
        known = ip_address(address)
    except ValueError:
        return {"address_class": "unknown"}
    network = ip_network((known, _NETWORK_BITS[known.version]), strict=False)
    class_: AddressClass = "loopback" if known.is_loopback else "private" if known.is_private else "public"
    return {"address_class": class_, "network": _hash(ring, tenant_id, "network", str(network)).hex()}


async def failed(work: Work, login: str, address: str) -> None:
    """Record a failed sign-in of a login nobody has, by as many statements as that of one somebody has."""
    hashed = _hash(work.ring, work.tenant_id, "login", login)
    stream = uuid.uuid5(work.tenant_id, f"strangers-{hashed[0] % _STREAMS}")
    await work.run(queries.tally_stranger, bucket=f"stranger:{hashed.hex()}", at=clock.now())
    actor = Actor(
        tenant_id=work.tenant_id, id=stream, kind="system", name="", permissions=frozenset(), via="session"
    )
    data: dict[str, object] = {
        "login": f"{login[:1]}•••",
        "login_hash": hashed.hex(),
        **where(work.ring, work.tenant_id, address),
    }
    event = evidence.NewEvent(kind="sign_in.failed", at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="staff", id=stream), event)


def _hash(ring: KeyRing, tenant_id: UUID, kind: str, value: str) -> bytes:
    key = ring.active("index")
    return blind_index(key, tenant_id, f"sign-in-{kind}", value)[:_HASH_BYTES]
