"""Setting a desk up and looking after it from the command line."""

import importlib
import json
import pkgutil
import re
import stat
from pathlib import Path

import psycopg
import pytest
from openapi_spec_validator import validate

from bihuan import cli
from bihuan.cli.main import WHERE
from bihuan.core.embedded import EmbeddedServer
from tests.cli.command import bihuan, clean_environment, done, refused


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def bare(folder: Path) -> dict[str, str]:
    """An environment with a data folder and nothing in it."""
    return clean_environment(BIHUAN_DATA=str(folder / "data"))


def test_every_command_is_found(bare: dict[str, str]) -> None:
    """They are imported one by one: a command that the table forgets would not be there."""
    modules = [one.name for one in pkgutil.iter_modules(cli.__path__)]
    made = {name: getattr(importlib.import_module(f"bihuan.cli.{name}"), "COMMANDS", ()) for name in modules}
    assert {command.name: name for name, commands in made.items() for command in commands} == WHERE
    told = done("--help", env=bare)
    assert [
        line.split()[0] for line in told.partition("Commands:")[2].splitlines() if line[:3].strip()
    ] == list(WHERE)
    assert "No such command" in refused("serv", env=bare, code=2)


def test_keys_are_made_once_and_private(bare: dict[str, str]) -> None:
    path = Path(bare["BIHUAN_DATA"]) / "keys.json"
    assert "KeysMissing" in refused("keys", "show", env=bare)
    assert done("keys", "init", env=bare) == ""
    assert _mode(path) == 0o600
    before = path.read_bytes()
    assert "KeysExist" in refused("keys", "init", env=bare)
    assert path.read_bytes() == before
    path.chmod(0o644)
    assert "0600" in refused("keys", "show", env=bare)


def test_keys_rotate_and_show_no_secret(bare: dict[str, str]) -> None:
    path = Path(bare["BIHUAN_DATA"]) / "keys.json"
    done("keys", "init", env=bare)
    fresh = done("keys", "rotate", env=bare).split()
    assert sorted(fresh) == [
        "aes-256-gcm:wrap-2",
        "ed25519:sign-2",
        "hmac-sha256:index-2",
        "hmac-sha256:mac-2",
    ]
    assert _mode(path) == 0o600
    shown = done("keys", "show", env=bare)
    rows = {line.split("\t")[0]: line.split("\t")[2] for line in shown.splitlines()}
    assert rows["hmac-sha256:mac-1"] == "former"
    assert {rows[tag] for tag in fresh} | {rows["feistel-hmac-sha256:number-1"]} == {"active"}
    assert not [key["secret"] for key in json.loads(path.read_text())["keys"] if key["secret"] in shown]


def test_keys_go_away_and_come_back(bare: dict[str, str], folder: Path) -> None:
    ring, backup = Path(bare["BIHUAN_DATA"]) / "keys.json", folder / "keys.backup"
    right, wrong = folder / "right", folder / "wrong"
    right.write_text("correct horse battery\n")
    wrong.write_text("wrong horse battery\n")
    assert "KeysMissing" in refused("keys", "backup", backup, "--passphrase-file", right, env=bare)
    done("keys", "init", env=bare)
    before = ring.read_bytes()
    done("keys", "backup", backup, "--passphrase-file", right, env=bare)
    assert _mode(backup) == 0o600
    assert json.loads(before)["keys"][0]["secret"].encode() not in backup.read_bytes()
    assert "KeysExist" in refused("keys", "restore", backup, "--passphrase-file", right, env=bare)
    ring.unlink()
    assert "WrongPassphrase" in refused("keys", "restore", backup, "--passphrase-file", wrong, env=bare)
    assert not ring.exists()
    done("keys", "restore", backup, "--passphrase-file", right, env=bare)
    assert (ring.read_bytes(), _mode(ring)) == (before, 0o600)


def test_a_backup_never_overwrites(bare: dict[str, str], folder: Path) -> None:
    done("keys", "init", env=bare)
    there = folder / "there"
    there.write_text("something else")
    done("keys", "backup", folder / "b", env=bare, text="a long passphrase\na long passphrase\n")
    assert refused("keys", "backup", there, "--passphrase-file", folder / "b", env=bare)
    assert there.read_text() == "something else"


def test_an_unknown_setting_is_refused_with_the_nearest(bare: dict[str, str]) -> None:
    said = refused("settings", env={**bare, "BIHUAN_DATABASE_ULR": "x"}, code=2)
    assert "BIHUAN_DATABASE_ULR" in said and "did you mean BIHUAN_DATABASE_URL?" in said
    chinese = {**bare, "LANG": "zh_CN.UTF-8", "BIHUAN_PROT": "1"}
    assert "是否想写 BIHUAN_PORT" in refused("settings", env=chinese, code=2)
    assert "whole number" in refused("settings", env={**bare, "BIHUAN_PORT": "http"}, code=2)
    assert "at least 2" in refused("settings", env={**bare, "BIHUAN_POOL": "1"}, code=2)


def test_settings_are_shown_and_secrets_masked(bare: dict[str, str], folder: Path) -> None:
    secret = folder / "url"
    secret.write_text("postgresql://bihuan_app:geheim@db.example/bihuan\n")
    shown = done("settings", env={**bare, "BIHUAN_DATABASE_URL_FILE": str(secret), "BIHUAN_POOL": "7"})
    assert "BIHUAN_DATABASE_URL=••••••\t" in shown and "geheim" not in shown
    assert "BIHUAN_POOL=7\t" in shown and "BIHUAN_DATABASE_ADMIN_URL=\t" in shown
    said = refused("settings", env={**bare, "BIHUAN_DATABASE_URL_FILE": str(folder / "gone")}, code=2)
    assert "BIHUAN_DATABASE_URL_FILE" in said and "FileNotFoundError" in said


def test_a_secret_from_a_file_is_used(empty: dict[str, str], folder: Path) -> None:
    files = {}
    for name in ("BIHUAN_DATABASE_URL", "BIHUAN_DATABASE_ADMIN_URL"):
        (folder / name).write_text(empty[name] + "\n")
        files[f"{name}_FILE"] = str(folder / name)
    env = {
        **{k: v for k, v in empty.items() if k not in ("BIHUAN_DATABASE_URL", "BIHUAN_DATABASE_ADMIN_URL")},
        **files,
    }
    assert done("db", "migrate", env=env).startswith("0001_")
    assert done("db", "status", env=env).startswith("applied ")


def test_migrating_twice(empty: dict[str, str]) -> None:
    assert "SchemaTooOld" in refused("db", "status", env=empty)
    first = bihuan("db", "migrate", env=empty)
    assert (first.returncode, first.stdout.splitlines()[0][:5]) == (0, "0001_")
    again = bihuan("db", "migrate", env=empty)
    assert (again.returncode, again.stdout) == (0, "") and "0 migrations applied" in again.stderr
    status = done("db", "status", env=empty)
    assert re.fullmatch(r"applied \d+\n", status)


def test_migrating_needs_the_owner(empty: dict[str, str]) -> None:
    env = {k: v for k, v in empty.items() if k != "BIHUAN_DATABASE_ADMIN_URL"}
    assert "BIHUAN_DATABASE_ADMIN_URL" in refused("db", "migrate", env=env)


def test_a_command_before_migrating_says_what_to_do(empty: dict[str, str]) -> None:
    done("keys", "init", env=empty)
    assert "bihuan db migrate" in refused("tenant", "add", "x1", "--name", "X", env=empty)


def test_a_database_that_is_not_there(folder: Path) -> None:
    gone = f"postgresql://bihuan_app@/bihuan?host={folder}"
    env = clean_environment(BIHUAN_DATA=str(folder), BIHUAN_DATABASE_URL=gone, BIHUAN_DATABASE_ADMIN_URL=gone)
    for command in (("db", "migrate"), ("db", "status"), ("doctor",), ("serve",)):
        assert "database" in refused(*command, env=env)


def test_embedded_by_itself(bare: dict[str, str]) -> None:
    """No address given: the command brings a server up and stops it again, unless it ran before."""
    server = EmbeddedServer(Path(bare["BIHUAN_DATA"]))
    try:
        done("db", "migrate", env=bare)
        assert not server.running
        url = done("db", "url", env=bare).strip()
        assert server.running
        with psycopg.connect(url) as connection:
            row = connection.execute("select current_user, current_database()").fetchone()
        assert row == ("postgres", "bihuan")
        done("keys", "init", env=bare)
        done("tenant", "add", "demo", "--name", "D", env=bare)
        assert server.running, "a command stops only what it started"
    finally:
        server.stop()


def test_tenants_and_people(env: dict[str, str], folder: Path) -> None:
    assert done("tenant", "add", "demo", "--name", "示范", env=env) == ""
    assert "TenantTaken" in refused("tenant", "add", "demo", "--name", "示范", env=env)
    shown = done("user", "add", "--tenant", "demo", "--login", "li", "--role", "supervisor", env=env)
    assert re.fullmatch(r"\S{12,}\n", shown), "the password made for them, and nothing else"
    given = folder / "password"
    given.write_text("correct horse battery 9\n")
    file = ("--password-file", given)
    assert done("user", "add", "--tenant", "demo", "--login", "wu", "--role", "agent", *file, env=env) == ""
    assert refused("user", "add", "--tenant", "demo", "--login", "wu", "--role", "agent", *file, env=env)
    assert "NoSuchTenant" in refused("user", "add", "--tenant", "gone", "--login", "x", env=env)
    assert refused("user", "add", "--tenant", "demo", "--login", "x", "--role", "nobody", env=env)
    assert refused("user", "add", "--tenant", "demo", "--login", "", env=env, code=2)
    done("user", "leave", "--tenant", "demo", "--login", "wu", env=env)
    assert "NoSuchStaff" in refused("token", "add", "--tenant", "demo", "--user", "wu", env=env)
    assert "NoSuchStaff" in refused("user", "leave", "--tenant", "demo", "--login", "nobody", env=env)


def test_a_token_and_nothing_else(desk_env: dict[str, str]) -> None:
    shown = bihuan("token", "add", "--tenant", "demo", "--user", "li", "--scope", "ticket.read", env=desk_env)
    assert re.fullmatch(r"bht_\S+\n", shown.stdout), shown.stdout
    assert refused("token", "add", "--tenant", "demo", "--user", "li", "--scope", "no.such", env=desk_env)
    assert "NoSuchStaff" in refused("token", "add", "--tenant", "demo", "--user", "nobody", env=desk_env)


def test_the_openapi_document_is_valid(bare: dict[str, str]) -> None:
    document = json.loads(done("openapi", env=bare))
    validate(document)
    assert document["openapi"] == "3.1.0" and len(document["paths"]) > 30
    listed = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in listed]
    assert len(set(names)) == len(names)


def test_doctor_is_content_with_a_new_desk(desk_env: dict[str, str]) -> None:
    ended = bihuan("doctor", env=desk_env)
    assert (ended.returncode, ended.stdout) == (0, "") and "0 findings" in ended.stderr


def test_the_commands_are_listed() -> None:
    shown = done("--help", env=clean_environment())
    for word in (
        "serve",
        "db",
        "keys",
        "tenant",
        "user",
        "token",
        "settings",
        "openapi",
        "doctor",
        "packs",
        "evidence",
    ):
        assert f"\n  {word}" in shown, word
