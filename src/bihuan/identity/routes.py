"""People over HTTP: signing in, sessions, tokens, staff, teams, roles."""

from uuid import UUID

import msgspec

from bihuan import identity
from bihuan.core.http import Answer, Call, operation
from bihuan.core.permissions import Permission, catalogue
from bihuan.core.problems import Language
from bihuan.identity import incompatible, security_routes, sign_in_admin_routes, sign_in_routes
from bihuan.identity.answers import SESSION_COOKIE
from bihuan.identity.deputies import Deputy, NewDeputy
from bihuan.identity.model import (
    PEOPLE_MANAGE,
    PEOPLE_READ,
    ROLE_MANAGE,
    TOKEN_MAKE,
    Leaver,
    NewRole,
    NewStaff,
    NewTeam,
    NewToken,
    Password,
    Rights,
    Role,
    Session,
    Staff,
    Team,
    TeamSees,
    Token,
)

#: Signing in, one's own security, and their administration are declared beside these.
_beside = (security_routes, sign_in_admin_routes, sign_in_routes)


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and what they may do."""

    id: UUID
    login: str
    name: str
    language: Language
    permissions: list[str]
    teams: list[UUID]
    csrf_token: str | None = None
    sign_out_url: str | None = None


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A new password."""

    password: Password


class RoleGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Roles and permissions that one person never holds together with another group's; `prefix.*`: all of them."""

    code: str
    zh: str
    en: str
    roles: list[str]
    permissions: list[str]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


@operation("GET", "/session", zh="当前身份", en="Who I am", permission=None, gives=Me)
async def get_session(call: Call) -> Me:
    """Who asks, and what they may do."""
    actor = call.actor
    people = await identity.directory(call.work)
    if actor.id not in people.staff:
        people = await identity.directory(call.work, fresh=True)
    return Me(
        id=actor.id,
        login=people.staff[actor.id].login,
        name=actor.name,
        language=actor.language,
        permissions=sorted(actor.permissions),
        teams=sorted(actor.teams),
        csrf_token=call.csrf or None,
        sign_out_url=await identity.sign_out_url(call.work, call.actor, call.credential_id),
    )


@operation("DELETE", "/session", zh="退出", en="Sign out", permission=None, status=204)
async def delete_session(call: Call) -> Answer:
    """End this session."""
    if call.actor.via == "session" and call.credential_id is not None:
        await identity.end_session(call.work, call.actor, call.credential_id)
    return Answer(cookies={SESSION_COOKIE: ""})


@operation("GET", "/sessions", zh="我的会话", en="One's sessions", permission=None, gives=list[Session])
async def get_sessions(call: Call) -> list[Session]:
    """One's own sessions that still run."""
    found = await identity.sessions(call.work, call.actor)
    return [msgspec.structs.replace(one, current=one.id == call.credential_id) for one in found]


@operation("DELETE", "/sessions/{id}", zh="结束会话", en="End a session", permission=None, status=204)
async def delete_one_session(call: Call) -> None:
    """End a session of one's own."""
    await identity.end_session(call.work, call.actor, call.id())


@operation("GET", "/tokens", zh="我的令牌", en="One's tokens", permission=TOKEN_MAKE, gives=list[Token])
async def get_tokens(call: Call) -> list[Token]:
    """One's own tokens, without their secrets."""
    return await identity.tokens(call.work, call.actor)


@operation(
    "POST",
    "/tokens",
    zh="创建令牌",
    en="Make a token",
    permission=TOKEN_MAKE,
    takes=NewToken,
    gives=Token,
    status=201,
)
async def post_token(call: Call) -> Token:
    """A token; its secret is in this answer and nowhere else."""
    identity.confirmed(call.actor, within=call.desk.settings.confirm_minutes)
    return await identity.make_token(
        call.work, call.actor, call.body, most_days=call.desk.settings.token_days
    )


@operation("DELETE", "/tokens/{id}", zh="吊销令牌", en="Revoke a token", permission=TOKEN_MAKE, status=204)
async def delete_token(call: Call) -> None:
    """Revoke a token of one's own."""
    await identity.end_token(call.work, call.actor, call.id())


@operation("GET", "/staff", zh="人员", en="Staff", permission=PEOPLE_READ, gives=list[Staff])
async def get_staff(call: Call) -> list[Staff]:
    """Everybody."""
    return await identity.staff_list(call.work)


@operation(
    "POST",
    "/staff",
    zh="添加人员",
    en="Add a person",
    permission=PEOPLE_MANAGE,
    takes=NewStaff,
    gives=Made,
    status=201,
    confirms=True,
)
async def post_staff(call: Call) -> Made:
    """Add a person."""
    rules = identity.rules_of(call.desk.settings)
    return Made(id=await identity.add_staff(call.work, call.actor, call.body, rules=rules))


@operation(
    "PUT",
    "/staff/{id}/rights",
    zh="设置权限",
    en="Set roles, teams and skills",
    permission=PEOPLE_MANAGE,
    takes=Rights,
    status=204,
    confirms=True,
)
async def put_rights(call: Call) -> None:
    """Replace roles, teams and skills."""
    await identity.set_rights(call.work, call.actor, call.id(), call.body)


@operation(
    "PUT",
    "/staff/{id}/password",
    zh="重设密码",
    en="Set a password",
    permission=PEOPLE_MANAGE,
    takes=NewPassword,
    status=204,
    confirms=True,
)
async def put_password(call: Call) -> None:
    """A new password, to be changed at their next sign-in; their sessions end."""
    rules = identity.rules_of(call.desk.settings)
    await identity.set_password(call.work, call.actor, call.id(), call.body.password, rules=rules)


@operation(
    "POST",
    "/staff/{id}/leave",
    zh="离职",
    en="Mark as left",
    permission=PEOPLE_MANAGE,
    takes=Leaver,
    status=204,
)
async def post_leave(call: Call) -> None:
    """Sessions and tokens end at once; tickets are handed on."""
    await identity.mark_left(call.work, call.actor, call.id(), hand_to=call.body.hand_to)


@operation("GET", "/teams", zh="团队", en="Teams", permission=PEOPLE_READ, gives=list[Team])
async def get_teams(call: Call) -> list[Team]:
    """All teams."""
    return await identity.teams(call.work)


@operation(
    "POST",
    "/teams",
    zh="添加团队",
    en="Add a team",
    permission=PEOPLE_MANAGE,
    takes=NewTeam,
    gives=list[Team],
    status=201,
)
async def post_team(call: Call) -> list[Team]:
    """Add a team."""
    await identity.add_team(call.work, call.actor, call.body)
    return await identity.teams(call.work)


@operation(
    "PUT", "/teams/{code}/sees", zh="设置团队可见的其他队列", en="Set whose queues a team sees",
    permission=PEOPLE_MANAGE, takes=TeamSees, gives=list[Team],
)  # fmt: skip
async def put_sees(call: Call) -> list[Team]:
    """Whose queues a team sees beside its own, replaced as a whole."""
    await identity.set_sees(call.work, call.actor, call.path["code"], call.body)
    return await identity.teams(call.work)


@operation("GET", "/deputies", zh="代理人", en="Deputies", permission=PEOPLE_READ, gives=list[Deputy])
async def get_deputies(call: Call) -> list[Deputy]:
    """Who stands in for whom, now and later."""
    return await identity.deputies(call.work)


@operation(
    "POST", "/deputies", zh="指定代理人", en="Name a deputy", permission=PEOPLE_READ, takes=NewDeputy,
    gives=Made, status=201,
)  # fmt: skip
async def post_deputy(call: Call) -> Made:
    """For oneself; for people of one's teams with `deputy.manage`; for anybody with `people.manage`."""
    return Made(id=await identity.name_deputy(call.work, call.actor, call.body))


@operation(
    "DELETE", "/deputies/{id}", zh="结束代理", en="End a deputy's time", permission=PEOPLE_READ, status=204
)
async def delete_deputy(call: Call) -> None:
    """Ended before its time, by either of the two or a lead of theirs."""
    await identity.end_deputy(call.work, call.actor, call.id())


@operation(
    "GET", "/roles/incompatible", zh="不相容岗位", en="Incompatible roles", permission=PEOPLE_READ,
    gives=list[RoleGroup],
)  # fmt: skip
async def get_incompatible(_call: Call) -> list[RoleGroup]:
    """Groups of roles and permissions of which nobody holds two."""
    return [
        RoleGroup(code=g.code, zh=g.zh, en=g.en, roles=sorted(g.roles), permissions=list(g.permissions))
        for g in incompatible.groups()
    ]


@operation("GET", "/roles", zh="角色", en="Roles", permission=PEOPLE_READ, gives=list[Role])
async def get_roles(call: Call) -> list[Role]:
    """All roles."""
    return await identity.roles(call.work)


@operation(
    "PUT",
    "/roles",
    zh="设置角色",
    en="Make or replace a role",
    permission=ROLE_MANAGE,
    takes=NewRole,
    status=204,
    confirms=True,
)
async def put_role(call: Call) -> None:
    """Make or replace a role."""
    await identity.put_role(call.work, call.actor, call.body)


@operation(
    "GET",
    "/permissions",
    zh="权限目录",
    en="Permission catalogue",
    permission=PEOPLE_READ,
    gives=list[Permission],
)
async def get_permissions(_call: Call) -> list[Permission]:
    """Every permission."""
    return catalogue()
