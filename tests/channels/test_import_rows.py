"""CSV and JSON Lines: what is taken, what is named, what an id stands on."""

import io
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.channels.contract import Inbound, Skipped, Unreadable
from bihuan.channels.import_ import load_map, read_path, rows

FIXTURES = Path(__file__).parent / "fixtures"
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def taken(path: Path, **how: object) -> list[Inbound]:
    items = list(read_path(path, **how))  # pyright: ignore[reportArgumentType]
    assert all(isinstance(item, Inbound) for item in items), items
    return [item for item in items if isinstance(item, Inbound)]


def written(folder: Path, content: bytes | str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_chinese_table_is_understood_without_a_map() -> None:
    first, second, third = taken(FIXTURES / "complaints.csv", case_type="card.fraud")
    assert (first.channel, first.external_id, first.title) == ("import", "csv:TS-001", "盗刷")
    assert first.body == "卡片被盗刷,金额不符。\n请尽快处理。\n\n交易金额: 1280.00\n备注: 尾号以短信为准"
    assert first.customer and (first.customer.name, first.customer.mobiles) == ("张三", ("13800138000",))
    assert first.occurred_at == datetime(2026, 3, 1, 9, 30, tzinfo=SHANGHAI)
    assert first.case_type == "card.fraud" and first.notes == ("zone_assumed: Asia/Shanghai",)
    assert (
        first.raw and first.raw.startswith("TS-001,盗刷".encode()) and first.raw.endswith("短信为准".encode())
    )
    assert second.occurred_at == datetime(2026, 3, 2, tzinfo=SHANGHAI)
    assert third.occurred_at is None and third.customer and third.customer.mobiles == ()
    assert "联系电话: 不详" in third.body and "发生时间: 三月初" in third.body
    assert set(third.notes) == {"contact_implausible: 联系电话", "date_unreadable: 发生时间"}


def test_delimiter_and_encoding_change_no_id_and_no_word() -> None:
    utf8, gb = taken(FIXTURES / "complaints.csv"), taken(FIXTURES / "complaints.gb18030.csv")
    assert [(item.external_id, item.title, item.body) for item in utf8] == [
        (item.external_id, item.title, item.body) for item in gb
    ]
    assert gb[0].raw and gb[0].raw.startswith("TS-001;盗刷".encode("gb18030"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_newlines(
    tmp_path: Path, encoding: str, delimiter: str, newline: str
) -> None:
    lines = [
        ["内容", "产品"],
        ["卡片在境外被吞请协助处理", "借记卡"],
        ['"他说""不""' + delimiter + '\n行"', "信用卡"],
    ]
    content = newline.join(delimiter.join(line) for line in lines) + newline
    first, second = taken(written(tmp_path, content.encode(encoding)))
    assert (first.title, first.body) == ("借记卡", "卡片在境外被吞请协助处理")
    assert (second.title, second.body) == ("信用卡", f'他说"不"{delimiter}\n行')


def test_single_quotes_quote_only_where_they_stand_around_cells(tmp_path: Path) -> None:
    (quoted,) = taken(written(tmp_path, "'content','product'\n'lost, and found','card'\n"))
    (apostrophe,) = taken(written(tmp_path, "content,product\n'tis here,card\n", "other.csv"))
    assert (quoted.body, apostrophe.body) == ("lost, and found", "'tis here")


def test_a_comma_inside_an_unquoted_cell_is_a_wrong_count(tmp_path: Path) -> None:
    path = written(tmp_path, "content,product\nlost, and found,card\nfine,card\n,\n\nshort\n")
    unreadable, fine, empty, short = read_path(path)
    assert isinstance(unreadable, Unreadable) and unreadable.source == f"{path}:2"
    assert (unreadable.zh, unreadable.en) == ("应有 2 列，实有 3 列", "2 columns expected, 3 found")
    assert isinstance(fine, Inbound) and fine.body == "fine"
    assert isinstance(empty, Skipped) and empty.reason_code == "empty_row" and empty.source.endswith(":4")
    assert isinstance(short, Unreadable) and short.source.endswith(":6")


def test_a_line_number_counts_lines_inside_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, 'content,product\n"one\ntwo\nthree",card\nbad\n')
    _, bad = read_path(path)
    assert isinstance(bad, Unreadable) and bad.source.endswith(":5")


@pytest.mark.parametrize(
    ("content", "code"), [("", "empty_file"), ("\n\n", "empty_file"), ("1,2\n3,4\n", "header_missing")]
)
def test_a_table_needs_a_header(tmp_path: Path, content: str, code: str) -> None:
    (item,) = read_path(written(tmp_path, content))
    assert isinstance(item, Unreadable) and item.reason_code == code


def test_a_quote_never_closed_is_named_with_the_lines_it_swallowed(tmp_path: Path) -> None:
    good, bad = read_path(written(tmp_path, 'content,product\nfine,card\n"open,card\nlost,card\n'))
    assert isinstance(good, Inbound) and isinstance(bad, Unreadable)
    assert bad.reason_code == "quote_open" and bad.source.endswith(":3") and "line 4" in bad.en


def test_a_record_past_the_limit_is_named_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MAX_RECORD", 1000)
    content = 'content,product\n"' + "x\n" * 800 + "tail,card\nfine,card\n"
    items = list(read_path(written(tmp_path, content + "y" * 5000 + "\nlast,card\n")))
    assert [item.reason_code for item in items if isinstance(item, Unreadable)].count("too_long") == 2
    assert [item.body for item in items if isinstance(item, Inbound)] == ["tail", "fine", "last"]


def test_long_fields_and_broken_characters_are_taken(tmp_path: Path) -> None:
    long = "字" * 200_000
    content = (
        b"content,product\n"
        + long.encode()
        + b",card\nnul \x00 and \xff byte "
        + "正常文字".encode()
        + b",card\n"
    )
    whole, broken = taken(written(tmp_path, content))
    assert whole.body == long and len(whole.title) < 300
    assert broken.body == "nul \ufffd and \ufffd byte 正常文字" and "characters_replaced" in broken.notes
    assert broken.raw == b"nul \x00 and \xff byte " + "正常文字".encode() + b",card"


def test_identical_rows_differ_by_ordinal_and_survive_a_new_column_order(tmp_path: Path) -> None:
    one = taken(written(tmp_path, "content,product\nsame,card\nsame,card\nother,card\n"))
    two = taken(written(tmp_path, "product,content\ncard,other\ncard,same\ncard,same\n", "turned.csv"))
    assert [item.external_id[-2:] for item in one] == [":1", ":2", ":1"]
    assert {item.external_id for item in one} == {item.external_id for item in two}


def test_an_unnamed_column_is_no_id_unless_the_map_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, ",product,narrative\n17,card,The card was lost.\n")
    (guessed,) = taken(path)
    assert guessed.external_id.startswith("row:") and guessed.body == "The card was lost.\n\n#1: 17"
    mapped = load_map(written(tmp_path, 'id: "#1"\nbody: narrative\n', "map.yaml"))
    assert taken(path, mapping=mapped)[0].external_id == "csv:17"


def test_a_repeated_id_with_other_content_swallows_no_row(tmp_path: Path) -> None:
    same, again, other = taken(written(tmp_path, "id,content\n1,first\n1,first\n1,second\n"))
    assert same.external_id == again.external_id == "csv:1"
    assert other.external_id.startswith("row:") and other.notes == ("id_repeated",)


def test_repeated_column_names_lose_no_cell(tmp_path: Path) -> None:
    (item,) = taken(written(tmp_path, "content,note,note\nthe words of the customer,a,b\n"))
    assert item.body == "the words of the customer\n\nnote: a\nnote (2): b"


def test_json_lines() -> None:
    items = list(read_path(FIXTURES / "complaints.jsonl"))
    kinds = [(type(item).__name__, getattr(item, "reason_code", "")) for item in items]
    assert kinds == [
        ("Inbound", ""),
        ("Unreadable", "json_syntax"),
        ("Unreadable", "json_object"),
        ("Inbound", ""),
    ]
    first, last = items[0], items[3]
    assert isinstance(first, Inbound) and isinstance(last, Inbound) and isinstance(items[1], Unreadable)
    assert items[1].source.endswith("complaints.jsonl:3")
    assert first.external_id == "jsonl:7" and first.title == "Card declined"
    assert "amount: 12.50" in first.body and "labels: pos, abroad" in first.body
    assert "customer.name: Li Lei" in first.body
    assert last.title == "NUL \ufffd and lone \ufffd" and "characters_replaced" in last.notes


def test_json_lines_by_dotted_keys(tmp_path: Path) -> None:
    file = "id: id\nbody: body\ncustomer: {name: customer.name, email: customer.emails}\n"
    file += "fields: {amount: amount, tags: labels}\n"
    mapped = load_map(written(tmp_path, file + "elements: {place: shop.city}\n", "map.yaml"))
    first = next(iter(read_path(FIXTURES / "complaints.jsonl", mapped)))
    assert isinstance(first, Inbound) and first.customer
    assert first.customer.emails == ("li@example.com", "lei@example.com")
    assert first.fields == {"amount": "12.50", "tags": ["pos", "abroad"]} and first.elements == {}
    assert any(written.startswith("column_missing: shop.city") for written in first.notes)


def test_seen_counts_through_its_growth() -> None:
    seen, expected = rows.Seen(), Counter[int]()
    for number in [*range(5000), *range(0, 5000, 7), 0, 0]:
        expected[number] += 1
        assert seen.count((number * 2654435761).to_bytes(32, "big")[-8:]) == expected[number]


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = written(tmp_path, "content,product\n" + "words,card\n" * 20_000)
    items = list(read_path(path, on_progress=lambda read, total: told.append((read, total))))
    size = path.stat().st_size
    assert len(items) == 20_000 and told[-1] == (size, size)
    assert [read for read, _ in told] == sorted(read for read, _ in told) and told[0][0] < size


def test_a_table_is_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "content,product\n" + "words,card\n" * 200_000)
    positions: list[int] = []
    items = read_path(path, on_progress=lambda read, total: positions.append(read))
    for _ in range(100):
        next(items)
    assert positions[-1] < path.stat().st_size / 4


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=400), name=st.sampled_from(["x.csv", "x.jsonl", "x.tsv"]))
def test_any_bytes_are_taken_or_named(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = written(tmp_path_factory.mktemp("any"), content, name)
    first, second = list(read_path(path)), list(read_path(path))
    assert first == second
    ids = [
        item.external_id
        for item in first
        if isinstance(item, Inbound) and item.external_id.startswith("row:")
    ]
    assert len(ids) == len(set(ids))
    assert all(
        item.raw is not None and clean(item.title + item.body) for item in first if isinstance(item, Inbound)
    )


def clean(text: str) -> bool:
    return "\x00" not in text and text.encode("utf-8") != b""


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=30)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELL, CELL.filter(str.strip)), min_size=1, max_size=20))
def test_every_written_row_comes_back_once(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    import csv

    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("alpha", "beta"), *cells])
    path = written(tmp_path_factory.mktemp("rows"), out.getvalue())
    items = taken(path)
    assert len(items) == len(cells) == len({item.external_id for item in items})
    assert taken(path) == items


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_a_broken_row_keeps_its_bytes(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    row = b"a" + bytes(byte for byte in noise if byte not in b"\",\r\n\t;'") + b",b"
    path = written(
        tmp_path_factory.mktemp("raw"),
        b"content,product\n" + row + b"\n" + "中文的正文内容,卡\n".encode() * 30,
    )
    first = taken(path)[0]
    assert first.raw == row


@pytest.mark.skipif(not (DATA / "cfpb_narratives").is_dir(), reason="shared/data/cfpb_narratives is not here")
def test_real_complaints_are_taken_whole() -> None:
    import csv

    path = DATA / "cfpb_narratives" / "complaints.csv"
    with path.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    items = taken(path)
    assert len(items) == len(expected) == len({item.external_id for item in items}) == 3000
    for item, row in zip(items, expected, strict=True):
        assert item.title == row["Product"]
        assert item.body == f"{row['Consumer complaint narrative'].strip()}\n\n#1: {row['']}"
