"""One's own security over HTTP: confirming, password, factors, sessions."""

from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core.http import Answer, Call, operation
from bihuan.core.problems import FieldProblem, Invalid
from bihuan.identity import by_provider, confirm, factors, opening, own, passkeys
from bihuan.identity.answers import cookie_of, passkey_place_of, place_of, renewed, session_of
from bihuan.identity.by_provider import Back
from bihuan.identity.devices import COOKIE
from bihuan.identity.model import StaffRow
from bihuan.identity.own import Confirmation, PasswordChange, Security
from bihuan.identity.passkeys import NewPasskey, Passkey, PasskeyAnswer, PasskeyAsked, PasskeyName
from bihuan.identity.rights import queries
from bihuan.identity.sign_in_routes import Elsewhere
from bihuan.identity.signing import Enrolment, Text


class FirstCode(msgspec.Struct, frozen=True, kw_only=True):
    """A new authenticator's first code."""

    id: UUID
    code: Text


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Recovery codes, in this answer and nowhere else; none where there are some already."""

    codes: list[str]


class WhichFor(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in service, to be joined or to prove oneself to."""

    provider: Text
    use: Literal["bind", "confirm"]


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """What its owner calls a passkey."""

    name: PasskeyName


@operation(
    "GET", "/session/security", zh="我的登录安全", en="One's security", permission=None, gives=Security
)
async def get_security(call: Call) -> Security:
    """Password, factors, passkeys, services."""
    return await own.overview(call.work, call.actor, password_length=call.desk.settings.password_length)


@operation(
    "POST", "/session/confirm", zh="再次验证身份", en="Confirm that it is you", permission=None, takes=Confirmation,
    status=204, apart=True,
)  # fmt: skip
async def post_confirm(call: Call) -> Answer:
    """By the password or a code. The session gets a new secret."""
    return renewed(await own.confirm(call.desk, call.actor, session_of(call), call.body))


@operation(
    "POST", "/session/confirm/passkey-asked", zh="再次验证身份：请求通行密钥", en="Confirm: ask for a passkey",
    permission=None, gives=PasskeyAsked, status=201,
)  # fmt: skip
async def post_confirm_asked(call: Call) -> PasskeyAsked:
    """What the browser asks the device."""
    session_id = session_of(call)
    return await passkeys.ask(
        call.work, "confirm", passkey_place_of(call), staff_id=call.actor.id, session_id=session_id
    )


@operation(
    "POST", "/session/confirm/passkey", zh="再次验证身份：通行密钥", en="Confirm by a passkey", permission=None,
    takes=PasskeyAnswer, status=204,
)  # fmt: skip
async def post_confirm_passkey(call: Call) -> Answer:
    """What the device answered."""
    session_id = session_of(call)
    return renewed(
        await own.confirm_by_passkey(call.work, call.actor, session_id, call.body, passkey_place_of(call))
    )


@operation(
    "POST", "/session/services", zh="前往统一登录（已登录）", en="Go to a sign-in service while signed in", permission=None,
    takes=WhichFor, gives=Elsewhere, status=201, apart=True,
)  # fmt: skip
async def post_services(call: Call) -> Answer:
    """To join it, or to prove anew who one is."""
    session_id = session_of(call)
    wanted: WhichFor = call.body
    if wanted.use == "bind":
        confirm.here(call.actor, within=call.desk.settings.confirm_minutes)
    way = await by_provider.start_as(
        call.desk, call.actor, session_id, wanted.provider, use=wanted.use, place=place_of(call)
    )
    return Answer(body=Elsewhere(url=way.url), cookies={by_provider.COOKIE: way.state})


@operation(
    "POST", "/session/services/joined", zh="关联统一登录", en="Join a sign-in service", permission=None, takes=Back,
    status=204, apart=True,
)  # fmt: skip
async def post_joined(call: Call) -> Answer:
    """Code and state, as they stood in the address."""
    session_id = session_of(call)
    _same_browser(call)
    await by_provider.join(call.desk, call.actor, session_id, call.body, place_of(call))
    return Answer(cookies={by_provider.COOKIE: ""})


@operation(
    "POST", "/session/confirm/service", zh="再次验证身份：统一登录", en="Confirm by a sign-in service", permission=None,
    takes=Back, status=204, apart=True,
)  # fmt: skip
async def post_confirm_service(call: Call) -> Answer:
    """Code and state, as they stood in the address."""
    session_id = session_of(call)
    _same_browser(call)
    return renewed(
        await own.confirm_by_provider(call.desk, call.actor, session_id, call.body, place_of(call))
    )


@operation(
    "DELETE", "/session/services/{code}", zh="取消关联统一登录", en="Leave a sign-in service", permission=None, status=204
)  # fmt: skip
async def delete_joined(call: Call) -> None:
    """No longer joined."""
    await by_provider.leave(call.work, call.actor, call.path["code"])
    _here(call)


@operation(
    "PUT", "/session/password", zh="修改密码", en="Change one's password", permission=None, takes=PasswordChange,
    status=204, apart=True,
)  # fmt: skip
async def put_own_password(call: Call) -> Answer:
    """The old one is asked for; every other session ends."""
    session_id = session_of(call)
    found = await own.change_password(
        call.desk, call.actor, session_id, call.body, device=cookie_of(call, COOKIE)
    )
    return renewed(found)


@operation(
    "POST", "/session/authenticator", zh="设置身份验证器", en="Set up an authenticator", permission=None,
    gives=Enrolment, status=201,
)  # fmt: skip
async def post_authenticator(call: Call) -> Enrolment:
    """Its secret. It counts for nothing until its first code."""
    _here(call)
    return await factors.begin_authenticator(call.work, await _row(call))


@operation(
    "POST", "/session/authenticator/confirm", zh="确认身份验证器", en="Confirm the authenticator", permission=None,
    takes=FirstCode, gives=RecoveryCodes, status=201,
)  # fmt: skip
async def post_first_code(call: Call) -> RecoveryCodes:
    """Its first code; with the first factor come recovery codes."""
    _here(call)
    ways = await opening.ways_of(call.work, call.actor.id)
    body: FirstCode = call.body
    codes = await factors.confirm_authenticator(
        call.work, call.actor, body.id, body.code, recovery_left=ways.recovery
    )
    return RecoveryCodes(codes=codes)


@operation(
    "DELETE", "/session/authenticator", zh="移除身份验证器", en="Remove the authenticator", permission=None, status=204
)  # fmt: skip
async def delete_authenticator(call: Call) -> None:
    """No codes are asked any more."""
    _here(call)
    await own.drop_authenticator(call.work, call.actor)


@operation(
    "POST", "/session/recovery-codes", zh="生成恢复码", en="Make recovery codes", permission=None, gives=RecoveryCodes,
    status=201,
)  # fmt: skip
async def post_recovery_codes(call: Call) -> RecoveryCodes:
    """Ten new ones in place of all former ones."""
    _here(call)
    if not (await opening.ways_of(call.work, call.actor.id)).any:
        raise Invalid(fields=[FieldProblem(pointer="", code="not_applicable")])
    return RecoveryCodes(codes=await factors.new_recovery_codes(call.work, call.actor))


@operation(
    "POST", "/session/passkeys/asked", zh="请求新的通行密钥", en="Ask for a new passkey", permission=None,
    gives=PasskeyAsked, status=201,
)  # fmt: skip
async def post_new_passkey_asked(call: Call) -> PasskeyAsked:
    """What the browser asks the device."""
    session_id = session_of(call)
    _here(call)
    return await passkeys.ask_new(call.work, await _row(call), session_id, passkey_place_of(call))


@operation(
    "POST", "/session/passkeys", zh="添加通行密钥", en="Add a passkey", permission=None, takes=NewPasskey,
    gives=RecoveryCodes, status=201,
)  # fmt: skip
async def post_passkey(call: Call) -> RecoveryCodes:
    """What the device made; with the first factor come recovery codes."""
    session_id = session_of(call)
    _here(call)
    await passkeys.add(call.work, call.actor, session_id, call.body, passkey_place_of(call))
    ways = await opening.ways_of(call.work, call.actor.id)
    codes = [] if ways.recovery else await factors.new_recovery_codes(call.work, call.actor)
    return RecoveryCodes(codes=codes)


@operation(
    "PUT", "/session/passkeys/{id}", zh="重命名通行密钥", en="Rename a passkey", permission=None, takes=Renamed,
    gives=list[Passkey],
)  # fmt: skip
async def put_passkey(call: Call) -> list[Passkey]:
    """What its owner calls it."""
    await passkeys.rename(call.work, call.actor, call.id(), call.body.name)
    return await passkeys.of(call.work, call.actor.id)


@operation(
    "DELETE", "/session/passkeys/{id}", zh="移除通行密钥", en="Remove a passkey", permission=None, status=204
)
async def delete_passkey(call: Call) -> None:
    """It opens nothing any more."""
    await passkeys.remove(call.work, call.actor, call.id())
    _here(call)


@operation("DELETE", "/sessions", zh="结束其他会话", en="End all other sessions", permission=None, status=204)
async def delete_other_sessions(call: Call) -> None:
    """Every session of one's own but this one."""
    await own.end_others(call.work, call.actor, session_of(call))


def _here(call: Call) -> None:
    """By the person themselves, who has proved lately who they are. Raises SessionNeeded, ConfirmAgain."""
    confirm.here(call.actor, within=call.desk.settings.confirm_minutes)


def _same_browser(call: Call) -> None:
    by_provider.must_be_same(cookie_of(call, by_provider.COOKIE), call.body.state)


async def _row(call: Call) -> StaffRow:
    return await call.work.must(queries.staff_by_id, StaffRow, id=call.actor.id)
