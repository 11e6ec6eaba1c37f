"""The role catalogue: what a release ships, what a tenant made of it, and how the two come together.

A role keeps the digest of the shipped one it was taken from. As long as the role still is that one, a later release
replaces it; once the tenant has changed it, or made it, it is the tenant's own and no upgrade touches it.
"""

import hashlib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from bihuan import evidence
from bihuan.core import permissions
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.identity import incompatible
from bihuan.identity.model import NewRole, UnknownPermission
from bihuan.identity.sign_in import queries
from bihuan.identity.tell import grants_change, told
from bihuan.privacy import keep_out

#: `own`: changed or made by the tenant, so that it stays.
Change = Literal["added", "changed", "same", "own"]


class RoleChange(msgspec.Struct, frozen=True, kw_only=True):
    """What loading does to one role, with the permissions it gains and loses against what is shipped."""

    code: str
    change: Change
    gains: list[str] = []
    loses: list[str] = []


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name_zh: str
    name_en: str
    permissions: list[str]
    shipped: str | None


async def put_role(work: Work, actor: Actor, role: NewRole, *, shipped: str | None = None) -> None:
    """Make or replace a role. `shipped`: digest of the shipped one it is. Raises UnknownPermission, IncompatibleRoles, Invalid."""
    keep_out(role)
    await _put(work, actor, role, shipped)
    await incompatible.check(work, {"role": role.code})


async def _put(work: Work, actor: Actor, role: NewRole, shipped: str | None) -> None:
    if unknown := set(role.permissions) - permissions.all_codes():
        raise UnknownPermission(codes=", ".join(sorted(unknown)))
    wanted = sorted(set(role.permissions))
    incompatible.refuse({role.code}, wanted)
    await grants_change(work)
    before = {r.code: r.permissions for r in await work.rows(queries.role_rows, _Row)}
    await work.run(
        queries.put_role,
        code=role.code,
        name_zh=role.name_zh,
        name_en=role.name_en,
        permissions=wanted,
        shipped=shipped,
    )
    change: dict[str, object] = {"role": role.code, "before": before.get(role.code), "after": wanted}
    await told(work, actor, "role.changed" if role.code in before else "role.added", change)


async def put_starting_roles(work: Work, actor: Actor) -> None:
    """The roles a new tenant starts with. It has nobody yet whom they could give too much."""
    for role in shipped_roles():
        await _put(work, actor, role, digest(role))


async def diff_roles(work: Work) -> list[RoleChange]:
    """What loading would do, by code."""
    rows = {row.code: row for row in await work.rows(queries.role_rows, _Row)}
    return [_change(role, rows.get(role.code)) for role in shipped_roles()]


async def load_roles(work: Work, actor: Actor, *, take: Collection[str] = ()) -> list[RoleChange]:
    """Bring what this release ships; of the tenant's own roles only those in `take` are replaced.

    Raises IncompatibleRoles where a role would give somebody two groups.
    """
    changes = await diff_roles(work)
    by_code = {role.code: role for role in shipped_roles()}
    for change in changes:
        if change.change in ("added", "changed") or (change.change == "own" and change.code in take):
            role = by_code[change.code]
            await put_role(work, actor, role, shipped=digest(role))
    return changes


def digest(role: NewRole) -> str:
    """SHA-256 (hex) of names and permissions: two roles are the same exactly when their digests are."""
    text = evidence.canonical([role.code, role.name_zh, role.name_en, sorted(set(role.permissions))])
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def shipped_roles() -> tuple[NewRole, ...]:
    """The catalogue, `*` written out."""
    raw = yaml.safe_load((Path(__file__).parent / "roles.yaml").read_text(encoding="utf-8"))
    known = permissions.all_codes()
    roles = msgspec.convert(raw, list[NewRole])
    return tuple(msgspec.structs.replace(r, permissions=_spread(r.permissions, known)) for r in roles)


def _change(role: NewRole, row: _Row | None) -> RoleChange:
    if row is None:
        return RoleChange(code=role.code, change="added", gains=role.permissions)
    here = digest(_as_new(row))
    kind: Change = "same" if here == digest(role) else "changed" if here == row.shipped else "own"
    gains = sorted(set(role.permissions) - set(row.permissions))
    loses = sorted(set(row.permissions) - set(role.permissions))
    return RoleChange(code=role.code, change=kind, gains=gains, loses=loses)


def _as_new(row: _Row) -> NewRole:
    return NewRole(code=row.code, name_zh=row.name_zh, name_en=row.name_en, permissions=row.permissions)


def _spread(codes: list[str], known: frozenset[str]) -> list[str]:
    """`ticket.*` as every permission of that prefix."""
    found: set[str] = set()
    for code in codes:
        found |= {k for k in known if k.startswith(code[:-1])} if code.endswith("*") else {code}
    return sorted(found)
