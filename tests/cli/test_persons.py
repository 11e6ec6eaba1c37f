"""Persons' keys and erasures at the command line: dated copies that expire, and an erasure asked for."""

import os
import sqlite3
import stat
from pathlib import Path

import psycopg

from tests.cli.command import bihuan, done, refused


def test_a_copy_is_dated_and_expires(desk_env: dict[str, str], folder: Path) -> None:
    done("import", _table(folder), "--case-type", "general", env=desk_env)
    place = folder / "copies"
    first = Path(done("person-keys", "backup", place, env=desk_env).splitlines()[0])
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    with sqlite3.connect(first) as connection:
        assert connection.execute("select count(*) from subject_key").fetchone()[0] > 0
    old, other = place / "subject-keys-20200101T000000Z.db", place / "notes.db"
    old.touch()
    other.touch()
    done("person-keys", "backup", place, env={**desk_env, "BIHUAN_KEY_BACKUPS_DAYS": "3"})
    assert not old.exists() and other.exists() and first.exists()


def test_an_erasure_is_asked_for_by_somebody_and_not_while_a_ticket_is_open(
    desk_env: dict[str, str], folder: Path
) -> None:
    done("import", _table(folder), "--case-type", "general", env=desk_env)
    done("user", "add", "--tenant", "demo", "--login", "officer", "--role", "compliance", env=desk_env)
    with psycopg.connect(desk_env["BIHUAN_DATABASE_ADMIN_URL"]) as connection:
        row = connection.execute("select number from ticket limit 1").fetchone()
    assert row is not None
    ask = ("person", "erase", "--tenant", "demo", "--ground", "unlawful", "--asked-by")
    assert "MustBeKept" in refused(*ask, "officer", row[0], env=desk_env)
    assert "NotFound" in refused(*ask, "nobody", row[0], env=desk_env)
    assert bihuan(*ask, "officer", "x", env=desk_env).returncode == 1


def _table(folder: Path) -> Path:
    table = folder / "persons.csv"
    table.write_text(f"id,body\n{os.getpid()},one\n", encoding="utf-8")
    return table
