"""The map file: what it may say, and how it says what is wrong."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.channels.contract import Inbound, Unreadable
from bihuan.channels.import_ import MapInvalid, load_map, read_path
from bihuan.channels.import_.mapping import parse_moment

FIXTURES = Path(__file__).parent / "fixtures"


def map_file(folder: Path, text: str) -> Path:
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> MapInvalid:
    with pytest.raises(MapInvalid) as caught:
        load_map(map_file(folder, text))
    return caught.value


def test_every_part_of_a_map() -> None:
    first, second, third = read_path(
        FIXTURES / "complaints.csv", load_map(FIXTURES / "complaints.map.yaml"), case_type="card.other"
    )
    assert isinstance(first, Inbound) and isinstance(second, Inbound) and isinstance(third, Inbound)
    assert (first.external_id, first.title) == ("csv:crm-TS-001", "盗刷:TS-001")
    assert (first.case_type, second.case_type, first.priority) == ("card.fraud", "card.general", "high")
    assert first.customer and (first.customer.kind, first.customer.name) == ("person", "张三")
    assert first.fields == {"amount": "1280.00"} and first.elements == {"category": "盗刷"}
    assert first.tags == ("imported", "盗刷")
    assert first.occurred_at == datetime(2026, 3, 1, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert first.body.endswith("备注: 尾号以短信为准") and first.notes == ()
    assert second.occurred_at is None and "发生时间: 2026/03/02" in second.body
    assert "case_unmapped: 分类" in second.notes


def test_the_case_type_asked_for_fills_what_the_map_leaves_open(tmp_path: Path) -> None:
    mapped = load_map(map_file(tmp_path, "case_type: {column: 分类, values: {盗刷: card.fraud}}\n"))
    items = list(read_path(FIXTURES / "complaints.csv", mapped, case_type="card.other"))
    assert [item.case_type for item in items if isinstance(item, Inbound)] == [
        "card.fraud",
        "card.other",
        "card.other",
    ]


def test_a_row_without_its_mapped_id_is_known_by_its_content(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("no,content\n,words\n")
    (item,) = read_path(table, load_map(map_file(tmp_path, "id: 'crm-{no}'\nbody: content\n")))
    assert isinstance(item, Inbound) and item.external_id.startswith("row:") and item.notes == ("id_missing",)


def test_nothing_of_a_row_is_lost(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a,b,c,d\n1,2,3,4\n")
    (item,) = read_path(table, load_map(map_file(tmp_path, "title: a\nfields: {x: b}\n")))
    assert isinstance(item, Inbound) and (item.title, item.body) == ("1", "c: 3\nd: 4")


def test_a_missing_column_names_the_map_its_line_and_the_nearest(tmp_path: Path) -> None:
    path = map_file(tmp_path, "body: 问题描述\ntitle: '{分類}:{工单编号}'\n")
    (item,) = read_path(FIXTURES / "complaints.csv", load_map(path))
    assert isinstance(item, Unreadable) and item.reason_code == "column_missing"
    assert f"{path}, line 2" in item.en and "'分類'" in item.en and "'分类'" in item.en
    assert f"{path} 第 2 行" in item.zh and "“分类”" in item.zh


@pytest.mark.parametrize(
    ("text", "line", "pointer", "code", "like"),
    [
        ("body: a\ntitel: b\n", 2, "/titel", "unknown", "title"),
        ("customer:\n  nmae: x\n", 2, "/customer/nmae", "unknown", "name"),
        ("body: a\nbody: b\n", 2, "/body", "duplicate", "-"),
        ("body:\n", 1, "/body", "type", "text"),
        ("body: [a]\n", 1, "/body", "type", "text"),
        ("case_type: {values: {a: b}}\n", 1, "/case_type/column", "missing", "-"),
        ("occurred_at: {column: d, zone: Mars/Base}\n", 1, "/occurred_at/zone", "pattern", "Asia/Shanghai"),
        ("occurred_at:\n  format: x\n", 1, "/occurred_at/column", "missing", "-"),
        ("customer: {kind: robot}\n", 1, "/customer/kind", "choice", "person, organisation"),
        ("- a\n", 1, "", "type", "{key: value}"),
        ("body: 'a\n", 2, "", "pattern", "YAML"),
        ("", 1, "", "missing", "-"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, text: str, line: int, pointer: str, code: str, like: str
) -> None:
    problem = refused(tmp_path, text)
    (field,) = problem.fields
    assert (field.pointer, field.code, field.params["line"]) == (pointer, code, line)
    assert f"map.yaml is wrong at line {line}: {pointer or '/'} (" in problem.text(
        "en"
    ) and like in problem.text("en")
    assert f"第 {line} 行有误" in problem.text("zh")
    assert field.text("zh") and field.text("en")


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    problem = refused(tmp_path, "titel: a\nbdoy: b\ncustomer: {kind: robot}\n")
    assert [field.pointer for field in problem.fields] == ["/titel", "/bdoy", "/customer/kind"]


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MapInvalid) as caught:
        load_map(tmp_path / "none.yaml")
    assert caught.value.fields[0].code == "not_found" and "none.yaml" in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(st.sampled_from("abody: {}[]'\"\n-&*!|>#\t,"), max_size=60).map(str.encode)
)
def test_any_bytes_are_a_map_or_a_problem(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("map") / "map.yaml"
    path.write_bytes(content)
    try:
        assert load_map(path).file == str(path)
    except MapInvalid as problem:
        assert problem.fields and problem.text("zh") and problem.text("en")


@pytest.mark.parametrize(
    ("written", "form", "expected"),
    [
        ("2026-03-01T09:30:00+08:00", None, datetime.fromisoformat("2026-03-01T09:30:00+08:00")),
        ("2026-03-01 09:30", None, datetime(2026, 3, 1, 9, 30)),
        ("2026年3月1日 9:30", None, datetime(2026, 3, 1, 9, 30)),
        ("2026/3/1", None, datetime(2026, 3, 1)),
        ("03/04/2026", None, None),
        ("03/04/2026", "%d/%m/%Y", datetime(2026, 4, 3)),
        ("1772328600", "epoch", datetime(2026, 3, 1, 1, 30, tzinfo=UTC)),
        ("1772328600000", "epoch_ms", datetime(2026, 3, 1, 1, 30, tzinfo=UTC)),
        ("nan", "epoch", None),
        ("1e300", "epoch", None),
        ("0001-01-01", None, None),
    ],
)
def test_moments(written: str, form: str | None, expected: datetime | None) -> None:
    assert parse_moment(written, form) == expected
