"""Filling the demo with thirty days of tickets, in every state, through the verbs of the desk."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from bihuan import evidence, identity, tickets
from bihuan.cli import demo_desk
from bihuan.cli.demo_case import Case, Cast
from bihuan.cli.demo_desk import Logins
from bihuan.cli.demo_scenes import Customer, Scene, customers, scenes
from bihuan.cli.demo_stories import SPANS, STORIES, Plan
from bihuan.cli.demo_time import Days
from bihuan.core import clock, ids, outbox
from bihuan.core.clock import Traveller
from bihuan.core.desk import Desk
from bihuan.tickets import STATES, State

SEED = 20_260_101
DAYS = 30
_SHANGHAI = ZoneInfo("Asia/Shanghai")
#: How often a state comes, beyond once.
_SHARES: dict[State, int] = {"archived": 34, "called_back": 6, "resolved": 9, "processing": 12, "following": 9,
    "waiting": 8, "intake": 9, "assigned": 4, "reopened": 5, "withdrawn": 4, "rejected": 3, "merged": 4}  # fmt: skip

#: Told ahead of each moment: it, and the share of the days that is over (0 to 1).
Told = Callable[[datetime, float], None]


async def seed(desk: Desk, logins: Logins, count: int, told: Told) -> UUID:
    """Found the demo's tenant as it was thirty days ago and let `count` tickets happen since. Returns the tenant's id."""
    end = clock.now()
    with clock.travel(end - timedelta(days=DAYS + 1)) as traveller:
        tenant_id = ids.new_id()
        await demo_desk.found(desk, tenant_id, logins)
        cast = await _cast(desk, tenant_id)
        days = Days(traveller, end)
        plans = planned(cast, days, count, end)
        meanwhile = _Meanwhile(desk, tenant_id, traveller, told)
        await days.pass_by([_told(days, plan) for plan in plans], meanwhile.before)
        await meanwhile.follow_up(end)
        await meanwhile.close_the_day()
    return tenant_id


async def _cast(desk: Desk, tenant_id: UUID) -> Cast:
    async with desk.database.work(tenant_id) as work:
        teams = {team.code: team.id for team in await identity.teams(work)}
    return Cast(desk=desk, tenant_id=tenant_id, people=await demo_desk.crew(desk, tenant_id), teams=teams)


async def _told(days: Days, plan: Plan) -> None:
    await days.until(plan.opens_at)
    await STORIES[plan.ends_in](plan)


class _Meanwhile:
    """What the worker does while the stories happen: follows up clocks at their moments, delivers events, seals each day."""

    def __init__(self, desk: Desk, tenant_id: UUID, traveller: Traveller, told: Told) -> None:
        self._desk = desk
        self._tenant_id = tenant_id
        self._traveller = traveller
        self._roots = evidence.RootsLog(desk.settings.data_folder / "roots.log")
        self._start = clock.now() + timedelta(days=1)
        self._told = told

    async def before(self, moment: datetime) -> None:
        """The moment is about to come."""
        today = clock.now().date()
        await self.follow_up(moment)
        if moment.date() != today:
            await self.close_the_day()
        share = (moment - self._start) / timedelta(days=DAYS)
        self._told(moment, min(max(share, 0.0), 1.0))

    async def follow_up(self, until: datetime) -> None:
        """Follow up what falls due until then, each at its own moment."""
        while (
            due_at := await tickets.due.soonest(self._desk, self._tenant_id)
        ) is not None and due_at <= until:
            self._traveller.to(max(due_at, clock.now()))
            await tickets.due.follow_up_now(self._desk, self._tenant_id)

    async def close_the_day(self) -> None:
        """Tell people what happened, and seal what has changed, in the database and in the file beside it."""
        await outbox.deliver_due(self._desk)
        await evidence.seal_tenant(self._desk.database, self._desk.ring, self._tenant_id)
        await self._roots.catch_up(self._desk.database, self._tenant_id)


def planned(cast: Cast, days: Days, count: int, end: datetime) -> list[Plan]:
    """`count` stories: each state once, then by its share; the same for the same count."""
    rng = random.Random(SEED)  # noqa: S311 - it chooses stories, not secrets
    regulars = customers(rng, max(4, count // 3))
    everything = scenes().scenes
    plans: list[Plan] = []
    states: list[State] = [*STATES, *rng.choices(list(_SHARES), list(_SHARES.values()), k=count)]
    for state in states[:count]:
        number = len(plans)
        if number >= count:
            break
        # The first ones go through all scenes in turn, so that a small demo has all of them.
        scene, customer = everything[number % len(everything)], rng.choice(regulars)
        if state == "merged" and number + 1 >= count:
            state = "rejected"
        plans += _plans(_Maker(cast, days, rng, end), state, scene, customer)
    return plans


class _Maker:
    """Makes plans; each case draws from a chance of its own, so that the order of moments changes nothing."""

    def __init__(self, cast: Cast, days: Days, rng: random.Random, end: datetime) -> None:
        self._cast = cast
        self._days = days
        self._rng = rng
        self._end = end

    def case(self, scene: Scene, customer: Customer) -> Case:
        own = random.Random(self._rng.random())  # noqa: S311 - as above
        return Case(self._cast, self._days, own, scene, customer)

    def opening(self, state: State) -> datetime:
        """When a ticket must open to have come to this state by the end: by day, mostly lately where it is still open."""
        span, window = SPANS[state]
        latest = self._end - timedelta(hours=span)
        earliest = self._end - timedelta(days=DAYS)
        share = self._rng.random()
        if window and self._rng.random() > 0.12:
            earliest, share = max(earliest, latest - timedelta(hours=window)), 1 - share**2
        moment = earliest + (latest - earliest) * share
        by_day = 8 <= moment.astimezone(_SHANGHAI).hour < 22
        if by_day or self._end - moment < timedelta(hours=12):
            return moment
        return max(moment - timedelta(hours=10), self._end - timedelta(days=DAYS))

    def plan(self, case: Case, state: State, opens_at: datetime, twin: Case | None = None) -> Plan:
        late = twin is None and self._rng.random() < 0.15
        return Plan(case=case, opens_at=opens_at, ends_in=state, late=late, twin=twin)

    def earlier(self, moment: datetime) -> datetime:
        """An hour or two before."""
        return moment - timedelta(minutes=self._rng.uniform(50, 150))


def _plans(make: _Maker, state: State, scene: Scene, customer: Customer) -> list[Plan]:
    """The story of one ticket; of two, where it is merged into the other."""
    case, opens_at = make.case(scene, customer), make.opening(state)
    if state != "merged":
        return [make.plan(case, state, opens_at)]
    twin = make.case(scene, customer)
    return [
        make.plan(twin, "processing", make.earlier(opens_at)),
        make.plan(case, state, opens_at, twin),
    ]
