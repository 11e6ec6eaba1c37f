"""Signing in by a password: counted, slowed down for strangers, never for the owner's own browser.

Failures are counted per (login, address) and per address. A login that is tried from everywhere at once is slowed down
for browsers nobody knows: each address then has one try, and all of them together a few a minute. A browser its owner
signed in at before is known by its cookie and counted by itself, so no guessing elsewhere keeps them out; passkeys and
sign-in services are not touched by any of it.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.desk import Desk
from bihuan.core.settings import Settings
from bihuan.core.throttle import Limit
from bihuan.identity import credentials, devices, opening, password, strangers, tell
from bihuan.identity.model import NoSuchTenant, SignIn, StaffRow, WrongSignIn
from bihuan.identity.rights import queries
from bihuan.identity.sign_in import find_only_tenant, find_tenant
from bihuan.identity.signing import Browser, Pending, Proof, SignedIn

WINDOW_MINUTES = 15
_WINDOW = timedelta(minutes=WINDOW_MINUTES)
_NO_TENANT = UUID(int=0)
#: Seconds between two tries of all strangers together, the further beyond the limit the longer.
_PACES = (5, 10, 20, 40, 60)


async def sign_in(desk: Desk, command: SignIn, browser: Browser) -> SignedIn | Pending:
    """A session, or what is asked next. Raises WrongSignIn, TooManyTries.

    Raises Invalid where the tenant is left out and there are several.
    """
    tenant_id = await _tenant(desk, command)
    async with desk.database.work(tenant_id) as work:
        staff = await work.one(queries.staff_by_login, StaffRow, login=command.login)
    active = staff if staff is not None and staff.status == "active" else None
    door = _door(desk, tenant_id, command, browser, active)
    await door.knock()
    fits = await asyncio.to_thread(
        credentials.password_fits, active.password_hash if active else None, command.password
    )
    if active is None or not fits or _is_over(active):
        await door.failed()
        if tenant_id != _NO_TENANT:
            await _record_failure(desk, tenant_id, staff or command.login, browser)
        raise WrongSignIn
    await door.passed()
    known = await password.is_known(command.password, password.rules_of(desk.settings))
    async with desk.database.work(tenant_id) as work:
        if known and active.must_change is None:
            await work.run(queries.must_change, id=active.id, why="breached")
            active = msgspec.structs.replace(active, must_change="breached")
        return await opening.carry_on(work, desk.settings, active, Proof(by="password"), browser)


async def forgive(desk: Desk, tenant_id: UUID, login: str, address: str) -> None:
    """Failed tries of a login count no more, in all and from this address. Those of an address by itself go on counting."""
    await _StrangersDoor(desk, f"{tenant_id}\n{login}", address).forgive()


async def _tenant(desk: Desk, command: SignIn) -> UUID:
    try:
        found = await (
            find_only_tenant(desk) if command.tenant is None else find_tenant(desk, command.tenant)
        )
    except NoSuchTenant:
        return _NO_TENANT
    return found.id


def _is_over(staff: StaffRow) -> bool:
    return staff.password_until is not None and staff.password_until <= clock.now()


async def _record_failure(desk: Desk, tenant_id: UUID, whose: StaffRow | str, browser: Browser) -> None:
    """`whose`: somebody's, or the login that is nobody's. Both take the same time."""
    async with desk.database.work(tenant_id) as work:
        if isinstance(whose, str):
            await strangers.failed(work, whose, browser.address)
            return
        await work.run(queries.tally_failure, staff_id=whose.id, at=clock.now(), address=browser.address)
        seen_at = strangers.where(work.ring, tenant_id, browser.address)
        await tell.own(work, opening.actor_of(work, whose), "staff.sign_in_failed", **seen_at)


def _door(
    desk: Desk, tenant_id: UUID, command: SignIn, browser: Browser, staff: StaffRow | None
) -> "_KnownDoor | _StrangersDoor":
    device = None
    if staff is not None:
        device = devices.known(desk.ring, browser.device, tenant_id, staff.id, since=staff.password_set_at)
    if device is not None:
        return _KnownDoor(desk, device)
    # Named or left out, known or made up: of one login there is one count.
    where = command.tenant if tenant_id == _NO_TENANT else tenant_id
    return _StrangersDoor(desk, f"{where}\n{command.login}", browser.address)


class _KnownDoor:
    """Tries at a browser its owner signed in at before."""

    def __init__(self, desk: Desk, device: str) -> None:
        self._database, self._device = desk.database, device
        self._limit = Limit("sign_in_device", most=desk.settings.sign_in_tries, window=_WINDOW)

    async def knock(self) -> None:
        """Count a try. Raises TooManyTries."""
        await self._limit.take(self._database, _NO_TENANT, self._device)

    async def failed(self) -> None:
        """It was counted."""

    async def passed(self) -> None:
        """It was no failure."""
        await self._limit.give_back(self._database, _NO_TENANT, self._device)


class _StrangersDoor:
    """Tries at a browser nobody knows."""

    def __init__(self, desk: Desk, login: str, address: str) -> None:
        self._database, self._login, self._address = desk.database, login, address
        self._settings: Settings = desk.settings
        self._by_address = Limit(
            "sign_in_address", most=desk.settings.sign_in_tries_per_address, window=_WINDOW
        )
        self._by_login = Limit("sign_in_login", most=desk.settings.sign_in_tries_per_login, window=_WINDOW)

    async def knock(self) -> None:
        """Count a try. Raises TooManyTries."""
        await self._by_address.check(self._database, _NO_TENANT, self._address)
        beyond = await self._by_login.tries(self._database, _NO_TENANT, self._login)
        beyond -= self._settings.sign_in_tries_per_login
        most = self._settings.sign_in_tries if beyond < 0 else 1
        self._own = Limit("sign_in", most=most, window=_WINDOW)
        await self._own.take(self._database, _NO_TENANT, self._who)
        if beyond >= 0:
            step = min(beyond // self._settings.sign_in_tries_per_login, len(_PACES) - 1)
            pace = Limit(f"sign_in_pace{step}", most=1, window=timedelta(seconds=_PACES[step]))
            await pace.take(self._database, _NO_TENANT, self._login)

    async def failed(self) -> None:
        """Counted per address and per login too."""
        await self._by_address.count(self._database, _NO_TENANT, self._address)
        await self._by_login.count(self._database, _NO_TENANT, self._login)

    async def passed(self) -> None:
        """It was no failure."""
        await self._own.give_back(self._database, _NO_TENANT, self._who)

    async def forgive(self) -> None:
        """What was counted of this login is none."""
        await self._by_login.forget(self._database, _NO_TENANT, self._login)
        own = Limit("sign_in", most=self._settings.sign_in_tries, window=_WINDOW)
        await own.forget(self._database, _NO_TENANT, self._who)
        for step, seconds in enumerate(_PACES):
            pace = Limit(f"sign_in_pace{step}", most=1, window=timedelta(seconds=seconds))
            await pace.forget(self._database, _NO_TENANT, self._login)

    @property
    def _who(self) -> str:
        return f"{self._login}\n{self._address}"
