"""A sign-in under way, led on: the second factor, a new password, an authenticator to be set up."""

from datetime import timedelta
from uuid import UUID

import msgspec

from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import Invalid
from bihuan.core.throttle import Limit
from bihuan.identity import devices, factors, opening, passkeys, password, passwords, steps
from bihuan.identity.model import StaffRow
from bihuan.identity.passkeys import PasskeyAnswer, PasskeyAsked, PasskeyRefused
from bihuan.identity.place import Place
from bihuan.identity.rights import queries
from bihuan.identity.signing import Browser, Enrolment, Pending, Proof, Second, SignedIn, StepOver, Ways
from bihuan.identity.steps import Step

_WINDOW = timedelta(minutes=15)
_MOST_CODES = 20


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The session, and the recovery codes, shown this once."""

    signed_in: SignedIn
    recovery_codes: list[str]


async def second(desk: Desk, key: str, given: Second, browser: Browser) -> SignedIn | Pending:
    """The second factor by a code. Raises StepOver, Invalid for a wrong one, of which a few end the sign-in."""
    tenant_id = steps.tenant_of(key)
    limit, who = await _counted(desk, tenant_id, key, browser)
    try:
        async with desk.database.work(tenant_id) as work:
            step, staff = await _pending(work, key)
            await factors.check(work, opening.actor_of(work, staff), given)
            on = await _on(work, desk, (step, staff), browser)
    except Invalid:
        await _missed(desk, tenant_id, key)
        raise
    await limit.give_back(desk.database, tenant_id, who)
    return on


async def _counted(desk: Desk, tenant_id: UUID, key: str, browser: Browser) -> tuple[Limit, str]:
    """Who knows the password could begin again and again: codes are counted per person, their own browser by itself.

    Raises TooManyTries.
    """
    async with desk.database.work(tenant_id) as work:
        _, staff = await _pending(work, key)
    device = devices.known(desk.ring, browser.device, tenant_id, staff.id, since=staff.password_set_at)
    limit, who = Limit("second_factor", most=_MOST_CODES, window=_WINDOW), f"{staff.id}\n{device or ''}"
    await limit.take(desk.database, tenant_id, who)
    return limit, who


async def ask_passkey(desk: Desk, key: str, place: Place) -> PasskeyAsked:
    """Ask one of their devices to sign, as the second factor. Its answer opens the session by itself."""
    async with desk.database.work(steps.tenant_of(key)) as work:
        _, staff = await _pending(work, key)
        return await passkeys.ask(work, "passkey", place, staff_id=staff.id)


async def by_passkey(desk: Desk, answer: PasskeyAnswer, place: Place, browser: Browser) -> SignedIn | Pending:
    """Signing in by a passkey, with or without a password before it. Raises StepOver, PasskeyRefused."""
    async with desk.database.work(steps.tenant_of(answer.key)) as work:
        step = await steps.find(work, answer.key, "passkey")
        await steps.use_up(work, step)
        staff_id = await passkeys.check(work, step, answer.credential, place)
        staff = await work.one(queries.staff_by_id, StaffRow, id=staff_id)
        if staff is None or staff.status != "active":
            raise PasskeyRefused
        return await opening.carry_on(work, desk.settings, staff, Proof(by="passkey", second=True), browser)


async def change(desk: Desk, key: str, wanted: str, browser: Browser) -> SignedIn | Pending:
    """A new password in place of one that was given or became known. Raises StepOver, Invalid."""
    async with desk.database.work(steps.tenant_of(key)) as work:
        step, staff = await _pending(work, key)
        if _asks_second(await opening.ways_of(work, staff.id), step):
            raise StepOver
        actor = opening.actor_of(work, staff)
        await passwords.change(work, actor, wanted, rules=password.rules_of(desk.settings))
        staff = await work.must(queries.staff_by_id, StaffRow, id=staff.id)
        return await _on(work, desk, (step, staff), browser, second=step.told(Proof).second)


async def enrol(desk: Desk, key: str) -> Enrolment:
    """Begin to set up an authenticator, for who must have one. Raises StepOver."""
    async with desk.database.work(steps.tenant_of(key)) as work:
        _, staff = await _enrolling(work, key)
        return await factors.begin_authenticator(work, staff)


async def enrolled(desk: Desk, key: str, enrolment: tuple[UUID, str], browser: Browser) -> Enrolled:
    """Its first code: the session, and recovery codes. Raises StepOver, Invalid."""
    tenant_id = steps.tenant_of(key)
    try:
        async with desk.database.work(tenant_id) as work:
            step, staff = await _enrolling(work, key)
            actor = opening.actor_of(work, staff)
            left = (await opening.ways_of(work, staff.id)).recovery
            codes = await factors.confirm_authenticator(work, actor, *enrolment, recovery_left=left)
            signed = await _on(work, desk, (step, staff), browser)
            if isinstance(signed, Pending):
                raise StepOver
            return Enrolled(signed_in=signed, recovery_codes=codes)
    except Invalid:
        await _missed(desk, tenant_id, key)
        raise


async def _pending(work: Work, key: str) -> tuple[Step, StaffRow]:
    step = await steps.find(work, key, "pending")
    staff = await work.one(queries.staff_by_id, StaffRow, id=step.staff_id)
    if staff is None or staff.status != "active":
        raise StepOver
    return step, staff


async def _enrolling(work: Work, key: str) -> tuple[Step, StaffRow]:
    """Only who has none yet sets one up before there is a session: a password alone must not add a factor."""
    step, staff = await _pending(work, key)
    if (await opening.ways_of(work, staff.id)).any or staff.must_change is not None:
        raise StepOver
    return step, staff


async def _on(
    work: Work, desk: Desk, who: tuple[Step, StaffRow], browser: Browser, *, second: bool = True
) -> SignedIn | Pending:
    step, staff = who
    await steps.use_up(work, step)
    proof = msgspec.structs.replace(step.told(Proof), second=second)
    return await opening.carry_on(work, desk.settings, staff, proof, browser)


async def _missed(desk: Desk, tenant_id: UUID, key: str) -> None:
    """A wrong code is counted in a transaction of its own: the refusal must leave it behind."""
    async with desk.database.work(tenant_id) as work:
        step = await steps.find(work, key, "pending")
        await work.run(queries.step_tried, id=step.id)


def _asks_second(ways: Ways, step: Step) -> bool:
    return ways.any and not step.told(Proof).second
