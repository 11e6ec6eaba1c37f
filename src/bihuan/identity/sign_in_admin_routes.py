"""Signing in, administered over HTTP: lost passwords and factors, the policy, sign-in services."""

import msgspec

from bihuan.core.http import Call, operation
from bihuan.identity import by_provider, confirm, overseen, own, passwords, policy, providers
from bihuan.identity.answers import place_of
from bihuan.identity.by_provider import Checked
from bihuan.identity.overseen import PersonSignIn, SignInRules
from bihuan.identity.passwords import Given
from bihuan.identity.policy import SignInPolicy
from bihuan.identity.providers import NewProvider, ProviderView
from bihuan.identity.sign_in import own_tenant
from bihuan.identity.signing import SIGN_IN_MANAGE


@operation(
    "POST", "/staff/{id}/password-given", zh="发放一次性密码", en="Give a password for one sign-in",
    permission=SIGN_IN_MANAGE, gives=Given, status=201,
)  # fmt: skip
async def post_password_given(call: Call) -> Given:
    """In this answer and nowhere else; within a day, to be changed at sign-in. Their sessions end."""
    staff_id = call.id()
    given = await passwords.give(call.work, call.actor, staff_id)
    _confirmed(call)
    return given


@operation(
    "POST", "/staff/{id}/factors-reset", zh="重置他人的验证方式", en="Reset somebody's factors",
    permission=SIGN_IN_MANAGE, status=204,
)  # fmt: skip
async def post_factors_reset(call: Call) -> None:
    """Authenticator, passkeys and recovery codes are gone; their sessions end."""
    await own.reset_factors(call.work, call.actor, call.id())
    _confirmed(call)


@operation(
    "POST", "/staff/{id}/sign-in-forgiven", zh="解除登录限制", en="Forgive somebody's failed tries",
    permission=SIGN_IN_MANAGE, status=204, apart=True, confirms=True,
)  # fmt: skip
async def post_forgiven(call: Call) -> None:
    """Failed tries of theirs count no more: in all, and from where they were made last. An address's own go on counting."""
    await overseen.forgive(call.desk, call.actor, call.id())


@operation(
    "GET", "/sign-in/people", zh="各人的登录方式", en="How everybody signs in", permission=SIGN_IN_MANAGE,
    gives=list[PersonSignIn],
)  # fmt: skip
async def get_people(call: Call) -> list[PersonSignIn]:
    """Passwords, factors and failed tries of everybody who works here; no secrets."""
    return await overseen.people(call.work)


@operation(
    "GET", "/sign-in/rules", zh="登录规则", en="Rules of signing in", permission=SIGN_IN_MANAGE, gives=SignInRules
)  # fmt: skip
async def get_rules(call: Call) -> SignInRules:
    """What the desk's settings say: length of passwords, tries, times."""
    return overseen.rules(call.desk.settings)


@operation(
    "GET", "/sign-in/policy", zh="登录策略", en="Sign-in policy", permission=SIGN_IN_MANAGE, gives=SignInPolicy
)  # fmt: skip
async def get_policy(call: Call) -> SignInPolicy:
    """Who must have a second factor."""
    return await policy.of(call.work)


@operation(
    "PUT", "/sign-in/policy", zh="设置登录策略", en="Set the sign-in policy", permission=SIGN_IN_MANAGE,
    takes=SignInPolicy, gives=SignInPolicy,
)  # fmt: skip
async def put_policy(call: Call) -> SignInPolicy:
    """Holds from the next sign-in on."""
    _confirmed(call)
    return await policy.put(call.work, call.actor, call.body)


@operation(
    "GET", "/sign-in/services", zh="统一登录服务", en="Sign-in services", permission=SIGN_IN_MANAGE,
    gives=list[ProviderView],
)  # fmt: skip
async def get_services(call: Call) -> list[ProviderView]:
    """Every one, without secrets."""
    return [providers.viewed(row) for row in await providers.all_of(call.work)]


@operation(
    "PUT", "/sign-in/services", zh="设置统一登录服务", en="Set up or change a sign-in service",
    permission=SIGN_IN_MANAGE, takes=NewProvider, gives=ProviderView,
)  # fmt: skip
async def put_service(call: Call) -> ProviderView:
    """New, or changed; without a secret the one it has stays."""
    _confirmed(call)
    return providers.viewed(await providers.put(call.work, call.actor, call.body))


@operation(
    "DELETE", "/sign-in/services/{code}", zh="移除统一登录服务", en="Remove a sign-in service",
    permission=SIGN_IN_MANAGE, status=204,
)  # fmt: skip
async def delete_service(call: Call) -> None:
    """Nobody signs in by it any more."""
    await providers.remove(call.work, call.actor, call.path["code"])
    _confirmed(call)


@operation(
    "POST", "/sign-in/services/{code}/check", zh="检查统一登录服务", en="Check a sign-in service",
    permission=SIGN_IN_MANAGE, gives=Checked, apart=True,
)  # fmt: skip
async def post_check(call: Call) -> Checked:
    """Asks for its discovery document and keys, now."""
    found = await by_provider.check(call.desk, call.actor.tenant_id, call.path["code"])
    async with call.desk.database.work(call.actor.tenant_id) as work:
        tenant = await own_tenant(work)
    origin = place_of(call).origin
    return msgspec.structs.replace(
        found,
        redirect_uri=f"{origin}{by_provider.BACK_PATH}",
        sign_out_uri=f"{origin}/api/v1/session/service-ended/{tenant.code}/{call.path['code']}",
    )


def _confirmed(call: Call) -> None:
    """Raises ConfirmAgain; the transaction leaves nothing behind then."""
    confirm.confirmed(call.actor, within=call.desk.settings.confirm_minutes)
