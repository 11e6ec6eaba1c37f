"""Every write about people: one function per verb, each with its event in the config or the person's own stream."""

from datetime import timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock, ids
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.identity import credentials, incompatible, passwords
from bihuan.identity.model import (
    LoginTaken,
    NewStaff,
    NewTeam,
    NewToken,
    NoSuchStaff,
    NotYourself,
    Rights,
    ScopeTooWide,
    StaffRow,
    Team,
    TeamSees,
    Token,
)
from bihuan.identity.password import DEFAULT, Rules
from bihuan.identity.role_catalogue import put_starting_roles
from bihuan.identity.sign_in import queries
from bihuan.identity.tell import about, grants_change, told
from bihuan.privacy import keep_out


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
    await told(work, actor, "tenant.founded", {"code": code})
    await put_starting_roles(work, actor)


async def add_team(work: Work, actor: Actor, team: NewTeam) -> None:
    """Add a team; one that is there already stays as it is. Raises Invalid."""
    keep_out(team)
    await work.run(
        queries.add_team,
        id=ids.new_id(),
        code=team.code,
        name_zh=team.name_zh,
        name_en=team.name_en,
        created_at=clock.now(),
    )
    await grants_change(work)
    await told(work, actor, "team.added", {"team": team.code})


async def set_sees(work: Work, actor: Actor, code: str, wanted: TeamSees) -> None:
    """Whose queues a team sees beside its own, replaced as a whole. Raises NotFound, Invalid."""
    await grants_change(work)
    ids_by_code = {team.code: team.id for team in await work.rows(queries.teams, Team)}
    if code not in ids_by_code:
        raise NotFound
    wrong = [
        FieldProblem(pointer=f"/teams/{i}", code="duplicate" if one == code else "not_found")
        for i, one in enumerate(wanted.teams)
        if one == code or one not in ids_by_code
    ]
    if wrong:
        raise Invalid(fields=wrong)
    await work.run(queries.drop_sees, team_id=ids_by_code[code])
    for one in wanted.teams:
        await work.run(queries.add_sees, team_id=ids_by_code[code], seen_team_id=ids_by_code[one])
    await told(work, actor, "team.sees_changed", {"team": code, "sees": sorted(set(wanted.teams))})


async def add_staff(work: Work, actor: Actor, person: NewStaff, *, rules: Rules = DEFAULT) -> UUID:
    """Add a person with roles, teams and skills. A password a colleague gives is changed at the first sign-in.

    Raises LoginTaken, Invalid, IncompatibleRoles.
    """
    keep_out(person, but=("login", "password"))
    # Colleagues may be known by their own address or mobile.
    keep_out({"login": person.login}, kinds=("email", "mobile"))
    if await work.one(queries.staff_by_login, StaffRow, login=person.login) is not None:
        raise LoginTaken(login=person.login)
    kept = None
    if person.password is not None:
        kept = await passwords.hashed(work, person.password, rules, login=person.login, name=person.name)
    staff_id = ids.new_id()
    await work.run(
        queries.add_staff,
        id=staff_id,
        login=person.login,
        name=person.name,
        password_hash=kept,
        language=person.language,
        created_at=clock.now(),
        password_set_at=clock.now() if kept else None,
        must_change="given" if kept and actor.kind == "staff" else None,
    )
    await _put_rights(work, staff_id, Rights(roles=person.roles, teams=person.teams, skills=person.skills))
    await about(work, actor, staff_id, "staff.added", {"roles": person.roles, "teams": person.teams})
    return staff_id


async def set_rights(work: Work, actor: Actor, staff_id: UUID, rights: Rights) -> None:
    """Replace a person's roles, teams and skills. Raises NotFound, Invalid, IncompatibleRoles."""
    await _locked(work, staff_id)
    await _put_rights(work, staff_id, rights)
    await about(work, actor, staff_id, "staff.rights_changed", msgspec.to_builtins(rights))


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
    await work.run(queries.end_deputies_of, staff_id=staff_id, ended_at=now, ended_by_id=actor.id)
    await grants_change(work)
    await about(work, actor, staff_id, "staff.left", {"hand_to": str(heir) if heir else None})


async def make_token(work: Work, actor: Actor, token: NewToken, *, most_days: int) -> Token:
    """A token of the actor's own; its secret is in the answer and nowhere else.

    Raises ScopeTooWide, IncompatibleRoles, Invalid.
    """
    keep_out({"name": token.name})
    if beyond := set(token.scope or ()) - actor.permissions:
        raise ScopeTooWide(codes=", ".join(sorted(beyond)))
    incompatible.refuse((), token.scope or ())
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
    await about(work, actor, actor.id, "token.made", {"token": str(token_id), "scope": scope}, config=False)
    return Token(
        id=token_id, name=token.name, scope=scope, created_at=now, expires_at=expires_at, secret=secret
    )


async def end_token(work: Work, actor: Actor, token_id: UUID) -> None:
    """Revoke one of the actor's own tokens. Raises NotFound."""
    if await work.one(queries.end_token, _Id, staff_id=actor.id, id=token_id, at=clock.now()) is None:
        raise NotFound
    credentials_ended(work)
    await about(work, actor, actor.id, "token.ended", {"token": str(token_id)}, config=False)


async def end_session(work: Work, actor: Actor, session_id: UUID) -> None:
    """End one of the actor's own sessions. Raises NotFound."""
    if await work.one(queries.end_session, _Id, staff_id=actor.id, id=session_id, at=clock.now()) is None:
        raise NotFound
    credentials_ended(work)
    await about(work, actor, actor.id, "session.ended", {"session": str(session_id)}, config=False)


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
    await grants_change(work)
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
    await incompatible.check(work, {"staff": staff_id})


def credentials_ended(work: Work) -> None:
    """What is open by them, such as a stream of live updates, ends."""
    work.touch(f"credentials:{work.tenant_id}")
