"""The role catalogue: what a tenant starts with, what an upgrade brings, and what it leaves alone."""

from collections.abc import Iterator

import pytest

from bihuan import identity
from bihuan.core.actor import desk_actor
from bihuan.identity import NewRole, role_catalogue
from bihuan.identity.role_catalogue import digest, shipped_roles
from tests.conftest import House

_CATALOGUE = {"agent", "senior_agent", "lead", "supervisor", "quality", "trainer", "knowledge_editor", "risk", "compliance",
    "auditor", "admin", "integration", "host_app"}  # fmt: skip


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A later release: agents may reopen, trainers are called otherwise."""
    made = [
        NewRole(
            code=r.code,
            name_zh=r.name_zh,
            name_en="Coach" if r.code == "trainer" else r.name_en,
            permissions=[*r.permissions, *(["ticket.reopen"] if r.code in ("agent", "lead") else [])],
        )
        for r in shipped_roles()
    ]
    monkeypatch.setattr(role_catalogue, "shipped_roles", lambda: tuple(made))
    yield


async def _changes(house: House, *take: str, write: bool = False) -> dict[str, str]:
    async with house.desk.database.work(house.tenant_id) as work:
        if write:
            found = await identity.load_roles(work, desk_actor(house.tenant_id), take=take)
        else:
            found = await identity.diff_roles(work)
    return {c.code: c.change for c in found}


async def _permissions(house: House) -> dict[str, list[str]]:
    async with house.desk.database.work(house.tenant_id) as work:
        return {r.code: r.permissions for r in await identity.roles(work)}


def test_the_catalogue_is_whole() -> None:
    assert {r.code for r in shipped_roles()} == _CATALOGUE
    assert all(r.name_zh and r.name_en for r in shipped_roles())
    assert len({digest(r) for r in shipped_roles()}) == len(_CATALOGUE)


async def test_a_new_tenant_has_what_is_shipped(house: House) -> None:
    assert set((await _changes(house)).values()) == {"same"}


async def test_an_upgrade_brings_what_the_tenant_left_alone(house: House, later: None) -> None:
    before = await _permissions(house)
    changed = await _changes(house)
    assert {c for c, what in changed.items() if what == "changed"} == {"agent", "trainer"}, (
        "leads could already"
    )
    assert await _changes(house, write=True) == changed
    after = await _permissions(house)
    assert set(after["agent"]) - set(before["agent"]) == {"ticket.reopen"}
    assert set((await _changes(house)).values()) == {"same"}


async def test_a_tenants_own_changes_win(house: House, later: None) -> None:
    admin = await house.client("admin")
    own = {"code": "agent", "name_zh": "柜员", "name_en": "Teller", "permissions": ["ticket.read"]}
    assert (await admin.put("/roles", json=own)).status_code == 204
    assert (await _changes(house, write=True))["agent"] == "own"
    assert (await _permissions(house))["agent"] == ["ticket.read"]
    assert (await _changes(house, "agent", write=True))["agent"] == "own"
    assert "ticket.reopen" in (await _permissions(house))["agent"], "asked for by name"
    assert (await _changes(house))["agent"] == "same"


async def test_a_role_that_is_new_is_added(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = NewRole(code="extra", name_zh="新", name_en="New", permissions=["ticket.read"])
    both = (*shipped_roles(), extra)
    monkeypatch.setattr(role_catalogue, "shipped_roles", lambda: both)
    assert (await _changes(house, write=True))["extra"] == "added"
    assert (await _permissions(house))["extra"] == ["ticket.read"]
