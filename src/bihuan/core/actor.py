"""Who acts: the one value that every verb, read and event carries. No I/O."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core.problems import Language, NotAllowed

ActorKind = Literal["staff", "customer", "system"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person or the desk itself, within one tenant.

    `permissions` are what this request may do (a token's scope narrows its owner's); `teams` those the person works in,
    `sees_teams` others whose queues these see. `stands_for`: people who are away, for whom this one acts just now on
    their tickets; `task_teams`: whose tasks this one does. `via` says how it came in: session, token, or the desk's own
    work; `confirmed_at` when the session's owner last proved who they are. `selves`: the other customers a customer is.
    """

    tenant_id: UUID
    id: UUID
    kind: ActorKind
    name: str
    permissions: frozenset[str]
    teams: frozenset[UUID] = frozenset()
    sees_teams: frozenset[UUID] = frozenset()
    stands_for: frozenset[UUID] = frozenset()
    task_teams: frozenset[UUID] = frozenset()
    selves: frozenset[UUID] = frozenset()
    language: Language = "zh"
    via: Literal["session", "token", "desk"] = "desk"
    confirmed_at: datetime | None = None

    def may(self, permission: str) -> bool:
        """Whether this actor holds the permission."""
        return permission in self.permissions

    def must(self, permission: str) -> None:
        """Raise NotAllowed unless this actor holds the permission."""
        if permission not in self.permissions:
            raise NotAllowed(permission=permission)

    def speaks_as(self, person: UUID | None) -> bool:
        """Whether this is the person, or acts for them just now: nobody decides what they asked for themselves."""
        return person is not None and (person == self.id or person in self.stands_for)


def desk_actor(tenant_id: UUID, permissions: frozenset[str] = frozenset()) -> Actor:
    """The desk itself: sweeps, imports and the command line."""
    return Actor(tenant_id=tenant_id, id=tenant_id, kind="system", name="闭环", permissions=permissions)
