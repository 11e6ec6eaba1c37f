"""What a connection keeps of its plans."""

import psycopg

from bihuan.core.pipeline import Pipeline
from bihuan.core.settings import Settings


async def _begun(connection: psycopg.AsyncConnection) -> bool:
    pipeline = Pipeline(connection)
    should = pipeline.should_replan()
    await pipeline.finish()
    return should


async def test_plans_are_made_anew_while_tables_grow_from_nothing(settings: Settings) -> None:
    """A plan from when a table was all but empty would read it whole, until somebody analyses it."""
    async with await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True) as connection:
        at = [number for number in range(1, 40) if await _begun(connection)]
    assert at == [2, 4, 8, 16, 32]
    async with await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True) as another:
        assert [await _begun(another) for _ in range(2)] == [False, True]
