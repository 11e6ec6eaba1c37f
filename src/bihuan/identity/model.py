"""People of the desk: types, and what can be wrong with them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan.core.permissions import declare
from bihuan.core.problems import Language, Problem

PEOPLE_READ = declare("people.read", zh="查看人员、团队与角色", en="See people, teams and roles")
PEOPLE_MANAGE = declare("people.manage", zh="管理人员、团队与离职交接", en="Manage people, teams and leavers")
ROLE_MANAGE = declare("role.manage", zh="管理角色与权限", en="Manage roles and permissions")
TOKEN_MAKE = declare("token.make", zh="创建自己的 API 令牌", en="Make API tokens of one's own")
DEPUTY_MANAGE = declare(
    "deputy.manage", zh="为本团队成员指定代理人", en="Name deputies for people of one's teams"
)

Login = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
#: How long it must be and what it must not be: `password.check`.
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]


class WrongSignIn(Problem):
    """Tenant, login or password is not right."""

    status = 401
    zh = "租户、账号或密码不正确。"


class CsrfMissing(Problem):
    """The X-CSRF-Token header is missing or not this session's."""

    status = 403
    zh = "缺少 X-CSRF-Token，或与当前会话不符。"


class LoginTaken(Problem):
    """The login {login} is taken."""

    status = 409
    zh = "账号 {login} 已被使用。"


class TenantTaken(Problem):
    """There is a tenant {code} already."""

    status = 409
    zh = "租户 {code} 已存在。"


class NoSuchTenant(Problem):
    """There is no tenant {code}."""

    status = 404
    zh = "没有租户 {code}。"


class NoSuchStaff(Problem):
    """There is no active person {login}."""

    status = 404
    zh = "没有在职人员 {login}。"


class NotYourself(Problem):
    """Nobody marks themselves as having left."""

    status = 409
    zh = "不能将自己标记为离职。"


class UnknownPermission(Problem):
    """{codes} is not in the permission catalogue."""

    status = 422
    zh = "{codes} 不在权限目录中。"


class ScopeTooWide(Problem):
    """A token can do no more than its owner: {codes}"""

    status = 422
    zh = "令牌权限不得超出其所有者：{codes}"


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a person signs in with. `tenant` may be left out where the desk has one only."""

    login: Annotated[str, msgspec.Meta(max_length=64)]
    password: Annotated[str, msgspec.Meta(max_length=200)]
    tenant: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class NewStaff(msgspec.Struct, frozen=True, kw_only=True):
    """A person to be added. Without a password they cannot sign in, but can own tokens."""

    login: Login
    name: Name
    password: Password | None = None
    language: Language = "zh"
    roles: list[Code] = []
    teams: list[Code] = []
    skills: list[Code] = []


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """Roles, teams and skills of a person, replaced as a whole."""

    roles: list[Code]
    teams: list[Code]
    skills: list[Code] = []


class Leaver(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes the leaver's tickets: a colleague's login, or null for back to their queues."""

    hand_to: Login | None = None


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token to be made. Without a scope it may do all its owner may; days at most the setting's."""

    name: Name
    scope: list[str] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90


class NewRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role to be made or replaced."""

    code: Code
    name_zh: Name
    name_en: Name
    permissions: list[str]


class NewTeam(msgspec.Struct, frozen=True, kw_only=True):
    """A team to be added."""

    code: Code
    name_zh: Name
    name_en: Name


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team, and the teams (codes) whose queues it sees beside its own."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    sees: list[str] = []


class TeamSees(msgspec.Struct, frozen=True, kw_only=True):
    """Teams (codes) whose queues a team sees beside its own, replaced as a whole."""

    teams: list[Code]


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A role."""

    code: str
    name_zh: str
    name_en: str
    permissions: list[str]


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """A person, as colleagues see them."""

    id: UUID
    login: str
    name: str
    language: Language
    status: Literal["active", "left"]
    teams: list[str]
    roles: list[str]
    skills: list[str]


class StaffRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person's row."""

    id: UUID
    login: str
    name: str
    password_hash: str | None
    password_set_at: datetime | None
    password_until: datetime | None
    must_change: Literal["given", "breached"] | None
    language: Language
    status: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session, as its owner sees it."""

    id: UUID
    address: str
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    opened_by: Literal["password", "passkey", "provider"] | None = None
    current: bool = False


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token, as its owner sees it. `secret` only in the answer that made it."""

    id: UUID
    name: str
    scope: list[str] | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    secret: str | None = None
