"""Every write about people: one function per verb, each with its event in the config or the person's own stream."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import yaml

from bihuan import evidence
from bihuan.core import clock, ids, permissions
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.identity import credentials
from bihuan.identity.model import (
    LoginTaken,
    NewRole,
    NewStaff,
    NewTeam,
    NewToken,
    NoSuchStaff,
    NotYourself,
    Rights,
    Role,
    ScopeTooWide,
    StaffRow,
    Token,
    UnknownPermission,
)
from bihuan.identity.sign_in import queries


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _Team(msgspec.Struct, frozen=True, kw_only=True):
    team_id: UUID


class _RoleCode(msgspec.Struct, frozen=True, kw_only=True):
    role_code: str


async def found_tenant(work: Work, *, code: str, name: str) -> None:
    """Write a new tenant (its id is the work's) with the roles it starts with."""
    await work.run(queries.add_tenant, code=code, name=name, created_at=clock.now())
    actor = desk_actor(work.tenant_id)
    await _told(work, actor, "tenant.founded", {"code": code})
    for role in _starting_roles():
        await put_role(work, actor, role)


async def put_role(work: Work, actor: Actor, role: NewRole) -> None:
    """Make or replace a role. Raises UnknownPermission."""
    if unknown := set(role.permissions) - permissions.all_codes():
        raise UnknownPermission(codes=", ".join(sorted(unknown)))
    wanted = sorted(set(role.permissions))
    before = {r.code: r.permissions for r in await work.rows(queries.roles, Role)}
    await work.run(
        queries.put_role, code=role.code, name_zh=role.name_zh, name_en=role.name_en, permissions=wanted
    )
    await _people_changed(work)
    change: dict[str, object] = {"role": role.code, "before": before.get(role.code), "after": wanted}
    await _told(work, actor, "role.changed" if role.code in before else "role.added", change)


async def add_team(work: Work, actor: Actor, team: NewTeam) -> None:
    """Add a team; one that is there already stays as it is."""
    await work.run(
        queries.add_team,
        id=ids.new_id(),
        code=team.code,
        name_zh=team.name_zh,
        name_en=team.name_en,
        created_at=clock.now(),
    )
    await _people_changed(work)
    await _told(work, actor, "team.added", {"team": team.code})


async def add_staff(work: Work, actor: Actor, person: NewStaff) -> UUID:
    """Add a person with roles, teams and skills. Raises LoginTaken, Invalid."""
    if await work.one(queries.staff_by_login, StaffRow, login=person.login) is not None:
        raise LoginTaken(login=person.login)
    hashed = None
    if person.password is not None:
        hashed = await asyncio.to_thread(credentials.hash_password, person.password)
    staff_id = ids.new_id()
    await work.run(
        queries.add_staff,
        id=staff_id,
        login=person.login,
        name=person.name,
        password_hash=hashed,
        language=person.language,
        created_at=clock.now(),
    )
    await _put_rights(work, staff_id, Rights(roles=person.roles, teams=person.teams, skills=person.skills))
    await _about(work, actor, staff_id, "staff.added", {"roles": person.roles, "teams": person.teams})
    return staff_id


async def set_rights(work: Work, actor: Actor, staff_id: UUID, rights: Rights) -> None:
    """Replace a person's roles, teams and skills. Raises NotFound, Invalid."""
    await _locked(work, staff_id)
    await _put_rights(work, staff_id, rights)
    await _about(work, actor, staff_id, "staff.rights_changed", msgspec.to_builtins(rights))


async def set_password(work: Work, actor: Actor, staff_id: UUID, password: str) -> None:
    """Give a person a new password; their sessions end. Raises NotFound."""
    await _locked(work, staff_id)
    hashed = await asyncio.to_thread(credentials.hash_password, password)
    await work.run(queries.set_password, id=staff_id, password_hash=hashed)
    await work.run(queries.end_sessions, staff_id=staff_id, at=clock.now())
    _credentials_ended(work)
    await _about(work, actor, staff_id, "staff.password_set", {})


async def mark_left(work: Work, actor: Actor, staff_id: UUID, *, hand_to: str | None) -> None:
    """A leaver: sessions and tokens end with this commit; the event makes their tickets be handed on.

    Raises NotFound, NoSuchStaff, NotYourself.
    """
    if staff_id == actor.id:
        raise NotYourself
    heir = await _heir(work, hand_to, leaver=staff_id)
    now = clock.now()
    if await work.one(queries.mark_left, _Id, id=staff_id, left_at=now) is None:
        raise NotFound
    await work.run(queries.end_sessions, staff_id=staff_id, at=now)
    await work.run(queries.end_tokens, staff_id=staff_id, at=now)
    await _people_changed(work)
    await _about(work, actor, staff_id, "staff.left", {"hand_to": str(heir) if heir else None})


async def make_token(work: Work, actor: Actor, token: NewToken, *, most_days: int) -> Token:
    """A token of the actor's own; its secret is in the answer and nowhere else. Raises ScopeTooWide."""
    if beyond := set(token.scope or ()) - actor.permissions:
        raise ScopeTooWide(codes=", ".join(sorted(beyond)))
    now, token_id = clock.now(), ids.new_id()
    secret, secret_sha256 = credentials.new_credential("bht", work.tenant_id, token_id)
    # A token made through a narrowed token must not be wider than that one.
    scope = (
        sorted(token.scope)
        if token.scope is not None
        else (sorted(actor.permissions) if actor.via == "token" else None)
    )
    expires_at = now + timedelta(days=min(token.days, most_days))
    await work.run(
        queries.add_token,
        id=token_id,
        staff_id=actor.id,
        name=token.name,
        secret_sha256=secret_sha256,
        scope=scope,
        created_at=now,
        expires_at=expires_at,
    )
    await _about(work, actor, actor.id, "token.made", {"token": str(token_id), "scope": scope}, config=False)
    return Token(
        id=token_id, name=token.name, scope=scope, created_at=now, expires_at=expires_at, secret=secret
    )


async def end_token(work: Work, actor: Actor, token_id: UUID) -> None:
    """Revoke one of the actor's own tokens. Raises NotFound."""
    if await work.one(queries.end_token, _Id, staff_id=actor.id, id=token_id, at=clock.now()) is None:
        raise NotFound
    _credentials_ended(work)
    await _about(work, actor, actor.id, "token.ended", {"token": str(token_id)}, config=False)


async def end_session(work: Work, actor: Actor, session_id: UUID) -> None:
    """End one of the actor's own sessions. Raises NotFound."""
    if await work.one(queries.end_session, _Id, staff_id=actor.id, id=session_id, at=clock.now()) is None:
        raise NotFound
    _credentials_ended(work)
    await _about(work, actor, actor.id, "session.ended", {"session": str(session_id)}, config=False)


async def _heir(work: Work, login: str | None, *, leaver: UUID) -> UUID | None:
    if login is None:
        return None
    heir = await work.one(queries.staff_by_login, StaffRow, login=login)
    if heir is None or heir.status != "active" or heir.id == leaver:
        raise NoSuchStaff(login=login)
    return heir.id


async def _locked(work: Work, staff_id: UUID) -> StaffRow:
    row = await work.one(queries.staff_by_id, StaffRow, id=staff_id)
    if row is None or row.status != "active":
        raise NotFound
    return row


async def _put_rights(work: Work, staff_id: UUID, rights: Rights) -> None:
    await work.run(queries.drop_roles, staff_id=staff_id)
    await work.run(queries.drop_members, staff_id=staff_id)
    await work.run(queries.drop_skills, staff_id=staff_id)
    roles = [
        await work.send(queries.add_role, _RoleCode, staff_id=staff_id, role=code)
        for code in dict.fromkeys(rights.roles)
    ]
    teams = [
        await work.send(queries.add_member, _Team, staff_id=staff_id, team=code)
        for code in dict.fromkeys(rights.teams)
    ]
    for skill in rights.skills:
        await work.run(queries.add_skill, staff_id=staff_id, skill=skill)
    wrong = [f"/roles/{i}" for i, p in enumerate(roles) if await p.one() is None]
    wrong += [f"/teams/{i}" for i, p in enumerate(teams) if await p.one() is None]
    if wrong:
        raise Invalid(fields=[FieldProblem(pointer=pointer, code="not_found") for pointer in wrong])
    await _people_changed(work)


def _credentials_ended(work: Work) -> None:
    """What is open by them, such as a stream of live updates, ends."""
    work.touch(f"credentials:{work.tenant_id}")


async def _people_changed(work: Work) -> None:
    """Names and rights are read anew, in every process."""
    await work.run(queries.people_changed)
    work.touch(f"people:{work.tenant_id}")


async def _about(
    work: Work, actor: Actor, staff_id: UUID, kind: str, data: dict[str, object], *, config: bool = True
) -> None:
    """The event in the person's own stream, and where it changes who may do what, in the config stream."""
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="staff", id=staff_id), event)
    if config:
        await _told(work, actor, kind, {**data, "staff": str(staff_id)})


async def _told(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)


def _starting_roles() -> list[NewRole]:
    raw = yaml.safe_load((Path(__file__).parent / "roles.yaml").read_text(encoding="utf-8"))
    known = permissions.all_codes()
    roles = msgspec.convert(raw, list[NewRole])
    return [msgspec.structs.replace(role, permissions=_spread(role.permissions, known)) for role in roles]


def _spread(codes: list[str], known: frozenset[str]) -> list[str]:
    """`ticket.*` as every permission of that prefix."""
    found: set[str] = set()
    for code in codes:
        found |= {k for k in known if k.startswith(code[:-1])} if code.endswith("*") else {code}
    return sorted(found)
