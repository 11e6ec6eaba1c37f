"""Erasing a person over HTTP: who may, when not, what is left, and that nothing of theirs can be read anywhere."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid5

import httpx
import psycopg
import pytest

from bihuan import privacy, tickets
from bihuan.core.actor import Actor
from bihuan.core.desk import Desk
from bihuan.core.outbox import deliver_due
from bihuan.core.permissions import all_codes
from bihuan.privacy import erase, key_sweep
from tests.conftest import House
from tests.tickets.doing import Json, do
from tests.tickets.test_nothing_clear import found_in

MOBILE, CARD, NAME = "13800138000", "6222020200112230", "张示例某"
WORDS = {
    "title": "蓝鲸号码头的扣款",
    "description": "我在绿洲书店被扣了两次",
    "note": "来电人自称住在橘子巷",
    "resolution": "已向翡翠银行退回重复扣款",
    "draft": "还没有说出口的紫藤",
    "file": "海豚收据",
}
GROUND = {"ground": "consent_withdrawn"}


@contextmanager
def key_file(desk: Desk) -> Iterator[sqlite3.Connection]:
    """The key file, past the store."""
    connection = sqlite3.connect(desk.ring.subject_keys)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def somebody(house: House, name: str) -> Actor:
    """A colleague who may do everything."""
    return Actor(
        tenant_id=house.tenant_id,
        id=uuid5(house.tenant_id, name),
        kind="staff",
        name=name,
        permissions=all_codes(),
    )


async def closed_ticket(house: House, client: httpx.AsyncClient, **customer: Any) -> Json:
    """A ticket with every kind of words, withdrawn."""
    given = {"kind": "person", "name": NAME, "mobiles": [MOBILE], "card_numbers": [CARD], **customer}
    ticket = await house.ticket(
        client,
        "general",
        title=WORDS["title"],
        description=f"{WORDS['description']}，卡号 {CARD}",
        customer=given,
    )
    ticket = await do(client, ticket, "note", body=WORDS["note"])
    url = f"/tickets/{ticket['id']}"
    files = {"files": (f"{WORDS['file']}.txt", "海豚收据正文".encode())}
    assert (await client.post(f"{url}/attach", files=files)).status_code == 201
    assert (await client.post(f"{url}/drafts", json={"body": WORDS["draft"]})).status_code == 201
    ticket = dict((await client.get(url)).json())
    return await do(client, ticket, "withdraw", proof=f"客户来电：{WORDS['resolution']}")


async def erased(house: House, desk: Desk, customer_id: str) -> Json:
    """Ask, approve by another, and let the desk finish."""
    compliance, boss = await house.client("compliance"), await house.client()
    asked = await compliance.post(f"/customers/{customer_id}/erase", json=GROUND)
    assert asked.status_code == 201, asked.text
    approved = await boss.post(f"/erasures/{asked.json()['id']}/approve")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved"), approved.text
    await deliver_due(desk, tenant_id=house.tenant_id)
    return dict((await boss.get("/erasures")).json()[0])


async def test_nothing_of_an_erased_person_can_be_read_and_every_chain_holds(
    house: House, desk: Desk, owner: psycopg.Connection
) -> None:
    client = await house.client()
    ticket = await closed_ticket(house, client)
    other = await house.ticket(client, "general", title="另一人的雪松", customer={"mobiles": ["13900139000"]})
    for word in WORDS.values():
        assert found_in(owner, house, word) == [], "sealed from the start"
    files = desk.settings.data_folder / "attachments" / house.tenant_id.hex
    before = {f.name for f in files.rglob("*") if f.is_file()}
    done = await erased(house, desk, ticket["customer"]["id"])
    assert done["state"] == "done" and done["done_at"]
    shown = (await client.get(f"/tickets/{ticket['id']}")).json()
    assert (shown["title"], shown["elements"], shown["fields"]) == ("〔已删除〕", {}, {})
    assert shown["customer"]["contacts"] == []
    english = await client.get(f"/tickets/{ticket['id']}", headers={"accept-language": "en"})
    assert english.json()["title"] == "[erased]"
    everything = [english.text, str(shown)]
    for path in ("", "/timeline", "/attachments", "/links", "/clocks", "/similar"):
        answer = await client.get(f"/tickets/{ticket['id']}{path}")
        assert answer.status_code < 500, (path, answer.text)
        everything.append(answer.text)
    for path in ("/tickets", "/drafts", f"/customers/{ticket['customer']['id']}"):
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        everything.append(answer.text)
    for word in (*WORDS.values(), NAME, "138****8000", "622202******2230"):
        assert not [text for text in everything if word in text], word
        assert found_in(owner, house, word) == []
    listed = {row["id"]: row["title"] for row in (await client.get("/tickets")).json()["items"]}
    assert listed == {ticket["id"]: "〔已删除〕", other["id"]: "另一人的雪松"}
    told = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    assert told[-1]["kind"] == "person.erased"
    assert {e["message"]["gone"] for e in told if e["message"]} == {"erased"}
    for kind, value in (("mobile", MOBILE), ("card_number", CARD)):
        found = await client.post("/tickets/search", json={"kind": kind, "value": value})
        assert found.json() == {"ids": []}
    assert len({f.name for f in files.rglob("*") if f.is_file()}) < len(before)
    for one in (ticket, other):
        verified = await client.get(f"/tickets/{one['id']}/verify")
        assert verified.json()["clean"], verified.text
    assert await tickets.symptoms(desk, house.tenant_id) == []


async def test_a_second_person_decides_and_once(house: House, desk: Desk) -> None:
    client = await house.client()
    ticket = await closed_ticket(house, client)
    url = f"/customers/{ticket['customer']['id']}/erase"
    compliance = await house.client("compliance")
    asked = (await compliance.post(url, json=GROUND)).json()
    again = await client.post(url, json=GROUND)
    assert (again.status_code, again.json()["title"]) == (409, "ErasureAsked")
    own = await compliance.post(f"/erasures/{asked['id']}/approve")
    assert (own.status_code, own.json()["title"]) == (409, "SecondPersonNeeded")
    refused = await client.post(f"/erasures/{asked['id']}/refuse")
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")
    late = await client.post(f"/erasures/{asked['id']}/approve")
    assert (late.status_code, late.json()["title"]) == (409, "ErasureDecided")
    assert (await client.get(f"/tickets/{ticket['id']}")).json()["title"] == WORDS["title"]
    await erased(house, desk, ticket["customer"]["id"])
    assert (await client.post(url, json=GROUND)).status_code == 404


async def test_not_while_a_ticket_is_open_and_not_while_it_must_be_kept(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", customer={"mobiles": [MOBILE]})
    url = f"/customers/{ticket['customer']['id']}/erase"
    open_ = await client.post(url, json=GROUND)
    assert (open_.status_code, open_.json()["title"]) == (409, "MustBeKept")
    assert ticket["number"] in open_.json()["detail"]
    await do(client, ticket, "withdraw", proof="客户撤回")
    asked = (await client.post(url, json=GROUND)).json()

    async def held(_work: object, subject_id: UUID) -> erase.Keep | None:
        return erase.Keep(zh="法律保全", en="a legal hold") if str(subject_id) in url else None

    monkeypatch.setattr(erase, "_keeps", [held])
    late = await (await house.client("compliance")).post(f"/erasures/{asked['id']}/approve")
    assert (late.status_code, late.json()["detail"]) == (409, "此人的数据须继续保存：法律保全。")


async def test_how_it_stands_is_told_with_what_must_be_kept(house: House, desk: Desk) -> None:
    client, compliance = await house.client(), await house.client("compliance")
    ticket = await house.ticket(client, "general", customer={"mobiles": [MOBILE]})
    url = f"/customers/{ticket['customer']['id']}/erasure"
    kept = (await client.get(url)).json()
    assert kept == {"kept": f"工单 {ticket['number']} 尚未结案", "erased_at": None, "erasure": None}
    english = await client.get(url, headers={"accept-language": "en"})
    assert english.json()["kept"] == f"ticket {ticket['number']} is not closed"
    await do(client, ticket, "withdraw", proof="客户撤回")
    asked = (await compliance.post(f"/customers/{ticket['customer']['id']}/erase", json=GROUND)).json()
    waits = (await client.get(url)).json()
    assert (waits["kept"], waits["erasure"]["id"], waits["erasure"]["state"]) == (None, asked["id"], "asked")
    assert (await client.post(f"/erasures/{asked['id']}/approve")).status_code == 200
    await deliver_due(desk, tenant_id=house.tenant_id)
    done = (await client.get(url)).json()
    assert done["erased_at"] is not None and done["erasure"]["state"] == "done"


async def test_tickets_from_before_the_customer_was_known_go_too(house: House, desk: Desk) -> None:
    client = await house.client()
    mine = await closed_ticket(house, client, external_ref="C-7")
    alone = await house.ticket(client, "general", title="无名者的松果", customer=None)
    await do(client, alone, "withdraw", proof="撤回")
    async with desk.database.work(house.tenant_id) as work:
        assert await privacy.find_subject(work, UUID(alone["id"])) is not None
        asked = await erase.ask(
            work, somebody(house, "asker"), UUID(alone["id"]), erase.Erase(ground="unlawful")
        )
    async with desk.database.work(house.tenant_id) as work:
        await erase.approve(work, somebody(house, "decider"), asked.id)
    await erase.finish(desk, house.tenant_id, asked.id)
    assert (await client.get(f"/tickets/{alone['id']}")).json()["title"] == "〔已删除〕"
    assert (await client.get(f"/tickets/{mine['id']}")).json()["title"] == WORDS["title"]


async def test_an_older_copy_of_either_store_brings_nobody_back(
    house: House, desk: Desk, owner: psycopg.Connection, tmp_path: Any
) -> None:
    client = await house.client()
    ticket = await closed_ticket(house, client)
    customer_id = UUID(ticket["customer"]["id"])
    store = privacy.key_store(desk.ring)
    former = (await store.find(house.tenant_id, [customer_id]))[customer_id]
    await erased(house, desk, str(customer_id))
    # An older key file beside the database of today.
    with key_file(desk) as keys:
        keys.execute(
            "update subject_key set wrapped = ?, shredded_at = null, shredded_by = null where subject_id = ?",
            (former.wrapped, customer_id.bytes),
        )
    await key_sweep.sweep(desk, house.tenant_id)
    assert (await store.find(house.tenant_id, [customer_id]))[customer_id].wrapped is None
    # An older database beside the key file of today: it does not know that anybody was erased.
    owner.execute(
        "update vault_subject set shredded_at = null, erasure_id = null where id = %s", (customer_id,)
    )
    await key_sweep.sweep(desk, house.tenant_id)
    marked = owner.execute("select shredded_at from vault_subject where id = %s", (customer_id,)).fetchone()
    assert marked and marked[0]
    told = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"]
    assert [e["kind"] for e in told].count("person.erased") == 2
    assert (await client.get(f"/tickets/{ticket['id']}/verify")).json()["clean"]


async def test_a_lost_key_is_named_and_takes_nobody_else_along(house: House, desk: Desk) -> None:
    client = await house.client()
    lost = await house.ticket(client, "general", customer=None)
    kept = await house.ticket(client, "general", title="还在的松树", customer=None)
    with key_file(desk) as keys:
        keys.execute("delete from subject_key where subject_id = ?", (UUID(lost["id"]).bytes,))
    listed = {row["id"]: row["title"] for row in (await client.get("/tickets")).json()["items"]}
    assert listed == {lost["id"]: "〔密钥缺失，无法读取〕", kept["id"]: "还在的松树"}
    found = await tickets.symptoms(desk, house.tenant_id)
    assert [(s.where, s.what) for s in found] == [(lost["id"], "key_lost")]
    refused = await client.post(f"/tickets/{lost['id']}/note", json={"body": "备注"})
    assert (refused.status_code, refused.json()["title"]) == (503, "KeyLost")


async def test_changed_words_are_named(house: House, owner: psycopg.Connection) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    owner.execute(
        "update message set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) where ticket_id = %s",
        (ticket["id"],),
    )
    said = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][0]["message"]
    assert (said["gone"], said["body"]) == ("damaged", "〔内容被改动，无法读取〕")
    verified = (await client.get(f"/tickets/{ticket['id']}/verify")).json()
    assert not verified["clean"]


async def test_keys_of_what_never_committed_are_swept(house: House, desk: Desk) -> None:
    """A transaction that is rolled back leaves a key; an hour later it goes, and no other."""
    client, store = await house.client(), privacy.key_store(desk.ring)
    ticket = await house.ticket(client, "general", customer=None)
    unused = privacy.new_subject(UUID(ticket["id"]))
    assert unused.new
    with key_file(desk) as keys:
        row = keys.execute(
            "select * from subject_key where subject_id = ?", (UUID(ticket["id"]).bytes,)
        ).fetchone()
        ghost = UUID(int=UUID(ticket["id"]).int + 1)
        keys.execute(
            "insert into subject_key values (?, ?, ?, ?, ?, null, null)",
            (row[0], ghost.bytes, row[2], row[3], row[4] - 7200 * 1_000_000),
        )
    await key_sweep.sweep(desk, house.tenant_id)
    assert set(await store.find(house.tenant_id, [ghost, UUID(ticket["id"])])) == {UUID(ticket["id"])}
