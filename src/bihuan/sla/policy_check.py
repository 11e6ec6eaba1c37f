"""What is wrong with a policy, pure: everything at once, each by its JSON pointer."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from bihuan.core.problems import FieldProblem
from bihuan.sla.model import Limit, Move, OpenTask, PolicyBody, Rule, Stage, Step, Tell, Unit

_NEEDS_CALENDAR = frozenset({"business_minute", "business_hour", "working_day"})
_DAYS = frozenset({"working_day", "calendar_day"})
#: Some ten years: what is longer is a slip of the pen, and would be long to tell stretch by stretch.
MOST: Mapping[Unit, int] = MappingProxyType(
    {"hour": 87_600, "business_hour": 30_000, "working_day": 3_650, "calendar_day": 3_650}
)
#: The clocks a case type promises of itself; every other one says its limit.
PROMISED = frozenset({"first_response", "resolution"})
#: What the desk itself marks on a clock.
RESERVED = frozenset({"breach"})


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy may name: calendars that hold, teams, roles and permissions, by code."""

    calendars: Collection[str]
    teams: Collection[str]
    roles: Collection[str]
    permissions: Collection[str]


def problems(body: PolicyBody, known: Known, at: str = "") -> list[FieldProblem]:
    """Everything that is wrong with a policy."""
    found = list(_twice([r.code for r in body.clocks], f"{at}/clocks", "code"))
    for i, rule in enumerate(body.clocks):
        found += _rule(rule, known, f"{at}/clocks/{i}")
    return found


def limit_problems(limit: Limit, calendars: Collection[str], at: str) -> Iterator[FieldProblem]:
    """A limit that cannot be reckoned."""
    if limit.calendar and limit.calendar not in calendars:
        yield _choice(f"{at}/calendar", calendars)
    if not limit.calendar and (limit.unit in _NEEDS_CALENDAR or limit.last_day != "strict"):
        yield FieldProblem(pointer=f"{at}/calendar", code="missing")
    if limit.amount > (most := MOST.get(limit.unit, limit.amount)):
        yield FieldProblem(pointer=f"{at}/amount", code="too_big", params={"limit": most})
    if limit.unit not in _DAYS and limit.last_day != "strict":
        yield FieldProblem(pointer=f"{at}/last_day", code="not_applicable")


def _rule(rule: Rule, known: Known, at: str) -> Iterator[FieldProblem]:
    if rule.limit is not None:
        yield from limit_problems(rule.limit, known.calendars, f"{at}/limit")
    elif rule.code not in PROMISED:
        yield FieldProblem(pointer=f"{at}/limit", code="missing")
    # A team's part starts when the ticket comes into its queue; everything else needs something to start on.
    if not rule.starts_on and not rule.team:
        yield FieldProblem(pointer=f"{at}/starts_on", code="too_few", params={"limit": 1})
    if not rule.stops_on:
        yield FieldProblem(pointer=f"{at}/stops_on", code="too_few", params={"limit": 1})
    for i, signal in enumerate(rule.stops_on):
        if signal in rule.starts_on:
            yield FieldProblem(pointer=f"{at}/stops_on/{i}", code="not_applicable")
    yield from _team(rule.team, known, f"{at}/team")
    yield from _twice([s.code for s in rule.stages], f"{at}/stages", "code")
    for i, stage in enumerate(rule.stages):
        yield from _stage(stage, rule.stages[i - 1].limit if i else rule.limit, known, at=f"{at}/stages/{i}")
    yield from _twice([s.code for s in rule.ladder], f"{at}/ladder", "code")
    for i, step in enumerate(rule.ladder):
        yield from _step(step, known, f"{at}/ladder/{i}")


def _stage(stage: Stage, before: Limit | None, known: Known, *, at: str) -> Iterator[FieldProblem]:
    """Each stage is counted from the same start, so it must be longer than the one before."""
    yield from limit_problems(stage.limit, known.calendars, f"{at}/limit")
    if before is not None and before.unit == stage.limit.unit and stage.limit.amount <= before.amount:
        yield FieldProblem(
            pointer=f"{at}/limit/amount", code="too_small", params={"limit": before.amount + 1}
        )
    if stage.approval not in known.permissions:
        yield FieldProblem(pointer=f"{at}/approval", code="not_found")


def _step(step: Step, known: Known, at: str) -> Iterator[FieldProblem]:
    if step.code in RESERVED:
        yield FieldProblem(pointer=f"{at}/code", code="not_applicable")
    said = [name for name in ("share", "left_seconds", "after_seconds") if getattr(step, name) is not None]
    if not said:
        yield FieldProblem(pointer=f"{at}/share", code="missing")
    yield from (FieldProblem(pointer=f"{at}/{name}", code="not_applicable") for name in said[1:])
    for i, deed in enumerate(step.do):
        if isinstance(deed, Move | OpenTask):
            yield from _team(deed.team, known, f"{at}/do/{i}/team")
        role = deed.to.removeprefix("role:") if isinstance(deed, Tell) and deed.to.startswith("role:") else ""
        if role and role not in known.roles:
            yield FieldProblem(pointer=f"{at}/do/{i}/to", code="not_found")


def _team(code: str, known: Known, pointer: str) -> Iterator[FieldProblem]:
    if code and code not in known.teams:
        yield _choice(pointer, known.teams)


def _choice(pointer: str, choices: Collection[str]) -> FieldProblem:
    return FieldProblem(pointer=pointer, code="choice", params={"choices": ", ".join(sorted(choices))})


def _twice(codes: Sequence[str], at: str, member: str) -> Iterator[FieldProblem]:
    counts: Counter[str] = Counter()
    for i, code in enumerate(codes):
        counts[code] += 1
        if counts[code] > 1:
            yield FieldProblem(pointer=f"{at}/{i}/{member}", code="duplicate")
