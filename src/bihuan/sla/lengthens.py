"""Whether a policy's next version gives more time than a regulator or a card scheme does, pure.

A limit is set from outside where its rule names a basis, or was read in a text that is not our own. It counts as longer
where it is, and wherever that cannot be told for sure: another unit or calendar, a start that may come later, a stop that
may come sooner, another reason to stand, a further stage, fewer tickets, or no such limit at all. Shorter and equal do not.
"""

from collections.abc import Iterable, Iterator, Sequence

from bihuan.sla.match import Effective
from bihuan.sla.model import Limit, Match, PolicyBody, Rule, Stage


def longer(before: PolicyBody | None, after: PolicyBody | None, others: Iterable[Effective]) -> list[Rule]:
    """Rules of `before`, and of the policies in effect that `after` would now be tried before, which would give more time.

    before None: the policy is new; after None: it is retired.
    """
    found = [] if before is None else _own(before, after)
    known = {rule.code for rule in found}
    if after is not None:
        for other in others:
            if other.body.code != after.code and _comes_before(before, after, other.body):
                found += [rule for rule in _given_up(other.body, after) if rule.code not in known]
    return found


def from_outside(rule: Rule) -> bool:
    """Whether a limit is a regulator's or a card scheme's."""
    return rule.verified != "own" or rule.basis is not None


def _own(before: PolicyBody, after: PolicyBody | None) -> list[Rule]:
    if after is None:
        return [rule for rule in before.clocks if from_outside(rule)]
    if not _holds_all(after.match, before.match) or after.rank > before.rank:
        return [rule for rule in before.clocks if from_outside(rule)]
    return list(_given_up(before, after))


def _given_up(before: PolicyBody, after: PolicyBody) -> Iterator[Rule]:
    """Rules of one policy that another, in its place, lacks or makes longer."""
    rules = {rule.code: rule for rule in after.clocks}
    for rule in before.clocks:
        if from_outside(rule) and ((new := rules.get(rule.code)) is None or _is_longer(rule, new)):
            yield rule


def _comes_before(before: PolicyBody | None, after: PolicyBody, other: PolicyBody) -> bool:
    """Whether tickets that were the other policy's may now be this one's."""
    if (after.rank, after.code) > (other.rank, other.code) or not _overlap(after.match, other.match):
        return False
    was = before is not None and (before.rank, before.code) < (other.rank, other.code)
    return not (was and before is not None and _holds_all(before.match, after.match))


def _is_longer(rule: Rule, new: Rule) -> bool:
    return (
        not from_outside(new)
        or _limit_longer(rule.limit, new.limit)
        or not set(new.pauses_for) <= set(rule.pauses_for)
        or not set(new.restarts_on) <= set(rule.restarts_on)
        or not set(rule.starts_on) <= set(new.starts_on)
        or not set(new.stops_on) <= set(rule.stops_on)
        or new.team != rule.team
        or _stages_longer(rule.stages, new.stages)
    )


def _limit_longer(limit: Limit | None, new: Limit | None) -> bool:
    """`None`: what the case type promises."""
    if limit is None or new is None:
        return limit is not new
    if (limit.unit, limit.calendar) != (new.unit, new.calendar):
        return True
    moves_on = new.last_day == "next_working_day" and limit.last_day == "strict"
    return new.amount > limit.amount or moves_on


def _stages_longer(stages: Sequence[Stage], new: Sequence[Stage]) -> bool:
    known = {stage.code: stage for stage in stages}
    return any(stage.code not in known or _stage_longer(known[stage.code], stage) for stage in new)


def _stage_longer(stage: Stage, new: Stage) -> bool:
    untold = stage.notify_customer and not new.notify_customer
    return untold or new.approval != stage.approval or _limit_longer(stage.limit, new.limit)


_LISTS = ("case_types", "kinds", "priorities", "channels", "tiers")


def _holds_all(match: Match, of: Match) -> bool:
    """Whether every ticket the one matches is matched by this one; an empty list means any."""
    pairs = [(set[str](getattr(match, name)), set[str](getattr(of, name))) for name in _LISTS]
    return all(not wide or (narrow and narrow <= wide) for wide, narrow in pairs)


def _overlap(one: Match, other: Match) -> bool:
    pairs = [(set[str](getattr(one, name)), set[str](getattr(other, name))) for name in _LISTS]
    return all(not a or not b or a & b for a, b in pairs)
