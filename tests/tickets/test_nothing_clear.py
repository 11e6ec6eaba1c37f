"""Whatever is typed wherever: no personal value in clear in any row or file, and no secret anywhere at all."""

from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from bihuan.core.desk import Desk
from tests.conftest import House
from tests.tickets.doing import Json, do, in_state, read

CARD, OTHER_CARD, ID, MOBILE = "6222020200112230", "4111111111111111", "11010519491231002X", "13800138000"
CVV, CODE, PIN = "739", "482917", "860942"
EMAIL, NAME, ADDRESS = "shili.zhang@example.com", "张示例某", "北京市朝阳区示例路88号院6号楼602"
SAID = (
    f"我的卡号{CARD},身份证 {ID},手机 {MOBILE},CVV {CVV},验证码是{CODE},密码:{PIN}。"
    f"另一张卡 4111 1111 1111 1111,手机 138-0013-8000。"
)
CLEAR = {
    "card": CARD, "card with blanks": "4111 1111 1111 1111", "other card": OTHER_CARD, "id": ID, "mobile": MOBILE,
    "mobile with dashes": "138-0013-8000", "code": CODE, "pin": PIN, "email": EMAIL, "name": NAME,
    "address": "示例路88号院",
}  # fmt: skip


def found_in(owner: psycopg.Connection, house: House, word: str) -> list[str]:
    """Every column of every table in which the word stands, in rows of this tenant (or of none)."""
    columns = owner.execute(
        "select c.table_name, c.column_name, exists (select 1 from information_schema.columns t"
        "  where t.table_schema = 'public' and t.table_name = c.table_name and t.column_name = 'tenant_id')"
        " from information_schema.columns c join pg_tables p on p.tablename = c.table_name and p.schemaname = 'public'"
        " where c.table_schema = 'public'"
    ).fetchall()
    found: list[str] = []
    for table, column, of_tenant in columns:
        if table == "case_type":
            continue  # the packs' own worked examples, with the public test numbers
        text = sql.SQL("encode({c}, 'escape')") if (table, column) in _BYTES else sql.SQL("{c}::text")
        query = sql.SQL("select count(*) from {t} where {x} like %s").format(
            t=sql.Identifier(table), x=text.format(c=sql.Identifier(column))
        )
        params: list[Any] = [f"%{word}%"]
        if of_tenant:
            query += sql.SQL(" and tenant_id = %s")
            params.append(house.tenant_id)
        row = owner.execute(query, params).fetchone()
        if row is not None and row[0]:
            found.append(f"{table}.{column}")
    return found


_BYTES = frozenset({("vault_value", "ciphertext"), ("vault_value", "blind_index"), ("attachment", "sha256")})


async def _everywhere(house: House, client: httpx.AsyncClient) -> list[str]:
    """Say it in every place there is; the answers, as text."""
    heard: list[str] = []
    key = {"idempotency-key": "battery"}

    async def say(url: str, body: Json) -> Json:
        answer = await client.post(url, json=body, headers=key)
        heard.append(answer.text)
        assert answer.status_code < 500, answer.text
        told = answer.json()
        return dict(told) if isinstance(told, dict) else {}

    example = await house.example()
    customer = {"kind": "person", "name": NAME, "mobiles": [MOBILE], "emails": [EMAIL], "address": ADDRESS}
    customer |= {
        "id_number": ID,
        "card_numbers": [CARD],
        "accounts": ["6217000010001234567"],
        "external_ref": "CIF-778899001",
    }
    fields = {**example["fields"], "card_number": CARD, "merchant": f"商户 {OTHER_CARD}"}
    ticket = await say(
        "/tickets",
        {
            **example, "title": SAID[:190], "description": SAID, "customer": customer, "fields": fields,
            "elements": {**example["elements"], "symptom": SAID, "scope": SAID, "steps": SAID, "tried": SAID},
            "tags": [f"卡{CARD}", MOBILE],
        },
    )  # fmt: skip
    assert ticket.get("number"), ticket
    url = f"/tickets/{ticket['id']}"
    # An answer that names a card is for who was verified.
    await say(f"{url}/verifications", {"method": "face", "passed": True, "channel": "phone"})
    for verb, body in (
        ("note", {"body": SAID}),
        ("receive", {"body": SAID}),
        ("tag", {"add": [f"身份{ID}", f"验证码{CODE}"]}),
        ("fields", {"title": SAID[:150], "elements": {"tried": SAID}, "fields": {"merchant": SAID[:90], "transaction_ref": CARD, "finding": SAID}}),
        ("reply", {"body": SAID}),
        ("claim", {}),
        ("assign", {"assignee": None, "reason": SAID}),
        ("transfer", {"team": "BILLING", "reason": SAID}),
        ("priority", {"priority": "urgent", "reason": SAID}),
        ("reclassify", {"case_type": "general", "reason": SAID}),
        ("drafts", {"body": SAID}),
        ("withdraw", {"proof": SAID}),
    ):  # fmt: skip
        version = (await read(client, ticket))["version"]
        told = await say(
            f"{url}/{verb}", body if verb in ("receive", "drafts") else {"version": version, **body}
        )
        assert "status" not in told, (verb, told)
    worked = await in_state(house, client, "following")
    for verb, body in (
        ("wait", {"waiting_for": "customer", "reason": SAID}),
        ("resume", {"reason": SAID}),
        ("resolve", {"resolution": SAID}),
        ("call_back", {"result": "unreachable", "note": SAID}),
        ("reopen", {"reason": SAID}),
        ("reject", {"reason": SAID}),
    ):
        worked = await do(client, worked, verb, **body)
        heard.append(str(worked))
    stale = await client.post(f"{url}/reopen", json={"version": 1, "reason": SAID})
    heard.append(stale.text)
    files = {"files": (f"银行卡{CARD} 身份证{ID}.txt", SAID.encode())}
    other = await house.ticket(
        client,
        "general",
        fields={
            "topic": "suggestion",
            "account_no": "6217000010001234567",
            "error_code": CARD,
            "related_no": MOBILE,
        },
    )
    attached = await client.post(f"/tickets/{other['id']}/attach", files=files, headers=key)
    assert attached.status_code == 201, attached.text
    heard += [attached.text, str(other)]
    view = await client.post("/views", json={"name": f"客户 {CARD}", "filter": {}})
    assert view.status_code == 201
    heard.append(view.text)
    searched = await client.post("/tickets/search", json={"kind": "card_number", "value": CARD})
    assert ticket["id"] in searched.json()["ids"]
    for path in ("", "/timeline", "/attachments"):
        heard.append((await client.get(url + path)).text)
    for path in ("/tickets", "/drafts", "/views"):
        heard.append((await client.get(path)).text)
    return heard


async def test_nothing_clear_in_any_row_file_or_answer(
    desk: Desk, house: House, owner: psycopg.Connection
) -> None:
    client = await house.client()
    heard = await _everywhere(house, client)
    rows = {name: places for name, word in CLEAR.items() if (places := found_in(owner, house, word))}
    assert rows == {}
    answers = {name: text[:300] for name, word in CLEAR.items() for text in heard if word in text}
    assert answers == {}
    secrets = [text[:300] for text in heard for word in (f"CVV {CVV}", f"CVV{CVV}") if word in text]
    assert secrets == []
    folder = desk.settings.data_folder / "attachments" / house.tenant_id.hex
    stored = b"".join(p.read_bytes() + p.name.encode() for p in folder.rglob("*") if p.is_file())
    assert len(stored) > 100
    assert not [word for word in CLEAR.values() if word.encode() in stored]


async def test_what_was_destroyed_is_told_and_what_was_masked_is_found(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general", description=SAID)
    assert ticket["destroyed"] == ["cvv", "one_time_code", "pin"]
    assert len(ticket["notices"]) == 3
    english = await client.post(
        f"/tickets/{ticket['id']}/note", json={"body": SAID}, headers={"accept-language": "en"}
    )
    assert english.json()["notices"][0].startswith("A card security code")
    assert (await do(client, english.json(), "note", body="无事"))["destroyed"] == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("card_number", CARD), ("card_number", "6222 0202 0011 2230"), ("card_number", "6222-0202-0011-2230"),
        ("id_number", ID), ("id_number", ID.lower()), ("mobile", MOBILE), ("mobile", "+8613800138000"),
        ("mobile", "138 0013 8000"), ("email", EMAIL), ("email", EMAIL.upper()), ("account", "6217000010001234567"),
    ],
)  # fmt: skip
async def test_a_whole_value_finds_its_tickets_however_it_is_typed(
    shared_house: House, kind: str, value: str
) -> None:
    client = await shared_house.client()
    customer = {"kind": "person", "name": NAME, "mobiles": [MOBILE], "emails": [EMAIL], "id_number": ID}
    customer |= {"card_numbers": [CARD], "accounts": ["6217000010001234567"]}
    ticket = await shared_house.ticket(client, "general", customer=customer)
    await shared_house.ticket(client, "general", customer={"kind": "person", "mobiles": ["13900139000"]})
    wrong = value[:-1] + ("8" if value[-1] == "7" else "7")
    found = (await client.post("/tickets/search", json={"kind": kind, "value": value})).json()["ids"]
    assert found[0] == ticket["id"]
    assert (await client.post("/tickets/search", json={"kind": kind, "value": wrong})).json() == {"ids": []}
    stranger = await shared_house.client("agent", login="stranger", team="FRAUD")
    assert (await stranger.post("/tickets/search", json={"kind": kind, "value": value})).json() == {"ids": []}


@pytest.mark.parametrize("text", [CARD, "4111 1111 1111 1111", MOBILE, "138-0013-8000", ID])
async def test_a_value_in_free_text_is_found_too(shared_house: House, text: str) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general", description=f"请查 {text} 的记录", customer=None)
    kind = "id_number" if text == ID else "mobile" if text.startswith("138") else "card_number"
    found = (await client.post("/tickets/search", json={"kind": kind, "value": text.replace(" ", "")})).json()
    assert ticket["id"] in found["ids"]


async def test_a_search_is_on_record_without_its_value(house: House, owner: psycopg.Connection) -> None:
    client = await house.client()
    await client.post("/tickets/search", json={"kind": "mobile", "value": MOBILE})
    bodies = owner.execute(
        "select body from event where tenant_id = %s and stream_id = %s",
        (house.tenant_id, house.people["supervisor"]),
    ).fetchall()
    assert any("tickets.searched" in body for (body,) in bodies)
    assert not any(MOBILE in body for (body,) in bodies)
    for body in ({"kind": "name", "value": "张"}, {"kind": "mobile", "value": "1"}, {"kind": "mobile"}):
        assert (await client.post("/tickets/search", json=body)).status_code == 422
    assert (await client.get("/tickets/search")).status_code == 405, "a value never stands in an address"
