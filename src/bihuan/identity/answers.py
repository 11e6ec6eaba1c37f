"""What signing in answers over HTTP: the welcome or the next step, and the cookies that come with it."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core.http import Answer, Call
from bihuan.core.problems import Language
from bihuan.identity import by_provider, devices
from bihuan.identity.own import Renewed
from bihuan.identity.place import Place, passkey_place, place
from bihuan.identity.signing import Asks, Browser, Failures, Pending, SessionNeeded, SignedIn, Ways

SESSION_COOKIE = "bihuan_session"


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="step", tag="in"):
    """Who signed in, and the token which unsafe requests repeat in X-CSRF-Token. `recovery_codes`: shown this once."""

    id: UUID
    name: str
    language: Language
    csrf_token: str
    failures: Failures | None = None
    recovery_codes: list[str] = []


class NextStep(msgspec.Struct, frozen=True, kw_only=True, tag_field="step", tag="next"):
    """There is no session yet: what is asked, by which ways, and the key to go on with for a quarter of an hour."""

    asks: Asks
    key: str
    ways: list[Literal["totp", "passkey", "recovery"]]
    breached: bool = False
    password_length: int


Welcomed = Welcome | NextStep


def browser_of(call: Call) -> Browser:
    """Where the request comes from."""
    return Browser(address=call.address, user_agent=call.user_agent, device=cookie_of(call, devices.COOKIE))


def cookie_of(call: Call, name: str) -> str:
    """A cookie of ours; over https only the one no other host can set."""
    host = "__Host-" if call.desk.settings.secure_cookies else ""
    return call.cookies.get(f"{host}{name}", "")


def place_of(call: Call) -> Place:
    """Where the request came to. Raises NoConsoleAddress."""
    return place(call.desk.settings, host=call.host, address=call.address)


def passkey_place_of(call: Call) -> Place:
    """The same, for passkeys. Raises NoConsoleAddress, NoPasskeysHere."""
    return passkey_place(call.desk.settings, host=call.host, address=call.address)


def answered(call: Call, outcome: SignedIn | Pending, *, recovery_codes: list[str] | None = None) -> Answer:
    """The session's and the browser's cookies, or the next step."""
    if isinstance(outcome, Pending):
        return Answer(body=_next(call, outcome))
    body = Welcome(
        id=outcome.staff_id,
        name=outcome.name,
        language=outcome.language,
        csrf_token=outcome.csrf,
        failures=outcome.failures,
        recovery_codes=recovery_codes or [],
    )
    cookies = {SESSION_COOKIE: outcome.cookie, devices.COOKIE: outcome.device}
    if cookie_of(call, by_provider.COOKIE):
        cookies[by_provider.COOKIE] = ""
    return Answer(body=body, cookies=cookies)


def renewed(outcome: Renewed, body: object = None) -> Answer:
    """The session's new cookie."""
    cookies: Mapping[str, str] = {SESSION_COOKIE: outcome.cookie}
    return Answer(
        body=body, cookies={**cookies, **({devices.COOKIE: outcome.device} if outcome.device else {})}
    )


def session_of(call: Call) -> UUID:
    """The session of a request that came by one. Raises SessionNeeded."""
    if call.actor.via != "session" or call.credential_id is None:
        raise SessionNeeded
    return call.credential_id


def _next(call: Call, pending: Pending) -> NextStep:
    return NextStep(
        asks=pending.asks,
        key=pending.key,
        ways=_named(pending.ways),
        breached=pending.breached,
        password_length=call.desk.settings.password_length,
    )


def _named(ways: Ways) -> list[Literal["totp", "passkey", "recovery"]]:
    found: list[Literal["totp", "passkey", "recovery"]] = []
    if ways.totp:
        found.append("totp")
    if ways.passkeys:
        found.append("passkey")
    if ways.recovery:
        found.append("recovery")
    return found
