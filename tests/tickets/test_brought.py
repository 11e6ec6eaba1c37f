"""What a merged ticket brought with it goes by its own policy, whatever becomes of the ticket that took it in."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from bihuan.core import clock as core_clock
from bihuan.core.clock import Traveller
from bihuan.sla import Clock
from tests.conftest import House
from tests.tickets.doing import Json, do, read
from tests.tickets.timed import HOUR, clocks_of, moved, policy, rule, words

#: After the days of the worked examples.
_START = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


@pytest.fixture
def time() -> Iterator[Traveller]:
    """A travelled clock."""
    with core_clock.travel(_START) as traveller:
        yield traveller


async def _merged(house: House, client: httpx.AsyncClient) -> Json:
    """A ticket of policy `z` that took one of policy `law` in, whose limits are all the earlier ones."""
    law = rule("regulator", hours=100, basis=words("监管时限"))
    await policy(
        house, law, rule(hours=5), rule("update", hours=3), code="law", case_types=("disputed_bill",)
    )
    await policy(house, rule(hours=50), rule("update", hours=30), rule("letter", hours=60), code="z")
    ticket, other = await house.ticket(client, "general"), await house.ticket(client)
    await do(client, other, "merge", into=ticket["number"], reason="同一件事")
    return await read(client, ticket)


def _running(clocks: dict[str, Clock]) -> dict[str, datetime]:
    return {kind: c.due_at for kind, c in clocks.items() if c.stopped_at is None}


async def test_another_priority_leaves_a_regulators_limit(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await _merged(house, client)
    before = await clocks_of(house, ticket)
    assert {k for k, c in before.items() if c.policy == "law"} == {"regulator", "resolution", "update"}
    ticket = await do(client, ticket, "priority", priority="urgent", reason="客户再次来电")
    assert (await clocks_of(house, ticket))["regulator"] == before["regulator"]


async def test_another_case_type_leaves_it_too_and_its_own_takes_it_up(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await _merged(house, client)
    ticket = await do(client, ticket, "reclassify", case_type="disputed_bill", reason="实为账单争议")
    assert _running(await clocks_of(house, ticket))["regulator"] == _START + 100 * HOUR


async def test_a_policy_edited_moves_its_own_clocks_alone(house: House, time: Traveller) -> None:
    client = await house.client()
    ticket = await _merged(house, client)
    plain = await house.ticket(client, "general")
    letter = rule("letter", hours=70)
    await policy(house, rule(hours=40), rule("extra", hours=9), letter, code="z", move_running=True)
    assert await moved(house)
    assert _running(await clocks_of(house, plain)) == {
        "resolution": _START + 40 * HOUR, "extra": _START + 9 * HOUR, "letter": _START + 70 * HOUR,
    }  # fmt: skip
    brought = _running(await clocks_of(house, ticket))
    assert brought["letter"] == _START + 70 * HOUR
    assert {k: brought[k] for k in ("resolution", "update", "regulator")} == {
        "resolution": _START + 5 * HOUR, "update": _START + 3 * HOUR, "regulator": _START + 100 * HOUR,
    }  # fmt: skip
