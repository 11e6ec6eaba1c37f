"""`bihuan sla`: calendars, policies, a yearly notice, and why a ticket is due when it is."""

import json
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.cli.command import Serving, clean_environment, done, refused

TENANT = ("--tenant", "demo")
NOTICE = {
    "year": 2027,
    "papers": [],
    "days": [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
        {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
        {"name": "元旦", "date": "2026-12-26", "isOffDay": False},
    ],
}


@pytest.fixture
def notice(folder: Path) -> Path:
    """A notice as a file."""
    path = folder / "2027.json"
    path.write_text(json.dumps(NOTICE, ensure_ascii=False), encoding="utf-8")
    return path


def test_packs_bring_calendars_and_policies(desk_env: dict[str, str]) -> None:
    rows = [row.split("\t") for row in done("sla", "calendars", *TENANT, env=desk_env).splitlines()]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("around_the_clock", "v1", "current"), ("cn_working", "v1", "current"), ("service_hours", "v1", "current"),
    ]  # fmt: skip
    rows = [row.split("\t") for row in done("sla", "policies", *TENANT, env=desk_env).splitlines()]
    assert [(row[0], row[1]) for row in rows] == [
        ("10", "complaint"), ("20", "dispute"), ("30", "urgent"), ("100", "standard"),
    ]  # fmt: skip
    assert "calendar:cn_working" in done("packs", "check", env=clean_environment())


def test_one_calendar_day_by_day(desk_env: dict[str, str]) -> None:
    told = done("sla", "calendars", *TENANT, "cn_working", env=desk_env).splitlines()
    assert told[1] == "周一 Mon\t09:00–12:00 13:00–18:00"
    assert told[7] == "周日 Sun\t-"
    assert "2026-02-14\tmakeup\t春节\t09:00–12:00 13:00–18:00" in told
    refused("sla", "calendars", *TENANT, "nowhere", env=desk_env)


def test_a_broken_file_of_time_is_named(folder: Path) -> None:
    from shutil import copytree

    from tests.house.sources import ROOT

    packs = Path(copytree(ROOT / "packs", folder / "packs"))
    policies = packs / "time" / "policies.yaml"
    policies.write_text(policies.read_text("utf-8").replace("unit: calendar_day", "unit: moon", 1), "utf-8")
    said = refused("packs", "check", packs, env=clean_environment())
    assert "BadTimeData" in said
    assert "policies.yaml" in said


def test_a_notice_is_previewed_and_proposed(desk_env: dict[str, str], notice: Path) -> None:
    told = done("sla", "notice", *TENANT, notice, "--calendar", "cn_working", env=desk_env).splitlines()
    assert "2026-12-31\t09:00–12:00 13:00–18:00\t-\t元旦" in told
    assert told[-1].startswith("clocks\topen=")
    assert "proposed" not in "\n".join(told)
    told = done(
        "sla", "notice", *TENANT, notice, "--calendar", "cn_working", "--propose", env=desk_env
    ).splitlines()
    assert told[-1] == "proposed\tcn_working\tv2"
    versions = done("sla", "calendars", *TENANT, "cn_working", env=desk_env).splitlines()[-2:]
    assert [v.split("\t")[:3] for v in versions] == [
        ["v2", "proposed", "notice"],
        ["v1", "current", "shipped"],
    ]


def test_a_notice_as_a_chinese_spreadsheet_saves_it(
    desk_env: dict[str, str], notice: Path, folder: Path
) -> None:
    path = folder / "gb18030.json"
    path.write_bytes(notice.read_text(encoding="utf-8").encode("gb18030"))
    asked = ("--calendar", "cn_working")
    told = done("sla", "notice", *TENANT, path, *asked, env=desk_env)
    assert told == done("sla", "notice", *TENANT, notice, *asked, env=desk_env)


def test_a_notice_that_is_wrong_is_refused(desk_env: dict[str, str], folder: Path) -> None:
    path = folder / "2027.csv"
    path.write_text("日期,名称,是否休息\n2027-02-30,春节,是\n", encoding="utf-8")
    said = refused("sla", "notice", *TENANT, path, "--calendar", "cn_working", env=desk_env)
    assert "BadNotice" in said
    assert "/rows/2/date" in said
    refused("sla", "notice", *TENANT, path, "--calendar", "nowhere", env=desk_env)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_ticket_is_explained(desk_env: dict[str, str], token: str, folder: Path, language: str) -> None:
    with Serving(folder, desk_env) as desk:
        desk.wait_ready()
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{desk.url}/api/v1", headers=headers) as client:
            body = client.get("/case-types/general").json()["example"]
            answer = client.post("/tickets", json=body)
            assert answer.status_code == 201, answer.text
            number = str(answer.json()["number"])
    spoken = f"{number[:5]}-{number[5:]}"
    told = done("sla", "explain", *TENANT, spoken, "--language", language, env=desk_env)
    assert ("首次响应" if language == "zh" else "First response") in told
    assert any("一" <= c <= "鿿" for c in told) is (language == "zh")


def test_a_ticket_that_is_not_there(desk_env: dict[str, str]) -> None:
    refused("sla", "explain", *TENANT, "2000000000", env=desk_env)


def test_loading_is_in_the_evidence(desk_env: dict[str, str]) -> None:
    with psycopg.connect(desk_env["BIHUAN_DATABASE_ADMIN_URL"]) as connection:
        bodies = [str(row[0]) for row in connection.execute("select body from event").fetchall()]
    for kind in ("calendar.loaded", "policy.made"):
        assert any(kind in body for body in bodies), kind
