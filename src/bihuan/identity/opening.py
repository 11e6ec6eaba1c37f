"""From what somebody has proved to a session: what is still asked on the way, and the session itself."""

import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.settings import Settings
from bihuan.identity import credentials, devices, policy, steps, tell
from bihuan.identity.model import StaffRow
from bihuan.identity.rights import queries
from bihuan.identity.signing import Asks, Browser, Failures, Pending, Proof, SignedIn, Ways

#: Characters of what a browser says of itself: read, and kept.
_MOST_SAID = 1_000
_SYSTEM = re.compile("Windows|HarmonyOS|OpenHarmony|Android|iPhone|iPad|Mac OS X|Linux|CrOS")
_BROWSER = re.compile(
    r"(Edg|EdgA|EdgiOS|OPR|Firefox|FxiOS|Chrome|CriOS|Safari|MicroMessenger|AlipayClient|DingTalk|Lark|QQBrowser|UCBrowser"
    r"|MiuiBrowser|HuaweiBrowser)/(\d{1,3})(?!\d)"
)


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    role_code: str


async def carry_on(
    work: Work, settings: Settings, staff: StaffRow, proof: Proof, browser: Browser
) -> SignedIn | Pending:
    """The session, or what is asked before there is one.

    A passkey is both factors at once. A sign-in service sees to its own second factor. Whoever has one here is asked for
    it after a password; whose role must have one sets it up.
    """
    ways = await ways_of(work, staff.id)
    asks = await _asked(work, staff, proof, ways)
    if asks is None:
        return await open_session(work, settings, staff, proof, browser)
    key = await steps.begin(work, steps.NewStep(use="pending", staff_id=staff.id, body=proof))
    return Pending(key=key, asks=asks, ways=ways, breached=staff.must_change == "breached")


async def _asked(work: Work, staff: StaffRow, proof: Proof, ways: Ways) -> Asks | None:
    if proof.by != "password":
        return None
    if ways.any and not proof.second:
        return "second"
    if staff.must_change is not None:
        return "change"
    if not ways.any and not proof.second and await must_enrol(work, staff.id):
        return "enrol"
    return None


async def must_enrol(work: Work, staff_id: UUID) -> bool:
    """Whether a role of theirs must have a second factor."""
    demanded = set((await policy.of(work)).enrol_roles)
    return bool(demanded) and any(
        row.role_code in demanded for row in await work.rows(queries.roles_of, _Code, staff_id=staff_id)
    )


async def ways_of(work: Work, staff_id: UUID) -> Ways:
    """The second factors somebody has."""
    return await work.must(queries.ways, Ways, staff_id=staff_id)


async def open_session(
    work: Work, settings: Settings, staff: StaffRow, proof: Proof, browser: Browser
) -> SignedIn:
    """A session. Its owner is told of failures since the last one."""
    now, session_id = clock.now(), ids.new_id()
    cookie, secret_sha256 = credentials.new_credential("bhs", work.tenant_id, session_id)
    csrf, expires_at = secrets.token_urlsafe(24), now + timedelta(hours=settings.session_hours)
    failures = await work.one(queries.take_tally, Failures, staff_id=staff.id)
    await work.run(
        queries.add_session,
        id=session_id,
        staff_id=staff.id,
        secret_sha256=secret_sha256,
        csrf=csrf,
        address=browser.address,
        user_agent=_kept(browser.user_agent),
        at=now,
        expires_at=expires_at,
        opened_by=proof.by,
        provider=proof.provider,
        provider_session=proof.provider_session,
        sign_out_url=proof.sign_out_url,
    )
    await tell.own(work, actor_of(work, staff), "staff.signed_in", **_how(session_id, proof, failures))
    return SignedIn(
        cookie=cookie,
        device=devices.remembered(work.ring, browser.device, work.tenant_id, staff.id),
        csrf=csrf,
        expires_at=expires_at,
        staff_id=staff.id,
        name=staff.name,
        language=staff.language,
        failures=failures,
    )


def actor_of(work: Work, staff: StaffRow) -> Actor:
    """Somebody who is not signed in yet, so may do nothing."""
    return Actor(
        tenant_id=work.tenant_id,
        id=staff.id,
        kind="staff",
        name=staff.name,
        permissions=frozenset(),
        language=staff.language,
        via="session",
    )


def _kept(user_agent: str) -> str:
    """Which browser and system of those one knows, shown in the list of sessions ("Windows Chrome/130").

    Anybody may say anything there, and a number without a word before it is nobody's that could be found.
    """
    said = user_agent[:_MOST_SAID]
    systems = dict.fromkeys(_SYSTEM.findall(said))
    versions = dict(_BROWSER.findall(said))
    return " ".join([*systems, *(f"{name}/{version}" for name, version in versions.items())])


def _how(session_id: UUID, proof: Proof, failures: Failures | None) -> dict[str, object]:
    told: dict[str, object] = {"session": str(session_id), "by": proof.by, "second": proof.second}
    if proof.provider:
        told["provider"] = proof.provider
    if failures:
        told["failures"] = failures.count
    return told


class _Renewed(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    expires_at: datetime


#: Requests that were on their way with the former secret.
_GRACE = timedelta(seconds=30)


async def renew(work: Work, session_id: UUID, *, confirmed: bool) -> str:
    """A new secret for a session whose owner has just proved who they are, or changed by what they do. The cookie."""
    now = clock.now()
    cookie, secret_sha256 = credentials.new_credential("bhs", work.tenant_id, session_id)
    await work.must(
        queries.renew_session,
        _Renewed,
        id=session_id,
        secret_sha256=secret_sha256,
        former_until=now + _GRACE,
        confirmed_at=now if confirmed else None,
    )
    return cookie
