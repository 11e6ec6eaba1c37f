"""Time has one source: core.clock. Neither SQL nor Python asks anybody else."""

import re

from tests.house.sources import calls, python, texts

#: A file's age by its mtime, which is the host's time and not the business's.
_FILE_TIMES = {"tickets/jobs.py": {"time.time"}, "customers/access_giving.py": {"time.time"}}
_CLOCK = "core/clock.py"
_ASKS = {
    f"{c}.{f}" for c in ("datetime", "date", "dt", "datetime.datetime") for f in ("now", "utcnow", "today")
}
_ASKS |= {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime"}
_SQL = re.compile(
    r"(\bnow\s*\(|\bcurrent_(timestamp|date|time)\b|\blocal(time|timestamp)\b|\bclock_timestamp\s*\("
    r"|\b(statement|transaction)_timestamp\s*\(|\btimeofday\s*\(|'(now|today|tomorrow|yesterday)')",
    re.IGNORECASE,
)


def _statements(path: str, text: str) -> str:
    """SQL without comments and, in queries.sql, without the ping, which asks the database for its clock."""
    if path.endswith("core/queries.sql"):
        text = re.sub(r"-- name: ping\n.*?;\n", "", text, flags=re.DOTALL)
    return re.sub(r"--.*", "", text)


def test_sql_never_asks_the_time() -> None:
    found = {
        path: said.group()
        for path, text in texts("src", "migrations")
        if path.endswith(".sql") and (said := _SQL.search(_statements(path, text)))
    }
    assert found == {}


def test_no_column_has_a_time_by_default() -> None:
    found = [
        path
        for path, text in texts("migrations")
        if re.search(r"timestamptz[^,\n]*\bdefault\b", text, re.IGNORECASE)
    ]
    assert found == []


def test_the_rule_sees_what_it_should() -> None:
    for bad in ("select now()", "select CURRENT_TIMESTAMP", "values ('now')", "select clock_timestamp ()"):
        assert _SQL.search(bad), bad
    for good in ("select :now", "update t set at = :now + interval '1 second'", "select known(1)"):
        assert not _SQL.search(good), good


def test_python_asks_only_the_clock() -> None:
    found = {
        path: asked
        for path, tree in python().items()
        if path != _CLOCK and (asked := _ASKS & set(calls(tree)) - _FILE_TIMES.get(path, set()))
    }
    assert found == {}
    assert "datetime.now" in set(calls(python()[_CLOCK])), "the rule no longer sees what it looks for"


def test_nothing_of_a_running_desk_travels() -> None:
    found = [
        path
        for path, tree in python().items()
        if not path.startswith("cli/demo")
        and any(name.rpartition(".")[2] == "travel" for name in calls(tree))
    ]
    assert found == []
