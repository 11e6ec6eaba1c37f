"""Signing in: types, and what can be wrong."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan.core.permissions import declare
from bihuan.core.problems import Language, Problem

SIGN_IN_MANAGE = declare(
    "sign_in.manage",
    zh="管理登录方式：重置他人的验证方式、登录策略与统一登录",
    en="Manage signing in: reset others' factors, the policy, sign-in services",
)

OpenedBy = Literal["password", "passkey", "provider"]
Asks = Literal["second", "change", "enrol"]
Key = Annotated[str, msgspec.Meta(max_length=200)]
Tenant = Annotated[str, msgspec.Meta(max_length=40)]
Text = Annotated[str, msgspec.Meta(max_length=64)]
NewPasswordText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class StepOver(Problem):
    """This sign-in took too long, was used already, or had too many wrong tries. Begin again."""

    status = 410
    zh = "本次登录已超时、已完成或错误次数过多，请重新开始。"


class ConfirmAgain(Problem):
    """Confirm that it is you: this needs your password or second factor again."""

    status = 403
    zh = "此操作需要再次验证身份：请输入密码或使用第二验证方式。"


class SessionNeeded(Problem):
    """This is done by the person themselves, signed in; not by a token."""

    status = 403
    zh = "此操作须由本人登录后进行，不能使用令牌。"


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Second factors somebody has. `recovery`: codes left."""

    totp: bool
    passkeys: int
    recovery: int

    @property
    def any(self) -> bool:
        """Whether a second factor is asked of them."""
        return self.totp or self.passkeys > 0


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has proved so far. `second`: the second factor too."""

    by: OpenedBy
    second: bool = False
    provider: str | None = None
    provider_session: str | None = None
    sign_out_url: str | None = None


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """Failed sign-ins since the last good one."""

    count: int
    at: datetime
    address: str


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request comes from. `device`: the cookie that knows the browser again."""

    address: str
    user_agent: str
    device: str = ""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh session: the cookies' values, and the token that unsafe requests repeat."""

    cookie: str
    device: str
    csrf: str
    expires_at: datetime
    staff_id: UUID
    name: str
    language: Language
    failures: Failures | None


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """More is asked before there is a session. `key` goes on; `breached`: why a password must be changed."""

    key: str
    asks: Asks
    ways: Ways
    breached: bool = False


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticator to be set up: the secret as text, and as the address that a QR code shows."""

    id: UUID
    secret: str
    uri: str


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """A code of the authenticator, or one of the recovery codes."""

    code: Text | None = None
    recovery: Text | None = None
