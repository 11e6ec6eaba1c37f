"""What PostgreSQL says of each filter on each row, as the list asks it: `filters.json` of filter.test.ts.

    .venv/bin/python web/scripts/filter_fixtures.py
    cd web && npx prettier --write tests/tickets/queue/fixtures

The same rows are judged in the browser when they are pushed; the two must not differ.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bihuan.core import filters
from bihuan.core.embedded import EmbeddedServer
from bihuan.tickets.reads import FILTERS

_TEAM, _OTHER, _ME, _SHE = (f"0190000{n}-0000-7000-8000-00000000000{n}" for n in range(1, 5))
_BASE: dict[str, Any] = {
    "id": "01900000-0000-7000-8000-0000000000aa",
    "number": "8349788116",
    "version": 3,
    "state": "following",
    "priority": "normal",
    "title": "x",
    "case_type": "general",
    "channel": "phone",
    "customer_id": None,
    "team": "CS",
    "assignee": "me",
    "tags": [],
    "opened_at": "2026-11-20T01:00:00.000001Z",
    "changed_at": "2026-11-21T02:00:00.123456Z",
    "due_at": "2026-11-22T03:00:00Z",
    "clock_state": "running",
}
_ROWS: list[dict[str, Any]] = [
    _BASE,
    _BASE | {"assignee": None, "team": None, "due_at": None, "clock_state": None},
    _BASE | {"assignee": "she", "team": "OTHER", "state": "archived", "priority": "urgent"},
    _BASE | {"customer_id": _SHE, "state": "waiting", "clock_state": "paused", "channel": "portal"},
    _BASE | {"priority": "low", "case_type": "lost_card", "due_at": "2026-11-22T03:00:00.000001Z"},
]
_IDS = {"CS": _TEAM, "OTHER": _OTHER, "me": _ME, "she": _SHE, None: None}
_LEAVES: list[dict[str, Any]] = [
    {"field": "assignee", "is": _ME},
    {"field": "assignee", "is": _ME.upper()},
    {"field": "assignee", "not": _ME},
    {"field": "assignee", "in": [_ME, _SHE]},
    {"field": "assignee", "set": True},
    {"field": "assignee", "set": False},
    {"field": "team", "in": [_TEAM]},
    {"field": "team", "not": _TEAM},
    {"field": "customer", "is": _SHE},
    {"field": "customer", "set": False},
    {"field": "state", "in": ["following", "waiting"]},
    {"field": "state", "not": "archived"},
    {"field": "priority", "is": "urgent"},
    {"field": "case_type", "is": "general"},
    {"field": "case_type", "in": ["lost_card", "GENERAL"]},
    {"field": "channel", "not": "portal"},
    {"field": "number", "is": "8349788116"},
    {"field": "due_at", "before": "2026-11-22T03:00:00.000001Z"},
    {"field": "due_at", "before": "2026-11-22T11:00:00+08:00"},
    {"field": "due_at", "after": "2026-11-22T03:00:00Z"},
    {"field": "due_at", "set": True},
    {"field": "due_at", "set": False},
    {"field": "changed_at", "after": "2026-11-21T02:00:00.123455Z"},
    {"field": "opened_at", "before": "2026-11-20T01:00:00.000001Z"},
]
_A, _B, _C, _D = _LEAVES[0], _LEAVES[8], _LEAVES[10], _LEAVES[17]
_TREES: list[dict[str, Any]] = [
    *_LEAVES,
    *({"not": leaf} for leaf in _LEAVES),
    {"all": [_A, _C]},
    {"all": [_A, _B]},
    {"any": [_A, _B]},
    {"any": [_B, _D]},
    {"not": {"all": [_A, _B]}},
    {"not": {"any": [_B, _D]}},
    {"all": [_C, {"any": [_A, _B]}]},
    {"all": [{"field": "state", "in": ["following"]}, {"field": "assignee", "set": False}]},
]


def _judge(connection: psycopg.Connection[Any], tree: dict[str, Any], row: dict[str, Any]) -> bool | None:
    parsed = filters.parse(json.dumps(tree), FILTERS)
    due = None if row["clock_state"] == "paused" else row["due_at"]
    query = sql.SQL(
        "select {filter} from (select %(state)s::text as state, %(priority)s::text as priority,"
        " %(case_type)s::text as case_type, %(channel)s::text as channel, %(team_id)s::uuid as team_id,"
        " %(assignee_id)s::uuid as assignee_id, %(customer_id)s::uuid as customer_id,"
        " %(number)s::text as number,"
        " %(opened_at)s::timestamptz as opened_at, %(changed_at)s::timestamptz as changed_at) t,"
        " (select %(due)s::timestamptz as due_at) c"
    ).format(filter=parsed.condition)
    ids = {"team_id": _IDS[row["team"]], "assignee_id": _IDS[row["assignee"]]}
    found = connection.execute(query, {**row, **ids, "due": due, **parsed.params}).fetchone()
    assert found is not None
    return found[0]


def main() -> None:
    """Ask a PostgreSQL of our own, and write what it said."""
    with tempfile.TemporaryDirectory(prefix="bihuan-filters-") as folder:
        server = EmbeddedServer(Path(folder))
        server.start()
        home = server.cluster.parent
        try:
            with psycopg.connect(server.app_url) as connection:
                cases = [{"tree": t, "verdicts": [_judge(connection, t, r) for r in _ROWS]} for t in _TREES]
        finally:
            server.stop()
            shutil.rmtree(home)
    ids = {"team": {"CS": _TEAM, "OTHER": _OTHER}, "staff": {"me": _ME, "she": _SHE}}
    target = Path(__file__).parents[1] / "tests/tickets/queue/fixtures/filters.json"
    target.write_text(json.dumps({"rows": _ROWS, "ids": ids, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
