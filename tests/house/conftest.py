"""What the house's tests look at."""

import psycopg
import pytest


@pytest.fixture
def tenant_keys(owner: psycopg.Connection) -> dict[str, str]:
    """Tenant table → its column of the tenant, from the migrated database."""
    rows = owner.execute(
        "select c.relname, 'tenant_id' from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'tenant_id'"
    ).fetchall()
    return {**dict(rows), "tenant": "id"}
