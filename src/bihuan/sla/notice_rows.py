"""A yearly notice's rows as they are written, JSON or CSV, before anything is made of them. Pure."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import cast

import msgspec

from bihuan.core.problems import FieldProblem, Problem

_MOST_DAYS = 400
_YEARS = range(1950, 2101)
#: Characters nobody sees, or that turn a line round: controls, line ends, marks of direction, lone surrogates, what stands for an
#: unreadable byte.
BAD_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffd]")
#: Excel's own, a European Excel's, a copied table's, a Chinese keyboard's.
_SEPARATORS = (",", ";", "\t", "，")
_HEADERS = {
    "date": ("date", "日期"),
    "name": ("name", "名称", "节日", "节假日"),
    "off": ("off", "isoffday", "is_off_day", "是否休息", "休息", "是否放假", "放假"),
}


class NoticeNotJson(Problem):
    """The notice is no valid JSON, or is cut off: it cannot be read from line {line} on."""

    status = 422
    zh = "通知不是合法的 JSON，或内容不完整：从第 {line} 行起无法识别。"


class NoticeNotCsv(Problem):
    """The notice cannot be read from line {line} on: a quotation mark is not closed, or a cell is too long."""

    status = 422
    zh = "通知从第 {line} 行起无法识别：引号没有成对，或单元格过长。"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A day as written, and where."""

    at: str
    date: object
    name: object
    off: object


# ------------------------------------------------------------------------------------------------------------------ JSON
def read_json(text: str, found: list[FieldProblem]) -> tuple[int | None, tuple[str, ...], list[Row]]:
    """Year, papers and days; what is wrong goes into `found`. Raises NoticeNotJson."""
    raw = _json(text)
    if not isinstance(raw, dict):
        found.append(FieldProblem(pointer="", code="type", params={"expected": "object"}))
        return None, (), []
    file = cast("dict[str, object]", raw)
    papers, days = file.get("papers", []), file.get("days")
    year = _json_year(file.get("year"), found)
    told = _papers(papers, found)
    if days is None:
        found.append(FieldProblem(pointer="/days", code="missing"))
        return year, told, []
    if not isinstance(days, list):
        found.append(FieldProblem(pointer="/days", code="type", params={"expected": "array"}))
        return year, told, []
    listed = cast("list[object]", days)
    if not _countable(len(listed), "/days", found):
        return year, told, []
    return year, told, [row for i, day in enumerate(listed) if (row := _json_row(f"/days/{i}", day, found))]


def _json(text: str) -> object:
    """Raises NoticeNotJson."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NoticeNotJson(line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or brackets without end: no line is to blame.
        raise NoticeNotJson(line=1) from error


def _json_year(year: object, found: list[FieldProblem]) -> int | None:
    if year is None:
        found.append(FieldProblem(pointer="/year", code="missing"))
        return None
    if not isinstance(year, int) or isinstance(year, bool):
        found.append(FieldProblem(pointer="/year", code="pattern", params={"expected": "2027"}))
        return None
    if year not in _YEARS:
        found.append(too_far("/year"))
        return None
    return year


def _json_row(at: str, day: object, found: list[FieldProblem]) -> Row | None:
    if not isinstance(day, dict):
        found.append(FieldProblem(pointer=at, code="type", params={"expected": "object"}))
        return None
    members = cast("dict[str, object]", day)
    return Row(at=at, date=members.get("date"), name=members.get("name"), off=members.get("isOffDay"))


def _papers(papers: object, found: list[FieldProblem]) -> tuple[str, ...]:
    listed: Sequence[object] = cast("list[object]", papers) if isinstance(papers, list) else (None,)
    texts = tuple(paper for paper in listed if isinstance(paper, str) and not BAD_TEXT.search(paper))
    if len(texts) != len(listed):
        found.append(FieldProblem(pointer="/papers", code="type", params={"expected": "array of strings"}))
    return texts


# ------------------------------------------------------------------------------------------------------------------- CSV
def read_csv(text: str, found: list[FieldProblem]) -> list[Row]:
    """The days, by line; what is wrong goes into `found`. Raises NoticeNotCsv."""
    lines = list(_lines(text))
    if not lines:
        found.append(FieldProblem(pointer="", code="missing"))
        return []
    (_, head), *body = lines
    at = {key: _column(head, key, found) for key in _HEADERS}
    if not _countable(len(body), "/rows", found) or any(index is None for index in at.values()):
        return []

    def cell(line: list[str], key: str) -> str:
        index = at[key] or 0
        return line[index].strip() if index < len(line) else ""

    return [
        Row(at=f"/rows/{number}", date=cell(line, "date"), name=cell(line, "name"), off=cell(line, "off"))
        for number, line in body
    ]


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, each with the number of its last. Raises NoticeNotCsv."""
    separator = _separator(text)
    # The reader takes no NUL; what stands for it is refused with its row, as NUL is.
    source = io.StringIO(text.replace("\x00", "\x01"), newline="")
    reader, read = csv.reader(source, delimiter=separator, strict=True), 0
    try:
        for line in reader:
            read = reader.line_num
            if any(cell.strip() for cell in line):
                yield read, line
    except csv.Error as error:
        raise NoticeNotCsv(line=read + 1) from error


def _separator(text: str) -> str:
    """What parts the heads: the first by which most of them are known."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    known = {name for names in _HEADERS.values() for name in names}

    def heads(separator: str) -> int:
        return sum(cell.strip(' "').lower() in known for cell in head.split(separator))

    return max(_SEPARATORS, key=heads)


def _column(head: list[str], key: str, found: list[FieldProblem]) -> int | None:
    """Where a column stands; two of one kind contradict one another."""
    at = [i for i, cell in enumerate(head) if cell.strip().lower() in _HEADERS[key]]
    if len(at) != 1:
        found.append(FieldProblem(pointer=f"/head/{key}", code="duplicate" if at else "missing"))
        return None
    return at[0]


def _countable(count: int, at: str, found: list[FieldProblem]) -> bool:
    """Whether the days are worth a look. A notice without a day is none: the year is not announced."""
    if count == 0:
        found.append(FieldProblem(pointer=at, code="too_few", params={"limit": 1}))
    if count > _MOST_DAYS:
        found.append(FieldProblem(pointer=at, code="too_many", params={"limit": _MOST_DAYS}))
    return 0 < count <= _MOST_DAYS


def is_year(year: int) -> bool:
    """Whether there may be a notice of it."""
    return year in _YEARS


def too_far(at: str) -> FieldProblem:
    """A year in which no notice is to be expected."""
    return FieldProblem(pointer=at, code="too_far", params={"first": _YEARS[0], "last": _YEARS[-1]})
