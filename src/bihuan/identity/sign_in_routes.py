"""Signing in over HTTP: by password, second factor, passkey, sign-in service. Nobody is signed in yet."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from bihuan.core.http import Answer, Call, Query, operation
from bihuan.core.problems import Invalid
from bihuan.core.throttle import Limit
from bihuan.identity import by_password, by_provider, onward, passkeys, place, providers, signed_out
from bihuan.identity.answers import Welcomed, answered, browser_of, cookie_of, passkey_place_of, place_of
from bihuan.identity.by_provider import Back
from bihuan.identity.model import NoSuchTenant, SignIn
from bihuan.identity.passkeys import PasskeyAnswer, PasskeyAsked
from bihuan.identity.sign_in import find_only_tenant, find_tenant
from bihuan.identity.signing import Enrolment, Key, NewPasswordText, Second, Tenant, Text

_NOBODY = UUID(int=0)
#: Asking leaves a row behind, so it has a limit.
_ASKS = 60
_MINUTE = timedelta(minutes=1)


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Whose passkey: anybody's of this tenant, or, as second factor, of the sign-in under way with this key."""

    tenant: Tenant | None = None
    key: Key | None = None


class WhichService(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in service of a tenant."""

    provider: Text
    tenant: Tenant | None = None


class SecondStep(Second, frozen=True, kw_only=True):
    """A code, and the key of the sign-in under way."""

    key: Key


class PasswordStep(msgspec.Struct, frozen=True, kw_only=True):
    """A new password, and the key of the sign-in under way."""

    key: Key
    password: NewPasswordText


class EnrolStep(msgspec.Struct, frozen=True, kw_only=True):
    """The key of the sign-in under way."""

    key: Key


class EnrolledStep(msgspec.Struct, frozen=True, kw_only=True):
    """The authenticator's first code."""

    key: Key
    id: UUID
    code: Text


class SignedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in service says: a token it signed."""

    logout_token: Annotated[str, msgspec.Meta(min_length=1, max_length=16_000)]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in service, as its button shows it."""

    code: str
    name_zh: str
    name_en: str


class SignInWays(msgspec.Struct, frozen=True, kw_only=True):
    """How one can sign in here, beside by password."""

    passkeys: bool
    services: list[Service]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes."""

    url: str


@operation(
    "POST",
    "/session",
    zh="登录",
    en="Sign in",
    permission=None,
    public=True,
    takes=SignIn,
    gives=Welcomed,
    status=201,
)
async def post_session(call: Call) -> Answer:
    """Sign in; the session's cookie is HttpOnly and SameSite=Strict. Or what is asked next."""
    return answered(call, await by_password.sign_in(call.desk, call.body, browser_of(call)))


@operation(
    "GET",
    "/session/ways",
    zh="可用的登录方式",
    en="Ways to sign in",
    permission=None,
    public=True,
    gives=SignInWays,
    query=(Query(name="tenant", schema={"type": "string", "maxLength": 40}, zh="机构代码", en="Tenant"),),
)
async def get_ways(call: Call) -> SignInWays:
    """Buttons of the sign-in page."""
    settings = call.desk.settings
    try:
        found = place.place(settings, host=call.host, address=call.address)
    except place.NoConsoleAddress:
        return SignInWays(passkeys=False, services=[])
    return SignInWays(passkeys=found.takes_passkeys, services=await _services(call))


@operation(
    "POST",
    "/session/second",
    zh="登录：第二验证方式",
    en="Sign in: second factor",
    permission=None,
    public=True,
    takes=SecondStep,
    gives=Welcomed,
    status=201,
)
async def post_second(call: Call) -> Answer:
    """A code of the authenticator, or a recovery code."""
    return answered(call, await onward.second(call.desk, call.body.key, call.body, browser_of(call)))


@operation(
    "POST",
    "/session/new-password",
    zh="登录：更换密码",
    en="Sign in: new password",
    permission=None,
    public=True,
    takes=PasswordStep,
    gives=Welcomed,
    status=201,
)
async def post_new_password(call: Call) -> Answer:
    """A new password in place of one that was given, or became known."""
    return answered(call, await onward.change(call.desk, call.body.key, call.body.password, browser_of(call)))


@operation(
    "POST",
    "/session/enrol",
    zh="登录：设置身份验证器",
    en="Sign in: set up an authenticator",
    permission=None,
    public=True,
    takes=EnrolStep,
    gives=Enrolment,
    status=201,
)
async def post_enrol(call: Call) -> Enrolment:
    """The secret of a new authenticator, for who must have one."""
    return await onward.enrol(call.desk, call.body.key)


@operation(
    "POST",
    "/session/enrolled",
    zh="登录：确认身份验证器",
    en="Sign in: confirm the authenticator",
    permission=None,
    public=True,
    takes=EnrolledStep,
    gives=Welcomed,
    status=201,
)
async def post_enrolled(call: Call) -> Answer:
    """Its first code; the recovery codes are in this answer and nowhere else."""
    body: EnrolledStep = call.body
    found = await onward.enrolled(call.desk, body.key, (body.id, body.code), browser_of(call))
    return answered(call, found.signed_in, recovery_codes=found.recovery_codes)


@operation(
    "POST",
    "/session/passkey-asked",
    zh="登录：请求通行密钥",
    en="Sign in: ask for a passkey",
    permission=None,
    public=True,
    takes=Which,
    gives=PasskeyAsked,
    status=201,
)
async def post_passkey_asked(call: Call) -> PasskeyAsked:
    """What the browser asks the device."""
    where = passkey_place_of(call)
    await _limit(call)
    if call.body.key is not None:
        return await onward.ask_passkey(call.desk, call.body.key, where)
    async with call.desk.database.work(await _tenant(call, call.body.tenant)) as work:
        return await passkeys.ask(work, "passkey", where)


@operation(
    "POST",
    "/session/passkey",
    zh="用通行密钥登录",
    en="Sign in by a passkey",
    permission=None,
    public=True,
    takes=PasskeyAnswer,
    gives=Welcomed,
    status=201,
)
async def post_passkey(call: Call) -> Answer:
    """What the device answered."""
    found = await onward.by_passkey(call.desk, call.body, passkey_place_of(call), browser_of(call))
    return answered(call, found)


@operation(
    "POST",
    "/session/service-asked",
    zh="前往统一登录",
    en="Go to a sign-in service",
    permission=None,
    public=True,
    takes=WhichService,
    gives=Elsewhere,
    status=201,
)
async def post_service_asked(call: Call) -> Answer:
    """Where the browser goes; a cookie ties what comes back to this browser."""
    await _limit(call)
    way = await by_provider.start(call.desk, call.body.tenant, call.body.provider, place_of(call))
    return Answer(body=Elsewhere(url=way.url), cookies={by_provider.COOKIE: way.state})


@operation(
    "POST",
    "/session/service",
    zh="从统一登录返回",
    en="Come back from a sign-in service",
    permission=None,
    public=True,
    takes=Back,
    gives=Welcomed,
    status=201,
)
async def post_service(call: Call) -> Answer:
    """Code and state, as they stood in the address. Only in the browser that went there."""
    back: Back = call.body
    by_provider.must_be_same(cookie_of(call, by_provider.COOKIE), back.state)
    return answered(call, await by_provider.sign_in(call.desk, back, place_of(call), browser_of(call)))


@operation(
    "POST",
    "/session/service-ended/{tenant}/{code}",
    zh="统一登录通知登出",
    en="A sign-in service says that somebody signed out",
    permission=None,
    public=True,
    takes=SignedOut,
    urlencoded=True,
    status=204,
)
async def post_service_ended(call: Call) -> Answer:
    """Back-channel logout: the sessions it opened end. The token is the proof; it is heard once."""
    await signed_out.hear(call.desk, call.path["tenant"], call.path["code"], call.body.logout_token)
    return Answer(headers={"cache-control": "no-store"})


async def _services(call: Call) -> list[Service]:
    try:
        tenant_id = await _tenant(call, call.query.get("tenant") or None)
    except Invalid:
        return []  # there are several, and none was named yet
    async with call.desk.database.work(tenant_id) as work:
        rows = await providers.all_of(work)
    return [Service(code=r.code, name_zh=r.name_zh, name_en=r.name_en) for r in rows if r.active]


async def _tenant(call: Call, code: str | None) -> UUID:
    """The tenant's id; where there is none, one that nobody has, so that nothing is told apart."""
    try:
        return (await (find_only_tenant(call.desk) if code is None else find_tenant(call.desk, code))).id
    except NoSuchTenant:
        return _NOBODY


async def _limit(call: Call) -> None:
    asks = Limit("sign_in_asks", most=_ASKS, window=_MINUTE)
    await asks.take(call.desk.database, _NOBODY, call.address)
