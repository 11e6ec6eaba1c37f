"""Delivering what leaves the desk. The row is the queue: marked as being sent and committed, then called, then settled.

Between the mark and the end no transaction and no connection is held. Of an attempt whose worker has gone a mail is
repeated under its Message-ID; an SMS or a robot's message becomes unknown and is for a person to decide.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg

from bihuan.core import clock, db, log, outbound
from bihuan.core.db import DatabaseBusy, Work
from bihuan.core.desk import Desk
from bihuan.core.outbound import Outward
from bihuan.core.settings import Settings
from bihuan.core.wake import until_set
from bihuan.notices import attempt, circuit, email, quiet, sms, unsettled
from bihuan.notices.attempt import (
    CALL_SECONDS,
    STALE_AFTER,
    Channel,
    Failed,
    Later,
    Outcome,
    RobotKind,
    Unsent,
    Unsure,
)
from bihuan.notices.channels import CHANNELS
from bihuan.notices.letters import Couriers, Letter, Taken, letter
from bihuan.notices.queue import TOPIC

queries = db.load(__file__)
_AT_ONCE = 4
#: Deliveries of a tenant before it is asked anew which tenants have any.
_TURNS = 8
_EVERY_SECONDS = 5.0
#: A robot that has spoken enough is asked again soon: its shortest window is a second.
_PUT_OFF_SECONDS = 1.0
_AGAIN_SECONDS = 0.5
_log = log.get("deliver")


class _Tenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: UUID


class _Interrupted(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    channel: Channel
    kind: str
    state: attempt.State


class _Speaker(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    kind: RobotKind


class _Gone(msgspec.Struct, frozen=True, kw_only=True):
    code: str


class _Spoke(msgspec.Struct, frozen=True, kw_only=True):
    sending_at: datetime


def couriers(settings: Settings) -> Couriers:
    """What messages go out by, as the settings say. Raises BadSetting."""
    allowed = outbound.hosts(settings.robot_hosts)
    inside = outbound.networks(settings.outbound_allow)
    outward = Outward(outbound.tls(settings), allowed, inside=inside)
    return Couriers(post=email.post(settings), gateway=sms.gateway(settings), outward=outward)


async def run(desk: Desk, by: Couriers) -> None:
    """Deliver for ever: when woken, and every five seconds in any case; a few at once on each channel."""
    woken = {channel: asyncio.Event() for channel in CHANNELS}

    def wake(_detail: str) -> None:
        for event in woken.values():
            event.set()

    desk.wake.on(TOPIC, wake)
    # Cancelled, the group waits for each line to end what it has begun.
    async with asyncio.TaskGroup() as group:
        for channel in CHANNELS:
            group.create_task(_Line(desk, by, channel).run(woken[channel]))


async def deliver_due(desk: Desk, *, tenant_id: UUID | None = None, by: Couriers | None = None) -> int:
    """Deliver what is due now, of all tenants or of one; how many attempts were made."""
    by = by or couriers(desk.settings)
    made = 0
    for channel in CHANNELS:
        made += await _Line(desk, by, channel).drain(tenant_id)
    return made


class _Line:
    """One channel in one worker."""

    def __init__(self, desk: Desk, by: Couriers, channel: Channel) -> None:
        self._desk = desk
        self._by = by
        self._channel: Channel = channel
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._put_off = False

    async def run(self, woken: asyncio.Event) -> None:
        """Until cancelled; what is under way is then finished, as long as a stopping desk may take."""
        try:
            while True:
                try:
                    if await self._round():
                        continue
                except Exception as error:
                    _log.error("delivering_failed", channel=self._channel, error=error)
                await until_set(woken, _PUT_OFF_SECONDS if self._put_off else _EVERY_SECONDS)
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=self._desk.settings.stop_seconds)

    async def drain(self, tenant_id: UUID | None) -> int:
        """Deliver what is due, to the end."""
        made = 0
        while taken := await self._round(tenant_id):
            made += taken
            if self._under_way:
                await asyncio.wait(self._under_way)
        return made

    async def _round(self, only: UUID | None = None) -> int:
        """Take some of what is due, one of each tenant in turn: whoever has much to say holds up nobody for long."""
        self._put_off = False
        tenants, made = [only] if only else await self._tenants(), 0
        for tenant_id in tenants:
            await self._take_up_interrupted(tenant_id)
        if self._is_quiet():
            return 0
        for _ in range(_TURNS):
            tenants = [tenant_id for tenant_id in tenants if await self._one(tenant_id)]
            made += len(tenants)
        return made

    def _is_quiet(self) -> bool:
        """Whether nothing may go now, however long it has waited. A mail wakes nobody but whose wishes say so."""
        hours = quiet.parse(self._desk.settings.quiet_hours)
        now = clock.now()
        return self._channel != "email" and quiet.after(now, hours) > now

    async def _tenants(self) -> list[UUID]:
        now = clock.now()
        async with self._desk.database.across_tenants() as work:
            rows = await work.rows(queries.tenants_to_deliver, _Tenant, now=now, before=now - STALE_AFTER)
        return [row.tenant_id for row in rows]

    async def _take_up_interrupted(self, tenant_id: UUID) -> None:
        now = clock.now()
        async with self._desk.database.work(tenant_id) as work:
            found = await work.rows(
                queries.interrupted,
                _Interrupted,
                channel=self._channel,
                now=now,
                before=now - STALE_AFTER,
                most=attempt.MOST_ATTEMPTS,
            )
            lost = sum(one.state in unsettled.STATES for one in found)
            if lost:
                await unsettled.tell(work, lost)
        for one in found:
            _log.warning("delivery_interrupted", id=str(one.id), channel=one.channel, state=one.state)

    async def _one(self, tenant_id: UUID) -> bool:
        """Take one and start sending it, once there is a hand free."""
        await self._free.acquire()
        try:
            async with self._desk.database.work(tenant_id) as work:
                taken = await self._take(work)
        except BaseException:
            # Not committed, or not known to be: the row waits, or is taken for interrupted in a minute.
            self._free.release()
            raise
        if taken is None:
            self._free.release()
            return False
        task = asyncio.create_task(self._carry(tenant_id, taken))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    async def _take(self, work: Work) -> Taken | None:
        robot = await self._speaker(work) if self._channel == "robot" else None
        if self._channel == "robot" and robot is None:
            return None
        may = await circuit.may_try(work, self._channel)
        if may == "rests":
            return None
        taken = await work.one(
            queries.take_delivery, Taken, channel=self._channel, robot=robot, now=clock.now()
        )
        if taken is None and may == "trial":
            await circuit.not_tried(work, self._channel)
        return taken

    async def _speaker(self, work: Work) -> str | None:
        """A robot with something to tell that has not spoken too much of late; its row stays locked."""
        now, without = clock.now(), list[str]()
        while (
            one := await work.one(queries.robot_with_news, _Speaker, now=now, without=without)
        ) is not None:
            spoke = await work.rows(
                queries.robot_spoke, _Spoke, robot=one.code, since_at=now - attempt.LONGEST_WINDOW
            )
            if attempt.room(one.kind, [row.sending_at for row in spoke], now):
                return one.code
            self._put_off = True
            without.append(one.code)
        gone = await work.one(queries.robot_gone, _Gone, now=now)
        return gone.code if gone is not None else None

    async def _carry(self, tenant_id: UUID, taken: Taken) -> None:
        try:
            outcome = await carry(self._desk, self._by, tenant_id, taken)
            if outcome is not None:
                await record(self._desk, tenant_id, taken, outcome)
        except Exception as error:
            # The row says "sending"; who comes by in a minute takes it for interrupted.
            _log.error("delivery_lost_sight_of", id=str(taken.id), channel=taken.channel, error=error)
        finally:
            self._free.release()


async def carry(desk: Desk, by: Couriers, tenant_id: UUID, taken: Taken) -> Outcome | Unsent | None:
    """Make the letter and hand it over; None where it took so long that others think us gone."""
    handed = False
    try:
        async with asyncio.timeout(CALL_SECONDS):
            async with desk.database.work(tenant_id) as work:
                made = await letter(work, taken, public_url=desk.settings.public_url)
            if not isinstance(made, Letter):
                return made
            if (clock.now() - taken.sending_at).total_seconds() > CALL_SECONDS:
                return None
            handed = True
            return await made.send(by)
    except Exception as error:
        _log.error("delivery_failed", id=str(taken.id), channel=taken.channel, error=error)
        return Unsure(code="no_answer") if handed else Failed(code="failed")


async def record(desk: Desk, tenant_id: UUID, taken: Taken, outcome: Outcome | Unsent) -> None:
    """Write down how an attempt ended; while the database is away, again and again for as long as it counts."""
    first = attempt.following(taken.channel, taken.attempts, outcome, id_=taken.id, now=clock.now())

    async def write() -> attempt.Next:
        async with desk.database.work(tenant_id) as work:
            next_ = await circuit.heard(work, taken.channel, outcome, first)
            ended = await work.one(
                queries.delivery_ended,
                dict[str, UUID],
                id=taken.id,
                sending_at=taken.sending_at,
                state=next_.state,
                due_at=next_.due_at,
                sent_at=next_.sent_at,
                error=next_.error,
                counts=next_.counts,
            )
            if ended is not None and next_.state in unsettled.STATES:
                await unsettled.tell(work, 1)
        return next_

    next_ = await _insist(write)
    if next_.state != "sent" and not isinstance(outcome, Later):
        _log.warning(
            "delivery_not_sent",
            id=str(taken.id),
            channel=taken.channel,
            state=next_.state,
            code=next_.error,
            attempts=taken.attempts,
        )


async def _insist(write: Callable[[], Awaitable[attempt.Next]]) -> attempt.Next:
    until = clock.perf() + CALL_SECONDS
    while True:
        try:
            return await write()
        except (psycopg.OperationalError, DatabaseBusy):
            if clock.perf() > until:
                raise
            await asyncio.sleep(_AGAIN_SECONDS)
