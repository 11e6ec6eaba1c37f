"""People, rights, tokens and leavers: what changes holds from the next request on."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from bihuan import identity
from bihuan.core import clock, outbox
from bihuan.core.desk import Desk
from bihuan.identity.role_catalogue import shipped_roles
from tests.conftest import House, gather
from tests.tickets.doing import do, in_state, read

_PASSWORD = "long enough 1"


def _by(house: House, token: str) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=house.transport, base_url="http://desk/api/v1", headers=headers)


async def _token(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/tokens", json={"name": "接口", **wanted})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_token_is_narrowed_seen_and_revoked(house: House) -> None:
    client = await house.client("agent")
    made = await _token(client, scope=["ticket.read"])
    machine = _by(house, made["secret"])
    assert (await machine.get("/tickets")).status_code == 200
    assert (await machine.post("/tickets", json=await house.example("general"))).json()[
        "title"
    ] == "NotAllowed"
    assert (await machine.get("/tokens")).status_code == 403
    listed = {t["id"]: t for t in (await client.get("/tokens")).json()}[made["id"]]
    assert listed["last_used_at"] is not None
    assert listed["secret"] is None, "it was shown once"
    assert (await client.delete(f"/tokens/{made['id']}")).status_code == 204
    assert (await machine.get("/tickets")).status_code == 401
    assert (await client.delete(f"/tokens/{made['id']}")).status_code == 404


async def test_a_token_is_never_wider_than_its_owner_or_its_maker(house: House) -> None:
    client = await house.client("agent")
    wide = await client.post("/tokens", json={"name": "x", "scope": ["ticket.read", "ticket.assign"]})
    assert (wide.status_code, wide.json()["title"]) == (422, "ScopeTooWide")
    assert "ticket.assign" in wide.json()["detail"]
    narrow = _by(house, (await _token(client, scope=["token.make", "ticket.read"]))["secret"])
    child = await _token(narrow)
    assert child["scope"] == ["ticket.read", "token.make"]
    assert (await narrow.post("/tokens", json={"name": "x", "scope": ["ticket.note"]})).status_code == 422


async def test_a_token_expires(house: House) -> None:
    client = await house.client("agent")
    with clock.travel(clock.now()) as traveller:
        machine = _by(house, (await _token(client, days=2))["secret"])
        traveller.on(timedelta(days=2, seconds=-1))
        assert (await machine.get("/session")).status_code == 200
        traveller.on(timedelta(seconds=1))
        assert (await machine.get("/session")).status_code == 401
        far = await _token(client, days=3650)
        assert far["expires_at"][:4] == str((clock.now() + timedelta(days=365)).year), "at most the setting's"
    for days in (0, 3651, -1):
        assert (await client.post("/tokens", json={"name": "x", "days": days})).status_code == 422


async def test_last_use_is_to_the_minute(house: House) -> None:
    client = await house.client("agent")
    with clock.travel(clock.now()) as traveller:
        made = await _token(client)
        machine = _by(house, made["secret"])
        seen: list[str] = []
        for seconds in (0, 30, 31):
            traveller.on(timedelta(seconds=seconds))
            await machine.get("/session")
            seen += [t["last_used_at"] for t in (await client.get("/tokens")).json() if t["id"] == made["id"]]
    assert (seen[0] == seen[1], seen[1] < seen[2]) == (True, True)


async def test_rights_hold_from_the_next_request(house: House) -> None:
    admin, agent = await house.client("admin"), await house.client("agent", team="CS_L1")
    ticket = await house.ticket()
    url = f"/staff/{house.people['agent']}/rights"
    assert (await agent.get(f"/tickets/{ticket['id']}")).status_code == 404
    assert (await admin.put(url, json={"roles": ["auditor"], "teams": ["CS_L1"]})).status_code == 204
    assert (await agent.get(f"/tickets/{ticket['id']}")).status_code == 200
    assert (await agent.post("/tickets", json={})).status_code == 403
    role = {"code": "auditor", "name_zh": "审计", "name_en": "Auditor", "permissions": ["people.read"]}
    assert (await admin.put("/roles", json=role)).status_code == 204
    assert (await agent.get(f"/tickets/{ticket['id']}")).status_code == 403
    assert (
        await admin.put(url, json={"roles": ["agent"], "teams": ["DISPUTE"], "skills": ["disputes"]})
    ).status_code == 204
    assert (await agent.get(f"/tickets/{ticket['id']}")).status_code == 200
    staff = {s["login"]: s for s in (await admin.get("/staff")).json()}
    assert (staff["agent"]["roles"], staff["agent"]["teams"], staff["agent"]["skills"]) == (["agent"], ["DISPUTE"], ["disputes"])  # fmt: skip


async def test_roles_and_teams_are_those_there_are(house: House) -> None:
    admin = await house.client("admin")
    answer = await admin.post(
        "/staff", json={"login": "li", "name": "李", "roles": ["agent", "king"], "teams": ["NOWHERE"]}
    )
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/roles/1", "not_found"),
        ("/teams/0", "not_found"),
    }
    role = {"code": "odd", "name_zh": "怪", "name_en": "Odd", "permissions": ["ticket.read", "world.rule"]}
    answer = await admin.put("/roles", json=role)
    assert (answer.status_code, answer.json()["title"]) == (422, "UnknownPermission")
    assert "world.rule" in answer.json()["detail"] and "ticket.read" not in answer.json()["detail"]
    assert "odd" not in {r["code"] for r in (await admin.get("/roles")).json()}
    assert (
        await admin.post("/teams", json={"code": "NEW", "name_zh": "新", "name_en": "New"})
    ).status_code == 201
    assert "NEW" in {t["code"] for t in (await admin.get("/teams")).json()}


async def test_a_login_is_somebodys_also_when_two_come_at_once(house: House) -> None:
    admin = await house.client("admin")
    body = {"login": "li", "name": "李示例", "roles": ["agent"]}
    answers = await gather(*(admin.post("/staff", json=body) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409], [a.text for a in answers]
    assert {a.json()["title"] for a in answers if a.status_code == 409} == {"LoginTaken"}


@pytest.mark.parametrize(
    "changes",
    [{"login": "Li"}, {"login": ""}, {"login": "a b"}, {"name": ""}, {"password": "short"}, {"language": "fr"}, {"roles": "agent"}, {"x": 1}],
)  # fmt: skip
async def test_a_person_is_well_formed(shared_house: House, changes: dict[str, Any]) -> None:
    admin = await shared_house.client("admin")
    answer = await admin.post("/staff", json={"login": "li", "name": "李示例", **changes})
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 1)
    assert '"short"' not in answer.text


async def test_a_new_password_ends_the_sessions(house: House) -> None:
    admin = await house.client("admin")
    await house.token("agent", login="li", password=_PASSWORD)
    browser = house.anonymous()
    body = {"tenant": house.code, "login": "li", "password": _PASSWORD}
    assert (await browser.post("/session", json=body)).status_code == 201
    url = f"/staff/{house.people['li']}/password"
    assert (await admin.put(url, json={"password": "another one 2"})).status_code == 204
    assert (await browser.get("/session")).status_code == 401
    assert (await house.anonymous().post("/session", json=body)).status_code == 401
    body["password"] = "another one 2"
    assert (await house.anonymous().post("/session", json=body)).status_code == 201


async def test_a_leaver_is_out_at_once_and_the_tickets_are_handed_on(desk: Desk, house: House) -> None:
    admin, client = await house.client("admin"), await house.client()
    leaver = await house.client("supervisor", login="leaver")
    await house.client("agent", login="heir")
    open_, done_ = await in_state(house, leaver, "following"), await in_state(house, leaver, "archived")
    open_ = await do(leaver, open_, "claim") if open_["assignee"] is None else open_
    assert (await read(client, done_))["assignee"] == "leaver"
    url = f"/staff/{house.people['leaver']}/leave"
    for hand_to in ("nobody", "leaver"):
        wrong = await admin.post(url, json={"hand_to": hand_to})
        assert (wrong.status_code, wrong.json()["title"]) == (404, "NoSuchStaff")
    assert (await leaver.get("/session")).status_code == 200
    assert (await admin.post(url, json={"hand_to": "heir"})).status_code == 204
    assert (await leaver.get("/session")).status_code == 401
    assert (await admin.post(url, json={})).status_code == 404, "left already"
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    after = await read(client, open_)
    assert (after["assignee"], after["version"]) == ("heir", open_["version"] + 1)
    assert (await read(client, done_))["version"] == done_["version"], "what is closed stays as it was"
    last = (await client.get(f"/tickets/{open_['id']}/timeline")).json()["items"][-1]
    assert (last["kind"], last["actor_kind"], last["data"]["cause"]) == (
        "ticket.handed_on",
        "system",
        "staff.left",
    )
    assert (await tried_assign(client, after, "leaver")).status_code == 422


async def tried_assign(client: httpx.AsyncClient, ticket: dict[str, Any], login: str) -> httpx.Response:
    """An assignment, whatever comes of it."""
    body = {"version": ticket["version"], "assignee": login}
    return await client.post(f"/tickets/{ticket['id']}/assign", json=body)


async def test_without_an_heir_the_tickets_go_back_to_their_queue(desk: Desk, house: House) -> None:
    admin, client = await house.client("admin"), await house.client()
    ticket = await in_state(house, await house.client("supervisor", login="leaver"), "processing")
    ticket = await do(client, ticket, "assign", assignee="leaver")
    assert (await admin.post(f"/staff/{house.people['leaver']}/leave", json={})).status_code == 204
    await outbox.deliver_due(desk, tenant_id=house.tenant_id)
    after = await read(client, ticket)
    assert (after["assignee"], after["state"], after["team"]) == (None, "processing", "CS_L1")


async def test_nobody_leaves_by_themselves(house: House) -> None:
    admin = await house.client("admin")
    answer = await admin.post(f"/staff/{house.people['admin']}/leave", json={})
    assert (answer.status_code, answer.json()["title"]) == (409, "NotYourself")


async def test_a_new_tenant_has_roles_and_its_first_administrator(desk: Desk, house: House) -> None:
    from bihuan.core import ids, permissions
    from bihuan.core.actor import desk_actor
    from bihuan.identity import NewStaff

    tenant_id = ids.new_id()
    code = f"n{tenant_id.hex[-12:]}"
    async with desk.database.work(tenant_id) as work:
        await identity.found_tenant(work, code=code, name="新租户")
        admin = NewStaff(login="admin", name="管理员", roles=["admin"], password=_PASSWORD)
        await identity.add_staff(work, desk_actor(tenant_id), admin)
    browser = house.anonymous()
    signed = await browser.post("/session", json={"tenant": code, "login": "admin", "password": _PASSWORD})
    assert signed.status_code == 201, signed.text
    roles = {r["code"]: set(r["permissions"]) for r in (await browser.get("/roles")).json()}
    assert roles.keys() == {role.code for role in shipped_roles()}
    assert all(codes <= permissions.all_codes() for codes in roles.values())
    assert {c for c in permissions.all_codes() if c.startswith("ticket.")} <= roles["supervisor"]
    holders = {code for code, held in roles.items() if "portal.link" in held}
    assert holders == {"supervisor", "host_app"}, "who makes links sees what any customer sees"
    assert not {c for c in roles["admin"] if c.startswith("ticket.")}, "who manages people handles no tickets"
    assert (await browser.get("/tickets")).status_code == 403
    assert [s["login"] for s in (await browser.get("/staff")).json()] == ["admin"]
    catalogue = (await browser.get("/permissions")).json()
    assert {p["code"] for p in catalogue} == permissions.all_codes()
    assert all(p["zh"] and p["en"] for p in catalogue)
