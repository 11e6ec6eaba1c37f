"""The demo's institution: tenant, departments, packs and people, whose passwords lie beside its data."""

import os
import secrets
from pathlib import Path
from uuid import UUID

import msgspec
import yaml

from bihuan import identity, sla, tickets
from bihuan.casetypes import Text, store
from bihuan.cli import portal
from bihuan.cli.demo_scenes import customer_ref
from bihuan.cli.packs import read_all, shipped
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.problems import Language
from bihuan.customers import LinkWish
from bihuan.identity import NewStaff, NewTeam, NewToken

TENANT, NAME = "demo", "示例卡中心"
_ALL = ("CS_L1", "CS_L2", "DISPUTE", "CARD_OPS", "BILLING", "FRAUD", "MERCHANT", "IT", "LEGAL")
_TOKEN_DAYS = 30
_LINK_MINUTES = 14 * 24 * 60
#: Among so many customers one with a history is looked for.
_LOOKED_AT = 20


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the demo."""

    login: str
    name: str
    role: str
    teams: tuple[str, ...] = ()
    language: Language = "zh"


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody signs in with."""

    login: str
    password: str
    name: str
    role: str


class Logins(msgspec.Struct, frozen=True, kw_only=True):
    """`demo-logins.json`. `seeded` is set once all tickets are there."""

    tenant: str
    logins: list[Login]
    seeded: bool = False


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How to get in without a password: an API token of `agent`, and a link to the portal of a customer with a history."""

    token: str
    customer_ref: str = ""
    link: str | None = None


PEOPLE: tuple[Person, ...] = (
    Person(login="agent", name="陈晓示", role="agent", teams=("CS_L1", "DISPUTE", "CARD_OPS", "BILLING")),
    Person(login="lead", name="周敏例", role="lead", teams=_ALL),
    Person(login="supervisor", name="刘洋例", role="supervisor", teams=("CS_L2",)),
    Person(login="admin", name="吴磊例", role="admin"),
    Person(login="auditor", name="郑洁例", role="auditor"),
    Person(login="compliance", name="何宁例", role="compliance"),
    Person(login="lixiao", name="李小示", role="agent", teams=("DISPUTE", "FRAUD")),
    Person(login="zhaoyi", name="赵一例", role="agent", teams=("CARD_OPS", "FRAUD")),
    Person(login="wangsi", name="王思范", role="agent", teams=("BILLING", "MERCHANT")),
    Person(login="sunhao", name="孙浩样", role="agent", teams=("CS_L1", "CS_L2", "IT")),
    Person(
        login="emily", name="Emily Example", role="agent", teams=("CS_L2", "DISPUTE", "LEGAL"), language="en"
    ),
)


def read_logins(folder: Path) -> Logins | None:
    """The logins of a data folder; None where there was no demo yet. Raises msgspec.DecodeError."""
    path = path_of(folder)
    return msgspec.json.decode(path.read_bytes(), type=Logins) if path.exists() else None


def write_logins(folder: Path, logins: Logins) -> None:
    """Keep them, for their owner's eyes alone; whole or not at all."""
    path = path_of(folder)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(logins)))
    temporary.replace(path)


def path_of(folder: Path) -> Path:
    """Where a demo's logins lie."""
    return folder / "demo-logins.json"


def mark_seeded(folder: Path, logins: Logins) -> None:
    """All tickets are there."""
    write_logins(folder, msgspec.structs.replace(logins, seeded=True))


def new_logins() -> Logins:
    """A fresh password for everybody."""
    people = [
        Login(login=p.login, password=secrets.token_urlsafe(9), name=p.name, role=p.role) for p in PEOPLE
    ]
    return Logins(tenant=TENANT, logins=people)


async def tenant_of(desk: Desk) -> UUID | None:
    """The demo's tenant, if it was founded."""
    try:
        return (await identity.find_tenant(desk, TENANT)).id
    except identity.NoSuchTenant:
        return None


async def found(desk: Desk, tenant_id: UUID, logins: Logins) -> None:
    """Tenant, teams, packs and people in one transaction: all of it or nothing."""
    actor = desk_actor(tenant_id)
    passwords = {each.login: each.password for each in logins.logins}
    packs = read_all(shipped())
    async with desk.database.work(tenant_id) as work:
        await identity.found_tenant(work, code=TENANT, name=NAME)
        for code, name in _departments().items():
            await identity.add_team(work, actor, NewTeam(code=code, name_zh=name.zh, name_en=name.en))
        await store.load(work, actor, packs, "shipped")
        await sla.load_shipped(work, actor)
        for p in PEOPLE:
            person = NewStaff(
                login=p.login,
                name=p.name,
                password=passwords[p.login],
                language=p.language,
                roles=[p.role],
                teams=list(p.teams),
            )
            await identity.add_staff(work, actor, person)


def _departments() -> dict[str, Text]:
    catalogue = yaml.safe_load((shipped() / "catalogue.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(catalogue["departments"], dict[str, Text])


async def renew_passwords(desk: Desk, tenant_id: UUID, logins: Logins) -> None:
    """For a folder whose logins were lost: everybody gets the new password."""
    async with desk.database.work(tenant_id) as work:
        for each in logins.logins:
            row = await identity.staff_by_login(work, each.login)
            if row is not None:
                await identity.set_password(work, desk_actor(tenant_id), row.id, each.password)


async def crew(desk: Desk, tenant_id: UUID) -> dict[str, Actor]:
    """Everybody by login, with the rights of their roles, as if signed in."""
    async with desk.database.work(tenant_id) as work:
        roles = {role.code: frozenset(role.permissions) for role in await identity.roles(work)}
        directory = await identity.directory(work, fresh=True)
    teams = {team.code: team.id for team in directory.teams.values()}
    return {
        person.login: Actor(
            tenant_id=tenant_id,
            id=person.id,
            kind="staff",
            name=person.name,
            permissions=frozenset[str]().union(*(roles[code] for code in person.roles)),
            teams=frozenset(teams[code] for code in person.teams),
            language=person.language,
            via="session",
        )
        for person in directory.staff.values()
    }


async def token(desk: Desk, tenant_id: UUID) -> str:
    """A fresh API token of `agent`."""
    actor = (await crew(desk, tenant_id))["agent"]
    async with desk.database.work(tenant_id) as work:
        new = NewToken(name="demo", days=_TOKEN_DAYS)
        made = await identity.make_token(work, actor, new, most_days=desk.settings.token_days)
    return made.secret or ""


async def access(desk: Desk, tenant_id: UUID) -> Access:
    """A fresh token and a fresh link."""
    made = await token(desk, tenant_id)
    async with desk.database.work(tenant_id) as work:
        found = await _regular(work)
        if found is None:
            return Access(token=made)
        ref, customer_id = found
        wish = LinkWish(customer_id=customer_id, minutes=_LINK_MINUTES)
        return Access(token=made, customer_ref=ref, link=await portal.link(work, desk.settings, wish))


async def _regular(work: Work) -> tuple[str, UUID] | None:
    """Of the first customers the one with most tickets: number at the institution, and id."""
    found: list[tuple[int, str, UUID]] = []
    for number in range(_LOOKED_AT):
        ref = customer_ref(number)
        customer_id = await portal.by_ref(work, ref)
        if customer_id is not None:
            asker = Actor(
                tenant_id=work.tenant_id, id=customer_id, kind="customer", name="", permissions=frozenset()
            )
            found.append((len(await tickets.own_tickets(work, asker, most=50)), ref, customer_id))
    if not found:
        return None
    _, ref, customer_id = max(found, key=lambda each: each[0])
    return ref, customer_id
