"""Which policy holds and why, and what changed between two versions."""

from datetime import date

import msgspec
import pytest

from bihuan.sla.match import Changed, Effective, choose, differences, match_text, why
from bihuan.sla.model import Day, Facts, Match, PolicyBody, Rule, Segment, Step, Tell
from tests.sla.clockwork import CN, limit, rule, step, words

_FACTS = Facts(case_type="disputed_bill", kind="dispute", priority="urgent", channel="phone", tier="gold")


def _policy(code: str, rank: int, *rules: Rule, version: int = 1, **match: tuple[str, ...]) -> Effective:
    clocks = rules or (rule("resolution"),)
    body = PolicyBody(
        code=code, title=words(code), rank=rank, match=msgspec.convert(match, Match), clocks=clocks
    )
    return Effective(body=body, version=version)


def _chosen(*policies: Effective, facts: Facts = _FACTS) -> str | None:
    found = choose(policies, facts)
    return found.body.code if found else None


def test_the_lowest_rank_that_matches_holds() -> None:
    everything, gold = _policy("everything", 100), _policy("gold", 10, tiers=("gold",))
    assert _chosen(everything, gold) == "gold"
    assert _chosen(everything, gold, facts=msgspec.structs.replace(_FACTS, tier="silver")) == "everything"
    assert _chosen(gold, facts=msgspec.structs.replace(_FACTS, tier=None)) is None


def test_of_one_rank_the_code_decides() -> None:
    assert _chosen(_policy("b", 10), _policy("a", 10)) == _chosen(_policy("a", 10), _policy("b", 10)) == "a"


@pytest.mark.parametrize(
    ("name", "given", "other"),
    [
        ("case_types", "disputed_bill", "lost_card"),
        ("kinds", "dispute", "complaint"),
        ("priorities", "urgent", "low"),
        ("channels", "phone", "email"),
        ("tiers", "gold", "silver"),
    ],
)
def test_each_list_is_asked(name: str, given: str, other: str) -> None:
    assert _chosen(_policy("one", 1, **{name: (other, given)})) == "one"
    assert _chosen(_policy("one", 1, **{name: (other,)})) is None
    assert [r.on for r in why([_policy("one", 1, **{name: (other,)})], _FACTS)] == [name]


def test_why_in_the_order_they_are_tried() -> None:
    policies = [
        _policy("any", 90, version=4),
        _policy("later", 95),
        _policy("complaints", 10, kinds=("complaint",)),
        _policy("urgent", 20, version=2, kinds=("dispute",), priorities=("low",)),
    ]
    assert [(r.policy, r.version, r.matched, r.on) for r in why(policies, _FACTS)] == [
        ("complaints", 1, False, "kinds"),
        ("urgent", 2, False, "priorities"),
        ("any", 4, True, "any"),
        ("later", 1, False, "later"),
    ]
    told = why([_policy("exact", 1, kinds=("dispute",), tiers=("gold",))], _FACTS)
    assert [(r.matched, r.on) for r in told] == [(True, "kinds, tiers")]


def test_what_is_chosen_is_what_is_told() -> None:
    policies = [_policy(f"p{n}", n % 3, kinds=("complaint",) if n % 2 else ()) for n in range(6)]
    told = [r.policy for r in why(policies, _FACTS) if r.matched]
    assert told == [_chosen(*policies)]


def test_which_tickets_in_words() -> None:
    match = Match(kinds=("complaint", "dispute"), priorities=("urgent",), tiers=("gold",))
    assert match_text(match, "zh") == "类别为投诉、争议；优先级为紧急；客户等级为gold"
    assert match_text(match, "en") == "kind: complaint, dispute; priority: urgent; customer tier: gold"
    assert (match_text(Match(), "zh"), match_text(Match(), "en")) == ("所有工单", "every ticket")


def test_differences_of_a_policy_by_the_code_of_each_part() -> None:
    ladder = (step("half", share=50), step("most", share=75))
    reply, done = (
        rule("reply", limit(8, "business_hour"), ladder=ladder),
        rule("resolution", restarts_on=("reopened",)),
    )
    before = _policy("one", 10, reply, done).body
    changed = msgspec.structs.replace(
        reply, limit=limit(4, "business_hour"), ladder=(ladder[1], Step(code="late", after_seconds=0, do=(Tell(to="lead"),)))
    )  # fmt: skip
    after = msgspec.structs.replace(before, rank=20, clocks=(done, changed), match=Match(kinds=("dispute",)))
    told = differences(before, after)
    assert [(d.path, d.before, d.after) for d in told] == [
        ("/clocks/reply/ladder/half/code", "half", None),
        ("/clocks/reply/ladder/half/do", '[{"do":"tell","to":"assignee"}]', None),
        ("/clocks/reply/ladder/half/share", "50", None),
        ("/clocks/reply/ladder/late/after_seconds", None, "0"),
        ("/clocks/reply/ladder/late/code", None, "late"),
        ("/clocks/reply/ladder/late/do", None, '[{"do":"tell","to":"lead"}]'),
        ("/clocks/reply/limit/amount", "8", "4"),
        ("/match/kinds", "[]", '["dispute"]'),
        ("/rank", "10", "20"),
    ]
    assert differences(before, before) == []


def test_differences_of_a_calendar_by_day_and_weekday() -> None:
    half = (Segment(start=540, end=720),)
    days = (*CN.days[1:], Day(on=date(2026, 12, 31), kind="override", name="盘点", segments=half))
    after = msgspec.structs.replace(CN, days=days, week=(half, *CN.week[1:]))
    told = {d.path: d for d in differences(CN, after)}
    assert told["/week/0"] == Changed(
        path="/week/0",
        before='[{"start":540,"end":720},{"start":780,"end":1080}]',
        after='[{"start":540,"end":720}]',
    )
    assert (told["/days/2026-10-01/name"].before, told["/days/2026-10-01/name"].after) == ("国庆节", None)
    assert told["/days/2026-12-31/segments"].after == '[{"start":540,"end":720}]'
    assert {path.rsplit("/", 1)[0] for path in told} == {"/week", "/days/2026-10-01", "/days/2026-12-31"}
