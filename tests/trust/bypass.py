"""A pytest plugin: the whole run's application role may see past the rules for rows (BYPASSRLS).

What then keeps tenants apart is each statement's own condition alone. Used by test_bypassrls.py in a run of its own:
`pytest -p tests.trust.bypass …`. BIHUAN_TEST_PLANT names a statement (`module.name`) that loses its condition, to show
that such a run fails.
"""

import os
import re
from collections.abc import Iterator

import psycopg
import pytest

from bihuan.core import db
from bihuan.core.embedded import EmbeddedServer

_PLANT = os.environ.pop("BIHUAN_TEST_PLANT", "")
_planted: list[str] = []
#: `tenant_id = :tenant_id` with what joins it to its neighbours, as our statements write it.
_CONDITION = re.compile(r"(\w+\.)?tenant_id = %\(tenant_id\)s")


@pytest.fixture(scope="session", autouse=True)
def _bypass(server: EmbeddedServer, database: str) -> Iterator[None]:
    """After the database is made: making one gives the roles their rights anew."""
    assert database
    assert not _PLANT or _planted, f"{_PLANT} is no statement of the desk's"
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("alter role bihuan_app bypassrls")
        yield
        told = connection.execute("select rolbypassrls from pg_roles where rolname = 'bihuan_app'").fetchone()
        assert told == (True,), "it was so to the end"


if _PLANT:
    _before = db.Queries.__init__

    def _init(self: db.Queries, file: object, module: str) -> None:
        _before(self, file, module)  # pyright: ignore[reportArgumentType]
        for name, query in list(self._queries.items()):
            if f"{module}.{name}" == _PLANT:
                changed = _CONDITION.sub("%(tenant_id)s::uuid is not null", query.sql)
                assert changed != query.sql, "there is a condition to lose"
                _planted.append(name)
                self._queries[name] = db.Query(name=query.name, sql=changed)

    db.Queries.__init__ = _init  # pyright: ignore[reportAttributeAccessIssue]
