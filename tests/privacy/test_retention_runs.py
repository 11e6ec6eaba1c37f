"""Runs: proposed, decided by another, worked off; what goes, what stays, and that every chain holds afterwards."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan import tickets
from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.privacy import key_store, key_sweep
from bihuan.tickets import retention_work
from tests.conftest import House, found
from tests.privacy.retaining import ago, closed_at, run_through, two, verified
from tests.tickets.doing import Json, do
from tests.tickets.packing import checked, exported, fingerprint_of, unpacked
from tests.tickets.test_nothing_clear import found_in

MOBILE, CARD = "13800138000", "6222020200112230"
THEM = {"kind": "person", "name": "张示例某", "mobiles": [MOBILE]}


async def _words(owner: psycopg.Connection, ticket_id: str) -> int:
    row = owner.execute(
        "select (select count(*) from ticket where id = %(id)s and octet_length(sealed) > 0)"
        " + (select count(*) from message where ticket_id = %(id)s and octet_length(sealed) > 0)"
        " + (select count(*) from attachment where ticket_id = %(id)s and octet_length(sealed) > 0)"
        " + (select count(*) from vault_value v where ticket_id = %(id)s"
        "   and not exists (select from customer_contact c where c.value_id = v.id))"
        " + (select count(*) from draft where ticket_id = %(id)s)",
        {"id": ticket_id},
    ).fetchone()
    return int(row[0]) if row else 0


async def test_an_old_ticket_goes_while_its_customer_stays(
    house: House, desk: Desk, owner: psycopg.Connection
) -> None:
    client = await house.client()
    old = await closed_at(
        house, client, ago(4), title="旧灯塔", description=f"卡号 {CARD} 被扣两次", customer=THEM
    )
    young = await closed_at(house, client, ago(1), title="新灯塔", customer=THEM)
    assert old["customer"]["id"] == young["customer"]["id"]
    files = desk.settings.data_folder / "attachments" / house.tenant_id.hex
    before = {f.name for f in files.rglob("*") if f.is_file()}
    run = await run_through(house, desk)
    assert (run["state"], run["tickets"], run["files"], run["persons"], run["failed"]) == ("done", 1, 1, 0, 0)
    assert [(c["record_class"], c["count"]) for c in run["classes"]] == [("ticket", 1)]
    assert await _words(owner, old["id"]) == 0
    assert await _words(owner, young["id"]) > 0
    gone = before - {f.name for f in files.rglob("*") if f.is_file()}
    assert len(gone) == 1
    shown = (await client.get(f"/tickets/{old['id']}")).json()
    assert (shown["title"], shown["gone"], shown["elements"]) == ("〔保存期满，已删除〕", "expired", {})
    assert shown["customer"]["contacts"], "who they are is not this ticket's"
    told = (await client.get(f"/tickets/{old['id']}/timeline")).json()["items"]
    assert told[-1]["kind"] == "ticket.retained_out"
    assert {"run", "class", "deleted", "texts", "files"} <= told[-1]["data"].keys()
    assert {entry["message"]["gone"] for entry in told if entry["message"]} == {"expired"}
    assert (await client.get(f"/tickets/{young['id']}")).json()["title"] == "新灯塔"
    found = await client.post("/tickets/search", json={"kind": "card_number", "value": CARD})
    assert found.json() == {"ids": []}
    listed = {row["id"]: row["title"] for row in (await client.get("/tickets")).json()["items"]}
    assert listed[old["id"]] == "〔保存期满，已删除〕"
    for path in ("/attachments", "/links", "/clocks", "/verify"):
        answer = await client.get(f"/tickets/{old['id']}{path}")
        assert answer.status_code == 200, (path, answer.text)
    assert found_in(owner, house, "旧灯塔") == []
    assert verified(desk, house.tenant_id) == []
    assert await tickets.symptoms(desk, house.tenant_id) == []
    later = await client.post(f"/tickets/{old['id']}/note", json={"body": "再说一句"})
    assert (later.status_code, later.json()["title"]) == (410, "TicketExpired")
    file = (await client.get(f"/tickets/{old['id']}/attachments")).json()[0]
    assert file["name"] == "〔保存期满，已删除〕"
    bytes_ = await client.get(f"/tickets/{old['id']}/attachments/{file['id']}")
    assert (bytes_.status_code, bytes_.json()["title"]) == (410, "TicketExpired")


async def test_the_evidence_package_of_one_that_went_still_verifies(
    house: House, desk: Desk, tmp_path: Path
) -> None:
    client = await house.client()
    old = await closed_at(house, client, ago(4), customer=THEM)
    await run_through(house, desk)
    answer = await exported(house, old)
    assert answer.status_code == 200, answer.text
    assert checked(tmp_path, answer.content, fingerprint_of(house)) == []
    assert not [name for name in unpacked(answer.content) if name.startswith("attachments/")]


async def test_who_has_nothing_kept_any_more_goes_too(
    house: House, desk: Desk, owner: psycopg.Connection
) -> None:
    client = await house.client()
    # The customer's own time is counted from their last ticket, and from their last change.
    known = await closed_at(house, client, ago(5), customer=THEM)
    nobody = await closed_at(house, client, ago(5), customer=None)
    run = await run_through(house, desk)
    assert (run["tickets"], run["persons"]) == (2, 2)
    store = key_store(desk.ring)
    subjects = [UUID(known["customer"]["id"]), UUID(nobody["id"])]
    keys = await store.find(house.tenant_id, subjects)
    assert [keys[one].wrapped for one in subjects] == [None, None]
    contacts = owner.execute(
        "select count(*) from customer_contact where tenant_id = %s", (house.tenant_id,)
    ).fetchone()
    assert contacts == (0,)
    shown = (await client.get(f"/tickets/{known['id']}")).json()
    assert (shown["gone"], shown["customer"]["contacts"]) == ("expired", [])
    assert verified(desk, house.tenant_id) == []
    erasures = (await client.get("/erasures")).json()
    assert {(one["ground"], one["state"]) for one in erasures} == {("retention_over", "done")}
    await key_sweep.sweep(desk, house.tenant_id)
    assert verified(desk, house.tenant_id) == []


async def test_decided_by_another_and_once(house: House, desk: Desk) -> None:
    client = await house.client()
    first, second = await two(house)
    nothing = await first.post("/retention/runs")
    assert (nothing.status_code, nothing.json()["title"]) == (409, "NothingDue")
    ticket = await closed_at(house, client, ago(4))
    run = (await first.post("/retention/runs")).json()
    again = await second.post("/retention/runs")
    assert (again.status_code, again.json()["title"]) == (409, "RunOpen")
    for act, body in (("approve", None), ("refuse", {"note": "先不删"})):
        own = await first.post(f"/retention/runs/{run['id']}/{act}", json=body)
        assert (own.status_code, own.json()["title"]) == (409, "OwnProposal")
    refused = await second.post(f"/retention/runs/{run['id']}/refuse", json={"note": "先不删"})
    assert (refused.json()["state"], refused.json()["note"]) == ("refused", "先不删")
    late = await second.post(f"/retention/runs/{run['id']}/approve")
    assert (late.status_code, late.json()["title"]) == (409, "RunDecided")
    assert await tickets.retention_work.work_off(desk, house.tenant_id) == 0
    assert (await client.get(f"/tickets/{ticket['id']}")).json()["gone"] is None


async def test_another_tenants_rows_are_untouched(
    house: House, desk: Desk, owner: psycopg.Connection
) -> None:
    client = await house.client()
    other = await found(desk, house.transport)
    theirs = await closed_at(other, await other.client(), ago(9))
    await closed_at(house, client, ago(4))
    stood = await _words(owner, theirs["id"])
    assert (await run_through(house, desk))["tickets"] == 1
    assert await _words(owner, theirs["id"]) == stood > 0
    assert (await (await two(other))[0].get("/retention/runs")).json() == []


async def test_a_worker_that_dies_before_the_commit_has_done_nothing_and_the_next_goes_on(
    house: House, desk: Desk, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.client()
    first, second = await two(house)
    old = [await closed_at(house, client, ago(4, days=n)) for n in range(3)]
    run = (await first.post("/retention/runs")).json()
    await second.post(f"/retention/runs/{run['id']}/approve")
    monkeypatch.setattr(retention_work, "_BATCH", 2)
    before = [await _words(owner, one["id"]) for one in old]

    class Dies(BaseException):
        """The process ends."""

    async def dies(_self: object, _work: Work, **_counts: int) -> None:
        raise Dies

    worker = retention_work.Worker(desk, house.tenant_id, UUID(run["id"]))
    with monkeypatch.context() as until, pytest.raises(Dies):
        until.setattr(retention_work.Worker, "_count", dies)
        await worker.batch()
    assert [await _words(owner, one["id"]) for one in old] == before
    # Killed after the commit: the files' bytes are still there, and the sweep finds them.
    with monkeypatch.context() as until:
        until.setattr(retention_work.Worker, "_remove", lambda _self, _files: None)
        assert await retention_work.Worker(desk, house.tenant_id, UUID(run["id"])).batch() == 2
    assert await tickets.retention_work.work_off(desk, house.tenant_id) == 1
    assert await tickets.retention_work.work_off(desk, house.tenant_id) == 0
    ended = (await first.get("/retention/runs")).json()[0]
    assert (ended["state"], ended["tickets"], ended["files"]) == ("done", 3, 3)
    assert [await _words(owner, one["id"]) for one in old] == [0, 0, 0]
    files = desk.settings.data_folder / "attachments" / house.tenant_id.hex
    monkeypatch.setattr("bihuan.tickets.jobs._ORPHAN_SECONDS", -1)
    await tickets.jobs.sweep_files(desk, house.tenant_id)
    assert [f for f in files.rglob("*") if f.is_file()] == []
    assert verified(desk, house.tenant_id) == []


async def test_what_is_kept_longer_by_then_and_what_is_opened_again_stays(house: House, desk: Desk) -> None:
    client = await house.client()
    first, second = await two(house)
    reopened = await closed_at(house, client, ago(4))
    kept = await closed_at(house, client, ago(4))
    run = (await first.post("/retention/runs")).json()
    await do(client, reopened, "reopen", reason="客户再次来电")
    await second.post(f"/retention/runs/{run['id']}/approve")
    await first.put("/retention/rules/ticket", json={"amount": 10, "unit": "year", "note": "监管检查期间"})
    assert await tickets.retention_work.work_off(desk, house.tenant_id) == 0
    for one in (reopened, kept):
        assert (await client.get(f"/tickets/{one['id']}")).json()["gone"] is None
    assert (await first.get("/retention/runs")).json()[0]["state"] == "done"


async def test_words_emptied_behind_the_chains_back_are_named(
    house: House, desk: Desk, owner: psycopg.Connection
) -> None:
    client = await house.client()
    ticket = await closed_at(house, client, ago(1))
    assert verified(desk, house.tenant_id) == []
    owner.execute("update message set sealed = '' where ticket_id = %s and kind = 'note'", (ticket["id"],))
    assert [(f.stream, f.kind) for f in verified(desk, house.tenant_id)] == [
        (f"ticket:{ticket['id']}", "edited")
    ]
    owner.execute(
        "update attachment set sealed_sha256 = sha256(sealed), sealed = '' where ticket_id = %s",
        (ticket["id"],),
    )
    assert len(verified(desk, house.tenant_id)) == 2


async def test_the_law_keeps_a_complaint_from_erasure(house: House) -> None:
    client = await house.client()
    first, _ = await two(house)
    ticket = await closed_at(house, client, ago(1), "service_complaint", customer=THEM)
    asked = await first.post(
        f"/customers/{ticket['customer']['id']}/erase", json={"ground": "consent_withdrawn"}
    )
    assert (asked.status_code, asked.json()["title"]) == (409, "MustBeKept")
    assert "消费投诉档案" in asked.json()["detail"]


_CASES = st.lists(
    st.tuples(
        st.sampled_from(("general", "service_complaint", "disputed_bill")),
        st.integers(0, 12),
        st.integers(-2, 2),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=_CASES, months=st.integers(36, 60))
async def test_what_is_due_agrees_with_an_oracle(
    desk: Desk, http: httpx.ASGITransport, cases: list[tuple[str, int, int, bool]], months: int
) -> None:
    house = await found(desk, http)
    client = await house.client()
    first, _ = await two(house)
    await first.put("/retention/rules/ticket", json={"amount": months, "unit": "month", "note": "随机"})
    limits = {"general": months, "service_complaint": 36, "disputed_bill": 120}
    wanted: list[str] = []
    made: list[Json] = []
    for case_type, years, days, held in cases:
        at = ago(years, days=days)
        ticket = await closed_at(house, client, min(at, clock.now()), case_type)
        made.append(ticket)
        if held:
            body = {"ground": "lawsuit", "note": "（2026）某法院案号"}
            assert (await first.post(f"/tickets/{ticket['id']}/holds", json=body)).status_code == 201
        closed, now = min(at, clock.now()) + timedelta(hours=8), clock.now() + timedelta(hours=8)
        ends = closed.year * 12 + closed.month + limits[case_type]
        over = (ends, closed.day) < (now.year * 12 + now.month, now.day)
        if over and not held:
            wanted.append(ticket["id"])
    if wanted:
        assert (await run_through(house, desk))["tickets"] == len(wanted)
    gone = [one["id"] for one in made if (await client.get(f"/tickets/{one['id']}")).json()["gone"]]
    assert sorted(gone) == sorted(wanted)
    assert verified(desk, house.tenant_id) == []
