"""`bihuan demo`: seeded once, served at once, every state of the lifecycle, and a record that verifies."""

import json
import re
import stat
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx
import psycopg
import pytest

from bihuan.cli import demo_files
from bihuan.cli.demo_case import Cast
from bihuan.cli.demo_scenes import scenes
from bihuan.cli.demo_seed import planned
from bihuan.cli.demo_time import Days
from bihuan.core import clock
from bihuan.core.embedded import EmbeddedServer
from bihuan.tickets.files import content_type_of
from bihuan.tickets.lifecycle import State
from tests.cli.command import PROGRAM, bihuan, clean_environment, done, free_port, open_folder, refused
from tests.sealed import words

COUNT = 40


class Demo:
    """`bihuan demo` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.said = ""
        self.seconds = 0.0

    def start(self) -> "Demo":
        """Until it has said where it is."""
        started = time.monotonic()
        command = [
            PROGRAM,
            "demo",
            "--data",
            str(self.folder),
            "--port",
            str(self.port),
            "--tickets",
            str(COUNT),
        ]
        words = self.folder.with_suffix(".said")
        with words.open("wb") as out:
            # What a real desk's environment says must not reach a demo.
            env = clean_environment(BIHUAN_DATABASE_URL="postgresql://nowhere.invalid/x", BIHUAN_WORKERS="1")
            self.process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.DEVNULL)
        while "Ctrl-C" not in words.read_text() and time.monotonic() < started + 90:
            assert self.process.poll() is None, words.read_text()
            time.sleep(0.1)
        self.said, self.seconds = words.read_text(), time.monotonic() - started
        words.unlink()
        return self

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.process.terminate()
        return self.process.wait(40)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the demo's database."""
        with psycopg.connect(EmbeddedServer(self.folder).superuser_url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A demo that runs."""
    folder = open_folder()
    one = Demo(folder).start()
    yield one
    if one.process.poll() is None:
        one.stop()
    EmbeddedServer(folder).stop()
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_every_state_and_kind_of_ticket(demo: Demo) -> None:
    states = dict(demo.rows("select state, count(*) from ticket group by 1"))
    assert set(states) == set(get_args(State)) and sum(states.values()) == COUNT
    kinds = {row[0] for row in demo.rows("select case_type from ticket")}
    assert kinds == {"disputed_bill", "lost_card", "settlement_delay", "general"}
    told = {row[0] for row in demo.rows("select body::json->>'kind' from event")}
    verbs = (
        "noted waiting transferred attached withdrawn rejected merged absorbed called_back archived received"
    )
    assert {f"ticket.{verb}" for verb in verbs.split()} <= told
    times = demo.rows("select min(opened_at), max(opened_at) from ticket")[0]
    assert times[0] > datetime.now(UTC) - timedelta(days=31) and times[1] < datetime.now(UTC)
    late = demo.rows("select count(*) from sla_clock where kind = 'first_response' and stopped_at > due_at")
    assert late[0][0] > 0
    keys = demo.folder / "keys.json"
    tickets = words(keys, "ticket", demo.rows("select tenant_id, id, subject_id, sealed from ticket"))
    said = words(keys, "message", demo.rows(
        "select m.tenant_id, m.id, t.subject_id, m.sealed from message m join ticket t on t.id = m.ticket_id"
        " where m.kind <> 'record'"
    ))  # fmt: skip
    titles = " ".join(one["title"] for one in tickets)
    assert re.search("[\u4e00-\u9fff]", titles) and re.search("[a-z]{4}", titles)
    assert "{" not in titles + " ".join(one["text"] for one in said)
    assert demo.rows("select count(*) from event where (body::json->>'at')::timestamptz > now()") == [(0,)]


def test_everybody_can_sign_in(demo: Demo) -> None:
    kept = json.loads((demo.folder / "demo-logins.json").read_bytes())
    mode = (demo.folder / "demo-logins.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert [each["login"] for each in kept["logins"][:5]] == [
        "agent",
        "lead",
        "supervisor",
        "admin",
        "auditor",
    ]
    base = f"http://127.0.0.1:{demo.port}"
    for each in kept["logins"]:
        assert f"{each['login']:<11} {each['password']}" in demo.said
        body = {"tenant": kept["tenant"], "login": each["login"], "password": each["password"]}
        assert httpx.post(f"{base}/api/v1/session", json=body).status_code == 201, each["login"]
    assert len({each["password"] for each in kept["logins"]}) == len(kept["logins"])


def test_the_portals_links_open_once_and_show_a_history(demo: Demo) -> None:
    base = f"http://127.0.0.1:{demo.port}"
    printed = re.search(rf"{base}/portal/#k=\S+", demo.said)
    another = re.search(r"bihuan (portal link .+ --customer-ref \S+)", demo.said)
    assert printed and another
    made = done(*another[1].split(), env=clean_environment()).strip()
    for url in (printed[0], made):
        with httpx.Client(base_url=f"{base}/api/v1") as browser:
            assert browser.post("/portal/session", json={"link": url}).status_code == 201
            rows = browser.get("/portal/tickets").json()["items"]
            assert len(rows) >= 2
            assert browser.get(f"/portal/tickets/{rows[0]['number']}").status_code == 200
        assert httpx.post(f"{base}/api/v1/portal/session", json={"link": url}).status_code == 401


def test_the_portal_of_somebody_is_ended_from_the_command_line(demo: Demo) -> None:
    base = f"http://127.0.0.1:{demo.port}/api/v1"
    # Not of the customer whose link is printed: that one is for another test.
    number = demo.rows(
        "select number from ticket where customer_id is not null"
        " and customer_id not in (select customer_id from customer_link) order by number limit 1"
    )[0][0]
    whose = ("--data", str(demo.folder), "--ticket", number)
    link = ("portal", "link", *whose, "--port", str(demo.port))
    used, unused = (done(*link, env=clean_environment()).strip() for _ in range(2))
    with httpx.Client(base_url=base) as browser:
        assert browser.post("/portal/session", json={"link": used}).status_code == 201
        assert browser.get("/portal/tickets").status_code == 200
        done("portal", "end", *whose, env=clean_environment())
        assert browser.get("/portal/tickets").status_code == 401
        assert browser.post("/portal/session", json={"link": unused}).status_code == 401


def test_what_is_printed_works(demo: Demo) -> None:
    base = f"http://127.0.0.1:{demo.port}"
    for path in ("/console/", "/api"):
        assert f"{base}{path}\n" in demo.said
        assert httpx.get(base + path).status_code == 200, path
    found = re.search(r"Bearer (\S+)' '(\S+)'", demo.said)
    assert found is not None
    answer = httpx.get(found[2], headers={"authorization": f"Bearer {found[1]}"})
    assert answer.status_code == 200 and len(answer.json()["items"]) == 3


def test_a_port_in_use(demo: Demo) -> None:
    folder = open_folder()
    said = refused("demo", "--data", folder, "--port", str(demo.port), env=clean_environment())
    assert f"Port {demo.port}" in said and "--port" in said
    assert list(folder.iterdir()) == [], "nothing was seeded"
    folder.rmdir()


def test_a_desk_that_is_no_demo(folder: Path) -> None:
    env = clean_environment(BIHUAN_DATA=str(folder / "data"))
    (folder / "data").mkdir(mode=0o755)
    server = EmbeddedServer(folder / "data")
    server.start()  # else each command starts and stops it
    done("keys", "init", env=env)
    done("db", "migrate", env=env)
    done("tenant", "add", "bank", "--name", "Bank", env=env)
    server.stop()
    assert "NotADemo" in refused("demo", "--port", str(free_port()), env=env)
    assert not server.running, "nothing is left running"


def test_then_stopped_verified_and_started_again(demo: Demo) -> None:
    assert demo.stop() == 0
    assert not EmbeddedServer(demo.folder).running
    for command in (("evidence", "verify"), ("doctor",)):
        ended = bihuan(*command, "--data", demo.folder, env=clean_environment())
        assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    first = demo.said
    demo.port = int(re.findall(r"127\.0\.0\.1:(\d+)", first)[0])
    demo.start()
    assert demo.seconds < 20
    assert _without_token(demo.said) == _without_token(first)
    assert demo.rows("select count(*) from ticket") == [(COUNT,)]


def _without_token(said: str) -> str:
    return re.sub(r"bht_\S+'|bhl_\S+", "", said)


# ------------------------------------------------------------------------------------------------------ pure parts
def _plans(count: int) -> list[tuple[str, datetime, bool]]:
    end = datetime(2026, 11, 21, 4, tzinfo=UTC)
    with clock.travel(end) as traveller:
        days = Days(traveller, end)
        cast = Cast(desk=None, tenant_id=UUID(int=0), people={"agent": None}, teams={})  # pyright: ignore[reportArgumentType]
        plans = planned(cast, days, count, end)
    return [(plan.ends_in, plan.opens_at, plan.late) for plan in plans]


@pytest.mark.parametrize("count", [1, 2, 13, 40, 300])
def test_plans_are_the_same_each_time(count: int) -> None:
    plans = _plans(count)
    assert plans == _plans(count) and len(plans) == count
    if count > 12:
        assert {state for state, _, _ in plans} == set(get_args(State))


async def test_stories_happen_in_the_order_of_their_moments() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    seen: list[tuple[str, datetime]] = []
    with clock.travel(start) as traveller:
        days = Days(traveller, start + timedelta(hours=10))

        async def story(name: str, *hours: int) -> None:
            for hour in hours:
                await days.until(start + timedelta(hours=hour))
                seen.append((name, clock.now()))

        async def before(moment: datetime) -> None:
            assert moment >= clock.now()

        await days.pass_by([story("a", 1, 5, 11), story("b", 2, 3, 9)], before)
        assert clock.now() == start + timedelta(hours=10)
    hours = [(name, (at - start) / timedelta(hours=1)) for name, at in seen]
    assert hours == [("a", 1), ("b", 2), ("b", 3), ("a", 5), ("b", 9)]


async def test_a_story_that_fails_ends_the_seeding() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.travel(start) as traveller:
        days = Days(traveller, start + timedelta(hours=10))

        async def story(fails: bool) -> None:
            await days.until(start + timedelta(hours=1))
            if fails:
                raise KeyError("gone wrong")
            await days.until(start + timedelta(hours=2))

        async def before(moment: datetime) -> None:
            assert moment

        with pytest.raises(KeyError, match="gone wrong"):
            await days.pass_by([story(False), story(True)], before)


def test_files_are_what_they_are_called() -> None:
    assert content_type_of(demo_files.made("receipt", 1).content) == "image/png"
    assert content_type_of(demo_files.made("letter", 1).content) == "application/pdf"
    assert demo_files.made("screenshot", 7) == demo_files.made("screenshot", 7)


def test_every_scene_is_of_a_known_case_type() -> None:
    told = scenes()
    assert {scene.case_type for scene in told.scenes} == set(told.found)
    assert {scene.language for scene in told.scenes} == {"zh", "en"}
