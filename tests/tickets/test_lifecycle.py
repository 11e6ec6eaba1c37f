"""The lifecycle's table: each cell, each refusal, and what must hold of the whole."""

from itertools import product

import pytest

from bihuan.tickets import lifecycle
from bihuan.tickets.lifecycle import (
    ACTIONS,
    CLOSED_STATES,
    OPEN_STATES,
    STAGES,
    STATE_TEXTS,
    STATES,
    TABLE,
    Action,
    NotInThisState,
    State,
    TicketClosed,
)

#: Written down by hand from the requirements, apart from the table: state → what may be done, and where it leads.
_ASIDE = "erase merge_customer part_customer check_file release_hit hold lift_hold"
_SAME = f"{_ASIDE} note link refuse_extension finish_task follow_up"
_CLOSED = f"{_SAME} retain_out"
_SPEAK = f"{_SAME} verify receive reply assign attach edit hand_on follow_up move_clocks open_task"
_OPEN = f"{_SPEAK} transfer reclassify withdraw merge absorb nudge new_facts ask_extension grant_extension"
_WANTED: dict[State, str] = {
    "intake": f"{_OPEN} claim process reject",
    "assigned": f"{_OPEN} claim process wait resolve reject",
    "following": f"{_OPEN} claim process wait resolve reject",
    "processing": f"{_OPEN} claim wait resolve",
    "waiting": f"{_OPEN} claim resume resolve",
    "resolved": f"{_SPEAK} call_back_satisfied call_back_dissatisfied call_back_unreachable archive reopen withdraw rate",
    "called_back": f"{_SPEAK} archive reopen rate",
    "archived": f"{_CLOSED} reopen rate",
    "reopened": f"{_OPEN} claim process wait resolve reject",
    "withdrawn": f"{_CLOSED} reopen",
    "rejected": f"{_CLOSED} reopen",
    "merged": _CLOSED,
}
_CELLS = list(product(STATES, ACTIONS))


def test_the_table_is_what_the_requirements_say() -> None:
    for state, words in _WANTED.items():
        assert {a for a in ACTIONS if (state, a) in TABLE} == set(words.split()), state


@pytest.mark.parametrize(("state", "action"), _CELLS)
def test_each_cell(state: State, action: Action) -> None:
    if (state, action) in TABLE:
        found = lifecycle.transition(state, action)
        assert lifecycle.target(state, found, None) in STATES
        assert found.event.startswith("ticket.") or action == "erase"
        return
    problem = TicketClosed if state in CLOSED_STATES else NotInThisState
    with pytest.raises(problem) as caught:
        lifecycle.transition(state, action)
    assert caught.value.status == 409
    assert STATE_TEXTS[state][0] in caught.value.text("zh")


def test_one_event_per_action() -> None:
    for action in ACTIONS:
        assert len({cell.event for (_, a), cell in TABLE.items() if a == action}) == 1, action


def test_states_are_open_done_or_closed() -> None:
    assert set(OPEN_STATES) | {"resolved", "called_back"} | set(CLOSED_STATES) == set(STATES)
    assert STAGES.keys() == STATE_TEXTS.keys() == set(STATES)
    assert all(zh and en for zh, en in STATE_TEXTS.values())


def test_every_state_is_reached_and_every_open_one_can_end() -> None:
    leads = {
        (state, lifecycle.target(state, cell, resumes_to))
        for (state, _), cell in TABLE.items()
        for resumes_to in (None, "processing")
    }
    reached: set[State] = {"intake"}
    while more := {b for a, b in leads if a in reached} - reached:
        reached |= more
    assert reached == set(STATES)
    ends: set[State] = {"archived"}
    while more := {a for a, b in leads if b in ends} - ends:
        ends |= more
    assert set(OPEN_STATES) <= ends


def test_what_waited_goes_back_where_it_came_from() -> None:
    for state in ("assigned", "following", "processing", "reopened"):
        for action in ("receive", "resume"):
            assert lifecycle.target("waiting", TABLE["waiting", action], state) == state
    assert lifecycle.target("waiting", TABLE["waiting", "resume"], None) == "following"


def test_a_closed_ticket_moves_only_by_being_reopened() -> None:
    for state in CLOSED_STATES:
        moving = [a for a in ACTIONS if (state, a) in TABLE and TABLE[state, a].to != "same"]
        assert moving == ([] if state == "merged" else ["reopen"])


def test_nobody_asks_for_the_desks_own_actions() -> None:
    for state in STATES:
        offered = lifecycle.possible(state)
        assert not {"absorb", "hand_on", "follow_up", "move_clocks", "open_task", "erase"} & set(offered)
        assert all((state, action) in TABLE for action in offered)
