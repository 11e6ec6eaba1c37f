"""`bihuan serve`: what it refuses, that it says whether it is ready, and that it stops without dropping anybody."""

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from bihuan.core.embedded import EmbeddedServer
from tests.cli.command import Serving, alive, bihuan, clean_environment, done, refused, until

pytestmark = pytest.mark.xdist_group("processes")


@pytest.fixture
def serving(desk_env: dict[str, str], folder: Path) -> Iterator[Serving]:
    """A server of this file's desk, web and worker, ready."""
    with Serving(folder, desk_env) as one:
        yield one.wait_ready()


def _roles(env: dict[str, str]) -> dict[str, str]:
    """The desk's database as each role that the desk must not run as."""
    app = env["BIHUAN_DATABASE_URL"]
    return {name: app.replace("//bihuan_app@", f"//{name}@") for name in ("postgres", "bihuan_owner")}


@pytest.mark.parametrize("role", ["web", "worker", "all"])
def test_an_unsafe_role_is_refused(desk_env: dict[str, str], role: str) -> None:
    for name, what in (("postgres", "superuser"), ("bihuan_owner", "owner")):
        env = {**desk_env, "BIHUAN_DATABASE_URL": _roles(desk_env)[name]}
        said = refused("serve", "--role", role, env=env)
        assert "UnsafeRole" in said and what in said and "roles.sql" in said


def test_a_schema_of_another_time_is_refused(env: dict[str, str]) -> None:
    owner = env["BIHUAN_DATABASE_ADMIN_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("insert into schema_migration values (9999, 'x', 'x', '2026-01-01T00:00:00Z')")
        assert "SchemaTooNew" in (said := refused("serve", env=env)) and "start a newer release" in said
        connection.execute("delete from schema_migration")
        assert "SchemaTooOld" in (said := refused("serve", env=env)) and "bihuan db migrate" in said


def test_a_taken_port_is_refused(serving: Serving, desk_env: dict[str, str]) -> None:
    said = refused("serve", "--port", str(serving.port), env=desk_env)
    assert "CannotListen" in said and str(serving.port) in said and "--port" in said
    assert "CannotListen" in refused("serve", "--host", "203.0.113.1", env=desk_env)
    assert serving.ready


def test_it_serves_and_stops_clean(serving: Serving, token: str) -> None:
    with httpx.Client(base_url=serving.url, headers={"authorization": f"Bearer {token}"}) as client:
        assert client.get("/health").json() == {"status": "alive"}
        body = client.get("/api/v1/case-types/general").json()["example"]
        assert client.post("/api/v1/tickets", json=body).status_code == 201
        assert b"bihuan_http_requests_total" in client.get("/metrics").content
        assert client.get("/api/openapi.json").json()["openapi"] == "3.1.0"
    family = serving.family()
    assert len(family) >= 2, "a web process and a worker"
    assert serving.stop() == 0
    # Python's own helper of its processes ends a moment after them, once it finds its pipe closed.
    until(lambda: not any(alive(p) for p in family), 10, "its processes gone")
    assert "worker_stopped" in serving.said() and "Traceback" not in serving.said()
    assert token not in serving.said()


def test_it_drains_before_it_stops(serving: Serving, token: str) -> None:
    """While it stops /ready says so, and a request that had begun is answered."""
    head = (
        f"POST /api/v1/tickets HTTP/1.1\r\nhost: desk\r\nauthorization: Bearer {token}\r\n"
        "content-type: application/json\r\ncontent-length: {}\r\n\r\n"
    )
    body = b'{"case_type": "general", "title": "slow", "description": "sent in two parts"}'
    with socket.create_connection(("127.0.0.1", serving.port), timeout=30) as slow:
        slow.sendall(head.format(len(body)).encode() + body[:10])
        serving.process.send_signal(signal.SIGTERM)
        until(
            lambda: (r := serving.get("/ready")) is not None and r.status_code == 503, 5, "not ready any more"
        )
        answer = serving.get("/ready")
        assert answer is not None and answer.json()["stopping"] != "ok"
        slow.sendall(body[10:])
        assert slow.recv(4096).startswith(b"HTTP/1.1 201")
    assert serving.process.wait(30) == 0
    assert serving.get("/health") is None


def test_requests_in_flight_are_answered(serving: Serving, token: str) -> None:
    """Requests come without a pause while it stops: each that it has taken is answered.

    A connection made in the very moment of closing is refused, or closed before its request was read: that one is safe
    to send again, and the server knows nothing of it.
    """
    answers: list[int] = []
    unread: list[Exception] = []

    def ask() -> None:
        headers = {"authorization": f"Bearer {token}", "connection": "close"}
        while True:
            try:
                answers.append(
                    httpx.get(f"{serving.url}/api/v1/tickets", headers=headers, timeout=20).status_code
                )
            except httpx.ConnectError:
                return
            except httpx.TransportError as error:
                unread.append(error)
                return

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    until(lambda: len(answers) > 20, 20, "twenty answers")
    assert serving.stop() == 0
    for asker in askers:
        asker.join(30)
    assert set(answers) == {200}
    assert serving.said().count('"operation": "GET /tickets"') == len(answers)
    assert {type(error) for error in unread} <= {httpx.RemoteProtocolError, httpx.ReadError}
    assert all("incomplete" not in str(error) for error in unread), "an answer that began came whole"


def test_streams_of_live_updates_end_at_once(serving: Serving, token: str) -> None:
    """They would go on for ever; a stop neither waits for them nor cuts them off."""
    headers = {"authorization": f"Bearer {token}"}
    with (
        httpx.Client(base_url=serving.url, headers=headers, timeout=30) as client,
        client.stream("GET", "/api/v1/live") as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: hello"
        body = client.get("/api/v1/case-types/general").json()["example"]
        opened = client.post("/api/v1/tickets", json=body).json()
        assert opened["number"] in next(line for line in lines if opened["id"] in line)
        started = time.monotonic()
        serving.process.send_signal(signal.SIGTERM)
        assert [line for line in lines if line.startswith("event:")] == [], "and its end is a clean one"
    assert serving.process.wait(30) == 0
    assert time.monotonic() - started < 10, "far from the seconds a stop may take at most"


def test_without_keys_it_is_not_ready_until_they_come(
    desk_env: dict[str, str], folder: Path, token: str
) -> None:
    keys = Path(desk_env["BIHUAN_DATA"]) / "keys.json"
    away = keys.with_name("keys.away")
    keys.rename(away)
    try:
        with Serving(folder, desk_env, "--role", "web") as serving:
            until(lambda: serving.get("/health") is not None, 60, "alive")
            answer = serving.get("/ready")
            assert answer is not None and answer.status_code == 503 and answer.json()["keys"] == "KeysMissing"
            body = {"case_type": "general", "title": "t", "description": "d"}
            headers = {"authorization": f"Bearer {token}"}
            told = httpx.post(f"{serving.url}/api/v1/tickets", json=body, headers=headers, timeout=20)
            assert (told.status_code, told.json()["title"]) == (503, "KeysMissing")
            shutil.copy2(away, keys)
            until(lambda: serving.ready, 10, "ready once the keys are there")
            assert (
                httpx.post(
                    f"{serving.url}/api/v1/tickets", json=body, headers=headers, timeout=20
                ).status_code
                == 201
            )
    finally:
        away.replace(keys)


def test_a_killed_web_process_comes_back(serving: Serving) -> None:
    web = serving.web()
    assert len(web) == 1
    web[0].kill()
    until(lambda: not alive(web[0]) and serving.ready, 30, "ready again")
    assert serving.process.poll() is None


def test_a_killed_worker_comes_back(serving: Serving) -> None:
    worker = next(p for p in serving.family() if "worker" in p.cmdline())
    worker.kill()
    until(
        lambda: any("worker" in p.cmdline() for p in serving.family() if p.pid != worker.pid),
        20,
        "a new worker",
    )
    assert serving.stop() == 0


def test_a_killed_main_process_leaves_nothing_behind(
    serving: Serving, desk_env: dict[str, str], folder: Path
) -> None:
    family = serving.family()
    serving.process.kill()
    serving.process.wait(10)
    until(lambda: not any(alive(p) for p in family), 30, "its processes gone")
    with Serving(folder, desk_env, port=serving.port) as again:
        again.wait_ready()


def test_a_database_elsewhere_by_two_addresses(folder: Path) -> None:
    """The embedded server of one data folder serves a desk whose data lies in another."""
    near, far = folder / "near", folder / "far"
    server = EmbeddedServer(far)
    try:
        done("db", "url", env=clean_environment(BIHUAN_DATA=str(far)))
        env = clean_environment(
            BIHUAN_DATA=str(near), BIHUAN_DATABASE_URL=server.app_url, BIHUAN_DATABASE_ADMIN_URL=server.owner_url,
            BIHUAN_WORKERS="1",
        )  # fmt: skip
        assert "SchemaTooOld" in refused("serve", env=env)
        done("db", "migrate", env=env)
        done("keys", "init", env=env)
        done("tenant", "add", "demo", "--name", "D", env=env)
        with Serving(folder, env) as serving:
            assert serving.wait_ready().stop() == 0
        assert server.running, "an external database is not ours to stop"
        assert not (near / "postgres").exists()
    finally:
        server.stop()


def test_all_in_one_stops_its_database(folder: Path) -> None:
    env = clean_environment(BIHUAN_DATA=str(folder / "data"), BIHUAN_WORKERS="1")
    done("keys", "init", env=env)
    server = EmbeddedServer(folder / "data")
    try:
        with Serving(folder, env) as serving:
            serving.wait_ready()
            assert server.running
            assert serving.stop() == 0
        assert not server.running and server.pids == ()
        early = Serving(folder, env)
        until(lambda: server.running, 30, "the database is up")
        assert early.stop() == 0
        assert not server.running, "stopped while it was still starting"
    finally:
        server.stop()
    assert bihuan("--version", env={**os.environ}).returncode == 0
