"""`bihuan import`: everything is taken or named, importing again repeats nothing."""

import json
import signal
import subprocess
import time
import zlib
from pathlib import Path

import psycopg
import pytest

from tests.cli.command import PROGRAM, bihuan, done, refused
from tests.sealed import words

ROWS = "编号,标题,内容,手机,邮箱\n" + "".join(
    f"T{i},标题 {i},第 {i} 个问题,13800138000,c{i % 3}@13800138000.example\n" for i in range(20)
)
MAIL = b"From: a@b.example\r\nSubject: hello\r\nDate: Mon, 02 Mar 2026 10:00:00 +0800\r\n\r\nwords\r\n"


@pytest.fixture
def table(folder: Path) -> Path:
    """Twenty rows, one that is broken, one empty."""
    path = folder / "rows.csv"
    # Ids and a customer of this test's own: another test's would be found again.
    mobile = f"138{zlib.crc32(folder.name.encode()) % 10**8:08d}"
    rows = ROWS.replace("\nT", f"\n{folder.name}-T").replace("13800138000", mobile)
    path.write_text(rows + "broken,row\n,,,,\n", encoding="utf-8")
    return path


def _counts(said: str) -> dict[str, int]:
    names = ("taken", "already there", "refused", "unreadable", "skipped")
    lines = dict(line.split(": ", 1) for line in said.splitlines()[:5])
    return {name: int(lines[name]) for name in names}


def _count(env: dict[str, str], what: str) -> int:
    with psycopg.connect(env["BIHUAN_DATABASE_ADMIN_URL"]) as connection:
        row = connection.execute(f"select count(*) from {what}".encode()).fetchone()
    return int(row[0]) if row else -1


def test_a_table_once_and_again(desk_env: dict[str, str], table: Path, folder: Path) -> None:
    before, customers = _count(desk_env, "ticket"), _count(desk_env, "customer")
    first = bihuan("import", table, "--report", folder / "report.json", env=desk_env)
    assert first.returncode == 0, first.stderr
    assert _counts(first.stdout) == {
        "taken": 20,
        "already there": 0,
        "refused": 0,
        "unreadable": 1,
        "skipped": 1,
    }
    assert f"{table}:22: 5 columns expected, 2 found" in first.stdout
    assert "rows/s" in first.stderr
    told = json.loads((folder / "report.json").read_bytes())
    assert (told["taken"], told["interrupted"], len(told["items"])) == (20, False, 22)
    assert [item["source"] for item in told["items"][:2]] == [f"{table}:2", f"{table}:3"], (
        "in the order of the file"
    )
    assert {item["outcome"] for item in told["items"][:20]} == {"taken"} and told["items"][0]["number"]
    assert _count(desk_env, "ticket") - before == 20
    assert _count(desk_env, "customer") - customers == 1, "who comes twice at once is one customer"
    again = done("import", table, env=desk_env)
    assert _counts(again) == {"taken": 0, "already there": 20, "refused": 0, "unreadable": 1, "skipped": 1}


def test_mail_of_the_same_bytes_counts_once(desk_env: dict[str, str], folder: Path) -> None:
    for name, content in (("1.eml", MAIL), ("2.eml", MAIL), ("3.eml", MAIL + b"!"), ("x.msg", b"\xd0\xcf")):
        (folder / name).write_bytes(content)
    said = done("import", folder, "--tenant", "demo", env=desk_env)
    assert _counts(said) == {"taken": 2, "already there": 1, "refused": 0, "unreadable": 0, "skipped": 1}
    assert "1 × skipped: Outlook's .msg is not supported" in said


def test_by_a_map_and_a_case_type(desk_env: dict[str, str], folder: Path) -> None:
    (folder / "map.yaml").write_text(
        "id: no\nbody: text\ncase_type: {column: kind, values: {dispute: disputed_bill}}\n"
        "fields: {amount: amount, reason: reason}\ntags: [imported]\n",
        encoding="utf-8",
    )
    rows = "no,text,kind,amount,reason\n1,one,dispute,28.50 CNY,duplicate\n2,two,other,12,nonsense\n"
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    arguments = ("import", folder / "rows.csv", "--map", folder / "map.yaml", "--case-type", "lost_card")
    said = done(*arguments, env=desk_env)
    assert _counts(said)["taken"] == 2
    assert "1 × the value of amount does not fit its field" in said
    with psycopg.connect(desk_env["BIHUAN_DATABASE_ADMIN_URL"]) as connection:
        query = (
            "select case_type, tenant_id, id, subject_id, sealed from ticket where tags = '{imported}'"
            " order by external_id"
        )
        rows = connection.execute(query).fetchall()
    opened = words(Path(desk_env["BIHUAN_DATA"]) / "keys.json", "ticket", [row[1:] for row in rows])
    assert [(row[0], one["fields"]) for row, one in zip(rows, opened, strict=True)] == [
        ("disputed_bill", {"amount": {"amount": "28.50", "currency": "CNY"}, "reason": "duplicate"}),
        ("lost_card", {}),
    ]


def test_what_cannot_be_read_at_all(desk_env: dict[str, str], folder: Path, table: Path) -> None:
    ended = bihuan("import", folder / "none.csv", table, env=desk_env)
    assert ended.returncode == 2
    assert f"{folder / 'none.csv'}: there is no such file" in ended.stdout
    assert _counts(ended.stdout)["already there"] + _counts(ended.stdout)["taken"] == 20


def test_refusals_are_sentences(desk_env: dict[str, str], folder: Path, table: Path) -> None:
    (folder / "map.yaml").write_text("titel: x\n", encoding="utf-8")
    assert "/titel" in refused("import", table, "--map", folder / "map.yaml", env=desk_env, code=2)
    assert "NoSuchTenant" in refused("import", table, "--tenant", "nobody", env=desk_env)
    assert "disputed_bill" in refused("import", table, "--case-type", "nothing", env=desk_env)


def test_which_tenant(env: dict[str, str], table: Path) -> None:
    assert "NoTenantYet" in refused("import", table, env=env)
    done("tenant", "add", "one", "--name", "One", env=env)
    # A tenant without packs can take nothing: each row is named, none is lost sight of.
    said = done("import", table, env=env)
    assert _counts(said) == {"taken": 0, "already there": 0, "refused": 20, "unreadable": 1, "skipped": 1}
    assert f"{table}:2: " in said
    done("tenant", "add", "two", "--name", "Two", env=env)
    assert "--tenant CODE" in refused("import", table, env=env)


def test_an_interrupted_import_goes_on_where_it_was(desk_env: dict[str, str], folder: Path) -> None:
    many = folder / "many.csv"
    many.write_text("编号,内容\n" + "".join(f"M{i},第 {i} 个\n" for i in range(4000)), encoding="utf-8")
    before = _count(desk_env, "ticket")
    running = subprocess.Popen([PROGRAM, "import", many], env=desk_env, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while _count(desk_env, "ticket") - before < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=30)
    taken = _counts(said)["taken"]
    assert running.returncode == 130 and 20 <= taken < 4000
    assert _count(desk_env, "ticket") - before == taken, "what is told is what was taken"
