"""How long the institution keeps each class of records: shipped times, and versions of its own.

A longer time holds from the moment its maker says. A shorter one waits for a second person, for what is deleted by it
does not come back. Never below what the class's source asks for, unless nobody could verify that and the note says why.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan import evidence
from bihuan.core import clock, db
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.privacy.mask import mask_text
from bihuan.privacy.retention_classes import RecordClass, classes
from bihuan.privacy.retention_time import Term, Unit, begin_of, cutoff, day_of, shorter

queries = db.load(__file__, "retention_queries.sql")
RETENTION_MANAGE = declare(
    "retention.manage", zh="设置保存期限，提出与复核到期删除", en="Set how long records are kept, and delete what is over its time"
)  # fmt: skip

Note = Annotated[str, msgspec.Meta(min_length=2, max_length=500)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
RuleState = Literal["proposed", "approved", "refused"]
#: A note that has to say why nobody follows the class's source is no single word.
_LEAST_REASON = 10


class BelowShortest(Problem):
    """Its source asks for {least} at least: {source}."""

    status = 422
    zh = "依据要求至少保存{least}：{source}。"


class ClassIsFixed(Problem):
    """Nobody sets how long this class is kept."""

    status = 409
    zh = "该类记录的保存期限是固定的，不能修改。"


class RuleProposed(Problem):
    """A change of this class waits for a second person already."""

    status = 409
    zh = "该类已有待复核的变更，请先处理。"


class RuleDecided(Problem):
    """No change of this class waits for a decision."""

    status = 409
    zh = "该类没有待复核的变更。"


class OwnProposal(Problem):
    """A second person decides: never the one who proposed it."""

    status = 409
    zh = "须由另一人复核，提出者本人不能决定。"


class SetRule(msgspec.Struct, frozen=True, kw_only=True):
    """How long a class is to be kept from a moment on (None: at once), and why."""

    amount: Annotated[int, msgspec.Meta(ge=1, le=36_500)]
    unit: Unit
    note: Note
    effective_from: Moment | None = None

    @property
    def term(self) -> Term:
        """The time."""
        return Term(amount=self.amount, unit=self.unit)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a class's time."""

    record_class: str
    version: int
    amount: int
    unit: Unit
    note: str
    state: RuleState
    effective_from: datetime
    made_by: UUID
    made_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None

    @property
    def term(self) -> Term:
        """The time."""
        return Term(amount=self.amount, unit=self.unit)


async def rules(work: Work) -> dict[str, list[Rule]]:
    """Every version of the institution's own, newest first, by class."""
    found: dict[str, list[Rule]] = {code: [] for code in classes()}
    for row in await work.rows(queries.rules, Rule):
        found.setdefault(row.record_class, []).append(row)
    return found


async def terms(work: Work, at: datetime | None = None) -> dict[str, Term]:
    """How long each class is kept now, by code."""
    now, own = at or clock.now(), await rules(work)
    return {code: term_of(one, own[code], now) for code, one in classes().items()}


def term_of(one: RecordClass, own: Sequence[Rule], now: datetime) -> Term:
    """The time in effect: of the newest approved version that has begun, else the shipped one. Newest first."""
    return next(
        (rule.term for rule in own if rule.state == "approved" and rule.effective_from <= now), one.default
    )


async def before(work: Work, code: str) -> datetime:
    """What of this class ended before this moment is over its time."""
    now = clock.now()
    return begin_of(cutoff((await terms(work, now))[code], day_of(now)))


async def put(work: Work, actor: Actor, code: str, command: SetRule) -> Rule:
    """A class's next version: at once where it keeps no record shorter, else proposed.

    Raises NotFound, ClassIsFixed, RuleProposed, BelowShortest, Invalid.
    """
    one, now = _settable(code), clock.now()
    await work.run(queries.hold_rules, record_class=code)
    own = (await rules(work))[code]
    if any(rule.state == "proposed" for rule in own):
        raise RuleProposed
    _check(one, actor, command, now)
    shortens = any(shorter(command.term, former) for former in _in_force(one, own, now))
    rule = Rule(
        record_class=code,
        version=max((r.version for r in own), default=0) + 1,
        amount=command.amount,
        unit=command.unit,
        note=mask_text(command.note).text,
        state="proposed" if shortens else "approved",
        effective_from=(command.effective_from or now).astimezone(UTC),
        made_by=actor.id,
        made_at=now,
    )
    row = {name: getattr(rule, name) for name in Rule.__struct_fields__ if not name.startswith("decided")}
    await work.run(queries.add_rule, **row)
    await _tell(work, actor, "retention.rule_proposed" if shortens else "retention.rule_set", rule)
    return rule


async def approve(work: Work, actor: Actor, code: str) -> Rule:
    """Let a shorter time hold, from now on at the earliest. Raises NotFound, RuleDecided, OwnProposal."""
    rule = await _proposed(work, actor, code)
    return await _decided(work, actor, rule, "approved", max(rule.effective_from, clock.now()))


async def refuse(work: Work, actor: Actor, code: str) -> Rule:
    """Leave it as it is. Raises NotFound, RuleDecided, OwnProposal."""
    rule = await _proposed(work, actor, code)
    return await _decided(work, actor, rule, "refused", rule.effective_from)


def _settable(code: str) -> RecordClass:
    one = classes().get(code)
    if one is None:
        raise NotFound
    if one.keeps == "nothing":
        raise ClassIsFixed
    return one


def _check(one: RecordClass, actor: Actor, command: SetRule, now: datetime) -> None:
    if command.effective_from is not None and command.effective_from < now:
        wrong = FieldProblem(
            pointer="/effective_from", code="too_small", params={"limit": now.isoformat(timespec="seconds")}
        )
        raise Invalid(fields=[wrong])
    if one.shortest is None or not shorter(command.term, one.shortest):
        return
    if one.verified:
        language = actor.language
        raise BelowShortest(least=one.shortest.words(language), source=one.source(language))
    if len(command.note) < _LEAST_REASON:
        raise Invalid(
            fields=[FieldProblem(pointer="/note", code="too_short", params={"limit": _LEAST_REASON})]
        )


def _in_force(one: RecordClass, own: Sequence[Rule], now: datetime) -> list[Term]:
    """The time that holds, and those that will."""
    later = [rule.term for rule in own if rule.state == "approved" and rule.effective_from > now]
    return [term_of(one, own, now), *later]


async def _proposed(work: Work, actor: Actor, code: str) -> Rule:
    _settable(code)
    await work.run(queries.hold_rules, record_class=code)
    rule = next((r for r in (await rules(work))[code] if r.state == "proposed"), None)
    if rule is None:
        raise RuleDecided
    if actor.speaks_as(rule.made_by):
        raise OwnProposal
    return rule


async def _decided(work: Work, actor: Actor, rule: Rule, state: RuleState, effective_from: datetime) -> Rule:
    now = clock.now()
    await work.run(
        queries.decide_rule,
        version=rule.version,
        state=state,
        decided_by=actor.id,
        decided_at=now,
        effective_from=effective_from,
        record_class=rule.record_class,
    )
    decided = msgspec.structs.replace(
        rule, state=state, decided_by=actor.id, decided_at=now, effective_from=effective_from
    )
    await _tell(work, actor, f"retention.rule_{state}", decided)
    return decided


async def _tell(work: Work, actor: Actor, kind: str, rule: Rule) -> None:
    data: dict[str, object] = {
        "class": rule.record_class,
        "version": rule.version,
        "amount": rule.amount,
        "unit": rule.unit,
        "effective_from": rule.effective_from.isoformat(),
        "note": rule.note,
    }
    await tell(work, actor, kind, data)


async def tell(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    """An event among what was configured."""
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)
