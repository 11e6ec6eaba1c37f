"""No lost work: a write conflicts only with what it is based on, says what changed, and keeps the words."""

from collections import Counter

import httpx

from tests.conftest import House, gather
from tests.tickets.doing import do, in_state, kinds, read, tried


async def _pair(house: House) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    return await house.client(), await house.client("supervisor", login="colleague")


async def test_a_stale_reply_is_refused_with_what_changed_and_kept_as_a_draft(house: House) -> None:
    mine, theirs = await _pair(house)
    seen = await house.ticket(mine)
    await do(theirs, seen, "reply", body="同事先答复了。")
    answer = await tried(mine, seen, "reply", body="我的答复,卡号 6222020200112230,请核对。")
    problem = answer.json()
    assert (answer.status_code, problem["title"], problem["version"]) == (409, "StaleWrite", 2)
    assert [(c["seq"], c["kind"]) for c in problem["changes"]] == [(2, "ticket.replied")]
    drafts = (await mine.get("/drafts")).json()
    assert [(d["id"], d["verb"], d["reason"], d["number"]) for d in drafts] == [
        (problem["draft_id"], "reply", "stale", seen["number"])
    ]
    assert drafts[0]["body"] == "我的答复,卡号 622202******2230,请核对。"
    assert (await theirs.get("/drafts")).json() == [], "nobody sees another's draft"
    assert (await theirs.delete(f"/drafts/{drafts[0]['id']}")).status_code == 404
    assert (await mine.delete(f"/drafts/{drafts[0]['id']}")).status_code == 204
    assert (await mine.delete(f"/drafts/{drafts[0]['id']}")).status_code == 404
    assert await kinds(mine, seen) == ["opened", "replied"]


async def test_every_verb_with_words_keeps_them_when_stale(house: House) -> None:
    mine, theirs = await _pair(house)
    seen = await in_state(house, mine, "following")
    moved = await do(theirs, seen, "transfer", team="BILLING", reason="属账务问题")
    await do(theirs, moved, "priority", priority="urgent", reason="资金受影响")
    words = {
        "transfer": {"team": "FRAUD", "reason": "我写的转派原因"},
        "assign": {"assignee": "colleague", "reason": "我写的分配原因"},
        "resolve": {"resolution": "我写的处理结果"},
        "withdraw": {"proof": "我写的撤回凭证"},
        "reject": {"reason": "我写的拒绝原因"},
        "wait": {"waiting_for": "customer", "reason": "我写的等待原因"},
        "priority": {"priority": "low", "reason": "我写的优先级原因"},
    }
    for verb, command in words.items():
        answer = await tried(mine, seen, verb, **command)
        assert (answer.status_code, answer.json()["title"]) == (409, "StaleWrite"), (verb, answer.text)
    drafts = {d["verb"]: d["body"] for d in (await mine.get("/drafts")).json()}
    assert drafts.keys() == words.keys()
    assert all(body.startswith("我写的") for body in drafts.values())


async def test_different_fields_with_one_version_both_hold(house: House) -> None:
    mine, theirs = await _pair(house)
    seen = await house.ticket(mine, "general")
    one, two = await gather(
        tried(mine, seen, "fields", fields={"device_model": "示例手机 10"}),
        tried(theirs, seen, "fields", fields={"error_code": "-102"}, elements={"tried": "重启过"}),
    )
    assert (one.status_code, two.status_code) == (200, 200), one.text + two.text
    shown = await read(mine, seen)
    assert (shown["fields"]["device_model"], shown["fields"]["error_code"]) == ("示例手机 10", "-102")
    assert shown["elements"]["tried"] == "重启过"
    stale = await tried(mine, seen, "fields", fields={"error_code": "-103"})
    assert (stale.status_code, stale.json()["title"]) == (409, "StaleWrite")
    assert any("fields.error_code" in str(c) for c in stale.json()["changes"])
    title = await tried(mine, seen, "fields", title="新的标题")
    assert title.status_code == 200, "nobody has touched the title"


async def test_a_field_whose_name_begins_like_anothers_is_not_it(house: House) -> None:
    client = await house.client()
    example = await house.example()
    fields = {k: v for k, v in example["fields"].items() if k != "other_transaction_on"}
    fields |= {"reason": "refund_missing", "refund_promised_on": "2026-11-01", "merchant_contacted": True}
    fields |= {"refund_amount": {"amount": "28.50", "currency": "CNY"}}
    ticket = await house.ticket(client, fields=fields)
    # Another reason: whether the merchant was contacted is no longer asked; the answer stays on the ticket.
    changes = {"reason": "duplicate", "other_transaction_on": "2026-11-18"}
    ticket = await do(client, ticket, "fields", fields=changes)
    ticket = await do(client, ticket, "fields", fields={"merchant": "示例便利店(总店)"})
    assert ticket["fields"]["merchant"] == "示例便利店(总店)"


async def test_notes_files_tags_and_the_customers_words_never_conflict(house: House) -> None:
    mine, theirs = await _pair(house)
    seen = await house.ticket(mine)
    url = f"/tickets/{seen['id']}"
    await do(theirs, seen, "claim")
    for answer in (
        await mine.post(f"{url}/note", json={"body": "备注", "version": 1}),
        await mine.post(f"{url}/tag", json={"add": ["重点"], "version": 1}),
        await mine.post(f"{url}/receive", json={"body": "客户来电"}),
        await mine.post(f"{url}/attach", files={"f": ("a.txt", b"log")}),
        await mine.post(f"{url}/check", json={"checklist": ["restate"], "version": 1}),
    ):
        assert answer.status_code in (200, 201), answer.text


async def test_a_reply_conflicts_only_with_newer_public_words(house: House) -> None:
    mine, theirs = await _pair(house)
    seen = await house.ticket(mine)
    changed = await do(theirs, seen, "claim")
    changed = await do(theirs, changed, "note", body="内部备注")
    changed = await do(theirs, changed, "fields", fields={"card_scheme": "unionpay"})
    answer = await tried(mine, seen, "reply", body="您好,已受理。")
    assert answer.status_code == 200, "nothing of it was said to or by the customer"
    again = await tried(mine, seen, "reply", body="再说一次")
    assert (again.status_code, again.json()["title"]) == (409, "StaleWrite")
    assert [c["kind"] for c in again.json()["changes"]] == ["ticket.replied"]


async def test_a_version_of_the_future(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client)
    for version in (2, 10**12, 10**30):
        answer = await tried(client, {**ticket, "version": version}, "claim")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/version"), answer.text


async def test_fifty_editors_at_once_lose_nothing_and_say_nothing_twice(house: House) -> None:
    clients = [await house.client("supervisor", login=f"editor{i}") for i in range(10)]
    ticket = await house.ticket(clients[0], "general")
    url = f"/tickets/{ticket['id']}"

    async def edit(number: int) -> Counter[int]:
        client, seen, statuses = clients[number % 10], ticket, Counter[int]()
        key = {"idempotency-key": f"editor-{number}"}
        for _ in range(60):
            body = {"version": seen["version"], "body": f"第 {number} 位同事的答复"}
            # A network that loses answers: each request is sent twice under its key.
            answers = [await client.post(f"{url}/reply", json=body, headers=key) for _ in range(2)]
            statuses.update(a.status_code for a in answers)
            if any(a.status_code == 200 for a in answers):
                break
            seen = await read(client, ticket)
        note = await client.post(f"{url}/note", json={"body": f"第 {number} 位同事的备注"}, headers=key)
        tag = await client.post(f"{url}/tag", json={"add": [f"同事{number}"]})
        statuses.update((note.status_code, tag.status_code))
        return statuses

    told = sum(await gather(*(edit(n) for n in range(50))), Counter[int]())
    assert set(told) <= {200, 409}, told
    items = (await clients[0].get(f"{url}/timeline?limit=500")).json()["items"]
    said = Counter(
        i["message"]["body"] for i in items if i.get("message") and i["message"]["kind"] in ("reply", "note")
    )
    assert said == Counter(f"第 {n} 位同事的{kind}" for n in range(50) for kind in ("答复", "备注"))
    tags = (await read(clients[0], ticket))["tags"]
    assert set(tags) == {f"同事{n}" for n in range(50)}, "0 lost"
    assert [i["seq"] for i in items] == list(range(1, 152))
    verified = (await clients[0].get(f"{url}/verify")).json()
    assert verified["clean"], verified
