"""Rights written behind the desk: what the desk itself refuses to grant, for tests that need somebody who may all."""

from collections.abc import Iterable

import httpx

from bihuan import identity
from bihuan.core import ids
from bihuan.identity.rights import queries
from tests.conftest import House


async def holder(
    house: House, login: str, permissions: Iterable[str], *, team: str = "CS_L1"
) -> httpx.AsyncClient:
    """Somebody who holds exactly these permissions, incompatible or not."""
    code = "r" + ids.new_id().hex[-12:]
    client = await house.client("", login=login, team=team)
    async with house.desk.database.work(house.tenant_id) as work:
        await work.run(
            queries.put_role,
            code=code,
            name_zh="角色",
            name_en="Role",
            permissions=sorted(permissions),
            shipped=None,
        )
        await work.one(queries.add_role, dict, staff_id=house.people[login], role=code)
        await work.run(queries.people_changed)
    identity.forget_names("")
    return client


async def give_role(house: House, login: str, code: str) -> None:
    """A role for somebody, whatever else they hold."""
    async with house.desk.database.work(house.tenant_id) as work:
        await work.one(queries.add_role, dict, staff_id=house.people[login], role=code)
        await work.run(queries.people_changed)
