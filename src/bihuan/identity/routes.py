"""People over HTTP: signing in, sessions, tokens, staff, teams, roles."""

from uuid import UUID

import msgspec

from bihuan import identity
from bihuan.core.http import Answer, Call, operation
from bihuan.core.permissions import Permission, catalogue
from bihuan.core.problems import Language
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
    SignIn,
    Staff,
    Team,
    Token,
)

SESSION_COOKIE = "bihuan_session"


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed in, and the token which unsafe requests repeat in X-CSRF-Token."""

    id: UUID
    name: str
    language: Language
    csrf_token: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and what they may do."""

    id: UUID
    login: str
    name: str
    language: Language
    permissions: list[str]
    teams: list[UUID]
    csrf_token: str | None = None


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A new password."""

    password: Password


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: UUID


@operation(
    "POST",
    "/session",
    zh="登录",
    en="Sign in",
    permission=None,
    public=True,
    takes=SignIn,
    gives=Welcome,
    status=201,
)
async def post_session(call: Call) -> Answer:
    """Sign in; the session's cookie is HttpOnly and SameSite=Strict."""
    signed = await identity.sign_in(call.desk, call.body, address=call.address, user_agent=call.user_agent)
    body = Welcome(id=signed.staff_id, name=signed.name, language=signed.language, csrf_token=signed.csrf)
    return Answer(body=body, cookies={SESSION_COOKIE: signed.cookie})


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
    return await identity.sessions(call.work, call.actor)


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
)
async def post_staff(call: Call) -> Made:
    """Add a person."""
    return Made(id=await identity.add_staff(call.work, call.actor, call.body))


@operation(
    "PUT",
    "/staff/{id}/rights",
    zh="设置权限",
    en="Set roles, teams and skills",
    permission=PEOPLE_MANAGE,
    takes=Rights,
    status=204,
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
)
async def put_password(call: Call) -> None:
    """A new password; the person's sessions end."""
    await identity.set_password(call.work, call.actor, call.id(), call.body.password)


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
