"""Searching the audit: who changed what, who saw whom; to look is on record, and what was changed behind our back shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import psycopg

from bihuan import evidence
from bihuan.core import clock, ids
from tests.conftest import House
from tests.tickets.looking import at_screen, bodies, spans, ticket_with_card, unmasked

Json = dict[str, Any]
_AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


async def _found(client: httpx.AsyncClient, **asked: Any) -> list[Json]:
    answer = await client.get("/audit/events", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_who_saw_whom_and_who_changed_what(house: House) -> None:
    auditor = await house.client("auditor")
    agent = await at_screen(house)
    ticket = await ticket_with_card(house)
    await unmasked(agent, ticket, value_ids=[(await spans(agent, ticket))[0][3]])
    (seen,) = await _found(auditor, whom=ticket["customer"]["id"], kind="value.unmasked")
    assert (seen["who"]["login"], seen["whom"]["kind"]) == ("agent-at-screen", "customer")
    assert seen["ticket"] == {"id": ticket["id"], "number": ticket["number"]}
    by_number = await _found(auditor, ticket=ticket["number"], stream="staff")
    assert by_number and {one["ticket"]["id"] for one in by_number} <= {ticket["id"], None} | {ticket["id"]}
    changed = await _found(auditor, whom="agent-at-screen", stream="config")
    assert {"staff.added"} <= {one["kind"] for one in changed}
    assert {one["whom"]["name"] for one in changed} == {"Agent-At-Screen"}


async def test_pages_times_and_what_is_not_right(house: House) -> None:
    auditor = await house.client("auditor")
    with clock.travel(_AT) as time:
        for minutes in range(5):
            time.to(_AT + timedelta(minutes=minutes))
            await auditor.get("/audit/kinds")
            await _found(auditor, kind=f"k{minutes}")
    between = {"from": "2026-11-24T12:01:00+08:00", "to": "2026-11-24T12:04:00+08:00"}
    found = await _found(auditor, who="auditor", **between)
    assert [one["data"]["asked"]["kind"] for one in found] == ["k3", "k2", "k1"]
    page = (await auditor.get("/audit/events", params={"who": "auditor", "limit": 2, **between})).json()
    rest = await _found(auditor, who="auditor", after=page["next"], **between)
    assert [one["id"] for one in (*page["items"], *rest)] == [one["id"] for one in found]
    wrong = {
        "who": "nobody",
        "whom": "no one",
        "from": "yesterday",
        "to": "2026-11-24T12:00:00",
        "ticket": "x",
    }
    answer = await auditor.get("/audit/events", params=wrong)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/who",
        "/whom",
        "/from",
        "/to",
        "/ticket",
    }


async def test_to_look_at_the_audit_is_itself_a_look(house: House, owner: psycopg.Connection) -> None:
    auditor = await house.client("auditor")
    found = await _found(auditor, kind="staff.added")
    await auditor.get(f"/audit/events/{found[0]['id']}")
    exported = await auditor.get("/audit/export", params={"kind": "staff.added"})
    assert exported.status_code == 200 and exported.headers["content-disposition"].startswith("attachment")
    lines = [msgspec.json.decode(line) for line in exported.content.splitlines()]
    assert [line["id"] for line in lines] == [one["id"] for one in found]
    (searched,) = bodies(owner, house, "audit.searched")
    (read,) = bodies(owner, house, "audit.read")
    (told,) = bodies(owner, house, "audit.exported")
    assert searched["data"] == {"asked": {"kind": "staff.added"}}
    assert read["data"] == {"entry": found[0]["id"]}
    assert told["data"] == {"asked": {"kind": "staff.added"}, "events": len(found)}
    assert [one["kind"] for one in (await _found(auditor, who="auditor"))[:3]] == [
        "audit.exported",
        "audit.read",
        "audit.searched",
    ]


async def test_an_event_shows_its_proof_and_what_was_done_to_it(
    house: House, owner: psycopg.Connection
) -> None:
    auditor = await house.client("auditor")
    (found, *_) = await _found(auditor, kind="staff.added", stream="config")
    shown = (await auditor.get(f"/audit/events/{found['id']}")).json()
    assert (shown["intact"], shown["seal_no"]) == (True, None)
    await evidence.seal_tenant(house.desk.database, house.desk.ring, house.tenant_id)
    shown = (await auditor.get(f"/audit/events/{found['id']}")).json()
    assert shown["intact"] and shown["seal_no"] >= 1
    at = (house.tenant_id, shown["stream_id"], shown["seq"])
    where = "where tenant_id = %s and stream_id = %s and seq = %s"
    before = owner.execute(f"select body from event {where}".encode(), at).fetchone()
    assert before is not None
    for change, back in (
        (
            "update event set body = replace(body, 'staff.added', 'staff.edited')",
            "update event set body = %s",
        ),
        ("update audit_entry set kind = 'role.put'", "update audit_entry set kind = 'staff.added'"),
    ):
        owner.execute(f"{change} {where}".encode(), at)
        assert (await auditor.get(f"/audit/events/{found['id']}")).json()["intact"] is False, change
        owner.execute(f"{back} {where}".encode(), (*before, *at) if "%s" in back else at)
    assert (await auditor.get(f"/audit/events/{found['id']}")).json()["intact"] is True
    assert (await auditor.get(f"/audit/events/{ids.new_id()}")).status_code == 404


async def test_the_register_has_every_event_and_no_ticket_s(house: House, owner: psycopg.Connection) -> None:
    agent = await house.client("agent")
    await agent.get(f"/tickets/{(await ticket_with_card(house))['id']}")
    rows = owner.execute(
        "select s.kind, count(*), count(a.id) from stream s"
        " join event e on e.tenant_id = s.tenant_id and e.stream_id = s.id"
        " left join audit_entry a on a.tenant_id = e.tenant_id and a.stream_id = e.stream_id and a.seq = e.seq"
        " where s.tenant_id = %s group by s.kind",
        (house.tenant_id,),
    ).fetchall()
    counts = {kind: (events, entries) for kind, events, entries in rows}
    assert counts["ticket"][1] == 0 and counts["ticket"][0] > 0
    for kind in ("staff", "config"):
        assert counts[kind][0] == counts[kind][1] > 0


async def test_who_may_not_search_does_not(house: House) -> None:
    for role in ("agent", "supervisor", "admin"):
        client = await house.client(role)
        for path in ("/audit/events", "/audit/export", "/audit/siem", f"/audit/events/{ids.new_id()}"):
            assert (await client.get(path)).status_code == 403, (role, path)
    auditor = await house.client("auditor")
    assert (await auditor.get("/audit/siem")).json() is None
    assert "staff.added" in (await auditor.get("/audit/kinds")).json()
