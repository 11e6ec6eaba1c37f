"""Which policy holds for a ticket and why, and what changed between two versions, pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import msgspec

from bihuan.sla.model import Facts, Match, PolicyBody

#: What a policy is matched by, in the order it is tried: the match's list, the fact it must hold.
_BY = (
    ("case_types", "case_type"),
    ("kinds", "kind"),
    ("priorities", "priority"),
    ("channels", "channel"),
    ("tiers", "tier"),
)
_NAMES = {
    "case_types": ("业务类型", "case type"),
    "kinds": ("类别", "kind"),
    "priorities": ("优先级", "priority"),
    "channels": ("渠道", "channel"),
    "tiers": ("客户等级", "customer tier"),
}
_WORDS = {
    "enquiry": ("咨询", "enquiry"),
    "request": ("申请", "request"),
    "dispute": ("争议", "dispute"),
    "complaint": ("投诉", "complaint"),
    "risk_event": ("风险事件", "risk event"),
    "urgent": ("紧急", "urgent"),
    "normal": ("普通", "normal"),
    "low": ("低", "low"),
}
#: What tells one element of a list from another.
_KEYS = ("code", "queue", "on")


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """A policy version in effect at some moment."""

    body: PolicyBody
    version: int


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a policy holds and why. `on`: where it matched what by, as "kinds, priorities", or "any"; else the first
    that failed, or "later": one before it holds already.
    """

    policy: str
    version: int
    matched: bool
    on: str


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One place that differs between two versions, its values as they are written; None: not there."""

    path: str
    before: str | None
    after: str | None


def choose(policies: Sequence[Effective], facts: Facts) -> Effective | None:
    """The first that matches, by rank, then by code. None: the case type's own promise holds."""
    return next((p for p in _tried(policies) if _failed(p.body.match, facts) is None), None)


def why(policies: Sequence[Effective], facts: Facts) -> list[Reason]:
    """Every policy in the order it is tried, and what came of it."""
    found, held = list[Reason](), False
    for policy in _tried(policies):
        failed = _failed(policy.body.match, facts)
        matched = failed is None and not held
        on = _matched(policy.body.match) if matched else failed or "later"
        found.append(Reason(policy=policy.body.code, version=policy.version, matched=matched, on=on))
        held = held or matched
    return found


def differences(before: object, after: object) -> list[Changed]:
    """Every place in which two bodies differ, in the order of their paths; elements with a code, queue or date are told by it."""
    old, new = dict(_leaves(msgspec.to_builtins(before), "")), dict(_leaves(msgspec.to_builtins(after), ""))
    paths = sorted(p for p in old.keys() | new.keys() if old.get(p) != new.get(p))
    return [Changed(path=p, before=old.get(p), after=new.get(p)) for p in paths]


def match_text(match: Match, language: str) -> str:
    """Which tickets a policy is for, as a sentence's part: 类别为投诉；优先级为紧急."""
    zh = language == "zh"
    parts = [
        f"{_NAMES[name][0]}为{'、'.join(_said(one, zh=True) for one in wanted)}"
        if zh
        else f"{_NAMES[name][1]}: {', '.join(_said(one, zh=False) for one in wanted)}"
        for name, _ in _BY
        if (wanted := _wanted(match, name))
    ]
    return "；".join(parts) or "所有工单" if zh else "; ".join(parts) or "every ticket"


def _said(code: str, *, zh: bool) -> str:
    return _WORDS.get(code, (code, code))[0 if zh else 1]


def _tried(policies: Sequence[Effective]) -> list[Effective]:
    return sorted(policies, key=lambda p: (p.body.rank, p.body.code))


def _failed(match: Match, facts: Facts) -> str | None:
    """The first list that does not hold the ticket's fact; None: it matches."""
    return next(
        (name for name, fact in _BY if _wanted(match, name) and not _holds(match, facts, name, fact)), None
    )


def _matched(match: Match) -> str:
    return ", ".join(name for name, _ in _BY if _wanted(match, name)) or "any"


def _wanted(match: Match, name: str) -> tuple[str, ...]:
    return getattr(match, name)


def _holds(match: Match, facts: Facts, name: str, fact: str) -> bool:
    return getattr(facts, fact) in _wanted(match, name)


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    """The plain values of a body with where they stand; a list of plain values, and an empty one, is one value."""
    if isinstance(value, Mapping):
        for key, held in cast("Mapping[str, object]", value).items():
            yield from _leaves(held, f"{path}/{key}")
    elif isinstance(value, list | tuple) and any(_nested(v) for v in cast("Sequence[object]", value)):
        for i, held in enumerate(cast("Sequence[object]", value)):
            yield from _leaves(held, f"{path}/{_name(held, i)}")
    elif value is not None:
        yield path, value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _nested(element: object) -> bool:
    """Whether it is told by itself: a list, or what has a name; segments and deeds are told with those beside them."""
    return isinstance(element, list | tuple) or (
        isinstance(element, Mapping) and any(k in element for k in _KEYS)
    )


def _name(element: object, index: int) -> str:
    if isinstance(element, Mapping):
        held = cast("Mapping[str, object]", element)
        return next((str(held[key]) for key in _KEYS if key in held), str(index))
    return str(index)
