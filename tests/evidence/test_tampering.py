"""Whatever is done behind the desk's back is named, with the right ticket and kind; nothing else is."""

import asyncio
import os
import random
from collections.abc import Sequence
from uuid import UUID

import pytest
from tampering import ATTACKS, UNTOLD, Expected, Tamper
from tests.conftest import figure

from bihuan.core import ids
from bihuan.evidence.findings import Finding
from bihuan.evidence.seal import RootsLog, seal_tenant
from bihuan.evidence.verify import verify
from conftest import FILES, MESSAGES, ROWS, Desk, Tenant, attacker, make_tenant, restore, write

#: Another draw: BIHUAN_TEST_SEED=… BIHUAN_TEST_DRAWS=… in the environment.
SEED = os.environ.get("BIHUAN_TEST_SEED", "20261121")
DRAWS = int(
    os.environ.get("BIHUAN_TEST_DRAWS", "200" if os.environ.get("BIHUAN_TEST_LONG") == "1" else "100")
)


def found(desk: Desk, tenant: Tenant, *, ticket: UUID | None = None) -> list[Finding]:
    run = verify(
        desk.app_url,
        desk.ring,
        tenant.id,
        roots_log=tenant.log,
        stream_id=ticket,
        rows=[ROWS],
        payloads=[MESSAGES, FILES],
    )
    return list(run.findings)


def unnamed(expected: Expected, findings: Sequence[Finding], *, told: bool) -> list[str]:
    """What is not named: each place with its kind; without a seal (`told` false) each ticket with any."""
    missing: list[str] = []
    for ticket, places in expected.items():
        named = {(f.seq, f.kind) for f in findings if f.stream == f"ticket:{ticket}"}
        kinds = {kind for _, kind in named}
        if told:
            missing += [f"{s} {k}" for s, k in places if ((s, k) not in named if s else k not in kinds)]
        elif not named:
            missing.append(str(ticket))
    return missing


@pytest.mark.parametrize("when", ["before", "after"])
def test_drawn_tampering_is_named(desk: Desk, unsealed: Tenant, sealed: Tenant, when: str) -> None:
    dice = random.Random(f"{SEED} {when}")
    tenant = sealed if when == "after" else unsealed
    wrong: list[str] = []
    with attacker(desk) as connection:
        for draw in range(DRAWS // 2):
            attack = ATTACKS[draw % len(ATTACKS)]
            ticket, other = dice.sample(sorted(t for t, length in tenant.lengths.items() if length > 1), 2)
            with connection.transaction():
                expected = attack(Tamper(connection, tenant.id, dice), dice, ticket, other)
            findings = found(desk, tenant)
            with connection.transaction():
                restore(connection, tenant.id)
            accused = {f.stream for f in findings} - {f"ticket:{touched}" for touched in expected}
            missing = unnamed(expected, findings, told=when == "after")
            if accused or (missing and not (when == "before" and attack in UNTOLD)):
                wrong.append(f"draw {draw} {attack.__name__}: not {missing} but {[str(f) for f in findings]}")
    figure(f"seed {SEED}: {DRAWS // 2} attacks {when} a seal, {len(wrong)} wrongly named")
    assert not wrong, (SEED, wrong)


def test_a_desk_nobody_touched_is_clean(desk: Desk, unsealed: Tenant, sealed: Tenant) -> None:
    assert found(desk, unsealed) == []
    assert found(desk, sealed) == []


def test_one_ticket_alone(desk: Desk, sealed: Tenant) -> None:
    ticket, other = sorted(sealed.lengths)[:2]
    with attacker(desk) as connection:
        connection.execute("update sample_ticket set title = '' where id = %s", (ticket,))
        findings = found(desk, sealed, ticket=ticket)
        rest = found(desk, sealed, ticket=other)
        restore(connection, sealed.id)
    assert findings == [Finding(stream=f"ticket:{ticket}", seq=sealed.lengths[ticket], kind="edited")]
    assert rest == []


async def test_an_erased_message_is_clean_once_an_event_tells(desk: Desk, unsealed: Tenant) -> None:
    ticket = min(unsealed.lengths)
    database = desk.database()
    await database.open()
    with attacker(desk) as connection:
        connection.execute(
            "update sample_message set body = null, nonce = null where ticket_id = %s", (ticket,)
        )
        before = {f.kind for f in found(desk, unsealed)}
        async with database.work(unsealed.id) as work:
            await write(work, desk.ring, ticket, "", kind="ticket.erased")
        after = found(desk, unsealed)
        restore(connection, unsealed.id)
    await database.close()
    assert before == {"edited"}
    assert after == []


async def test_a_living_desk_is_never_accused(desk: Desk) -> None:
    tenant = await asyncio.to_thread(make_tenant, desk, "living", sealed=True, tickets=12)
    database, log = desk.database(), RootsLog(tenant.log)
    await database.open()
    over = asyncio.Event()

    async def keep_writing(tickets: list[UUID]) -> int:
        written = 0
        while not over.is_set():
            async with database.work(tenant.id) as work:
                await write(work, desk.ring, tickets[written % len(tickets)], "客户来电")
            written += 1
        return written

    async def keep_sealing() -> int:
        sealed = 0
        while not over.is_set():
            sealed += await seal_tenant(database, desk.ring, tenant.id)
            await log.catch_up(database, tenant.id)
        return sealed

    tickets = [*tenant.lengths, ids.new_id(), ids.new_id()]
    tasks = [asyncio.create_task(keep_writing(tickets[i::2])) for i in range(2)]
    tasks.append(asyncio.create_task(keep_sealing()))
    findings = [finding for _ in range(15) for finding in await asyncio.to_thread(found, desk, tenant)]
    over.set()
    counts = await asyncio.gather(*tasks)
    await database.close()
    assert findings == []
    assert all(counts)
