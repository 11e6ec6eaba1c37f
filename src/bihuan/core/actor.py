"""Who acts: the one value that every verb, read and event carries. No I/O."""

from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core.problems import Language, NotAllowed

ActorKind = Literal["staff", "customer", "system"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person or the desk itself, within one tenant.

    `permissions` are what this request may do (a token's scope narrows its owner's); `teams` the teams whose tickets
    it sees. `via` says how it came in: session, token, or the desk's own work.
    """

    tenant_id: UUID
    id: UUID
    kind: ActorKind
    name: str
    permissions: frozenset[str]
    teams: frozenset[UUID] = frozenset()
    language: Language = "zh"
    via: Literal["session", "token", "desk"] = "desk"

    def may(self, permission: str) -> bool:
        """Whether this actor holds the permission."""
        return permission in self.permissions

    def must(self, permission: str) -> None:
        """Raise NotAllowed unless this actor holds the permission."""
        if permission not in self.permissions:
            raise NotAllowed(permission=permission)


def desk_actor(tenant_id: UUID, permissions: frozenset[str] = frozenset()) -> Actor:
    """The desk itself: sweeps, imports and the command line."""
    return Actor(tenant_id=tenant_id, id=tenant_id, kind="system", name="闭环", permissions=permissions)
