"""Credentials, pure: passwords by argon2id, and secrets that carry their tenant and id in clear.

A session cookie, an API token and a portal link's key are `<prefix>_<tenant>_<id>_<secret>`: the row is found without looking across
tenants, and only the secret's SHA-256 is stored. 32 random bytes need no slow hash.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Literal
from uuid import UUID

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: A staff session, an API token, a customer's session, a link to the portal, a sign-in under way.
Prefix = Literal["bhs", "bht", "bhc", "bhl", "bhp"]

#: OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: Verified against when there is no such person, so that the answer takes as long.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed credential."""

    prefix: Prefix
    tenant_id: UUID
    id: UUID
    secret_sha256: bytes


def hash_password(password: str) -> str:
    """argon2id, encoded with its parameters. Takes tens of milliseconds: call it in a thread."""
    return _hasher.hash(password)


def password_fits(password_hash: str | None, password: str) -> bool:
    """Whether it is the password. Takes the same time for nobody. Call it in a thread."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def new_credential(prefix: Prefix, tenant_id: UUID, id_: UUID) -> tuple[str, bytes]:
    """A credential and the SHA-256 of its secret."""
    secret = secrets.token_bytes(32)
    text = "_".join([prefix, _encoded(tenant_id.bytes), _encoded(id_.bytes), _encoded(secret)])
    return text, hashlib.sha256(secret).digest()


def parse(text: str) -> Credential | None:
    """A credential from its text; None where it is none."""
    parts = text.split("_")
    if len(parts) != 4 or len(text) > 200:
        return None
    try:
        tenant, id_, secret = (_decoded(part) for part in parts[1:])
        prefix = msgspec.convert(parts[0], Prefix)
        return Credential(
            prefix=prefix,
            tenant_id=UUID(bytes=tenant),
            id=UUID(bytes=id_),
            secret_sha256=hashlib.sha256(secret).digest(),
        )
    except (ValueError, binascii.Error, msgspec.ValidationError):
        return None


def same(left: bytes, right: bytes) -> bool:
    """Equal, in constant time."""
    return hmac.compare_digest(left, right)


def _encoded(value: bytes) -> str:
    """Base 32, so that no separator of ours can occur and a double click selects it all."""
    return base64.b32encode(value).decode().rstrip("=").lower()


def _decoded(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
