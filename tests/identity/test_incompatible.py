"""Administration, operation and audit are never one person's, whichever way the rights come."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan import identity
from bihuan.core import ids
from bihuan.core.permissions import all_codes
from bihuan.identity import incompatible
from bihuan.identity.incompatible import Grants, IncompatibleRoles, found_in, groups, mixed, refuse
from bihuan.identity.role_catalogue import shipped_roles
from tests.conftest import House, gather
from tests.identity.behind import give_role

_FROM, _UNTIL = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 2, 1, tzinfo=UTC)


def _refused(answer: httpx.Response, *codes: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["title"]) == (409, "IncompatibleRoles"), answer.text
    assert tuple(g["code"] for g in told["groups"]) == codes


def test_shipped_roles_are_each_of_one_group_at_most() -> None:
    for role in shipped_roles():
        assert len(found_in({role.code}, role.permissions)) <= 1, role.code
    known = {role.code for role in shipped_roles()}
    for group in groups():
        assert group.roles <= known
        assert {p for p in group.permissions if not p.endswith("*")} | group.but <= all_codes(), group.code
        assert [g.code for g, _ in found_in(group.roles, ())] == [group.code]
        by_role = {r.code: set(r.permissions) for r in shipped_roles()}
        held = set[str]().union(*(by_role[code] for code in group.roles))
        assert [g.code for g, _ in found_in((), held)] == [group.code], "the permissions say it too"


def test_both_groups_are_named_in_the_readers_language() -> None:
    with pytest.raises(IncompatibleRoles) as refused:
        refuse({"admin", "agent"}, (), who="li")
    assert "系统管理（admin）与业务操作（agent）" in refused.value.text("zh")
    assert "administration (admin) and operation (agent)" in refused.value.text("en")
    assert refused.value.text("zh").endswith("兼任（li）。")


_CODES = st.sampled_from(sorted({r for g in groups() for r in g.roles} | {"quality", "compliance", "own"}))
_PERMISSIONS = st.sampled_from(sorted(all_codes()))


@given(st.frozensets(_CODES, max_size=4), st.frozensets(_PERMISSIONS, max_size=6))
def test_refused_exactly_when_two_groups_are_held(roles: frozenset[str], permissions: frozenset[str]) -> None:
    belongs = {
        g.code
        for g in groups()
        if roles & g.roles
        or any(
            p not in g.but
            and any(p == one or (one[-1] == "*" and p.startswith(one[:-1])) for one in g.permissions)
            for p in permissions
        )
    }
    try:
        refuse(roles, permissions)
    except IncompatibleRoles as problem:
        assert len(belongs) > 1 and {g.code for g, _ in problem.groups} <= belongs
    else:
        assert len(belongs) <= 1


_PERSON = st.tuples(st.frozensets(_CODES, max_size=2), st.frozensets(st.integers(0, 4), max_size=2))


@given(st.lists(_PERSON, min_size=1, max_size=5))
def test_who_stands_in_counts_with_whom_they_stand_in_for(people: list[tuple[Any, Any]]) -> None:
    named = [ids.new_id() for _ in people]
    everybody = [
        Grants(
            id=named[i], login=f"p{i}", roles=sorted(roles), permissions=[],
            stands_for=[named[j] for j in stands if j < len(named) and j != i],
        )
        for i, (roles, stands) in enumerate(people)
    ]  # fmt: skip
    found = {v.login for v in mixed(everybody)}
    for i, (roles, stands) in enumerate(people):
        held = roles.union(*(people[j][0] for j in stands if j < len(people) and j != i))
        assert (f"p{i}" in found) == (len(found_in(held, ())) > 1)


async def test_rights_never_mix_them(house: House) -> None:
    admin = await house.client("admin")
    await house.client("agent", login="li")
    url = f"/staff/{house.people['li']}/rights"
    _refused(
        await admin.put(url, json={"roles": ["agent", "admin"], "teams": []}), "administrators", "operators"
    )
    _refused(await admin.put(url, json={"roles": ["lead", "auditor"], "teams": []}), "operators", "auditors")
    new = {"login": "zhao", "name": "赵", "roles": ["admin", "auditor"]}
    _refused(await admin.post("/staff", json=new), "administrators", "auditors")
    staff = {s["login"]: s["roles"] for s in (await admin.get("/staff")).json()}
    assert staff["li"] == ["agent"] and "zhao" not in staff
    assert (await admin.put(url, json={"roles": ["lead", "quality"], "teams": []})).status_code == 204


async def test_an_own_role_mixes_nothing(house: House) -> None:
    admin = await house.client("admin")
    both = {
        "code": "both",
        "name_zh": "兼",
        "name_en": "Both",
        "permissions": ["people.manage", "ticket.reply"],
    }
    _refused(await admin.put("/roles", json=both), "administrators", "operators")
    one = {"code": "one", "name_zh": "一", "name_en": "One", "permissions": ["ticket.read"]}
    assert (await admin.put("/roles", json=one)).status_code == 204
    new = {"login": "zhao", "name": "赵", "roles": ["one", "auditor"]}
    assert (await admin.post("/staff", json=new)).status_code == 201
    widened = await admin.put("/roles", json={**one, "permissions": ["ticket.read", "ticket.reply"]})
    _refused(widened, "operators", "auditors")
    assert widened.json()["login"] == "zhao"
    roles = {r["code"]: r["permissions"] for r in (await admin.get("/roles")).json()}
    assert (roles["one"], "both" in roles) == (["ticket.read"], False)


async def test_a_deputy_never_mixes_them(house: House) -> None:
    admin = await house.client("admin")
    agent = await house.client("agent", login="li")
    await house.client("auditor", login="zheng")
    wanted = {"deputy": "zheng", "from_at": _FROM.isoformat(), "until_at": _UNTIL.isoformat()}
    _refused(await agent.post("/deputies", json=wanted), "operators", "auditors")
    await house.client("agent", login="wang")
    assert (await agent.post("/deputies", json={**wanted, "deputy": "wang"})).status_code == 201
    url = f"/staff/{house.people['wang']}/rights"
    _refused(await admin.put(url, json={"roles": ["auditor"], "teams": []}), "operators", "auditors")
    url = f"/staff/{house.people['li']}/rights"
    _refused(await admin.put(url, json={"roles": ["auditor"], "teams": []}), "operators", "auditors")


async def test_two_grants_at_once_do_not_meet_in_one_person(house: House) -> None:
    admin = await house.client("admin")
    one = {"code": "one", "name_zh": "一", "name_en": "One", "permissions": ["ticket.read"]}
    assert (await admin.put("/roles", json=one)).status_code == 204
    for i in range(5):
        login = f"p{i}"
        await house.client("quality", login=login)
        wide = {**one, "code": f"r{i}"}
        assert (await admin.put("/roles", json=wide)).status_code == 204
        answers = await gather(
            admin.put(
                f"/staff/{house.people[login]}/rights", json={"roles": ["auditor", f"r{i}"], "teams": []}
            ),
            admin.put("/roles", json={**wide, "permissions": ["ticket.reply"]}),
        )
        assert sorted(a.status_code for a in answers) == [204, 409], [a.text for a in answers]
    async with house.desk.database.work(house.tenant_id) as work:
        assert await identity.violations(work) == []


async def test_what_was_wrong_before_is_listed_and_refuses_nobody_else(house: House) -> None:
    admin = await house.client("admin")
    await house.client("agent", login="li")
    await give_role(house, "li", "auditor")
    async with house.desk.database.work(house.tenant_id) as work:
        [found] = await identity.violations(work)
    assert (found.login, "业务操作" in found.problem.text("zh")) == ("li", True)
    new = {"login": "zhao", "name": "赵", "roles": ["agent"]}
    assert (await admin.post("/staff", json=new)).status_code == 201


async def test_the_groups_are_shown(house: House) -> None:
    shown = (await (await house.client("agent")).get("/roles/incompatible")).json()
    assert [g["code"] for g in shown] == [g.code for g in incompatible.groups()]
    assert all(g["zh"] and g["en"] and g["roles"] for g in shown)
