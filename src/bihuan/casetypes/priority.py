"""Priority: the first rule that holds, and never below what was asked."""

from collections.abc import Mapping

from bihuan.casetypes.answers import PriorityDecision
from bihuan.casetypes.condition import holds
from bihuan.casetypes.model import PRIORITIES, CaseType, Priority, Text

ASKED = Text(zh="按提交人的选择", en="as the submitter chose")
DEFAULT = Text(zh="此类工单的默认优先级", en="the default of this kind of ticket")


def priority_of(
    case_type: CaseType, values: Mapping[str, object], asked: Priority | None
) -> PriorityDecision:
    """The priority of a case with these (normalised) values; a rule can raise what was asked, never lower
    it.
    """
    for index, rule in enumerate(case_type.priority_rules):
        if not holds(rule.when, values):
            continue
        if asked is not None and PRIORITIES.index(asked) < PRIORITIES.index(rule.priority):
            break
        return PriorityDecision(
            priority=rule.priority, rule_index=index, reason_key=rule.reason_key, reason=rule.reason
        )
    if asked is not None:
        return PriorityDecision(priority=asked, rule_index=None, reason_key="asked", reason=ASKED)
    return PriorityDecision(
        priority=case_type.priority_default, rule_index=None, reason_key="default", reason=DEFAULT
    )
