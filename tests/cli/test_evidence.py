"""Evidence from the command line: clean is 0, anything else is 1 and named; keys rotate and old events still hold."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.cli.command import Serving, bihuan, done, open_folder, refused

pytestmark = pytest.mark.xdist_group("processes")


@pytest.fixture(scope="module")
def client(desk_env: dict[str, str], token: str) -> Iterator[httpx.Client]:
    """`li`, speaking to this file's desk."""
    headers = {"authorization": f"Bearer {token}"}
    folder = open_folder()
    with Serving(folder, desk_env) as serving:
        serving.wait_ready()
        with httpx.Client(base_url=f"{serving.url}/api/v1", headers=headers, timeout=30) as one:
            yield one
    shutil.rmtree(folder)


@pytest.fixture
def superuser(desk_env: dict[str, str]) -> Iterator[psycopg.Connection]:
    """Somebody who holds the whole database."""
    url = desk_env["BIHUAN_DATABASE_URL"].replace("//bihuan_app@", "//postgres@")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")  # no trigger or key stops them
        yield connection


def _ticket(client: httpx.Client) -> dict[str, str]:
    body = {"case_type": "general", "title": "证据", "description": "第一句"}
    answer = client.post("/tickets", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_clean_desk_is_0(client: httpx.Client, desk_env: dict[str, str]) -> None:
    ticket = _ticket(client)
    done("evidence", "seal", env=desk_env)
    verified = bihuan("evidence", "verify", env=desk_env)
    assert (verified.returncode, verified.stdout) == (0, ""), verified.stdout
    assert "verified" in verified.stderr and ", 0 seals" not in verified.stderr
    one = bihuan("evidence", "verify", "--ticket", ticket["number"], env=desk_env)
    assert (one.returncode, one.stdout) == (0, "") and "verified 1 streams, 1 events" in one.stderr
    assert (Path(desk_env["BIHUAN_DATA"]) / "roots.log").stat().st_mode & 0o777 == 0o600


def test_seals_that_only_the_database_knows_are_told_of(
    client: httpx.Client, desk_env: dict[str, str], folder: Path
) -> None:
    _ticket(client)
    done("evidence", "seal", env=desk_env)
    assert "roots.log" not in bihuan("evidence", "verify", env=desk_env).stderr
    elsewhere = folder / "data"
    shutil.copytree(desk_env["BIHUAN_DATA"], elsewhere)
    (elsewhere / "roots.log").unlink()
    verified = bihuan("evidence", "verify", env={**desk_env, "BIHUAN_DATA": str(elsewhere)})
    assert (verified.returncode, verified.stdout) == (0, "")
    assert "roots.log has 0 of these seals" in verified.stderr


def test_keys_rotate_and_all_still_holds(client: httpx.Client, desk_env: dict[str, str]) -> None:
    before = _ticket(client)
    done("keys", "rotate", env=desk_env)
    answer = client.post(f"/tickets/{before['id']}/note", json={"body": "新密钥"})
    assert answer.status_code == 200
    _ticket(client)
    done("evidence", "seal", env=desk_env)
    assert bihuan("evidence", "verify", env=desk_env).returncode == 0


def test_a_number_of_nobody_is_not_clean(client: httpx.Client, desk_env: dict[str, str]) -> None:
    assert _ticket(client)
    assert "NotFound" in refused("evidence", "verify", "--ticket", "2000000000", env=desk_env, code=2)


@pytest.mark.parametrize(
    ("tamper", "mend", "told"),
    [
        (
            "update ticket set outcome = 'solved' where id = %(id)s",
            "update ticket set outcome = null where id = %(id)s",
            "edited",
        ),
        (
            "update event set body = replace(body, 'ticket.opened', 'ticket.closed') where stream_id = %(id)s and seq = 1",
            "update event set body = replace(body, 'ticket.closed', 'ticket.opened') where stream_id = %(id)s and seq = 1",
            "edited",
        ),
        (
            "update message set sealed = sealed || '\\x00' where ticket_id = %(id)s",
            "update message set sealed = substr(sealed, 1, length(sealed) - 1) where ticket_id = %(id)s",
            "edited",
        ),
        (
            "update sla_clock set due_at = due_at + interval '1 day' where ticket_id = %(id)s and kind = 'resolution'",
            "update sla_clock set due_at = due_at - interval '1 day' where ticket_id = %(id)s and kind = 'resolution'",
            "edited",
        ),
    ],
)
def test_tampering_is_1_and_named(
    client: httpx.Client,
    desk_env: dict[str, str],
    superuser: psycopg.Connection,
    tamper: str,
    mend: str,
    told: str,
) -> None:
    ticket = _ticket(client)
    done("evidence", "seal", env=desk_env)
    superuser.execute(tamper.encode(), {"id": ticket["id"]})
    try:
        for arguments in ((), ("--ticket", ticket["number"])):
            ended = bihuan("evidence", "verify", *arguments, env=desk_env)
            assert ended.returncode == 1
            assert f"ticket:{ticket['id']} 1 {told}" in ended.stdout.splitlines(), ended.stdout
    finally:
        superuser.execute(mend.encode(), {"id": ticket["id"]})
    assert bihuan("evidence", "verify", env=desk_env).returncode == 0


def test_doctor_is_1_and_says_what_to_do(
    client: httpx.Client, desk_env: dict[str, str], superuser: psycopg.Connection
) -> None:
    ticket = _ticket(client)
    superuser.execute(
        "create temp table kept as select * from sla_clock where ticket_id = %s", [ticket["id"]]
    )
    superuser.execute("delete from sla_clock where ticket_id = %s and kind = 'resolution'", [ticket["id"]])
    try:
        for language, words in (
            ("en_US.UTF-8", "a clock it was opened with"),
            ("zh_CN.UTF-8", "受理时启动的时钟"),
        ):
            ended = bihuan("doctor", env={**desk_env, "LANG": language})
            assert ended.returncode == 1
            assert ended.stdout.startswith(f"{ticket['number']} clocks_wrong: ") and words in ended.stdout
    finally:
        superuser.execute("insert into sla_clock select * from kept on conflict do nothing")
    assert bihuan("doctor", env=desk_env).returncode == 0


def test_a_package_is_written_and_holds(
    client: httpx.Client, desk_env: dict[str, str], tmp_path: Path
) -> None:
    ticket = _ticket(client)
    file, script = tmp_path / "p.zip", tmp_path / "verify_evidence.py"
    tenant = ("--tenant", "demo")
    done("evidence", "export", ticket["number"], *tenant, "-o", file, env=desk_env)
    assert "FileThere" in refused(
        "evidence", "export", ticket["number"], *tenant, "-o", file, env=desk_env, code=2
    )
    done("evidence", "verifier", "-o", script, env=desk_env)
    fingerprints = [line.split("\t")[1] for line in done("evidence", "key", env=desk_env).splitlines()]
    keys = [part for one in fingerprints for part in ("--key", one)]
    # The script alone, by another Python's standards: isolated from everything of ours.
    command = [sys.executable, "-I", str(script), str(file), *keys]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr
    assert bihuan("evidence", "verify", env=desk_env).returncode == 0
    assert "NotFound" in refused(
        "evidence", "export", "2000000000", *tenant, "-o", tmp_path / "q.zip", env=desk_env
    )
    assert not (tmp_path / "q.zip").exists()


def test_without_an_authority_nothing_is_stamped(desk_env: dict[str, str]) -> None:
    assert "BIHUAN_TSA_URL" in refused("evidence", "stamp", env=desk_env)
