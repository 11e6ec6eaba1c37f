"""How a tenant's people sign in: who must have a second factor."""

from typing import Annotated

import msgspec

from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.identity.model import Code, Role
from bihuan.identity.rights import queries
from bihuan.identity.tell import told


class SignInPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`enrol_roles`: who holds one of these sets up a second factor before their first session by password.

    Whoever has a second factor is always asked for it, whatever their role.
    """

    enrol_roles: Annotated[list[Code], msgspec.Meta(max_length=50)] = []


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    sign_in: str | None


async def of(work: Work) -> SignInPolicy:
    """The tenant's policy."""
    row = await work.one(queries.sign_in_policy, _Row)
    return msgspec.json.decode(row.sign_in, type=SignInPolicy) if row and row.sign_in else SignInPolicy()


async def put(work: Work, actor: Actor, wanted: SignInPolicy) -> SignInPolicy:
    """Replace the policy. Raises Invalid where a role is none."""
    known = {role.code for role in await work.rows(queries.roles, Role)}
    wrong = [n for n, code in enumerate(wanted.enrol_roles) if code not in known]
    if wrong:
        raise Invalid(fields=[FieldProblem(pointer=f"/enrol_roles/{n}", code="not_found") for n in wrong])
    kept = msgspec.structs.replace(wanted, enrol_roles=sorted(set(wanted.enrol_roles)))
    before = await of(work)
    await work.run(queries.put_sign_in_policy, body=msgspec.json.encode(kept, order="deterministic").decode())
    change: dict[str, object] = {"before": msgspec.to_builtins(before), "after": msgspec.to_builtins(kept)}
    await told(work, actor, "sign_in.policy_changed", change)
    return kept
