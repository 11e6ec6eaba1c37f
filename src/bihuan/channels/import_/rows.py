"""Tables: CSV and JSON Lines files, read row by row, each row an Inbound or a named refusal.

A row's id is "csv:<mapped id>" ("jsonl:<mapped id>"), else "row:<sha256 of columns and values>:<ordinal>",
the ordinal counting rows of the same content in the same file. So a file read again, in another encoding or
column order too, gives the same ids. A file is never held whole: what grows with it is 16 to 32 bytes a row.
"""

import csv
import hashlib
import io
import json
import re
from array import array
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from bihuan.channels.contract import Inbound, Skipped, Unreadable, clean_text, note, skipped, unreadable
from bihuan.channels.import_.mail import guess_charset
from bihuan.channels.import_.mapping import (
    Cells,
    ColumnMap,
    CustomerColumns,
    Fill,
    Moment,
    Text,
    cleaned,
    column,
    nearest,
    shown_value,
)

#: The most characters one record may have. A quote left open would otherwise swallow the rest of the file.
MAX_RECORD = 16 << 20
#: Characters from the start of a file which its delimiter and columns are judged by.
SAMPLE = 256 << 10
_CHUNK = 1 << 20

# csv's limit per field is one for the whole process (131,072 by default): ours, per record, is met first.
csv.field_size_limit(2 * MAX_RECORD)

Item = Inbound | Unreadable | Skipped


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How to read one file. `on_bytes` is told the file's position in bytes after each row."""

    mapping: ColumnMap | None = None
    case_type: str | None = None
    on_bytes: Callable[[int], None] = lambda _: None


# --- bytes to text --------------------------------------------------------------------------------

_BOMS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    *((BOM_UTF32_LE, "utf-32-le"), (BOM_UTF32_BE, "utf-32-be"), (BOM_UTF8, "utf-8")),
    *((BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be")),
)


def encoding_of(path: Path) -> str:
    """The file's encoding: by its mark, else UTF-8 if it (nearly) is, else guessed where it first is not.

    Reads up to the first byte that is not UTF-8, in chunks.
    """
    with path.open("rb") as file:
        chunk, multibyte = file.read(_CHUNK), 0
        marked = next((name for mark, name in _BOMS if chunk.startswith(mark)), None)
        decoder = getincrementaldecoder("utf-8")()
        while chunk and not marked:
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError:
                return "utf-8" if _mostly_utf8(chunk, multibyte) else guess_charset(chunk)
            multibyte += 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
            chunk = file.read(_CHUNK)
    return marked or "utf-8"


def _mostly_utf8(chunk: bytes, multibyte_before: int) -> bool:
    """Whether a chunk is UTF-8 with some broken bytes: at least two good characters to each broken one."""
    text = chunk.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return multibyte_before + len(text) - len(text.encode("ascii", "ignore")) - broken >= 2 * broken


_EXACT = ("utf-8", "gb18030", "cp125", "iso8859")


class RecordTooLong(Exception):
    """A record went past MAX_RECORD; its last physical line has been read to its end."""


class Lines:
    """The physical lines of a text file, one record at a time; an iterator that goes on after RecordTooLong.

    `number` is the last line handed out, `first` the record's first, `taken` its lines, `ended` whether the
    file ended inside it.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        # surrogateescape lets a broken byte through, so `raw` is what stood in the file; not every codec can.
        self.encoding = encoding
        self.errors = "surrogateescape" if encoding.startswith(_EXACT) else "replace"
        self.file = io.TextIOWrapper(path.open("rb"), encoding=encoding, errors=self.errors, newline="")
        self.number, self.first, self.size = 0, 1, 0
        self.taken: list[str] = []
        self.ended = False

    def start(self) -> None:
        self.first, self.size, self.taken, self.ended = self.number + 1, 0, [], False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.file.readline(MAX_RECORD + 1)
        if not line:
            self.ended = bool(self.taken)
            raise StopIteration
        line = line if self.number else line.removeprefix("\ufeff")
        self.number += 1
        self.size += len(line)
        if self.size > MAX_RECORD:
            while line and not line.endswith(("\n", "\r")):
                line = self.file.readline(MAX_RECORD)
            raise RecordTooLong
        self.taken.append(line)
        return line

    def raw(self) -> bytes:
        """The record's original bytes."""
        return "".join(self.taken).rstrip("\r\n").encode(self.encoding, self.errors)

    def position(self) -> int:
        """Bytes read so far, ahead of the record by at most a buffer."""
        return self.file.buffer.tell()


# --- ids ------------------------------------------------------------------------------------------


class Seen:
    """How often each digest came, keeping 8 bytes of it (in 16 to 32). Two digests sharing them count as one:
    that costs a higher ordinal, never an id twice."""

    def __init__(self) -> None:
        self._slots, self._filled = array("Q", bytes(8 << 10)), 0
        self._again: dict[int, int] = {}

    def count(self, digest: bytes) -> int:
        """1 for the first time, 2 for the second, …"""
        key = int.from_bytes(digest[:8], "big") or 1
        if self._put(self._slots, key):
            self._filled += 1
            if 2 * self._filled > len(self._slots):
                self._grow()
            return 1
        self._again[key] = self._again.get(key, 1) + 1
        return self._again[key]

    @staticmethod
    def _put(slots: "array[int]", key: int) -> bool:
        mask = len(slots) - 1
        at = key & mask
        while slots[at]:
            if slots[at] == key:
                return False
            at = (at + 1) & mask
        slots[at] = key
        return True

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._slots)))
        for key in self._slots:
            if key:
                self._put(larger, key)
        self._slots = larger


class RowIds:
    """The ids of one file's rows."""

    def __init__(self, kind: str) -> None:
        self.kind, self.seen = kind, Seen()

    def of(self, mapped: str, cells: Cells, *, is_mapped: bool) -> tuple[str, tuple[str, ...]]:
        """The row's id, and a note where the mapped id could not be it."""
        canonical = msgspec.json.encode(sorted(cells.items(), key=lambda pair: pair[0]))
        content = hashlib.sha256(canonical)
        if mapped:
            # A repeated id is a repeat only if the row is one too: else a second ticket would be swallowed.
            id_digest = hashlib.sha256(b"id:" + mapped.encode())
            pair_digest = hashlib.sha256(id_digest.digest() + content.digest())
            old_id = self.seen.count(id_digest.digest()) > 1
            if (self.seen.count(pair_digest.digest()) > 1) or not old_id:
                return f"{self.kind}:{mapped}", ()
        ordinal = self.seen.count(content.digest())
        notes = (note("id_repeated" if mapped else "id_missing"),) if is_mapped else ()
        return f"row:{content.hexdigest()}:{ordinal}", notes


# --- a row to an Inbound --------------------------------------------------------------------------


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows of one file share."""

    source: str
    mapping: ColumnMap
    case_type: str | None
    ids: RowIds
    notes: tuple[str, ...] = ()

    def inbound(self, cells: Cells, lines: Lines) -> Inbound:
        """The record just read as an Inbound. `cells` are column → value, their text not yet cleaned."""
        clean, repaired = cleaned(cells)
        fill = Fill(clean)
        external_id, id_notes = self.ids.of(
            fill.text(self.mapping.id), clean, is_mapped=self.mapping.id is not None
        )
        fill.notes += [*self.notes, *id_notes, *([note("characters_replaced")] if repaired else [])]
        taken = fill.inbound(self.mapping, external_id, lines.raw())
        case_type = taken.case_type or self.case_type
        return msgspec.structs.replace(taken, case_type=case_type, source=f"{self.source}:{lines.first}")


# --- the guess ------------------------------------------------------------------------------------

#: A role's usual column names, best first, compared without case, spaces, "_" and "-".
_BODIES = "narrative description 内容 描述 问题 详情 诉求 content body message text details"
_TITLES = "title subject 标题 主题 product 分类 类别 category issue 事由 产品 类型"
_IDS = (
    "id 编号 ticketid ticket ticketno ticketnumber caseid caseno complaintid "
    "工单号 工单编号 投诉编号 案件编号 单号 受理编号 流水号"
)
_NAMES = "姓名 客户姓名 客户名称 投诉人 联系人 客户 name fullname customername customer"
_MOBILES = "手机 手机号 手机号码 联系电话 电话 客户电话 phone mobile phonenumber tel"
_EMAILS = "邮箱 电子邮箱 电子邮件 客户邮箱 email emailaddress customeremail mail"
_MOMENTS = (
    "发生时间 投诉时间 投诉日期 来电时间 受理时间 提交时间 创建时间 时间 日期 "
    "occurredat datereceived createdat submittedat created timestamp date time"
)


def guess_map(columns: Sequence[str], sample: Sequence[dict[str, str]]) -> ColumnMap:
    """What columns seem to be, from their names and, for the narrative, how much text `sample` has there."""
    lengths = {name: sum(len(row.get(name, "")) for row in sample) for name in columns}
    free = list(columns)

    def take(names: str, *, within: bool = False) -> Text | None:
        found = _named(free, names, within=within)[:1]
        free[:] = [name for name in free if name not in found]
        return column(found[0]) if found else None

    known = {role: take(names) for role, names in (("id", _IDS), ("name", _NAMES), ("mobile", _MOBILES))}
    email, when = take(_EMAILS), take(_MOMENTS)
    body = _narrative(free, lengths)
    if body:
        free.remove(body)
    return ColumnMap(
        id=known["id"],
        title=take(_TITLES) or take(_TITLES, within=True),
        body=column(body) if body else None,
        customer=CustomerColumns(name=known["name"], mobile=known["mobile"], email=email),
        occurred_at=Moment(column=when) if when else None,
    )


def _narrative(free: Sequence[str], lengths: dict[str, int]) -> str | None:
    """The named narrative with the most text, else the column with the most text, if any has."""
    named = _named(free, _BODIES, within=True)
    for names in (named, free):
        with_text = [name for name in names if lengths[name]]
        if with_text:
            return max(with_text, key=lambda name: lengths[name])
    return named[0] if named else None


def _named(columns: Sequence[str], names: str, *, within: bool) -> list[str]:
    """The columns called one of `names` (with `within`: having it in theirs), in the order of `names`."""
    bare = {each: re.sub(r"[\s_\-]+", "", each).casefold() for each in columns}
    known = names.split()
    found = [
        each for name in known for each in columns if name == bare[each] or (within and name in bare[each])
    ]
    return list(dict.fromkeys(found))


# --- CSV ------------------------------------------------------------------------------------------


def read_csv(path: Path, source: str, reading: Reading) -> Iterator[Item]:
    """The rows of a CSV file with a header, streamed. OSError is the caller's."""
    encoding = encoding_of(path)
    delimiter, quote = dialect_of(sample := _sample(path, encoding))
    lines = Lines(path, encoding)
    with lines.file:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
        while (header := _next_row(lines, reader)) == []:
            continue
        problem, where = _header_problem(header), f"{source}:{lines.first}"
        if problem or not isinstance(header, list):
            yield unreadable(where, problem or "csv_syntax", last=lines.number, limit=MAX_RECORD)
            return
        names = column_names(header)
        mapping = reading.mapping or guess_map(names, _sample_rows(sample, names, (delimiter, quote)))
        missing = tuple(_missing_columns(mapping, names, source))
        if missing:
            yield from missing
            return
        table = Table(source=source, mapping=mapping, case_type=reading.case_type, ids=RowIds("csv"))
        while (row := _next_row(lines, reader)) is not None:
            if row:
                yield _csv_item(table, names, row, lines)
            reading.on_bytes(lines.position())


def _csv_item(table: Table, names: Sequence[str], row: list[str] | str, lines: Lines) -> Item:
    where = f"{table.source}:{lines.first}"
    if isinstance(row, str):
        return unreadable(where, row, last=lines.number, limit=MAX_RECORD)
    if len(row) == len(names) and not any(cell.strip() for cell in row):
        return skipped(where, "empty_row")
    if len(row) != len(names):
        return unreadable(where, "columns", expected=len(names), found=len(row))
    return table.inbound(dict(zip(names, row, strict=True)), lines)


def _next_row(lines: Lines, reader: Any) -> list[str] | str | None:
    """The next row; [] for a blank line; a reason code if it cannot be read; None at the end."""
    lines.start()
    try:
        row = cast("list[str]", next(reader))
    except StopIteration:
        return None
    except csv.Error:
        return "csv_syntax"
    except RecordTooLong:
        return "too_long"
    return "quote_open" if lines.ended else row


def _header_problem(header: list[str] | str | None) -> str | None:
    """Why the first row cannot be a header: it is absent, unreadable, without names, or mostly data."""
    if header is None or isinstance(header, str):
        return header or "empty_file"
    named = [cell for cell in header if cell.strip()]
    data = [cell for cell in named if len(cell) > 120 or re.fullmatch(r"[\d\s.,:/+-]+", cell)]
    return "header_missing" if not named or 2 * len(data) > len(named) else None


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """The header's names, each once: an unnamed column is "#<position>", a repeated one "name (2)"."""
    names: Cells = {}
    for position, cell in enumerate(header, 1):
        names[_free_name(" ".join(clean_text(cell)[0].split()) or f"#{position}", names)] = position
    return tuple(names)


def _missing_columns(mapping: ColumnMap, names: Sequence[str], source: str) -> Iterator[Unreadable]:
    for text in mapping.texts:
        for name in text.columns:
            if name not in names:
                like = nearest(name, names) or ", ".join(names)
                where = {"map_file": mapping.file, "map_line": text.line}
                yield unreadable(source, "column_missing", column=name, nearest=like, **where)


def _sample(path: Path, encoding: str) -> str:
    """The first SAMPLE characters, cut after a whole line if there are more."""
    with path.open("rb") as raw:
        file = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
        text = file.read(SAMPLE).removeprefix("\ufeff")
    return text if len(text) < SAMPLE - 1 else text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def _parsed(sample: str, delimiter: str, quote: str) -> list[list[str]]:
    """The sample's rows, without its last where it is long enough to be cut."""
    rows = list[list[str]]()
    try:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quotechar=quote)
        rows.extend(row for row in reader if row)
    except csv.Error:  # a sample cut inside a record; the reading itself will name what is wrong
        return rows
    return rows[:-1] if len(sample) > SAMPLE // 2 and len(rows) > 2 else rows


def dialect_of(sample: str) -> tuple[str, str]:
    """(delimiter, quote): of the delimiters that part the header, the one by which most rows have its width;
    the quote is " unless only ' stands around cells."""

    def score(pair: tuple[str, str]) -> tuple[bool, float, int]:
        rows = _parsed(sample, *pair) or [[]]
        width = len(rows[0])
        return width > 1, sum(len(row) == width for row in rows) / len(rows), width

    single = '"' not in sample and re.search(r"(?m)(^|[,;\t])'[^'\r\n]*'([,;\t\r]|$)", sample)
    quote = "'" if single else '"'
    return max(((delimiter, quote) for delimiter in ",\t;"), key=score)


def _sample_rows(sample: str, names: Sequence[str], dialect: tuple[str, str]) -> list[dict[str, str]]:
    rows = _parsed(sample, *dialect)[1:]
    return [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]


# --- JSON Lines -----------------------------------------------------------------------------------


def read_jsonl(path: Path, source: str, reading: Reading) -> Iterator[Item]:
    """The objects of a JSON Lines file, streamed; blank lines are passed over. OSError is the caller's."""
    encoding = encoding_of(path)
    sampled = [
        cells for line in _sample(path, encoding).splitlines() if isinstance(cells := _json_cells(line), dict)
    ]
    names = tuple(dict.fromkeys(name for cells in sampled for name in cells))
    shown = [{name: shown_value(value) for name, value in cells.items()} for cells in sampled]
    mapping = reading.mapping or guess_map(names, shown)
    # A key may be absent by right (nobody gave an address today), so this is a note and no refusal.
    absent = dict.fromkeys(name for text in mapping.texts for name in text.columns if name not in names)
    notes = tuple(note("column_missing", f"{name} ({nearest(name, names)})") for name in absent)
    table = Table(
        source=source, mapping=mapping, case_type=reading.case_type, ids=RowIds("jsonl"), notes=notes
    )
    lines = Lines(path, encoding)
    with lines.file:
        while (item := _json_item(table, lines)) is not None:
            if item:
                yield item
            reading.on_bytes(lines.position())


def _json_item(table: Table, lines: Lines) -> Item | tuple[()] | None:
    """The next line's item; () for a blank line; None at the end."""
    lines.start()
    where = f"{table.source}:{lines.first}"
    try:
        line = next(lines, None)
    except RecordTooLong:
        return unreadable(where, "too_long", limit=MAX_RECORD)
    if line is None or not line.strip():
        return None if line is None else ()
    cells = _json_cells(line)
    if not isinstance(cells, dict):
        return unreadable(where, "json_object" if cells is None else "json_syntax", column=cells or 0)
    return table.inbound(cells, lines) if cells else skipped(where, "empty_row")


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _json_cells(line: str) -> Cells | int | None:
    """A line's values by dotted key; the character its syntax breaks at; None if it is valid but no object.

    Decimal numbers stay as written ("12.50"): an amount must not pass through a float.
    """
    try:
        value = cast(object, json.loads(line, parse_float=str, parse_constant=_no_constant))
        return _flat(cast("dict[str, object]", value)) if isinstance(value, dict) else None
    except json.JSONDecodeError as error:
        return error.colno
    except (
        ValueError,
        RecursionError,
    ):  # NaN, a number of thousands of digits · nesting of hundreds of levels
        return 1


def _flat(value: dict[str, object]) -> Cells:
    """Nested keys dotted, lists of objects numbered; empty objects and lists leave nothing."""
    cells: Cells = {}

    def put(name: str, value: object) -> None:
        if isinstance(value, dict):
            for key, each in cast("dict[str, object]", value).items():
                put(f"{name}.{key}" if name else key, each)
        elif isinstance(value, list) and any(
            isinstance(each, dict | list) for each in cast("list[object]", value)
        ):
            for index, each in enumerate(cast("list[object]", value)):
                put(f"{name}.{index}", each)
        elif value != []:
            cells[_free_name(clean_text(name)[0], cells)] = cast(object, value)

    put("", value)
    return cells


def _free_name(name: str, taken: Cells) -> str:
    again, free = 2, name
    while free in taken:
        free, again = f"{name} ({again})", again + 1
    return free
