"""Which column is what: read from a --map file, or guessed from a table's header and first rows.

A map file is YAML. A column is named as in the header; an unnamed one as "#1" (its position), a repeated one
as "name (2)"; in JSON Lines a nested key is dotted ("customer.name"). A text is a column or a template:
    id: 编号                        # or "crm-{编号}"; without it a row is known by its content
    title: "{Product}: {Issue}"
    body: narrative                # what is mapped nowhere is appended to the body as "column: value"
    case_type: card.dispute        # fixed; or by table:
    priority: {column: Level, values: {high: urgent}, default: normal}
    customer: {kind: person, name: 姓名, mobile: 手机, email: 邮箱, ref: 客户号}
    fields: {amount: Amount}       # case field → column
    elements: {merchant: Merchant}
    occurred_at: {column: Date, format: "%Y-%m-%d %H:%M", zone: Asia/Shanghai}
    tags: [imported, "{Product}"]
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar, Literal, cast
from zoneinfo import ZoneInfo

import msgspec
import yaml

from bihuan.channels.contract import Inbound, InboundCustomer, clean_text, note, title_and_body
from bihuan.core.problems import FieldProblem, Problem

DEFAULT_ZONE = "Asia/Shanghai"
MAX_MAP_BYTES = 1 << 20


class MapInvalid(Problem):
    """The map file {file} is wrong at line {line}: {key} (nearest, or expected: {nearest})."""

    status: ClassVar[int] = 422
    zh: ClassVar[str] = "映射文件 {file} 第 {line} 行有误：{key}（最接近或应为：{nearest}）。"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed pieces and columns; `parts` are (is a column, text). `line` is the map file's, 0 if guessed."""

    parts: tuple[tuple[bool, str], ...]
    line: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(text for is_column, text in self.parts if is_column)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One value: fixed (`default`, no column), or by `values` from the column's value, else `default`."""

    column: Text | None = None
    values: dict[str, str] = {}
    default: str | None = None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When: a column, its strptime format or "epoch" or "epoch_ms" (None: ISO 8601 and year-first forms), its
    zone where the value names none."""

    column: Text
    format: str | None = None
    zone: str | None = None


class CustomerColumns(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["person", "organisation"] = "person"
    name: Text | None = None
    mobile: Text | None = None
    email: Text | None = None
    ref: Text | None = None


class ColumnMap(msgspec.Struct, frozen=True, kw_only=True):
    """What each column is. `file` is the map file, "" if guessed."""

    file: str = ""
    id: Text | None = None
    title: Text | None = None
    body: Text | None = None
    case_type: Choice | None = None
    priority: Choice | None = None
    customer: CustomerColumns | None = None
    fields: dict[str, Text] = {}
    elements: dict[str, Text] = {}
    occurred_at: Moment | None = None
    tags: tuple[Text, ...] = ()

    @property
    def texts(self) -> tuple[Text, ...]:
        """Every text that names columns, in no promised order."""
        asked, when = self.customer or CustomerColumns(), self.occurred_at
        chosen = [choice.column for choice in (self.case_type, self.priority) if choice]
        single = [self.id, self.title, self.body, *chosen, asked.name, asked.mobile, asked.email, asked.ref]
        several = [*self.fields.values(), *self.elements.values(), *self.tags]
        return tuple(text for text in (*single, when and when.column, *several) if text)


def column(name: str, line: int = 0) -> Text:
    return Text(parts=((True, name),), line=line)


_PLACE = re.compile(r"\{([^{}]+)\}")


def template(written: str, line: int = 0, *, plain: bool = False) -> Text:
    """Text from "{column} and words"; without braces it is one column, or, if `plain`, the words."""
    if not _PLACE.search(written):
        return Text(parts=((not plain, written),), line=line)
    pieces = _PLACE.split(written)  # words, column, words, column, …
    return Text(parts=tuple((i % 2 == 1, piece) for i, piece in enumerate(pieces) if piece), line=line)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, for "did you mean"; "" when none is like it."""
    names = list(known)
    same = [each for each in names if each.casefold().strip() == name.casefold().strip()]
    return (same or get_close_matches(name, names, n=1, cutoff=0.5) or [""])[0]


# --- the map file ---------------------------------------------------------------------------------

_Pairs = dict[str, tuple[yaml.Node, int]]


def load_map(path: Path) -> ColumnMap:
    """The map file at `path`. Raises MapInvalid: file, line, nearest key; every problem in its `fields`."""
    return _MapReader(str(path)).read(path)


class _MapReader:
    """Walks the YAML nodes (which know their lines) and collects what is wrong before it raises."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[FieldProblem] = []

    def read(self, path: Path) -> ColumnMap:
        root = self._compose(path)
        pairs = self.pairs(root, "", ColumnMap.__struct_fields__[1:]) if root else {}
        read = _Shapes(self).read(pairs)
        if not self.problems and not pairs:
            self.wrong("", "missing", 1)
        if self.problems:
            raise self._invalid()
        return read

    def wrong(self, pointer: str, code: str, line: int, **params: str | int) -> None:
        self.problems.append(FieldProblem(pointer=pointer, code=code, params={"line": line, **params}))

    def _compose(self, path: Path) -> yaml.Node | None:
        try:
            written = path.read_bytes()[: MAX_MAP_BYTES + 1]
            if len(written) > MAX_MAP_BYTES:
                self.wrong("", "too_long", 1, limit=MAX_MAP_BYTES)
                return None
            return yaml.compose(written.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        except FileNotFoundError:
            self.wrong("", "not_found", 0)
        except (OSError, UnicodeDecodeError, RecursionError):
            self.wrong("", "bad_text", 1)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.wrong("", "pattern", mark.line + 1 if mark else 1, expected="YAML")
        return None

    def pairs(self, node: yaml.Node, pointer: str, known: Sequence[str] | None) -> _Pairs:
        """A YAML mapping as key → (node, line); unknown and repeated keys are problems. `known` None: any."""
        if not isinstance(node, yaml.MappingNode):
            self.wrong(pointer, "type", _line(node), expected="{key: value}")
            return {}
        found: _Pairs = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            if key in found:
                self.wrong(f"{pointer}/{key}", "duplicate", _line(key_node))
            elif known is not None and key not in known:
                like = nearest(key, known) or ", ".join(known)
                self.wrong(f"{pointer}/{key}", "unknown", _line(key_node), nearest=like)
            else:
                found[key] = (value, _line(key_node))
        return found

    def scalar(self, node: yaml.Node, pointer: str) -> str:
        """A non-empty scalar as written; "" (and a problem) if it is none."""
        if isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:null" and node.value.strip():
            return clean_text(str(node.value))[0]
        self.wrong(pointer, "type", _line(node), expected="text")
        return ""

    def _invalid(self) -> MapInvalid:
        first = min(self.problems, key=lambda each: int(each.params["line"]))
        known = (
            first.params.get("nearest") or first.params.get("expected") or first.params.get("choices") or "-"
        )
        where, line = first.pointer or "/", first.params["line"]
        return MapInvalid(fields=self.problems, file=self.file, line=line, key=where, nearest=known)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


class _Shapes:
    """The shape of each key of a map file."""

    def __init__(self, reader: _MapReader) -> None:
        self.reader = reader

    def read(self, pairs: _Pairs) -> ColumnMap:
        return ColumnMap(
            file=self.reader.file,
            id=self._text(pairs, "id"),
            title=self._text(pairs, "title"),
            body=self._text(pairs, "body"),
            case_type=self._choice(pairs, "case_type"),
            priority=self._choice(pairs, "priority"),
            customer=self._customer(pairs),
            fields=self._table(pairs, "fields"),
            elements=self._table(pairs, "elements"),
            occurred_at=self._moment(pairs),
            tags=self._tags(pairs),
        )

    def _text(self, pairs: _Pairs, key: str, pointer: str = "") -> Text | None:
        if key not in pairs:
            return None
        written = self.reader.scalar(pairs[key][0], f"{pointer}/{key}")
        return template(written, pairs[key][1]) if written else None

    def _scalar(self, pairs: _Pairs, key: str, pointer: str) -> str | None:
        return self.reader.scalar(pairs[key][0], f"{pointer}/{key}") or None if key in pairs else None

    def _choice(self, pairs: _Pairs, key: str) -> Choice | None:
        if key not in pairs:
            return None
        node, line = pairs[key]
        if not isinstance(node, yaml.MappingNode):
            return Choice(default=self.reader.scalar(node, f"/{key}"))
        inner = self.reader.pairs(node, f"/{key}", ("column", "values", "default"))
        if "column" not in inner:
            self.reader.wrong(f"/{key}/column", "missing", line)
        values = self.reader.pairs(inner["values"][0], f"/{key}/values", None) if "values" in inner else {}
        return Choice(
            column=self._text(inner, "column", f"/{key}"),
            values={each: self._scalar(values, each, f"/{key}/values") or "" for each in values},
            default=self._scalar(inner, "default", f"/{key}"),
        )

    def _customer(self, pairs: _Pairs) -> CustomerColumns | None:
        if "customer" not in pairs:
            return None
        inner = self.reader.pairs(pairs["customer"][0], "/customer", CustomerColumns.__struct_fields__)
        kind = self._scalar(inner, "kind", "/customer") or "person"
        if kind not in ("person", "organisation"):
            self.reader.wrong("/customer/kind", "choice", inner["kind"][1], choices="person, organisation")
        texts = {key: self._text(inner, key, "/customer") for key in ("name", "mobile", "email", "ref")}
        return CustomerColumns(kind="organisation" if kind == "organisation" else "person", **texts)

    def _table(self, pairs: _Pairs, key: str) -> dict[str, Text]:
        inner = self.reader.pairs(pairs[key][0], f"/{key}", None) if key in pairs else {}
        read = {code: self._text(inner, code, f"/{key}") for code in inner}
        return {code: text for code, text in read.items() if text}

    def _moment(self, pairs: _Pairs) -> Moment | None:
        if "occurred_at" not in pairs:
            return None
        node, line = pairs["occurred_at"]
        if not isinstance(node, yaml.MappingNode):
            text = self._text(pairs, "occurred_at")
            return Moment(column=text) if text else None
        inner = self.reader.pairs(node, "/occurred_at", ("column", "format", "zone"))
        text, zone = self._text(inner, "column", "/occurred_at"), self._scalar(inner, "zone", "/occurred_at")
        if text is None:
            self.reader.wrong("/occurred_at/column", "missing", line)
            return None
        if zone and not _is_zone(zone):
            self.reader.wrong("/occurred_at/zone", "pattern", inner["zone"][1], expected=DEFAULT_ZONE)
        return Moment(column=text, format=self._scalar(inner, "format", "/occurred_at"), zone=zone)

    def _tags(self, pairs: _Pairs) -> tuple[Text, ...]:
        if "tags" not in pairs:
            return ()
        node, line = pairs["tags"]
        each = node.value if isinstance(node, yaml.SequenceNode) else [node]
        written = [(self.reader.scalar(one, "/tags"), line) for one in each]
        return tuple(template(tag, at, plain=True) for tag, at in written if tag)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found · a folder's name · a path
        return False
    return True


# --- a row by its map -----------------------------------------------------------------------------

Cells = dict[str, object]


class Fill:
    """Takes a row's values out by a ColumnMap and remembers which columns nothing has taken."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.shown = {name: shown_value(value) for name, value in cells.items()}
        self.used = set[str]()
        self.notes = list[str]()

    def inbound(self, mapping: ColumnMap, external_id: str, raw: bytes) -> Inbound:
        """The row as an Inbound; its `case_type` is the mapping's, None if that has none."""
        case_type = self.choice(mapping.case_type)
        customer, occurred_at = self.customer(mapping.customer), self.moment(mapping.occurred_at)
        elements = {key: value for key, text in mapping.elements.items() if (value := self.text(text))}
        fields = {
            code: value
            for code, text in mapping.fields.items()
            if (value := self.value(text)) not in ("", None)
        }
        tags = tuple(dict.fromkeys(tag for text in mapping.tags if (tag := self.text(text))))
        priority, given = self.choice(mapping.priority), self.text(mapping.title)
        title, body, notes = title_and_body(given, self.body(mapping.body))
        return Inbound(
            channel="import",
            external_id=external_id,
            title=title,
            body=body,
            case_type=case_type,
            priority=priority,
            customer=customer,
            elements=elements,
            fields=fields,
            tags=tags,
            occurred_at=occurred_at,
            raw=raw,
            notes=(*self.notes, *notes),
        )

    def text(self, text: Text | None) -> str:
        """The text for this row, "" if each of its columns is empty; its columns count as taken."""
        if text is None:
            return ""
        self.used.update(text.columns)
        values = [self.shown.get(piece, "") if is_column else piece for is_column, piece in text.parts]
        empty = text.columns and not any(self.shown.get(name) for name in text.columns)
        return "" if empty else "".join(values).strip()

    def value(self, text: Text) -> object:
        """A field's value: as JSON has it if the text is one column, else the text."""
        rendered = self.text(text)
        single = len(text.parts) == 1 and text.parts[0][0]
        value = self.cells.get(text.parts[0][1]) if single else rendered
        return rendered if isinstance(value, str) else value

    def choice(self, choice: Choice | None) -> str | None:
        """The chosen value. Its column is not taken: a table may fold several values into one."""
        if choice is None or choice.column is None:
            return choice and choice.default
        used = set(self.used)
        written = self.text(choice.column)
        self.used = used
        if not choice.values:
            return written or choice.default
        if written and written not in choice.values:
            self.notes.append(note("case_unmapped", ", ".join(choice.column.columns)))
        return choice.values.get(written, choice.default)

    def moment(self, moment: Moment | None) -> datetime | None:
        """When, aware; None with a note, the value left for the body, when it cannot be read."""
        if moment is None or not (written := self.text(moment.column)):
            return None
        parsed = parse_moment(written, moment.format)
        if parsed is None:
            self.used.difference_update(moment.column.columns)
            self.notes.append(note("date_unreadable", ", ".join(moment.column.columns)))
        elif parsed.tzinfo is None:
            if moment.zone is None:
                self.notes.append(note("zone_assumed", DEFAULT_ZONE))
            parsed = parsed.replace(tzinfo=ZoneInfo(moment.zone or DEFAULT_ZONE))
        return parsed

    def customer(self, columns: CustomerColumns | None) -> InboundCustomer | None:
        if columns is None:
            return None
        asked = InboundCustomer(
            kind=columns.kind,
            name=" ".join(self.text(columns.name).split()),
            mobiles=self.contacts(columns.mobile, lambda text: sum(map(str.isdigit, text)) >= 5),
            emails=self.contacts(columns.email, lambda text: "@" in text.strip("@")),
            external_ref=self.text(columns.ref) or None,
        )
        return asked if asked.name or asked.mobiles or asked.emails or asked.external_ref else None

    def contacts(self, text: Text | None, plausible: Callable[[str], bool]) -> tuple[str, ...]:
        """The contacts of a cell, several parted by ; , 、 or /; what is none of them stays for the body."""
        if text is None or not (written := self.text(text)):
            return ()
        each = tuple(dict.fromkeys(part.strip() for part in _PARTING.split(written) if part.strip()))
        good = tuple(part for part in each if plausible(part))
        if len(good) < len(each):
            self.used.difference_update(text.columns)
            self.notes.append(note("contact_implausible", ", ".join(text.columns)))
        return good

    def body(self, text: Text | None) -> str:
        """The mapped body, then a "column: value" line for each column with a value that nothing took."""
        written = self.text(text)
        left = [
            f"{name}: {value}"
            for name, value in self.shown.items()
            if name not in self.used and value.strip()
        ]
        return "\n\n".join(part for part in (written, "\n".join(left)) if part)


_PARTING = re.compile(r"[;,、/\uff1b\uff0c]")


def cleaned(cells: Cells) -> tuple[Cells, bool]:
    """The cells without NULs and lone surrogates, in lists too; and whether one was replaced."""
    repaired = False

    def clean(value: object) -> object:
        nonlocal repaired
        if isinstance(value, list):
            return [clean(each) for each in cast("list[object]", value)]
        if not isinstance(value, str):
            return value
        text, changed = clean_text(value)
        repaired |= changed
        return text

    return {name: clean(value) for name, value in cells.items()}, repaired


def shown_value(value: object) -> str:
    """A JSON value as a person would write it in a form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(shown_value(each) for each in cast("list[object]", value))
    return str(value)


_FORMS = (
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d %H:%M"),
    *("%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H时%M分", "%Y年%m月%d日"),
)


def parse_moment(written: str, form: str | None) -> datetime | None:
    """A time, aware only if it names its zone. Without `form` ISO 8601 and year-first forms: 03/04/2026 is no
    thing to guess at."""
    try:
        if form in ("epoch", "epoch_ms"):
            return datetime.fromtimestamp(float(written) / (1000 if form == "epoch_ms" else 1), UTC)
        if form:
            return _in_range(datetime.strptime(written, form))  # noqa: DTZ007 - the zone is added by the caller
    except (ValueError, OverflowError, OSError):
        return None
    for known in (None, *_FORMS):
        try:
            return _in_range(datetime.strptime(written, known) if known else datetime.fromisoformat(written))  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _in_range(moment: datetime) -> datetime:
    """A moment that keeps its meaning in any zone and in PostgreSQL."""
    if not 1900 <= moment.year <= 9000:
        raise ValueError(moment.year)
    return moment
