"""Calendars, plans and courses of a ticket for the tests of clocks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bihuan.sla import clock
from bihuan.sla.calendar import Calendar
from bihuan.sla.calendar import compile as compiled
from bihuan.sla.clock import Calendars, Clock, Plan, Where
from bihuan.sla.model import (
    CalendarBody,
    Day,
    Limit,
    PauseReason,
    Rule,
    Segment,
    Signal,
    Step,
    Targets,
    Tell,
    Words,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600
PROMISE = Targets(first_response=4 * HOUR, resolution=48 * HOUR)
_HOURS = (Segment(start=540, end=720), Segment(start=780, end=1080))
_NATIONAL_DAY = tuple(Day(on=date(2026, 10, d), kind="holiday", name="国庆节") for d in range(1, 8))
#: 9:00–12:00 and 13:00–18:00 from Monday to Friday; the national holiday, and the Saturday worked instead.
CN = CalendarBody(
    code="cn",
    title=Words(zh="中国工作日", en="China's working days"),
    week=((_HOURS,) * 5 + ((),) * 2),
    days=(*_NATIONAL_DAY, Day(on=date(2026, 10, 10), kind="makeup", name="国庆节", segments=_HOURS)),
    statutory="CN",
    years=(2026,),
)


def at(text: str) -> datetime:
    """A moment by local time in Shanghai: 2026-09-28 10:00."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def local(moment: datetime) -> str:
    """The other way round."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def calendars(*versions: CalendarBody) -> Calendars:
    """A book of calendars: the versions of each code in the order given, from 1; the last is in force."""
    held: dict[str, list[CalendarBody]] = {}
    for body in versions:
        held.setdefault(body.code, []).append(body)

    def find(code: str, version: int | None, queue: str, /) -> Calendar | None:
        number = len(held[code]) if version is None else version
        return compiled(held[code][number - 1], number, queue)

    return find


BOOK = calendars(CN)


def words(text: str) -> Words:
    """The same in both."""
    return Words(zh=text, en=text)


def limit(amount: int, unit: str, calendar: str = "cn", **more: str) -> Limit:
    """A limit."""
    return Limit(amount=amount, unit=unit, calendar=calendar, **more)  # type: ignore[arg-type]


def rule(code: str, of: Limit | None = None, **more: object) -> Rule:
    """A rule."""
    return Rule(code=code, title=words(code), limit=of, **more)  # type: ignore[arg-type]


def step(code: str, **when: int) -> Step:
    """A rung that tells the assignee."""
    return Step(code=code, do=(Tell(to="assignee"),), **when)


def plan(*rules: Rule, policy: str = "tested", version: int = 1, targets: Targets = PROMISE) -> Plan:
    """A plan of these rules."""
    return Plan(policy=policy, version=version, rules=rules, targets=targets)


class Course:
    """One ticket's clocks, told what happens, with the place it is in."""

    def __init__(self, held: Plan, begun: datetime, *, book: Calendars = BOOK, queue: str = "A") -> None:
        self.plan, self.book, self.queue, self.opened_at = held, book, queue, begun
        self.waiting: PauseReason | None = None
        self.past: list[Clock] = []
        self.clocks = clock.start(held, book, begun, self.where)

    @property
    def where(self) -> Where:
        """Where the ticket is."""
        return Where(queue=self.queue, waiting_for=self.waiting, opened_at=self.opened_at)

    def hear(self, signal: Signal, when: datetime) -> None:
        """A signal, with no change of place."""
        before = self.clocks
        self.clocks = clock.advance(before, self.plan, self.book, signal=signal, at=when, where=self.where)
        self.past += clock.past(before, self.clocks, f"ticket.{signal}")

    def wait(self, when: datetime, reason: PauseReason = "customer") -> None:
        """It waits."""
        self.waiting = reason
        self.hear("waiting", when)

    def resume(self, when: datetime) -> None:
        """It goes on."""
        self.waiting = None
        self.hear("resumed", when)

    def move(self, queue: str, when: datetime) -> None:
        """Into another queue; a ticket that waited waits no more."""
        self.queue, self.waiting = queue, None
        self.hear("transferred", when)

    def retarget(self, held: Plan, when: datetime) -> None:
        """By another plan."""
        self.plan = held
        self.clocks = clock.retarget(self.clocks, held, self.book, at=when, where=self.where)

    def of(self, kind: str) -> Clock:
        """One clock."""
        return one(self.clocks, kind)


def one(clocks: Sequence[Clock], kind: str) -> Clock:
    """The clock of a kind."""
    return next(c for c in clocks if c.kind == kind)


def hours(count: float) -> timedelta:
    """So many."""
    return timedelta(hours=count)
